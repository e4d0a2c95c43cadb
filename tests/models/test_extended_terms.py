"""The extended service term: what follows a term that nobody renewed and nobody canceled, since May 2026."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.values.windows import RefundKind
from csp_lifecycle.vocabulary.catalog import Catalog, Price
from csp_lifecycle.vocabulary.commands import (
    Advance,
    Cancel,
    Purchase,
    ScheduleChange,
    Suspend,
    TurnOffAutoRenew,
    TurnOnAutoRenew,
)
from csp_lifecycle.vocabulary.events import Canceled
from csp_lifecycle.vocabulary.subscription import EndReason, Status

On = Callable[..., datetime]
Buy = Callable[..., Purchase]
Do = Callable[..., Any]


@pytest.fixture
def bought(on: On, buy: Buy) -> Buy:
    """A year from 1 June 2025 under the reading that extends; whatever is named is different."""

    def named(**changes: Any) -> Purchase:
        usual: dict[str, Any] = {"at": on(2025, 6, 1), "offer_id": "e3", "policy": "new-commerce.extending"}
        return buy(**usual | changes)

    return named


@pytest.fixture
def extended(on: On, bought: Buy, do: Do) -> Scenario:
    """In the first month after the year."""
    return Scenario(bought(), do(TurnOffAutoRenew, on(2025, 7, 1)), Advance(to=on(2026, 6, 1)))


def with_prices(prices: tuple[Price, ...]) -> Catalog:
    catalog = example_catalog()
    return Catalog({**catalog.offers, "e3": evolve(catalog.offers["e3"], prices=prices)})


def test_a_term_that_nobody_renewed_goes_on_from_month_to_month(on: On, extended: Scenario) -> None:
    # R-EST-01, R-EST-03, R-EST-04, TV-PUR-09
    subscription = extended.subscription()
    assert subscription.term is not None
    assert (subscription.term.starts_on, subscription.term.ends_on) == (date(2026, 6, 1), date(2026, 6, 30))
    assert (subscription.term.length, subscription.plan) == (TermLength.MONTH, Plan.MONTHLY)
    assert (subscription.policy, subscription.seats) == ("extended-service-term", 10)
    assert str(subscription.unit_price) == "30.90"
    assert extended.when(Advance(to=on(2026, 8, 1))).names == ("renewed", "renewed")
    assert extended.subscription().unit_price == Decimal("30.90")


def test_without_the_choice_of_a_reading_nothing_is_extended(on: On, buy: Buy, do: Do) -> None:
    # R-EST-06, R-RENEW-10, AMB-44
    bought = buy(at=on(2025, 6, 1), offer_id="e3")
    scenario = Scenario(bought, do(TurnOffAutoRenew, on(2025, 7, 1)), Advance(to=on(2026, 6, 1)))
    assert scenario.subscription().status is Status.EXPIRED


@pytest.mark.parametrize(
    ("begun", "length", "over", "status"),
    [
        ((2025, 5, 4), TermLength.YEAR, (2026, 5, 4), Status.EXPIRED),
        ((2025, 5, 5), TermLength.YEAR, (2026, 5, 5), Status.ACTIVE),
        ((2025, 3, 31), TermLength.THREE_YEARS, (2028, 3, 31), Status.EXPIRED),
        ((2025, 4, 1), TermLength.THREE_YEARS, (2028, 4, 1), Status.ACTIVE),
    ],
)
def test_it_follows_terms_begun_since_april_2025_that_end_since_the_fourth_of_may(
    *, on: On, bought: Buy, do: Do, begun: tuple[int, ...], length: TermLength, over: tuple[int, ...], status: Status
) -> None:
    # R-EST-01
    scenario = Scenario(bought(at=on(*begun), term=length), do(TurnOffAutoRenew, on(2025, 7, 1)))
    scenario.given(Advance(to=on(*over)))
    assert scenario.subscription().status is status


def test_what_follows_a_term_is_one_of_three_choices(on: On, bought: Buy, do: Do) -> None:  # R-EST-02
    end = Advance(to=on(2026, 6, 1))
    renewed = Scenario(bought(), end).subscription()
    assert renewed.term is not None
    assert (renewed.term.length, renewed.policy) == (TermLength.YEAR, "new-commerce.extending")
    canceled = Scenario(bought(), do(Cancel, on(2025, 9, 1), at_term_end=True), end).subscription()
    assert (canceled.status, canceled.end_reason) == (Status.DELETED, EndReason.CANCELED)
    extended = Scenario(bought(), do(TurnOffAutoRenew, on(2025, 9, 1)), end).subscription()
    assert (extended.status, extended.policy) == (Status.ACTIVE, "extended-service-term")


def test_the_choice_to_cancel_can_be_made_late_and_taken_back(on: On, bought: Buy, do: Do) -> None:  # R-EST-02
    late = on(2026, 5, 31, 23)
    scenario = Scenario(bought(), do(ScheduleChange, on(2025, 9, 1), seats=5))
    chosen = scenario.when(do(Cancel, late, at_term_end=True))
    assert chosen.names[-2:] == ("cancellation-scheduled", "waiting-changes-voided")
    scenario.when(do(Cancel, late, at_term_end=True)).refused("already-in-state")
    scenario.given(do(TurnOnAutoRenew, late), Advance(to=on(2026, 6, 1)))
    assert (scenario.subscription().status, scenario.subscription().seats) == (Status.ACTIVE, 10)


def test_an_extended_term_is_canceled_on_any_day_for_what_is_left(on: On, extended: Scenario, do: Do) -> None:
    # R-EST-03
    last = on(2026, 6, 30, 23, 59, 59)
    prorated = Canceled(at=last, subscription_id="s-1", refund=RefundKind.PRORATED)
    extended.when(do(Cancel, last)).then(prorated)


def test_the_surcharge_is_on_the_price_of_the_day(on: On, bought: Buy, do: Do) -> None:  # R-EST-03
    listed = example_catalog().offers["e3"].prices
    risen = tuple(evolve(price, amount=price.amount * 2, since=date(2026, 7, 1)) for price in listed)
    scenario = Scenario(bought(), do(TurnOffAutoRenew, on(2025, 7, 1)), catalog=with_prices((*listed, *risen)))
    scenario.given(Advance(to=on(2026, 6, 1)))
    assert scenario.subscription().unit_price == Decimal("30.90")
    scenario.given(Advance(to=on(2026, 7, 1)))
    assert scenario.subscription().unit_price == Decimal("61.80")


def test_without_a_monthly_term_the_surcharge_is_the_higher_one(on: On, bought: Buy, do: Do) -> None:  # R-EST-03
    yearly = tuple(price for price in example_catalog().offers["e3"].prices if price.term is TermLength.YEAR)
    scenario = Scenario(bought(), do(TurnOffAutoRenew, on(2025, 7, 1)), catalog=with_prices(yearly))
    for month in (6, 7):
        scenario.given(Advance(to=on(2026, month, 1)))
        assert scenario.subscription().unit_price == Decimal("36.90")


@pytest.mark.parametrize(
    ("listed", "currency", "surcharged"),
    [("30.00", "EUR", "30.90"), ("12.00", "EUR", "12.36"), ("12.35", "EUR", "12.7205"), ("1000", "JPY", "1030")],
)
def test_the_price_with_the_surcharge_is_written_in_no_more_digits_than_it_needs(
    on: On, bought: Buy, do: Do, listed: str, currency: str, surcharged: str
) -> None:
    """TV-PUR-09, R-EST-03: the minor digits of the currency, and beyond them only what counts."""
    prices = tuple(
        Price(term=term, plan=Plan.MONTHLY, amount=Decimal(listed), currency=currency)
        for term in (TermLength.MONTH, TermLength.YEAR)
    )
    scenario = Scenario(bought(), do(TurnOffAutoRenew, on(2025, 7, 1)), catalog=with_prices(prices))
    scenario.given(Advance(to=on(2026, 6, 1)))
    assert str(scenario.subscription().unit_price) == surcharged


def test_a_scheduled_term_leads_out_of_the_extended_one(on: On, extended: Scenario, do: Do) -> None:  # R-EST-02
    extended.given(do(ScheduleChange, on(2026, 6, 10), term=TermLength.YEAR), Advance(to=on(2026, 7, 1)))
    subscription = extended.subscription()
    assert subscription.term is not None
    assert (subscription.term.length, subscription.policy) == (TermLength.YEAR, "new-commerce.extending")
    assert subscription.unit_price == Decimal("30.00")


def test_what_is_suspended_at_the_end_is_not_extended(on: On, bought: Buy, do: Do) -> None:  # R-EST-04, R-SUSP-08
    scenario = Scenario(bought(), do(Suspend, on(2026, 5, 1)), Advance(to=on(2026, 6, 1)))
    assert (scenario.subscription().status, scenario.subscription().end_reason) == (
        Status.DELETED,
        EndReason.NOT_REACTIVATED,
    )
