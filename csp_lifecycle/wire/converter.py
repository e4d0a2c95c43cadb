"""The strict converter: cattrs, told not to coerce.

By itself cattrs makes 1 of 1.5 and of True, and "None" of None. Here a value has the type the contract says, or
the error names the field and what it should be.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from cattrs import Converter
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)

from csp_lifecycle.values.alignment import Alignment
from csp_lifecycle.values.calendar import LATEST

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
is_money = re.compile(r"-?\d+(\.\d+)?").fullmatch


def instant_text(at: datetime) -> str:
    """An instant as RFC 3339 in UTC with Z, and a fraction only where there is one."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def instant_of(value: Any, _: Any = None) -> datetime:
    """The instant that RFC 3339 text names, in UTC; digits beyond microseconds are cut off."""
    match = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        message = f"must be an RFC 3339 instant such as 2025-01-15T10:00:00Z, not {_shown(value)}"
        raise ValueError(message)
    day, time, fraction, offset = match.groups()
    if offset is None:
        message = f"must say its time zone, {value} does not: add Z or an offset (R-TIME-01)"
        raise ValueError(message)
    try:
        text = f"{day}T{time}.{(fraction or '0')[:6]:0<6}{offset.upper().replace('Z', '+00:00')}"
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"must be an instant that exists, {value} does not"
        raise ValueError(message) from None


def coming_instant_of(value: Any, _: Any = None) -> datetime:
    """An instant at which something is to be decided, so before `LATEST`."""
    at = instant_of(value)
    if at >= LATEST:
        message = f"must lie before the year {LATEST.year}, {value} does not"
        raise ValueError(message)
    return at


def day_of(value: Any, _: Any = None) -> date:
    """The day that YYYY-MM-DD names."""
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    message = f"must be a day such as 2025-01-31, not {_shown(value)}"
    raise ValueError(message)


def money_of(value: Any, _: Any = None) -> Decimal:
    """The amount that a decimal string writes; a JSON number is refused, it has been through a float."""
    try:
        if isinstance(value, str) and is_money(value):
            return Decimal(value)
    except InvalidOperation:
        pass
    message = f'must be a decimal string such as "12.00", not {_shown(value)}'
    raise ValueError(message)


def money_text(amount: Decimal) -> str:
    """An amount as a decimal string, however small it is: never with an exponent."""
    return f"{amount:f}"


def _exactly(kind: type, described: str) -> Callable[[Any, Any], Any]:
    def structured(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            message = f"must be {described}, not {_shown(value)}"
            raise ValueError(message)
        return value

    return structured


def _member(value: Any, kind: Any) -> Any:
    for member in kind:
        if member.value == value and type(member.value) is type(value):
            return member
    known = ", ".join(str(member.value) for member in kind)
    message = f"must be one of {known}, not {_shown(value)}"
    raise ValueError(message)


def _alignment(value: Any, _: Any) -> Any:
    if value is None:
        return None
    return Alignment.CALENDAR_MONTH if value == Alignment.CALENDAR_MONTH.value else _exactly(str, "a string")(value, _)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


_LONGEST_SHOWN = 60


def make_converter(*, forbid_extra_keys: bool) -> Converter:
    """A converter for the contract's values; with *forbid_extra_keys* an unknown key is an error."""
    converter = Converter(forbid_extra_keys=forbid_extra_keys, detailed_validation=True)
    converter.register_structure_hook(str, _exactly(str, "a string"))
    converter.register_structure_hook(int, _exactly(int, "a whole number"))
    converter.register_structure_hook(bool, _exactly(bool, "true or false"))
    converter.register_structure_hook(datetime, instant_of)
    converter.register_structure_hook(date, day_of)
    converter.register_structure_hook(Decimal, money_of)
    converter.register_structure_hook(type(None), _exactly(type(None), "null"))
    converter.register_structure_hook(Alignment | str | None, _alignment)
    converter.register_structure_hook_func(_is_enum, _member)
    _refuse_text_for_lists(converter)
    converter.register_unstructure_hook(datetime, instant_text)
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_unstructure_hook(Decimal, money_text)
    return converter


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _refuse_text_for_lists(converter: Converter) -> None:
    """A string is iterable to Python, and no list to us."""

    def is_tuple(kind: Any) -> bool:
        return getattr(kind, "__origin__", None) is tuple

    def made(kind: Any) -> Callable[[Any, Any], Any]:
        item = kind.__args__[0]

        def structured(value: Any, _: Any) -> Any:
            if not isinstance(value, list):
                message = f"must be a list, not {_shown(value)}"
                raise ValueError(message)  # noqa: TRY004 - to whoever sent it, this is a wrong value
            return tuple(converter.structure(entry, item) for entry in value)

        return structured

    converter.register_structure_hook_factory(is_tuple, made)


def explained(error: BaseException, path: str = "") -> str:
    """The first thing that is wrong, in words that name the field."""
    if isinstance(error, BaseValidationError):
        first = error.exceptions[0]
        return explained(first, _extended(path, first))
    if isinstance(error, ForbiddenExtraKeysError):
        unknown = ", ".join(repr(name) for name in sorted(error.extra_fields))
        return f"{path + ': ' if path else ''}unknown key {unknown}; leave it out"
    if isinstance(error, KeyError):
        return f"{_joined(path, str(error.args[0]))} is missing"
    text = str(error)
    name = path.rsplit(".", 1)[-1]
    return text if not path or text.startswith(name) else f"{path} {text}"


def _extended(path: str, error: BaseException) -> str:
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote) and not isinstance(error, KeyError):
            return _joined(path, note.name)
        if isinstance(note, IterableValidationNote):
            return f"{path}[{note.index}]"
    return path


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def require_keys(value: Any, known: Mapping[str, Any] | tuple[str, ...], what: str) -> None:
    """Refuse a value that is no object, or that has a key nobody knows.

    Raises:
        ValueError: with the key's name.
    """
    if not isinstance(value, dict):
        message = f"{what} must be an object, not {_shown(value)}"
        raise ValueError(message)  # noqa: TRY004 - to whoever sent it, this is a wrong value
    for name in value:
        if name not in known:
            message = f"{what}: unknown key {name!r}; leave it out"
            raise ValueError(message)
