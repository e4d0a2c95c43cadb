"""The tables of the SQLite store, as numbered migrations. What was shipped is never edited: a change is one more."""

import sqlite3

from csp_lifecycle.stores.linking import End, followed
from csp_lifecycle.stores.rows import backfilled
from csp_lifecycle.stores.sqlite_rows import insert

_FIRST = (
    """CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL, version INTEGER NOT NULL, event_id TEXT NOT NULL, recorded_at TEXT NOT NULL,
    command_id TEXT NOT NULL, actor TEXT NOT NULL, policy TEXT NOT NULL, schema INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (stream, version)
)""",
    """CREATE TABLE streams (
    stream TEXT PRIMARY KEY, version INTEGER NOT NULL, customer_id TEXT NOT NULL, next_due_at INTEGER
) WITHOUT ROWID""",
    "CREATE INDEX streams_by_customer ON streams (customer_id, stream)",
    "CREATE INDEX streams_by_due ON streams (next_due_at, stream) WHERE next_due_at IS NOT NULL",
    """CREATE TABLE commands (
    command_id TEXT PRIMARY KEY, digest TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL
) WITHOUT ROWID""",
)

_SECOND = (
    "ALTER TABLE events RENAME TO events_1",
    # No row is ever deleted, so numbers are not given twice, and need not be counted in a table of their own.
    """CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream TEXT NOT NULL, version INTEGER NOT NULL, event_id TEXT NOT NULL, recorded_at TEXT NOT NULL,
    command_id TEXT NOT NULL, command_digest TEXT NOT NULL, ordinal INTEGER NOT NULL,
    actor TEXT NOT NULL, policy TEXT NOT NULL, schema INTEGER NOT NULL, body TEXT NOT NULL,
    salt TEXT NOT NULL, redacted TEXT NOT NULL, digest TEXT NOT NULL, log_digest TEXT NOT NULL,
    UNIQUE (stream, version), UNIQUE (command_id, ordinal)
)""",
    "ALTER TABLE streams ADD COLUMN kind TEXT NOT NULL DEFAULT 'subscription'",
    "DROP INDEX streams_by_customer",
    "CREATE INDEX streams_by_customer ON streams (kind, customer_id, stream)",
    "CREATE INDEX streams_by_kind ON streams (kind, stream)",
    """CREATE TABLE snapshots (
    stream TEXT PRIMARY KEY, version INTEGER NOT NULL, schema INTEGER NOT NULL, digest TEXT NOT NULL, body TEXT NOT NULL
) WITHOUT ROWID""",
)
_OLD = """SELECT e.position, e.stream, e.version, e.event_id, e.recorded_at, e.command_id, coalesce(c.digest, ''),
    e.actor, e.policy, e.schema, e.body, '', '', '', NULL
    FROM events_1 AS e LEFT JOIN commands AS c USING (command_id) ORDER BY e.position"""


def _first(connection: sqlite3.Connection) -> None:
    for statement in _FIRST:
        connection.execute(statement)


def _second(connection: sqlite3.Connection) -> None:
    """The events of a command are its outcome, digests are chained, and streams have a kind."""
    for statement in _SECOND:
        connection.execute(statement)
    end = End()
    for envelope, ordinal in backfilled(connection.execute(_OLD)):
        one = followed(envelope, end)
        insert(connection, [(one, ordinal)])
        end = End(one.position, one.log_digest or "")
    connection.execute("DROP TABLE events_1")
    connection.execute("DROP TABLE commands")


MIGRATIONS = (_first, _second)
