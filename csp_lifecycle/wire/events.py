"""Events as JSON text (`"type"`), the form in which they are stored, and as plain objects.

Text is read in one of two ways. What is letter by letter as this library writes it is decoded by `msgspec`, straight
into the event. Everything else is read slowly by the strict converter: it accepts what the contract accepts, and
says exactly what is wrong with the rest. `event_from` finds out which way to go; `stored_event` leaves that out, for
text that was found to be so when it was stored.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any, get_args

import attrs
import msgspec
from attrs import frozen
from cattrs.errors import BaseValidationError

from csp_lifecycle.errors import BrokenHistoryError
from csp_lifecycle.vocabulary.events import Event
from csp_lifecycle.vocabulary.names import EVENTS, AnyEvent, event_name
from csp_lifecycle.wire.converter import explained, is_money, make_converter
from csp_lifecycle.wire.text import LONGEST, parse_object, write
from csp_lifecycle.wire.upcasting import upcast

SCHEMA = 1
"""The version of the form in which events are written."""

_CONVERTER = make_converter(forbid_extra_keys=False)
_MANY = {event_name(kind): kind for kind in get_args(Event)}
"""The events of subscriptions by stored name: those of accounts are few, and read by the strict converter alone."""
_DECODERS = {name: msgspec.json.Decoder(kind).decode for name, kind in _MANY.items()}
_HEADS = {kind: (f'{{"type":"{name}",', "unit_price" in attrs.fields_dict(kind)) for name, kind in _MANY.items()}
"""What the text of each kind begins with, and whether there is an amount of money in it."""
_encode = msgspec.json.Encoder(decimal_format="string").encode
_WEST_OF_UTC = re.compile(r'-\d\d:\d\d"').search
_LOOK = len('{"type":"')


def _values_in(kind: Any) -> Iterator[type[Any]]:
    """The classes of values that the type of a field speaks of."""
    if attrs.has(kind):
        yield kind
    for part in get_args(kind):
        yield from _values_in(part)


_INNER = {
    kind: tuple(field.name for field in attrs.fields(kind) if any(_values_in(field.type))) for kind in _MANY.values()
}
"""The fields of an event that hold values with fields of their own."""
_ORDER = {
    kind: [field.name for field in attrs.fields(kind)]
    for event in _MANY.values()
    for kind in (event, *(one for field in attrs.fields(event) for one in _values_in(field.type)))
}
"""The order in which the fields of events and values are written."""
_UNREADABLE = (msgspec.MsgspecError, ValueError, TypeError, RecursionError)


@frozen(kw_only=True)
class UnknownEvent:
    """An event of a newer version of the library: kept as it is and shown, never decided on."""

    subscription_id: str
    type: str
    schema: int
    body: dict[str, Any]
    account_id: str = ""

    @property
    def stream(self) -> str:
        """The id of what the event is about."""
        return self.account_id or self.subscription_id


def event_text(event: AnyEvent | UnknownEvent) -> str:
    """The event as it is stored: one line of JSON, always the same for the same event."""
    found = _HEADS.get(type(event))  # an account's and a newer version's have none
    if found is not None:
        head, is_priced = found
        fields = event.__dict__
        # Python writes a very small or a short large amount as 1E-7.
        if not is_priced or "E" not in str(fields["unit_price"]):
            return _encode(fields).decode().replace("{", head, 1)
    return write(event_json(event))


def event_json(event: AnyEvent | UnknownEvent) -> dict[str, Any]:
    """The event as a JSON object."""
    if isinstance(event, UnknownEvent):
        return event.body
    body: dict[str, Any] = _CONVERTER.unstructure(event)
    return {"type": event_name(type(event)), **body}


def event_from(text: str, schema: int = SCHEMA) -> AnyEvent | UnknownEvent:
    """The event that stored text writes.

    Raises:
        BrokenHistoryError: an event of a known kind and version cannot be read.
        ValueError: this is no JSON object, or a key stands in it twice.
    """
    event = event_as_written(text) if schema == SCHEMA else None
    return event_of(parse_object(text), schema) if event is None else event


def kind_in(text: str) -> str:
    """The kind of event that stored text begins with: where a store keeps no column for it, this is a first look."""
    return text[_LOOK : text.find('"', _LOOK)]


def stored_event(kind: str, text: str | bytes, schema: int = SCHEMA) -> AnyEvent | UnknownEvent:
    """The event of a known *kind* in text that this library has stored.

    Faster than `event_from`, because it does not look for what only another hand can have put there: a doubled key,
    an amount that is a number, an offset in a window. Whoever checks a log for that reads it with `event_from`.

    Raises:
        BrokenHistoryError, ValueError: as `event_from`.
    """
    if schema == SCHEMA:
        try:
            event: Event = _DECODERS[kind](text)
            if event.at.tzinfo is UTC:
                return event
        except (KeyError, *_UNREADABLE):
            pass  # the other way knows why
    return event_from(text if isinstance(text, str) else text.decode(), schema)


def stored_events(texts: Iterable[str]) -> tuple[Event, ...] | None:
    """As `stored_event`, all at once; None where one is not of the present schema, or has to be read in another way."""
    try:
        events = tuple([_DECODERS[text[_LOOK : text.find('"', _LOOK)]](text) for text in texts])
    except (KeyError, *_UNREADABLE):
        return None
    return events if all([event.at.tzinfo is UTC for event in events]) else None  # noqa: C419 - a list is twice as fast


def event_as_written(text: str) -> Event | None:
    """The event, if *text* is exactly what is written for it: then no key is doubled, unknown or of another type."""
    decode = _DECODERS.get(kind_in(text))
    # What is escaped may be what no store could keep, and an instant with an offset is not in UTC.
    if decode is None or len(text) > LONGEST or "\\" in text or "+" in text or _WEST_OF_UTC(text):
        return None
    try:
        event: Event = decode(text)
    except _UNREADABLE:
        return None
    price = event.__dict__.get("unit_price")
    sound = event.subscription_id and (price is None or is_money(str(price))) and _is_in_order(event)
    return event if sound and _encode(event).decode().replace("{", _HEADS[type(event)][0], 1) == text else None


def _is_in_order(event: Event) -> bool:
    """Whether the keys stood in the text as they are written: a decoded event would go on writing them otherwise."""
    kind, fields = event.__class__, event.__dict__
    if [*fields] != _ORDER[kind]:
        return False
    for name in _INNER[kind]:
        value = fields[name]
        for one in value if isinstance(value, tuple) else (value,):
            if one is not None and [*one.__dict__] != _ORDER[one.__class__]:
                return False
    return True


def event_of(body: dict[str, Any], schema: int = SCHEMA) -> AnyEvent | UnknownEvent:
    """The event that a stored JSON object writes, whichever version of the library wrote it.

    Raises:
        BrokenHistoryError: an event of a known kind and version cannot be read.
    """
    name = body.get("type", "")
    if name not in EVENTS or schema > SCHEMA:
        about = {key: str(body.get(key, "")) for key in ("subscription_id", "account_id")}
        return UnknownEvent(**about, type=name, schema=schema, body=body)
    try:
        present = upcast(body, schema, SCHEMA)
        kind = EVENTS[present["type"]]
        event: AnyEvent = _CONVERTER.structure({key: value for key, value in present.items() if key != "type"}, kind)
    except (BaseValidationError, ValueError, TypeError) as error:
        message = f"a stored {name} of {_about(body)!r} cannot be read: {explained(error)}"
        raise BrokenHistoryError(message) from None
    return event


def _about(body: dict[str, Any]) -> Any:
    return body.get("subscription_id", body.get("account_id"))
