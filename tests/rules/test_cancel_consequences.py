"""R-CANCEL: what does not reopen the window, what a cancellation takes along, and what cannot be canceled."""

from collections.abc import Callable
from datetime import timedelta

import attrs
import pytest

from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.new_commerce import NEW_COMMERCE
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.policies.terms import Window
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.values.windows import Counting, Exactly, RefundKind
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Cancel,
    Command,
    Purchase,
    QueueBillingPlan,
    RemoveSeats,
    ScheduleChange,
    StartTrial,
    Suspend,
    TurnOffAutoRenew,
)
from csp_lifecycle.vocabulary.events import Canceled, Event, WaitingChangesVoided
from csp_lifecycle.vocabulary.subscription import ScheduledChange, Slot

Buy = Callable[..., Purchase]
Do = Callable[..., Command]
Fact = Callable[..., Event]
Time = Callable[..., Advance]
Shown = Callable[..., dict[str, object]]
Told = Callable[..., dict[str, tuple[Event, ...]]]

FULL, PRORATED = RefundKind.FULL, RefundKind.PRORATED

# What does not reopen it: R-CANCEL-04, R-CANCEL-19


def test_seats_added_later_open_their_own_lot_and_not_the_window(buy: Buy, do: Do) -> None:
    """R-CANCEL-04, TV-CANCEL-06."""
    scenario = Scenario(buy(), do(AddSeats, "2025-03-01T09:00:00Z", seats=5))
    scenario.when(do(Cancel, "2025-03-02T09:00:00Z")).refused("cancellation-window-closed", "R-CANCEL-01")
    scenario.given(do(RemoveSeats, "2025-03-02T09:00:00Z", seats=5))


def test_seats_added_inside_the_window_do_not_prolong_it(buy: Buy, do: Do, shown: Shown) -> None:
    # R-CANCEL-04
    scenario = Scenario(buy(), do(AddSeats, "2025-01-21T09:00:00Z", seats=5))
    assert shown(scenario)["cancellable_until"] == "2025-01-22T10:00:00Z"
    scenario.when(do(Cancel, "2025-01-22T10:00:00.000001Z")).refused("cancellation-window-closed")


def test_a_customer_who_stops_paying_does_not_reopen_the_window(buy: Buy, do: Do) -> None:
    # R-CANCEL-19
    scenario = Scenario(buy(), do(Suspend, "2025-03-01T09:00:00Z", reason="non-payment"))
    scenario.when(do(Cancel, "2025-03-01T10:00:00Z")).refused("cancellation-window-closed", "R-CANCEL-01")


# Suspended: R-CANCEL-05


@pytest.mark.parametrize(("instant", "refund"), [("2025-01-16T10:00:00Z", FULL), ("2025-01-22T10:00:00Z", PRORATED)])
def test_a_suspended_subscription_can_be_canceled_inside_its_window(
    *, buy: Buy, do: Do, fact: Fact, instant: str, refund: RefundKind
) -> None:
    """R-CANCEL-05, T-11."""
    scenario = Scenario(buy(), do(Suspend, "2025-01-16T09:00:00Z"))
    scenario.when(do(Cancel, instant)).then(fact(Canceled, instant, refund=refund))
    assert scenario.subscription().suspension_reasons == ()


def test_a_suspended_subscription_cannot_be_canceled_after_its_window(buy: Buy, do: Do) -> None:
    # R-CANCEL-05
    scenario = Scenario(buy(), do(Suspend, "2025-01-16T09:00:00Z"))
    scenario.when(do(Cancel, "2025-01-22T10:00:00.000001Z")).refused("cancellation-window-closed", "R-CANCEL-01")


# What goes with it: R-CANCEL-06


def test_a_cancellation_takes_everything_that_waits_along(buy: Buy, do: Do, fact: Fact, shown: Shown) -> None:
    """R-CANCEL-06, TV-SCHED-01."""
    scenario = Scenario(
        buy(term=TermLength.THREE_YEARS),
        do(ScheduleChange, "2025-01-16T09:00:00Z", seats=8),
        do(QueueBillingPlan, "2025-01-16T09:00:00Z", plan=Plan.ANNUAL),
    )
    scenario.when(do(Cancel, "2025-01-20T09:00:00Z")).then(
        fact(Canceled, "2025-01-20T09:00:00Z", refund=PRORATED),
        fact(
            WaitingChangesVoided,
            "2025-01-20T09:00:00Z",
            slots=(Slot.NEXT_TERM, Slot.NEXT_CHARGE),
            because="canceled",
            scheduled_change=ScheduledChange(seats=8),
            plan=Plan.ANNUAL,
        ),
    )
    gone = {"auto_renew": False, "seat_lots": [], "reducible_seats": 0, "refunds": [], "cancellable_until": None}
    assert shown(scenario).items() >= {**gone, "scheduled_change": None, "queued_plan": None, "seats": 0}.items()


def test_a_cancellation_voids_nothing_where_nothing_waits(buy: Buy, do: Do) -> None:
    # R-CANCEL-06
    assert Scenario(buy()).when(do(Cancel, "2025-01-20T09:00:00Z")).names == ("canceled",)


def test_a_cancellation_does_not_depend_on_auto_renew(buy: Buy, do: Do) -> None:
    # AMB-66
    scenario = Scenario(buy(), do(TurnOffAutoRenew, "2025-01-16T09:00:00Z"))
    assert scenario.when(do(Cancel, "2025-01-20T09:00:00Z")).names == ("canceled",)


# What cannot be canceled: R-CANCEL-07


def test_a_trial_cannot_be_canceled_but_may_lapse(do: Do, advance: Time) -> None:
    """R-CANCEL-07."""
    trial = do(StartTrial, "2025-01-15T10:00:00Z", customer_id="contoso", offer_id="business-standard-trial")
    scenario = Scenario(trial)
    scenario.when(do(Cancel, "2025-01-15T10:00:00Z")).refused("trial-status-locked")
    scenario.given(do(TurnOffAutoRenew, "2025-01-20T09:00:00Z"))
    assert scenario.when(advance("2025-02-14T00:00:00Z")).names == ("expired",)


def test_canceling_at_the_end_of_the_term_is_no_choice_here(buy: Buy, do: Do) -> None:
    # R-CANCEL-02: it belongs to policies that know extended terms; here auto-renew is turned off instead
    Scenario(buy()).when(do(Cancel, "2025-01-16T09:00:00Z", at_term_end=True)).refused("not-supported")


# Other readings: section 5


IN_DAYS = tuple(
    Window(Exactly(length, counting=Counting.CALENDAR_DAYS), refund)
    for length, refund in ((timedelta(hours=24), FULL), (timedelta(days=7), PRORATED))
)
CALENDAR_DAYS = attrs.evolve(NEW_COMMERCE, id="calendar-days", cancellation=IN_DAYS)
THREE_DAYS = attrs.evolve(NEW_COMMERCE, id="three-days", cancellation=(Window(Exactly(timedelta(hours=72)), PRORATED),))
NEVER_FULL = attrs.evolve(NEW_COMMERCE, id="never-full", cancellation=(Window(Exactly(timedelta(days=7)), PRORATED),))


@pytest.mark.parametrize(
    ("policy", "refunds"),
    [
        pytest.param(
            CALENDAR_DAYS,
            [("full", "2021-01-15T00:00:00Z"), ("prorated", "2021-01-21T00:00:00Z")],
            id="TV-CANCEL-11",
        ),
        pytest.param(THREE_DAYS, [("prorated", "2021-01-17T16:57:15Z")], id="72-hours"),
        pytest.param(NEVER_FULL, [("prorated", "2021-01-21T16:57:15Z")], id="never-full"),
    ],
)
def test_another_reading_of_the_window_is_another_policy(
    buy: Buy, shown: Shown, policy: Policy, refunds: list[tuple[str, str]]
) -> None:
    """AMB-07, AMB-08, TV-CANCEL-11: the sample whose full refund ends at the next midnight."""
    bought = buy("2021-01-14T16:57:15Z", policy=policy.id)
    scenario = Scenario(bought, policies={**POLICIES, policy.id: policy})
    assert shown(scenario)["refunds"] == [{"kind": kind, "until": until} for kind, until in refunds]


def test_a_cancellation_ends_the_same_however_time_is_taken(buy: Buy, do: Do, advance: Time, told: Told) -> None:
    # INV-28
    month, cancel, end = buy(term=TermLength.MONTH), do(Cancel, "2025-03-20T09:00:00Z"), advance("2025-06-01T00:00:00Z")
    stops = (advance("2025-02-15T00:00:00Z"), advance("2025-03-19T00:00:00Z"))
    assert told(month, *stops, cancel, end) == told(month, cancel, end)
    assert isinstance(told(month, cancel, end)["s-1"][-1], Canceled)
