"""Charges for what was used: a unit price times a quantity, and fees that include some of it (R-USAGE).

What was counted comes from whoever reads the meters. A usage subscription has no seats and no term (R-USAGE-06), so
its lines are not made of events: each is one meter in one charge cycle, which is the billing period (R-USAGE-02).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from attrs import frozen

from csp_lifecycle.values.calendar import Cycle
from csp_lifecycle.values.money import Direction, decimal, exact, minor_digits, rounded
from csp_lifecycle.values.money_errors import MissingMeterError

_ONE, _NOTHING = Decimal(1), Decimal(0)


@frozen(kw_only=True)
class Meter:
    """What one unit costs, and how many of them the fixed fee includes in each charge cycle (R-USAGE-05)."""

    unit_price: Decimal
    currency: str
    included: Decimal = _NOTHING


@frozen(kw_only=True)
class Usage:
    """What one meter of a subscription counted on a day."""

    subscription_id: str
    customer_id: str
    meter_id: str
    on: date
    quantity: Decimal


@frozen(kw_only=True)
class UsageLine:
    """What one meter of a subscription costs in a charge cycle; both days are included.

    `quantity` is what was counted, `billed` the part of it that no fee includes. `amount` is in `currency`, the
    one of the bill.
    """

    subscription_id: str
    customer_id: str
    meter_id: str
    starts_on: date
    ends_on: date
    quantity: Decimal
    billed: Decimal
    unit_price: Decimal
    amount: Decimal
    currency: str


def usage_lines(
    usages: Iterable[Usage],
    meters: Mapping[str, Meter],
    cycle: Cycle,
    *,
    rate: Decimal = _ONE,
    billed_in: str | None = None,
) -> tuple[UsageLine, ...]:
    """One line for each meter of each subscription that counted something in *cycle*, in the order they first did.

    With *billed_in*, amounts are converted at *rate*, how much of that currency one unit of the price's is worth.

    Raises:
        MissingMeterError: something was counted by a meter that has no price.
    """
    counted: dict[tuple[str, str, str], Decimal] = {}
    for usage in usages:
        if cycle.starts_on <= usage.on <= cycle.ends_on:
            key = (usage.subscription_id, usage.customer_id, usage.meter_id)
            counted[key] = counted.get(key, _NOTHING) + usage.quantity
    return tuple(
        UsageLine(
            subscription_id=subscription_id,
            customer_id=customer_id,
            meter_id=meter_id,
            starts_on=cycle.starts_on,
            ends_on=cycle.ends_on,
            quantity=quantity,
            **_priced(quantity, _meter(meter_id, meters), rate, billed_in),
        )
        for (subscription_id, customer_id, meter_id), quantity in counted.items()
    )


def _meter(meter_id: str, meters: Mapping[str, Meter]) -> Meter:
    if meter_id not in meters:
        raise MissingMeterError(meter_id)
    return meters[meter_id]


def _priced(quantity: Decimal, meter: Meter, rate: Decimal, billed_in: str | None) -> dict[str, Any]:
    billed = max(quantity - meter.included, _NOTHING)
    return {
        "billed": billed,
        "unit_price": meter.unit_price,
        "amount": used(meter.unit_price, billed, meter.currency, rate=rate, billed_in=billed_in),
        "currency": billed_in or meter.currency,
    }


def used(
    unit_price: Decimal, quantity: Decimal, currency: str, *, rate: Decimal = _ONE, billed_in: str | None = None
) -> Decimal:
    """What a quantity costs, cut in the pricing currency and with a *rate* again in the billing one (R-PRORATE-09)."""
    priced = rounded(exact(unit_price) * exact(quantity), minor_digits(currency), Direction.DOWN)
    digits = minor_digits(billed_in or currency)
    return decimal(rounded(priced * exact(rate), digits, Direction.DOWN), digits)


def overage(quantity: Decimal, included: Decimal, unit_price: Decimal, currency: str) -> Decimal:
    """What is charged beside a fixed fee, for the units that it does not include (R-USAGE-05)."""
    return used(unit_price, max(quantity - included, _NOTHING), currency)
