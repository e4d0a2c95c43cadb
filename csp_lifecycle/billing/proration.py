"""Proration: what the days of a charge cycle are worth, as shares of its price (R-PRORATE).

Days are inclusive: the day of an event belongs to the new state, and so does the last day of the cycle. A cycle
that was shortened is measured by the unshortened one that ends on the same day (R-COTERM-10).
"""

from datetime import date
from fractions import Fraction

from attrs import frozen

from csp_lifecycle.policies.charging import CycleDays
from csp_lifecycle.values.calendar import DAY, Cycle, MonthEnds, Plan, add_months, last_of_month
from csp_lifecycle.values.money import Share


@frozen
class Reading:
    """How the days of a cycle are counted, where the sources leave two readings (AMB-01, AMB-36)."""

    month_ends: MonthEnds = MonthEnds.CLAMPED
    cycle_days: CycleDays = CycleDays.NATURAL


DEFAULT = Reading()


@frozen(kw_only=True)
class CycleWorth:
    """A charge cycle: what the whole of it and what one of its days is worth, as shares of the price."""

    cycle: Cycle
    whole: Fraction
    day: Fraction

    def share(self, since: date, until: date) -> Share:
        """The days from *since* to *until*, both included, and what they are worth; no days if there are none."""
        days = max((until - since).days + 1, 0)
        whole = since <= self.cycle.starts_on and until >= self.cycle.ends_on
        return Share(days, self.whole if whole else days * self.day)


def days_in(cycle: Cycle) -> int:
    """How many days a cycle has, both ends included (R-PRORATE-03)."""
    return (cycle.ends_on - cycle.starts_on).days + 1


def undivided(cycle: Cycle) -> CycleWorth:
    """A cycle that costs exactly one price."""
    return CycleWorth(cycle=cycle, whole=Fraction(1), day=Fraction(1, days_in(cycle)))


def worth_of(cycle: Cycle, *, anchor: date, plan: Plan, reading: Reading = DEFAULT) -> CycleWorth:
    """What a cycle is worth that is counted from *anchor*: one price, or by days what is left of it (R-PRORATE-04)."""
    natural = unshortened(cycle, anchor=anchor, plan=plan, reading=reading)
    day = Fraction(1, _divisor(natural, plan, reading.cycle_days))
    whole = Fraction(1) if natural == cycle else days_in(cycle) * day
    return CycleWorth(cycle=cycle, whole=whole, day=day)


def worth_in_months(cycle: Cycle, *, anchor: date, plan: Plan, reading: Reading = DEFAULT) -> CycleWorth:
    """What the rest of a longer cycle is worth: whole months, if it lies between two boundaries (AMB-27)."""
    begins = _months_to(cycle.starts_on, anchor, reading)
    ends = _months_to(cycle.ends_on + DAY, anchor, reading)
    if begins is None or ends is None:
        return worth_of(cycle, anchor=anchor, plan=plan, reading=reading)
    whole = Fraction(ends - begins, plan.months)
    return CycleWorth(cycle=cycle, whole=whole, day=whole / days_in(cycle))


def unshortened(cycle: Cycle, *, anchor: date, plan: Plan, reading: Reading = DEFAULT) -> Cycle:
    """The cycle of full length that ends on the same day (R-COTERM-10)."""
    after = cycle.ends_on + DAY
    months = _months_to(after, anchor, reading)
    if months is None:
        # The term ends before the cycle would.
        anchor, months = after, 0
    return Cycle(starts_on=add_months(anchor, months - plan.months, reading.month_ends), ends_on=cycle.ends_on)


def _months_to(day: date, anchor: date, reading: Reading) -> int | None:
    """How many months *day* lies behind the anchor; None if no cycle begins on it."""
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    return months if add_months(anchor, months, reading.month_ends) == day else None


def _divisor(natural: Cycle, plan: Plan, cycle_days: CycleDays) -> int:
    if cycle_days is CycleDays.NATURAL or plan is not Plan.MONTHLY:
        return days_in(natural)
    # Never fewer days than the cycle has, or they would be worth more than the cycle.
    return max(last_of_month(natural.starts_on).day, days_in(natural))
