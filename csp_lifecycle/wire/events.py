"""Events as JSON objects (`"type"`), the form in which they are stored."""

from typing import Any

from attrs import frozen
from cattrs.errors import BaseValidationError

from csp_lifecycle.errors import BrokenHistoryError
from csp_lifecycle.vocabulary.events import Event
from csp_lifecycle.vocabulary.names import EVENTS, event_name
from csp_lifecycle.wire.converter import explained, make_converter

SCHEMA = 1
"""The version of the form in which events are written."""

_CONVERTER = make_converter(forbid_extra_keys=False)


@frozen(kw_only=True)
class UnknownEvent:
    """An event of a newer version of the library: kept as it is and shown, never decided on."""

    subscription_id: str
    type: str
    schema: int
    body: dict[str, Any]


def event_json(event: Event | UnknownEvent) -> dict[str, Any]:
    """The event as a JSON object."""
    if isinstance(event, UnknownEvent):
        return event.body
    body: dict[str, Any] = _CONVERTER.unstructure(event)
    return {"type": event_name(type(event)), **body}


def event_of(body: dict[str, Any], schema: int = SCHEMA) -> Event | UnknownEvent:
    """The event that a stored JSON object writes.

    Raises:
        BrokenHistoryError: an event of a known kind and version cannot be read.
    """
    name = body.get("type", "")
    kind = EVENTS.get(name)
    if kind is None or schema > SCHEMA:
        return UnknownEvent(subscription_id=str(body.get("subscription_id", "")), type=name, schema=schema, body=body)
    try:
        event: Event = _CONVERTER.structure({key: value for key, value in body.items() if key != "type"}, kind)
    except (BaseValidationError, ValueError, TypeError) as error:
        message = f"a stored {name} of {body.get('subscription_id')!r} cannot be read: {explained(error)}"
        raise BrokenHistoryError(message) from None
    return event
