"""Many threads and many processes at once: nothing is lost, nothing is doubled, and one of them wins."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.service import Lifecycle
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.testing.store_contract import at_once
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import AddSeats, Advance, Command, Purchase, Upgrade
from csp_lifecycle.vocabulary.names import event_name

JAN_1 = datetime(2025, 1, 1, tzinfo=UTC)
FEB_9 = datetime(2025, 2, 9, tzinfo=UTC)
Open = Callable[[], EventStore]
On = Callable[[EventStore], Lifecycle]
Processes = Callable[..., list[list[dict[str, Any]]]]
THREADS = 4


def buy(name: str, offer: str = "left", customer: str = "contoso", seats: int = 100) -> Purchase:
    return Purchase(
        at=JAN_1,
        subscription_id=name,
        customer_id=customer,
        offer_id=offer,
        seats=seats,
        term=TermLength.YEAR,
        plan=Plan.MONTHLY,
        command_id=f"buy {name}",
    )


def add(command_id: str) -> AddSeats:
    return AddSeats(at=FEB_9, subscription_id="s-1", seats=1, command_id=command_id)


def move(source: str, target: str, command_id: str) -> Upgrade:
    offer = "right" if target == "s-2" else "left"
    return Upgrade(
        at=FEB_9,
        subscription_id=source,
        offer_id=offer,
        seats=1,
        target_subscription_id=target,
        command_id=command_id,
    )


def taken(lifecycle: Lifecycle, commands: Iterable[Command | Advance]) -> list[Any]:
    """The answer to each command, or its refusal; being overtaken is a reason to try again."""
    answers: list[Any] = []
    for command in commands:
        while True:
            try:
                answers.append(lifecycle.handle(command).recorded)
            except CommandRefusedError as refusal:
                if refusal.code == "stale-version":
                    continue
                answers.append(refusal.code)
            break
    return answers


def require_whole_log(store: EventStore) -> None:
    """Positions and versions run from one, without holes, and every subscription can be rebuilt."""
    log = tuple(store.read_all())
    assert [envelope.position for envelope in log] == list(range(1, len(log) + 1))
    seen: Counter[str] = Counter()
    for envelope in log:
        seen[envelope.stream] += 1
        assert envelope.version == seen[envelope.stream]


def recorded_by(store: EventStore) -> Counter[str]:
    """How many events each command recorded."""
    return Counter(envelope.command_id for envelope in store.read_all())


def test_no_seat_is_lost_or_doubled_when_many_threads_add_seats(open_store: Open, lifecycle_on: On) -> None:
    lifecycle = lifecycle_on(open_store())
    lifecycle.handle(buy("s-1"))
    lifecycle.advance(FEB_9)
    shares = [[add(f"add {thread}.{n}") for n in range(8)] for thread in range(THREADS)]
    at_once([partial(taken, lifecycle_on(open_store()), share) for share in shares])
    store = open_store()
    require_whole_log(store)
    counted = recorded_by(store)
    assert all(counted[str(command.command_id)] == 1 for share in shares for command in share)
    assert lifecycle.subscription("s-1").seats == 100 + 8 * THREADS


def test_no_seat_is_lost_or_doubled_when_many_processes_add_seats(
    open_sqlite: Callable[[], SqliteStore], lifecycle_on: On, in_processes: Processes
) -> None:
    store = open_sqlite()
    lifecycle_on(store).handle(buy("s-1"))
    shares = [[add(f"add {process}.{n}") for n in range(20)] for process in range(3)]
    answers = in_processes(*shares)
    require_whole_log(store)
    counted = recorded_by(store)
    for share, answered in zip(shares, answers, strict=True):
        assert [answer["command_id"] for answer in answered] == [command.command_id for command in share]
        # The first of all took the cycle charge that was due along.
        assert [counted[answer["command_id"]] for answer in answered] == [len(a["recorded"]) for a in answered]
        assert all(answer["recorded"][-1] == "seats-added" for answer in answered)
    assert lifecycle_on(store).subscription("s-1").seats == 100 + 3 * 20


def two_that_upgrade_into_each_other(lifecycle: Lifecycle) -> None:
    lifecycle.handle(buy("s-1"))
    lifecycle.handle(buy("s-2", "right"))


def test_threads_that_upgrade_into_each_other_keep_every_seat(open_store: Open, lifecycle_on: On) -> None:
    # INV-22
    lifecycle = lifecycle_on(open_store())
    two_that_upgrade_into_each_other(lifecycle)
    there = [move("s-1", "s-2", f"there {n}") for n in range(8)]
    back = [move("s-2", "s-1", f"back {n}") for n in range(8)]
    again = [move("s-1", "s-2", f"again {n}") for n in range(8)]
    at_once([partial(taken, lifecycle_on(open_store()), share) for share in (there, back, again)])
    require_whole_log(open_store())
    counted = recorded_by(open_store())
    assert {command.command_id for command in (*there, *back, *again)} <= counted.keys()
    assert (lifecycle.subscription("s-1").seats, lifecycle.subscription("s-2").seats) == (92, 108)


def test_processes_that_upgrade_into_each_other_keep_every_seat(
    open_sqlite: Callable[[], SqliteStore], lifecycle_on: On, in_processes: Processes
) -> None:
    # INV-22
    store = open_sqlite()
    two_that_upgrade_into_each_other(lifecycle_on(store))
    there = [move("s-1", "s-2", f"there {n}") for n in range(15)]
    back = [move("s-2", "s-1", f"back {n}") for n in range(10)]
    answers = in_processes(there, back)
    require_whole_log(store)
    assert all(answer["recorded"][-1] == "seats-moved-in" for answered in answers for answer in answered)
    lifecycle = lifecycle_on(store)
    assert (lifecycle.subscription("s-1").seats, lifecycle.subscription("s-2").seats) == (95, 105)


def test_of_threads_that_buy_what_is_sold_once_a_customer_one_succeeds(open_store: Open, lifecycle_on: On) -> None:
    # R-CUSTOMER-01
    customers = [f"customer-{n}" for n in range(10)]
    shares = [[buy(f"{customer} {thread}", "single", customer) for customer in customers] for thread in range(THREADS)]
    answers = at_once([partial(taken, lifecycle_on(open_store()), share) for share in shares])
    for customer, *outcomes in zip(customers, *answers, strict=True):
        assert outcomes.count("purchase-limit") == THREADS - 1
        assert len(open_store().streams_of(customer)) == 1
    require_whole_log(open_store())


def test_of_processes_that_buy_what_is_sold_once_a_customer_one_succeeds(
    open_sqlite: Callable[[], SqliteStore], in_processes: Processes
) -> None:
    # R-CUSTOMER-01
    customers = [f"customer-{n}" for n in range(20)]
    shares = [[buy(f"{customer} {process}", "single", customer) for customer in customers] for process in range(3)]
    answers = in_processes(*shares)
    store = open_sqlite()
    for customer, *outcomes in zip(customers, *answers, strict=True):
        assert Counter(outcome.get("refused") for outcome in outcomes) == {"purchase-limit": 2, None: 1}
        assert len(store.streams_of(customer)) == 1
    require_whole_log(store)


def reference(lifecycle_on: On, *commands: Command | Advance) -> list[Any]:
    """Every stream's events when one alone takes the commands."""
    store = MemoryStore()
    taken(lifecycle_on(store), commands)
    return [[envelope.event for envelope in store.read(stream)] for stream in store.streams()]


def test_what_is_due_is_recorded_once_when_many_threads_take_it(open_store: Open, lifecycle_on: On) -> None:
    # R-RENEW-03, INV-28
    bought = [buy(f"s-{n}", customer=f"customer-{n}") for n in range(5)]
    taken(lifecycle_on(open_store()), bought)
    due = [Advance(to=JAN_1 + timedelta(days=days)) for days in (40, 370, 800)]
    answers = at_once([partial(taken, lifecycle_on(open_store()), due) for _ in range(THREADS)])
    store = open_store()
    streams = [[envelope.event for envelope in store.read(stream)] for stream in store.streams()]
    assert streams == reference(lifecycle_on, *bought, *due)
    told = Counter(event for answer in answers for recorded in answer for event in recorded)
    assert told == Counter(event for events in streams for event in events[1:])
    assert {count for event, count in told.items() if event_name(type(event)) == "renewed"} == {1}
    require_whole_log(store)


def test_what_is_due_is_recorded_once_when_many_processes_take_it(
    open_sqlite: Callable[[], SqliteStore], lifecycle_on: On, in_processes: Processes
) -> None:
    # R-RENEW-03, INV-28
    bought = [buy(f"s-{n}", customer=f"customer-{n}") for n in range(5)]
    due = [Advance(to=JAN_1 + timedelta(days=days), command_id=None) for days in (40, 370, 800)]
    store = open_sqlite()
    taken(lifecycle_on(store), bought)
    answers = in_processes(due, due, due)
    streams = [[envelope.event for envelope in store.read(stream)] for stream in store.streams()]
    assert streams == reference(lifecycle_on, *bought, *due)
    told = [name for answered in answers for answer in answered for name in answer["recorded"]]
    assert Counter(told) == Counter(event_name(type(event)) for events in streams for event in events[1:])
    require_whole_log(store)


def test_one_command_id_is_answered_alike_to_many_threads(open_store: Open, lifecycle_on: On) -> None:
    lifecycle_on(open_store()).handle(buy("s-1"))
    commands = [add(f"add {n}") for n in range(8)]
    answers = at_once([partial(taken, lifecycle_on(open_store()), commands) for _ in range(THREADS)])
    assert all(answer == answers[0] for answer in answers)
    assert [recorded[-1].seats_after for recorded in answers[0]] == list(range(101, 109))
    assert recorded_by(open_store()) == {"buy s-1": 1, "add 0": 2} | {f"add {n}": 1 for n in range(1, 8)}


def test_one_command_id_is_answered_alike_to_many_processes(
    open_sqlite: Callable[[], SqliteStore], lifecycle_on: On, in_processes: Processes
) -> None:
    store = open_sqlite()
    lifecycle_on(store).handle(buy("s-1"))
    commands = [add(f"add {n}") for n in range(20)]
    answers = in_processes(commands, commands, commands)
    assert answers[0] == answers[1] == answers[2]
    assert lifecycle_on(store).subscription("s-1").seats == 100 + 20
    require_whole_log(store)


def test_processes_that_make_a_file_at_once_share_it(
    open_sqlite: Callable[[], SqliteStore], in_processes: Processes
) -> None:
    answers = in_processes(*[[buy(f"s-{n}", customer=f"customer-{n}")] for n in range(3)])
    assert [answer["recorded"] for (answer,) in answers] == [["purchased"]] * 3
    require_whole_log(open_sqlite())
