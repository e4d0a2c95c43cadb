"""The embedded store: one SQLite file, in WAL mode, durable by default.

One connection serves all threads of the process under a lock; other processes are held off by SQLite's own
locks. `BEGIN IMMEDIATE` takes the write lock before the versions are compared, so nothing can slip in between.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import evolve

from csp_lifecycle.errors import DuplicateCommandError, StaleVersionError, StoreError
from csp_lifecycle.stores.store import Commit, Envelope, Outcome
from csp_lifecycle.vocabulary.commands import Actor
from csp_lifecycle.wire.events import event_json, event_of
from csp_lifecycle.wire.text import parse_object, write

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL, version INTEGER NOT NULL, event_id TEXT NOT NULL, recorded_at TEXT NOT NULL,
    command_id TEXT NOT NULL, actor TEXT NOT NULL, policy TEXT NOT NULL, schema INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (stream, version)
);
CREATE TABLE IF NOT EXISTS streams (
    stream TEXT PRIMARY KEY, version INTEGER NOT NULL, customer_id TEXT NOT NULL, next_due_at INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS streams_by_customer ON streams (customer_id, stream);
CREATE INDEX IF NOT EXISTS streams_by_due ON streams (next_due_at, stream) WHERE next_due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS commands (
    command_id TEXT PRIMARY KEY, digest TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL
) WITHOUT ROWID;
"""
_COLUMNS = "position, version, event_id, recorded_at, command_id, actor, policy, schema, body"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE = 1000
"""How many rows `read_all` fetches at a time: it holds no transaction open while its reader thinks."""


class SqliteStore:
    """Keeps history in a file. Safe to share between threads, and between processes on one machine.

    Args:
        path: the file; it is created if it is missing, in a folder that must exist.
        synchronous: `FULL` survives a power cut; `NORMAL` may then lose the newest commits, never half of one.
        busy_timeout: how many seconds a write waits for another process's.
    """

    def __init__(self, path: str | Path, *, synchronous: str = "FULL", busy_timeout: float = 30.0) -> None:
        if synchronous not in {"FULL", "NORMAL"}:
            message = f"synchronous must be FULL or NORMAL, not {synchronous!r}"
            raise ValueError(message)
        self._path = str(path)
        self._lock = threading.RLock()
        with self._translated():
            self._connection = sqlite3.connect(
                self._path, timeout=busy_timeout, isolation_level=None, check_same_thread=False
            )
        with self._translated():
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute(f"PRAGMA synchronous = {synchronous}")
            self._connection.executescript(_SCHEMA)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Driver errors do not leave this floor."""
        try:
            yield
        except sqlite3.Error as error:
            message = f"the SQLite file {self._path}: {error}"
            raise StoreError(message) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk has ended the transaction already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _all(self, statement: str, *parameters: Any) -> list[Any]:
        with self._lock, self._translated():
            return self._connection.execute(statement, parameters).fetchall()

    def append(self, commit: Commit) -> tuple[Envelope, ...]:
        """See `EventStore.append`."""
        with self._transaction() as connection:
            if connection.execute("SELECT 1 FROM commands WHERE command_id = ?", (commit.command_id,)).fetchone():
                raise DuplicateCommandError(commit.command_id)
            _check(connection, commit)
            stored = tuple(_insert(connection, envelope) for envelope in commit.envelopes)
            connection.executemany(
                "INSERT OR REPLACE INTO streams VALUES (?, ?, ?, ?)",
                [
                    (state.stream, state.version, state.customer_id, _ticks(state.next_due_at))
                    for state in commit.states
                ],
            )
            connection.execute(
                "INSERT INTO commands VALUES (?, ?, ?, ?)",
                (commit.command_id, commit.digest, stored[0].position, stored[-1].position),
            )
        return stored

    def read(self, stream: str) -> tuple[Envelope, ...]:
        """See `EventStore.read`."""
        rows = self._all(f"SELECT {_COLUMNS} FROM events WHERE stream = ? ORDER BY version", stream)  # noqa: S608
        return tuple(map(_envelope, rows))

    def read_all(self, after: int = 0, limit: int | None = None) -> Iterator[Envelope]:
        """See `EventStore.read_all`."""
        statement = f"SELECT {_COLUMNS} FROM events WHERE position > ? ORDER BY position LIMIT ?"  # noqa: S608
        left = limit
        while left is None or left > 0:
            rows = self._all(statement, after, _PAGE if left is None else min(left, _PAGE))
            yield from map(_envelope, rows)
            if not rows:
                return
            after = rows[-1][0]
            left = None if left is None else left - len(rows)

    def outcome(self, command_id: str) -> Outcome | None:
        """See `EventStore.outcome`."""
        found = self._all("SELECT digest, first, last FROM commands WHERE command_id = ?", command_id)
        if not found:
            return None
        digest, first, last = found[0]
        rows = self._all(
            f"SELECT {_COLUMNS} FROM events WHERE position BETWEEN ? AND ? ORDER BY position",  # noqa: S608
            first,
            last,
        )
        return Outcome(digest, tuple(map(_envelope, rows)))

    def streams_of(self, customer_id: str) -> tuple[str, ...]:
        """See `EventStore.streams_of`."""
        rows = self._all("SELECT stream FROM streams WHERE customer_id = ? ORDER BY stream", customer_id)
        return tuple(stream for (stream,) in rows)

    def streams(self) -> Iterator[str]:
        """See `EventStore.streams`."""
        last = ""
        while rows := self._all("SELECT stream FROM streams WHERE stream > ? ORDER BY stream LIMIT ?", last, _PAGE):
            yield from (stream for (stream,) in rows)
            last = rows[-1][0]

    def due(self, until: datetime | None = None) -> tuple[tuple[datetime, str], ...]:
        """See `EventStore.due`."""
        rows = self._all(
            "SELECT next_due_at, stream FROM streams WHERE next_due_at IS NOT NULL AND next_due_at <= ? "
            "ORDER BY next_due_at, stream",
            _ticks(until or datetime.max.replace(tzinfo=UTC)),
        )
        return tuple((_instant(ticks), stream) for ticks, stream in rows)

    def close(self) -> None:
        """Close the file."""
        with self._lock, self._translated():
            self._connection.close()


def _check(connection: sqlite3.Connection, commit: Commit) -> None:
    for stream, expected in commit.expected.items():
        row = connection.execute("SELECT version FROM streams WHERE stream = ?", (stream,)).fetchone()
        actual = row[0] if row else 0
        if actual != expected:
            raise StaleVersionError(stream, expected, actual)
    for customer, expected in commit.customers.items():
        (actual,) = connection.execute("SELECT count(*) FROM streams WHERE customer_id = ?", (customer,)).fetchone()
        if actual != expected:
            raise StaleVersionError(customer, expected, actual)


def _insert(connection: sqlite3.Connection, envelope: Envelope) -> Envelope:
    cursor = connection.execute(
        "INSERT INTO events (stream, version, event_id, recorded_at, command_id, actor, policy, schema, body) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            envelope.stream,
            envelope.version,
            envelope.event_id,
            envelope.recorded_at.isoformat(),
            envelope.command_id,
            envelope.actor.value,
            envelope.policy,
            envelope.schema,
            write(event_json(envelope.event)),
        ),
    )
    return evolve(envelope, position=cursor.lastrowid or 0)


def _envelope(row: Any) -> Envelope:
    position, version, event_id, recorded_at, command_id, actor, policy, schema, body = row
    return Envelope(
        position=position,
        version=version,
        event_id=event_id,
        recorded_at=datetime.fromisoformat(recorded_at).astimezone(UTC),
        command_id=command_id,
        actor=Actor(actor),
        policy=policy,
        schema=schema,
        event=event_of(parse_object(body), schema),
    )


def _ticks(at: datetime | None) -> int | None:
    """An instant as whole microseconds, which compare as the instants do."""
    if at is None:
        return None
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _instant(ticks: int) -> datetime:
    seconds, fraction = divmod(ticks, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=fraction)
