"""What can be asked for about an account: what is invoiced and paid (wire format, section 9)."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Union

from attrs import Attribute, field, frozen

from csp_lifecycle.vocabulary.account import Allocation, Program
from csp_lifecycle.vocabulary.commands import Request
from csp_lifecycle.vocabulary.fields import instant, money, one_of, optional, optional_money, optional_text, text


@frozen(kw_only=True)
class AccountRequest(Request):
    """A command about one account, at an instant."""

    at: datetime = instant()
    account_id: str = text()


def _is_currency(_: Any, field: "Attribute[str]", value: Any) -> None:
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{3}", value):
        message = f"{field.name} must be three capital letters such as EUR, not {value!r} (R-CHARGE-22)"
        raise ValueError(message)


@frozen(kw_only=True)
class OpenAccount(AccountRequest):
    """Collect the charges of a program in a currency; legacy periods begin on the anniversary day (R-CHARGE-01).

    Without an anniversary day they are calendar months, as they always are in new commerce (R-CHARGE-03).
    """

    program: Program = one_of(Program)
    currency: str = field(validator=_is_currency)
    anniversary_day: int | None = optional(int)

    def __attrs_post_init__(self) -> None:
        if self.anniversary_day not in {None, *range(1, 32)}:
            message = f"anniversary_day must be a day of a month, 1 to 31, not {self.anniversary_day} (R-CHARGE-01)"
            raise ValueError(message)
        if self.anniversary_day is not None and self.program is not Program.LEGACY:
            message = "anniversary_day is legacy's: in new commerce a billing period is a calendar month (R-CHARGE-03)"
            raise ValueError(message)


def _is_number(_: Any, field: "Attribute[str]", value: str) -> None:
    if not value.startswith(("D", "G")):
        message = f"{field.name} must begin with D in legacy and with G otherwise, {value!r} does not (R-CHARGE-22)"
        raise ValueError(message)


def _number() -> Any:
    made = text()
    made.validator(_is_number)
    return made


@frozen(kw_only=True)
class IssueInvoice(AccountRequest):
    """Invoice the charges that were ordered in a period, which `period` names by its first day (R-CHARGE-06)."""

    invoice_id: str = _number()
    period: date = one_of(date)
    po_number: str | None = optional_text()
    address: str | None = optional_text()


@frozen(kw_only=True)
class VoidInvoice(AccountRequest):
    """Take an invoice back by a void note, its exact negative (R-CHARGE-10)."""

    invoice_id: str = text()
    void_id: str = text()
    reason: str | None = optional_text()


@frozen(kw_only=True)
class RebillInvoice(AccountRequest):
    """Replace a voided invoice by one in which what was wrong is put right (R-CHARGE-10, R-CHARGE-19)."""

    invoice_id: str = text()
    new_invoice_id: str = _number()
    amount: Decimal | None = optional_money()
    po_number: str | None = optional_text()
    address: str | None = optional_text()


@frozen(kw_only=True)
class RecordPayment(AccountRequest):
    """Money has come; what is not allocated to invoices waits until it is (R-CHARGE-12, R-CHARGE-14)."""

    payment_id: str = text()
    amount: Decimal = money()
    allocations: tuple[Allocation, ...] = ()

    def __attrs_post_init__(self) -> None:
        _once_each(self.allocations)


@frozen(kw_only=True)
class AllocatePayment(AccountRequest):
    """Say which invoices money is for that has come, by payment or credit note (R-CHARGE-12)."""

    payment_id: str = text()
    allocations: tuple[Allocation, ...]

    def __attrs_post_init__(self) -> None:
        if not self.allocations:
            message = "allocations must name at least one invoice (R-CHARGE-14)"
            raise ValueError(message)
        _once_each(self.allocations)


@frozen(kw_only=True)
class RecordCreditNote(AccountRequest):
    """Give a credit; what is not said to be for an invoice goes to the newest that is open (R-CHARGE-18)."""

    credit_id: str = text()
    amount: Decimal = money()
    allocations: tuple[Allocation, ...] | None = None

    def __attrs_post_init__(self) -> None:
        _once_each(self.allocations or ())


@frozen(kw_only=True)
class LoseAccess(AccountRequest):
    """Microsoft closes the account and its services, as it may when payment is overdue (R-CHARGE-17)."""

    reason: str | None = optional_text()


@frozen(kw_only=True)
class RegainAccess(AccountRequest):
    """Microsoft opens the account again (R-CHARGE-17)."""

    reason: str | None = optional_text()


AccountCommand = Union[  # noqa: UP007 - one name a line reads better than a chain of bars
    OpenAccount,
    IssueInvoice,
    VoidInvoice,
    RebillInvoice,
    RecordPayment,
    AllocatePayment,
    RecordCreditNote,
    LoseAccess,
    RegainAccess,
]


def _once_each(allocations: Iterable[Allocation]) -> None:
    named = [one.invoice_id for one in allocations]
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        message = f"allocations must name an invoice once, {twice!r} stands there twice (R-CHARGE-14)"
        raise ValueError(message)
