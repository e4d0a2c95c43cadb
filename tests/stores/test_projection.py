"""Projections count every event once, whatever breaks in between, and show what the log adds up to."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from csp_lifecycle.errors import StoreError
from csp_lifecycle.stores.following import Pace
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.postgres_target import PostgresTarget
from csp_lifecycle.stores.projection import Projector, Target, Write
from csp_lifecycle.stores.sqlite_target import SqliteTarget
from csp_lifecycle.stores.store import Envelope, EventStore
from csp_lifecycle.testing.store_contract import at_once, example_commit

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

AT = datetime(2025, 1, 15, 10, 0, 0, 123456, tzinfo=UTC)
LATER = AT + timedelta(days=40)
ROWS = (
    "SELECT subscription_id, customer_id, offer_id, status, seats, term_ends_on, next_due_at, version "
    "FROM current_subscriptions ORDER BY subscription_id"
)
Open = Callable[[], Target]


@pytest.fixture(params=["sqlite", "postgres"])
def open_target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the database that the tables are in, as often as asked."""
    targets: list[Target] = []

    def opened() -> Target:
        sqlite = request.param == "sqlite"
        targets.append(SqliteTarget(tmp_path / "reports.db") if sqlite else PostgresTarget(url))
        return targets[-1]

    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    yield opened
    for target in targets:
        target.close()


class Counting:
    """How many events each stream has: to count one twice would show."""

    name = "counts"
    tables = ("CREATE TABLE IF NOT EXISTS counts (stream text PRIMARY KEY, events integer NOT NULL)",)
    clear = ("DELETE FROM counts",)

    def writes(self, batch: Sequence[Envelope]) -> Iterable[Write]:
        statement = "INSERT INTO counts VALUES (?, 1) ON CONFLICT (stream) DO UPDATE SET events = counts.events + 1"
        return [(statement, (one.stream,)) for one in batch]


def counts(target: Target) -> dict[str, int]:
    return dict(target.read("SELECT stream, events FROM counts", ()))


def filled(commits: int) -> MemoryStore:
    """A log of commits of three events each, two on one stream and one on another."""
    store = MemoryStore()
    for n in range(commits):
        store.append(example_commit(f"c-{n}", f"s-{n}", f"s-{n}", f"t-{n}"))
    return store


def all_counted(commits: int) -> dict[str, int]:
    return {f"{kind}-{n}": count for n in range(commits) for kind, count in (("s", 2), ("t", 1))}


def test_every_event_is_counted_once(open_target: Open) -> None:
    store, target = filled(10), open_target()
    projector = Projector(store, Counting(), target, batch_size=7)
    assert (projector.catch_up(), projector.position, projector.catch_up()) == (30, 30, 0)
    store.append(example_commit("c", "u"))
    assert Projector(store, Counting(), open_target()).catch_up() == 1
    assert counts(target) == all_counted(10) | {"u": 1}


class Stumbling(Counting):
    """Fails in the middle of a batch, as often as told, in the projection or in the database."""

    def __init__(self, times: int, statement: str) -> None:
        self.times, self.statement = times, statement

    def writes(self, batch: Sequence[Envelope]) -> Iterable[Write]:
        yield from super().writes(batch[:2])
        if self.times:
            self.times -= 1
            yield self.statement, (0,)
        yield from super().writes(batch[2:])


@pytest.mark.parametrize("statement", ["INSERT INTO missing VALUES (?)", "INSERT INTO counts VALUES ('s', 1, ?)"])
def test_a_batch_that_fails_half_way_leaves_nothing(open_target: Open, statement: str) -> None:
    target = open_target()
    projector = Projector(filled(3), Stumbling(2, statement), target, batch_size=4)
    for _ in range(2):
        with pytest.raises(StoreError):
            projector.catch_up()
        assert (counts(target), projector.position) == ({}, 0)
    assert projector.catch_up() == 9
    assert counts(target) == all_counted(3)


class Vanishing:
    """A target whose process is killed just before, or just after, it commits: nobody knows which."""

    def __init__(self, below: Target, *, after: bool) -> None:
        self.prepare, self.read, self.close = below.prepare, below.read, below.close
        self._below, self._after = below, after

    @contextmanager
    def transaction(self) -> Iterator[Callable[[str, Sequence[Any]], int]]:
        with self._below.transaction() as run:
            yield run
            if not self._after:
                raise KeyboardInterrupt
        raise KeyboardInterrupt


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_around_the_commit_neither_loses_nor_doubles(open_target: Open, *, after: bool) -> None:
    store, target = filled(4), open_target()
    with pytest.raises(KeyboardInterrupt):
        Projector(store, Counting(), Vanishing(target, after=after), batch_size=5).catch_up()
    projector = Projector(store, Counting(), target, batch_size=5)
    assert projector.position == (5 if after else 0)
    projector.catch_up()
    assert counts(target) == all_counted(4)


def test_many_workers_on_one_projection_count_every_event_once(open_target: Open) -> None:
    store = filled(20)
    projectors = at_once([lambda: Projector(store, Counting(), open_target(), batch_size=3)] * 4)
    taken = at_once([projector.catch_up for projector in projectors])
    assert sum(taken) == 60
    assert counts(open_target()) == all_counted(20)


def test_a_projection_follows_the_log(open_target: Open) -> None:
    store, pace, target = filled(2), Pace(), open_target()
    thread = Thread(target=Projector(store, Counting(), target).follow, args=(pace,))
    thread.start()
    store.append(example_commit("c", "u"))
    pace.wake()
    while counts(target) != all_counted(2) | {"u": 1}:
        assert thread.is_alive()
    pace.stop()
    thread.join(timeout=5)
    assert not thread.is_alive()


def test_a_projection_is_rebuilt_from_the_first_event(open_target: Open) -> None:
    store, target = filled(3), open_target()
    projector = Projector(store, Counting(), target)
    projector.catch_up()
    with target.transaction() as run:
        run("UPDATE counts SET events = ?", (99,))
    assert projector.rebuild() == 9
    assert (counts(target), projector.position) == (all_counted(3), 9)


@pytest.mark.parametrize("other", [filled(2), MemoryStore()])
def test_a_log_that_was_put_back_is_noticed(open_target: Open, other: EventStore) -> None:
    target = open_target()
    Projector(filled(3), Counting(), target).catch_up()
    projector = Projector(other, Counting(), target)
    with pytest.raises(StoreError, match="'counts' has seen position 9, and the log has something else there"):
        projector.catch_up()
    projector.rebuild()
    assert counts(target) == (all_counted(2) if any(other.streams()) else {})


def test_a_log_that_went_another_way_is_noticed(open_target: Open) -> None:
    here, there = (MemoryStore() for _ in range(2))
    here.append(example_commit("c-1", "s-1"))
    there.append(example_commit("c-1", "s-2"))
    target = open_target()
    Projector(here, Counting(), target).catch_up()
    with pytest.raises(StoreError, match="it is another log, or was restored from a backup; rebuild the projection"):
        Projector(there, Counting(), target).catch_up()


def test_a_file_that_cannot_hold_the_tables_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"missing/reports.db cannot hold the projection"):
        SqliteTarget(tmp_path / "missing" / "reports.db")
    path = tmp_path / "reports.db"
    target = SqliteTarget(path, busy_timeout=0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="database is locked"):
            Projector(MemoryStore(), Counting(), target)
    target.close()
    with pytest.raises(StoreError, match="closed"):
        target.read("SELECT 1", ())
