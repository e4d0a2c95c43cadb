"""How long a queued plan waits, and what becomes of it when the term ends first."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Cycle, Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Cancel,
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
    WithdrawScheduledChange,
)
from csp_lifecycle.vocabulary.events import (
    Deleted,
    Expired,
    Renewed,
    WaitingChangesVoided,
)
from csp_lifecycle.vocabulary.subscription import Slot

Make = Callable[..., Any]
MONTH, YEAR, YEARS = TermLength.MONTH, TermLength.YEAR, TermLength.THREE_YEARS
MONTHLY, ANNUAL, TRIENNIAL = Plan.MONTHLY, Plan.ANNUAL, Plan.TRIENNIAL

SOON = "2025-01-20T09:00:00Z"


@pytest.fixture
def monthly(buy: Make) -> Scenario:
    """Ten seats for three years, billed monthly."""
    return Scenario(buy(term=YEARS))


@pytest.fixture
def annual(buy: Make, do: Make) -> Scenario:
    """Ten seats for three years, billed annually, where a monthly plan waits for the second year."""
    return Scenario(buy(term=YEARS, plan=ANNUAL), do(QueueBillingPlan, SOON, plan=MONTHLY))


@pytest.mark.parametrize(
    "commands",
    [
        [(AddSeats, {"seats": 2})],
        [(RemoveSeats, {"seats": 2})],
        [(TurnOffAutoRenew, {}), (TurnOnAutoRenew, {})],
        [(ScheduleChange, {"seats": 8}), (WithdrawScheduledChange, {})],
        [(Suspend, {}), (Reactivate, {})],
        [(Rename, {"friendly_name": "Front books"})],
        [(Upgrade, {"offer_id": "e3", "seats": 4, "new_subscription_id": "s-2"})],
    ],
    ids=lambda commands: commands[0][0].__name__,
)
def test_the_queued_plan_survives_what_is_about_something_else(
    annual: Scenario, do: Make, commands: list[tuple[Any, dict[str, Any]]]
) -> None:
    # AMB-53, R-SCHED-06, TV-STATUS-03
    for kind, rest in commands:
        assert "waiting-changes-voided" not in annual.when(do(kind, SOON, **rest)).names
        assert annual.subscription().queued_plan is MONTHLY


@pytest.mark.parametrize(
    ("kind", "rest", "because"),
    [
        (Cancel, {}, "canceled"),
        (Upgrade, {"offer_id": "e3", "seats": 10}, "upgraded"),
        (Transfer, {"new_subscription_id": "s-2", "partner_id": "tailspin"}, "transferred"),
    ],
)
def test_the_queued_plan_is_lost_with_the_terms_it_waited_for(
    annual: Scenario, do: Make, fact: Make, kind: Any, rest: dict[str, Any], because: str
) -> None:
    # AMB-53, R-CANCEL-06
    when = annual.when(do(kind, SOON, **rest))
    voided = fact(WaitingChangesVoided, SOON, slots=(Slot.NEXT_CHARGE,), because=because, plan=MONTHLY)
    assert when.names[0] == because
    assert when.recorded[1] == voided


LAST_MONTH = "2027-12-20T09:00:00Z"
END = "2028-01-15T00:00:00Z"


@pytest.fixture
def ending(monthly: Scenario, do: Make, advance: Make) -> Scenario:
    """The last month of three years: a plan that is queued now meets the end of the term first."""
    return monthly.given(advance("2027-12-15T00:00:00Z"), do(QueueBillingPlan, LAST_MONTH, plan=ANNUAL))


def test_a_plan_that_is_queued_at_the_end_is_used_for_the_renewed_term(ending: Scenario, advance: Make) -> None:
    # R-RENEW-11, AMB-25
    (renewed,) = ending.when(advance(END)).recorded
    assert isinstance(renewed, Renewed)
    assert (renewed.plan, renewed.applied) == (ANNUAL, (Slot.NEXT_CHARGE,))
    assert renewed.charge_cycle == Cycle(starts_on=date(2028, 1, 15), ends_on=date(2029, 1, 14))
    assert ending.subscription().queued_plan is None


def test_a_scheduled_change_without_a_plan_leaves_the_queued_one_in_use(
    ending: Scenario, do: Make, advance: Make
) -> None:
    # R-RENEW-11: both are applied, nothing is lost.
    (renewed,) = ending.given(do(ScheduleChange, LAST_MONTH, seats=8)).when(advance(END)).recorded
    assert isinstance(renewed, Renewed)
    assert (renewed.seats, renewed.plan) == (8, ANNUAL)
    assert set(renewed.applied) == {Slot.NEXT_TERM, Slot.NEXT_CHARGE}


def test_a_scheduled_plan_beats_the_queued_one_which_is_lost(
    ending: Scenario, do: Make, advance: Make, fact: Make
) -> None:
    # R-RENEW-11, AMB-25
    when = ending.given(do(ScheduleChange, LAST_MONTH, plan=TRIENNIAL)).when(advance(END))
    renewed, voided = when.recorded
    assert isinstance(renewed, Renewed)
    assert (renewed.plan, renewed.applied) == (TRIENNIAL, (Slot.NEXT_TERM,))
    assert voided == fact(WaitingChangesVoided, END, slots=(Slot.NEXT_CHARGE,), because="renewed", plan=ANNUAL)


def test_a_term_that_lapses_loses_the_queued_plan(ending: Scenario, do: Make, advance: Make, fact: Make) -> None:
    # AMB-53, T-13
    expired, voided = ending.given(do(TurnOffAutoRenew, LAST_MONTH)).when(advance(END)).recorded
    assert isinstance(expired, Expired)
    assert voided == fact(WaitingChangesVoided, END, slots=(Slot.NEXT_CHARGE,), because="expired", plan=ANNUAL)


def test_a_suspended_term_that_ends_loses_the_queued_plan(
    ending: Scenario, do: Make, advance: Make, fact: Make
) -> None:
    # D-01, T-15
    gone, voided = ending.given(do(Suspend, LAST_MONTH)).when(advance(END)).recorded
    assert isinstance(gone, Deleted)
    assert voided == fact(WaitingChangesVoided, END, slots=(Slot.NEXT_CHARGE,), because="deleted", plan=ANNUAL)
