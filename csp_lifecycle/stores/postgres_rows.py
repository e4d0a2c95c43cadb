"""What the PostgreSQL store reads and hands over, in the words of its schema."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import define, field, frozen

from csp_lifecycle.errors import StaleVersionError
from csp_lifecycle.stores.chain import body_text
from csp_lifecycle.stores.rows import COLUMNS, redacted_text
from csp_lifecycle.stores.store import Commit, Envelope, StreamState
from csp_lifecycle.wire.text import write

_OWN = {"body": "e.body::text"}
_EVENTS = ", ".join(_OWN.get(name, f"e.{name}") for name in COLUMNS[:-1])
# Looking up the digest of the log at every event costs; a decision has no use for it.
EVENTS = f"SELECT {_EVENTS}, NULL FROM csp_lifecycle.events AS e"  # noqa: S608 - only our own words are put together
RECORDED = f"SELECT {_EVENTS}, NULL, e.ordinal FROM csp_lifecycle.events AS e"  # noqa: S608 - the same
# Not joined: for every page of the log, all seals before it would be read as well.
_LOG_DIGEST = "(SELECT s.log_digest FROM csp_lifecycle.seals AS s WHERE s.position = e.position)"
SEALED = f"SELECT {_EVENTS}, {_LOG_DIGEST} FROM csp_lifecycle.events AS e"  # noqa: S608 - the same
APPEND = """SELECT problem, name, wanted, actual, positions
    FROM csp_lifecycle.append(%s, %s::json, %s::json, %s::json, %s::json)"""
# A whole number is sent in as few bytes as it needs, and each length would be another statement.
APPEND_ONE = """SELECT csp_lifecycle.append_one(%s, %s::integer, %s, %s::integer, %s, %s::integer, %s, %s, %s, %s, %s,
    %s, %s::integer, %s, %s, %s)"""


@frozen
class Linked:
    """A commit, the digests that its streams had before, and its envelopes, chained to them."""

    commit: Commit
    heads: Mapping[str, str]
    envelopes: tuple[Envelope, ...]


def arguments(several: Sequence[Linked]) -> tuple[Any, ...]:
    """Commits as `append` of the schema takes them: as one that reads and writes what they do together.

    Raises:
        StaleVersionError: one of them expects what those before it do not leave behind.
    """
    whole = _Whole()
    for one in several:
        whole.take(one)
    ids = [one.commit.command_id for one in several]
    return ids, *map(write, (whole.expected, [*whole.held.values()], [*whole.states.values()], whole.events))


def usual_arguments(several: Sequence[Linked]) -> tuple[Any, ...] | None:
    """The usual commit as `append_one` of the schema takes it: one event, on the one stream that was read, is all."""
    commit, envelopes = several[0].commit, several[0].envelopes
    if len(several) > 1 or len(envelopes) > 1 or len(commit.expected) != 1 or commit.customers:
        return None
    (state,) = commit.states
    known = commit.expected.get(state.stream)
    # A stream that is new has no row yet.
    return _usual(known, several[0].heads[state.stream], state, envelopes[0]) if known else None


def _usual(known: int, head: str, state: StreamState, event: Envelope) -> tuple[Any, ...]:
    return (
        state.stream,
        known,
        head,
        state.version,
        state.next_due_at and state.next_due_at.isoformat(),
        event.version,
        event.event_id,
        event.recorded_at.isoformat(),
        event.command_id,
        event.command_digest,
        event.actor.value,
        event.policy,
        event.schema,
        event.body,
        event.salt,
        event.digest,
    )


@define
class _Whole:
    """What commits read and write together; of what one of them left behind, the next one's reading is not asked."""

    expected: dict[str, int] = field(factory=dict)
    held: dict[tuple[str, str], dict[str, Any]] = field(factory=dict)
    states: dict[str, dict[str, Any]] = field(factory=dict)
    events: list[dict[str, Any]] = field(factory=list)
    _made: Counter[tuple[str, str]] = field(factory=Counter)

    def take(self, one: Linked) -> None:
        for stream, version in one.commit.expected.items():
            left = self.states[stream]["version"] if stream in self.states else self.expected.get(stream, version)
            _require(stream, version, left)
            if stream not in self.states:
                self.expected[stream] = version
        for customer_id, streams in one.commit.customers.items():
            name = (one.commit.kind.value, customer_id)
            read = {"kind": name[0], "customer_id": customer_id, "streams": streams - self._made[name]}
            _require(customer_id, streams, self.held.setdefault(name, read)["streams"] + self._made[name])
        for state in one.commit.states:
            if state.stream not in self.states and not one.heads[state.stream]:
                self._made[state.kind.value, state.customer_id] += 1
            head = self.states[state.stream]["head"] if state.stream in self.states else one.heads[state.stream]
            self.states[state.stream] = _state(state, head, one.envelopes)
        self.events += (_event(envelope, ordinal) for ordinal, envelope in enumerate(one.envelopes, 1))


def _require(name: str, expected: int, actual: int) -> None:
    if expected != actual:
        raise StaleVersionError(name, expected, actual)


def changes(envelopes: Iterable[Envelope]) -> str:
    """Redacted envelopes as `rewrite` of the schema takes them."""
    made = [
        {
            "position": one.position,
            "body": body_text(one),
            "salt": one.salt,
            "redacted": redacted_text(one),
            "command_digest": one.command_digest,
        }
        for one in envelopes
    ]
    return write(made)


def _state(state: StreamState, head: str, envelopes: Sequence[Envelope]) -> dict[str, Any]:
    return {
        "stream": state.stream,
        "version": state.version,
        "customer_id": state.customer_id,
        "next_due_at": state.next_due_at and state.next_due_at.isoformat(),
        "kind": state.kind.value,
        "head": head,
        "digest": next(one.digest for one in reversed(envelopes) if one.stream == state.stream),
    }


def _event(envelope: Envelope, ordinal: int) -> dict[str, Any]:
    return {
        "stream": envelope.stream,
        "version": envelope.version,
        "event_id": envelope.event_id,
        "recorded_at": envelope.recorded_at.isoformat(),
        "command_id": envelope.command_id,
        "command_digest": envelope.command_digest,
        "ordinal": ordinal,
        "actor": envelope.actor.value,
        "policy": envelope.policy,
        "schema": envelope.schema,
        # Text in text: the database then need not understand what is in it.
        "body": envelope.body,
        "salt": envelope.salt,
        "digest": envelope.digest,
    }
