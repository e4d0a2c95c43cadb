"""What the PostgreSQL store reads and hands over, in the words of its schema."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import define, field, frozen

from csp_lifecycle.errors import StaleVersionError
from csp_lifecycle.stores.chain import body_text
from csp_lifecycle.stores.rows import COLUMNS, DECIDED_ON, redacted_text
from csp_lifecycle.stores.store import Commit, Envelope, StreamState
from csp_lifecycle.wire.text import write

_OWN = {"body": "e.body::text"}
_EVENTS = ", ".join(_OWN.get(name, f"e.{name}") for name in COLUMNS[:-1])
# Looking up the digest of the log at every event costs; a decision has no use for it.
EVENTS = f"SELECT {_EVENTS}, NULL FROM csp_lifecycle.events AS e"  # noqa: S608 - only our own words are put together
RECORDED = f"SELECT {_EVENTS}, NULL, e.ordinal FROM csp_lifecycle.events AS e"  # noqa: S608 - the same
# Instants take long to be read, so only the one that counts is sent along.
_OF_LAST = {name: f"CASE WHEN e.version = s.version THEN e.{name} END" for name in ("recorded_at", "digest")}
_DECIDED_ON = ", ".join((_OWN | _OF_LAST).get(name, f"e.{name}") for name in DECIDED_ON)
HISTORIES = (
    f"SELECT {_DECIDED_ON} FROM csp_lifecycle.events AS e "  # noqa: S608 - the same
    "JOIN csp_lifecycle.streams AS s USING (stream)"
)
SEALED = (
    f"SELECT {_EVENTS}, s.log_digest FROM csp_lifecycle.events AS e "  # noqa: S608 - the same
    "LEFT JOIN csp_lifecycle.seals AS s USING (position)"
)
APPEND = """SELECT problem, name, wanted, actual, positions
    FROM csp_lifecycle.append(%s, %s::json, %s::json, %s::json, %s::json)"""


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
