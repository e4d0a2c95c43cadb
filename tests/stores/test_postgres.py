"""The PostgreSQL store keeps the contract, and says in words what is wrong with a database."""

import hashlib
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from contextlib import closing
from functools import partial
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from attrs import evolve

from csp_lifecycle.errors import BrokenHistoryError, StoreError
from csp_lifecycle.stores.opening import open_store
from csp_lifecycle.stores.postgres import PostgresStore
from csp_lifecycle.stores.postgres_schema import MIGRATIONS
from csp_lifecycle.stores.store import Commit, EventStore
from csp_lifecycle.testing.postgres_server import new_database
from csp_lifecycle.testing.store_contract import HistoryContract, StoreContract, at_once, example_commit, require_chain
from csp_lifecycle.wire.events import UnknownEvent

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

Open = Callable[..., PostgresStore]
SHIPPED = (
    "ad740b72e3100ba62c1460819f799c6219a6b1e43661faa5d1acbd09035f520a",
    "4a3d800d217f76150d35551605ed8d75d661e16fcf209428820a0629cbd0afb8",
    "9ecbda197f201992a52f9e3e90a78085893f71ba66fc87765d80c8d5bf868c82",
)
"""The SHA-256 of every migration that was ever shipped; never edited, only added to."""
ODD_SETTINGS = (
    "-c TimeZone=Asia/Kathmandu -c DateStyle=German -c default_transaction_isolation=serializable "
    "-c standard_conforming_strings=off -c search_path=nowhere -c enable_indexscan=off -c bytea_output=escape"
)


class TestPostgresStore(StoreContract):
    @pytest.fixture
    def store(self, open_postgres: Open) -> EventStore:
        return open_postgres()


class TestPostgresStoreOnAServerSetUpOddly(HistoryContract):
    @pytest.fixture
    def store(self, open_postgres: Open, postgres_url: str) -> EventStore:
        return open_postgres(with_options(postgres_url, ODD_SETTINGS))


def with_options(url: str, options: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}options={quote(options)}"


def everything(store: EventStore) -> tuple[object, ...]:
    streams = tuple(store.streams())
    read = [store.read(stream) for stream in streams]
    return tuple(store.read_all()), read, store.streams_of("contoso"), store.due(), store.outcome("c-1")


def run(url: str, *statements: str) -> None:
    """What somebody else does to the database."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_url_opens_it_and_what_it_holds_is_there_the_next_time(postgres_url: str) -> None:
    with closing(open_store(postgres_url)) as store:
        assert isinstance(store, PostgresStore)
        store.append(example_commit("c-1", "s-1", "s-2", "s-1"))
        before = everything(store)
    with closing(open_store(postgres_url)) as store:
        assert everything(store) == before


def test_two_openings_of_a_database_see_each_other_at_once(open_postgres: Open) -> None:
    one, other = open_postgres(), open_postgres()
    one.append(example_commit("c-1", "s-1"))
    other.append(example_commit("c-2", "s-1", known={"s-1": 1}))
    assert everything(one) == everything(other)
    assert [envelope.position for envelope in one.read("s-1")] == [1, 2]


def test_of_many_that_open_an_empty_database_one_makes_the_tables(open_postgres: Open) -> None:
    stores = at_once([open_postgres] * 6)
    assert {type(store) for store in stores} == {PostgresStore}
    at_once([partial(store.append, example_commit(f"c-{n}", f"s-{n}")) for n, store in enumerate(stores)])
    assert len(stores[0].streams_of("contoso")) == len(stores)


def test_an_append_is_one_round_trip(open_postgres: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    store, asked = open_postgres(), list[str]()
    (first,) = store.append(example_commit("c-0", "s-1"))
    run = store._pool.run  # noqa: SLF001 - nobody else can count them

    def counted(statement: str, *parameters: object) -> object:
        asked.append(statement)
        return run(statement, *parameters)

    monkeypatch.setattr(store._pool, "run", counted)  # noqa: SLF001 - as above
    commit = evolve(example_commit("c-1", "s-1", known={"s-1": 1}), heads={"s-1": first.digest})
    (second,) = store.append(commit)
    assert len(asked) == 1
    batch = [example_commit("c-2", "s-1", known={"s-1": 2}), example_commit("c-3", "s-1", "s-2", known={"s-1": 3})]
    store.append_all([evolve(one, heads={"s-1": second.digest}) for one in batch])
    assert len(asked) == 2
    require_chain(store)


def test_a_shipped_migration_is_never_edited() -> None:
    scripts = ("".join(step for step in steps if isinstance(step, str)) for steps in MIGRATIONS)
    assert tuple(hashlib.sha256(script.encode()).hexdigest() for script in scripts) == SHIPPED


def test_ids_compare_by_code_point_whatever_the_locale(open_postgres: Open, postgres_url: str) -> None:
    open_postgres()
    with psycopg.connect(postgres_url) as connection:
        found = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'csp_lifecycle' "
            "AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'"
        ).fetchall()
    # These are neither looked up nor sorted.
    looked_up = {("streams", "stream"), ("streams", "customer_id"), ("events", "stream"), ("events", "command_id")}
    assert looked_up.isdisjoint(found)
    assert {column for _, column in found} == {
        *("actor", "policy", "command_digest", "salt", "redacted", "digest", "log_digest", "body"),
    }


def test_a_database_of_a_newer_version_is_left_alone(open_postgres: Open, postgres_url: str) -> None:
    before = everything(open_postgres())
    run(postgres_url, "INSERT INTO csp_lifecycle.migrations (number) VALUES (4)")
    with pytest.raises(StoreError, match="has layout 4, this version of the library reads 3: upgrade the library"):
        open_postgres()
    run(postgres_url, "DELETE FROM csp_lifecycle.migrations WHERE number = 4")
    assert everything(open_postgres()) == before


def test_a_schema_that_is_not_ours_is_left_alone(open_postgres: Open, postgres_url: str) -> None:
    run(postgres_url, "CREATE SCHEMA csp_lifecycle", "CREATE TABLE csp_lifecycle.events (day text)")
    with pytest.raises(StoreError, match='schema "csp_lifecycle" already exists'):
        open_postgres()


def test_a_database_that_cannot_hold_every_letter_is_refused(postgres_server_url: str) -> None:
    options = "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
    with new_database(postgres_server_url, options) as url, pytest.raises(StoreError, match="keeps text as LATIN1"):
        PostgresStore(url)


@pytest.fixture
def wrong_url(request: pytest.FixtureRequest, postgres_url: str) -> str:
    """A URL with a password in which one thing is wrong."""
    url = urlsplit(postgres_url)
    server = url.netloc.rpartition("@")[2]
    wrong = {
        "no such database": url._replace(path="/missing").geturl(),
        "no such user": url._replace(netloc=f"nobody:s3cret@{server}").geturl(),
        "user and password alike": url._replace(netloc=f"s3cret:s3cret@{server}").geturl(),
        "nobody listens": "postgresql://me:s3cret@127.0.0.1:1/history",
        "no such host": "postgresql://me:s3cret@host.invalid/history",
        "no number": "postgresql://me:s3cret@host:port/history",
        "a slash in the password": "postgresql://me:s3cret/s3cret@host/history",
        "a slash behind a number": "postgresql://me:12/s3cret@host/history",
        "no such option": "postgresql://me:s3cret@host/history?colour=blue",
        "no end": "postgresql://me:s3cret@[::1/history",
    }
    return wrong[str(request.param)]


@pytest.mark.parametrize(
    ("wrong_url", "kind", "words"),
    [
        ("no such database", StoreError, r"the PostgreSQL database 'missing' .*cannot be opened \(.*does not exist"),
        ("no such user", StoreError, r"cannot be opened \(.*nobody"),
        ("nobody listens", StoreError, r"database 'history' on 127.0.0.1:1 cannot be opened \(.*refused"),
        ("no such host", StoreError, r"cannot be opened \("),
        ("no number", ValueError, "this is no PostgreSQL URL"),
        ("a slash in the password", ValueError, "this is no PostgreSQL URL"),
        ("a slash behind a number", ValueError, "this is no PostgreSQL URL"),
        ("no such option", ValueError, "this is no PostgreSQL URL"),
        ("no end", ValueError, "this is no PostgreSQL URL"),
        ("user and password alike", StoreError, "cannot be opened$"),
    ],
    indirect=["wrong_url"],
)
def test_what_is_wrong_with_a_url_is_said_without_its_password(
    wrong_url: str, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        PostgresStore(wrong_url)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_who_has_no_driver_is_told_which_extra_to_install() -> None:
    script = """
import sys
sys.modules["psycopg"] = None
from csp_lifecycle.errors import StoreError
from csp_lifecycle.stores.opening import open_store
try:
    open_store("postgresql://me@host/history")
except StoreError as error:
    print(error)
"""
    printed = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert "pip install 'csp-lifecycle[postgres]'" in printed


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("body", "[]", "must be a JSON object"),
        ("body", '{"type": "renamed", "subscription_id": "s-1"}', "a stored renamed of 's-1' cannot be read"),
        ("body", '{"a": 1, "a": 2}', "stands twice"),
        ("actor", "the tooth fairy", "the tooth fairy"),
    ],
)
def test_a_row_that_cannot_be_read_is_broken_history(
    open_postgres: Open, postgres_url: str, column: str, value: str, words: str
) -> None:
    store = open_postgres()
    store.append(example_commit("c-1", "s-2", "s-1"))
    run(
        postgres_url,
        "ALTER TABLE csp_lifecycle.events DISABLE TRIGGER events_stay",
        f"UPDATE csp_lifecycle.events SET {column} = '{value}' WHERE position = 2",  # noqa: S608
    )
    with pytest.raises(BrokenHistoryError, match=f"position 2 cannot be read: .*{words}"):
        store.read("s-1")
    assert len(store.read("s-2")) == 1


def test_a_closed_store_says_so(open_postgres: Open) -> None:
    store = open_postgres()
    store.close()
    store.close()
    with pytest.raises(StoreError, match="was closed: open it again"):
        store.append(example_commit("c-1", "s-1"))
    with pytest.raises(StoreError, match="was closed: open it again"):
        store.read("s-1")


def test_a_store_is_not_taken_into_a_fork(postgres_url: str) -> None:
    script = f"""
import os
from csp_lifecycle.stores.postgres import PostgresStore
store = PostgresStore({postgres_url!r})
if os.fork():
    print(os.wait()[1], store.streams_of("contoso"))
    store.close()
else:
    try:
        store.streams_of("contoso")
    except Exception as error:
        os.write(1, f"{{type(error).__name__}}: {{error}}\\n".encode())
        store.close()
        os._exit(0)
"""
    quiet = {**os.environ, "PYTHONWARNINGS": "ignore"}
    printed = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, env=quiet
    ).stdout
    assert printed.startswith("StoreError: the PostgreSQL database")
    assert "was opened before this process was forked" in printed
    assert printed.endswith("\n0 ()\n")


def test_a_statement_that_takes_too_long_is_the_stores_error(open_postgres: Open, postgres_url: str) -> None:
    open_postgres()
    store = open_postgres(with_options(postgres_url, "-c lock_timeout=50ms"))
    with psycopg.connect(postgres_url) as other:
        other.execute("LOCK TABLE csp_lifecycle.streams")
        with pytest.raises(StoreError, match="canceling statement due to lock timeout"):
            store.append(example_commit("c-1", "s-1"))
    assert store.append(example_commit("c-1", "s-1")) == store.read("s-1")


def test_a_database_that_is_read_only_says_so(open_postgres: Open, postgres_url: str) -> None:
    before = open_postgres().append(example_commit("c-1", "s-1"))
    store = open_postgres(with_options(postgres_url, "-c default_transaction_read_only=on"))
    with pytest.raises(StoreError, match="is read-only: name one that may be written"):
        store.append(example_commit("c-2", "s-2"))
    assert store.read("s-1") == before
    assert store.outcome("c-2") is None


def with_body(commit: Commit, **body: str) -> Commit:
    newer = UnknownEvent(subscription_id="s-1", type="newer", schema=2, body=body)
    return evolve(commit, envelopes=tuple(evolve(one, event=newer, schema=2) for one in commit.envelopes))


COMMIT = example_commit("c-1", "s-1")
LONG = "".join(chr(0x4E00 + n * n % 20_000) for n in range(9000))


@pytest.mark.parametrize(
    ("commit", "words"),
    [
        (example_commit("c-\x00", "s-1"), "cannot hold such a value"),
        (evolve(COMMIT, expected={"s-\x00": 0}), "cannot hold such a value"),
        (example_commit(LONG, "s-1"), "cannot hold so long a value"),
        (with_body(COMMIT, name="\ud800"), "half a surrogate pair cannot be stored"),
    ],
)
def test_what_no_table_can_hold_is_the_stores_error(open_postgres: Open, commit: Commit, words: str) -> None:
    store = open_postgres()
    with pytest.raises(StoreError, match=words):
        store.append(commit)
    assert everything(store) == ((), [], (), (), None)


def test_what_a_newer_version_says_is_kept_whatever_it_is(open_postgres: Open) -> None:
    store = open_postgres()
    stored = store.append(with_body(COMMIT, type="newer", subscription_id="s-1", name='NUL \x00 \\u0000 \\ "'))
    assert store.read("s-1") == stored
