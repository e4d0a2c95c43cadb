"""Projections: tables worked out from the log, each event counted exactly once.

How far a projection has come stands in the database it writes to, and is moved in the transaction that writes. So
what a crash undoes is done again, what it does not undo is not, and two workers never write the same batch:

    with closing(SqliteTarget("reports.db")) as target:
        projector = Projector(store, CurrentSubscriptions(store), target)
        projector.catch_up()
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from csp_lifecycle.errors import StoreError
from csp_lifecycle.stores.following import Pace
from csp_lifecycle.stores.store import Envelope, EventStore

Write = tuple[str, Sequence[Any]]
"""A statement with a question mark for each of its values, and the values. A question mark is nothing else."""

_CHECKPOINTS = (
    "CREATE TABLE IF NOT EXISTS projection_checkpoints ("
    "name text PRIMARY KEY, position bigint NOT NULL, event_id text NOT NULL)"
)
_BEGIN = "INSERT INTO projection_checkpoints VALUES (?, 0, '') ON CONFLICT DO NOTHING"
_FIND = "SELECT position, event_id FROM projection_checkpoints WHERE name = ?"
_MOVE = "UPDATE projection_checkpoints SET position = ?, event_id = ? WHERE name = ? AND position = ?"
_RESTART = "UPDATE projection_checkpoints SET position = 0, event_id = '' WHERE name = ?"


class Projection(Protocol):
    """What a batch of events means for some tables."""

    @property
    def name(self) -> str:
        """What it is known by, for ever."""

    @property
    def tables(self) -> Sequence[str]:
        """Statements that make its tables where they are missing."""

    @property
    def clear(self) -> Sequence[str]:
        """Statements that empty them."""

    def writes(self, batch: Sequence[Envelope]) -> Iterable[Write]:
        """What *batch* changes. It is decided before the transaction begins, which then is short."""


class Target(Protocol):
    """A database that tables are kept in."""

    def prepare(self, statements: Iterable[Write]) -> None:
        """Run what makes the tables, in one transaction; of many that do it at once, one after the other."""

    def read(self, query: str, values: Sequence[Any]) -> list[Any]:
        """The rows that *query* finds."""

    def transaction(self) -> AbstractContextManager[Callable[[str, Sequence[Any]], int]]:
        """All that is written inside, or nothing. It gives what runs a statement and says how many rows it changed."""

    def close(self) -> None:
        """Give back what it holds open."""


class Projector:
    """Keeps one projection in step with the log.

    Any number of them may work on the same projection, in threads and processes: each batch is taken by one.

    Args:
        store: the log.
        projection: what to make of it.
        target: where the tables are, which may be another database than the log's.
        batch_size: how many events go into one transaction.
    """

    def __init__(self, store: EventStore, projection: Projection, target: Target, *, batch_size: int = 500) -> None:
        self._store = store
        self._projection = projection
        self._target = target
        self._batch_size = batch_size
        tables = ((statement, ()) for statement in (_CHECKPOINTS, *projection.tables))
        target.prepare((*tables, (_BEGIN, (projection.name,))))

    @property
    def position(self) -> int:
        """How far the projection has come."""
        return self._checkpoint()[0]

    def catch_up(self) -> int:
        """Take what is there until there is no more; how many events that were, without those that others took.

        Raises:
            StoreError: the log or the target failed, or this is not the log of before. What was taken is kept.
        """
        taken = 0
        while True:
            after, event_id = self._checkpoint()
            batch = self._next_batch(after, event_id)
            if not batch:
                return taken
            taken += len(batch) if self._take(batch, after) else 0

    def follow(self, pace: Pace) -> None:
        """Catch up again and again, until `Pace.stop`."""
        busy = True
        while pace.goes_on(busy=busy):
            busy = self.catch_up() > 0

    def rebuild(self) -> int:
        """Empty the tables and begin again with the first event; how many events were taken."""
        with self._target.transaction() as run:
            run(_RESTART, (self._projection.name,))
            for statement in self._projection.clear:
                run(statement, ())
        return self.catch_up()

    def _take(self, batch: Sequence[Envelope], after: int) -> bool:
        writes = tuple(self._projection.writes(batch))
        last = batch[-1]
        with self._target.transaction() as run:
            # First of all: whoever comes second waits here, and finds that the batch is taken.
            if not run(_MOVE, (last.position, last.event_id, self._projection.name, after)):
                return False
            for statement, values in writes:
                run(statement, values)
        return True

    def _checkpoint(self) -> tuple[int, str]:
        ((position, event_id),) = self._target.read(_FIND, (self._projection.name,))
        return position, event_id

    def _next_batch(self, after: int, event_id: str) -> tuple[Envelope, ...]:
        """What stands behind the last event that was taken, if that still stands where it was."""
        if not after:
            return tuple(self._store.read_all(0, self._batch_size))
        found = tuple(self._store.read_all(after - 1, self._batch_size + 1))
        if [(one.position, one.event_id) for one in found[:1]] != [(after, event_id)]:
            message = (
                f"the projection {self._projection.name!r} has seen position {after}, and the log has something else "
                "there: it is another log, or was restored from a backup; rebuild the projection"
            )
            raise StoreError(message)
        return found[1:]
