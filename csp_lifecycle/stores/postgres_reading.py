"""What is read from a PostgreSQL store."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from csp_lifecycle.errors import StoreError
from csp_lifecycle.stores.postgres_histories import HISTORIES, HISTORY
from csp_lifecycle.stores.postgres_pool import PostgresPool, storable
from csp_lifecycle.stores.postgres_rows import EVENTS, RECORDED, SEALED
from csp_lifecycle.stores.rows import Row, envelope_of, history_from, history_of, kind_of, outcome_of, positions_from
from csp_lifecycle.stores.store import Entry, Envelope, History, Outcome, Snapshot, StreamKind, StreamState

_SUBSCRIPTION = StreamKind.SUBSCRIPTION
_STREAM = f"{EVENTS} WHERE e.stream = %s AND e.version > %s ORDER BY e.version"
_COMMAND = f"{RECORDED} WHERE e.command_id = %s ORDER BY e.ordinal"
_COMMANDS = """SELECT command_id, ordinal, position FROM csp_lifecycle.events
    WHERE command_id = ANY (%s) ORDER BY command_id, ordinal"""
_PART = f"{SEALED} WHERE e.position > %s AND e.position <= %s ORDER BY e.position LIMIT %s"
SEAL = "SELECT csp_lifecycle.seal(make_interval(secs => %s))"
_OF_CUSTOMER = "SELECT stream FROM csp_lifecycle.streams WHERE kind = %s AND customer_id = %s ORDER BY stream"
_STREAMS = "SELECT stream FROM csp_lifecycle.streams WHERE kind = %s AND stream > %s ORDER BY stream LIMIT %s"
_STATE = """SELECT stream, version, customer_id, next_due_at, kind FROM csp_lifecycle.streams WHERE stream = %s"""
_STATES = """SELECT stream, version, customer_id, next_due_at, kind FROM csp_lifecycle.streams
    WHERE stream = ANY (%s) ORDER BY stream"""
_DUE = """SELECT next_due_at, stream FROM csp_lifecycle.streams
    WHERE next_due_at <= %s AND (next_due_at, stream) > (%s, %s) ORDER BY next_due_at, stream LIMIT %s"""
_FIRST = (datetime.min.replace(tzinfo=UTC), "")
_SNAPSHOT = "SELECT version, schema, digest, body FROM csp_lifecycle.snapshots WHERE stream = %s"

_PAGE = 1000
"""How many rows are fetched at a time: no transaction is held open while a reader thinks."""


class PostgresReading:
    """The reading half of `PostgresStore`.

    Args:
        pool: the open database.
        timeout: how many seconds are waited for an append that others have under way.
    """

    def __init__(self, pool: PostgresPool, timeout: float) -> None:
        self._pool = pool
        self._timeout = timeout

    def read(self, stream: str, after: int = 0) -> tuple[Envelope, ...]:
        """See `EventStore.read`."""
        return tuple(map(envelope_of, self._pool.ask(_STREAM, stream, after)))

    def histories(self, streams: Iterable[str]) -> Iterator[History]:
        """See `EventStore.histories`."""
        names = storable(streams)
        # A command mostly asks for one, and of a list the planner can only guess how long it is.
        one = len(names) == 1
        rows = self._pool.again(self._pool.run, HISTORY, *names) if one else self._pool.ask(HISTORIES, names)
        return map(self._history, rows)

    def _history(self, row: Row) -> History:
        return history_of(row) or history_from(self.read(row[0]))

    def read_all(self, after: int = 0, limit: int | None = None) -> Iterator[Envelope]:
        """See `EventStore.read_all`. What is appended after reading began is left for the next time.

        Positions are drawn before they are committed, so a higher one can be seen before a lower one. Nobody is
        held up by that but the reader: it waits until all appends are over that were under way when it began.
        """
        final = self._sealed()
        left = final if limit is None else limit
        while after < final and left > 0 and (rows := self._pool.ask(_PART, after, final, min(left, _PAGE))):
            yield from map(envelope_of, rows)
            after, left = rows[-1][0], left - len(rows)

    def seal(self) -> None:
        """See `EventStore.seal`."""
        self._sealed()

    def _sealed(self) -> int:
        """The position up to which the log will never change, and is sealed."""
        ((final,),) = self._pool.again(self._pool.run, SEAL, self._timeout)
        if final is None:
            message = f"an append has been going on for {self._timeout} s: find it in pg_stat_activity, end it"
            raise StoreError(message)
        return int(final)

    def outcome(self, command_id: str) -> Outcome | None:
        """See `EventStore.outcome`."""
        return outcome_of(self._pool.ask(_COMMAND, command_id))

    def positions_of(self, command_ids: Iterable[str]) -> Mapping[str, tuple[int, ...]]:
        """See `EventStore.positions_of`."""
        rows: list[Any] = self._pool.ask(_COMMANDS, storable(command_ids))
        return positions_from(rows)

    def streams_of(self, customer_id: str, kind: StreamKind = _SUBSCRIPTION) -> tuple[str, ...]:
        """See `EventStore.streams_of`."""
        return tuple(stream for (stream,) in self._pool.ask(_OF_CUSTOMER, kind.value, customer_id))

    def streams(self, kind: StreamKind = _SUBSCRIPTION) -> Iterator[str]:
        """See `EventStore.streams`."""
        last = ""
        while rows := self._pool.ask(_STREAMS, kind.value, last, _PAGE):
            yield from (stream for (stream,) in rows)
            last = rows[-1][0]

    def state(self, stream: str) -> StreamState | None:
        """See `EventStore.state`."""
        return next(map(_state, self._pool.ask(_STATE, stream)), None)

    def states(self, streams: Iterable[str]) -> Iterator[StreamState]:
        """See `EventStore.states`."""
        return map(_state, self._pool.ask(_STATES, storable(streams)))

    def due(
        self, until: datetime | None = None, *, after: Entry | None = None, limit: int | None = None
    ) -> tuple[Entry, ...]:
        """See `EventStore.due`."""
        last = until or datetime.max.replace(tzinfo=UTC)
        return tuple(self._pool.ask(_DUE, last, *(after or _FIRST), limit))

    def snapshot(self, stream: str) -> Snapshot | None:
        """See `EventStore.snapshot`."""
        for version, schema, digest, body in self._pool.ask(_SNAPSHOT, stream):
            return Snapshot(stream=stream, version=version, schema=schema, digest=digest, body=body)
        return None


def _state(row: Row) -> StreamState:
    stream, version, customer_id, due, kind = row
    return StreamState(stream=stream, version=version, customer_id=customer_id, next_due_at=due, kind=kind_of(kind))
