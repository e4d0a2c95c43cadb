"""What must hold in the models beside new commerce: legacy, marketplace, Dynamics direct and usage."""

from typing import Any

from csp_lifecycle.policies import facts
from csp_lifecycle.policies.policy import Attempt, guard
from csp_lifecycle.policies.wanted import offer_wanted, running_term, wanted
from csp_lifecycle.values.calendar import DAY, TermLength, add_months
from csp_lifecycle.vocabulary.commands import Cancel, ChangeTerm, ConvertTrial, Migrate, Purchase, Reactivate, Upgrade
from csp_lifecycle.vocabulary.subscription import LIVE, Commerce, EndReason, Status, Subscription


@guard("term-invalid", rule="R-PURCHASE-05", facts=(facts.term, facts.plan))
def term_is_sold(attempt: Attempt[Any]) -> bool:
    """This commerce model does not sell the term with this plan."""
    wish = wanted(attempt)
    return wish.plan in attempt.policy.terms.get(wish.length, ())


@guard("not-supported", rule="R-COTERM-07")
def end_is_natural(attempt: Attempt[Purchase]) -> bool:
    """Only new commerce terms can be made to end on a chosen day."""
    return wanted(attempt).end is None


@guard("offer-unavailable", rule="R-PURCHASE-09", facts=(facts.unavailable,))
def offer_is_available(attempt: Attempt[Purchase]) -> bool:
    """The publisher's offer cannot be bought here."""
    offer = offer_wanted(attempt)
    return offer is None or offer.unavailable is None


@guard("quantity-out-of-range", rule="R-CUSTOMER-02", facts=(facts.seats, facts.new_customer_min_seats))
def new_customer_buys_enough(attempt: Attempt[Purchase]) -> bool:
    """A new customer has to begin with more seats."""
    offer = offer_wanted(attempt)
    least = None if offer is None else offer.new_customer_min_seats
    held = (other for other in attempt.held_by(attempt.command.customer_id) if other.status in LIVE)
    known = any(other.commerce is attempt.policy.commerce and not other.is_trial for other in held)
    return least is None or known or wanted(attempt).seats >= least


@guard("not-supported", rule="R-USAGE-06")
def no_terms_are_named(attempt: Attempt[Purchase]) -> bool:
    """An offer without prices is billed by usage: it takes no seats, term or plan."""
    return attempt.command.seats is None


@guard("add-on-without-base", rule="R-ADDON-01", facts=(facts.offer_id,))
def add_on_names_its_base(attempt: Attempt[Purchase]) -> bool:
    """A legacy add-on is bought from its base: name it as base_subscription_id."""
    offer = offer_wanted(attempt)
    return offer is None or not offer.add_on_to or attempt.command.base_subscription_id is not None


@guard("conflict", rule="R-LOCK-06", facts=(facts.base_status,), remedies=("complete-renewal",))
def base_term_is_running(attempt: Attempt[Purchase]) -> bool:
    """An add-on shares its base's term, and that one is over: try again once the base has renewed."""
    base = facts.base(attempt)
    return base is None or (base.status is Status.ACTIVE and running_term(base).ends_before > attempt.command.at)


@guard("not-supported", rule="R-EST-02")
def end_is_not_chosen(attempt: Attempt[Cancel]) -> bool:
    """When a cancellation takes effect is settled here: leave at_term_end out."""
    return not attempt.command.at_term_end


@guard("suspended-no-update", rule="R-SUSP-09", remedies=("reactivate",))
def base_takes_it_along(attempt: Attempt[Cancel]) -> bool:
    """A suspended legacy subscription can only be reactivated; an add-on ends with its base."""
    base = facts.base(attempt)
    return base is not None and base.end_reason is EndReason.CANCELED


@guard("base-not-active", rule="R-SUSP-10", facts=(facts.base_status,))
def base_is_active_again(attempt: Attempt[Reactivate]) -> bool:
    """An add-on cannot be reactivated while its base is not active."""
    base = facts.base(attempt)
    return base is None or base.status in {Status.ACTIVE, Status.RENEWING}


@guard("not-supported", rule="R-UPGRADE-20")
def upgrade_is_whole_and_in_place(attempt: Attempt[Upgrade]) -> bool:
    """A legacy upgrade moves every seat in place, or nothing."""
    command = attempt.command
    elsewhere = (command.new_subscription_id, command.target_subscription_id) != (None, None)
    return not elsewhere and command.seats >= attempt.subscription.seats


@guard("target-not-eligible", rule="R-UPGRADE-20", facts=(facts.offer_id,))
def target_is_not_held(attempt: Attempt[Upgrade]) -> bool:
    """The customer must not hold the target offer already."""
    others = attempt.held_by(attempt.subscription.customer_id)
    return not any(other.offer_id == attempt.command.offer_id and other.status in LIVE for other in others)


@guard("not-supported", rule="R-TRIAL-17")
def conversion_is_in_place(attempt: Attempt[ConvertTrial]) -> bool:
    """Outside new commerce a trial becomes paid under its own id; its seats go nowhere else."""
    return attempt.command.target_subscription_id is None


@guard("not-supported", rule="R-BILL-16", facts=(facts.term,))
def term_stays_a_year(attempt: Attempt[ChangeTerm]) -> bool:
    """A legacy subscription can change its plan, but not the length of its term."""
    return attempt.command.term is TermLength.YEAR


@guard("term-shorter", rule="R-BILL-17", facts=(facts.term,))
def term_is_not_cut_short(attempt: Attempt[ChangeTerm]) -> bool:
    """The term cannot become shorter while it runs."""
    return attempt.command.term.months >= running_term(attempt.subscription).length.months


@guard("already-in-state", rule="R-BILL-17", facts=(facts.term, facts.plan))
def terms_are_others(attempt: Attempt[ChangeTerm]) -> bool:
    """The subscription has this term and plan already."""
    wish, subscription = wanted(attempt), attempt.subscription
    return (wish.plan, wish.length) != (subscription.plan, running_term(subscription).length)


@guard("already-in-state", rule="R-BILL-16", facts=(facts.plan,))
def plan_is_another(attempt: Attempt[ChangeTerm]) -> bool:
    """The subscription is charged by this plan already."""
    return wanted(attempt).plan is not attempt.subscription.plan


@guard("legacy-frequency", rule="R-BILL-16", facts=(facts.base_subscription_id, facts.attached))
def order_changes_together(attempt: Attempt[ChangeTerm]) -> bool:
    """A base and its add-ons change together: all active and on one plan; an add-on changes only with its base."""
    subscription, base = attempt.subscription, facts.base(attempt)
    if base is not None:
        return running_term(base).starts_at == attempt.command.at and base.plan is attempt.command.plan
    add_ons = [other for other in attempt.holdings.values() if _is_attached(other, subscription)]
    live = [other for other in add_ons if other.status in LIVE]
    return all(other.status is Status.ACTIVE and other.plan is subscription.plan for other in live)


def _is_attached(other: Subscription, base: Subscription) -> bool:
    return other.base_subscription_id == base.subscription_id


@guard("cancellation-window-closed", rule="R-CANCEL-10", facts=(facts.closed_at,))
def order_is_fresh(attempt: Attempt[Cancel]) -> bool:
    """An order that waits for its publisher can be canceled only while its cancellation window is open."""
    return bool(attempt.subscription.refunds_at(attempt.command.at))


@guard("already-in-state", rule="R-CANCEL-10")
def cancellation_is_news(attempt: Attempt[Any]) -> bool:
    """The cancellation is scheduled already."""
    return not attempt.subscription.cancellation_scheduled


@guard("not-reactivable", rule="R-STATUS-03")
def account_was_paid_for(attempt: Attempt[Reactivate]) -> bool:
    """A trial that has ended does not come back; purchase the offer."""
    return not attempt.subscription.is_trial


@guard("migration-not-eligible", rule="R-MIGRATE-04", facts=(facts.promotion_id,))
def no_promotion_holds_it(attempt: Attempt[Migrate]) -> bool:
    """A subscription with a promotion cannot be migrated."""
    return attempt.subscription.promotion_id is None


@guard("migration-not-eligible", rule="R-MIGRATE-04", facts=(facts.began_at,))
def it_is_a_month_old(attempt: Attempt[Migrate]) -> bool:
    """A subscription can be migrated one month after it was bought."""
    # An add-on has a limit of its own, which its base is asked about.
    attached = attempt.subscription.base_subscription_id is not None
    return attached or attempt.command.at.date() >= add_months(facts.began_at(attempt).date(), 1)


@guard("migration-not-eligible", rule="R-MIGRATE-05", facts=(facts.attached,))
def its_add_ons_are_no_news(attempt: Attempt[Migrate]) -> bool:
    """A base and its add-ons can be migrated 30 days after the last add-on was bought."""
    add_ons = (attempt.holdings[name] for name in facts.attached(attempt))
    return all(attempt.command.at >= facts.began(add_on) + 30 * DAY for add_on in add_ons)


@guard("quantity-out-of-range", rule="R-PURCHASE-07", facts=(facts.seats, facts.max_seats))
def offer_has_room(attempt: Attempt[Migrate]) -> bool:
    """With the seats of the new offer that the customer holds already, a migration stays below the most it is sold."""
    offer, held = offer_wanted(attempt), attempt.held_by(attempt.subscription.customer_id)
    seats = sum(other.seats for other in held if other.offer_id == attempt.command.offer_id)
    return offer is None or offer.holds(seats + wanted(attempt).seats)


@guard("migration-not-eligible", rule="R-MIGRATE-04", facts=(facts.ended_at,))
def it_is_not_the_last_day(attempt: Attempt[Migrate]) -> bool:
    """In the last 24 hours of its term a subscription can be migrated only with full_term."""
    left = running_term(attempt.subscription).ends_before - attempt.command.at
    return attempt.command.full_term or left > DAY


@guard("migration-not-eligible", rule="R-MIGRATE-04", facts=(facts.offer_id,))
def offer_is_new_commerce(attempt: Attempt[Migrate]) -> bool:
    """A migration leads to an offer of new commerce."""
    offer = offer_wanted(attempt)
    return offer is not None and offer.commerce is Commerce.NEW_COMMERCE and not offer.trial


@guard("migration-not-eligible", rule="R-MIGRATE-05", facts=(facts.attached,))
def no_add_on_stays_behind(attempt: Attempt[Migrate]) -> bool:
    """A base and its active add-ons are migrated together or not at all: name every one of them in add_ons."""
    named = {one.subscription_id for one in attempt.command.add_ons}
    return set(facts.attached(attempt)) == named


@guard("migration-not-eligible", rule="R-MIGRATE-05", facts=(facts.base_status,))
def add_on_goes_with_its_base(attempt: Attempt[Migrate]) -> bool:
    """An add-on is migrated with its base, not by itself: migrate the base and name the add-on there."""
    base = facts.attached_to(attempt)
    return base is None or base.end_reason is EndReason.MIGRATED
