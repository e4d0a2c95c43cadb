"""The embedded store: one SQLite file, in WAL mode, durable by default.

A transaction takes the write lock before the versions are compared, so nothing can slip in between.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from csp_lifecycle.stores.rows import (
    COLUMNS,
    Row,
    envelope_of,
    history_from,
    history_of,
    kind_of,
    outcome_of,
    positions_from,
)
from csp_lifecycle.stores.sqlite_appending import Appending
from csp_lifecycle.stores.sqlite_file import SqliteFile
from csp_lifecycle.stores.sqlite_histories import history_rows, list_of
from csp_lifecycle.stores.sqlite_moving import restore, rewrite
from csp_lifecycle.stores.sqlite_rows import EVENTS, instant_of, ticks_of
from csp_lifecycle.stores.sqlite_schema import MIGRATIONS
from csp_lifecycle.stores.store import (
    Commit,
    Entry,
    Envelope,
    History,
    Index,
    Outcome,
    Snapshot,
    StreamKind,
    StreamState,
)

_SUBSCRIPTION = StreamKind.SUBSCRIPTION
_STREAM = f"{EVENTS} WHERE stream = ? AND version > ? ORDER BY version"
_PART = f"{EVENTS} WHERE position > ? ORDER BY position LIMIT ?"
_COMMAND = f"SELECT {', '.join(COLUMNS)}, ordinal FROM events WHERE command_id = ? ORDER BY ordinal"  # noqa: S608
_COMMANDS = """SELECT command_id, ordinal, position FROM events
    WHERE command_id IN (SELECT value FROM json_each(?)) ORDER BY command_id, ordinal"""
_INDEX = "SELECT stream, version, customer_id, next_due_at, kind FROM streams"
_STATE = f"{_INDEX} WHERE stream = ?"
_STATES = f"{_INDEX} WHERE stream IN (SELECT value FROM json_each(?)) ORDER BY stream"  # noqa: S608 - the same
_DUE = """SELECT next_due_at, stream FROM streams
    WHERE next_due_at IS NOT NULL AND next_due_at <= ? AND (next_due_at, stream) > (?, ?)
    ORDER BY next_due_at, stream LIMIT ?"""
_KEEP = "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?)"
_FIRST, _ALL = (-(2**63), ""), -1
_PAGE = 1000
"""How many rows are fetched at a time: no transaction is held open while a reader thinks."""


class SqliteStore:
    """Keeps history in a file. Safe to share between threads, and between processes on one machine.

    Several processes that write need SQLite 3.51.3 or newer: before, two of them in the same moment could damage the
    file (`sqlite3.sqlite_version` tells which one there is).

    Args:
        path: the file; it is created if it is missing, in a folder that must exist.
        synchronous: `FULL` survives a power cut; `NORMAL` may then lose the newest commits, never half of one.
        busy_timeout: how many seconds a write waits for another process's.
    """

    def __init__(self, path: str | Path, *, synchronous: str = "FULL", busy_timeout: float = 30.0) -> None:
        self._file = SqliteFile(path, MIGRATIONS, synchronous=synchronous, busy_timeout=busy_timeout)

    def append(self, commit: Commit) -> tuple[Envelope, ...]:
        """See `EventStore.append`."""
        return self._file.transaction(lambda connection: Appending(connection).append(commit))

    def append_all(self, commits: Sequence[Commit]) -> tuple[tuple[Envelope, ...], ...]:
        """See `EventStore.append_all`."""
        return self._file.transaction(lambda connection: tuple(map(Appending(connection).append, commits)))

    def read(self, stream: str, after: int = 0) -> tuple[Envelope, ...]:
        """See `EventStore.read`."""
        return tuple(map(envelope_of, self._file.all(_STREAM, stream, after)))

    def histories(self, streams: Iterable[str]) -> Iterator[History]:
        """See `EventStore.histories`."""
        return map(self._history, history_rows(self._file.all, dict.fromkeys(streams)))

    def _history(self, row: Row) -> History:
        return history_of(row) or history_from(self.read(row[0]))

    def read_all(self, after: int = 0, limit: int | None = None) -> Iterator[Envelope]:
        """See `EventStore.read_all`. What is appended after reading began is left for the next time."""
        ((last,),) = self._file.all("SELECT coalesce(max(position), 0) FROM events")
        left = last if limit is None else limit
        while after < last and left > 0 and (rows := self._file.all(_PART, after, min(left, _PAGE))):
            wanted = [row for row in rows if row[0] <= last]
            yield from map(envelope_of, wanted)
            after, left = rows[-1][0], left - len(rows)

    def outcome(self, command_id: str) -> Outcome | None:
        """See `EventStore.outcome`."""
        return outcome_of(self._file.all(_COMMAND, command_id))

    def positions_of(self, command_ids: Iterable[str]) -> Mapping[str, tuple[int, ...]]:
        """See `EventStore.positions_of`."""
        return positions_from(self._file.all(_COMMANDS, list_of(command_ids)))

    def streams_of(self, customer_id: str, kind: StreamKind = _SUBSCRIPTION) -> tuple[str, ...]:
        """See `EventStore.streams_of`."""
        statement = "SELECT stream FROM streams WHERE kind = ? AND customer_id = ? ORDER BY stream"
        return tuple(stream for (stream,) in self._file.all(statement, kind.value, customer_id))

    def streams(self, kind: StreamKind = _SUBSCRIPTION) -> Iterator[str]:
        """See `EventStore.streams`."""
        last, statement = "", "SELECT stream FROM streams WHERE kind = ? AND stream > ? ORDER BY stream LIMIT ?"
        while rows := self._file.all(statement, kind.value, last, _PAGE):
            yield from (stream for (stream,) in rows)
            last = rows[-1][0]

    def state(self, stream: str) -> StreamState | None:
        """See `EventStore.state`."""
        rows = self._file.all(_STATE, stream)
        return _state(*rows[0]) if rows else None

    def states(self, streams: Iterable[str]) -> Iterator[StreamState]:
        """See `EventStore.states`."""
        return itertools.starmap(_state, self._file.all(_STATES, list_of(streams)))

    def due(
        self, until: datetime | None = None, *, after: Entry | None = None, limit: int | None = None
    ) -> tuple[Entry, ...]:
        """See `EventStore.due`."""
        last = ticks_of(until or datetime.max.replace(tzinfo=UTC))
        behind = (ticks_of(after[0]), after[1]) if after else _FIRST
        rows = self._file.all(_DUE, last, *behind, _ALL if limit is None else limit)
        return tuple((instant_of(ticks), stream) for ticks, stream in rows)

    def snapshot(self, stream: str) -> Snapshot | None:
        """See `EventStore.snapshot`."""
        rows = self._file.all("SELECT version, schema, digest, body FROM snapshots WHERE stream = ?", stream)
        return _snapshot(stream, *rows[0]) if rows else None

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        """See `EventStore.keep_snapshot`."""
        values = (snapshot.stream, snapshot.version, snapshot.schema, snapshot.digest, snapshot.body)
        self._file.transaction(lambda connection: connection.execute(_KEEP, values))

    def restore(self, envelopes: Iterable[Envelope], index: Index) -> int:
        """See `EventStore.restore`. Meanwhile others may read, and wait with what they write."""
        return self._file.transaction(lambda connection: restore(connection, envelopes, index))

    def rewrite(self, envelopes: Sequence[Envelope], customers: Mapping[str, str]) -> None:
        """See `EventStore.rewrite`. Of what was overwritten, no byte is left in the file.

        Raises:
            StoreError: as there; or it is rewritten, but others are reading and keep old pages alive: do it again.
        """
        self._file.transaction(lambda connection: rewrite(connection, envelopes, customers))
        self._file.forget()

    def seal(self) -> None:
        """Every append seals what it appends."""

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _snapshot(stream: str, version: int, schema: int, digest: str, body: str) -> Snapshot:
    return Snapshot(stream=stream, version=version, schema=schema, digest=digest, body=body)


def _state(stream: str, version: int, customer_id: str, ticks: int | None, kind: str) -> StreamState:
    return StreamState(
        stream=stream,
        version=version,
        customer_id=customer_id,
        next_due_at=None if ticks is None else instant_of(ticks),
        kind=kind_of(kind),
    )
