"""Business days, exchange rates, usage, and the table of pricing and billing currencies."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.billing.exchange import RateDay, in_billing_currency, rate_day
from csp_lifecycle.billing.market import Product, compared_in, needs_a_rate, priced_in
from csp_lifecycle.billing.usage import overage, used
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.business_days import business_days_after, business_days_before

Said = Callable[..., Any]

days = st.dates(date(2000, 1, 1), date(2060, 1, 1))
FRIDAY, MONDAY = date(2025, 10, 10), date(2025, 10, 13)


def test_weekends_are_no_business_days() -> None:  # R-CHARGE-16
    assert business_days_after(FRIDAY, 1) == MONDAY
    assert business_days_before(MONDAY, 1) == FRIDAY
    assert business_days_after(FRIDAY, 5) == date(2025, 10, 17)


def test_holidays_are_no_business_days() -> None:  # AMB-42
    assert business_days_before(MONDAY, 1, lambda day: day == FRIDAY) == date(2025, 10, 9)


@given(days, st.integers(1, 30))
def test_business_days_forth_and_back_end_on_the_business_day_before(day: date, count: int) -> None:
    landed = business_days_before(business_days_after(day, count), count)
    assert landed == (day if day.isoweekday() <= 5 else business_days_before(day, 1))


@pytest.mark.parametrize("year", [2021, 2022, 2023])
@pytest.mark.parametrize("day", [1, 17, 31])
def test_december_is_converted_at_the_rate_of_29_november(year: int, day: int) -> None:  # TV-INV-09, R-CHARGE-20
    assert rate_day(date(year, 12, day)) == date(year, 11, 29)


def test_the_other_reading_counts_back_from_the_last_day_of_the_month_before() -> None:  # AMB-42
    assert rate_day(date(2023, 12, 5), RateDay.LAST_DAY_BEFORE) == date(2023, 11, 28)


def test_the_price_of_a_license_is_cut_before_it_is_multiplied(sold: Said, buy: Said, lines: Said) -> None:
    # R-PRORATE-09
    (line,) = lines(Scenario(buy("2021-06-18", seats=3), catalog=sold(currency="USD")))
    billed = in_billing_currency(line, Decimal("0.9137"), "EUR")
    assert (str(billed.effective_unit_price), str(billed.amount), billed.currency) == ("9.21", "27.63", "EUR")
    assert in_billing_currency(line, Decimal("131.2"), "JPY").amount == Decimal(3966)


def test_a_credit_converts_to_the_negative_of_its_charge(sold: Said, buy: Said, lines: Said) -> None:
    (line,) = lines(Scenario(buy("2021-06-18", seats=3), catalog=sold()))
    rate = Decimal("1.08375")
    assert in_billing_currency(line.given_back(), rate, "USD") == in_billing_currency(line, rate, "USD").given_back()


def test_usage_is_cut_in_both_currencies() -> None:  # R-PRORATE-09: 0.0333 x 7 is 0.2331, then 0.23 x 0.9 is 0.207
    assert used(Decimal("0.0333"), Decimal(7), "USD") == Decimal("0.23")
    assert used(Decimal("0.0333"), Decimal(7), "USD", rate=Decimal("0.9"), billed_in="EUR") == Decimal("0.20")


def test_only_what_a_fee_does_not_include_is_charged_beside_it() -> None:  # TV-INV-12, R-USAGE-05
    fee = Decimal("10.00")
    assert fee + overage(Decimal(150), Decimal(100), Decimal("0.10"), "USD") == Decimal("15.00")
    assert overage(Decimal(80), Decimal(100), Decimal("0.10"), "USD") == 0


@pytest.mark.parametrize(
    ("product", "currency"),
    [
        (Product.AZURE_PAY_AS_YOU_GO, "USD"),
        (Product.AZURE_RESERVATION, "USD"),
        (Product.AZURE_SAVINGS_PLAN, "USD"),
        (Product.MARKETPLACE, "USD"),
        (Product.LICENSE_BASED, "EUR"),
        (Product.SOFTWARE_SUBSCRIPTION, "EUR"),
        (Product.PERPETUAL_SOFTWARE, "EUR"),
    ],
)
def test_a_product_is_priced_in_dollars_or_in_the_partner_s_currency(product: Product, currency: str) -> None:
    # TV-INV-14, R-MARKET-01..07
    assert priced_in(product, "EUR") == currency
    assert needs_a_rate(product, "EUR") is (currency == "USD")
    assert not needs_a_rate(product, "USD")


def test_prices_are_compared_in_the_partner_s_currency_for_customers_abroad() -> None:  # R-MARKET-09
    assert compared_in("CHF", "EUR", customer_abroad=True) == "EUR"
    assert compared_in("CHF", "EUR", customer_abroad=False) == "CHF"
