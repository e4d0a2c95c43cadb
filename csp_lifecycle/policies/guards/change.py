"""What must hold for upgrades, conversions, term changes and scheduled changes."""

from typing import Any

from csp_lifecycle.policies import facts
from csp_lifecycle.policies.policy import Attempt, guard
from csp_lifecycle.policies.wanted import end_wanted, running_term, wanted
from csp_lifecycle.vocabulary.commands import ChangeTerm, ConvertTrial, ScheduleChange, Upgrade
from csp_lifecycle.vocabulary.subscription import ScheduledChange, Status


@guard("upgrade-path-unsupported", rule="R-UPGRADE-17", facts=(facts.offer_id,))
def path_exists(attempt: Attempt[Any]) -> bool:
    """The catalog must list the offer as an upgrade of the one that is held, and Microsoft must support the pair."""
    return attempt.market.catalog.leads_up(attempt.subscription.offer_id, wanted(attempt).offer_id)


@guard("upgrade-path-unsupported", rule="R-SCHED-01", facts=(facts.offer_id,))
def offer_is_kept_or_path_exists(attempt: Attempt[Any]) -> bool:
    """The next term can bring the same offer or one that it upgrades to."""
    held, wish = _held_offer_id(attempt), wanted(attempt).offer_id
    return wish == held or attempt.market.catalog.leads_up(held, wish)


@guard("upgrade-path-unsupported", rule="R-TRIAL-04", facts=(facts.offer_id,))
def trial_may_become(attempt: Attempt[ConvertTrial]) -> bool:
    """A trial can become its paid twin or what the twin upgrades to."""
    twin, wish = _held_offer_id(attempt), _converted_offer_id(attempt)
    return wish == twin or attempt.market.catalog.leads_up(twin, wish)


def _held_offer_id(attempt: Attempt[Any]) -> str:
    """The offer that counts as held: of a trial, its paid twin."""
    default = attempt.subscription.default_change if attempt.subscription.is_trial else None
    return (default and default.offer_id) or attempt.subscription.offer_id


def _converted_offer_id(attempt: Attempt[ConvertTrial]) -> str:
    target = facts.target(attempt)
    return wanted(attempt).offer_id if target is None else target.offer_id


@guard("term-shorter", rule="R-UPGRADE-11", facts=(facts.term,))
def term_is_not_shorter(attempt: Attempt[Any]) -> bool:
    """The term cannot become shorter while it runs; a shorter one can be scheduled for the next term."""
    return wanted(attempt).length.months >= running_term(attempt.subscription).length.months


@guard("term-shorter", rule="R-BILL-05", facts=(facts.term,), remedies=("schedule-change",))
def term_becomes_longer(attempt: Attempt[ChangeTerm]) -> bool:
    """A term can be changed at once only to a longer one."""
    return wanted(attempt).length.months > running_term(attempt.subscription).length.months


@guard(
    "reduction-window-closed",
    rule="R-SEATS-05",
    facts=(facts.reducible_seats, facts.reducible_until),
    remedies=("schedule-change",),
)
def fewer_seats_are_reducible(attempt: Attempt[ChangeTerm]) -> bool:
    """A term change can lower the number of seats only as far as open lots allow."""
    fall = attempt.subscription.seats - wanted(attempt).seats
    return fall <= 0 or fall <= attempt.subscription.reducible_seats(attempt.command.at)


@guard("already-in-state", rule="R-SCHED-03")
def schedule_changes_something(attempt: Attempt[ScheduleChange]) -> bool:
    """The next term would be the same without this command."""
    scheduled = attempt.subscription.scheduled_change
    asked = scheduled_by(attempt)
    return asked != (scheduled or ScheduledChange()) and (scheduled is not None or _differs(attempt, asked))


def _differs(attempt: Attempt[ScheduleChange], asked: ScheduledChange) -> bool:
    subscription, default = attempt.subscription, attempt.subscription.default_change
    in_force = ScheduledChange(
        offer_id=subscription.offer_id,
        seats=subscription.seats,
        term=running_term(subscription).length,
        plan=subscription.plan,
    )
    kept = default if subscription.is_trial and default is not None else in_force
    pairs = ((getattr(asked, name), getattr(kept, name)) for name in ("offer_id", "seats", "term", "plan"))
    return asked.ends_on not in {None, wanted(attempt).natural_end} or any(
        new is not None and new != old for new, old in pairs
    )


def scheduled_by(attempt: Attempt[ScheduleChange]) -> ScheduledChange:
    """The instruction set that the command asks for; an alignment stands there as the day it resolves to."""
    command = attempt.command
    return ScheduledChange(
        offer_id=command.offer_id,
        seats=command.seats,
        term=command.term,
        plan=command.plan,
        ends_on=end_wanted(attempt),
    )


@guard("upfront-mid-term", rule="R-BILL-03", facts=(facts.term, facts.plan))
def upfront_may_begin_mid_term(attempt: Attempt[Any]) -> bool:
    """By this policy no change while a term runs can land on an upfront plan."""
    wish = wanted(attempt)
    lands_there = wish.plan.months == wish.length.months and wish.plan is not attempt.subscription.plan
    return attempt.policy.upfront_on_term_change or not lands_there


@guard("upfront-mid-term", rule="R-PURCHASE-06", facts=(facts.term, facts.plan))
def upfront_begins_a_term(attempt: Attempt[Upgrade]) -> bool:
    """An upgrade can land on an upfront plan only where it begins a new, longer term."""
    wish, term = wanted(attempt), running_term(attempt.subscription)
    begins = wish.length is not term.length
    return begins or wish.plan is attempt.subscription.plan or wish.plan.months < wish.length.months


@guard("quantity-out-of-range", rule="R-UPGRADE-06", facts=(facts.seats, facts.seats_now))
def no_seat_stays_behind(attempt: Attempt[Upgrade]) -> bool:
    """An upgrade in place moves all seats, or more; to move fewer, name a new_subscription_id."""
    return attempt.command.seats >= attempt.subscription.seats


@guard("quantity-out-of-range", rule="R-UPGRADE-05", facts=(facts.seats, facts.seats_now))
def some_seats_stay_behind(attempt: Attempt[Upgrade]) -> bool:
    """An upgrade into a new subscription moves fewer than all seats; to move all, upgrade in place."""
    return attempt.command.seats < attempt.subscription.seats


@guard("quantity-out-of-range", rule="R-UPGRADE-08", facts=(facts.seats, facts.seats_now))
def source_has_the_seats(attempt: Attempt[Upgrade]) -> bool:
    """No more seats can move into an existing subscription than the source has."""
    return attempt.command.seats <= attempt.subscription.seats


@guard("quantity-out-of-range", rule="R-SEATS-11", facts=(facts.seats_now,))
def enough_seats_stay_behind(attempt: Attempt[Upgrade]) -> bool:
    """The seats that stay behind must not fall below the minimum of their offer."""
    left = attempt.subscription.seats - attempt.command.seats
    return left == 0 or left >= (1 if attempt.offer is None else attempt.offer.min_seats)


@guard("subscription-exists", rule="R-UPGRADE-07", facts=(facts.new_subscription_id,))
def new_subscription_is_new(attempt: Attempt[Upgrade]) -> bool:
    """The new subscription's id must not be in use."""
    return attempt.command.new_subscription_id not in attempt.holdings


@guard("target-same-as-source", rule="R-UPGRADE-09", facts=(facts.target_subscription_id,))
def target_is_another(attempt: Attempt[Any]) -> bool:
    """Seats can move only into another subscription."""
    return facts.target_subscription_id(attempt) != attempt.subscription.subscription_id


@guard("subscription-not-found", rule="R-UPGRADE-09", facts=(facts.target_subscription_id,))
def target_exists(attempt: Attempt[Any]) -> bool:
    """The target subscription must exist."""
    return facts.target(attempt) is not None


@guard("target-not-eligible", rule="R-UPGRADE-09", facts=(facts.target_status,))
def target_is_paid_for_by_the_customer(attempt: Attempt[Any]) -> bool:
    """The target must be a paid subscription of the same customer, and of the same commerce model."""
    target, source = facts.target(attempt), attempt.subscription
    if target is None:
        return True
    alike = (target.customer_id, target.commerce) == (source.customer_id, source.commerce)
    return alike and not target.is_trial


@guard("target-not-ready", rule="R-UPGRADE-09", facts=(facts.target_status,))
def target_is_ready(attempt: Attempt[Any]) -> bool:
    """The target's renewal is in flight; try again once it is complete."""
    target = facts.target(attempt)
    return target is None or target.status is not Status.RENEWING


@guard("target-not-active", rule="R-UPGRADE-09", facts=(facts.target_status,))
def target_is_active(attempt: Attempt[Any]) -> bool:
    """The target must be active."""
    target = facts.target(attempt)
    return target is None or target.status is Status.ACTIVE


@guard("target-item-mismatch", rule="R-UPGRADE-09", facts=(facts.offer_id,))
def target_holds_the_offer(attempt: Attempt[Any]) -> bool:
    """The target must hold the offer that was asked for."""
    target = facts.target(attempt)
    return target is None or attempt.command.offer_id in {None, target.offer_id}


@guard("target-in-cancellation-window", rule="R-UPGRADE-09", facts=(facts.target_closes_at,))
def target_is_outside_its_window(attempt: Attempt[Any]) -> bool:
    """The target must be outside its cancellation window; wait until it has closed."""
    target = facts.target(attempt)
    return target is None or target.cancellable_until(attempt.command.at) is None


@guard("target-term-shorter", rule="R-UPGRADE-09", facts=(facts.target_subscription_id,))
def target_term_is_not_shorter(attempt: Attempt[Any]) -> bool:
    """The target's term cannot be shorter than the source's."""
    target = facts.target(attempt)
    source = running_term(attempt.subscription)
    return target is None or running_term(target).length.months >= source.length.months


@guard("target-ends-earlier", rule="R-UPGRADE-09", facts=(facts.target_subscription_id,))
def target_outlives_source(attempt: Attempt[Any]) -> bool:
    """The target cannot end before the source does; the same day is fine."""
    target = facts.target(attempt)
    return target is None or running_term(target).ends_on >= running_term(attempt.subscription).ends_on


@guard("quantity-out-of-range", rule="R-PURCHASE-07", facts=(facts.max_seats,))
def target_has_room(attempt: Attempt[Any]) -> bool:
    """The seats must fit into the range the target's offer is sold in."""
    target = facts.target(attempt)
    offer = None if target is None else attempt.market.catalog.offer(target.offer_id)
    moved = getattr(attempt.command, "seats", None) or attempt.subscription.seats
    return target is None or offer is None or offer.max_seats is None or target.seats + moved <= offer.max_seats


@guard("quantity-out-of-range", rule="R-TRIAL-08", facts=(facts.seats,))
def trial_keeps_its_seats(attempt: Attempt[ConvertTrial]) -> bool:
    """A trial that is converted while it runs keeps at least its 25 seats; fewer can be scheduled for its end."""
    return wanted(attempt).seats >= attempt.subscription.seats
