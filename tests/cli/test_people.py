"""What people read: sentences, cards and tables."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from csp_lifecycle.cli.people import People
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import Activate, Advance, Cancel, Purchase, StartTrial

Say = Callable[..., str]
BOUGHT = datetime(2025, 1, 15, 10, tzinfo=UTC)
CONVERTED = datetime(2025, 2, 14, tzinfo=UTC)


def told(text: str) -> str:
    """The words alone, without frames and line ends."""
    return " ".join(text.replace("│", " ").split())


@pytest.fixture
def history(buy: Say, say: Say) -> str:
    return (
        buy(seats=20, friendly_name="Sales")
        + say("schedule-change", "2025-02-01", seats=8)
        + say("add-seats", "2025-03-20T09:00:00Z", seats=5)
    )


def test_play_says_what_every_line_recorded(here: Any, history: str) -> None:
    said = told(here("play", "FILE", lines=history).out)
    assert "1 ● 2025-01-15 10:00 s-1 bought 20 seats of Microsoft 365 Business Standard for one year" in said
    assert "to 2026-01-14, charged monthly, EUR 10.00 a seat and month" in said
    assert "2 ◷ 2025-02-01 10:00 s-1 scheduled for the next term: 8 seats" in said
    assert "3 ↻ 2025-03-15 s-1 charged for 2 more cycles, to 2025-04-14" in said
    assert "+ 2025-03-20 09:00 s-1 added 5 seats, now 25" in said
    assert "✗ 2025-03-20 09:00 s-1 lost by that: the next term's change (8 seats)" in said
    assert said.endswith("3 lines: 3 taken")


def test_play_explains_a_refusal_and_goes_on(here: Any, history: str, say: Say) -> None:
    lines = history + say("cancel", "2025-03-20") + "\n{\n" + say("suspend", "2025-03-21")
    ran = here("play", "FILE", lines=lines)
    said = told(ran.out)
    assert ran.status == 2
    assert (
        "4 ✗ 2025-03-20 10:00 s-1 cancel refused [cancellation-window-closed, R-CANCEL-01]: a term can be canceled "
        "only while its cancellation window is open; it closed on 2025-01-22T10:00:00Z. Instead: "
        "turn-off-auto-renew, legal now. The same cancel would be legal from 2026-01-15T00:00:00Z until "
        "2026-01-22T00:00:00Z."
    ) in said
    assert "6 ! not a command this is not JSON" in said
    assert "7 ‖ 2025-03-21 10:00 s-1 suspended (partner); auto-renew is off from now on" in said
    assert said.endswith("6 lines: 4 taken, 1 refused, 1 in error")


def test_a_preview_says_that_nothing_was_stored(here: Any, history: str) -> None:
    assert told(here("preview", "FILE", lines=history).out).endswith("a preview, so nothing was stored")


def test_play_says_when_nothing_was_due(here: Any) -> None:
    line = '{"do": "advance", "to": "2025-01-01T00:00:00Z"}\n'
    assert "1 · nothing was due" in told(here("play", "FILE", lines=line).out)


def test_a_card_shows_seats_term_cost_and_what_lies_ahead(here: Any, history: str) -> None:
    here("play", "FILE", lines=history)
    said = told(here("show", "s-1", "--at", "2025-03-20T10:00:00Z").out)
    assert "Sales (s-1) · active" in said
    assert "seats 25, of which can be removed: 5 until 2025-03-27 09:00" in said
    assert "term one year, 2025-01-15 to 2026-01-14; auto-renew is on" in said
    assert "day 65 of 365" in said
    assert "charged monthly, EUR 10.00 a seat and month; now for 2025-03-15 to 2025-04-14" in said
    assert "to cancel not now; the renewal opens the window again" in said
    assert "waiting nothing" in said
    assert "ahead 2025-03-27 09:00 last instant to remove up to 5 seats 2025-04-15 00:00 the next charge" in said
    assert "2026-01-15 00:00 renews as it is for one year" in said
    assert "version 6, as of 2025-03-20 10:00 UTC" in said


def test_a_card_shows_the_open_window_and_what_waits(here: Any, buy: Say, say: Say) -> None:
    here("play", "FILE", lines=buy() + say("schedule-change", "2025-01-16", seats=8))
    said = told(here("show", "s-1", "--at", "2025-01-16T10:00:00Z").out)
    assert (
        "to cancel until 2025-01-16 10:00 with a full refund, until 2025-01-22 10:00 with a prorated refund"
    ) in said
    assert "waiting for the next term: 8 seats" in said
    assert "2026-01-15 00:00 renews: 8 seats" in said


def test_a_card_says_what_should_have_been_taken_already(here: Any, buy: Say) -> None:
    here("play", "FILE", lines=buy())
    assert "2025-02-15 00:00 the next charge overdue: advance has not taken it yet" in told(here("show", "s-1").out)


def test_a_card_of_something_gone_says_why(here: Any, buy: Say, say: Say) -> None:
    here("play", "FILE", lines=buy() + say("cancel", "2025-01-16"))
    said = told(here("show", "s-1").out)
    assert "s-1 · deleted (canceled)" in said
    assert "ahead nothing: time alone changes this subscription no more" in said


def card_of(capsys: pytest.CaptureFixture[str], *commands: Any, at: datetime) -> str:
    """The card of the one subscription that the commands, on the example catalog, lead to."""
    scenario = Scenario(*commands)
    capsys.readouterr()
    People(scenario.catalog).state(scenario.subscription(), at)
    return told(capsys.readouterr().out)


def test_a_card_says_why_something_is_suspended(here: Any, buy: Say, say: Say) -> None:
    here("play", "FILE", lines=buy() + say("suspend", "2025-02-01", reason="unpaid"))
    said = told(here("show", "s-1", "--at", "2025-02-01T10:00:00Z").out)
    assert "s-1 · suspended (unpaid)" in said
    assert "auto-renew is off" in said
    assert "to cancel not now waiting nothing" in said


def test_a_card_of_what_is_billed_by_use_has_neither_seats_nor_term(capsys: pytest.CaptureFixture[str]) -> None:
    bought = Purchase(at=BOUGHT, subscription_id="s-1", customer_id="contoso", offer_id="azure")
    said = card_of(capsys, bought, at=BOUGHT)
    assert "offer Azure plan usage customer contoso seats none charged by use" in said
    assert "to cancel at any time, without a refund" in said


@pytest.mark.parametrize(
    ("offer", "then", "says"),
    [
        ("crm-professional", (), "with the end of the charge cycle, without a refund"),
        ("contoso-crm", (Activate(at=BOUGHT, subscription_id="s-1"),), "with the end of the term, without a refund"),
        ("crm-professional", (Cancel(at=BOUGHT, subscription_id="s-1"),), "canceled already"),
    ],
)
def test_a_card_says_when_a_late_cancellation_takes_effect(
    capsys: pytest.CaptureFixture[str], offer: str, then: tuple[Any, ...], says: str
) -> None:
    # R-CANCEL-10, R-CANCEL-15
    terms: dict[str, Any] = {"seats": 5, "term": TermLength.YEAR, "plan": Plan.MONTHLY}
    bought = Purchase(at=BOUGHT, subscription_id="s-1", customer_id="contoso", offer_id=offer, **terms)
    assert f"to cancel {says} waiting nothing" in card_of(capsys, bought, *then, at=BOUGHT + timedelta(days=2))


def test_a_card_says_what_is_in_flight(capsys: pytest.CaptureFixture[str]) -> None:
    trial = StartTrial(at=BOUGHT, subscription_id="s-1", customer_id="c", offer_id="business-standard-trial")
    said = card_of(capsys, trial, Advance(to=CONVERTED, complete=False), at=CONVERTED)
    assert "s-1 · renewing" in said
    assert "charged nothing, it is free" in said
    assert "in flight a renewal; complete-renewal ends it, and nothing else is due until then" in said
    assert "ahead" not in said


def test_a_card_of_an_add_on_names_its_base(capsys: pytest.CaptureFixture[str]) -> None:
    terms: dict[str, Any] = {"customer_id": "c", "seats": 1, "term": TermLength.YEAR, "plan": Plan.MONTHLY}
    base = Purchase(at=BOUGHT, subscription_id="s-0", offer_id="business-standard", **terms)
    add_on = Purchase(at=BOUGHT, subscription_id="s-1", offer_id="visio", base_subscription_id="s-0", **terms)
    assert "Visio add-on new-commerce, attached to s-0" in card_of(capsys, base, add_on, at=BOUGHT)


def test_list_is_a_table_of_subscriptions(here: Any, history: str, buy: Say) -> None:
    here("play", "FILE", lines=history + buy(subscription_id="s-2", customer_id="fabrikam"))
    said = told(here("list").out)
    assert "subscription offer status seats term to next" in said
    assert "s-1 Microsoft 365 Business Standard active 25 2026-01-14 2025-04-15 Sales contoso" in said
    assert said.endswith("2 subscriptions")


def test_log_is_a_table_of_sentences(here: Any, history: str) -> None:
    here("play", "FILE", lines=history)
    said = told(here("log", "s-1").out)
    assert "3 2025-02-15 ↻ s-1 charged for 2025-02-15 to 2025-03-14 clock" in said
    assert "5 2025-03-20 09:00 + s-1 added 5 seats, now 25 partner" in said
    assert said.endswith("6 events")


def test_due_tells_when_which_and_what(here: Any, history: str) -> None:
    here("play", "FILE", lines=history)
    said = told(here("due", "--until", "2026-01-15T00:00:00Z").out)
    assert "2025-04-15 s-1 the next charge cycle begins" in said
    assert "2026-01-15 s-1 renews: the next term begins" in said
    assert said.endswith("10 steps")


def test_nothing_found_is_said(here: Any) -> None:
    for question, said in (("list", "no subscription found"), ("log", "no event found"), ("due", "no step found")):
        ran = here(question)
        assert ran.status == 1
        assert ran.out.split("─")[-1].strip() == said


def test_allowed_tells_first_what_is_legal_and_then_why_the_rest_is_not(here: Any, history: str) -> None:
    here("play", "FILE", lines=history)
    lines = here("allowed", "s-1", "--at", "2025-03-20T10:00:00Z").out.splitlines()
    marks = [line[0] for line in lines if line[:1] in {"✓", "✗"}]
    assert marks == sorted(marks, key="✓✗".index)
    said = told("\n".join(lines))
    assert "✓ remove-seats until 2025-03-27 09:00" in said
    assert (
        "✗ cancel a term can be canceled only while its cancellation window is open; it closed on "
        "2025-01-22T10:00:00Z [cancellation-window-closed, R-CANCEL-01], legal from 2026-01-15T00:00:00Z until "
        "2026-01-22T00:00:00Z"
    ) in said


def test_custom_ends_are_told_with_their_reasons(here: Any, history: str) -> None:
    here("play", "FILE", lines=history)
    said = told(here("custom-ends", "contoso", "m365-business-standard", "P1M", "--at", "2025-07-15T00:00:00Z").out)
    assert "✓ 2025-07-31 calendar-month" in said
    assert "✗ 2026-01-14 s-1 a chosen end must lie inside the term" in said
    assert said.endswith("2 days")


def test_upgrade_targets_are_told_with_their_reasons(here: Any, history: str, buy: Say) -> None:
    here("play", "FILE", lines=history + buy("2025-03-20", subscription_id="s-2"))
    said = told(here("upgrade-targets", "s-1", "--at", "2025-03-21T00:00:00Z").out)
    assert "✓ Microsoft 365 Business Premium a new one" in said
    assert "✗ Microsoft 365 Business Standard s-2" in said
    assert said.endswith("2 targets")


def test_advance_says_what_time_brought(here: Any, history: str) -> None:
    here("play", "FILE", lines=history)
    said = told(here("advance", "2026-02-01T00:00:00Z").out)
    assert "s-1 charged for 9 more cycles, to 2026-01-14" in said
    assert "↻ 2026-01-15 s-1 renewed for one year to 2027-01-14" in said
    assert said.endswith("10 events recorded")


def test_what_is_stuck_is_said_with_its_reason(here: Any, buy: Say, catalog: Any) -> None:
    here("play", "FILE", lines=buy())
    catalog.write_text('{"offers": []}', encoding="utf-8")
    ran = here("advance", "2026-02-01T00:00:00Z")
    assert ran.status == 1
    assert "! s-1 cannot go on: " in told(ran.out)
    assert "cannot go on: " in told(here("due", "--until", "2026-02-01T00:00:00Z").out)


def test_a_question_about_nothing_is_answered_in_a_sentence(here: Any) -> None:
    ran = here("show", "nope")
    assert ran.status == 1
    assert told(ran.out) == (
        "✗ there is no such subscription; check the id, or purchase it first; subscription id nope "
        "[subscription-not-found, R-PURCHASE-03]"
    )


def test_a_run_that_has_to_stop_says_where_and_why(here: Any, database: Any) -> None:
    database.write_text("no database", encoding="utf-8")
    ran = here("list")
    assert ran.status == 4
    assert told(ran.out).startswith("! stopped [store-failed]: ")


def test_names_from_outside_cannot_speak_to_the_terminal(here: Any, buy: Say) -> None:
    here("play", "FILE", lines=buy(friendly_name="Sales\x1b[31m [bold]red[/bold] :smile:"))
    for question in (("show", "s-1"), ("list",)):
        out = here(*question).out
        assert "\x1b" not in out
        assert "Sales\N{REPLACEMENT CHARACTER}[31m" in out
    assert "[bold]red[/bold] :smile:" in here("show", "s-1").out


def test_diagram_and_matrix_are_printed_to_be_piped(here: Any) -> None:
    assert here("diagram", "new-commerce").out.startswith("stateDiagram-v2\n")
    assert here("matrix", "new-commerce").out.startswith("| command |")
