"""What an earlier version of the library stored is there after the tables were brought up to date, with digests."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from csp_lifecycle.errors import BrokenHistoryError
from csp_lifecycle.stores import postgres_layout_1, postgres_schema
from csp_lifecycle.stores.chain import digest_of
from csp_lifecycle.stores.postgres import PostgresStore
from csp_lifecycle.stores.postgres_rows import EVENTS
from csp_lifecycle.stores.rows import envelope_of
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.stores.store import Envelope, EventStore
from csp_lifecycle.testing.postgres_server import append_slowly
from csp_lifecycle.testing.store_contract import as_appended, at_once, example_commit, require_chain

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

STORY = Path(__file__).with_name("layout-1-story.sql")
TABLES = ("events", "streams", "customers", "commands")


def old_rows(table: str) -> list[tuple[Any, ...]]:
    """What the first release stored, as it stood in a SQLite file."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(STORY.read_text())
        if table == "customers":
            return connection.execute("SELECT customer_id, count(*) FROM streams GROUP BY customer_id").fetchall()
        if table == "streams":
            instant = "strftime('%Y-%m-%dT%H:%M:%f+00:00', next_due_at / 1e6, 'unixepoch')"
            return connection.execute(f"SELECT stream, version, customer_id, {instant} FROM streams").fetchall()  # noqa: S608
        return connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608


@pytest.fixture
def old_sqlite(path: Path) -> Callable[[], EventStore]:
    """Opens a SQLite file of the first layout."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(STORY.read_text())
    return lambda: SqliteStore(path)


@pytest.fixture
def old_postgres(postgres_url: str) -> Callable[[], EventStore]:
    """Opens a PostgreSQL database of the first layout."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(postgres_layout_1.SCRIPT)
        connection.execute("INSERT INTO csp_lifecycle.migrations (number) VALUES (1)")
        for table in TABLES:
            rows = old_rows(table)
            marks = ", ".join(["%s"] * len(rows[0]))
            statement = f"INSERT INTO csp_lifecycle.{table} OVERRIDING SYSTEM VALUE VALUES ({marks})"  # noqa: S608
            connection.cursor().executemany(statement, rows)
        connection.execute(
            "SELECT setval('csp_lifecycle.events_position_seq', max(position)) FROM csp_lifecycle.events"
        )
    return lambda: PostgresStore(postgres_url)


@pytest.fixture(params=["sqlite", "postgres"])
def reopened(request: pytest.FixtureRequest) -> Iterator[Callable[[], EventStore]]:
    """Opens what an earlier version left behind, as often as asked."""
    old: Callable[[], EventStore] = request.getfixturevalue(f"old_{request.param}")
    opened: list[EventStore] = []

    def reopen() -> EventStore:
        opened.append(old())
        return opened[-1]

    yield reopen
    for store in opened:
        store.close()


def test_nothing_of_an_old_history_is_lost(reopened: Callable[[], EventStore]) -> None:
    store = reopened()
    assert [one.body for one in store.read_all()] == [row[9] for row in old_rows("events")]
    assert [(one.position, one.stream, one.version, one.event_id) for one in store.read_all()] == [
        row[:4] for row in old_rows("events")
    ]
    for command_id, digest, first, last in old_rows("commands"):
        outcome = store.outcome(command_id)
        assert outcome is not None
        assert (outcome.digest, [one.position for one in outcome.envelopes]) == (digest, list(range(first, last + 1)))
    assert store.streams_of("contoso") == tuple(store.streams()) == ("s-1", "s-2")
    assert [stream for _, stream in store.due()] == [stream for stream, _, _, due in old_rows("streams") if due]


def test_an_old_history_is_chained(reopened: Callable[[], EventStore]) -> None:
    store = reopened()
    require_chain(store)
    assert [bool(one.salt) for one in store.read_all()] == ["customer_id" in one.body for one in store.read_all()]


def test_an_old_history_goes_on(reopened: Callable[[], EventStore]) -> None:
    store = reopened()
    known = {stream: len(store.read(stream)) for stream in ("s-1", "s-2")}
    before = tuple(store.read_all())
    commit = example_commit("c-9", "s-1", "s-2", "s-3", known=known, customers={"contoso": 2})
    stored = store.append(commit)
    assert as_appended(stored) == commit.envelopes
    assert stored[0].digest == digest_of(stored[0], [one for one in before if one.stream == "s-1"][-1].digest)
    assert tuple(store.read_all()) == before + stored
    assert store.streams_of("contoso") == ("s-1", "s-2", "s-3")


def test_of_many_that_open_an_old_history_one_brings_it_up_to_date(reopened: Callable[[], EventStore]) -> None:
    stores = at_once([reopened] * 4)
    digests = {tuple(one.digest for one in store.read_all()) for store in stores}
    assert len(digests) == 1
    at_once([partial(store.append, example_commit(f"n-{n}", f"n-{n}")) for n, store in enumerate(stores)])
    assert len(tuple(stores[0].streams())) == 2 + len(stores)


def test_an_old_history_that_cannot_be_read_is_left_as_it_is(old_sqlite: Callable[[], EventStore], path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE events SET actor = 'the tooth fairy' WHERE position = 5")
    with pytest.raises(BrokenHistoryError, match=r"position 5 cannot be read: .*the tooth fairy"):
        old_sqlite()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM commands").fetchone() == (len(old_rows("commands")),)


@pytest.fixture
def second_layout(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Envelope, ...]:
    """What a PostgreSQL database of the second layout holds."""
    with psycopg.connect(postgres_url, autocommit=True) as connection, monkeypatch.context() as earlier:
        earlier.setattr(postgres_schema, "MIGRATIONS", postgres_schema.MIGRATIONS[:2])
        postgres_schema.migrate(connection)
        known = {"s-1": 1, "s-2": 1}
        append_slowly(connection, example_commit("c-1", "s-1", "s-2", customers={"contoso": 0}))
        append_slowly(connection, example_commit("c-2", "s-2", "s-1", "s-2", known=known))
        rows = connection.execute(f"{EVENTS} ORDER BY e.position").fetchall()
        assert connection.execute("SELECT max(number) FROM csp_lifecycle.migrations").fetchone() == (2,)
    return tuple(map(envelope_of, rows))


def test_what_the_second_layout_of_postgresql_holds_goes_on_in_the_third(
    second_layout: tuple[Envelope, ...], postgres_url: str
) -> None:
    with closing(PostgresStore(postgres_url)) as store:
        assert tuple(store.read_all()) == second_layout
        usual = store.append(example_commit("c-3", "s-1", known={"s-1": 2}))
        other = store.append(example_commit("c-4", "s-3", "s-1", known={"s-1": 3}, customers={"contoso": 2}))
        assert tuple(store.read_all()) == second_layout + usual + other
        assert store.streams_of("contoso") == ("s-1", "s-2", "s-3")
        require_chain(store)
