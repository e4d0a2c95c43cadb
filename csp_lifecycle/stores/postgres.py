"""The store that servers share: one PostgreSQL database, one round trip an append.

The decisions are made in `append` of `postgres_schema.py`, inside the database: the rows that head the streams are
locked in order, compared, and changed together with the log, the indexes and the outcome of the command.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from attrs import evolve

from csp_lifecycle.errors import BrokenHistoryError, DuplicateCommandError, StaleVersionError, StoreError
from csp_lifecycle.stores.postgres_pool import ConnectionLostError, LostRaceError, PostgresPool, Row
from csp_lifecycle.stores.postgres_schema import migrate
from csp_lifecycle.stores.store import Commit, Envelope, Outcome
from csp_lifecycle.vocabulary.commands import Actor
from csp_lifecycle.wire.events import event_json, event_of
from csp_lifecycle.wire.text import parse_object, write

_COLUMNS = "e.position, e.version, e.event_id, e.recorded_at, e.command_id, e.actor, e.policy, e.schema, e.body::text"
_STREAM = f"SELECT {_COLUMNS} FROM csp_lifecycle.events AS e WHERE e.stream = %s ORDER BY e.version"  # noqa: S608
_PART = f"""SELECT {_COLUMNS} FROM csp_lifecycle.events AS e
    WHERE e.position > %s AND e.position <= %s ORDER BY e.position LIMIT %s"""  # noqa: S608
_OUTCOME = f"""SELECT c.digest, {_COLUMNS} FROM csp_lifecycle.commands AS c JOIN csp_lifecycle.events AS e
    ON e.position BETWEEN c.first AND c.last AND e.command_id = c.command_id
    WHERE c.command_id = %s ORDER BY e.position"""  # noqa: S608 - only our own words are put together
_APPEND = """SELECT problem, name, wanted, actual, positions
    FROM csp_lifecycle.append(%s, %s, %s::json, %s::json, %s::json, %s::json)"""
_WATERMARK = "SELECT highest, writers, final FROM csp_lifecycle.watermark(%s::bigint, %s::text[])"
_OF_CUSTOMER = "SELECT stream FROM csp_lifecycle.streams WHERE customer_id = %s ORDER BY stream"
_STREAMS = "SELECT stream FROM csp_lifecycle.streams WHERE stream > %s ORDER BY stream LIMIT %s"
_DUE = """SELECT next_due_at, stream FROM csp_lifecycle.streams
    WHERE next_due_at <= %s ORDER BY next_due_at, stream"""

_PAGE = 1000
"""How many rows are fetched at a time: no transaction is held open while a reader thinks."""
_TRIES = 3
_PAUSE, _LONGEST_PAUSE = 0.001, 0.02
"""How many seconds pass at first between two looks at who is still writing."""


class PostgresStore:
    """Keeps history in a PostgreSQL database. Safe to share between threads; processes open one each.

    It is as durable as the server: with `synchronous_commit` turned off there, the newest commits may be lost in a
    crash. What a role may do to the history is written down in `postgres_schema.py`. Servers from 15 on are tested; a
    standby is refused.

    Args:
        url: which database, as `postgresql://user@host:port/database`; it must exist, the tables are made in it.
        max_connections: how many threads may use it at once; more of them wait.
        timeout: how many seconds are waited for a connection, and for an append that others have under way.
    """

    def __init__(self, url: str, *, max_connections: int = 10, timeout: float = 30.0) -> None:
        self._timeout = timeout
        self._pool = PostgresPool(url, max_connections=max_connections, timeout=timeout)
        try:
            with self._pool.connected() as connection:
                migrate(connection)
        except BaseException:
            self._pool.close()
            raise

    def append(self, commit: Commit) -> tuple[Envelope, ...]:
        """See `EventStore.append`. It is tried again after a lost race, and where the connection broke on the way.

        Raises:
            StoreError: as there; if it says so, *commit* may have been stored nevertheless.
        """
        (problem, *found, positions), once = self._answer_to(commit)
        if problem == "stale":
            raise StaleVersionError(*found)
        if problem == "duplicate":
            return self._stored_before(commit, once=once)
        return tuple(map(_placed, commit.envelopes, positions))

    def _answer_to(self, commit: Commit) -> tuple[Row, bool]:
        """What `append` in the database says, and whether that was the only time it ran."""
        arguments, once = _arguments(commit), True
        for _ in range(_TRIES):
            try:
                (row,) = self._pool.run(_APPEND, *arguments)
            except LostRaceError:
                continue
            except ConnectionLostError:
                once = False
                self._pool.mend()
            except StoreError as error:
                if once:
                    raise
                raise _in_doubt(commit, error) from None
            else:
                return row, once
        if not once:
            raise _in_doubt(commit)
        # Others were faster every time: whoever reads and decides again will see what they did.
        stream, expected = next(iter(commit.expected.items()), (commit.command_id, 0))
        raise StaleVersionError(stream, expected, len(self.read(stream)))

    def _stored_before(self, commit: Commit, *, once: bool) -> tuple[Envelope, ...]:
        """What an append stored whose answer was lost with its connection; a duplicate if that was not this one."""
        outcome = None if once else self.outcome(commit.command_id)
        if outcome is None or tuple(evolve(one, position=0) for one in outcome.envelopes) != commit.envelopes:
            raise DuplicateCommandError(commit.command_id)
        return outcome.envelopes

    def read(self, stream: str) -> tuple[Envelope, ...]:
        """See `EventStore.read`."""
        return tuple(map(_envelope, self._pool.ask(_STREAM, stream)))

    def read_all(self, after: int = 0, limit: int | None = None) -> Iterator[Envelope]:
        """See `EventStore.read_all`. What is appended after reading began is left for the next time.

        Positions are drawn before they are committed, so a higher one can be seen before a lower one. Nobody is
        held up by that but the reader: it waits until all appends are over that were under way when it began.
        """
        final = self._pool.again(self._final_position)
        left = final if limit is None else limit
        while after < final and left > 0 and (rows := self._pool.ask(_PART, after, final, min(left, _PAGE))):
            yield from map(_envelope, rows)
            after, left = rows[-1][0], left - len(rows)

    def _final_position(self) -> int:
        """The position up to which the log will never change.

        It is found out on one connection: if that breaks, all that was learned about the writers is void.
        """
        with self._pool.connected() as connection:
            ((highest, writers, final),) = connection.execute(_WATERMARK, (None, None)).fetchall()
            pause, began = _PAUSE, time.monotonic()
            while final is None:
                if time.monotonic() - began > self._timeout:
                    message = f"an append has been going on for {self._timeout} s: find it in pg_stat_activity, end it"
                    raise StoreError(message)
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                ((highest, writers, final),) = connection.execute(_WATERMARK, (highest, writers)).fetchall()
            return int(final)

    def outcome(self, command_id: str) -> Outcome | None:
        """See `EventStore.outcome`."""
        rows = self._pool.ask(_OUTCOME, command_id)
        return Outcome(rows[0][0], tuple(_envelope(row[1:]) for row in rows)) if rows else None

    def streams_of(self, customer_id: str) -> tuple[str, ...]:
        """See `EventStore.streams_of`."""
        return tuple(stream for (stream,) in self._pool.ask(_OF_CUSTOMER, customer_id))

    def streams(self) -> Iterator[str]:
        """See `EventStore.streams`."""
        last = ""
        while rows := self._pool.ask(_STREAMS, last, _PAGE):
            yield from (stream for (stream,) in rows)
            last = rows[-1][0]

    def due(self, until: datetime | None = None) -> tuple[tuple[datetime, str], ...]:
        """See `EventStore.due`."""
        return tuple(self._pool.ask(_DUE, until or datetime.max.replace(tzinfo=UTC)))

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


def _in_doubt(commit: Commit, error: StoreError | None = None) -> StoreError:
    message = (
        f"{error or 'the connection broke again and again'}; whether {commit.command_id!r} was stored is not known: "
        "send the same command with the same id again"
    )
    return StoreError(message)


def _arguments(commit: Commit) -> tuple[str, ...]:
    """The commit as `append` of the schema takes it."""
    states = [
        {
            "stream": state.stream,
            "version": state.version,
            "customer_id": state.customer_id,
            "next_due_at": state.next_due_at and state.next_due_at.isoformat(),
        }
        for state in commit.states
    ]
    envelopes = [
        {
            "stream": envelope.stream,
            "version": envelope.version,
            "event_id": envelope.event_id,
            "recorded_at": envelope.recorded_at.isoformat(),
            "actor": envelope.actor.value,
            "policy": envelope.policy,
            "schema": envelope.schema,
            # Text in text: the database then need not understand what is in it.
            "body": write(event_json(envelope.event)),
        }
        for envelope in commit.envelopes
    ]
    parts = (dict(commit.expected), dict(commit.customers), states, envelopes)
    return commit.command_id, commit.digest, *map(write, parts)


def _placed(envelope: Envelope, position: int) -> Envelope:
    return evolve(envelope, position=position)


def _envelope(row: Row) -> Envelope:
    position, version, event_id, recorded_at, command_id, actor, policy, schema, body = row
    try:
        return Envelope(
            position=position,
            version=version,
            event_id=event_id,
            recorded_at=recorded_at,
            command_id=command_id,
            actor=Actor(actor),
            policy=policy,
            schema=schema,
            event=event_of(parse_object(body), schema),
        )
    except (BrokenHistoryError, ValueError, TypeError) as error:
        message = f"position {position} cannot be read: {error}"
        raise BrokenHistoryError(message, version) from None
