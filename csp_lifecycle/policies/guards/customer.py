"""Who may buy what: attestation, resellers, one per customer, add-ons and their base, trials."""

from typing import Any

from csp_lifecycle.policies import facts
from csp_lifecycle.policies.policy import Attempt, guard
from csp_lifecycle.policies.wanted import offer_wanted, wanted
from csp_lifecycle.vocabulary.commands import Purchase, StartTrial
from csp_lifecycle.vocabulary.subscription import LIVE, Status, Subscription


@guard("attestation-missing", rule="R-ATTEST-01")
def attestation_is_given(attempt: Attempt[Purchase]) -> bool:
    """This offer is sold only to a partner who attests to act as one: set attested to true."""
    offer = offer_wanted(attempt)
    return offer is None or attempt.command.attested or not offer.requires_attestation


@guard("reseller-invalid", rule="R-ATTEST-03", facts=(facts.resellers,))
def resellers_are_few(attempt: Attempt[Purchase]) -> bool:
    """At most five resellers can be named, the initial one among them."""
    return len(attempt.command.resellers) <= attempt.policy.max_resellers


@guard("reseller-invalid", rule="R-ATTEST-06", facts=(facts.resellers,))
def resellers_differ(attempt: Attempt[Purchase]) -> bool:
    """A reseller can be named only once."""
    return len(set(attempt.command.resellers)) == len(attempt.command.resellers)


@guard("purchase-limit", rule="R-PURCHASE-08", facts=(facts.held_subscription_id,), remedies=("reactivate",))
def no_suspended_holding(attempt: Attempt[Purchase]) -> bool:
    """A customer can hold this offer only once, and holds it suspended: reactivate that subscription instead."""
    held = _only_holding(attempt)
    return held is None or held.status is not Status.SUSPENDED


@guard("purchase-limit", rule="R-CUSTOMER-01", facts=(facts.held_subscription_id,), remedies=("add-seats",))
def offer_is_not_held(attempt: Attempt[Purchase]) -> bool:
    """A customer can hold this offer only once: change the subscription that is there."""
    return _only_holding(attempt) is None


@guard("purchase-limit", rule="R-CUSTOMER-01", facts=(facts.offer_id, facts.held_subscription_id))
def no_second_one_comes_of_it(attempt: Attempt[Any]) -> bool:
    """A customer can hold this offer only once, and holds another subscription of it, or of what becomes it."""
    return _only_holding(attempt) is None


def _only_holding(attempt: Attempt[Any]) -> Subscription | None:
    offer = offer_wanted(attempt)
    if offer is None or not offer.one_per_customer:
        return None
    return facts.holding_of(attempt, offer.offer_id)


@guard("subscription-not-found", rule="R-ADDON-01")
def base_exists(attempt: Attempt[Purchase]) -> bool:
    """The base subscription must exist."""
    return attempt.command.base_subscription_id is None or facts.base(attempt) is not None


@guard("add-on-parent-mismatch", rule="R-ADDON-02", facts=(facts.offer_id,))
def base_takes_the_add_on(attempt: Attempt[Purchase]) -> bool:
    """The base must belong to the same customer and hold an offer that this add-on extends."""
    base, offer = facts.base(attempt), offer_wanted(attempt)
    if base is None or offer is None:
        return attempt.command.base_subscription_id is None
    if attempt.policy.add_ons_share_the_term and base.term is None:
        return False
    return base.offer_id in offer.add_on_to and base.customer_id == attempt.command.customer_id


@guard("base-not-active", rule="R-ADDON-01", facts=(facts.base_status,))
def base_is_active(attempt: Attempt[Purchase]) -> bool:
    """An add-on can be attached only to a paid base that is active."""
    base = facts.base(attempt)
    return base is None or _can_carry(base)


@guard("add-on-without-base", rule="R-ADDON-05", facts=(facts.offer_id,))
def compatible_base_is_held(attempt: Attempt[Purchase]) -> bool:
    """An add-on needs a compatible active base among the customer's subscriptions."""
    offer = offer_wanted(attempt)
    if offer is None or not offer.add_on_to or attempt.command.base_subscription_id is not None:
        return True
    held = attempt.held_by(attempt.command.customer_id)
    return any(other.offer_id in offer.add_on_to and _can_carry(other) for other in held)


def _can_carry(base: Subscription) -> bool:
    return base.status in {Status.ACTIVE, Status.RENEWING} and not base.is_trial


@guard("trial-not-eligible", rule="R-TRIAL-16", facts=(facts.offer_id,))
def offer_has_a_trial(attempt: Attempt[StartTrial]) -> bool:
    """A trial starts from a trial offer whose paid twin is no add-on; anything else is purchased."""
    offer = attempt.market.catalog.offer(attempt.command.offer_id)
    twin = offer_wanted(attempt)
    return offer is not None and offer.trial and twin is not None and not twin.add_on_to


@guard("offer-not-found", rule="R-PURCHASE-02")
def trial_is_for_sale(attempt: Attempt[StartTrial]) -> bool:
    """The trial offer must be in the catalog."""
    return attempt.market.catalog.offer(attempt.command.offer_id) is not None


@guard("trial-not-eligible", rule="R-TRIAL-16", facts=(facts.held_subscription_id,))
def offer_is_new_to_the_customer(attempt: Attempt[StartTrial]) -> bool:
    """A customer gets one trial of an offer, and none of an offer it owns."""
    others = attempt.held_by(attempt.command.customer_id)
    had = any(other.trial_offer_id == attempt.command.offer_id for other in others)
    return not had and not any(other.offer_id == wanted(attempt).offer_id and other.status in LIVE for other in others)
