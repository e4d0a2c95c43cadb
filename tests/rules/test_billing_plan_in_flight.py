"""While the charge that applies a queued plan is being executed."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Cycle, Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    ChangeTerm,
    CompleteCycleCharge,
    CompleteRenewal,
    QueueBillingPlan,
    ScheduleChange,
    Suspend,
    WithdrawBillingPlan,
)
from csp_lifecycle.vocabulary.events import (
    CycleCharged,
    CycleChargeStarted,
)
from csp_lifecycle.vocabulary.subscription import InFlight, ScheduledChange, Status

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


LAST_MONTH = "2027-12-20T09:00:00Z"
END = "2028-01-15T00:00:00Z"


@pytest.fixture
def ending(monthly: Scenario, do: Make, advance: Make) -> Scenario:
    """The last month of three years: a plan that is queued now meets the end of the term first."""
    return monthly.given(advance("2027-12-15T00:00:00Z"), do(QueueBillingPlan, LAST_MONTH, plan=ANNUAL))


@pytest.fixture
def charging(monthly: Scenario, do: Make, advance: Make) -> Scenario:
    """The annual plan is being applied."""
    return monthly.given(
        do(QueueBillingPlan, SOON, plan=ANNUAL), do(ScheduleChange, SOON, seats=8), advance(CHARGE, complete=False)
    )


def test_only_a_charge_that_applies_a_queued_plan_takes_its_time(
    monthly: Scenario, do: Make, advance: Make, fact: Make
) -> None:
    # R-LOCK-01
    (plain,) = monthly.when(advance(CHARGE, complete=False)).recorded
    assert isinstance(plain, CycleCharged)
    monthly.given(do(QueueBillingPlan, CHARGE, plan=ANNUAL))
    monthly.when(advance("2025-03-15T00:00:00Z", complete=False)).then(fact(CycleChargeStarted, "2025-03-15T00:00:00Z"))


@pytest.mark.parametrize(
    ("kind", "rest", "code"),
    [
        (QueueBillingPlan, {"plan": MONTHLY}, "cycle-charge-locked"),
        (QueueBillingPlan, {"plan": TRIENNIAL}, "cycle-charge-locked"),
        (WithdrawBillingPlan, {}, "cycle-charge-locked"),
        (ChangeTerm, {"term": YEARS, "plan": ANNUAL}, "conflict"),
    ],
)
def test_the_queue_is_read_only_while_its_charge_is_in_flight(
    charging: Scenario, do: Make, kind: Any, rest: dict[str, Any], code: str
) -> None:
    # TV-LOCK-01, R-BILL-10, R-LOCK-02, D-19
    assert charging.when(do(kind, CHARGE, **rest)).refused(code).reason.retryable
    assert charging.subscription().queued_plan is ANNUAL


def test_seats_may_be_added_while_a_charge_is_in_flight(charging: Scenario, do: Make) -> None:
    # TV-LOCK-01
    assert charging.when(do(AddSeats, CHARGE, seats=1)).names == ("seats-added", "waiting-changes-voided")
    assert charging.subscription().in_flight is InFlight.CYCLE_CHARGE


def test_the_charge_is_released_by_its_completion_and_not_by_time(
    charging: Scenario, do: Make, advance: Make, fact: Make
) -> None:
    # R-LOCK-04: no advance ends it, and until then nothing else is due.
    assert charging.when(advance("2025-06-01T00:00:00Z")).recorded == ()
    late = "2025-06-01T09:00:00Z"
    charging.when(do(CompleteCycleCharge, late)).then(
        fact(
            CycleCharged,
            late,
            charge_cycle=Cycle(starts_on=date(2025, 2, 15), ends_on=date(2026, 1, 14)),
            plan=ANNUAL,
            unit_price=Decimal("120.00"),
        )
    )
    after = charging.subscription()
    assert (after.in_flight, after.queued_plan, after.scheduled_change) == (None, None, ScheduledChange(seats=8))
    charging.when(do(CompleteCycleCharge, late)).refused("nothing-in-flight")


def test_a_charge_that_is_in_flight_is_completed_on_a_suspended_subscription_too(charging: Scenario, do: Make) -> None:
    # R-LOCK-02, R-SUSP-03
    charging.given(do(Suspend, CHARGE))
    assert charging.when(do(CompleteCycleCharge, CHARGE)).names == ("cycle-charged",)
    assert (charging.subscription().status, charging.subscription().plan) == (Status.SUSPENDED, ANNUAL)


@pytest.mark.parametrize("kind", [QueueBillingPlan, WithdrawBillingPlan])
def test_while_a_renewal_is_in_flight_the_queue_conflicts(ending: Scenario, do: Make, advance: Make, kind: Any) -> None:
    # R-LOCK-05
    ending.given(advance(END, complete=False))
    rest = {"plan": MONTHLY} if kind is QueueBillingPlan else {}
    ending.when(do(kind, END, **rest)).refused("conflict", "R-LOCK-05")
    ending.given(do(CompleteRenewal, END))
    assert (ending.subscription().plan, ending.subscription().queued_plan) == (ANNUAL, None)
