"""The commands that ask about money: charge lines, the documents of a period, what an account owes."""

import sys
from datetime import date, datetime

from csp_lifecycle.billing import account_reasons
from csp_lifecycle.cli.exits import REFUSED, TAKEN
from csp_lifecycle.cli.output import Output
from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.service import Books
from csp_lifecycle.service.charges import charges as charges_of
from csp_lifecycle.vocabulary.account import Account
from csp_lifecycle.wire.reconciliation_file import reconciliation_csv


def charges(
    books: Books,
    subscription_id: str | None,
    output: Output,
    *,
    since: date | None,
    until: date | None,
    as_csv: bool,
) -> int:
    """The charge lines of one subscription, or of all, that begin on some days."""
    lines = charges_of(books.lifecycle, subscription_id, since=since, until=until)
    if as_csv:
        sys.stdout.writelines(reconciliation_csv(lines))
        return _found(len(lines))
    return _found(output.charges(lines))


def invoice(books: Books, account_id: str, month: date, output: Output, *, at: datetime | None, now: datetime) -> int:
    """The documents of the period that begins in a month, as they stand at *at*; without it now."""
    account = books.accounts.account(account_id, as_of=at)
    found = tuple(one for one in account.documents if one.period.starts_on.replace(day=1) == month)
    if not found:
        evidence = {"account_id": account_id, "period": f"{month:%Y-%m}"}
        raise CommandRefusedError(_INVOICE, account_reasons.invoice_not_found, evidence)
    return _found(output.documents(account, found, _instant(account, at, now)))


_INVOICE = "invoice"


def balance(books: Books, account_id: str, output: Output, *, at: datetime | None, now: datetime) -> int:
    """What an account owes at *at*; without it now, or as of its last event if that is later."""
    account = books.accounts.account(account_id, as_of=at)
    output.balance(account, _instant(account, at, now))
    return TAKEN


def _instant(account: Account, at: datetime | None, now: datetime) -> datetime:
    return at or max(now, account.as_of)


def _found(number: int) -> int:
    return TAKEN if number else REFUSED
