"""One row of a reconciliation file: from the text of its cells to a line, or to the cell that cannot be read."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from csp_lifecycle.billing.stated import StatedLine
from csp_lifecycle.vocabulary.charge_line import ChargeType

REQUIRED = (
    "CustomerId",
    "SubscriptionId",
    "ChargeType",
    "ChargeStartDate",
    "ChargeEndDate",
    "UnitPrice",
    "EffectiveUnitPrice",
    "Subtotal",
    "Currency",
)
QUANTITIES = ("BillableQuantity", "Quantity")
"""What is billed, and what was bought; the first is what amounts are made of."""


class CellError(ValueError):
    """A row, or a cell of it, that does not say what it must."""


def line_of(row: int, cells: Mapping[str, str]) -> StatedLine:
    """The line that a row states.

    Raises:
        CellError: a cell cannot be read; the message names its column.
    """
    quantity = _amount(cells, next(name for name in QUANTITIES if name in cells))
    price = _amount(cells, "EffectiveUnitPrice")
    return StatedLine(
        row=row,
        customer_id=cells["CustomerId"],
        subscription_id=cells["SubscriptionId"],
        offer_id=":".join(filter(None, (cells.get(name) for name in _ITEM))),
        charge_type=_word(cells["ChargeType"]),
        ordered_on=_day(cells, "OrderDate") if cells.get("OrderDate") else None,
        starts_on=_day(cells, "ChargeStartDate"),
        ends_on=_day(cells, "ChargeEndDate"),
        unit_price=_amount(cells, "UnitPrice"),
        # Some files give a credit a negative quantity instead of a negative price.
        effective_unit_price=-price if quantity < 0 else price,
        quantity=abs(quantity),
        amount=_amount(cells, "Subtotal"),
        currency=_code(cells, "Currency"),
        reference_id=cells.get("ReferenceId") or None,
        frequency=cells.get("BillingFrequency") or None,
        other={name: text for name, text in cells.items() if name not in _READ},
    )


_ITEM = ("ProductId", "SkuId", "AvailabilityId")
_READ = frozenset({*REQUIRED, *QUANTITIES, *_ITEM, "OrderDate", "ReferenceId", "BillingFrequency"})


def _plain(word: str) -> str:
    return "".join(word.split()).casefold()


_WORDS = {_plain(known.value): known.value for known in ChargeType}


def _word(text: str) -> str:
    """Our word for a charge type, however it is spaced and capitalized; the text itself where we have none."""
    return _WORDS.get(_plain(text), text)


_AMOUNT = re.compile(r"[+-]?\d+(\.\d+)?([Ee][+-]?\d{1,2})?")
_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ]\d\d?:\d\d.*)?")
_MONTH_FIRST = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})(?: \d\d?:\d\d.*)?")
_CODE = re.compile(r"[A-Z]{3}")


def _amount(cells: Mapping[str, str], column: str) -> Decimal:
    text = cells[column].strip()
    if not _AMOUNT.fullmatch(text):
        raise _unlike(column, "a decimal number such as -12.34", text)
    return Decimal(text)


def _code(cells: Mapping[str, str], column: str) -> str:
    text = cells[column].strip()
    if not _CODE.fullmatch(text):
        raise _unlike(column, "a currency code such as EUR", text)
    return text


def _day(cells: Mapping[str, str], column: str) -> date:
    """The day of 2021-06-20 or 6/20/2021, whatever time stands behind it: the file writes midnight."""
    text = cells[column].strip()
    iso, month_first = _ISO_DAY.fullmatch(text), _MONTH_FIRST.fullmatch(text)
    parts = iso.group(1, 2, 3) if iso else month_first.group(3, 1, 2) if month_first else ()
    try:
        return date(*map(int, parts))
    except (TypeError, ValueError):
        raise _unlike(column, "a day such as 2021-06-20 or 6/20/2021", text) from None


def _unlike(column: str, expected: str, text: str) -> CellError:
    return CellError(f"{column} must be {expected}, not {text!r}")
