"""Small words that the generated blocks are made of."""
# ruff: noqa: INP001 - a script beside the pages it writes, not a package

from collections.abc import Iterable


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
