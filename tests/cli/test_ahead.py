"""What lies ahead of a subscription, in words, without anybody doing anything."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from csp_lifecycle.cli.ahead import ahead, in_flight
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    Activate,
    Actor,
    Advance,
    Cancel,
    Purchase,
    QueueBillingPlan,
    StartTrial,
    Suspend,
    TurnOffAutoRenew,
)

AT = datetime(2025, 1, 15, 10, tzinfo=UTC)


@pytest.fixture
def bought() -> Callable[..., Scenario]:
    def make(
        term: TermLength = TermLength.YEAR, plan: Plan = Plan.MONTHLY, offer_id: str = "business-standard"
    ) -> Scenario:
        return Scenario(
            Purchase(
                at=AT,
                subscription_id="s-1",
                customer_id="contoso",
                offer_id=offer_id,
                seats=10,
                term=term,
                plan=plan,
            )
        )

    return make


def words(scenario: Scenario, at: datetime = AT) -> list[str]:
    return [f"{when:%m-%d} {what}" for when, what in ahead(scenario.subscription(), at, str)]


def later(month: int, day: int) -> datetime:
    return datetime(2025, month, day, 10, tzinfo=UTC)


def test_open_windows_charges_and_the_renewal_lie_ahead(bought: Callable[..., Scenario]) -> None:
    assert words(bought()) == [
        "01-16 last instant to cancel with a full refund",
        "01-22 last instant to cancel with a prorated refund",
        "01-22 last instant to remove up to 10 seats",
        "02-15 the next charge",
        "01-15 renews as it is for one year",
    ]


def test_a_queued_plan_comes_with_the_next_charge(bought: Callable[..., Scenario]) -> None:
    queued = QueueBillingPlan(at=later(2, 1), subscription_id="s-1", plan=Plan.MONTHLY)
    scenario = bought(TermLength.THREE_YEARS, Plan.ANNUAL).given(queued)
    assert "01-15 the next charge, monthly from then on, as queued" in words(scenario, later(2, 1))


def test_without_auto_renew_the_term_expires(bought: Callable[..., Scenario]) -> None:
    scenario = bought(TermLength.MONTH).given(TurnOffAutoRenew(at=later(2, 1), subscription_id="s-1"))
    assert words(scenario, later(2, 1)) == ["02-15 expires, because auto-renew is off"]


def test_what_is_suspended_is_deleted_unless_it_comes_back(bought: Callable[..., Scenario]) -> None:  # R-SUSP-08
    scenario = bought(TermLength.MONTH).given(Suspend(at=later(2, 1), subscription_id="s-1"))
    assert words(scenario, later(2, 1)) == ["02-15 deleted, unless it is reactivated before"]


def test_what_has_expired_has_its_steps_ahead(bought: Callable[..., Scenario]) -> None:  # R-STATUS-04
    scenario = bought(TermLength.MONTH).given(TurnOffAutoRenew(at=later(2, 1), subscription_id="s-1"))
    scenario.given(Advance(to=later(2, 20)))
    assert words(scenario, later(2, 20)) == ["03-17 the next step of its end"]
    scenario.given(Advance(to=later(3, 20)))
    assert words(scenario, later(3, 20)) == ["06-15 deleted for good"]
    scenario.given(Advance(to=later(7, 1)))
    assert words(scenario, later(7, 1)) == []


def test_a_trial_becomes_what_it_says() -> None:  # R-TRIAL-02
    trial = StartTrial(at=AT, subscription_id="s-1", customer_id="contoso", offer_id="business-standard-trial")
    assert words(Scenario(trial)) == [
        "02-14 becomes paid: business-standard, 25 seats, a term of one year, charged monthly"
    ]


def test_while_something_is_in_flight_nothing_else_lies_ahead(bought: Callable[..., Scenario]) -> None:  # R-LOCK-04
    scenario = bought(TermLength.MONTH).given(Advance(to=later(2, 15), complete=False))
    assert words(scenario, later(2, 15)) == []
    assert in_flight(scenario.subscription()) == (
        "a renewal; complete-renewal ends it, and nothing else is due until then"
    )


def test_a_cycle_charge_in_flight_names_what_ends_it(bought: Callable[..., Scenario]) -> None:
    queued = QueueBillingPlan(at=later(2, 1), subscription_id="s-1", plan=Plan.MONTHLY)
    scenario = bought(TermLength.THREE_YEARS, Plan.ANNUAL)
    assert in_flight(scenario.subscription()) is None
    scenario.given(queued, Advance(to=datetime(2026, 1, 15, tzinfo=UTC), complete=False))
    assert "complete-cycle-charge ends it" in (in_flight(scenario.subscription()) or "")


def test_a_suspension_with_a_limit_ends_there(bought: Callable[..., Scenario]) -> None:  # R-SUSP-14
    scenario = bought(offer_id="office-legacy").given(Suspend(at=later(2, 1), subscription_id="s-1"))
    assert words(scenario, later(3, 1))[0] == "05-02 deleted, unless it is reactivated before"


def test_a_scheduled_cancellation_takes_the_place_of_the_renewal(bought: Callable[..., Scenario]) -> None:
    # R-CANCEL-11, R-RENEW-13
    activated = Activate(at=later(1, 16), subscription_id="s-1", actor=Actor.PUBLISHER)
    scenario = bought(plan=Plan.ANNUAL, offer_id="contoso-crm")
    scenario.given(activated, Cancel(at=later(3, 1), subscription_id="s-1"))
    assert words(scenario, later(3, 1))[-1] == "01-16 deleted, because a cancellation is scheduled"


def test_a_scheduled_cancellation_may_count_by_the_cycle(bought: Callable[..., Scenario]) -> None:  # R-CANCEL-15
    scenario = bought(offer_id="crm-professional").given(Cancel(at=later(3, 1), subscription_id="s-1"))
    assert words(scenario, later(3, 1))[0] == "03-15 the next charge or the end, because a cancellation is scheduled"
