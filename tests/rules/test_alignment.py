"""Terms that end with another subscription, or with a calendar month."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from csp_lifecycle.errors import CommandRefusedError, InvalidCommandError
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.alignment import Alignment
from csp_lifecycle.values.calendar import Plan, Term, TermLength
from csp_lifecycle.vocabulary.commands import (
    Cancel,
    ScheduleChange,
    StartTrial,
    Suspend,
    TurnOffAutoRenew,
)
from csp_lifecycle.vocabulary.events import Purchased, Renewed
from csp_lifecycle.wire.commands import command_of

Make = Callable[..., Any]
MONTH, YEAR, YEARS = TermLength.MONTH, TermLength.YEAR, TermLength.THREE_YEARS
CALENDAR_MONTH = Alignment.CALENDAR_MONTH


@pytest.fixture
def other(buy: Make) -> Make:
    """Another subscription of the same customer, `s-2`, to align with."""
    return lambda at, **rest: buy(at, subscription_id="s-2", **rest)


def bought(scenario: Scenario, purchase: Any) -> Term:
    """The term that a purchase begins, which must be all that it records."""
    (event,) = scenario.when(purchase).recorded
    assert isinstance(event, Purchased)
    assert event.term is not None
    return event.term


def days_of(term: Term) -> tuple[date, date]:
    return term.starts_on, term.ends_on


def next_term_of(scenario: Scenario, advance: Any) -> tuple[date, date]:
    """The days of the term that the last event of an advance begins."""
    renewed = scenario.when(advance).recorded[-1]
    assert isinstance(renewed, Renewed)
    return days_of(renewed.term)


# With another subscription.


def test_a_year_is_shortened_to_end_with_another_year(buy: Make, other: Make) -> None:
    # TV-COTERM-01, R-COTERM-01, R-COTERM-02: 334 days.
    scenario = Scenario(other("2025-01-01T10:00:00Z"))
    first, last = days_of(bought(scenario, buy("2025-02-01T10:00:00Z", align="s-2")))
    assert (first, last) == (date(2025, 2, 1), date(2025, 12, 31))
    assert (last - first).days + 1 == 334


def test_an_end_that_lies_far_ahead_recurs_by_whole_terms(buy: Make, other: Make, advance: Make) -> None:
    # TV-COTERM-05, R-COTERM-03, R-COTERM-11, AMB-30: the year that ends on 1 October 2022 ends there in 2024 again.
    scenario = Scenario(other("2021-10-02T10:00:00Z"))
    purchase = buy("2022-07-01T10:00:00Z", term=YEARS, plan=Plan.TRIENNIAL, align="s-2")
    assert days_of(bought(scenario, purchase)) == (date(2022, 7, 1), date(2024, 10, 1))
    renewal = advance("2024-10-02T00:00:00Z", subscription_id="s-1")
    assert next_term_of(scenario, renewal) == (date(2024, 10, 2), date(2027, 10, 1))


@pytest.mark.parametrize(("bought_at", "term"), [("2021-10-02T10:00:00Z", YEAR), ("2019-10-02T10:00:00Z", YEARS)])
def test_a_year_ends_with_a_year_or_with_three(
    buy: Make, other: Make, advance: Make, bought_at: str, term: TermLength
) -> None:
    # TV-COTERM-07, R-COTERM-02, R-COTERM-11
    scenario = Scenario(other(bought_at, term=term))
    purchase = buy("2022-07-01T10:00:00Z", align="s-2", plan=Plan.ANNUAL)
    assert days_of(bought(scenario, purchase)) == (date(2022, 7, 1), date(2022, 10, 1))
    renewal = advance("2022-10-02T00:00:00Z", subscription_id="s-1")
    assert next_term_of(scenario, renewal) == (date(2022, 10, 2), date(2023, 10, 1))


@pytest.mark.parametrize(
    ("ends_on", "accepted"),
    [(date(2022, 10, 1), True), (date(2023, 10, 1), False), (date(2024, 10, 1), True), (date(2024, 10, 2), False)],
)
def test_a_chosen_day_is_the_others_end_or_its_last_recurrence(
    buy: Make, other: Make, *, ends_on: date, accepted: bool
) -> None:
    # R-COTERM-08, AMB-32
    scenario = Scenario(other("2021-10-02T10:00:00Z"))
    when = scenario.when(buy("2022-07-01T10:00:00Z", term=YEARS, ends_on=ends_on))
    if accepted:
        assert when.names == ("purchased",)
    else:
        when.refused("custom-end-no-match", "R-COTERM-08")


def test_a_monthly_term_is_not_what_a_longer_one_is_aligned_with(buy: Make, other: Make) -> None:
    # TV-COTERM-17, R-COTERM-06
    scenario = Scenario(other("2025-01-10T10:00:00Z", term=MONTH))
    for term in (YEAR, YEARS):
        scenario.when(buy(term=term, align="s-2")).refused("custom-end-no-match", "R-COTERM-06")
    scenario.when(buy(ends_on=date(2025, 2, 9))).refused("custom-end-no-match")
    assert bought(scenario, buy(term=MONTH, align="s-2")).ends_on == date(2025, 2, 9)


@pytest.mark.parametrize("kind", [Suspend, Cancel])
def test_the_other_must_be_active(buy: Make, other: Make, do: Make, kind: Any) -> None:
    # R-COTERM-08
    scenario = Scenario(other("2025-01-10T10:00:00Z"), do(kind, "2025-01-11T10:00:00Z", "s-2"))
    scenario.when(buy(align="s-2")).refused("custom-end-no-match", "R-COTERM-08")
    scenario.when(buy(ends_on=date(2026, 1, 9))).refused("custom-end-no-match", "R-COTERM-08")


def test_the_other_may_be_about_to_lapse(buy: Make, other: Make, do: Make) -> None:
    # R-COTERM-08: it is active until it ends.
    scenario = Scenario(other("2025-01-10T10:00:00Z"), do(TurnOffAutoRenew, "2025-01-11T10:00:00Z", "s-2"))
    assert bought(scenario, buy(align="s-2")).ends_on == date(2026, 1, 9)


def test_the_other_is_seen_as_it_is_on_that_day(buy: Make, other: Make, do: Make) -> None:
    # R-COTERM-02, INV-28: it has renewed meanwhile, or lapsed, though nobody had looked; nothing is recorded there.
    renewed = Scenario(other("2024-01-01T10:00:00Z"))
    assert bought(renewed, buy("2025-02-01T10:00:00Z", align="s-2")).ends_on == date(2025, 12, 31)
    lapsed = Scenario(other("2024-01-01T10:00:00Z"), do(TurnOffAutoRenew, "2024-02-01T10:00:00Z", "s-2"))
    lapsed.when(buy("2025-02-01T10:00:00Z", align="s-2")).refused("custom-end-no-match", "R-COTERM-08")


def test_the_other_must_belong_to_the_same_customer(buy: Make, other: Make) -> None:
    # R-COTERM-08
    scenario = Scenario(other("2025-01-10T10:00:00Z", customer_id="fabrikam"))
    scenario.when(buy(align="s-2")).refused("custom-end-no-match", "R-COTERM-08")
    scenario.when(buy(ends_on=date(2026, 1, 9))).refused("custom-end-no-match", "R-COTERM-08")


def test_the_other_must_exist(buy: Make) -> None:
    # R-COTERM-08
    Scenario().when(buy(align="s-2")).refused("subscription-not-found")


def test_a_trial_is_nothing_to_align_with(buy: Make, at: Make) -> None:
    # R-COTERM-07: it ends on 8 February, inside the wanted month.
    trial = StartTrial(
        at=at("2025-01-10T10:00:00Z"),
        subscription_id="s-2",
        customer_id="contoso",
        offer_id="business-standard-trial",
    )
    scenario = Scenario(trial)
    scenario.when(buy(offer_id="e3", term=MONTH, align="s-2")).refused("custom-end-no-match")
    scenario.when(buy(offer_id="e3", term=MONTH, ends_on=date(2025, 2, 8))).refused("custom-end-no-match")


@pytest.mark.parametrize(
    "held",
    [
        {"offer_id": "azure", "seats": None, "term": None, "plan": None},
        {"offer_id": "office-legacy"},
        {"offer_id": "crm-professional"},
    ],
)
def test_only_new_commerce_seats_are_something_to_align_with(buy: Make, held: dict[str, Any]) -> None:  # R-COTERM-07
    scenario = Scenario(buy(subscription_id="other", **held))
    scenario.when(buy(align="other")).refused("custom-end-no-match", "R-COTERM-08")


@pytest.mark.parametrize(
    "command",
    [
        {"do": "start-trial", "customer_id": "contoso", "offer_id": "business-standard-trial"},
        {"do": "convert-trial"},
    ],
    ids=lambda command: command["do"],
)
def test_a_trial_itself_is_not_aligned(command: dict[str, str]) -> None:
    # R-COTERM-07
    about = {"at": "2025-01-15T10:00:00Z", "subscription_id": "s-1", "align": "calendar-month"}
    with pytest.raises(InvalidCommandError, match="align"):
        command_of(command | about)


def test_groups_of_subscriptions_may_end_on_days_of_their_own(buy: Make, other: Make) -> None:
    # R-COTERM-15
    scenario = Scenario(other("2025-01-01T10:00:00Z"), buy("2025-01-05T10:00:00Z", subscription_id="s-3"))
    with_s2 = bought(scenario, buy("2025-02-01T10:00:00Z", align="s-2"))
    with_s3 = bought(scenario, buy("2025-02-01T10:00:00Z", subscription_id="s-4", align="s-3"))
    assert (with_s2.ends_on, with_s3.ends_on) == (date(2025, 12, 31), date(2026, 1, 4))


@pytest.mark.parametrize(("base", "add_on"), [("business-standard", "visio"), ("visio", "business-standard")])
def test_an_add_on_ends_with_any_subscription_and_the_other_way_round(
    buy: Make, other: Make, base: str, add_on: str
) -> None:
    # R-ADDON-07
    scenario = Scenario(
        buy("2024-12-01T10:00:00Z", subscription_id="s-0"), other("2025-01-10T10:00:00Z", offer_id=base)
    )
    assert bought(scenario, buy(offer_id=add_on, align="s-2")).ends_on == date(2026, 1, 9)


# With a calendar month.


def test_a_year_ends_with_its_last_whole_month(buy: Make) -> None:
    # TV-COTERM-02, R-COTERM-04, AMB-31, INV-14: 351 days, 14 fewer than a year.
    first, last = days_of(bought(Scenario(), buy(align=CALENDAR_MONTH)))
    assert (first, last) == (date(2025, 1, 15), date(2025, 12, 31))
    assert (last - first).days + 1 == 365 - 14


def test_a_month_ends_with_the_month_it_begins_in_and_the_next_is_whole(buy: Make, advance: Make) -> None:
    # TV-COTERM-10, R-COTERM-04, R-COTERM-11
    scenario = Scenario()
    purchase = buy("2022-07-15T10:00:00Z", term=MONTH, align=CALENDAR_MONTH)
    assert days_of(bought(scenario, purchase)) == (date(2022, 7, 15), date(2022, 7, 31))
    assert next_term_of(scenario, advance("2022-08-01T00:00:00Z")) == (date(2022, 8, 1), date(2022, 8, 31))


def test_a_term_from_the_first_of_a_month_is_aligned_already(buy: Make) -> None:
    # R-COTERM-04: the natural end is a month's end, nothing is shortened.
    purchase = buy("2025-02-01T10:00:00Z", align=CALENDAR_MONTH)
    assert days_of(bought(Scenario(), purchase)) == (date(2025, 2, 1), date(2026, 1, 31))


def is_legal(scenario: Scenario, command: Any) -> bool:
    try:
        scenario.lifecycle.preview(command)
    except CommandRefusedError:
        return False
    return True


@pytest.mark.parametrize(("bought_at", "term"), [("2023-07-02T10:00:00Z", MONTH), ("2022-08-02T10:00:00Z", YEAR)])
def test_in_july_a_month_may_end_on_two_days_only(buy: Make, other: Make, bought_at: str, term: TermLength) -> None:
    # TV-COTERM-13, D-25: on the last of the month, and with the one subscription, which ends on 1 August.
    scenario = Scenario(other(bought_at, term=term))
    days = [date(2023, 7, 1) + timedelta(days=number) for number in range(60)]
    legal = [day for day in days if is_legal(scenario, buy("2023-07-05T10:00:00Z", term=MONTH, ends_on=day))]
    assert legal == [date(2023, 7, 31), date(2023, 8, 1)]


# Which days a term may end on.


@pytest.mark.parametrize(
    ("bought_at", "term", "ends_on"),
    [
        ("2025-03-15T10:00:00Z", MONTH, date(2025, 3, 28)),
        ("2025-03-15T10:00:00Z", MONTH, date(2025, 3, 29)),
        ("2025-03-15T10:00:00Z", MONTH, date(2025, 3, 30)),
        ("2025-02-01T10:00:00Z", YEAR, date(2026, 2, 1)),
        ("2025-02-01T10:00:00Z", YEAR, date(2026, 2, 28)),
        ("2025-02-01T10:00:00Z", YEAR, date(2025, 1, 31)),
    ],
)
def test_an_end_outside_the_term_is_refused(buy: Make, bought_at: str, term: TermLength, ends_on: date) -> None:
    # TV-COTERM-14, TV-COTERM-16, R-COTERM-05, R-COTERM-06
    Scenario().when(buy(bought_at, term=term, ends_on=ends_on)).refused("custom-end-out-of-term")


def test_not_even_a_match_lets_a_month_end_on_the_28th(buy: Make, other: Make) -> None:
    # R-COTERM-06: unless the month is over on that day, as February is.
    march = Scenario(other("2024-03-29T10:00:00Z"))
    march.when(buy("2025-03-15T10:00:00Z", term=MONTH, align="s-2")).refused("custom-end-out-of-term", "R-COTERM-06")
    february = buy("2025-02-15T10:00:00Z", term=MONTH, ends_on=date(2025, 2, 28))
    assert bought(Scenario(), february).ends_on == date(2025, 2, 28)


def test_a_year_may_end_on_the_28th_with_another(buy: Make, other: Make) -> None:
    # R-COTERM-06 binds monthly terms alone.
    scenario = Scenario(other("2024-03-29T10:00:00Z"))
    assert bought(scenario, buy("2025-03-15T10:00:00Z", align="s-2")).ends_on == date(2025, 3, 28)


def test_a_day_that_matches_nothing_is_refused(buy: Make) -> None:
    # R-COTERM-08, AMB-32
    Scenario().when(buy(ends_on=date(2025, 10, 1))).refused("custom-end-no-match", "R-COTERM-08")


def test_a_subscription_does_not_match_its_own_end(buy: Make, do: Make) -> None:
    # R-COTERM-08: the next term is aligned with others.
    scenario = Scenario(buy())
    change = do(ScheduleChange, "2025-02-01T10:00:00Z", align="s-1")
    scenario.when(change).refused("custom-end-no-match", "R-COTERM-08")


def test_an_end_is_chosen_in_one_way_only(buy: Make) -> None:
    # R-COTERM-01
    with pytest.raises(ValueError, match="ends_on and align"):
        buy(ends_on=date(2025, 12, 31), align=CALENDAR_MONTH)


@pytest.mark.parametrize("key", ["ends_on", "align"])
@pytest.mark.parametrize(
    "command",
    [
        {"do": "change-term", "term": "P3Y", "plan": "monthly"},
        {"do": "upgrade", "offer_id": "e3", "seats": 10},
        {"do": "add-seats", "seats": 1},
        {"do": "queue-billing-plan", "plan": "annual"},
    ],
    ids=lambda command: command["do"],
)
def test_no_command_moves_the_end_of_a_running_term(command: dict[str, Any], key: str) -> None:
    # R-COTERM-09
    about = {"at": "2025-02-01T10:00:00Z", "subscription_id": "s-1"}
    with pytest.raises(InvalidCommandError, match=key):
        command_of(command | about | {key: "2025-12-31"})


@pytest.mark.parametrize(
    "held",
    [
        {"offer_id": "office-legacy"},
        {"offer_id": "crm-professional"},
        {"offer_id": "azure", "seats": None, "term": None, "plan": None},
    ],
    ids=lambda held: held["offer_id"],
)
def test_only_a_new_commerce_subscription_is_one_to_align_with(buy: Make, other: Make, held: dict[str, Any]) -> None:
    # R-COTERM-07, R-COTERM-08
    scenario = Scenario(other("2025-01-03T10:00:00Z", **held))
    late = "2025-02-10T10:00:00Z"
    scenario.when(buy(late, align="s-2")).refused("custom-end-no-match", "R-COTERM-08")
    term = scenario.subscription("s-2").term
    if term is not None:
        scenario.when(buy(late, ends_on=term.ends_on)).refused("custom-end-no-match", "R-COTERM-08")
