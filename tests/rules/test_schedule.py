"""Changes for the next term: what can wait there, and what the renewal makes of it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle import subscription_json
from csp_lifecycle.testing import Scenario, example_catalog
from csp_lifecycle.values.calendar import Cycle, Plan, Term, TermLength
from csp_lifecycle.values.windows import Refund, RefundKind, SeatLot
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.commands import (
    CompleteRenewal,
    QueueBillingPlan,
    RemoveSeats,
    ScheduleChange,
    Suspend,
    TurnOffAutoRenew,
    TurnOnAutoRenew,
    WithdrawScheduledChange,
)
from csp_lifecycle.vocabulary.events import (
    ChangeScheduled,
    Reassignment,
    Renewed,
    ScheduledChangeWithdrawn,
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


FIVE_KINDS = [
    ({"offer_id": "e3"}, ScheduledChange(offer_id="e3")),
    ({"seats": 30}, ScheduledChange(seats=30)),
    ({"seats": 3}, ScheduledChange(seats=3)),
    ({"term": TermLength.THREE_YEARS}, ScheduledChange(term=TermLength.THREE_YEARS)),
    ({"plan": Plan.MONTHLY}, ScheduledChange(plan=Plan.MONTHLY)),
    ({"ends_on": date(2026, 12, 31)}, ScheduledChange(ends_on=date(2026, 12, 31))),
]


@pytest.mark.parametrize(("wish", "change"), FIVE_KINDS)
def test_offer_seats_term_plan_and_end_can_be_scheduled(
    yearly: Scenario, do: Make, fact: Make, wish: dict[str, Any], change: ScheduledChange
) -> None:
    # R-SCHED-01
    yearly.when(do(ScheduleChange, SOON, **wish)).then(fact(ChangeScheduled, SOON, scheduled_change=change))
    assert yearly.subscription().scheduled_change == change


@pytest.mark.parametrize(("wish", "change"), FIVE_KINDS)
def test_the_renewal_applies_what_is_named_and_keeps_the_rest(
    yearly: Scenario, do: Make, advance: Make, wish: dict[str, Any], change: ScheduledChange
) -> None:
    # R-SCHED-01, R-SCHED-09, R-RENEW-06
    renewed = renewed_by(yearly.given(do(ScheduleChange, SOON, **wish)), advance(NEXT))
    assert renewed.offer_id == (change.offer_id or "business-standard")
    assert renewed.seats == (change.seats or 10)
    assert renewed.term.length is (change.term or TermLength.YEAR)
    assert renewed.plan is (change.plan or Plan.ANNUAL)
    natural = date(2029, 1, 14) if change.term else date(2027, 1, 14)
    assert renewed.term.ends_on == (change.ends_on or natural)
    assert renewed.applied == (Slot.NEXT_TERM,)


def test_the_instructions_are_applied_as_one_unit_and_then_cleared(
    yearly: Scenario, do: Make, advance: Make, at: Make
) -> None:
    # R-SCHED-09, R-RENEW-05: a shorter term of a higher offer, fewer seats, its own end.
    wish = {"offer_id": "e3", "seats": 4, "term": TermLength.MONTH, "plan": Plan.MONTHLY, "ends_on": date(2026, 1, 31)}
    yearly.given(do(ScheduleChange, SOON, **wish))
    full, until = at("2026-01-16T00:00:00Z"), at("2026-01-22T00:00:00Z")
    yearly.when(advance(NEXT)).then(
        Renewed(
            at=at(NEXT),
            subscription_id="s-1",
            offer_id="e3",
            seats=4,
            term=Term(length=TermLength.MONTH, starts_at=at(NEXT), ends_on=date(2026, 1, 31)),
            plan=Plan.MONTHLY,
            cycle_anchor=date(2026, 2, 1),
            charge_cycle=Cycle(starts_on=date(2026, 1, 15), ends_on=date(2026, 1, 31)),
            unit_price=Decimal("30.00"),
            currency="EUR",
            refunds=(Refund(kind=RefundKind.FULL, until=full), Refund(kind=RefundKind.PRORATED, until=until)),
            seat_lots=(SeatLot(seats=4, reducible_until=until),),
            policy="new-commerce",
            auto_renew=True,
            applied=(Slot.NEXT_TERM,),
            reassignment=Reassignment.MANUAL,
        )
    )
    assert yearly.subscription().scheduled_change is None


def test_scheduling_again_replaces_the_whole_instruction_set(yearly: Scenario, do: Make, advance: Make) -> None:
    # TV-SCHED-04, R-SCHED-03: the eight seats of the first call are gone.
    yearly.given(do(ScheduleChange, SOON, seats=8), do(ScheduleChange, SOON, term=TermLength.THREE_YEARS))
    assert yearly.subscription().scheduled_change == ScheduledChange(term=TermLength.THREE_YEARS)
    renewed = renewed_by(yearly, advance(NEXT))
    assert (renewed.seats, renewed.term.ends_on) == (10, date(2029, 1, 14))


def test_a_scheduled_change_can_be_viewed_and_withdrawn(yearly: Scenario, do: Make, fact: Make) -> None:
    # R-SCHED-03
    yearly.given(do(ScheduleChange, SOON, seats=8))
    shown = subscription_json(yearly.subscription())["scheduled_change"]
    assert shown == {"offer_id": None, "seats": 8, "term": None, "plan": None, "ends_on": None}
    yearly.when(do(WithdrawScheduledChange, SOON)).then(
        fact(ScheduledChangeWithdrawn, SOON, scheduled_change=ScheduledChange(seats=8))
    )
    yearly.when(do(WithdrawScheduledChange, SOON)).refused("nothing-scheduled", "R-SCHED-03")


def test_scheduling_the_same_once_more_changes_nothing_and_is_refused(yearly: Scenario, do: Make) -> None:
    # R-SUSP-16, R-SCHED-03
    yearly.given(do(ScheduleChange, SOON, seats=8))
    yearly.when(do(ScheduleChange, SOON, seats=8)).refused("already-in-state")


def test_a_change_can_be_scheduled_only_while_auto_renew_is_on(yearly: Scenario, do: Make) -> None:
    # TV-SCHED-02, R-SCHED-02
    yearly.given(do(TurnOffAutoRenew, SOON))
    yearly.when(do(ScheduleChange, SOON, seats=8)).refused("auto-renew-required", "R-SCHED-02")


def test_a_suspended_subscription_schedules_nothing(yearly: Scenario, do: Make) -> None:
    # TV-SCHED-03, R-SCHED-02
    yearly.given(do(Suspend, SOON))
    yearly.when(do(ScheduleChange, SOON, seats=8)).refused("suspended-no-update")


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"seats": 4}, "quantity-out-of-range"),
        ({"offer_id": "nowhere"}, "offer-not-found"),
        ({"offer_id": "business-standard"}, "upgrade-path-unsupported"),
        ({"term": TermLength.MONTH}, "billing-cycle-longer-than-term"),
        ({"plan": Plan.TRIENNIAL}, "billing-cycle-longer-than-term"),
    ],
)
def test_the_next_term_must_be_one_that_is_sold(buy: Make, do: Make, wish: dict[str, Any], code: str) -> None:
    # AMB-56, AMB-57, R-PURCHASE-04: a minimum of five seats; no way to another offer; the annual plan must fit.
    scenario = Scenario(buy(offer_id="five-seats", plan=Plan.ANNUAL))
    scenario.when(do(ScheduleChange, SOON, **wish)).refused(code)


@pytest.mark.parametrize(("held", "wanted"), [("e3", "business-standard"), ("universal-print", "e3")])
def test_neither_a_downgrade_nor_an_unsupported_pair_can_be_scheduled(
    buy: Make, do: Make, held: str, wanted: str
) -> None:
    # AMB-57, R-UPGRADE-17
    Scenario(buy(offer_id=held)).when(do(ScheduleChange, SOON, offer_id=wanted)).refused("upgrade-path-unsupported")


def test_the_next_term_may_be_shorter_with_fewer_seats_than_any_window_allows(buy: Make, do: Make) -> None:
    # R-SCHED-10, R-SEATS-09: in June nothing of this could be done at once.
    scenario = Scenario(buy())
    scenario.given(do(ScheduleChange, "2025-06-10T09:00:00Z", seats=1, term=TermLength.MONTH))
    scenario.when(do(RemoveSeats, "2025-06-10T09:00:00Z", seats=1)).refused("reduction-window-closed")
    assert scenario.subscription().scheduled_change == ScheduledChange(seats=1, term=TermLength.MONTH)


def test_the_next_term_may_begin_on_an_upfront_plan(buy: Make, do: Make, advance: Make, stream: Make) -> None:
    # R-SCHED-10, R-PURCHASE-06
    scenario = Scenario(buy(), do(ScheduleChange, SOON, plan=Plan.ANNUAL), advance(NEXT))
    renewed = stream(scenario)[-1]
    assert isinstance(renewed, Renewed)
    assert renewed.charge_cycle == Cycle(starts_on=date(2026, 1, 15), ends_on=date(2027, 1, 14))


@pytest.mark.parametrize(
    ("wish", "reassignment"),
    [
        ({"offer_id": "e3"}, Reassignment.AUTOMATIC),
        ({"offer_id": "e3", "seats": 12}, Reassignment.MANUAL),
        ({"seats": 12}, None),
    ],
)
def test_users_follow_a_scheduled_upgrade_by_themselves_only_if_the_seats_stay_the_same(
    yearly: Scenario, do: Make, advance: Make, wish: dict[str, Any], reassignment: Reassignment | None
) -> None:
    # R-SCHED-11
    renewed = renewed_by(yearly.given(do(ScheduleChange, SOON, **wish)), advance(NEXT))
    assert renewed.reassignment is reassignment


# While a renewal, or a cycle charge, is in flight.

LOCKED: list[tuple[Any, dict[str, Any]]] = [
    (ScheduleChange, {"seats": 7}),
    (WithdrawScheduledChange, {}),
    (TurnOffAutoRenew, {}),
    (TurnOnAutoRenew, {}),
]


@pytest.mark.parametrize(("kind", "rest"), LOCKED)
def test_instructions_and_auto_renew_are_read_only_while_a_renewal_is_in_flight(
    yearly: Scenario, do: Make, advance: Make, kind: Any, rest: dict[str, Any]
) -> None:
    # R-SCHED-15, R-LOCK-03, TV-RENEW-02, INV-25
    yearly.given(do(ScheduleChange, SOON, seats=8), advance(NEXT, complete=False))
    refusal = yearly.when(do(kind, "2026-01-15T01:00:00Z", **rest)).refused("renewal-locked", "R-LOCK-03")
    assert refusal.reason.retryable
    assert yearly.subscription().scheduled_change == ScheduledChange(seats=8)


def test_where_nothing_is_scheduled_that_is_the_answer_during_a_renewal_too(
    yearly: Scenario, do: Make, advance: Make
) -> None:
    # D-19
    yearly.given(advance(NEXT, complete=False))
    yearly.when(do(WithdrawScheduledChange, NEXT)).refused("nothing-scheduled", "R-SCHED-03")


def test_the_completion_applies_what_was_scheduled_and_opens_the_window(
    yearly: Scenario, do: Make, advance: Make, at: Make
) -> None:
    # R-SCHED-09, R-RENEW-05: the term begins with the day, the windows with the completion.
    yearly.given(do(ScheduleChange, SOON, seats=8), advance(NEXT, complete=False))
    renewed = renewed_by(yearly, do(CompleteRenewal, "2026-01-15T05:00:00Z"))
    assert (renewed.seats, renewed.term.starts_at) == (8, at(NEXT))
    assert renewed.seat_lots == (SeatLot(seats=8, reducible_until=at("2026-01-22T05:00:00Z")),)
    assert yearly.subscription().scheduled_change is None


def test_a_change_can_be_scheduled_and_withdrawn_while_a_cycle_charge_is_in_flight(
    buy: Make, do: Make, advance: Make
) -> None:
    # R-LOCK-02: only the queued plan is read-only then.
    scenario = Scenario(
        buy(term=TermLength.THREE_YEARS),
        do(QueueBillingPlan, SOON, plan=Plan.ANNUAL),
        advance("2025-02-15T00:00:00Z", complete=False),
    )
    later = "2025-02-15T01:00:00Z"
    assert scenario.when(do(ScheduleChange, later, seats=8)).names == ("change-scheduled",)
    assert scenario.when(do(WithdrawScheduledChange, later)).names == ("scheduled-change-withdrawn",)


def test_a_scheduled_change_brings_no_second_one_of_what_is_held_only_once(buy: Make, do: Make) -> None:
    # R-CUSTOMER-01
    offers = example_catalog().offers
    catalog = Catalog({**offers, "e3": evolve(offers["e3"], one_per_customer=True)})
    scenario = Scenario(buy(), buy(offer_id="e3", subscription_id="s-2"), catalog=catalog)
    scenario.when(do(ScheduleChange, SOON, offer_id="e3")).refused("purchase-limit", "R-CUSTOMER-01")
