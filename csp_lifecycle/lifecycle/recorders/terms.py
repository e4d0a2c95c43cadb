"""Recorders of events that bring terms: purchase, trial, renewal, conversion, term change, upgrade in place."""

from typing import Any, cast

from csp_lifecycle.lifecycle.recorders.registry import records
from csp_lifecycle.lifecycle.recorders.windows import fresh_windows, kept_windows
from csp_lifecycle.policies.policy import Attempt, Policy
from csp_lifecycle.policies.terms import ExtendedTerm
from csp_lifecycle.policies.wanted import (
    Wanted,
    applied_at_renewal,
    end_wanted,
    extends,
    offer_wanted,
    prices_wanted,
    running_term,
    wanted,
)
from csp_lifecycle.values.calendar import DAY, Cycle, Term, cycle_at
from csp_lifecycle.vocabulary.commands import (
    ChangeTerm,
    CompleteRenewal,
    ConvertTrial,
    EndTerm,
    Upgrade,
)
from csp_lifecycle.vocabulary.events import (
    Reassignment,
    Renewed,
    TermChanged,
    TrialConverted,
    Upgraded,
)
from csp_lifecycle.vocabulary.subscription import Slot


@records(Renewed, EndTerm, CompleteRenewal)
def renewed(attempt: Attempt[EndTerm | CompleteRenewal]) -> Renewed:
    """The next term runs from the day after the old one; its windows open now, at completion (R-RENEW-05)."""
    subscription, policy = attempt.subscription, next_policy(attempt)
    terms = _next_term(attempt, policy)
    same_offer = terms["offer_id"] == subscription.offer_id
    same_seats = terms["seats"] == subscription.seats
    changed = None if same_offer else Reassignment.AUTOMATIC if same_seats else Reassignment.MANUAL
    same_terms = same_offer and terms["plan"] is subscription.plan
    same_terms = same_terms and terms["term"].length is running_term(subscription).length
    return Renewed(
        **head(attempt),
        **terms,
        policy=policy.id,
        auto_renew=subscription.auto_renew or extends(attempt),
        applied=applied_at_renewal(attempt),
        promotion_id=subscription.promotion_id if same_terms else None,
        reassignment=changed,
    )


@records(TrialConverted, EndTerm, CompleteRenewal)
def trial_converted_at_its_end(attempt: Attempt[EndTerm | CompleteRenewal]) -> TrialConverted:
    """The scheduled conversion, or the default one, begins a paid term (R-TRIAL-02, R-TRIAL-10)."""
    policy = next_policy(attempt)
    return TrialConverted(
        **head(attempt),
        **_next_term(attempt, policy),
        policy=policy.id,
        auto_renew=attempt.subscription.auto_renew,
        applied=(Slot.NEXT_TERM,) if attempt.subscription.scheduled_change is not None else (),
    )


@records(TrialConverted, ConvertTrial)
def trial_converted(attempt: Attempt[ConvertTrial]) -> TrialConverted:
    """The paid term begins on the instant of the conversion, with its windows (R-TRIAL-08, R-TRIAL-13, AMB-23)."""
    policy = next_policy(attempt)
    return TrialConverted(
        **head(attempt), **fresh_term(attempt, policy), policy=policy.id, auto_renew=policy.auto_renews
    )


@records(TermChanged, ChangeTerm)
def term_changed(attempt: Attempt[ChangeTerm]) -> TermChanged:
    """A longer term begins today; it opens no window (R-BILL-13, R-BILL-14)."""
    terms = fresh_term(attempt, attempt.policy)
    if not attempt.policy.term_change_window:
        terms |= kept_windows(attempt, terms["term"])
    return TermChanged(**head(attempt), **terms)


@records(Upgraded, Upgrade)
def upgraded(attempt: Attempt[Upgrade]) -> Upgraded:
    """The offer changes under the same id. A longer term begins today, otherwise the dates stay (R-UPGRADE-12)."""
    subscription, wish = attempt.subscription, wanted(attempt)
    kept = wish.length is running_term(subscription).length
    terms = _running_term(attempt, wish) if kept else fresh_term(attempt, attempt.policy)
    return Upgraded(
        **head(attempt),
        **terms | kept_windows(attempt, terms["term"]),
        from_offer_id=subscription.offer_id,
        reassignment=reassignment(attempt),
    )


def head(attempt: Attempt[Any]) -> dict[str, Any]:
    """When it took effect, and on which subscription."""
    return {"at": attempt.command.at, "subscription_id": attempt.command.subscription_id}


def next_policy(attempt: Attempt[Any]) -> Policy:
    """The policy of the term that begins: what the catalog, or the purchase, names for that day."""
    if isinstance(attempt.command, (EndTerm, CompleteRenewal)) and extends(attempt):
        return attempt.market.policies[cast("ExtendedTerm", attempt.policy.extended_term).policy]
    offer = offer_wanted(attempt)
    policy = None if offer is None else attempt.market.policy_for(offer, attempt.named_policy)
    return policy or attempt.policy


def reassignment(attempt: Attempt[Upgrade], *, partial: bool = False) -> Reassignment:
    """Users follow by themselves on a full upgrade from the customer's only subscription of its offer."""
    subscription = attempt.subscription
    others = attempt.held_by(subscription.customer_id)
    alone = all(other.offer_id != subscription.offer_id or not other.seats for other in others)
    return Reassignment.AUTOMATIC if alone and not partial else Reassignment.MANUAL


def fresh_term(attempt: Attempt[Any], policy: Policy) -> dict[str, Any]:
    """A term from its first instant, with fresh windows that open at the instant of the event."""
    wish, at = wanted(attempt), attempt.command.at
    end = end_wanted(attempt) or wish.natural_end
    term = Term(length=wish.length, starts_at=wish.starts_at, ends_on=end)
    # A shortened term counts its cycles back from its end, any other forwards from its start (R-COTERM-10).
    anchor = (wish.anchor or term.starts_on) if end == wish.natural_end else end + DAY
    first = cycle_at(term.starts_on, anchor=anchor, plan=wish.plan, term=term, month_ends=policy.month_ends)
    terms = {"seats": wish.seats, "term": term, "cycle_anchor": anchor, "charge_cycle": first}
    return priced(attempt, wish) | terms | fresh_windows(policy, at, wish.seats, wish.plan, term)


def _next_term(attempt: Attempt[Any], policy: Policy) -> dict[str, Any]:
    """As a fresh term; where windows count from the order alone, a later term opens none (D-04)."""
    terms = fresh_term(attempt, policy)
    return terms if policy.windows_reopen else terms | {"refunds": ()}


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
