"""R-SUSP: blocking access, what keeps running meanwhile, and the way back."""

from collections.abc import Callable

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Command,
    Purchase,
    QueueBillingPlan,
    Reactivate,
    ScheduleChange,
    Suspend,
    TurnOffAutoRenew,
    TurnOnAutoRenew,
)
from csp_lifecycle.vocabulary.events import (
    CycleCharged,
    Deleted,
    Event,
    Reactivated,
    Suspended,
    WaitingChangesVoided,
)
from csp_lifecycle.vocabulary.subscription import EndReason, ScheduledChange, Slot, Status

Buy = Callable[..., Purchase]
Do = Callable[..., Command]
Fact = Callable[..., Event]
Time = Callable[..., Advance]
Names = Callable[..., tuple[str, ...]]
Shown = Callable[..., dict[str, object]]

ANNUAL, THREE_YEARS = Plan.ANNUAL, TermLength.THREE_YEARS
FEB_1, FEB_2, FEB_3 = "2025-02-01T09:00:00Z", "2025-02-02T09:00:00Z", "2025-02-03T09:00:00Z"

# Suspending: R-SUSP-01, R-SUSP-04, R-SUSP-05


def test_an_active_subscription_can_be_suspended_which_turns_auto_renew_off(
    buy: Buy, do: Do, fact: Fact, shown: Shown
) -> None:
    """R-SUSP-01, R-SUSP-04, T-04."""
    scenario = Scenario(buy())
    scenario.when(do(Suspend, FEB_1)).then(fact(Suspended, FEB_1, reason="partner", auto_renew=False))
    suspended = {"status": "suspended", "auto_renew": False, "suspension_reasons": ["partner"]}
    assert shown(scenario).items() >= suspended.items()


def test_a_suspension_voids_what_is_scheduled_and_keeps_what_is_queued(buy: Buy, do: Do, fact: Fact) -> None:
    """R-SUSP-05, R-SCHED-06, TV-STATUS-03."""
    scenario = Scenario(
        buy(term=THREE_YEARS), do(ScheduleChange, FEB_1, seats=8), do(QueueBillingPlan, FEB_1, plan=ANNUAL)
    )
    scenario.when(do(Suspend, FEB_2, reason="non-payment")).then(
        fact(Suspended, FEB_2, reason="non-payment", auto_renew=False),
        fact(
            WaitingChangesVoided,
            FEB_2,
            slots=(Slot.NEXT_TERM,),
            because="suspended",
            scheduled_change=ScheduledChange(seats=8),
        ),
    )
    suspended = scenario.subscription()
    assert (suspended.scheduled_change, suspended.queued_plan) == (None, ANNUAL)


def test_a_reactivation_brings_back_neither_auto_renew_nor_the_schedule(
    buy: Buy, do: Do, fact: Fact, shown: Shown
) -> None:
    """R-SUSP-04, R-SUSP-06, TV-STATUS-04, T-07."""
    scenario = Scenario(
        buy(term=THREE_YEARS),
        do(ScheduleChange, FEB_1, seats=8),
        do(QueueBillingPlan, FEB_1, plan=ANNUAL),
        do(Suspend, FEB_2),
    )
    scenario.when(do(Reactivate, FEB_3)).then(fact(Reactivated, FEB_3))
    back = {"status": "active", "auto_renew": False, "scheduled_change": None, "suspension_reasons": []}
    assert shown(scenario).items() >= {**back, "queued_plan": "annual"}.items()


def test_after_a_reactivation_the_partner_recreates_both(buy: Buy, do: Do) -> None:
    # R-SUSP-04, R-SCHED-16
    scenario = Scenario(buy(), do(Suspend, FEB_1), do(Reactivate, FEB_2))
    scenario.when(do(ScheduleChange, FEB_2, seats=8)).refused("auto-renew-required")
    scenario.given(do(TurnOnAutoRenew, FEB_2))
    assert scenario.subscription().scheduled_change is None
    scenario.given(do(ScheduleChange, FEB_2, seats=8))


# What keeps running: R-SUSP-03, R-SUSP-07


def test_the_partner_is_charged_on_while_suspended(buy: Buy, do: Do, advance: Time) -> None:
    # R-SUSP-03
    scenario = Scenario(buy(), do(Suspend, FEB_1))
    recorded = scenario.when(advance("2025-04-20T00:00:00Z")).recorded
    assert [(type(event), event.at.date().isoformat()) for event in recorded] == [
        (CycleCharged, "2025-02-15"),
        (CycleCharged, "2025-03-15"),
        (CycleCharged, "2025-04-15"),
    ]
    assert scenario.subscription().status is Status.SUSPENDED


@pytest.mark.parametrize("complete", [True, False])
def test_a_queued_plan_is_applied_while_suspended(
    *, buy: Buy, do: Do, advance: Time, names: Names, complete: bool
) -> None:
    # R-SUSP-03, R-SUSP-05
    scenario = Scenario(buy(term=THREE_YEARS), do(QueueBillingPlan, FEB_1, plan=ANNUAL), do(Suspend, FEB_2))
    scenario.given(advance("2025-02-15T00:00:00Z", complete=complete))
    assert names(scenario)[-1] == ("cycle-charged" if complete else "cycle-charge-started")
    assert scenario.subscription().plan is (ANNUAL if complete else Plan.MONTHLY)
    assert scenario.subscription().status is Status.SUSPENDED


def test_a_suspension_and_its_end_leave_everything_else_as_it_was(buy: Buy, do: Do, shown: Shown) -> None:
    """R-SUSP-07, INV-10: dates, seats, lots and the window run on, nothing is extended."""
    given = (
        buy(term=THREE_YEARS),
        do(AddSeats, "2025-01-16T09:00:00Z", seats=5),
        do(QueueBillingPlan, "2025-01-16T09:00:00Z", plan=ANNUAL),
        do(TurnOffAutoRenew, "2025-01-16T09:00:00Z"),
    )
    there_and_back = (do(Suspend, "2025-01-17T09:00:00Z"), do(Reactivate, "2025-01-20T09:00:00Z"))
    before = shown(Scenario(*given), "2025-01-20T09:00:00Z")
    assert shown(Scenario(*given, *there_and_back)) == {**before, "version": 6}


@pytest.mark.parametrize(
    ("instant", "reducible", "until"),
    [
        ("2025-01-22T10:00:00Z", 10, "2025-01-22T10:00:00Z"),
        ("2025-01-22T10:00:00.000001Z", 0, None),
    ],
)
def test_deadlines_run_on_during_a_suspension(
    *, buy: Buy, do: Do, shown: Shown, instant: str, reducible: int, until: str | None
) -> None:
    # R-SUSP-07
    state = shown(Scenario(buy(), do(Suspend, "2025-01-16T09:00:00Z")), instant)
    assert (state["reducible_seats"], state["cancellable_until"]) == (reducible, until)


# The way back: R-SUSP-06, and where it ends: R-SUSP-08


@pytest.mark.parametrize("instant", [FEB_1, "2025-09-01T09:00:00Z", "2026-01-14T23:59:59.999999Z"])
def test_a_suspended_subscription_can_be_reactivated_through_its_last_day(buy: Buy, do: Do, instant: str) -> None:
    # R-SUSP-06, AMB-65: at once, and without a purchase
    scenario = Scenario(buy(plan=ANNUAL), do(Suspend, FEB_1))
    assert scenario.when(do(Reactivate, instant)).names == ("reactivated",)


def test_after_its_last_day_it_is_deleted_and_nothing_brings_it_back(buy: Buy, do: Do) -> None:
    # R-SUSP-06, R-SUSP-08
    scenario = Scenario(buy(plan=ANNUAL), do(Suspend, FEB_1))
    scenario.when(do(Reactivate, "2026-01-15T00:00:00Z")).refused("deleted", "R-STATUS-01")


def test_what_is_not_reactivated_is_deleted_when_the_term_ends(
    buy: Buy, do: Do, fact: Fact, advance: Time, shown: Shown
) -> None:
    """R-SUSP-08, T-15, D-01: at midnight after the last day, with no expired or disabled days."""
    scenario = Scenario(buy(plan=ANNUAL), do(Suspend, FEB_1))
    scenario.when(advance("2026-01-14T23:59:59.999999Z")).then()
    scenario.when(advance("2030-01-01T00:00:00Z")).then(
        fact(Deleted, "2026-01-15T00:00:00Z", reason=EndReason.NOT_REACTIVATED)
    )
    gone = {"status": "deleted", "seats": 0, "end_reason": "not-reactivated", "suspension_reasons": []}
    assert shown(scenario).items() >= gone.items()


def test_a_plan_that_is_still_queued_is_lost_with_the_subscription(buy: Buy, do: Do, fact: Fact, advance: Time) -> None:
    # R-SUSP-08, AMB-53
    scenario = Scenario(
        buy(term=THREE_YEARS),
        do(QueueBillingPlan, "2027-12-20T09:00:00Z", plan=ANNUAL),
        do(Suspend, "2027-12-21T09:00:00Z"),
    )
    midnight = "2028-01-15T00:00:00Z"
    scenario.when(advance(midnight)).then(
        fact(Deleted, midnight, reason=EndReason.NOT_REACTIVATED),
        fact(WaitingChangesVoided, midnight, slots=(Slot.NEXT_CHARGE,), because="deleted", plan=ANNUAL),
    )


def test_a_reactivated_subscription_whose_auto_renew_stays_off_lapses(buy: Buy, do: Do, advance: Time) -> None:
    # R-SUSP-04, R-RENEW-10
    scenario = Scenario(buy(plan=ANNUAL), do(Suspend, FEB_1), do(Reactivate, FEB_2))
    assert scenario.when(advance("2026-01-15T00:00:00Z")).names == ("expired",)
