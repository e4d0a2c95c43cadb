"""Connections break, others get in the way: an append is stored once, or it is said that it was not."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
import pytest
from attrs import evolve

from csp_lifecycle.errors import DuplicateCommandError, StaleVersionError, StoreError
from csp_lifecycle.stores.postgres import PostgresStore
from csp_lifecycle.stores.postgres_pool import ConnectionLostError, LostRaceError
from csp_lifecycle.stores.postgres_rows import APPEND, APPEND_ONE
from csp_lifecycle.stores.store import Commit, Envelope
from csp_lifecycle.testing.postgres_server import append_slowly
from csp_lifecycle.testing.store_contract import at_once, example_commit, require_chain

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

Open = Callable[..., PostgresStore]
Act = Callable[[], object]


class Unlucky(PostgresStore):
    """A store whose next questions to append run, or not, and then fail: with *errors*, one after the other."""

    def suffer(self, *errors: StoreError, runs: bool = True, meanwhile: Act = tuple) -> None:
        run, left = self._pool.run, list(errors)

        def unlucky(statement: str, *parameters: Any) -> Any:
            if not left or statement not in {APPEND, APPEND_ONE}:
                return run(statement, *parameters)
            if runs:
                run(statement, *parameters)
            meanwhile()
            raise left.pop(0)

        self._pool.run = unlucky  # type: ignore[method-assign]


@pytest.fixture
def unlucky(postgres_url: str) -> Any:
    store = Unlucky(postgres_url)
    yield store
    store.close()


LOST = ConnectionLostError("the connection is gone")
OVERTAKEN = LostRaceError("somebody else was faster")


def end_connections(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_an_answer_that_was_lost_is_found_again(unlucky: Unlucky) -> None:
    unlucky.suffer(LOST)
    stored = unlucky.append(example_commit("c-1", "s-1", "s-2"))
    assert tuple(unlucky.read_all()) == stored
    assert [one.position for one in stored] == [1, 2]


def test_an_append_that_was_lost_is_run_again(unlucky: Unlucky) -> None:
    unlucky.suffer(LOST, runs=False)
    assert unlucky.append(example_commit("c-1", "s-1")) == tuple(unlucky.read_all())


@pytest.mark.parametrize("runs", [True, False])
def test_a_usual_append_that_was_lost_is_stored_once(unlucky: Unlucky, *, runs: bool) -> None:
    (first,) = unlucky.append(example_commit("c-1", "s-1"))
    unlucky.suffer(LOST, runs=runs)
    stored = unlucky.append(example_commit("c-2", "s-1", known={"s-1": 1}))
    assert (first, *stored) == unlucky.read("s-1")
    assert [one.position for one in stored] == [2]


def test_a_command_of_somebody_else_is_not_taken_for_the_lost_one(unlucky: Unlucky, open_postgres: Open) -> None:
    theirs = partial(open_postgres().append, example_commit("c-1", "s-2"))
    unlucky.suffer(LOST, runs=False, meanwhile=theirs)
    with pytest.raises(DuplicateCommandError):
        unlucky.append(example_commit("c-1", "s-1"))


def test_what_cannot_be_found_out_is_said(unlucky: Unlucky) -> None:
    unlucky.suffer(*[LOST] * 5)
    with pytest.raises(StoreError, match=r"whether 'c-1' was stored is not known: send the same command .* again"):
        unlucky.append(example_commit("c-1", "s-1"))
    unlucky.suffer(LOST, StoreError("the database is gone"))
    with pytest.raises(StoreError, match="the database is gone; whether 'c-2' was stored is not known"):
        unlucky.append(example_commit("c-2", "s-2"))


def test_a_failure_without_a_doubt_is_told_as_it_is(unlucky: Unlucky) -> None:
    unlucky.suffer(StoreError("the disk is full"), runs=False)
    with pytest.raises(StoreError, match=r"^the disk is full$"):
        unlucky.append(example_commit("c-1", "s-1"))


def test_who_is_overtaken_again_and_again_reads_again(unlucky: Unlucky) -> None:
    unlucky.append(example_commit("c-1", "s-1"))
    unlucky.suffer(*[OVERTAKEN] * 5, runs=False)
    with pytest.raises(StaleVersionError) as stale:
        unlucky.append(example_commit("c-2", "s-1", known={"s-1": 1}))
    assert (stale.value.stream, stale.value.expected, stale.value.actual) == ("s-1", 1, 1)
    unlucky.suffer(OVERTAKEN, OVERTAKEN, runs=False)
    assert len(unlucky.append(example_commit("c-2", "s-1", known={"s-1": 1}))) == 1


def test_versions_that_do_not_follow_on_what_is_there_are_stale(open_postgres: Open) -> None:
    store = open_postgres()
    store.append(example_commit("c-1", "s-1"))
    commit = example_commit("c-2", "s-1", known={"s-1": 1})
    with pytest.raises(StaleVersionError):
        store.append(evolve(commit, envelopes=tuple(evolve(one, version=1) for one in commit.envelopes)))
    assert store.append(commit)[0].version == 2


def test_a_command_id_that_was_used_is_refused_on_a_stream_that_is_as_it_was_read(open_postgres: Open) -> None:
    store = open_postgres()
    store.append(example_commit("c-1", "s-1", "s-2"))
    with pytest.raises(DuplicateCommandError):
        store.append(example_commit("c-1", "s-1", known={"s-1": 1}))


def test_a_stream_that_nothing_is_expected_of_is_written_all_the_same(open_postgres: Open) -> None:
    store = open_postgres()
    store.append(example_commit("c-1", "s-1", "s-2"))
    commit = example_commit("c-2", "s-1", "s-2", known={"s-1": 1, "s-2": 1})
    store.append(evolve(commit, expected={"s-1": 1}))
    assert len(store.append(example_commit("c-3", "s-2", "s-1", known={"s-1": 2, "s-2": 2}))) == 2


def test_connections_that_were_ended_are_replaced(open_postgres: Open, postgres_url: str) -> None:
    store = open_postgres()
    at_once([partial(store.append, example_commit(f"c-{n}", f"s-{n}")) for n in range(4)])
    for n in range(3):
        end_connections(postgres_url)
        assert len(store.append(example_commit(f"d-{n}", "t", known={"t": n}))) == 1
        end_connections(postgres_url)
        assert len(store.read("t")) == n + 1
        end_connections(postgres_url)
        assert len(tuple(store.read_all())) == 4 + n + 1


@contextmanager
def overtaken(store: PostgresStore, url: str, by: Commit, late: Commit) -> Iterator["Future[tuple[Envelope, ...]]"]:
    """Somebody appends *by* and does not end the transaction before *late* has begun to wait for it."""
    with psycopg.connect(url) as faster, ThreadPoolExecutor(1) as pool:
        append_slowly(faster, by)
        future = pool.submit(store.append, late)
        time.sleep(0.1)
        assert not future.done()
        faster.commit()
        yield future


def test_what_a_decision_only_read_cannot_change_under_it(open_postgres: Open, postgres_url: str) -> None:
    store = open_postgres()
    store.append(example_commit("c", "s-1", "s-2"))
    known = {"s-1": 1, "s-2": 1}
    first, second = (example_commit(f"c-{n}", f"s-{n}", known=known) for n in (1, 2))
    with (
        overtaken(store, postgres_url, first, second) as late,
        pytest.raises(StaleVersionError, match="s-1 is at version 2, not at 1"),
    ):
        late.result(timeout=5)
    assert (len(store.read("s-1")), len(store.read("s-2"))) == (2, 1)


@pytest.mark.parametrize("late_one", [example_commit("c-2", "s-3"), example_commit("c-2", "s-1", known={"s-1": 1})])
def test_a_customers_streams_that_were_read_stay_as_many(
    open_postgres: Open, postgres_url: str, late_one: Commit
) -> None:
    store = open_postgres()
    store.append(example_commit("c", "s-1"))
    first = example_commit("c-1", "s-2", customers={"contoso": 1})
    second = evolve(late_one, customers={"contoso": 1})
    with (
        overtaken(store, postgres_url, first, second) as late,
        pytest.raises(StaleVersionError, match="contoso is at version 2, not at 1"),
    ):
        late.result(timeout=5)


def test_who_has_counted_a_customers_streams_is_waited_for(open_postgres: Open, postgres_url: str) -> None:
    store = open_postgres()
    store.append(example_commit("c", "s-1"))
    other, counting = (example_commit(f"c-{n}", *streams) for n, streams in ((1, ("s-2",)), (2, ("a", "b"))))
    # It holds contoso's row and then waits for fabrikam's.
    of_two = tuple(evolve(counting.states[n], customer_id=name) for n, name in ((0, "fabrikam"), (1, "contoso")))
    first = evolve(other, states=tuple(evolve(one, customer_id="fabrikam") for one in other.states))
    second = evolve(counting, states=of_two, customers={"contoso": 1})
    third = example_commit("c-3", "s-3", customers={"contoso": 1})
    with ThreadPoolExecutor(2) as pool, psycopg.connect(postgres_url) as faster:
        append_slowly(faster, first)
        waiting = pool.submit(store.append, second)
        time.sleep(0.1)
        late = pool.submit(store.append, third)
        time.sleep(0.1)
        assert not late.done()
        faster.commit()
        assert len(waiting.result(timeout=5)) == 2
        with pytest.raises(StaleVersionError):
            late.result(timeout=5)


def test_a_stream_that_was_read_and_is_not_there_stays_away(open_postgres: Open, postgres_url: str) -> None:
    store = open_postgres()
    store.append(example_commit("c", "s-1"))
    # One made s-2 because of what s-1 was, the other changes s-1 because there is no s-2: both cannot be.
    first = example_commit("c-1", "s-2", known={"s-1": 1})
    second = example_commit("c-2", "s-1", known={"s-1": 1, "s-2": 0})
    with (
        overtaken(store, postgres_url, first, second) as late,
        pytest.raises(StaleVersionError, match="s-2 is at version 1, not at 0"),
    ):
        late.result(timeout=5)


def test_who_is_too_late_to_make_a_stream_takes_no_position(open_postgres: Open, postgres_url: str) -> None:
    store = open_postgres()
    # The late one has found that s-1 is new, and waits for the customer's row with "a" in its hands.
    first, second = example_commit("c-1", "s-1"), example_commit("c-2", "a", "s-1")
    with overtaken(store, postgres_url, first, second) as late, pytest.raises(StaleVersionError):
        late.result(timeout=5)
    assert [one.position for one in store.append(example_commit("c-3", "b"))] == [2]


def test_two_streams_in_opposite_order_make_no_deadlock(open_postgres: Open, postgres_url: str) -> None:
    store = open_postgres()
    streams = tuple(f"s-{n}" for n in range(6))
    store.append(example_commit("c", *streams))

    def write(name: int) -> None:
        for n in range(40):
            order = streams if name % 2 else streams[::-1]
            known = {stream: len(store.read(stream)) for stream in order}
            commit = example_commit(f"{name} {n}", *order, known=known, customers={"contoso": 6})
            try:
                store.append(commit)
            except StaleVersionError:
                continue

    at_once([partial(write, name) for name in range(4)])
    with psycopg.connect(postgres_url) as connection:
        (found,) = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone() or (None,)
    assert found == 0
    assert len(store.read("s-0")) > 4


def test_a_redaction_waits_its_turn_and_everybody_goes_on(open_postgres: Open, postgres_url: str) -> None:
    store, owner = open_postgres(), open_postgres()
    (first,) = store.append(example_commit("c", "s-1"))

    def write(name: int) -> None:
        for n in range(15):
            store.append(example_commit(f"{name} {n}", f"s-{name}", known={f"s-{name}": n + (name == 1)}))

    def redact() -> None:
        for n in range(15):
            owner.rewrite([first], {f"nobody-{n}": "somebody", "contoso": "contoso"})

    at_once([partial(write, 1), partial(write, 2), redact])
    with psycopg.connect(postgres_url) as connection:
        (found,) = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone() or (None,)
    assert found == 0
    assert (len(store.read("s-1")), len(store.read("s-2"))) == (16, 15)
    assert store.streams_of("contoso") == ("s-1", "s-2")
    store.append(example_commit("d", "s-3", customers={"contoso": 2}))
    require_chain(store)


def test_a_deadlock_with_somebody_else_is_survived(open_postgres: Open, postgres_url: str) -> None:
    store = open_postgres()
    store.append(example_commit("c-1", "s-1", "s-2"))
    lock = "SELECT FROM csp_lifecycle.streams WHERE stream = %s FOR UPDATE"
    with psycopg.connect(postgres_url) as other, ThreadPoolExecutor(1) as pool:
        other.execute(lock, ("s-2",))
        # It holds s-1 and waits for s-2; the server ends it, because it waited first.
        future = pool.submit(store.append, example_commit("c-2", "s-1", "s-2", known={"s-1": 1, "s-2": 1}))
        time.sleep(0.3)
        other.execute(lock, ("s-1",))
        assert not future.done()
        other.commit()
        assert [one.version for one in future.result(timeout=5)] == [2, 2]
