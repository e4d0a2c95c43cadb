"""What can be asked about the subscriptions in a store; nothing here writes."""

from collections.abc import Callable, Iterator
from datetime import datetime

from csp_lifecycle.errors import OfferNotFoundError, StreamNotFoundError
from csp_lifecycle.lifecycle.choices import CustomEnd, UpgradeTarget, custom_ends, upgrade_targets
from csp_lifecycle.lifecycle.legality import Option, options
from csp_lifecycle.service.answers import Due, Stuck
from csp_lifecycle.service.coming import coming
from csp_lifecycle.service.desk import Desk
from csp_lifecycle.service.loading import rebuilt_then
from csp_lifecycle.service.reading import Reading
from csp_lifecycle.service.rebuilding import rebuilt_all
from csp_lifecycle.stores.store import Envelope
from csp_lifecycle.values.calendar import TermLength
from csp_lifecycle.vocabulary.subscription import Subscription


class Questions:
    """Answers questions about the subscriptions in a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def subscription(
        self, subscription_id: str, *, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> Subscription:
        """The state that the recorded events add up to.

        Args:
            subscription_id: which one.
            as_of: what was true then (inclusive); without it, as of the last event.
            known_at: what the log had learned by then (inclusive); without it, all it knows.

        Raises:
            StreamNotFoundError: there is no such subscription, or there was none yet.
            UnknownEventError: a newer version of the library wrote one of these events; an earlier state can be told.
        """
        if as_of is None and known_at is None:
            subscription = self._desk.heads().of(subscription_id).subscription
        else:
            subscription = rebuilt_then(self._desk.store.read(subscription_id), as_of, known_at)
        if subscription is None:
            raise StreamNotFoundError(subscription_id)
        return subscription

    def subscriptions(
        self, customer_id: str | None = None, *, newer: Callable[[Stuck], None] | None = None
    ) -> Iterator[Subscription]:
        """The subscriptions of one customer, or all of them, by id, each as of its last event.

        Args:
            customer_id: whose; without it, everybody's.
            newer: is told of each subscription that a newer version of the library wrote to, which is passed over;
                without it, the first of them is an `UnknownEventError`.
        """
        streams = self._desk.store.streams() if customer_id is None else self._desk.store.streams_of(customer_id)
        return rebuilt_all(self._desk.store, streams, newer)

    def log(self, subscription_id: str | None = None) -> Iterator[Envelope]:
        """The stored events in their envelopes: of one subscription, or of all in the order of the log."""
        return self._desk.store.read_all() if subscription_id is None else iter(self._desk.store.read(subscription_id))

    def due(self, until: datetime | None = None) -> tuple[Due, ...]:
        """What time will bring up to and including *until*, oldest first; without it, the next of each."""
        return coming(self._desk.store, self._desk.market, until)

    def options(self, subscription_id: str, at: datetime) -> Iterator[Option]:
        """Every command on a subscription: legal at *at* or why not, and from when until when.

        Raises:
            StreamNotFoundError: there is no such subscription.
        """
        return options(subscription_id, at, self._around(subscription_id).holdings, self._desk.market)

    def custom_ends(self, customer_id: str, offer_id: str, term: TermLength, at: datetime) -> tuple[CustomEnd, ...]:
        """The days on which a term bought at *at* may end, and why others may not (R-COTERM).

        Raises:
            OfferNotFoundError: the catalog has no such offer.
        """
        offer = self._desk.market.catalog.offer(offer_id)
        if offer is None:
            raise OfferNotFoundError(offer_id)
        reading = Reading(self._desk.heads())
        reading.add_customer(customer_id)
        return custom_ends(customer_id, offer, term, at, reading.holdings, self._desk.market)

    def upgrade_targets(self, subscription_id: str, at: datetime) -> tuple[UpgradeTarget, ...]:
        """The offers and subscriptions an upgrade may lead to at *at*, and why not to others (R-UPGRADE).

        Raises:
            StreamNotFoundError: there is no such subscription.
        """
        holdings = self._around(subscription_id).holdings
        return upgrade_targets(subscription_id, at, holdings, self._desk.market)

    def _around(self, subscription_id: str) -> Reading:
        """A subscription with all others of its customer."""
        reading = Reading(self._desk.heads())
        reading.add((subscription_id,))
        if subscription_id not in reading.holdings:
            raise StreamNotFoundError(subscription_id)
        reading.add_customer(reading.holdings[subscription_id].customer_id)
        return reading
