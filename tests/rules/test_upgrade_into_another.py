"""Upgrades whose seats go into a subscription that is there already."""

from collections.abc import Callable
from typing import Any

import pytest

from csp_lifecycle.errors import InvalidCommandError
from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.catalogs import prices
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.values.windows import TICK, SeatLot
from csp_lifecycle.vocabulary.catalog import Offer, catalog_of
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    CompleteCycleCharge,
    CompleteRenewal,
    QueueBillingPlan,
    ScheduleChange,
    StartTrial,
    Suspend,
    Transfer,
    TurnOffAutoRenew,
    Upgrade,
)
from csp_lifecycle.vocabulary.events import (
    Deleted,
    Reassignment,
    SeatsMovedIn,
    SeatsMovedOut,
    WaitingChangesVoided,
)
from csp_lifecycle.vocabulary.subscription import Commerce, EndReason, InFlight, ScheduledChange, Slot, Status
from csp_lifecycle.wire.commands import command_of

Make = Callable[..., Any]

NOW = "2025-03-20T09:00:00Z"
"""Long after the cancellation windows, in the charge cycle from 15 March to 14 April."""


@pytest.fixture
def both(buy: Make, advance: Make) -> Scenario:
    """Ten seats of Business Standard as `s-1` and 40 of E3 as `s-2`, bought together."""
    e3 = buy(subscription_id="s-2", offer_id="e3", seats=40)
    return Scenario(buy(), e3, advance("2025-03-20T00:00:00Z"))


def test_only_the_seats_move_into_an_existing_subscription(both: Scenario, do: Make, fact: Make) -> None:
    # R-UPGRADE-04, R-UPGRADE-08, D-06, INV-22: term, plan, dates and lots stay.
    before = both.subscription("s-2")
    both.when(do(Upgrade, NOW, offer_id="e3", seats=4, target_subscription_id="s-2")).then(
        fact(
            SeatsMovedOut,
            NOW,
            seats=4,
            seats_after=6,
            seat_lots=(),
            other_subscription_id="s-2",
            reassignment=Reassignment.MANUAL,
        ),
        fact(SeatsMovedIn, NOW, "s-2", seats=4, seats_after=44, seat_lots=(), other_subscription_id="s-1"),
    )
    after = both.subscription("s-2")
    assert (after.term, after.plan, after.charge_cycle) == (before.term, before.plan, before.charge_cycle)
    assert after.unit_price == before.unit_price


def test_a_source_that_gives_all_its_seats_ends_as_transitioned(both: Scenario, do: Make, fact: Make) -> None:
    # AMB-20, T-27, R-UPGRADE-08
    out, gone, into = both.when(do(Upgrade, NOW, offer_id="e3", seats=10, target_subscription_id="s-2")).recorded
    assert isinstance(out, SeatsMovedOut)
    assert (out.seats, out.seats_after, out.reassignment) == (10, 0, Reassignment.AUTOMATIC)
    assert gone == fact(Deleted, NOW, reason=EndReason.TRANSITIONED, into_subscription_id="s-2")
    assert isinstance(into, SeatsMovedIn)
    assert into.seats_after == 50
    source = both.subscription()
    assert (source.status, source.seats, source.auto_renew) == (Status.DELETED, 0, False)


def test_both_sides_lose_what_is_scheduled_each_on_its_own_stream(both: Scenario, do: Make, fact: Make) -> None:
    # R-SCHED-05, the table of events and effects
    both.given(do(ScheduleChange, NOW, seats=8), do(ScheduleChange, NOW, "s-2", seats=30))
    when = both.when(do(Upgrade, NOW, offer_id="e3", seats=10, target_subscription_id="s-2"))
    lost = {"slots": (Slot.NEXT_TERM,)}
    assert when.names == (
        "seats-moved-out",
        "waiting-changes-voided",
        "deleted",
        "seats-moved-in",
        "waiting-changes-voided",
    )
    assert when.recorded[1] == fact(
        WaitingChangesVoided, NOW, because="seats-moved-out", scheduled_change=ScheduledChange(seats=8), **lost
    )
    assert when.recorded[4] == fact(
        WaitingChangesVoided, NOW, "s-2", because="seats-moved-in", scheduled_change=ScheduledChange(seats=30), **lost
    )


@pytest.mark.parametrize(("seats", "source_queue"), [(4, Plan.MONTHLY), (10, None)])
def test_only_a_source_that_ends_loses_its_queue(buy: Make, do: Make, seats: int, source_queue: Plan | None) -> None:
    # AMB-53: a full upgrade clears the source's queue, the target keeps its own.
    years = {"term": TermLength.THREE_YEARS, "plan": Plan.ANNUAL}
    scenario = Scenario(
        buy(**years),
        buy(subscription_id="s-2", offer_id="e3", **years),
        do(QueueBillingPlan, NOW, plan=Plan.MONTHLY),
        do(QueueBillingPlan, NOW, "s-2", plan=Plan.MONTHLY),
    )
    when = scenario.when(do(Upgrade, NOW, offer_id="e3", seats=seats, target_subscription_id="s-2"))
    voided = [event for event in when.recorded if isinstance(event, WaitingChangesVoided)]
    because = [] if source_queue else [("s-1", (Slot.NEXT_CHARGE,), "deleted", Plan.MONTHLY)]
    assert [(one.subscription_id, one.slots, one.because, one.plan) for one in voided] == because
    assert scenario.subscription().queued_plan is source_queue
    assert scenario.subscription("s-2").queued_plan is Plan.MONTHLY


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"target_subscription_id": "s-1"}, "target-same-as-source"),
        ({"target_subscription_id": "s-9"}, "subscription-not-found"),
        ({"offer_id": "e5"}, "target-item-mismatch"),
        ({"seats": 11}, "quantity-out-of-range"),
    ],
)
def test_the_target_must_be_another_that_holds_the_offer_and_takes_no_more_than_there_is(
    both: Scenario, do: Make, wish: dict[str, Any], code: str
) -> None:
    # R-UPGRADE-09, AMB-72
    asked = {"offer_id": "e3", "seats": 10, "target_subscription_id": "s-2"} | wish
    both.when(do(Upgrade, NOW, **asked)).refused(code)


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ((Suspend, {}), "target-not-active"),
        ((Transfer, {"new_subscription_id": "t-2", "partner_id": "tailspin"}), "target-not-active"),
        ((Upgrade, {"offer_id": "e5", "seats": 40}), "target-item-mismatch"),
        ((TurnOffAutoRenew, {}), None),
    ],
)
def test_the_target_must_be_active_and_hold_the_offer(
    both: Scenario, do: Make, first: tuple[Any, dict[str, Any]], code: str | None
) -> None:
    # R-UPGRADE-09
    kind, rest = first
    both.given(do(kind, NOW, "s-2", **rest))
    when = both.when(do(Upgrade, NOW, offer_id="e3", seats=4, target_subscription_id="s-2"))
    if code is None:
        assert when.names == ("seats-moved-out", "seats-moved-in")
    else:
        when.refused(code, "R-UPGRADE-09")


def test_an_expired_target_is_not_active(buy: Make, do: Make) -> None:
    # R-UPGRADE-09: it lapsed on 15 January, though nobody had looked since.
    e3 = buy(subscription_id="s-2", offer_id="e3", plan=Plan.ANNUAL)
    scenario = Scenario(buy(plan=Plan.ANNUAL), e3, do(TurnOffAutoRenew, NOW, "s-2"))
    command = do(Upgrade, "2026-01-20T09:00:00Z", offer_id="e3", seats=4, target_subscription_id="s-2")
    scenario.when(command).refused("target-not-active", "R-UPGRADE-09")


def test_a_trial_is_no_target(both: Scenario, do: Make, at: Make) -> None:
    # R-UPGRADE-09, R-TRIAL-05
    trial = Offer(offer_id="e5-trial", name="Trial", commerce=Commerce.NEW_COMMERCE, trial=True, converts_to="e5")
    scenario = Scenario(store=both.store, catalog=catalog_of((*both.catalog.offers.values(), trial)))
    scenario.given(StartTrial(at=at(NOW), subscription_id="s-3", customer_id="contoso", offer_id="e5-trial"))
    scenario.when(do(Upgrade, NOW, offer_id="e5", seats=4, target_subscription_id="s-3")).refused("target-not-eligible")


def test_the_target_must_be_outside_its_window(buy: Make, do: Make, at: Make) -> None:
    # R-UPGRADE-09: the last instant of the window still counts; the refusal says that waiting helps.
    closes = "2025-03-13T09:00:00Z"
    e3 = buy("2025-03-06T09:00:00Z", subscription_id="s-2", offer_id="e3", plan=Plan.ANNUAL)
    scenario = Scenario(buy(plan=Plan.ANNUAL), e3)
    wish = {"offer_id": "e3", "seats": 4, "target_subscription_id": "s-2"}
    refusal = scenario.when(do(Upgrade, closes, **wish)).refused("target-in-cancellation-window", "R-UPGRADE-09")
    assert refusal.outlook.legal_from == at(closes) + TICK
    assert scenario.when(do(Upgrade, "2025-03-13T09:00:00.000001Z", **wish)).names == (
        "seats-moved-out",
        "seats-moved-in",
    )


@pytest.mark.parametrize(
    ("bought_at", "code"), [("2025-01-14T10:00:00Z", "target-ends-earlier"), ("2025-01-15T10:00:00Z", None)]
)
def test_the_target_may_end_with_the_source_but_not_before_it(
    buy: Make, do: Make, bought_at: str, code: str | None
) -> None:
    # R-UPGRADE-09, AMB-18
    scenario = Scenario(buy(bought_at, subscription_id="s-2", offer_id="e3"), buy())
    when = scenario.when(do(Upgrade, NOW, offer_id="e3", seats=4, target_subscription_id="s-2"))
    if code is None:
        assert when.names[-2:] == ("seats-moved-out", "seats-moved-in")
    else:
        when.refused(code, "R-UPGRADE-09")


def test_the_targets_term_may_not_be_shorter_even_if_it_ends_later(buy: Make, do: Make) -> None:
    # TV-UPG-04: a yearly source ends on 31 January, the monthly target on 9 February.
    scenario = Scenario(
        buy("2024-02-01T10:00:00Z"),
        buy("2025-01-10T10:00:00Z", subscription_id="s-2", offer_id="e3", term=TermLength.MONTH),
    )
    command = do(Upgrade, "2025-01-20T10:00:00Z", offer_id="e3", seats=4, target_subscription_id="s-2")
    scenario.when(command).refused("target-term-shorter", "R-UPGRADE-09")


def test_a_target_whose_renewal_is_in_flight_is_not_ready_and_may_be_tried_again(
    both: Scenario, do: Make, advance: Make
) -> None:
    # R-UPGRADE-09; once it is completed, the target stands in its new window.
    both.given(advance("2026-01-15T00:00:00Z", complete=False, subscription_id="s-2"))
    later = "2026-01-15T01:00:00Z"
    command = do(Upgrade, later, offer_id="e3", seats=4, target_subscription_id="s-2")
    assert both.when(command).refused("target-not-ready", "R-UPGRADE-09").reason.retryable
    both.given(do(CompleteRenewal, later, "s-2"))
    both.when(command).refused("target-in-cancellation-window", "R-UPGRADE-09")


def test_a_target_takes_seats_while_its_cycle_charge_is_in_flight(buy: Make, do: Make, advance: Make) -> None:
    # R-LOCK-02
    scenario = Scenario(
        buy(),
        buy(subscription_id="s-2", offer_id="e3", term=TermLength.THREE_YEARS),
        do(QueueBillingPlan, NOW, "s-2", plan=Plan.ANNUAL),
        advance("2025-04-15T00:00:00Z", complete=False),
    )
    command = do(Upgrade, "2025-04-15T01:00:00Z", offer_id="e3", seats=4, target_subscription_id="s-2")
    assert scenario.when(command).names == ("seats-moved-out", "seats-moved-in")
    assert scenario.subscription("s-2").in_flight is InFlight.CYCLE_CHARGE


def test_a_source_that_ends_takes_its_charge_in_flight_along(buy: Make, do: Make, advance: Make) -> None:
    # R-LOCK-02, AMB-53, D-30
    charge, years = "2025-04-15T00:00:00Z", {"term": TermLength.THREE_YEARS}
    scenario = Scenario(
        buy(**years),
        buy(subscription_id="s-2", offer_id="e3", **years),
        do(QueueBillingPlan, NOW, plan=Plan.ANNUAL),
        advance(charge, complete=False),
    )
    when = scenario.when(do(Upgrade, charge, offer_id="e3", seats=10, target_subscription_id="s-2"))
    assert when.names == ("seats-moved-out", "deleted", "waiting-changes-voided", "seats-moved-in")
    assert scenario.subscription().in_flight is None
    scenario.when(do(CompleteCycleCharge, charge)).refused("nothing-in-flight")


def test_open_lots_stay_with_the_source_and_open_none_at_the_target(both: Scenario, do: Make, at: Make) -> None:
    # AMB-45, D-06: of twelve seats, the ten outside the lot go first.
    both.given(do(AddSeats, NOW, seats=2))
    wish = {"offer_id": "e3", "seats": 11, "target_subscription_id": "s-2"}
    out, into = both.when(do(Upgrade, NOW, **wish)).recorded
    assert isinstance(out, SeatsMovedOut)
    assert isinstance(into, SeatsMovedIn)
    assert out.seat_lots == (SeatLot(seats=1, reducible_until=at("2025-03-27T09:00:00Z")),)
    assert into.seat_lots == ()


def test_what_stays_behind_keeps_the_sources_minimum(buy: Make, do: Make) -> None:
    # R-SEATS-11: of ten seats six leave four behind, which is fewer than five; all ten leave none.
    common: dict[str, Any] = {"commerce": Commerce.NEW_COMMERCE, "prices": prices("10.00")}
    low = Offer(offer_id="low", name="Low", min_seats=5, upgrades_to=("high",), **common)
    catalog = catalog_of((low, Offer(offer_id="high", name="High", **common)))
    scenario = Scenario(buy(offer_id="low"), buy(offer_id="high", subscription_id="s-2"), catalog=catalog)
    into = {"offer_id": "high", "target_subscription_id": "s-2"}
    scenario.when(do(Upgrade, NOW, seats=6, **into)).refused("quantity-out-of-range", "R-SEATS-11")
    assert "deleted" in scenario.when(do(Upgrade, NOW, seats=10, **into)).names


def test_seats_that_move_in_must_fit_the_offers_range(buy: Make, do: Make) -> None:
    # R-PURCHASE-07
    common: dict[str, Any] = {"commerce": Commerce.NEW_COMMERCE, "prices": prices("10.00")}
    low = Offer(offer_id="low", name="Low", upgrades_to=("high",), **common)
    catalog = catalog_of((low, Offer(offer_id="high", name="High", max_seats=12, **common)))
    scenario = Scenario(buy(offer_id="low"), buy(offer_id="high", subscription_id="s-2"), catalog=catalog)
    into = {"offer_id": "high", "target_subscription_id": "s-2"}
    scenario.when(do(Upgrade, NOW, seats=3, **into)).refused("quantity-out-of-range", "R-PURCHASE-07")
    assert scenario.when(do(Upgrade, NOW, seats=2, **into)).names[-1] == "seats-moved-in"


@pytest.mark.parametrize("key", ["term", "plan", "new_subscription_id"])
def test_an_existing_target_takes_no_terms(key: str) -> None:
    # R-UPGRADE-08
    value = {"term": "P3Y", "plan": "annual", "new_subscription_id": "s-3"}[key]
    command = {"do": "upgrade", "at": NOW, "subscription_id": "s-1", "offer_id": "e3", "seats": 4}
    with pytest.raises(InvalidCommandError, match=key):
        command_of(command | {"target_subscription_id": "s-2", key: value})


def test_an_upgrade_for_the_next_term_names_no_existing_subscription() -> None:
    # R-UPGRADE-10, R-TRIAL-12
    command = {"do": "schedule-change", "at": NOW, "subscription_id": "s-1", "offer_id": "e3"}
    with pytest.raises(InvalidCommandError, match="target_subscription_id"):
        command_of(command | {"target_subscription_id": "s-2"})


@pytest.mark.parametrize("commerce", [Commerce.LEGACY, Commerce.USAGE])
def test_the_target_must_be_of_the_same_commerce_model(buy: Make, do: Make, commerce: Commerce) -> None:
    # R-UPGRADE-09, R-UPGRADE-01
    higher = Offer(
        offer_id="higher", name="H", commerce=commerce, prices=() if commerce is Commerce.USAGE else prices("9.00")
    )
    lower = Offer(
        offer_id="lower", name="L", commerce=Commerce.NEW_COMMERCE, prices=prices("5.00"), upgrades_to=("higher",)
    )
    terms = {"seats": None, "term": None, "plan": None} if commerce is Commerce.USAGE else {}
    target = buy(subscription_id="s-2", offer_id="higher", **terms)
    scenario = Scenario(buy(offer_id="lower"), target, catalog=catalog_of((lower, higher)))
    upgrade = do(Upgrade, NOW, offer_id="higher", seats=4, target_subscription_id="s-2")
    scenario.when(upgrade).refused("target-not-eligible", "R-UPGRADE-09")
