"""From the events of a stream to its entry in the index, event by event or all at once."""

from collections.abc import Iterable, Sequence
from typing import Any, cast, get_args

from csp_lifecycle.billing import account_history
from csp_lifecycle.errors import BrokenHistoryError
from csp_lifecycle.lifecycle.due import next_due
from csp_lifecycle.lifecycle.evolve import evolve, replay
from csp_lifecycle.service.account_reading import account_state
from csp_lifecycle.stores.store import Envelope, StreamKind, StreamState
from csp_lifecycle.vocabulary.account import Account
from csp_lifecycle.vocabulary.account_events import AccountFact
from csp_lifecycle.vocabulary.events import Event
from csp_lifecycle.vocabulary.names import AnyEvent
from csp_lifecycle.vocabulary.subscription import NOTHING, Subscription
from csp_lifecycle.wire.events import UnknownEvent

Fold = Subscription | Account
"""What the events of one stream add up to."""
_OF_SUBSCRIPTIONS = frozenset(get_args(Event))


def after(fold: Fold | None, envelope: Envelope) -> Fold | None:
    """What a stream adds up to after one more event; None once a newer version of the library wrote one.

    Raises:
        BrokenHistoryError: the event is impossible where it stands; it knows the position.
    """
    is_first = envelope.version == 1
    if isinstance(envelope.event, UnknownEvent) or not (is_first or fold):
        return None
    try:
        return _after(None if is_first else fold, envelope.event)
    except BrokenHistoryError as broken:
        message = f"position {envelope.position}: {broken}"
        raise BrokenHistoryError(message, envelope.version, envelope.position) from None


def after_all(fold: Fold | None, envelopes: Sequence[Envelope]) -> Fold | None:
    """As `after` for one event after the other, which follow each other in a stream.

    Raises:
        BrokenHistoryError: as `after`, of the first one that is impossible.
    """
    is_first = envelopes[0].version == 1
    events: list[Any] = [one.event for one in envelopes]
    if (is_first or isinstance(fold, Subscription)) and _OF_SUBSCRIPTIONS.issuperset(map(type, events)):
        try:
            return replay(events, NOTHING if is_first else cast("Subscription", fold))
        except BrokenHistoryError:
            pass  # the other way knows where
    for envelope in envelopes:
        fold = after(fold, envelope)
    return fold


def _after(fold: Fold | None, event: AnyEvent) -> Fold:
    """An account goes on with an account's events, and a subscription with a subscription's."""
    if isinstance(event, AccountFact):
        if not isinstance(fold, Subscription):
            return account_history.after(fold, event)
    elif not isinstance(fold, Account):
        return evolve(fold or NOTHING, event)
    message = f"{event.stream!r}: an account's event and a subscription's cannot be of one stream"
    raise BrokenHistoryError(message)


def entry_of(stream: str, envelopes: Iterable[Envelope]) -> StreamState:
    """The entry in the index of a stream, from all of its events.

    Where a newer version of the library wrote an event, time is not known to change anything any more: nothing can be
    decided there.

    Raises:
        BrokenHistoryError: versions have a hole, or an event is impossible; it knows the position.
    """
    fold, known, kind, version = None, None, StreamKind.SUBSCRIPTION, 0
    for version, envelope in enumerate(envelopes, 1):
        if envelope.version != version or envelope.stream != stream:
            message = f"{stream!r}, position {envelope.position}: version {version} is missing"
            raise BrokenHistoryError(message, version, envelope.position)
        fold, kind = after(fold, envelope), envelope.kind
        known = fold or known
    if fold is not None:
        return entry(stream, version, fold)
    customer = "" if known is None else entry(stream, version, known).customer_id
    return StreamState(stream=stream, version=version, customer_id=customer, next_due_at=None, kind=kind)


def entry(stream: str, version: int, fold: Fold) -> StreamState:
    """The entry in the index of a stream that is known to add up to *fold*."""
    if isinstance(fold, Account):
        return account_state(fold)
    return StreamState(stream=stream, version=version, customer_id=fold.customer_id, next_due_at=next_due(fold))
