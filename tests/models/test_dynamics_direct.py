"""Dynamics direct, where the actor decides what support may do."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.commands import (
    Actor,
    AddSeats,
    Advance,
    Cancel,
    ChangePaymentMethod,
    ChangeTerm,
    CompleteRenewal,
    ConvertTrial,
    ExtendTrial,
    Purchase,
    QueueBillingPlan,
    Reactivate,
    RemoveSeats,
    ScheduleChange,
    StartTrial,
    Suspend,
    TurnOffAutoRenew,
    Upgrade,
)
from csp_lifecycle.vocabulary.events import CancellationScheduled
from csp_lifecycle.vocabulary.subscription import Commerce, EndReason, PaymentMethod, Status

On = Callable[..., datetime]
Buy = Callable[..., Purchase]
Do = Callable[..., Any]
ANYBODY = (Actor.CUSTOMER, Actor.PARTNER, Actor.SUPPORT)
TO_ANNUAL: dict[str, Any] = {"term": TermLength.YEAR, "plan": Plan.ANNUAL}


@pytest.fixture
def crm(buy: Buy) -> Purchase:
    """Ten users of Dynamics CRM Online for a year, charged monthly."""
    return buy(offer_id="crm-professional")


@pytest.fixture
def tried(on: On, do: Do) -> StartTrial:
    """A trial from the first of January."""
    begun: StartTrial = do(StartTrial, on(2025, 1, 1), customer_id="contoso", offer_id="crm-trial")
    return begun


@pytest.mark.parametrize(
    "product", ["Dynamics CRM Online", "Dynamics Marketing", "Social Engagement", "Parature", "Office 365"]
)
def test_the_catalog_says_what_is_sold_under_these_rules(on: On, buy: Buy, do: Do, product: str) -> None:
    # R-PURCHASE-17
    catalog = example_catalog()
    sold = evolve(catalog.offers["crm-professional"], name=product)
    scenario = Scenario(buy(offer_id=sold.offer_id), catalog=Catalog({**catalog.offers, sold.offer_id: sold}))
    assert (scenario.subscription().commerce, scenario.subscription().policy) == (
        Commerce.DYNAMICS_DIRECT,
        "dynamics-direct",
    )
    assert scenario.when(do(Cancel, on(2025, 3, 1))).names[-1] == "cancellation-scheduled"


def test_new_customers_begin_with_five_users(buy: Buy) -> None:  # R-CUSTOMER-02, TV-PUR-05
    scenario = Scenario()
    few = {"offer_id": "crm-professional", "seats": 3}
    scenario.when(buy(**few)).refused("quantity-out-of-range", "R-CUSTOMER-02")
    scenario.given(buy(**few | {"seats": 5}), buy(**few, subscription_id="s-2"))
    assert scenario.subscription("s-2").seats == 3
    scenario.when(buy(**few, subscription_id="s-3", customer_id="fabrikam")).refused("quantity-out-of-range")


def test_it_renews_by_itself(on: On, crm: Purchase) -> None:  # D-02
    scenario = Scenario(crm, Advance(to=on(2026, 1, 13)))
    term = scenario.subscription().term
    assert term is not None
    assert term.ends_on == date(2027, 1, 12)


@pytest.mark.parametrize("actor", ANYBODY)
def test_a_cancellation_leaves_it_active_to_the_end_of_the_cycle(on: On, crm: Purchase, do: Do, actor: Actor) -> None:
    # R-CANCEL-15, AMB-59
    scenario = Scenario(crm)
    scheduled = CancellationScheduled(at=on(2025, 1, 20), subscription_id="s-1", ends_on=date(2025, 2, 12))
    scenario.when(do(Cancel, on(2025, 1, 20), actor=actor)).then(scheduled)
    scenario.when(Advance(to=on(2025, 2, 12, 23, 59, 59))).then()
    assert scenario.subscription().status is Status.ACTIVE
    assert scenario.when(Advance(to=on(2025, 2, 13))).names == ("expired",)
    assert scenario.subscription().end_reason is EndReason.CANCELED
    scenario.when(Advance(to=on(2035, 1, 1))).then()


def test_a_year_that_was_paid_at_once_is_used_to_its_end(on: On, buy: Buy, do: Do) -> None:  # R-CANCEL-15
    scenario = Scenario(buy(offer_id="crm-professional", plan=Plan.ANNUAL), do(Cancel, on(2025, 1, 20)))
    scenario.when(Advance(to=on(2026, 1, 12, 23, 59, 59))).then()
    assert scenario.when(Advance(to=on(2026, 1, 13))).names == ("expired",)


def test_support_brings_an_expired_account_back_for_a_new_term(on: On, crm: Purchase, do: Do) -> None:
    # R-STATUS-03, AMB-67
    scenario = Scenario(crm, do(Cancel, on(2025, 1, 20)), Advance(to=on(2025, 6, 1)))
    for actor in (Actor.PARTNER, Actor.CUSTOMER, Actor.MICROSOFT):
        scenario.when(do(Reactivate, on(2025, 6, 2), actor=actor)).refused("support-required", "R-STATUS-03")
    scenario.given(do(Reactivate, on(2025, 6, 2), actor=Actor.SUPPORT))
    subscription = scenario.subscription()
    assert subscription.term is not None
    assert (subscription.status, subscription.seats) == (Status.ACTIVE, 10)
    assert (subscription.offer_id, subscription.end_reason) == ("crm-professional", None)
    assert (subscription.term.ends_on, subscription.auto_renew) == (date(2026, 6, 1), True)


def test_a_trial_that_has_ended_is_not_brought_back(on: On, tried: StartTrial, do: Do) -> None:  # R-STATUS-03
    scenario = Scenario(tried, Advance(to=on(2025, 3, 1)))
    scenario.when(do(Reactivate, on(2025, 3, 2), actor=Actor.SUPPORT)).refused("not-reactivable", "R-STATUS-03")


@pytest.mark.parametrize("actor", ANYBODY)
def test_users_go_down_at_any_time_by_support_or_self_service(on: On, crm: Purchase, do: Do, actor: Actor) -> None:
    # R-SEATS-19
    scenario = Scenario(crm, do(RemoveSeats, on(2025, 7, 1), seats=6, actor=actor))
    assert scenario.subscription().seats == 4
    scenario.given(do(AddSeats, on(2025, 7, 2), seats=2), do(RemoveSeats, on(2026, 1, 12), seats=3, actor=actor))
    assert scenario.subscription().seats == 3


def test_a_trial_is_extended_once_with_a_card_on_file(on: On, tried: StartTrial, do: Do) -> None:
    # R-TRIAL-18, TV-TRIAL-08
    scenario = Scenario(tried)
    scenario.when(do(ExtendTrial, on(2025, 1, 5))).refused("card-required", "R-TRIAL-18")
    scenario.given(do(ExtendTrial, on(2025, 1, 5), card_on_file=True))
    term = scenario.subscription().term
    assert term is not None
    assert term.ends_on == date(2025, 3, 1)
    again = do(ExtendTrial, on(2025, 1, 5), card_on_file=True)
    scenario.when(again).refused("trial-already-extended", "R-TRIAL-18")
    scenario.when(Advance(to=on(2025, 3, 1, 23, 59, 59))).then()
    assert scenario.when(Advance(to=on(2025, 3, 2))).names == ("expired",)


def test_only_a_dynamics_trial_is_extended(on: On, do: Do) -> None:  # R-TRIAL-19, AMB-26
    begun = do(StartTrial, on(2025, 1, 1), customer_id="contoso", offer_id="business-standard-trial")
    scenario = Scenario(begun)
    scenario.when(do(ExtendTrial, on(2025, 1, 5), card_on_file=True)).refused("not-supported")


def test_a_trial_becomes_paid_when_somebody_converts_it(on: On, tried: StartTrial, do: Do) -> None:  # D-02
    scenario = Scenario(tried, do(ConvertTrial, on(2025, 1, 20), seats=30))
    subscription = scenario.subscription()
    assert (subscription.status, subscription.offer_id, subscription.seats) == (Status.ACTIVE, "crm-professional", 30)


def test_outside_a_renewal_support_changes_how_it_is_paid(on: On, crm: Purchase, do: Do) -> None:
    # R-RENEW-12, D-23, AMB-68
    scenario = Scenario(crm)
    to_invoice = {"method": PaymentMethod.INVOICE}
    scenario.when(do(ChangePaymentMethod, on(2025, 2, 1), **to_invoice)).refused("support-required", "R-RENEW-12")
    scenario.given(do(ChangePaymentMethod, on(2025, 2, 1), **to_invoice, actor=Actor.SUPPORT))
    assert scenario.subscription().payment_method is PaymentMethod.INVOICE
    same = do(ChangePaymentMethod, on(2025, 2, 2), **to_invoice, actor=Actor.SUPPORT)
    scenario.when(same).refused("already-in-state", "R-RENEW-12")


def test_at_a_renewal_the_customer_goes_from_card_to_invoice_and_not_back(on: On, crm: Purchase, do: Do) -> None:
    # R-RENEW-12, D-02
    renewal = on(2026, 1, 13)
    scenario = Scenario(crm, Advance(to=renewal, complete=False))
    scenario.given(do(ChangePaymentMethod, renewal, method=PaymentMethod.INVOICE, actor=Actor.CUSTOMER))
    back = {"method": PaymentMethod.CARD}
    scenario.when(do(ChangePaymentMethod, renewal, **back)).refused("support-required", "R-RENEW-12")
    scenario.given(do(ChangePaymentMethod, renewal, **back, actor=Actor.SUPPORT), do(CompleteRenewal, renewal))
    late = do(ChangePaymentMethod, renewal, method=PaymentMethod.INVOICE)
    scenario.when(late).refused("support-required", "R-RENEW-12")


def test_support_changes_how_often_it_is_charged(on: On, crm: Purchase, do: Do) -> None:  # R-BILL-17
    scenario = Scenario(crm)
    for actor in (Actor.PARTNER, Actor.CUSTOMER):
        refused = scenario.when(do(ChangeTerm, on(2025, 2, 1), **TO_ANNUAL, actor=actor))
        refused.refused("support-required", "R-BILL-17")
    scenario.given(do(ChangeTerm, on(2025, 2, 1), **TO_ANNUAL, actor=Actor.SUPPORT))
    assert scenario.subscription().plan is Plan.ANNUAL
    again = do(ChangeTerm, on(2025, 2, 1), **TO_ANNUAL, actor=Actor.SUPPORT)
    scenario.when(again).refused("already-in-state", "R-BILL-17")


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        (Suspend, {}),
        (TurnOffAutoRenew, {}),
        (ScheduleChange, {"seats": 3}),
        (QueueBillingPlan, {"plan": Plan.ANNUAL}),
        (Upgrade, {"offer_id": "crm-professional", "seats": 10}),
    ],
)
def test_what_dynamics_does_not_offer_is_not_supported(
    on: On, crm: Purchase, do: Do, kind: Any, rest: dict[str, Any]
) -> None:
    # D-02, D-03
    Scenario(crm).when(do(kind, on(2025, 2, 1), **rest)).refused("not-supported")
