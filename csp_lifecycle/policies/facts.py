"""The facts a refusal shows as evidence: each reads one thing from the attempt, and is printed by its name."""

from datetime import date, datetime
from typing import Any, cast

from csp_lifecycle.policies.policy import Attempt
from csp_lifecycle.policies.wanted import end_wanted, offer_wanted, running_term, wanted
from csp_lifecycle.vocabulary.subscription import LIVE, Status, Subscription

Any_ = Attempt[Any]


def status(attempt: Any_) -> Status:
    """The status of the subscription."""
    return attempt.subscription.status


def offer_id(attempt: Any_) -> str:
    """The wanted offer."""
    return wanted(attempt).offer_id


def policy(attempt: Any_) -> str | None:
    """The id of the policy that was asked for the new term."""
    offer = offer_wanted(attempt)
    return None if offer is None else attempt.market.policy_id_for(offer, attempt.named_policy)


def known(attempt: Any_) -> tuple[str, ...]:
    """The installed policies of the wanted offer's commerce model."""
    offer = offer_wanted(attempt)
    return () if offer is None else attempt.market.policies_of(offer.commerce)


def term(attempt: Any_) -> str:
    """The wanted term length."""
    return wanted(attempt).length.value


def plan(attempt: Any_) -> str:
    """The wanted plan."""
    return wanted(attempt).plan.value


def priced_on(attempt: Any_) -> date:
    """The day whose price list counts."""
    return wanted(attempt).priced_on


def seats(attempt: Any_) -> int:
    """The wanted number of seats."""
    return wanted(attempt).seats


def seats_now(attempt: Any_) -> int:
    """The number of seats in force."""
    return attempt.subscription.seats


def min_seats(attempt: Any_) -> int:
    """The fewest seats the wanted offer is sold with."""
    offer = offer_wanted(attempt)
    return 1 if offer is None else offer.min_seats


def max_seats(attempt: Any_) -> int | None:
    """The most seats the wanted offer is sold with."""
    offer = offer_wanted(attempt)
    return None if offer is None else offer.max_seats


def reducible_seats(attempt: Any_) -> int:
    """How many seats may be removed at the instant of the command."""
    return attempt.subscription.reducible_seats(attempt.command.at)


def closed_at(attempt: Any_) -> datetime | None:
    """When the cancellation window closed."""
    return max((refund.until for refund in attempt.subscription.refunds), default=None)


def reducible_until(attempt: Any_) -> datetime | None:
    """When the last lot of seats closed, or closes."""
    return max((lot.reducible_until for lot in attempt.subscription.seat_lots), default=None)


def natural_end(attempt: Any_) -> date:
    """The last day of the unshortened term."""
    return wanted(attempt).natural_end


def ends_on(attempt: Any_) -> date | None:
    """The last day that was asked for."""
    return end_wanted(attempt)


def ended_at(attempt: Any_) -> datetime:
    """The first instant after the running term."""
    return running_term(attempt.subscription).ends_before


def in_flight(attempt: Any_) -> str | None:
    """What is in flight."""
    flight = attempt.subscription.in_flight
    return None if flight is None else flight.value


def suspension_reasons(attempt: Any_) -> tuple[str, ...]:
    """The reasons for which the subscription is suspended."""
    return attempt.subscription.suspension_reasons


def promotion_id(attempt: Any_) -> str | None:
    """The promotion the subscription was bought with."""
    return attempt.subscription.promotion_id


def updates(attempt: Any_) -> int:
    """How many updates the subscription has taken since it was bought."""
    return attempt.subscription.updates


def resellers(attempt: Any_) -> tuple[str, ...]:
    """The resellers that were named."""
    return tuple(attempt.command.resellers)


def held_subscription_id(attempt: Any_) -> str | None:
    """The subscription of the same offer that the customer already holds."""
    held = holding_of(attempt, offer_id(attempt))
    return None if held is None else held.subscription_id


def target_subscription_id(attempt: Any_) -> str | None:
    """The existing subscription that seats were to go to."""
    return getattr(attempt.command, "target_subscription_id", None)


def target_status(attempt: Any_) -> Status | None:
    """The status of the existing subscription that seats were to go to."""
    other = target(attempt)
    return None if other is None else other.status


def target_closes_at(attempt: Any_) -> datetime | None:
    """When the target's cancellation window closes."""
    other = target(attempt)
    return None if other is None else other.cancellable_until(attempt.command.at)


def base_status(attempt: Any_) -> Status | None:
    """The status of the base subscription."""
    other = base(attempt)
    return None if other is None else other.status


def unavailable(attempt: Any_) -> str | None:
    """Why the publisher's offer cannot be bought."""
    offer = offer_wanted(attempt)
    return None if offer is None or offer.unavailable is None else offer.unavailable.value


def new_customer_min_seats(attempt: Any_) -> int | None:
    """The fewest seats a new customer can begin with."""
    offer = offer_wanted(attempt)
    return None if offer is None else offer.new_customer_min_seats


def began_at(attempt: Any_) -> datetime:
    """When the subscription was bought."""
    return began(attempt.subscription)


def began(subscription: Subscription) -> datetime:
    """When a subscription was bought, as every one with an event was."""
    return cast("datetime", subscription.began_at)


def base_subscription_id(attempt: Any_) -> str | None:
    """The base that the subscription is attached to."""
    return attempt.subscription.base_subscription_id


def new_subscription_id(attempt: Any_) -> str | None:
    """The id that a new subscription was to have."""
    named: str | None = attempt.command.new_subscription_id
    return named


def attached(attempt: Any_) -> tuple[str, ...]:
    """The live add-ons that are attached to the subscription."""
    base_id = attempt.subscription.subscription_id
    others = sorted(attempt.holdings.items())
    return tuple(name for name, other in others if other.base_subscription_id == base_id and other.status in LIVE)


def target(attempt: Any_) -> Subscription | None:
    """The existing subscription that seats are to go to, if it is known."""
    return attempt.holdings.get(target_subscription_id(attempt) or "")


def base(attempt: Any_) -> Subscription | None:
    """The base of an add-on: of the one that is bought, or of the one that is held."""
    named = getattr(attempt.command, "base_subscription_id", None) or attempt.subscription.base_subscription_id
    return attempt.holdings.get(named or "")


def attached_to(attempt: Any_) -> Subscription | None:
    """The base that the subscription is attached to, if it is known."""
    return attempt.holdings.get(attempt.subscription.base_subscription_id or "")


def holding_of(attempt: Any_, offer: str) -> Subscription | None:
    """A live subscription of *offer*, or one that will become it, that the customer holds beside the subject.

    A trial counts as its paid twin, and what is scheduled counts beside what is held (D-21).
    """
    customer = getattr(attempt.command, "customer_id", attempt.subscription.customer_id)
    held = (other for other in attempt.held_by(customer) if other.status in LIVE)
    return next((other for other in held if offer in _counts_as(other)), None)


def _counts_as(held: Subscription) -> set[str | None]:
    coming = (held.scheduled_change, held.default_change)
    return {held.offer_id, *(change.offer_id for change in coming if change is not None)}
