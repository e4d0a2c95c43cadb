"""What events add up to: a private draft, one case per event, frozen once at the end.

Replay remembers, it does not judge: it opens no policy and no catalog, so a rule that changes tomorrow cannot
change yesterday. It only refuses what no policy could have recorded (`BrokenHistoryError`).
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from operator import length_hint
from typing import Any, get_args

import attrs

from csp_lifecycle.errors import BrokenHistoryError
from csp_lifecycle.lifecycle.cases import CASES
from csp_lifecycle.vocabulary import events as e
from csp_lifecycle.vocabulary.names import event_name
from csp_lifecycle.vocabulary.subscription import NOTHING, Status, Subscription, SubscriptionFields

_NEVER = datetime.min.replace(tzinfo=UTC)


def _written_out() -> Callable[[Subscription], Any]:
    """A function that makes a draft of a subscription, field by field.

    It is written as `attrs` writes constructors. A loop over the fields would take more than twice as long, which
    every decision counts: it copies some forty fields for one event.
    """
    copied = "; ".join(f"draft.{field.name} = since.{field.name}" for field in attrs.fields(SubscriptionFields))
    scope: dict[str, Any] = {"new": object.__new__, "fields": SubscriptionFields}
    exec(f"def draft_of(since): draft = new(fields); {copied}; return draft", scope)  # noqa: S102 - our own words
    draft_of: Callable[[Subscription], Any] = scope["draft_of"]
    return draft_of


_draft_of = _written_out()


def _step(kind: type[Any], status: Status) -> tuple[Any, ...]:
    """The case of an event (none where it cannot stand), the status it leads to, whether it counts, its direction."""
    case = CASES[kind] if status in kind.follows else None
    then = kind.leads_to or status
    return case, then, _STEPS[then], int(kind.is_update), getattr(kind, "direction", 0)


_STEPS: dict[Status, dict[type[Any], tuple[Any, ...]]] = {status: {} for status in Status}
"""All that replay asks of an event's class where it is met, in one look: it is asked for every recorded event."""
for _status, _steps in _STEPS.items():
    _steps |= {kind: _step(kind, _status) for kind in get_args(e.Event)}


def replay(events: Iterable[e.Event], since: Subscription = NOTHING) -> Subscription:
    """The subscription that *events* of one stream add up to, continuing from *since*.

    Raises:
        BrokenHistoryError: an event is impossible where it stands; the message names the stream and version.
    """
    recorded = tuple(events)
    if not recorded:
        return since
    draft = _draft_of(since)
    _fill(draft, recorded, since)
    draft.__class__ = Subscription  # it has the same fields
    frozen: Subscription = draft
    return frozen


def _fill(draft: SubscriptionFields, recorded: tuple[Any, ...], since: Subscription) -> None:
    stream = since.subscription_id or recorded[0].subscription_id
    status, last, updates = since.status, since.changed_at or _NEVER, since.updates
    coming, steps = iter(recorded), _STEPS[status]
    for event in coming:
        case, then, ahead, counts, direction = steps[type(event)]
        # Kinds take turns here, and then a look into the dictionary is quicker than one at the attribute.
        fields = event.__dict__
        at = fields["at"]
        if (
            case is None
            or at < last
            or fields["subscription_id"] != stream
            or (direction and not draft.seats + direction * fields["seats"] == fields["seats_after"] >= event.fewest)
        ):
            taken = len(recorded) - length_hint(coming) - 1
            raise _impossible(replay(recorded[:taken], since), event, stream)
        case(draft, event)
        status, steps, last = then, ahead, at
        updates += counts
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
