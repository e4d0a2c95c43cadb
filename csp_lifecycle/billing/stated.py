"""Charge lines as a file states them: what it says of each, and the seats that they add up to."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from attrs import field, frozen

from csp_lifecycle.vocabulary.charge_line import ChargeLine, ChargeType


@frozen(kw_only=True)
class StatedLine:
    """One row of a reconciliation file.

    `row` is the line of the file it begins on, 0 for a line of ours. `charge_type` is one of our words, or the
    file's own where we have none for it. `quantity` is never negative; a credit has negative prices and a negative
    `amount`, which is before tax. `frequency` is how often the line comes again. `other` holds the columns that
    nothing here reads, as they stood there.
    """

    row: int = 0
    customer_id: str
    subscription_id: str
    offer_id: str
    charge_type: str
    ordered_on: date | None = None
    starts_on: date
    ends_on: date
    unit_price: Decimal
    effective_unit_price: Decimal
    quantity: Decimal
    amount: Decimal
    currency: str
    reference_id: str | None = None
    frequency: str | None = None
    other: Mapping[str, str] = field(factory=dict)

    @property
    def is_credit(self) -> bool:
        """Whether it gives back. A line at zero tells by what it is for: the end of a trial gives back nothing."""
        figure = self.amount or self.effective_unit_price
        if figure:
            return figure < 0
        return self.charge_type in _ENDS or (self.charge_type in _MOVES and not self.unit_price)

    @property
    def recurring(self) -> bool:
        """Whether the line comes again with the next charge cycle; what is charged once says nothing (R-CHARGE-07)."""
        return bool(self.frequency)


_ENDS = frozenset({ChargeType.CANCEL_IMMEDIATE.value, ChargeType.CANCEL_FEE.value})
_MOVES = frozenset(
    {
        ChargeType.CONVERT.value,
        ChargeType.MOVE_QUANTITY.value,
        ChargeType.PRORATE_FEES_WHEN_CONVERT_AWAY.value,
    }
)


def stated(line: ChargeLine) -> StatedLine:
    """A line of ours as a file would state it."""
    return StatedLine(
        customer_id=line.customer_id,
        subscription_id=line.subscription_id,
        offer_id=line.offer_id,
        charge_type=line.charge_type.value,
        ordered_on=line.at.date(),
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        unit_price=line.unit_price,
        effective_unit_price=line.effective_unit_price,
        quantity=Decimal(line.seats),
        amount=line.amount,
        currency=line.currency,
        reference_id=line.reference_id,
    )


def seats_charged(lines: Iterable[StatedLine], on: date) -> dict[str, Decimal]:
    """How many seats are charged on a day, by subscription id: those charged for it, less those given back.

    The day of a change belongs to the new number (R-PRORATE-03). Seats that nothing is charged for are not among
    them: of a suspended legacy subscription, or of one that has ended.
    """
    seats: dict[str, Decimal] = {}
    for line in lines:
        if line.starts_on <= on <= line.ends_on:
            change = -line.quantity if line.is_credit else line.quantity
            seats[line.subscription_id] = seats.get(line.subscription_id, Decimal(0)) + change
    return seats
