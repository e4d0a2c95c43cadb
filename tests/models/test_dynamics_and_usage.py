"""Dynamics direct, where the actor decides what support may do, and offers that are billed by usage."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    Actor,
    AddSeats,
    Advance,
    Cancel,
    ChangePaymentMethod,
    ChangeTerm,
    CompleteRenewal,
    ExtendTrial,
    Purchase,
    Reactivate,
    RemoveSeats,
    StartTrial,
    Suspend,
)
from csp_lifecycle.vocabulary.subscription import EndReason, PaymentMethod, Status

On = Callable[..., datetime]
Buy = Callable[..., Purchase]
CRM: dict[str, Any] = {"offer_id": "crm-professional"}


def test_new_customers_begin_with_five_users(buy: Buy) -> None:  # R-CUSTOMER-02, TV-PUR-05
    scenario = Scenario()
    scenario.when(buy(**CRM, seats=3)).refused("quantity-out-of-range", "R-CUSTOMER-02")
    scenario.given(buy(**CRM, seats=5), buy(**CRM, subscription_id="s-2", seats=3))
    assert scenario.subscription("s-2").seats == 3


def test_a_cancellation_leaves_it_active_to_the_end_of_the_cycle(on: On, buy: Buy) -> None:  # R-CANCEL-15, AMB-59
    scenario = Scenario(buy(**CRM), Cancel(at=on(2025, 1, 20), subscription_id="s-1", actor=Actor.CUSTOMER))
    assert scenario.subscription().status is Status.ACTIVE
    assert scenario.when(Advance(to=on(2025, 2, 13))).names == ("expired",)
    assert scenario.subscription().end_reason is EndReason.CANCELED


def test_support_brings_an_expired_account_back_for_a_new_term(on: On, buy: Buy) -> None:  # R-STATUS-03, AMB-67
    scenario = Scenario(buy(**CRM), Cancel(at=on(2025, 1, 20), subscription_id="s-1"), Advance(to=on(2025, 6, 1)))
    lift = Reactivate(at=on(2025, 6, 2), subscription_id="s-1")
    scenario.when(lift).refused("support-required", "R-STATUS-03")
    scenario.given(Reactivate(at=on(2025, 6, 2), subscription_id="s-1", actor=Actor.SUPPORT))
    subscription = scenario.subscription()
    assert subscription.term is not None
    assert (subscription.status, subscription.seats) == (Status.ACTIVE, 10)
    assert (subscription.term.ends_on, subscription.auto_renew) == (date(2026, 6, 1), True)


def test_users_go_down_at_any_time(on: On, buy: Buy) -> None:  # R-SEATS-19
    scenario = Scenario(buy(**CRM), RemoveSeats(at=on(2025, 7, 1), subscription_id="s-1", seats=6))
    assert scenario.subscription().seats == 4


def test_a_trial_is_extended_once_with_a_card_on_file(on: On) -> None:  # R-TRIAL-18, TV-TRIAL-08
    begin = StartTrial(at=on(2025, 1, 1), subscription_id="t-1", customer_id="contoso", offer_id="crm-trial")
    scenario = Scenario(begin)
    extend: dict[str, Any] = {"at": on(2025, 1, 5), "subscription_id": "t-1"}
    scenario.when(ExtendTrial(**extend)).refused("card-required", "R-TRIAL-18")
    scenario.given(ExtendTrial(**extend, card_on_file=True))
    term = scenario.subscription("t-1").term
    assert term is not None
    assert term.ends_on == date(2025, 3, 1)
    scenario.when(ExtendTrial(**extend, card_on_file=True)).refused("trial-already-extended", "R-TRIAL-18")
    assert scenario.when(Advance(to=on(2025, 3, 2))).names == ("expired",)


def test_outside_a_renewal_support_changes_how_it_is_paid(on: On, buy: Buy) -> None:  # R-RENEW-12, D-23
    scenario = Scenario(buy(**CRM))
    to_invoice: dict[str, Any] = {"subscription_id": "s-1", "method": PaymentMethod.INVOICE}
    scenario.when(ChangePaymentMethod(at=on(2025, 2, 1), **to_invoice)).refused("support-required", "R-RENEW-12")
    scenario.given(Advance(to=on(2026, 1, 13), complete=False))
    scenario.given(ChangePaymentMethod(at=on(2026, 1, 13), **to_invoice))
    back: dict[str, Any] = {"at": on(2026, 1, 13), "subscription_id": "s-1", "method": PaymentMethod.CARD}
    scenario.when(ChangePaymentMethod(**back)).refused("support-required", "R-RENEW-12")
    scenario.given(ChangePaymentMethod(**back, actor=Actor.SUPPORT))
    scenario.given(CompleteRenewal(at=on(2026, 1, 13), subscription_id="s-1"))


def test_support_changes_how_often_it_is_charged(on: On, buy: Buy) -> None:  # R-BILL-17
    scenario = Scenario(buy(**CRM))
    change: dict[str, Any] = {
        "at": on(2025, 2, 1),
        "subscription_id": "s-1",
        "term": TermLength.YEAR,
        "plan": Plan.ANNUAL,
    }
    scenario.when(ChangeTerm(**change)).refused("support-required", "R-BILL-17")
    assert scenario.when(ChangeTerm(**change, actor=Actor.SUPPORT)).names == ("term-changed",)


def test_what_dynamics_does_not_offer_is_not_supported(on: On, buy: Buy) -> None:  # D-02
    Scenario(buy(**CRM)).when(Suspend(at=on(2025, 2, 1), subscription_id="s-1")).refused("not-supported")


def test_usage_has_no_term_seats_or_deadline(on: On) -> None:  # R-USAGE-01, R-USAGE-03, R-USAGE-06, R-CANCEL-16
    bought = Purchase(at=on(2025, 1, 1), subscription_id="u-1", customer_id="contoso", offer_id="azure")
    scenario = Scenario(bought)
    scenario.when(Advance(to=on(2035, 1, 1))).then()
    never = scenario.when(AddSeats(at=on(2025, 2, 1), subscription_id="u-1", seats=1)).refused("not-supported")
    assert (never.outlook.legal_from, never.outlook.legal_until) == (None, None)
    scenario.given(
        Suspend(at=on(2025, 2, 1), subscription_id="u-1"), Reactivate(at=on(2025, 2, 2), subscription_id="u-1")
    )
    assert scenario.when(Cancel(at=on(2025, 3, 1), subscription_id="u-1")).names == ("canceled",)


def test_usage_takes_no_terms_and_a_hybrid_needs_them(on: On, buy: Buy) -> None:  # R-USAGE-05, R-USAGE-06
    scenario = Scenario()
    scenario.when(buy(offer_id="azure")).refused("not-supported", "R-USAGE-06")
    bare = Purchase(at=on(2025, 1, 1), subscription_id="u-1", customer_id="contoso", offer_id="backup")
    scenario.when(bare).refused("quantity-out-of-range", "R-PURCHASE-07")
    scenario.given(buy(offer_id="backup", term=TermLength.MONTH))
    assert scenario.when(Advance(to=on(2025, 2, 13))).names == ("renewed",)
