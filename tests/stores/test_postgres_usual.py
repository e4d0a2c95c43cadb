"""The usual append goes the short way, and whatever is not usual about it is found all the same."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import psycopg
import pytest
from attrs import evolve

from csp_lifecycle.errors import DuplicateCommandError, StaleVersionError, StoreError
from csp_lifecycle.stores.linking import linked
from csp_lifecycle.stores.postgres import PostgresStore
from csp_lifecycle.stores.postgres_rows import APPEND, APPEND_ONE, Linked, usual_arguments
from csp_lifecycle.stores.store import Commit
from csp_lifecycle.testing.postgres_server import append_slowly
from csp_lifecycle.testing.store_contract import at_once, example_commit, require_chain

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

Open = Callable[..., PostgresStore]
DUE = datetime(2025, 3, 1, 12, 0, 0, 1, tzinfo=UTC)


class Watched(PostgresStore):
    """A store that notes which ways its appends went."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        run, self.asked = self._pool.run, list[str]()

        def noted(statement: str, *parameters: Any) -> Any:
            if statement in {APPEND, APPEND_ONE}:
                self.asked.append("short" if statement == APPEND_ONE else "long")
            return run(statement, *parameters)

        self._pool.run = noted  # type: ignore[method-assign]

    def ways(self, *commits: Commit) -> list[str]:
        """The ways of an append of these commits."""
        self.asked.clear()
        self.append_all(commits)
        return self.asked


@pytest.fixture
def watched(postgres_url: str) -> Any:
    """With the streams s-1 and s-2, of one event each."""
    store = Watched(postgres_url)
    store.append(example_commit("c", "s-1", "s-2"))
    yield store
    store.close()


def usual(command_id: str, stream: str = "s-1", version: int = 1) -> Commit:
    return example_commit(command_id, stream, known={stream: version})


def append_usually(connection: "psycopg.Connection[tuple[Any, ...]]", commit: Commit) -> None:
    """What the store does to append in the usual case, in a transaction that stays open."""
    heads = dict(connection.execute("SELECT stream, digest FROM csp_lifecycle.streams").fetchall())
    values = usual_arguments([Linked(commit, heads, linked(commit, heads.__getitem__))])
    assert values is not None
    assert connection.execute(APPEND_ONE, values).fetchone() != (None,)


def test_one_event_on_the_stream_that_was_read_goes_the_short_way(watched: Watched) -> None:
    assert watched.ways(usual("c-1")) == ["short"]
    assert watched.ways(evolve(usual("c-2", version=2), heads={"s-1": watched.read("s-1")[-1].digest})) == ["short"]
    require_chain(watched)


@pytest.mark.parametrize(
    "commits",
    [
        [example_commit("c-1", "s-3")],
        [example_commit("c-1", "s-1", "s-1", known={"s-1": 1})],
        [example_commit("c-1", "s-1", known={"s-1": 1, "s-2": 1})],
        [example_commit("c-1", "s-1", known={"s-1": 1, "s-9": 0})],
        [example_commit("c-1", "s-1", known={"s-1": 1}, customers={"contoso": 2})],
        [evolve(usual("c-1"), expected={})],
        [evolve(usual("c-1"), expected={"s-2": 1})],
        [usual("c-1"), usual("c-2", "s-2")],
    ],
    ids=["new", "two events", "read", "not there", "counted", "not read", "another read", "two commits"],
)
def test_whatever_else_is_asked_for_goes_the_long_way(watched: Watched, commits: list[Commit]) -> None:
    assert watched.ways(*commits) == ["long"]
    require_chain(watched)


def test_both_ways_store_the_same(watched: Watched, postgres_url: str) -> None:
    short, long = (
        evolve(one, states=tuple(evolve(state, next_due_at=DUE) for state in one.states))
        for one in (usual("c-1"), usual("c-2", "s-2"))
    )
    watched.append(short)
    with psycopg.connect(postgres_url) as connection:
        append_slowly(connection, long)
        rows = connection.execute(
            "SELECT to_jsonb(e) - 'digest' - 'salt' || to_jsonb(s) - 'digest', e.digest = s.digest, e.salt <> '' "
            "FROM csp_lifecycle.events AS e JOIN csp_lifecycle.streams AS s USING (stream) "
            "WHERE e.version = 2 ORDER BY position"
        ).fetchall()
    assert [row[1:] for row in rows] == [(True, True)] * 2
    (first, _, _), (second, _, _) = rows
    text = str(first).replace("c-1", "c-2").replace("s-1", "s-2").replace("'position': 3", "'position': 4")
    assert text == str(second)


def test_a_stale_version_is_told_and_takes_no_position(watched: Watched) -> None:
    watched.append(usual("c-1"))
    with pytest.raises(StaleVersionError) as stale:
        watched.ways(usual("c-2"))
    assert watched.asked == ["short", "long"]
    assert (stale.value.stream, stale.value.expected, stale.value.actual) == ("s-1", 1, 2)
    assert [one.position for one in watched.append(usual("c-3", version=2))] == [4]


def test_a_stream_that_is_not_there_is_stale(watched: Watched) -> None:
    with pytest.raises(StaleVersionError, match="s-9 is at version 0, not at 1"):
        watched.ways(usual("c-1", "s-9"))
    assert watched.asked == ["short", "long"]


@pytest.mark.parametrize("commit", [usual("c"), usual("c", "s-2", 7)], ids=["as it was read", "stale as well"])
def test_a_command_id_that_was_used_is_told_and_takes_no_position(watched: Watched, commit: Commit) -> None:
    with pytest.raises(DuplicateCommandError):
        watched.ways(commit)
    assert watched.asked == ["short", "long"]
    assert [one.position for one in watched.append(usual("c-1"))] == [3]


def test_a_head_that_is_not_the_stored_one_is_looked_up(watched: Watched) -> None:
    assert watched.ways(evolve(usual("c-1"), heads={"s-1": "0" * 64})) == ["short", "long", "short"]
    require_chain(watched)


def test_two_usual_appends_at_one_version_wait_for_each_other(watched: Watched, postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as faster, ThreadPoolExecutor(1) as pool:
        append_usually(faster, usual("c-1"))
        late = pool.submit(watched.append, usual("c-2"))
        time.sleep(0.1)
        assert not late.done()
        faster.commit()
        with pytest.raises(StaleVersionError, match="s-1 is at version 2, not at 1"):
            late.result(timeout=5)
    assert [one.position for one in watched.append(usual("c-3", version=2))] == [4]


def test_one_command_id_on_two_streams_is_stored_once(watched: Watched, postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as faster, ThreadPoolExecutor(1) as pool:
        append_usually(faster, usual("c-1"))
        late = pool.submit(watched.append, usual("c-1", "s-2"))
        time.sleep(0.1)
        assert not late.done()
        faster.commit()
        with pytest.raises(DuplicateCommandError):
            late.result(timeout=5)
    assert len(watched.read("s-2")) == 1


def test_of_many_usual_appends_at_one_version_one_wins(open_postgres: Open) -> None:
    store = open_postgres()
    store.append(example_commit("c", "s-1"))

    def won(name: int, version: int) -> bool:
        try:
            store.append(usual(f"c-{version}-{name}", version=version))
        except StaleVersionError:
            return False
        return True

    for version in range(1, 11):
        assert sum(at_once([partial(won, name, version) for name in range(4)])) == 1
    assert [one.position for one in store.read("s-1")] == list(range(1, 12))
    require_chain(store)


def test_what_the_short_way_has_not_committed_is_not_final(open_postgres: Open, postgres_url: str) -> None:
    store = open_postgres(timeout=2.5)
    store.append(example_commit("c", "s-1", "s-2"))
    with psycopg.connect(postgres_url) as slow:
        append_usually(slow, usual("c-1"))
        (later,) = store.append(usual("c-2", "s-2"))
        with pytest.raises(StoreError, match="an append has been going on for"):
            tuple(store.read_all())
        slow.commit()
    assert [one.position for one in store.read_all()] == [1, 2, 3, later.position]
    require_chain(store)
