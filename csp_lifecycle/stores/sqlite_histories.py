"""Histories as SQLite hands them over: two questions, because what only the last event has to tell is long.

An answer may be older than the next one. Then they do not fit together, which `rows.history_of` sees.
"""

import json
from collections.abc import Callable, Collection, Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any

from csp_lifecycle.stores.rows import Row
from csp_lifecycle.wire.events import SCHEMA

_LAST = "SELECT stream, version, recorded_at, digest FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1"
_BODIES = f"SELECT body FROM events WHERE stream = ? AND schema = {SCHEMA} ORDER BY version"  # noqa: S608 - only our own words are put together
_LAST_OF_MANY = """SELECT e.stream, e.version, e.recorded_at, e.digest FROM json_each(?) AS named JOIN events AS e
    ON e.stream = named.value AND e.version = (SELECT max(version) FROM events WHERE stream = named.value)
    ORDER BY e.stream"""
_BODIES_OF_MANY = f"""SELECT stream, body FROM events
    WHERE stream IN (SELECT value FROM json_each(?)) AND schema = {SCHEMA} ORDER BY stream, version"""  # noqa: S608 - the same


def history_rows(ask: Callable[..., list[Any]], streams: Collection[str]) -> list[Row]:
    """A row for each of the streams that is there, as `rows.history_of` takes it, by id.

    Args:
        ask: answers a statement with its parameters.
        streams: the streams, each once.
    """
    if len(streams) == 1:
        # What a command mostly asks for.
        return [(*last, [body for (body,) in ask(_BODIES, *streams)]) for last in ask(_LAST, *streams)]
    names = list_of(streams)
    heads, bodies = ask(_LAST_OF_MANY, names), groupby(ask(_BODIES_OF_MANY, names), key=itemgetter(0))
    found = {stream: [body for _, body in group] for stream, group in bodies}
    return [(*last, found.get(last[0], [])) for last in heads]


def list_of(names: Iterable[str]) -> str:
    """Names for `json_each`, which would cut one off at a NUL and find another; none that was stored holds one."""
    return json.dumps([name for name in names if "\0" not in name])
