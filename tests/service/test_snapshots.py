"""A snapshot is a cache of the fold: with it or without it, and whatever somebody does to it, the answers are equal."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings

from csp_lifecycle.errors import StoreError, StreamNotFoundError
from csp_lifecycle.service import Lifecycle
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.store import Envelope, EventStore, History, Snapshot
from csp_lifecycle.testing.strategies import World, histories
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import AddSeats, Command, Purchase, Rename
from csp_lifecycle.wire.snapshots import snapshot_text

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

JAN_1 = datetime(2025, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
EXAMPLES = {"memory": 30, "sqlite": 10, "postgres": 3}
WORLD = World()
On = Callable[..., Lifecycle]
BUY = Purchase(
    at=JAN_1,
    subscription_id="s-1",
    customer_id="contoso",
    offer_id="e3",
    seats=10,
    term=TermLength.YEAR,
    plan=Plan.MONTHLY,
)


def busy_day(length: int) -> list[Command]:
    """A stream of *length* events: seats are added, and names given, hour by hour."""
    day: list[Command] = [BUY]
    for n in range(1, length):
        at = JAN_1 + n * HOUR / 100
        day.append(
            AddSeats(at=at, subscription_id="s-1", seats=1)
            if n % 2
            else Rename(at=at, subscription_id="s-1", friendly_name=f"name {n}")
        )
    return day


def test_histories_are_the_same_with_snapshots(
    engine: str,
    new_store: Callable[[], EventStore],
    service: On,
    told: Callable[..., Any],
    one_by_one: Callable[..., Any],
    history: Callable[..., Any],
) -> None:  # INV-01
    @settings(max_examples=EXAMPLES[engine], suppress_health_check=[HealthCheck.too_slow])
    @given(histories(WORLD, longest=25))
    def are_the_same(commands: tuple[Command, ...]) -> None:
        store, reference = new_store(), MemoryStore()
        lifecycle, without = service(store, snapshot_every=2), service(reference)
        assert told(one_by_one(lifecycle, commands)) == told(one_by_one(without, commands))
        assert history(store) == history(reference)
        for stream in store.streams():
            kept = store.snapshot(stream)
            assert (kept is not None) == (len(store.read(stream)) > 1)
            assert lifecycle.subscription(stream) == without.subscription(stream)

    are_the_same()


def test_a_snapshot_is_kept_every_so_many_events(store: EventStore, service: On) -> None:
    lifecycle = service(store, snapshot_every=10)
    versions = []
    for command in busy_day(35):
        lifecycle.handle(command)
        kept = store.snapshot("s-1")
        versions.append(kept and kept.version)
    assert versions == [None] * 9 + [10] * 10 + [20] * 10 + [30] * 6
    service(store).handle(Rename(at=JAN_1 + HOUR, subscription_id="s-1", friendly_name="Sales"))
    # Many in one commit pass several tens at once: the last state counts.
    later = [attrs.evolve(one, at=one.at + HOUR) for one in busy_day(31)[1:]]
    lifecycle.handle_many(later)
    kept = store.snapshot("s-1")
    assert kept is not None
    assert kept.version == 66
    assert kept.digest == store.read("s-1")[-1].digest


class Counting:
    """A store that counts the events it hands out."""

    def __init__(self, below: EventStore) -> None:
        self._below, self.events, self.snapshots = below, 0, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._below, name)

    def read(self, stream: str, after: int = 0) -> tuple[Envelope, ...]:
        found = self._below.read(stream, after)
        self.events += len(found)
        return found

    def histories(self, streams: Iterable[str]) -> Iterator[History]:
        for history in self._below.histories(streams):
            self.events += history.version
            yield history

    def snapshot(self, stream: str) -> Snapshot | None:
        self.snapshots += 1
        return self._below.snapshot(stream)


def test_only_what_lies_behind_a_snapshot_is_read(store: EventStore, service: On) -> None:
    counting: Any = Counting(store)
    service(counting, snapshot_every=50).handle_many(busy_day(120))
    service(counting, snapshot_every=50).handle(Rename(at=JAN_1 + 2 * HOUR, subscription_id="s-1", friendly_name="x"))
    assert (counting.events, counting.snapshots) == (1, 2)
    assert service(counting, snapshot_every=50).subscription("s-1").version == 121
    assert counting.events == 3
    # Who keeps none does not ask for one, and pays nothing.
    assert service(counting).subscription("s-1").version == 121
    assert (counting.events, counting.snapshots) == (3 + 121, 3)


TAMPERED: dict[str, Callable[[Snapshot, EventStore], Snapshot]] = {
    "more seats": lambda kept, _: attrs.evolve(kept, body=kept.body.replace('"seats":', '"seats":9')),
    "another digest": lambda kept, _: attrs.evolve(kept, digest="0" * 64),
    "sealed for another digest": lambda kept, store: attrs.evolve(kept, digest=store.read("s-1")[3].digest),
    "another version": lambda kept, _: attrs.evolve(kept, version=kept.version - 1),
    "a version beyond the stream": lambda kept, _: attrs.evolve(kept, version=kept.version + 1000),
    "no version": lambda kept, _: attrs.evolve(kept, version=0),
    "a newer schema": lambda kept, _: attrs.evolve(kept, schema=kept.schema + 1),
    "an older schema": lambda kept, _: attrs.evolve(kept, schema=kept.schema - 1),
    "cut off": lambda kept, _: attrs.evolve(kept, body=kept.body[:-10]),
    "nothing": lambda kept, _: attrs.evolve(kept, body=""),
    "not ours": lambda kept, _: attrs.evolve(kept, body="{}"),
    "another subscription": lambda kept, store: attrs.evolve(store.snapshot("s-2") or kept, stream="s-1"),
}


@pytest.mark.parametrize("tampered", TAMPERED.values(), ids=TAMPERED)
def test_a_snapshot_is_never_trusted_over_the_log(
    tampered: Callable[[Snapshot, EventStore], Snapshot], store: EventStore, service: On
) -> None:
    lifecycle, without = service(store, snapshot_every=10), service(store)
    lifecycle.handle_many(busy_day(25))
    lifecycle.handle_many([attrs.evolve(one, subscription_id="s-2") for one in busy_day(25)])
    kept = store.snapshot("s-1")
    assert kept is not None
    wrong = tampered(kept, store)
    assert wrong != kept
    store.keep_snapshot(wrong)
    assert lifecycle.subscription("s-1") == without.subscription("s-1")
    later = AddSeats(at=JAN_1 + HOUR, subscription_id="s-1", seats=2)
    assert lifecycle.preview(later).recorded == without.preview(later).recorded
    assert [*lifecycle.subscriptions()] == [*without.subscriptions()]


def test_a_snapshot_of_another_past_is_ignored(service: On) -> None:
    """A backup was put in place of the file, and history went on differently from there."""
    one, other = MemoryStore(), MemoryStore()
    service(one, snapshot_every=10).handle_many(busy_day(20))
    service(other).handle_many([*busy_day(15), *(attrs.evolve(c, at=c.at + HOUR) for c in busy_day(15)[1:])])
    kept = one.snapshot("s-1")
    assert kept is not None
    other.keep_snapshot(kept)
    assert service(other, snapshot_every=10).subscription("s-1") == service(other).subscription("s-1")


def test_a_snapshot_answers_no_question_about_an_earlier_time(store: EventStore, service: On) -> None:
    moments = iter([JAN_1 + n * HOUR for n in range(100)])
    lifecycle = service(store, snapshot_every=5)
    object.__setattr__(lifecycle._desk, "clock", lambda: next(moments))  # noqa: SLF001 - a clock that ticks
    for command in busy_day(20):
        lifecycle.handle(command)
    without = service(store)
    for n in range(20):
        for asked in ({"as_of": JAN_1 + n * HOUR / 100}, {"known_at": JAN_1 + n * HOUR}):
            seen = lifecycle.subscription("s-1", **asked)
            assert seen == without.subscription("s-1", **asked)
            assert seen.version == n + 1
    with pytest.raises(StreamNotFoundError):
        lifecycle.subscription("s-1", as_of=JAN_1 - HOUR)


class Full:
    """A store that has no room for snapshots."""

    def __init__(self, below: EventStore) -> None:
        self._below = below

    def __getattr__(self, name: str) -> Any:
        return getattr(self._below, name)

    def keep_snapshot(self, _: Snapshot) -> None:
        message = "the disk is full"
        raise StoreError(message)


def test_a_snapshot_that_cannot_be_kept_harms_nobody(service: On) -> None:
    store = MemoryStore()
    full: Any = Full(store)
    answers = service(full, snapshot_every=1).handle_many(busy_day(5))
    assert [len(getattr(answer, "recorded", ())) for answer in answers] == [1] * 5
    assert store.snapshot("s-1") is None


def test_a_rehearsal_keeps_its_snapshots_to_itself(store: EventStore, service: On) -> None:
    lifecycle = service(store, snapshot_every=10)
    lifecycle.handle_many(busy_day(12))
    before = store.snapshot("s-1")
    rehearsal = lifecycle.rehearsal()
    rehearsal.handle_many([attrs.evolve(one, at=one.at + HOUR) for one in busy_day(40)[1:]])
    assert rehearsal.subscription("s-1").version == 51
    assert store.snapshot("s-1") == before
    assert lifecycle.subscription("s-1").version == 12


def test_a_snapshot_of_a_future_state_does_not_hide_what_the_log_says(store: EventStore, service: On) -> None:
    """Even one that is well sealed: its event must be in the log, at that version, with that digest."""
    lifecycle = service(store, snapshot_every=10)
    lifecycle.handle_many(busy_day(12))
    kept = store.snapshot("s-1")
    assert kept is not None
    ahead = lifecycle.rehearsal()
    ahead.handle_many([attrs.evolve(one, at=one.at + HOUR) for one in busy_day(10)[1:]])
    digest = "f" * 64
    body = snapshot_text(ahead.subscription("s-1"), digest)
    store.keep_snapshot(attrs.evolve(kept, version=21, digest=digest, body=body))
    assert lifecycle.subscription("s-1") == service(store).subscription("s-1")
