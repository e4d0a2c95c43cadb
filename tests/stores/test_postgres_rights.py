"""Who may do what to the history: nobody changes it, and who only appends and reads needs no right to do more."""

import inspect
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from csp_lifecycle.errors import StoreError
from csp_lifecycle.stores import postgres_schema
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.postgres import PostgresStore
from csp_lifecycle.testing.store_contract import example_commit

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

CHANGES = (
    "UPDATE csp_lifecycle.events SET actor = 'nobody'",
    "UPDATE csp_lifecycle.events SET actor = 'nobody' WHERE false",
    "DELETE FROM csp_lifecycle.events",
    "TRUNCATE csp_lifecycle.events",
    "UPDATE csp_lifecycle.seals SET log_digest = ''",
    "DELETE FROM csp_lifecycle.seals",
)
FORGERIES = (
    "INSERT INTO csp_lifecycle.events OVERRIDING SYSTEM VALUE SELECT * FROM csp_lifecycle.events",
    "UPDATE csp_lifecycle.streams SET version = 7",
    "INSERT INTO csp_lifecycle.seals VALUES (9, '')",
    "UPDATE csp_lifecycle.snapshots SET body = ''",
    "SELECT csp_lifecycle.rewrite('[]', '{}')",
    "SELECT csp_lifecycle.seal_until(9)",
    "UPDATE csp_lifecycle.customers SET streams = 0",
    "SELECT setval('csp_lifecycle.events_position_seq', 1)",
    "ALTER TABLE csp_lifecycle.events DISABLE TRIGGER events_stay",
    "CREATE TABLE csp_lifecycle.more (day text)",
)


ROLE = f"app_{uuid.uuid4().hex}"


def documented(word: str) -> list[str]:
    """The statements that the docstring of the schema recommends."""
    found = re.findall(rf"^ +({word} .*) app;$", inspect.getdoc(postgres_schema) or "", re.MULTILINE)
    assert found
    return [f"{statement} {ROLE}" for statement in found]


def test_the_documentation_grants_what_the_schema_says() -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "keep-the-history-safe.md"
    granted_there = re.findall(r"^(GRANT .*) TO app;$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert [f"{statement} TO {ROLE}" for statement in granted_there] == documented("GRANT")


@pytest.fixture
def app_url(postgres_url: str) -> Iterator[str]:
    """The database as a role sees it that was granted what the docstring says."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}'")
        url = urlsplit(postgres_url)
        yield url._replace(netloc=f"{ROLE}:{ROLE}@{url.netloc.rpartition('@')[2]}").geturl()
        connection.execute(f"DROP OWNED BY {ROLE} CASCADE")
        connection.execute(f"DROP ROLE {ROLE}")


def granted(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize("change", CHANGES)
def test_not_even_the_owner_changes_an_event(
    open_postgres: Callable[[], PostgresStore], postgres_url: str, change: str
) -> None:
    store = open_postgres()
    stored = store.append(example_commit("c-1", "s-1"))
    with (
        psycopg.connect(postgres_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="the log is only ever added to"),
    ):
        connection.execute(change)
    assert tuple(store.read_all()) == stored


def test_a_role_that_appends_and_reads_needs_no_more_than_is_documented(
    open_postgres: Callable[[], PostgresStore], postgres_url: str, app_url: str
) -> None:
    owner = open_postgres()
    granted(postgres_url, *documented("GRANT"))
    with closing(PostgresStore(app_url)) as store:
        first = store.append(example_commit("c-1", "s-1", "s-2", customers={"contoso": 0}))
        second = store.append(example_commit("c-2", "s-1", known={"s-1": 1}))
        assert tuple(store.read_all()) == first + second == tuple(owner.read_all())
        assert (store.streams_of("contoso"), tuple(store.streams()), store.due()) == (
            ("s-1", "s-2"),
            ("s-1", "s-2"),
            (),
        )
        assert store.outcome("c-1") == owner.outcome("c-1")
    with psycopg.connect(app_url, autocommit=True) as connection:
        for statement in (*CHANGES, *FORGERIES):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
    assert tuple(owner.read_all()) == first + second


def test_who_could_append_before_there_was_a_short_way_can_take_it(
    open_postgres: Callable[[], PostgresStore], postgres_url: str, app_url: str
) -> None:
    open_postgres()
    granted(
        postgres_url,
        "DROP FUNCTION csp_lifecycle.append_one",
        "DELETE FROM csp_lifecycle.migrations WHERE number = 3",
        *(grant.replace("csp_lifecycle.append_one, ", "") for grant in documented("GRANT")),
    )
    owner = open_postgres()
    with closing(PostgresStore(app_url)) as store:
        first = store.append(example_commit("c-1", "s-1"))
        second = store.append(example_commit("c-2", "s-1", known={"s-1": 1}))
    assert tuple(owner.read_all()) == first + second


def test_to_take_over_or_redact_a_history_is_for_the_owner(
    open_postgres: Callable[[], PostgresStore], postgres_url: str, app_url: str
) -> None:
    stored = open_postgres().append(example_commit("c-1", "s-1"))
    others = MemoryStore()
    others.append_all([example_commit("c-1", "s-1"), example_commit("c-2", "s-2")])
    granted(postgres_url, *documented("GRANT"))
    with closing(PostgresStore(app_url)) as store:
        with pytest.raises(StoreError, match="does not permit that to this role"):
            store.restore(others.read_all(), lambda stream, _: others.state(stream) or pytest.fail(stream))
        with pytest.raises(StoreError, match="does not permit that to this role"):
            store.rewrite(stored, {"contoso": "somebody"})
        assert tuple(store.read_all()) == stored
        assert store.streams_of("contoso") == ("s-1",)


def test_a_role_that_reads_cannot_append(
    open_postgres: Callable[[], PostgresStore], postgres_url: str, app_url: str
) -> None:
    stored = open_postgres().append(example_commit("c-1", "s-1"))
    granted(postgres_url, *documented("GRANT")[:-1])
    with closing(PostgresStore(app_url)) as store:
        assert tuple(store.read_all()) == stored
        with pytest.raises(StoreError, match=r"does not permit that to this role: .*permission denied"):
            store.append(example_commit("c-2", "s-2"))


@pytest.mark.parametrize("tables_are_there", [False, True])
def test_a_role_without_rights_is_told_where_they_are_written_down(
    open_postgres: Callable[[], PostgresStore], app_url: str, *, tables_are_there: bool
) -> None:
    if tables_are_there:
        open_postgres()
    with pytest.raises(StoreError, match=re.escape("csp_lifecycle.stores.postgres_schema says what it needs")):
        PostgresStore(app_url)
