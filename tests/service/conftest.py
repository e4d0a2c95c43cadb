"""The service on every engine: new stores, several stores on one history, and processes of their own."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.service import Answer, Lifecycle
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.postgres import PostgresStore
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.testing.postgres_server import new_database
from csp_lifecycle.vocabulary.commands import Advance, Command
from csp_lifecycle.wire.commands import command_json

WORKER = Path(__file__).with_name("worker.py")
Outcome = Answer | CommandRefusedError


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def new_store(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[], EventStore]]:
    """Makes a new and empty store on the engine; all are closed at the end."""
    numbers = count()
    with ExitStack() as opened:

        def made() -> EventStore:
            store: EventStore = MemoryStore()
            if engine == "sqlite":
                store = SqliteStore(tmp_path / f"{next(numbers)}.db", synchronous="NORMAL")
            elif engine == "postgres":
                server = request.getfixturevalue("postgres_server_url")
                store = PostgresStore(opened.enter_context(new_database(server)))
            opened.callback(store.close)
            return store

        yield made


@pytest.fixture
def store(new_store: Callable[[], EventStore]) -> EventStore:
    """A new and empty store on each engine."""
    return new_store()


@pytest.fixture
def service() -> Callable[..., Lifecycle]:
    """The service on a store, with the example catalog; the ids it makes up say so."""
    numbers = count(1)

    def on(store: EventStore, **options: Any) -> Lifecycle:
        return Lifecycle(
            store,
            example_catalog(),
            clock=lambda: datetime(2035, 1, 1, tzinfo=UTC),
            new_id=lambda: f"made {next(numbers)}",
            **options,
        )

    return on


@pytest.fixture
def told() -> Callable[[Sequence[Outcome]], list[Any]]:
    """What answers say, to be compared: what was recorded, what is stuck, or the refusal and its evidence."""

    def one(outcome: Outcome) -> Any:
        if isinstance(outcome, CommandRefusedError):
            return str(outcome)
        return outcome.recorded, [(stuck.subscription_id, str(stuck.refusal)) for stuck in outcome.stuck]

    return lambda outcomes: [one(outcome) for outcome in outcomes]


@pytest.fixture
def one_by_one() -> Callable[[Lifecycle, Sequence[Command | Advance]], list[Outcome]]:
    """The outcome of each command, each handled by itself."""

    def handled(lifecycle: Lifecycle, commands: Sequence[Command | Advance]) -> list[Outcome]:
        outcomes = list[Outcome]()
        for command in commands:
            try:
                outcomes.append(lifecycle.handle(command))
            except CommandRefusedError as refusal:
                outcomes.append(refusal)
        return outcomes

    return handled


@pytest.fixture
def history() -> Callable[[EventStore], list[Any]]:
    """The whole log, without positions, salts, digests and made-up ids: what may differ from telling to telling."""

    def asked_as(command_id: str) -> str:
        return "made" if command_id.startswith("made ") else command_id

    def log(store: EventStore) -> list[Any]:
        return [
            (one.version, one.event_id, asked_as(one.command_id), one.actor, one.policy, one.event)
            for one in store.read_all()
        ]

    return log


@pytest.fixture
def shared_url(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], str]]:
    """The URL of a new history that several processes can open."""
    with ExitStack() as opened:

        def url(engine: str) -> str:
            if engine == "sqlite":
                return f"sqlite:///{tmp_path}/shared.db"
            return opened.enter_context(new_database(request.getfixturevalue("postgres_server_url")))

        yield url


@pytest.fixture
def in_processes() -> Callable[..., list[list[Any]]]:
    """Hands lists of commands to processes of their own, all at once; each takes all of its list in one batch."""

    def answers(url: str, *shares: Sequence[Command | Advance], at_once: int = 500) -> list[list[Any]]:
        started = [
            subprocess.Popen(
                [sys.executable, str(WORKER), url, str(at_once)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in shares
        ]
        for worker in started:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        for worker, share in zip(started, shares, strict=True):
            assert worker.stdin is not None
            worker.stdin.write(json.dumps([command_json(command) for command in share]) + "\n")
            worker.stdin.flush()
        outputs = [worker.communicate(timeout=120)[0] for worker in started]
        assert [worker.returncode for worker in started] == [0] * len(started)
        return [json.loads(output) for output in outputs]

    return answers
