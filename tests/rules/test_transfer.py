"""Handing a subscription over to another partner."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Cycle, Plan, Term, TermLength
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Cancel,
    CompleteCycleCharge,
    CompleteRenewal,
    QueueBillingPlan,
    RemoveSeats,
    ScheduleChange,
    StartTrial,
    Suspend,
    Transfer,
    TurnOffAutoRenew,
)
from csp_lifecycle.vocabulary.events import Origin, Purchased, Transferred, WaitingChangesVoided
from csp_lifecycle.vocabulary.subscription import Commerce, EndReason, ScheduledChange, Slot, Status

Make = Callable[..., Any]

MAY = "2024-05-01T09:00:00Z"


@pytest.fixture
def year(buy: Make, advance: Make) -> Scenario:
    """Ten seats from 1 March 2024 to 28 February 2025, with everything taken that is due by 1 May."""
    return Scenario(buy("2024-03-01T10:00:00Z"), advance("2024-05-01T00:00:00Z"))


@pytest.fixture
def hand_over(do: Make) -> Make:
    """`s-1` goes to the partner Tailspin, where it goes on as `t-1`."""
    return lambda at, **rest: do(Transfer, at, **{"new_subscription_id": "t-1", "partner_id": "tailspin"} | rest)


def handed(scenario: Scenario, command: Any) -> tuple[Transferred, Purchased]:
    transferred, purchased = scenario.when(command).recorded
    assert isinstance(transferred, Transferred)
    assert isinstance(purchased, Purchased)
    return transferred, purchased


def test_a_transfer_on_the_first_of_may_leaves_exactly_ten_months(
    year: Scenario, hand_over: Make, fact: Make, at: Make
) -> None:
    # R-TRANSFER-01, R-TRANSFER-04, R-COTERM-01, R-COTERM-14, T-29, AMB-33: the day belongs to the target.
    year.when(hand_over(MAY)).then(
        fact(Transferred, MAY, partner_id="tailspin", into_subscription_id="t-1"),
        fact(
            Purchased,
            MAY,
            "t-1",
            customer_id="contoso",
            offer_id="business-standard",
            commerce=Commerce.NEW_COMMERCE,
            policy="new-commerce",
            seats=10,
            term=Term(length=TermLength.YEAR, starts_at=at(MAY), ends_on=date(2025, 2, 28)),
            plan=Plan.MONTHLY,
            cycle_anchor=date(2024, 3, 1),
            charge_cycle=Cycle(starts_on=date(2024, 5, 1), ends_on=date(2024, 5, 31)),
            unit_price=Decimal("10.00"),
            currency="EUR",
            refunds=(),
            seat_lots=(),
            auto_renew=True,
            origin=Origin.TRANSFER,
            from_subscription_id="s-1",
        ),
    )


def test_the_source_ends_as_transferred(year: Scenario, hand_over: Make, advance: Make) -> None:
    # R-TRANSFER-01, R-STATUS-01
    year.given(hand_over(MAY))
    source = year.subscription()
    assert (source.status, source.end_reason, source.seats) == (Status.DELETED, EndReason.TRANSFERRED, 0)
    recorded = year.when(advance("2026-01-01T00:00:00Z")).recorded
    assert {event.subscription_id for event in recorded} == {"t-1"}


def test_the_target_goes_on_in_the_sources_rhythm_and_renews_on_the_day_the_source_would_have(
    year: Scenario, hand_over: Make, advance: Make, names: Make
) -> None:
    # R-TRANSFER-01
    _, purchased = handed(year, hand_over("2024-05-20T09:00:00Z"))
    assert purchased.charge_cycle == Cycle(starts_on=date(2024, 5, 20), ends_on=date(2024, 5, 31))
    year.given(advance("2025-03-01T00:00:00Z"))
    assert names(year, "t-1") == ("purchased", *["cycle-charged"] * 9, "renewed")


def test_no_window_opens_at_the_target_not_even_what_is_left_of_the_sources(
    buy: Make, do: Make, hand_over: Make
) -> None:
    # R-TRANSFER-05, AMB-34
    scenario = Scenario(buy(), do(AddSeats, "2025-01-16T10:00:00Z", seats=5))
    _, purchased = handed(scenario, hand_over("2025-01-17T10:00:00Z"))
    assert (purchased.refunds, purchased.seat_lots) == ((), ())
    scenario.when(do(Cancel, "2025-01-17T10:00:00Z", "t-1")).refused("cancellation-window-closed")
    scenario.when(do(RemoveSeats, "2025-01-17T10:00:00Z", "t-1", seats=1)).refused("reduction-window-closed")


def test_the_target_opens_its_windows_when_it_renews(year: Scenario, do: Make, hand_over: Make, advance: Make) -> None:
    # R-TRANSFER-05, R-RENEW-05
    year.given(hand_over(MAY), advance("2025-03-01T00:00:00Z"))
    assert year.when(do(Cancel, "2025-03-08T00:00:00Z", "t-1")).names == ("canceled",)


def test_a_transfer_voids_what_waits_in_one_event(buy: Make, do: Make, hand_over: Make, fact: Make) -> None:
    # R-TRANSFER-01, R-SCHED-07, AMB-53: the target begins with nothing waiting.
    now = "2025-02-01T09:00:00Z"
    scenario = Scenario(
        buy(term=TermLength.THREE_YEARS, plan=Plan.ANNUAL),
        do(QueueBillingPlan, now, plan=Plan.MONTHLY),
        do(ScheduleChange, now, seats=8),
    )
    when = scenario.when(hand_over(now))
    assert when.names == ("transferred", "waiting-changes-voided", "purchased")
    assert when.recorded[1] == fact(
        WaitingChangesVoided,
        now,
        slots=(Slot.NEXT_TERM, Slot.NEXT_CHARGE),
        because="transferred",
        scheduled_change=ScheduledChange(seats=8),
        plan=Plan.MONTHLY,
    )
    assert not scenario.subscription("t-1").waiting


def test_auto_renew_is_on_at_the_target(year: Scenario, do: Make, hand_over: Make) -> None:
    # The table of events and effects: whatever the source partner had chosen.
    year.given(do(TurnOffAutoRenew, MAY))
    _, purchased = handed(year, hand_over(MAY))
    assert purchased.auto_renew is True


def test_a_price_that_was_agreed_stays_for_the_rest_of_the_term(year: Scenario, hand_over: Make) -> None:
    # R-PURCHASE-10, R-TRANSFER-01
    before = year.subscription()
    _, purchased = handed(year, hand_over(MAY))
    assert (purchased.unit_price, purchased.plan, purchased.seats) == (before.unit_price, before.plan, before.seats)


@pytest.mark.parametrize(
    "changes", [[(Suspend, {})], [(Transfer, {"new_subscription_id": "t-0", "partner_id": "tailspin"})]]
)
def test_only_an_active_subscription_is_transferred(
    year: Scenario, do: Make, hand_over: Make, changes: list[tuple[Any, dict[str, Any]]]
) -> None:
    # R-TRANSFER-03: not a suspended one, and not one that was transferred already.
    year.given(*(do(kind, MAY, **rest) for kind, rest in changes))
    year.when(hand_over(MAY)).refused("not-eligible", "R-TRANSFER-03")


def test_a_trial_is_not_transferred(at: Make, hand_over: Make) -> None:
    # R-TRANSFER-03
    trial = StartTrial(at=at(MAY), subscription_id="s-1", customer_id="contoso", offer_id="business-standard-trial")
    Scenario(trial).when(hand_over(MAY)).refused("not-eligible", "R-TRANSFER-03")


def test_the_target_can_be_transferred_in_its_turn(year: Scenario, do: Make, hand_over: Make) -> None:
    # R-TRANSFER-03: it is active, and its end stays the first one's.
    onward = do(Transfer, "2024-06-01T09:00:00Z", "t-1", new_subscription_id="u-1", partner_id="wingtip")
    year.given(hand_over(MAY), onward)
    term = year.subscription("u-1").term
    assert term is not None
    assert (term.starts_on, term.ends_on) == (date(2024, 6, 1), date(2025, 2, 28))


@pytest.mark.parametrize("new_subscription_id", ["s-1", "s-2"])
def test_the_id_at_the_target_is_a_new_one(
    year: Scenario, buy: Make, hand_over: Make, new_subscription_id: str
) -> None:
    # R-TRANSFER-01: ids are the caller's.
    year.given(buy("2024-05-01T01:00:00Z", subscription_id="s-2", customer_id="fabrikam"))
    year.when(hand_over(MAY, new_subscription_id=new_subscription_id)).refused("subscription-exists")


def test_while_a_renewal_is_in_flight_a_transfer_conflicts(
    year: Scenario, do: Make, hand_over: Make, advance: Make
) -> None:
    # R-LOCK-05
    end = "2025-03-01T00:00:00Z"
    year.given(advance(end, complete=False))
    assert year.when(hand_over(end)).refused("conflict").reason.retryable
    year.given(do(CompleteRenewal, end))
    assert year.when(hand_over(end)).names == ("transferred", "purchased")


def test_while_a_cycle_charge_is_in_flight_a_transfer_conflicts(
    buy: Make, do: Make, hand_over: Make, advance: Make
) -> None:
    # D-19, R-LOCK-06
    charge = "2025-02-15T00:00:00Z"
    scenario = Scenario(
        buy(term=TermLength.THREE_YEARS), do(QueueBillingPlan, "2025-02-01T09:00:00Z", plan=Plan.ANNUAL)
    )
    scenario.given(advance(charge, complete=False))
    assert scenario.when(hand_over(charge)).refused("conflict").reason.retryable
    scenario.given(do(CompleteCycleCharge, charge))
    _, purchased = handed(scenario, hand_over(charge))
    assert purchased.plan is Plan.ANNUAL


def test_what_is_due_is_taken_before_the_transfer_and_nothing_of_it_if_it_is_refused(
    buy: Make, hand_over: Make, stream: Make
) -> None:
    # R-TRANSFER-04, INV-02: the term that is handed over is the one of that day.
    scenario = Scenario(buy("2024-03-01T10:00:00Z", plan=Plan.ANNUAL))
    scenario.when(hand_over("2025-03-02T09:00:00Z", new_subscription_id="s-1")).refused("subscription-exists")
    assert len(stream(scenario)) == 1
    when = scenario.when(hand_over("2025-03-02T09:00:00Z"))
    assert when.names == ("renewed", "transferred", "purchased")
    term = scenario.subscription("t-1").term
    assert term is not None
    assert term.ends_on == date(2026, 2, 28)
