"""What takes a scheduled change away, and what does not."""

from collections.abc import Callable
from typing import Any

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Cancel,
    ChangeTerm,
    QueueBillingPlan,
    Reactivate,
    RemoveSeats,
    Rename,
    ScheduleChange,
    Suspend,
    Transfer,
    TurnOffAutoRenew,
    TurnOnAutoRenew,
    Upgrade,
    WithdrawBillingPlan,
)
from csp_lifecycle.vocabulary.events import (
    Renewed,
    WaitingChangesVoided,
)
from csp_lifecycle.vocabulary.subscription import ScheduledChange, Slot

Make = Callable[..., Any]

SOON = "2025-01-20T09:00:00Z"
"""Inside the window in which the whole subscription, or every seat of it, may be taken back."""
NEXT = "2026-01-15T00:00:00Z"
"""When the next term begins."""


@pytest.fixture
def yearly(buy: Make) -> Scenario:
    """Ten seats for a year, charged once, so that nothing is due before the renewal."""
    return Scenario(buy(plan=Plan.ANNUAL))


def renewed_by(scenario: Scenario, command: Any) -> Renewed:
    """The renewal, which must be all that the command records."""
    (renewed,) = scenario.when(command).recorded
    assert isinstance(renewed, Renewed)
    return renewed


IMMEDIATE: list[tuple[Any, dict[str, Any], str]] = [
    (Cancel, {}, "canceled"),
    (TurnOffAutoRenew, {}, "auto-renew-turned-off"),
    (AddSeats, {"seats": 1}, "seats-added"),
    (RemoveSeats, {"seats": 1}, "seats-removed"),
    (Upgrade, {"offer_id": "e3", "seats": 10}, "upgraded"),
    (Upgrade, {"offer_id": "e3", "seats": 4, "new_subscription_id": "s-2"}, "seats-moved-out"),
    (Suspend, {}, "suspended"),
    (ChangeTerm, {"term": TermLength.THREE_YEARS, "plan": Plan.ANNUAL}, "term-changed"),
    (Transfer, {"new_subscription_id": "s-2", "partner_id": "tailspin"}, "transferred"),
]


@pytest.mark.parametrize(("kind", "rest", "because"), IMMEDIATE)
def test_every_immediate_change_voids_what_is_scheduled(
    yearly: Scenario, do: Make, fact: Make, kind: Any, rest: dict[str, Any], because: str
) -> None:
    # TV-SCHED-01, R-SCHED-05, R-SCHED-06, R-SCHED-07, R-SEATS-12; the trial's conversion stands in its own file.
    yearly.given(do(ScheduleChange, SOON, offer_id="e5", seats=8))
    when = yearly.when(do(kind, SOON, **rest))
    assert when.names[:2] == (because, "waiting-changes-voided")
    assert when.recorded[1] == fact(
        WaitingChangesVoided,
        SOON,
        slots=(Slot.NEXT_TERM,),
        because=because,
        scheduled_change=ScheduledChange(offer_id="e5", seats=8),
    )
    assert when.names.count("waiting-changes-voided") == 1
    assert yearly.subscription().scheduled_change is None


@pytest.mark.parametrize(("kind", "rest", "because"), IMMEDIATE)
def test_nothing_is_voided_where_nothing_waits(
    yearly: Scenario, do: Make, kind: Any, rest: dict[str, Any], because: str
) -> None:
    # R-SCHED-05
    when = yearly.when(do(kind, SOON, **rest))
    assert when.names[0] == because
    assert "waiting-changes-voided" not in when.names


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        (Rename, {"friendly_name": "Front books"}),
        (QueueBillingPlan, {"plan": Plan.MONTHLY}),
        (QueueBillingPlan, {"plan": Plan.ANNUAL}),
        (WithdrawBillingPlan, {}),
    ],
)
def test_what_is_no_immediate_change_voids_nothing(buy: Make, do: Make, kind: Any, rest: dict[str, Any]) -> None:
    # R-SCHED-08, AMB-12: the name, a plan that is queued, and one that is withdrawn in either way.
    scenario = Scenario(buy(term=TermLength.THREE_YEARS, plan=Plan.ANNUAL), do(ScheduleChange, SOON, seats=8))
    if rest.get("plan") is not Plan.MONTHLY:
        scenario.given(do(QueueBillingPlan, SOON, plan=Plan.MONTHLY))
    assert len(scenario.when(do(kind, SOON, **rest)).recorded) == 1
    assert scenario.subscription().scheduled_change == ScheduledChange(seats=8)


def test_a_plain_cycle_charge_voids_nothing(buy: Make, do: Make, advance: Make) -> None:
    # R-SCHED-08
    scenario = Scenario(buy(), do(ScheduleChange, SOON, seats=8))
    assert scenario.when(advance("2025-02-15T00:00:00Z")).names == ("cycle-charged",)
    assert scenario.subscription().scheduled_change == ScheduledChange(seats=8)


def test_a_refused_change_voids_nothing(buy: Make, do: Make) -> None:
    # INV-02
    scenario = Scenario(buy(plan=Plan.ANNUAL), do(ScheduleChange, SOON, seats=8))
    scenario.when(do(RemoveSeats, "2025-03-01T09:00:00Z", seats=1)).refused("reduction-window-closed")
    assert scenario.subscription().scheduled_change == ScheduledChange(seats=8)


def test_reactivation_restores_neither_auto_renew_nor_the_schedule(yearly: Scenario, do: Make) -> None:
    # TV-STATUS-03, TV-STATUS-04, R-SCHED-06
    yearly.given(do(ScheduleChange, SOON, seats=8), do(Suspend, SOON))
    assert yearly.when(do(Reactivate, SOON)).names == ("reactivated",)
    after = yearly.subscription()
    assert (after.auto_renew, after.scheduled_change) == (False, None)


def test_turning_auto_renew_on_again_brings_nothing_back(yearly: Scenario, do: Make, advance: Make) -> None:
    # R-SCHED-16
    yearly.given(do(ScheduleChange, SOON, seats=8), do(TurnOffAutoRenew, SOON))
    assert yearly.when(do(TurnOnAutoRenew, SOON)).names == ("auto-renew-turned-on",)
    assert renewed_by(yearly, advance(NEXT)).seats == 10
