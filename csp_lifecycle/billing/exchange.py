"""Billing in another currency than the one of the price: which day's rate counts, and what is rounded when.

Rates themselves come from whoever asks; nothing here looks one up.
"""

from datetime import date
from decimal import Decimal
from enum import Enum

from attrs import evolve

from csp_lifecycle.billing.line import ChargeLine
from csp_lifecycle.values.business_days import IsHoliday, business_days_before, no_holidays
from csp_lifecycle.values.calendar import DAY
from csp_lifecycle.values.money import Direction, decimal, exact, minor_digits, rounded


class RateDay(Enum):
    """From which day two business days are counted back to the day of the rate (AMB-42)."""

    MONTH_START = "month-start"
    LAST_DAY_BEFORE = "last-day-before"


def rate_day(charged_on: date, reading: RateDay = RateDay.MONTH_START, is_holiday: IsHoliday = no_holidays) -> date:
    """The day whose mid rate counts for all charges of a month (R-CHARGE-20, R-CHARGE-21)."""
    first = charged_on.replace(day=1)
    from_day = first if reading is RateDay.MONTH_START else first - DAY
    return business_days_before(from_day, _DAYS_BACK, is_holiday)


_DAYS_BACK = 2


def in_billing_currency(line: ChargeLine, rate: Decimal, currency: str) -> ChargeLine:
    """A license-based line in the billing currency: the price of a seat is converted and cut, then multiplied.

    R-PRORATE-09. The `rate` is how much of the billing currency one unit of the pricing currency is worth.
    """
    digits = minor_digits(currency)
    unit = rounded(exact(line.effective_unit_price) * exact(rate), digits, Direction.DOWN)
    return evolve(
        line,
        unit_price=decimal(rounded(exact(line.unit_price) * exact(rate), digits, Direction.DOWN), digits),
        effective_unit_price=decimal(unit, digits),
        amount=decimal(unit * line.seats, digits),
        currency=currency,
    )
