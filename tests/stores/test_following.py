"""A reader follows the log as it grows, looks seldom while nothing happens, and hears who wakes it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from csp_lifecycle.errors import StoreError
from csp_lifecycle.stores.following import Pace, follow
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.store import Envelope, EventStore
from csp_lifecycle.testing.store_contract import example_commit

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

LONG = 60.0
"""More seconds than a test may take: whoever still gets there in time was woken."""


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> EventStore:
    if request.param == "memory":
        return MemoryStore()
    opened: EventStore = request.getfixturevalue(f"open_{request.param}")()
    return opened


def append(store: EventStore, n: int) -> None:
    store.append(example_commit(f"c-{n}", f"s-{n}"))


@contextmanager
def following(store: EventStore, pace: Pace, after: int = 0) -> Iterator[list[Envelope]]:
    """What a follower has seen so far."""
    seen = list[Envelope]()

    def read() -> None:
        for batch in follow(store, after, pace=pace):
            seen.extend(batch)

    thread = Thread(target=read)
    thread.start()
    try:
        yield seen
    finally:
        pace.stop()
        thread.join(timeout=5)
        assert not thread.is_alive()


def wait_for(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_follower_sees_what_is_there_and_what_comes(store: EventStore) -> None:
    for n in range(3):
        append(store, n)
    with following(store, Pace(), after=1) as seen:
        wait_for(lambda: len(seen) == 2)
        for n in range(3, 6):
            append(store, n)
        wait_for(lambda: len(seen) == 5)
    assert seen == list(store.read_all(1))


def test_what_is_there_comes_in_batches(store: EventStore) -> None:
    for n in range(7):
        append(store, n)
    pace = Pace()
    batches = follow(store, pace=pace, batch_size=3)
    assert [[one.position for one in next(batches)] for _ in range(3)] == [[1, 2, 3], [4, 5, 6], [7]]
    pace.stop()
    assert list(batches) == []


def test_who_begins_again_behind_what_was_dealt_with_misses_and_doubles_nothing() -> None:
    store = MemoryStore()
    for n in range(5):
        append(store, n)
    dealt_with = list[int]()
    while len(dealt_with) < 5:
        batch = next(follow(store, dealt_with[-1] if dealt_with else 0, batch_size=2))
        # It crashes after the first event of each batch.
        dealt_with.append(batch[0].position)
    assert dealt_with == [1, 2, 3, 4, 5]


def test_a_waiting_follower_is_woken() -> None:
    store, pace = MemoryStore(), Pace(shortest=LONG, longest=LONG)
    with following(store, pace) as seen:
        for n in range(3):
            append(store, n)
            pace.wake()
            wait_for(lambda n=n: len(seen) == n + 1)  # type: ignore[misc]


def test_a_waiting_follower_is_stopped() -> None:
    began = time.monotonic()
    with following(MemoryStore(), Pace(shortest=LONG, longest=LONG)):
        time.sleep(0.05)
    assert time.monotonic() - began < LONG / 10


def test_who_is_woken_while_reading_looks_once_more() -> None:
    pace = Pace(shortest=LONG, longest=LONG)
    assert pace.goes_on(busy=True)
    pace.wake()
    assert pace.goes_on(busy=False)


def test_pauses_double_and_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    pace, pauses = Pace(shortest=1, longest=5), list[float]()
    monkeypatch.setattr(pace._bell, "wait", pauses.append)  # noqa: SLF001 - nobody wants to wait for real
    for busy in (True, False, False, False, False, True, False):
        assert pace.goes_on(busy=busy)
    assert pauses == [1, 2, 4, 5, 1]


def test_a_store_that_fails_ends_the_following() -> None:
    class Broken(MemoryStore):
        def read_all(self, after: int = 0, limit: int | None = None) -> Iterator[Envelope]:
            message = f"nothing behind {after}, not even {limit}"
            raise StoreError(message)

    with pytest.raises(StoreError, match="nothing behind 7"):
        next(follow(Broken(), 7))
