"""Readings of the commerce models that differ only in what is charged: rounding, divisors, days (R-PRORATE-08)."""

from collections.abc import Mapping
from types import MappingProxyType

from attrs import evolve

from csp_lifecycle.policies.charging import ChargeReading, CycleDays, LastDay, RateDay
from csp_lifecycle.policies.legacy import LEGACY
from csp_lifecycle.policies.new_commerce import NEW_COMMERCE
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.values.money import TOTAL_DOWN, TOTAL_HALF_UP, UNIT_DOWN, UNIT_HALF_UP, Rounding, daily_rounded

MODES: Mapping[str, Rounding] = MappingProxyType(
    {
        "unit-down": UNIT_DOWN,
        "total-down": TOTAL_DOWN,
        "unit-half-up": UNIT_HALF_UP,
        "total-half-up": TOTAL_HALF_UP,
        "daily-2": daily_rounded(2),
        "daily-3": daily_rounded(3),
    }
)
"""The named rounding modes. In new commerce and in legacy a policy may apply one of them to every line."""


def _reading(model: Policy, name: str, reading: ChargeReading) -> Policy:
    return evolve(model, id=f"{model.id}.{name}", charges=reading)


CHARGE_READINGS: tuple[Policy, ...] = (
    *(
        _reading(model, name, ChargeReading(rounding=mode))  # AMB-37, AMB-38
        for model in (NEW_COMMERCE, LEGACY)
        for name, mode in MODES.items()
    ),
    _reading(NEW_COMMERCE, "start-month-days", ChargeReading(cycle_days=CycleDays.START_MONTH)),  # AMB-36
    _reading(NEW_COMMERCE, "last-day-used", ChargeReading(last_day=LastDay.USED)),  # AMB-76
    _reading(NEW_COMMERCE, "rate-before-month-end", ChargeReading(rate_day=RateDay.LAST_DAY_BEFORE)),  # AMB-42
)
"""Every reading of the charges that ships with the library."""
