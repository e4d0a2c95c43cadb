"""Ending a term on another day than its natural one (R-COTERM)."""

from datetime import date
from enum import Enum

from csp_lifecycle.values.calendar import DAY, TermLength, add_months, last_of_month, natural_end


class Alignment(Enum):
    """What a term may be aligned to besides another subscription."""

    CALENDAR_MONTH = "calendar-month"


def calendar_month_end(not_after: date) -> date:
    """The latest last day of a month that is not after *not_after* (R-COTERM-04)."""
    end = last_of_month(not_after)
    return end if end <= not_after else not_after.replace(day=1) - DAY


def recurrence(ends_on: date, length: TermLength, *, not_after: date) -> date:
    """*ends_on* moved forward by whole terms, to the latest day not after *not_after* (R-COTERM-03).

    Where *ends_on* itself is later than *not_after* it is returned as it is; whoever asks must compare.
    """
    end = ends_on
    following = natural_end(end + DAY, length)
    while following <= not_after:
        end = following
        following = natural_end(end + DAY, length)
    return end


def anniversary(ends_on: date, length: TermLength, *, not_before: date) -> date:
    """*ends_on* moved back by whole terms of *length*, to the earliest day not before *not_before* (R-MIGRATE-03)."""
    back = 0
    while add_months(ends_on, -(back + length.months)) >= not_before:
        back += length.months
    return add_months(ends_on, -back)


def may_end_a_month(day: date) -> bool:
    """Whether a monthly term may end on *day*: not the 28th to 30th, unless the month ends there (R-COTERM-06)."""
    return day.day not in _AWKWARD_DAYS or day == last_of_month(day)


_AWKWARD_DAYS = (28, 29, 30)
