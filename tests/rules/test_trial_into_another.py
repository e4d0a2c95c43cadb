"""Trials whose 25 seats go into a subscription that is there already."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle.errors import InvalidCommandError
from csp_lifecycle.testing import Scenario, example_catalog
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.values.windows import SeatLot
from csp_lifecycle.vocabulary.catalog import Offer, catalog_of
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    CompleteRenewal,
    ConvertTrial,
    RemoveSeats,
    ScheduleChange,
    StartTrial,
    Suspend,
)
from csp_lifecycle.vocabulary.events import (
    Deleted,
    SeatsMovedIn,
    SeatsMovedOut,
    WaitingChangesVoided,
)
from csp_lifecycle.vocabulary.subscription import Commerce, EndReason, ScheduledChange, Slot, Status
from csp_lifecycle.wire.commands import command_of

Make = Callable[..., Any]

MIDWAY = "2025-01-30T12:00:00Z"


TRIAL = StartTrial(
    at=datetime(2025, 1, 15, 10, tzinfo=UTC),
    subscription_id="s-1",
    customer_id="contoso",
    offer_id="business-standard-trial",
)
"""Until 13 February."""


@pytest.fixture
def beside(buy: Make) -> Scenario:
    """The trial, and 40 paid seats of E3 as `s-2` for a year."""
    e3 = {"subscription_id": "s-2", "offer_id": "e3", "seats": 40, "plan": Plan.ANNUAL}
    return Scenario(TRIAL, buy(**e3))


def test_exactly_the_25_seats_are_added_to_the_target(beside: Scenario, do: Make, fact: Make, at: Make) -> None:
    # TV-TRIAL-05, R-TRIAL-09, R-TRIAL-20, D-06, T-32: the trial ends as converted; its seats open a lot.
    before = beside.subscription("s-2")
    out, *others = beside.when(do(ConvertTrial, MIDWAY, target_subscription_id="s-2")).recorded
    assert isinstance(out, SeatsMovedOut)
    assert (out.seats, out.seats_after, out.other_subscription_id) == (25, 0, "s-2")
    assert others == [
        fact(Deleted, MIDWAY, reason=EndReason.CONVERTED, into_subscription_id="s-2"),
        fact(
            SeatsMovedIn,
            MIDWAY,
            "s-2",
            seats=25,
            seats_after=65,
            seat_lots=(SeatLot(seats=25, reducible_until=at("2025-02-06T12:00:00Z")),),
            other_subscription_id="s-1",
        ),
    ]
    after = beside.subscription("s-2")
    assert (after.term, after.plan, after.auto_renew) == (before.term, before.plan, before.auto_renew)
    assert beside.subscription("s-1").status is Status.DELETED


def test_the_targets_open_lots_stay_beside_the_trials(beside: Scenario, do: Make, at: Make) -> None:
    # D-06, R-SEATS-03
    beside.given(do(AddSeats, "2025-01-28T12:00:00Z", "s-2", seats=2))
    beside.given(do(ConvertTrial, MIDWAY, target_subscription_id="s-2"))
    assert beside.subscription("s-2").seat_lots == (
        SeatLot(seats=2, reducible_until=at("2025-02-04T12:00:00Z")),
        SeatLot(seats=25, reducible_until=at("2025-02-06T12:00:00Z")),
    )


def test_both_sides_lose_what_is_scheduled(beside: Scenario, do: Make, fact: Make) -> None:
    # R-TRIAL-11, R-SCHED-05
    beside.given(do(ScheduleChange, MIDWAY, seats=10), do(ScheduleChange, MIDWAY, "s-2", seats=30))
    when = beside.when(do(ConvertTrial, MIDWAY, target_subscription_id="s-2"))
    lost = {"slots": (Slot.NEXT_TERM,)}
    assert when.names == (
        "seats-moved-out",
        "waiting-changes-voided",
        "deleted",
        "seats-moved-in",
        "waiting-changes-voided",
    )
    assert when.recorded[1] == fact(
        WaitingChangesVoided, MIDWAY, because="seats-moved-out", scheduled_change=ScheduledChange(seats=10), **lost
    )
    assert when.recorded[4] == fact(
        WaitingChangesVoided,
        MIDWAY,
        "s-2",
        because="seats-moved-in",
        scheduled_change=ScheduledChange(seats=30),
        **lost,
    )


def test_the_default_conversion_is_not_voided(beside: Scenario, do: Make) -> None:
    # R-SCHED-04
    when = beside.when(do(ConvertTrial, MIDWAY, target_subscription_id="s-2"))
    assert when.names == ("seats-moved-out", "deleted", "seats-moved-in")


def test_the_target_may_be_the_twin_if_it_was_bought_after_the_trial_began(buy: Make, do: Make) -> None:
    # R-TRIAL-04, R-TRIAL-16
    twin = buy("2025-01-16T10:00:00Z", subscription_id="s-2", plan=Plan.ANNUAL)
    when = Scenario(TRIAL, twin).when(do(ConvertTrial, MIDWAY, target_subscription_id="s-2"))
    assert when.names == ("seats-moved-out", "deleted", "seats-moved-in")


@pytest.mark.parametrize(("bought_at", "accepted"), [("2025-01-13T10:00:00Z", False), ("2025-01-14T10:00:00Z", True)])
def test_the_target_may_end_with_the_trial_but_not_before_it(
    buy: Make, do: Make, *, bought_at: str, accepted: bool
) -> None:
    # R-TRIAL-06, AMB-18: monthly targets that end on 12 and on 13 February.
    target = buy(bought_at, subscription_id="s-2", offer_id="e3", term=TermLength.MONTH)
    when = Scenario(target, TRIAL).when(do(ConvertTrial, MIDWAY, target_subscription_id="s-2"))
    if accepted:
        assert when.names == ("seats-moved-out", "deleted", "seats-moved-in")
    else:
        when.refused("target-ends-earlier")


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"target_subscription_id": "s-1"}, "target-same-as-source"),
        ({"target_subscription_id": "s-9"}, "subscription-not-found"),
        ({"target_subscription_id": "s-2", "offer_id": "e5"}, "target-item-mismatch"),
        ({"target_subscription_id": "s-3"}, "target-not-eligible"),
        ({"target_subscription_id": "s-4"}, "upgrade-path-unsupported"),
    ],
)
def test_the_target_must_be_another_paid_subscription_of_a_fitting_offer(
    buy: Make, do: Make, wish: dict[str, str], code: str
) -> None:
    # R-TRIAL-04, R-UPGRADE-09: not itself, not another trial, not an offer that the twin does not lead to.
    e5_trial = Offer(offer_id="e5-trial", name="E5 Trial", commerce=Commerce.NEW_COMMERCE, trial=True, converts_to="e5")
    scenario = Scenario(
        TRIAL,
        buy(subscription_id="s-2", offer_id="e3"),
        evolve(TRIAL, subscription_id="s-3", offer_id="e5-trial"),
        buy(subscription_id="s-4", offer_id="five-seats"),
        catalog=catalog_of((*example_catalog().offers.values(), e5_trial)),
    )
    scenario.when(do(ConvertTrial, MIDWAY, **wish)).refused(code)


def test_the_target_must_be_active(beside: Scenario, do: Make) -> None:
    # R-UPGRADE-09
    beside.given(do(Suspend, MIDWAY, "s-2"))
    beside.when(do(ConvertTrial, MIDWAY, target_subscription_id="s-2")).refused("target-not-active")


def test_a_target_whose_renewal_is_in_flight_may_be_tried_again(buy: Make, do: Make, advance: Make) -> None:
    # R-UPGRADE-09
    target = buy("2024-12-20T10:00:00Z", subscription_id="s-2", offer_id="e3", term=TermLength.MONTH)
    scenario = Scenario(target, TRIAL, advance("2025-01-20T00:00:00Z", complete=False))
    command = do(ConvertTrial, MIDWAY, target_subscription_id="s-2")
    assert scenario.when(command).refused("target-not-ready").reason.retryable
    scenario.given(do(CompleteRenewal, "2025-01-20T03:00:00Z", "s-2"))
    assert scenario.when(command).names == ("seats-moved-out", "deleted", "seats-moved-in")


def test_the_seats_must_fit_the_range_of_the_targets_offer(buy: Make, do: Make) -> None:
    # R-PURCHASE-07: 276 and 25 are more than the 300 that the twin is sold with.
    twin = buy("2025-01-16T10:00:00Z", subscription_id="s-2", seats=276)
    when = Scenario(TRIAL, twin).when(do(ConvertTrial, MIDWAY, target_subscription_id="s-2"))
    when.refused("quantity-out-of-range")


@pytest.mark.parametrize(("key", "value"), [("seats", 25), ("term", "P1Y"), ("plan", "monthly")])
def test_an_existing_target_takes_neither_seats_nor_terms(key: str, value: object) -> None:
    # R-TRIAL-09
    command = {"do": "convert-trial", "at": MIDWAY, "subscription_id": "s-1", "target_subscription_id": "s-2"}
    with pytest.raises(InvalidCommandError, match=key):
        command_of(command | {key: value})


def test_the_conversion_into_another_cannot_be_scheduled() -> None:
    # R-TRIAL-12, AMB-22
    command = {"do": "schedule-change", "at": MIDWAY, "subscription_id": "s-1", "target_subscription_id": "s-2"}
    with pytest.raises(InvalidCommandError, match="target_subscription_id"):
        command_of(command | {"seats": 25})


def test_while_the_conversion_is_in_flight_the_seats_stay(beside: Scenario, do: Make, advance: Make) -> None:
    # R-LOCK-05
    end = "2025-02-14T00:00:00Z"
    beside.given(advance(end, complete=False))
    beside.when(do(ConvertTrial, end, target_subscription_id="s-2")).refused("conflict")
    assert beside.subscription("s-2").seats == 40


@pytest.mark.parametrize(
    ("removed_at", "seats", "accepted"),
    [
        ("2025-02-06T12:00:00Z", 25, True),
        ("2025-02-06T12:00:00Z", 26, False),
        ("2025-02-06T12:00:01Z", 25, False),
    ],
)
def test_seats_that_came_from_a_trial_can_be_given_back_for_seven_days(
    beside: Scenario, do: Make, *, removed_at: str, seats: int, accepted: bool
) -> None:
    # D-06, R-SEATS-02
    beside.given(do(ConvertTrial, MIDWAY, target_subscription_id="s-2"))
    when = beside.when(do(RemoveSeats, removed_at, "s-2", seats=seats))
    if accepted:
        assert when.names == ("seats-removed",)
    else:
        when.refused("reduction-window-closed")
