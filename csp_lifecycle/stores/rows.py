"""Events as rows of a table, alike in every SQL store."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from attrs import evolve

from csp_lifecycle.errors import BrokenHistoryError
from csp_lifecycle.stores.chain import body_text, chained
from csp_lifecycle.stores.store import Envelope, History, Outcome, StreamKind
from csp_lifecycle.vocabulary.commands import Actor
from csp_lifecycle.wire.events import UnknownEvent, kind_in, stored_event, stored_events
from csp_lifecycle.wire.text import parse_object, write

Row = tuple[Any, ...]

COLUMNS = (
    *("position", "stream", "version", "event_id", "recorded_at", "command_id", "command_digest", "actor", "policy"),
    *("schema", "body", "salt", "redacted", "digest", "log_digest"),
)
"""The order in which a row is read and written here."""

_ACTORS = {actor.value: actor for actor in Actor}


def envelope_of(row: Row) -> Envelope:
    """The envelope that a row holds.

    Raises:
        BrokenHistoryError: it cannot be read; the message names the position.
    """
    position, stream, version, _, _, _, _, _, _, schema, body, *_ = row
    try:
        envelope = _envelope(row, stored_event(kind_in(body), body, schema))
    except (BrokenHistoryError, ValueError, TypeError) as error:
        message = f"position {position} cannot be read: {error}"
        raise BrokenHistoryError(message, version, position) from None
    if isinstance(envelope.event, UnknownEvent) and not envelope.stream:
        # What a newer version of the library wrote may not say in our words which stream it is of.
        return evolve(envelope, event=evolve(envelope.event, subscription_id=stream))
    if envelope.stream != stream:
        message = f"position {position} stands in the stream {stream!r}, but belongs to {envelope.stream!r}"
        raise BrokenHistoryError(message, version, position)
    return envelope


def history_of(row: Row) -> History | None:
    """The history of a stream, from a row that has the bodies of all its events as one list.

    Before them stand the stream, its version, and `recorded_at` and `digest` of the last event. Bodies that are not of
    the present schema are left out. None if something is wrong: read event by event, they tell what it is.
    """
    stream, version, recorded_at, digest, bodies = row
    if not bodies or version != len(bodies) or recorded_at is None:
        return None
    events = stored_events(bodies)
    if events is None or events[0].stream != stream:
        return None
    return History(stream, events, _instant(recorded_at), digest)


def history_from(envelopes: Sequence[Envelope]) -> History:
    """The history that all envelopes of a stream add up to.

    Raises:
        BrokenHistoryError: versions have a hole, and it knows the position; or there are none.
    """
    if not envelopes:
        message = "a stream has no event of version 1 or above: its versions were changed"
        raise BrokenHistoryError(message)
    for number, envelope in enumerate(envelopes, 1):
        if envelope.version != number:
            place = f"{envelope.stream!r}, position {envelope.position}"
            message = f"{place}: version {envelope.version}, {number} expected"
            raise BrokenHistoryError(message, envelope.version, envelope.position)
    last = envelopes[-1]
    return History(last.stream, tuple(one.event for one in envelopes), last.recorded_at, last.digest)


def outcome_of(rows: Iterable[Row]) -> Outcome | None:
    """What the rows of one command record, each with its number among them behind it.

    Raises:
        BrokenHistoryError: one cannot be read, or one is missing; it knows the position.
    """
    recorded: list[Envelope] = []
    for number, (*row, ordinal) in enumerate(rows, 1):
        recorded.append(envelope_of(tuple(row)))
        if ordinal != number:
            raise _missing(number, recorded[-1].position, ordinal, recorded[-1].version)
    return Outcome(recorded[0].command_digest, tuple(recorded)) if recorded else None


def positions_from(rows: Iterable[tuple[str, int, int]]) -> dict[str, tuple[int, ...]]:
    """The positions of what commands recorded, from command id, ordinal and position of each event, in this order.

    Raises:
        BrokenHistoryError: an event is missing; it knows the position.
    """
    found: dict[str, list[int]] = {}
    for command_id, ordinal, position in rows:
        positions = found.setdefault(command_id, [])
        positions.append(position)
        if ordinal != len(positions):
            raise _missing(len(positions), position, ordinal)
    return {command_id: tuple(positions) for command_id, positions in found.items()}


def _missing(number: int, position: int, ordinal: int, version: int | None = None) -> BrokenHistoryError:
    message = f"position {position} is number {ordinal} of its command, {number} is missing"
    return BrokenHistoryError(message, version, position)


def _envelope(row: Row, event: Any) -> Envelope:
    position, _, version, event_id, recorded_at, command_id, command_digest, actor, policy, schema, body, *rest = row
    salt, redacted, digest, log_digest = rest
    return Envelope(
        position=position,
        version=version,
        event_id=event_id,
        recorded_at=_instant(recorded_at),
        command_id=command_id,
        command_digest=command_digest,
        actor=_ACTORS.get(actor) or Actor(actor),
        policy=policy,
        schema=schema,
        event=event,
        body=body,
        salt=salt,
        redacted=parse_object(redacted) if redacted else {},
        digest=digest,
        log_digest=log_digest,
    )


def kind_of(text: str) -> StreamKind:
    """The kind of stream that the index names.

    Raises:
        BrokenHistoryError: it names none.
    """
    try:
        return StreamKind(text)
    except ValueError:
        message = f"the index says that a stream is of the kind {text!r}, which is none"
        raise BrokenHistoryError(message) from None


def redacted_text(envelope: Envelope) -> str:
    """The commitments that stand for what was redacted, as text."""
    return write(dict(envelope.redacted)) if envelope.redacted else ""


def _instant(at: datetime | str) -> datetime:
    return at if isinstance(at, datetime) else datetime.fromisoformat(at).astimezone(UTC)


def row_of(envelope: Envelope) -> Row:
    """The row that holds an envelope that has its digest; instants are left to the database."""
    return (
        envelope.position,
        envelope.stream,
        envelope.version,
        envelope.event_id,
        envelope.recorded_at,
        envelope.command_id,
        envelope.command_digest,
        envelope.actor.value,
        envelope.policy,
        envelope.schema,
        body_text(envelope),
        envelope.salt,
        redacted_text(envelope),
        envelope.digest,
        envelope.log_digest,
    )


def backfilled(rows: Iterable[Row]) -> Iterator[tuple[Envelope, int]]:
    """What was stored without digests, command by command, with them; each with its number in its command.

    Events are not read: what stands in the log keeps its place there, even where it makes no sense.

    Raises:
        BrokenHistoryError: a row cannot be read; the message names the position.
    """
    heads: dict[str, str] = {}
    for _, group in groupby(rows, key=_command):
        for ordinal, envelope in enumerate(chained([_unread(row) for row in group], heads), 1):
            heads[envelope.stream] = envelope.digest
            yield envelope, ordinal


def _command(row: Row) -> str:
    return str(row[COLUMNS.index("command_id")])


def _unread(row: Row) -> Envelope:
    position, stream, version, *_ = row
    schema = row[COLUMNS.index("schema")]
    try:
        return _envelope(row, UnknownEvent(subscription_id=stream, type="", schema=schema, body={}))
    except (ValueError, TypeError) as error:
        message = f"position {position} cannot be read: {error}"
        raise BrokenHistoryError(message, version, position) from None
