"""A command about an account to the event it records, or a refusal. Nothing here reads or stores anything."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, NoReturn

from csp_lifecycle.billing import account_reasons as reasons
from csp_lifecycle.billing.account import added, dues, newest_first, unallocated
from csp_lifecycle.billing.invoices import (
    DUE_AFTER,
    NUMBERS_BEGIN_WITH,
    available_on,
    held,
    issuable_at,
    lines_of,
    period_of,
)
from csp_lifecycle.errors import CommandRefusedError, Reason
from csp_lifecycle.values.money import decimal, exact, minor_digits
from csp_lifecycle.vocabulary import account_commands as c
from csp_lifecycle.vocabulary import account_events as e
from csp_lifecycle.vocabulary.account import Account, Allocation, Allocations, CarriedOver, Invoice
from csp_lifecycle.vocabulary.charge_line import ChargeLine, total
from csp_lifecycle.vocabulary.names import command_name


def decide(
    command: c.AccountCommand,
    account: Account | None,
    *,
    lines: Iterable[ChargeLine] = (),
    in_the_way: str | None = None,
) -> e.AccountEvent:
    """What *command* records on *account*, which is None as long as there is none.

    Args:
        command: what is asked for.
        account: as it is stored.
        lines: the charge lines of the whole log; only an invoice looks at them.
        in_the_way: what has the id of an account that is to be opened, or collects the same charges.

    Raises:
        CommandRefusedError: it is not legal; the first check that failed says why.
    """
    if isinstance(command, c.OpenAccount):
        return _opened(command, account, in_the_way)
    if account is None:
        _refuse(command, reasons.account_not_found, account_id=command.account_id)
    _check_version(command, account.version)
    if command.at < account.as_of:
        _refuse(command, reasons.out_of_order, last_event_at=account.as_of)
    if isinstance(command, c.IssueInvoice):
        return _issued(command, account, lines)
    return DECISIONS[type(command)](command, account)


def _check_version(command: c.AccountCommand, version: int) -> None:
    if command.expected_version not in {None, version}:
        _refuse(command, reasons.stale_version, expected=command.expected_version, actual=version)


def _opened(command: c.OpenAccount, account: Account | None, in_the_way: str | None) -> e.AccountEvent:
    taken = in_the_way if account is None else account.account_id
    if taken is not None:
        _refuse(command, reasons.account_exists, held_by=taken)
    _check_version(command, 0)
    return e.AccountOpened(
        at=command.at,
        account_id=command.account_id,
        program=command.program,
        currency=command.currency,
        anniversary_day=command.anniversary_day,
    )


def _issued(command: c.IssueInvoice, account: Account, lines: Iterable[ChargeLine]) -> e.AccountEvent:
    _check_number(command, account, command.invoice_id)
    period = period_of(account.program, command.period, account.anniversary_day)
    if period.starts_on != command.period:
        _refuse(command, reasons.period_invalid, starts_on=period.starts_on, ends_on=period.ends_on)
    begins = issuable_at(account.program, period)
    if command.at < begins:
        _refuse(command, reasons.period_not_over, starts_on=period.starts_on, ends_on=period.ends_on)
    collected = lines_of(account, period, lines, command.at)
    return e.InvoiceIssued(
        at=command.at,
        account_id=account.account_id,
        invoice_id=command.invoice_id,
        period=period,
        available_on=available_on(account.program, period),
        due_on=command.at.date() + DUE_AFTER,
        amount=_written(account, total(collected)),
        lines=collected,
        po_number=command.po_number,
        address=command.address,
    )


def _voided(command: c.VoidInvoice, account: Account) -> e.AccountEvent:
    invoice = _invoice(command, account, command.invoice_id)
    if not invoice.is_valid:
        _refuse(command, reasons.already_void, invoice_id=invoice.invoice_id, voided_by=invoice.voided_by)
    _check_free(command, account, command.void_id)
    return e.InvoiceVoided(
        at=command.at,
        account_id=account.account_id,
        invoice_id=invoice.invoice_id,
        void_id=command.void_id,
        amount=-invoice.amount,
        reason=command.reason,
    )


def _rebilled(command: c.RebillInvoice, account: Account) -> e.AccountEvent:
    invoice = _invoice(command, account, command.invoice_id)
    if invoice.is_valid:
        _refuse(command, reasons.invoice_not_void, invoice_id=invoice.invoice_id)
    if invoice.rebilled_as is not None:
        _refuse(command, reasons.already_rebilled, invoice_id=invoice.invoice_id, rebilled_as=invoice.rebilled_as)
    _check_number(command, account, command.new_invoice_id)
    amount = invoice.amount if command.amount is None else _in_currency(command, account, command.amount)
    if not can_be_rebilled(account, invoice):
        _refuse(command, reasons.already_invoiced, invoice_id=invoice.invoice_id)
    return e.InvoiceRebilled(
        at=command.at,
        account_id=account.account_id,
        invoice_id=invoice.invoice_id,
        new_invoice_id=command.new_invoice_id,
        available_on=invoice.available_on,
        due_on=command.at.date() + DUE_AFTER,
        amount=amount,
        po_number=command.po_number or invoice.po_number,
        address=command.address or invoice.address,
        carried_over=_carried_over(account, invoice, amount),
    )


def can_be_rebilled(account: Account, invoice: Invoice) -> bool:
    """Whether an invoice is voided, not replaced, and none of its lines stands on a valid one (R-CHARGE-06)."""
    replaceable = invoice.voided_by is not None and invoice.rebilled_as is None
    return replaceable and not Counter(invoice.lines) & Counter(held(account))


def _carried_over(account: Account, invoice: Invoice, amount: Decimal) -> tuple[CarriedOver, ...]:
    """What was for the voided invoice and those it replaced, as far as it is free and there is room (R-CHARGE-13)."""
    carried: list[CarriedOver] = []
    chain = account.chain_to(invoice.invoice_id)
    for receipt in account.receipts:
        part = min(receipt.allocated_to(chain), unallocated(account, receipt), amount)
        if part > 0:
            carried.append(CarriedOver(receipt_id=receipt.receipt_id, amount=part))
            amount -= part
    return tuple(carried)


def _paid(command: c.RecordPayment, account: Account) -> e.AccountEvent:
    if account.receipt(command.payment_id) is not None:
        _refuse(command, reasons.payment_exists, payment_id=command.payment_id)
    amount = _in_currency(command, account, command.amount)
    return e.PaymentRecorded(
        at=command.at,
        account_id=account.account_id,
        payment_id=command.payment_id,
        amount=amount,
        allocations=_allocated(command, account, command.allocations, amount),
    )


def _assigned(command: c.AllocatePayment, account: Account) -> e.AccountEvent:
    receipt = account.receipt(command.payment_id)
    if receipt is None:
        _refuse(command, reasons.payment_not_found, payment_id=command.payment_id)
    return e.PaymentAllocated(
        at=command.at,
        account_id=account.account_id,
        payment_id=command.payment_id,
        allocations=_allocated(command, account, command.allocations, unallocated(account, receipt)),
    )


def _credited(command: c.RecordCreditNote, account: Account) -> e.AccountEvent:
    if account.receipt(command.credit_id) is not None:
        _refuse(command, reasons.credit_note_exists, credit_id=command.credit_id)
    amount = _in_currency(command, account, command.amount)
    if command.allocations is None:
        allocations = newest_first(amount, dues(account))
    else:
        allocations = _allocated(command, account, command.allocations, amount)
    return e.CreditNoteRecorded(
        at=command.at,
        account_id=account.account_id,
        credit_id=command.credit_id,
        amount=amount,
        allocations=allocations,
    )


def _access_lost(command: c.LoseAccess, account: Account) -> e.AccountEvent:
    if not account.access:
        _refuse(command, reasons.already_in_state, access=account.access)
    return e.AccessLost(at=command.at, account_id=account.account_id, reason=command.reason)


def _access_regained(command: c.RegainAccess, account: Account) -> e.AccountEvent:
    if account.access:
        _refuse(command, reasons.already_in_state, access=account.access)
    return e.AccessRegained(at=command.at, account_id=account.account_id, reason=command.reason)


DECISIONS: Mapping[type[Any], Callable[[Any, Account], e.AccountEvent]] = {
    c.VoidInvoice: _voided,
    c.RebillInvoice: _rebilled,
    c.RecordPayment: _paid,
    c.AllocatePayment: _assigned,
    c.RecordCreditNote: _credited,
    c.LoseAccess: _access_lost,
    c.RegainAccess: _access_regained,
}
"""How each command is decided; opening an account and issuing an invoice look at more than the account."""


def _allocated(
    command: c.AccountCommand, account: Account, allocations: Allocations, available: Decimal
) -> Allocations:
    """What goes to which valid invoice. What is said to be for a replaced one is for the last of its chain."""
    meant: dict[str, Decimal] = {}
    for one in allocations:
        _invoice(command, account, one.invoice_id)
        last = account.last_of_chain(one.invoice_id)
        name = one.invoice_id if last is None else last.invoice_id
        meant[name] = meant.get(name, Decimal(0)) + _in_currency(command, account, one.amount)
    if added(meant.values()) > available:
        _refuse(command, reasons.more_than_received, asked=added(meant.values()), available=available)
    owed = dues(account)
    for name, amount in meant.items():
        due = max(owed.get(name, Decimal(0)), Decimal(0))
        if amount > due:
            _refuse(command, reasons.more_than_due, invoice_id=name, asked=amount, due=_written(account, due))
    return tuple(Allocation(invoice_id=name, amount=amount) for name, amount in meant.items())


def _invoice(command: c.AccountCommand, account: Account, invoice_id: str) -> Invoice:
    found = account.invoice(invoice_id)
    if found is None:
        _refuse(command, reasons.invoice_not_found, invoice_id=invoice_id)
    return found


def _check_number(command: c.AccountCommand, account: Account, invoice_id: str) -> None:
    _check_free(command, account, invoice_id)
    begins = NUMBERS_BEGIN_WITH[account.program]
    if not invoice_id.startswith(begins):
        _refuse(command, reasons.program_mismatch, invoice_id=invoice_id, program=account.program, begins_with=begins)


def _check_free(command: c.AccountCommand, account: Account, document_id: str) -> None:
    if any(document.invoice_id == document_id for document in account.documents):
        _refuse(command, reasons.invoice_exists, invoice_id=document_id)


def _in_currency(command: c.AccountCommand, account: Account, amount: Decimal) -> Decimal:
    if amount != round(amount, minor_digits(account.currency)):
        _refuse(command, reasons.currency_mismatch, amount=amount, currency=account.currency)
    return _written(account, amount)


def _written(account: Account, amount: Decimal) -> Decimal:
    """The amount with exactly the minor digits of the account's currency."""
    return decimal(exact(amount), minor_digits(account.currency))


def _refuse(command: c.AccountCommand, reason: Reason, **evidence: Any) -> NoReturn:
    raise CommandRefusedError(command_name(type(command)), reason, evidence)
