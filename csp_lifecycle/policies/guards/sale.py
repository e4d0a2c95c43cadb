"""What must hold wherever terms are sold: bought, renewed, scheduled, converted, upgraded or changed."""

from typing import Any

from csp_lifecycle.policies import facts
from csp_lifecycle.policies.policy import Attempt, guard
from csp_lifecycle.policies.wanted import offer_wanted, prices_wanted, wanted
from csp_lifecycle.vocabulary.commands import Purchase


@guard("offer-not-found", rule="R-PURCHASE-02", facts=(facts.offer_id,))
def offer_is_for_sale(attempt: Attempt[Any]) -> bool:
    """The offer must be in the catalog."""
    return offer_wanted(attempt) is not None


@guard("quantity-out-of-range", rule="R-PURCHASE-07")
def terms_are_named(attempt: Attempt[Purchase]) -> bool:
    """An offer that is sold by the seat needs seats, a term and a plan."""
    return attempt.command.seats is not None


@guard("billing-cycle-longer-than-term", rule="R-PURCHASE-04", facts=(facts.term, facts.plan))
def plan_fits_term(attempt: Attempt[Any]) -> bool:
    """A billing plan cannot be longer than the term it is charged in."""
    wish = wanted(attempt)
    return wish.plan.months <= wish.length.months


@guard(
    "plan-not-offered",
    rule="R-PURCHASE-10",
    facts=(facts.offer_id, facts.term, facts.plan, facts.priced_on),
)
def plan_is_priced(attempt: Attempt[Any]) -> bool:
    """The catalog must have a price for this term and plan on that day, in the subscription's currency."""
    return bool(prices_wanted(attempt))


@guard("plan-not-offered", rule="R-PURCHASE-10", facts=(facts.offer_id, facts.term, facts.plan, facts.priced_on))
def queued_plan_is_priced(attempt: Attempt[Any]) -> bool:
    """The catalog must have a price for the queued plan, of the day on which the term began."""
    return attempt.subscription.queued_plan is None or bool(prices_wanted(attempt))


@guard("billing-currency-required", rule="R-MARKET-05", facts=(facts.offer_id,))
def currency_is_settled(attempt: Attempt[Any]) -> bool:
    """An offer that is priced in several currencies needs a billing_currency."""
    return len(prices_wanted(attempt)) == 1


@guard("quantity-out-of-range", rule="R-PURCHASE-07", facts=(facts.seats, facts.min_seats, facts.max_seats))
def seats_are_in_range(attempt: Attempt[Any]) -> bool:
    """The number of seats must lie inside the range the offer is sold in."""
    wish = wanted(attempt)
    offer, count = attempt.market.catalog.offer(wish.offer_id), wish.seats
    return count >= 1 and (offer is None or offer.holds(count))


@guard("policy-not-found", rule="R-EST-06", facts=(facts.policy, facts.known))
def policy_is_known(attempt: Attempt[Any]) -> bool:
    """The policy named for the new term must be one that this installation has, and made for the offer's model."""
    offer = offer_wanted(attempt)
    return offer is not None and attempt.market.policy_for(offer, attempt.named_policy) is not None
