"""The documents and the balance of an account as JSON objects (wire format, section 9)."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from csp_lifecycle.billing.account import Balance, Standing
from csp_lifecycle.values.money import decimal, exact, minor_digits
from csp_lifecycle.vocabulary.account import Account, Invoice
from csp_lifecycle.wire.charge_lines import charge_line_json
from csp_lifecycle.wire.converter import instant_text, money_text


def document_json(account: Account, document: Invoice, standing: Standing) -> dict[str, Any]:
    """An invoice or void note, and how it stands."""
    return {
        "invoice_id": document.invoice_id,
        "account_id": account.account_id,
        "document": document.document.value,
        "period": {
            "starts_on": document.period.starts_on.isoformat(),
            "ends_on": document.period.ends_on.isoformat(),
        },
        "available_on": document.available_on.isoformat(),
        "issued_on": document.issued_on.isoformat(),
        "due_on": document.due_on.isoformat(),
        "amount": amount_text(document.amount, account.currency),
        "paid": amount_text(standing.paid, account.currency),
        "credited": amount_text(standing.credited, account.currency),
        "due": amount_text(standing.due, account.currency),
        "currency": account.currency,
        "status": standing.status.value,
        "voided_by": document.voided_by,
        "rebilled_as": document.rebilled_as,
        "lines": [charge_line_json(line) for line in document.lines],
    }


def balance_json(account: Account, balance: Balance, as_of: datetime) -> dict[str, Any]:
    """What the account owes, and whether Microsoft lets it in."""
    amounts = ("invoiced", "allocated", "credited", "due", "overdue", "unallocated")
    return {
        "account_id": account.account_id,
        "currency": account.currency,
        **{name: amount_text(getattr(balance, name), account.currency) for name in amounts},
        "access": account.access,
        "as_of": instant_text(as_of),
    }


def amount_text(amount: Decimal, currency: str) -> str:
    """The amount with exactly the minor digits of its currency."""
    return money_text(decimal(exact(amount), minor_digits(currency)))
