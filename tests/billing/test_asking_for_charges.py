"""Charges asked of a service: so far, until an instant, by one command before it is given, and not yet invoiced."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.billing.unbilled import Shown
from csp_lifecycle.errors import CommandRefusedError, StreamNotFoundError
from csp_lifecycle.service.charges import charges, unbilled, upcoming
from csp_lifecycle.service.entries import entries_of
from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.catalogs import prices
from csp_lifecycle.testing.strategies import World, histories
from csp_lifecycle.values.calendar import DAY, Plan, TermLength
from csp_lifecycle.vocabulary.account import Program
from csp_lifecycle.vocabulary.account_events import AccountOpened
from csp_lifecycle.vocabulary.catalog import Catalog, Offer, catalog_of
from csp_lifecycle.vocabulary.commands import AddSeats, Cancel, Suspend, Upgrade
from csp_lifecycle.vocabulary.subscription import Commerce

Said = Callable[..., Any]

YEAR: dict[str, Any] = {"term": TermLength.YEAR}


def test_charges_of_a_service_are_those_of_its_log(sold: Said, buy: Said, do: Said, lines: Said) -> None:
    scenario = Scenario(buy("2021-06-18"), do(AddSeats, "2021-06-20", seats=2), catalog=sold())
    assert charges(scenario.lifecycle) == lines(scenario)


def test_charges_of_one_subscription_know_what_the_others_say_of_it(sold: Said, buy: Said, do: Said) -> None:
    # R-UPGRADE-16: whether seats begin a subscription or join one is said in the other stream
    moved = do(Upgrade, "2021-06-25", offer_id="b", seats=4, new_subscription_id="s-2")
    scenario = Scenario(buy("2021-06-18"), moved, catalog=sold())
    of_one, of_all = charges(scenario.lifecycle, "s-1"), charges(scenario.lifecycle)
    assert [line.charge_type.value for line in of_one] == ["new", "convert"]
    assert of_one == tuple(line for line in of_all if line.subscription_id == "s-1")


@given(histories(World(), longest=20))
def test_charges_of_one_subscription_are_its_part_of_all(history: Any) -> None:
    lifecycle = _played(history).lifecycle
    everything = charges(lifecycle)
    for one in lifecycle.subscriptions():
        name = one.subscription_id
        assert charges(lifecycle, name) == tuple(line for line in everything if line.subscription_id == name)


def test_a_range_of_days_includes_both(sold: Said, buy: Said, advance: Said) -> None:
    scenario = Scenario(buy("2021-06-18", **YEAR), advance("2022-06-01"), catalog=sold())
    first, last = date(2021, 8, 18), date(2021, 10, 18)
    between = charges(scenario.lifecycle, "s-1", since=first, until=last)
    assert [line.starts_on.month for line in between] == [8, 9, 10]


def test_charges_of_nobody_are_an_error_that_names_it(sold: Said) -> None:
    with pytest.raises(StreamNotFoundError, match="'s-9'"):
        charges(Scenario(catalog=sold()).lifecycle, "s-9")


def test_upcoming_charges_are_what_time_alone_brings(sold: Said, buy: Said, at: Said, short: Said) -> None:
    scenario = Scenario(buy("2021-06-18"), buy("2021-06-20", subscription_id="s-2", seats=1), catalog=sold())
    coming = upcoming(scenario.lifecycle, at("2021-07-20"))
    assert short(coming.lines) == [
        ("renew", "2021-07-18", "2021-08-17", "10.08", 10, "100.80"),
        ("renew", "2021-07-20", "2021-08-19", "10.08", 1, "10.08"),
    ]
    assert upcoming(scenario.lifecycle, at("2021-07-20"), "s-2").lines == coming.lines[1:]
    assert len(charges(scenario.lifecycle)) == 2, "nothing was recorded"


def test_nothing_is_coming_for_what_ends(sold: Said, buy: Said, do: Said, at: Said) -> None:  # R-SUSP-08
    scenario = Scenario(buy("2021-06-18"), do(Suspend, "2021-06-20"), catalog=sold())
    assert upcoming(scenario.lifecycle, at("2022-06-18")).lines == ()


def test_upcoming_charges_of_nobody_are_refused(sold: Said, at: Said) -> None:
    with pytest.raises(CommandRefusedError, match="subscription-not-found"):
        upcoming(Scenario(catalog=sold()).lifecycle, at("2022-06-18"), "s-9")


def from_june(monthly: str) -> Catalog:
    """An offer whose prices begin in June."""
    listed = tuple(attrs.evolve(one, since=date(2021, 6, 1)) for one in prices(monthly))
    return catalog_of((Offer(offer_id="a", name="A", commerce=Commerce.NEW_COMMERCE, prices=listed),))


def test_a_day_without_a_price_is_refused_and_named(buy: Said) -> None:  # R-PURCHASE-10
    with pytest.raises(CommandRefusedError, match=r"purchase refused \[plan-not-offered, R-PURCHASE-\d\d\]"):
        Scenario(buy("2021-05-31"), catalog=from_june("10"))
    assert Scenario(buy("2021-06-01"), catalog=from_june("10")).subscription().seats == 10


def test_where_a_price_is_missing_upcoming_charges_say_so(buy: Said, at: Said) -> None:
    # nothing is invented: the subscription whose price is gone is named, the others go on
    scenario = Scenario(
        buy("2021-06-18"), buy("2021-06-18", subscription_id="s-2", offer_id="b"), catalog=_two_offers()
    )
    scenario = Scenario(catalog=from_june("10"), store=scenario.store)
    coming = upcoming(scenario.lifecycle, at("2021-07-18"))
    assert [line.subscription_id for line in coming.lines] == ["s-1"]
    assert [(stuck.subscription_id, stuck.refusal.code) for stuck in coming.stuck] == [("s-2", "offer-not-found")]


def _two_offers() -> Catalog:
    kept: dict[str, Any] = {"commerce": Commerce.NEW_COMMERCE, "prices": prices("10")}
    return catalog_of((Offer(offer_id="a", name="A", **kept), Offer(offer_id="b", name="B", **kept)))


def test_a_price_counts_from_its_day_on(buy: Said, at: Said) -> None:
    # R-MARKET-10: next month's list may stand in the catalog already
    old, new = prices("10"), prices("12")
    from_july = tuple(attrs.evolve(one, since=date(2021, 7, 1)) for one in new)
    catalog = catalog_of((Offer(offer_id="a", name="A", commerce=Commerce.NEW_COMMERCE, prices=old + from_july),))
    scenario = Scenario(buy("2021-06-18", seats=1), catalog=catalog)
    assert [str(line.amount) for line in charges(scenario.lifecycle)] == ["10.00"]
    assert [str(line.amount) for line in upcoming(scenario.lifecycle, at("2021-07-18")).lines] == ["12.00"]


def test_the_answer_to_a_command_tells_its_charges(sold: Said, buy: Said, do: Said, short: Said) -> None:
    scenario = Scenario(buy("2021-07-15"), catalog=sold())
    canceled = do(Cancel, "2021-07-17", command_id="c")
    expected = [("cancelImmediate", "2021-07-17", "2021-08-14", "-9.42", 10, "-94.20")]
    assert short(scenario.lifecycle.preview(canceled).charges) == expected
    answer = scenario.lifecycle.handle(canceled)
    assert short(answer.charges) == expected
    assert scenario.lifecycle.handle(canceled).charges == answer.charges, "the same id is answered with the same"


def test_charges_of_an_answer_are_its_own_whatever_came_later(sold: Said, buy: Said, do: Said, short: Said) -> None:
    scenario = Scenario(buy("2021-07-15"), catalog=sold())
    added = scenario.lifecycle.handle(do(AddSeats, "2021-07-16", seats=1))
    scenario.given(do(Cancel, "2021-07-17"))
    assert [line[:5] for line in short(added.charges)] == [
        ("addQuantity", "2021-07-16", "2021-08-14", "-9.75483870967742", 10),
        ("addQuantity", "2021-07-16", "2021-08-14", "9.75483870967742", 11),
    ]


def test_an_account_is_charged_nothing(sold: Said, buy: Said) -> None:
    (bought,) = Scenario(buy("2021-06-18"), catalog=sold()).lifecycle.log()
    opened = AccountOpened(
        at=datetime(2021, 6, 18, tzinfo=UTC),
        account_id="a-1",
        program=Program.NEW_COMMERCE,
        currency="EUR",
        anniversary_day=None,
    )
    entries = entries_of([bought, attrs.evolve(bought, event=opened)])
    assert [entry.event for entry in entries] == [bought.event]


@given(histories(World(), longest=20))
def test_a_preview_shows_the_lines_that_then_are_charged(history: Any) -> None:
    scenario, told = Scenario(), list[Any]()
    for number, command in enumerate(history):
        named = attrs.evolve(command, command_id=f"c-{number}")
        foreseen = _preview(scenario, named)
        answer = scenario.when(named).answer
        assert foreseen == (None if answer is None else answer.charges)
        told += foreseen or ()
    assert tuple(told) == charges(scenario.lifecycle), "and all of them are all that is charged"


def _preview(scenario: Scenario, command: Any) -> Any:
    try:
        return scenario.lifecycle.preview(command).charges
    except CommandRefusedError:
        return None


def _played(history: Any) -> Scenario:
    scenario = Scenario()
    for command in history:
        scenario.when(command)
    return scenario


@pytest.mark.parametrize(
    ("asked_at", "shown"),
    [
        ("2025-01-16T09:59:59Z", Shown.NOT_YET),
        ("2025-01-16T10:00:00Z", Shown.MAYBE),
        ("2025-01-22T09:59:59Z", Shown.MAYBE),
        ("2025-01-22T10:00:00Z", Shown.SURELY),
    ],
)
def test_an_unbilled_charge_shows_between_a_day_and_a_week_after_its_order(
    asked_at: str, shown: Shown, sold: Said, buy: Said, at: Said
) -> None:  # R-CHARGE-08, R-USAGE-04
    lifecycle = Scenario(buy("2025-01-15"), catalog=sold()).lifecycle
    assert [(one.line.charge_type.value, one.shown) for one in unbilled(lifecycle, at(asked_at))] == [("new", shown)]


def test_what_an_invoice_holds_or_is_ordered_later_is_not_unbilled(sold: Said, buy: Said, do: Said) -> None:
    # R-CHARGE-08
    scenario = Scenario(buy("2025-01-15"), do(AddSeats, "2025-01-20", seats=2), catalog=sold())
    new, *added = charges(scenario.lifecycle)
    later, before = datetime(2025, 2, 1, tzinfo=UTC), datetime(2025, 1, 16, tzinfo=UTC)
    assert [one.line for one in unbilled(scenario.lifecycle, later, [new])] == added
    assert [one.line for one in unbilled(scenario.lifecycle, before)] == [new]


def test_legacy_shows_no_unbilled_charges(buy: Said) -> None:  # R-CHARGE-08
    amount = prices("4.00")[1]
    assert (amount.term, amount.plan) == (TermLength.YEAR, Plan.MONTHLY)
    legacy = catalog_of((Offer(offer_id="a", name="A", commerce=Commerce.LEGACY, prices=(amount,)),))
    lifecycle = Scenario(buy("2025-01-15", **YEAR), catalog=legacy).lifecycle
    assert len(charges(lifecycle)) == 1
    assert unbilled(lifecycle, datetime(2025, 2, 1, tzinfo=UTC)) == ()


@given(histories(World(), longest=12), st.integers(0, 400))
def test_upcoming_charges_come_true_if_nothing_changes(history: Any, days: int) -> None:
    lifecycle = _played(history).lifecycle
    until = history[-1].at + days * DAY
    coming, before = upcoming(lifecycle, until), charges(lifecycle)
    lifecycle.advance(until)
    assert before + coming.lines == charges(lifecycle)
