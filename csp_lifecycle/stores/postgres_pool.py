"""A PostgreSQL database that threads share: connections, and errors in words.

Whoever imports this module, and so the PostgreSQL store, needs the driver: the extra `postgres`.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
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
_DRIVER_ERRORS = (psycopg.Error, UnicodeEncodeError)
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
_THROUGH_INDEXES = "SELECT set_config('enable_seqscan', 'off', false)"
"""For tables that all have the right index: a plan is made while they are small, and kept while they grow."""
_TRIES = 3


class _Connection(psycopg.Connection[Row]):
    """A connection that keeps a cursor: to make one for every statement takes as long as to look up a row.

    A cursor holds the answer it got until it is asked again, so it is for short ones.
    """

    @cached_property
    def kept(self) -> psycopg.Cursor[Row]:
        return self.cursor()


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
        of_store: whether it is for the tables of the store, which are asked through their indexes, and answer in the
            server's own form: that takes less time to read, but not every type has one.
    """

    def __init__(self, url: str, *, max_connections: int, timeout: float, of_store: bool = False) -> None:
        named = _parsed(url)
        if named is None:
            message = "this is no PostgreSQL URL, which looks like postgresql://user@host:port/database"
            raise ValueError(message)
        self._where = _described(named)
        self._password = named.get("password")
        self._process = os.getpid()
        self._is_of_store = of_store
        defaults = {"fallback_application_name": "csp_lifecycle", "connect_timeout": str(max(2, int(timeout)))}
        self._conninfo = make_conninfo(**(defaults | named | _FORCED))
        self._pool = self._opened(max_connections, timeout)

    def _opened(self, max_connections: int, timeout: float) -> "ConnectionPool[_Connection]":
        with self._translated():
            # A pool tries in the background and only says that it took too long; the first connection says why.
            with psycopg.connect(self._conninfo) as connection:
                encoding = connection.info.parameter_status("server_encoding")
            if encoding != "UTF8":
                message = f"{self._where} keeps text as {encoding}: create one with ENCODING 'UTF8'"
                raise StoreError(message)
            return ConnectionPool(
                self._conninfo,
                connection_class=_Connection,
                kwargs={"autocommit": True},
                configure=self._configure,
                min_size=1,
                max_size=max_connections,
                timeout=timeout,
                open=True,
            )

    def _configure(self, connection: Connection) -> None:
        connection.execute(_SESSION)
        if self._is_of_store:
            connection.execute(_THROUGH_INDEXES)

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection, for one thread at a time; each statement is a transaction unless one is begun.

        Raises:
            ConnectionLostError: it broke on the way.
            LostRaceError: another transaction got in the way.
            StoreError: the database cannot do it, or is not there.
        """
        connection = self._taken()
        try:
            yield connection
        except _DRIVER_ERRORS as error:
            raise self._in_words(error, is_broken=connection.broken) from None
        finally:
            self._pool.putconn(connection)

    def _taken(self) -> _Connection:
        if os.getpid() != self._process:
            # Two processes on one connection would read each other's answers.
            message = f"{self._where} was opened before this process was forked: open it again here"
            raise StoreError(message)
        try:
            return self._pool.getconn()
        except psycopg.Error as error:
            raise self._in_words(error) from None

    def run(self, statement: str, *parameters: Any) -> list[Row]:
        """The rows that *statement* gives back, few and short ones, in a transaction of its own; see `connected`."""
        connection = self._taken()
        # Written out: in the midst of a command, a context manager costs as much as the driver's own work.
        try:
            return connection.kept.execute(statement, parameters, binary=self._is_of_store).fetchall()
        except _DRIVER_ERRORS as error:
            raise self._in_words(error, is_broken=connection.broken) from None
        finally:
            self._pool.putconn(connection)

    def ask(self, question: str, *parameters: Any) -> list[Row]:
        """As `run`, however long the answer, for what changes nothing: tried again when the connection was broken."""
        if not all(map(can_be_stored, parameters)):
            return []
        return self.again(self._answered, question, *parameters)

    def _answered(self, question: str, *parameters: Any) -> list[Row]:
        with self.connected() as connection:
            return connection.execute(question, parameters, binary=self._is_of_store).fetchall()

    def again(self, act: Callable[..., _Answer], *parameters: Any) -> _Answer:
        """What *act* gives, which changes nothing: where the connection broke on the way, it begins anew."""
        for _ in range(_TRIES - 1):
            try:
                return act(*parameters)
            except ConnectionLostError:
                self.mend()
        return act(*parameters)

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
        except _DRIVER_ERRORS as error:
            raise self._in_words(error) from None

    def _in_words(self, error: psycopg.Error | UnicodeEncodeError, *, is_broken: bool = False) -> StoreError:
        if isinstance(error, UnicodeEncodeError):
            return StoreError(f"half a surrogate pair cannot be stored: {error.object!r}")
        if is_broken:
            return ConnectionLostError(self._message("broke off the connection", error))
        if isinstance(error, PoolClosed):
            return StoreError(f"{self._where} was closed: open it again")
        if isinstance(error, PoolTimeout):
            return StoreError(self._message("cannot be reached, or all connections to it are in use", error))
        return self._by_state(error)

    def _by_state(self, error: psycopg.Error) -> StoreError:
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
    if not isinstance(value, str):
        return True
    return "\x00" not in value and (value.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in value))


def storable(names: Iterable[str]) -> list[str]:
    """Those of *names* that PostgreSQL has a place for."""
    return [name for name in names if can_be_stored(name)]
