"""Terms, charge cycles and the month arithmetic under them (R-TIME).

Days at the edge are inclusive: a term or a cycle *ends on* its last day. Inside, intervals are half-open: a
term *ends before* the midnight after that day. Months are counted from one kept anchor, never from the
previous boundary, because adding months is not associative: 31 January + 1 month + 1 month is 28 March,
31 January + 2 months is 31 March.
"""

from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import lru_cache
from typing import Annotated

from attrs import frozen
from dateutil.relativedelta import relativedelta
from msgspec import Meta

Instant = Annotated[datetime, Meta(tz=True)]
"""A moment, as a value or an event keeps it: aware, in UTC (R-TIME-01). The mark is read by who decodes events."""

DAY = timedelta(days=1)
LATEST = datetime(9900, 1, 1, tzinfo=UTC)
"""Nobody asks for decisions from here on: what one brings, terms ahead, must lie before the calendar ends in 9999."""


class TermLength(Enum):
    """How long a term commits: an ISO 8601 duration, as Partner Center's `termDuration` writes it."""

    # Decisions look lengths and plans up in tables; by itself an Enum hashes its name, in Python.
    __hash__ = object.__hash__

    MONTH = "P1M"
    YEAR = "P1Y"
    THREE_YEARS = "P3Y"
    TRIAL = "P30D"

    @property
    def months(self) -> int:
        """Length in calendar months; 0 for a trial, which is counted in days (R-TIME-06)."""
        return _MONTHS[self]


class Plan(Enum):
    """How often the partner is charged inside a term."""

    __hash__ = object.__hash__

    MONTHLY = "monthly"
    ANNUAL = "annual"
    TRIENNIAL = "triennial"

    @property
    def months(self) -> int:
        """Length of one charge cycle in calendar months."""
        return _CYCLE_MONTHS[self]


class MonthEnds(Enum):
    """How a charge cycle that starts near the end of a month is counted (AMB-01)."""

    CLAMPED = "clamped"
    DISTANCE_KEPT = "distance-kept"


_MONTHS = {TermLength.MONTH: 1, TermLength.YEAR: 12, TermLength.THREE_YEARS: 36, TermLength.TRIAL: 0}
_CYCLE_MONTHS = {Plan.MONTHLY: 1, Plan.ANNUAL: 12, Plan.TRIENNIAL: 36}
TRIAL_DAYS = 30


@frozen(kw_only=True, slots=False)
class Cycle:
    """One charged interval inside a term; both days are inclusive (R-TIME-02)."""

    starts_on: date
    ends_on: date

    @property
    def ends_before(self) -> datetime:
        """The first instant after the cycle."""
        return midnight(self.ends_on + DAY)


@frozen(kw_only=True, slots=False)
class Term:
    """A commitment from an instant to the end of an inclusive last day (R-TIME-02)."""

    length: TermLength
    starts_at: Instant
    ends_on: date

    @property
    def starts_on(self) -> date:
        """The first day of the term; it counts in full for charges."""
        return self.starts_at.date()

    @property
    def ends_before(self) -> datetime:
        """The first instant after the term, when a renewal begins (R-RENEW-03)."""
        return midnight(self.ends_on + DAY)


def midnight(day: date) -> datetime:
    """The first instant of *day*, in UTC (R-TIME-01)."""
    return datetime.combine(day, _MIDNIGHT)


_MIDNIGHT = time(tzinfo=UTC)


def add_months(day: date, months: int, month_ends: MonthEnds = MonthEnds.CLAMPED) -> date:
    """*day* moved by whole *months* (negative: back), clamped to the last day of a shorter month (R-TIME-03).

    With `MonthEnds.DISTANCE_KEPT` the distance to the end of the month is kept instead for days after the
    28th, the other reading of AMB-01: 30 January is one day before its month's end, and so is 27 February.
    """
    moved = day + _by(months)
    if month_ends is MonthEnds.CLAMPED or day.day <= _LAST_DAY_OF_EVERY_MONTH:
        return moved
    return last_of_month(moved) - (last_of_month(day) - day)


_LAST_DAY_OF_EVERY_MONTH = 28


@lru_cache(maxsize=1024)
def _by(months: int) -> relativedelta:
    """What moves a day by whole months; making one takes as long as using it."""
    return relativedelta(months=months)


def last_of_month(day: date) -> date:
    """The last day of the calendar month that holds *day*."""
    return day + _TO_THE_LAST


_TO_THE_LAST = relativedelta(day=31)


def natural_end(starts_on: date, length: TermLength) -> date:
    """The inclusive last day of an unshortened term (R-TIME-03, R-TIME-06)."""
    if length is TermLength.TRIAL:
        return starts_on + timedelta(days=TRIAL_DAYS - 1)
    return add_months(starts_on, length.months) - DAY


def cycle_at(day: date, *, anchor: date, plan: Plan, term: Term, month_ends: MonthEnds = MonthEnds.CLAMPED) -> Cycle:
    """The charge cycle of *term* that holds *day*, counted from *anchor* (R-TIME-04, R-COTERM-10).

    The anchor is the term's first day, or in a term shortened by alignment the day after its end, from which
    cycles are counted back. A cycle never reaches outside its term, so the first one may be short.
    """
    months = plan.months
    steps = ((day.year - anchor.year) * 12 + day.month - anchor.month) // months
    starts_on = add_months(anchor, steps * months, month_ends)
    while starts_on > day:
        steps -= 1
        starts_on = add_months(anchor, steps * months, month_ends)
    following = add_months(anchor, (steps + 1) * months, month_ends)
    while following <= day:
        steps += 1
        starts_on, following = following, add_months(anchor, (steps + 1) * months, month_ends)
    return Cycle(starts_on=max(starts_on, term.starts_on), ends_on=min(following - DAY, term.ends_on))


def cycles_of(term: Term, *, anchor: date, plan: Plan, month_ends: MonthEnds = MonthEnds.CLAMPED) -> tuple[Cycle, ...]:
    """All charge cycles of *term*, which they partition without gap or overlap (INV-11)."""
    cycles: list[Cycle] = []
    day = term.starts_on
    while day <= term.ends_on:
        cycles.append(cycle_at(day, anchor=anchor, plan=plan, term=term, month_ends=month_ends))
        day = cycles[-1].ends_on + DAY
    return tuple(cycles)
