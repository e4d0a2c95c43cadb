"""Money values: minor units, exactness, and the rounding modes against every figure they reproduce."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iso4217 import Currency

from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.values.money import (
    TOTAL_DOWN,
    TOTAL_HALF_UP,
    UNIT_DOWN,
    UNIT_HALF_UP,
    Direction,
    Rounding,
    Share,
    charged,
    daily_rounded,
    decimal,
    exact,
    minor_digits,
    rounded,
    shown,
)
from csp_lifecycle.vocabulary.catalog import Price

DAILY_2, DAILY_3 = daily_rounded(2), daily_rounded(3)

CANCELED = ("10.08", 29, 31, 10)
UPGRADED_FROM, UPGRADED_TO = ("10.08", 23, 30, 300), ("6.43", 23, 30, 300)
PARTLY_FROM, PARTLY_TO = ("10.08", 23, 30, 100), ("6.43", 23, 30, 100)
MIGRATED_TO, MIGRATED_FROM = ("16", 27, 28, 1), ("16", 27, 31, 1)
TEN, TWELVE, EIGHT = ("10.08", 28, 30, 10), ("10.08", 28, 30, 12), ("10.08", 28, 30, 8)
ONE_IN_2019, TWO_IN_2019 = ("4", 29, 30, 1), ("4", 29, 30, 2)
USED, CHANGED = ("4", 19, 31, 1), ("4", 12, 31, 2)
FIRST_DAY, NEXT_MONTH, REST = ("211.20", 1, 365, 1), ("211.20", 27, 365, 2), ("211.20", 337, 365, 2)
YEAR_USED, YEAR_ONE, YEAR_BOTH = ("48", 19, 365, 1), ("48", 346, 365, 1), ("48", 346, 365, 2)
YEAR_SUSPENDED, MONTH_SUSPENDED = ("48", 318, 365, 1), ("4", 12, 28, 1)

# Table 2.16.1: mode, what is priced (price, days, of days, seats), the printed figure.
REPRODUCED = [
    *((UNIT_DOWN, CANCELED, "94.20"), (UNIT_DOWN, UPGRADED_FROM, "2316.00"), (UNIT_DOWN, UPGRADED_TO, "1476.00")),
    *((UNIT_DOWN, PARTLY_FROM, "772.00"), (UNIT_DOWN, PARTLY_TO, "492.00")),
    *((UNIT_DOWN, MIGRATED_TO, "15.42"), (UNIT_DOWN, MIGRATED_FROM, "13.93")),
    *((TOTAL_DOWN, TEN, "94.08"), (TOTAL_DOWN, TWELVE, "112.89"), (TOTAL_DOWN, EIGHT, "75.26")),
    *((UNIT_HALF_UP, ONE_IN_2019, "3.87"), (UNIT_HALF_UP, TWO_IN_2019, "7.74")),
    *((UNIT_HALF_UP, USED, "2.45"), (UNIT_HALF_UP, CHANGED, "3.10")),
    *((UNIT_HALF_UP, FIRST_DAY, "0.58"), (UNIT_HALF_UP, REST, "390.00")),
    *((TOTAL_HALF_UP, FIRST_DAY, "0.58"), (TOTAL_HALF_UP, NEXT_MONTH, "31.25"), (TOTAL_HALF_UP, REST, "390.00")),
    *((TOTAL_HALF_UP, USED, "2.45"), (TOTAL_HALF_UP, CHANGED, "3.10"), (TOTAL_HALF_UP, ONE_IN_2019, "3.87")),
    *((DAILY_2, YEAR_USED, "2.47"), (DAILY_2, YEAR_ONE, "44.98"), (DAILY_2, YEAR_BOTH, "89.96")),
    *((DAILY_2, YEAR_SUSPENDED, "41.34"), (DAILY_3, USED, "2.45"), (DAILY_3, MONTH_SUSPENDED, "1.72")),
]
NOT_REPRODUCED = [
    *((UNIT_DOWN, TEN, "94.08"), (UNIT_DOWN, TWELVE, "112.89"), (UNIT_DOWN, EIGHT, "75.26")),
    *((TOTAL_DOWN, CANCELED, "94.20"), (TOTAL_DOWN, UPGRADED_FROM, "2316.00"), (TOTAL_DOWN, UPGRADED_TO, "1476.00")),
    *((TOTAL_DOWN, PARTLY_FROM, "772.00"), (TOTAL_DOWN, PARTLY_TO, "492.00")),
    *((TOTAL_DOWN, ONE_IN_2019, "3.87"), (TOTAL_DOWN, TWO_IN_2019, "7.74")),
    *((UNIT_HALF_UP, NEXT_MONTH, "31.25"), (TOTAL_HALF_UP, TWO_IN_2019, "7.74"), (TOTAL_HALF_UP, TWELVE, "112.89")),
]


def amount(rounding: Rounding, priced: tuple[str, int, int, int], currency: str = "EUR") -> Decimal:
    price, days, of, seats = priced
    return charged(Decimal(price), Share(days, Fraction(days, of)), seats, currency, rounding).amount


@pytest.mark.parametrize(("rounding", "priced", "figure"), REPRODUCED)
def test_a_mode_reproduces_its_printed_figures(
    rounding: Rounding, priced: tuple[str, int, int, int], figure: str
) -> None:  # R-PRORATE-08, table 2.16.1
    assert str(amount(rounding, priced)) == figure


@pytest.mark.parametrize(("rounding", "priced", "figure"), NOT_REPRODUCED)
def test_no_mode_reproduces_all_of_them(
    rounding: Rounding, priced: tuple[str, int, int, int], figure: str
) -> None:  # R-PRORATE-08, table 2.16.1
    assert str(amount(rounding, priced)) != figure


def test_minor_units_are_those_of_iso_4217() -> None:
    published = {currency.code: currency.exponent for currency in Currency if currency.exponent is not None}
    assert {code: minor_digits(code) for code in published} == published


@pytest.mark.parametrize(("currency", "figure"), [("JPY", "970"), ("EUR", "970.66"), ("KWD", "970.666")])
def test_an_amount_has_the_minor_digits_of_its_currency(currency: str, figure: str) -> None:
    assert str(amount(TOTAL_DOWN, ("1040", 28, 30, 1), currency)) == figure


def test_a_unit_price_is_cut_to_the_minor_unit_before_it_is_multiplied() -> None:
    assert str(amount(UNIT_DOWN, ("1040", 28, 30, 3), "JPY")) == "2910"


def test_all_days_of_a_cycle_cost_its_price() -> None:  # R-PRORATE-02: dividing first makes it 3.99
    assert str(amount(UNIT_DOWN, ("4.00", 30, 30, 1))) == "4.00"


@pytest.mark.parametrize("amount", [0.1, True, "9.99", None])
def test_only_exact_numbers_are_money(amount: Any) -> None:  # R-PRORATE-13
    with pytest.raises(TypeError, match="money must be a Decimal"):
        exact(amount)


def test_a_price_is_never_a_float() -> None:  # R-PRORATE-13
    through_a_float: Any = 10.08
    with pytest.raises(TypeError, match=r'amount must be a Decimal, not 10\.08: write Decimal\("9\.99"\)'):
        Price(term=TermLength.MONTH, plan=Plan.MONTHLY, amount=through_a_float, currency="EUR")


@pytest.mark.parametrize(("amount", "problem"), [("-0.01", "must not be negative"), ("NaN", "must be a finite amount")])
def test_a_price_is_an_amount_from_nothing_on(amount: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"amount {problem}"):
        Price(term=TermLength.MONTH, plan=Plan.MONTHLY, amount=Decimal(amount), currency="EUR")


def test_a_whole_number_is_a_price_and_kept_as_a_decimal() -> None:  # R-PRORATE-13
    whole: Any = 7
    price = Price(term=TermLength.MONTH, plan=Plan.MONTHLY, amount=whole, currency="EUR")
    assert repr(price.amount) == "Decimal('7')"


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity"])
def test_money_is_finite(amount: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        exact(Decimal(amount))


@pytest.mark.parametrize(
    ("figure", "currency", "text"),
    [
        (Fraction(9408, 1000), "EUR", "9.408"),  # the line of the JSON contract
        (Fraction(10), "EUR", "10.00"),
        (Fraction(19, 2), "EUR", "9.50"),
        (Fraction(10), "JPY", "10"),
        (Fraction(20, 3), "EUR", "6.66666666666667"),
        (Fraction(-2, 3), "KWD", "-0.666666666666667"),
        (Fraction(123456789), "EUR", "123456789.00"),
    ],
)
def test_a_figure_is_shown_with_fifteen_digits_at_most(figure: Fraction, currency: str, text: str) -> None:  # D-24
    assert str(shown(figure, currency)) == text


figures = st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=10**6)


@given(figures, st.integers(0, 4), st.sampled_from(Direction))
def test_a_refund_and_a_charge_of_one_figure_cancel(figure: Fraction, digits: int, direction: Direction) -> None:
    # R-PRORATE-13
    assert rounded(figure, digits, direction) + rounded(-figure, digits, direction) == 0


@given(figures, st.integers(0, 4))
def test_truncation_is_toward_zero_and_by_less_than_a_unit(figure: Fraction, digits: int) -> None:  # R-PRORATE-13
    cut = rounded(figure, digits, Direction.DOWN)
    assert abs(cut) <= abs(figure) < abs(cut) + Fraction(1, 10**digits)


@given(figures, st.integers(0, 4))
def test_half_up_is_the_nearest_figure(figure: Fraction, digits: int) -> None:
    near = rounded(figure, digits, Direction.HALF_UP)
    assert abs(near - figure) * 2 <= Fraction(1, 10**digits)


@given(st.integers(-(10**40), 10**40), st.integers(0, 4))
def test_an_amount_of_any_size_stays_exact(units: int, digits: int) -> None:
    assert Fraction(decimal(Fraction(units, 10**digits), digits)) == Fraction(units, 10**digits)
