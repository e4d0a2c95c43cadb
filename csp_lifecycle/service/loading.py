"""What streams add up to: rebuilt from their events, or from a snapshot and the events behind it."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from itertools import islice, takewhile
from typing import cast

from attrs import define, field, frozen

from csp_lifecycle.errors import BrokenHistoryError, UnknownEventError
from csp_lifecycle.lifecycle.evolve import replay
from csp_lifecycle.stores.store import Envelope, EventStore, History, StreamKind
from csp_lifecycle.vocabulary.events import Event
from csp_lifecycle.vocabulary.names import AnyEvent
from csp_lifecycle.vocabulary.subscription import NOTHING, Subscription
from csp_lifecycle.wire.converter import instant_of
from csp_lifecycle.wire.events import UnknownEvent
from csp_lifecycle.wire.snapshots import SNAPSHOT_SCHEMA, snapshot_state


@frozen
class Head:
    """The end of one stream: its state, and what must be known of its last event to append behind it.

    A stream that has a version and no subscription is an account's.
    """

    version: int = 0
    subscription: Subscription | None = None
    recorded_at: datetime | None = None
    digest: str = ""


NEW = Head()
"""The head of a stream that is not there yet."""


@define
class Heads:
    """The streams that were read so far, each once, with what has been decided on top of them since."""

    store: EventStore
    snapshots: bool = False
    _read: dict[str, Head] = field(factory=dict)
    _begun: dict[str, set[str]] = field(factory=dict)

    def of(self, stream: str) -> Head:
        """The head of one stream; version 0 if there is none.

        Raises:
            UnknownEventError: a newer version of the library wrote to it.
            BrokenHistoryError: its events make no sense.
        """
        if stream not in self._read:
            self._read[stream] = self._rebuilt(stream)
        return self._read[stream]

    def read_ahead(self, streams: Iterable[str]) -> None:
        """Read many streams at once, so that asking for them one by one costs no trip to the store.

        Those with an event of a newer version are left out; with snapshots each is read on its own, from there on.
        """
        missing = iter([stream for stream in dict.fromkeys(streams) if stream not in self._read])
        while not self.snapshots and (page := tuple(islice(missing, _PAGE))):
            self._read |= dict.fromkeys(page, NEW)
            for history in self.store.histories(page):
                del self._read[history.stream]
                with suppress(UnknownEventError):
                    self._read[history.stream] = self._head(history)

    def streams_of(self, customer_id: str) -> tuple[str, ...]:
        """The streams of a customer, by id, those included that were begun here."""
        return tuple(sorted({*self.store.streams_of(customer_id), *self._begun.get(customer_id, ())}))

    def append(self, subscription: Subscription, recorded_at: datetime) -> None:
        """Note what was decided on one stream; the digest of its last event is not known yet."""
        stream = subscription.subscription_id
        if not self.of(stream).version:
            self._begun.setdefault(subscription.customer_id, set()).add(stream)
        self._read[stream] = Head(subscription.version, subscription, recorded_at)

    def _rebuilt(self, stream: str) -> Head:
        head = self._from_snapshot(stream) if self.snapshots else None
        return head or next(map(self._head, self.store.histories((stream,))), NEW)

    def _head(self, history: History) -> Head:
        is_subscription = history.kind is StreamKind.SUBSCRIPTION
        subscription = folded(self.store, history) if is_subscription else None
        return Head(history.version, subscription, history.recorded_at, history.digest)

    def _from_snapshot(self, stream: str) -> Head | None:
        """The head by way of a snapshot; None if there is none that holds."""
        kept = self.store.snapshot(stream)
        state = snapshot_state(kept.body, kept.digest) if kept and kept.schema == SNAPSHOT_SCHEMA else None
        if kept is None or state is None or (state.subscription_id, state.version) != (stream, kept.version):
            return None
        # The event it was taken behind is read as well: the log decides whether it still holds.
        first, *behind = self.store.read(stream, kept.version - 1) or (None,)
        if first is None or (first.version, first.digest) != (kept.version, kept.digest):
            return None
        last = behind[-1] if behind else first
        return Head(last.version, rebuilt(behind, state), last.recorded_at, last.digest)


_PAGE = 16
"""How many streams are read ahead at once: so many that trips hardly count, so few that their events stay at hand."""


def folded(store: EventStore, history: History) -> Subscription:
    """The subscription that a history adds up to.

    Raises:
        BrokenHistoryError, UnknownEventError: as `rebuilt`.
    """
    try:
        if history.is_known:
            return replay(cast("tuple[Event, ...]", history.events))
    except BrokenHistoryError:
        pass  # with their positions, its events say more about it
    return rebuilt(store.read(history.stream))


def rebuilt(envelopes: Iterable[Envelope], since: Subscription = NOTHING) -> Subscription:
    """The subscription that the stored events of one stream add up to, continuing from *since*.

    Raises:
        BrokenHistoryError: versions have a hole, or an event is impossible; the message names the position.
        UnknownEventError: a newer version of the library wrote one of them.
    """
    stored = tuple(envelopes)
    for number, envelope in enumerate(stored, since.version + 1):
        if envelope.version != number:
            message = (
                f"{envelope.stream!r}, position {envelope.position}: version {envelope.version}, {number} expected"
            )
            raise BrokenHistoryError(message)
    try:
        return replay([known(envelope) for envelope in stored], since)
    except BrokenHistoryError as broken:
        place = None if broken.version is None else broken.version - since.version - 1
        position = "unknown" if place is None else stored[place].position
        message = f"position {position}: {broken}"
        raise BrokenHistoryError(message, broken.version) from None


def known(envelope: Envelope) -> Event:
    """The event in the envelope of a subscription.

    Raises:
        UnknownEventError: a newer version of the library wrote it.
    """
    return cast("Event", known_event(envelope))


def known_event(envelope: Envelope) -> AnyEvent:
    """The event in an envelope, whatever it is about.

    Raises:
        UnknownEventError: a newer version of the library wrote it.
    """
    if isinstance(envelope.event, UnknownEvent):
        message = (
            f"{envelope.stream!r}, position {envelope.position}: {envelope.event.type!r} in schema "
            f"{envelope.schema} was written by a newer version of this library; upgrade it to decide here"
        )
        raise UnknownEventError(message, envelope.stream, envelope.position)
    return envelope.event


def rebuilt_then(
    envelopes: Iterable[Envelope], as_of: datetime | None, known_at: datetime | None
) -> Subscription | None:
    """The state as of an instant, of what the log had learned by another one (both inclusive); None if none yet.

    Raises:
        BrokenHistoryError: as `rebuilt`.
        UnknownEventError: a newer version of the library wrote one of the events that count.
    """
    # A clock may go back: what stands behind an event was not known before it.
    known = takewhile(lambda one: known_at is None or one.recorded_at <= known_at, envelopes)
    counted = [one for one in known if as_of is None or _happened(one) <= as_of]
    if not counted or counted[0].kind is not StreamKind.SUBSCRIPTION:
        return None
    subscription = rebuilt(counted)
    return subscription if as_of is None else subscription.seen_at(as_of)


def _happened(envelope: Envelope) -> datetime:
    """When an event took effect, be it one of a newer version."""
    if isinstance(envelope.event, UnknownEvent):
        try:
            return instant_of(envelope.event.body.get("at"))
        except ValueError:
            return known_event(envelope).at
    return envelope.event.at
