"""What time brings by itself: it comes first, at its own instants, however often somebody asks (R-TIME-07)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

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
    Reactivate,
    RemoveSeats,
    ScheduleChange,
    Suspend,
    TurnOffAutoRenew,
    TurnOnAutoRenew,
)
from csp_lifecycle.vocabulary.events import CycleCharged, Event, RenewalStarted

Buy = Callable[..., Purchase]
Do = Callable[..., Command]
Time = Callable[..., Advance]
At = Callable[[str], datetime]
Names = Callable[..., tuple[str, ...]]
Told = Callable[..., dict[str, tuple[Event, ...]]]
Shown = Callable[..., dict[str, object]]

MONTH, YEAR, THREE_YEARS = TermLength.MONTH, TermLength.YEAR, TermLength.THREE_YEARS
MONTHLY, ANNUAL, TRIENNIAL = Plan.MONTHLY, Plan.ANNUAL, Plan.TRIENNIAL

# R-TIME-07


def test_a_renewal_starts_at_midnight_and_its_windows_at_its_completion(
    buy: Buy, do: Do, at: At, advance: Time, shown: Shown
) -> None:
    """R-TIME-07, TV-TIME-16."""
    scenario = Scenario(buy("2023-02-02T10:00:00Z", term=MONTH))
    assert scenario.when(advance("2023-03-01T23:59:59.999999Z", complete=False)).names == ()
    started = scenario.when(advance("2023-03-02T09:00:00Z", complete=False))
    started.then(RenewalStarted(at=at("2023-03-02T00:00:00Z"), subscription_id="s-1"))
    assert scenario.when(do(CompleteRenewal, "2023-03-02T23:30:00Z")).names == ("renewed",)
    assert shown(scenario)["term"] == {"length": "P1M", "starts_at": "2023-03-02T00:00:00Z", "ends_on": "2023-04-01"}
    assert shown(scenario)["cancellable_until"] == "2023-03-09T23:30:00Z"


@pytest.mark.parametrize("hour", ["00:00:00", "10:00:00", "23:59:59.999999"])
def test_a_cycle_begins_at_midnight_whatever_the_hour_of_the_purchase(
    buy: Buy, at: At, advance: Time, hour: str
) -> None:
    # R-TIME-07
    scenario = Scenario(buy(f"2025-01-15T{hour}Z"))
    (charged,) = scenario.when(advance("2025-02-15T00:00:00Z")).recorded
    assert (type(charged), charged.at) == (CycleCharged, at("2025-02-15T00:00:00Z"))


# Time comes first


def test_what_is_due_stands_before_what_a_command_records(buy: Buy, do: Do, at: At) -> None:
    # R-TIME-07: nobody called advance, and the renewal still comes first, at its own instant
    recorded = Scenario(buy(term=MONTH)).when(do(AddSeats, "2025-03-20T09:00:00Z", seats=1)).recorded
    assert [(type(event).__name__, event.at) for event in recorded] == [
        ("Renewed", at("2025-02-15T00:00:00Z")),
        ("Renewed", at("2025-03-15T00:00:00Z")),
        ("SeatsAdded", at("2025-03-20T09:00:00Z")),
    ]


def test_a_refused_command_stores_nothing_of_what_was_due(buy: Buy, do: Do, names: Names) -> None:
    # INV-02
    scenario = Scenario(buy(term=MONTH))
    scenario.when(do(RemoveSeats, "2025-03-28T09:00:00Z", seats=1)).refused("reduction-window-closed")
    assert names(scenario) == ("purchased",)


def _story(buy: Buy, do: Do) -> tuple[Command, ...]:
    return (
        buy(term=THREE_YEARS),
        do(QueueBillingPlan, "2025-02-20T09:00:00Z", plan=ANNUAL),
        do(AddSeats, "2025-06-01T09:00:00Z", seats=5),
        do(ScheduleChange, "2025-08-01T09:00:00Z", seats=4, term=MONTH, plan=MONTHLY),
        do(Suspend, "2025-11-30T09:00:00Z"),
        do(Reactivate, "2026-02-01T09:00:00Z"),
        do(TurnOnAutoRenew, "2026-02-01T09:00:00Z"),
        do(ScheduleChange, "2026-03-01T09:00:00Z", seats=6, term=MONTH, plan=MONTHLY),
        do(TurnOffAutoRenew, "2028-06-30T23:59:59Z"),
    )


@pytest.mark.parametrize("days", [1, 31, 400])
def test_a_history_does_not_depend_on_when_time_was_taken(
    buy: Buy, do: Do, advance: Time, told: Told, days: int
) -> None:
    """INV-28, R-TIME-07: with an advance every few days, or with none before the end."""
    end = advance("2029-06-01T00:00:00Z")
    told_once: list[Command | Advance] = [*_story(buy, do), end]
    steps = (Advance(to=datetime(2025, 1, 16, tzinfo=UTC) + timedelta(days=n)) for n in range(0, 1500, days))
    told_often = sorted([*told_once, *steps], key=lambda said: said.to if isinstance(said, Advance) else said.at)
    assert told(*told_often) == told(*told_once)
    assert type(told(*told_once)["s-1"][-1]).__name__ == "Deleted"


def test_a_command_older_than_the_last_event_is_refused(buy: Buy, do: Do, at: At) -> None:
    # AMB-70
    scenario = Scenario(buy(), do(AddSeats, "2025-02-01T09:00:00Z", seats=1))
    refusal = scenario.when(do(AddSeats, "2025-02-01T08:59:59.999999Z", seats=1)).refused("out-of-order")
    assert refusal.evidence == {"last_event_at": at("2025-02-01T09:00:00Z")}


def test_commands_of_one_instant_stand_in_the_order_in_which_they_came(buy: Buy, do: Do, names: Names) -> None:
    # AMB-70
    instant = "2025-01-15T10:00:00Z"
    scenario = Scenario(buy(instant), do(AddSeats, instant, seats=2), do(RemoveSeats, instant, seats=12 - 1))
    assert names(scenario) == ("purchased", "seats-added", "seats-removed")
    assert scenario.subscription().seats == 1


@pytest.mark.parametrize(
    ("term", "plan", "due"),
    [
        (MONTH, MONTHLY, "2025-02-15T00:00:00Z"),
        (YEAR, MONTHLY, "2025-02-15T00:00:00Z"),
        (YEAR, ANNUAL, "2026-01-15T00:00:00Z"),
        (THREE_YEARS, ANNUAL, "2026-01-15T00:00:00Z"),
        (THREE_YEARS, TRIENNIAL, "2028-01-15T00:00:00Z"),
    ],
)
def test_the_next_thing_due_is_the_day_after_the_charge_cycle(
    buy: Buy, shown: Shown, term: TermLength, plan: Plan, due: str
) -> None:
    # R-TIME-07
    assert shown(Scenario(buy(term=term, plan=plan)))["next_due_at"] == due


def test_the_state_shows_what_is_recorded_and_guesses_nothing(buy: Buy, shown: Shown) -> None:
    # R-TIME-07: a cycle that nobody took is due, not shown
    state = shown(Scenario(buy()), "2025-03-01T00:00:00Z")
    assert state["charge_cycle"] == {"starts_on": "2025-01-15", "ends_on": "2025-02-14"}
    assert state["next_due_at"] == "2025-02-15T00:00:00Z"
    assert state["as_of"] == "2025-03-01T00:00:00Z"
