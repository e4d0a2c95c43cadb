"""Snapshots: taken now and then behind what was just stored, so that a long stream is not folded from its start."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from csp_lifecycle.errors import StoreError
from csp_lifecycle.stores.store import Envelope, EventStore, Snapshot
from csp_lifecycle.vocabulary.subscription import Subscription
from csp_lifecycle.wire.snapshots import SNAPSHOT_SCHEMA, snapshot_text


def keep_snapshots(
    store: EventStore, stored: Iterable[Envelope], states: Mapping[str, Subscription], every: int
) -> None:
    """Keep the state of each stream to which *stored* added its next *every* events.

    What was stored stays stored when a snapshot cannot be: it is a cache, and the next one will do.
    """
    ends: dict[str, tuple[Envelope, Envelope]] = {}
    for envelope in stored:
        first, _ = ends.get(envelope.stream, (envelope, envelope))
        ends[envelope.stream] = first, envelope
    for stream, (first, last) in ends.items():
        if (first.version - 1) // every < last.version // every:
            text = snapshot_text(states[stream], last.digest)
            snapshot = Snapshot(
                stream=stream, version=last.version, schema=SNAPSHOT_SCHEMA, digest=last.digest, body=text
            )
            with suppress(StoreError):
                store.keep_snapshot(snapshot)
