"""Histories come out of PostgreSQL as what reading event by event gives, be it that something is wrong with them."""

from collections.abc import Callable
from datetime import UTC

import psycopg
import pytest
from attrs import evolve

from csp_lifecycle.errors import BrokenHistoryError
from csp_lifecycle.stores.postgres import PostgresStore
from csp_lifecycle.stores.rows import history_from
from csp_lifecycle.testing.store_contract import example_commit
from csp_lifecycle.wire.events import UnknownEvent

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)


@pytest.fixture
def store(open_postgres: Callable[..., PostgresStore]) -> PostgresStore:
    """With three events of s-1 and one of s-2."""
    store = open_postgres()
    store.append(example_commit("c-1", "s-1", "s-2", "s-1"))
    store.append(example_commit("c-2", "s-1", known={"s-1": 2}))
    return store


def spoil(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER TABLE csp_lifecycle.events DISABLE TRIGGER events_stay")
        connection.execute(statement)


def test_a_history_is_what_its_events_add_up_to(store: PostgresStore) -> None:
    found = list(store.histories(["s-2", "s-1"]))
    assert found == [history_from(store.read(name)) for name in ("s-1", "s-2")]
    assert [list(store.histories([name])) for name in ("s-1", "s-2", "s-3")] == [found[:1], found[1:], []]
    assert [one.recorded_at.tzinfo for one in found] == [UTC, UTC]


def test_an_event_of_a_newer_version_is_in_its_place(store: PostgresStore) -> None:
    newer = UnknownEvent(
        subscription_id="s-1", type="newer", schema=2, body={"type": "newer", "subscription_id": "s-1"}
    )
    commit = example_commit("c-3", "s-1", known={"s-1": 3})
    store.append(evolve(commit, envelopes=tuple(evolve(one, event=newer, schema=2) for one in commit.envelopes)))
    (found,) = store.histories(["s-1"])
    assert found == history_from(store.read("s-1"))
    assert not found.is_known


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE csp_lifecycle.streams SET version = 2 WHERE stream = 's-1'",
        "UPDATE csp_lifecycle.streams SET version = 9 WHERE stream = 's-1'",
        "UPDATE csp_lifecycle.events SET schema = 2 WHERE stream = 's-1' AND version = 2",
    ],
    ids=["an index that is behind", "an index that is ahead", "a newer schema"],
)
def test_what_is_odd_is_read_event_by_event(store: PostgresStore, postgres_url: str, statement: str) -> None:
    spoil(postgres_url, statement)
    assert list(store.histories(["s-1"])) == [history_from(store.read("s-1"))]


@pytest.mark.parametrize("version", [1, 3])
def test_an_index_that_is_behind_by_as_many_as_are_newer_hides_nothing(
    store: PostgresStore, postgres_url: str, version: int
) -> None:
    spoil(postgres_url, "UPDATE csp_lifecycle.streams SET version = 2 WHERE stream = 's-1'")
    newer = f"UPDATE csp_lifecycle.events SET schema = 2 WHERE stream = 's-1' AND version = {version}"  # noqa: S608
    spoil(postgres_url, newer)
    (found,) = store.histories(["s-1"])
    assert (found.version, found.is_known) == (3, False)


def test_an_index_that_is_behind_by_as_many_as_are_missing_hides_nothing(
    store: PostgresStore, postgres_url: str
) -> None:
    spoil(postgres_url, "UPDATE csp_lifecycle.streams SET version = 2 WHERE stream = 's-1'")
    spoil(postgres_url, "DELETE FROM csp_lifecycle.events WHERE stream = 's-1' AND version = 1")
    with pytest.raises(BrokenHistoryError, match="version 2, 1 expected"):
        list(store.histories(["s-1"]))


def test_histories_are_those_of_the_moment_they_were_asked_for(store: PostgresStore) -> None:
    asked = store.histories(["s-1"])
    store.append(example_commit("c-3", "s-1", known={"s-1": 3}))
    assert [one.version for one in asked] == [3]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM csp_lifecycle.events WHERE position = 3", "position 4: version 3, 2 expected"),
        ("DELETE FROM csp_lifecycle.events WHERE position = 1", "position 3: version 2, 1 expected"),
        ("UPDATE csp_lifecycle.events SET body = '[]' WHERE position = 3", "position 3 cannot be read"),
        (
            "UPDATE csp_lifecycle.events SET body = replace(body::text, 's-1', 's-2')::json WHERE position = 1",
            "position 1 stands in the stream 's-1', but belongs to 's-2'",
        ),
    ],
)
def test_what_is_broken_names_its_position(store: PostgresStore, postgres_url: str, statement: str, words: str) -> None:
    spoil(postgres_url, statement)
    with pytest.raises(BrokenHistoryError, match=words):
        list(store.histories(["s-1"]))
    assert len(list(store.histories(["s-2"]))) == 1


def test_an_index_entry_without_events_is_no_history(store: PostgresStore, postgres_url: str) -> None:
    spoil(postgres_url, "DELETE FROM csp_lifecycle.events WHERE stream = 's-2'")
    assert [one.stream for one in store.histories(["s-1", "s-2"])] == ["s-1"]
