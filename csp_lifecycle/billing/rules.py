"""What the commerce models lay down about charges, as data: the word of a line, and how it is rounded.

The published examples were rounded in more than one way; every printed figure matches one named mode (AMB-37).
"""

from collections.abc import Mapping
from enum import Enum, auto
from functools import cache

from attrs import evolve, frozen

from csp_lifecycle.policies.charging import CycleDays, LastDay
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.values.money import TOTAL_DOWN, TOTAL_HALF_UP, UNIT_DOWN, Rounding
from csp_lifecycle.vocabulary.charge_line import ChargeType as T


class Occasion(Enum):
    """For what a line is written, whatever a commerce model calls it."""

    PURCHASE = auto()
    RENEWAL = auto()
    CYCLE = auto()
    QUEUED_PLAN = auto()
    SEATS_ADDED = auto()
    SEATS_REMOVED = auto()
    SEATS_MOVED = auto()
    CONVERTED_AWAY = auto()
    CONVERTED_TO = auto()
    CANCELLATION = auto()
    SUSPENSION = auto()
    REACTIVATION = auto()
    MIGRATION = auto()
    TRANSFER = auto()
    EXTENSION = auto()


class SeatChange(Enum):
    """What a change of the number of seats puts on the file."""

    BOTH_NUMBERS = "both-numbers"
    """The old number is given back and the new one charged, both from the day of the change (R-PRORATE-05)."""

    REBILLED = "rebilled"
    """The cycle is given back whole and charged again, a line for each number it had (R-PRORATE-10)."""


@frozen(kw_only=True, eq=False)
class ChargeRules:
    """How a policy turns days and seats into lines: the word and the rounding of every occasion (R-CHARGE-23)."""

    lines: Mapping[Occasion, tuple[T, Rounding]]
    cycle_days: CycleDays = CycleDays.NATURAL
    last_day: LastDay = LastDay.GIVEN_BACK
    seat_change: SeatChange = SeatChange.BOTH_NUMBERS
    removed_seats_are_refunded: bool = True


NEW_COMMERCE = ChargeRules(
    lines={
        Occasion.PURCHASE: (T.NEW, UNIT_DOWN),
        Occasion.RENEWAL: (T.RENEW, UNIT_DOWN),
        Occasion.CYCLE: (T.CYCLE_CHARGE, UNIT_DOWN),
        Occasion.QUEUED_PLAN: (T.CHANGE_BILLING_PLAN, UNIT_DOWN),
        Occasion.SEATS_ADDED: (T.ADD_QUANTITY, TOTAL_DOWN),
        Occasion.SEATS_REMOVED: (T.REMOVE_QUANTITY, TOTAL_DOWN),
        Occasion.SEATS_MOVED: (T.MOVE_QUANTITY, UNIT_DOWN),
        Occasion.CONVERTED_AWAY: (T.CONVERT, UNIT_DOWN),
        Occasion.CONVERTED_TO: (T.CONVERT, UNIT_DOWN),
        Occasion.CANCELLATION: (T.CANCEL_IMMEDIATE, UNIT_DOWN),
        Occasion.SUSPENSION: (T.CANCEL_IMMEDIATE, UNIT_DOWN),
        Occasion.REACTIVATION: (T.NEW, UNIT_DOWN),
        Occasion.MIGRATION: (T.CANCEL_IMMEDIATE, UNIT_DOWN),
        Occasion.TRANSFER: (T.CANCEL_IMMEDIATE, UNIT_DOWN),
        Occasion.EXTENSION: (T.EXTEND_TERM, UNIT_DOWN),
    },
)

MARKETPLACE_SAAS = ChargeRules(
    lines=NEW_COMMERCE.lines,
    removed_seats_are_refunded=False,  # D-04
)

LEGACY = ChargeRules(
    lines={
        Occasion.PURCHASE: (T.NEW_PURCHASE_CYCLE_FEE, TOTAL_HALF_UP),
        Occasion.RENEWAL: (T.PRORATE_FEES_WHEN_RENEW, TOTAL_HALF_UP),
        Occasion.CYCLE: (T.CYCLE_FEE, TOTAL_HALF_UP),
        Occasion.QUEUED_PLAN: (T.CYCLE_FEE, TOTAL_HALF_UP),
        Occasion.SEATS_ADDED: (T.CYCLE_INSTANCE_PRORATE, TOTAL_HALF_UP),
        Occasion.SEATS_REMOVED: (T.CYCLE_INSTANCE_PRORATE, TOTAL_HALF_UP),
        Occasion.SEATS_MOVED: (T.CYCLE_INSTANCE_PRORATE, TOTAL_HALF_UP),
        Occasion.CONVERTED_AWAY: (T.PRORATE_FEES_WHEN_CONVERT_AWAY, TOTAL_HALF_UP),
        Occasion.CONVERTED_TO: (T.PRORATE_FEES_WHEN_CONVERT_TO, TOTAL_HALF_UP),
        Occasion.CANCELLATION: (T.CANCEL_FEE, TOTAL_HALF_UP),
        Occasion.SUSPENSION: (T.CANCEL_FEE, TOTAL_HALF_UP),
        Occasion.REACTIVATION: (T.PRORATE_FEES_WHEN_PURCHASE, TOTAL_HALF_UP),
        Occasion.MIGRATION: (T.CANCEL_FEE, UNIT_DOWN),
        Occasion.TRANSFER: (T.CANCEL_FEE, TOTAL_HALF_UP),
        Occasion.EXTENSION: (T.ACTIVATION_FEE, TOTAL_HALF_UP),
    },
    seat_change=SeatChange.REBILLED,
)

BY_COMMERCE: Mapping[str, ChargeRules] = {
    "new-commerce": NEW_COMMERCE,
    "legacy": LEGACY,
    "marketplace-saas": MARKETPLACE_SAAS,
    "dynamics-direct": NEW_COMMERCE,
    "usage": NEW_COMMERCE,
}
"""The words and default roundings of every commerce model."""


@cache
def rules_of(policy: Policy) -> ChargeRules:
    """The rules by which a policy charges: those of its commerce model, in its own reading."""
    rules, reading = BY_COMMERCE[policy.commerce.value], policy.charges
    lines = {one: (word, reading.rounding or mode) for one, (word, mode) in rules.lines.items()}
    return evolve(rules, lines=lines, cycle_days=reading.cycle_days, last_day=reading.last_day)
