"""What an account owes: its valid invoices, less what was paid and credited on them (R-CHARGE-11..18).

Every cent of a payment or credit note is allocated to a valid invoice or unallocated. What is unallocated, because
nobody said what it is for or because its invoice was voided, is shown beside the balance and never lowers what is
due (R-CHARGE-12).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum

from attrs import frozen

from csp_lifecycle.vocabulary.account import Account, Allocation, Allocations, Invoice, Receipt, ReceiptKind

NOTHING = Decimal(0)


class InvoiceStatus(Enum):
    """How a document stands; nothing is due any more on what is paid or voided."""

    OPEN = "open"
    PAID = "paid"
    OVERDUE = "overdue"
    VOIDED = "voided"


@frozen
class Standing:
    """What was paid and credited on a document, what is still due, and what that makes of it."""

    paid: Decimal
    credited: Decimal
    due: Decimal
    status: InvoiceStatus


@frozen(kw_only=True)
class Balance:
    """What an account owes on a day."""

    invoiced: Decimal
    allocated: Decimal
    credited: Decimal
    due: Decimal
    overdue: Decimal
    unallocated: Decimal


def balance(account: Account, on: date) -> Balance:
    """The balance on a day (R-CHARGE-11)."""
    valid, stands = tuple(account.valid), standings(account, on)
    every = [stands[invoice.invoice_id] for invoice in valid]
    allocated, credited = added(one.paid for one in every), added(one.credited for one in every)
    return Balance(
        invoiced=added(invoice.amount for invoice in valid),
        allocated=allocated,
        credited=credited,
        due=added(one.due for one in every),
        overdue=_overdue(every),
        unallocated=added(receipt.amount for receipt in account.receipts) - allocated - credited,
    )


def _overdue(every: Iterable[Standing]) -> Decimal:
    """What should have been paid by now, less what Microsoft owes on invoices below zero (AMB-41)."""
    late = (one.due for one in every if one.status is InvoiceStatus.OVERDUE or one.due < 0)
    return max(added(late), NOTHING)


def standings(account: Account, on: date) -> Mapping[str, Standing]:
    """How each document of an account stands on a day, by its number."""
    paid, credited = (_counted(account, kind) for kind in (ReceiptKind.PAYMENT, ReceiptKind.CREDIT_NOTE))
    return {
        document.invoice_id: _standing(
            document, paid.get(document.invoice_id, NOTHING), credited.get(document.invoice_id, NOTHING), on
        )
        for document in account.documents
    }


def _standing(document: Invoice, paid: Decimal, credited: Decimal, on: date) -> Standing:
    if not document.is_valid:
        return Standing(NOTHING, NOTHING, NOTHING, InvoiceStatus.VOIDED)
    due = document.amount - paid - credited
    if due <= 0:
        return Standing(paid, credited, due, InvoiceStatus.PAID)
    return Standing(paid, credited, due, InvoiceStatus.OVERDUE if on > document.due_on else InvoiceStatus.OPEN)


def dues(account: Account) -> dict[str, Decimal]:
    """What is due on each valid invoice, oldest first."""
    stands = standings(account, account.as_of.date())
    return {invoice.invoice_id: stands[invoice.invoice_id].due for invoice in account.valid}


def unallocated(account: Account, receipt: Receipt) -> Decimal:
    """What is left of a payment or credit note: all that counts for no valid invoice."""
    return receipt.amount - receipt.allocated_to({invoice.invoice_id for invoice in account.valid})


def newest_first(amount: Decimal, owed: Mapping[str, Decimal]) -> Allocations:
    """A credit spread over what invoices, oldest first, still owe: the newest takes first (R-CHARGE-18, D-24)."""
    allocations: list[Allocation] = []
    for invoice_id, due in reversed(tuple(owed.items())):
        part = min(amount, due)
        if part > 0:
            allocations.append(Allocation(invoice_id=invoice_id, amount=part))
            amount -= part
    return tuple(allocations)


def added(amounts: Iterable[Decimal]) -> Decimal:
    """What some amounts come to."""
    return sum(amounts, NOTHING)


def _counted(account: Account, kind: ReceiptKind) -> dict[str, Decimal]:
    """What was allocated to each invoice out of receipts of one kind."""
    counted: dict[str, Decimal] = {}
    for receipt in account.receipts:
        for one in receipt.allocations if receipt.kind is kind else ():
            counted[one.invoice_id] = counted.get(one.invoice_id, NOTHING) + one.amount
    return counted
