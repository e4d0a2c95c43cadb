"""Charges for what was used: a unit price times a quantity, and fees that include some of it (R-USAGE)."""

from decimal import Decimal

from csp_lifecycle.values.money import Direction, decimal, exact, minor_digits, rounded


def used(
    unit_price: Decimal, quantity: Decimal, currency: str, *, rate: Decimal = Decimal(1), billed_in: str | None = None
) -> Decimal:
    """What a quantity costs, cut in the pricing currency and with a *rate* again in the billing one (R-PRORATE-09)."""
    priced = rounded(exact(unit_price) * exact(quantity), minor_digits(currency), Direction.DOWN)
    digits = minor_digits(billed_in or currency)
    return decimal(rounded(priced * exact(rate), digits, Direction.DOWN), digits)


def overage(quantity: Decimal, included: Decimal, unit_price: Decimal, currency: str) -> Decimal:
    """What is charged beside a fixed fee, for the units that it does not include (R-USAGE-05)."""
    return used(unit_price, max(quantity - included, Decimal(0)), currency)
