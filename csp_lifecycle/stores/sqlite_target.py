"""A SQLite file that projections keep their tables in."""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from csp_lifecycle.errors import StoreError
from csp_lifecycle.stores.projection import Write


class SqliteTarget:
    """Tables in a SQLite file, which may be the one that the log is in. Instants and days are kept as text.

    Args:
        path: the file; it is created if it is missing, in a folder that must exist.
        busy_timeout: how many seconds a write waits for another process's.
    """

    def __init__(self, path: str | Path, *, busy_timeout: float = 30.0) -> None:
        self._path = str(path)
        self._lock = threading.RLock()
        with self._translated():
            self._connection = sqlite3.connect(
                self._path, timeout=busy_timeout, isolation_level=None, check_same_thread=False
            )

    def prepare(self, statements: Iterable[Write]) -> None:
        """See `Target.prepare`."""
        with self.transaction() as run:
            for statement, values in statements:
                run(statement, values)

    def read(self, query: str, values: Sequence[Any]) -> list[Any]:
        """See `Target.read`."""
        with self._lock, self._translated():
            return self._connection.execute(query, tuple(map(_kept, values))).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[Callable[[str, Sequence[Any]], int]]:
        """See `Target.transaction`."""
        with self._lock, self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._run
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk has ended the transaction already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _run(self, statement: str, values: Sequence[Any]) -> int:
        return self._connection.execute(statement, tuple(map(_kept, values))).rowcount

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Driver errors do not leave this floor."""
        try:
            yield
        except sqlite3.Error as error:
            message = f"the SQLite file {self._path} cannot hold the projection: {error}"
            raise StoreError(message) from error


def _kept(value: Any) -> Any:
    """Instants become texts in UTC and of one length: then they compare as the instants do."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value
