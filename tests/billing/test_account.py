"""What an account owes, told by commands: invoices, payments, credit notes, chains of voids and rebills."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle.billing.account import InvoiceStatus, balance, dues, newest_first, standings
from csp_lifecycle.billing.account_decisions import decide
from csp_lifecycle.billing.account_history import after
from csp_lifecycle.billing.account_outlook import outlook
from csp_lifecycle.errors import BrokenHistoryError, CommandRefusedError
from csp_lifecycle.vocabulary import account_commands as c
from csp_lifecycle.vocabulary import account_events as e
from csp_lifecycle.vocabulary.account import Account, Allocation, Program
from csp_lifecycle.vocabulary.charge_line import ChargeLine, ChargeType

ISSUED = datetime(2025, 10, 8, tzinfo=UTC)
NOVEMBER, LATER = date(2025, 11, 1), date(2025, 12, 8)
SEPTEMBER, OCTOBER = date(2025, 9, 1), date(2025, 10, 1)

Do = Callable[..., Any]


def line(amount: str, day: date = SEPTEMBER, currency: str = "EUR", reference_id: str = "r") -> ChargeLine:
    return ChargeLine(
        charge_type=ChargeType.NEW,
        subscription_id="s-1",
        customer_id="contoso",
        offer_id="a",
        at=datetime(day.year, day.month, day.day, 10, tzinfo=UTC),
        starts_on=day,
        ends_on=day,
        unit_price=Decimal(amount),
        effective_unit_price=Decimal(amount),
        seats=1,
        amount=Decimal(amount),
        currency=currency,
        reference_id=reference_id,
    )


def asked(kind: Do, at: datetime = ISSUED, **keys: Any) -> Any:
    return kind(at=at, account_id="acc", **keys)


OPEN = asked(c.OpenAccount, datetime(2025, 1, 1, tzinfo=UTC), program=Program.NEW_COMMERCE, currency="EUR")


def issue(invoice_id: str = "G1", period: date = SEPTEMBER, at: datetime = ISSUED) -> Any:
    return asked(c.IssueInvoice, at, invoice_id=invoice_id, period=period)


def void(invoice_id: str = "G1", void_id: str = "V1") -> Any:
    return asked(c.VoidInvoice, invoice_id=invoice_id, void_id=void_id)


def rebill(invoice_id: str = "G1", new: str = "G2", amount: str | None = None) -> Any:
    exact = None if amount is None else Decimal(amount)
    return asked(c.RebillInvoice, invoice_id=invoice_id, new_invoice_id=new, amount=exact)


def spread(allocations: dict[str, str]) -> tuple[Allocation, ...]:
    return tuple(Allocation(invoice_id=name, amount=Decimal(part)) for name, part in allocations.items())


def pay(amount: str, payment_id: str = "p", **allocations: str) -> Any:
    return asked(c.RecordPayment, payment_id=payment_id, amount=Decimal(amount), allocations=spread(allocations))


def allocate(payment_id: str = "p", **allocations: str) -> Any:
    return asked(c.AllocatePayment, payment_id=payment_id, allocations=spread(allocations))


def credit(amount: str, credit_id: str = "c", allocations: dict[str, str] | None = None) -> Any:
    said = None if allocations is None else spread(allocations)
    return asked(c.RecordCreditNote, credit_id=credit_id, amount=Decimal(amount), allocations=said)


def told(*commands: Any, lines: Iterable[ChargeLine] = ()) -> Account:
    """The account that the commands lead to, after it was opened."""
    known, account = tuple(lines), after(None, decide(OPEN, None))
    for command in commands:
        account = after(account, decide(command, account, lines=known))
    return account


def owing(*amounts: str) -> Account:
    """An account with an invoice for each amount, numbered from G1 on."""
    days = [date(2025, month, 1) for month in range(9 - len(amounts) + 1, 10)]
    charged = [line(amount, day) for amount, day in zip(amounts, days, strict=True)]
    issued = [issue(f"G{number}", day) for number, day in enumerate(days, 1)]
    return told(*issued, lines=charged)


def then(account: Account, *commands: Any) -> Account:
    for command in commands:
        account = after(account, decide(command, account))
    return account


def refused(account: Account | None, command: Any, **rest: Any) -> CommandRefusedError:
    with pytest.raises(CommandRefusedError) as refusal:
        decide(command, account, **rest)
    return refusal.value


def test_an_invoice_collects_what_was_ordered_in_its_period() -> None:  # R-CHARGE-06, TV-INV-06, R-CHARGE-22
    others = [line("7", OCTOBER), line("8", currency="USD"), evolve(line("9"), charge_type=ChargeType.CYCLE_FEE)]
    event = decide(issue(), told(), lines=[line("1000.00"), *others])
    assert isinstance(event, e.InvoiceIssued)
    assert (event.lines, event.amount) == ((line("1000.00"),), Decimal("1000.00"))
    assert (event.available_on, event.due_on) == (date(2025, 10, 8), date(2025, 12, 7))


def test_a_charge_stands_on_one_valid_invoice() -> None:  # R-CHARGE-06
    charged = [line("5.00"), line("6.00", date(2025, 9, 2))]
    account = told(issue("G1"), void("G1"), issue("G2"), issue("G3"), lines=charged)
    assert [len(document.lines) for document in account.documents] == [2, 2, 2, 0]
    assert balance(account, NOVEMBER).invoiced == Decimal("11.00")
    assert refused(account, rebill("G1", "G4")).code == "already-invoiced"


def test_what_is_ordered_after_an_invoice_was_issued_is_not_on_it() -> None:  # R-CHARGE-02, R-CHARGE-09
    opened = evolve(OPEN, program=Program.LEGACY, anniversary_day=12)
    charged = [evolve(line("5.00", date(2025, 9, day)), charge_type=ChargeType.CYCLE_FEE) for day in (12, 20)]
    account = after(None, decide(opened, None))
    first = issue("D1", date(2025, 9, 12), datetime(2025, 9, 14, tzinfo=UTC))
    account = after(account, decide(first, account, lines=charged))
    account = after(account, decide(issue("D2", date(2025, 9, 12)), account, lines=charged))
    assert [document.lines for document in account.documents] == [(charged[0],), (charged[1],)]


def test_a_credit_note_lowers_what_is_due() -> None:  # TV-INV-05, R-CHARGE-18
    owed = balance(then(owing("1000.00"), credit("300")), NOVEMBER)
    assert (owed.credited, owed.allocated, owed.due) == (Decimal("300.00"), Decimal(0), Decimal("700.00"))


def test_only_what_is_allocated_lowers_what_is_due() -> None:  # TV-INV-07, R-CHARGE-12, AMB-40
    owed = balance(then(owing("500.00"), pay("200", "p-1", G1="200"), pay("100", "p-2")), NOVEMBER)
    assert (owed.due, owed.allocated, owed.unallocated) == (Decimal("300.00"), Decimal("200.00"), Decimal("100.00"))


def test_money_that_waits_can_be_allocated_later_bit_by_bit() -> None:  # R-CHARGE-12, R-CHARGE-16
    account = then(owing("500.00"), pay("200"), allocate(G1="50"), allocate(G1="150"))
    assert balance(account, NOVEMBER).due == Decimal("300.00")
    assert refused(account, allocate(G1="0.01")).evidence == {"asked": Decimal("0.01"), "available": Decimal("0.00")}


def test_one_payment_may_be_for_several_invoices() -> None:  # R-CHARGE-14
    account = then(owing("500.00", "40.00"), pay("300.00", G1="260.00", G2="40.00"))
    assert dues(account) == {"G1": Decimal("240.00"), "G2": Decimal("0.00")}


def test_a_void_note_is_the_exact_negative() -> None:  # TV-INV-04, R-CHARGE-10
    account = then(owing("100.00"), void())
    voided, note = account.documents
    assert (note.invoice_id, note.amount, note.lines) == ("V1", Decimal("-100.00"), (line("100.00").given_back(),))
    assert note.lines == tuple(one.given_back() for one in voided.lines)
    assert balance(account, NOVEMBER).due == 0


def test_a_payment_keeps_counting_for_the_rebilled_invoice() -> None:  # TV-INV-04, R-CHARGE-11, R-CHARGE-13
    account = then(owing("100.00"), pay("60", G1="60"), void(), rebill(amount="90"))
    owed = balance(account, NOVEMBER)
    assert (owed.invoiced, owed.allocated, owed.due) == (Decimal("90.00"), Decimal("60.00"), Decimal("30.00"))


def test_a_payment_for_a_replaced_invoice_is_for_the_last_of_its_chain() -> None:  # R-CHARGE-13
    account = then(owing("100.00"), void(), rebill(), void("G2", "V2"), rebill("G2", "G3"), pay("60", G1="60"))
    assert dues(account) == {"G3": Decimal("40.00")}


def test_what_was_paid_beyond_a_lower_rebill_waits() -> None:  # R-CHARGE-13
    account = then(owing("100.00"), pay("60", G1="60"), credit("40"), void(), rebill(amount="70"))
    owed = balance(account, NOVEMBER)
    assert (owed.allocated, owed.credited, owed.due, owed.unallocated) == tuple(map(Decimal, (60, 10, 0, 30)))


def test_what_a_lower_rebill_had_no_room_for_counts_for_a_higher_one() -> None:  # R-CHARGE-13, INV-26
    lower = then(owing("100.00", "100.00"), pay("60", G2="60"), void("G2"), rebill("G2", "G3", amount="20"))
    again = (void("G3", "V2"), rebill("G3", "G4", amount="90"))
    assert dues(then(lower, *again)) == {"G1": Decimal("100.00"), "G4": Decimal("30.00")}
    # What went elsewhere meanwhile stays there.
    assert dues(then(lower, allocate(G1="35"), *again)) == {"G1": Decimal("65.00"), "G4": Decimal("65.00")}


def test_money_on_an_invoice_that_was_only_voided_is_unallocated() -> None:  # R-CHARGE-12
    account = then(owing("50.00", "100.00"), pay("60", G2="60"), void("G2"))
    assert balance(account, NOVEMBER).unallocated == Decimal("60.00")
    used = then(account, allocate(G1="50"), rebill("G2", "G3"))
    assert dues(used) == {"G1": 0, "G3": Decimal("90.00")}


def test_a_rebill_keeps_what_is_not_said_anew() -> None:  # R-CHARGE-10, R-CHARGE-19
    first = evolve(issue(), po_number="wrong", address="Main Street 1")
    account = told(first, void(), evolve(rebill(), po_number="right"), lines=[line("100.00")])
    last = account.documents[-1]
    assert (last.po_number, last.address, last.amount) == ("right", "Main Street 1", Decimal("100.00"))
    assert (account.documents[0].voided_by, account.documents[0].rebilled_as) == ("V1", "G2")


@pytest.mark.parametrize(
    ("day", "status", "overdue"),
    [(date(2025, 12, 7), InvoiceStatus.OPEN, "0"), (LATER, InvoiceStatus.OVERDUE, "70.00")],
)
def test_what_is_unpaid_after_its_due_day_is_overdue(day: date, status: InvoiceStatus, overdue: str) -> None:
    # R-CHARGE-17, AMB-41
    account = then(owing("100.00"), pay("30", G1="30"))
    assert balance(account, day).overdue == Decimal(overdue)
    assert standings(account, day)["G1"].status is status


def test_an_invoice_below_zero_lowers_what_is_due_and_overdue() -> None:  # R-CHARGE-09, R-CHARGE-11
    account = owing("100.00", "-30.00")
    owed = balance(account, LATER)
    assert (owed.invoiced, owed.due, owed.overdue) == tuple(map(Decimal, (70, 70, 70)))
    assert standings(account, LATER)["G2"].status is InvoiceStatus.PAID


def test_what_is_paid_or_voided_says_so() -> None:
    account = then(owing("100.00", "50.00"), pay("100", G1="100"), void("G2"))
    assert [one.status.value for one in standings(account, LATER).values()] == ["paid", "voided", "voided"]


@pytest.mark.parametrize(
    ("amount", "parts"),
    [
        ("300.00", {"G2": "200.00", "G1": "100.00"}),
        ("150.00", {"G2": "150.00"}),
        ("900.00", {"G2": "200.00", "G1": "500.00"}),
    ],
)
def test_a_credit_goes_to_the_newest_open_invoice_first(amount: str, parts: dict[str, str]) -> None:
    # R-CHARGE-18, D-24
    owed = {"G1": Decimal("500.00"), "G2": Decimal("200.00"), "G3": Decimal(0)}
    assert newest_first(Decimal(amount), owed) == spread(parts)


def test_a_credit_can_be_assigned_and_its_rest_waits() -> None:  # R-CHARGE-18
    account = then(owing("500.00", "200.00"), credit("300", allocations={"G1": "100"}))
    assert dues(account) == {"G1": Decimal("400.00"), "G2": Decimal("200.00")}
    assert balance(account, NOVEMBER).unallocated == Decimal("200.00")
    assert dues(then(account, allocate("c", G2="200")))["G2"] == 0


def test_access_is_lost_and_regained() -> None:  # R-CHARGE-17
    lost = told(asked(c.LoseAccess, reason="unpaid"))
    assert not lost.access
    assert then(lost, asked(c.RegainAccess)).access
    assert refused(lost, asked(c.LoseAccess)).code == "already-in-state"
    assert refused(told(), asked(c.RegainAccess)).code == "already-in-state"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (OPEN, "account-exists"),
        (issue("G1"), "invoice-exists"),
        (issue("D9"), "program-mismatch"),
        (issue("G9", date(2025, 9, 2)), "period-invalid"),
        (issue("G9", OCTOBER), "period-not-over"),
        (void("G7"), "invoice-not-found"),
        (void("V2"), "invoice-not-found"),
        (void("G2", "V9"), "already-void"),
        (void("G1", "V2"), "invoice-exists"),
        (rebill("G7", "G9"), "invoice-not-found"),
        (rebill("G1", "G9"), "invoice-not-void"),
        (rebill("G2", "D9"), "program-mismatch"),
        (rebill("G2", "G1"), "invoice-exists"),
        (rebill("G2", "G9", "1.001"), "currency-mismatch"),
        (rebill("G3", "G9"), "already-rebilled"),
        (pay("1", "p"), "payment-exists"),
        (pay("1.001", "p-2"), "currency-mismatch"),
        (pay("1", "p-2", G9="1"), "invoice-not-found"),
        (pay("1", "p-2", G1="2"), "amount-exceeds-due"),
        (pay("900", "p-2", G1="501"), "amount-exceeds-due"),
        (pay("900", "p-2", G2="1"), "amount-exceeds-due"),
        (pay("900", "p-2", G3="50", G4="31"), "amount-exceeds-due"),
        (allocate("p-9", G1="1"), "payment-not-found"),
        (allocate("p", G1="6"), "amount-exceeds-due"),
        (allocate("p", G1="0.001"), "currency-mismatch"),
        (credit("1", "p"), "credit-note-exists"),
        (credit("0.005", "c-1"), "currency-mismatch"),
        (credit("5", "c-1", {"G1": "6"}), "amount-exceeds-due"),
        (asked(c.LoseAccess, OPEN.at), "out-of-order"),
        (asked(c.LoseAccess, OPEN.at, expected_version=3), "stale-version"),
    ],
)
def test_what_makes_no_sense_on_this_account_is_refused(command: Any, code: str) -> None:
    # R-CHARGE-10, R-CHARGE-14: G1 is open, G2 voided, G3 rebilled as G4, and 5 of a payment are left
    account = owing("500.00", "200.00", "90.00")
    account = then(account, void("G2", "V2"), void("G3", "V3"), rebill("G3", "G4", "80"), pay("5"))
    assert refused(account, command).code == code


def test_a_command_about_no_account_is_refused() -> None:
    refusal = refused(None, issue())
    assert (refusal.code, refusal.evidence) == ("account-not-found", {"account_id": "acc"})


def test_one_account_collects_a_program_in_a_currency() -> None:
    assert refused(None, OPEN, in_the_way="acc-0").evidence == {"held_by": "acc-0"}


def test_existence_is_asked_before_the_version_and_the_version_before_the_order() -> None:
    early = evolve(void("G7"), at=OPEN.at, expected_version=9)
    assert refused(None, early).code == "account-not-found"
    assert refused(owing("1.00"), early).code == "stale-version"
    assert refused(owing("1.00"), evolve(early, expected_version=2)).code == "out-of-order"
    assert refused(None, evolve(OPEN, expected_version=1)).code == "stale-version"


def test_time_helps_only_where_a_period_has_to_end() -> None:
    looked = outlook(issue("G9", OCTOBER), told(), None)
    assert (looked.legal_from, looked.legal_until) == (datetime(2025, 11, 1, tzinfo=UTC), None)
    assert outlook(void(), told(), None).legal_from is None
    assert outlook(asked(c.LoseAccess, OPEN.at), owing("1.00"), None).legal_from == ISSUED


def test_a_refusal_says_what_is_legal_instead() -> None:
    always = {"issue-invoice", "record-payment", "record-credit-note", "lose-access"}
    account = owing("100.00")
    assert outlook(OPEN, account, None).allowed == ()
    assert set(outlook(asked(c.RegainAccess), told(), None).allowed) == always
    assert set(outlook(asked(c.RegainAccess), account, None).allowed) == always | {"void-invoice"}
    paid = then(account, pay("5"))
    assert set(outlook(asked(c.RegainAccess), paid, None).allowed) == always | {"void-invoice", "allocate-payment"}
    voided = then(account, void())
    assert set(outlook(asked(c.RegainAccess), voided, None).allowed) == always | {"rebill-invoice"}
    assert outlook(issue(), None, None).allowed == ("open-account",)
    assert outlook(issue(), None, "acc").allowed == ()


@pytest.mark.parametrize(
    ("account", "event"),
    [
        (None, e.AccessLost(at=ISSUED, account_id="acc")),
        (told(), decide(OPEN, None)),
        (told(), e.AccessLost(at=ISSUED, account_id="other")),
        (owing("1.00"), e.AccessLost(at=OPEN.at, account_id="acc")),
        (told(), e.InvoiceVoided(at=ISSUED, account_id="acc", invoice_id="G1", void_id="V1", amount=Decimal(-1))),
        (told(), e.PaymentAllocated(at=ISSUED, account_id="acc", payment_id="p", allocations=())),
        (
            told(),
            e.PaymentRecorded(
                at=ISSUED, account_id="acc", payment_id="p", amount=Decimal(1), allocations=spread({"G1": "1"})
            ),
        ),
    ],
)
def test_a_history_that_nothing_could_have_recorded_is_broken(account: Account | None, event: e.AccountEvent) -> None:
    with pytest.raises(BrokenHistoryError, match="is impossible"):
        after(account, event)
