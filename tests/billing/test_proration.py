"""What the days of a cycle are worth: natural days, the days of the start month, whole months."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.billing.proration import Reading, days_in, unshortened, worth_in_months, worth_of
from csp_lifecycle.policies.charging import CycleDays
from csp_lifecycle.values.calendar import DAY, Cycle, MonthEnds, Plan, Term, TermLength, add_months, cycles_of, midnight
from csp_lifecycle.values.money import Share


def cycle(starts_on: str, ends_on: str) -> Cycle:
    return Cycle(starts_on=date.fromisoformat(starts_on), ends_on=date.fromisoformat(ends_on))


JUNE = cycle("2021-06-18", "2021-07-17")


@pytest.mark.parametrize(
    ("since", "days", "worth"),
    [("2021-06-18", 30, Fraction(1)), ("2021-06-20", 28, Fraction(28, 30)), ("2021-07-17", 1, Fraction(1, 30))],
)
def test_the_day_of_the_event_and_the_last_day_count(since: str, days: int, worth: Fraction) -> None:  # R-PRORATE-03
    priced = worth_of(JUNE, anchor=JUNE.starts_on, plan=Plan.MONTHLY)
    assert priced.share(date.fromisoformat(since), JUNE.ends_on) == Share(days, worth)


def test_nothing_is_left_once_the_cycle_is_over() -> None:
    priced = worth_of(JUNE, anchor=JUNE.starts_on, plan=Plan.MONTHLY)
    assert priced.share(date(2021, 7, 20), JUNE.ends_on) == Share(0, Fraction(0))


@pytest.mark.parametrize(
    ("charged", "plan", "days"),
    [
        (cycle("2021-02-21", "2021-03-20"), Plan.MONTHLY, 28),
        (cycle("2021-03-21", "2021-04-20"), Plan.MONTHLY, 31),
        (cycle("2021-06-18", "2022-06-17"), Plan.ANNUAL, 365),
        (cycle("2023-06-18", "2024-06-17"), Plan.ANNUAL, 366),
    ],
)
@pytest.mark.parametrize("reading", CycleDays)
def test_both_readings_of_the_divisor_agree_on_ordinary_days(
    charged: Cycle, plan: Plan, days: int, reading: CycleDays
) -> None:  # R-PRORATE-04
    worth = worth_of(charged, anchor=charged.starts_on, plan=plan, reading=Reading(cycle_days=reading))
    assert (worth.whole, worth.day) == (Fraction(1), Fraction(1, days))


@pytest.mark.parametrize(("reading", "days"), [(CycleDays.NATURAL, 28), (CycleDays.START_MONTH, 31)])
def test_a_cycle_from_the_end_of_a_month_has_two_readings(reading: CycleDays, days: int) -> None:  # AMB-36
    january = cycle("2021-01-31", "2021-02-27")
    worth = worth_of(january, anchor=january.starts_on, plan=Plan.MONTHLY, reading=Reading(cycle_days=reading))
    assert (worth.whole, worth.day) == (Fraction(1), Fraction(1, days))


def test_days_are_never_worth_more_than_their_cycle() -> None:  # AMB-36
    from_february = cycle("2021-02-28", "2021-03-30")
    reading = Reading(cycle_days=CycleDays.START_MONTH)
    worth = worth_of(from_february, anchor=date(2021, 1, 31), plan=Plan.MONTHLY, reading=reading)
    assert worth.day == Fraction(1, 31)


def test_a_shortened_cycle_is_measured_by_the_whole_one_that_ends_with_it() -> None:  # R-COTERM-10, TV-COTERM-18
    rest = cycle("2025-02-01", "2025-12-31")
    worth = worth_of(rest, anchor=date(2026, 1, 1), plan=Plan.ANNUAL)
    assert worth.whole == Fraction(334, 365)


def test_a_cycle_that_its_term_cuts_short_is_counted_back_from_its_end() -> None:  # R-COTERM-10
    cut = cycle("2024-05-10", "2025-03-31")
    assert unshortened(cut, anchor=date(2024, 5, 10), plan=Plan.ANNUAL) == cycle("2024-04-01", "2025-03-31")


def test_another_plan_on_a_boundary_pays_whole_months() -> None:  # R-BILL-09, AMB-27
    rest = cycle("2021-10-20", "2022-09-19")
    worth = worth_in_months(rest, anchor=date(2021, 9, 20), plan=Plan.ANNUAL)
    assert worth.whole == Fraction(11, 12)
    assert worth.share(rest.starts_on, rest.ends_on).worth == Fraction(11, 12)
    assert worth.share(rest.starts_on + DAY, rest.ends_on).worth == Fraction(11, 12) * Fraction(334, 335)


def test_another_plan_inside_a_cycle_pays_days() -> None:  # AMB-27
    rest = cycle("2021-10-25", "2022-09-19")
    assert worth_in_months(rest, anchor=date(2021, 9, 20), plan=Plan.ANNUAL).whole == Fraction(330, 365)


starts = st.dates(date(2020, 1, 1), date(2030, 12, 31))
plans = st.sampled_from([Plan.MONTHLY, Plan.ANNUAL])


@given(starts, plans, st.sampled_from(MonthEnds), st.sampled_from(CycleDays))
def test_every_cycle_of_an_unshortened_term_costs_one_price(
    starts_on: date, plan: Plan, month_ends: MonthEnds, cycle_days: CycleDays
) -> None:
    ends_on = add_months(starts_on, 36, month_ends) - DAY
    term = Term(length=TermLength.THREE_YEARS, starts_at=midnight(starts_on), ends_on=ends_on)
    reading = Reading(month_ends, cycle_days)
    for one in cycles_of(term, anchor=starts_on, plan=plan, month_ends=month_ends):
        worth = worth_of(one, anchor=starts_on, plan=plan, reading=reading)
        assert worth.whole == 1
        assert days_in(one) * worth.day <= 1


@given(starts, st.integers(2, 1000), plans)
def test_the_days_of_a_shortened_term_are_worth_their_part(starts_on: date, length: int, plan: Plan) -> None:
    # R-COTERM-10: counted back from the end, only the first cycle is short
    term = Term(
        length=TermLength.THREE_YEARS,
        starts_at=midnight(starts_on),
        ends_on=date.fromordinal(starts_on.toordinal() + length),
    )
    anchor = term.ends_on + DAY
    first, *later = cycles_of(term, anchor=anchor, plan=plan)
    worths = [worth_of(one, anchor=anchor, plan=plan) for one in (first, *later)]
    assert worths[0].whole == days_in(first) * worths[0].day <= 1
    assert all(worth.whole == 1 for worth in worths[1:])
