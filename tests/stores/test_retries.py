"""A decision that somebody else overtakes between reading and appending is made again, on what is true by then."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.service import Lifecycle
from csp_lifecycle.service.loading import known
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.stores.store import Commit, Envelope, EventStore
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import AddSeats, Advance, Command, Purchase, Rename, Suspend, Upgrade
from csp_lifecycle.vocabulary.names import event_name

JAN_1 = datetime(2025, 1, 1, tzinfo=UTC)
FEB_1 = datetime(2025, 2, 1, tzinfo=UTC)
Act = Callable[[], object]


class Overtaken:
    """A store that lets somebody else act just before it appends, once for each of *acts*."""

    def __init__(self, below: EventStore, *acts: Act) -> None:
        self.read, self.read_all, self.outcome = below.read, below.read_all, below.outcome
        self.streams_of, self.streams, self.due, self.close = below.streams_of, below.streams, below.due, below.close
        self.acts, self._append = list(acts), below.append

    def append(self, commit: Commit) -> tuple[Envelope, ...]:
        if self.acts:
            self.acts.pop(0)()
        return self._append(commit)


class Desk:
    """Two who work on one history: `they` act just before whatever is given to `overtaken` is stored."""

    def __init__(self, store: EventStore, lifecycle_on: Callable[[EventStore], Lifecycle]) -> None:
        self.store, self._on = store, lifecycle_on
        self.they = lifecycle_on(store)

    def overtaken(self, command: Command | Advance, *by: Command | Advance) -> tuple[str, ...]:
        """The events that *command* records when others were faster each time."""
        acts: list[Act] = [lambda other=other: self.they.handle(other) for other in by]  # type: ignore[misc]
        overtaken = Overtaken(self.store, *acts)
        try:
            answer = self._on(overtaken).handle(command)
        finally:
            assert overtaken.acts == []
        return tuple(event_name(type(event)) for event in answer.recorded)

    def refused(self, command: Command, *by: Command) -> str:
        """The code with which *command* is refused after others were faster; it has recorded nothing."""
        with pytest.raises(CommandRefusedError) as caught:
            self.overtaken(command, *by)
        assert {one.command_id for one in self.store.read_all()}.isdisjoint({command.command_id})
        return caught.value.code

    def names(self, subscription_id: str) -> list[str]:
        return [event_name(type(known(envelope))) for envelope in self.store.read(subscription_id)]


@pytest.fixture(params=["memory", "sqlite"])
def desk(
    request: pytest.FixtureRequest,
    open_sqlite: Callable[[], SqliteStore],
    lifecycle_on: Callable[[EventStore], Lifecycle],
) -> Desk:
    """`s-1` and `s-2` are held by contoso, and upgrade into each other."""
    store: EventStore = MemoryStore() if request.param == "memory" else open_sqlite()
    desk = Desk(store, lifecycle_on)
    desk.they.handle(buy("s-1", "left"))
    desk.they.handle(buy("s-2", "right"))
    return desk


def buy(name: str, offer: str, at: datetime = JAN_1, **changes: Any) -> Purchase:
    return Purchase(
        at=at,
        subscription_id=name,
        customer_id="contoso",
        offer_id=offer,
        seats=10,
        term=TermLength.YEAR,
        plan=Plan.MONTHLY,
        command_id=f"buy {name}",
        **changes,
    )


def move(at: datetime = FEB_1) -> Upgrade:
    return Upgrade(
        at=at, subscription_id="s-1", offer_id="right", seats=3, target_subscription_id="s-2", command_id="move"
    )


def test_a_stale_decision_is_made_again(desk: Desk) -> None:
    add = AddSeats(at=FEB_1, subscription_id="s-1", seats=1)
    assert desk.overtaken(add, add, add, add) == ("seats-added",)
    assert desk.names("s-1") == ["purchased", "cycle-charged", *["seats-added"] * 4]
    assert desk.they.subscription("s-1").seats == 10 + 4


def test_what_was_due_is_taken_once_when_two_take_it(desk: Desk) -> None:
    rename = Rename(at=FEB_1, subscription_id="s-1", friendly_name="Sales", command_id="rename")
    assert desk.overtaken(rename, Advance(to=FEB_1)) == ("renamed",)
    assert desk.names("s-1") == ["purchased", "cycle-charged", "renamed"]
    assert desk.overtaken(Advance(to=FEB_1 + timedelta(days=28)), Advance(to=FEB_1 + timedelta(days=28))) == ()
    assert desk.names("s-1") == ["purchased", "cycle-charged", "renamed", "cycle-charged"]


def test_a_second_stream_that_is_written_must_be_as_it_was_read(desk: Desk) -> None:
    # INV-22
    assert "seats-moved-in" in desk.overtaken(move(), AddSeats(at=FEB_1, subscription_id="s-2", seats=1))
    assert desk.names("s-2")[-2:] == ["seats-added", "seats-moved-in"]
    assert (desk.they.subscription("s-1").seats, desk.they.subscription("s-2").seats) == (10 - 3, 10 + 1 + 3)


def test_a_second_stream_that_no_longer_fits_refuses_the_whole_command(desk: Desk) -> None:
    # R-UPGRADE-09, INV-02
    assert desk.refused(move(), Suspend(at=FEB_1, subscription_id="s-2")) == "target-not-active"
    assert desk.names("s-1") == ["purchased"]
    assert desk.they.subscription("s-1").seats == desk.they.subscription("s-2").seats == 10


def test_a_second_stream_that_is_only_read_must_be_as_it_was_read(desk: Desk) -> None:
    # R-COTERM-08
    aligned = buy("s-3", "left", FEB_1, align="s-2")
    assert desk.refused(aligned, Suspend(at=FEB_1, subscription_id="s-2")) == "custom-end-no-match"
    assert desk.store.read("s-3") == ()
    assert desk.store.streams_of("contoso") == ("s-1", "s-2")


def test_a_base_that_is_only_read_must_be_as_it_was_read(desk: Desk) -> None:
    attached = buy("s-3", "extra", FEB_1, base_subscription_id="s-1")
    assert desk.refused(attached, Suspend(at=FEB_1, subscription_id="s-1")) == "base-not-active"
    assert desk.store.read("s-3") == ()


def test_a_list_of_subscriptions_that_is_only_read_must_be_as_it_was_read(desk: Desk) -> None:
    # R-CUSTOMER-01
    assert desk.refused(buy("s-3", "single"), buy("s-4", "single")) == "purchase-limit"
    assert desk.store.streams_of("contoso") == ("s-1", "s-2", "s-4")


def test_two_that_open_the_same_subscription_do_not_both_succeed(desk: Desk) -> None:
    mine = evolve(buy("s-3", "left"), command_id="mine")
    assert desk.refused(mine, buy("s-3", "right")) == "subscription-exists"
    assert desk.they.subscription("s-3").offer_id == "right"


def test_a_command_that_somebody_else_took_meanwhile_is_answered_with_what_they_recorded(desk: Desk) -> None:
    answered = desk.overtaken(move(), move())
    assert list(answered) == [event_name(type(known(envelope))) for envelope in desk.store.read_all(after=2)]
    assert desk.they.subscription("s-2").seats == 10 + 3


def test_a_command_id_that_somebody_else_used_meanwhile_is_refused(desk: Desk) -> None:
    rename = Rename(at=FEB_1, subscription_id="s-1", friendly_name="Sales", command_id="move")
    with pytest.raises(CommandRefusedError) as caught:
        desk.overtaken(rename, move())
    assert caught.value.code == "command-id-reused"
    assert "renamed" not in desk.names("s-1")


def test_whoever_is_overtaken_for_ever_is_told_so(desk: Desk) -> None:
    add = AddSeats(at=FEB_1, subscription_id="s-1", seats=1)
    rename = Rename(at=FEB_1, subscription_id="s-1", friendly_name="Sales", command_id="rename")
    assert desk.refused(rename, *[add] * 20) == "stale-version"
    assert desk.overtaken(rename) == ("renamed",)
