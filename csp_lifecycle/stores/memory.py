"""The reference store: every sentence of the contract, in plain dictionaries."""

import threading
from collections.abc import Iterator
from datetime import datetime

from attrs import evolve

from csp_lifecycle.errors import DuplicateCommandError
from csp_lifecycle.stores.expected import require_expected
from csp_lifecycle.stores.store import Commit, Envelope, Outcome, StreamState


class MemoryStore:
    """Keeps history for as long as the process lives. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._log: list[Envelope] = []
        self._streams: dict[str, list[Envelope]] = {}
        self._states: dict[str, StreamState] = {}
        self._customers: dict[str, set[str]] = {}
        self._outcomes: dict[str, Outcome] = {}

    def append(self, commit: Commit) -> tuple[Envelope, ...]:
        """See `EventStore.append`."""
        with self._lock:
            if commit.command_id in self._outcomes:
                raise DuplicateCommandError(commit.command_id)
            require_expected(commit, lambda name: len(self.read(name)), lambda name: len(self.streams_of(name)))
            last = len(self._log)
            stored = tuple(evolve(one, position=last + n) for n, one in enumerate(commit.envelopes, 1))
            self._log.extend(stored)
            for envelope in stored:
                self._streams.setdefault(envelope.stream, []).append(envelope)
            for state in commit.states:
                self._states[state.stream] = state
                self._customers.setdefault(state.customer_id, set()).add(state.stream)
            self._outcomes[commit.command_id] = Outcome(commit.digest, stored)
            return stored

    def read(self, stream: str) -> tuple[Envelope, ...]:
        """See `EventStore.read`."""
        with self._lock:
            return tuple(self._streams.get(stream, ()))

    def read_all(self, after: int = 0, limit: int | None = None) -> Iterator[Envelope]:
        """See `EventStore.read_all`."""
        with self._lock:
            end = None if limit is None else after + limit
            return iter(self._log[after:end])

    def outcome(self, command_id: str) -> Outcome | None:
        """See `EventStore.outcome`."""
        with self._lock:
            return self._outcomes.get(command_id)

    def streams_of(self, customer_id: str) -> tuple[str, ...]:
        """See `EventStore.streams_of`."""
        with self._lock:
            return tuple(sorted(self._customers.get(customer_id, ())))

    def streams(self) -> Iterator[str]:
        """See `EventStore.streams`."""
        with self._lock:
            return iter(sorted(self._streams))

    def due(self, until: datetime | None = None) -> tuple[tuple[datetime, str], ...]:
        """See `EventStore.due`."""
        with self._lock:
            dated = ((state.next_due_at, state.stream) for state in self._states.values())
            return tuple(sorted((at, stream) for at, stream in dated if at and (until is None or at <= until)))

    def close(self) -> None:
        """Nothing is held open."""
