"""On which day a term may be made to end (R-COTERM)."""

from datetime import date
from typing import Any

from csp_lifecycle.policies import facts
from csp_lifecycle.policies.policy import Attempt, guard
from csp_lifecycle.policies.wanted import aligned_end, end_wanted, running_term, wanted
from csp_lifecycle.values.alignment import may_end_a_month
from csp_lifecycle.values.calendar import TermLength, last_of_month
from csp_lifecycle.vocabulary.subscription import Status, Subscription


@guard("custom-end-not-allowed", rule="R-COTERM-07")
def product_may_be_aligned(attempt: Attempt[Any]) -> bool:
    """A trial cannot be aligned: only paid new commerce seats end on a chosen day."""
    return wanted(attempt).end is None or not attempt.subscription.is_trial


@guard("subscription-not-found", rule="R-COTERM-08")
def aligned_subscription_exists(attempt: Attempt[Any]) -> bool:
    """The subscription to align with must exist."""
    wish = wanted(attempt)
    return not isinstance(wish.end, str) or wish.end in attempt.holdings


@guard("custom-end-out-of-term", rule="R-COTERM-05", facts=(facts.ends_on, facts.natural_end))
def end_lies_inside_the_term(attempt: Attempt[Any]) -> bool:
    """A chosen end must lie inside the term: not before its first day, not after its natural end."""
    end, wish = end_wanted(attempt), wanted(attempt)
    return end is None or wish.starts_at.date() <= end <= wish.natural_end


@guard("custom-end-out-of-term", rule="R-COTERM-06", facts=(facts.ends_on,))
def month_may_end_there(attempt: Attempt[Any]) -> bool:
    """A monthly term cannot be made to end on the 28th, 29th or 30th, unless the month ends on that day."""
    end = end_wanted(attempt)
    return end is None or wanted(attempt).length is not TermLength.MONTH or may_end_a_month(end)


@guard("custom-end-no-match", rule="R-COTERM-06", facts=(facts.ends_on,))
def longer_term_is_not_aligned_with_a_month(attempt: Attempt[Any]) -> bool:
    """An annual or triennial term cannot be aligned with a monthly subscription."""
    wish = wanted(attempt)
    other = attempt.holdings.get(wish.end) if isinstance(wish.end, str) else None
    term = None if other is None else other.term
    return term is None or wish.length is TermLength.MONTH or term.length is not TermLength.MONTH


@guard("custom-end-no-match", rule="R-COTERM-08", facts=(facts.ends_on,))
def end_matches_something(attempt: Attempt[Any]) -> bool:
    """A chosen end must be a month's last day or that of an active paid new commerce subscription of the customer."""
    end, wish = end_wanted(attempt), wanted(attempt)
    if isinstance(wish.end, str):
        other = attempt.holdings.get(wish.end)
        return other is not None and _may_be_aligned_with(attempt, other)
    return end is None or end == last_of_month(end) or end in subscription_ends(attempt)


def subscription_ends(attempt: Attempt[Any]) -> frozenset[date]:
    """The days on which the customer's other subscriptions let the wanted term end."""
    latest = wanted(attempt).natural_end
    held = (other for other in attempt.held_by(_customer(attempt)) if _may_be_aligned_with(attempt, other))
    ends = ((running_term(other).ends_on, aligned_end(other, latest)) for other in held)
    return frozenset(day for pair in ends for day in pair)


def _customer(attempt: Attempt[Any]) -> str:
    return getattr(attempt.command, "customer_id", attempt.subscription.customer_id)


def _may_be_aligned_with(attempt: Attempt[Any], other: Subscription) -> bool:
    if other.status is not Status.ACTIVE or other.term is None or other.is_trial:
        return False
    if other.commerce is not attempt.policy.commerce:  # R-COTERM-07
        return False
    if other.customer_id != _customer(attempt) or other.subscription_id == attempt.subscription.subscription_id:
        return False
    return other.term.length is not TermLength.MONTH or wanted(attempt).length is TermLength.MONTH
