"""What can be missing or mixed where money is worked out; each names the field, the rule and the remedy."""

from collections.abc import Iterable
from datetime import date

from csp_lifecycle.errors import LifecycleError


class MissingRateError(LifecycleError, ValueError):
    """A charge is billed in another currency, and nobody told the rate of its day (R-CHARGE-20)."""

    code = "rate-missing"

    def __init__(self, priced_in: str, billed_in: str, on: date) -> None:
        super().__init__(priced_in, billed_in, on)
        self.priced_in = priced_in
        self.billed_in = billed_in
        self.on = on

    def __str__(self) -> str:
        return (
            f"there is no rate from {self.priced_in} to {self.billed_in} for {self.on}, the day whose rate counts "
            "(R-CHARGE-20): add it to the rates"
        )


class MixedCurrenciesError(LifecycleError, ValueError):
    """Amounts in several currencies, where only one can be compared or added up (R-CHARGE-22)."""

    code = "currency-mismatch"

    def __init__(self, currencies: Iterable[str]) -> None:
        self.currencies = tuple(sorted(set(currencies)))
        super().__init__(self.currencies)

    def __str__(self) -> str:
        return (
            f"currency must be the same for all, not {' and '.join(self.currencies)} (R-CHARGE-22): take one currency "
            "at a time, or convert with `billed_in`"
        )


class MissingMeterError(LifecycleError, ValueError):
    """Something was used, and nobody told what a unit of it costs (R-USAGE-05)."""

    code = "meter-missing"

    def __init__(self, meter_id: str) -> None:
        super().__init__(meter_id)
        self.meter_id = meter_id

    def __str__(self) -> str:
        return f"there is no price for meter_id {self.meter_id!r} (R-USAGE-05): add it to the meters"
