"""What an account owes: invoices, payments, credit notes, and chains of voids and rebills."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.billing.account import Balance, Receipt, balance, newest_first
from csp_lifecycle.billing.invoices import BillingPeriod, Invoice, rebilled, void_note

ISSUED = datetime(2025, 10, 8, tzinfo=UTC)
SEPTEMBER = BillingPeriod(starts_on=date(2025, 9, 1), ends_on=date(2025, 9, 30))
NOVEMBER, LATER = date(2025, 11, 1), date(2025, 12, 8)


def invoice(amount: str, invoice_id: str = "G1") -> Invoice:
    return Invoice(invoice_id=invoice_id, period=SEPTEMBER, issued_at=ISSUED, amount=Decimal(amount), currency="EUR")


def receipt(amount: str, **allocations: str) -> Receipt:
    return Receipt(amount=Decimal(amount), allocations={name: Decimal(part) for name, part in allocations.items()})


def test_a_credit_note_lowers_what_is_due() -> None:  # TV-INV-05
    assert balance([invoice("1000.00")], [], [receipt("300.00", G1="300.00")], NOVEMBER).due == Decimal("700.00")


def test_only_what_is_allocated_lowers_what_is_due() -> None:  # TV-INV-07, R-CHARGE-12, AMB-40
    owed = balance([invoice("500.00")], [receipt("200.00", G1="200.00"), receipt("100.00")], [], NOVEMBER)
    assert (owed.due, owed.allocated, owed.unallocated) == (Decimal("300.00"), Decimal("200.00"), Decimal("100.00"))


def test_one_payment_may_be_for_several_invoices() -> None:  # R-CHARGE-14
    both = [invoice("500.00"), invoice("40.00", "G2")]
    assert balance(both, [receipt("300.00", G1="260.00", G2="40.00")], [], NOVEMBER).due == Decimal("240.00")


def test_a_payment_keeps_counting_for_the_rebilled_invoice() -> None:  # TV-INV-04, R-CHARGE-13
    first = invoice("100.00")
    chain = [first, void_note(first, "G2", ISSUED), rebilled(first, "G3", ISSUED, amount=Decimal("90.00"))]
    owed = balance(chain, [receipt("60.00", G1="60.00")], [], NOVEMBER)
    assert (owed.invoiced, owed.allocated, owed.due) == (Decimal("90.00"), Decimal("60.00"), Decimal("30.00"))


def test_money_on_an_invoice_that_was_only_voided_is_unallocated() -> None:
    first = invoice("100.00")
    owed = balance([first, void_note(first, "G2", ISSUED)], [receipt("60.00", G1="60.00")], [], NOVEMBER)
    assert (owed.invoiced, owed.due, owed.unallocated) == (Decimal(0), Decimal(0), Decimal("60.00"))


@pytest.mark.parametrize(("day", "overdue"), [(date(2025, 12, 7), "0"), (LATER, "70.00")])
def test_what_is_unpaid_after_its_due_day_is_overdue(day: date, overdue: str) -> None:  # R-CHARGE-17, AMB-41
    assert balance([invoice("100.00")], [receipt("30.00", G1="30.00")], [], day).overdue == Decimal(overdue)


@pytest.mark.parametrize(
    ("credit", "spread"),
    [
        ("300.00", {"G2": "200.00", "G1": "100.00"}),
        ("150.00", {"G2": "150.00"}),
        ("900.00", {"G2": "200.00", "G1": "500.00"}),
    ],
)
def test_a_credit_goes_to_the_newest_open_invoice_first(credit: str, spread: dict[str, str]) -> None:
    # R-CHARGE-18, D-24
    owed = [("G1", Decimal("500.00")), ("G2", Decimal("200.00")), ("G3", Decimal(0))]
    assert newest_first(Decimal(credit), owed) == {name: Decimal(part) for name, part in spread.items()}


amounts = st.decimals(min_value=0, max_value=10_000, places=2)


@given(amounts, amounts, st.integers(0, 4))
def test_the_balance_does_not_tell_how_often_an_invoice_was_rebilled(
    amount: Decimal, paid: Decimal, times: int
) -> None:  # INV-26
    chain, last = [invoice("1.00", "G0")], invoice("1.00", "G0")
    for number in range(times + 1):
        note = void_note(last, f"V{number}", ISSUED)
        last = rebilled(last, f"R{number}", ISSUED, amount=amount)
        chain += [note, last]
    owed = balance(chain, [Receipt(amount=paid, allocations={"G0": paid})], [], LATER)
    assert owed == Balance(
        invoiced=amount,
        allocated=paid,
        credited=Decimal(0),
        due=amount - paid,
        overdue=amount - paid,
        unallocated=Decimal(0),
    )


@given(st.lists(amounts, max_size=3))
def test_unallocated_payments_never_change_what_is_due(received: list[Decimal]) -> None:  # INV-27
    payments = [Receipt(amount=amount, allocations={}) for amount in received]
    owed = balance([invoice("500.00")], payments, [], LATER)
    assert (owed.due, owed.overdue, owed.unallocated) == (Decimal(500), Decimal(500), sum(received, Decimal(0)))
