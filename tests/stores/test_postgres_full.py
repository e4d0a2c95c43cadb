"""A PostgreSQL database that cannot grow says so, and loses nothing."""

import os
import random
import subprocess
from collections.abc import Callable, Iterable

import psycopg
import pytest
from attrs import evolve

from csp_lifecycle.errors import StoreError
from csp_lifecycle.stores.postgres import PostgresStore
from csp_lifecycle.stores.store import Commit, EventStore
from csp_lifecycle.testing.store_contract import example_commit, require_chain
from csp_lifecycle.wire.events import UnknownEvent

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

SEGMENT = 16 * 2**20
"""The server's own journal is written in files of this size, and must go on: what holds the events ends behind it."""


def large(n: int) -> Commit:
    """An event of about 200 kB, which no compression makes smaller."""
    noise = random.Random(n).randbytes(100_000).hex()  # noqa: S311 - nothing is kept secret
    commit = example_commit(f"c-{n}", f"s-{n}")
    body = {"type": "painted", "subscription_id": f"s-{n}", "noise": noise}
    event = UnknownEvent(subscription_id=f"s-{n}", type="painted", schema=2, body=body)
    return evolve(commit, envelopes=tuple(evolve(one, event=event, schema=2) for one in commit.envelopes))


def append_all(store: EventStore, commits: Iterable[Commit]) -> None:
    for commit in commits:
        store.append(commit)


def limit_files(url: str, size: int | str) -> None:
    """From now on, no server process that is connected to the database may make a file larger than *size* bytes."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    for (pid,) in rows:
        # Not even root may do this to a process of somebody else, so it is done by whom the server belongs to.
        owner = os.stat(f"/proc/{pid}").st_uid  # noqa: PTH116 - only a number is wanted
        subprocess.run(["prlimit", f"--pid={pid}", f"--fsize={size}:"], check=True, user=owner)  # noqa: S607


def test_a_full_disk_leaves_whole_commits_and_goes_on_when_there_is_room(
    open_postgres: Callable[..., PostgresStore], postgres_url: str
) -> None:
    store = open_postgres(max_connections=1)
    commits = [large(n) for n in range(150)]
    limit_files(postgres_url, SEGMENT)
    # A server that finds no room for a whole page says that the disk is full, or in which file there was none.
    with pytest.raises(StoreError, match=r"cannot grow: the disk is full|could not extend file"):
        append_all(store, commits)
    kept = len(tuple(store.streams()))
    assert 0 < kept < len(commits)
    assert store.outcome(f"c-{kept}") is None
    limit_files(postgres_url, "unlimited")
    append_all(store, commits[kept:])
    assert [one.command_id for one in store.read_all()] == [commit.command_id for commit in commits]
    require_chain(store)
