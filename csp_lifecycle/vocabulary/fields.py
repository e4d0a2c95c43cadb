"""Field kinds shared by commands and events: each refuses nonsense by naming the field, the rule and the remedy."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import attrs

Check = Callable[[Any, "attrs.Attribute[Any]", Any], None]


def instant() -> Any:
    """An aware datetime, kept in UTC; a naive one is refused (R-TIME-01)."""
    return attrs.field(converter=attrs.Converter(_in_utc, takes_field=True))


def aware() -> Any:
    """An aware datetime in UTC, as events carry it: checked, not converted (R-TIME-01)."""
    return attrs.field(validator=_is_utc)


def optional_aware() -> Any:
    """As `aware`, or None."""
    return attrs.field(default=None, validator=attrs.validators.optional(_is_utc))


def text() -> Any:
    """A string that is not empty and can be stored: no NUL, no lone surrogate."""
    return attrs.field(validator=validate_text)


def optional_text() -> Any:
    """As `text`, or None."""
    return attrs.field(default=None, validator=attrs.validators.optional(validate_text))


def texts() -> Any:
    """Any number of strings, each as `text` has them."""
    return attrs.field(default=(), validator=attrs.validators.deep_iterable(validate_text, _is_a(tuple)))


def seats() -> Any:
    """A whole number of seats from 1 (R-SEATS-11)."""
    return attrs.field(validator=_is_seats)


def optional_seats() -> Any:
    """As `seats`, or None."""
    return attrs.field(default=None, validator=attrs.validators.optional(_is_seats))


def one_of(kind: type) -> Any:
    """A member of the enumeration *kind*."""
    return attrs.field(validator=_is_a(kind))


def optional(kind: type) -> Any:
    """A value of *kind*, or None."""
    return attrs.field(default=None, validator=attrs.validators.optional(_is_a(kind)))


def flag(*, default: bool = False) -> Any:
    """True or False, never a word or a number for it."""
    return attrs.field(default=default, validator=_is_a(bool))


def _in_utc(value: Any, field: "attrs.Attribute[Any]") -> datetime:
    if not isinstance(value, datetime):
        message = f"{field.name} must be a datetime with a time zone, not {value!r} (R-TIME-01)"
        raise TypeError(message)
    if value.utcoffset() is None:
        message = f"{field.name} must say its time zone, {value.isoformat()} does not: add Z or an offset (R-TIME-01)"
        raise ValueError(message)
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def _is_utc(_: Any, field: "attrs.Attribute[Any]", value: Any) -> None:
    if not isinstance(value, datetime) or value.tzinfo is not UTC:
        message = f"{field.name} must be a datetime in UTC, not {value!r} (R-TIME-01)"
        raise ValueError(message)


def validate_text(_: Any, field: "attrs.Attribute[Any]", value: Any) -> None:
    """Refuse what no store could keep as a name."""
    if not isinstance(value, str):
        message = f"{field.name} must be a string, not {value!r}"
        raise TypeError(message)
    if not value:
        message = f"{field.name} must not be empty: leave it out, or give it a value"
        raise ValueError(message)
    if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        message = f"{field.name} must not hold NUL or half a surrogate pair, no store could keep it: {value!r}"
        raise ValueError(message)


def _is_seats(_: Any, field: "attrs.Attribute[Any]", value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        message = f"{field.name} must be a whole number, not {value!r} (R-SEATS-11)"
        raise TypeError(message)
    if value < 1:
        message = f"{field.name} must be at least 1, not {value}; to give up every seat, cancel (R-SEATS-11)"
        raise ValueError(message)


def _is_a(kind: type) -> Check:
    def check(_: Any, field: "attrs.Attribute[Any]", value: Any) -> None:
        # A bool is an int and a datetime is a date to Python, and neither is to us.
        if type(value) is not kind and (kind in {int, date} or not isinstance(value, kind)):
            message = f"{field.name} must be {_described(kind)}, not {value!r}"
            raise TypeError(message)

    return check


def _described(kind: type) -> str:
    members = getattr(kind, "__members__", None)
    if members is None:
        return f"a {kind.__name__}"
    return "one of " + ", ".join(str(member.value) for member in members.values())
