"""What `eventsourcing` does with the same history: its events, its codec, its application on the same engines."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from enum import Enum
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import attrs
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import (
    DatetimeAsISO,
    DecimalAsStr,
    JSONTranscoder,
    Mapper,
    Transcoding,
    UUIDAsHex,
)
from eventsourcing.utils import get_topic

from csp_lifecycle.values.calendar import Cycle, Plan, Term, TermLength
from csp_lifecycle.values.windows import Refund, RefundKind, SeatLot
from csp_lifecycle.vocabulary.commands import AddSeats
from csp_lifecycle.vocabulary.events import Event, Origin, Reassignment
from csp_lifecycle.vocabulary.subscription import Commerce, ScheduledChange, Slot, Status
from tests.benchmarks.peer_decorated import Decorated
from tests.benchmarks.peer_plain import Plain

_ENUMS = (Commerce, Origin, Plan, Reassignment, RefundKind, Slot, TermLength)
_VALUES = (Cycle, Refund, ScheduledChange, SeatLot, Term)
_OURS = {"at", "subscription_id"}
"""What the peer keeps in fields of its own: when it happened, and to what."""


def aggregate_id(subscription_id: str) -> UUID:
    """The id of the aggregate that stands for a subscription."""
    return uuid5(NAMESPACE_URL, subscription_id)


def peer_stream(events: Iterable[Event], aggregate: type[Aggregate]) -> list[Any]:
    """The events of one of our streams as the peer's, with all they carry."""
    made = []
    for version, event in enumerate(events, 1):
        kind = getattr(aggregate, type(event).__name__)
        created = {"originator_topic": get_topic(aggregate)} if version == 1 else {}
        carried = attrs.asdict(event, recurse=False, filter=lambda field, _: field.name not in _OURS)
        head = {"originator_id": aggregate_id(event.subscription_id), "originator_version": version}
        made.append(kind(**head, **created, timestamp=event.at, **carried))
    return made


def folded(events: Iterable[Any]) -> Any:
    """The aggregate that the peer's events add up to."""
    aggregate = None
    for event in events:
        aggregate = event.mutate(aggregate)
    return aggregate


class _DayAsISO(Transcoding):
    type, name = date, "date_iso"

    def encode(self, obj: date) -> str:
        return obj.isoformat()

    def decode(self, data: str) -> date:
        return date.fromisoformat(data)


def _enum_as_value(kind: type[Enum]) -> Transcoding:
    class EnumAsValue(Transcoding):
        type, name = kind, kind.__name__

        def encode(self, obj: Enum) -> Any:
            return obj.value

        def decode(self, data: Any) -> Enum:
            return kind(data)

    return EnumAsValue()


def _value_as_list(kind: type[Any]) -> Transcoding:
    names = [field.name for field in attrs.fields(kind)]

    class ValueAsList(Transcoding):
        type, name = kind, kind.__name__

        def encode(self, obj: Any) -> list[Any]:
            return [getattr(obj, name) for name in names]

        def decode(self, data: list[Any]) -> Any:
            return kind(**dict(zip(names, data, strict=True)))

    return ValueAsList()


def _transcodings() -> Iterator[Transcoding]:
    yield from (UUIDAsHex(), DecimalAsStr(), DatetimeAsISO(), _DayAsISO())
    yield from map(_enum_as_value, _ENUMS)
    yield from map(_value_as_list, _VALUES)


def mapper() -> Mapper[UUID]:
    """The peer's default codec, which writes JSON, with what our values need."""
    transcoder = JSONTranscoder()
    for transcoding in _transcodings():
        transcoder.register(transcoding)
    return Mapper(transcoder=transcoder)


class PeerApplication(Application[UUID]):
    """The peer's application, which loads an aggregate anew for every command."""

    def register_transcodings(self, transcoder: JSONTranscoder) -> None:
        for transcoding in _transcodings():
            transcoder.register(transcoding)

    def add_seats(self, command: AddSeats) -> None:
        """The command that is measured: load, look whether it is allowed, append."""
        subscription: Any = self.repository.get(aggregate_id(command.subscription_id))
        seats, at = command.seats, command.at
        if subscription.status is not Status.ACTIVE or not 1 <= subscription.seats + seats <= _MOST_SEATS:
            raise ValueError(command)
        kept = [lot for lot in subscription.seat_lots if lot.reducible_until >= at]
        subscription.trigger_event(
            Plain.SeatsAdded,
            seats=seats,
            seats_after=subscription.seats + seats,
            seat_lots=(*kept, SeatLot(seats=seats, reducible_until=at + timedelta(days=7))),
        )
        self.save(subscription)


_MOST_SEATS = 10_000

__all__ = ["Decorated", "PeerApplication", "Plain", "aggregate_id", "folded", "mapper", "peer_stream"]
