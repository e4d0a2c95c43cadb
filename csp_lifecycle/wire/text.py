"""JSON text to plain values, strictly: no doubled keys, no NaN, nothing that two readers would read differently."""

import json
from typing import Any


def parse(text: str) -> Any:
    """The value that *text* writes.

    Raises:
        ValueError: it is no JSON, a key is doubled, a number is NaN or infinite, or it is nested too deeply.
    """
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        message = f"this is not JSON: {error.msg} at column {error.colno}"
        raise ValueError(message) from None
    except RecursionError:
        message = "this JSON is nested too deeply to be read"
        raise ValueError(message) from None


def parse_object(text: str) -> dict[str, Any]:
    """As `parse`, for text that must be one object.

    Raises:
        ValueError: as `parse`, or the value is no object.
    """
    value = parse(text)
    if not isinstance(value, dict):
        message = "this must be a JSON object, one a line"
        raise ValueError(message)  # noqa: TRY004 - to whoever sent it, this is a wrong value
    return value


def write(value: Any) -> str:
    """Plain values as compact JSON on one line, always the same text for the same value."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        message = f"the key {doubled!r} stands twice; keep one of them"
        raise ValueError(message)
    return found


def _no_constant(word: str) -> Any:
    message = f"{word} is no JSON number; money is a decimal string, seats are a whole number"
    raise ValueError(message)
