"""Offers that are billed by usage: nothing runs out, and nothing can be changed but whether it goes on."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.alignment import Alignment
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Cancel,
    ChangeTerm,
    Purchase,
    QueueBillingPlan,
    Reactivate,
    RemoveSeats,
    ScheduleChange,
    StartTrial,
    Suspend,
    Transfer,
    TurnOffAutoRenew,
    TurnOnAutoRenew,
    Upgrade,
)
from csp_lifecycle.vocabulary.subscription import EndReason, Status
from csp_lifecycle.wire.events import event_json
from csp_lifecycle.wire.subscription import subscription_json

On = Callable[..., datetime]
Buy = Callable[..., Purchase]
Do = Callable[..., Any]
YEARLY: dict[str, Any] = {"term": TermLength.YEAR, "plan": Plan.MONTHLY}


@pytest.fixture
def azure(on: On, do: Do) -> Scenario:
    """Bought on the first of January, without seats, term or plan."""
    return Scenario(do(Purchase, on(2025, 1, 1), customer_id="contoso", offer_id="azure"))


def test_it_has_no_term_seats_or_deadline(on: On, azure: Scenario) -> None:  # R-USAGE-01, R-USAGE-06
    subscription = azure.subscription()
    assert (subscription.term, subscription.plan, subscription.charge_cycle, subscription.seats) == (
        None,
        None,
        None,
        0,
    )
    assert (subscription.refunds, subscription.seat_lots, subscription.auto_renew) == ((), (), False)
    assert azure.lifecycle.due() == ()
    azure.when(Advance(to=on(2035, 1, 1))).then()


def test_it_is_shown_without_a_term_plan_seats_or_cycle(azure: Scenario) -> None:  # R-USAGE-06
    shown = subscription_json(azure.subscription())
    (bought,) = (event_json(envelope.event) for envelope in azure.lifecycle.log())
    for written in (shown, bought):
        assert [written[name] for name in ("term", "plan", "seats", "charge_cycle")] == [None] * 4


def test_nobody_chooses_when_it_ends(on: On, do: Do) -> None:  # R-COTERM-07, R-USAGE-06
    usual = {"customer_id": "contoso", "offer_id": "azure"}
    for wish in ({"align": Alignment.CALENDAR_MONTH}, {"ends_on": date(2025, 12, 31)}):
        Scenario().when(do(Purchase, on(2025, 1, 1), **usual, **wish)).refused("not-supported", "R-COTERM-07")


def test_the_seats_of_a_hybrid_are_in_no_lot(buy: Buy) -> None:  # R-USAGE-05, R-USAGE-06
    hybrid = Scenario(buy(offer_id="backup", **YEARLY)).subscription()
    assert (hybrid.seats, hybrid.seat_lots) == (10, ())


@pytest.mark.parametrize("waited", [(2025, 1, 1, 0, 0, 1), (2025, 3, 1), (2034, 6, 1)])
def test_it_runs_until_somebody_cancels_it(on: On, azure: Scenario, do: Do, waited: tuple[int, ...]) -> None:
    # R-USAGE-03, R-CANCEL-16
    assert azure.when(do(Cancel, on(*waited))).names == ("canceled",)
    assert (azure.subscription().status, azure.subscription().end_reason) == (Status.DELETED, EndReason.CANCELED)


def test_it_is_suspended_for_as_long_as_nobody_lifts_it(on: On, azure: Scenario, do: Do) -> None:  # R-USAGE-06
    azure.given(do(Suspend, on(2025, 2, 1)))
    azure.when(Advance(to=on(2035, 1, 1))).then()
    azure.given(do(Reactivate, on(2035, 1, 1)), do(Suspend, on(2035, 1, 2)))
    assert azure.when(do(Cancel, on(2035, 1, 3))).names == ("canceled",)


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        (AddSeats, {"seats": 1}),
        (RemoveSeats, {"seats": 1}),
        (ScheduleChange, {"seats": 1}),
        (QueueBillingPlan, {"plan": Plan.MONTHLY}),
        (ChangeTerm, YEARLY),
        (TurnOnAutoRenew, {}),
        (TurnOffAutoRenew, {}),
        (Upgrade, {"offer_id": "backup", "seats": 1}),
        (Transfer, {"new_subscription_id": "s-2", "partner_id": "tailspin"}),
    ],
)
def test_what_needs_seats_or_a_term_is_not_supported(
    on: On, azure: Scenario, do: Do, kind: Any, rest: dict[str, Any]
) -> None:
    # R-USAGE-06, D-03
    never = azure.when(do(kind, on(2025, 2, 1), **rest)).refused("not-supported")
    assert (never.outlook.legal_from, never.outlook.legal_until) == (None, None)


def test_there_is_no_trial_of_it(on: On, do: Do) -> None:  # R-USAGE-06, R-TRIAL-16
    begin = do(StartTrial, on(2025, 1, 1), customer_id="contoso", offer_id="azure")
    assert Scenario().when(begin).refusal is not None


def test_it_takes_no_terms_and_a_hybrid_needs_them(on: On, buy: Buy, do: Do) -> None:  # R-USAGE-05, R-USAGE-06
    scenario = Scenario()
    scenario.when(buy(offer_id="azure")).refused("not-supported", "R-USAGE-06")
    bare = do(Purchase, on(2025, 1, 1), customer_id="contoso", offer_id="backup")
    scenario.when(bare).refused("quantity-out-of-range", "R-PURCHASE-07")


def test_the_licensed_part_of_a_hybrid_is_charged_by_its_plan_and_renews(on: On, buy: Buy) -> None:  # R-USAGE-05
    scenario = Scenario(buy(offer_id="backup", term=TermLength.MONTH))
    assert scenario.when(Advance(to=on(2025, 2, 13))).names == ("renewed",)
    yearly = Scenario(buy(offer_id="backup", **YEARLY))
    assert yearly.when(Advance(to=on(2025, 2, 13))).names == ("cycle-charged",)


def test_a_hybrid_is_canceled_at_any_time_like_any_usage_offer(on: On, buy: Buy, do: Do) -> None:
    # R-USAGE-05, R-CANCEL-16
    scenario = Scenario(buy(offer_id="backup", **YEARLY), do(Suspend, on(2025, 8, 1)))
    assert scenario.when(do(Cancel, on(2025, 8, 2))).names == ("canceled",)
