"""A SQLite file is copied while it is written to, and the copy holds."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from csp_lifecycle.service import Lifecycle
from csp_lifecycle.service.moving import export
from csp_lifecycle.service.verifying import verify
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.vocabulary import commands as c

LATER = datetime(2025, 5, 1, tzinfo=UTC)


def by_backup(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other, pages=5, sleep=0.001)


def by_vacuum(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


@pytest.mark.parametrize("copy", [by_backup, by_vacuum])
def test_a_file_is_copied_while_others_write_to_it_and_the_copy_holds(
    engines: Any, play: Callable[..., Lifecycle], tmp_path: Path, copy: Callable[[Path, Path], None]
) -> None:
    store = engines.new("sqlite")
    play(store)
    before, stop, written = verify(store).checkpoint, threading.Event(), list[int]()

    def write() -> None:
        for minute in range(2000):
            at = LATER + timedelta(minutes=minute)
            play(store, c.Rename(at=at, subscription_id="s-1", command_id=f"c {minute}", friendly_name=f"n-{minute}"))
            written.append(minute)
            if stop.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    copies = []
    for number in range(3):
        copies.append(tmp_path / f"copy-{number}.db")
        copy(Path(engines.places[id(store)]), copies[-1])
    stop.set()
    writer.join()
    assert written
    log = list(export(store))
    for path in copies:
        with closing(SqliteStore(path)) as restored:
            assert verify(restored, before).ok
            exported = list(export(restored))
            assert log[: len(exported)] == exported
