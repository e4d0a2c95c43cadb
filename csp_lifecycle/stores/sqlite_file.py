"""A SQLite file that threads and processes share: opened once, locked rightly, and errors in words.

One connection serves all threads of the process under a lock; other processes are held off by SQLite's own locks.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from csp_lifecycle.errors import StoreError

Migration = Callable[[sqlite3.Connection], None]
Result = TypeVar("Result")

_CACHE = 8000
"""How many KiB of pages are kept in memory: of indexes over millions of rows, all but the last step down."""
_PAUSE = 0.005
"""How many seconds pass between two tries to switch a new file to WAL."""
_SENTENCES = {
    sqlite3.SQLITE_NOTADB: "is no SQLite database",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: check that its folder exists and may be written to",
    sqlite3.SQLITE_READONLY: "cannot be written: it, or its folder, is read-only",
    sqlite3.SQLITE_BUSY: "was kept locked by somebody else for longer than this store waits: try again",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full",
    sqlite3.SQLITE_IOERR: "cannot be read or written: check the disk it is on",
    sqlite3.SQLITE_CORRUPT: "is damaged: put a backup in its place",
}


class _InWords:
    """Driver errors do not leave this floor. Every command comes by here twice, so this is no generator."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, sqlite3.Error):
            sentence = _SENTENCES.get(_kind_of(error), "cannot be used")
            message = f"the SQLite file {self._path} {sentence} ({error})"
            raise StoreError(message) from error
        if isinstance(error, UnicodeEncodeError):
            message = f"half a surrogate pair cannot be stored: {error.object!r}"
            raise StoreError(message) from error


class SqliteFile:
    """One open file. Which tables it has stands in it as `user_version`: how many migrations it has had.

    Args:
        path: where it is; it is created if it is missing, in a folder that must exist.
        migrations: make the tables, one after the other; those that a file has not had are applied to it, all or none.
        synchronous: `FULL` or `NORMAL`, as SQLite means them.
        busy_timeout: how many seconds a write waits for another process's.
    """

    def __init__(
        self, path: str | Path, migrations: Sequence[Migration], *, synchronous: str, busy_timeout: float
    ) -> None:
        if synchronous not in {"FULL", "NORMAL"}:
            message = f"synchronous must be FULL or NORMAL, not {synchronous!r}"
            raise ValueError(message)
        self._path = str(path)
        self._busy_timeout = busy_timeout
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._in_words = _InWords(self._path)
        with self._in_words:
            self._connection = sqlite3.connect(
                self._path, timeout=busy_timeout, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(migrations, synchronous)
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self, migrations: Sequence[Migration], synchronous: str) -> None:
        # In this order: whoever makes the tables in between sets the layout with them, in one transaction.
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        found = self._layout()
        if found > len(migrations) or (tables and not found):
            message = (
                f"the SQLite file {self._path} has layout {found}, this version of the library reads "
                f"{len(migrations)}: upgrade the library, or name a file that holds nothing else"
            )
            raise StoreError(message)
        self._switch_to_wal()
        self._connection.execute(f"PRAGMA synchronous = {synchronous}")
        self._connection.execute(f"PRAGMA cache_size = -{_CACHE}")
        if found < len(migrations):
            self.transaction(partial(self._migrate, migrations))

    def _layout(self) -> int:
        (found,) = self._connection.execute("PRAGMA user_version").fetchone()
        return int(found)

    def _migrate(self, migrations: Sequence[Migration], connection: sqlite3.Connection) -> None:
        # Asked again under the lock: somebody else may have been faster.
        for number in range(self._layout(), len(migrations)):
            migrations[number](connection)
            connection.execute(f"PRAGMA user_version = {number + 1}")

    def _switch_to_wal(self) -> None:
        deadline = time.monotonic() + self._busy_timeout
        while True:
            try:
                (mode,) = self._connection.execute("PRAGMA journal_mode = WAL").fetchone()
            except sqlite3.OperationalError as error:
                # Of two processes that make a file at once, the second is told "locked" without having waited.
                if _kind_of(error) != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                    raise
                time.sleep(_PAUSE)
                continue
            if mode != "wal":
                message = f"{self._path} cannot be kept in SQLite's WAL mode: name a file on a local disk"
                raise StoreError(message)
            return

    def _opened(self) -> sqlite3.Connection:
        """The connection, for whoever takes the lock."""
        if os.getpid() != self._process:
            # SQLite's locks belong to the process that took them: two that share a connection corrupt the file.
            message = f"the SQLite file {self._path} was opened before this process was forked: open it again here"
            raise StoreError(message)
        return self._connection

    def transaction(self, act: Callable[[sqlite3.Connection], Result]) -> Result:
        """What *act* leads to, all of it or nothing.

        The write lock is taken first, so what is read inside stays true until the end.
        """
        connection = self._opened()
        with self._lock, self._in_words:
            try:
                connection.execute("BEGIN IMMEDIATE")
                result = act(connection)
                connection.execute("COMMIT")
            except BaseException:
                # A full disk has ended the transaction already.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return result

    def all(self, statement: str, *parameters: Any) -> list[Any]:
        """The rows that *statement* finds."""
        connection = self._opened()
        with self._lock, self._in_words:
            try:
                return connection.execute(statement, parameters).fetchall()
            except (UnicodeEncodeError, OverflowError):
                # What SQLite cannot hold was never stored.
                return []
            except sqlite3.OperationalError as error:
                if "decode to UTF-8" not in str(error):
                    raise
                return _with_scars(connection, statement, parameters)

    def forget(self) -> None:
        """Leave nothing in the file, or in its write-ahead log, of what was overwritten or deleted.

        Raises:
            StoreError: somebody reads what was there before, for longer than this store waits.
        """
        connection = self._opened()
        with self._lock, self._in_words:
            # Pages keep what they no longer show, and the log keeps old pages.
            connection.execute("VACUUM")
            (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            message = f"{self._path} still holds what was overwritten, because others are reading it: do this again"
            raise StoreError(message)

    def close(self) -> None:
        """Close it. What is asked of it afterwards is an error."""
        connection = self._opened()
        with self._lock, self._in_words:
            connection.close()


def _with_scars(connection: sqlite3.Connection, statement: str, parameters: Sequence[Any]) -> list[Any]:
    """The rows, among them text that somebody spoiled: what is no UTF-8 in it is marked, and no digest holds then."""
    connection.text_factory = partial(str, encoding="utf-8", errors="replace")
    try:
        return connection.execute(statement, parameters).fetchall()
    finally:
        connection.text_factory = str


def _kind_of(error: sqlite3.Error) -> int:
    """The kind of failure; what kind of that kind it is stands in the higher bits."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
