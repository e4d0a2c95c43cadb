"""Invoices: the period they cover, when they come and are due, and what stands on them (R-CHARGE).

An invoice is a value. A void note is its exact negative; what replaces it is another invoice. Only the last one of
such a chain counts.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum

from attrs import evolve, frozen

from csp_lifecycle.billing.line import ChargeLine, Lines
from csp_lifecycle.billing.rules import LEGACY
from csp_lifecycle.billing.upcoming import not_invoiced
from csp_lifecycle.values.calendar import DAY, add_months, last_of_month

DUE_AFTER = timedelta(days=60)  # R-CHARGE-17


@frozen(kw_only=True)
class BillingPeriod:
    """The days whose orders an invoice collects; both are included."""

    starts_on: date
    ends_on: date

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on


class Program(Enum):
    """The two ways in which a partner is invoiced."""

    LEGACY = "legacy"
    NEW_COMMERCE = "new-commerce"


def period_of(program: Program, day: date, anniversary_day: int = 1) -> BillingPeriod:
    """The billing period that holds *day*: the calendar month, or in legacy a month from the anniversary day.

    R-CHARGE-01, R-CHARGE-03. An anniversary on the 29th to 31st falls on the last day of a shorter month (D-24).
    """
    if program is Program.NEW_COMMERCE:
        return BillingPeriod(starts_on=day.replace(day=1), ends_on=last_of_month(day))
    # Counted from a January, whose last day is the 31st.
    anchor = date(day.year, 1, anniversary_day)
    months = day.month - 1 if add_months(anchor, day.month - 1) <= day else day.month - 2
    return BillingPeriod(starts_on=add_months(anchor, months), ends_on=add_months(anchor, months + 1) - DAY)


def available_on(program: Program, period: BillingPeriod) -> date:
    """The last day on which the documents appear: the 8th of the next month, or the anniversary and two days.

    R-CHARGE-02, R-CHARGE-04, AMB-39.
    """
    if program is Program.NEW_COMMERCE:
        return period.ends_on + _DAYS_TO_THE_EIGHTH
    return period.starts_on + _DAYS_AFTER_THE_ANNIVERSARY


_DAYS_TO_THE_EIGHTH = timedelta(days=8)
_DAYS_AFTER_THE_ANNIVERSARY = timedelta(days=2)


def program_of(line: ChargeLine) -> Program:
    """The program whose invoice a line belongs on; the words of the two files have none in common."""
    return Program.LEGACY if line.charge_type in _LEGACY_WORDS else Program.NEW_COMMERCE


_LEGACY_WORDS = frozenset(word for word, _ in LEGACY.lines.values())


def lines_of(
    period: BillingPeriod, lines: Iterable[ChargeLine], program: Program, currency: str, invoiced: Iterable[ChargeLine]
) -> Lines:
    """The lines that belong on the invoice of a period: ordered in it, and on no valid invoice yet (R-CHARGE-06)."""
    return tuple(
        line
        for line in not_invoiced(lines, invoiced)
        if line.at.date() in period and line.currency == currency and program_of(line) is program
    )


class Document(Enum):
    """What kind of paper it is."""

    INVOICE = "invoice"
    VOID_NOTE = "void-note"


@frozen(kw_only=True)
class Invoice:
    """What the partner owes for a period. `replaces` is the voided invoice that this one stands for."""

    invoice_id: str
    document: Document = Document.INVOICE
    period: BillingPeriod
    issued_at: datetime
    amount: Decimal
    currency: str
    lines: Lines = ()
    po_number: str | None = None
    address: str | None = None
    replaces: str | None = None

    @property
    def due_on(self) -> date:
        """The last day to pay (R-CHARGE-17)."""
        return self.issued_at.date() + DUE_AFTER


def void_note(invoice: Invoice, void_id: str, at: datetime) -> Invoice:
    """The exact negative of an invoice (R-CHARGE-10)."""
    return evolve(
        invoice,
        invoice_id=void_id,
        document=Document.VOID_NOTE,
        issued_at=at,
        amount=-invoice.amount,
        lines=tuple(line.given_back() for line in invoice.lines),
        replaces=invoice.invoice_id,
    )


def rebilled(
    invoice: Invoice,
    new_invoice_id: str,
    at: datetime,
    *,
    amount: Decimal | None = None,
    po_number: str | None = None,
    address: str | None = None,
) -> Invoice:
    """The invoice that replaces a voided one, with what was wrong put right (R-CHARGE-10, R-CHARGE-19)."""
    return evolve(
        invoice,
        invoice_id=new_invoice_id,
        issued_at=at,
        amount=invoice.amount if amount is None else amount,
        po_number=po_number or invoice.po_number,
        address=address or invoice.address,
        replaces=invoice.invoice_id,
    )


def valid(invoices: Iterable[Invoice]) -> tuple[Invoice, ...]:
    """The invoices that count: neither void notes nor what they or a rebill replaced (R-CHARGE-11)."""
    every = tuple(invoices)
    replaced = {invoice.replaces for invoice in every}
    return tuple(
        invoice for invoice in every if invoice.document is Document.INVOICE and invoice.invoice_id not in replaced
    )
