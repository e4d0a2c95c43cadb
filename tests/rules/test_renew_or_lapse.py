"""R-RENEW: whether a term renews at all, how long the next one is, and what was queued for it."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.alignment import Alignment
from csp_lifecycle.values.calendar import Cycle, Plan, TermLength
from csp_lifecycle.vocabulary.catalog import Catalog, Offer, Price, catalog_of
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
    AutoRenewTurnedOff,
    AutoRenewTurnedOn,
    Event,
    Renewed,
    WaitingChangesVoided,
)
from csp_lifecycle.vocabulary.subscription import Commerce, ScheduledChange, Slot

Buy = Callable[..., Purchase]
Do = Callable[..., Command]
Fact = Callable[..., Event]
Time = Callable[..., Advance]
At = Callable[[str], datetime]
Day = Callable[[str], date]
Names = Callable[..., tuple[str, ...]]
Shown = Callable[..., dict[str, object]]
Told = Callable[..., dict[str, tuple[Event, ...]]]

MONTH, YEAR, THREE_YEARS = TermLength.MONTH, TermLength.YEAR, TermLength.THREE_YEARS
MONTHLY, ANNUAL = Plan.MONTHLY, Plan.ANNUAL
FEB_1, RENEWAL = "2025-02-01T09:00:00Z", "2026-01-15T00:00:00Z"


# Not at all: R-RENEW-02, R-RENEW-10


@pytest.mark.parametrize("instant", ["2025-01-15T10:00:00Z", "2025-08-01T00:00:00Z", "2026-01-14T23:59:59.999999Z"])
def test_auto_renew_can_be_turned_off_until_the_term_ends(buy: Buy, do: Do, advance: Time, instant: str) -> None:
    """R-RENEW-02, R-RENEW-10, T-13."""
    scenario = Scenario(buy(plan=ANNUAL))
    assert scenario.when(do(TurnOffAutoRenew, instant)).names == ("auto-renew-turned-off",)
    assert scenario.when(advance(RENEWAL)).names == ("expired",)


def test_at_midnight_it_is_too_late_for_the_term_that_ended(buy: Buy, do: Do, advance: Time) -> None:
    # R-RENEW-02: the renewal comes first, and what is turned off is that of the new term
    scenario = Scenario(buy(plan=ANNUAL))
    assert scenario.when(do(TurnOffAutoRenew, RENEWAL)).names == ("renewed", "auto-renew-turned-off")
    assert scenario.when(advance("2027-01-15T00:00:00Z")).names == ("expired",)


def test_auto_renew_can_be_turned_on_again(buy: Buy, do: Do, fact: Fact, advance: Time) -> None:
    # R-RENEW-02
    scenario = Scenario(buy(plan=ANNUAL), do(TurnOffAutoRenew, FEB_1))
    scenario.when(do(TurnOnAutoRenew, "2026-01-14T23:59:59Z")).then(fact(AutoRenewTurnedOn, "2026-01-14T23:59:59Z"))
    assert scenario.when(advance(RENEWAL)).names == ("renewed",)


def test_auto_renew_that_is_as_it_was_asked_for_is_refused(buy: Buy, do: Do, names: Names) -> None:
    # R-RENEW-02, R-SUSP-16
    scenario = Scenario(buy())
    scenario.when(do(TurnOnAutoRenew, FEB_1)).refused("already-in-state")
    scenario.given(do(TurnOffAutoRenew, FEB_1))
    scenario.when(do(TurnOffAutoRenew, FEB_1)).refused("already-in-state")
    assert names(scenario) == ("purchased", "auto-renew-turned-off")


def test_turning_auto_renew_off_voids_what_is_scheduled_for_good(buy: Buy, do: Do, fact: Fact) -> None:
    """R-SCHED-05, R-SCHED-16, TV-SCHED-01."""
    scenario = Scenario(buy(), do(ScheduleChange, FEB_1, seats=8))
    scenario.when(do(TurnOffAutoRenew, FEB_1)).then(
        fact(AutoRenewTurnedOff, FEB_1),
        fact(
            WaitingChangesVoided,
            FEB_1,
            slots=(Slot.NEXT_TERM,),
            because="auto-renew-turned-off",
            scheduled_change=ScheduledChange(seats=8),
        ),
    )
    scenario.given(do(TurnOnAutoRenew, FEB_1))
    assert scenario.subscription().scheduled_change is None


# Full length again: R-RENEW-07


def test_after_an_aligned_term_the_full_length_runs_again(buy: Buy, advance: Time, shown: Shown) -> None:
    """R-RENEW-07, R-COTERM-11."""
    scenario = Scenario(buy(align=Alignment.CALENDAR_MONTH), advance("2026-01-01T00:00:00Z"))
    assert shown(scenario)["term"] == {"length": "P1Y", "starts_at": "2026-01-01T00:00:00Z", "ends_on": "2026-12-31"}
    assert shown(scenario)["charge_cycle"] == {"starts_on": "2026-01-01", "ends_on": "2026-01-31"}


def test_a_scheduled_end_is_used_once(buy: Buy, do: Do, day: Day, advance: Time, shown: Shown) -> None:
    # R-RENEW-07
    scenario = Scenario(buy(), do(ScheduleChange, FEB_1, ends_on=day("2026-10-31")), advance(RENEWAL))
    assert shown(scenario)["term"] == {"length": "P1Y", "starts_at": RENEWAL, "ends_on": "2026-10-31"}
    scenario.given(advance("2026-11-01T00:00:00Z"))
    assert shown(scenario)["term"] == {"length": "P1Y", "starts_at": "2026-11-01T00:00:00Z", "ends_on": "2027-10-31"}


# A queued plan whose next charge is the renewal: R-RENEW-11


@pytest.fixture
def queued(buy: Buy, do: Do) -> tuple[Command, ...]:
    """Three years billed monthly, with annual billing queued in their last month."""
    return (buy(term=THREE_YEARS), do(QueueBillingPlan, "2027-12-20T09:00:00Z", plan=ANNUAL))


def test_a_queued_plan_is_used_for_the_renewed_term(queued: tuple[Command, ...], advance: Time, day: Day) -> None:
    """R-RENEW-11, AMB-25."""
    (renewed,) = Scenario(*queued, advance("2028-01-14T23:59:59Z")).when(advance("2028-01-15T00:00:00Z")).recorded
    assert isinstance(renewed, Renewed)
    assert (renewed.plan, renewed.unit_price, renewed.applied) == (ANNUAL, Decimal("120.00"), (Slot.NEXT_CHARGE,))
    assert renewed.charge_cycle == Cycle(starts_on=day("2028-01-15"), ends_on=day("2029-01-14"))


def test_a_queued_plan_goes_with_a_schedule_that_names_none(queued: tuple[Command, ...], do: Do, advance: Time) -> None:
    # R-RENEW-11, AMB-25
    scenario = Scenario(*queued, do(ScheduleChange, "2027-12-21T09:00:00Z", seats=8), advance("2028-01-14T23:59:59Z"))
    (renewed,) = scenario.when(advance("2028-01-15T00:00:00Z")).recorded
    assert isinstance(renewed, Renewed)
    assert (renewed.seats, renewed.plan) == (8, ANNUAL)
    assert set(renewed.applied) == {Slot.NEXT_TERM, Slot.NEXT_CHARGE}
    assert scenario.subscription().queued_plan is None


def test_a_scheduled_plan_beats_a_queued_one_which_is_lost(
    queued: tuple[Command, ...], do: Do, fact: Fact, advance: Time
) -> None:
    # R-RENEW-11, AMB-25
    scheduled = do(ScheduleChange, "2027-12-21T09:00:00Z", plan=Plan.TRIENNIAL)
    scenario = Scenario(*queued, scheduled, advance("2028-01-14T23:59:59Z"))
    renewed, voided = scenario.when(advance("2028-01-15T00:00:00Z")).recorded
    assert isinstance(renewed, Renewed)
    assert renewed.plan is Plan.TRIENNIAL
    assert voided == fact(
        WaitingChangesVoided, "2028-01-15T00:00:00Z", slots=(Slot.NEXT_CHARGE,), because="renewed", plan=ANNUAL
    )


# A price that is missing


@pytest.fixture
def without_standard() -> Catalog:
    """A catalog that has E3 still, and no price for a month of Business Standard any more."""
    new = Commerce.NEW_COMMERCE
    month = Price(term=MONTH, plan=MONTHLY, amount=Decimal("30.00"), currency="EUR")
    year = Price(term=YEAR, plan=MONTHLY, amount=Decimal("10.00"), currency="EUR")
    return catalog_of(
        (
            Offer(offer_id="business-standard", name="Standard", commerce=new, prices=(year,)),
            Offer(offer_id="e3", name="E3", commerce=new, prices=(month,)),
        )
    )


def test_a_renewal_without_a_price_waits_and_the_others_go_on(
    *, buy: Buy, do: Do, at: At, advance: Time, without_standard: Catalog
) -> None:
    # R-RENEW-05: nothing is invented, and once there is a price the renewal comes at its own instant
    sold = Scenario(buy(term=MONTH), buy(subscription_id="s-2", offer_id="e3", term=MONTH))
    later = Scenario(catalog=without_standard, store=sold.store)
    answer = later.lifecycle.advance(at("2025-02-20T00:00:00Z"))
    assert [(event.subscription_id, type(event)) for event in answer.recorded] == [("s-2", Renewed)]
    assert [(one.subscription_id, one.refusal.code) for one in answer.stuck] == [("s-1", "plan-not-offered")]
    later.when(do(AddSeats, "2025-02-20T09:00:00Z", seats=1)).refused("plan-not-offered")
    (renewed,) = sold.when(advance("2025-02-20T00:00:00Z")).recorded
    assert (renewed.subscription_id, renewed.at) == ("s-1", at("2025-02-15T00:00:00Z"))


# Time in one step or in many


def test_renewals_are_the_same_however_time_is_taken(buy: Buy, do: Do, advance: Time, told: Told) -> None:
    # INV-28
    given = (buy(), do(ScheduleChange, FEB_1, term=MONTH, seats=4), do(Suspend, "2026-05-01T09:00:00Z"))
    back = (do(Reactivate, "2026-05-02T09:00:00Z"), do(TurnOnAutoRenew, "2026-05-02T09:00:00Z"))
    end = advance("2026-09-15T00:00:00Z")
    stops = [advance(f"2025-{month:02}-15T00:00:00Z") for month in range(3, 13)]
    assert told(*given[:2], *stops, *given[2:], *back, end) == told(*given, *back, end)
    assert told(*given, *back, end)["s-1"][-1].at.month == 9
