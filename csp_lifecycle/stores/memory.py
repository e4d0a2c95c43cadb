"""The reference store: every sentence of the contract, in plain dictionaries."""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from heapq import nsmallest
from operator import attrgetter
from typing import Any

from csp_lifecycle.errors import DuplicateCommandError
from csp_lifecycle.stores.expected import require_expected
from csp_lifecycle.stores.linking import (
    end_of,
    followed,
    gap_before,
    linked,
    placed,
    redaction,
    renamed,
    require_same,
    taken_at,
)
from csp_lifecycle.stores.rehearsal import rehearse
from csp_lifecycle.stores.rows import history_from
from csp_lifecycle.stores.store import (
    Commit,
    Entry,
    Envelope,
    History,
    Index,
    Outcome,
    Snapshot,
    StreamKind,
    StreamState,
)

_SUBSCRIPTION = StreamKind.SUBSCRIPTION
_POSITION = attrgetter("position")


class MemoryStore:
    """Keeps history for as long as the process lives. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._log: list[Envelope] = []
        self._streams: dict[str, list[Envelope]] = {}
        self._commands: dict[str, list[Envelope]] = {}
        self._states: dict[str, StreamState] = {}
        self._customers: dict[tuple[StreamKind, str], set[str]] = {}
        self._snapshots: dict[str, Snapshot] = {}

    def append(self, commit: Commit) -> tuple[Envelope, ...]:
        """See `EventStore.append`."""
        with self._lock:
            if commit.command_id in self._commands:
                raise DuplicateCommandError(commit.command_id)
            require_expected(commit, self._version, lambda name: len(self.streams_of(name, commit.kind)))
            stored = placed(linked(commit, self._head), end_of(self._log))
            self._add(stored)
            self._note(commit.states)
            return stored

    def append_all(self, commits: Sequence[Commit]) -> tuple[tuple[Envelope, ...], ...]:
        """See `EventStore.append_all`."""
        with self._lock:
            rehearse(self, commits)
            return tuple(map(self.append, commits))

    def _add(self, envelopes: Iterable[Envelope]) -> None:
        for envelope in envelopes:
            self._log.append(envelope)
            self._streams.setdefault(envelope.stream, []).append(envelope)
            self._commands.setdefault(envelope.command_id, []).append(envelope)

    def _note(self, states: Iterable[StreamState]) -> None:
        for state in states:
            self._states[state.stream] = state
            self._customers.setdefault((state.kind, state.customer_id), set()).add(state.stream)

    def _version(self, stream: str) -> int:
        return len(self._streams.get(stream, ()))

    def _head(self, stream: str) -> str:
        return self._streams[stream][-1].digest if stream in self._streams else ""

    def read(self, stream: str, after: int = 0) -> tuple[Envelope, ...]:
        """See `EventStore.read`."""
        with self._lock:
            return tuple(self._streams.get(stream, ())[after:])

    def histories(self, streams: Iterable[str]) -> Iterator[History]:
        """See `EventStore.histories`."""
        with self._lock:
            known = [tuple(self._streams[stream]) for stream in sorted(set(streams)) if stream in self._streams]
            return map(history_from, known)

    def read_all(self, after: int = 0, limit: int | None = None) -> Iterator[Envelope]:
        """See `EventStore.read_all`."""
        with self._lock:
            begin = bisect_right(self._log, after, key=_POSITION)
            return iter(self._log[begin : None if limit is None else begin + limit])

    def outcome(self, command_id: str) -> Outcome | None:
        """See `EventStore.outcome`."""
        with self._lock:
            recorded = self._commands.get(command_id)
            return Outcome(recorded[0].command_digest, tuple(recorded)) if recorded else None

    def positions_of(self, command_ids: Iterable[str]) -> Mapping[str, tuple[int, ...]]:
        """See `EventStore.positions_of`."""
        with self._lock:
            known = {name: self._commands[name] for name in command_ids if name in self._commands}
            return {name: tuple(one.position for one in recorded) for name, recorded in known.items()}

    def streams_of(self, customer_id: str, kind: StreamKind = _SUBSCRIPTION) -> tuple[str, ...]:
        """See `EventStore.streams_of`."""
        with self._lock:
            return tuple(sorted(self._customers.get((kind, customer_id), ())))

    def streams(self, kind: StreamKind = _SUBSCRIPTION) -> Iterator[str]:
        """See `EventStore.streams`."""
        with self._lock:
            return iter(sorted(state.stream for state in self._states.values() if state.kind is kind))

    def state(self, stream: str) -> StreamState | None:
        """See `EventStore.state`."""
        with self._lock:
            return self._states.get(stream)

    def states(self, streams: Iterable[str]) -> Iterator[StreamState]:
        """See `EventStore.states`."""
        with self._lock:
            return iter([self._states[stream] for stream in sorted(set(streams)) if stream in self._states])

    def due(
        self, until: datetime | None = None, *, after: Entry | None = None, limit: int | None = None
    ) -> tuple[Entry, ...]:
        """See `EventStore.due`."""
        with self._lock:
            dated = ((state.next_due_at, state.stream) for state in self._states.values() if state.next_due_at)
            found = (entry for entry in dated if (not until or entry[0] <= until) and (not after or entry > after))
            return tuple(sorted(found) if limit is None else nsmallest(limit, found))

    def snapshot(self, stream: str) -> Snapshot | None:
        """See `EventStore.snapshot`."""
        with self._lock:
            return self._snapshots.get(stream)

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        """See `EventStore.keep_snapshot`."""
        with self._lock:
            self._snapshots[snapshot.stream] = snapshot

    def restore(self, envelopes: Iterable[Envelope], index: Index) -> int:
        """See `EventStore.restore`."""
        with self._undone_if_it_fails():
            before = len(self._log)
            for envelope in envelopes:
                self._take_over(envelope)
            for stream in dict.fromkeys(one.stream for one in self._log[before:]):
                self._note([index(stream, iter(self._streams[stream]))])
            return len(self._log) - before

    def _take_over(self, envelope: Envelope) -> None:
        end = end_of(self._log)
        if envelope.position > end.position:
            if envelope.version > self._version(envelope.stream) + 1:
                raise gap_before(envelope.position)
            if envelope.version <= self._version(envelope.stream):
                raise taken_at(envelope.position)
            self._add([followed(envelope, end)])
        else:
            found = bisect_left(self._log, envelope.position, key=_POSITION)
            require_same(self._log[found], envelope)

    def rewrite(self, envelopes: Sequence[Envelope], customers: Mapping[str, str]) -> None:
        """See `EventStore.rewrite`."""
        with self._undone_if_it_fails():
            stored = {one.position: one for one in self._log}
            stored |= {one.position: redaction(stored.get(one.position), one) for one in envelopes}
            states = [renamed(state, customers) for state in self._states.values()]
            self._log, self._streams, self._commands, self._customers = [], {}, {}, {}
            self._add(stored.values())
            self._note(states)
            for envelope in envelopes:
                self._snapshots.pop(envelope.stream, None)

    @contextmanager
    def _undone_if_it_fails(self) -> Iterator[None]:
        """All of what is done inside, or nothing."""
        with self._lock:
            before = {name: _copy(kept) for name, kept in vars(self).items() if name != "_lock"}
            try:
                yield
            except BaseException:
                vars(self).update(before)
                raise

    def seal(self) -> None:
        """Every append seals what it appends."""

    def close(self) -> None:
        """Nothing is held open."""


def _copy(kept: Any) -> Any:
    """A list, set or mapping with all those in it; what they hold never changes."""
    if isinstance(kept, dict):
        return {name: _copy(one) for name, one in kept.items()}
    return kept.copy() if isinstance(kept, list | set) else kept
