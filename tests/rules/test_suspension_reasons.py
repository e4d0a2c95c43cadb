"""R-SUSP: what a suspended subscription still takes, who cannot be suspended, and several reasons at once."""

from collections.abc import Callable

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    Advance,
    ChangeTerm,
    Command,
    CompleteRenewal,
    Purchase,
    QueueBillingPlan,
    Reactivate,
    Rename,
    ScheduleChange,
    StartTrial,
    Suspend,
    TurnOffAutoRenew,
    TurnOnAutoRenew,
)
from csp_lifecycle.vocabulary.events import (
    Event,
    Reactivated,
    Suspended,
    SuspensionReasonLifted,
)
from csp_lifecycle.vocabulary.subscription import Status

Buy = Callable[..., Purchase]
Do = Callable[..., Command]
Fact = Callable[..., Event]
Time = Callable[..., Advance]
Names = Callable[..., tuple[str, ...]]
Told = Callable[..., dict[str, tuple[Event, ...]]]

ANNUAL, THREE_YEARS = Plan.ANNUAL, TermLength.THREE_YEARS
FEB_1, FEB_2, FEB_3 = "2025-02-01T09:00:00Z", "2025-02-02T09:00:00Z", "2025-02-03T09:00:00Z"

# What else can be done meanwhile: R-SUSP-09


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        (TurnOnAutoRenew, {}),
        (TurnOffAutoRenew, {}),
        (ScheduleChange, {"seats": 8}),
        (QueueBillingPlan, {"plan": ANNUAL}),
        (ChangeTerm, {"term": THREE_YEARS, "plan": Plan.MONTHLY}),
        (Rename, {"friendly_name": "Sales"}),
    ],
)
def test_a_suspended_subscription_takes_no_other_update(
    buy: Buy, do: Do, kind: type[Command], rest: dict[str, object]
) -> None:
    """R-SUSP-09, AMB-54, TV-SCHED-03."""
    scenario = Scenario(buy(), do(Suspend, FEB_1))
    refusal = scenario.when(do(kind, FEB_2, **rest)).refused("suspended-no-update", "R-SUSP-09")
    assert refusal.reason.microsoft == ("800091",)


# Who cannot be suspended: R-SUSP-12, R-SUSP-13


def test_a_trial_cannot_be_suspended(do: Do) -> None:
    # R-SUSP-12
    trial = do(StartTrial, "2025-01-15T10:00:00Z", customer_id="contoso", offer_id="business-standard-trial")
    Scenario(trial).when(do(Suspend, FEB_1)).refused("trial-status-locked")


@pytest.mark.parametrize("kind", [Suspend, Reactivate])
def test_nothing_is_suspended_or_reactivated_while_a_renewal_is_in_flight(
    buy: Buy, do: Do, advance: Time, kind: type[Command]
) -> None:
    # R-SUSP-13
    scenario = Scenario(buy(), advance("2026-01-15T00:00:00Z", complete=False))
    refusal = scenario.when(do(kind, "2026-01-15T09:00:00Z")).refused("renewal-locked")
    assert refusal.reason.retryable
    scenario.given(do(CompleteRenewal, "2026-01-15T10:00:00Z"), do(Suspend, "2026-01-15T10:00:00Z"))


# Reasons: R-SUSP-16, D-29


def test_suspending_again_for_the_same_reason_is_refused(buy: Buy, do: Do, names: Names) -> None:
    # R-SUSP-16
    scenario = Scenario(buy(), do(Suspend, FEB_1))
    scenario.when(do(Suspend, FEB_2)).refused("already-in-state", "R-SUSP-16")
    assert names(scenario) == ("purchased", "suspended")


def test_reactivating_what_is_active_is_refused(buy: Buy, do: Do) -> None:
    # R-SUSP-16
    Scenario(buy()).when(do(Reactivate, FEB_1)).refused("already-in-state", "R-SUSP-16")


def test_reactivating_for_a_reason_that_is_not_there_is_refused(buy: Buy, do: Do) -> None:
    # R-SUSP-16
    scenario = Scenario(buy(), do(Suspend, FEB_1))
    scenario.when(do(Reactivate, FEB_2, reason="fraud")).refused("already-in-state", "R-SUSP-16")


def test_another_reason_is_recorded_beside_the_first(buy: Buy, do: Do, fact: Fact) -> None:
    # D-29: several reasons, one suspension
    scenario = Scenario(buy(), do(Suspend, FEB_1))
    scenario.when(do(Suspend, FEB_2, reason="fraud")).then(fact(Suspended, FEB_2, reason="fraud", auto_renew=False))
    assert scenario.subscription().suspension_reasons == ("partner", "fraud")


@pytest.mark.parametrize(("first", "last"), [("partner", "fraud"), ("fraud", "partner")])
def test_access_returns_with_the_last_reason(*, buy: Buy, do: Do, fact: Fact, first: str, last: str) -> None:
    # D-29
    scenario = Scenario(buy(), do(Suspend, FEB_1), do(Suspend, FEB_1, reason="fraud"))
    scenario.when(do(Reactivate, FEB_2, reason=first)).then(fact(SuspensionReasonLifted, FEB_2, reason=first))
    still = scenario.subscription()
    assert (still.status, still.suspension_reasons) == (Status.SUSPENDED, (last,))
    scenario.when(do(Reactivate, FEB_3, reason=last)).then(fact(Reactivated, FEB_3, reason=last))
    assert scenario.subscription().status is Status.ACTIVE


def test_a_reactivation_without_a_reason_lifts_them_all(buy: Buy, do: Do, fact: Fact) -> None:
    # D-29
    scenario = Scenario(buy(), do(Suspend, FEB_1), do(Suspend, FEB_1, reason="fraud"))
    scenario.when(do(Reactivate, FEB_2)).then(fact(Reactivated, FEB_2))
    assert scenario.subscription().suspension_reasons == ()


def test_a_suspension_is_the_same_however_time_is_taken(buy: Buy, do: Do, advance: Time, told: Told) -> None:
    # INV-28
    given = (buy(term=THREE_YEARS), do(QueueBillingPlan, FEB_1, plan=ANNUAL), do(Suspend, FEB_2))
    back, end = do(Reactivate, "2025-05-01T09:00:00Z"), advance("2028-06-01T00:00:00Z")
    stops = (advance("2025-02-10T00:00:00Z"), advance("2025-02-15T00:00:00Z"))
    assert told(*given, *stops, back, end) == told(*given, back, end)
