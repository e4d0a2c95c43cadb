"""What would have been possible: when a refused command would be legal, and what is legal on an account now."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import evolve

from csp_lifecycle.billing.account import dues, unallocated
from csp_lifecycle.billing.account_decisions import can_be_rebilled, decide
from csp_lifecycle.billing.invoices import issuable_at, period_of
from csp_lifecycle.errors import CommandRefusedError, Outlook
from csp_lifecycle.vocabulary import account_commands as c
from csp_lifecycle.vocabulary.account import Account
from csp_lifecycle.vocabulary.names import command_name


def outlook(command: c.AccountCommand, account: Account | None, in_the_way: str | None) -> Outlook:
    """The outlook of a refused command. Time alone helps only where a period has to end, or history to be caught up.

    *in_the_way* is as in `decide`.
    """
    legal_from = next((at for at in _instants(command, account) if _is_legal(command, at, account, in_the_way)), None)
    if account is None:
        is_free = in_the_way != command.account_id
        return Outlook(legal_from, None, (command_name(c.OpenAccount),) if is_free else ())
    return Outlook(legal_from, None, allowed(account, command.at))


def allowed(account: Account, at: datetime) -> tuple[str, ...]:
    """The commands that some arguments would make legal on an account at *at*, by name."""
    if at < account.as_of:
        return ()
    return tuple(sorted(command_name(kind) for kind, is_possible in POSSIBLE.items() if is_possible(account)))


def _instants(command: c.AccountCommand, account: Account | None) -> Iterator[datetime]:
    """The instants after *command* at which it can become legal, oldest first."""
    if account is None:
        return
    found = {account.as_of}
    if isinstance(command, c.IssueInvoice):
        found.add(issuable_at(account.program, period_of(account.program, command.period, account.anniversary_day)))
    yield from sorted(at for at in found if at > command.at)


def _is_legal(command: c.AccountCommand, at: datetime, account: Account | None, in_the_way: str | None) -> bool:
    try:
        decide(evolve(command, at=at, expected_version=None), account, in_the_way=in_the_way)
    except CommandRefusedError:
        return False
    return True


def _always(_: Account) -> bool:
    return True


def _has_valid_invoice(account: Account) -> bool:
    return any(account.valid)


def _has_invoice_to_rebill(account: Account) -> bool:
    return any(can_be_rebilled(account, invoice) for invoice in account.documents)


def _has_something_to_allocate(account: Account) -> bool:
    is_due = any(due > 0 for due in dues(account).values())
    return is_due and any(unallocated(account, receipt) > 0 for receipt in account.receipts)


POSSIBLE: Mapping[type[Any], Callable[[Account], bool]] = {
    c.IssueInvoice: _always,
    c.VoidInvoice: _has_valid_invoice,
    c.RebillInvoice: _has_invoice_to_rebill,
    c.RecordPayment: _always,
    c.AllocatePayment: _has_something_to_allocate,
    c.RecordCreditNote: _always,
    c.LoseAccess: lambda account: account.access,
    c.RegainAccess: lambda account: not account.access,
}
"""Whether some arguments would make a command legal on an account that is open."""
