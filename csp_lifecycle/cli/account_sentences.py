"""What happened to an account, in words. A sentence has no subject, because the account is it."""

from collections.abc import Callable
from typing import Any

from csp_lifecycle.cli.words import Named, count
from csp_lifecycle.vocabulary import account_events as e
from csp_lifecycle.vocabulary.account import Allocations


def _opened(event: e.AccountOpened) -> str:
    periods = "" if event.anniversary_day is None else f", in periods from day {event.anniversary_day} of the month"
    return f"opened for the charges of {event.program.value} in {event.currency}{periods}"


def _issued(event: e.InvoiceIssued) -> str:
    lines = count(len(event.lines), "line")
    return f"invoice {event.invoice_id} from {event.period.starts_on}: {event.amount} in {lines}, due {event.due_on}"


def _rebilled(event: e.InvoiceRebilled) -> str:
    kept = "; what was paid on it still counts" if event.carried_over else ""
    return f"invoice {event.invoice_id} rebilled as {event.new_invoice_id}: {event.amount}, due {event.due_on}{kept}"


def _goes_to(allocations: Allocations) -> str:
    parts = (f"{one.amount} to {one.invoice_id}" for one in allocations)
    return ", ".join(parts) or "not allocated yet"


def _because(reason: str | None) -> str:
    return "" if reason is None else f" ({reason})"


ACCOUNT_SENTENCES: dict[type[Any], Callable[[Any, Named], str]] = {
    e.AccountOpened: lambda it, _: _opened(it),
    e.InvoiceIssued: lambda it, _: _issued(it),
    e.InvoiceVoided: lambda it, _: f"invoice {it.invoice_id} voided by {it.void_id}: {it.amount}{_because(it.reason)}",
    e.InvoiceRebilled: lambda it, _: _rebilled(it),
    e.PaymentRecorded: lambda it, _: f"received {it.amount} as {it.payment_id}: {_goes_to(it.allocations)}",
    e.PaymentAllocated: lambda it, _: f"allocated {it.payment_id}: {_goes_to(it.allocations)}",
    e.CreditNoteRecorded: lambda it, _: f"credited {it.amount} as {it.credit_id}: {_goes_to(it.allocations)}",
    e.AccessLost: lambda it, _: f"lost access to the account and its services{_because(it.reason)}",
    e.AccessRegained: lambda it, _: f"has access again{_because(it.reason)}",
}

ACCOUNT_MARKS: dict[type[Any], tuple[str, str]] = {
    e.AccountOpened: ("●", "green"),
    e.InvoiceIssued: ("+", "yellow"),
    e.InvoiceVoided: ("✗", "red"),
    e.InvoiceRebilled: ("↻", "yellow"),
    e.PaymentRecorded: ("-", "green"),
    e.CreditNoteRecorded: ("-", "green"),
    e.AccessLost: ("‖", "red"),
    e.AccessRegained: ("▶", "green"),
}
