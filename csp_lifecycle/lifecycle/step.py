"""One action taken on one subscription: the row that opens, what it records, and what follows from that.

What follows is added here, once, for all rows: waiting changes that an event voids, directly behind it, and the
commands that attached add-ons take along with their base.
"""

from collections.abc import Mapping
from typing import Any

from attrs import define, field, frozen

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.lifecycle.evolve import evolve
from csp_lifecycle.lifecycle.opening import open_row
from csp_lifecycle.lifecycle.recorders import RECORDERS
from csp_lifecycle.policies import reasons
from csp_lifecycle.policies.policy import Action, Attempt, Market, Policy
from csp_lifecycle.vocabulary.commands import Actor
from csp_lifecycle.vocabulary.events import Event, WaitingChangesVoided
from csp_lifecycle.vocabulary.names import command_name, event_name
from csp_lifecycle.vocabulary.subscription import LIVE, NOTHING, Slot, Subscription

Holdings = Mapping[str, Subscription]


@frozen
class Recorded:
    """An event, the id of the policy that decided it, and who brought it about."""

    event: Event
    policy: str
    actor: Actor


@define
class Step:
    """A working copy: the holdings as they become, and what has been recorded so far."""

    holdings: dict[str, Subscription]
    market: Market
    recorded: list[Recorded] = field(factory=list)

    def take(self, action: Action, actor: Actor) -> None:
        """Take one action with all that follows from it.

        Raises:
            CommandRefusedError: the action is not legal now; nothing of it stays in the working copy.
        """
        attempt = attempt_on(action, self.holdings, self.market)
        row = open_row(attempt)
        draft = Step(dict(self.holdings), self.market)
        for kind in (*row.records, *row.also):
            draft._note(attempt, RECORDERS[type(action), kind](attempt), actor)
        for recorded in tuple(draft.recorded):
            draft._carry(attempt.policy, recorded.event, actor)
        self.holdings.update(draft.holdings)
        self.recorded.extend(draft.recorded)

    def _note(self, attempt: Attempt[Any], event: Event, actor: Actor) -> None:
        before = self.holdings.get(event.subscription_id, NOTHING)
        if before.changed_at is not None and event.at < before.changed_at:
            name = command_name(type(attempt.command))
            raise CommandRefusedError(name, reasons.out_of_order, {"last_event_at": before.changed_at})
        self._append(event, attempt.policy, actor)
        voids = self.market.policies.get(before.policy, attempt.policy).voids
        lost = (voids.get(type(event), frozenset()) & before.waiting) - event.applies
        if lost:
            self._append(_voided(event, before, lost), attempt.policy, actor)

    def _append(self, event: Event, policy: Policy, actor: Actor) -> None:
        before = self.holdings.get(event.subscription_id, NOTHING)
        self.holdings[event.subscription_id] = evolve(before, event)
        self.recorded.append(Recorded(event, policy.id, actor))

    def _carry(self, policy: Policy, event: Event, actor: Actor) -> None:
        carry = policy.carries.get(type(event))
        if carry is None:
            return
        for add_on in sorted(
            other.subscription_id
            for other in self.holdings.values()
            if other.base_subscription_id == event.subscription_id and other.status in LIVE
        ):
            try:
                self.take(carry.command(event, add_on), actor)
            except CommandRefusedError as refusal:
                # An add-on whose own table has no open row is left as it is. One that would be changed behind
                # its own last event, or while something is in flight on it, stops the whole command.
                if carry.needed or refusal.reason.retryable or refusal.reason is reasons.out_of_order:
                    raise


def attempt_on(action: Action, holdings: Holdings, market: Market) -> Attempt[Any]:
    """The action tried on its subscription, under the policy of the running term.

    Raises:
        CommandRefusedError: the policy of the running term is not installed.
    """
    subscription = holdings.get(action.subscription_id, NOTHING)
    policy = _policy_of(action, subscription, market)
    if policy is None:
        named = {"policy": subscription.policy}
        raise CommandRefusedError(command_name(type(action)), reasons.policy_not_installed, named)
    return Attempt(action, subscription, policy, holdings, market)


def _policy_of(action: Any, subscription: Subscription, market: Market) -> Policy | None:
    if subscription.policy:
        return market.policies.get(subscription.policy)
    offer = market.catalog.offer(getattr(action, "offer_id", ""))
    named = None if offer is None else market.policy_for(offer, action.policy)
    return named or market.fallback


def _voided(event: Event, before: Subscription, lost: frozenset[Slot]) -> WaitingChangesVoided:
    return WaitingChangesVoided(
        at=event.at,
        subscription_id=event.subscription_id,
        slots=tuple(slot for slot in Slot if slot in lost),
        because=event_name(type(event)),
        scheduled_change=before.scheduled_change if Slot.NEXT_TERM in lost else None,
        plan=before.queued_plan if Slot.NEXT_CHARGE in lost else None,
    )
