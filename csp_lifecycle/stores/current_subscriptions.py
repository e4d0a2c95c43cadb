"""The projection that most reports begin with: one row for each subscription, as it is now.

It is an ordinary table, `current_subscriptions`; join it, filter it, chart it. A row shows what the events up to the
projection's checkpoint add up to, never more and never half of one.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import cast

from csp_lifecycle.errors import UnknownEventError
from csp_lifecycle.lifecycle.due import next_due
from csp_lifecycle.lifecycle.evolve import replay
from csp_lifecycle.stores.projection import Write
from csp_lifecycle.stores.store import Envelope, EventStore, StreamKind
from csp_lifecycle.vocabulary.events import Event
from csp_lifecycle.vocabulary.subscription import NOTHING, Subscription
from csp_lifecycle.wire.events import UnknownEvent

_TABLE = """CREATE TABLE IF NOT EXISTS current_subscriptions (
    subscription_id text PRIMARY KEY, customer_id text NOT NULL, offer_id text NOT NULL, status text NOT NULL,
    seats bigint NOT NULL, term_ends_on date, next_due_at timestamptz, version integer NOT NULL
)"""
_ROW = """INSERT INTO current_subscriptions VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (subscription_id) DO UPDATE SET
    customer_id = excluded.customer_id, offer_id = excluded.offer_id, status = excluded.status,
    seats = excluded.seats, term_ends_on = excluded.term_ends_on, next_due_at = excluded.next_due_at,
    version = excluded.version"""
_REMEMBERED = 10_000
"""How many subscriptions are kept in memory, so that their next event can be added without reading the others."""


class CurrentSubscriptions:
    """Status, seats, the inclusive last day of the term, and when time will next change something.

    Args:
        store: the log that the batches come from.
    """

    name = "current-subscriptions"
    tables = (
        _TABLE,
        "CREATE INDEX IF NOT EXISTS current_subscriptions_by_customer ON current_subscriptions (customer_id)",
    )
    clear = ("DELETE FROM current_subscriptions",)

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._states: dict[str, Subscription] = {}

    def writes(self, batch: Sequence[Envelope]) -> Iterable[Write]:
        """One row for each subscription that the batch speaks of; accounts have none.

        Raises:
            UnknownEventError: a newer version of the library wrote an event; nothing can be said about that row.
        """
        about = (one for one in batch if one.kind is StreamKind.SUBSCRIPTION)
        by_stream = sorted(about, key=attrgetter("stream", "version"))
        for stream, envelopes in groupby(by_stream, key=attrgetter("stream")):
            yield _ROW, _row(self._state(stream, tuple(envelopes)))

    def _state(self, stream: str, news: tuple[Envelope, ...]) -> Subscription:
        if len(self._states) >= _REMEMBERED:
            self._states.clear()
        before = self._states.get(stream, NOTHING)
        if before.version != news[0].version - 1:
            # It is not remembered, or somebody else took a batch in between.
            before = NOTHING
            news = tuple(one for one in self._store.read(stream) if one.version <= news[-1].version)
        self._states[stream] = replay(map(_known, news), since=before)
        return self._states[stream]


def _known(envelope: Envelope) -> Event:
    if isinstance(envelope.event, UnknownEvent):
        message = (
            f"{envelope.stream!r}, position {envelope.position}: {envelope.event.type!r} in schema {envelope.schema} "
            "was written by a newer version of this library; upgrade it, then the projection goes on"
        )
        raise UnknownEventError(message)
    # Only envelopes of subscriptions come here.
    return cast("Event", envelope.event)


def _row(subscription: Subscription) -> tuple[object, ...]:
    return (
        subscription.subscription_id,
        subscription.customer_id,
        subscription.offer_id,
        subscription.status.value,
        subscription.seats,
        subscription.term and subscription.term.ends_on,
        next_due(subscription),
        subscription.version,
    )
