"""The account: what is invoiced and paid, as frozen values. Rules live elsewhere; these only remember."""

from collections.abc import Container, Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from attrs import frozen

from csp_lifecycle.vocabulary.charge_line import Lines
from csp_lifecycle.vocabulary.fields import money, text


class Program(Enum):
    """The two ways in which a partner is invoiced; whatever is not legacy is billed as new commerce is."""

    LEGACY = "legacy"
    NEW_COMMERCE = "new-commerce"


@frozen(kw_only=True)
class BillingPeriod:
    """The days whose orders an invoice collects; both are included."""

    starts_on: date
    ends_on: date

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on


class Document(Enum):
    """What kind of paper it is."""

    INVOICE = "invoice"
    VOID_NOTE = "void-note"


@frozen(kw_only=True)
class Allocation:
    """How much of a payment or credit note is for an invoice."""

    invoice_id: str = text()
    amount: Decimal = money()


Allocations = tuple[Allocation, ...]


@frozen(kw_only=True)
class CarriedOver:
    """How much of a payment or credit note goes on counting for the invoice that replaces another (R-CHARGE-13)."""

    receipt_id: str = text()
    amount: Decimal = money()


@frozen(kw_only=True)
class Invoice:
    """A document for a period: what the partner owes, or in a void note no longer owes.

    `due_on` is the last day to pay. A voided invoice names its void note, and what replaced it if something did.
    """

    invoice_id: str
    document: Document = Document.INVOICE
    period: BillingPeriod
    available_on: date
    issued_on: date
    due_on: date
    amount: Decimal
    lines: Lines = ()
    po_number: str | None = None
    address: str | None = None
    voided_by: str | None = None
    rebilled_as: str | None = None

    @property
    def is_valid(self) -> bool:
        """Whether it counts: void notes and what they void do not (R-CHARGE-11)."""
        return self.document is Document.INVOICE and self.voided_by is None


class ReceiptKind(Enum):
    """Where money comes from."""

    PAYMENT = "payment"
    CREDIT_NOTE = "credit-note"


@frozen(kw_only=True)
class Receipt:
    """A payment or a credit note, and which invoices it was said to be for."""

    receipt_id: str
    kind: ReceiptKind
    amount: Decimal
    allocations: Allocations = ()

    def allocated_to(self, invoice_ids: Container[str]) -> Decimal:
        """How much of it was said to be for these invoices."""
        return sum((one.amount for one in self.allocations if one.invoice_id in invoice_ids), Decimal(0))


@frozen(kw_only=True)
class Account:
    """What the events of an account add up to. Documents stand in the order in which they were issued."""

    account_id: str
    program: Program
    currency: str
    anniversary_day: int
    access: bool = True
    documents: tuple[Invoice, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    version: int
    as_of: datetime

    @property
    def valid(self) -> Iterator[Invoice]:
        """The invoices that count, oldest first (R-CHARGE-11)."""
        return (document for document in self.documents if document.is_valid)

    def invoice(self, invoice_id: str) -> Invoice | None:
        """The invoice with this number, whatever became of it."""
        found = (one for one in self.documents if one.invoice_id == invoice_id and one.document is Document.INVOICE)
        return next(found, None)

    def last_of_chain(self, invoice_id: str) -> Invoice | None:
        """The invoice that this one was replaced by in the end, or itself (R-CHARGE-11)."""
        found = self.invoice(invoice_id)
        while found is not None and found.rebilled_as is not None:
            found = self.invoice(found.rebilled_as)
        return found

    def chain_to(self, invoice_id: str) -> frozenset[str]:
        """The numbers of an invoice and of all that it replaced (R-CHARGE-11)."""
        chain = {invoice_id}
        # What was replaced stands before what replaced it.
        for document in reversed(self.documents):
            if document.rebilled_as in chain:
                chain.add(document.invoice_id)
        return frozenset(chain)

    def receipt(self, receipt_id: str) -> Receipt | None:
        """The payment or credit note with this id."""
        return next((one for one in self.receipts if one.receipt_id == receipt_id), None)
