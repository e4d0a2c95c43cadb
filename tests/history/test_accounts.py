"""What is invoiced and paid moves, is verified, and is redacted with everything else."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from csp_lifecycle.service import Books
from csp_lifecycle.service.moving import export, import_log
from csp_lifecycle.service.privacy import redact
from csp_lifecycle.service.verifying import verify
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.store import EventStore, StreamKind
from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.vocabulary import account_commands as a
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary.account import Program

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)


@pytest.fixture
def books(full_store: EventStore, commands: tuple[c.Command, ...]) -> EventStore:
    """The history with an account, an invoice over both customers, and a payment."""
    at = commands[-1].at
    kept = Books(full_store, example_catalog(), clock=lambda: at)
    name = "acc-1"
    kept.handle(a.OpenAccount(at=at, account_id=name, program=Program.NEW_COMMERCE, currency="EUR"))
    kept.handle(a.IssueInvoice(at=at, account_id=name, invoice_id="G000001", period=date(2025, 1, 1)))
    kept.handle(a.RecordPayment(at=at, account_id=name, payment_id="p-1", amount=Decimal(5)))
    return full_store


def test_accounts_move_and_hold(books: EventStore, new_store: Callable[[], EventStore]) -> None:
    other, exported = new_store(), list(export(books))
    import_log(other, exported)
    assert list(export(other)) == exported
    assert verify(other) == verify(books)
    assert verify(books).ok
    assert list(other.streams(StreamKind.ACCOUNT)) == ["acc-1"]
    assert other.state("acc-1") == books.state("acc-1")


def test_a_redacted_customer_is_gone_from_invoices_and_the_others_stay(books: EventStore) -> None:
    checkpoint = verify(books).checkpoint
    invoice = json.loads(books.read("acc-1")[1].body)
    assert {"contoso", "fabrikam"} == {line["customer_id"] for line in invoice["lines"]}
    pseudonym = redact(books, "contoso").pseudonym
    invoice = json.loads(books.read("acc-1")[1].body)
    assert {pseudonym, "fabrikam"} == {line["customer_id"] for line in invoice["lines"]}
    assert "contoso" not in "".join(export(books))
    assert verify(books, checkpoint).ok
    other = MemoryStore()
    import_log(other, export(books))
    assert verify(other, checkpoint).ok
