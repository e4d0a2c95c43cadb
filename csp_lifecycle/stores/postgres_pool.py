"""A PostgreSQL database that threads share: connections, and errors in words.

Whoever imports this module, and so the PostgreSQL store, needs the driver: the extra `postgres`.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from csp_lifecycle.errors import StoreError


class MissingExtraError(StoreError, ImportError):
    """What this needs is not installed."""


try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
    from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout
except ImportError as error:
    _MESSAGE = f"a PostgreSQL store needs an extra: pip install 'csp-lifecycle[postgres]' ({error})"
    raise MissingExtraError(_MESSAGE) from None

Row = tuple[Any, ...]
Connection = psycopg.Connection[Row]
TakenError = psycopg.errors.UniqueViolation
"""What the driver says of a row whose place is taken."""
_Answer = TypeVar("_Answer")

_SENTENCES = {
    "25006": "is read-only: name one that may be written",
    "42501": "does not permit that to this role: csp_lifecycle.stores.postgres_schema says what it needs",
    "53100": "cannot grow: the disk is full",
    "57014": "took longer than its time limits permit",
    "22": "cannot hold such a value",
    "54": "cannot hold so long a value",
}
"""What went wrong, by SQLSTATE or the class it begins with; why no connection was made is said without one."""
_LOST_RACES = ("40", "23505")
"""Serialization failures and deadlocks; and of two that add the same thing, the second."""
_LOST_CONNECTIONS = ("08", "57P")
_FORCED = {
    # A standby may be behind and does not know who is writing: a history is decided and followed on the primary.
    "target_session_attrs": "primary",
    "client_encoding": "utf8",
}
_SESSION = """
SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false),
       set_config('default_transaction_isolation', 'read committed', false), set_config('jit', 'off', false)
"""
"""What our statements rely on, however server and role are configured; compiling them would only cost time."""
_TRIES = 3


class ConnectionLostError(StoreError):
    """The connection broke while a statement was under way: whether it took effect is not known."""


class LostRaceError(StoreError):
    """Another transaction got in the way. This one left nothing behind and may be tried again."""


class PostgresPool:
    """An open database.

    Args:
        url: names it, as `postgresql://user@host:port/database`; what libpq lets stand in a URL may stand there.
        max_connections: how many threads may use it at once; more of them wait.
        timeout: how many seconds are waited for a connection.
    """

    def __init__(self, url: str, *, max_connections: int, timeout: float) -> None:
        named = _parsed(url)
        if named is None:
            message = "this is no PostgreSQL URL, which looks like postgresql://user@host:port/database"
            raise ValueError(message)
        self._where = _described(named)
        self._password = named.get("password")
        self._process = os.getpid()
        defaults = {"fallback_application_name": "csp_lifecycle", "connect_timeout": str(max(2, int(timeout)))}
        self._conninfo = make_conninfo(**(defaults | named | _FORCED))
        self._pool = self._opened(max_connections, timeout)

    def _opened(self, max_connections: int, timeout: float) -> "ConnectionPool[Connection]":
        with self._translated():
            # A pool tries in the background and only says that it took too long; the first connection says why.
            with psycopg.connect(self._conninfo) as connection:
                encoding = connection.info.parameter_status("server_encoding")
            if encoding != "UTF8":
                message = f"{self._where} keeps text as {encoding}: create one with ENCODING 'UTF8'"
                raise StoreError(message)
            return ConnectionPool(
                self._conninfo,
                kwargs={"autocommit": True},
                configure=_configure,
                min_size=1,
                max_size=max_connections,
                timeout=timeout,
                open=True,
            )

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection, for one thread at a time; each statement is a transaction unless one is begun.

        Raises:
            ConnectionLostError: it broke on the way.
            LostRaceError: another transaction got in the way.
            StoreError: the database cannot do it, or is not there.
        """
        if os.getpid() != self._process:
            # Two processes on one connection would read each other's answers.
            message = f"{self._where} was opened before this process was forked: open it again here"
            raise StoreError(message)
        with self._translated(), self._pool.connection() as connection:
            try:
                yield connection
            except psycopg.Error as error:
                if connection.broken:
                    raise ConnectionLostError(self._message("broke off the connection", error)) from None
                raise

    def run(self, statement: str, *parameters: Any) -> list[Row]:
        """The rows that *statement* gives back, in a transaction of its own; see `connected` for what it raises."""
        with self.connected() as connection:
            return connection.execute(statement, parameters).fetchall()

    def ask(self, question: str, *parameters: Any) -> list[Row]:
        """As `run`, for what changes nothing and so may be tried again when the connection was broken."""
        if not all(map(can_be_stored, parameters)):
            return []
        return self.again(lambda: self.run(question, *parameters))

    def again(self, act: Callable[[], _Answer]) -> _Answer:
        """What *act* gives, which changes nothing: where the connection broke on the way, it begins anew."""
        for _ in range(_TRIES - 1):
            with suppress(ConnectionLostError):
                return act()
            self.mend()
        return act()

    def mend(self) -> None:
        """After a connection broke, the others that wait to be used have probably broken too: renew those."""
        with self._translated():
            self._pool.check()

    def close(self) -> None:
        """Close all connections. In a fork they are left to the process that opened them."""
        if os.getpid() == self._process:
            self._pool.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Driver errors do not leave this floor."""
        try:
            yield
        except UnicodeEncodeError as error:
            message = f"half a surrogate pair cannot be stored: {error.object!r}"
            raise StoreError(message) from None
        except PoolClosed:
            message = f"{self._where} was closed: open it again"
            raise StoreError(message) from None
        except PoolTimeout as error:
            raise StoreError(self._message("cannot be reached, or all connections to it are in use", error)) from None
        except psycopg.Error as error:
            raise self._in_words(error) from None

    def _in_words(self, error: psycopg.Error) -> StoreError:
        state = error.sqlstate or ""
        if state.startswith(_LOST_RACES):
            return LostRaceError(self._message("had another transaction in the way", error))
        if state.startswith(_LOST_CONNECTIONS):
            return ConnectionLostError(self._message("is shutting down or starting up", error))
        if isinstance(error, psycopg.DataError):
            return StoreError(self._message(_SENTENCES["22"], error))
        unknown = "failed" if state else "cannot be opened"
        found = (sentence for known, sentence in _SENTENCES.items() if state.startswith(known))
        return StoreError(self._message(next(found, unknown), error))

    def _message(self, sentence: str, error: psycopg.Error) -> str:
        said = (error.diag.message_primary or str(error)).strip()
        # The driver's own words help, unless they repeat what nobody should read in a log.
        return f"{self._where} {sentence}" + ("" if self._password and self._password in said else f" ({said})")


def _configure(connection: Connection) -> None:
    connection.execute(_SESSION)


def _parsed(url: str) -> dict[str, str] | None:
    """What *url* names, or None: what the driver says about it repeats it, with the password that stands in it."""
    try:
        named = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.Error:
        return None
    # With a slash in it that is not written as %2F, a password falls apart into what looks like a port and a name.
    is_torn = "@" in named.get("dbname", "") or not named.get("port", "0").replace(",", "").isdecimal()
    return None if is_torn else named


def _described(named: dict[str, str]) -> str:
    """Which database that is, without the user and the password."""
    place = named.get("host", "this machine")
    port = f":{named['port']}" if "port" in named else ""
    return f"the PostgreSQL database {named.get('dbname', '')!r} on {place}{port}"


def can_be_stored(value: Any) -> bool:
    """Whether PostgreSQL has a place for it; what cannot be stored was not, so nobody need ask for it."""
    return not isinstance(value, str) or not ("\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value))
