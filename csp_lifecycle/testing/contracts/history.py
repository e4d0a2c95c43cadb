"""What is appended, what is refused, and what can be found again."""

# ruff: noqa: S101 - a contract is a list of assertions

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle.errors import DuplicateCommandError, StaleVersionError
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.testing.contracts.commits import AT, MICROSECOND, as_appended, example_commit, refusal, seen
from csp_lifecycle.testing.scenario import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import Advance, Purchase, ScheduleChange, Suspend, Upgrade
from csp_lifecycle.wire.events import UnknownEvent

_NAMES = (
    *("A", "a", "a ", "é", "e\u0301", "漢字", "😀", "\uffff", "\u2028", "tab\tand\nline", "x" * 10_000),
    *("'; DROP TABLE events; --", '"quoted"', "100%", "under_score", "back\\slash", "?", ":name", "$1", "{0}"),
)
"""Ids that some engine might fold together, cut off, or read as a statement."""
_MANY = 2500
"""More names than one should have to ask for at once."""


def _purchase(name: str, **changes: Any) -> Purchase:
    ask: dict[str, Any] = {"offer_id": "business-standard", "term": TermLength.YEAR, "plan": Plan.MONTHLY, "seats": 9}
    return Purchase(at=AT, subscription_id=name, customer_id="contoso", **ask | changes)


_LATER = AT + timedelta(days=40)
_STORY: tuple[Any, ...] = tuple(
    evolve(command, command_id=f"c-{number}")
    for number, command in enumerate(
        (
            _purchase("s-1"),
            _purchase("s-2", offer_id="e3", friendly_name="“it's” 😀", resellers=("r-1", "r-2")),
            Upgrade(at=_LATER, subscription_id="s-1", offer_id="e3", seats=4, target_subscription_id="s-2"),
            ScheduleChange(at=_LATER, subscription_id="s-1", seats=3),
            Suspend(at=_LATER, subscription_id="s-1"),
            Advance(to=AT + timedelta(days=400)),
        )
    )
)


class HistoryContract:
    """What is appended, what is refused, and what can be found again."""

    def test_a_new_store_is_empty(self, store: EventStore) -> None:
        """Nothing is found where nothing was appended."""
        assert seen(store, "c-1") == ((), (), {"contoso": (), "fabrikam": ()}, [], (), None)
        assert store.read("s-1") == ()

    def test_a_commit_writes_several_streams_in_its_order(self, store: EventStore) -> None:
        """What comes back from the append is what is read afterwards, stream by stream and in the log."""
        first = store.append(example_commit("c-1", "s-2", "s-1", "s-2"))
        second = store.append(example_commit("c-2", "s-1", "s-2", known={"s-1": 1, "s-2": 2}))
        assert store.read("s-1") == (first[1], second[0])
        assert store.read("s-2") == (first[0], first[2], second[1])
        assert tuple(store.read_all()) == first + second

    def test_an_envelope_comes_back_as_it_was_appended(self, store: EventStore) -> None:
        """Every field that the store does not fill in, to the microsecond and in UTC."""
        commit = example_commit("c-1", "s-1")
        stored = store.append(commit)
        assert as_appended(stored) == commit.envelopes
        assert as_appended(store.read("s-1")) == commit.envelopes
        assert store.read("s-1")[0].recorded_at.tzinfo is UTC

    @pytest.mark.parametrize("known", [{}, {"s-1": 1}, {"s-1": 3}])
    def test_a_stream_must_be_at_its_expected_version(self, store: EventStore, known: Mapping[str, int]) -> None:
        """Neither behind it nor ahead of it, nor new; the error says what was expected and what is."""
        store.append(example_commit("c-1", "s-1", "s-1"))
        stale = refusal(store, example_commit("c-2", "s-1", known=known), StaleVersionError)
        assert (stale.stream, stale.expected, stale.actual) == ("s-1", known.get("s-1", 0), 2)

    @pytest.mark.parametrize("streams", [("s-1", "s-2"), ("s-2", "s-1"), ("s-3", "s-2", "s-1")])
    def test_one_stale_stream_stops_the_whole_commit(self, store: EventStore, streams: tuple[str, ...]) -> None:
        """Whether it stands first or last, nothing is written to the others or to the indexes."""
        store.append(example_commit("c-1", "s-1", "s-2", "s-2", due=AT))
        commit = example_commit("c-2", *streams, known={"s-1": 1, "s-2": 1}, customer_id="fabrikam", due=None)
        assert refusal(store, commit, StaleVersionError).stream == "s-2"

    @pytest.mark.parametrize("known", [0, 1, 3])
    def test_a_stream_that_was_only_read_must_not_have_changed(self, store: EventStore, known: int) -> None:
        """A decision rests on it, although it writes nothing there."""
        store.append(example_commit("c-1", "s-1", "s-2", "s-2"))
        stale = refusal(store, example_commit("c-2", "s-1", known={"s-1": 1, "s-2": known}), StaleVersionError)
        assert (stale.stream, stale.expected, stale.actual) == ("s-2", known, 2)
        store.append(example_commit("c-2", "s-1", known={"s-1": 1, "s-2": 2, "s-3": 0}))
        assert (len(store.read("s-1")), len(store.read("s-2"))) == (2, 2)

    def test_a_customers_number_of_streams_must_not_have_changed(self, store: EventStore) -> None:
        """No version of a stream shows that another stream is new."""
        store.append(example_commit("c-1", "s-1"))
        store.append(example_commit("c-2", "s-2"))
        stale = refusal(store, example_commit("c-3", "s-3", customers={"contoso": 1}), StaleVersionError)
        assert (stale.stream, stale.expected, stale.actual) == ("contoso", 1, 2)
        store.append(example_commit("c-3", "s-3", customers={"contoso": 2, "fabrikam": 0}))
        assert store.streams_of("contoso") == ("s-1", "s-2", "s-3")

    def test_a_command_id_is_taken_once(self, store: EventStore) -> None:
        """The second time is told so before anything else, whatever it carries."""
        store.append(example_commit("c-1", "s-1"))
        assert refusal(store, example_commit("c-1", "s-1"), DuplicateCommandError).command_id == "c-1"
        assert refusal(store, example_commit("c-1", "s-2"), DuplicateCommandError).command_id == "c-1"

    def test_an_outcome_is_the_digest_and_the_envelopes(self, store: EventStore) -> None:
        """It stays what it was, whatever others append behind it; other ids have none."""
        stored = store.append(example_commit("c-1", "s-1", "s-2", "s-1"))
        store.append(example_commit("c-2", "s-1", known={"s-1": 2}))
        outcome = store.outcome("c-1")
        assert outcome is not None
        assert (outcome.digest, outcome.envelopes) == ("digest of c-1", stored)
        assert store.outcome("C-1") is None

    def test_the_positions_of_many_commands_are_those_of_their_outcomes(self, store: EventStore) -> None:
        """Asked at once, however many there are; those that recorded nothing are left out."""
        for n in range(3):
            store.append(example_commit(f"c-{n}", "s-1", "s-2", "s-1", known={"s-1": 2 * n, "s-2": n}))
        outcomes = {name: store.outcome(name) for name in ("c-0", "c-1", "c-2")}
        known = {name: tuple(one.position for one in made.envelopes) for name, made in outcomes.items() if made}
        assert len(known) == len(outcomes)
        assert store.positions_of([]) == {}
        assert store.positions_of(["c-2", "C-1", "c-0"]) == {name: known[name] for name in ("c-0", "c-2")}
        assert store.positions_of({*known, *(f"d-{n}" for n in range(_MANY))}) == known

    def test_the_index_entries_of_many_streams_are_those_of_each(self, store: EventStore) -> None:
        """Asked at once, however many there are, by id; streams that are not there are left out."""
        for n in range(5):
            store.append(example_commit(f"c-{n}", f"s-{n}", customer_id=f"customer {n}", due=AT if n % 2 else None))
        store.append(example_commit("c-9", "s-3", known={"s-3": 1}, customer_id="customer 3"))
        known = [store.state(f"s-{n}") for n in range(5)]
        assert [*store.states([])] == []
        assert [*store.states(["s-3", "S-1", "s-0"])] == [known[0], known[3]]
        assert [*store.states({f"s-{n}" for n in range(_MANY)})] == known

    def test_a_command_id_is_free_again_after_a_failure(self, store: EventStore) -> None:
        """What was refused may be tried again under the same id."""
        refusal(store, example_commit("c-1", "s-1", known={"s-1": 7}), StaleVersionError)
        assert store.append(example_commit("c-1", "s-1")) == store.read("s-1")

    def test_due_streams_stand_oldest_first(self, store: EventStore) -> None:
        """Then by id; up to and including the instant that was asked for, to the microsecond."""
        before, far = datetime(1969, 7, 20, 20, 17, 40, 1, UTC), datetime.max.replace(tzinfo=UTC)
        entries = [("b", AT), ("a", AT), ("z", before), ("c", far), ("d", AT + MICROSECOND), ("never", None)]
        for stream, due in entries:
            store.append(example_commit(f"c-{stream}", stream, due=due))
        known = ((before, "z"), (AT, "a"), (AT, "b"), (AT + MICROSECOND, "d"), (far, "c"))
        assert store.due() == store.due(far) == known
        assert store.due(AT) == known[:3]
        assert store.due(AT - MICROSECOND) == store.due(before) == known[:1]
        assert store.due(before - MICROSECOND) == ()

    def test_the_due_feed_is_read_page_by_page(self, store: EventStore) -> None:
        """From behind an entry on, whether or not it is still there, and so many at most."""
        for n in range(9):
            store.append(example_commit(f"c-{n}", f"s-{n}", due=AT + n // 3 * MICROSECOND))
        whole = store.due()
        assert [store.due(after=entry) for entry in whole] == [whole[n + 1 :] for n in range(9)]
        assert store.due(limit=4) == whole[:4]
        assert store.due(AT, after=whole[0], limit=7) == whole[1:3]
        assert store.due(after=(AT, "s-1+"), limit=2) == whole[2:4]
        assert store.due(after=(AT, "z"), limit=9) == whole[3:]
        assert store.due(limit=0) == store.due(after=whole[-1]) == ()

    def test_the_due_index_follows_the_newest_commit(self, store: EventStore) -> None:
        """A stream is due once, at its newest instant, and not at all when time changes nothing there."""
        later = AT + timedelta(days=365)
        store.append(example_commit("c-1", "s-1", "s-2", due=AT))
        store.append(example_commit("c-2", "s-1", known={"s-1": 1}, due=later))
        assert (store.due(), store.due(AT)) == (((AT, "s-2"), (later, "s-1")), ((AT, "s-2"),))
        store.append(example_commit("c-3", "s-1", "s-2", known={"s-1": 2, "s-2": 1}))
        assert store.due() == ()

    def test_names_are_kept_to_the_letter(self, store: EventStore) -> None:
        """Stream, customer and command ids of any script, length and punctuation, in the order of code points."""
        for name in _NAMES:
            store.append(example_commit(name, name, customer_id=name, due=AT))
        assert tuple(store.streams()) == tuple(sorted(_NAMES))
        assert store.due() == tuple((AT, name) for name in sorted(_NAMES))
        for name in _NAMES:
            assert [envelope.stream for envelope in store.read(name)] == [name]
            assert store.streams_of(name) == (name,)
            assert [state.stream for state in store.states([name])] == [name]
            outcome = store.outcome(name)
            assert outcome is not None
            assert outcome.envelopes == store.read(name)
            assert store.positions_of([name]) == {name: tuple(one.position for one in outcome.envelopes)}

    @pytest.mark.parametrize("name", ["", "\x00", "s-1\x00", "\ud800"])
    def test_a_name_that_cannot_be_stored_is_not_found(self, store: EventStore, name: str) -> None:
        """A question is no reason to fail."""
        store.append(example_commit("s-1", "s-1", customer_id="s-1"))
        assert (store.read(name), store.streams_of(name), store.outcome(name)) == ((), (), None)
        assert (store.positions_of([name]), [*store.states([name]), *store.histories([name])]) == ({}, [])

    @pytest.mark.parametrize(("kind", "schema"), [("seats-added", 2), ("seats-painted", 1), ("sold-to-mars", 3)])
    def test_an_event_of_a_newer_version_is_kept(self, store: EventStore, kind: str, schema: int) -> None:
        """It comes back as it was, with all that this version does not understand."""
        text = '{"b": [1, 2.5, null, true, {"ü": "😀 \\" \\\\"}], "a": 123456789012345678901234567890, "seats": "many"}'
        body = {"type": kind, "at": "later", "subscription_id": "s-1", **json.loads(text)}
        commit = example_commit("c-1", "s-1", "s-1")
        newer = UnknownEvent(subscription_id="s-1", type=kind, schema=schema, body=body)
        envelopes = (commit.envelopes[0], evolve(commit.envelopes[1], event=newer, schema=schema))
        store.append(evolve(commit, envelopes=envelopes))
        assert [(one.schema, one.event) for one in store.read("s-1")][1] == (schema, newer)

    def test_the_same_story_leaves_the_same_history(self, store: EventStore) -> None:
        """What the service records here is what it records in memory."""
        told, reference = Scenario(*_STORY, store=store), Scenario(*_STORY, store=MemoryStore())
        assert [*told.lifecycle.subscriptions()] == [*reference.lifecycle.subscriptions()]
        assert as_appended(store.read_all()) == as_appended(reference.store.read_all())
        assert store.due() == reference.store.due()
