"""Billing in another currency than the one of the price: which day's rate counts, and what is rounded when.

Rates themselves come from whoever asks; nothing here looks one up.
"""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal

from attrs import evolve

from csp_lifecycle.policies.charging import RateDay
from csp_lifecycle.values.business_days import IsHoliday, business_days_before, no_holidays
from csp_lifecycle.values.calendar import DAY
from csp_lifecycle.values.money import Direction, decimal, exact, minor_digits, rounded
from csp_lifecycle.values.money_errors import MissingRateError
from csp_lifecycle.vocabulary.charge_line import ChargeLine, Lines

Rates = Callable[[str, str, date], Decimal | None]
"""How much of the second currency one unit of the first is worth on a day; None where that is not known."""


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


def billed_in(
    currency: str,
    lines: Iterable[ChargeLine],
    rates: Rates,
    *,
    reading: RateDay = RateDay.MONTH_START,
    is_holiday: IsHoliday = no_holidays,
) -> Lines:
    """Lines in the billing currency, each at the rate that counts for its own order date (R-CHARGE-21, R-CHARGE-22).

    A line that is priced in the billing currency stays as it is.

    Raises:
        MissingRateError: *rates* does not know the rate of a day that is needed.
    """

    def billed(line: ChargeLine) -> ChargeLine:
        if line.currency == currency:
            return line
        day = rate_day(line.at.date(), reading, is_holiday)
        rate = rates(line.currency, currency, day)
        if rate is None:
            raise MissingRateError(line.currency, currency, day)
        return in_billing_currency(line, rate, currency)

    return tuple(map(billed, lines))
