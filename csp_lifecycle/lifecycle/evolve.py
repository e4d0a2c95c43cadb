"""What events add up to: a private draft, one case per event, frozen once at the end.

Replay remembers, it does not judge: it opens no policy and no catalog, so a rule that changes tomorrow cannot
change yesterday. It only refuses what no policy could have recorded (`BrokenHistoryError`).
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from operator import attrgetter, length_hint
from typing import Any, cast, get_args

import attrs

from csp_lifecycle.errors import BrokenHistoryError
from csp_lifecycle.lifecycle.cases import CASES
from csp_lifecycle.vocabulary import events as e
from csp_lifecycle.vocabulary.names import event_name
from csp_lifecycle.vocabulary.subscription import NOTHING, Subscription, SubscriptionFields

_values_of = attrgetter(*(field.name for field in attrs.fields(SubscriptionFields)))
_NEVER = datetime.min.replace(tzinfo=UTC)
_KINDS: dict[type[Any], tuple[Any, ...]] = {
    kind: (CASES[kind], kind.follows, kind.leads_to, kind.is_update, getattr(kind, "direction", 0))
    for kind in get_args(e.Event)
}
"""All that replay asks of an event's class, in one look: it is asked for every event that was ever recorded."""


def replay(events: Iterable[e.Event], since: Subscription = NOTHING) -> Subscription:
    """The subscription that *events* of one stream add up to, continuing from *since*.

    Raises:
        BrokenHistoryError: an event is impossible where it stands; the message names the stream and version.
    """
    recorded = tuple(events)
    if not recorded:
        return since
    draft = SubscriptionFields() if since is NOTHING else SubscriptionFields(*_values_of(since))
    _fill(draft, recorded, since)
    draft.__class__ = Subscription  # frozen: it has the same fields
    return cast("Subscription", draft)


def _fill(draft: SubscriptionFields, recorded: tuple[Any, ...], since: Subscription) -> None:
    stream = since.subscription_id or recorded[0].subscription_id
    status, last, updates = since.status, since.changed_at or _NEVER, since.updates
    coming = iter(recorded)
    for event in coming:
        case, follows, leads_to, is_update, direction = _KINDS[event.__class__]
        at = event.at
        if (
            status not in follows
            or at < last
            or event.subscription_id != stream
            or (direction and not draft.seats + direction * event.seats == event.seats_after >= event.fewest)
        ):
            taken = len(recorded) - length_hint(coming) - 1
            raise _impossible(replay(recorded[:taken], since), event, stream)
        case(draft, event)
        last = at
        if is_update:
            updates += 1
        if leads_to is not None:
            status = leads_to
    draft.version += len(recorded)
    draft.status, draft.updates, draft.changed_at, draft.as_of = status, updates, last, last


def evolve(subscription: Subscription, event: e.Event) -> Subscription:
    """The subscription after one more event."""
    return replay((event,), since=subscription)


def _impossible(before: Subscription, event: e.Event, stream: str) -> BrokenHistoryError:
    message = f"{stream!r}, version {before.version + 1}: {event_name(type(event))} is impossible, "
    return BrokenHistoryError(message + _problem(before, event, stream), before.version + 1)


def _problem(before: Subscription, event: Any, stream: str) -> str:
    if event.subscription_id != stream:
        return f"it belongs to {event.subscription_id!r}"
    if before.status not in event.follows:
        return f"it cannot follow on status {before.status.value!r}"
    if before.changed_at is not None and event.at < before.changed_at:
        return f"it is of {event.at.isoformat()}, before the event it follows on ({before.changed_at.isoformat()})"
    change = event.direction * event.seats
    if event.seats_after != before.seats + change:
        return f"{before.seats} seats cannot become {event.seats_after} by {change:+d}"
    return f"it leaves {event.seats_after} seats"
