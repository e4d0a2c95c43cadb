"""What events add up to: a private draft, one case per event, frozen once at the end.

Replay remembers, it does not judge: it opens no policy and no catalog, so a rule that changes tomorrow cannot
change yesterday. It only refuses what no policy could have recorded (`BrokenHistoryError`).
"""

from collections.abc import Iterable

import attrs

from csp_lifecycle.errors import BrokenHistoryError
from csp_lifecycle.lifecycle.cases import CASES
from csp_lifecycle.vocabulary import events as e
from csp_lifecycle.vocabulary.names import event_name
from csp_lifecycle.vocabulary.subscription import NOTHING, Subscription, SubscriptionFields

_NAMES = tuple(field.name for field in attrs.fields(SubscriptionFields))


def replay(events: Iterable[e.Event], since: Subscription = NOTHING) -> Subscription:
    """The subscription that *events* of one stream add up to, continuing from *since*.

    Raises:
        BrokenHistoryError: an event is impossible where it stands; the message names the stream and version.
    """
    draft = SubscriptionFields(**{name: getattr(since, name) for name in _NAMES})
    for event in events:
        _check(draft, event)
        CASES[type(event)](draft, event)
        draft.version += 1
        draft.changed_at = draft.as_of = event.at
        draft.updates += event.is_update
        if event.leads_to is not None:
            draft.status = event.leads_to
    return Subscription(**{name: getattr(draft, name) for name in _NAMES})


def evolve(subscription: Subscription, event: e.Event) -> Subscription:
    """The subscription after one more event."""
    return replay((event,), since=subscription)


def _check(draft: SubscriptionFields, event: e.Event) -> None:
    problem = None
    if draft.version and event.subscription_id != draft.subscription_id:
        problem = f"it belongs to {event.subscription_id!r}"
    elif draft.status not in event.follows:
        problem = f"it cannot follow on status {draft.status.value!r}"
    elif draft.changed_at is not None and event.at < draft.changed_at:
        problem = f"it is of {event.at.isoformat()}, before the event it follows on ({draft.changed_at.isoformat()})"
    elif isinstance(event, e.SeatsChanged):
        problem = _seats_problem(draft, event)
    if problem is not None:
        stream = draft.subscription_id or event.subscription_id
        message = f"{stream!r}, version {draft.version + 1}: {event_name(type(event))} is impossible, {problem}"
        raise BrokenHistoryError(message, draft.version + 1)


def _seats_problem(draft: SubscriptionFields, event: e.SeatsChanged) -> str | None:
    change = event.seats if isinstance(event, (e.SeatsAdded, e.SeatsMovedIn)) else -event.seats
    least = 0 if isinstance(event, e.SeatsMovedOut) else 1
    if event.seats_after != draft.seats + change:
        return f"{draft.seats} seats cannot become {event.seats_after} by {change:+d}"
    return f"it leaves {event.seats_after} seats" if event.seats_after < least else None
