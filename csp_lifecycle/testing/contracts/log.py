"""The order of the log, and many writers and readers at once."""

# ruff: noqa: S101 - a contract is a list of assertions

from functools import partial
from itertools import islice

import pytest

from csp_lifecycle.errors import DuplicateCommandError, StaleVersionError
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.testing.contracts.commits import at_once, example_commit, refusal, require_chain

_MANY = 2500
"""More events than any store should fetch at a time."""


def _append_next(store: EventStore, command_id: str, *streams: str) -> None:
    """Append one event to each stream behind what is there, however often others are faster."""
    while True:
        known = {stream: len(store.read(stream)) for stream in streams}
        try:
            store.append(example_commit(command_id, *streams, known=known))
        except StaleVersionError:
            continue
        return


class LogContract:
    """One log over all streams, for any number of writers and readers."""

    def test_positions_and_versions_count_from_one_without_holes(self, store: EventStore) -> None:
        """Over all commits, and those that failed in between take no place."""
        store.append(example_commit("c-1", "s-1", "s-2"))
        refusal(store, example_commit("c-2", "s-3", "s-1"), StaleVersionError)
        refusal(store, example_commit("c-1", "s-3"), DuplicateCommandError)
        stored = store.append(example_commit("c-2", "s-1", "s-1", known={"s-1": 1}))
        assert [(one.position, one.stream, one.version) for one in stored] == [(3, "s-1", 2), (4, "s-1", 3)]
        assert [one.position for one in store.read_all()] == [1, 2, 3, 4]

    @pytest.mark.parametrize(("after", "limit"), [(0, None), (0, 0), (0, 1), (1, 2001), (999, 1000), (2400, 200)])
    def test_the_log_is_read_from_a_position_on(self, store: EventStore, after: int, limit: int | None) -> None:
        """At most as many as asked for, over as many pages as it takes."""
        for n in range(_MANY // 500):
            store.append(example_commit(f"c-{n}", *[f"s-{n}"] * 500))
        end = _MANY if limit is None else min(_MANY, after + limit)
        assert [one.position for one in store.read_all(after, limit)] == list(range(after + 1, end + 1))
        assert [*store.read_all(_MANY), *store.read_all(2**70), *store.read_all(_MANY, 5)] == []

    @pytest.mark.parametrize(("after", "limit", "read"), [(0, None, 3), (1, None, 2), (1, 9, 2), (0, 2, 2)])
    def test_a_reader_that_appends_comes_to_an_end(
        self, store: EventStore, after: int, limit: int | None, read: int
    ) -> None:
        """Reading holds no writer up, and what is appended meanwhile is not waited for."""
        store.append(example_commit("c-0", "s-1", "s-1", "s-1"))
        written = [
            store.append(example_commit(f"c-{one.position}", f"n-{one.position}"))
            for one in islice(store.read_all(after, limit), 10)
        ]
        assert [one.position for (one,) in written] == list(range(4, 4 + read))

    def test_of_many_writers_at_one_version_one_wins(self, store: EventStore) -> None:
        """The others are told that they are late, and have written nothing."""
        for version in range(5):
            commits = [example_commit(f"c-{version}-{n}", "s-1", known={"s-1": version}) for n in range(8)]
            results = at_once([partial(store.append, commit) for commit in commits])
            assert [type(result) for result in results].count(StaleVersionError) == len(commits) - 1
            assert [result for result in results if isinstance(result, tuple)] == [store.read("s-1")[version:]]

    def test_of_many_with_one_command_id_one_wins(self, store: EventStore) -> None:
        """Even where they write to different streams."""
        results = at_once([partial(store.append, example_commit("c-1", f"s-{n}")) for n in range(8)])
        outcome = store.outcome("c-1")
        assert outcome is not None
        assert [type(result) for result in results].count(DuplicateCommandError) == len(results) - 1
        assert [result for result in results if isinstance(result, tuple)] == [outcome.envelopes]
        assert tuple(store.read_all()) == outcome.envelopes

    def test_of_many_that_open_a_customers_first_stream_one_wins(self, store: EventStore) -> None:
        """No version protects a stream that is new; the customer's number of streams does."""
        commits = [example_commit(f"c-{n}", f"s-{n}", customers={"contoso": 0}) for n in range(8)]
        results = at_once([partial(store.append, commit) for commit in commits])
        assert [type(result) for result in results].count(StaleVersionError) == len(commits) - 1
        assert len(store.streams_of("contoso")) == 1

    def test_writers_of_several_streams_do_not_block_each_other_for_good(self, store: EventStore) -> None:
        """Two orders of the same streams; nothing is lost, doubled, or given a place out of turn."""

        def write(name: str, *streams: str) -> None:
            for n in range(10):
                _append_next(store, f"{name}-{n}", *streams)

        orders = [("s-1", "s-2"), ("s-2", "s-1"), ("s-1", "s-2"), ("s-3", "s-1")]
        at_once([partial(write, f"w-{n}", *order) for n, order in enumerate(orders)])
        lengths = {"s-1": 40, "s-2": 30, "s-3": 10}
        for stream, length in lengths.items():
            assert [one.version for one in store.read(stream)] == list(range(1, length + 1))
        assert [one.position for one in store.read_all()] == list(range(1, sum(lengths.values()) + 1))
        require_chain(store)

    def test_batches_of_many_writers_do_not_mix_or_block_each_other(self, store: EventStore) -> None:
        """Of those that want the same, one wins with all of it; the others have written nothing."""
        orders = [("s-1", "s-2", "s-3"), ("s-3", "s-2", "s-1"), ("s-2", "s-1", "s-3")]
        rounds = 6
        for n in range(rounds):
            batches = [
                [example_commit(f"c-{n}-{w}-{stream}", stream, known={stream: n}) for stream in order]
                for w, order in enumerate(orders)
            ]
            results = at_once([partial(store.append_all, batch) for batch in batches])
            assert [type(result) for result in results].count(StaleVersionError) == len(orders) - 1
        assert [len(store.read(stream)) for stream in orders[0]] == [rounds] * len(orders[0])
        assert len(list(store.read_all())) == rounds * len(orders[0])
        require_chain(store)

    def test_a_reader_sees_whole_commits(self, store: EventStore) -> None:
        """While others write, the log that is read grows by commits, never by parts of one."""
        written = 30

        def write() -> None:
            for n in range(written):
                _append_next(store, f"c-{n}", "s-1", "s-2", "s-3")

        def read() -> list[list[str]]:
            return [[one.command_id for one in store.read_all()] for _ in range(written)]

        _, logs = at_once([write, read])
        whole = [f"c-{n}" for n in range(written) for _ in range(3)]
        assert all(log == whole[: len(log)] and len(log) % 3 == 0 for log in logs)
        assert [one.command_id for one in store.read_all()] == whole
