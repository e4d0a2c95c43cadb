"""What must hold for a change to a subscription that runs: its seats, its suspension, its end, what waits."""

from typing import Any

from csp_lifecycle.policies import facts
from csp_lifecycle.policies.policy import Attempt, guard
from csp_lifecycle.policies.wanted import wanted
from csp_lifecycle.vocabulary.commands import (
    Cancel,
    Reactivate,
    RemoveSeats,
    Rename,
    Suspend,
)
from csp_lifecycle.vocabulary.subscription import InFlight, Slot, Status


@guard("too-many-updates", rule="R-PURCHASE-15", facts=(facts.updates,))
def updates_remain(attempt: Attempt[Any]) -> bool:
    """A subscription takes only so many updates in its life; buy a second one beside it."""
    return attempt.subscription.updates < attempt.policy.max_updates


@guard("quantity-out-of-range", rule="R-SEATS-11", facts=(facts.seats_now, facts.min_seats), remedies=("cancel",))
def enough_seats_are_left(attempt: Attempt[RemoveSeats]) -> bool:
    """The number of seats cannot fall below the least the offer is sold with; to give up all of them, cancel."""
    left = wanted(attempt).seats
    return left >= (1 if attempt.offer is None else attempt.offer.min_seats)


@guard(
    "reduction-window-closed",
    rule="R-SEATS-05",
    facts=(facts.reducible_seats, facts.reducible_until),
    remedies=("schedule-change",),
)
def seats_may_fall(attempt: Attempt[RemoveSeats]) -> bool:
    """Seats can be removed only from lots whose seven days are still open; a lower number can be scheduled."""
    return attempt.command.seats <= attempt.subscription.reducible_seats(attempt.command.at)


@guard(
    "cancellation-window-closed",
    rule="R-CANCEL-01",
    facts=(facts.closed_at,),
    remedies=("turn-off-auto-renew",),
)
def cancellation_window_is_open(attempt: Attempt[Any]) -> bool:
    """A term can be canceled only while its cancellation window is open."""
    return attempt.subscription.cancellable_until(attempt.command.at) is not None


@guard("not-supported", rule="R-EST-02", remedies=("turn-off-auto-renew",))
def no_choice_of_term_end(attempt: Attempt[Cancel]) -> bool:
    """Canceling at the end of the term is not offered here; turn auto-renew off instead."""
    return not attempt.command.at_term_end


@guard("already-in-state", rule="R-SUSP-16", facts=(facts.suspension_reasons,))
def reason_is_new(attempt: Attempt[Suspend]) -> bool:
    """The subscription is already suspended for this reason."""
    return attempt.command.reason not in attempt.subscription.suspension_reasons


@guard("already-in-state", rule="R-SUSP-16", facts=(facts.suspension_reasons,))
def reason_is_in_force(attempt: Attempt[Reactivate]) -> bool:
    """The subscription is not suspended for this reason."""
    reason = attempt.command.reason
    return reason is None or reason in attempt.subscription.suspension_reasons


@guard("base-not-active", rule="R-SUSP-10", facts=(facts.base_status,))
def base_is_back(attempt: Attempt[Reactivate]) -> bool:
    """An add-on that was suspended with its base comes back with its base, and never without it."""
    base = facts.base(attempt)
    lifted = attempt.command.reason in {None, BASE}
    carried = lifted and BASE in attempt.subscription.suspension_reasons
    return not carried or base is None or base.status in {Status.ACTIVE, Status.RENEWING}


BASE = "base"
"""The reason for which a base suspends its attached add-ons (AMB-24)."""


@guard("not-reactivable", rule="R-SUSP-06", facts=(facts.ended_at,))
def term_is_running(attempt: Attempt[Reactivate]) -> bool:
    """A suspended subscription can be reactivated until the end of its term."""
    return facts.ended_at(attempt) > attempt.command.at


@guard("already-in-state", rule="R-RENEW-02")
def auto_renew_was_off(attempt: Attempt[Any]) -> bool:
    """Auto-renew is on already."""
    return not attempt.subscription.auto_renew


@guard("already-in-state", rule="R-RENEW-02")
def auto_renew_was_on(attempt: Attempt[Any]) -> bool:
    """Auto-renew is off already."""
    return attempt.subscription.auto_renew


@guard("auto-renew-required", rule="R-SCHED-02", remedies=("turn-on-auto-renew",))
def auto_renew_is_needed(attempt: Attempt[Any]) -> bool:
    """A change can be scheduled only while auto-renew is on."""
    return attempt.subscription.auto_renew


@guard("nothing-scheduled", rule="R-SCHED-03")
def something_is_scheduled(attempt: Attempt[Any]) -> bool:
    """There is no scheduled change to withdraw; a trial's default conversion is none."""
    return Slot.NEXT_TERM in attempt.subscription.waiting


@guard("nothing-queued", rule="R-BILL-11")
def a_plan_is_queued(attempt: Attempt[Any]) -> bool:
    """There is no queued billing plan to withdraw."""
    return Slot.NEXT_CHARGE in attempt.subscription.waiting


@guard("cycle-charge-locked", rule="R-BILL-10", facts=(facts.in_flight,))
def queue_is_not_locked(attempt: Attempt[Any]) -> bool:
    """The queued billing plan is read-only while a cycle charge is in flight."""
    return attempt.subscription.in_flight is not InFlight.CYCLE_CHARGE


@guard("conflict", rule="R-LOCK-06", facts=(facts.in_flight,))
def nothing_is_in_flight(attempt: Attempt[Any]) -> bool:
    """The subscription has an operation in flight; try again once it is complete."""
    return attempt.subscription.in_flight is None


@guard("nothing-in-flight", rule="R-LOCK-04")
def a_cycle_charge_is_in_flight(attempt: Attempt[Any]) -> bool:
    """No cycle charge is in flight that could be completed."""
    return attempt.subscription.in_flight is InFlight.CYCLE_CHARGE


@guard("promotion-forbids-change", rule="R-BILL-06", facts=(facts.promotion_id,))
def no_promotion_binds(attempt: Attempt[Any]) -> bool:
    """The promotion the subscription was bought with fixes its term and plan."""
    return attempt.subscription.promotion_id is None


@guard("already-in-state", rule="R-BILL-11", facts=(facts.plan,))
def another_plan_is_asked_for(attempt: Attempt[Any]) -> bool:
    """The subscription is, or will be, charged by this plan already."""
    return wanted(attempt).plan is not (attempt.subscription.queued_plan or attempt.subscription.plan)


@guard("upfront-mid-term", rule="R-BILL-03", facts=(facts.term, facts.plan))
def plan_is_not_upfront(attempt: Attempt[Any]) -> bool:
    """A term cannot be switched to an upfront plan while it runs; choose it at purchase or for the next term."""
    wish = wanted(attempt)
    return wish.plan.months < wish.length.months or wish.plan is attempt.subscription.plan


@guard("billing-cycle-invalid", rule="R-BILL-04", facts=(facts.term, facts.plan))
def plan_may_be_changed(attempt: Attempt[Any]) -> bool:
    """Between charges, only a triennial term can go from monthly to annual billing or back."""
    wish = wanted(attempt)
    return (attempt.subscription.plan, wish.plan) in attempt.policy.plan_changes.get(wish.length, ())


@guard("already-in-state", rule="R-SCHED-08")
def name_is_new(attempt: Attempt[Rename]) -> bool:
    """The subscription has this name already."""
    return attempt.command.friendly_name != attempt.subscription.friendly_name
