"""The embedded store: one SQLite file, in WAL mode, durable by default.

A transaction takes the write lock before the versions are compared, so nothing can slip in between.
"""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from attrs import evolve

from csp_lifecycle.errors import BrokenHistoryError, DuplicateCommandError
from csp_lifecycle.stores.expected import require_expected
from csp_lifecycle.stores.sqlite_file import SqliteFile
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


class SqliteStore:
    """Keeps history in a file. Safe to share between threads, and between processes on one machine.

    Args:
        path: the file; it is created if it is missing, in a folder that must exist.
        synchronous: `FULL` survives a power cut; `NORMAL` may then lose the newest commits, never half of one.
        busy_timeout: how many seconds a write waits for another process's.
    """

    def __init__(self, path: str | Path, *, synchronous: str = "FULL", busy_timeout: float = 30.0) -> None:
        self._file = SqliteFile(path, _LAYOUT, _SCHEMA, synchronous=synchronous, busy_timeout=busy_timeout)

    def append(self, commit: Commit) -> tuple[Envelope, ...]:
        """See `EventStore.append`."""
        with self._file.transaction() as connection:
            number = partial(_number, connection)
            if number("SELECT count(*) FROM commands WHERE command_id = ?", commit.command_id):
                raise DuplicateCommandError(commit.command_id)
            require_expected(
                commit,
                partial(number, "SELECT version FROM streams WHERE stream = ?"),
                partial(number, "SELECT count(*) FROM streams WHERE customer_id = ?"),
            )
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
        return tuple(map(_envelope, self._file.all(f"{_EVENTS} WHERE stream = ? ORDER BY version", stream)))

    def read_all(self, after: int = 0, limit: int | None = None) -> Iterator[Envelope]:
        """See `EventStore.read_all`. What is appended after reading began is left for the next time."""
        ((last,),) = self._file.all("SELECT coalesce(max(position), 0) FROM events")
        statement = f"{_EVENTS} WHERE position > ? ORDER BY position LIMIT ?"
        left = last - after if limit is None else min(limit, last - after)
        while left > 0 and (rows := self._file.all(statement, after, min(left, _PAGE))):
            yield from map(_envelope, rows)
            after, left = rows[-1][0], left - len(rows)

    def outcome(self, command_id: str) -> Outcome | None:
        """See `EventStore.outcome`."""
        found = self._file.all("SELECT digest, first, last FROM commands WHERE command_id = ?", command_id)
        if not found:
            return None
        digest, first, last = found[0]
        rows = self._file.all(f"{_EVENTS} WHERE position BETWEEN ? AND ? ORDER BY position", first, last)
        return Outcome(digest, tuple(map(_envelope, rows)))

    def streams_of(self, customer_id: str) -> tuple[str, ...]:
        """See `EventStore.streams_of`."""
        rows = self._file.all("SELECT stream FROM streams WHERE customer_id = ? ORDER BY stream", customer_id)
        return tuple(stream for (stream,) in rows)

    def streams(self) -> Iterator[str]:
        """See `EventStore.streams`."""
        last = ""
        while rows := self._file.all(
            "SELECT stream FROM streams WHERE stream > ? ORDER BY stream LIMIT ?", last, _PAGE
        ):
            yield from (stream for (stream,) in rows)
            last = rows[-1][0]

    def due(self, until: datetime | None = None) -> tuple[tuple[datetime, str], ...]:
        """See `EventStore.due`."""
        rows = self._file.all(
            "SELECT next_due_at, stream FROM streams WHERE next_due_at IS NOT NULL AND next_due_at <= ? "
            "ORDER BY next_due_at, stream",
            _ticks(until or datetime.max.replace(tzinfo=UTC)),
        )
        return tuple((_instant(ticks), stream) for ticks, stream in rows)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _number(connection: sqlite3.Connection, statement: str, name: str) -> int:
    """The number that *statement* finds for a name; 0 if it finds none."""
    row = connection.execute(statement, (name,)).fetchone()
    return row[0] if row else 0


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
