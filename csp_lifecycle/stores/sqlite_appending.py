"""What an append does in a SQLite file, in a transaction of the caller's: compare, chain, write."""

import sqlite3
from functools import partial

from csp_lifecycle.errors import DuplicateCommandError, StaleVersionError
from csp_lifecycle.stores.expected import require_expected
from csp_lifecycle.stores.linking import end_of, linked, placed
from csp_lifecycle.stores.sqlite_rows import end_of_log, insert, note
from csp_lifecycle.stores.store import Commit, Envelope, StreamKind

# The version is the one that the index counts: should events be missing, nobody goes on as if there had been fewer.
_HEAD = "SELECT s.version, e.digest FROM streams AS s LEFT JOIN events AS e USING (stream, version) WHERE s.stream = ?"
_HELD = "SELECT count(*) FROM streams WHERE kind = ? AND customer_id = ?"
_TAKEN = "SELECT count(*) FROM events WHERE command_id = ? AND ordinal = 1 AND position <= ?"


class Appending:
    """One commit or several, one behind the other. What the first ones leave behind is not looked up again."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._end = end_of_log(connection)
        self._heads: dict[str, tuple[int, str]] = {}

    def append(self, commit: Commit) -> tuple[Envelope, ...]:
        """Add one commit; the envelopes come back as they are stored.

        Raises:
            StaleVersionError, DuplicateCommandError: as `EventStore.append`.
        """
        try:
            require_expected(commit, self._version_of, partial(self._held, commit.kind))
            stored = placed(linked(commit, self._digest_of), self._end)
            insert(self._connection, [(one, ordinal) for ordinal, one in enumerate(stored, 1)])
        except (StaleVersionError, sqlite3.IntegrityError):
            # Asked only now, because it is rare: in the table, a command has a first event once.
            if self._number(_TAKEN, commit.command_id, self._end.position):
                raise DuplicateCommandError(commit.command_id) from None
            raise
        note(self._connection, commit.states)
        self._end = end_of(stored)
        self._heads |= {one.stream: (one.version, one.digest) for one in stored}
        return stored

    def _version_of(self, stream: str) -> int:
        return self._head(stream)[0]

    def _digest_of(self, stream: str) -> str:
        return self._head(stream)[1]

    def _head(self, stream: str) -> tuple[int, str]:
        head = self._heads.get(stream)
        if head is None:
            version, digest = self._connection.execute(_HEAD, (stream,)).fetchone() or (0, "")
            head = self._heads[stream] = version, digest or ""
        return head

    def _held(self, kind: StreamKind, customer_id: str) -> int:
        return self._number(_HELD, kind.value, customer_id)

    def _number(self, statement: str, *values: str | int) -> int:
        (number,) = self._connection.execute(statement, values).fetchone()
        return int(number)
