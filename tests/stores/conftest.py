"""Stores that many share, what they sell, and processes of their own that write to them."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from csp_lifecycle.service import Lifecycle
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.vocabulary.commands import Advance, Command
from csp_lifecycle.wire.catalog import read_catalog
from csp_lifecycle.wire.commands import command_json

PRICES = [{"term": "P1Y", "plan": "monthly", "price": "10.00", "currency": "EUR"}]
OFFER: dict[str, Any] = {"commerce": "new-commerce", "prices": PRICES}
OFFERS = [
    {"offer_id": "left", "name": "Upgrades to right", "upgrades_to": ["right"], **OFFER},
    {"offer_id": "right", "name": "Upgrades to left", "upgrades_to": ["left"], **OFFER},
    {"offer_id": "single", "name": "Only one a customer", "one_per_customer": True, **OFFER},
    {"offer_id": "extra", "name": "Add-on to left", "add_on_to": ["left"], **OFFER},
]
WRITER = Path(__file__).with_name("writer.py")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a SQLite store keeps its history."""
    return tmp_path / "history.db"


@pytest.fixture
def open_sqlite(path: Path) -> Iterator[Callable[..., SqliteStore]]:
    """Opens that file, as often as asked; all are closed at the end."""
    stores: list[SqliteStore] = []

    def opened(**options: Any) -> SqliteStore:
        stores.append(SqliteStore(path, **options))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


@pytest.fixture(params=["memory", "one SQLite store", "a SQLite store each"])
def open_store(request: pytest.FixtureRequest, open_sqlite: Callable[[], SqliteStore]) -> Callable[[], EventStore]:
    """Gives every thread its store: all the same one, or each one of its own on the same file."""
    if request.param == "a SQLite store each":
        return open_sqlite
    shared: EventStore = MemoryStore() if request.param == "memory" else open_sqlite()
    return lambda: shared


@pytest.fixture
def lifecycle_on() -> Callable[[EventStore], Lifecycle]:
    """A service on a store, with offers that upgrade into each other, and one that is sold once."""
    catalog = read_catalog(json.dumps({"offers": OFFERS}))
    return lambda store: Lifecycle(store, catalog, clock=lambda: datetime(2030, 1, 1, tzinfo=UTC))


@pytest.fixture
def start_writer(path: Path, tmp_path: Path) -> Callable[[], "subprocess.Popen[str]"]:
    """Starts a process that takes commands from its input and acknowledges each on its output."""
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps({"offers": OFFERS}))

    def started() -> "subprocess.Popen[str]":
        command = [sys.executable, str(WRITER), str(path), str(catalog)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    return started


@pytest.fixture
def in_processes(start_writer: Callable[[], "subprocess.Popen[str]"]) -> Callable[..., list[list[dict[str, Any]]]]:
    """Hands each list of commands to a process of its own, all at once; what each of them answers, line by line."""

    def answers(*shares: Sequence[Command | Advance]) -> list[list[dict[str, Any]]]:
        writers = [start_writer() for _ in shares]
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
        for writer, share in zip(writers, shares, strict=True):
            assert writer.stdin is not None
            writer.stdin.write("".join(json.dumps(command_json(command)) + "\n" for command in share))
            writer.stdin.flush()
        outputs = [writer.communicate(timeout=60)[0] for writer in writers]
        assert [writer.returncode for writer in writers] == [0] * len(writers)
        return [[json.loads(line) for line in output.splitlines()] for output in outputs]

    return answers
