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
from csp_lifecycle.stores.rehearsal import Rehearsal
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.stores.store import Commit, Envelope, EventStore
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import AddSeats, Advance, Command, Purchase, Rename, Suspend, Upgrade
from csp_lifecycle.vocabulary.names import event_name

JAN_1 = datetime(2025, 1, 1, tzinfo=UTC)
FEB_1 = datetime(2025, 2, 1, tzinfo=UTC)
Act = Callable[[], object]


class Overtaken(Rehearsal):
    """A store that lets somebody else act just before it appends, once for each of *acts*."""

    def __init__(self, below: EventStore, *acts: Act) -> None:
        super().__init__(below)
        self.acts, self._append = list(acts), below.append

    def append(self, commit: Commit) -> tuple[Envelope, ...]:
        if self.acts:
            self.acts.pop(0)()
        return self._append(commit)


class Books:
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
def books(
    request: pytest.FixtureRequest,
    open_sqlite: Callable[[], SqliteStore],
    lifecycle_on: Callable[[EventStore], Lifecycle],
) -> Books:
    """`s-1` and `s-2` are held by contoso, and upgrade into each other."""
    store: EventStore = MemoryStore() if request.param == "memory" else open_sqlite()
    books = Books(store, lifecycle_on)
    books.they.handle(buy("s-1", "left"))
    books.they.handle(buy("s-2", "right"))
    return books


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


def test_a_stale_decision_is_made_again(books: Books) -> None:
    add = AddSeats(at=FEB_1, subscription_id="s-1", seats=1)
    assert books.overtaken(add, add, add, add) == ("seats-added",)
    assert books.names("s-1") == ["purchased", "cycle-charged", *["seats-added"] * 4]
    assert books.they.subscription("s-1").seats == 10 + 4


def test_what_was_due_is_taken_once_when_two_take_it(books: Books) -> None:
    rename = Rename(at=FEB_1, subscription_id="s-1", friendly_name="Sales", command_id="rename")
    assert books.overtaken(rename, Advance(to=FEB_1)) == ("renamed",)
    assert books.names("s-1") == ["purchased", "cycle-charged", "renamed"]
    assert books.overtaken(Advance(to=FEB_1 + timedelta(days=28)), Advance(to=FEB_1 + timedelta(days=28))) == ()
    assert books.names("s-1") == ["purchased", "cycle-charged", "renamed", "cycle-charged"]


def test_a_second_stream_that_is_written_must_be_as_it_was_read(books: Books) -> None:
    # INV-22
    assert "seats-moved-in" in books.overtaken(move(), AddSeats(at=FEB_1, subscription_id="s-2", seats=1))
    assert books.names("s-2")[-2:] == ["seats-added", "seats-moved-in"]
    assert (books.they.subscription("s-1").seats, books.they.subscription("s-2").seats) == (10 - 3, 10 + 1 + 3)


def test_a_second_stream_that_no_longer_fits_refuses_the_whole_command(books: Books) -> None:
    # R-UPGRADE-09, INV-02
    assert books.refused(move(), Suspend(at=FEB_1, subscription_id="s-2")) == "target-not-active"
    assert books.names("s-1") == ["purchased"]
    assert books.they.subscription("s-1").seats == books.they.subscription("s-2").seats == 10


def test_a_second_stream_that_is_only_read_must_be_as_it_was_read(books: Books) -> None:
    # R-COTERM-08
    aligned = buy("s-3", "left", FEB_1, align="s-2")
    assert books.refused(aligned, Suspend(at=FEB_1, subscription_id="s-2")) == "custom-end-no-match"
    assert books.store.read("s-3") == ()
    assert books.store.streams_of("contoso") == ("s-1", "s-2")


def test_a_base_that_is_only_read_must_be_as_it_was_read(books: Books) -> None:
    attached = buy("s-3", "extra", FEB_1, base_subscription_id="s-1")
    assert books.refused(attached, Suspend(at=FEB_1, subscription_id="s-1")) == "base-not-active"
    assert books.store.read("s-3") == ()


def test_a_list_of_subscriptions_that_is_only_read_must_be_as_it_was_read(books: Books) -> None:
    # R-CUSTOMER-01
    assert books.refused(buy("s-3", "single"), buy("s-4", "single")) == "purchase-limit"
    assert books.store.streams_of("contoso") == ("s-1", "s-2", "s-4")


def test_two_that_open_the_same_subscription_do_not_both_succeed(books: Books) -> None:
    mine = evolve(buy("s-3", "left"), command_id="mine")
    assert books.refused(mine, buy("s-3", "right")) == "subscription-exists"
    assert books.they.subscription("s-3").offer_id == "right"


def test_a_command_that_somebody_else_took_meanwhile_is_answered_with_what_they_recorded(books: Books) -> None:
    answered = books.overtaken(move(), move())
    assert list(answered) == [event_name(type(known(envelope))) for envelope in books.store.read_all(after=2)]
    assert books.they.subscription("s-2").seats == 10 + 3


def test_a_command_id_that_somebody_else_used_meanwhile_is_refused(books: Books) -> None:
    rename = Rename(at=FEB_1, subscription_id="s-1", friendly_name="Sales", command_id="move")
    with pytest.raises(CommandRefusedError) as caught:
        books.overtaken(rename, move())
    assert caught.value.code == "command-id-reused"
    assert "renamed" not in books.names("s-1")


def test_whoever_is_overtaken_for_ever_is_told_so(books: Books) -> None:
    add = AddSeats(at=FEB_1, subscription_id="s-1", seats=1)
    rename = Rename(at=FEB_1, subscription_id="s-1", friendly_name="Sales", command_id="rename")
    assert books.refused(rename, *[add] * 20) == "stale-version"
    assert books.overtaken(rename) == ("renamed",)
