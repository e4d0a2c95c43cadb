"""What time alone will bring, and when; catching up to an instant.

`next_due` needs neither policy nor catalog, so a store can keep its index by it. *What* happens is decided when
the instant has come.
"""

import heapq
from collections.abc import Iterable, Mapping
from datetime import datetime

from attrs import field, frozen

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.lifecycle.step import Holdings, Recorded, Step
from csp_lifecycle.policies.policy import Market
from csp_lifecycle.vocabulary.commands import Actor, EndCycle, EndPhase, EndTerm, TimeCommand
from csp_lifecycle.vocabulary.subscription import Status, Subscription

_ENDED = frozenset({Status.EXPIRED, Status.DISABLED})
_RUNNING = frozenset({Status.TRIAL, Status.ACTIVE, Status.SUSPENDED})


def deadline_of(subscription: Subscription) -> datetime | None:
    """The instant of the next thing that time alone brings; None if nothing does, or something is in flight."""
    if _waits_for_its_tail(subscription):
        return subscription.tail_until
    if subscription.status not in _RUNNING or subscription.in_flight is not None or subscription.term is None:
        return None
    cycle, end = subscription.charge_cycle, subscription.term.ends_before
    return end if cycle is None or subscription.charges_paused else min(cycle.ends_before, end)


def _waits_for_its_tail(subscription: Subscription) -> bool:
    """Whether the next step is one of the tail, or the end of a suspension that has a limit."""
    limited = subscription.status is Status.SUSPENDED and subscription.tail_until is not None
    return limited or subscription.status in _ENDED


def next_due(subscription: Subscription) -> datetime | None:
    """When that will be recorded: at its deadline, or at the stream's last event where that is later."""
    deadline = deadline_of(subscription)
    if deadline is None or subscription.changed_at is None:
        return deadline
    return max(deadline, subscription.changed_at)


def due_command(subscription: Subscription, at: datetime, *, complete: bool) -> TimeCommand:
    """What time says when the next deadline of a subscription has come."""
    kind: type[TimeCommand] = EndTerm
    if _waits_for_its_tail(subscription):
        kind = EndPhase
    elif subscription.term is not None and deadline_of(subscription) != subscription.term.ends_before:
        kind = EndCycle
    return kind(at=at, subscription_id=subscription.subscription_id, complete=complete)


@frozen
class CaughtUp:
    """The holdings at an instant, what was recorded on the way, and what could not go on."""

    holdings: dict[str, Subscription]
    recorded: tuple[Recorded, ...] = ()
    stuck: Mapping[str, CommandRefusedError] = field(factory=dict)


def catch_up(
    holdings: Holdings,
    to: datetime,
    market: Market,
    *,
    only: Iterable[str] | None = None,
    complete: bool = True,
) -> CaughtUp:
    """Take in memory all that is due up to and including *to*, oldest first (R-RENEW-03, INV-28).

    At one instant a base goes before its add-ons, then the order is that of the subscription ids. A step that
    cannot be taken, because the catalog has no price for it, leaves its subscription as it is, under `stuck`.
    """
    step = Step(dict(holdings), market)
    queue = [entry for name in (holdings if only is None else only) if (entry := _entry(holdings[name], to))]
    heapq.heapify(queue)
    stuck: dict[str, CommandRefusedError] = {}
    while queue:
        at, _, name = heapq.heappop(queue)
        subscription = step.holdings[name]
        if next_due(subscription) != at:
            # Its base took it along at this very instant.
            continue
        try:
            step.take(due_command(subscription, at, complete=complete), Actor.CLOCK)
        except CommandRefusedError as refusal:
            stuck[name] = refusal
            continue
        entry = _entry(step.holdings[name], to)
        if entry is not None:
            heapq.heappush(queue, entry)
    return CaughtUp(step.holdings, tuple(step.recorded), stuck)


def _entry(subscription: Subscription, to: datetime) -> tuple[datetime, bool, str] | None:
    at = next_due(subscription)
    if at is None or at > to:
        return None
    return at, subscription.base_subscription_id is not None, subscription.subscription_id
