"""A store on top of another: it reads through to it and keeps what is appended to itself.

A preview of many commands is an act on a rehearsal. Nothing is ever written below, and nothing is locked there:
what others store there in the meantime is not seen in a stream once the rehearsal has written to it. It belongs to
one thread.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain, islice

from csp_lifecycle.errors import DuplicateCommandError
from csp_lifecycle.stores.expected import require_expected
from csp_lifecycle.stores.store import Commit, Envelope, EventStore, Outcome, StreamState


class Rehearsal:
    """What would be stored, on top of what is."""

    def __init__(self, below: EventStore) -> None:
        self._below = below
        self._log: list[Envelope] = []
        self._first: dict[str, int] = {}
        self._states: dict[str, StreamState] = {}
        self._outcomes: dict[str, Outcome] = {}

    def append(self, commit: Commit) -> tuple[Envelope, ...]:
        """See `EventStore.append`. The envelopes keep position 0: they have no place in the log."""
        if self.outcome(commit.command_id) is not None:
            raise DuplicateCommandError(commit.command_id)
        require_expected(commit, lambda name: len(self.read(name)), lambda name: len(self.streams_of(name)))
        for envelope in commit.envelopes:
            self._log.append(envelope)
            self._first.setdefault(envelope.stream, envelope.version)
        self._states |= {state.stream: state for state in commit.states}
        self._outcomes[commit.command_id] = Outcome(commit.digest, commit.envelopes)
        return commit.envelopes

    def read(self, stream: str) -> tuple[Envelope, ...]:
        """See `EventStore.read`."""
        below = filter(self._was_there, self._below.read(stream))
        return (*below, *(envelope for envelope in self._log if envelope.stream == stream))

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

    def streams_of(self, customer_id: str) -> tuple[str, ...]:
        """See `EventStore.streams_of`."""
        new = {state.stream for state in self._states.values() if state.customer_id == customer_id}
        return tuple(sorted(new.union(self._below.streams_of(customer_id))))

    def streams(self) -> Iterator[str]:
        """See `EventStore.streams`."""
        return iter(sorted({*self._states, *self._below.streams()}))

    def due(self, until: datetime | None = None) -> tuple[tuple[datetime, str], ...]:
        """See `EventStore.due`."""
        below = ((at, stream) for at, stream in self._below.due(until) if stream not in self._states)
        here = ((state.next_due_at, state.stream) for state in self._states.values())
        dated = ((at, stream) for at, stream in here if at is not None and (until is None or at <= until))
        return tuple(sorted(chain(below, dated)))

    def close(self) -> None:
        """What is below stays open: it belongs to whoever opened it."""
