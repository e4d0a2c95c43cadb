"""Marketplace SaaS: orders that wait, short windows with full refunds, suspension by Microsoft alone."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    Activate,
    Actor,
    AddSeats,
    Advance,
    Cancel,
    Purchase,
    Reactivate,
    RemoveSeats,
    ScheduleChange,
    Suspend,
    TurnOnAutoRenew,
)
from csp_lifecycle.vocabulary.subscription import EndReason, Status

On = Callable[..., datetime]
Order = Callable[..., Purchase]


@pytest.fixture
def order(buy: Order) -> Order:
    def ordered(**changes: Any) -> Purchase:
        usual: dict[str, Any] = {"offer_id": "contoso-crm", "term": TermLength.MONTH}
        return buy(**usual | changes)

    return ordered


def test_an_order_waits_for_its_publisher(on: On, order: Order) -> None:  # R-PURCHASE-13
    scenario = Scenario(order())
    scenario.when(AddSeats(at=on(2025, 1, 14), subscription_id="s-1", seats=1)).refused("not-active")
    scenario.when(Advance(to=on(2026, 1, 1))).then()
    scenario.given(Activate(at=on(2026, 1, 5), subscription_id="s-1", actor=Actor.PUBLISHER))
    term = scenario.subscription().term
    assert term is not None
    assert (term.starts_on, term.ends_on) == (date(2026, 1, 5), date(2026, 2, 4))


@pytest.mark.parametrize(("plan", "limit"), [(Plan.MONTHLY, timedelta(hours=24)), (Plan.ANNUAL, timedelta(days=14))])
def test_the_window_depends_on_the_plan_and_its_limit_is_outside(
    on: On, order: Order, plan: Plan, limit: timedelta
) -> None:  # R-CANCEL-10, R-CANCEL-11, R-CANCEL-12, AMB-10, TV-CANCEL-07, TV-CANCEL-10
    bought = order(term=TermLength.YEAR, plan=plan)
    begun = (bought, Activate(at=bought.at, subscription_id="s-1"))
    inside = Cancel(at=bought.at + limit - timedelta(microseconds=1), subscription_id="s-1")
    assert Scenario(*begun).when(inside).names == ("canceled",)
    outside = Cancel(at=bought.at + limit, subscription_id="s-1")
    late = Scenario(*begun)
    assert late.when(outside).names == ("cancellation-scheduled",)
    late.when(Cancel(at=outside.at, subscription_id="s-1")).refused("already-in-state", "R-CANCEL-10")
    late.given(Advance(to=on(2026, 1, 13)))
    assert (late.subscription().status, late.subscription().end_reason) == (Status.DELETED, EndReason.CANCELED)


def test_auto_renew_on_withdraws_a_scheduled_cancellation(on: On, order: Order) -> None:  # R-RENEW-13
    scenario = Scenario(order(), Activate(at=on(2025, 1, 13, 11), subscription_id="s-1"))
    scenario.given(Cancel(at=on(2025, 1, 20), subscription_id="s-1"))
    scenario.given(TurnOnAutoRenew(at=on(2025, 1, 21), subscription_id="s-1"), Advance(to=on(2025, 2, 13)))
    assert scenario.subscription().status is Status.ACTIVE
    assert scenario.subscription().cancellable_until(on(2025, 2, 13)) is None  # D-04: it does not reopen


def test_free_days_come_first_and_convert_to_what_was_ordered(on: On, order: Order) -> None:  # R-PURCHASE-12, D-04
    scenario = Scenario(order(offer_id="contoso-crm-tried"))
    scenario.given(Activate(at=on(2025, 1, 15), subscription_id="s-1", actor=Actor.PUBLISHER))
    assert scenario.subscription().status is Status.TRIAL
    assert scenario.when(Advance(to=on(2025, 2, 14))).names == ("trial-converted",)
    subscription = scenario.subscription()
    assert (subscription.seats, subscription.plan, subscription.status) == (10, Plan.MONTHLY, Status.ACTIVE)


def test_free_days_can_be_ended_at_any_time(on: On, order: Order) -> None:  # R-CANCEL-14
    scenario = Scenario(order(offer_id="contoso-crm-tried"), Activate(at=on(2025, 1, 15), subscription_id="s-1"))
    assert scenario.when(Cancel(at=on(2025, 2, 10), subscription_id="s-1")).names == ("canceled",)


def test_only_microsoft_suspends_and_what_stays_unpaid_is_deleted(on: On, order: Order) -> None:  # R-SUSP-15
    scenario = Scenario(order(), Activate(at=on(2025, 1, 13, 11), subscription_id="s-1"))
    scenario.when(Suspend(at=on(2025, 1, 20), subscription_id="s-1")).refused("not-supported", "R-SUSP-15")
    scenario.given(Suspend(at=on(2025, 1, 20), subscription_id="s-1", actor=Actor.MICROSOFT))
    scenario.when(Reactivate(at=on(2025, 1, 21), subscription_id="s-1")).refused("not-supported", "R-SUSP-15")
    scenario.given(Advance(to=on(2025, 2, 19)))
    assert scenario.subscription().end_reason is EndReason.UNPAID


def test_a_payment_reinstates_it_and_the_missed_renewal_is_taken(on: On, order: Order) -> None:  # T-09
    scenario = Scenario(order(), Activate(at=on(2025, 1, 13, 11), subscription_id="s-1"))
    scenario.given(Suspend(at=on(2025, 2, 1), subscription_id="s-1", actor=Actor.MICROSOFT))
    scenario.given(Reactivate(at=on(2025, 2, 20), subscription_id="s-1", actor=Actor.MICROSOFT))
    assert scenario.when(Advance(to=on(2025, 2, 20))).names == ("renewed",)


def test_seats_move_while_it_is_active(on: On, order: Order) -> None:  # R-SEATS-16
    scenario = Scenario(order(), Activate(at=on(2025, 1, 13, 11), subscription_id="s-1"))
    scenario.given(RemoveSeats(at=on(2025, 2, 1), subscription_id="s-1", seats=4))
    assert scenario.subscription().seats == 6


def test_an_offer_may_be_unavailable(order: Order) -> None:  # R-PURCHASE-09
    refusal = Scenario().when(order(offer_id="contoso-exclusive")).refused("offer-unavailable", "R-PURCHASE-09")
    assert refusal.evidence == {"unavailable": "exclusive"}


def test_nothing_can_be_scheduled(on: On, order: Order) -> None:  # D-03
    change = ScheduleChange(at=on(2025, 1, 14), subscription_id="s-1", seats=3)
    Scenario(order()).when(change).refused("not-supported")
