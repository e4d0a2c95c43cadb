"""What moves a whole history into a PostgreSQL database, in a transaction of the caller's.

A history may be longer than the memory: it is taken over in batches, and the index is made from the tables.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

from csp_lifecycle.errors import StoreError
from csp_lifecycle.stores.linking import End, following, gap_before, numbered, taken_at, taken_over
from csp_lifecycle.stores.postgres_pool import Connection, TakenError
from csp_lifecycle.stores.postgres_rows import EVENTS, SEALED
from csp_lifecycle.stores.rows import COLUMNS, envelope_of, row_of
from csp_lifecycle.stores.store import Envelope, Index, StreamState

_BATCH = 1000
# Appends wait; those under way are waited for, so what is there is final. The order of the locks is theirs.
_BEGIN = """LOCK TABLE csp_lifecycle.streams, csp_lifecycle.events IN SHARE ROW EXCLUSIVE MODE;
    SELECT csp_lifecycle.seal_until((SELECT max(position) FROM csp_lifecycle.events))"""
_END = "SELECT position, log_digest FROM csp_lifecycle.seals ORDER BY position DESC LIMIT 1"
_BETWEEN = f"{SEALED} WHERE e.position BETWEEN %s AND %s"
_TOUCHED = "SELECT DISTINCT stream FROM csp_lifecycle.events WHERE position > %s"
_GAP = """SELECT min(e.position) FROM csp_lifecycle.events AS e WHERE e.position > %s AND e.version > 1
    AND NOT EXISTS (SELECT FROM csp_lifecycle.events AS p
        WHERE p.stream = e.stream AND p.version = e.version - 1 AND p.position < e.position)"""
_STREAM = f"{EVENTS} WHERE e.stream = %s ORDER BY e.version"
_COUNTED = """SELECT command_id, count(*) FROM csp_lifecycle.events WHERE command_id = ANY (%s) GROUP BY command_id"""
_TAKEN = """SELECT stream, version FROM csp_lifecycle.events
    WHERE (stream, version) IN (SELECT * FROM unnest(%s::text[], %s::integer[]))"""
_COPY = f"COPY csp_lifecycle.events ({', '.join(COLUMNS[:-1])}, ordinal) FROM STDIN"
_COPY_SEALS = "COPY csp_lifecycle.seals FROM STDIN"
_NOTE = """INSERT INTO csp_lifecycle.streams (stream, version, customer_id, next_due_at, kind, digest)
    SELECT %s, %s, %s, %s, %s, e.digest FROM csp_lifecycle.events AS e WHERE e.stream = %s AND e.version = %s
    ON CONFLICT (stream) DO UPDATE SET version = excluded.version, next_due_at = excluded.next_due_at,
        digest = excluded.digest"""
_COUNT = """INSERT INTO csp_lifecycle.customers (kind, customer_id, streams)
    SELECT kind, customer_id, count(*) FROM csp_lifecycle.streams GROUP BY kind, customer_id
    ON CONFLICT (kind, customer_id) DO UPDATE SET streams = excluded.streams
    WHERE customers.streams <> excluded.streams"""
# The planner knows nothing yet of what was added.
_ANALYZE = "ANALYZE csp_lifecycle.events (position, stream, command_id), csp_lifecycle.seals (position)"
_CONTINUE = "SELECT setval('csp_lifecycle.events_position_seq', %s)"


def restore(connection: Connection, envelopes: Iterable[Envelope], index: Index) -> int:
    """See `EventStore.restore`."""
    connection.execute(_BEGIN)
    begin = End(*(connection.execute(_END).fetchone() or ()))
    added, end = taken_over(envelopes, begin, partial(_between, connection), partial(_add, connection))
    if added:
        ((gap,),) = connection.execute(_GAP, (begin.position,)).fetchall()
        if gap is not None:
            raise gap_before(gap)
        _note(connection, _states(connection, begin.position, index))
        connection.execute(_COUNT)
        connection.execute(_ANALYZE)
        # Last of all: it is not undone with the rest.
        connection.execute(_CONTINUE, (end.position,))
    return added


def _between(connection: Connection, first: int, last: int) -> Iterator[Envelope]:
    return map(envelope_of, connection.execute(_BETWEEN, (first, last)))


def _add(connection: Connection, envelopes: Sequence[Envelope], end: End) -> End:
    """Add *envelopes* behind *end*; where the log ends then."""
    made, end = following(envelopes, end)
    # Seldom another command than that of the first event has begun before: if so, its numbers are found to be taken.
    for asked in (made[:1], made):
        try:
            with connection.transaction():
                _copy(connection, made, _counted(connection, asked))
        except TakenError:
            continue
        return end
    raise _misfit(connection, made)


def _counted(connection: Connection, envelopes: Sequence[Envelope]) -> dict[str, int]:
    """How many events are stored of the commands of *envelopes*."""
    return dict(connection.execute(_COUNTED, (list({one.command_id for one in envelopes}),)).fetchall())


def _copy(connection: Connection, envelopes: Sequence[Envelope], counted: Mapping[str, int]) -> None:
    with connection.cursor() as cursor:
        with cursor.copy(_COPY) as copy:
            for one, ordinal in numbered(envelopes, counted):
                copy.write_row((*row_of(one)[:-1], ordinal))
        with cursor.copy(_COPY_SEALS) as copy:
            copy.write("".join(f"{one.position}\t{one.log_digest}\n" for one in envelopes))


def _misfit(connection: Connection, envelopes: Sequence[Envelope]) -> StoreError:
    """Which of the envelopes is in the place of another, of those that are stored or that come with it."""
    places = [(one.stream, one.version) for one in envelopes]
    taken = set(connection.execute(_TAKEN, [list(column) for column in zip(*places, strict=True)]))
    number = 0
    while places[number] not in taken:
        taken.add(places[number])
        number += 1
    return taken_at(envelopes[number].position)


def _states(connection: Connection, after: int, index: Index) -> Iterator[StreamState]:
    with connection.cursor("touched") as cursor:
        cursor.itersize = _BATCH
        for (stream,) in cursor.execute(_TOUCHED, (after,)):
            yield index(stream, _events(connection, stream))


def _events(connection: Connection, stream: str) -> Iterator[Envelope]:
    # Whoever knows what they add up to need not read them.
    yield from map(envelope_of, connection.execute(_STREAM, (stream,)))


def _note(connection: Connection, states: Iterable[StreamState]) -> None:
    with connection.cursor() as cursor:
        left = iter(states)
        while batch := tuple(islice(left, _BATCH)):
            cursor.executemany(_NOTE, [_noted(state) for state in batch])


def _noted(state: StreamState) -> tuple[object, ...]:
    due, kind = state.next_due_at, state.kind.value
    return state.stream, state.version, state.customer_id, due, kind, state.stream, state.version
