"""Recorders of how a subscription begins: bought, ordered and activated, tried, migrated."""

from typing import Any, cast

from csp_lifecycle.lifecycle.recorders.registry import records
from csp_lifecycle.lifecycle.recorders.terms import fresh_term, head, next_policy
from csp_lifecycle.lifecycle.recorders.windows import fresh_lots, fresh_windows
from csp_lifecycle.policies import facts
from csp_lifecycle.policies.policy import Attempt, Policy
from csp_lifecycle.policies.wanted import prices_wanted, running_term, wanted
from csp_lifecycle.values.alignment import Alignment
from csp_lifecycle.values.calendar import Plan, Term, cycle_at, natural_end
from csp_lifecycle.vocabulary.commands import Activate, Migrate, Purchase, StartTrial
from csp_lifecycle.vocabulary.events import Activated, Migrated, Ordered, Origin, Purchased, TrialStarted
from csp_lifecycle.vocabulary.subscription import ScheduledChange, Subscription


@records(Purchased, Purchase)
def purchased(attempt: Attempt[Purchase]) -> Purchased:
    """A term begins on the instant of the purchase, with its windows (R-PURCHASE-03)."""
    return Purchased(**head(attempt), **_sale(attempt))


@records(Ordered, Purchase)
def ordered(attempt: Attempt[Purchase]) -> Ordered:
    """The window counts from the order; the term is the one it would have if it were activated now (D-04)."""
    return Ordered(**head(attempt), **_sale(attempt))


def _sale(attempt: Attempt[Purchase]) -> dict[str, Any]:
    command, policy = attempt.command, next_policy(attempt)
    align = command.align.value if isinstance(command.align, Alignment) else command.align
    return _what_is_sold(attempt, policy) | {
        "customer_id": command.customer_id,
        "commerce": policy.commerce,
        "policy": policy.id,
        "named_policy": command.policy,
        "base_subscription_id": command.base_subscription_id,
        "align": align,
        "promotion_id": command.promotion_id,
        "resellers": command.resellers,
        "attested": command.attested,
        "friendly_name": command.friendly_name,
        "billing_currency": command.billing_currency,
    }


def _what_is_sold(attempt: Attempt[Purchase], policy: Policy) -> dict[str, Any]:
    if attempt.command.seats is None:
        # Billed by usage: there is nothing to renew (R-USAGE-06).
        nothing = dict.fromkeys(("seats", "term", "plan", "cycle_anchor", "charge_cycle", "unit_price", "currency"))
        bare = {"offer_id": attempt.command.offer_id, "refunds": (), "seat_lots": (), "auto_renew": False}
        return nothing | bare
    terms = fresh_term(attempt, policy) | {"auto_renew": policy.auto_renews}
    base = facts.base(attempt)
    if base is None or not policy.add_ons_share_the_term:
        return terms
    return terms | _shared_term(attempt, policy, base)


def _shared_term(attempt: Attempt[Purchase], policy: Policy, base: Subscription) -> dict[str, Any]:
    """A legacy add-on shares its base's term; its first charge reaches from today to the end of a cycle (D-18)."""
    wish, today = wanted(attempt), attempt.command.at.date()
    shared = running_term(base)
    term = Term(length=wish.length, starts_at=shared.starts_at, ends_on=shared.ends_on)
    anchor = base.cycle_anchor or term.starts_on
    # Counted as if the term began today, the first cycle is the rest of one of the base's.
    rest = Term(length=wish.length, starts_at=attempt.command.at, ends_on=shared.ends_on)
    cycle = cycle_at(today, anchor=anchor, plan=wish.plan, term=rest, month_ends=policy.month_ends)
    windows = fresh_windows(policy, attempt.command.at, wish.seats, wish.plan, term)
    return {"term": term, "cycle_anchor": anchor, "charge_cycle": cycle, **windows}


@records(Activated, Activate)
def activated(attempt: Attempt[Activate]) -> Activated:
    """The ordered term begins now, and with it the time in which seats move (R-PURCHASE-13, R-SEATS-16)."""
    subscription, at = attempt.subscription, attempt.command.at
    length = running_term(subscription).length
    term = Term(length=length, starts_at=at, ends_on=natural_end(at.date(), length))
    anchor, plan = term.starts_on, cast("Plan", subscription.plan)
    cycle = cycle_at(anchor, anchor=anchor, plan=plan, term=term, month_ends=attempt.policy.month_ends)
    lots = fresh_lots(attempt.policy, at, subscription.seats, term)
    return Activated(**head(attempt), term=term, cycle_anchor=anchor, charge_cycle=cycle, seat_lots=lots)


@records(TrialStarted, Activate)
def free_trial_started(attempt: Attempt[Activate]) -> TrialStarted:
    """The publisher's free days come before the ordered term, which they convert to (R-PURCHASE-12).

    The order's window goes on, as it counts from the order (D-04). Seats are locked until the term begins.
    """
    subscription, policy, at = attempt.subscription, attempt.policy, attempt.command.at
    ordered_term = ScheduledChange(
        offer_id=subscription.offer_id,
        seats=subscription.seats,
        term=running_term(subscription).length,
        plan=subscription.plan,
    )
    return TrialStarted(
        **head(attempt),
        customer_id=subscription.customer_id,
        offer_id=subscription.offer_id,
        commerce=subscription.commerce,
        policy=subscription.policy,
        named_policy=subscription.named_policy,
        seats=subscription.seats,
        term=Term(length=policy.trial.length, starts_at=at, ends_on=natural_end(at.date(), policy.trial.length)),
        default_change=ordered_term,
        currency=cast("str", subscription.currency),
        auto_renew=subscription.auto_renew,
        refunds=subscription.refunds_at(at),
        friendly_name=subscription.friendly_name,
    )


@records(TrialStarted, StartTrial)
def trial_started(attempt: Attempt[StartTrial]) -> TrialStarted:
    """Thirty days begin; what their end converts to is settled now (R-TRIAL-01, R-SCHED-04)."""
    command, policy, wish = attempt.command, next_policy(attempt), wanted(attempt)
    trial = policy.trial
    ends_on = natural_end(command.at.date(), trial.length)
    return TrialStarted(
        **head(attempt),
        customer_id=command.customer_id,
        offer_id=command.offer_id,
        commerce=policy.commerce,
        policy=policy.id,
        named_policy=command.policy,
        seats=trial.seats,
        term=Term(length=trial.length, starts_at=command.at, ends_on=ends_on),
        default_change=ScheduledChange(offer_id=wish.offer_id, seats=wish.seats, term=wish.length, plan=wish.plan),
        currency=prices_wanted(attempt)[0].currency,
        auto_renew=policy.auto_renews and trial.converts_by_itself,
        friendly_name=command.friendly_name,
    )


@records(Migrated, Migrate)
def migrated(attempt: Attempt[Migrate]) -> Migrated:
    """The legacy side ends; the migration day is the first of new commerce (AMB-51)."""
    command = attempt.command
    return Migrated(**head(attempt), into_subscription_id=command.new_subscription_id, add_ons=command.add_ons)


@records(Purchased, Migrate)
def purchased_by_migration(attempt: Attempt[Migrate]) -> Purchased:
    """The new commerce side begins, with the windows of a purchase (R-MIGRATE-07)."""
    command, source, policy = attempt.command, attempt.subscription, next_policy(attempt)
    return Purchased(
        at=command.at,
        subscription_id=command.new_subscription_id,
        **fresh_term(attempt, policy),
        customer_id=source.customer_id,
        commerce=policy.commerce,
        policy=policy.id,
        auto_renew=policy.auto_renews,
        origin=Origin.MIGRATION,
        from_subscription_id=source.subscription_id,
        base_subscription_id=command.base_subscription_id,
        friendly_name=source.friendly_name,
        billing_currency=source.billing_currency,
    )
