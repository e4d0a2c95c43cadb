"""Which streams a decision reads, and what they add up to.

A command names the subscriptions it concerns; exactly those are loaded, and the whole of a customer's only where
the decision looks at all of them. Every version that was read is expected again when the decision is stored.
"""

from collections.abc import Iterable
from datetime import datetime

from attrs import define, field

from csp_lifecycle.errors import BrokenHistoryError, UnknownEventError
from csp_lifecycle.lifecycle.evolve import replay
from csp_lifecycle.stores.store import Envelope, EventStore
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.commands import (
    Cancel,
    ChangeTerm,
    Command,
    ConvertTrial,
    Migrate,
    Purchase,
    Reactivate,
    ScheduleChange,
    StartTrial,
    Suspend,
    Upgrade,
)
from csp_lifecycle.vocabulary.events import Event
from csp_lifecycle.vocabulary.subscription import Subscription
from csp_lifecycle.wire.events import UnknownEvent


@define
class Reading:
    """What was read for one decision: states, versions, and how many streams customers had."""

    store: EventStore
    holdings: dict[str, Subscription] = field(factory=dict)
    expected: dict[str, int] = field(factory=dict)
    customers: dict[str, int] = field(factory=dict)
    recorded_at: dict[str, datetime] = field(factory=dict)

    def add(self, streams: Iterable[str]) -> None:
        """Read more streams; one without events is noted as new."""
        for stream in streams:
            if stream in self.expected:
                continue
            envelopes = self.store.read(stream)
            self.expected[stream] = len(envelopes)
            if envelopes:
                self.holdings[stream] = rebuilt(envelopes)
                self.recorded_at[stream] = envelopes[-1].recorded_at

    def add_customer(self, customer_id: str) -> None:
        """Read all subscriptions of a customer, and note how many there are."""
        streams = self.store.streams_of(customer_id)
        self.customers[customer_id] = len(streams)
        self.add(streams)


def read_for(command: Command, store: EventStore, catalog: Catalog) -> Reading:
    """Everything that deciding *command* looks at."""
    reading = Reading(store)
    named = (command.subscription_id, *(getattr(command, name, None) for name in _NAMED))
    reading.add(name for name in named if isinstance(name, str))
    reading.add(one.new_subscription_id for one in getattr(command, "add_ons", ()))
    align = getattr(command, "align", None)
    if isinstance(align, str):
        reading.add((align,))
    subject = reading.holdings.get(command.subscription_id)
    customer = subject.customer_id if subject is not None else getattr(command, "customer_id", None)
    if customer is not None and _looks_at_the_customer(command, catalog):
        reading.add_customer(customer)
    return reading


_NAMED = ("target_subscription_id", "new_subscription_id", "base_subscription_id")


def _looks_at_the_customer(command: Command, catalog: Catalog) -> bool:
    match command:
        case Purchase():
            offer = catalog.offer(command.offer_id)
            unaligned = command.ends_on is None and command.align is None
            asked = offer is not None and (offer.one_per_customer or offer.add_on_to or offer.new_customer_min_seats)
            return not unaligned or bool(asked)
        case ScheduleChange():
            return command.ends_on is not None or command.offer_id is not None
        case StartTrial() | Suspend() | Reactivate() | Upgrade() | ConvertTrial() | Cancel() | ChangeTerm() | Migrate():
            return True
        case _:
            return False


def rebuilt(envelopes: Iterable[Envelope]) -> Subscription:
    """The subscription that the stored events of one stream add up to.

    Raises:
        BrokenHistoryError: versions have a hole, or an event is impossible; the message names the position.
        UnknownEventError: a newer version of the library wrote one of them.
    """
    stored = tuple(envelopes)
    for number, envelope in enumerate(stored, 1):
        if envelope.version != number:
            message = (
                f"{envelope.stream!r}, position {envelope.position}: version {envelope.version}, {number} expected"
            )
            raise BrokenHistoryError(message)
    try:
        return replay(known(envelope) for envelope in stored)
    except BrokenHistoryError as broken:
        position = stored[broken.version - 1].position if broken.version else "unknown"
        message = f"position {position}: {broken}"
        raise BrokenHistoryError(message, broken.version) from None


def known(envelope: Envelope) -> Event:
    """The event in an envelope.

    Raises:
        UnknownEventError: a newer version of the library wrote it.
    """
    if isinstance(envelope.event, UnknownEvent):
        message = (
            f"{envelope.stream!r}, position {envelope.position}: {envelope.event.type!r} in schema "
            f"{envelope.schema} was written by a newer version of this library; upgrade it to decide here"
        )
        raise UnknownEventError(message)
    return envelope.event
