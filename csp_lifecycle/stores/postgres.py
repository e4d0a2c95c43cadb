"""The store that servers share: one PostgreSQL database, mostly one trip an append.

The decisions are made in `append` of `postgres_schema.py`, inside the database: the rows that head the streams are
locked in order, compared, and changed together with the log, the indexes and the outcome of the command. The usual
append goes a shorter way, `append_one`, and asks `append` only if that does not succeed.
"""

import random
import time
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from contextlib import suppress

from csp_lifecycle.errors import DuplicateCommandError, StaleVersionError, StoreError
from csp_lifecycle.stores.chain import body_text
from csp_lifecycle.stores.linking import linked, redaction
from csp_lifecycle.stores.postgres_moving import restore
from csp_lifecycle.stores.postgres_pool import ConnectionLostError, LostRaceError, PostgresPool, storable
from csp_lifecycle.stores.postgres_reading import SEAL, PostgresReading
from csp_lifecycle.stores.postgres_rows import (
    APPEND,
    APPEND_ONE,
    EVENTS,
    Linked,
    arguments,
    changes,
    usual_arguments,
)
from csp_lifecycle.stores.postgres_schema import migrate
from csp_lifecycle.stores.rows import Row, envelope_of
from csp_lifecycle.stores.store import Commit, Envelope, Index, Snapshot, changed
from csp_lifecycle.wire.text import write

_AT = f"{EVENTS} WHERE e.position = ANY (%s)"
_HEADS = "SELECT stream, digest FROM csp_lifecycle.streams WHERE stream = ANY (%s)"
_KEEP = "SELECT csp_lifecycle.keep_snapshot(%s, %s, %s, %s, %s)"
_REWRITE = "SELECT csp_lifecycle.rewrite(%s::json, %s::json)"

_TRIES = 5
_PAUSE = 0.002
"""How many seconds at most pass before an append that lost a race is tried again; the next time up to twice as many."""

Parts = tuple[tuple[Envelope, ...], ...]


class PostgresStore(PostgresReading):
    """Keeps history in a PostgreSQL database. Safe to share between threads; processes open one each.

    It is as durable as the server: with `synchronous_commit` turned off there, the newest commits may be lost in a
    crash. What a role may do to the history is written down in `postgres_schema.py`. Servers from 15 on are tested; a
    standby is refused.

    Args:
        url: which database, as `postgresql://user@host:port/database`; it must exist, the tables are made in it.
        max_connections: how many threads may use it at once; more of them wait.
        timeout: how many seconds are waited for a connection, and for an append that others have under way.
    """

    def __init__(self, url: str, *, max_connections: int = 10, timeout: float = 30.0) -> None:
        super().__init__(PostgresPool(url, max_connections=max_connections, timeout=timeout, of_store=True), timeout)
        self._appended = False
        try:
            with self._pool.connected() as connection:
                migrate(connection)
        except BaseException:
            self._pool.close()
            raise

    def append(self, commit: Commit) -> tuple[Envelope, ...]:
        """See `EventStore.append`. It is tried again after a lost race, and where the connection broke on the way.

        Raises:
            StoreError: as there; if it says so, *commit* may have been stored nevertheless.
        """
        return self.append_all((commit,))[0]

    def append_all(self, commits: Sequence[Commit]) -> Parts:
        """See `EventStore.append_all`, and `append`."""
        if not commits:
            return ()
        _require_different(commits)
        heads: dict[str, str] = {}
        for _ in range(_TRIES):
            several = self._linked(commits, heads)
            (problem, name, wanted, actual, positions), once = self._answer_to(commits, several)
            if problem == "duplicate":
                return self._stored_before(commits, name, once=once)
            if problem == "stale":
                raise StaleVersionError(name, wanted, actual)
            if problem is None:
                self._appended = True
                return _placed(several, positions)
            # Another event heads the stream than the one whose digest came along.
            heads |= self._heads([name])
        raise self._overtaken(commits)

    def _linked(self, commits: Iterable[Commit], looked_up: Mapping[str, str]) -> tuple[Linked, ...]:
        """The commits, chained to what is stored and each to those before it."""
        heads, several = dict(looked_up), list[Linked]()
        heads |= self._heads(_unknown(commits, heads))
        for commit in commits:
            before = {state.stream: _head_in(commit, state.stream, heads) for state in commit.states}
            several.append(Linked(commit, before, linked(commit, before.__getitem__)))
            heads |= {one.stream: one.digest for one in several[-1].envelopes}
        return tuple(several)

    def _heads(self, streams: Collection[str]) -> dict[str, str]:
        """The digest of the last event of each stream that has one."""
        names = storable(streams)
        return dict(self._pool.ask(_HEADS, names)) if names else {}

    def _answer_to(self, commits: Sequence[Commit], several: Sequence[Linked]) -> tuple[Row, bool]:
        """What the database says to an append, and whether that was the only time it ran."""
        once = True
        for attempt in range(_TRIES):
            try:
                row = self._asked(several)
            except LostRaceError:
                # Whoever was faster, and others who lost, are still about: not all come back at the same time.
                time.sleep(random.uniform(0, _PAUSE * 2**attempt))  # noqa: S311 - no secret
            except ConnectionLostError:
                once = False
                self._pool.mend()
            except StoreError as error:
                if once:
                    raise
                raise _in_doubt(commits, error) from None
            else:
                return row, once
        if not once:
            raise _in_doubt(commits)
        raise self._overtaken(commits)

    def _asked(self, several: Sequence[Linked]) -> Row:
        """What the database says to an append: in short if it is the usual one, and all goes well."""
        usual = usual_arguments(several)
        if usual is not None:
            ((position,),) = self._pool.run(APPEND_ONE, *usual)
            if position is not None:
                return None, "", 0, 0, [position]
        (row,) = self._pool.run(APPEND, *arguments(several))
        return row

    def _overtaken(self, commits: Sequence[Commit]) -> StaleVersionError:
        """Others were faster every time: whoever reads and decides again will see what they did."""
        stream, expected = next(iter(commits[0].expected.items()), (commits[0].command_id, 0))
        return StaleVersionError(stream, expected, len(self.read(stream)))

    def _stored_before(self, commits: Sequence[Commit], command_id: str, *, once: bool) -> Parts:
        """What an append stored whose answer was lost with its connection; a duplicate if that was not this one."""
        outcomes = [None if once else self.outcome(commit.command_id) for commit in commits]
        stored = tuple(outcome.envelopes for outcome in outcomes if outcome is not None)
        if [(outcome and outcome.digest, outcome and _ids(outcome.envelopes)) for outcome in outcomes] != [
            (commit.digest, _ids(commit.envelopes)) for commit in commits
        ]:
            raise DuplicateCommandError(command_id)
        return stored

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        """See `EventStore.keep_snapshot`."""
        values = (snapshot.stream, snapshot.version, snapshot.schema, snapshot.digest, snapshot.body)
        self._pool.again(self._pool.run, _KEEP, *values)

    def restore(self, envelopes: Iterable[Envelope], index: Index) -> int:
        """See `EventStore.restore`. It takes the owner of the tables; meanwhile others read, and wait with appends."""
        with self._pool.connected() as connection, connection.transaction():
            return restore(connection, envelopes, index)

    def rewrite(self, envelopes: Sequence[Envelope], customers: Mapping[str, str]) -> None:
        """See `EventStore.rewrite`. It takes the owner of the tables, or whom it grants the function of that name."""
        rows = map(envelope_of, self._pool.ask(_AT, [one.position for one in envelopes]))
        stored = {one.position: one for one in rows}
        # Nothing else of a stored event changes, so it need not be locked until it is replaced.
        made = [redaction(stored.get(one.position), one) for one in envelopes]
        self._pool.run(_REWRITE, changes(made), write(dict(customers)))

    def close(self) -> None:
        """Close the connections. What was appended here is sealed before, if nobody is in the way."""
        if self._appended:
            with suppress(StoreError):
                self._pool.run(SEAL, 0)
        self._pool.close()


def _in_doubt(commits: Sequence[Commit], error: StoreError | None = None) -> StoreError:
    names = ", ".join(repr(commit.command_id) for commit in commits)
    message = (
        f"{error or 'the connection broke again and again'}; whether {names} was stored is not known: "
        "send the same command with the same id again"
    )
    return StoreError(message)


def _require_different(commits: Sequence[Commit]) -> None:
    seen = set[str]()
    for commit in commits:
        if commit.command_id in seen:
            raise DuplicateCommandError(commit.command_id)
        seen.add(commit.command_id)


def _unknown(commits: Iterable[Commit], known: Container[str]) -> set[str]:
    """The streams whose heads did not come along; those that are made here have none."""
    made, unknown = set[str](), set[str]()
    for commit in commits:
        for stream in (state.stream for state in commit.states):
            new = commit.expected.get(stream) == 0
            if not (new or stream in made or stream in known or commit.heads.get(stream)):
                unknown.add(stream)
            made.add(stream)
    return unknown


def _head_in(commit: Commit, stream: str, known: Mapping[str, str]) -> str:
    """The digest that a commit goes on from: none where it begins, else the one that is known or came along."""
    return "" if commit.expected.get(stream) == 0 else known.get(stream) or commit.heads.get(stream, "")


def _placed(several: Iterable[Linked], positions: Iterable[int]) -> Parts:
    places = iter(positions)
    return tuple(tuple(changed(one, position=next(places)) for one in linked.envelopes) for linked in several)


def _ids(envelopes: Iterable[Envelope]) -> list[tuple[str, str]]:
    return [(one.event_id, body_text(one)) for one in envelopes]
