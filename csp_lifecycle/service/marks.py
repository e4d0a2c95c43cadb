"""What is known of every stream while a log goes by, in constant memory.

Logs have any number of streams. The ones met last are kept at hand. Of the others, what a chain needs and the entry in
the index go to a temporary file; what their events add up to is forgotten, and can be worked out again.
"""

import sqlite3
from collections import OrderedDict
from datetime import datetime

from attrs import field, frozen

from csp_lifecycle.service.folding import Fold, entry
from csp_lifecycle.stores.store import StreamKind, StreamState

_AT_HAND = 1000
_TABLE = """CREATE TABLE marks (
    stream BLOB PRIMARY KEY, version, digest, customer_id BLOB, next_due_at, kind
) WITHOUT ROWID"""
_FIND = "SELECT version, digest, customer_id, next_due_at, kind FROM marks WHERE stream = ?"
_KEEP = "INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?, ?, ?)"


@frozen
class Mark:
    """Up to where a stream has been followed.

    `fold` is what its events add up to; None if that was forgotten, or a newer version of the library wrote one.
    """

    version: int = 0
    digest: str = ""
    fold: Fold | None = None
    _entry: StreamState | None = field(default=None, alias="entry")

    def entry(self, stream: str) -> StreamState | None:
        """The entry in the index of the stream, as far as it is known."""
        return self._entry if self.fold is None else entry(stream, self.version, self.fold)


class Marks:
    """The mark of every stream. At most *at_hand* are kept with their fold."""

    def __init__(self, at_hand: int = _AT_HAND) -> None:
        self._most = at_hand
        self._at_hand: OrderedDict[str, Mark] = OrderedDict()
        self._file: sqlite3.Connection | None = None

    def get(self, stream: str) -> Mark | None:
        """The mark of a stream, if it was met."""
        mark = self._at_hand.get(stream)
        if mark is None and self._file is not None:
            found = self._file.execute(_FIND, (_bytes(stream),)).fetchone()
            mark = _read(stream, *found) if found else None
        return mark

    def put(self, stream: str, mark: Mark) -> None:
        """Note how far a stream is."""
        self._at_hand[stream] = mark
        self._at_hand.move_to_end(stream)
        if len(self._at_hand) > self._most:
            self._spill(*self._at_hand.popitem(last=False))

    def _spill(self, stream: str, mark: Mark) -> None:
        if self._file is None:
            # A database without a name lives in memory as long as it is small, then in a file that nobody else sees.
            self._file = sqlite3.connect("", isolation_level=None)
            self._file.execute("PRAGMA journal_mode = OFF")
            self._file.execute(_TABLE)
            self._file.execute("BEGIN")
        about = _written(mark.entry(stream))
        self._file.execute(_KEEP, (_bytes(stream), mark.version, mark.digest, *about))

    def close(self) -> None:
        """Delete the temporary file, if there is one."""
        if self._file is not None:
            self._file.close()


def _written(known: StreamState | None) -> tuple[bytes | None, str | None, str | None]:
    if known is None:
        return None, None, None
    due = None if known.next_due_at is None else known.next_due_at.isoformat()
    return _bytes(known.customer_id), due, known.kind.value


def _read(stream: str, version: int, digest: str, customer_id: bytes | None, due: str | None, kind: str | None) -> Mark:
    if customer_id is None:
        return Mark(version, digest)
    known = StreamState(
        stream=stream,
        version=version,
        customer_id=customer_id.decode("utf-8", "surrogatepass"),
        next_due_at=None if due is None else datetime.fromisoformat(due),
        kind=StreamKind(kind),
    )
    return Mark(version, digest, entry=known)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
