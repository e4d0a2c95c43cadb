"""Many workers on one PostgreSQL database: nothing is lost, nothing is doubled, and one of them wins."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.service import Lifecycle
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.postgres import PostgresStore
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.testing.store_contract import at_once
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import AddSeats, Advance, Command, Purchase, Upgrade
from csp_lifecycle.vocabulary.names import event_name
from csp_lifecycle.wire.catalog import read_catalog
from csp_lifecycle.wire.commands import command_json

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

JAN_1 = datetime(2025, 1, 1, tzinfo=UTC)
FEB_9 = datetime(2025, 2, 9, tzinfo=UTC)
WRITER = Path(__file__).with_name("postgres_writer.py")
CATALOG = read_catalog(Path(__file__).with_name("postgres_catalog.json").read_text())
Commands = Sequence[Command | Advance]
Answers = list[list[str] | str]
Workers = Callable[..., list[Answers]]


def buy(name: str, offer: str = "left", customer: str = "contoso") -> Purchase:
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


def add(command_id: str) -> AddSeats:
    return AddSeats(at=FEB_9, subscription_id="s-1", seats=1, command_id=command_id)


def move(source: str, target: str, n: int) -> Upgrade:
    return Upgrade(
        at=FEB_9,
        subscription_id=source,
        offer_id="right" if target == "s-2" else "left",
        seats=1,
        target_subscription_id=target,
        command_id=f"{source} {n}",
    )


def lifecycle_on(store: EventStore) -> Lifecycle:
    return Lifecycle(store, CATALOG, clock=lambda: datetime(2030, 1, 1, tzinfo=UTC))


@pytest.fixture
def store(open_postgres: Callable[[], PostgresStore]) -> PostgresStore:
    return open_postgres()


@pytest.fixture
def lifecycle(store: PostgresStore) -> Lifecycle:
    return lifecycle_on(store)


def answer_to(lifecycle: Lifecycle, command: Command | Advance) -> list[str] | str:
    while True:
        try:
            return [event_name(type(event)) for event in lifecycle.handle(command).recorded]
        except CommandRefusedError as refusal:
            if refusal.code != "stale-version":
                return refusal.code


@pytest.fixture
def in_threads(open_postgres: Callable[[], PostgresStore]) -> Workers:
    """Each share of commands is taken by a thread; two of them share a store."""

    def answers(*shares: Commands) -> list[Answers]:
        stores = [open_postgres(), open_postgres()]

        def work(number: int) -> Answers:
            lifecycle = lifecycle_on(stores[number % 2])
            return [answer_to(lifecycle, command) for command in shares[number]]

        return at_once([partial(work, number) for number in range(len(shares))])

    return answers


@pytest.fixture
def in_processes(postgres_url: str) -> Workers:
    """Each share of commands is taken by a process."""

    def started() -> "subprocess.Popen[str]":
        command = [sys.executable, str(WRITER), postgres_url]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def answers(*shares: Commands) -> list[Answers]:
        writers = [started() for _ in shares]
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
        for writer, share in zip(writers, shares, strict=True):
            assert writer.stdin is not None
            writer.stdin.write("".join(json.dumps(command_json(command)) + "\n" for command in share))
            writer.stdin.flush()
        outputs = [writer.communicate(timeout=60)[0] for writer in writers]
        assert [writer.returncode for writer in writers] == [0] * len(writers)
        return [[json.loads(line)["answer"] for line in output.splitlines()] for output in outputs]

    return answers


@pytest.fixture(params=["threads", "processes"])
def workers(request: pytest.FixtureRequest) -> Any:
    """Takes shares of commands, all at once, and gives what each was answered."""
    return request.getfixturevalue(f"in_{request.param}")


def require_whole_log(store: EventStore) -> None:
    """Positions grow, and the versions of every stream stand in it from one on without holes."""
    log = tuple(store.read_all())
    positions = [envelope.position for envelope in log]
    assert positions == sorted(set(positions))
    seen: Counter[str] = Counter()
    for envelope in log:
        seen[envelope.stream] += 1
        assert envelope.version == seen[envelope.stream]
    assert sorted(seen) == list(store.streams())


def recorded_by(store: EventStore) -> Counter[str]:
    """How many events each command recorded."""
    return Counter(envelope.command_id for envelope in store.read_all())


def test_no_seat_is_lost_or_doubled(store: PostgresStore, lifecycle: Lifecycle, workers: Workers) -> None:
    lifecycle.handle(buy("s-1"))
    shares = [[add(f"add {worker}.{n}") for n in range(10)] for worker in range(4)]
    answers = workers(*shares)
    counted = recorded_by(store)
    for share, answered in zip(shares, answers, strict=True):
        # The first of all took the cycle charge that was due along.
        assert [counted[str(command.command_id)] for command in share] == [len(answer) for answer in answered]
        assert all(answer[-1] == "seats-added" for answer in answered)
    assert lifecycle.subscription("s-1").seats == 100 + 4 * 10
    require_whole_log(store)


def test_two_that_upgrade_into_each_other_keep_every_seat(
    store: PostgresStore, lifecycle: Lifecycle, workers: Workers
) -> None:
    lifecycle.handle(buy("s-1"))
    lifecycle.handle(buy("s-2", "right"))
    answers = workers([move("s-1", "s-2", n) for n in range(12)], [move("s-2", "s-1", n) for n in range(8)])
    assert all(answer[-1] == "seats-moved-in" for answered in answers for answer in answered)
    assert [lifecycle.subscription(name).seats for name in ("s-1", "s-2")] == [96, 104]
    require_whole_log(store)


def test_what_is_sold_once_a_customer_is_sold_once(store: PostgresStore, workers: Workers) -> None:
    customers = [f"customer-{n}" for n in range(10)]
    answers = workers(*[[buy(f"{name} {worker}", "single", name) for name in customers] for worker in range(4)])
    for customer, *outcomes in zip(customers, *answers, strict=True):
        assert Counter(map(str, outcomes)) == {"['purchased']": 1, "purchase-limit": 3}
        assert len(store.streams_of(customer)) == 1
    require_whole_log(store)


def test_a_renewal_that_several_workers_take_is_recorded_once(
    store: PostgresStore, lifecycle: Lifecycle, workers: Workers
) -> None:
    bought = [buy(f"s-{n}", customer=f"customer-{n}") for n in range(5)]
    due = [Advance(to=JAN_1 + timedelta(days=days)) for days in (40, 370, 800)]
    reference = MemoryStore()
    for purchase in bought:
        lifecycle_on(reference).handle(purchase)
        lifecycle.handle(purchase)
    for advance in due:
        lifecycle_on(reference).handle(advance)
    answers = workers(due, due, due)
    streams = [[one.event for one in store.read(stream)] for stream in store.streams()]
    assert streams == [[one.event for one in reference.read(stream)] for stream in reference.streams()]
    told = Counter(name for answered in answers for answer in answered for name in answer)
    assert told == Counter(event_name(type(event)) for events in streams for event in events[1:])
    assert told["renewed"] == 2 * len(bought)
    require_whole_log(store)


def test_one_command_id_is_answered_alike_to_everybody(
    store: PostgresStore, lifecycle: Lifecycle, workers: Workers
) -> None:
    lifecycle.handle(buy("s-1"))
    commands = [add(f"add {n}") for n in range(10)]
    answers = workers(commands, commands, commands)
    assert answers[0] == answers[1] == answers[2]
    assert lifecycle.subscription("s-1").seats == 100 + 10
    require_whole_log(store)
