"""The SQLite store keeps the contract, on disk, and says in words what is wrong with a file."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle.errors import BrokenHistoryError, StoreError
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.testing.store_contract import StoreContract, example_commit
from csp_lifecycle.wire.events import UnknownEvent

Open = Callable[..., SqliteStore]
LAYOUT_1, LAYOUT_2 = (Path(__file__).with_name(f"layout-{n}.sql") for n in (1, 2))


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def store(self, open_sqlite: Open) -> EventStore:
        return open_sqlite()


class TestSqliteStoreWithoutFullSync(StoreContract):
    @pytest.fixture
    def store(self, open_sqlite: Open) -> EventStore:
        return open_sqlite(synchronous="NORMAL")


def everything(store: EventStore) -> tuple[object, ...]:
    streams = tuple(store.streams())
    return (
        tuple(store.read_all()),
        [store.read(stream) for stream in streams],
        store.streams_of("contoso"),
        store.due(),
        store.outcome("c-1"),
        store.outcome("c-2"),
    )


def statement(path: Path, *statements: str) -> None:
    """What somebody else does to the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for one in statements:
            connection.execute(one)


def test_a_file_that_is_opened_again_holds_the_same(open_sqlite: Open, path: Path) -> None:
    store = open_sqlite()
    store.append(example_commit("c-1", "s-1", "s-2", "s-1"))
    store.append(example_commit("c-2", "s-1", known={"s-1": 2}))
    before = everything(store)
    store.close()
    assert sorted(path.parent.iterdir()) == [path]
    assert everything(open_sqlite()) == before


def test_two_openings_of_a_file_see_each_other_at_once(open_sqlite: Open) -> None:
    one, other = open_sqlite(), open_sqlite()
    one.append(example_commit("c-1", "s-1"))
    other.append(example_commit("c-2", "s-1", known={"s-1": 1}))
    assert everything(one) == everything(other)
    assert [envelope.position for envelope in one.read("s-1")] == [1, 2]


def test_a_file_of_the_first_layout_can_be_read_for_ever(open_sqlite: Open, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(LAYOUT_1.read_text())
    store = open_sqlite()
    assert [(one.stream, one.version) for one in store.read_all()] == [("s-1", 1), ("s-1", 2), ("s-2", 1)]
    store.append(example_commit("c-3", "s-1", known={"s-1": 2, "s-2": 1}, customers={"contoso": 2}))
    assert [stream for _, stream in store.due()] == ["s-2"]


def test_another_layout_needs_another_number(open_sqlite: Open, path: Path, tmp_path: Path) -> None:
    open_sqlite()
    with closing(sqlite3.connect(tmp_path / "layout-2.db")) as connection:
        connection.executescript(LAYOUT_2.read_text())
    tables = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name"
    files = [closing(sqlite3.connect(file)) for file in (path, tmp_path / "layout-2.db")]
    with files[0] as new, files[1] as frozen:
        assert new.execute(tables).fetchall() == frozen.execute(tables).fetchall()
        assert new.execute("PRAGMA user_version").fetchall() == frozen.execute("PRAGMA user_version").fetchall()


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("body", "{", "this is not JSON"),
        ("body", "[]", "must be a JSON object"),
        ("body", '{"type": "renamed", "subscription_id": "s-1"}', "a stored renamed of 's-1' cannot be read"),
        ("body", '{"type": ["renamed"]}', "unhashable"),
        ("actor", "the tooth fairy", "the tooth fairy"),
        ("recorded_at", "yesterday", "yesterday"),
    ],
)
def test_a_row_that_cannot_be_read_is_broken_history(
    open_sqlite: Open, path: Path, column: str, value: str, words: str
) -> None:
    store = open_sqlite()
    store.append(example_commit("c-1", "s-2", "s-1"))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(f"UPDATE events SET {column} = ? WHERE position = 2", (value,))  # noqa: S608
    with pytest.raises(BrokenHistoryError, match=f"position 2 cannot be read: .*{words}"):
        store.read("s-1")
    assert len(store.read("s-2")) == 1


def unwritable(body: dict[str, Any]) -> UnknownEvent:
    return UnknownEvent(subscription_id="s-2", type="newer", schema=2, body=body)


def test_a_commit_that_fails_half_way_leaves_nothing(open_sqlite: Open) -> None:
    store = open_sqlite()
    commit = example_commit("c-1", "s-1", "s-2")
    first, second = commit.envelopes
    with pytest.raises(StoreError, match="half a surrogate pair cannot be stored"):
        store.append(evolve(commit, envelopes=(first, evolve(second, event=unwritable({"name": "\ud800"})))))
    with pytest.raises(StoreError, match="UNIQUE constraint failed"):
        store.append(evolve(commit, envelopes=(first, second, first)))
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.append(evolve(commit, envelopes=(first, evolve(second, event=unwritable({"n": float("inf")})))))
    assert everything(store) == ((), [], (), (), None, None)
    assert [one.position for one in store.append(commit)] == [1, 2]


def test_a_stream_whose_only_version_was_taken_away_is_broken_history(open_sqlite: Open, path: Path) -> None:
    store = open_sqlite()
    store.append(example_commit("c-1", "s-1"))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        for schema in (1, 2):
            other.execute("UPDATE events SET version = 0, schema = ?", (schema,))
            with pytest.raises(BrokenHistoryError, match="no event of version 1 or above"):
                list(store.histories(["s-1"]))
