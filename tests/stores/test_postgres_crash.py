"""A writing process, or the whole server, is killed in the middle of its work: what was acknowledged is there, once.

CRASH_KILLS says how often; a long run takes some hundreds.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from csp_lifecycle.service import Lifecycle
from csp_lifecycle.service.loading import known
from csp_lifecycle.stores.following import Pace, follow
from csp_lifecycle.stores.postgres import PostgresStore
from csp_lifecycle.stores.store import Envelope, EventStore
from csp_lifecycle.testing.postgres_server import PostgresServer, own_server
from csp_lifecycle.testing.store_contract import require_chain
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import AddSeats, Command, Purchase, Upgrade
from csp_lifecycle.vocabulary.names import event_name
from csp_lifecycle.wire.catalog import read_catalog
from csp_lifecycle.wire.commands import command_json

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

KILLS = int(os.environ.get("CRASH_KILLS", "10"))
ROUNDS = 25
LATEST = 30
"""Behind how many acknowledged commands the kill comes at the latest: a good part of the story is still ahead then."""
JAN_1 = datetime(2025, 1, 1, tzinfo=UTC)
FEB_9 = datetime(2025, 2, 9, tzinfo=UTC)
WRITER = Path(__file__).with_name("postgres_writer.py")
CATALOG = read_catalog(Path(__file__).with_name("postgres_catalog.json").read_text())


def lifecycle_on(store: EventStore) -> Lifecycle:
    return Lifecycle(store, CATALOG, clock=lambda: datetime.now(UTC))


def buy(name: str, offer: str) -> Purchase:
    return Purchase(
        at=JAN_1,
        subscription_id=name,
        customer_id="contoso",
        offer_id=offer,
        seats=100,
        term=TermLength.YEAR,
        plan=Plan.MONTHLY,
        command_id=f"buy {name}",
    )


def add(name: str, n: int) -> AddSeats:
    return AddSeats(at=FEB_9, subscription_id=name, seats=1, command_id=f"{name} grows {n}")


def story(kill: int) -> list[Command]:
    """Two subscriptions: one grows, and moves a seat to the other each time."""
    left, right = f"{kill}-left", f"{kill}-right"
    commands: list[Command] = [buy(left, "left"), buy(right, "right")]
    for n in range(ROUNDS):
        commands.append(add(left, n))
        commands.append(
            Upgrade(
                at=FEB_9,
                subscription_id=left,
                offer_id="right",
                seats=1,
                target_subscription_id=right,
                command_id=f"{left} moves {n}",
            )
        )
    return commands


def killed_at_work(url: str, commands: list[Command], chance: random.Random) -> list[list[str]]:
    """What a writer acknowledged before it was killed, somewhere on its way through *commands*."""
    arguments = [sys.executable, str(WRITER), url]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        writer.stdin.write("".join(json.dumps(command_json(command)) + "\n" for command in commands))
        writer.stdin.flush()
        lines = [writer.stdout.readline() for _ in range(chance.randrange(1, LATEST))]
        time.sleep(chance.uniform(0, 0.006))
        writer.kill()
        lines += writer.stdout
    return [json.loads(line)["answer"] for line in lines if line.endswith("\n")]


def kept(store: EventStore, commands: list[Command]) -> list[list[str]]:
    """What each command has recorded, as far as the store knows of it."""
    outcomes = [store.outcome(str(command.command_id)) for command in commands]
    there = [outcome.envelopes for outcome in outcomes if outcome is not None]
    assert None not in outcomes[: len(there)], "a later command is there, and an earlier one is not"
    return [[event_name(type(known(envelope))) for envelope in envelopes] for envelopes in there]


def require_whole_commits(store: EventStore) -> None:
    """Positions grow, every subscription has all its versions, every event belongs to a command that is kept."""
    log = tuple(store.read_all())
    positions = [envelope.position for envelope in log]
    assert positions == sorted(set(positions))
    by_command: dict[str, list[Envelope]] = {}
    versions: Counter[str] = Counter()
    for envelope in log:
        by_command.setdefault(envelope.command_id, []).append(envelope)
        versions[envelope.stream] += 1
        assert envelope.version == versions[envelope.stream]
    for command_id, envelopes in by_command.items():
        outcome = store.outcome(command_id)
        assert outcome is not None
        assert outcome.envelopes == tuple(envelopes)
    require_chain(store)


def test_what_was_acknowledged_survives_its_writer(
    open_postgres: Callable[[], PostgresStore], postgres_url: str
) -> None:
    store = open_postgres()
    lifecycle = lifecycle_on(store)
    for kill in range(KILLS - KILLS // 2):
        commands = story(kill)
        acknowledged = killed_at_work(postgres_url, commands, random.Random(kill))  # noqa: S311
        assert 0 < len(acknowledged) < len(commands)
        # The server may still be busy with what the writer asked for last; to read the log is to wait for it.
        tuple(store.read_all())
        before = kept(store, commands)
        assert before[: len(acknowledged)] == acknowledged
        assert len(acknowledged) <= len(before) <= len(acknowledged) + 1
        for command in commands:
            lifecycle.handle(command)
        assert kept(store, commands)[: len(before)] == before
        seats = [lifecycle.subscription(command.subscription_id).seats for command in commands[:2]]
        assert seats == [100, 100 + ROUNDS]
    require_whole_commits(store)


@pytest.fixture(scope="module")
def mortal() -> Iterator[PostgresServer]:
    """A server that may be killed, and that writes to its disk as servers do."""
    with own_server() as server:
        yield server


@contextmanager
def at_work(store: EventStore, name: str) -> Iterator[list[int]]:
    """Somebody who adds seats meanwhile, one by one; the numbers that were acknowledged."""
    lifecycle, stop, acknowledged = lifecycle_on(store), Event(), list[int]()
    lifecycle.handle(buy(name, "left"))

    def work() -> None:
        while not stop.is_set():
            lifecycle.handle(add(name, len(acknowledged)))
            acknowledged.append(len(acknowledged))

    thread = Thread(target=work)
    thread.start()
    try:
        yield acknowledged
    finally:
        stop.set()
        thread.join()


@contextmanager
def followed(store: EventStore) -> Iterator[list[Envelope]]:
    """Somebody who follows the log meanwhile, and what was seen."""
    pace, seen = Pace(), list[Envelope]()

    def read() -> None:
        for batch in follow(store, pace=pace):
            seen.extend(batch)

    thread = Thread(target=read)
    thread.start()
    try:
        yield seen
    finally:
        pace.stop()
        thread.join()


def wait_for(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_writers_and_followers_go_on_when_the_server_is_killed_and_comes_back(mortal: PostgresServer) -> None:
    chance = random.Random(1)  # noqa: S311 - nothing is kept secret
    with closing(PostgresStore(mortal.url)) as store, followed(store) as seen:
        with at_work(store, "s-1") as one, at_work(store, "s-2") as two:
            for _ in range(KILLS // 2):
                so_far = len(one), len(two)
                wait_for(lambda so_far=so_far: len(one) > so_far[0] + 5 and len(two) > so_far[1] + 5)  # type: ignore[misc]
                time.sleep(chance.uniform(0, 0.05))
                mortal.kill()
                mortal.start()
        log = tuple(store.read_all())
        wait_for(lambda: len(seen) >= len(log))
        assert tuple(seen) == log
        require_whole_commits(store)
        counted = Counter(envelope.command_id for envelope in log)
        for name, acknowledged in (("s-1", one), ("s-2", two)):
            assert lifecycle_on(store).subscription(name).seats == 100 + len(acknowledged)
            # The first one took the cycle charge that was due along.
            assert [counted[f"{name} grows {n}"] for n in acknowledged] == [2] + [1] * (len(acknowledged) - 1)
