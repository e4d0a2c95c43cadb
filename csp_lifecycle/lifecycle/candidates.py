"""For every command, the arguments worth trying: if none of them is legal, no arguments are.

A command is *allowed* when some arguments would make it legal. Which arguments can matter follows from the state
and the catalog, so there are few of them.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, get_args

from csp_lifecycle.lifecycle.step import Holdings
from csp_lifecycle.policies.policy import Market
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary.subscription import LIVE, MovedAddOn, PaymentMethod, Subscription

_NEW_ID = "a new subscription"
_PAID_TERMS = (TermLength.MONTH, TermLength.YEAR, TermLength.THREE_YEARS)

Arguments = Iterator[dict[str, Any]]
_Proposal = Callable[[Subscription, Holdings, Market], Arguments]


def candidates(
    kind: type[c.Command], subscription: Subscription, at: datetime, holdings: Holdings, market: Market
) -> Iterator[c.Command]:
    """Commands of one kind on *subscription* at *at*, the likeliest first."""
    propose = _PROPOSALS.get(kind, _nothing_more)
    for arguments in propose(subscription, holdings, market):
        yield kind(at=at, subscription_id=subscription.subscription_id, **arguments)


ABOUT_ONE = tuple(kind for kind in get_args(c.Command) if kind not in {c.Purchase, c.StartTrial})
"""The commands about a subscription that exists."""


def terms_and_plans() -> Arguments:
    """Every paid term with every plan that fits it, as arguments of a command."""
    for term in _PAID_TERMS:
        yield from ({"term": term, "plan": plan} for plan in Plan if plan.months <= term.months)


def _nothing_more(_: Subscription, __: Holdings, ___: Market) -> Arguments:
    yield {}


def _seats(_: Subscription, __: Holdings, ___: Market) -> Arguments:
    yield {"seats": 1}


def _suspend(subscription: Subscription, _: Holdings, __: Market) -> Arguments:
    yield {}
    yield {"reason": "another than " + ", ".join(subscription.suspension_reasons)}


def _cancel(_: Subscription, __: Holdings, ___: Market) -> Arguments:
    yield {}
    yield {"at_term_end": True}


def _schedule(subscription: Subscription, _: Holdings, market: Market) -> Arguments:
    yield {"seats": subscription.seats + 1}
    if subscription.seats > 1:
        yield {"seats": subscription.seats - 1}
    yield from terms_and_plans()
    for offer_id in _offers_above(subscription, market):
        yield {"offer_id": offer_id}
        yield from ({"offer_id": offer_id, **terms} for terms in terms_and_plans())


def _queue(_: Subscription, __: Holdings, ___: Market) -> Arguments:
    yield from ({"plan": plan} for plan in Plan)


def _change_term(_: Subscription, __: Holdings, ___: Market) -> Arguments:
    yield from terms_and_plans()


def _upgrade(subscription: Subscription, holdings: Holdings, market: Market) -> Arguments:
    seats = max(subscription.seats, 1)
    for offer_id in _offers_above(subscription, market):
        yield {"offer_id": offer_id, "seats": seats}
        yield from ({"offer_id": offer_id, "seats": seats, **terms} for terms in terms_and_plans())
        for few in range(1, min(seats, 2)):
            yield {"offer_id": offer_id, "seats": few, "new_subscription_id": _NEW_ID}
        for other in _others(subscription, holdings):
            yield {"offer_id": offer_id, "seats": seats, "target_subscription_id": other.subscription_id}
            yield {"offer_id": offer_id, "seats": 1, "target_subscription_id": other.subscription_id}
    yield {"offer_id": subscription.offer_id, "seats": seats}


def _convert(subscription: Subscription, holdings: Holdings, market: Market) -> Arguments:
    yield {}
    default = subscription.default_change
    twin = None if default is None else default.offer_id
    offers = [twin, *_offers_above(subscription, market)]
    for offer_id in offers:
        yield from ({"offer_id": offer_id, **terms} for terms in terms_and_plans())
    for other in _others(subscription, holdings):
        yield {"target_subscription_id": other.subscription_id}


def _offers_above(subscription: Subscription, market: Market) -> tuple[str, ...]:
    default = subscription.default_change
    held = subscription.offer_id if default is None or default.offer_id is None else default.offer_id
    offer = market.catalog.offer(held)
    return () if offer is None else offer.upgrades_to


def _others(subscription: Subscription, holdings: Holdings) -> Iterator[Subscription]:
    for name, other in sorted(holdings.items()):
        if name != subscription.subscription_id and other.customer_id == subscription.customer_id:
            yield other


def _extend(_: Subscription, __: Holdings, ___: Market) -> Arguments:
    yield {"card_on_file": True}


def _migrate(subscription: Subscription, holdings: Holdings, market: Market) -> Arguments:
    policy = market.policies.get(subscription.policy)
    move = {"new_subscription_id": _NEW_ID, "add_ons": _along(subscription, holdings, market)}
    if policy is None or policy.closed_cell(subscription.status, c.Migrate) is not None:
        # One offer says that the cell is closed as well as all of them.
        yield move | {"offer_id": subscription.offer_id}
        return
    for offer_id, offer in sorted(market.catalog.offers.items()):
        if offer.commerce is not subscription.commerce and offer.prices:
            into = move | {"offer_id": offer_id}
            yield into
            yield into | {"full_term": True}
            pairs = dict.fromkeys((price.term, price.plan) for price in offer.prices)
            yield from (into | {"term": term, "plan": plan, "full_term": True} for term, plan in pairs)
    yield move | {"offer_id": subscription.offer_id}


def _along(subscription: Subscription, holdings: Holdings, market: Market) -> tuple[MovedAddOn, ...]:
    """The live add-ons of a base, each to an add-on of another commerce model."""
    offers = market.catalog.offers.values()
    into = [offer.offer_id for offer in offers if offer.add_on_to and offer.commerce is not subscription.commerce]
    attached = (
        name
        for name, other in sorted(holdings.items())
        if other.base_subscription_id == subscription.subscription_id and other.status in LIVE
    )
    return tuple(
        MovedAddOn(subscription_id=name, new_subscription_id=f"{_NEW_ID} for {name}", offer_id=offer_id)
        for name in attached
        for offer_id in into[:1]
    )


def _transfer(_: Subscription, __: Holdings, ___: Market) -> Arguments:
    yield {"new_subscription_id": _NEW_ID, "partner_id": "another partner"}


def _pay(subscription: Subscription, _: Holdings, __: Market) -> Arguments:
    yield from ({"method": method} for method in PaymentMethod if method is not subscription.payment_method)


def _rename(subscription: Subscription, _: Holdings, __: Market) -> Arguments:
    yield {"friendly_name": "another than " + (subscription.friendly_name or "none")}


_PROPOSALS: dict[type[c.Command], _Proposal] = {
    c.AddSeats: _seats,
    c.RemoveSeats: _seats,
    c.Suspend: _suspend,
    c.Cancel: _cancel,
    c.ScheduleChange: _schedule,
    c.QueueBillingPlan: _queue,
    c.ChangeTerm: _change_term,
    c.Upgrade: _upgrade,
    c.ConvertTrial: _convert,
    c.ExtendTrial: _extend,
    c.Migrate: _migrate,
    c.Transfer: _transfer,
    c.ChangePaymentMethod: _pay,
    c.Rename: _rename,
}
