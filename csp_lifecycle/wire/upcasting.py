"""Older forms of events, brought up to the present one before they are read.

When the stored form of an event changes, its schema number grows, and a function that makes the new form of the old
one is registered here. It is pure: it returns another object and leaves its argument alone. Steps are chained, so
each is written once, knows two neighboring forms only, and is never touched again.
"""

from collections.abc import Callable
from typing import Any

Body = dict[str, Any]
Upcaster = Callable[[Body], Body]

FIRST = 1
"""The schema that the first events were written in."""

UPCASTERS: dict[tuple[str, int], Upcaster] = {}
"""What makes the form of schema *n + 1* of the form of schema *n*, by the stored name and *n*.

Kinds that did not change between two schemas have no entry. So far none did.
"""


def upcast(body: Body, schema: int, to: int) -> Body:
    """The stored object in the form of schema *to*.

    Raises:
        ValueError: no schema was ever numbered like that.
    """
    if schema < FIRST:
        message = f"schemas are numbered from {FIRST}, there is no schema {schema}"
        raise ValueError(message)
    for number in range(schema, to):
        step = UPCASTERS.get((body["type"], number))
        body = body if step is None else step(body)
    return body
