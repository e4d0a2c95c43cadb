"""The log of a PostgreSQL store is read in order and without gaps, however its writers commit and roll back."""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread

import psycopg
import pytest

from csp_lifecycle.errors import StoreError
from csp_lifecycle.stores.following import Pace, follow
from csp_lifecycle.stores.postgres import PostgresStore
from csp_lifecycle.stores.store import Commit, Envelope
from csp_lifecycle.testing.postgres_server import append_slowly
from csp_lifecycle.testing.store_contract import at_once, example_commit, require_chain

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

Open = Callable[..., PostgresStore]
SECONDS = 1.5
WRITERS = 6


@contextmanager
def slow_writer(url: str, commit: Commit) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    with psycopg.connect(url) as connection:
        append_slowly(connection, commit)
        yield connection


class Naive:
    """A reader that begins behind the highest position it has seen: what most readers do."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.seen: list[int] = []

    def look(self) -> None:
        query = "SELECT position FROM csp_lifecycle.events WHERE position > %s ORDER BY position"
        after = self.seen[-1] if self.seen else 0
        self.seen += [position for (position,) in self.connection.execute(query, (after,))]


@pytest.fixture
def naive(postgres_url: str, open_postgres: Open) -> Iterator[Naive]:
    open_postgres()
    reader = Naive(postgres_url)
    yield reader
    reader.connection.close()


def positions(store: PostgresStore, after: int = 0) -> list[int]:
    return [envelope.position for envelope in store.read_all(after)]


def reading(store: PostgresStore) -> "Future[list[int]]":
    """A reader that has begun, and waits."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(positions, store)
    pool.shutdown(wait=False)
    time.sleep(0.1)
    assert not future.done()
    return future


def test_a_reader_waits_for_a_position_that_the_naive_one_misses(
    open_postgres: Open, postgres_url: str, naive: Naive
) -> None:
    store = open_postgres()
    with slow_writer(postgres_url, example_commit("c-1", "s-1", customer_id="slow")) as slow:
        store.append(example_commit("c-2", "s-2"))
        naive.look()
        future = reading(store)
        slow.commit()
    naive.look()
    assert future.result(timeout=5) == [1, 2]
    assert naive.seen == [2]


def test_a_position_that_was_rolled_back_is_passed_over(open_postgres: Open, postgres_url: str) -> None:
    store = open_postgres()
    with slow_writer(postgres_url, example_commit("c-1", "s-1", customer_id="slow")) as slow:
        store.append(example_commit("c-2", "s-2"))
        future = reading(store)
        slow.rollback()
    assert future.result(timeout=5) == [2]
    assert [one.position for one in store.append(example_commit("c-1", "s-1"))] == [3]
    assert positions(store, after=1) == [2, 3]


def test_who_waits_to_read_holds_nobody_up(open_postgres: Open, postgres_url: str) -> None:
    store = open_postgres()
    with slow_writer(postgres_url, example_commit("c-1", "s-1", customer_id="slow")) as slow:
        future = reading(store)
        for n in range(5):
            store.append(example_commit(f"d-{n}", f"t-{n}"))
        slow.commit()
    # What was appended after it began is left for the next time.
    assert future.result(timeout=5) == [1]
    assert positions(store) == [1, 2, 3, 4, 5, 6]


def test_a_reader_whose_connection_breaks_begins_anew(open_postgres: Open, postgres_url: str) -> None:
    store = open_postgres()
    with slow_writer(postgres_url, example_commit("c-1", "s-1", customer_id="slow")) as slow:
        future = reading(store)
        store.append(example_commit("c-2", "s-2"))
        with psycopg.connect(postgres_url, autocommit=True) as other:
            ended = other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
                (slow.info.backend_pid,),
            ).fetchall()
        assert ended
        time.sleep(0.2)
        assert not future.done()
        slow.commit()
    assert future.result(timeout=5) == [1, 2]


def test_who_begins_to_append_later_is_not_waited_for(open_postgres: Open, postgres_url: str) -> None:
    store = open_postgres()
    with slow_writer(postgres_url, example_commit("c-1", "s-1", customer_id="slow")) as slow:
        future = reading(store)
        with slow_writer(postgres_url, example_commit("c-2", "s-2", customer_id="slower")):
            slow.commit()
            assert future.result(timeout=5) == [1]


def test_transactions_that_append_nothing_are_not_waited_for(open_postgres: Open, postgres_url: str) -> None:
    store = open_postgres(timeout=0.5)
    stored = store.append(example_commit("c-1", "s-1"))
    with psycopg.connect(postgres_url) as other:
        other.execute("CREATE TABLE elsewhere (day text)")
        other.execute("SELECT * FROM csp_lifecycle.events, csp_lifecycle.streams")
        assert tuple(store.read_all()) == stored


def test_an_append_that_does_not_end_is_not_waited_for_without_end(open_postgres: Open, postgres_url: str) -> None:
    store = open_postgres(timeout=0.2)
    with (
        slow_writer(postgres_url, example_commit("c-1", "s-1")),
        pytest.raises(StoreError, match=r"an append has been going on for 0.2 s: find it in pg_stat_activity"),
    ):
        positions(store)
    assert positions(store) == [1]


def test_a_commit_that_goes_on_behind_the_mark_is_left_for_later(open_postgres: Open, postgres_url: str) -> None:
    store = open_postgres()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        assert connection.execute("SELECT * FROM csp_lifecycle.watermark(NULL, NULL)").fetchone() == (0, [], 0)
        store.append(example_commit("c-1", "s-1"))
        store.append(example_commit("c-2", "s-2", "s-2", "s-2"))
        marks = [
            connection.execute("SELECT final FROM csp_lifecycle.watermark(%s, '{}')", (highest,)).fetchone()
            for highest in range(6)
        ]
    assert marks == [(0,), (1,), (1,), (1,), (4,), (4,)]


def sealed(url: str) -> list[int]:
    """The positions up to which the digest of the log was worked out."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT position FROM csp_lifecycle.seals ORDER BY position").fetchall()
    return [position for (position,) in rows]


def test_what_is_not_final_is_not_sealed(open_postgres: Open, postgres_url: str) -> None:
    store = open_postgres(timeout=0.2)
    with slow_writer(postgres_url, example_commit("c-1", "s-1", customer_id="slow")):
        store.append(example_commit("c-2", "s-2"))
        with pytest.raises(StoreError, match=r"an append has been going on for 0.2 s"):
            store.seal()
        assert sealed(postgres_url) == []
    store.seal()
    assert sealed(postgres_url) == [1, 2]
    require_chain(store)


def test_a_store_that_appended_seals_when_it_is_closed(open_postgres: Open, postgres_url: str) -> None:
    store, reader = open_postgres(), open_postgres()
    store.append(example_commit("c-1", "s-1", "s-1"))
    reader.close()
    assert sealed(postgres_url) == []
    store.close()
    assert sealed(postgres_url) == [1, 2]


def test_of_many_that_seal_at_once_each_adds_to_what_is_sealed(open_postgres: Open) -> None:
    store, sealer = open_postgres(), open_postgres()

    def write(name: int) -> None:
        for n in range(10):
            store.append(example_commit(f"{name} {n}", f"s-{name}", known={f"s-{name}": n}))

    def seal() -> None:
        for _ in range(10):
            sealer.seal()

    at_once([partial(write, 1), partial(write, 2), seal, seal])
    assert len(positions(store)) == 20
    require_chain(store)


def write_for_a_while(url: str, name: int) -> list[tuple[str, int]]:
    """Append to two streams of its own, keep transactions open for a moment, roll some back; what was committed."""
    chance, ends = random.Random(name), time.monotonic() + SECONDS  # noqa: S311 - nothing is kept secret
    versions = dict.fromkeys((f"s-{name}-0", f"s-{name}-1"), 0)
    committed: list[tuple[str, int]] = []
    with psycopg.connect(url) as connection:
        while time.monotonic() < ends:
            stream = chance.choice(list(versions))
            at = versions[stream]
            command = f"{stream} {time.monotonic()}"
            append_slowly(connection, example_commit(command, stream, stream, known={stream: at}, customer_id=stream))
            time.sleep(chance.uniform(0, 0.004))
            if chance.random() < 0.1:
                connection.rollback()
                continue
            connection.commit()
            versions[stream] += 2
            committed += [(stream, at + 1), (stream, at + 2)]
    return committed


def test_a_follower_sees_everything_once_and_in_order_where_the_naive_reader_does_not(
    open_postgres: Open, postgres_url: str, naive: Naive
) -> None:
    store, pace, done, followed = open_postgres(), Pace(longest=0.01), Event(), list[Envelope]()

    def watch() -> None:
        while not done.is_set():
            naive.look()

    def tail() -> None:
        for batch in follow(store, pace=pace, batch_size=50):
            followed.extend(batch)

    readers = [Thread(target=watch), Thread(target=tail)]
    for reader in readers:
        reader.start()
    committed = at_once([partial(write_for_a_while, postgres_url, name) for name in range(WRITERS)])
    wanted = positions(store)
    while len(followed) < len(wanted):
        time.sleep(0.01)
    done.set()
    pace.stop()
    for reader in readers:
        reader.join()
    assert [one.position for one in followed] == wanted == sorted(set(wanted))
    seen = [(one.stream, one.version) for one in followed]
    assert len(seen) > WRITERS
    for share in committed:
        streams = {stream for stream, _ in share}
        assert [one for one in seen if one[0] in streams] == share
    missed = set(wanted) - set(naive.seen)
    assert missed, "the naive reader missed nothing: the writers did not race"
