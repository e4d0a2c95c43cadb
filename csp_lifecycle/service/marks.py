"""What is known of every stream while a log goes by, in constant memory.

Logs have any number of streams. The ones met last are kept at hand; of the others, what a chain needs goes to a
temporary file, and what the events added up to is forgotten: it can be worked out again.
"""

import sqlite3
from collections import OrderedDict

from attrs import frozen

from csp_lifecycle.service.folding import Fold

_AT_HAND = 10_000


@frozen
class Mark:
    """Up to where a stream has been followed.

    `fold` is what its events add up to; None if that was forgotten, or a newer version of the library wrote one.
    """

    version: int = 0
    digest: str = ""
    fold: Fold | None = None


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
            found = self._file.execute("SELECT version, digest FROM marks WHERE stream = ?", (_key(stream),)).fetchone()
            mark = Mark(*found) if found else None
        return mark

    def put(self, stream: str, mark: Mark) -> None:
        """Note how far a stream is."""
        self._at_hand[stream] = mark
        self._at_hand.move_to_end(stream)
        if len(self._at_hand) > self._most:
            oldest, left = self._at_hand.popitem(last=False)
            self._spilled().execute(
                "INSERT OR REPLACE INTO marks VALUES (?, ?, ?)", (_key(oldest), left.version, left.digest)
            )

    def _spilled(self) -> sqlite3.Connection:
        if self._file is None:
            # A database without a name lives in memory as long as it is small, then in a file that nobody else sees.
            self._file = sqlite3.connect("", isolation_level=None)
            self._file.execute("PRAGMA journal_mode = OFF")
            self._file.execute("CREATE TABLE marks (stream BLOB PRIMARY KEY, version, digest) WITHOUT ROWID")
            self._file.execute("BEGIN")
        return self._file

    def close(self) -> None:
        """Delete the temporary file, if there is one."""
        if self._file is not None:
            self._file.close()


def _key(stream: str) -> bytes:
    return stream.encode("utf-8", "surrogatepass")
