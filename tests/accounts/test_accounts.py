"""Accounts as a service: on the store of the subscriptions, idempotent, one at a time."""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle.errors import (
    AccountNotFoundError,
    BrokenHistoryError,
    CommandRefusedError,
    StreamNotFoundError,
    UnknownEventError,
)
from csp_lifecycle.service import AccountAnswer, Accounts, Books
from csp_lifecycle.service.charges import charges
from csp_lifecycle.stores.current_subscriptions import CurrentSubscriptions
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.stores.store import Commit, Envelope, EventStore, StreamKind, StreamState
from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary import account_commands as c
from csp_lifecycle.vocabulary import commands
from csp_lifecycle.vocabulary.account import Allocation, Program
from csp_lifecycle.wire.events import UnknownEvent

NOW = datetime(2026, 1, 1, tzinfo=UTC)
JUNE, SEPTEMBER = datetime(2025, 6, 1, 10, tzinfo=UTC), datetime(2025, 9, 1, 10, tzinfo=UTC)
OCTOBER = datetime(2025, 10, 8, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventStore]:
    made: EventStore = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "history.db")
    with closing(made):
        yield made


@pytest.fixture
def books(store: EventStore) -> Books:
    return Books(store, example_catalog(), clock=lambda: NOW)


def opened(account_id: str = "acc", currency: str = "EUR", **more: Any) -> c.OpenAccount:
    return c.OpenAccount(at=JUNE, account_id=account_id, program=Program.NEW_COMMERCE, currency=currency, **more)


def bought(subscription_id: str = "s-1") -> commands.Purchase:
    return commands.Purchase(
        at=SEPTEMBER,
        subscription_id=subscription_id,
        customer_id="contoso",
        offer_id="business-standard",
        seats=10,
        term=TermLength.YEAR,
        plan=Plan.MONTHLY,
    )


def issued(invoice_id: str = "G1", **more: Any) -> c.IssueInvoice:
    return c.IssueInvoice(at=OCTOBER, account_id="acc", invoice_id=invoice_id, period=date(2025, 9, 1), **more)


def refused(books: Books, command: Any) -> CommandRefusedError:
    with pytest.raises(CommandRefusedError) as refusal:
        books.handle(command)
    return refusal.value


def test_an_invoice_holds_the_lines_that_charges_shows(books: Books) -> None:  # R-CHARGE-06, D-26
    for command in (opened(), bought(), issued()):
        books.handle(command)
    (invoice,) = books.accounts.account("acc").documents
    assert invoice.lines == charges(books.lifecycle, until=date(2025, 9, 30))
    assert invoice.amount == sum(line.amount for line in invoice.lines) > 0


def test_an_answer_holds_the_account_afterwards(books: Books) -> None:
    answer = books.handle(opened())
    assert isinstance(answer, AccountAnswer)
    assert answer.account == books.accounts.account("acc")


def test_a_preview_answers_as_the_act_does_and_stores_nothing(books: Books) -> None:
    books.handle(opened())
    books.handle(bought())
    previewed, rehearsed = books.accounts.preview(issued()), books.rehearsal().handle(issued())
    assert books.accounts.account("acc").documents == ()
    assert books.handle(issued()) == previewed == rehearsed


def test_the_same_command_id_is_answered_with_what_it_recorded(books: Books) -> None:
    first = books.handle(opened(command_id="k"))
    assert books.handle(opened(command_id="k")).recorded == first.recorded
    assert refused(books, opened("other", command_id="k")).code == "command-id-reused"
    assert refused(books, evolve(bought(), command_id="k")).code == "command-id-reused"


def test_one_account_collects_a_program_in_a_currency(books: Books) -> None:
    books.handle(opened())
    assert refused(books, opened("acc-2")).code == "account-exists"
    assert refused(books, opened()).code == "account-exists"
    books.handle(opened("acc-2", "USD"))
    books.handle(evolve(opened("acc-3"), program=Program.LEGACY))


def test_an_id_stands_for_one_thing(books: Books) -> None:
    books.handle(opened())
    books.handle(bought())
    assert refused(books, opened("s-1", "USD")).code == "account-exists"
    assert refused(books, bought("acc")).code == "subscription-exists"
    transfer = commands.Transfer(at=SEPTEMBER, subscription_id="s-1", new_subscription_id="acc", partner_id="p")
    assert refused(books, transfer).code == "subscription-exists"
    assert refused(books, commands.Cancel(at=OCTOBER, subscription_id="acc")).code == "subscription-not-found"
    assert refused(books, evolve(issued(), account_id="s-1")).code == "account-not-found"


def test_two_accounts_that_are_opened_at_once_are_one(store: EventStore) -> None:
    gate, outcomes = threading.Barrier(4), list[str]()

    def open_one(number: int) -> None:
        accounts = Accounts(store, clock=lambda: NOW)
        gate.wait()
        try:
            accounts.handle(opened(f"acc-{number}"))
            outcomes.append("opened")
        except CommandRefusedError as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=open_one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["account-exists"] * 3 + ["opened"]
    assert len(tuple(store.streams(StreamKind.ACCOUNT))) == 1


def test_payments_that_come_at_once_cannot_pay_more_than_is_due(books: Books, store: EventStore) -> None:
    for command in (opened(), bought(), issued()):
        books.handle(command)
    due = books.accounts.account("acc").documents[0].amount
    gate, outcomes = threading.Barrier(4), list[str]()

    def pay(number: int) -> None:
        accounts = Accounts(store, clock=lambda: NOW)
        part = (Allocation(invoice_id="G1", amount=due),)
        gate.wait()
        try:
            accounts.handle(
                c.RecordPayment(at=OCTOBER, account_id="acc", payment_id=f"p{number}", amount=due, allocations=part)
            )
            outcomes.append("paid")
        except CommandRefusedError as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=pay, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["amount-exceeds-due"] * 3 + ["paid"]


def test_accounts_are_in_the_log_and_in_no_list_of_subscriptions(books: Books, store: EventStore) -> None:
    for command in (opened(), bought(), issued()):
        books.handle(command)
    assert [envelope.stream for envelope in books.lifecycle.log()] == ["acc", "s-1", "acc"]
    assert [envelope.version for envelope in books.lifecycle.log("acc")] == [1, 2]
    assert [one.subscription_id for one in books.lifecycle.subscriptions()] == ["s-1"]
    assert {one.subscription_id for one in books.lifecycle.due(datetime(2026, 3, 1, tzinfo=UTC))} == {"s-1"}
    assert {event.stream for event in books.lifecycle.advance(datetime(2026, 3, 1, tzinfo=UTC)).recorded} == {"s-1"}
    assert [row[1][0] for row in CurrentSubscriptions(store).writes(tuple(store.read_all()))] == ["s-1"]
    with pytest.raises(StreamNotFoundError):
        books.lifecycle.subscription("acc")
    with pytest.raises(StreamNotFoundError):
        charges(books.lifecycle, "acc")
    with pytest.raises(AccountNotFoundError):
        books.accounts.account("s-1")


def test_an_account_is_shown_as_it_was(books: Books) -> None:
    for command in (opened(), bought(), issued()):
        books.handle(command)
    assert books.accounts.account("acc", as_of=SEPTEMBER).documents == ()
    with pytest.raises(AccountNotFoundError, match="there is no account 'acc'"):
        books.accounts.account("acc", as_of=datetime(2025, 1, 1, tzinfo=UTC))


def test_a_clock_that_was_set_back_teaches_no_account_out_of_order(store: EventStore) -> None:
    Accounts(store, clock=lambda: NOW).handle(opened())
    Accounts(store, clock=lambda: SEPTEMBER).handle(c.LoseAccess(at=OCTOBER, account_id="acc"))
    assert [envelope.recorded_at for envelope in store.read("acc")] == [NOW, NOW]


def test_on_an_event_of_a_newer_version_nothing_is_decided(store: EventStore) -> None:
    body = {"type": "account-closed", "account_id": "acc"}
    newer = UnknownEvent(subscription_id="", account_id="acc", type="account-closed", schema=2, body=body)
    _append(store, newer, 1)
    with pytest.raises(UnknownEventError, match="newer version"):
        Accounts(store, clock=lambda: NOW).handle(opened())


def test_a_hole_in_the_versions_is_a_broken_history(books: Books) -> None:
    books.handle(opened())
    event = books.handle(c.LoseAccess(at=OCTOBER, account_id="acc")).recorded[0]
    broken = MemoryStore()
    _append(broken, event, 2)
    with pytest.raises(BrokenHistoryError, match="version 2, 1 expected"):
        Accounts(broken, clock=lambda: NOW).account("acc")


def _append(store: EventStore, event: Any, version: int) -> None:
    envelope = Envelope(
        version=version,
        event_id="e",
        recorded_at=NOW,
        command_id="k",
        actor=commands.Actor.PARTNER,
        policy="new-commerce",
        event=event,
    )
    state = StreamState(
        stream="acc", version=version, customer_id="new-commerce/EUR", next_due_at=None, kind=StreamKind.ACCOUNT
    )
    store.append(Commit(command_id="k", digest="d", envelopes=(envelope,), states=(state,), kind=StreamKind.ACCOUNT))


def test_an_amount_has_the_digits_of_its_currency(books: Books) -> None:  # R-CHARGE-22
    books.handle(opened("yen", "JPY"))
    answer = books.handle(c.RecordPayment(at=OCTOBER, account_id="yen", payment_id="p", amount=Decimal("100.00")))
    assert str(answer.recorded[0].amount) == "100"  # type: ignore[union-attr]
    half = c.RecordPayment(at=OCTOBER, account_id="yen", payment_id="p-2", amount=Decimal("0.50"))
    assert refused(books, half).code == "currency-mismatch"
