"""Money for people: charge lines, the documents of a period, and what an account owes."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from rich.panel import Panel
from rich.table import Table

from csp_lifecycle.billing.account import Balance, InvoiceStatus, Standing
from csp_lifecycle.cli.console import Piece, Rows, Terminal, styled
from csp_lifecycle.cli.words import Named, count, deadline
from csp_lifecycle.vocabulary.account import Account, Document, Invoice
from csp_lifecycle.vocabulary.charge_line import ChargeLine
from csp_lifecycle.wire.account import amount_text

_COLORS = {
    InvoiceStatus.OPEN: "yellow",
    InvoiceStatus.PAID: "green",
    InvoiceStatus.OVERDUE: "red",
    InvoiceStatus.VOIDED: "dim",
}
_AMOUNT = 16


def charge_rows(terminal: Terminal, lines: Iterable[ChargeLine], named: Named) -> Rows:
    """Charge lines, one a row."""
    columns = (
        ("subscription", None),
        ("what for", 18),
        ("days", 24),
        ("seats", 5),
        ("each", 10),
        ("amount", _AMOUNT),
    )
    rows = Rows(terminal, *columns)
    for line in lines:
        rows.row(
            styled((line.subscription_id, "bold"), (f"\n{named(line.offer_id)}", "dim")),
            line.charge_type.value,
            f"{line.starts_on} to\n{line.ends_on}",
            f"{line.seats:>5}",
            f"{_short(line):>10}",
            _amount(f"{line.currency} {line.amount}", credit=line.amount < 0),
        )
    return rows


def cost_rows(terminal: Terminal, lines: Iterable[ChargeLine]) -> None:
    """The charge lines that one command causes, each in a row under what it recorded."""
    columns = (4, 1, 24, None, 5, 10, _AMOUNT)
    rows = Rows(terminal, *(("", width) for width in columns), heading=False)
    for line in lines:
        rows.row(
            "",
            "",
            (f"{line.starts_on} to {line.ends_on}", "dim"),
            styled((line.subscription_id, "bold"), f"  {line.charge_type.value}"),
            f"{line.seats:>5}",
            f"{_short(line):>10}",
            _amount(f"{line.currency} {line.amount}", credit=line.amount < 0),
        )


def _short(line: ChargeLine) -> str:
    """The effective price in as many digits as fit; all of them stand in the JSON."""
    return f"{line.effective_unit_price:.4f}"


def _amount(text: str, *, credit: bool) -> Piece:
    return f"{text:>{_AMOUNT}}", "green" if credit else ""


def documents(
    terminal: Terminal, account: Account, found: Iterable[Invoice], stands: Mapping[str, Standing], named: Named
) -> int:
    """The documents, each as a card with its lines below; how many there were."""
    number = 0
    for number, document in enumerate(found, 1):  # noqa: B007 - the last number is the answer
        terminal.print(_card(account, document, stands[document.invoice_id]))
        if document.lines:
            charge_rows(terminal, document.lines, named)
        terminal.print()
    return number


def _card(account: Account, document: Invoice, standing: Standing) -> Panel:
    money = {
        "amount": document.amount,
        "paid": standing.paid,
        "credited": standing.credited,
        "still due": standing.due,
    }
    facts = {
        "period": f"{document.period.starts_on} to {document.period.ends_on}",
        "available": f"by {document.available_on}",
        "issued": f"{document.issued_on}, due on {document.due_on}",
        **{name: f"{account.currency} {amount_text(amount, account.currency)}" for name, amount in money.items()},
        "PO number": document.po_number,
        "address": document.address,
        "voided by": document.voided_by,
        "rebilled as": document.rebilled_as,
    }
    kind = "void note" if document.document is Document.VOID_NOTE else "invoice"
    color = _COLORS[standing.status]
    head = styled(f" {kind} {document.invoice_id} · ", (standing.status.value, f"bold {color}"), " ")
    return Panel(_grid(facts), title=head, title_align="left", border_style=color, padding=(0, 2))


def _grid(facts: Mapping[str, str | None]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    for name, value in facts.items():
        if value is not None:
            grid.add_row(name, styled(value))
    return grid


def balance_card(account: Account, balance: Balance, as_of: datetime) -> Panel:
    """What an account owes."""

    def shown(name: str) -> str:
        return f"{account.currency} {amount_text(getattr(balance, name), account.currency)}"

    documents_ = count(sum(1 for _ in account.valid), "valid invoice")
    facts = {
        "invoiced": f"{shown('invoiced')}, on {documents_}",
        "paid": shown("allocated"),
        "credited": shown("credited"),
        "due": f"{shown('due')}, of which overdue: {shown('overdue')}",
        "unallocated": f"{shown('unallocated')}, which lowers nothing until it is allocated",
        "access": "yes" if account.access else "lost",
    }
    color = "red" if balance.overdue or not account.access else "green"
    head = styled(f" account {account.account_id} · {account.program.value} ")
    foot = styled((f" as of {deadline(as_of)} UTC ", "dim"))
    return Panel(
        _grid(facts), title=head, title_align="left", subtitle=foot, subtitle_align="right", border_style=color
    )
