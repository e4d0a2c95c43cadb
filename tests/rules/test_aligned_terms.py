"""What a shortened term is charged, and what an alignment leaves as it is."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.alignment import Alignment
from csp_lifecycle.values.calendar import Cycle, Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    Cancel,
    RemoveSeats,
    ScheduleChange,
    Transfer,
    Upgrade,
)
from csp_lifecycle.vocabulary.events import ChangeScheduled, CycleCharged, Purchased, Renewed
from csp_lifecycle.vocabulary.subscription import ScheduledChange

Make = Callable[..., Any]
MONTH, YEAR, YEARS = TermLength.MONTH, TermLength.YEAR, TermLength.THREE_YEARS
CALENDAR_MONTH = Alignment.CALENDAR_MONTH

SOON = "2025-01-20T09:00:00Z"


@pytest.fixture
def other(buy: Make) -> Make:
    """Another subscription of the same customer, `s-2`, to align with."""
    return lambda at, **rest: buy(at, subscription_id="s-2", **rest)


def bought(scenario: Scenario, purchase: Any) -> Purchased:
    (event,) = scenario.when(purchase).recorded
    assert isinstance(event, Purchased)
    return event


def cycles_of(scenario: Scenario, advance: Any) -> list[Cycle]:
    """The first charge cycle of `s-1`, and those that an advance charges."""
    first = scenario.subscription().charge_cycle
    assert first is not None
    recorded = scenario.when(advance).recorded
    return [first, *(event.charge_cycle for event in recorded if isinstance(event, CycleCharged))]


def test_the_first_cycle_is_the_short_one_and_the_others_are_whole_months(buy: Make, advance: Make) -> None:
    # R-COTERM-10, INV-11: with calendar months, every later cycle begins on the first.
    scenario = Scenario(buy(align=CALENDAR_MONTH))
    cycles = cycles_of(scenario, advance("2025-12-31T00:00:00Z"))
    assert cycles[0] == Cycle(starts_on=date(2025, 1, 15), ends_on=date(2025, 1, 31))
    assert [cycle.starts_on for cycle in cycles[1:]] == [date(2025, month, 1) for month in range(2, 13)]
    assert [cycle.ends_on + timedelta(days=1) for cycle in cycles[:-1]] == [cycle.starts_on for cycle in cycles[1:]]
    assert cycles[-1].ends_on == date(2025, 12, 31)


def test_boundaries_are_counted_back_from_the_day_after_the_end(buy: Make, other: Make, advance: Make) -> None:
    # R-COTERM-10: the other ends on 19 October, so cycles begin on the 20th.
    scenario = Scenario(other("2024-10-20T10:00:00Z"), buy("2025-02-01T10:00:00Z", align="s-2"))
    cycles = cycles_of(scenario, advance("2025-10-19T00:00:00Z", subscription_id="s-1"))
    assert cycles[0] == Cycle(starts_on=date(2025, 2, 1), ends_on=date(2025, 2, 19))
    assert [cycle.starts_on for cycle in cycles[1:]] == [date(2025, month, 20) for month in range(2, 10)]
    assert cycles[-1].ends_on == date(2025, 10, 19)


@pytest.mark.parametrize(
    ("plan", "starts"),
    [
        (Plan.ANNUAL, [date(2022, 7, 1), date(2022, 10, 2), date(2023, 10, 2)]),
        (Plan.TRIENNIAL, [date(2022, 7, 1)]),
    ],
)
def test_longer_plans_count_back_too_and_an_upfront_plan_is_charged_once(
    buy: Make, other: Make, advance: Make, plan: Plan, starts: list[date]
) -> None:
    # R-COTERM-10: 27 months that end on 1 October 2024.
    purchase = buy("2022-07-01T10:00:00Z", term=YEARS, plan=plan, align="s-2")
    scenario = Scenario(other("2021-10-02T10:00:00Z"), purchase)
    cycles = cycles_of(scenario, advance("2024-10-01T00:00:00Z", subscription_id="s-1"))
    assert [cycle.starts_on for cycle in cycles] == starts
    assert cycles[-1].ends_on == date(2024, 10, 1)


def test_a_full_term_after_a_short_one_is_charged_in_whole_cycles(buy: Make, advance: Make) -> None:
    # R-COTERM-11, R-RENEW-07
    scenario = Scenario(buy("2025-01-15T10:00:00Z", align=CALENDAR_MONTH), advance("2026-01-01T00:00:00Z"))
    after = scenario.subscription()
    assert after.term is not None
    assert (after.term.starts_on, after.term.ends_on) == (date(2026, 1, 1), date(2026, 12, 31))
    assert after.charge_cycle == Cycle(starts_on=date(2026, 1, 1), ends_on=date(2026, 1, 31))


def test_an_aligned_end_leaves_the_windows_alone(buy: Make) -> None:
    # R-COTERM-12
    plain, aligned = bought(Scenario(), buy()), bought(Scenario(), buy(align=CALENDAR_MONTH))
    assert (aligned.refunds, aligned.seat_lots) == (plain.refunds, plain.seat_lots)


def test_windows_outlast_a_term_that_is_shorter_than_they_are_only_until_it_renews(
    buy: Make, do: Make, advance: Make
) -> None:
    # R-COTERM-12, R-RENEW-05: bought on 29 July, ended on the 31st; the renewal opens windows of its own.
    scenario = Scenario(buy("2022-07-29T10:00:00Z", term=MONTH, align=CALENDAR_MONTH), advance("2022-08-01T00:00:00Z"))
    scenario.when(do(RemoveSeats, "2022-08-08T00:00:01Z", seats=1)).refused("reduction-window-closed")
    assert scenario.when(do(RemoveSeats, "2022-08-08T00:00:00Z", seats=1)).names == ("seats-removed",)


def test_a_term_keeps_its_aligned_end_whatever_becomes_of_the_other(
    buy: Make, other: Make, do: Make, advance: Make
) -> None:
    # R-COTERM-09: once set, the end stands.
    scenario = Scenario(other("2025-01-10T10:00:00Z"), buy("2025-01-15T10:00:00Z", align="s-2"))
    scenario.given(do(Cancel, "2025-01-16T10:00:00Z", "s-2"), advance("2025-06-01T00:00:00Z"))
    term = scenario.subscription().term
    assert term is not None
    assert term.ends_on == date(2026, 1, 9)


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        (Upgrade, {"offer_id": "e3", "seats": 4, "new_subscription_id": "s-3"}),
        (Transfer, {"new_subscription_id": "s-3", "partner_id": "tailspin"}),
    ],
)
def test_what_comes_out_of_an_aligned_subscription_ends_with_it_in_the_same_rhythm(
    buy: Make, do: Make, advance: Make, stream: Make, kind: Any, rest: dict[str, Any]
) -> None:
    # R-COTERM-14, R-UPGRADE-07, R-COTERM-10
    scenario = Scenario(buy(align=CALENDAR_MONTH), do(kind, "2025-03-20T09:00:00Z", **rest))
    scenario.given(advance("2025-12-31T00:00:00Z"))
    purchased, *charged = stream(scenario, "s-3")
    assert purchased.term.ends_on == date(2025, 12, 31)
    assert purchased.charge_cycle == Cycle(starts_on=date(2025, 3, 20), ends_on=date(2025, 3, 31))
    assert [event.charge_cycle.starts_on for event in charged] == [date(2025, month, 1) for month in range(4, 13)]


# A chosen end for the next term.


@pytest.mark.parametrize(
    ("term", "ends_on", "code"),
    [
        (TermLength.YEAR, date(2027, 1, 15), "custom-end-out-of-term"),
        (TermLength.YEAR, date(2026, 1, 14), "custom-end-out-of-term"),
        (TermLength.YEAR, date(2026, 6, 29), "custom-end-no-match"),
        (TermLength.MONTH, date(2026, 1, 28), "custom-end-out-of-term"),
        (TermLength.MONTH, date(2026, 1, 29), "custom-end-out-of-term"),
        (TermLength.MONTH, date(2026, 1, 30), "custom-end-out-of-term"),
    ],
)
def test_a_scheduled_end_lies_inside_the_next_term_and_matches_something(
    buy: Make, do: Make, term: TermLength, ends_on: date, code: str
) -> None:
    # R-SCHED-12
    change = do(ScheduleChange, SOON, term=term, ends_on=ends_on)
    Scenario(buy()).when(change).refused(code)


@pytest.mark.parametrize(("align", "ends_on"), [(CALENDAR_MONTH, date(2026, 12, 31)), ("s-2", date(2026, 3, 31))])
def test_an_alignment_for_the_next_term_is_resolved_when_it_is_scheduled(
    buy: Make, do: Make, align: Alignment | str, ends_on: date
) -> None:
    # R-SCHED-12, R-COTERM-03: the other year ends on 31 March, the natural end would be 14 January 2027.
    scenario = Scenario(buy(plan=Plan.ANNUAL), buy("2025-04-01T10:00:00Z", subscription_id="s-2"))
    (scheduled,) = scenario.when(do(ScheduleChange, "2025-04-02T10:00:00Z", align=align)).recorded
    assert isinstance(scheduled, ChangeScheduled)
    assert scheduled.scheduled_change == ScheduledChange(ends_on=ends_on)


def test_a_chosen_end_counts_once_and_the_full_term_runs_again(buy: Make, do: Make, advance: Make) -> None:
    # R-RENEW-07, R-COTERM-11
    scenario = Scenario(buy(plan=Plan.ANNUAL), do(ScheduleChange, SOON, align=CALENDAR_MONTH))
    short, renewed = scenario.when(advance("2027-01-01T00:00:00Z")).recorded
    assert isinstance(short, Renewed)
    assert isinstance(renewed, Renewed)
    assert (short.term.starts_on, short.term.ends_on) == (date(2026, 1, 15), date(2026, 12, 31))
    assert (renewed.term.starts_on, renewed.term.ends_on) == (date(2027, 1, 1), date(2027, 12, 31))


def test_a_printed_month_that_ends_a_day_after_its_first_term_is_refused(buy: Make, other: Make, advance: Make) -> None:
    # TV-COTERM-12, AMB-49, R-COTERM-05
    scenario = Scenario(other("2022-02-03T10:00:00Z", term=MONTH), advance("2022-03-03T00:00:00Z"))
    held = scenario.subscription("s-2").term
    assert held is not None
    assert held.ends_on == date(2022, 4, 2)
    for wish in ({"ends_on": date(2022, 4, 2)}, {"align": "s-2"}):
        refusal = scenario.when(buy("2022-03-02T10:00:00Z", term=MONTH, **wish)).refused("custom-end-out-of-term")
        assert refusal.rule == "R-COTERM-05"
