"""JSON text to plain values, strictly: no doubled keys, no NaN, nothing that two readers would read differently."""

import json
import math
import re
from typing import Any

LONGEST = 16 * 2**20
"""How many characters one JSON value may have: a command has some hundreds, the largest invoice some millions."""
DEEPEST = 64
"""How many objects and lists may stand in one another: a command or an event has four."""

_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]')


def parse(text: str, *, longest: int = LONGEST) -> Any:
    """The value that *text* writes.

    Raises:
        ValueError: it is no JSON, a key is doubled, a number is NaN or infinite, it is too long or nested too deeply.
    """
    if len(text) > longest:
        message = f"this JSON is too long to be read: {len(text)} characters, at most {longest}"
        raise ValueError(message)
    if text.count("{") + text.count("[") > DEEPEST and _depth(text) > DEEPEST:
        message = f"this JSON is nested too deeply to be read: at most {DEEPEST} objects and lists in one another"
        raise ValueError(message)
    try:
        return _READER.decode(text)
    except json.JSONDecodeError as error:
        message = f"this is not JSON: {error.msg} at column {error.colno}"
        raise ValueError(message) from None


def parse_object(text: str, *, longest: int = LONGEST) -> dict[str, Any]:
    """As `parse`, for text that must be one object.

    Raises:
        ValueError: as `parse`, or the value is no object.
    """
    value = parse(text, longest=longest)
    if not isinstance(value, dict):
        message = "this must be a JSON object, one a line"
        raise ValueError(message)  # noqa: TRY004 - to whoever sent it, this is a wrong value
    return value


_WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def write(value: Any) -> str:
    """Plain values as compact JSON on one line, always the same text for the same value."""
    return _WRITER.encode(value)


def _depth(text: str) -> int:
    """How deeply the text is nested at its deepest place; brackets in strings do not count."""
    depth = deepest = 0
    for found in _STRUCTURE.finditer(text):
        sign = found[0]
        if sign in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in "]}":
            depth -= 1
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        message = f"the key {doubled!r} stands twice; keep one of them"
        raise ValueError(message)
    return found


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        message = f"{digits} is too large for a JSON number; money is a decimal string, seats are a whole number"
        raise ValueError(message)
    return number


def _no_constant(word: str) -> Any:
    message = f"{word} is no JSON number; money is a decimal string, seats are a whole number"
    raise ValueError(message)


_READER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite)
