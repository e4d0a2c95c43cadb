"""What the commerce models lay down about charges, as data: the word of a line, and how it is rounded.

The published examples were rounded in more than one way; every printed figure matches one named mode (AMB-37).
"""

from collections.abc import Mapping
from enum import Enum, auto

from attrs import evolve, frozen

from csp_lifecycle.billing.line import ChargeType as T
from csp_lifecycle.billing.proration import CycleDays
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.values.money import TOTAL_DOWN, TOTAL_HALF_UP, UNIT_DOWN, UNIT_HALF_UP, Rounding, daily_rounded


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
    """How a policy turns days and seats into lines: the word and the rounding of every occasion."""

    lines: Mapping[Occasion, tuple[T, Rounding]]
    cycle_days: CycleDays = CycleDays.NATURAL
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

MODES = {
    "unit-down": UNIT_DOWN,
    "total-down": TOTAL_DOWN,
    "unit-half-up": UNIT_HALF_UP,
    "total-half-up": TOTAL_HALF_UP,
    "daily-2": daily_rounded(2),
    "daily-3": daily_rounded(3),
}
"""The named rounding modes. In each model a policy may apply one of them to every line (AMB-37, AMB-38)."""


def _in_one_mode(model: str, rules: ChargeRules) -> dict[str, ChargeRules]:
    return {
        f"{model}.{name}": evolve(rules, lines={one: (word, mode) for one, (word, _) in rules.lines.items()})
        for name, mode in MODES.items()
    }


CHARGE_RULES: Mapping[str, ChargeRules] = {
    "new-commerce": NEW_COMMERCE,
    "legacy": LEGACY,
    "marketplace-saas": MARKETPLACE_SAAS,
    "dynamics-direct": NEW_COMMERCE,
    "usage": NEW_COMMERCE,
    "new-commerce.start-month-days": evolve(NEW_COMMERCE, cycle_days=CycleDays.START_MONTH),  # AMB-36
    **_in_one_mode("new-commerce", NEW_COMMERCE),
    **_in_one_mode("legacy", LEGACY),
}
"""The rules by the id of their policy."""


def rules_of(policy: Policy) -> ChargeRules:
    """The rules of a policy; those of its commerce model where it has none of its own."""
    return CHARGE_RULES.get(policy.id) or CHARGE_RULES[policy.commerce.value]
