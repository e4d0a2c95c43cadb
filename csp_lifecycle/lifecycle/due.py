"""What time alone will bring, and when; catching up to an instant.

`next_due` needs neither policy nor catalog, so a store can keep its index by it. *What* happens is decided when
the instant has come.
"""

import heapq
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.lifecycle.step import Holdings, Recorded, Step
from csp_lifecycle.policies.policy import Market
from csp_lifecycle.values.calendar import DAY, midnight
from csp_lifecycle.vocabulary.commands import Actor, EndCycle, EndPhase, EndTerm, TimeCommand
from csp_lifecycle.vocabulary.subscription import Status, Subscription

_RUNNING = frozenset({Status.TRIAL, Status.ACTIVE, Status.SUSPENDED})


def deadline_of(subscription: Subscription) -> datetime | None:
    """The instant of the next thing that time alone brings; None if nothing does, or something is in flight.

    A step of the tail, or the end of a suspension that has a limit, comes before everything else.
    """
    if subscription.tail_until is not None:
        return subscription.tail_until
    term, cycle = subscription.term, subscription.charge_cycle
    if term is None or subscription.in_flight is not None or subscription.status not in _RUNNING:
        return None
    last = term.ends_on
    if cycle is not None and cycle.ends_on < last and not subscription.charges_paused:
        last = cycle.ends_on
    return midnight(last + DAY)


def next_due(subscription: Subscription) -> datetime | None:
    """When that will be recorded: at its deadline, or at the stream's last event where that is later."""
    deadline, changed_at = deadline_of(subscription), subscription.changed_at
    return changed_at if deadline is not None and changed_at is not None and changed_at > deadline else deadline


def due_command(subscription: Subscription, at: datetime, *, complete: bool) -> TimeCommand:
    """What time says when the next deadline of a subscription has come."""
    kind: type[TimeCommand] = EndTerm
    if subscription.tail_until is not None:
        kind = EndPhase
    elif subscription.term is not None and deadline_of(subscription) != subscription.term.ends_before:
        kind = EndCycle
    return kind(at=at, subscription_id=subscription.subscription_id, complete=complete)


_NOTHING_STUCK: Mapping[str, CommandRefusedError] = MappingProxyType({})


class CaughtUp(NamedTuple):
    """The holdings at an instant, what was recorded on the way, and what could not go on."""

    holdings: Holdings
    recorded: tuple[Recorded, ...] = ()
    stuck: Mapping[str, CommandRefusedError] = _NOTHING_STUCK


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
    step = Step(holdings, market)
    stuck = take_due(step, to, holdings if only is None else only, complete=complete)
    return CaughtUp(step.holdings, tuple(step.recorded), stuck)


def take_due(
    step: Step, to: datetime, names: Iterable[str], *, complete: bool = True
) -> Mapping[str, CommandRefusedError]:
    """As `catch_up`, in a working copy, for some of its holdings: what could not go on, by name."""
    queue = []
    for name in names:
        entry = _entry(step.holdings[name], to)
        if entry is not None:
            queue.append(entry)
    if not queue:
        return _NOTHING_STUCK
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
    return stuck


def _entry(subscription: Subscription, to: datetime) -> tuple[datetime, bool, str] | None:
    at = next_due(subscription)
    if at is None or at > to:
        return None
    return at, subscription.base_subscription_id is not None, subscription.subscription_id
