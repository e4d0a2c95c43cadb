"""The contract of an event store, in the words every engine shares.

A store appends one *commit* to one or several streams, all of it or nothing, if every stream still is at the
version the decision was made on. With the events it keeps, in the same transaction, two indexes: which streams a
customer has, and when time will next change each stream. The events of a command are its outcome (idempotency).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from attrs import field, frozen

from csp_lifecycle.vocabulary.commands import Actor
from csp_lifecycle.vocabulary.names import AnyEvent
from csp_lifecycle.wire.events import SCHEMA, UnknownEvent


class StreamKind(Enum):
    """What a stream is the history of."""

    SUBSCRIPTION = "subscription"
    ACCOUNT = "account"


@frozen(kw_only=True, slots=False)
class Envelope:
    """One stored event, with what the log knows about it.

    `position` is where the event stands in the log: positions grow from 1 on in the order of `read_all` and never
    change. Compare them, do not count them: an engine may leave numbers out where an append was undone or a server
    crashed. `version` counts from 1 in each stream, without holes.
    `at` in the event is when it took effect, `recorded_at` when the log learned of it. A position of 0 means
    that it is not stored yet.

    The store fills in what follows the event. `command_digest` is `Commit.digest`. What makes changes evident is
    worked out in `csp_lifecycle.stores.chain`: `digest` covers this event and all before it in its stream,
    `log_digest` all before it in the log; None where it is not known, `EventStore.read_all` gives it. `salt` is what
    personal fields are committed to with, `redacted` holds the commitments of those that were redacted, by JSON
    pointer. `body` is the event as it is stored, letter by letter; empty as long as it is not stored.
    """

    position: int = 0
    version: int
    event_id: str
    recorded_at: datetime
    command_id: str
    actor: Actor
    policy: str
    schema: int = SCHEMA
    event: AnyEvent | UnknownEvent
    command_digest: str = ""
    salt: str = ""
    redacted: Mapping[str, str] = field(factory=dict, hash=False)
    digest: str = ""
    log_digest: str | None = field(default=None, eq=False)
    body: str = field(default="", eq=False, repr=False)
    stream: str = field(init=False, eq=False, repr=False)
    """The stream the event belongs to: the id of what it is about."""

    @stream.default
    def _stream(self) -> str:
        return self.event.stream

    @property
    def kind(self) -> StreamKind:
        """What its stream is the history of."""
        return _kind_of(self.event)


def _kind_of(event: AnyEvent | UnknownEvent) -> StreamKind:
    return StreamKind.ACCOUNT if getattr(event, "account_id", "") else StreamKind.SUBSCRIPTION


def changed(envelope: Envelope, **changes: Any) -> Envelope:
    """The same envelope, of the same stream, with other values: as `attrs.evolve`, in a fifth of the time."""
    other = object.__new__(Envelope)
    other.__dict__.update(envelope.__dict__)
    other.__dict__.update(changes)
    return other


@frozen
class History:
    """All events of one stream, in order and without a hole; of what the log knows about each, only what is decided on.

    `recorded_at` and `digest` are those of the last event, which is what the next one is appended behind.
    """

    stream: str
    events: tuple[AnyEvent | UnknownEvent, ...]
    recorded_at: datetime
    digest: str

    @property
    def version(self) -> int:
        """The version of the last event."""
        return len(self.events)

    @property
    def kind(self) -> StreamKind:
        """What it is the history of."""
        return _kind_of(self.events[-1])

    @property
    def is_known(self) -> bool:
        """Whether no newer version of the library wrote one of the events."""
        return UnknownEvent not in map(type, self.events)


@frozen(kw_only=True)
class StreamState:
    """What the indexes know about a stream after a commit. `next_due_at` None: time changes nothing there.

    Accounts belong to no customer; their `customer_id` is what they collect, as `new-commerce/EUR`.
    """

    stream: str
    version: int
    customer_id: str
    next_due_at: datetime | None
    kind: StreamKind = StreamKind.SUBSCRIPTION


@frozen(kw_only=True)
class Commit:
    """What one command appends.

    `digest` is the digest of the command: the same id with another digest is another command.
    `expected` holds the version of every stream the decision read, written or not; 0 for one that must be new.
    `customers` holds how many streams of this `kind` a customer had when the list of them was read: versions cannot
    see a stream that is new. `states` are the index entries of the streams that are written, all of this `kind`.
    `heads` may hold the digest of the event at the expected version: it saves a store from looking it up.

    Raises:
        ValueError: nothing is appended, or an event of another command; a written stream has no state, or a state
            is of another kind.
    """

    command_id: str
    digest: str
    envelopes: tuple[Envelope, ...]
    expected: Mapping[str, int] = field(factory=dict)
    customers: Mapping[str, int] = field(factory=dict)
    states: tuple[StreamState, ...] = ()
    kind: StreamKind = StreamKind.SUBSCRIPTION
    heads: Mapping[str, str] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        if not self.envelopes:
            message = f"the commit of {self.command_id!r} appends nothing: there is nothing to store"
            raise ValueError(message)
        if {one.stream for one in self.envelopes} != {state.stream for state in self.states}:
            message = f"the commit of {self.command_id!r} must have a state for each stream it writes, and no other"
            raise ValueError(message)
        for one in self.envelopes:
            if one.command_id != self.command_id:
                message = f"the commit of {self.command_id!r} appends an event of another command"
                raise ValueError(message)
        for state in self.states:
            if state.kind is not self.kind:
                message = f"the commit of {self.command_id!r} must be of one kind: {self.kind.value}"
                raise ValueError(message)


@frozen
class Outcome:
    """What a command id stands for: the digest of the command and what it recorded."""

    digest: str
    envelopes: tuple[Envelope, ...]


@frozen(kw_only=True)
class Snapshot:
    """The fold of a stream up to and including *version*, as *body*; a cache that may be lost at any time.

    It holds only while `digest` is that of the event at that version, and `schema` what the reader writes.
    """

    stream: str
    version: int
    schema: int
    digest: str
    body: str


Entry = tuple[datetime, str]
"""An entry of the due feed: the instant at which time changes a stream, and the stream."""

Index = Callable[[str, Iterable[Envelope]], StreamState]
"""Makes the index entry of a stream from all of its events."""


class EventStore(Protocol):
    """Where history is kept. Every engine keeps the same promises; the contract suite proves them."""

    def append(self, commit: Commit) -> tuple[Envelope, ...]:
        """Append all of *commit* or nothing; the envelopes come back as they are stored.

        Raises:
            StaleVersionError: a stream, or a customer's number of streams, is not what was expected.
            DuplicateCommandError: the command id has an outcome already.
            StoreError: the engine failed; nothing was written.
        """

    def append_all(self, commits: Sequence[Commit]) -> tuple[tuple[Envelope, ...], ...]:
        """Append several commits in their order, all of them or none; later ones may expect what earlier ones make.

        Raises:
            StaleVersionError: as `append`, for any of them.
            DuplicateCommandError: as `append`, or two of them have one id.
            StoreError: the engine failed; nothing was written.
        """

    def read(self, stream: str, after: int = 0) -> tuple[Envelope, ...]:
        """The events of one stream behind version *after*, in order; empty if there is none."""

    def histories(self, streams: Iterable[str]) -> Iterator[History]:
        """What is decided on, of several streams in one question, by id; those that have no events are left out.

        Raises:
            BrokenHistoryError: versions have a hole, or an event cannot be read; it knows the position.
        """

    def read_all(self, after: int = 0, limit: int | None = None) -> Iterator[Envelope]:
        """The events of the whole log behind position *after*, in order and sealed, at most *limit*."""

    def outcome(self, command_id: str) -> Outcome | None:
        """What the command id recorded, if it did."""

    def positions_of(self, command_ids: Iterable[str]) -> Mapping[str, tuple[int, ...]]:
        """Where in the log stands what several commands recorded, by id, each in the order of its outcome.

        Those that recorded nothing are left out.

        Raises:
            BrokenHistoryError: an event of a command is missing; it knows the position.
        """

    def streams_of(self, customer_id: str, kind: StreamKind = StreamKind.SUBSCRIPTION) -> tuple[str, ...]:
        """The streams of one customer, by id; their number is what `Commit.customers` speaks of."""

    def streams(self, kind: StreamKind = StreamKind.SUBSCRIPTION) -> Iterator[str]:
        """All streams of one kind, by id."""

    def state(self, stream: str) -> StreamState | None:
        """The index entry of a stream, if there is one."""

    def states(self, streams: Iterable[str]) -> Iterator[StreamState]:
        """The index entries of several streams in one question, by id; those that have none are left out."""

    def due(
        self, until: datetime | None = None, *, after: Entry | None = None, limit: int | None = None
    ) -> tuple[Entry, ...]:
        """The streams that time will change up to and including *until* (None: ever), oldest first, then by id.

        Only those behind the entry *after*, and at most *limit* of them.
        """

    def snapshot(self, stream: str) -> Snapshot | None:
        """What was kept last for a stream, unless it was lost."""

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        """Keep it in the place of what was kept before.

        Raises:
            StoreError: the engine failed.
        """

    def restore(self, envelopes: Iterable[Envelope], index: Index) -> int:
        """Take over envelopes of another store as they are, positions included, all of them or none.

        They come in the order of their positions and are read once. What is there already is passed over, be it that
        one of the two is redacted; all others must lie behind the end of the log. Then *index* is asked for the entry
        of every stream that got events. How many events were added.

        Raises:
            StoreError: something else is there, or it does not follow what is there; the message names the position.
        """

    def rewrite(self, envelopes: Sequence[Envelope], customers: Mapping[str, str]) -> None:
        """Redact: put other bodies in the place of stored ones, and rename customers in the index of subscriptions.

        What may change of an envelope is its event and body, `salt`, `redacted` and `command_digest`. Digests stay:
        whoever calls this has seen to it that they still hold. Snapshots of the streams are dropped.

        Raises:
            StoreError: a position is not there, or something else of it would change; nothing was changed.
        """

    def seal(self) -> None:
        """Complete `Envelope.log_digest` up to the last position that is final; most stores do so as they append."""

    def close(self) -> None:
        """Give back what the store holds open."""
