"""What moves a whole history into a SQLite file, or redacts it, in a transaction of the caller's.

A history may be longer than the memory: it is taken over in batches, and the index is made from the file.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

from csp_lifecycle.stores.chain import body_text
from csp_lifecycle.stores.linking import End, following, gap_before, numbered, redaction, taken_at, taken_over
from csp_lifecycle.stores.rows import envelope_of, redacted_text
from csp_lifecycle.stores.sqlite_rows import EVENTS, end_of_log, insert, note
from csp_lifecycle.stores.store import Envelope, Index, StreamState

_BATCH = 1000
_BETWEEN = f"{EVENTS} WHERE position BETWEEN ? AND ?"
_TOUCHED = "SELECT DISTINCT stream FROM events WHERE position > ?"
_STREAM = f"{EVENTS} WHERE stream = ? ORDER BY version"
_GAP = """SELECT min(e.position) FROM events AS e WHERE e.position > ? AND e.version > 1 AND NOT EXISTS (
    SELECT 1 FROM events AS p WHERE p.stream = e.stream AND p.version = e.version - 1 AND p.position < e.position)"""
_COUNTED = """SELECT command_id, count(*) FROM events WHERE command_id IN (SELECT value FROM json_each(?))
    GROUP BY command_id"""
_REDACT = "UPDATE events SET body = ?, salt = ?, redacted = ?, command_digest = ? WHERE position = ?"


def restore(connection: sqlite3.Connection, envelopes: Iterable[Envelope], index: Index) -> int:
    """See `EventStore.restore`."""
    begin = end_of_log(connection)
    added, _ = taken_over(envelopes, begin, partial(_between, connection), partial(_add, connection))
    (gap,) = connection.execute(_GAP, (begin.position,)).fetchone()
    if gap is not None:
        raise gap_before(gap)
    states = _states(connection, begin.position, index)
    while batch := tuple(islice(states, _BATCH)):
        note(connection, batch)
    return added


def _between(connection: sqlite3.Connection, first: int, last: int) -> Iterator[Envelope]:
    return map(envelope_of, connection.execute(_BETWEEN, (first, last)))


def _add(connection: sqlite3.Connection, envelopes: Sequence[Envelope], end: End) -> End:
    """Add *envelopes* behind *end*; where the log ends then."""
    made, end = following(envelopes, end)
    left = made
    # Seldom another command than that of the first event has begun before: if so, its numbers are found to be taken.
    for asked in (made[:1], made):
        try:
            insert(connection, numbered(left, _counted(connection, asked)))
        except sqlite3.IntegrityError:
            # Those before it have been added.
            (last,) = connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
            left = [one for one in made if one.position > last]
        else:
            return end
    raise taken_at(left[0].position)


def _counted(connection: sqlite3.Connection, envelopes: Sequence[Envelope]) -> dict[str, int]:
    """How many events are stored of the commands of *envelopes*."""
    commands = json.dumps(list({one.command_id for one in envelopes}))
    return dict(connection.execute(_COUNTED, (commands,)).fetchall())


def _states(connection: sqlite3.Connection, after: int, index: Index) -> Iterator[StreamState]:
    for (stream,) in connection.execute(_TOUCHED, (after,)):
        yield index(stream, _events(connection, stream))


def _events(connection: sqlite3.Connection, stream: str) -> Iterator[Envelope]:
    # Whoever knows what they add up to need not read them.
    yield from map(envelope_of, connection.execute(_STREAM, (stream,)))


def rewrite(connection: sqlite3.Connection, envelopes: Sequence[Envelope], customers: Mapping[str, str]) -> None:
    """See `EventStore.rewrite`."""
    for given in envelopes:
        rows = connection.execute(_BETWEEN, (given.position, given.position)).fetchall()
        one = redaction(envelope_of(rows[0]) if rows else None, given)
        values = (body_text(one), one.salt, redacted_text(one), one.command_digest, one.position)
        connection.execute(_REDACT, values)
        connection.execute("DELETE FROM snapshots WHERE stream = ?", (one.stream,))
    rename = "UPDATE streams SET customer_id = ? WHERE customer_id = ? AND kind = 'subscription'"
    connection.executemany(rename, [(new, old) for old, new in customers.items()])
