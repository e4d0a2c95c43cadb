"""A writing process is killed in the middle of its work, and what it had acknowledged is there.

CRASH_KILLS says how often. A long run, of some hundreds:

    CRASH_KILLS=300 python -m pytest tests/stores/test_crash.py tests/stores/test_postgres_crash.py
"""

import json
import os
import random
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

from csp_lifecycle.service import Lifecycle
from csp_lifecycle.service.loading import known
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.testing.store_contract import require_chain
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import AddSeats, Command, Purchase, Rename, Upgrade
from csp_lifecycle.vocabulary.events import Renamed
from csp_lifecycle.vocabulary.names import event_name
from csp_lifecycle.wire.commands import command_json

KILLS = int(os.environ.get("CRASH_KILLS", "16"))
JAN_1 = datetime(2025, 1, 1, tzinfo=UTC)
FEB_9 = datetime(2025, 2, 9, tzinfo=UTC)
ROUNDS = 25
LATEST = 30
"""Behind how many acknowledged commands the kill comes at the latest: a good part of the story is still ahead then."""
Start = Callable[[], "subprocess.Popen[str]"]
On = Callable[[EventStore], Lifecycle]


def buy(name: str, offer: str, customer: str) -> Purchase:
    return Purchase(
        at=JAN_1,
        subscription_id=name,
        customer_id=customer,
        offer_id=offer,
        seats=100,
        term=TermLength.YEAR,
        plan=Plan.MONTHLY,
        command_id=f"buy {name}",
    )


def story(kill: int) -> list[Command]:
    """Two subscriptions of one customer: seats move from one to the other and back, and the first one grows."""
    left, right = f"{kill}-left", f"{kill}-right"
    commands: list[Command] = [buy(left, "left", f"{kill}"), buy(right, "right", f"{kill}")]
    for n in range(ROUNDS):
        for source, target, offer in ((left, right, "right"), (right, left, "left")):
            commands.append(
                Upgrade(
                    at=FEB_9,
                    subscription_id=source,
                    offer_id=offer,
                    seats=1,
                    target_subscription_id=target,
                    command_id=f"{source} {n}",
                )
            )
        commands.append(AddSeats(at=FEB_9, subscription_id=left, seats=1, command_id=f"{left} grows {n}"))
    return commands


def killed_at_work(writer: "subprocess.Popen[str]", commands: list[Command], chance: random.Random) -> list[Any]:
    """What the writer acknowledged before it was killed, somewhere on its way through *commands*."""
    assert writer.stdin is not None
    assert writer.stdout is not None
    with writer:
        assert writer.stdout.readline() == "ready\n"
        writer.stdin.write("".join(json.dumps(command_json(command)) + "\n" for command in commands))
        writer.stdin.flush()
        lines = [writer.stdout.readline() for _ in range(chance.randrange(1, LATEST))]
        time.sleep(chance.uniform(0, 0.004))
        writer.kill()
        lines += writer.stdout
    return [json.loads(line) for line in lines if line.endswith("\n")]


def recorded(store: EventStore, commands: list[Command]) -> list[list[str]]:
    """What each command has recorded, in order, as far as the store knows of it."""
    outcomes = [store.outcome(str(command.command_id)) for command in commands]
    kept = [outcome.envelopes for outcome in outcomes if outcome is not None]
    assert None not in outcomes[: len(kept)], "a later command is there, and an earlier one is not"
    return [[event_name(type(known(envelope))) for envelope in envelopes] for envelopes in kept]


def require_whole_commits(store: EventStore) -> None:
    """The log has no holes, every subscription has all its versions, every event belongs to a command that is kept."""
    log = tuple(store.read_all())
    assert [envelope.position for envelope in log] == list(range(1, len(log) + 1))
    for stream in store.streams():
        versions = [envelope.version for envelope in store.read(stream)]
        assert versions == list(range(1, len(versions) + 1))
    by_command: dict[str, list[Any]] = {}
    for envelope in log:
        by_command.setdefault(envelope.command_id, []).append(envelope)
    for command_id, envelopes in by_command.items():
        outcome = store.outcome(command_id)
        assert outcome is not None
        assert outcome.envelopes == tuple(envelopes)
    require_chain(store)


def require_kept(store: SqliteStore, lifecycle: Lifecycle, commands: list[Command], acknowledged: list[Any]) -> None:
    """All that was acknowledged is there, and at most one command more; trying again answers what was recorded."""
    kept = recorded(store, commands)
    assert kept[: len(acknowledged)] == [answer["recorded"] for answer in acknowledged]
    assert len(acknowledged) <= len(kept) <= len(acknowledged) + 1
    again = [lifecycle.handle(command).recorded for command in commands[: len(kept)]]
    assert [[event_name(type(event)) for event in events] for events in again] == kept
    assert recorded(store, commands) == kept
    for command in commands[len(kept) :]:
        lifecycle.handle(command)
    left, right = (lifecycle.subscription(command.subscription_id) for command in commands[:2])
    assert (left.seats, right.seats) == (100 + ROUNDS, 100)


def test_what_was_acknowledged_survives_the_only_writer(path: Path, start_writer: Start, lifecycle_on: On) -> None:
    for kill in range(KILLS - KILLS // 2):
        commands = story(kill)
        acknowledged = killed_at_work(start_writer(), commands, random.Random(kill))  # noqa: S311
        assert 0 < len(acknowledged) < len(commands)
        with closing(SqliteStore(path)) as store:
            require_kept(store, lifecycle_on(store), commands, acknowledged)
    with closing(SqliteStore(path)) as store:
        require_whole_commits(store)
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@contextmanager
def at_work(lifecycle: Lifecycle, name: str) -> Iterator[list[str]]:
    """Somebody else who renames a subscription again and again meanwhile; the names that were acknowledged."""
    stop, acknowledged = Event(), list[str]()

    def work() -> None:
        while not stop.is_set():
            rename = Rename(at=JAN_1, subscription_id=name, friendly_name=f"{name} {len(acknowledged)}")
            lifecycle.handle(rename)
            acknowledged.append(rename.friendly_name)

    lifecycle.handle(buy(name, "left", "fabrikam"))
    thread = Thread(target=work)
    thread.start()
    try:
        yield acknowledged
    finally:
        stop.set()
        thread.join()


def test_whoever_else_writes_goes_on_when_a_writer_is_killed(path: Path, start_writer: Start, lifecycle_on: On) -> None:
    with closing(SqliteStore(path)) as store:
        lifecycle = lifecycle_on(store)
        for kill in range(KILLS // 2):
            commands, other = story(kill), f"{kill}-other"
            with at_work(lifecycle, other) as names:
                acknowledged = killed_at_work(start_writer(), commands, random.Random(kill))  # noqa: S311
                before = len(names)
                require_kept(store, lifecycle, commands, acknowledged)
            assert 0 < before < len(names)
            events = [known(envelope) for envelope in store.read(other)]
            assert [event.friendly_name for event in events if isinstance(event, Renamed)] == names
        require_whole_commits(store)
