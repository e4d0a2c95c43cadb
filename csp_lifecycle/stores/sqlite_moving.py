"""What moves a whole history into a SQLite file, or redacts it, in a transaction of the caller's.

A history may be longer than the memory: it is taken over in batches, and the index is made from the file.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from csp_lifecycle.stores.chain import body_text
from csp_lifecycle.stores.linking import End, followed, gap_before, redaction, require_same, taken_at
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
    begin = end = end_of_log(connection)
    added, left = 0, iter(envelopes)
    while batch := tuple(islice(left, _BATCH)):
        new = [one for one in batch if one.position > begin.position]
        _require_known(connection, [one for one in batch if one.position <= begin.position])
        end = _add(connection, new, end)
        added += len(new)
    (gap,) = connection.execute(_GAP, (begin.position,)).fetchone()
    if gap is not None:
        raise gap_before(gap)
    for state in _states(connection, begin.position, index):
        note(connection, [state])
    return added


def _require_known(connection: sqlite3.Connection, envelopes: Sequence[Envelope]) -> None:
    if envelopes:
        positions = [one.position for one in envelopes]
        rows = connection.execute(_BETWEEN, (min(positions), max(positions)))
        stored = {one.position: one for one in map(envelope_of, rows)}
        for envelope in envelopes:
            require_same(stored.get(envelope.position), envelope)


def _add(connection: sqlite3.Connection, envelopes: Sequence[Envelope], end: End) -> End:
    """Add *envelopes* behind *end*; where the log ends then."""
    made: list[Envelope] = []
    for envelope in envelopes:
        made.append(followed(envelope, end))
        end = End(envelope.position, made[-1].log_digest or "")
    try:
        insert(connection, _numbered(connection, made))
    except sqlite3.IntegrityError:
        # Those before it have been added.
        (last,) = connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
        raise taken_at(next(one.position for one in made if one.position > last)) from None
    return end


def _numbered(connection: sqlite3.Connection, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, int]]:
    """Each with its number among the events of its command, of which some may be stored already."""
    commands = json.dumps(sorted({one.command_id for one in envelopes}))
    counted = Counter(dict(connection.execute(_COUNTED, (commands,)).fetchall()))
    numbered = []
    for one in envelopes:
        counted[one.command_id] += 1
        numbered.append((one, counted[one.command_id]))
    return numbered


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
