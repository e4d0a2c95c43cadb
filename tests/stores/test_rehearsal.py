"""A rehearsal keeps the contract of a history, on top of another store that never learns of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from csp_lifecycle.errors import DuplicateCommandError, StaleVersionError
from csp_lifecycle.service import Lifecycle
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.rehearsal import Rehearsal
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.testing.store_contract import HistoryContract, example_commit
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import AddSeats, Purchase

JAN_1 = datetime(2025, 1, 1, tzinfo=UTC)


class TestRehearsal(HistoryContract):
    @pytest.fixture
    def store(self) -> EventStore:
        return Rehearsal(MemoryStore())


class TestRehearsalOfARehearsal(HistoryContract):
    @pytest.fixture
    def store(self) -> EventStore:
        return Rehearsal(Rehearsal(MemoryStore()))


@pytest.fixture
def below() -> MemoryStore:
    store = MemoryStore()
    store.append(example_commit("c-1", "s-1", "s-2", due=JAN_1))
    store.append(example_commit("c-2", "s-3", customer_id="fabrikam", due=JAN_1))
    return store


def test_what_is_rehearsed_stands_on_what_is_stored(below: MemoryStore) -> None:
    rehearsal = Rehearsal(below)
    later = JAN_1 + timedelta(days=1)
    (second,) = rehearsal.append(example_commit("c-3", "s-1", known={"s-1": 1}, customers={"contoso": 2}, due=later))
    rehearsal.append(example_commit("c-4", "s-0"))
    assert rehearsal.read("s-1") == (*below.read("s-1"), second)
    assert rehearsal.streams_of("contoso") == ("s-0", "s-1", "s-2")
    assert tuple(rehearsal.streams()) == ("s-0", "s-1", "s-2", "s-3")
    assert rehearsal.due() == ((JAN_1, "s-2"), (JAN_1, "s-3"), (later, "s-1"))
    assert [one.command_id for one in rehearsal.read_all(after=1, limit=3)] == ["c-1", "c-2", "c-3"]
    assert rehearsal.outcome("c-1") == below.outcome("c-1")


def test_what_is_stored_counts_in_a_rehearsal(below: MemoryStore) -> None:
    rehearsal = Rehearsal(below)
    with pytest.raises(DuplicateCommandError):
        rehearsal.append(example_commit("c-1", "s-9"))
    with pytest.raises(StaleVersionError, match="s-1 is at version 1, not at 0"):
        rehearsal.append(example_commit("c-3", "s-1"))
    with pytest.raises(StaleVersionError, match="contoso is at version 2, not at 1"):
        rehearsal.append(example_commit("c-3", "s-9", customers={"contoso": 1}))


def test_nothing_of_a_rehearsal_is_stored(below: MemoryStore) -> None:
    before = (tuple(below.read_all()), below.due(), below.streams_of("contoso"))
    rehearsal = Rehearsal(below)
    rehearsal.append(example_commit("c-3", "s-1", "s-9", known={"s-1": 1}))
    rehearsal.close()
    assert (tuple(below.read_all()), below.due(), below.streams_of("contoso")) == before
    assert below.outcome("c-3") is None
    assert below.append(example_commit("c-3", "s-9"))[0].position == len(before[0]) + 1


def test_what_others_store_in_the_meantime_does_not_break_a_rehearsal(below: MemoryStore) -> None:
    rehearsal = Rehearsal(below)
    (rehearsed,) = rehearsal.append(example_commit("c-3", "s-1", known={"s-1": 1}))
    first = below.read("s-1")
    (other,) = below.append(example_commit("c-4", "s-2", known={"s-2": 1}))
    below.append(example_commit("c-5", "s-1", "s-1", known={"s-1": 1}))
    assert rehearsal.read("s-1") == (*first, rehearsed)
    assert rehearsal.read("s-2")[-1] == other
    assert [one.command_id for one in rehearsal.read_all()] == ["c-1", "c-1", "c-2", "c-4", "c-3"]
    rehearsal.append(example_commit("c-6", "s-1", known={"s-1": 2}))


def test_a_preview_of_many_commands_goes_on_while_others_write(lifecycle_on: Callable[[EventStore], Lifecycle]) -> None:
    lifecycle = lifecycle_on(MemoryStore())
    lifecycle.handle(
        Purchase(
            at=JAN_1,
            subscription_id="s-1",
            customer_id="contoso",
            offer_id="left",
            seats=5,
            term=TermLength.YEAR,
            plan=Plan.MONTHLY,
        )
    )
    rehearsal = lifecycle.rehearsal()
    add = AddSeats(at=JAN_1, subscription_id="s-1", seats=1)
    rehearsal.handle(add)
    lifecycle.handle(add)
    rehearsal.handle(add)
    assert rehearsal.subscription("s-1").seats == 5 + 1 + 1
    assert lifecycle.subscription("s-1").seats == 5 + 1
