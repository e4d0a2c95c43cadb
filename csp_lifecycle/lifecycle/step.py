"""One action taken on one subscription: the row that opens, what it records, and what follows from that.

What follows is added here, once, for all rows: waiting changes that an event voids, directly behind it, and the
commands that attached add-ons take along with their base.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from attrs import define, field

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.lifecycle.evolve import evolve
from csp_lifecycle.lifecycle.opening import open_row
from csp_lifecycle.lifecycle.recorders import RECORDERS
from csp_lifecycle.policies import reasons
from csp_lifecycle.policies.policy import Action, Attempt, Carry, Market, Policy
from csp_lifecycle.vocabulary.commands import Actor
from csp_lifecycle.vocabulary.events import Event, WaitingChangesVoided
from csp_lifecycle.vocabulary.names import command_name, event_name
from csp_lifecycle.vocabulary.subscription import LIVE, NOTHING, Slot, Subscription

Holdings = Mapping[str, Subscription]


class Recorded(NamedTuple):
    """An event, the id of the policy that decided it, and who brought it about."""

    event: Event
    policy: str
    actor: Actor


@define
class Step:
    """A working copy: the holdings as they become, and what has been recorded so far.

    Holdings are replaced, never changed: whoever was given some keeps what they saw.
    """

    holdings: Holdings
    market: Market
    recorded: list[Recorded] = field(factory=list)

    def take(self, action: Action, actor: Actor) -> None:
        """Take one action with all that follows from it.

        Raises:
            CommandRefusedError: the action is not legal now; nothing of it stays in the working copy.
        """
        before, count = self.holdings, len(self.recorded)
        attempt = attempt_on(action, before, self.market)
        row = open_row(attempt)
        try:
            for kind in (*row.records, *row.also):
                self._note(attempt, RECORDERS[type(action), kind](attempt), actor)
            for recorded in self.recorded[count:]:
                carry = attempt.policy.carries.get(type(recorded.event))
                if carry is not None:
                    self._carry(carry, recorded.event, actor)
        except CommandRefusedError:
            self.holdings = before
            del self.recorded[count:]
            raise

    def _note(self, attempt: Attempt[Any], event: Event, actor: Actor) -> None:
        before = self.holdings.get(event.subscription_id, NOTHING)
        if before.changed_at is not None and event.at < before.changed_at:
            name = command_name(type(attempt.command))
            raise CommandRefusedError(name, reasons.out_of_order, {"last_event_at": before.changed_at})
        after = evolve(before, event)
        self.recorded.append(Recorded(event, attempt.policy.id, actor))
        if before.waiting:
            policy = self.market.policies.get(before.policy, attempt.policy)
            lost = (policy.voids.get(type(event), frozenset()) & before.waiting) - event.applies
            if lost:
                voided = _voided(event, before, lost)
                after = evolve(after, voided)
                self.recorded.append(Recorded(voided, attempt.policy.id, actor))
        self.holdings = {**self.holdings, event.subscription_id: after}

    def _carry(self, carry: Carry, event: Event, actor: Actor) -> None:
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
    held = subscription.policy
    policy = market.policies.get(held) if held else _policy_wanted(action, market)
    if policy is None:
        raise CommandRefusedError(command_name(type(action)), reasons.policy_not_installed, {"policy": held})
    return Attempt(action, subscription, policy, holdings, market)


def _policy_wanted(action: Any, market: Market) -> Policy:
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
