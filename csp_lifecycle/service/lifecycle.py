"""`Lifecycle`: load, decide, append, retry.

The clock is read only to note when the log learned of something (`recorded_at`). Every decision is made at the
instant the command names, on a state that has been brought up to it.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial

from attrs import evolve as with_changes

from csp_lifecycle.errors import (
    CommandRefusedError,
    DuplicateCommandError,
    OfferNotFoundError,
    Outlook,
    StaleVersionError,
    StreamNotFoundError,
)
from csp_lifecycle.lifecycle.choices import CustomEnd, UpgradeTarget, custom_ends, upgrade_targets
from csp_lifecycle.lifecycle.decide import decide
from csp_lifecycle.lifecycle.due import catch_up, next_due
from csp_lifecycle.lifecycle.legality import Option, options, outlook
from csp_lifecycle.lifecycle.step import Recorded
from csp_lifecycle.policies import POLICIES, reasons
from csp_lifecycle.policies.policy import Market, Policy
from csp_lifecycle.service.answers import Answer, Due, Stuck
from csp_lifecycle.service.committing import commit_of
from csp_lifecycle.service.loading import Reading, known, read_for, rebuilt
from csp_lifecycle.stores.rehearsal import Rehearsal
from csp_lifecycle.stores.store import Envelope, EventStore
from csp_lifecycle.values.calendar import TermLength
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.commands import Advance, Command
from csp_lifecycle.vocabulary.names import command_name, event_name
from csp_lifecycle.vocabulary.subscription import Subscription
from csp_lifecycle.wire.commands import command_digest


def _new_id() -> str:
    return str(uuid.uuid4())


class Lifecycle:
    """Takes commands and answers questions about subscriptions.

    Args:
        store: where history is kept.
        catalog: what may be sold, at which price.
        clock: tells when the log learns of something; no decision depends on it.
        policies: the policies by id; those that ship with the library by default.
        new_id: makes a command id for commands that carry none.
        attempts: how often a command is decided again when somebody else wrote first.
    """

    def __init__(
        self,
        store: EventStore,
        catalog: Catalog,
        *,
        clock: Callable[[], datetime],
        policies: Mapping[str, Policy] = POLICIES,
        new_id: Callable[[], str] = _new_id,
        attempts: int = 20,
    ) -> None:
        self._store = store
        self._market = Market(catalog, policies)
        self._clock = clock
        self._new_id = new_id
        self._attempts = attempts

    def handle(self, command: Command | Advance) -> Answer:
        """Decide *command* and store what it leads to, all of it or nothing.

        What is due on the subscriptions it concerns is taken first. A command id that was used before for the
        same command is answered with what it recorded then.

        Raises:
            CommandRefusedError: it is not legal; nothing was stored.
            HistoryError: stored events make no sense.
            StoreError: the store failed; nothing was stored.
        """
        for _ in range(self._attempts):
            recorded = self._recorded_before(command)
            if recorded is not None:
                return recorded
            try:
                return self._advance(command) if isinstance(command, Advance) else self._act(command)
            except (StaleVersionError, DuplicateCommandError):
                # Somebody else wrote first: read again and decide again.
                continue
        evidence = {"attempts": self._attempts}
        raise CommandRefusedError(command_name(type(command)), reasons.stale_version, evidence)

    def preview(self, command: Command | Advance) -> Answer:
        """The answer that `handle` would give. Nothing is stored."""
        return self.rehearsal().handle(command)

    def rehearsal(self) -> "Lifecycle":
        """The same service on top of the same history, where nothing that is handled is ever stored."""
        return Lifecycle(
            Rehearsal(self._store),
            self._market.catalog,
            clock=self._clock,
            policies=self._market.policies,
            new_id=self._new_id,
            attempts=self._attempts,
        )

    def advance(self, to: datetime, *, complete: bool = True) -> Answer:
        """Take all that is due up to and including *to*, oldest first; see `Advance`."""
        return self.handle(Advance(to=to, complete=complete))

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
        """
        envelopes = [
            envelope
            for envelope in self._store.read(subscription_id)
            if (known_at is None or envelope.recorded_at <= known_at) and (as_of is None or known(envelope).at <= as_of)
        ]
        if not envelopes:
            raise StreamNotFoundError(subscription_id)
        subscription = rebuilt(envelopes)
        return subscription if as_of is None else subscription.seen_at(as_of)

    def subscriptions(self, customer_id: str | None = None) -> Iterator[Subscription]:
        """The subscriptions of one customer, or all of them, by id, each as of its last event."""
        streams = self._store.streams() if customer_id is None else self._store.streams_of(customer_id)
        return (rebuilt(self._store.read(stream)) for stream in streams)

    def log(self, subscription_id: str | None = None) -> Iterator[Envelope]:
        """The stored events in their envelopes: of one subscription, or of all in the order of the log."""
        return self._store.read_all() if subscription_id is None else iter(self._store.read(subscription_id))

    def due(self, until: datetime | None = None) -> tuple[Due, ...]:
        """What time will bring up to and including *until*, oldest first; without it, the next of each."""
        reading = Reading(self._store)
        reading.add(stream for _, stream in self._store.due(until))
        if until is not None:
            return self._due_by(reading, until)
        found: list[Due] = []
        for name, subscription in reading.holdings.items():
            at = next_due(subscription)
            if at is not None:
                found += self._due_by(reading, at, only=(name,))[:1]
        return tuple(sorted(found, key=_order))

    def _due_by(self, reading: Reading, until: datetime, only: Iterable[str] | None = None) -> tuple[Due, ...]:
        caught_up = catch_up(reading.holdings, until, self._market, only=only)
        coming = [
            Due(one.event.at, one.event.subscription_id, event_name(type(one.event))) for one in caught_up.recorded
        ]
        for name, refusal in caught_up.stuck.items():
            at = next_due(caught_up.holdings[name])
            if at is not None:
                coming.append(Due(at, name, None, refusal))
        return tuple(sorted(coming, key=_order))

    def options(self, subscription_id: str, at: datetime) -> Iterator[Option]:
        """Every command on a subscription: legal at *at* or why not, and from when until when.

        Raises:
            StreamNotFoundError: there is no such subscription.
        """
        return options(subscription_id, at, self._around(subscription_id).holdings, self._market)

    def custom_ends(self, customer_id: str, offer_id: str, term: TermLength, at: datetime) -> tuple[CustomEnd, ...]:
        """The days on which a term bought at *at* may end, and why others may not (R-COTERM).

        Raises:
            OfferNotFoundError: the catalog has no such offer.
        """
        offer = self._market.catalog.offer(offer_id)
        if offer is None:
            raise OfferNotFoundError(offer_id)
        reading = Reading(self._store)
        reading.add_customer(customer_id)
        return custom_ends(customer_id, offer, term, at, reading.holdings, self._market)

    def upgrade_targets(self, subscription_id: str, at: datetime) -> tuple[UpgradeTarget, ...]:
        """The offers and subscriptions an upgrade may lead to at *at*, and why not to others (R-UPGRADE).

        Raises:
            StreamNotFoundError: there is no such subscription.
        """
        holdings = self._around(subscription_id).holdings
        return upgrade_targets(subscription_id, at, holdings, self._market)

    def _around(self, subscription_id: str) -> Reading:
        """A subscription with all others of its customer."""
        reading = Reading(self._store)
        reading.add((subscription_id,))
        if subscription_id not in reading.holdings:
            raise StreamNotFoundError(subscription_id)
        reading.add_customer(reading.holdings[subscription_id].customer_id)
        return reading

    def _recorded_before(self, command: Command | Advance) -> Answer | None:
        outcome = None if command.command_id is None else self._store.outcome(command.command_id)
        if outcome is None:
            return None
        if outcome.digest != command_digest(command):
            evidence = {"command_id": command.command_id}
            raise CommandRefusedError(command_name(type(command)), reasons.command_id_reused, evidence)
        return Answer(tuple(known(envelope) for envelope in outcome.envelopes))

    def _act(self, command: Command) -> Answer:
        reading = read_for(command, self._store, self._market.catalog)
        try:
            decision = decide(command, reading.holdings, self._market)
        except CommandRefusedError as refusal:
            raise refusal.with_look(partial(self._outlook, command, refusal, reading)) from None
        return self._append(command, decision.recorded, decision.holdings, reading)

    def _outlook(self, command: Command, refusal: CommandRefusedError, reading: Reading) -> Outlook:
        subject = reading.holdings.get(command.subscription_id)
        if subject is not None:
            reading.add_customer(subject.customer_id)
        return outlook(command, refusal, reading.holdings, self._market)

    def _advance(self, command: Advance) -> Answer:
        reading = Reading(self._store)
        if command.subscription_id is None:
            reading.add(stream for _, stream in self._store.due(command.to))
        else:
            reading.add((command.subscription_id,))
            self._check_one(command, reading.expected[command.subscription_id])
        caught_up = catch_up(reading.holdings, command.to, self._market, complete=command.complete)
        stuck = tuple(Stuck(name, refusal) for name, refusal in sorted(caught_up.stuck.items()))
        if not caught_up.recorded:
            return Answer((), stuck)
        answer = self._append(command, caught_up.recorded, caught_up.holdings, reading)
        return with_changes(answer, stuck=stuck)

    def _check_one(self, command: Advance, version: int) -> None:
        reason = reasons.subscription_not_found if not version else reasons.stale_version
        if not version or command.expected_version not in {None, version}:
            evidence = {"subscription_id": command.subscription_id}
            raise CommandRefusedError(command_name(type(command)), reason, evidence)

    def _append(
        self,
        command: Command | Advance,
        recorded: Iterable[Recorded],
        holdings: Mapping[str, Subscription],
        reading: Reading,
    ) -> Answer:
        command_id = command.command_id or self._new_id()
        commit = commit_of(command_id, command_digest(command), tuple(recorded), holdings, reading, self._clock())
        self._store.append(commit)
        written = {state.stream: holdings[state.stream] for state in commit.states}
        return Answer(tuple(known(envelope) for envelope in commit.envelopes), (), written)


def _order(due: Due) -> tuple[datetime, str]:
    return due.at, due.subscription_id
