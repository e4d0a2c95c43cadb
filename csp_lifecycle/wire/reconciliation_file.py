"""The reconciliation file of new commerce as CSV: read row by row, and written with the same column names.

Nothing here opens a file: lines of text come in, lines of text go out. A row that cannot be read is reported with
the line it begins on, and the others are read all the same.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from attrs import frozen

from csp_lifecycle.billing.stated import StatedLine
from csp_lifecycle.errors import UnreadableFileError
from csp_lifecycle.vocabulary.charge_line import ChargeLine
from csp_lifecycle.wire.converter import instant_text
from csp_lifecycle.wire.csv_records import Record, records
from csp_lifecycle.wire.reconciliation_row import QUANTITIES, REQUIRED, CellError, line_of


@frozen
class Unreadable:
    """A row that could not be read: the line of the file it begins on, and what is wrong with it."""

    row: int
    problem: str

    @property
    def sentence(self) -> str:
        """The same, for people."""
        return f"row {self.row}: {self.problem}"


@frozen
class ReconciliationFile:
    """The rows of a reconciliation file, in its order, and those that could not be read."""

    lines: tuple[StatedLine, ...]
    unreadable: tuple[Unreadable, ...]


def read_reconciliation_csv(text: Iterable[str]) -> ReconciliationFile:
    """Read a reconciliation file from its lines of text, as an open text file gives them.

    Columns may stand in any order, and those that nobody knows are kept with their row (R-CHARGE-23).

    Raises:
        UnreadableFileError: there is no header, it lacks a column that is needed, or it has one twice.
    """
    found = iter(records(text))
    header = _header(next(found, None))
    lines, unreadable = list[StatedLine](), list[Unreadable]()
    for record in found:
        try:
            lines.append(line_of(record.row, dict(zip(header, _cells(record, len(header)), strict=True))))
        except CellError as error:
            unreadable.append(Unreadable(record.row, str(error)))
            record.read_on()
    return ReconciliationFile(tuple(lines), tuple(unreadable))


def _header(record: Record | None) -> tuple[str, ...]:
    if record is None or record.cells is None:
        message = "the file has no header: its first line must name the columns of a reconciliation file (R-CHARGE-23)"
        raise UnreadableFileError(message)
    header = tuple(name.strip().lstrip("\ufeff") for name in record.cells)
    missing = [name for name in REQUIRED if name not in header]
    if not set(QUANTITIES) & set(header):
        missing.append(" or ".join(QUANTITIES))
    if missing:
        message = f"the header lacks {', '.join(missing)}: take the file of billed line items of new commerce"
        raise UnreadableFileError(message)
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        message = f"the header has {', '.join(doubled)} twice: keep one of them"
        raise UnreadableFileError(message)
    return header


def _cells(record: Record, width: int) -> list[str]:
    if record.cells is None:
        message = "its quotes do not close as CSV wants it: put each cell that holds one in quotes, and double it"
        raise CellError(message)
    if len(record.cells) != width:
        message = f"it has {len(record.cells)} cells and the header {width}: every row has as many as the header"
        raise CellError(message)
    return record.cells


def reconciliation_csv(lines: Iterable[ChargeLine]) -> Iterator[str]:
    """Charge lines as the rows of a reconciliation file, header first, each ending in a newline."""
    yield _row(_WRITTEN)
    yield from (_row(map(_values(line).__getitem__, _WRITTEN)) for line in lines)


_WRITTEN = (
    "CustomerId",
    "OrderDate",
    "ProductId",
    "SkuId",
    "AvailabilityId",
    "ChargeType",
    "UnitPrice",
    "Quantity",
    "Subtotal",
    "Currency",
    "SubscriptionId",
    "ChargeStartDate",
    "ChargeEndDate",
    "EffectiveUnitPrice",
    "BillableQuantity",
    "ReferenceId",
)


def _values(line: ChargeLine) -> Mapping[str, str]:
    parts = line.offer_id.split(":")
    product, sku, availability = parts if len(parts) == len(_ITEM) and all(parts) else (line.offer_id, "", "")
    return {
        "CustomerId": line.customer_id,
        "OrderDate": instant_text(line.at),
        "ProductId": product,
        "SkuId": sku,
        "AvailabilityId": availability,
        "ChargeType": line.charge_type.value,
        "UnitPrice": str(line.unit_price),
        "Quantity": str(line.seats),
        "Subtotal": str(line.amount),
        "Currency": line.currency,
        "SubscriptionId": line.subscription_id,
        "ChargeStartDate": line.starts_on.isoformat(),
        "ChargeEndDate": line.ends_on.isoformat(),
        "EffectiveUnitPrice": str(line.effective_unit_price),
        "BillableQuantity": str(line.seats),
        "ReferenceId": line.reference_id,
    }


_ITEM = ("ProductId", "SkuId", "AvailabilityId")


def _row(cells: Iterable[str]) -> str:
    written = io.StringIO()
    # Only the signs of the line's end are sure to be quoted in a cell: both of them, whatever ends the line then.
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    return written.getvalue().removesuffix("\r\n") + "\n"
