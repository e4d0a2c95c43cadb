"""What can be wrong with a SQLite file is said in words, by the store's own error, and nothing is half written."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer

import pytest

from csp_lifecycle.errors import StoreError
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.stores.store import Commit, EventStore
from csp_lifecycle.testing.store_contract import example_commit

Open = Callable[..., SqliteStore]


def statement(path: Path, *statements: str) -> None:
    """What somebody else does to the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for one in statements:
            connection.execute(one)


def no_database(path: Path) -> None:
    path.write_text("{}\n" * 500)


def a_folder(path: Path) -> None:
    path.mkdir()


def other_tables(path: Path) -> None:
    statement(path, "CREATE TABLE events (day TEXT)")


def newer_layout(path: Path) -> None:
    SqliteStore(path).close()
    statement(path, "PRAGMA user_version = 3")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (no_database, "is no SQLite database"),
        (a_folder, "cannot be opened: check that its folder exists"),
        (other_tables, "has layout 0, this version of the library reads 2"),
        (newer_layout, "has layout 3, this version of the library reads 2: upgrade the library"),
    ],
)
def test_what_is_no_store_is_left_alone(path: Path, made: Callable[[Path], None], words: str) -> None:
    made(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError, match=words) as caught:
        SqliteStore(path)
    assert str(path) in str(caught.value)
    assert before == (path.read_bytes() if path.is_file() else None)
    assert sorted(path.parent.iterdir()) == [path]


def test_a_folder_that_is_missing_is_not_made(path: Path) -> None:
    with pytest.raises(StoreError, match="check that its folder exists"):
        SqliteStore(path / "history.db")
    assert not path.exists()


def test_a_store_that_would_vanish_is_refused() -> None:
    with pytest.raises(StoreError, match="cannot be kept in SQLite's WAL mode"):
        SqliteStore(":memory:")


def test_only_durable_ways_of_writing_are_offered(path: Path) -> None:
    with pytest.raises(ValueError, match="synchronous must be FULL or NORMAL, not 'OFF'"):
        SqliteStore(path, synchronous="OFF")


@contextmanager
def nobody() -> Iterator[None]:
    """Root may write anywhere; for a while, be somebody who may not."""
    root = os.geteuid()
    os.seteuid(root or 65534)
    try:
        yield
    finally:
        os.seteuid(root)


def write_once(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.append(example_commit("c-2", "s-2"))


@pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o777, 0o444), (0o555, 0o666), (0o555, 0o444)])
def test_what_may_not_be_written_is_not_written(folder_mode: int, file_mode: int) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "history.db"
        with closing(SqliteStore(path)) as store:
            before = store.append(example_commit("c-1", "s-1"))
        path.chmod(file_mode)
        path.parent.chmod(folder_mode)
        with nobody(), pytest.raises(StoreError, match="cannot be written: it, or its folder, is read-only"):
            write_once(path)
        path.parent.chmod(0o700)
        with closing(SqliteStore(path)) as store:
            assert tuple(store.read_all()) == before


def test_a_writer_that_keeps_the_lock_is_not_waited_for_without_end(open_sqlite: Open, path: Path) -> None:
    store = open_sqlite(busy_timeout=0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="was kept locked by somebody else for longer than this store waits"):
            store.append(example_commit("c-1", "s-1"))
        assert store.read("s-1") == ()
        other.execute("ROLLBACK")
    assert store.append(example_commit("c-1", "s-1")) == store.read("s-1")


@pytest.mark.parametrize("lock", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_new_file_that_somebody_else_keeps_locked_is_not_waited_for_without_end(path: Path, lock: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(f"BEGIN {lock}")
        with pytest.raises(StoreError, match="was kept locked by somebody else"):
            SqliteStore(path, busy_timeout=0.05)


def test_a_file_that_somebody_else_is_making_is_waited_for(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        Timer(0.1, other.execute, ["ROLLBACK"]).start()
        with closing(SqliteStore(path)) as store:
            assert len(store.append(example_commit("c-1", "s-1"))) == 1


@pytest.mark.parametrize("made", [[], ["PRAGMA journal_mode = WAL"], ["PRAGMA journal_mode = WAL", "BEGIN IMMEDIATE"]])
def test_a_file_whose_maker_died_on_the_way_is_made_to_the_end(path: Path, made: list[str]) -> None:
    path.touch()
    statement(path, *made)
    with closing(SqliteStore(path)) as store:
        assert len(store.append(example_commit("c-1", "s-1"))) == 1


class SmallDisk(SqliteStore):
    """A store on a disk whose room can be set."""

    def hold(self, pages: int) -> None:
        self._file.all(f"PRAGMA max_page_count = {pages}")


def append_all(store: EventStore, commits: Iterable[Commit]) -> None:
    for commit in commits:
        store.append(commit)


def test_a_full_disk_leaves_whole_commits_and_goes_on_when_there_is_room(path: Path) -> None:
    commits = [example_commit(f"c-{n}", *[f"s-{n}"] * 20) for n in range(50)]
    with closing(SmallDisk(path)) as store:
        store.hold(pages=30)
        with pytest.raises(StoreError, match="cannot grow: the disk is full"):
            append_all(store, commits)
        kept = len(tuple(store.streams()))
        assert 0 < kept < len(commits)
        assert [one.command_id for one in store.read_all()] == [f"c-{n}" for n in range(kept) for _ in range(20)]
        assert store.outcome(f"c-{kept}") is None
        store.hold(pages=10_000)
        append_all(store, commits[kept:])
        assert [one.position for one in store.read_all()] == list(range(1, 20 * len(commits) + 1))


def test_a_damaged_file_is_said_to_be_damaged(open_sqlite: Open, path: Path) -> None:
    with closing(open_sqlite()) as store:
        store.append(example_commit("c-1", *["s-1"] * 200))
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    with pytest.raises(StoreError, match="is damaged"):
        list(open_sqlite().read_all())


def test_a_closed_store_says_so(open_sqlite: Open) -> None:
    store = open_sqlite()
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.append(example_commit("c-1", "s-1"))
    with pytest.raises(StoreError, match="closed"):
        store.read("s-1")


def test_a_store_is_not_taken_into_a_fork(path: Path) -> None:
    script = f"""
import os
from csp_lifecycle.stores.sqlite import SqliteStore
store = SqliteStore({str(path)!r})
if os.fork():
    print(os.wait()[1], store.streams_of("contoso"))
else:
    try:
        store.streams_of("contoso")
    except Exception as error:
        os.write(1, f"{{type(error).__name__}}: {{error}}\\n".encode())
        os._exit(0)
"""
    printed = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert printed.startswith(f"StoreError: the SQLite file {path} was opened before this process was forked")
    assert printed.endswith("\n0 ()\n")
