"""Taking a customer's personal data out of the log, while every digest and every history still holds.

What goes: the customer's id in every event and in the index, which becomes a pseudonym that is the same everywhere;
the friendly names of their subscriptions; the digests of the commands that carried either; and the salts without which
nobody can tell whether a guess at any of these is right. What stays: what happened, when, and what it cost.
"""

from collections.abc import Iterator

from attrs import evolve, field, frozen

from csp_lifecycle.service.checking import NAME, pseudonym
from csp_lifecycle.stores.chain import COMMAND, body_text, commitments_of, personal_fields, salts_left, with_values
from csp_lifecycle.stores.store import Envelope, EventStore
from csp_lifecycle.wire.events import event_of
from csp_lifecycle.wire.text import parse_object, write


@frozen
class Redaction:
    """What was redacted: how many events, and what stands in place of the customer's id from now on."""

    customer_id: str = field(repr=False)
    pseudonym: str | None
    events: int


def redact(store: EventStore, customer_id: str) -> Redaction:
    """Take the personal data of one customer out of the log, all of it or nothing. It cannot be undone.

    The whole log is read for it, once. A customer of whom nothing is stored, or not any more, is no error. Commands for
    the customer that others handle meanwhile may bring the id back: then redact once more.

    Raises:
        HistoryError: an event cannot be read; `verify` tells more.
        StoreError: the store failed, and nothing was changed.
    """
    gone = _concerned(store, customer_id)
    first = next((one for one, paths in gone if _ids(one, customer_id) & paths), None)
    instead = None if first is None else _pseudonym(first, customer_id)
    rewritten = [_redacted(one, paths, instead or "") for one, paths in gone]
    store.rewrite(rewritten, {customer_id: instead} if instead else {})
    return Redaction(customer_id, instead, len(gone))


def _concerned(store: EventStore, customer_id: str) -> list[tuple[Envelope, frozenset[str]]]:
    """What has to go from which event, in the order of the log: personal fields by path, and digests of commands."""
    streams = frozenset(store.streams_of(customer_id))
    found: dict[int, tuple[Envelope, frozenset[str]]] = {}
    for envelope in store.read_all():
        paths = _personal(envelope, customer_id, streams)
        if not paths:
            continue
        found[envelope.position] = envelope, found.get(envelope.position, (envelope, _NONE))[1] | paths
        if envelope.stream in streams:
            # Its command carried the same values. All that was recorded with it has the same digest of the command.
            for one in _recorded_with(store, envelope):
                found[one.position] = one, found.get(one.position, (one, _NONE))[1] | {COMMAND}
    return [found[position] for position in sorted(found)]


_NONE: frozenset[str] = frozenset()


def _recorded_with(store: EventStore, envelope: Envelope) -> Iterator[Envelope]:
    outcome = store.outcome(envelope.command_id)
    recorded = (envelope,) if outcome is None else outcome.envelopes
    return (one for one in recorded if one.salt and COMMAND not in one.redacted)


def _personal(envelope: Envelope, customer_id: str, streams: frozenset[str]) -> frozenset[str]:
    """The paths of what is personal in an event: the customer's id anywhere, any name on the customer's own streams."""
    if not envelope.salt:
        return _NONE
    fields = personal_fields(parse_object(body_text(envelope)))
    names = {path for path in fields if path.endswith("/friendly_name") and envelope.stream in streams}
    return frozenset(names | _ids(envelope, customer_id)) - envelope.redacted.keys()


def _ids(envelope: Envelope, customer_id: str) -> set[str]:
    fields = personal_fields(parse_object(body_text(envelope)))
    return {path for path, value in fields.items() if path.endswith("/customer_id") and value == customer_id}


def _pseudonym(first: Envelope, customer_id: str) -> str:
    path = min(_ids(first, customer_id) - first.redacted.keys())
    return pseudonym(first.position, commitments_of(first)[path])


def _redacted(envelope: Envelope, gone: frozenset[str], instead: str) -> Envelope:
    values = {path: NAME if path.endswith("/friendly_name") else instead for path in gone - {COMMAND}}
    body = with_values(parse_object(body_text(envelope)), values)
    commitments = {path: one for path, one in commitments_of(envelope).items() if path in gone}
    return evolve(
        envelope,
        event=event_of(body, envelope.schema),
        body=write(body),
        salt=salts_left(envelope, gone),
        redacted=dict(sorted({**envelope.redacted, **commitments}.items())),
        command_digest="" if COMMAND in gone else envelope.command_digest,
    )
