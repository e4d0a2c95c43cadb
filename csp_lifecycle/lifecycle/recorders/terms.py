"""Recorders of events that bring terms: purchase, trial, renewal, conversion, term change, upgrade in place."""

from datetime import datetime
from typing import Any

from csp_lifecycle.lifecycle.recorders.registry import records
from csp_lifecycle.policies.policy import Attempt, Policy
from csp_lifecycle.policies.wanted import (
    Wanted,
    applied_at_renewal,
    end_wanted,
    offer_wanted,
    prices_wanted,
    running_term,
    wanted,
)
from csp_lifecycle.values.alignment import Alignment
from csp_lifecycle.values.calendar import DAY, Cycle, Term, cycle_at, natural_end
from csp_lifecycle.values.windows import Refund, SeatLot, deadline, take_from
from csp_lifecycle.vocabulary.commands import (
    ChangeTerm,
    CompleteRenewal,
    ConvertTrial,
    EndTerm,
    Purchase,
    StartTrial,
    Upgrade,
)
from csp_lifecycle.vocabulary.events import (
    Purchased,
    Reassignment,
    Renewed,
    TermChanged,
    TrialConverted,
    TrialStarted,
    Upgraded,
)
from csp_lifecycle.vocabulary.subscription import ScheduledChange, Slot


@records(Purchased, Purchase)
def purchased(attempt: Attempt[Purchase]) -> Purchased:
    """A term begins on the instant of the purchase, with its windows (R-PURCHASE-03)."""
    command, policy = attempt.command, next_policy(attempt)
    align = command.align.value if isinstance(command.align, Alignment) else command.align
    return Purchased(
        **_head(attempt),
        **_fresh_term(attempt, policy),
        customer_id=command.customer_id,
        commerce=policy.commerce,
        policy=policy.id,
        auto_renew=policy.auto_renews,
        base_subscription_id=command.base_subscription_id,
        align=align,
        promotion_id=command.promotion_id,
        resellers=command.resellers,
        attested=command.attested,
        friendly_name=command.friendly_name,
        billing_currency=command.billing_currency,
    )


@records(TrialStarted, StartTrial)
def trial_started(attempt: Attempt[StartTrial]) -> TrialStarted:
    """Thirty days begin; what their end converts to is settled now (R-TRIAL-01, R-SCHED-04)."""
    command, policy, wish = attempt.command, next_policy(attempt), wanted(attempt)
    trial = policy.trial
    ends_on = natural_end(command.at.date(), trial.length)
    return TrialStarted(
        **_head(attempt),
        customer_id=command.customer_id,
        offer_id=command.offer_id,
        commerce=policy.commerce,
        policy=policy.id,
        seats=trial.seats,
        term=Term(length=trial.length, starts_at=command.at, ends_on=ends_on),
        default_change=ScheduledChange(offer_id=wish.offer_id, seats=wish.seats, term=wish.length, plan=wish.plan),
        currency=prices_wanted(attempt)[0].currency,
        auto_renew=policy.auto_renews,
        friendly_name=command.friendly_name,
    )


@records(Renewed, EndTerm, CompleteRenewal)
def renewed(attempt: Attempt[EndTerm | CompleteRenewal]) -> Renewed:
    """The next term runs from the day after the old one; its windows open now, at completion (R-RENEW-05)."""
    subscription, policy = attempt.subscription, next_policy(attempt)
    terms = _fresh_term(attempt, policy)
    same_offer = terms["offer_id"] == subscription.offer_id
    same_seats = terms["seats"] == subscription.seats
    changed = None if same_offer else Reassignment.AUTOMATIC if same_seats else Reassignment.MANUAL
    same_terms = same_offer and terms["plan"] is subscription.plan
    same_terms = same_terms and terms["term"].length is running_term(subscription).length
    return Renewed(
        **_head(attempt),
        **terms,
        policy=policy.id,
        auto_renew=subscription.auto_renew,
        applied=applied_at_renewal(attempt),
        promotion_id=subscription.promotion_id if same_terms else None,
        reassignment=changed,
    )


@records(TrialConverted, EndTerm, CompleteRenewal)
def trial_converted_at_its_end(attempt: Attempt[EndTerm | CompleteRenewal]) -> TrialConverted:
    """The scheduled conversion, or the default one, begins a paid term (R-TRIAL-02, R-TRIAL-10)."""
    policy = next_policy(attempt)
    return TrialConverted(
        **_head(attempt),
        **_fresh_term(attempt, policy),
        policy=policy.id,
        auto_renew=attempt.subscription.auto_renew,
        applied=(Slot.NEXT_TERM,) if attempt.subscription.scheduled_change is not None else (),
    )


@records(TrialConverted, ConvertTrial)
def trial_converted(attempt: Attempt[ConvertTrial]) -> TrialConverted:
    """The paid term begins on the instant of the conversion, with its windows (R-TRIAL-08, R-TRIAL-13, AMB-23)."""
    policy = next_policy(attempt)
    return TrialConverted(
        **_head(attempt), **_fresh_term(attempt, policy), policy=policy.id, auto_renew=policy.auto_renews
    )


@records(TermChanged, ChangeTerm)
def term_changed(attempt: Attempt[ChangeTerm]) -> TermChanged:
    """A longer term begins today; it opens no window (R-BILL-13, R-BILL-14)."""
    return TermChanged(**_head(attempt), **_fresh_term(attempt, attempt.policy) | _kept_windows(attempt))


@records(Upgraded, Upgrade)
def upgraded(attempt: Attempt[Upgrade]) -> Upgraded:
    """The offer changes under the same id. A longer term begins today, otherwise the dates stay (R-UPGRADE-12)."""
    subscription, wish = attempt.subscription, wanted(attempt)
    kept = wish.length is running_term(subscription).length
    terms = _running_term(attempt, wish) if kept else _fresh_term(attempt, attempt.policy)
    return Upgraded(
        **_head(attempt),
        **terms | _kept_windows(attempt),
        from_offer_id=subscription.offer_id,
        reassignment=reassignment(attempt),
    )


def _head(attempt: Attempt[Any]) -> dict[str, Any]:
    return {"at": attempt.command.at, "subscription_id": attempt.command.subscription_id}


def next_policy(attempt: Attempt[Any]) -> Policy:
    """The policy of the term that begins: what the catalog, or the purchase, names for that day."""
    offer = offer_wanted(attempt)
    policy = None if offer is None else attempt.market.policy_for(offer, getattr(attempt.command, "policy", None))
    return policy or attempt.policy


def reassignment(attempt: Attempt[Upgrade], *, partial: bool = False) -> Reassignment:
    """Users follow by themselves on a full upgrade from the customer's only subscription of its offer."""
    subscription = attempt.subscription
    others = attempt.held_by(subscription.customer_id)
    alone = all(other.offer_id != subscription.offer_id or not other.seats for other in others)
    return Reassignment.AUTOMATIC if alone and not partial else Reassignment.MANUAL


def _fresh_term(attempt: Attempt[Any], policy: Policy) -> dict[str, Any]:
    """A term from its first instant, with fresh windows that open at the instant of the event."""
    wish, at = wanted(attempt), attempt.command.at
    end = end_wanted(attempt) or wish.natural_end
    term = Term(length=wish.length, starts_at=wish.starts_at, ends_on=end)
    # A shortened term counts its cycles back from its end, any other forwards from its start (R-COTERM-10).
    anchor = term.starts_on if end == wish.natural_end else end + DAY
    return priced(attempt, wish) | {
        "seats": wish.seats,
        "term": term,
        "cycle_anchor": anchor,
        "charge_cycle": cycle_at(
            term.starts_on, anchor=anchor, plan=wish.plan, term=term, month_ends=policy.month_ends
        ),
        "refunds": tuple(
            Refund(kind=window.refund, until=deadline(at, window.length, policy.counting))
            for window in policy.cancellation
        ),
        "seat_lots": (fresh_lot(policy, at, wish.seats),),
    }


def _running_term(attempt: Attempt[Any], wish: Wanted) -> dict[str, Any]:
    """The term that runs already; another plan begins a cycle of its own today."""
    subscription, term = attempt.subscription, running_term(attempt.subscription)
    anchor = subscription.cycle_anchor or term.starts_on
    today = attempt.command.at.date()
    cycle = subscription.charge_cycle
    if cycle is None or wish.plan is not subscription.plan:
        cycle = cycle_at(today, anchor=anchor, plan=wish.plan, term=term, month_ends=attempt.policy.month_ends)
        cycle = Cycle(starts_on=max(cycle.starts_on, today), ends_on=cycle.ends_on)
    return priced(attempt, wish) | {
        "seats": wish.seats,
        "term": term,
        "cycle_anchor": anchor,
        "charge_cycle": cycle,
    }


def priced(attempt: Attempt[Any], wish: Wanted) -> dict[str, Any]:
    """The offer, the plan, and the price they have on the day that counts (R-PURCHASE-10)."""
    price = prices_wanted(attempt)[0]
    return {
        "offer_id": wish.offer_id,
        "plan": wish.plan,
        "unit_price": price.amount,
        "currency": price.currency,
    }


def _kept_windows(attempt: Attempt[Any]) -> dict[str, Any]:
    """No window opens mid-term (R-UPGRADE-13, R-BILL-14): the open ones stay; extra seats have a lot (D-06)."""
    subscription, at = attempt.subscription, attempt.command.at
    lots, extra = subscription.lots_at(at), wanted(attempt).seats - subscription.seats
    if extra > 0:
        lots = (*lots, fresh_lot(attempt.policy, at, extra))
    elif extra < 0:
        lots, _ = take_from(lots, -extra)
    return {"refunds": subscription.refunds_at(at), "seat_lots": lots}


def fresh_lot(policy: Policy, at: datetime, seats: int) -> SeatLot:
    """Seats that may be removed again for as long as the policy says (R-SEATS-03)."""
    return SeatLot(seats=seats, reducible_until=deadline(at, policy.reduction, policy.counting))
