"""R-SEATS: more seats at any time, fewer only from lots that are still open."""

from collections.abc import Callable
from datetime import datetime

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import TermLength
from csp_lifecycle.values.windows import SeatLot
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Command,
    Purchase,
    RemoveSeats,
)
from csp_lifecycle.vocabulary.events import Event, SeatsAdded, SeatsRemoved

Buy = Callable[..., Purchase]
Do = Callable[..., Command]
Fact = Callable[..., Event]
Time = Callable[..., Advance]
Shown = Callable[..., dict[str, object]]

FEB_1 = "2025-02-01T09:00:00Z"


def lots(*pairs: tuple[int, str]) -> tuple[SeatLot, ...]:
    """Lots from their seats and their last instants."""
    return tuple(SeatLot(seats=seats, reducible_until=datetime.fromisoformat(until)) for seats, until in pairs)


def printed(*pairs: tuple[int, str]) -> list[dict[str, object]]:
    """The same lots as the state shows them."""
    return [{"seats": seats, "reducible_until": until} for seats, until in pairs]


# More: R-SEATS-01, R-SEATS-04


@pytest.mark.parametrize(
    "instant", ["2025-01-15T10:00:00Z", "2025-01-22T10:00:00.000001Z", "2025-08-20T09:00:00Z", "2026-01-14T23:59:59Z"]
)
def test_seats_can_be_added_at_any_time_while_active(buy: Buy, do: Do, advance: Time, instant: str) -> None:
    # R-SEATS-01
    scenario = Scenario(buy(), advance(instant))
    assert scenario.when(do(AddSeats, instant, seats=5)).names == ("seats-added",)
    assert scenario.subscription().seats == 15


def test_seats_added_are_a_difference_with_a_lot_of_their_own(buy: Buy, do: Do, fact: Fact) -> None:
    # R-SEATS-04, R-SEATS-03: 2 more than 10, and each lot keeps its own deadline
    scenario = Scenario(buy())
    scenario.when(do(AddSeats, "2025-01-20T09:00:00Z", seats=2)).then(
        fact(
            SeatsAdded,
            "2025-01-20T09:00:00Z",
            seats=2,
            seats_after=12,
            seat_lots=lots((10, "2025-01-22T10:00:00Z"), (2, "2025-01-27T09:00:00Z")),
        )
    )


def test_seats_removed_are_a_difference_taken_from_open_lots(buy: Buy, do: Do, fact: Fact) -> None:
    # R-SEATS-04, R-SEATS-05
    scenario = Scenario(buy())
    scenario.when(do(RemoveSeats, "2025-01-20T09:00:00Z", seats=4)).then(
        fact(
            SeatsRemoved,
            "2025-01-20T09:00:00Z",
            seats=4,
            seats_after=6,
            seat_lots=lots((6, "2025-01-22T10:00:00Z")),
        )
    )


def test_two_more_seats_two_days_after_the_purchase(buy: Buy, do: Do, shown: Shown) -> None:
    """The seats of TV-SEAT-01."""
    scenario = Scenario(
        buy("2021-06-18T10:00:00Z", term=TermLength.MONTH), do(AddSeats, "2021-06-20T09:00:00Z", seats=2)
    )
    state = shown(scenario)
    assert (state["seats"], state["reducible_seats"]) == (12, 12)
    assert state["seat_lots"] == printed((10, "2021-06-25T10:00:00Z"), (2, "2021-06-27T09:00:00Z"))
    assert state["charge_cycle"] == {"starts_on": "2021-06-18", "ends_on": "2021-07-17"}


@pytest.mark.parametrize(
    ("bought", "kind", "left"),
    [pytest.param(1, AddSeats, 2, id="TV-SEAT-05"), pytest.param(2, RemoveSeats, 1, id="TV-SEAT-07")],
)
def test_seats_can_change_on_the_day_of_the_purchase(
    buy: Buy, do: Do, bought: int, kind: type[Command], left: int
) -> None:
    """The seats of TV-SEAT-05 and TV-SEAT-07."""
    scenario = Scenario(buy("2019-06-11T10:00:00Z", seats=bought, term=TermLength.MONTH))
    scenario.given(do(kind, "2019-06-11T15:00:00Z", seats=1))
    assert scenario.subscription().seats == left


def test_seats_can_grow_to_the_offers_maximum_and_no_further(buy: Buy, do: Do) -> None:
    # R-PURCHASE-07
    scenario = Scenario(buy(seats=10), do(AddSeats, FEB_1, seats=290))
    assert scenario.subscription().seats == 300
    scenario.when(do(AddSeats, FEB_1, seats=1)).refused("quantity-out-of-range", "R-PURCHASE-07")


# Fewer: R-SEATS-02, R-SEATS-03, R-SEATS-05


@pytest.mark.parametrize(
    "instant", ["2025-01-15T10:00:00Z", "2025-01-16T10:00:00.000001Z", "2025-01-22T09:59:59Z", "2025-01-22T10:00:00Z"]
)
def test_purchased_seats_can_fall_for_seven_days(buy: Buy, do: Do, instant: str) -> None:
    # R-SEATS-02: seven times 24 hours, the last instant included
    scenario = Scenario(buy(), do(RemoveSeats, instant, seats=9))
    assert scenario.subscription().seats == 1


@pytest.mark.parametrize(
    "instant", ["2025-01-22T10:00:00.000001Z", "2025-01-22T23:59:59Z", "2025-07-01T00:00:00Z", "2026-01-14T23:59:59Z"]
)
def test_seats_cannot_fall_after_their_window(buy: Buy, do: Do, instant: str) -> None:
    """R-SEATS-02, R-SEATS-09, TV-SEAT-11."""
    refusal = Scenario(buy()).when(do(RemoveSeats, instant, seats=1)).refused("reduction-window-closed")
    assert refusal.reason.microsoft[0] == "800090"


@pytest.mark.parametrize(("instant", "falls"), [("2025-02-08T09:00:00Z", True), ("2025-02-08T09:00:00.000001Z", False)])
def test_seats_added_mid_term_can_fall_for_seven_days_of_their_own(
    buy: Buy, do: Do, instant: str, *, falls: bool
) -> None:
    # R-SEATS-02, R-SEATS-03
    when = Scenario(buy(), do(AddSeats, FEB_1, seats=5)).when(do(RemoveSeats, instant, seats=5))
    assert (when.refusal is None) == falls


@pytest.mark.parametrize(("instant", "falls"), [("2026-01-22T00:00:00Z", True), ("2026-01-22T00:00:00.000001Z", False)])
def test_renewed_seats_can_fall_for_seven_days_again(buy: Buy, do: Do, instant: str, *, falls: bool) -> None:
    # R-SEATS-02, R-SEATS-08
    when = Scenario(buy()).when(do(RemoveSeats, instant, seats=9))
    assert (when.refusal is None) == falls


def test_no_more_seats_can_fall_than_open_lots_hold(buy: Buy, do: Do) -> None:
    """R-SEATS-05: a reduction that is too large fails whole."""
    scenario = Scenario(buy(), do(AddSeats, FEB_1, seats=5))
    refusal = scenario.when(do(RemoveSeats, FEB_1, seats=6)).refused("reduction-window-closed", "R-SEATS-05")
    assert refusal.evidence["reducible_seats"] == 5
    assert scenario.subscription().seats == 15
    scenario.given(do(RemoveSeats, FEB_1, seats=5))
    assert scenario.subscription().seats == 10


def test_one_lots_deadline_never_moves_anothers(buy: Buy, do: Do, shown: Shown) -> None:
    # R-SEATS-03
    scenario = Scenario(
        buy(), do(AddSeats, "2025-01-18T09:00:00Z", seats=3), do(AddSeats, "2025-01-21T09:00:00Z", seats=4)
    )
    first, second, third = (10, "2025-01-22T10:00:00Z"), (3, "2025-01-25T09:00:00Z"), (4, "2025-01-28T09:00:00Z")
    assert shown(scenario)["seat_lots"] == printed(first, second, third)
    assert shown(scenario, "2025-01-22T10:00:00.000001Z")["seat_lots"] == printed(second, third)
    assert shown(scenario, "2025-01-25T09:00:00Z")["seat_lots"] == printed(second, third)
    assert shown(scenario, "2025-01-25T09:00:00.000001Z")["seat_lots"] == printed(third)


def test_reductions_are_legal_as_long_as_younger_lots_are_open(buy: Buy, do: Do, shown: Shown) -> None:
    """TV-SEAT-04, D-17."""
    scenario = Scenario(
        buy("2022-03-05T10:00:00Z"),
        do(AddSeats, "2022-03-07T10:00:00Z", seats=5),
        do(AddSeats, "2022-03-10T10:00:00Z", seats=10),
    )
    assert shown(scenario, "2022-03-12T09:00:00Z")["seat_lots"] == printed(
        (10, "2022-03-12T10:00:00Z"), (5, "2022-03-14T10:00:00Z"), (10, "2022-03-17T10:00:00Z")
    )
    scenario.given(do(RemoveSeats, "2022-03-12T09:00:00Z", seats=2), do(RemoveSeats, "2022-03-14T09:00:00Z", seats=3))
    assert scenario.subscription().seats == 20


def test_nine_of_ten_seats_can_go_and_the_last_keeps_its_deadline(buy: Buy, do: Do, shown: Shown) -> None:
    """TV-SEAT-09."""
    scenario = Scenario(
        buy("2021-01-17T20:39:17.182697Z", term=TermLength.MONTH), do(RemoveSeats, "2021-01-18T00:00:00Z", seats=9)
    )
    state = shown(scenario)
    assert (state["seats"], state["reducible_seats"]) == (1, 1)
    assert state["seat_lots"] == printed((1, "2021-01-24T20:39:17.182697Z"))


def test_of_fifteen_seats_only_the_ten_in_the_open_lot_can_go(buy: Buy, do: Do, shown: Shown) -> None:
    """TV-SEAT-10."""
    scenario = Scenario(buy(seats=5), do(AddSeats, FEB_1, seats=10))
    assert (shown(scenario)["seats"], shown(scenario)["reducible_seats"]) == (15, 10)
    scenario.when(do(RemoveSeats, FEB_1, seats=11)).refused("reduction-window-closed", "R-SEATS-05")
    scenario.given(do(RemoveSeats, FEB_1, seats=10))
