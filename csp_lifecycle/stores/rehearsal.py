"""A store on top of another: it reads through to it and keeps what is appended to itself.

A preview of many commands is an act on a rehearsal. Nothing is ever written below, and nothing is locked there:
what others store there in the meantime is not seen in a stream once the rehearsal has written to it. It belongs to
one thread.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import merge
from itertools import chain, islice
from operator import attrgetter

from csp_lifecycle.errors import DuplicateCommandError, StoreError
from csp_lifecycle.stores.expected import require_expected
from csp_lifecycle.stores.linking import linked
from csp_lifecycle.stores.rows import history_from
from csp_lifecycle.stores.store import (
    Commit,
    Entry,
    Envelope,
    EventStore,
    History,
    Index,
    Outcome,
    Snapshot,
    StreamKind,
    StreamState,
)

_SUBSCRIPTION = StreamKind.SUBSCRIPTION


class Rehearsal:
    """What would be stored, on top of what is."""

    def __init__(self, below: EventStore) -> None:
        self._below = below
        self._log: list[Envelope] = []
        self._first: dict[str, int] = {}
        self._states: dict[str, StreamState] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._snapshots: dict[str, Snapshot] = {}

    def append(self, commit: Commit) -> tuple[Envelope, ...]:
        """See `EventStore.append`. The envelopes keep position 0: they have no place in the log."""
        if self.outcome(commit.command_id) is not None:
            raise DuplicateCommandError(commit.command_id)
        require_expected(commit, self._version, lambda name: len(self.streams_of(name, commit.kind)))
        stored = linked(commit, self._head)
        for envelope in stored:
            self._log.append(envelope)
            self._first.setdefault(envelope.stream, envelope.version)
        self._states |= {state.stream: state for state in commit.states}
        self._outcomes[commit.command_id] = Outcome(commit.digest, stored)
        return stored

    def append_all(self, commits: Sequence[Commit]) -> tuple[tuple[Envelope, ...], ...]:
        """See `EventStore.append_all`."""
        rehearse(self, commits)
        return tuple(map(self.append, commits))

    def _version(self, stream: str) -> int:
        state = self.state(stream)
        return state.version if state else 0

    def _head(self, stream: str) -> str:
        last = self.read(stream)[-1:]
        return last[0].digest if last else ""

    def read(self, stream: str, after: int = 0) -> tuple[Envelope, ...]:
        """See `EventStore.read`."""
        below = filter(self._was_there, self._below.read(stream, after))
        return (*below, *(one for one in self._log if one.stream == stream and one.version > after))

    def histories(self, streams: Iterable[str]) -> Iterator[History]:
        """See `EventStore.histories`."""
        names = set(streams)
        here = (history_from(self.read(name)) for name in sorted(names & self._first.keys()))
        return merge(self._below.histories(names - self._first.keys()), here, key=attrgetter("stream"))

    def read_all(self, after: int = 0, limit: int | None = None) -> Iterator[Envelope]:
        """See `EventStore.read_all`."""
        return islice(chain(filter(self._was_there, self._below.read_all(after)), tuple(self._log)), limit)

    def _was_there(self, below: Envelope) -> bool:
        """Whether it was stored before this rehearsal wrote to the same stream."""
        first = self._first.get(below.stream)
        return first is None or below.version < first

    def outcome(self, command_id: str) -> Outcome | None:
        """See `EventStore.outcome`."""
        return self._outcomes.get(command_id) or self._below.outcome(command_id)

    def positions_of(self, command_ids: Iterable[str]) -> Mapping[str, tuple[int, ...]]:
        """See `EventStore.positions_of`."""
        names = set(command_ids)
        here = {name: self._outcomes[name].envelopes for name in names & self._outcomes.keys()}
        below = self._below.positions_of(names - self._outcomes.keys())
        return {**below, **{name: tuple(one.position for one in recorded) for name, recorded in here.items()}}

    def streams_of(self, customer_id: str, kind: StreamKind = _SUBSCRIPTION) -> tuple[str, ...]:
        """See `EventStore.streams_of`."""
        new = (one.stream for one in self._states.values() if (one.kind, one.customer_id) == (kind, customer_id))
        return tuple(sorted({*new, *self._below.streams_of(customer_id, kind)}))

    def streams(self, kind: StreamKind = _SUBSCRIPTION) -> Iterator[str]:
        """See `EventStore.streams`."""
        new = (state.stream for state in self._states.values() if state.kind is kind)
        return iter(sorted({*new, *self._below.streams(kind)}))

    def state(self, stream: str) -> StreamState | None:
        """See `EventStore.state`."""
        return self._states.get(stream) or self._below.state(stream)

    def states(self, streams: Iterable[str]) -> Iterator[StreamState]:
        """See `EventStore.states`."""
        names = set(streams)
        here = (self._states[name] for name in sorted(names & self._states.keys()))
        return merge(self._below.states(names - self._states.keys()), here, key=attrgetter("stream"))

    def due(
        self, until: datetime | None = None, *, after: Entry | None = None, limit: int | None = None
    ) -> tuple[Entry, ...]:
        """See `EventStore.due`."""
        # As many as are rehearsed may be passed over below.
        more = None if limit is None else limit + len(self._states)
        below = (entry for entry in self._below.due(until, after=after, limit=more) if entry[1] not in self._states)
        here = ((state.next_due_at, state.stream) for state in self._states.values() if state.next_due_at)
        dated = (entry for entry in here if (not until or entry[0] <= until) and (not after or entry > after))
        return tuple(sorted(chain(below, dated))[:limit])

    def snapshot(self, stream: str) -> Snapshot | None:
        """See `EventStore.snapshot`."""
        if stream in self._snapshots:
            return self._snapshots[stream]
        below, first = self._below.snapshot(stream), self._first.get(stream)
        # Others may have gone on below from where this rehearsal went another way.
        return below if below and (first is None or below.version < first) else None

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        """See `EventStore.keep_snapshot`. It is kept here, as all that is rehearsed."""
        self._snapshots[snapshot.stream] = snapshot

    def restore(self, envelopes: Iterable[Envelope], index: Index) -> int:  # noqa: ARG002 - see `EventStore.restore`
        """Refused: a rehearsal gives no positions, so it has no place for envelopes that bring theirs.

        Raises:
            StoreError: always.
        """
        message = "a rehearsal is not restored into: name the store itself"
        raise StoreError(message)

    def rewrite(self, envelopes: Sequence[Envelope], customers: Mapping[str, str]) -> None:  # noqa: ARG002 - the same
        """Refused: what is stored below is never changed from here.

        Raises:
            StoreError: always.
        """
        message = "a rehearsal rewrites nothing: name the store itself"
        raise StoreError(message)

    def seal(self) -> None:
        """What has no position is not sealed."""

    def close(self) -> None:
        """What is below stays open: it belongs to whoever opened it."""


def rehearse(store: EventStore, commits: Iterable[Commit]) -> None:
    """Raise what would keep *store* from appending *commits*, one after the other; nothing is appended."""
    rehearsal = Rehearsal(store)
    for commit in commits:
        rehearsal.append(commit)
