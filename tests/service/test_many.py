"""Many commands in one commit: answered as if they had come one by one, and stored together or not at all."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csp_lifecycle.errors import BrokenHistoryError, CommandRefusedError, StoreError
from csp_lifecycle.service import Answer, Lifecycle
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.store import Commit, Envelope, EventStore
from csp_lifecycle.testing.strategies import World, histories
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.account import Program
from csp_lifecycle.vocabulary.account_commands import OpenAccount
from csp_lifecycle.vocabulary.commands import AddSeats, Advance, Command, Purchase, Rename
from csp_lifecycle.vocabulary.names import event_name

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

JAN_1 = datetime(2025, 1, 1, tzinfo=UTC)
FEB_9 = datetime(2025, 2, 9, tzinfo=UTC)
WORLD = World()
EXAMPLES = {"memory": 30, "sqlite": 12, "postgres": 3}
Asked = Command | Advance
On = Callable[..., Lifecycle]
Told = Callable[[Sequence[Any]], list[Any]]


def buy(name: str, offer: str = "business-standard", customer: str = "contoso", **changes: Any) -> Purchase:
    return Purchase(
        at=JAN_1,
        subscription_id=name,
        customer_id=customer,
        offer_id=offer,
        seats=10,
        term=TermLength.YEAR,
        plan=Plan.MONTHLY,
        **changes,
    )


def add(name: str, command_id: str | None = None, seats: int = 1, at: datetime = FEB_9) -> AddSeats:
    return AddSeats(at=at, subscription_id=name, seats=seats, command_id=command_id)


def names(answer: Answer | CommandRefusedError) -> list[str]:
    assert isinstance(answer, Answer), answer
    return [event_name(type(event)) for event in answer.recorded]


@st.composite
def baskets(draw: st.DrawFn) -> list[tuple[Asked, ...]]:
    """A random history with repeated ids and time taken in between, cut into baskets."""
    asked = list[Asked](draw(histories(WORLD, longest=25)))
    asked = [attrs.evolve(one, command_id=f"c-{n}") if n % 3 == 0 else one for n, one in enumerate(asked)]
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(asked)))
        again = draw(st.sampled_from(asked))
        name = draw(st.sampled_from((None, "s-1")))
        to = again.to if isinstance(again, Advance) else again.at
        asked.insert(place, draw(st.sampled_from((again, Advance(to=to, subscription_id=name, command_id="take")))))
    cuts = sorted(draw(st.lists(st.integers(0, len(asked)), max_size=4)))
    return [tuple(asked[a:b]) for a, b in zip((0, *cuts), (*cuts, len(asked)), strict=True)]


def test_many_are_answered_as_one_by_one(
    engine: str,
    new_store: Callable[[], EventStore],
    service: On,
    told: Told,
    one_by_one: Callable[..., list[Any]],
    history: Callable[[EventStore], list[Any]],
) -> None:
    @settings(max_examples=EXAMPLES[engine], suppress_health_check=[HealthCheck.too_slow])
    @given(baskets())
    def answered_alike(baskets: list[tuple[Asked, ...]]) -> None:
        together, alone = new_store(), MemoryStore()
        lifecycle, reference = service(together), service(alone)
        for basket in baskets:
            assert told(lifecycle.handle_many(basket)) == told(one_by_one(reference, basket))
        assert history(together) == history(alone)
        assert together.due() == alone.due()
        assert [*lifecycle.subscriptions()] == [*reference.subscriptions()]

    answered_alike()


def test_a_refusal_does_not_touch_its_neighbors(store: EventStore, service: On) -> None:  # INV-02
    answers = service(store).handle_many(
        [buy("s-1"), add("s-9"), buy("s-2"), add("s-1", seats=1000), add("s-1"), buy("s-1")]
    )
    codes = [answer.code if isinstance(answer, CommandRefusedError) else names(answer) for answer in answers]
    assert codes == [
        ["purchased"],
        "subscription-not-found",
        ["purchased"],
        "quantity-out-of-range",
        ["cycle-charged", "seats-added"],
        "subscription-exists",
    ]
    assert [one.version for one in store.read_all()] == [1, 1, 2, 3]


def test_what_is_about_an_account_is_sent_to_the_books_and_nothing_is_stored(store: EventStore, service: On) -> None:
    opening: Any = OpenAccount(at=JAN_1, account_id="acc-1", program=Program.NEW_COMMERCE, currency="EUR")
    with pytest.raises(TypeError, match="open-account is about an account: hand it to Books"):
        service(store).handle_many([buy("s-1"), opening])
    assert list(store.read_all()) == []


def test_what_is_sold_once_a_customer_is_sold_once_in_a_batch(store: EventStore, service: On) -> None:  # R-CUSTOMER-01
    first, second, other = service(store).handle_many(
        [buy("s-1", "copilot"), buy("s-2", "copilot"), buy("s-3", "copilot", "fabrikam")]
    )
    assert (names(first), names(other)) == (["purchased"], ["purchased"])
    assert isinstance(second, CommandRefusedError)
    assert second.code == "purchase-limit"


def test_an_id_stands_for_one_command_in_a_batch(store: EventStore, service: On) -> None:
    lifecycle = service(store)
    lifecycle.handle(buy("s-1", command_id="buy"))
    answers = lifecycle.handle_many(
        [
            add("s-9", "one"),
            add("s-1", "one"),
            add("s-1", "one"),
            add("s-1", "one", seats=2),
            buy("s-1", command_id="buy"),
            buy("s-2", command_id="buy"),
            Advance(to=FEB_9, subscription_id="s-1", command_id="one"),
        ]
    )
    told = [answer.code if isinstance(answer, CommandRefusedError) else names(answer) for answer in answers]
    # A refusal is not remembered: its id may be tried again.
    assert told[:3] == ["subscription-not-found", ["cycle-charged", "seats-added"], ["cycle-charged", "seats-added"]]
    assert told[3:] == ["command-id-reused", ["purchased"], "command-id-reused", "command-id-reused"]
    assert lifecycle.subscription("s-1").seats == 11


class Severed:
    """A store that keeps what is appended, and loses the answer on the way back, once."""

    def __init__(self, below: EventStore) -> None:
        self._below, self.severed = below, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._below, name)

    def append_all(self, commits: Sequence[Commit]) -> tuple[tuple[Envelope, ...], ...]:
        stored = self._below.append_all(commits)
        if not self.severed:
            self.severed = True
            message = "the connection was lost"
            raise StoreError(message)
        return stored


def test_a_batch_whose_answer_was_lost_is_answered_with_what_it_recorded(
    store: EventStore, service: On, told: Told, history: Callable[[EventStore], list[Any]]
) -> None:
    lost: Any = Severed(store)
    commands: list[Asked] = [buy("s-1", command_id="buy"), add("s-9", "never"), add("s-1", "one"), add("s-1", "two")]
    with pytest.raises(StoreError, match="lost"):
        service(lost).handle_many(commands)
    before = history(store)
    expected = told(service(MemoryStore()).handle_many(commands))
    assert told(service(lost).handle_many(commands)) == expected
    assert history(store) == before
    # With some that are new, all of it is one commit again.
    _, _, _, again, new = service(lost).handle_many([*commands, add("s-1", "three")])
    assert (names(again), names(new)) == (["seats-added"], ["seats-added"])
    assert service(store).subscription("s-1").seats == 13


class Overtaken:
    """A store that lets somebody else act just before it appends, once for each of *acts*."""

    def __init__(self, below: EventStore, *acts: Callable[[], object]) -> None:
        self._below, self.acts = below, list(acts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._below, name)

    def append_all(self, commits: Sequence[Commit]) -> tuple[tuple[Envelope, ...], ...]:
        if self.acts:
            self.acts.pop(0)()
        return self._below.append_all(commits)


def test_a_batch_that_was_overtaken_is_decided_again_as_a_whole(store: EventStore, service: On) -> None:
    they = service(store)
    they.handle_many([buy("s-1"), buy("s-2"), Advance(to=FEB_9)])
    overtaken: Any = Overtaken(
        store,
        lambda: they.handle(add("s-2", seats=280)),
        lambda: they.handle(add("s-1", seats=7, command_id="theirs")),
        lambda: they.handle(buy("s-3")),
    )
    batch: list[Asked] = [add("s-1", "mine"), add("s-2", seats=20), buy("s-3"), add("s-1", "theirs", seats=7)]
    mine, full, taken, theirs = service(overtaken).handle_many(batch)
    assert overtaken.acts == []
    assert [names(mine), names(theirs)] == [["seats-added"], ["seats-added"]]
    # By then they have used up what may be sold, and bought what we wanted to buy.
    assert [getattr(one, "code", None) for one in (full, taken)] == ["quantity-out-of-range", "subscription-exists"]
    assert (they.subscription("s-1").seats, they.subscription("s-2").seats) == (18, 290)


def test_a_batch_that_is_overtaken_every_time_is_refused(store: EventStore, service: On) -> None:  # R-LOCK-06
    they = service(store)
    they.handle(buy("s-1"))
    acts = [lambda n=n: they.handle(add("s-1", f"theirs {n}")) for n in range(3)]
    overtaken: Any = Overtaken(store, *acts)
    refusals = service(overtaken, attempts=3).handle_many([add("s-1", "a"), add("s-1", "b")])
    assert [(one.code, one.reason.retryable) for one in refusals if isinstance(one, CommandRefusedError)] == [
        ("stale-version", True)
    ] * 2
    assert they.subscription("s-1").seats == 13


def test_a_broken_history_ends_the_batch_and_stores_nothing(service: On) -> None:
    store = MemoryStore()
    lifecycle = service(store)
    lifecycle.handle_many([buy("s-1"), buy("s-2"), add("s-2")])
    del store._streams["s-2"][0]  # noqa: SLF001 - somebody else's hand
    with pytest.raises(BrokenHistoryError, match="version 2, 1 expected"):
        lifecycle.handle_many([add("s-1"), add("s-2")])
    assert len(store.read("s-1")) == 1


def test_time_taken_everywhere_stands_between_the_transactions(store: EventStore, service: On) -> None:
    renamed = Rename(at=FEB_9 + timedelta(hours=1), subscription_id="s-1", friendly_name="Sales")
    answers = service(store).handle_many([buy("s-1"), buy("s-2"), Advance(to=FEB_9), add("s-1"), renamed])
    assert [names(answer) for answer in answers] == [
        ["purchased"],
        ["purchased"],
        ["cycle-charged", "cycle-charged"],
        ["seats-added"],
        ["renamed"],
    ]


def test_no_commands_have_no_answers(store: EventStore, service: On) -> None:
    assert service(store).handle_many([]) == ()


def test_who_is_overtaken_waits_longer_each_time(service: On, monkeypatch: pytest.MonkeyPatch) -> None:
    they = service(MemoryStore())
    store = they._desk.store  # noqa: SLF001 - the one they share
    they.handle(buy("s-1"))
    pauses = list[float]()
    monkeypatch.setattr("time.sleep", pauses.append)
    acts = [lambda n=n: they.handle(add("s-1", f"theirs {n}")) for n in range(15)]
    overtaken: Any = Overtaken(store, *acts)
    mine = service(overtaken).handle_many([add("s-1", "a"), add("s-1", "b")])
    assert [names(answer)[-1] for answer in mine] == ["seats-added"] * 2
    # The first time at once; then ever longer, and never long.
    assert len(pauses) == 14
    assert pauses == sorted(pauses)
    assert 0 < pauses[0] < 0.01 < pauses[-1] == pauses[-2] <= 0.1


class Watched:
    """A store that notes what it was asked for."""

    def __init__(self, below: EventStore) -> None:
        self._below, self.asked = below, list[str]()

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return getattr(self._below, name)


def test_a_command_costs_two_trips_to_the_store(store: EventStore, service: On) -> None:
    watched: Any = Watched(store)
    lifecycle = service(watched)
    lifecycle.handle(buy("s-1", command_id="buy"))
    lifecycle.handle(add("s-1", "add"))
    assert watched.asked == ["histories", "append"] * 2
    watched.asked.clear()
    # What was sold before is asked for only where nothing can be appended.
    assert names(lifecycle.handle(buy("s-1", command_id="buy"))) == ["purchased"]
    assert watched.asked == ["histories", "outcome"]
    watched.asked.clear()
    assert names(lifecycle.handle(add("s-1", "add"))) == ["cycle-charged", "seats-added"]
    assert watched.asked == ["histories", "append", "outcome"]
    watched.asked.clear()
    lifecycle.handle_many([add(f"s-{n}", f"more {n}") for n in range(1, 9)])
    assert watched.asked == ["histories", *["outcome"] * 7, "append"]


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"snapshot_every": 0}, {"at_once": 0}, {"at_once": -1}])
def test_numbers_of_the_service_count_from_one(wrong: dict[str, int], service: On) -> None:
    with pytest.raises(ValueError, match="count from 1"):
        service(MemoryStore(), **wrong)
