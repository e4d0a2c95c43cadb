"""Many workers at once, each with baskets of commands or with time to take: nothing is lost, nothing is doubled."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.service import Lifecycle
from csp_lifecycle.service.loading import known
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.opening import open_store
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.testing.store_contract import at_once
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import AddSeats, Advance, Command, Purchase

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

JAN_1 = datetime(2025, 1, 1, tzinfo=UTC)
FEB_9 = datetime(2025, 2, 9, tzinfo=UTC)
WORKERS = 3
DUE = [datetime(2025, 2, 20, tzinfo=UTC), datetime(2026, 1, 20, tzinfo=UTC)]
On = Callable[..., Lifecycle]
Asked = Command | Advance


def buy(name: str, offer: str = "e3", customer: str = "contoso", at: datetime = JAN_1) -> Purchase:
    return Purchase(
        at=at,
        subscription_id=name,
        customer_id=customer,
        offer_id=offer,
        seats=10,
        term=TermLength.YEAR,
        plan=Plan.MONTHLY,
    )


def add(name: str, command_id: str) -> AddSeats:
    return AddSeats(at=FEB_9, subscription_id=name, seats=1, command_id=command_id)


def taken(lifecycle: Lifecycle, commands: Sequence[Asked]) -> list[str]:
    """What became of each command of a basket; being overtaken again and again is a reason to try again."""
    while True:
        answers = lifecycle.handle_many(commands)
        codes = [one.code if isinstance(one, CommandRefusedError) else "taken" for one in answers]
        if "stale-version" not in codes:
            return codes


def streams(store: EventStore) -> dict[str, list[Any]]:
    return {name: [known(envelope) for envelope in store.read(name)] for name in store.streams()}


def test_baskets_of_many_threads_lose_no_seat(store: EventStore, service: On) -> None:
    service(store).handle_many([buy("s-1"), buy("s-2"), Advance(to=FEB_9)])
    shares = [[add(f"s-{1 + n % 2}", f"{worker}.{n}") for n in range(12)] for worker in range(WORKERS)]
    answers = at_once([partial(taken, service(store), share) for share in shares])
    assert answers == [["taken"] * 12] * WORKERS
    assert [one.seats for one in service(store).subscriptions()] == [10 + 6 * WORKERS] * 2
    recorded = Counter(envelope.command_id for envelope in store.read_all())
    assert all(recorded[str(command.command_id)] == 1 for share in shares for command in share)


def test_baskets_of_many_threads_buy_once_what_is_sold_once(store: EventStore, service: On) -> None:  # R-CUSTOMER-01
    customers = [f"customer-{n}" for n in range(4)]
    shares = [[buy(f"{name} {worker}", "copilot", name) for name in customers] for worker in range(WORKERS)]
    answers = at_once([partial(taken, service(store), share) for share in shares])
    for customer, *outcomes in zip(customers, *answers, strict=True):
        assert sorted(outcomes) == ["purchase-limit"] * (WORKERS - 1) + ["taken"]
        assert len(store.streams_of(customer)) == 1


def test_the_same_basket_sent_by_many_threads_is_taken_once(store: EventStore, service: On) -> None:
    service(store).handle_many([buy("s-1"), Advance(to=FEB_9)])
    basket = [add("s-1", f"add {n}") for n in range(8)]
    answers = at_once([partial(taken, service(store), basket) for _ in range(WORKERS)])
    assert answers == [["taken"] * 8] * WORKERS
    assert service(store).subscription("s-1").seats == 18


def bought() -> list[Purchase]:
    return [buy(f"s-{n}", customer=f"c-{n % 4}", at=JAN_1 + timedelta(days=n % 3)) for n in range(12)]


@pytest.fixture
def expected(service: On) -> dict[str, list[Any]]:
    """What one alone leaves behind, in one commit each time."""
    store = MemoryStore()
    service(store).handle_many([*bought(), *(Advance(to=to) for to in DUE)])
    return streams(store)


@pytest.mark.parametrize("at_a_time", [1, 5, 500])
def test_what_is_due_is_taken_once_by_many_threads(
    at_a_time: int, store: EventStore, service: On, expected: dict[str, list[Any]]
) -> None:  # R-RENEW-03
    service(store).handle_many(bought())
    answers = at_once(
        [
            lambda: [answer for to in DUE for answer in service(store, at_once=at_a_time).advance_in_chunks(to)]
            for _ in range(WORKERS)
        ]
    )
    assert streams(store) == expected
    told = Counter(event for worker in answers for answer in worker for event in answer.recorded)
    assert told == Counter(event for events in expected.values() for event in events[1:])


def test_one_advance_sent_by_many_threads_under_one_id_is_taken_once(
    store: EventStore, service: On, expected: dict[str, list[Any]]
) -> None:
    service(store).handle_many(bought())
    take = [Advance(to=to, command_id=f"take {n}") for n, to in enumerate(DUE)]
    at_once([partial(taken, service(store, at_once=4), take) for _ in range(WORKERS)])
    assert streams(store) == expected


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_workers_in_processes_of_their_own_lose_and_double_nothing(
    engine: str,
    shared_url: Callable[[str], str],
    in_processes: Callable[..., list[list[Any]]],
    service: On,
    expected: dict[str, list[Any]],
) -> None:  # R-CUSTOMER-01, R-RENEW-03
    url = shared_url(engine)
    store = open_store(url)
    service(store).handle_many(bought())
    shares = [
        [*(Advance(to=to) for to in DUE), buy(f"single {worker}", "copilot", "fabrikam", at=DUE[-1])]
        for worker in range(WORKERS)
    ]
    answers = in_processes(url, *shares, at_once=3)
    left = streams(store)
    (single,) = store.streams_of("fabrikam")
    del left[single]
    store.close()
    assert left == expected
    told = Counter(name for worker in answers for answer in worker[:2] for name in answer)
    assert told["renewed"] == 12
    assert told.total() == sum(len(events) - 1 for events in expected.values())
    assert sorted(str(worker[2]) for worker in answers) == ["['purchased']", "purchase-limit", "purchase-limit"]
