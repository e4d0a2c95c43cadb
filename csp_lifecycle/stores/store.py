"""The contract of an event store, in the words every engine shares.

A store appends one *commit* to one or several streams, all of it or nothing, if every stream still is at the
version the decision was made on. With the events it keeps, in the same transaction, the outcome of the command
(idempotency) and two indexes: which streams a customer has, and when time will next change each stream.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from attrs import field, frozen

from csp_lifecycle.vocabulary.commands import Actor
from csp_lifecycle.vocabulary.events import Event
from csp_lifecycle.wire.converter import instant_text
from csp_lifecycle.wire.events import SCHEMA, UnknownEvent, event_json


@frozen(kw_only=True)
class Envelope:
    """One stored event, with what the log knows about it.

    `position` is where the event stands in the log: positions grow from 1 on in the order of `read_all` and never
    change. Compare them, do not count them: an engine may leave numbers out where an append was undone or a server
    crashed. `version` counts from 1 in each stream, without holes.
    `at` in the event is when it took effect, `recorded_at` when the log learned of it. A position of 0 means
    that it is not stored yet.
    """

    position: int = 0
    version: int
    event_id: str
    recorded_at: datetime
    command_id: str
    actor: Actor
    policy: str
    schema: int = SCHEMA
    event: Event | UnknownEvent

    @property
    def stream(self) -> str:
        """The stream the event belongs to: its subscription's id."""
        return self.event.subscription_id


@frozen(kw_only=True)
class StreamState:
    """What the indexes know about a stream after a commit. `next_due_at` None: time changes nothing there."""

    stream: str
    version: int
    customer_id: str
    next_due_at: datetime | None


@frozen(kw_only=True)
class Commit:
    """What one command appends.

    `expected` holds the version of every stream the decision read, written or not; 0 for one that must be new.
    `customers` holds how many streams a customer had when the list of them was read: versions cannot see a
    stream that is new. `states` are the index entries of the streams that are written.
    """

    command_id: str
    digest: str
    envelopes: tuple[Envelope, ...]
    expected: Mapping[str, int] = field(factory=dict)
    customers: Mapping[str, int] = field(factory=dict)
    states: tuple[StreamState, ...] = ()


@frozen
class Outcome:
    """What a command id stands for: the digest of the command and what it recorded."""

    digest: str
    envelopes: tuple[Envelope, ...]


class EventStore(Protocol):
    """Where history is kept. Every engine keeps the same promises; the contract suite proves them."""

    def append(self, commit: Commit) -> tuple[Envelope, ...]:
        """Append all of *commit* or nothing; the envelopes come back with their positions.

        Raises:
            StaleVersionError: a stream, or a customer's number of streams, is not what was expected.
            DuplicateCommandError: the command id has an outcome already.
            StoreError: the engine failed; nothing was written.
        """

    def read(self, stream: str) -> tuple[Envelope, ...]:
        """The events of one stream in order; empty if there is none."""

    def read_all(self, after: int = 0, limit: int | None = None) -> Iterator[Envelope]:
        """The events of the whole log behind position *after*, in order, at most *limit*."""

    def outcome(self, command_id: str) -> Outcome | None:
        """What the command id recorded, if it did."""

    def streams_of(self, customer_id: str) -> tuple[str, ...]:
        """The streams of one customer, by id; their number is what `Commit.customers` speaks of."""

    def streams(self) -> Iterator[str]:
        """All streams, by id."""

    def due(self, until: datetime | None = None) -> tuple[tuple[datetime, str], ...]:
        """The streams that time will change up to and including *until* (None: ever), oldest first."""

    def close(self) -> None:
        """Give back what the store holds open."""


def envelope_json(envelope: Envelope) -> dict[str, Any]:
    """An envelope as a JSON object, the form in which logs travel."""
    return {
        "position": envelope.position,
        "version": envelope.version,
        "event_id": envelope.event_id,
        "recorded_at": instant_text(envelope.recorded_at),
        "command_id": envelope.command_id,
        "actor": envelope.actor.value,
        "policy": envelope.policy,
        "schema": envelope.schema,
        "event": event_json(envelope.event),
    }
