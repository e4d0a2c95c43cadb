"""Business days, exchange rates, usage, and the table of pricing and billing currencies."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.billing.exchange import Rates, billed_in, in_billing_currency, rate_day
from csp_lifecycle.billing.market import Product, compared_in, needs_a_rate, priced_in
from csp_lifecycle.billing.usage import Meter, Usage, overage, usage_lines, used
from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.charging import RateDay
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.business_days import business_days_after, business_days_before
from csp_lifecycle.values.calendar import Cycle
from csp_lifecycle.values.money_errors import MissingMeterError, MissingRateError, MixedCurrenciesError
from csp_lifecycle.vocabulary.charge_line import total

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


def rates(known: dict[tuple[str, str, str], str]) -> Rates:
    """Rates by both currencies and the day, such as ("USD", "EUR", "2021-05-28")."""
    return lambda priced, billed, on: (
        None if (text := known.get((priced, billed, on.isoformat()))) is None else Decimal(text)
    )


def test_every_charge_takes_the_rate_of_its_own_month(sold: Said, buy: Said, advance: Said, lines: Said) -> None:
    # R-CHARGE-20, R-CHARGE-21: the rate may change during a term
    scenario = Scenario(buy("2021-06-18", seats=3), advance("2021-07-18"), catalog=sold(currency="USD"))
    known = {("USD", "EUR", "2021-05-28"): "0.9137", ("USD", "EUR", "2021-06-29"): "0.95"}
    billed = billed_in("EUR", lines(scenario), rates(known))
    assert [(str(line.amount), line.currency) for line in billed] == [("27.63", "EUR"), ("28.71", "EUR")]


def test_a_rate_may_be_of_another_day_by_reading_or_holiday(sold: Said, buy: Said, lines: Said) -> None:  # AMB-42
    charged = lines(Scenario(buy("2021-06-18", seats=1), catalog=sold(currency="USD")))
    known = rates({("USD", "EUR", "2021-05-27"): "0.9"})
    reading = POLICIES["new-commerce.rate-before-month-end"].charges.rate_day
    by_reading = billed_in("EUR", charged, known, reading=reading)
    by_holiday = billed_in("EUR", charged, known, is_holiday=lambda day: day == date(2021, 5, 31))
    assert [str(line.amount) for line in (*by_reading, *by_holiday)] == ["9.07", "9.07"]


def test_everything_is_billed_in_the_partner_s_currency(sold: Said, buy: Said, lines: Said) -> None:
    # R-MARKET-08, R-CHARGE-22: what is priced in it needs no rate
    priced = lines(Scenario(buy("2021-06-18"), catalog=sold()))
    assert billed_in("EUR", priced, rates({})) == priced


def test_a_rate_that_nobody_told_is_an_error_that_names_its_day(sold: Said, buy: Said, lines: Said) -> None:
    charged = lines(Scenario(buy("2021-06-18"), catalog=sold(currency="USD")))
    with pytest.raises(MissingRateError, match=r"from USD to EUR for 2021-05-28.*\(R-CHARGE-20\): add it to the rates"):
        billed_in("EUR", charged, rates({}))


def test_usage_is_cut_in_both_currencies() -> None:  # R-PRORATE-09: 0.0333 x 7 is 0.2331, then 0.23 x 0.9 is 0.207
    assert used(Decimal("0.0333"), Decimal(7), "USD") == Decimal("0.23")
    assert used(Decimal("0.0333"), Decimal(7), "USD", rate=Decimal("0.9"), billed_in="EUR") == Decimal("0.20")


def test_only_what_a_fee_does_not_include_is_charged_beside_it() -> None:  # TV-INV-12, R-USAGE-05
    fee = Decimal("10.00")
    assert fee + overage(Decimal(150), Decimal(100), Decimal("0.10"), "USD") == Decimal("15.00")
    assert overage(Decimal(80), Decimal(100), Decimal("0.10"), "USD") == 0


def test_amounts_in_two_currencies_are_not_added_up(sold: Said, buy: Said, lines: Said) -> None:  # R-CHARGE-22
    (euros,) = lines(Scenario(buy("2021-06-18"), catalog=sold()))
    (dollars,) = lines(Scenario(buy("2021-06-18"), catalog=sold(currency="USD")))
    with pytest.raises(
        MixedCurrenciesError, match=r"currency must be the same for all, not EUR and USD \(R-CHARGE-22\)"
    ):
        total([euros, dollars])
    (nothing,) = lines(Scenario(buy("2021-06-18"), catalog=sold("0", currency="USD")))
    assert total([euros, nothing]) == Decimal("100.80")


JUNE = Cycle(starts_on=date(2025, 6, 1), ends_on=date(2025, 6, 30))
METERS = {
    "backup": Meter(unit_price=Decimal("0.10"), currency="USD", included=Decimal(100)),
    "hours": Meter(unit_price=Decimal("0.0333"), currency="USD"),
}


def counted(day: str, meter: str, quantity: str, subscription_id: str = "s-1") -> Usage:
    return Usage(
        subscription_id=subscription_id,
        customer_id="contoso",
        meter_id=meter,
        on=date.fromisoformat(day),
        quantity=Decimal(quantity),
    )


def test_a_meter_is_billed_once_for_each_subscription_and_month() -> None:
    # R-USAGE-01, R-USAGE-02, R-USAGE-05: what was counted outside the month belongs to another bill
    usages = (
        counted("2025-06-01", "backup", "90"),
        counted("2025-06-30", "backup", "60"),
        counted("2025-05-31", "hours", "1000"),
        counted("2025-07-01", "hours", "1000"),
        counted("2025-06-10", "hours", "7.5", "s-2"),
        counted("2025-06-11", "backup", "80", "s-2"),
    )
    lines = usage_lines(usages, METERS, JUNE)
    assert [(line.subscription_id, line.meter_id, str(line.billed), str(line.amount)) for line in lines] == [
        ("s-1", "backup", "50", "5.00"),
        ("s-2", "hours", "7.5", "0.24"),
        ("s-2", "backup", "0", "0.00"),
    ]
    assert {(line.starts_on, line.ends_on, line.currency) for line in lines} == {
        (date(2025, 6, 1), JUNE.ends_on, "USD")
    }


def test_a_metered_line_may_be_billed_in_another_currency() -> None:  # R-PRORATE-09
    (line,) = usage_lines([counted("2025-06-10", "hours", "7")], METERS, JUNE, rate=Decimal("0.9"), billed_in="EUR")
    assert (str(line.amount), line.currency) == ("0.20", "EUR")


def test_a_meter_without_a_price_is_an_error_that_names_it() -> None:
    with pytest.raises(MissingMeterError, match=r"meter_id 'gas' \(R-USAGE-05\): add it to the meters"):
        usage_lines([counted("2025-06-10", "gas", "1")], METERS, JUNE)


@given(st.lists(st.tuples(st.dates(JUNE.starts_on, JUNE.ends_on), st.decimals(0, 1000, places=3)), max_size=5))
def test_it_does_not_matter_in_how_many_readings_usage_came(read: list[tuple[date, Decimal]]) -> None:
    usages = [counted(day.isoformat(), "hours", str(quantity)) for day, quantity in read]
    whole = counted("2025-06-01", "hours", str(sum((quantity for _, quantity in read), Decimal(0))))
    assert usage_lines(usages, METERS, JUNE) == (usage_lines([whole], METERS, JUNE) if read else ())


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
    # TV-INV-14, R-MARKET-01..07, R-CHARGE-26
    assert priced_in(product, "EUR") == currency
    assert needs_a_rate(product, "EUR") is (currency == "USD")
    assert not needs_a_rate(product, "USD")


def test_prices_are_compared_in_the_partner_s_currency_for_customers_abroad() -> None:  # R-MARKET-09
    assert compared_in("CHF", "EUR", customer_abroad=True) == "EUR"
    assert compared_in("CHF", "EUR", customer_abroad=False) == "CHF"
