"""Money is conserved: laws of accounts over random histories."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.billing.account import NOTHING, balance, dues, standings, unallocated
from csp_lifecycle.billing.account_decisions import decide
from csp_lifecycle.billing.account_history import after, replay
from csp_lifecycle.billing.account_outlook import allowed
from csp_lifecycle.billing.invoices import held
from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.vocabulary import account_commands as c
from csp_lifecycle.vocabulary.account import Account, Allocation, Program
from csp_lifecycle.vocabulary.account_events import AccountEvent
from csp_lifecycle.vocabulary.charge_line import ChargeLine, ChargeType
from csp_lifecycle.vocabulary.commands import Actor
from csp_lifecycle.vocabulary.names import command_name
from csp_lifecycle.wire.commands import command_json, command_of
from csp_lifecycle.wire.events import event_json, event_of

History = tuple[Account, list[AccountEvent], list[ChargeLine]]

OPENED = datetime(2025, 1, 1, tzinfo=UTC)
OPEN = c.OpenAccount(at=OPENED, account_id="acc", program=Program.NEW_COMMERCE, currency="EUR")

amounts = st.decimals(min_value="0.01", max_value=500, places=2)
numbers = st.integers(1, 6)
invoice_ids = numbers.map("G{}".format)
receipt_ids = numbers.map("p{}".format)
allocations = st.lists(
    st.builds(Allocation, invoice_id=invoice_ids, amount=amounts), max_size=3, unique_by=lambda one: one.invoice_id
).map(tuple)
periods = st.integers(1, 12).map(lambda month: date(2025, month, 1))


def asked(kind: Callable[..., Any], **keys: Any) -> st.SearchStrategy[Any]:
    return st.builds(kind, at=st.just(OPENED), account_id=st.just("acc"), **keys)


commands = st.one_of(
    asked(c.IssueInvoice, invoice_id=invoice_ids, period=periods),
    asked(c.VoidInvoice, invoice_id=invoice_ids, void_id=numbers.map("V{}".format)),
    asked(c.RebillInvoice, invoice_id=invoice_ids, new_invoice_id=invoice_ids, amount=st.none() | amounts),
    asked(c.RecordPayment, payment_id=receipt_ids, amount=amounts, allocations=allocations),
    asked(c.AllocatePayment, payment_id=receipt_ids, allocations=allocations.filter(bool)),
    asked(c.RecordCreditNote, credit_id=receipt_ids, amount=amounts, allocations=st.none() | allocations),
    asked(c.LoseAccess, actor=st.just(Actor.MICROSOFT)),
    asked(c.RegainAccess),
)


def charged(month: int, amount: Decimal) -> ChargeLine:
    day = date(2025, month, 1)
    return ChargeLine(
        charge_type=ChargeType.NEW,
        subscription_id="s-1",
        customer_id="contoso",
        offer_id="a",
        at=datetime(2025, month, 1, tzinfo=UTC),
        starts_on=day,
        ends_on=day,
        unit_price=amount,
        effective_unit_price=amount,
        seats=1,
        amount=amount,
        currency="EUR",
        reference_id=f"r-{month}",
    )


lines = st.lists(
    st.builds(charged, st.integers(1, 12), st.decimals(min_value=-50, max_value=500, places=2)), max_size=12
)


def lived(wanted: list[Any], known: list[ChargeLine]) -> History:
    """What some commands lead to, a day apart from 2026 on, where the refused ones are passed over."""
    events = [decide(OPEN, None)]
    account = after(None, events[0])
    for day, command in enumerate(wanted):
        later = attrs.evolve(command, at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day))
        try:
            events.append(decide(later, account, lines=known))
        except CommandRefusedError:
            continue
        account = after(account, events[-1])
    return account, events, known


histories = st.builds(lived, st.lists(commands, max_size=25), lines)


@given(histories, st.dates(date(2025, 12, 1), date(2026, 12, 1)))
def test_every_cent_is_allocated_unallocated_or_due(history: History, day: date) -> None:
    # R-CHARGE-11, R-CHARGE-12
    account, *_ = history
    owed = balance(account, day)
    received = sum((receipt.amount for receipt in account.receipts), NOTHING)
    assert owed.allocated + owed.credited + owed.unallocated == received
    assert owed.due == owed.invoiced - owed.allocated - owed.credited
    assert owed.unallocated == sum((unallocated(account, one) for one in account.receipts), NOTHING)
    assert 0 <= owed.overdue <= max(sum((due for due in dues(account).values() if due > 0), NOTHING), NOTHING)


@given(histories)
def test_nothing_is_paid_twice_or_out_of_nothing(history: History) -> None:  # R-CHARGE-14
    account, *_ = history
    for receipt in account.receipts:
        assert 0 <= unallocated(account, receipt) <= receipt.amount
    stands = standings(account, account.as_of.date())
    for invoice in account.valid:
        standing = stands[invoice.invoice_id]
        assert standing.paid + standing.credited <= max(invoice.amount, NOTHING)


@given(histories)
def test_no_charge_stands_on_two_valid_invoices(history: History) -> None:  # R-CHARGE-06
    account, _, known = history
    assert Counter(held(account)) <= Counter(known)


@given(histories, amounts, st.lists(amounts, max_size=3))
def test_the_balance_does_not_tell_how_often_an_invoice_was_rebilled(
    history: History, paid: Decimal, between: list[Decimal]
) -> None:  # INV-26, whatever the amounts in between were
    account, *_ = history
    at = account.as_of
    whole = max(paid, Decimal(1))
    issued = decide(
        c.IssueInvoice(at=at + timedelta(days=400), account_id="acc", invoice_id="GX", period=date(2026, 1, 1)),
        account,
        lines=[attrs.evolve(charged(1, whole), at=datetime(2026, 1, 1, tzinfo=UTC))],
    )
    account = after(account, issued)
    at = account.as_of
    part = Allocation(invoice_id="GX", amount=min(paid, whole))
    payment = c.RecordPayment(at=at, account_id="acc", payment_id="px", amount=paid, allocations=(part,))
    account = after(account, decide(payment, account))
    before, last = balance(account, at.date()), "GX"
    for number, amount in enumerate([*between, whole]):
        void = c.VoidInvoice(at=at, account_id="acc", invoice_id=last, void_id=f"VX{number}")
        account = after(account, decide(void, account))
        again = c.RebillInvoice(at=at, account_id="acc", invoice_id=last, new_invoice_id=f"GX{number}", amount=amount)
        account, last = after(account, decide(again, account)), f"GX{number}"
    assert balance(account, at.date()) == before


@given(histories, amounts)
def test_unallocated_payments_never_change_what_is_due(history: History, amount: Decimal) -> None:  # INV-27
    account, *_ = history
    payment = c.RecordPayment(at=account.as_of, account_id="acc", payment_id="px", amount=amount)
    owed, later = (
        balance(account, date(2027, 1, 1)),
        balance(after(account, decide(payment, account)), date(2027, 1, 1)),
    )
    assert (later.due, later.overdue, later.unallocated) == (owed.due, owed.overdue, owed.unallocated + amount)


@given(histories)
def test_an_account_is_what_its_events_say_in_json_too(history: History) -> None:  # INV-01
    account, events, _ = history
    assert replay(events) == account
    assert replay(event_of(event_json(event)) for event in events) == account  # type: ignore[misc]


@given(commands)
def test_a_command_reads_back_as_it_was_written(command: Any) -> None:
    assert command_of(command_json(command)) == command


@given(histories, commands)
def test_what_is_accepted_was_said_to_be_legal(history: History, command: Any) -> None:
    account, *_ = history
    now = attrs.evolve(command, at=max(account.as_of, datetime(2026, 3, 1, tzinfo=UTC)))
    try:
        decide(now, account)
    except CommandRefusedError:
        return
    assert command_name(type(command)) in allowed(account, now.at)
