"""Marketplace SaaS: orders that wait, short windows with full refunds, suspension by Microsoft alone."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.values.calendar import Cycle, Plan, TermLength
from csp_lifecycle.values.windows import RefundKind
from csp_lifecycle.vocabulary.catalog import Catalog, Unavailable
from csp_lifecycle.vocabulary.commands import (
    Activate,
    Actor,
    AddSeats,
    Advance,
    Cancel,
    ChangeTerm,
    ConvertTrial,
    Purchase,
    QueueBillingPlan,
    Reactivate,
    RemoveSeats,
    ScheduleChange,
    StartTrial,
    Suspend,
    TurnOffAutoRenew,
    TurnOnAutoRenew,
    Upgrade,
)
from csp_lifecycle.vocabulary.events import Canceled, TrialStarted
from csp_lifecycle.vocabulary.subscription import EndReason, Status

On = Callable[..., datetime]
Order = Callable[..., Purchase]
Do = Callable[..., Any]
FREE: dict[str, Any] = {"offer_id": "contoso-crm-tried"}


@pytest.fixture
def order(buy: Order) -> Order:
    def ordered(**changes: Any) -> Purchase:
        usual: dict[str, Any] = {"offer_id": "contoso-crm", "term": TermLength.MONTH}
        return buy(**usual | changes)

    return ordered


@pytest.fixture
def active(on: On, order: Order, do: Do) -> Scenario:
    """Ordered at ten, and activated an hour later."""
    return Scenario(order(), do(Activate, on(2025, 1, 13, 11)))


def test_an_order_waits_for_its_publisher(on: On, order: Order, do: Do) -> None:  # R-PURCHASE-13
    scenario = Scenario(order())
    scenario.when(do(AddSeats, on(2025, 1, 14), seats=1)).refused("not-active")
    scenario.when(Advance(to=on(2026, 1, 1))).then()
    scenario.given(do(Activate, on(2026, 1, 5), actor=Actor.PUBLISHER))
    subscription = scenario.subscription()
    assert subscription.term is not None
    assert (subscription.term.starts_on, subscription.term.ends_on) == (date(2026, 1, 5), date(2026, 2, 4))
    assert subscription.charge_cycle == Cycle(starts_on=date(2026, 1, 5), ends_on=date(2026, 2, 4))


def test_a_waiting_order_is_canceled_inside_its_window(on: On, order: Order, do: Do) -> None:  # D-04
    scenario = Scenario(order())
    late = scenario.when(do(Cancel, on(2025, 1, 14, 10))).refused("cancellation-window-closed", "R-CANCEL-10")
    assert set(late.reason.remedies) <= set(late.outlook.allowed)
    assert scenario.when(do(Cancel, on(2025, 1, 14, 9, 59, 59))).names == ("canceled",)


@pytest.mark.parametrize(("plan", "limit"), [(Plan.MONTHLY, timedelta(hours=24)), (Plan.ANNUAL, timedelta(days=14))])
def test_the_window_depends_on_the_plan_and_its_limit_is_outside(
    on: On, order: Order, do: Do, plan: Plan, limit: timedelta
) -> None:
    # R-CANCEL-10, R-CANCEL-11, R-CANCEL-12, AMB-10, TV-CANCEL-07, TV-CANCEL-10
    bought = order(term=TermLength.YEAR, plan=plan)
    begun = (bought, do(Activate, bought.at))
    inside = bought.at + limit - timedelta(microseconds=1)
    full = Canceled(at=inside, subscription_id="s-1", refund=RefundKind.FULL)
    Scenario(*begun).when(do(Cancel, inside)).then(full)
    late = Scenario(*begun)
    assert late.when(do(Cancel, bought.at + limit)).names == ("cancellation-scheduled",)
    late.when(do(Cancel, bought.at + limit)).refused("already-in-state", "R-CANCEL-10")
    assert late.subscription().status is Status.ACTIVE
    assert late.when(Advance(to=on(2026, 1, 13))).names[-1] == "deleted"
    assert (late.subscription().changed_at, late.subscription().end_reason) == (on(2026, 1, 13), EndReason.CANCELED)


@pytest.mark.parametrize(("plan", "length"), [(Plan.MONTHLY, TermLength.MONTH), (Plan.ANNUAL, TermLength.YEAR)])
def test_the_newer_window_has_72_hours_for_every_plan(
    on: On, order: Order, do: Do, plan: Plan, length: TermLength
) -> None:
    # R-CANCEL-13, AMB-11
    limit = timedelta(hours=72)
    bought = order(term=length, plan=plan, policy="marketplace-saas.72-hours")
    begun = (bought, do(Activate, bought.at))
    assert Scenario(*begun).when(do(Cancel, on(2025, 1, 16, 9, 59, 59))).names == ("canceled",)
    assert Scenario(*begun).when(do(Cancel, bought.at + limit)).names == ("cancellation-scheduled",)


def test_a_scheduled_cancellation_comes_in_place_of_the_renewal(on: On, active: Scenario, do: Do) -> None:  # R-RENEW-13
    active.given(do(Cancel, on(2025, 1, 20)))
    active.when(Advance(to=on(2025, 2, 12, 23, 59, 59))).then()
    assert active.when(Advance(to=on(2025, 2, 13))).names == ("deleted",)


def test_auto_renew_on_withdraws_a_scheduled_cancellation(on: On, active: Scenario, do: Do) -> None:  # R-RENEW-13, D-04
    active.given(do(Cancel, on(2025, 1, 20)), do(TurnOnAutoRenew, on(2025, 1, 21)), Advance(to=on(2025, 2, 13)))
    assert active.subscription().status is Status.ACTIVE
    assert active.subscription().cancellable_until(on(2025, 2, 13)) is None
    assert active.when(do(Cancel, on(2025, 2, 13))).names == ("cancellation-scheduled",)


def test_auto_renew_off_ends_it_with_its_term(on: On, active: Scenario, do: Do) -> None:  # R-RENEW-02
    active.given(do(TurnOffAutoRenew, on(2025, 1, 20)), Advance(to=on(2025, 2, 13)))
    assert (active.subscription().status, active.subscription().end_reason) == (Status.DELETED, EndReason.LAPSED)


def test_free_days_come_first_and_cannot_be_waived(on: On, order: Order, do: Do) -> None:  # R-PURCHASE-12, D-04
    scenario = Scenario(order(**FREE), do(Activate, on(2025, 1, 15), actor=Actor.PUBLISHER))
    subscription = scenario.subscription()
    assert subscription.term is not None
    assert (subscription.status, subscription.term.ends_on) == (Status.TRIAL, date(2025, 2, 13))
    scenario.when(do(ConvertTrial, on(2025, 1, 16))).refused("not-supported")
    scenario.when(do(AddSeats, on(2025, 1, 16), seats=1)).refused("trial-quantity-locked")


def test_free_days_lock_the_seats_and_the_orders_window_goes_on(on: On, order: Order, do: Do) -> None:
    # R-PURCHASE-12, R-TRIAL-05, D-04
    scenario = Scenario(order(**FREE))
    ordered = scenario.subscription()
    (started,) = scenario.when(do(Activate, on(2025, 1, 13, 12))).recorded
    trial = scenario.subscription()
    assert isinstance(started, TrialStarted)
    assert (trial.refunds, trial.seat_lots) == (started.refunds, started.seat_lots) == (ordered.refunds, ())
    assert ordered.refunds != ()


def test_free_days_become_what_was_ordered_and_go_on_renewing(on: On, order: Order, do: Do) -> None:
    # R-PURCHASE-12, D-04
    scenario = Scenario(order(**FREE), do(Activate, on(2025, 1, 15)))
    assert scenario.when(Advance(to=on(2025, 2, 14))).names == ("trial-converted",)
    subscription = scenario.subscription()
    assert subscription.term is not None
    assert (subscription.seats, subscription.plan, subscription.status) == (10, Plan.MONTHLY, Status.ACTIVE)
    assert (subscription.term.ends_on, subscription.refunds) == (date(2025, 3, 13), ())
    assert scenario.when(Advance(to=on(2025, 3, 14))).names == ("renewed",)


@pytest.mark.parametrize("day", [15, 31])
def test_free_days_can_be_ended_on_any_of_them(on: On, order: Order, do: Do, day: int) -> None:
    # R-CANCEL-14, TV-CANCEL-13
    scenario = Scenario(order(**FREE), do(Activate, on(2025, 1, 15)))
    assert scenario.when(do(Cancel, on(2025, 1, day, 12))).names == ("canceled",)


def test_only_microsoft_suspends_and_reinstates(on: On, active: Scenario, do: Do) -> None:  # R-SUSP-15
    for actor in (Actor.PARTNER, Actor.PUBLISHER, Actor.CUSTOMER, Actor.SUPPORT):
        active.when(do(Suspend, on(2025, 1, 20), actor=actor)).refused("not-supported", "R-SUSP-15")
    active.given(do(Suspend, on(2025, 1, 20), actor=Actor.MICROSOFT))
    active.when(do(Reactivate, on(2025, 1, 21))).refused("not-supported", "R-SUSP-15")
    active.given(do(Reactivate, on(2025, 1, 21), actor=Actor.MICROSOFT))
    assert active.subscription().status is Status.ACTIVE


def test_what_stays_unpaid_for_thirty_days_is_deleted(on: On, active: Scenario, do: Do) -> None:  # R-SUSP-15
    active.given(do(Suspend, on(2025, 1, 20, 9), actor=Actor.MICROSOFT))
    active.when(Advance(to=on(2025, 2, 19, 8, 59, 59))).then()
    assert active.when(Advance(to=on(2025, 2, 19, 9))).names == ("deleted",)
    assert active.subscription().end_reason is EndReason.UNPAID


def test_a_payment_reinstates_it_and_the_missed_renewal_is_taken(on: On, active: Scenario, do: Do) -> None:
    # R-SUSP-15
    paid = on(2025, 2, 20)
    active.given(do(Suspend, on(2025, 2, 1), actor=Actor.MICROSOFT), do(Reactivate, paid, actor=Actor.MICROSOFT))
    assert active.when(Advance(to=paid)).names == ("renewed",)


def test_seats_move_while_it_is_active_and_only_then(on: On, active: Scenario, do: Do) -> None:  # R-SEATS-16, D-04
    active.given(do(RemoveSeats, on(2025, 2, 1), seats=4), do(AddSeats, on(2025, 2, 2), seats=1))
    assert active.subscription().seats == 7
    active.given(do(Suspend, on(2025, 2, 3), actor=Actor.MICROSOFT))
    active.when(do(AddSeats, on(2025, 2, 4), seats=1)).refused("quantity-while-suspended")
    active.when(do(RemoveSeats, on(2025, 2, 4), seats=1)).refused("quantity-while-suspended")


@pytest.mark.parametrize("why", list(Unavailable))
def test_an_offer_may_be_unavailable(order: Order, why: Unavailable) -> None:  # R-PURCHASE-09
    catalog = example_catalog()
    closed = evolve(catalog.offers["contoso-crm"], unavailable=why)
    scenario = Scenario(catalog=Catalog({**catalog.offers, "contoso-crm": closed}))
    refusal = scenario.when(order()).refused("offer-unavailable", "R-PURCHASE-09")
    assert refusal.evidence == {"unavailable": why.value}


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        (ScheduleChange, {"seats": 3}),
        (QueueBillingPlan, {"plan": Plan.MONTHLY}),
        (ChangeTerm, {"term": TermLength.YEAR, "plan": Plan.MONTHLY}),
        (Upgrade, {"offer_id": "contoso-crm-tried", "seats": 10}),
    ],
)
def test_seats_term_and_offer_are_neither_scheduled_nor_changed(
    on: On, active: Scenario, do: Do, kind: Any, rest: dict[str, Any]
) -> None:
    # D-03, D-04
    active.when(do(kind, on(2025, 1, 14), **rest)).refused("not-supported")


def test_a_trial_comes_with_the_order_and_not_by_itself(on: On, do: Do) -> None:  # R-PURCHASE-12
    begin = do(StartTrial, on(2025, 1, 1), customer_id="contoso", offer_id="contoso-crm-tried")
    Scenario().when(begin).refused("not-supported")
