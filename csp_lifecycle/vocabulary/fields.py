"""Field kinds shared by commands and events: each refuses nonsense by naming the field, the rule and the remedy."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs

from csp_lifecycle.values.money import exact

Check = Callable[[Any, "attrs.Attribute[Any]", Any], None]


def instant() -> Any:
    """An aware datetime, kept in UTC; a naive one is refused (R-TIME-01)."""
    return attrs.field(converter=attrs.Converter(_in_utc, takes_field=True))


def aware() -> Any:
    """An aware datetime in UTC, as events carry it: checked, not converted (R-TIME-01)."""
    return attrs.field(converter=attrs.Converter(_in_utc_already, takes_field=True))


def optional_aware() -> Any:
    """As `aware`, or None."""
    return attrs.field(converter=attrs.Converter(_in_utc_or_none, takes_field=True), default=None)


def named() -> Any:
    """As `text`, in an event."""
    return attrs.field(converter=attrs.Converter(_text, takes_field=True))


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
    """A whole number of seats from 1 to 10^9 (R-SEATS-11)."""
    return attrs.field(validator=_is_seats)


def optional_seats() -> Any:
    """As `seats`, or None."""
    return attrs.field(default=None, validator=attrs.validators.optional(_is_seats))


def money() -> Any:
    """An amount above nothing, small enough that a sum of many is exact."""
    return attrs.field(validator=_is_money)


def optional_money() -> Any:
    """As `money`, or None."""
    return attrs.field(default=None, validator=attrs.validators.optional(_is_money))


def price() -> Any:
    """An exact amount from 0: a Decimal or a whole number, never a float (R-PRORATE-13)."""
    return attrs.field(converter=attrs.Converter(_in_decimals, takes_field=True))


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


# What events carry is checked by converters. A validator would be asked again for every event read from a log, and
# what a log holds went through the constructor once. The decoder of stored events has checks of its own.


def _in_utc_already(value: Any, field: "attrs.Attribute[Any]") -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is not UTC:
        message = f"{field.name} must be a datetime in UTC, not {value!r} (R-TIME-01)"
        raise ValueError(message)
    return value


def _in_utc_or_none(value: Any, field: "attrs.Attribute[Any]") -> datetime | None:
    return None if value is None else _in_utc_already(value, field)


def validate_text(_: Any, field: "attrs.Attribute[Any]", value: Any) -> None:
    """Refuse what no store could keep as a name."""
    _text(value, field)


def _text(value: Any, field: "attrs.Attribute[Any]") -> str:
    if not isinstance(value, str):
        message = f"{field.name} must be a string, not {value!r}"
        raise TypeError(message)
    if not value:
        message = f"{field.name} must not be empty: leave it out, or give it a value"
        raise ValueError(message)
    if not value.isprintable() and ("\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value)):
        message = f"{field.name} must not hold NUL or half a surrogate pair, no store could keep it: {value!r}"
        raise ValueError(message)
    return value


def _is_seats(_: Any, field: "attrs.Attribute[Any]", value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        message = f"{field.name} must be a whole number, not {value!r} (R-SEATS-11)"
        raise TypeError(message)
    if value < 1:
        message = f"{field.name} must be at least 1, not {value}; to give up every seat, cancel (R-SEATS-11)"
        raise ValueError(message)
    if value > _MOST_SEATS:
        message = f"{field.name} must be at most {_MOST_SEATS} (R-SEATS-11)"
        raise ValueError(message)


def _is_money(_: Any, field: "attrs.Attribute[Any]", value: Any) -> None:
    if not isinstance(value, Decimal):
        message = f"{field.name} must be a Decimal, not {value!r}: a float has lost the exact amount (R-PRORATE-13)"
        raise TypeError(message)
    if not (value.is_finite() and 0 < value < _TOO_MUCH and value == round(value, _MOST_DIGITS)):
        message = f"{field.name} must be above 0, below {_TOO_MUCH} and of at most {_MOST_DIGITS} decimals, not {value}"
        raise ValueError(message)


_MOST_SEATS = 10**9
"""Of what is added up from this, every database still has a number."""
_TOO_MUCH = 10**15
_MOST_DIGITS = 4
"""No currency has more."""


def _in_decimals(value: Any, field: "attrs.Attribute[Any]") -> Decimal:
    if exact(value, field.name) < 0:
        message = f"{field.name} must not be negative: {value}; a credit is worked out, never priced"
        raise ValueError(message)
    return Decimal(value)


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
