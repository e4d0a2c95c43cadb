"""The tables and functions of the PostgreSQL store, as numbered migrations.

Everything lies in a schema of its own, so a database may be shared with other tables. Opening a store applies
what is missing, in one transaction. Nobody changes or deletes an event, not even the owner of the tables:

- The events, and the numbers they get, are written by `append` and `append_one` only. They run with the rights of
  their owner, and so does `seal`, which tells how far the log may be read (see `PostgresStore.read_all`) and works
  out its digest up to there.
- A trigger refuses to update, delete or truncate events and the digests of the log. One function switches it off for
  as long as it runs: `rewrite`, which redacts. Nobody is granted that one.

A role that appends and reads needs no more than the following; open the store once as a role that may create a
schema, then grant (again after every upgrade of the library):

    GRANT USAGE ON SCHEMA csp_lifecycle TO app;
    GRANT SELECT ON ALL TABLES IN SCHEMA csp_lifecycle TO app;
    GRANT EXECUTE ON FUNCTION csp_lifecycle.seal, csp_lifecycle.watermark TO app;
    GRANT EXECUTE ON FUNCTION csp_lifecycle.append, csp_lifecycle.append_one, csp_lifecycle.keep_snapshot TO app;

A role that only reads needs the same without the last line. To take over a history (`restore`) and to redact, open
the store as the owner of the tables.
"""

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

from csp_lifecycle.errors import StoreError
from csp_lifecycle.stores import postgres_layout_1 as layout_1
from csp_lifecycle.stores import postgres_layout_2 as layout_2
from csp_lifecycle.stores import postgres_layout_3 as layout_3
from csp_lifecycle.stores.rows import backfilled

if TYPE_CHECKING:
    from csp_lifecycle.stores.postgres_pool import Connection

Step = str | Callable[["Connection"], None]


def _fill(connection: "Connection") -> None:
    """Work out the digests of what was stored without."""
    with connection.cursor("old") as rows, connection.cursor() as filled:
        rows.itersize = _BATCH
        done = backfilled(rows.execute(layout_2.OLD))
        while batch := tuple(islice(done, _BATCH)):
            with filled.copy("COPY filled FROM STDIN") as copy:
                for one, ordinal in batch:
                    copy.write_row((one.position, one.command_digest, ordinal, one.salt, one.digest))


MIGRATIONS: tuple[tuple[Step, ...], ...] = (
    (layout_1.SCRIPT,),
    (layout_2.TABLES, _fill, layout_2.FUNCTIONS),
    (layout_3.SCRIPT,),
)
"""What was shipped is never edited: a change is one more entry."""

_BATCH = 1000
_LOCK = 0x6373705F6C696665
"""An advisory lock of our own: of many that open an empty database at once, one makes the tables."""

_TABLE_EXISTS = "SELECT 1 FROM pg_tables WHERE schemaname = 'csp_lifecycle' AND tablename = 'migrations'"


def migrate(connection: "Connection") -> None:
    """Bring the tables up to date, all of it or nothing.

    Raises:
        StoreError: a newer version of the library made them.
    """
    if _layout(connection) == len(MIGRATIONS):
        # A role that may not make tables has nothing to make.
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        layout = _layout(connection)
        if layout > len(MIGRATIONS):
            message = (
                f"the PostgreSQL database {connection.info.dbname!r} has layout {layout}, this version of the library "
                f"reads {len(MIGRATIONS)}: upgrade the library"
            )
            raise StoreError(message)
        for number, steps in enumerate(MIGRATIONS[layout:], layout + 1):
            for step in steps:
                if callable(step):
                    step(connection)
                else:
                    connection.execute(step)
            connection.execute("INSERT INTO csp_lifecycle.migrations (number) VALUES (%s)", (number,))


def _layout(connection: "Connection") -> int:
    """How many migrations the database has had."""
    # Looked up as a row: by name, PostgreSQL would remember for a while that there was none.
    if not connection.execute(_TABLE_EXISTS).fetchall():
        return 0
    (number,) = connection.execute("SELECT max(number) FROM csp_lifecycle.migrations").fetchone() or (0,)
    return int(number or 0)
