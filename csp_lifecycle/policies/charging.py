"""How a policy reads the rules of charging, where the sources leave more than one reading.

Billing looks these values up by the policy that is recorded with a term: what was charged once does not change
because another reading became the default.
"""

from enum import Enum

from attrs import frozen

from csp_lifecycle.values.money import Rounding


class CycleDays(Enum):
    """By how many days a price is divided (AMB-36)."""

    NATURAL = "natural"
    START_MONTH = "start-month"


class RateDay(Enum):
    """From which day two business days are counted back to the day of the exchange rate (AMB-42)."""

    MONTH_START = "month-start"
    LAST_DAY_BEFORE = "last-day-before"


class LastDay(Enum):
    """Whether the day of a cancellation is given back with the unused ones, or counts as used (AMB-76)."""

    GIVEN_BACK = "given-back"
    USED = "used"


@frozen(kw_only=True)
class ChargeReading:
    """What differs between readings of one model's charges.

    `rounding` is the mode of every line; None lets each kind of line have the one that its published figures need
    (R-PRORATE-08). `tolerance` says by how many minor units a line may differ from somebody else's and still be
    the same line, rounded another way.
    """

    rounding: Rounding | None = None
    cycle_days: CycleDays = CycleDays.NATURAL
    rate_day: RateDay = RateDay.MONTH_START
    last_day: LastDay = LastDay.GIVEN_BACK
    tolerance: int = 1
