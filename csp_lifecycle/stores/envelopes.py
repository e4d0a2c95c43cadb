"""Envelopes as JSON objects, the form in which logs travel: the event as it is stored, letter by letter."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec.structs import asdict

from csp_lifecycle.errors import InvalidLogError
from csp_lifecycle.stores.store import Envelope
from csp_lifecycle.vocabulary.commands import Actor
from csp_lifecycle.wire.converter import instant_of, require_keys
from csp_lifecycle.wire.events import SCHEMA, event_as_written, event_of, event_text
from csp_lifecycle.wire.text import parse_object, write

_REQUIRED = ("position", "version", "event_id", "recorded_at", "command_id", "actor", "policy", "schema", "event")
_DIGESTS = ("command_digest", "salt", "redacted", "digest", "log_digest")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_HIGHEST = 2**63 - 1
"""What every engine can hold as a whole number."""


_Number = Annotated[int, msgspec.Meta(ge=1, le=_HIGHEST)]
_Text = Annotated[str, msgspec.Meta(min_length=1)]
_Commitment = Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{64})?\Z")]
_DIGITS = b"0123456789abcdef"
_LENGTHS = (0, 64)


class _Line(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """An envelope as an exported log has it; `salt` and `redacted` only where there is something in them."""

    position: _Number
    version: _Number
    event_id: _Text
    recorded_at: datetime
    command_id: _Text
    actor: Actor
    policy: _Text
    schema: _Number
    event: msgspec.Raw
    command_digest: str
    salt: str = ""
    redacted: dict[str, _Commitment] = {}
    digest: str
    log_digest: str | None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Line).decode


_BESIDES = tuple(name for name in _Line.__struct_fields__ if name != "event")
"""What an envelope has besides its event, under the same names."""


def envelope_json(envelope: Envelope) -> dict[str, Any]:
    """An envelope as a JSON object; `salt` and `redacted` only where there is something in them."""
    return parse_object(envelope_text(envelope))


def envelope_text(envelope: Envelope) -> str:
    """As `envelope_json`, on one line."""
    values = {name: getattr(envelope, name) for name in _BESIDES}
    values["recorded_at"] = envelope.recorded_at.astimezone(UTC)
    values["redacted"] = dict(sorted(envelope.redacted.items()))
    body = envelope.body or event_text(envelope.event)
    return _encode(_Line(event=msgspec.Raw(body.encode()), **values)).decode()


def envelope_in(text: str) -> Envelope:
    """The envelope that one line of a log writes, whoever wrote it.

    Raises:
        InvalidLogError, BrokenHistoryError: as `envelope_of`.
        ValueError: this is no JSON object, or a key stands in it twice.
    """
    return _as_exported(text) or envelope_of(parse_object(text))


def _as_exported(text: str) -> Envelope | None:
    """The envelope, if *text* is letter by letter what is exported for it: then no key is doubled or left out."""
    # What is escaped may be what no store could keep.
    if "\\" in text:
        return None
    try:
        line = _decode(text)
        same = _encode(line) == text.encode()
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    sound = _are_digests(line.command_digest, line.digest, line.log_digest or "")
    if not (same and sound and line.schema == SCHEMA and line.recorded_at.tzinfo is UTC):
        return None
    body = str(line.event, "utf-8")
    event = event_as_written(body)
    if event is None:
        return None
    # As its constructor, in a third of the time: nothing is missing in a line.
    envelope, values = object.__new__(Envelope), asdict(line)
    values["event"], values["body"], values["stream"] = event, body, event.subscription_id
    vars(envelope).update(values)
    return envelope


def _are_digests(one: str, two: str, three: str) -> bool:
    """Whether each is a SHA-256 in hex, or empty: patterns would take twice as long as all the rest of a line."""
    if len(one) in _LENGTHS and len(two) in _LENGTHS and len(three) in _LENGTHS:
        return not (one + two + three).encode().translate(None, _DIGITS)
    return False


def envelope_of(value: dict[str, Any]) -> Envelope:
    """The envelope that a JSON object writes. The keys about digests may be missing, all others may not.

    Raises:
        InvalidLogError: a key is missing or unknown, or has a value of the wrong type or range.
        BrokenHistoryError: the event is of a known kind and version, and cannot be read.
    """
    if missing := [name for name in _REQUIRED if name not in value]:
        message = f"{missing[0]} is missing"
        raise InvalidLogError(message)
    try:
        require_keys(value, (*_REQUIRED, *_DIGESTS), "an event of a log")
        return _envelope(value)
    except (ValueError, TypeError) as error:
        raise InvalidLogError(str(error)) from None


def _envelope(value: dict[str, Any]) -> Envelope:
    body, schema = value["event"], _number(value, "schema")
    if not isinstance(body, dict) or not isinstance(body.get("type"), str):
        message = "event must be an object with a type"
        raise ValueError(message)  # noqa: TRY004 - to whoever sent it, this is a wrong value
    event = event_of(body, schema)
    if not event.stream:
        message = "event must name the subscription or account that it is about"
        raise ValueError(message)
    return Envelope(
        position=_number(value, "position"),
        version=_number(value, "version"),
        event_id=_text(value, "event_id"),
        recorded_at=_instant(value, "recorded_at"),
        command_id=_text(value, "command_id"),
        actor=Actor(_text(value, "actor")),
        policy=_text(value, "policy"),
        schema=schema,
        event=event,
        command_digest=_digest(value, "command_digest"),
        salt=_text(value, "salt") if "salt" in value else "",
        redacted=_redacted(value),
        digest=_digest(value, "digest"),
        log_digest=None if value.get("log_digest") is None else _digest(value, "log_digest"),
        body=_body(body),
    )


def _body(body: dict[str, Any]) -> str:
    text = write(body)
    # Written, a NUL is an escape; the same six signs may also be what somebody typed.
    if _unfit(text) or ("\\u0000" in text and any(map(_unfit, _strings(body)))):
        message = "event must not hold NUL or half a surrogate pair, no store could keep it"
        raise ValueError(message)
    return text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for below in value.values():
            yield from _strings(below)
    elif isinstance(value, list):
        for below in value:
            yield from _strings(below)


def _unfit(text: str) -> bool:
    return "\0" in text or (not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text))


def _number(value: dict[str, Any], name: str) -> int:
    number = value[name]
    if type(number) is not int or not 1 <= number <= _HIGHEST:
        message = f"{name} must be a whole number from 1, not {number!r}"
        raise ValueError(message)
    return number


def _text(value: dict[str, Any], name: str) -> str:
    text = value[name]
    if not isinstance(text, str) or not text or _unfit(text):
        message = f"{name} must be a string that is not empty and holds no NUL, not {text!r}"
        raise ValueError(message)
    return text


def _instant(value: dict[str, Any], name: str) -> datetime:
    try:
        return instant_of(value[name])
    except ValueError as error:
        message = f"{name} {error}"
        raise ValueError(message) from None


def _digest(value: dict[str, Any], name: str) -> str:
    digest = value.get(name, "")
    if not isinstance(digest, str) or (digest and not _SHA256.fullmatch(digest)):
        message = f"{name} must be a SHA-256 in hex, not {digest!r}"
        raise ValueError(message)
    return digest


def _redacted(value: dict[str, Any]) -> dict[str, str]:
    redacted = value.get("redacted", {})
    if not isinstance(redacted, dict):
        message = "redacted must be an object"
        raise ValueError(message)  # noqa: TRY004 - to whoever sent it, this is a wrong value
    return {path: _digest(redacted, path) for path in redacted}
