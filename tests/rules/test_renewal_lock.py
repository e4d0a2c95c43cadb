"""R-LOCK: what is read-only while a renewal is being executed, and what ends a lock."""

from collections.abc import Callable
from datetime import datetime

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Cancel,
    ChangeTerm,
    Command,
    CompleteCycleCharge,
    CompleteRenewal,
    Purchase,
    QueueBillingPlan,
    Reactivate,
    RemoveSeats,
    Rename,
    ScheduleChange,
    StartTrial,
    Suspend,
    TurnOffAutoRenew,
    TurnOnAutoRenew,
    Upgrade,
    WithdrawScheduledChange,
)
from csp_lifecycle.vocabulary.subscription import Status

Buy = Callable[..., Purchase]
Do = Callable[..., Command]
Time = Callable[..., Advance]
At = Callable[[str], datetime]
Names = Callable[..., tuple[str, ...]]

ANNUAL, THREE_YEARS = Plan.ANNUAL, TermLength.THREE_YEARS
FEB_1, CHARGE, CHARGE_9 = "2025-02-01T09:00:00Z", "2025-02-15T00:00:00Z", "2025-02-15T09:00:00Z"
RENEWAL, RENEWAL_9 = "2026-01-15T00:00:00Z", "2026-01-15T09:00:00Z"


@pytest.fixture
def renewing(buy: Buy, advance: Time) -> Scenario:
    """The example year, whose renewal is in flight since midnight."""
    return Scenario(buy(), advance(RENEWAL, complete=False))


@pytest.fixture
def charging(buy: Buy, do: Do, advance: Time) -> Scenario:
    """Three years billed monthly, whose first charge under annual billing is in flight since midnight."""
    return Scenario(buy(term=THREE_YEARS), do(QueueBillingPlan, FEB_1, plan=ANNUAL), advance(CHARGE, complete=False))


# The renewal's lock: R-LOCK-03


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        (TurnOnAutoRenew, {}),
        (TurnOffAutoRenew, {}),
        (ScheduleChange, {"seats": 8}),
        (Suspend, {}),
        (Reactivate, {}),
    ],
)
@pytest.mark.parametrize("instant", [RENEWAL, RENEWAL_9, "2026-01-20T09:00:00Z"])
def test_auto_renew_schedule_and_suspension_are_read_only_while_a_renewal_is_in_flight(
    *, renewing: Scenario, do: Do, kind: type[Command], rest: dict[str, object], instant: str
) -> None:
    """R-LOCK-03, R-RENEW-04, R-SCHED-15, TV-RENEW-02, INV-25."""
    refusal = renewing.when(do(kind, instant, **rest)).refused("renewal-locked", "R-LOCK-03")
    assert refusal.reason.retryable
    renewing.given(do(CompleteRenewal, instant))


def test_what_is_scheduled_cannot_be_withdrawn_while_it_is_being_applied(buy: Buy, do: Do, advance: Time) -> None:
    # R-LOCK-03
    scenario = Scenario(buy(), do(ScheduleChange, FEB_1, seats=8), advance(RENEWAL, complete=False))
    scenario.when(do(WithdrawScheduledChange, RENEWAL_9)).refused("renewal-locked", "R-LOCK-03")
    scenario.given(do(CompleteRenewal, RENEWAL_9))
    assert scenario.subscription().seats == 8


def test_where_nothing_is_scheduled_there_is_nothing_to_withdraw(renewing: Scenario, do: Do) -> None:
    # D-19
    renewing.when(do(WithdrawScheduledChange, RENEWAL_9)).refused("nothing-scheduled")


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        (AddSeats, {"seats": 1}),
        (RemoveSeats, {"seats": 1}),
        (Cancel, {}),
        (Rename, {"friendly_name": "Sales"}),
        (QueueBillingPlan, {"plan": ANNUAL}),
        (ChangeTerm, {"term": THREE_YEARS, "plan": ANNUAL}),
        (Upgrade, {"offer_id": "e3", "seats": 10}),
    ],
)
def test_every_other_write_conflicts_with_a_renewal_in_flight(
    renewing: Scenario, do: Do, kind: type[Command], rest: dict[str, object]
) -> None:
    """R-LOCK-05, R-LOCK-06, AMB-35."""
    refusal = renewing.when(do(kind, RENEWAL_9, **rest)).refused("conflict")
    assert refusal.reason.retryable
    assert "900278" in refusal.reason.microsoft


@pytest.mark.parametrize(
    ("kind", "rest"), [(AddSeats, {"seats": 1}), (Cancel, {}), (Rename, {"friendly_name": "Sales"})]
)
def test_the_same_write_passes_once_the_renewal_is_complete(
    renewing: Scenario, do: Do, kind: type[Command], rest: dict[str, object]
) -> None:
    # R-LOCK-05
    renewing.given(do(CompleteRenewal, RENEWAL_9), do(kind, RENEWAL_9, **rest))


def test_a_renewal_in_flight_locks_no_other_subscription(renewing: Scenario, buy: Buy, do: Do) -> None:
    # R-LOCK-03
    renewing.given(buy("2026-01-15T08:00:00Z", subscription_id="s-2"), do(Suspend, RENEWAL_9, "s-2"))


# What ends a lock: R-LOCK-04, D-30


@pytest.mark.parametrize("complete", [True, False])
def test_no_time_ends_what_is_in_flight(renewing: Scenario, advance: Time, *, complete: bool) -> None:
    # R-LOCK-04
    renewing.when(advance("2027-06-01T00:00:00Z", complete=complete)).then()
    assert renewing.subscription().status is Status.RENEWING


def test_a_charge_in_flight_holds_up_the_end_of_the_term(buy: Buy, do: Do, advance: Time, at: At) -> None:
    # R-LOCK-04: the renewal that was due meanwhile follows at the instant of the completion
    scenario = Scenario(
        buy(term=THREE_YEARS),
        do(QueueBillingPlan, "2027-12-01T09:00:00Z", plan=ANNUAL),
        advance("2027-12-15T00:00:00Z", complete=False),
    )
    scenario.when(advance("2028-01-20T00:00:00Z")).then()
    scenario.given(do(CompleteCycleCharge, "2028-01-20T09:00:00Z"))
    (renewed,) = scenario.when(advance("2028-01-20T09:00:00Z")).recorded
    assert renewed.at == at("2028-01-20T09:00:00Z")
    term = scenario.subscription().term
    assert term is not None
    assert term.starts_at == at("2028-01-15T00:00:00Z")


@pytest.mark.parametrize("kind", [CompleteRenewal, CompleteCycleCharge])
@pytest.mark.parametrize("status", ["active", "suspended", "expired", "deleted", "trial"])
def test_nothing_can_be_completed_where_nothing_is_in_flight(
    *, buy: Buy, do: Do, kind: type[Command], status: str
) -> None:
    # R-LOCK-04, D-30
    begun: dict[str, tuple[Command, ...]] = {
        "active": (buy(),),
        "suspended": (buy(), do(Suspend, FEB_1)),
        "expired": (buy(term=TermLength.MONTH), do(TurnOffAutoRenew, FEB_1)),
        "deleted": (buy(), do(Cancel, "2025-01-16T09:00:00Z")),
        "trial": (do(StartTrial, "2025-01-20T10:00:00Z", customer_id="contoso", offer_id="business-standard-trial"),),
    }
    scenario = Scenario(*begun[status])
    scenario.when(do(kind, "2025-02-18T09:00:00Z")).refused("nothing-in-flight")
    assert scenario.subscription().in_flight is None


def test_each_lock_is_ended_by_its_own_completion(renewing: Scenario, charging: Scenario, do: Do) -> None:
    # R-LOCK-04, D-30
    renewing.when(do(CompleteCycleCharge, RENEWAL_9)).refused("nothing-in-flight")
    charging.when(do(CompleteRenewal, CHARGE_9)).refused("nothing-in-flight")


def test_a_trials_conversion_is_in_flight_like_a_renewal(do: Do, advance: Time, names: Names) -> None:
    # R-LOCK-03
    trial = do(StartTrial, "2025-01-15T10:00:00Z", customer_id="contoso", offer_id="business-standard-trial")
    scenario = Scenario(trial, advance("2025-02-14T00:00:00Z", complete=False))
    scenario.when(do(TurnOffAutoRenew, "2025-02-14T09:00:00Z")).refused("renewal-locked", "R-LOCK-03")
    scenario.given(do(CompleteRenewal, "2025-02-14T10:00:00Z"))
    assert names(scenario) == ("trial-started", "renewal-started", "trial-converted")
