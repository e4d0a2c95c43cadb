"""What the SQLite store writes, statement by statement; each belongs to a transaction of the caller's."""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from csp_lifecycle.errors import BrokenHistoryError
from csp_lifecycle.stores.linking import End
from csp_lifecycle.stores.rows import COLUMNS, Row, row_of
from csp_lifecycle.stores.store import Envelope, StreamState

EVENTS = f"SELECT {', '.join(COLUMNS)} FROM events"  # noqa: S608 - only our own words are put together
_INSERT = f"INSERT INTO events ({', '.join(COLUMNS)}, ordinal) VALUES ({'?, ' * len(COLUMNS)}?)"  # noqa: S608 - the same
# Only what changes is written: whose a stream is, and so its place in the other indexes, does not.
_NOTE = """INSERT INTO streams (stream, version, customer_id, next_due_at, kind) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (stream) DO UPDATE SET version = excluded.version, next_due_at = excluded.next_due_at"""
# A column that is named is written anew to its index, even with the same value.
_COUNT = "UPDATE streams SET version = ? WHERE stream = ? AND next_due_at IS ?"
_END = "SELECT position, log_digest FROM events ORDER BY position DESC LIMIT 1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def insert(connection: sqlite3.Connection, numbered: Iterable[tuple[Envelope, int]]) -> None:
    """Add envelopes to the log, each with its number among those of its command."""
    connection.executemany(_INSERT, [_row(envelope, ordinal) for envelope, ordinal in numbered])


def _row(envelope: Envelope, ordinal: int) -> Row:
    position, stream, version, event_id, recorded_at, *rest = row_of(envelope)
    return position, stream, version, event_id, recorded_at.isoformat(), *rest, ordinal


def note(connection: sqlite3.Connection, states: Iterable[StreamState]) -> None:
    """Put index entries in the place of older ones."""
    for one in states:
        due = ticks_of(one.next_due_at)
        if not connection.execute(_COUNT, (one.version, one.stream, due)).rowcount:
            connection.execute(_NOTE, (one.stream, one.version, one.customer_id, due, one.kind.value))


def end_of_log(connection: sqlite3.Connection) -> End:
    """Where the log ends."""
    row = connection.execute(_END).fetchone()
    return End(*row) if row else End()


def ticks_of(at: datetime | None) -> int | None:
    """An instant as whole microseconds, which compare as the instants do."""
    return None if at is None else (at - _EPOCH) // _MICROSECOND


def instant_of(ticks: int) -> datetime:
    """The instant that is that many microseconds after the epoch.

    Raises:
        BrokenHistoryError: there is none; somebody wrote something else there.
    """
    try:
        return _EPOCH + ticks * _MICROSECOND
    except (TypeError, ArithmeticError):
        message = f"the index says that something is due at {ticks!r}, which is no instant"
        raise BrokenHistoryError(message) from None
