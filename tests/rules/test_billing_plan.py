"""Another plan for the next charge: what may be queued, and how it comes into force."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.catalogs import prices
from csp_lifecycle.values.calendar import Cycle, Plan, TermLength
from csp_lifecycle.vocabulary.catalog import Catalog, Offer, Price, catalog_of
from csp_lifecycle.vocabulary.commands import (
    ChangeTerm,
    QueueBillingPlan,
    StartTrial,
    Suspend,
    WithdrawBillingPlan,
)
from csp_lifecycle.vocabulary.events import (
    BillingPlanQueued,
    BillingPlanWithdrawn,
    CycleCharged,
    Renewed,
)
from csp_lifecycle.vocabulary.subscription import Commerce, Status

Make = Callable[..., Any]
MONTH, YEAR, YEARS = TermLength.MONTH, TermLength.YEAR, TermLength.THREE_YEARS
MONTHLY, ANNUAL, TRIENNIAL = Plan.MONTHLY, Plan.ANNUAL, Plan.TRIENNIAL

SOON = "2025-01-20T09:00:00Z"
CHARGE = "2025-02-15T00:00:00Z"
"""When the second month of a monthly plan is charged."""


@pytest.fixture
def monthly(buy: Make) -> Scenario:
    """Ten seats for three years, billed monthly."""
    return Scenario(buy(term=YEARS))


@pytest.fixture
def annual(buy: Make, do: Make) -> Scenario:
    """Ten seats for three years, billed annually, where a monthly plan waits for the second year."""
    return Scenario(buy(term=YEARS, plan=ANNUAL), do(QueueBillingPlan, SOON, plan=MONTHLY))


def years_catalog(*listed: Price) -> Catalog:
    return catalog_of((Offer(offer_id="years", name="Years", commerce=Commerce.NEW_COMMERCE, prices=listed),))


def price(plan: Plan, amount: int, since: date | None = None) -> Price:
    return Price(term=YEARS, plan=plan, amount=Decimal(amount), currency="EUR", since=since)


# What may be queued.


@pytest.mark.parametrize(("plan", "wanted"), [(MONTHLY, ANNUAL), (ANNUAL, MONTHLY)])
def test_a_triennial_term_may_change_between_monthly_and_annual_billing(
    buy: Make, do: Make, fact: Make, plan: Plan, wanted: Plan
) -> None:
    # TV-PLAN-03, R-BILL-01, R-BILL-04: it waits, and nothing in force changes.
    scenario = Scenario(buy(term=YEARS, plan=plan))
    before = scenario.subscription()
    scenario.when(do(QueueBillingPlan, SOON, plan=wanted)).then(fact(BillingPlanQueued, SOON, plan=wanted))
    after = scenario.subscription()
    assert (after.plan, after.term, after.charge_cycle) == (plan, before.term, before.charge_cycle)
    assert after.queued_plan is wanted


@pytest.mark.parametrize(
    ("term", "plan", "wanted", "code", "rule"),
    [
        (YEARS, TRIENNIAL, MONTHLY, "billing-cycle-invalid", "R-BILL-04"),
        (YEARS, TRIENNIAL, ANNUAL, "billing-cycle-invalid", "R-BILL-04"),
        (YEARS, MONTHLY, TRIENNIAL, "upfront-mid-term", "R-BILL-03"),
        (YEARS, ANNUAL, TRIENNIAL, "upfront-mid-term", "R-BILL-03"),
        (YEAR, ANNUAL, MONTHLY, "billing-cycle-invalid", "R-BILL-04"),
        (YEAR, MONTHLY, ANNUAL, "upfront-mid-term", "R-BILL-03"),
        (YEAR, MONTHLY, TRIENNIAL, "billing-cycle-longer-than-term", "R-PURCHASE-04"),
        (YEAR, ANNUAL, TRIENNIAL, "billing-cycle-longer-than-term", "R-PURCHASE-04"),
        (MONTH, MONTHLY, ANNUAL, "billing-cycle-longer-than-term", "R-PURCHASE-04"),
        (MONTH, MONTHLY, TRIENNIAL, "billing-cycle-longer-than-term", "R-PURCHASE-04"),
    ],
)
def test_no_other_plan_may_be_queued(
    buy: Make, do: Make, term: TermLength, plan: Plan, wanted: Plan, code: str, rule: str
) -> None:
    # TV-PLAN-03, R-BILL-03, R-BILL-04, R-PURCHASE-06: an upfront plan is chosen at purchase or for the next term.
    Scenario(buy(term=term, plan=plan)).when(do(QueueBillingPlan, SOON, plan=wanted)).refused(code, rule)


@pytest.mark.parametrize(
    ("term", "plan"),
    [(YEARS, MONTHLY), (YEARS, ANNUAL), (YEARS, TRIENNIAL), (YEAR, ANNUAL), (YEAR, MONTHLY), (MONTH, MONTHLY)],
)
def test_the_plan_in_force_is_not_queued(buy: Make, do: Make, term: TermLength, plan: Plan) -> None:
    # R-BILL-11, R-SUSP-16
    Scenario(buy(term=term, plan=plan)).when(do(QueueBillingPlan, SOON, plan=plan)).refused("already-in-state")


def test_a_plan_without_a_price_is_not_queued(buy: Make, do: Make) -> None:
    # R-PURCHASE-10, D-10: the annual plan is sold from February on, the term began in January.
    catalog = years_catalog(price(MONTHLY, 22), price(ANNUAL, 250, date(2025, 2, 1)))
    scenario = Scenario(buy(offer_id="years", term=YEARS), catalog=catalog)
    scenario.when(do(QueueBillingPlan, "2025-02-03T09:00:00Z", plan=ANNUAL)).refused("plan-not-offered")


def test_a_promotion_fixes_the_plan(buy: Make, do: Make) -> None:
    # R-BILL-06, D-12
    when = Scenario(buy(term=YEARS, promotion_id="spring")).when(do(QueueBillingPlan, SOON, plan=ANNUAL))
    assert when.refusal is not None
    assert when.refusal.rule == "R-BILL-06"


def test_asking_for_the_plan_in_force_withdraws_the_one_that_is_queued(annual: Scenario, do: Make, fact: Make) -> None:
    # R-BILL-11
    annual.when(do(QueueBillingPlan, SOON, plan=ANNUAL)).then(fact(BillingPlanWithdrawn, SOON, plan=MONTHLY))
    assert annual.subscription().queued_plan is None
    annual.when(do(QueueBillingPlan, SOON, plan=ANNUAL)).refused("already-in-state")


def test_the_queued_plan_is_not_queued_twice_and_can_be_withdrawn_once(annual: Scenario, do: Make, fact: Make) -> None:
    # R-BILL-11, R-SUSP-16, D-30
    annual.when(do(QueueBillingPlan, SOON, plan=MONTHLY)).refused("already-in-state")
    annual.when(do(WithdrawBillingPlan, SOON)).then(fact(BillingPlanWithdrawn, SOON, plan=MONTHLY))
    annual.when(do(WithdrawBillingPlan, SOON)).refused("nothing-queued")


# How it comes into force.


def test_the_published_triennial_term_goes_from_annual_to_monthly(buy: Make, do: Make, advance: Make, at: Make) -> None:
    # TV-PLAN-01, R-BILL-01, R-BILL-07: 250 a year, then 20 a month; the term keeps its dates.
    catalog = years_catalog(price(ANNUAL, 250), price(MONTHLY, 20))
    bought = buy("2021-09-20T10:00:00Z", offer_id="years", term=YEARS, plan=ANNUAL)
    scenario = Scenario(bought, do(QueueBillingPlan, "2021-12-01T10:00:00Z", plan=MONTHLY), catalog=catalog)
    before = scenario.subscription()
    assert before.charge_cycle == Cycle(starts_on=date(2021, 9, 20), ends_on=date(2022, 9, 19))
    scenario.when(advance("2022-09-20T00:00:00Z")).then(
        CycleCharged(
            at=at("2022-09-20T00:00:00Z"),
            subscription_id="s-1",
            charge_cycle=Cycle(starts_on=date(2022, 9, 20), ends_on=date(2022, 10, 19)),
            plan=MONTHLY,
            unit_price=Decimal(20),
        )
    )
    after = scenario.subscription()
    assert (after.term, after.plan, after.queued_plan) == (before.term, MONTHLY, None)


def test_going_annual_charges_what_is_left_of_the_contract_year(monthly: Scenario, do: Make, advance: Make) -> None:
    # R-BILL-09, AMB-27: eleven months of the first year, then whole years.
    monthly.given(do(QueueBillingPlan, SOON, plan=ANNUAL))
    charged = monthly.when(advance("2026-01-15T00:00:00Z")).recorded
    cycles = [event.charge_cycle for event in charged if isinstance(event, CycleCharged)]
    assert cycles == [
        Cycle(starts_on=date(2025, 2, 15), ends_on=date(2026, 1, 14)),
        Cycle(starts_on=date(2026, 1, 15), ends_on=date(2027, 1, 14)),
    ]


def test_a_queued_plan_takes_the_price_list_of_the_terms_first_day(buy: Make, do: Make, advance: Make) -> None:
    # D-10, R-PURCHASE-10: the annual price went up twice, once before the purchase and once before the charge.
    rises = [price(ANNUAL, 240), price(ANNUAL, 250, date(2025, 1, 1)), price(ANNUAL, 300, date(2025, 2, 1))]
    scenario = Scenario(buy(offer_id="years", term=YEARS), catalog=years_catalog(price(MONTHLY, 22), *rises))
    (charged,) = scenario.given(do(QueueBillingPlan, SOON, plan=ANNUAL)).when(advance(CHARGE)).recorded
    assert isinstance(charged, CycleCharged)
    assert charged.unit_price == Decimal(250)


def test_a_queued_plan_comes_into_force_on_a_suspended_subscription_too(
    monthly: Scenario, do: Make, advance: Make
) -> None:
    # R-SUSP-03, R-SCHED-06: cycle charges go on.
    monthly.given(do(QueueBillingPlan, SOON, plan=ANNUAL), do(Suspend, SOON), advance(CHARGE))
    after = monthly.subscription()
    assert (after.status, after.plan, after.queued_plan) == (Status.SUSPENDED, ANNUAL, None)


@pytest.mark.parametrize("kind", [QueueBillingPlan, ChangeTerm])
def test_a_trials_plan_and_term_are_locked(at: Make, do: Make, kind: Any) -> None:
    # R-BILL-12, TV-TRIAL-10
    begun = StartTrial(
        at=at("2025-01-15T10:00:00Z"),
        subscription_id="s-1",
        customer_id="contoso",
        offer_id="business-standard-trial",
    )
    scenario = Scenario(begun)
    rest = {"plan": MONTHLY} if kind is QueueBillingPlan else {"term": YEAR, "plan": MONTHLY}
    scenario.when(do(kind, SOON, **rest)).refused("trial-term-locked", "R-BILL-12")


# What a plan charges.


def test_a_monthly_term_renews_every_month(buy: Make, advance: Make) -> None:
    # TV-PLAN-06
    scenario = Scenario(buy("2021-06-18T10:00:00Z", term=MONTH), catalog=published())
    (renewed,) = scenario.when(advance("2021-07-18T00:00:00Z")).recorded
    assert isinstance(renewed, Renewed)
    assert renewed.charge_cycle == Cycle(starts_on=date(2021, 7, 18), ends_on=date(2021, 8, 17))
    assert (renewed.seats, renewed.unit_price) == (10, Decimal("10.08"))


def test_a_yearly_term_on_a_monthly_plan_is_charged_twelve_times(buy: Make, advance: Make) -> None:
    # TV-PLAN-07, D-25
    scenario = Scenario(buy("2021-06-18T10:00:00Z"), catalog=published())
    when = scenario.when(advance("2022-06-18T00:00:00Z"))
    assert when.names == ("cycle-charged",) * 11 + ("renewed",)
    last = when.recorded[-2]
    assert isinstance(last, CycleCharged)
    assert last.charge_cycle == Cycle(starts_on=date(2022, 5, 18), ends_on=date(2022, 6, 17))


def published() -> Catalog:
    listed = tuple(one for one in prices("10.08") if one.plan is MONTHLY)
    name = "business-standard"
    return catalog_of((Offer(offer_id=name, name=name, commerce=Commerce.NEW_COMMERCE, prices=listed),))
