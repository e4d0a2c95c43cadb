"""Histories as PostgreSQL hands them over: a row for each stream, as `rows.history_of` takes it.

A row for each event would repeat what all of them have in common, and the driver would make an object of each value.
"""

from csp_lifecycle.wire.events import SCHEMA

# Stream by stream through the index: what a join costs with so few rows is more than anybody can plan for. There is a
# version only where the index and the last event agree on it: if not, something is missing or was spoiled.
_SELECT = f"""SELECT s.stream, h.*
    FROM csp_lifecycle.streams AS s CROSS JOIN LATERAL (
        SELECT CASE max(e.version) WHEN s.version THEN s.version END,
            max(e.recorded_at) FILTER (WHERE e.version = s.version), max(e.digest) FILTER (WHERE e.version = s.version),
            array_agg(e.body::text ORDER BY e.version) FILTER (WHERE e.schema = {SCHEMA})
        FROM csp_lifecycle.events AS e WHERE e.stream = s.stream HAVING count(*) > 0
    ) AS h"""  # noqa: S608 - only our own words are put together
HISTORY = f"{_SELECT} WHERE s.stream = %s"
HISTORIES = f"{_SELECT} WHERE s.stream = ANY (%s) ORDER BY s.stream"
