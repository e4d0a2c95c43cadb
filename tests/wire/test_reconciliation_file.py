"""The reconciliation file as CSV: columns in any order, broken rows reported, written and read back."""

import io
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.billing.reconciliation import reconcile
from csp_lifecycle.billing.stated import StatedLine, stated
from csp_lifecycle.errors import UnreadableFileError
from csp_lifecycle.vocabulary.charge_line import ChargeLine, ChargeType
from csp_lifecycle.wire.reconciliation_file import read_reconciliation_csv, reconciliation_csv

HEADER = (
    "PartnerId,CustomerId,CustomerName,OrderDate,ProductId,SkuId,AvailabilityId,ChargeType,UnitPrice,Quantity,Subtotal,"
    "TaxTotal,Currency,SubscriptionId,ChargeStartDate,ChargeEndDate,EffectiveUnitPrice,BillableQuantity,"
    "BillingFrequency,ReferenceId"
)
ADDED = (
    'p,contoso,"Contoso, Ltd.",6/20/2021,DZH1,006G,DZH3,AddQuantity,10.08,12,112.89,21.45,EUR,S-1,'
    "6/20/2021 12:00:00 AM,2021-07-17T00:00:00Z,9.408,12,Monthly,r-1"
)
LINE = StatedLine(
    row=2,
    customer_id="contoso",
    subscription_id="S-1",
    offer_id="DZH1:006G:DZH3",
    charge_type="addQuantity",
    ordered_on=date(2021, 6, 20),
    starts_on=date(2021, 6, 20),
    ends_on=date(2021, 7, 17),
    unit_price=Decimal("10.08"),
    effective_unit_price=Decimal("9.408"),
    quantity=Decimal(12),
    amount=Decimal("112.89"),
    currency="EUR",
    reference_id="r-1",
    frequency="Monthly",
    other={"PartnerId": "p", "CustomerName": "Contoso, Ltd.", "TaxTotal": "21.45"},
)


def without(column: str, rows: Iterable[str]) -> list[str]:
    index = HEADER.split(",").index(column)
    return [",".join(cell for number, cell in enumerate(row.split(",")) if number != index) for row in rows]


def test_a_row_is_read_with_the_columns_nobody_knows() -> None:  # R-CHARGE-23
    assert read_reconciliation_csv([HEADER, ADDED]).lines == (LINE,)
    assert read_reconciliation_csv(["\ufeff" + HEADER + "\r\n", "\r\n", ADDED + "\r\n"]).lines[0].row == 3


def test_columns_may_stand_in_any_order() -> None:
    pairs = list(zip(HEADER.split(","), ADDED.replace("Contoso, Ltd.", "Contoso").split(","), strict=True))[::-1]
    turned = [",".join(name for name, _ in pairs), ",".join(cell for _, cell in pairs)]
    (line,) = read_reconciliation_csv(turned).lines
    assert (line.charge_type, line.amount, line.other["CustomerName"]) == ("addQuantity", Decimal("112.89"), "Contoso")


@pytest.mark.parametrize(("frequency", "recurring"), [("Monthly", True), ("Annual", True), ("", False)])
def test_what_comes_again_says_how_often(frequency: str, recurring: bool) -> None:  # noqa: FBT001 - R-CHARGE-07
    (line,) = read_reconciliation_csv([HEADER, ADDED.replace("Monthly", frequency)]).lines
    assert line.recurring is recurring


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("New", "new"),
        ("cancelImmediate", "cancelImmediate"),
        ("Cycle instance prorate", "cycleInstanceProrate"),
        ("Something Microsoft thought of later", "Something Microsoft thought of later"),
    ],
)
def test_a_charge_type_is_known_however_it_is_written(written: str, word: str) -> None:  # R-CHARGE-23
    (line,) = read_reconciliation_csv([HEADER, ADDED.replace("AddQuantity", written)]).lines
    assert line.charge_type == word


def test_a_negative_quantity_is_a_credit_like_a_negative_price() -> None:
    credit = ADDED.replace(",12,112.89", ",-12,-112.89").replace(",9.408,12,", ",9.408,-12,")
    (line,) = read_reconciliation_csv([HEADER, credit]).lines
    assert (line.quantity, line.effective_unit_price, line.is_credit) == (Decimal(12), Decimal("-9.408"), True)


def test_without_a_billable_quantity_the_quantity_counts() -> None:
    (line,) = read_reconciliation_csv(without("BillableQuantity", [HEADER, ADDED.replace("Contoso, ", "")])).lines
    assert line.quantity == 12


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("112.89", "112,89", "it has 21 cells and the header 20: every row has as many as the header"),
        ("112.89", "EUR 1", "Subtotal must be a decimal number such as -12.34, not 'EUR 1'"),
        ("112.89", "", "Subtotal must be a decimal number such as -12.34, not ''"),
        ("112.89", "NaN", "Subtotal must be a decimal number such as -12.34, not 'NaN'"),
        ("9.408,12,", "9.408,a dozen,", "BillableQuantity must be a decimal number such as -12.34, not 'a dozen'"),
        ("2021-07-17T00:00:00Z", "31/12/2021", "ChargeEndDate must be a day such as 2021-06-20 or 6/20/2021, not '31"),
        ("2021-07-17T00:00:00Z", "2021-02-30", "ChargeEndDate must be a day such as 2021-06-20 or 6/20/2021, not '202"),
        (",6/20/2021,", ",soon,", "OrderDate must be a day such as 2021-06-20 or 6/20/2021, not 'soon'"),
        ("EUR", "euros", "Currency must be a currency code such as EUR, not 'euros'"),
        ('"Contoso, Ltd."', '"Contoso" Ltd.', "its quotes do not close as CSV wants it"),
        ('"Contoso, Ltd."', '"Contoso Ltd.', "its quotes do not close as CSV wants it"),
    ],
)
def test_a_row_that_cannot_be_read_is_reported_and_the_others_are_read(old: str, new: str, problem: str) -> None:
    file = read_reconciliation_csv(f"{row}\n" for row in (HEADER, ADDED, ADDED.replace(old, new, 1), ADDED))
    (unreadable,) = file.unreadable
    assert unreadable.row == 3
    assert unreadable.sentence.startswith(f"row 3: {problem}")
    assert [line.row for line in file.lines] == [2, 4]


def test_a_cell_may_hold_lines_of_its_own() -> None:
    text = "\n".join((HEADER, ADDED.replace(", Ltd.", "\nLtd."), ADDED))
    file = read_reconciliation_csv(text.splitlines(keepends=True))
    assert [line.row for line in file.lines] == [2, 4]
    assert file.lines[0].other["CustomerName"] == "Contoso\nLtd."
    assert file.unreadable == ()


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ([], "the file has no header"),
        (["", "\n"], "the file has no header"),
        (['"CustomerId'], "the file has no header"),
        (without("Subtotal", [HEADER]), "the header lacks Subtotal: take the file of billed line items"),
        (["Name,Amount"], "the header lacks CustomerId, SubscriptionId, .*BillableQuantity or Quantity"),
        ([HEADER + ",Currency"], "the header has Currency twice: keep one of them"),
    ],
)
def test_a_file_without_its_columns_is_an_error_that_names_them(file: list[str], problem: str) -> None:
    with pytest.raises(UnreadableFileError, match=problem):
        read_reconciliation_csv(file)


def test_what_is_written_has_the_file_s_own_columns() -> None:  # R-CHARGE-23
    line = ChargeLine(
        charge_type=ChargeType.ADD_QUANTITY,
        subscription_id="s-1",
        customer_id="contoso",
        offer_id="DZH1:006G:DZH3",
        at=datetime(2021, 6, 20, 10, tzinfo=UTC),
        starts_on=date(2021, 6, 20),
        ends_on=date(2021, 7, 17),
        unit_price=Decimal("10.08"),
        effective_unit_price=Decimal("9.408"),
        seats=12,
        amount=Decimal("112.89"),
        currency="EUR",
        reference_id="r-1",
    )
    header, row = reconciliation_csv([line])
    assert set(header.strip().split(",")) <= set(HEADER.split(","))
    assert row == (
        "contoso,2021-06-20T10:00:00Z,DZH1,006G,DZH3,addQuantity,10.08,12,112.89,EUR,s-1,2021-06-20,2021-07-17,9.408,"
        "12,r-1\n"
    )


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=12)
days = st.dates(date(2000, 1, 1), date(2060, 1, 1))
amounts = st.decimals(-10_000, 10_000, places=2)


@st.composite
def charge_lines(draw: st.DrawFn) -> ChargeLine:
    unit = draw(amounts)
    return ChargeLine(
        charge_type=draw(st.sampled_from(ChargeType)),
        subscription_id=draw(texts),
        customer_id=draw(texts),
        offer_id=draw(texts | st.just("DZH1:006G:DZH3")),
        at=datetime.combine(draw(days), datetime.min.time(), UTC),
        starts_on=draw(days),
        ends_on=draw(days),
        unit_price=abs(unit),
        effective_unit_price=unit,
        seats=draw(st.integers(1, 10**6)),
        amount=draw(amounts),
        currency=draw(st.sampled_from(("EUR", "JPY"))),
        reference_id=draw(texts),
    )


@given(st.lists(charge_lines(), max_size=4))
def test_what_is_written_is_read_back(lines: list[ChargeLine]) -> None:
    text = "".join(reconciliation_csv(lines))
    file = read_reconciliation_csv(io.StringIO(text, newline=""))
    assert file.unreadable == ()
    assert [_said(line) for line in file.lines] == [_said(stated(line)) for line in lines]


@given(st.lists(charge_lines(), max_size=4))
def test_what_is_written_reconciles_with_what_it_was_written_from(lines: list[ChargeLine]) -> None:
    in_euros = [line for line in lines if line.currency == "EUR"]
    assert reconcile(in_euros, read_reconciliation_csv(list(reconciliation_csv(in_euros))).lines) == ()


def _said(line: StatedLine) -> Any:
    return attrs.evolve(line, row=0, other={})
