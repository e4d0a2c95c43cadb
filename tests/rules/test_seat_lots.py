"""R-SEATS: the lots in which seats may be given back, which of them gives first, and the next ones."""

from collections.abc import Callable
from datetime import datetime

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Command,
    CompleteRenewal,
    Purchase,
    QueueBillingPlan,
    RemoveSeats,
    ScheduleChange,
    StartTrial,
    Suspend,
    TurnOffAutoRenew,
)
from csp_lifecycle.vocabulary.events import Event, SeatsAdded, SeatsRemoved, WaitingChangesVoided
from csp_lifecycle.vocabulary.subscription import ScheduledChange, Slot

Buy = Callable[..., Purchase]
Do = Callable[..., Command]
Fact = Callable[..., Event]
Time = Callable[..., Advance]
At = Callable[[str], datetime]
Shown = Callable[..., dict[str, object]]
Told = Callable[..., dict[str, tuple[Event, ...]]]

FEB_1, FEB_8 = "2025-02-01T09:00:00Z", "2025-02-08T09:00:00Z"


def printed(*pairs: tuple[int, str]) -> list[dict[str, object]]:
    """Lots as the state shows them, from their seats and their last instants."""
    return [{"seats": seats, "reducible_until": until} for seats, until in pairs]


# The view: R-SEATS-06


@pytest.mark.parametrize("instant", ["2025-01-22T10:00:00.000001Z", "2025-12-01T00:00:00Z"])
def test_the_view_says_so_when_nothing_is_reducible(buy: Buy, shown: Shown, instant: str) -> None:
    # R-SEATS-06
    state = shown(Scenario(buy()), instant)
    assert (state["seat_lots"], state["reducible_seats"]) == ([], 0)


def test_a_refused_reduction_says_when_seats_can_fall_again(buy: Buy, do: Do, at: At) -> None:
    # R-SEATS-09: at the renewal, for seven days
    refusal = Scenario(buy()).when(do(RemoveSeats, FEB_1, seats=1)).refused("reduction-window-closed")
    assert (refusal.outlook.legal_from, refusal.outlook.legal_until) == (
        at("2026-01-15T00:00:00Z"),
        at("2026-01-22T00:00:00Z"),
    )
    assert "schedule-change" in refusal.outlook.allowed


# Which lot: R-SEATS-07


def test_the_lot_that_closes_first_gives_its_seats_first(buy: Buy, do: Do, shown: Shown) -> None:
    # R-SEATS-07, AMB-06
    scenario = Scenario(
        buy(seats=3), do(AddSeats, "2025-01-20T09:00:00Z", seats=4), do(RemoveSeats, "2025-01-20T09:00:00Z", seats=5)
    )
    assert shown(scenario)["seat_lots"] == printed((2, "2025-01-27T09:00:00Z"))


def test_of_lots_that_close_together_the_older_gives_its_seats_first(buy: Buy, do: Do, shown: Shown) -> None:
    # R-SEATS-07
    scenario = Scenario(buy(), do(AddSeats, FEB_1, seats=3), do(AddSeats, FEB_1, seats=5))
    scenario.given(do(RemoveSeats, FEB_1, seats=2))
    assert shown(scenario)["seat_lots"] == printed((1, FEB_8), (5, FEB_8))


@pytest.mark.parametrize("seats", [1, 3, 8])
def test_reducible_seats_fall_by_what_is_removed(buy: Buy, do: Do, shown: Shown, seats: int) -> None:
    # INV-06
    scenario = Scenario(buy(seats=5), do(AddSeats, "2025-01-20T09:00:00Z", seats=4))
    scenario.given(do(RemoveSeats, "2025-01-20T10:00:00Z", seats=seats))
    assert shown(scenario)["reducible_seats"] == 9 - seats


def test_seats_added_and_removed_at_one_instant_leave_everything_as_it_was(buy: Buy, do: Do, shown: Shown) -> None:
    # INV-21, outside the window of the purchase
    before = shown(Scenario(buy()), FEB_1)
    after = shown(Scenario(buy(), do(AddSeats, FEB_1, seats=5), do(RemoveSeats, FEB_1, seats=5)))
    assert {**after, "version": 1} == before


# The next window: R-SEATS-08, R-SEATS-09


def test_at_the_renewal_all_seats_form_one_fresh_lot(buy: Buy, do: Do, advance: Time, shown: Shown) -> None:
    """R-SEATS-08: it swallows lots that were still open, and opens when the renewal completes."""
    scenario = Scenario(
        buy(), do(AddSeats, "2026-01-13T09:00:00Z", seats=2), advance("2026-01-15T00:00:00Z", complete=False)
    )
    scenario.given(do(CompleteRenewal, "2026-01-15T17:00:00Z"))
    assert shown(scenario)["seat_lots"] == printed((12, "2026-01-22T17:00:00Z"))


def test_fewer_seats_can_be_scheduled_when_no_lot_is_open(buy: Buy, do: Do, advance: Time, shown: Shown) -> None:
    # R-SEATS-09
    scenario = Scenario(buy(), do(ScheduleChange, FEB_1, seats=4), advance("2026-01-14T23:59:59Z"))
    assert scenario.subscription().seats == 10
    scenario.given(advance("2026-01-15T00:00:00Z"))
    assert shown(scenario)["seat_lots"] == printed((4, "2026-01-22T00:00:00Z"))


# The least: R-SEATS-11


@pytest.mark.parametrize(("offer", "bought", "removed"), [("business-standard", 10, 10), ("five-seats", 6, 2)])
def test_seats_cannot_fall_below_the_least_the_offer_is_sold_with(
    *, buy: Buy, do: Do, offer: str, bought: int, removed: int
) -> None:
    """R-SEATS-11, D-22: to give up all seats, cancel."""
    scenario = Scenario(buy(offer_id=offer, seats=bought))
    scenario.when(do(RemoveSeats, "2025-01-16T09:00:00Z", seats=removed)).refused("quantity-out-of-range", "R-SEATS-11")
    scenario.given(do(RemoveSeats, "2025-01-16T09:00:00Z", seats=removed - 1))


# What waits: R-SEATS-12


@pytest.mark.parametrize(("kind", "because"), [(AddSeats, "seats-added"), (RemoveSeats, "seats-removed")])
def test_another_number_of_seats_voids_the_scheduled_change(
    *, buy: Buy, do: Do, fact: Fact, kind: type[Command], because: str
) -> None:
    """R-SEATS-12, TV-SCHED-01."""
    scenario = Scenario(buy(), do(ScheduleChange, "2025-01-16T09:00:00Z", seats=30))
    change, voided = scenario.when(do(kind, "2025-01-20T09:00:00Z", seats=1)).recorded
    assert type(change) in {SeatsAdded, SeatsRemoved}
    assert voided == fact(
        WaitingChangesVoided,
        "2025-01-20T09:00:00Z",
        slots=(Slot.NEXT_TERM,),
        because=because,
        scheduled_change=ScheduledChange(seats=30),
    )
    assert scenario.subscription().scheduled_change is None


def test_another_number_of_seats_voids_nothing_where_nothing_waits(buy: Buy, do: Do) -> None:
    # R-SEATS-12
    assert Scenario(buy()).when(do(AddSeats, FEB_1, seats=1)).names == ("seats-added",)


def test_a_queued_plan_outlives_another_number_of_seats(buy: Buy, do: Do) -> None:
    # AMB-53
    scenario = Scenario(buy(term=TermLength.THREE_YEARS), do(QueueBillingPlan, FEB_1, plan=Plan.ANNUAL))
    assert scenario.when(do(AddSeats, FEB_1, seats=1)).names == ("seats-added",)
    assert scenario.subscription().queued_plan is Plan.ANNUAL


# No date moves: R-SEATS-13


def test_another_number_of_seats_moves_no_date(buy: Buy, do: Do, shown: Shown) -> None:
    # R-SEATS-13, R-CANCEL-04
    kept = ("term", "charge_cycle", "cancellable_until", "refunds", "next_due_at", "unit_price", "auto_renew")
    before, instant = Scenario(buy()), "2025-01-20T09:00:00Z"
    after = Scenario(buy(), do(AddSeats, "2025-01-18T09:00:00Z", seats=9), do(RemoveSeats, instant, seats=2))
    assert {name: shown(after)[name] for name in kept} == {name: shown(before, instant)[name] for name in kept}


# Where seats are locked: R-SEATS-14


@pytest.mark.parametrize("kind", [AddSeats, RemoveSeats])
def test_seats_cannot_change_while_suspended(buy: Buy, do: Do, kind: type[Command]) -> None:
    # R-SEATS-14
    scenario = Scenario(buy(), do(Suspend, "2025-01-16T09:00:00Z"))
    refusal = scenario.when(do(kind, "2025-01-16T10:00:00Z", seats=1)).refused("quantity-while-suspended", "R-SEATS-14")
    assert refusal.reason.microsoft == ("2001",)


@pytest.mark.parametrize("kind", [AddSeats, RemoveSeats])
def test_seats_cannot_change_during_a_trial(do: Do, kind: type[Command]) -> None:
    # R-SEATS-14
    trial = do(StartTrial, "2025-01-15T10:00:00Z", customer_id="contoso", offer_id="business-standard-trial")
    Scenario(trial).when(do(kind, "2025-01-16T10:00:00Z", seats=1)).refused("trial-quantity-locked")


@pytest.mark.parametrize("kind", [AddSeats, RemoveSeats])
@pytest.mark.parametrize(
    ("instant", "code"),
    [
        ("2026-01-15T00:00:00Z", "no-updates"),
        ("2026-03-01T00:00:00Z", "no-updates"),
        ("2026-06-01T00:00:00Z", "deleted"),
    ],
)
def test_seats_cannot_change_once_the_subscription_has_ended(
    *, buy: Buy, do: Do, kind: type[Command], instant: str, code: str
) -> None:
    # R-SEATS-14: expired, disabled and deleted
    scenario = Scenario(buy(), do(TurnOffAutoRenew, FEB_1))
    scenario.when(do(kind, instant, seats=1)).refused(code)


def test_seats_end_the_same_however_time_is_taken(buy: Buy, do: Do, advance: Time, told: Told) -> None:
    # INV-28
    month = buy(term=TermLength.MONTH)
    more, fewer = do(AddSeats, "2025-02-14T23:00:00Z", seats=5), do(RemoveSeats, "2025-02-20T09:00:00Z", seats=15 - 1)
    end = advance("2025-04-01T00:00:00Z")
    stops = [advance(f"2025-02-{day}T00:00:00Z") for day in ("14", "15", "17")]
    assert told(month, stops[0], more, *stops[1:], fewer, end) == told(month, more, fewer, end)
