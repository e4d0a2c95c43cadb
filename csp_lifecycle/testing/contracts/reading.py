"""What is asked of single streams, of several at once, and of the different kinds."""

# ruff: noqa: S101 - a contract is a list of assertions

import pytest
from attrs import evolve

from csp_lifecycle.errors import DuplicateCommandError, StaleVersionError, StoreError
from csp_lifecycle.stores.rows import history_from
from csp_lifecycle.stores.store import Commit, EventStore, Snapshot, StreamKind
from csp_lifecycle.testing.contracts.commits import AT, STORY, example_commit, seen

_ACCOUNT = StreamKind.ACCOUNT


def _of_accounts(commit: Commit) -> Commit:
    """The same commit, about accounts."""
    return evolve(commit, kind=_ACCOUNT, states=tuple(evolve(one, kind=_ACCOUNT) for one in commit.states))


class ReadingContract:
    """Several commits at once, and the questions that are asked of single streams."""

    def test_a_commit_is_refused_before_any_store_sees_it(self, store: EventStore) -> None:
        """It appends something, by one command, with a state of its kind for each stream it writes and no other."""
        commit = example_commit("c-1", "s-1", "s-2")
        with pytest.raises(ValueError, match="appends nothing"):
            evolve(commit, envelopes=())
        with pytest.raises(ValueError, match="a state for each stream"):
            evolve(commit, states=commit.states[:1])
        with pytest.raises(ValueError, match="a state for each stream"):
            evolve(commit, envelopes=commit.envelopes[:1])
        with pytest.raises(ValueError, match="another command"):
            evolve(commit, command_id="c-2")
        with pytest.raises(ValueError, match="of one kind: account"):
            evolve(commit, kind=_ACCOUNT)
        assert tuple(store.streams()) == ()

    def test_a_stream_is_read_behind_a_version(self, store: EventStore) -> None:
        """What stands before it is left out; behind the last there is nothing."""
        stored = store.append(example_commit("c-1", "s-1", "s-1", "s-1"))
        assert [store.read("s-1", after) for after in (0, 1, 3, 9)] == [stored, stored[1:], (), ()]

    def test_several_streams_are_read_at_once(self, store: EventStore) -> None:
        """Each with its events; those without any are left out, and so is what no store can hold."""
        store.append(example_commit("c-1", "s-1", "s-2", "s-1"))
        names = ["s-2", "s-1", "s-9", "\x00", "\ud800", "s-2"]
        assert list(store.histories(names)) == [history_from(store.read(name)) for name in ("s-1", "s-2")]
        assert list(store.histories([])) == []

    def test_the_index_entry_of_a_stream_is_what_was_stored(self, store: EventStore) -> None:
        """The one of its newest commit; None for a stream that is not there."""
        store.append(example_commit("c-1", "s-1", due=AT))
        commit = example_commit("c-2", "s-1", known={"s-1": 1})
        store.append(commit)
        assert store.state("s-1") == commit.states[0]
        assert (store.state("s-2"), store.state("\x00")) == (None, None)

    def test_streams_of_different_kinds_are_told_apart(self, store: EventStore) -> None:
        """Each kind has its own lists and numbers, even of one name; what is due is due in both."""
        store.append(example_commit("c-1", "s-1", due=AT))
        store.append(_of_accounts(example_commit("c-2", "a-1", "a-2", due=AT)))
        assert (tuple(store.streams()), tuple(store.streams(_ACCOUNT))) == (("s-1",), ("a-1", "a-2"))
        assert (store.streams_of("contoso"), store.streams_of("contoso", _ACCOUNT)) == (("s-1",), ("a-1", "a-2"))
        assert store.due() == ((AT, "a-1"), (AT, "a-2"), (AT, "s-1"))
        assert [one and one.kind for one in map(store.state, ("s-1", "a-1"))] == [StreamKind.SUBSCRIPTION, _ACCOUNT]
        with pytest.raises(StaleVersionError):
            store.append(_of_accounts(example_commit("c-3", "a-3", customers={"contoso": 1})))
        store.append(_of_accounts(example_commit("c-3", "a-3", customers={"contoso": 2})))
        store.append(example_commit("c-4", "s-2", customers={"contoso": 1}))

    def test_what_is_due_is_read_in_parts(self, store: EventStore) -> None:
        """Behind an entry and at most so many, in the same order; equal instants by id."""
        for n in range(5):
            store.append(example_commit(f"c-{n}", f"s-{n}", due=AT))
        whole = store.due()
        assert [store.due(limit=2), store.due(after=whole[1], limit=2), store.due(after=whole[3])] == [
            *(whole[:2], whole[2:4], whole[4:]),
        ]
        assert (store.due(after=whole[4]), store.due(limit=0)) == ((), ())

    def test_a_snapshot_is_the_one_that_was_kept_last(self, store: EventStore) -> None:
        """Each stream has one, and none until one was kept."""
        store.append(example_commit("c-1", "s-1"))
        first = Snapshot(stream="s-1", version=1, schema=1, digest="d", body='{"seats": "😀"}')
        second = evolve(first, version=2, body="{}")
        assert store.snapshot("s-1") is None
        store.keep_snapshot(first)
        assert store.snapshot("s-1") == first
        store.keep_snapshot(second)
        assert (store.snapshot("s-1"), store.snapshot("s-2")) == (second, None)

    def test_several_commits_are_appended_as_one_after_the_other(self, store: EventStore) -> None:
        """Later ones build on what earlier ones make: versions, new streams, a customer's number of streams."""
        more = example_commit("c-4", "s-4", customers={"contoso": 3})
        parts = store.append_all([*STORY, more, example_commit("c-5", "s-5", customers={"contoso": 4})])
        assert [[one.command_id for one in part] for part in parts] == [
            ["c-1"] * 2,
            ["c-2"],
            ["c-3"] * 3,
            ["c-4"],
            ["c-5"],
        ]
        assert [one.version for one in store.read("s-2")] == [1, 2, 3]
        assert tuple(one for part in parts for one in part) == tuple(store.read_all())
        assert [store.outcome(f"c-{n}") for n in (1, 3)] == [store.outcome("c-1"), store.outcome("c-3")]
        assert [outcome and outcome.envelopes for outcome in map(store.outcome, ("c-2", "c-3"))] == [*parts[1:3]]
        assert store.due() == tuple((AT, f"s-{n}") for n in (1, 2, 3))
        assert store.append_all([]) == ()

    def test_a_batch_may_go_on_with_what_it_wrote_without_expecting_it(self, store: EventStore) -> None:
        """Of a stream that nothing is expected of, the batch knows what it left behind."""
        store.append(example_commit("c-0", "s-1"))
        first = evolve(example_commit("c-1", "s-1", known={"s-1": 1}), expected={})
        store.append_all([first, example_commit("c-2", "s-1", known={"s-1": 2})])
        assert [one.version for one in store.read("s-1")] == [1, 2, 3]

    @pytest.mark.parametrize(
        ("last", "error"),
        [
            (example_commit("c-9", "s-1", known={"s-1": 1}), StaleVersionError),
            (example_commit("c-9", "s-0", known={"s-0": 1}), StaleVersionError),
            (example_commit("c-9", "s-9", customers={"contoso": 2}), StaleVersionError),
            (example_commit("c-0", "s-9"), DuplicateCommandError),
            (example_commit("c-1", "s-9"), DuplicateCommandError),
        ],
    )
    def test_what_stands_in_the_way_of_one_commit_stops_them_all(
        self, store: EventStore, last: Commit, error: type[StoreError]
    ) -> None:
        """What was expected before the batch, or inside it; what it would have written stays free."""
        store.append(example_commit("c-0", "t-1", customer_id="fabrikam"))
        before = seen(store, "c-1")
        with pytest.raises(error):
            store.append_all([*STORY, last])
        assert seen(store, "c-1") == before
        assert len(store.append_all(STORY)) == len(STORY)
