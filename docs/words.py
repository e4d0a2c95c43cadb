"""Small words that the generated blocks are made of."""
# ruff: noqa: INP001 - a script beside the pages it writes, not a package

from collections.abc import Iterable
from typing import assert_never

from csp_lifecycle.values.windows import Exactly, Months, Span, WholeTerm


def doc(kind: type) -> str:
    """The docstring of a class, on one line."""
    return " ".join((kind.__doc__ or "").split())


def words(name: str) -> str:
    """A name as words."""
    return name.replace("_", " ")


def listed(parts: Iterable[str]) -> str:
    """One, two and three."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def span(length: Span) -> str:
    """How long a window stays open."""
    match length:
        case Exactly():
            days = length.length.days
            return f"{days} times 24 hours" if days > 1 else "24 hours"
        case Months():
            return "a month" if length.count == 1 else f"{length.count} months"
        case WholeTerm():
            return "the whole term"
        case _:
            assert_never(length)
