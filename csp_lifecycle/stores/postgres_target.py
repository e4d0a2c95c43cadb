"""A PostgreSQL database that projections keep their tables in: those of the first schema in the role's search path."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from csp_lifecycle.stores.postgres_pool import PostgresPool
from csp_lifecycle.stores.projection import Write

_LOCK = 0x6373705F70726F6A
"""An advisory lock of our own: two that make the same table at once would stumble over each other."""


class PostgresTarget:
    """Tables in a PostgreSQL database, which may be the one that the log is in.

    Args:
        url: which database, as for `PostgresStore`.
        max_connections: how many threads may use it at once; more of them wait.
        timeout: how many seconds are waited for a connection.
    """

    def __init__(self, url: str, *, max_connections: int = 2, timeout: float = 30.0) -> None:
        self._pool = PostgresPool(url, max_connections=max_connections, timeout=timeout)

    def prepare(self, statements: Iterable[Write]) -> None:
        """See `Target.prepare`."""
        with self.transaction() as run:
            run("SELECT pg_advisory_xact_lock(?)", (_LOCK,))
            for statement, values in statements:
                run(statement, values)

    def read(self, query: str, values: Sequence[Any]) -> list[Any]:
        """See `Target.read`."""
        return self._pool.ask(_marked(query), *values)

    @contextmanager
    def transaction(self) -> Iterator[Callable[[str, Sequence[Any]], int]]:
        """See `Target.transaction`."""
        with self._pool.connected() as connection, connection.transaction():
            yield lambda statement, values: connection.execute(_marked(statement), values).rowcount

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


def _marked(statement: str) -> str:
    """The statement with the driver's own mark for a value."""
    return statement.replace("%", "%%").replace("?", "%s")
