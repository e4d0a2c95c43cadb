"""Replay adds events up, and refuses what no policy could have recorded: broken histories stay refused however fast."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest

from csp_lifecycle.errors import BrokenHistoryError
from csp_lifecycle.lifecycle.evolve import evolve, replay
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import AddSeats, Purchase, RemoveSeats, Rename, Suspend
from csp_lifecycle.vocabulary.events import Event, Purchased, SeatsAdded, SeatsRemoved
from csp_lifecycle.vocabulary.subscription import NOTHING, Subscription, SubscriptionFields


@pytest.fixture
def told(at: Any) -> tuple[Event, ...]:
    """Bought, seats added, seats removed, renamed, suspended."""
    said: dict[str, Any] = {"subscription_id": "s-1"}
    scenario = Scenario(
        Purchase(
            at=at("2025-01-15T10:00:00Z"),
            **said,
            customer_id="contoso",
            offer_id="business-standard",
            seats=10,
            term=TermLength.YEAR,
            plan=Plan.MONTHLY,
        ),
        AddSeats(at=at("2025-01-16T10:00:00Z"), **said, seats=5),
        RemoveSeats(at=at("2025-01-17T10:00:00Z"), **said, seats=2),
        Rename(at=at("2025-01-18T10:00:00Z"), **said, friendly_name="Office"),
        Suspend(at=at("2025-01-19T10:00:00Z"), **said),
    )
    events: list[Any] = [envelope.event for envelope in scenario.lifecycle.log("s-1")]
    return tuple(events)


def broken(events: tuple[Event, ...], since: Subscription = NOTHING) -> tuple[int | None, str]:
    """The version at which replay stops, and what it says."""
    with pytest.raises(BrokenHistoryError) as caught:
        replay(events, since)
    return caught.value.version, str(caught.value)


def changed(events: tuple[Event, ...], number: int, **fields: Any) -> tuple[Event, ...]:
    """The events, with fields of one of them changed."""
    return (*events[:number], attrs.evolve(events[number], **fields), *events[number + 1 :])


def test_an_event_of_another_stream_is_impossible(told: tuple[Event, ...]) -> None:
    assert broken(changed(told, 3, subscription_id="s-2")) == (
        4,
        "'s-1', version 4: renamed is impossible, it belongs to 's-2'",
    )


def test_an_event_that_cannot_follow_on_the_status_is_impossible(told: tuple[Event, ...]) -> None:
    assert broken((*told, told[3]))[1].endswith("renamed is impossible, it cannot follow on status 'suspended'")
    assert broken((told[0], told[0])) == (
        2,
        "'s-1', version 2: purchased is impossible, it cannot follow on status 'active'",
    )
    assert broken(told[1:])[0] == 1


def test_time_does_not_run_backwards(told: tuple[Event, ...]) -> None:
    early = told[1].at - timedelta(microseconds=1)
    version, words = broken(changed(told, 2, at=early))
    assert (version, "before the event it follows on (2025-01-16T10:00:00+00:00)" in words) == (3, True)
    assert replay(changed(told, 2, at=told[1].at)).version == 5


@pytest.mark.parametrize(
    ("number", "fields", "words"),
    [
        (1, {"seats_after": 16}, "10 seats cannot become 16 by +5"),
        (1, {"seats": 4}, "10 seats cannot become 15 by +4"),
        (2, {"seats_after": 17}, "15 seats cannot become 17 by -2"),
        (2, {"seats": 15, "seats_after": 0}, "it leaves 0 seats"),
        (2, {"seats": 16, "seats_after": -1}, "it leaves -1 seats"),
    ],
)
def test_seats_add_up(told: tuple[Event, ...], number: int, fields: dict[str, int], words: str) -> None:
    version, said = broken(changed(told, number, **fields))
    assert (version, said.endswith(words)) == (number + 1, True)


def test_versions_go_on_from_a_snapshot(told: tuple[Event, ...]) -> None:
    half = replay(told[:2])
    assert replay(told[2:], since=half) == replay(told)
    assert broken((told[2], told[3], told[0]), since=half)[0] == 5


def test_nothing_new_changes_nothing(told: tuple[Event, ...]) -> None:
    state = replay(told).seen_at(told[-1].at + timedelta(days=30))
    assert replay((), since=state) is state
    assert replay(()) is NOTHING


def test_what_is_replayed_from_is_left_alone(told: tuple[Event, ...]) -> None:
    before = replay(told[:1])
    copy = attrs.evolve(before)
    after = evolve(before, told[1])
    assert (before, before.seats, after.seats) == (copy, 10, 15)
    assert Subscription() == NOTHING


def test_the_events_may_come_from_anywhere(told: tuple[Event, ...]) -> None:
    def coming() -> Iterator[Event]:
        yield from told

    assert replay(coming()) == replay(list(told)) == replay(told)


def test_the_state_is_frozen(told: tuple[Event, ...]) -> None:
    state = replay(told)
    assert type(state) is Subscription
    assert hash(state) == hash(replay(told))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(state, "seats", 1)  # noqa: B010 - assigned by name, mypy would refuse it
    assert isinstance(state, SubscriptionFields)


def test_every_event_that_moves_seats_says_which_way() -> None:
    assert (SeatsAdded.direction, SeatsRemoved.direction) == (1, -1)
    assert not hasattr(Purchased, "direction")
