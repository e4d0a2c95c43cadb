"""R-LOCK: what is put in flight and when, and what is read-only while a cycle charge is being executed."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Cycle, Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    ChangeTerm,
    Command,
    CompleteCycleCharge,
    CompleteRenewal,
    Purchase,
    QueueBillingPlan,
    RemoveSeats,
    Rename,
    ScheduleChange,
    Suspend,
    Transfer,
    TurnOffAutoRenew,
    Upgrade,
    WithdrawBillingPlan,
)
from csp_lifecycle.vocabulary.events import CycleCharged, CycleChargeStarted, Event, RenewalStarted
from csp_lifecycle.vocabulary.subscription import Status

Buy = Callable[..., Purchase]
Do = Callable[..., Command]
Fact = Callable[..., Event]
Time = Callable[..., Advance]
Day = Callable[[str], date]
Shown = Callable[..., dict[str, object]]

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


# What locks: R-LOCK-01, R-LOCK-07


def test_a_plain_cycle_charge_locks_nothing(buy: Buy, fact: Fact, day: Day, advance: Time) -> None:
    # R-LOCK-01: it is recorded at once, even where charges take their time
    scenario = Scenario(buy())
    cycle = Cycle(starts_on=day("2025-02-15"), ends_on=day("2025-03-14"))
    scenario.when(advance(CHARGE, complete=False)).then(fact(CycleCharged, CHARGE, charge_cycle=cycle))


def test_a_charge_that_applies_another_plan_starts_at_midnight(
    buy: Buy, do: Do, fact: Fact, advance: Time, shown: Shown
) -> None:
    """R-LOCK-01, R-LOCK-07."""
    scenario = Scenario(buy(term=THREE_YEARS), do(QueueBillingPlan, FEB_1, plan=ANNUAL))
    scenario.when(advance("2025-02-14T23:59:59.999999Z", complete=False)).then()
    scenario.when(advance("2025-02-20T00:00:00Z", complete=False)).then(fact(CycleChargeStarted, CHARGE))
    in_flight = {"status": "active", "in_flight": "cycle-charge", "queued_plan": "annual", "next_due_at": None}
    assert shown(scenario).items() >= in_flight.items()


def test_a_renewal_starts_at_midnight(buy: Buy, fact: Fact, advance: Time, shown: Shown) -> None:
    """R-LOCK-01, R-LOCK-07: and keeps what waits, until it is completed."""
    scenario = Scenario(buy(), advance("2026-01-14T23:59:59.999999Z"))
    scenario.when(advance("2026-01-18T00:00:00Z", complete=False)).then(fact(RenewalStarted, RENEWAL))
    in_flight = {"status": "renewing", "in_flight": "renewal", "auto_renew": True, "next_due_at": None}
    assert shown(scenario).items() >= in_flight.items()


def test_history_tells_when_a_lock_was_in_force(renewing: Scenario, do: Do, shown: Shown) -> None:
    # R-LOCK-07
    renewing.given(do(CompleteRenewal, RENEWAL_9))
    assert shown(renewing, "2026-01-14T23:59:59.999999Z")["in_flight"] is None
    assert shown(renewing, RENEWAL)["in_flight"] == "renewal"
    assert shown(renewing, "2026-01-15T08:59:59.999999Z")["in_flight"] == "renewal"
    assert shown(renewing, RENEWAL_9)["in_flight"] is None


# The cycle charge's lock: R-LOCK-02


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        (QueueBillingPlan, {"plan": ANNUAL}),
        (QueueBillingPlan, {"plan": Plan.MONTHLY}),
        (WithdrawBillingPlan, {}),
    ],
)
def test_the_queued_plan_is_read_only_while_its_charge_is_in_flight(
    charging: Scenario, do: Do, kind: type[Command], rest: dict[str, object]
) -> None:
    """R-LOCK-02, R-BILL-10, D-30, TV-LOCK-01."""
    refusal = charging.when(do(kind, CHARGE_9, **rest)).refused("cycle-charge-locked")
    assert refusal.reason.retryable
    assert refusal.reason.microsoft == ()


@pytest.mark.parametrize(
    ("kind", "rest", "recorded"),
    [
        (AddSeats, {"seats": 1}, "seats-added"),
        (Suspend, {}, "suspended"),
        (TurnOffAutoRenew, {}, "auto-renew-turned-off"),
        (ScheduleChange, {"seats": 8}, "change-scheduled"),
        (Rename, {"friendly_name": "Sales"}, "renamed"),
        (Upgrade, {"offer_id": "e3", "seats": 4, "new_subscription_id": "s-2"}, "seats-moved-out"),
    ],
)
def test_everything_else_goes_on_while_a_cycle_charge_is_in_flight(
    *, charging: Scenario, do: Do, kind: type[Command], rest: dict[str, object], recorded: str
) -> None:
    """R-LOCK-02, TV-LOCK-01."""
    assert charging.when(do(kind, CHARGE_9, **rest)).names[0] == recorded


def test_seats_fall_within_their_lots_while_a_cycle_charge_is_in_flight(charging: Scenario, do: Do) -> None:
    # R-LOCK-02
    charging.given(do(AddSeats, CHARGE_9, seats=3), do(RemoveSeats, CHARGE_9, seats=3))
    charging.when(do(RemoveSeats, CHARGE_9, seats=1)).refused("reduction-window-closed")


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        (ChangeTerm, {"term": THREE_YEARS, "plan": Plan.TRIENNIAL}),
        (Transfer, {"new_subscription_id": "s-2", "partner_id": "another"}),
    ],
)
def test_terms_and_partners_do_not_change_while_a_cycle_charge_is_in_flight(
    charging: Scenario, do: Do, kind: type[Command], rest: dict[str, object]
) -> None:
    # R-LOCK-06, D-19
    refusal = charging.when(do(kind, CHARGE_9, **rest)).refused("conflict")
    assert refusal.reason.retryable


def test_a_completed_charge_applies_the_plan_from_the_day_it_was_due(
    charging: Scenario, do: Do, fact: Fact, day: Day, shown: Shown
) -> None:
    """R-LOCK-04: three days later, which moves no day of the cycle."""
    charging.when(do(CompleteCycleCharge, "2025-02-18T09:00:00Z")).then(
        fact(
            CycleCharged,
            "2025-02-18T09:00:00Z",
            charge_cycle=Cycle(starts_on=day("2025-02-15"), ends_on=day("2026-01-14")),
            plan=ANNUAL,
            unit_price=Decimal("120.00"),
        )
    )
    free = {"plan": "annual", "queued_plan": None, "in_flight": None, "next_due_at": RENEWAL}
    assert shown(charging).items() >= free.items()
    charging.given(do(QueueBillingPlan, "2025-02-18T09:00:00Z", plan=Plan.MONTHLY))


def test_a_charge_is_completed_on_a_suspended_subscription_too(charging: Scenario, do: Do) -> None:
    # R-LOCK-04, R-SUSP-03
    charging.given(do(Suspend, CHARGE_9))
    assert charging.when(do(CompleteCycleCharge, "2025-02-15T10:00:00Z")).names == ("cycle-charged",)
    assert charging.subscription().status is Status.SUSPENDED
