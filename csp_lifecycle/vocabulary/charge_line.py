"""The charge line: one row of the reconciliation file (wire format, section 4)."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from attrs import evolve, frozen

from csp_lifecycle.values.money_errors import MixedCurrenciesError


class ChargeType(Enum):
    """What a line is for, in the words of the reconciliation files: new commerce's first, then legacy's (R-CHARGE-23).

    Not every word is used here: some stand for what a file shows and no event of ours causes.
    """

    NEW = "new"
    RENEW = "renew"
    CYCLE_CHARGE = "cycleCharge"
    ADD_QUANTITY = "addQuantity"
    REMOVE_QUANTITY = "removeQuantity"
    MOVE_QUANTITY = "moveQuantity"
    CONVERT = "convert"
    CANCEL_IMMEDIATE = "cancelImmediate"
    CHANGE_BILLING_PLAN = "changeBillingPlan"
    CUSTOMER_CREDIT = "customerCredit"
    EXTEND_TERM = "extendTerm"

    NEW_PURCHASE_CYCLE_FEE = "newPurchaseCycleFee"
    CYCLE_FEE = "cycleFee"
    CYCLE_INSTANCE_PRORATE = "cycleInstanceProrate"
    CANCEL_FEE = "cancelFee"
    CANCEL_INSTANCE_PRORATE = "cancelInstanceProrate"
    ACTIVATION_FEE = "activationFee"
    PRORATE_FEES_WHEN_CANCEL = "prorateFeesWhenCancel"
    PRORATE_FEES_WHEN_CONVERT_AWAY = "prorateFeesWhenConvertAway"
    PRORATE_FEES_WHEN_CONVERT_TO = "prorateFeesWhenConvertTo"
    PRORATE_FEES_WHEN_PURCHASE = "prorateFeesWhenPurchase"
    PRORATE_FEES_WHEN_RENEW = "prorateFeesWhenRenew"
    PRORATE_FEES_WHEN_ACTIVATE = "prorateFeesWhenActivate"


@frozen(kw_only=True)
class ChargeLine:
    """What some seats cost from a day to another, both included; a credit has negative figures.

    `at` is the order date, which decides on the invoice (R-CHARGE-06). `effective_unit_price` is the figure that was
    multiplied by the seats. All lines of one decision share their `reference_id`.
    """

    charge_type: ChargeType
    subscription_id: str
    customer_id: str
    offer_id: str
    at: datetime
    starts_on: date
    ends_on: date
    unit_price: Decimal
    effective_unit_price: Decimal
    seats: int
    amount: Decimal
    currency: str
    reference_id: str

    def given_back(self) -> "ChargeLine":
        """The same line as a credit."""
        return evolve(self, effective_unit_price=-self.effective_unit_price, amount=-self.amount)


Lines = tuple[ChargeLine, ...]


def total(lines: Iterable[ChargeLine]) -> Decimal:
    """What some lines of one currency add up to. What costs nothing does so in every currency.

    Raises:
        MixedCurrenciesError: there are amounts in several currencies (R-CHARGE-22).
    """
    amounts = [(line.currency, line.amount) for line in lines if line.amount]
    currencies = {currency for currency, _ in amounts}
    if len(currencies) > 1:
        raise MixedCurrenciesError(currencies)
    return sum((amount for _, amount in amounts), Decimal(0))
