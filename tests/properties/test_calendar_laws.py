"""What holds of every term and every charge cycle, whatever day it begins on."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.testing.strategies import PAID_TERMS
from csp_lifecycle.values.calendar import (
    MonthEnds,
    Plan,
    Term,
    TermLength,
    add_months,
    cycle_at,
    cycles_of,
    natural_end,
)

if TYPE_CHECKING:
    from tests.properties.conftest import Belief

DAY = timedelta(days=1)
days = st.dates(date(1990, 1, 1), date(2100, 12, 31))
times = st.times().map(lambda at: at.replace(tzinfo=UTC))
pairs = st.sampled_from([(length, plan) for length in PAID_TERMS for plan in Plan if plan.months <= length.months])


def term_from(day: date, length: TermLength, *, cut: int = 0, at: time = time(tzinfo=UTC)) -> Term:
    """A term of *length*, or one that an alignment has made *cut* days shorter."""
    return Term(length=length, starts_at=datetime.combine(day, at), ends_on=natural_end(day, length) - cut * DAY)


def anchor_of(term: Term, cut: int) -> date:
    return term.ends_on + DAY if cut else term.starts_on


@given(days, st.integers(-36, 36))
def test_months_are_added_as_relativedelta_adds_them(paper: "type[Belief]", day: date, months: int) -> None:
    # R-TIME-03: with a calendar that is written down here once more, as a second witness
    assert add_months(day, months) == day + relativedelta(months=months) == paper.later(day, months)


@given(days, pairs, st.integers(0, 27), st.sampled_from(MonthEnds))
def test_cycles_partition_their_term(day: date, pair: tuple[TermLength, Plan], cut: int, ends: MonthEnds) -> None:
    # INV-11, R-TIME-04, R-COTERM-10
    length, plan = pair
    term = term_from(day, length, cut=cut)
    cycles = cycles_of(term, anchor=anchor_of(term, cut), plan=plan, month_ends=ends)
    assert (cycles[0].starts_on, cycles[-1].ends_on) == (term.starts_on, term.ends_on)
    assert all(after.starts_on == before.ends_on + DAY for before, after in pairwise(cycles))
    assert all(cycle.starts_on <= cycle.ends_on for cycle in cycles)


@given(days, pairs)
def test_an_unshortened_term_has_as_many_cycles_as_its_plan_fits_into_it(
    day: date, pair: tuple[TermLength, Plan]
) -> None:  # R-CHARGE-05
    length, plan = pair
    cycles = cycles_of(term_from(day, length), anchor=day, plan=plan)
    assert len(cycles) == length.months // plan.months
    # Every cycle is counted from the term's first day, so the 31st comes back after a short month (R-TIME-04).
    starts = [day + relativedelta(months=plan.months * number) for number in range(len(cycles))]
    assert [cycle.starts_on for cycle in cycles] == starts


@given(days, pairs, st.integers(1, 27))
def test_in_a_shortened_term_only_the_first_cycle_is_short(
    day: date, pair: tuple[TermLength, Plan], cut: int
) -> None:  # R-COTERM-10
    length, plan = pair
    term = term_from(day, length, cut=cut)
    following = term.ends_on + DAY
    cycles = cycles_of(term, anchor=following, plan=plan)
    whole = cycles[1:]
    starts = [following - relativedelta(months=plan.months * number) for number in range(len(whole), 0, -1)]
    assert [cycle.starts_on for cycle in whole] == starts
    assert following - relativedelta(months=plan.months * len(cycles)) <= term.starts_on


@given(days, pairs, st.integers(0, 27), st.data())
def test_every_day_of_a_term_lies_in_one_cycle(
    day: date, pair: tuple[TermLength, Plan], cut: int, data: st.DataObject
) -> None:
    length, plan = pair
    term = term_from(day, length, cut=cut)
    inside = data.draw(st.dates(term.starts_on, term.ends_on))
    cycle = cycle_at(inside, anchor=anchor_of(term, cut), plan=plan, term=term)
    assert cycle in cycles_of(term, anchor=anchor_of(term, cut), plan=plan)
    assert cycle.starts_on <= inside <= cycle.ends_on


@given(days, times, st.sampled_from(PAID_TERMS))
def test_the_last_day_counts_in_full_and_the_next_term_begins_behind_it(
    day: date, at: time, length: TermLength
) -> None:  # R-TIME-02, R-TIME-03, R-TIME-05
    term = term_from(day, length, at=at)
    last = datetime.combine(term.ends_on, time.max, UTC)
    assert term.ends_before - last == timedelta(microseconds=1)
    assert term.ends_before.date() == day + relativedelta(months=length.months)
    assert term.starts_at < term.ends_before


@given(days, times)
def test_a_trial_lasts_thirty_days_whatever_the_month(day: date, at: time) -> None:  # R-TIME-06
    term = term_from(day, TermLength.TRIAL, at=at)
    assert term.ends_on - term.starts_on == 29 * DAY
    assert term.ends_before - datetime.combine(day, time(tzinfo=UTC)) == 30 * DAY


@given(days)
def test_a_month_is_never_left_out(day: date) -> None:  # R-TIME-03
    following = natural_end(day, TermLength.MONTH) + DAY
    assert (following.year * 12 + following.month) - (day.year * 12 + day.month) == 1
    assert following.day == day.day or (following + DAY).day == 1
