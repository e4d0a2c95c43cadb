"""What has happened to an account: facts, in the past tense (wire format, section 9).

An event carries, resolved, whatever it sets: the days, the lines, and which invoices money counts for.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Union

from attrs import frozen

from csp_lifecycle.vocabulary.account import Allocations, BillingPeriod, CarriedOver, Program
from csp_lifecycle.vocabulary.charge_line import Lines
from csp_lifecycle.vocabulary.fields import aware, text


@frozen(kw_only=True)
class AccountFact:
    """What every event of an account says: when it took effect (aware, UTC), and which account it is about."""

    at: datetime = aware()
    account_id: str = text()

    @property
    def stream(self) -> str:
        """The id of what the event is about."""
        return self.account_id


@frozen(kw_only=True)
class AccountOpened(AccountFact):
    """An account collects the charges of a program in a currency."""

    program: Program
    currency: str
    anniversary_day: int | None


@frozen(kw_only=True)
class InvoiceIssued(AccountFact):
    """What was ordered in a period is owed, until `due_on` (R-CHARGE-06, R-CHARGE-17)."""

    invoice_id: str
    period: BillingPeriod
    available_on: date
    due_on: date
    amount: Decimal
    lines: Lines
    po_number: str | None = None
    address: str | None = None


@frozen(kw_only=True)
class InvoiceVoided(AccountFact):
    """An invoice counts no more; `amount` is what its void note says, the exact negative (R-CHARGE-10)."""

    invoice_id: str
    void_id: str
    amount: Decimal
    reason: str | None = None


@frozen(kw_only=True)
class InvoiceRebilled(AccountFact):
    """A voided invoice is replaced; what was paid on it goes on counting as far as it is owed (R-CHARGE-13)."""

    invoice_id: str
    new_invoice_id: str
    available_on: date
    due_on: date
    amount: Decimal
    po_number: str | None = None
    address: str | None = None
    carried_over: tuple[CarriedOver, ...] = ()


@frozen(kw_only=True)
class PaymentRecorded(AccountFact):
    """Money has come, and some of it, or all, is for invoices (R-CHARGE-14)."""

    payment_id: str
    amount: Decimal
    allocations: Allocations


@frozen(kw_only=True)
class PaymentAllocated(AccountFact):
    """Money that had come is for invoices (R-CHARGE-12)."""

    payment_id: str
    allocations: Allocations


@frozen(kw_only=True)
class CreditNoteRecorded(AccountFact):
    """A credit was given, and some of it, or all, is for invoices (R-CHARGE-18)."""

    credit_id: str
    amount: Decimal
    allocations: Allocations


@frozen(kw_only=True)
class AccessLost(AccountFact):
    """Microsoft closed the account and its services (R-CHARGE-17)."""

    reason: str | None = None


@frozen(kw_only=True)
class AccessRegained(AccountFact):
    """Microsoft opened the account again (R-CHARGE-17)."""

    reason: str | None = None


AccountEvent = Union[  # noqa: UP007 - one name a line reads better than a chain of bars
    AccountOpened,
    InvoiceIssued,
    InvoiceVoided,
    InvoiceRebilled,
    PaymentRecorded,
    PaymentAllocated,
    CreditNoteRecorded,
    AccessLost,
    AccessRegained,
]
