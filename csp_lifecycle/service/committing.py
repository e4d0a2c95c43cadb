"""From a decision to the commit that stores it."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

from csp_lifecycle.lifecycle.due import next_due
from csp_lifecycle.lifecycle.step import Recorded
from csp_lifecycle.service.loading import NEW
from csp_lifecycle.service.reading import Reading
from csp_lifecycle.stores.store import Commit, Envelope, StreamState
from csp_lifecycle.vocabulary.subscription import Subscription

_EVENT_IDS = uuid.UUID("6f1f3f0e-9d1c-5c7e-8a39-2f5d0c1b7a44").bytes
"""Event ids are worked out from stream and version, so that the same log always has the same ids."""
_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


def commit_of(
    command_id: str,
    digest: str,
    recorded: tuple[Recorded, ...],
    holdings: Mapping[str, Subscription],
    reading: Reading,
    now: datetime,
) -> Commit:
    """What stores *recorded*, if everything that was read still is as it was."""
    envelopes: list[Envelope] = []
    versions: dict[str, int] = {}
    for fact in recorded:
        stream = fact.event.subscription_id
        head = reading.read.get(stream, NEW)
        versions[stream] = versions.get(stream, head.version) + 1
        # A clock that was set back must not make a stream learn things out of order.
        recorded_at = now if head.recorded_at is None else max(now, head.recorded_at)
        envelopes.append(_envelope(fact, versions[stream], command_id, recorded_at.astimezone(UTC)))
    return Commit(
        command_id=command_id,
        digest=digest,
        envelopes=tuple(envelopes),
        expected=reading.expected,
        customers=reading.customers,
        states=tuple(_state_of(holdings[name]) for name in versions),
        heads={stream: head.digest for stream, head in reading.read.items() if head.digest},
    )


def event_id_of(stream: str, version: int) -> str:
    """The id of the event at a version of a stream: what `uuid.uuid5` answers, in a quarter of the time."""
    name = _EVENT_IDS + f"{stream}\n{version}".encode()
    sign = hashlib.sha1(name, usedforsecurity=False).hexdigest()
    return f"{sign[:8]}-{sign[8:12]}-5{sign[13:16]}-{_VARIANT[sign[16]]}{sign[17:20]}-{sign[20:32]}"


def _envelope(fact: Recorded, version: int, command_id: str, recorded_at: datetime) -> Envelope:
    return Envelope(
        version=version,
        event_id=event_id_of(fact.event.subscription_id, version),
        recorded_at=recorded_at,
        command_id=command_id,
        actor=fact.actor,
        policy=fact.policy,
        event=fact.event,
    )


def _state_of(subscription: Subscription) -> StreamState:
    return StreamState(
        stream=subscription.subscription_id,
        version=subscription.version,
        customer_id=subscription.customer_id,
        next_due_at=next_due(subscription),
    )
