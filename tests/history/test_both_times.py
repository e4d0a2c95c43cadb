"""What was true then, and what did we know then: every engine keeps both times, and both move with the log."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from csp_lifecycle.errors import StreamNotFoundError
from csp_lifecycle.service import Lifecycle
from csp_lifecycle.service.moving import export, import_log
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.vocabulary import commands as c

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

NewStore = Callable[[], EventStore]
MARCH, APRIL = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def learning(store: EventStore, *instants: datetime) -> Lifecycle:
    """A service that learns of one command at each of the instants."""
    clock: Iterator[datetime] = iter(instants)
    return Lifecycle(store, example_catalog(), clock=lambda: next(clock))


def told_late(store: EventStore, bought: c.Command) -> Lifecycle:
    """Ten seats were bought in January and five added two days later; the log learned of it in March and in April."""
    lifecycle = learning(store, MARCH, APRIL)
    lifecycle.handle(bought)
    lifecycle.handle(c.AddSeats(at=bought.at + timedelta(days=2), subscription_id="s-1", seats=5))
    return lifecycle


@pytest.fixture
def bought(commands: tuple[Any, ...]) -> c.Command:
    command: c.Command = commands[0]
    return command


def test_what_was_true_and_what_was_known_are_two_questions(new_store: NewStore, bought: c.Command) -> None:
    lifecycle = told_late(new_store(), bought)
    added = bought.at + timedelta(days=2)

    def seats(**asked: datetime) -> int:
        return lifecycle.subscription("s-1", **asked).seats

    assert (seats(), seats(as_of=added), seats(as_of=added - SECOND)) == (15, 15, 10)
    assert (seats(known_at=APRIL), seats(known_at=APRIL - SECOND), seats(known_at=MARCH)) == (15, 10, 10)
    assert seats(as_of=added, known_at=MARCH) == 10
    for asked in ({"known_at": MARCH - SECOND}, {"as_of": bought.at - SECOND}):
        with pytest.raises(StreamNotFoundError):
            lifecycle.subscription("s-1", **asked)


def test_an_event_is_known_only_after_those_before_it_even_where_a_clock_went_back(
    new_store: NewStore, bought: c.Command
) -> None:
    lifecycle = learning(new_store(), APRIL, MARCH)
    lifecycle.handle(bought)
    lifecycle.handle(c.AddSeats(at=bought.at + timedelta(days=2), subscription_id="s-1", seats=5))
    assert lifecycle.subscription("s-1", known_at=APRIL).seats == 15
    with pytest.raises(StreamNotFoundError):
        lifecycle.subscription("s-1", known_at=MARCH)


def test_both_times_move_with_the_log(new_store: NewStore, bought: c.Command) -> None:
    source, store = MemoryStore(), new_store()
    told_late(source, bought)
    import_log(store, export(source))
    assert [one.recorded_at for one in store.read("s-1")] == [MARCH, APRIL]
    assert [one.event for one in store.read("s-1")] == [one.event for one in source.read("s-1")]
    assert learning(store).subscription("s-1", known_at=MARCH).seats == 10


def test_an_import_that_tells_of_the_past_keeps_when_it_was_learned(new_store: NewStore, bought: c.Command) -> None:
    source, store = MemoryStore(), new_store()
    told_late(source, bought)
    learned = "2031-07-01T12:00:00.000001Z"
    keys = ("position", "version", "event_id", "command_id", "actor", "policy", "schema", "event")
    lines = [
        json.dumps({key: json.loads(line)[key] for key in keys} | {"recorded_at": learned}) for line in export(source)
    ]
    import_log(store, lines)
    assert [json.loads(line)["recorded_at"] for line in export(store)] == [learned, learned]
    lifecycle = learning(store)
    assert lifecycle.subscription("s-1", as_of=bought.at).seats == 10
    with pytest.raises(StreamNotFoundError):
        lifecycle.subscription("s-1", as_of=bought.at, known_at=APRIL)
