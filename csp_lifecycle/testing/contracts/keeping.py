"""Digests, histories that come from another store, and redaction."""

# ruff: noqa: S101 - a contract is a list of assertions

from collections.abc import Iterable

import pytest
from attrs import evolve

from csp_lifecycle.errors import LogDoesNotFitError, StoreError
from csp_lifecycle.stores.chain import commitments_of, digest_of, log_digest_of
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.store import Commit, Envelope, EventStore, Snapshot, StreamState
from csp_lifecycle.testing.contracts.commits import AT, STORY, example_commit, require_chain, seen
from csp_lifecycle.vocabulary.events import Renamed


def _index(stream: str, envelopes: Iterable[Envelope]) -> StreamState:
    version = max(one.version for one in envelopes)
    return StreamState(stream=stream, version=version, customer_id="contoso", next_due_at=AT)


def _log(*commits: Commit) -> tuple[Envelope, ...]:
    """What another store holds after it took *commits*."""
    store = MemoryStore()
    store.append_all(commits)
    return tuple(store.read_all())


def _redacted(envelope: Envelope) -> Envelope:
    """The envelope as a redaction leaves it: the digest holds, the name is gone."""
    event = Renamed(at=AT, subscription_id=envelope.stream, friendly_name="")
    commitments = commitments_of(envelope)
    return evolve(envelope, event=event, body="", salt="", redacted=commitments, command_digest="")


class KeepingContract:
    """Digests, and histories that come from elsewhere or are redacted."""

    def test_every_event_is_chained_to_the_one_before_it(self, store: EventStore) -> None:
        """In its stream by its digest, and in the log, by position; the command's digest stands with each."""
        store.append_all(STORY)
        require_chain(store)
        log = [*store.read_all()]
        assert [one.command_digest for one in log] == [f"digest of {one.command_id}" for one in log]
        for stream in store.streams():
            assert [one.digest for one in store.read(stream)] == [one.digest for one in log if one.stream == stream]

    def test_sealing_changes_nothing_that_was_read(self, store: EventStore) -> None:
        """Whenever it is done."""
        store.seal()
        store.append_all(STORY)
        store.seal()
        before = tuple(store.read_all())
        store.seal()
        assert [one.log_digest for one in store.read_all()] == [one.log_digest for one in before]
        assert None not in {one.log_digest for one in before}

    def test_a_head_that_comes_along_must_be_the_right_one(self, store: EventStore) -> None:
        """With it, without it or with a wrong one, the chain goes on from what is stored."""
        first = store.append(example_commit("c-0", "s-1"))
        for n, head in enumerate((first[-1].digest, "", "0" * 64), 1):
            commit = example_commit(f"c-{n}", "s-1", known={"s-1": n})
            store.append(evolve(commit, heads={"s-1": head}))
        store.append(evolve(example_commit("c-9", "s-2"), heads={"s-2": "0" * 64}))
        require_chain(store)
        assert store.streams_of("contoso") == ("s-1", "s-2")
        heads = ["", *(one.digest for one in store.read("s-1"))]
        assert [digest_of(one, heads[n]) for n, one in enumerate(store.read("s-1"))] == heads[1:]

    def test_a_history_is_taken_over_as_it_is(self, store: EventStore) -> None:
        """Positions with their holes, versions, ids and digests; the index is made from the events."""
        log = _with_holes(_log(*STORY))
        assert store.restore(iter(log), _index) == len(log)
        assert tuple(store.read_all()) == log
        assert [one.log_digest for one in store.read_all()] == [one.log_digest for one in log]
        assert store.due() == tuple((AT, f"s-{n}") for n in (1, 2, 3))
        assert store.streams_of("contoso") == ("s-1", "s-2", "s-3")
        outcome = store.outcome("c-3")
        assert outcome is not None
        assert [(one.stream, one.version) for one in outcome.envelopes] == [("s-2", 2), ("s-3", 1), ("s-2", 3)]

    def test_what_was_taken_over_goes_on(self, store: EventStore) -> None:
        """The next append stands behind the last position, and is chained to what came."""
        log = _with_holes(_log(*STORY))
        store.restore(log, _index)
        (one,) = store.append(example_commit("c-4", "s-3", known={"s-3": 1}, customers={"contoso": 3}))
        assert one.position > log[-1].position
        assert one.digest == digest_of(one, store.read("s-3")[0].digest)
        assert [*store.read_all()][-1].log_digest == log_digest_of(log[-1].log_digest or "", one.position, one.digest)

    def test_taking_over_again_adds_nothing(self, store: EventStore) -> None:
        """What is there is passed over, what is behind it is added, events of one command as well."""
        log = _log(*STORY)
        assert [store.restore(log[:4], _index), store.restore(log, _index), store.restore(log, _index)] == [4, 2, 0]
        assert tuple(store.read_all()) == log
        assert store.restore((), _index) == 0

    @pytest.mark.parametrize("kept", [0, 2, 4])
    def test_what_does_not_fit_is_refused_whole(self, store: EventStore, kept: int) -> None:
        """Another event in a place, a hole in a stream, a place taken twice; the error names the position."""
        log = _log(*STORY)
        other = _log(example_commit("d-1", "t-1"))
        store.restore(log[:kept], _index)
        before = seen(store, "c-1")
        misfits = (
            [*log[:5], evolve(log[5], version=4, log_digest=None)],
            [*log[:5], evolve(log[5], version=2, log_digest=None)],
            [*log[:5], evolve(log[5], log_digest="0" * 64)],
            [*log[:5], evolve(log[5], position=log[4].position)],
        )
        for misfit in misfits:
            with pytest.raises(LogDoesNotFitError) as caught:
                store.restore(misfit, _index)
            assert caught.value.position == misfit[-1].position
            assert str(misfit[-1].position) in str(caught.value)
        if kept:
            with pytest.raises(LogDoesNotFitError, match="position 1 does not fit: another event is stored there"):
                store.restore(other, _index)
        assert seen(store, "c-1") == before

    def test_a_history_that_breaks_off_is_not_there(self, store: EventStore) -> None:
        """Whether its source fails or the index cannot be made."""

        def broken() -> Iterable[Envelope]:
            yield from _log(*STORY)[:3]
            raise KeyboardInterrupt

        def no_index(stream: str, _: Iterable[Envelope]) -> StreamState:
            raise ValueError(stream)

        before = seen(store, "c-1")
        with pytest.raises(KeyboardInterrupt):
            store.restore(broken(), _index)
        with pytest.raises(ValueError, match="s-"):
            store.restore(_log(*STORY), no_index)
        assert seen(store, "c-1") == before
        assert len(store.append(STORY[0])) == len(STORY[0].envelopes)

    def test_many_events_are_taken_over_in_parts(self, store: EventStore) -> None:
        """More than any store should hold at a time, and commands whose events lie far apart."""
        log = _log(*(example_commit(f"c-{n}", *[f"s-{n}"] * 500) for n in range(5)))
        assert store.restore(log, _index) == len(log)
        assert tuple(store.read_all()) == log
        outcome = store.outcome("c-4")
        assert outcome is not None
        assert outcome.envelopes == log[-500:]

    def test_events_of_commands_that_take_turns_are_taken_over(self, store: EventStore) -> None:
        """As two servers may have stored them at once: each command is answered with all of its events, in order."""
        logs = [_log(example_commit(name, *[f"{name} {n % 2}" for n in range(1200)])) for name in ("c-0", "c-1", "c-2")]
        turns = (one for turn in zip(*logs, strict=True) for one in turn)
        log = [evolve(one, position=n, log_digest=None) for n, one in enumerate(turns, 1)]
        assert [store.restore(log[:1500], _index), store.restore(log, _index)] == [1500, len(log) - 1500]
        assert [*store.read_all()] == log
        for name in ("c-0", "c-1", "c-2"):
            outcome = store.outcome(name)
            assert outcome is not None
            assert [*outcome.envelopes] == [one for one in log if one.command_id == name]

    def test_a_redaction_replaces_what_is_personal_and_nothing_else(self, store: EventStore) -> None:
        """Events, salts and commitments; customers get another name, snapshots are dropped, digests still hold."""
        log = store.append_all(STORY)[0]
        store.append(example_commit("c-9", "s-9", customer_id="fabrikam"))
        store.keep_snapshot(Snapshot(stream="s-1", version=1, schema=1, digest=log[0].digest, body="contoso"))
        redacted = [_redacted(one) for one in [*store.read_all()][:6]]
        store.rewrite(redacted, {"contoso": "redacted-1"})
        assert [*store.read_all()][:6] == redacted
        assert (store.streams_of("contoso"), store.streams_of("redacted-1")) == ((), ("s-1", "s-2", "s-3"))
        assert (store.snapshot("s-1"), store.streams_of("fabrikam")) == (None, ("s-9",))
        state = store.state("s-1")
        assert state is not None
        assert state.customer_id == "redacted-1"
        require_chain(store)
        store.append(example_commit("c-4", "s-4", customers={"contoso": 0, "redacted-1": 3}))

    def test_nothing_but_a_redaction_is_written_over_an_event(self, store: EventStore) -> None:
        """What is not there, or would become another event, is refused with all that comes with it."""
        store.append_all(STORY)
        first, second = [*store.read_all()][:2]
        before = seen(store, "c-1")
        for wrong in (evolve(second, version=9), evolve(second, digest="0" * 64), evolve(second, position=99)):
            with pytest.raises(StoreError, match=f"position {wrong.position} cannot be redacted"):
                store.rewrite([_redacted(first), wrong], {"contoso": "somebody"})
        assert seen(store, "c-1") == before

    def test_what_was_redacted_is_not_taken_over_again(self, store: EventStore) -> None:
        """An export from before the redaction fits, and brings back nothing; one from after it fits what is whole."""
        whole = _log(*STORY)
        redacted = [_redacted(one) for one in whole]
        store.restore(whole, _index)
        assert store.restore(redacted, _index) == 0
        assert tuple(store.read_all()) == whole
        store.rewrite(redacted, {"contoso": "redacted-1"})
        assert store.restore(whole, _index) == 0
        assert [*store.read_all()] == redacted


def _with_holes(log: Iterable[Envelope]) -> tuple[Envelope, ...]:
    """The same events as a store keeps them that leaves numbers out."""
    moved, sealed = list[Envelope](), ""
    for one in log:
        position = 3 * one.position + 5
        sealed = log_digest_of(sealed, position, one.digest)
        moved.append(evolve(one, position=position, log_digest=sealed))
    return tuple(moved)
