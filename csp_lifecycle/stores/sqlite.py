"""The embedded store: one SQLite file, in WAL mode, durable by default.

One connection serves all threads of the process under a lock; other processes are held off by SQLite's own
locks. `BEGIN IMMEDIATE` takes the write lock before the versions are compared, so nothing can slip in between.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import evolve

from csp_lifecycle.errors import BrokenHistoryError, DuplicateCommandError, StaleVersionError, StoreError
from csp_lifecycle.stores.store import Commit, Envelope, Outcome
from csp_lifecycle.vocabulary.commands import Actor
from csp_lifecycle.wire.events import event_json, event_of
from csp_lifecycle.wire.text import parse_object, write

_LAYOUT = 1
"""Which tables the file has; it stands in the file as `user_version`."""

_SCHEMA = f"""
BEGIN IMMEDIATE;
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
PRAGMA user_version = {_LAYOUT};
COMMIT;
"""
_EVENTS = "SELECT position, version, event_id, recorded_at, command_id, actor, policy, schema, body FROM events"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PAGE = 1000
"""How many rows are fetched at a time: no transaction is held open while a reader thinks."""
_PAUSE = 0.005
"""How many seconds pass between two tries to switch a new file to WAL."""
_SENTENCES = {
    sqlite3.SQLITE_NOTADB: "is no SQLite database",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: check that its folder exists and may be written to",
    sqlite3.SQLITE_READONLY: "cannot be written: it, or its folder, is read-only",
    sqlite3.SQLITE_BUSY: "was kept locked by another process for longer than this one waits: try again",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full",
    sqlite3.SQLITE_IOERR: "cannot be read or written: check the disk it is on",
    sqlite3.SQLITE_CORRUPT: "is damaged: put a backup in its place",
}


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
        self._busy_timeout = busy_timeout
        self._process = os.getpid()
        self._lock = threading.RLock()
        with self._translated():
            self._connection = sqlite3.connect(
                self._path, timeout=busy_timeout, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(synchronous)
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self, synchronous: str) -> None:
        # In this order: whoever makes the tables in between sets the layout with them, in one transaction.
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (layout,) = self._connection.execute("PRAGMA user_version").fetchone()
        if layout != _LAYOUT and (layout or tables):
            message = (
                f"the SQLite file {self._path} has layout {layout}, this version of the library reads {_LAYOUT}: "
                "upgrade the library, or name a file that holds nothing else"
            )
            raise StoreError(message)
        self._switch_to_wal()
        self._connection.execute(f"PRAGMA synchronous = {synchronous}")
        if layout != _LAYOUT:
            self._connection.executescript(_SCHEMA)

    def _switch_to_wal(self) -> None:
        deadline = time.monotonic() + self._busy_timeout
        while True:
            try:
                (mode,) = self._connection.execute("PRAGMA journal_mode = WAL").fetchone()
            except sqlite3.OperationalError as error:
                # Of two processes that make a file at once, the second is told "locked" without having waited.
                if _kind_of(error) != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                    raise
                time.sleep(_PAUSE)
                continue
            if mode != "wal":
                message = f"{self._path} cannot be kept in WAL mode: name a file on a local disk"
                raise StoreError(message)
            return

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Driver errors do not leave this floor."""
        try:
            yield
        except sqlite3.Error as error:
            sentence = _SENTENCES.get(_kind_of(error), "failed")
            message = f"the SQLite file {self._path} {sentence} ({error})"
            raise StoreError(message) from error
        except UnicodeEncodeError as error:
            message = f"half a surrogate pair cannot be stored: {error.object!r}"
            raise StoreError(message) from error

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time."""
        if os.getpid() != self._process:
            # SQLite's locks belong to the process that took them; a copy of the connection would corrupt the file.
            message = f"the SQLite file {self._path} was opened before this process was forked: open it again here"
            raise StoreError(message)
        with self._lock, self._translated():
            yield self._connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._connected() as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # A full disk has ended the transaction already.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _all(self, statement: str, *parameters: Any) -> list[Any]:
        with self._connected() as connection:
            try:
                return connection.execute(statement, parameters).fetchall()
            except (UnicodeEncodeError, OverflowError):
                # What SQLite cannot hold was never stored.
                return []

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
        return tuple(map(_envelope, self._all(f"{_EVENTS} WHERE stream = ? ORDER BY version", stream)))

    def read_all(self, after: int = 0, limit: int | None = None) -> Iterator[Envelope]:
        """See `EventStore.read_all`. What is appended after reading began is left for the next time."""
        ((last,),) = self._all("SELECT coalesce(max(position), 0) FROM events")
        statement = f"{_EVENTS} WHERE position > ? AND position <= ? ORDER BY position LIMIT ?"
        left = last if limit is None else limit
        while left > 0 and (rows := self._all(statement, after, last, min(left, _PAGE))):
            yield from map(_envelope, rows)
            after, left = rows[-1][0], left - len(rows)

    def outcome(self, command_id: str) -> Outcome | None:
        """See `EventStore.outcome`."""
        found = self._all("SELECT digest, first, last FROM commands WHERE command_id = ?", command_id)
        if not found:
            return None
        digest, first, last = found[0]
        rows = self._all(f"{_EVENTS} WHERE position BETWEEN ? AND ? ORDER BY position", first, last)
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
        with self._connected() as connection:
            connection.close()


def _kind_of(error: sqlite3.Error) -> int:
    """The kind of failure; the finer kinds of it stand in the higher bits."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


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
    try:
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
    except (BrokenHistoryError, ValueError, TypeError) as error:
        message = f"position {position} cannot be read: {error}"
        raise BrokenHistoryError(message, version) from None


def _ticks(at: datetime | None) -> int | None:
    """An instant as whole microseconds, which compare as the instants do."""
    return None if at is None else (at - _EPOCH) // _MICROSECOND


def _instant(ticks: int) -> datetime:
    return _EPOCH + ticks * _MICROSECOND
