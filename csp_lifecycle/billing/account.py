"""What an account owes: its valid invoices, less what was paid and credited on them (R-CHARGE-11..18).

Money that was received without saying for what is shown beside the balance and never lowers it (R-CHARGE-12).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from attrs import frozen

from csp_lifecycle.billing.invoices import Invoice, valid

Allocations = Mapping[str, Decimal]
"""An amount for each invoice, by its id."""


@frozen(kw_only=True)
class Receipt:
    """A payment or a credit note, and which invoices it is for."""

    amount: Decimal
    allocations: Allocations


@frozen(kw_only=True)
class Balance:
    """What an account owes on a day."""

    invoiced: Decimal
    allocated: Decimal
    credited: Decimal
    due: Decimal
    overdue: Decimal
    unallocated: Decimal


def balance(invoices: Iterable[Invoice], payments: Iterable[Receipt], credits_: Iterable[Receipt], on: date) -> Balance:
    """The balance on a day. What was allocated to an invoice counts for the one that replaced it (R-CHARGE-13)."""
    every, paid, credited = tuple(invoices), tuple(payments), tuple(credits_)
    counted = valid(every)
    on_paid, on_credited = (_on_valid(every, receipts) for receipts in (paid, credited))
    owed = {
        invoice.invoice_id: invoice.amount
        - on_paid.get(invoice.invoice_id, _NOTHING)
        - on_credited.get(invoice.invoice_id, _NOTHING)
        for invoice in counted
    }
    return Balance(
        invoiced=_sum(invoice.amount for invoice in counted),
        allocated=_sum(on_paid.values()),
        credited=_sum(on_credited.values()),
        due=_sum(owed.values()),
        overdue=_sum(owed[invoice.invoice_id] for invoice in counted if on > invoice.due_on),
        unallocated=_sum(receipt.amount for receipt in paid) - _sum(on_paid.values()),
    )


def newest_first(amount: Decimal, owed: Iterable[tuple[str, Decimal]]) -> Allocations:
    """A credit spread over what invoices, oldest first, still owe: the newest takes first (R-CHARGE-18, D-24)."""
    allocations: dict[str, Decimal] = {}
    for invoice_id, due in reversed(tuple(owed)):
        part = min(amount, due)
        if part > 0:
            allocations[invoice_id] = part
            amount -= part
    return allocations


_NOTHING = Decimal(0)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, _NOTHING)


def _on_valid(invoices: tuple[Invoice, ...], receipts: Iterable[Receipt]) -> dict[str, Decimal]:
    """What was allocated, by the valid invoice that it counts for."""
    counts_for = _successors(invoices)
    allocated: dict[str, Decimal] = {}
    for receipt in receipts:
        for invoice_id, amount in receipt.allocations.items():
            counted = counts_for.get(invoice_id)
            if counted is not None:
                allocated[counted] = allocated.get(counted, _NOTHING) + amount
    return allocated


def _successors(invoices: tuple[Invoice, ...]) -> dict[str, str]:
    """For every invoice the valid one at the end of its chain; one that was only voided has none."""
    by_id = {invoice.invoice_id: invoice for invoice in invoices}
    successors: dict[str, str] = {}
    for last in valid(invoices):
        link: Invoice | None = last
        while link is not None:
            successors[link.invoice_id] = last.invoice_id
            link = by_id.get(link.replaces or "")
    return successors
