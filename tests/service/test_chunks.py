"""Time taken everywhere, in commits of bounded size: oldest first, nothing torn apart, broken off and gone on with."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csp_lifecycle.errors import CommandRefusedError, StoreError
from csp_lifecycle.service import Answer, Lifecycle
from csp_lifecycle.service.loading import known
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.rehearsal import Rehearsal
from csp_lifecycle.stores.store import Commit, Envelope, EventStore
from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.testing.strategies import World, histories
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.commands import Advance, Command, Purchase, Rename, Suspend
from csp_lifecycle.vocabulary.names import event_name

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

JAN_1 = datetime(2025, 1, 1, tzinfo=UTC)
JAN_4 = datetime(2025, 1, 4, tzinfo=UTC)
FEB_1, APR_1 = datetime(2025, 2, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC)
WORLD = World()
On = Callable[..., Lifecycle]


def buy(name: str, at: datetime = JAN_1, **changes: Any) -> Purchase:
    asked: dict[str, Any] = {"offer_id": "business-standard", "plan": Plan.MONTHLY, "customer_id": f"of {name}"}
    return Purchase(at=at, subscription_id=name, seats=10, term=TermLength.YEAR, **(asked | changes))


def commits(store: EventStore) -> dict[str, list[str]]:
    """The streams that each command wrote to, in order."""
    written: dict[str, list[str]] = defaultdict(list)
    for one in store.read_all():
        written[one.command_id].append(one.stream)
    return written


def told(answer: Answer) -> list[tuple[str, str, datetime]]:
    return [(event.subscription_id, event_name(type(event)), event.at) for event in answer.recorded]


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_chunks_of_any_size_leave_the_same_streams(at_once: int, service: On) -> None:  # INV-28
    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
    @given(histories(WORLD, longest=25), st.timedeltas(timedelta(), timedelta(days=800)), st.booleans())
    def leave_the_same(history: tuple[Command, ...], wait: timedelta, complete: bool) -> None:  # noqa: FBT001
        streams, answers = [], []
        for size in (500, at_once):
            store = MemoryStore()
            lifecycle = service(store, at_once=size)
            lifecycle.handle_many(history)
            answers.append(lifecycle.advance(history[-1].at + wait, complete=complete))
            streams.append({name: [known(one) for one in store.read(name)] for name in store.streams()})
        whole, parts = answers
        assert streams[0] == streams[1]
        assert whole.subscriptions == parts.subscriptions
        assert [one.subscription_id for one in whole.stuck] == [one.subscription_id for one in parts.stuck]
        assert sorted(told(whole)) == sorted(told(parts))
        assert [event.at for event in parts.recorded] == sorted(event.at for event in parts.recorded)

    leave_the_same()


def test_no_commit_is_of_more_subscriptions_than_may_be_taken_at_once(store: EventStore, service: On) -> None:
    lifecycle = service(store, at_once=4)
    lifecycle.handle_many([buy(f"s-{n:02}", JAN_1 + timedelta(days=n // 6)) for n in range(20)])
    before = commits(store)
    answers = [*lifecycle.advance_in_chunks(APR_1)]
    made = [streams for name, streams in commits(store).items() if name not in before]
    assert [[event.subscription_id for event in answer.recorded] for answer in answers] == made
    assert max(map(len, made)) == 4
    # Six are due on one day: four of them, then the other two; and every day before the next.
    assert made[:4] == [
        ["s-00", "s-01", "s-02", "s-03"],
        ["s-04", "s-05"],
        ["s-06", "s-07", "s-08", "s-09"],
        ["s-10", "s-11"],
    ]
    assert [*(event.at for answer in answers for event in answer.recorded)] == sorted(
        event.at for answer in answers for event in answer.recorded
    )
    assert not store.due(APR_1)


def legacy_family(base: str, add_on: str, customer: str) -> list[Purchase]:
    legacy: dict[str, Any] = {"customer_id": customer, "plan": Plan.MONTHLY}
    return [
        buy(base, offer_id="office-legacy", **legacy),
        buy(add_on, offer_id="archive-legacy", base_subscription_id=base, **legacy),
    ]


@pytest.mark.parametrize("at_once", [1, 2, 3, 500])
def test_a_base_and_its_add_ons_are_never_torn_apart(at_once: int, store: EventStore, service: On) -> None:
    # D-05
    lifecycle = service(store, at_once=at_once)
    # The ids of add-ons stand before all bases, so that the feed names them first.
    for n in range(4):
        lifecycle.handle_many(legacy_family(f"base {n}", f"add-on {n}", f"customer {n}"))
    lifecycle.advance(JAN_1 + timedelta(days=800))
    families = [
        {stream[-1] for stream in streams} | {f"{len(set(streams))} streams"}
        for streams in commits(store).values()
        if any(stream.startswith("add-on") for stream in streams) and len(streams) > 1
    ]
    assert families
    assert all("1 streams" not in family for family in families)
    reference = MemoryStore()
    alone = service(reference)
    for n in range(4):
        alone.handle_many(legacy_family(f"base {n}", f"add-on {n}", f"customer {n}"))
    alone.advance(JAN_1 + timedelta(days=800))
    assert {name: [known(one) for one in store.read(name)] for name in store.streams()} == {
        name: [known(one) for one in reference.read(name)] for name in reference.streams()
    }


class Failing:
    """A store whose appends fail from the *number*-th on, until it is mended."""

    def __init__(self, below: EventStore, number: int) -> None:
        self._below, self.left = below, number

    def __getattr__(self, name: str) -> Any:
        return getattr(self._below, name)

    def append(self, commit: Commit) -> tuple[Envelope, ...]:
        self.left -= 1
        if self.left == 0:
            message = "the disk is full"
            raise StoreError(message)
        return self._below.append(commit)


@pytest.mark.parametrize("broken_at", [1, 2, 3, 5])
def test_an_advance_that_was_broken_off_goes_on_where_it_ended(broken_at: int, store: EventStore, service: On) -> None:
    bought = [buy(f"s-{n}", JAN_1 + timedelta(days=n)) for n in range(5)]
    take = Advance(to=datetime(2025, 2, 28, tzinfo=UTC), command_id="take")
    service(store).handle_many(bought)
    failing: Any = Failing(store, broken_at)
    lifecycle = service(failing, at_once=1)
    with pytest.raises(StoreError, match="full"):
        lifecycle.handle(take)
    stored = [one.stream for one in store.read_all()][5:]
    assert stored == [f"s-{n}" for n in range(broken_at - 1)]
    answer = lifecycle.handle(take)
    assert [event.subscription_id for event in answer.recorded] == ["s-0", "s-1", "s-2", "s-3", "s-4"]
    # It has come to its end: from now on it is answered with what it recorded, whatever has happened since.
    lifecycle.handle(buy("s-9", JAN_1))
    assert lifecycle.handle(take).recorded == answer.recorded
    assert {event.subscription_id for event in lifecycle.advance(take.to).recorded} == {"s-9"}


class Overtaken:
    """A store that lets somebody else act just before it appends, once for each of *acts*."""

    def __init__(self, below: EventStore, *acts: Callable[[], object]) -> None:
        self._below, self.acts = below, list(acts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._below, name)

    def append(self, commit: Commit) -> tuple[Envelope, ...]:
        if self.acts:
            self.acts.pop(0)()
        return self._below.append(commit)


@pytest.mark.parametrize("at_once", [1, 2, 500])
def test_who_sends_the_same_advance_at_the_same_time_is_answered_alike(
    at_once: int, store: EventStore, service: On
) -> None:
    they = service(store, at_once=at_once)
    they.handle_many([buy(f"s-{n}", JAN_1 + timedelta(days=n)) for n in range(4)])
    take = Advance(to=APR_1, command_id="take")
    answers = list[Answer]()
    overtaken: Any = Overtaken(store, lambda: answers.append(they.handle(take)))
    mine = service(overtaken, at_once=at_once).handle(take)
    assert overtaken.acts == []
    assert mine.recorded == answers[0].recorded
    assert mine.recorded == they.handle(take).recorded
    assert len([*store.read_all()]) == 4 + len(mine.recorded)


def test_an_advance_that_is_overtaken_every_time_is_refused(store: EventStore, service: On) -> None:  # R-LOCK-06
    they = service(store)
    they.handle_many([buy("s-1"), buy("s-2", JAN_4)])
    acts = [lambda n=n: they.handle(Rename(at=JAN_4, subscription_id="s-2", friendly_name=f"{n}")) for n in range(3)]
    overtaken: Any = Overtaken(store, lambda: None, *acts)
    with pytest.raises(CommandRefusedError, match="stale-version"):
        service(overtaken, at_once=1, attempts=3).advance(FEB_1 + timedelta(days=5))
    # The chunk before is stored, and the next advance goes on from there.
    assert [event.subscription_id for event in they.advance(FEB_1 + timedelta(days=5)).recorded] == ["s-2"]


def test_the_id_of_an_advance_stands_for_no_other_command(store: EventStore, service: On) -> None:
    lifecycle = service(store, at_once=1)
    lifecycle.handle_many([buy("s-1"), buy("s-2", JAN_1 + timedelta(days=1))])
    lifecycle.handle(Advance(to=APR_1, command_id="take"))
    with pytest.raises(CommandRefusedError, match="command-id-reused"):
        lifecycle.handle(Advance(to=APR_1 + timedelta(days=1), command_id="take"))
    with pytest.raises(CommandRefusedError, match="command-id-reused"):
        lifecycle.handle(Suspend(at=APR_1, subscription_id="s-1", command_id="take"))


def test_what_is_stuck_is_told_once_and_holds_up_nobody(store: EventStore, service: On) -> None:
    service(store).handle_many([buy(f"s-{n}", plan=Plan.ANNUAL) for n in range(3)])
    service(store).handle_many([buy(f"t-{n}", offer_id="e3", plan=Plan.ANNUAL) for n in range(3)])
    offers = {name: offer for name, offer in example_catalog().offers.items() if name != "business-standard"}
    poorer = Lifecycle(store, Catalog(offers), clock=lambda: APR_1, at_once=2)
    answer = poorer.advance(datetime(2026, 1, 1, tzinfo=UTC))
    assert [(one.subscription_id, one.refusal.code) for one in answer.stuck] == [
        ("s-0", "offer-not-found"),
        ("s-1", "offer-not-found"),
        ("s-2", "offer-not-found"),
    ]
    assert told(answer) == [(f"t-{n}", "renewed", datetime(2026, 1, 1, tzinfo=UTC)) for n in range(3)]
    waiting = [
        (one.subscription_id, one.stuck and one.stuck.code) for one in poorer.due(datetime(2026, 1, 1, tzinfo=UTC))
    ]
    assert waiting == [(f"s-{n}", "offer-not-found") for n in range(3)]


def test_what_is_to_come_is_told_in_order(store: EventStore, service: On) -> None:
    lifecycle = service(store)
    lifecycle.handle_many([buy("s-2"), buy("s-1", JAN_1 + timedelta(days=3)), *legacy_family("z", "a", "legacy")])
    due = [
        (one.at.date().isoformat(), one.subscription_id, one.what) for one in lifecycle.due(FEB_1 + timedelta(days=5))
    ]
    assert due == [
        ("2025-02-01", "s-2", "cycle-charged"),
        ("2025-02-01", "z", "cycle-charged"),
        ("2025-02-01", "a", "cycle-charged"),  # an add-on of z
        ("2025-02-04", "s-1", "cycle-charged"),
    ]
    assert sorted((one.at, one.subscription_id) for one in lifecycle.due()) == list(store.due())
    assert [one.what for one in lifecycle.due()] == ["cycle-charged"] * 4
    told_ahead = [(one.subscription_id, one.what, one.at) for one in lifecycle.due(JAN_1 + timedelta(days=400))]
    assert sorted(told_ahead) == sorted(told(lifecycle.advance(JAN_1 + timedelta(days=400))))


@pytest.mark.parametrize("rehearsed", [0, 4, 10])
def test_the_due_feed_is_read_page_by_page(rehearsed: int, store: EventStore, service: On) -> None:
    """Also where some of it is stored, and the rest is rehearsed on top."""
    bought = [buy(f"s-{n}", JAN_1 + timedelta(days=n // 3)) for n in range(10)]
    lifecycle = service(store)
    lifecycle.handle_many(bought[rehearsed:])
    lifecycle.handle_many(bought[:1])
    feed: EventStore = Rehearsal(store)
    service(feed).handle_many(bought[:rehearsed])
    feed = feed if rehearsed else store
    whole = feed.due()
    assert [stream for _, stream in whole] == [f"s-{n}" for n in range(10)]
    assert feed.due(limit=4) == whole[:4]
    assert feed.due(limit=0) == ()
    for n, entry in enumerate(whole):
        assert feed.due(after=entry) == whole[n + 1 :]
        assert feed.due(entry[0], after=whole[0], limit=2) == tuple(one for one in whole[1:] if one[0] <= entry[0])[:2]
