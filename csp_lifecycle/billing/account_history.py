"""What the events of an account add up to. Replay remembers; it judges only what nothing could have recorded."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from attrs import evolve

from csp_lifecycle.billing.account import NOTHING
from csp_lifecycle.errors import BrokenHistoryError
from csp_lifecycle.vocabulary import account_events as e
from csp_lifecycle.vocabulary.account import Account, Allocation, Allocations, Document, Invoice, Receipt, ReceiptKind
from csp_lifecycle.vocabulary.charge_line import Lines
from csp_lifecycle.vocabulary.names import event_name


def replay(events: Iterable[e.AccountEvent], since: Account | None = None) -> Account | None:
    """The account that *events* of one stream add up to, continuing from *since*; None if there are none.

    Raises:
        BrokenHistoryError: an event is impossible where it stands; the message names the stream and version.
    """
    account = since
    for event in events:
        account = after(account, event)
    return account


def after(account: Account | None, event: e.AccountEvent) -> Account:
    """The account after one more event.

    Raises:
        BrokenHistoryError: as `replay`.
    """
    version = 1 if account is None else account.version + 1
    problem = _problem(account, event)
    if problem is not None:
        name = event_name(type(event))
        message = f"{event.account_id!r}, version {version}: {name} is impossible, {problem}"
        raise BrokenHistoryError(message, version)
    if isinstance(event, e.AccountOpened):
        return _opened(event)
    assert account is not None  # noqa: S101 - every other event follows on an account, or there was a problem
    return evolve(account, **CASES[type(event)](account, event), version=version, as_of=event.at)


def _problem(account: Account | None, event: e.AccountEvent) -> str | None:
    if account is None:
        return None if isinstance(event, e.AccountOpened) else "the account was not opened before"
    if isinstance(event, e.AccountOpened):
        return "the account is open"
    if event.account_id != account.account_id:
        return f"it belongs to {account.account_id!r}"
    if event.at < account.as_of:
        return f"it is of {event.at.isoformat()}, before the event it follows on ({account.as_of.isoformat()})"
    return _missing(account, event)


def _missing(account: Account, event: e.AccountEvent) -> str | None:
    """What an event speaks of and the account does not have."""
    match event:
        case e.InvoiceVoided():
            known, name = _valid(account, event.invoice_id), event.invoice_id
        case e.InvoiceRebilled():
            voided = account.invoice(event.invoice_id)
            known, name = voided is not None and not voided.is_valid, event.invoice_id
        case e.PaymentAllocated():
            known, name = account.receipt(event.payment_id) is not None, event.payment_id
        case _:
            known, name = True, ""
    for one in getattr(event, "allocations", ()):
        if not _valid(account, one.invoice_id):
            known, name = False, one.invoice_id
    return None if known else f"there is no such {name!r} by then"


def _valid(account: Account, invoice_id: str) -> bool:
    invoice = account.invoice(invoice_id)
    return invoice is not None and invoice.is_valid


def _opened(event: e.AccountOpened) -> Account:
    return Account(
        account_id=event.account_id,
        program=event.program,
        currency=event.currency,
        anniversary_day=event.anniversary_day or 1,
        version=1,
        as_of=event.at,
    )


def _issued(event: e.InvoiceIssued) -> Invoice:
    return Invoice(
        invoice_id=event.invoice_id,
        period=event.period,
        available_on=event.available_on,
        issued_on=event.at.date(),
        due_on=event.due_on,
        amount=event.amount,
        lines=event.lines,
        po_number=event.po_number,
        address=event.address,
    )


def _voided(account: Account, event: e.InvoiceVoided) -> tuple[Invoice, ...]:
    """The documents with the void note, the exact negative of what it voids (R-CHARGE-10)."""
    invoice = _the(account, event.invoice_id)
    note = evolve(
        invoice,
        invoice_id=event.void_id,
        document=Document.VOID_NOTE,
        issued_on=event.at.date(),
        amount=event.amount,
        lines=_given_back(invoice.lines),
    )
    return (*_with(account, evolve(invoice, voided_by=event.void_id)), note)


def _given_back(lines: Lines) -> Lines:
    return tuple(line.given_back() for line in lines)


def _rebilled(account: Account, event: e.InvoiceRebilled) -> tuple[Invoice, ...]:
    invoice = _the(account, event.invoice_id)
    new = evolve(
        invoice,
        invoice_id=event.new_invoice_id,
        available_on=event.available_on,
        issued_on=event.at.date(),
        due_on=event.due_on,
        amount=event.amount,
        po_number=event.po_number,
        address=event.address,
        voided_by=None,
    )
    return (*_with(account, evolve(invoice, rebilled_as=event.new_invoice_id)), new)


def _the(account: Account, invoice_id: str) -> Invoice:
    return next(one for one in account.documents if one.invoice_id == invoice_id)


def _with(account: Account, changed: Invoice) -> Iterable[Invoice]:
    return (changed if one.invoice_id == changed.invoice_id else one for one in account.documents)


def _received(kind: ReceiptKind, receipt_id: str, event: e.PaymentRecorded | e.CreditNoteRecorded) -> Receipt:
    return Receipt(receipt_id=receipt_id, kind=kind, amount=event.amount, allocations=event.allocations)


def _allocated(account: Account, receipt_id: str, allocations: Allocations) -> tuple[Receipt, ...]:
    return tuple(
        evolve(one, allocations=_sum(one.allocations + allocations)) if one.receipt_id == receipt_id else one
        for one in account.receipts
    )


def _sum(allocations: Allocations) -> Allocations:
    """One entry for each invoice."""
    sums: dict[str, Decimal] = {}
    for one in allocations:
        sums[one.invoice_id] = sums.get(one.invoice_id, Decimal(0)) + one.amount
    return tuple(Allocation(invoice_id=name, amount=amount) for name, amount in sums.items())


def _carried_over(account: Account, event: e.InvoiceRebilled) -> tuple[Receipt, ...]:
    """What counted for the voided invoice counts for the new one, as far as the event says (R-CHARGE-13)."""
    carried = {one.receipt_id: one.amount for one in event.carried_over}
    chain = account.chain_to(event.invoice_id)
    return tuple(
        _moved(receipt, event, chain, carried.get(receipt.receipt_id, NOTHING)) for receipt in account.receipts
    )


def _moved(receipt: Receipt, event: e.InvoiceRebilled, chain: frozenset[str], carried: Decimal) -> Receipt:
    """What the new invoice is too small for stays with the voided one: a larger one may take it later."""
    others = tuple(one for one in receipt.allocations if one.invoice_id not in chain)
    left = receipt.allocated_to(chain) - carried
    parts = ((event.invoice_id, left), (event.new_invoice_id, carried))
    moved = tuple(Allocation(invoice_id=name, amount=amount) for name, amount in parts if amount > 0)
    return evolve(receipt, allocations=others + moved)


CASES: Mapping[type[Any], Callable[[Account, Any], Mapping[str, Any]]] = {
    e.InvoiceIssued: lambda account, event: {"documents": (*account.documents, _issued(event))},
    e.InvoiceVoided: lambda account, event: {"documents": _voided(account, event)},
    e.InvoiceRebilled: lambda account, event: {
        "documents": _rebilled(account, event),
        "receipts": _carried_over(account, event),
    },
    e.PaymentRecorded: lambda account, event: {
        "receipts": (*account.receipts, _received(ReceiptKind.PAYMENT, event.payment_id, event))
    },
    e.PaymentAllocated: lambda account, event: {"receipts": _allocated(account, event.payment_id, event.allocations)},
    e.CreditNoteRecorded: lambda account, event: {
        "receipts": (*account.receipts, _received(ReceiptKind.CREDIT_NOTE, event.credit_id, event))
    },
    e.AccessLost: lambda _, __: {"access": False},
    e.AccessRegained: lambda _, __: {"access": True},
}
"""What each event changes on an account; opening one makes it."""
