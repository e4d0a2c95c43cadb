"""Business days: Monday to Friday, less the holidays that somebody names."""

from collections.abc import Callable
from datetime import date

from csp_lifecycle.values.calendar import DAY

IsHoliday = Callable[[date], bool]


def no_holidays(_: date) -> bool:
    """No day is a holiday; which ones are differs from place to place and is not known here (AMB-42)."""
    return False


def business_days_before(day: date, count: int, is_holiday: IsHoliday = no_holidays) -> date:
    """The business day that lies *count* business days before *day*."""
    return _moved(day, count, back=True, is_holiday=is_holiday)


def business_days_after(day: date, count: int, is_holiday: IsHoliday = no_holidays) -> date:
    """The business day that lies *count* business days after *day*."""
    return _moved(day, count, back=False, is_holiday=is_holiday)


def _moved(day: date, count: int, *, back: bool, is_holiday: IsHoliday) -> date:
    step = -DAY if back else DAY
    while count:
        day += step
        if day.isoweekday() <= _FRIDAY and not is_holiday(day):
            count -= 1
    return day


_FRIDAY = 5
