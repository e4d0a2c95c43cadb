"""What is measured on the two engines: rebuilding every stream, one command, many in one commit, an import.

Of our side only the public interface is used: it may change its tables, but not what it is asked for.
"""

import itertools
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
from attrs import evolve
from psycopg.conninfo import conninfo_to_dict

from csp_lifecycle.lifecycle.decide import decide
from csp_lifecycle.lifecycle.evolve import replay
from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.policy import Market
from csp_lifecycle.service import Lifecycle
from csp_lifecycle.service.moving import export, import_log
from csp_lifecycle.stores.postgres import PostgresStore
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.testing.postgres_server import new_database
from csp_lifecycle.vocabulary.names import event_name
from csp_lifecycle.wire.events import event_text, stored_events
from tests.benchmarks.harness import Row, Work, each
from tests.benchmarks.history import LENGTH, commands, last_command, service, streams, subscription_id
from tests.benchmarks.peer import PeerApplication, Plain, aggregate_id, peer_stream

_MARKET = Market(example_catalog(), POLICIES)
_RECORDED_AT, _COMMAND_ID = "2030-01-01T00:00:00Z", "00000000-0000-0000-0000-000000000000"


class Raw:
    """The bare driver: one table of the same columns, one row a command."""

    _TABLE = """CREATE TABLE {} (stream text NOT NULL, version integer NOT NULL, kind text NOT NULL,
        recorded_at text NOT NULL, command_id text NOT NULL, body text NOT NULL, PRIMARY KEY (stream, version))"""
    _INSERT = "INSERT INTO {} VALUES (?, ?, ?, ?, ?, ?)"
    _SCAN = "SELECT stream, version, kind, recorded_at, command_id, body FROM {} ORDER BY stream, version"
    _BODIES = "SELECT body FROM {} WHERE stream = ? ORDER BY version"

    def __init__(self, connection: Any, rows: list[tuple[Any, ...]], sign: str = "?", table: str = "raw") -> None:
        self._connection = connection
        self._insert, self._scan, self._bodies = (
            statement.format(table).replace("?", sign) for statement in (self._INSERT, self._SCAN, self._BODIES)
        )
        self._last = [row for row in rows if row[1] == LENGTH]
        connection.execute(self._TABLE.format(table))
        connection.execute("BEGIN")
        cursor = connection.cursor()
        cursor.executemany(self._insert, [row for row in rows if row[1] < LENGTH])
        connection.execute("COMMIT")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def scan(self) -> None:
        """Fetch everything."""
        self._connection.execute(self._scan).fetchall()

    def insert(self, number: int) -> None:
        """The last row of a stream, in a transaction of its own."""
        self._connection.execute(self._insert, self._last[number])

    def command(self, number: int) -> None:
        """A whole command with our own parts, and with nothing that makes it safe: version, id, index, digest."""
        command = last_command(number)
        bodies = self._connection.execute(self._bodies, (command.subscription_id,)).fetchall()
        subscription = replay(stored_events([body for (body,) in bodies]) or ())
        (recorded,) = decide(command, {command.subscription_id: subscription}, _MARKET).recorded
        stream, version, kind, *known, _ = self._last[number]
        self._connection.execute(self._insert, (stream, version, kind, *known, event_text(recorded.event)))


def _sqlite(path: Path, synchronous: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    return connection


def rows_to_insert(count: int) -> list[tuple[Any, ...]]:
    """The history as the floor stores it, ready to be written."""
    return [
        (event.subscription_id, version, event_name(type(event)), _RECORDED_AT, _COMMAND_ID, event_text(event))
        for stream in streams(count)
        for version, event in enumerate(stream, 1)
    ]


def sqlite_rows(folder: Path, count: int, share: int, together: int) -> Iterator[Row]:
    """The rows of SQLite on *count* streams, of which a round takes its *share*, or *together* in one commit."""
    for synchronous, at_most, faster in (("FULL", 2.6, 2.5), ("NORMAL", 3.5, 5)):
        raw, by_hand = (
            Raw(_sqlite(folder / f"{name}-{synchronous}.db", synchronous), rows_to_insert(count))
            for name in ("raw", "by-hand")
        )
        store = SqliteStore(folder / f"ours-{synchronous}.db", synchronous=synchronous)
        ours, peer = _filled(store, count), _sqlite_peer(folder / f"peer-{synchronous}.db", synchronous, count)
        row = _command(f"SQLite, {synchronous}", raw, by_hand, ours, peer, share, at_most=at_most, faster=faster)
        if synchronous == "FULL":
            yield evolve(_rebuild("SQLite", raw, ours, peer, count, at_most=3), clock=time.process_time)
            yield row
        else:
            # The disk is not waited for, so the processor's time tells all.
            yield evolve(row, clock=time.process_time)
        for closed in (raw, by_hand, store, peer):
            closed.close()
    stores = [SqliteStore(folder / f"{name}.db") for name in ("together", "apart")]
    yield from _together("SQLite", stores, count, together)
    for store in stores:
        store.close()
    paths = (folder / f"imported-{number}.db" for number in itertools.count())
    yield from _import("SQLite", lambda: SqliteStore(next(paths)), count, share)


def postgres_rows(server_url: str, count: int, share: int, together: int) -> Iterator[Row]:
    """The rows of PostgreSQL, as those of SQLite."""
    with new_database(server_url) as url, psycopg.connect(url, autocommit=True) as connection:
        connection.prepare_threshold = 0
        raw, by_hand = (Raw(connection, rows_to_insert(count), "%s", name) for name in ("raw", "by_hand"))
        store = PostgresStore(url)
        ours, peer = _filled(store, count), _postgres_peer(url, count)
        yield _rebuild("PostgreSQL", raw, ours, peer, count, at_most=2.5)
        yield _command("PostgreSQL", raw, by_hand, ours, peer, share, at_most=2.5, faster=2.5)
        store.close()
        peer.close()
    with new_database(server_url) as one, new_database(server_url) as other:
        stores = [PostgresStore(url) for url in (one, other)]
        yield from _together("PostgreSQL", stores, count, together)
        for store in stores:
            store.close()
    with ExitStack() as databases:
        yield from _import(
            "PostgreSQL", lambda: PostgresStore(databases.enter_context(new_database(server_url))), count, share
        )


def _rebuild(engine: str, raw: Raw, ours: Lifecycle, peer: PeerApplication, count: int, *, at_most: float) -> Row:
    events = count * (LENGTH - 1)
    ids = [aggregate_id(subscription_id(number)) for number in range(count)]
    return Row(
        what=f"rebuild every stream, {engine}, an event",
        ours=each(lambda: deque(ours.subscriptions(), maxlen=0), events),
        floor=each(raw.scan, events),
        peers={"eventsourcing": each(lambda: [peer.repository.get(one) for one in ids], events)},
        at_most=at_most,
        faster={"eventsourcing": 6},
    )


def _command(
    engine: str,
    raw: Raw,
    by_hand: Raw,
    ours: Lifecycle,
    peer: PeerApplication,
    share: int,
    *,
    at_most: float,
    faster: float,
) -> Row:
    return Row(
        what=f"one command, {engine}",
        ours=_shared(share, lambda number: ours.handle(last_command(number))),
        floor=_shared(share, raw.insert),
        peers={
            "eventsourcing": _shared(share, lambda number: peer.add_seats(last_command(number))),
            "by hand": _shared(share, by_hand.command),
        },
        at_most=at_most,
        faster={"eventsourcing": faster},
    )


def _together(engine: str, stores: Sequence[EventStore], count: int, share: int) -> Iterator[Row]:
    """Many commands in one commit, beside the same ones one by one."""
    together, apart = (_filled(store, count) for store in stores)

    def run(number: int) -> int:
        together.handle_many([last_command(stream) for stream in range(number * share, (number + 1) * share)])
        return share

    one_by_one = _shared(share, lambda number: apart.handle(last_command(number)))
    yield Row(
        what=f"one of {share} commands in a commit, {engine}",
        ours=run,
        peers={"one by one": one_by_one},
        faster={"one by one": 8},
        rounds=count // share - 1,
    )


def _import(engine: str, new_store: Callable[[], EventStore], count: int, share: int) -> Iterator[Row]:
    """A log as text, taken over into an empty store, beside the events that commands record one by one."""
    apart = new_store()
    one_by_one = _filled(apart, count)
    lines = list(export(apart))

    def run(_: int) -> int:
        store = new_store()
        import_log(store, lines)
        store.close()
        return len(lines)

    yield Row(
        what=f"import an event of a log, {engine}",
        ours=run,
        peers={"one command": _shared(share, lambda number: one_by_one.handle(last_command(number)))},
        faster={"one command": 100},
    )
    apart.close()


def _shared(share: int, work: Callable[[int], object]) -> Work:
    """The work on the streams of one round, which no other round touches."""

    def run(number: int) -> int:
        for stream in range(number * share, (number + 1) * share):
            work(stream)
        return share

    return run


def _filled(store: EventStore, count: int) -> Lifecycle:
    """The service on a store that holds everything but the last event of each stream."""
    lifecycle = service(store)
    for number in range(count):
        for command in commands(number):
            if command != last_command(number):
                lifecycle.handle(command)
    return lifecycle


def _sqlite_peer(path: Path, synchronous: str, count: int) -> PeerApplication:
    peer = PeerApplication({"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)})
    _filled_peer(peer, count)
    pool: Any = vars(peer.factory)["datastore"].pool
    for is_writer in (True, False):
        # It has no setting for this, so its connections are told.
        connection = pool.get_connection(is_writer=is_writer)
        connection.cursor().execute(f"PRAGMA synchronous = {synchronous}", ())
        pool.put_connection(connection)
    return peer


def _postgres_peer(url: str, count: int) -> PeerApplication:
    parts = conninfo_to_dict(url)
    environment = {"PERSISTENCE_MODULE": "eventsourcing.postgres", "POSTGRES_PASSWORD": "unused"}
    for name in ("dbname", "host", "port", "user", "password"):
        if parts.get(name):
            environment[f"POSTGRES_{name.upper()}"] = str(parts[name])
    return _filled_peer(PeerApplication({"POSTGRES_PORT": "5432", **environment}), count)


def _filled_peer(application: PeerApplication, count: int) -> PeerApplication:
    for stream in streams(count):
        application.events.put(peer_stream(stream, Plain)[:-1])
    return application
