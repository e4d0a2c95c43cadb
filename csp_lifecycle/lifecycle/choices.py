"""The choices a command leaves: on which day a term may end, and where an upgrade may lead.

Like legality, this knows no rule: it decides a command for every choice and reports what it was told.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from attrs import frozen

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.lifecycle.candidates import terms_and_plans
from csp_lifecycle.lifecycle.due import catch_up
from csp_lifecycle.lifecycle.legality import refused
from csp_lifecycle.lifecycle.step import Holdings
from csp_lifecycle.policies.policy import Market
from csp_lifecycle.policies.wanted import aligned_end
from csp_lifecycle.values.alignment import Alignment, calendar_month_end
from csp_lifecycle.values.calendar import DAY, Plan, TermLength, last_of_month, natural_end
from csp_lifecycle.vocabulary.catalog import Offer
from csp_lifecycle.vocabulary.commands import Command, ConvertTrial, Purchase, Upgrade
from csp_lifecycle.vocabulary.subscription import Subscription

_NEW_ID = "a new subscription"


@frozen(kw_only=True)
class CustomEnd:
    """One inclusive last day for a term bought at an instant; `align` names what it is aligned with.

    `ends_on` is None where nothing can be resolved.
    """

    ends_on: date | None
    align: str | None
    refusal: CommandRefusedError | None

    @property
    def legal(self) -> bool:
        """Whether the day may be chosen."""
        return self.refusal is None


@frozen(kw_only=True)
class UpgradeTarget:
    """An offer that a subscription may be upgraded to, or an existing subscription its seats may move to."""

    offer_id: str
    subscription_id: str | None
    refusal: CommandRefusedError | None

    @property
    def legal(self) -> bool:
        """Whether the upgrade is legal now."""
        return self.refusal is None


def custom_ends(
    customer_id: str, offer: Offer, length: TermLength, at: datetime, holdings: Holdings, market: Market
) -> tuple[CustomEnd, ...]:
    """The days on which a term of *offer* that *customer_id* buys at *at* may end, earliest first (R-COTERM)."""
    now = catch_up(holdings, at, market).holdings
    plans = [plan for plan in Plan if offer.prices_for(length, plan, at.date())]
    latest = natural_end(at.date(), length)
    found: list[CustomEnd] = []
    for ends_on, align in _days(at.date(), latest, length, now.values()):
        command = Purchase(
            at=at,
            subscription_id=_NEW_ID,
            customer_id=customer_id,
            offer_id=offer.offer_id,
            seats=offer.min_seats,
            term=length,
            plan=plans[0] if plans else Plan.MONTHLY,
            ends_on=ends_on if align is None else None,
            align=align,
            attested=True,
        )
        name = align.value if isinstance(align, Alignment) else align
        found.append(CustomEnd(ends_on=ends_on, align=name, refusal=refused(command, now, market)))
    return tuple(sorted(found, key=lambda end: (end.ends_on or date.max, end.align or "")))


def _days(
    starts_on: date, latest: date, length: TermLength, others: Iterable[Subscription]
) -> Iterator[tuple[date | None, Alignment | str | None]]:
    """Every month end inside the term, and the ends of the customer's subscriptions."""
    month_ends = set(_month_ends(starts_on, latest)) - {calendar_month_end(latest)}
    yield calendar_month_end(latest), Alignment.CALENDAR_MONTH
    yield from ((day, None) for day in sorted(month_ends))
    for other in others:
        if other.term is None:
            continue
        aligned = aligned_end(other, latest)
        yield aligned, other.subscription_id
        if other.term.ends_on not in {aligned, *month_ends} and length is not TermLength.TRIAL:
            yield other.term.ends_on, None


def _month_ends(starts_on: date, latest: date) -> Iterator[date]:
    day = last_of_month(starts_on)
    while day <= latest:
        yield day
        day = last_of_month(day + DAY)


def upgrade_targets(
    subscription_id: str, at: datetime, holdings: Holdings, market: Market
) -> tuple[UpgradeTarget, ...]:
    """Every offer and every subscription of the same customer, and why an upgrade may not lead there (R-UPGRADE)."""
    now = catch_up(holdings, at, market).holdings
    source = now[subscription_id]
    offers = sorted(
        offer.offer_id
        for offer in market.catalog.offers.values()
        if offer.offer_id != source.offer_id and not offer.trial and offer.commerce is source.commerce
    )
    found = [
        UpgradeTarget(offer_id=name, subscription_id=None, refusal=_best(_to_offer(source, name, at), now, market))
        for name in offers
    ]
    for name, other in sorted(now.items()):
        if name != subscription_id and other.customer_id == source.customer_id:
            refusal = _best(_to_subscription(source, other, at), now, market)
            found.append(UpgradeTarget(offer_id=other.offer_id, subscription_id=name, refusal=refusal))
    return tuple(found)


def _best(commands: Iterable[Command], holdings: Holdings, market: Market) -> CommandRefusedError | None:
    """None if one of the commands is legal, else why the first of them is not."""
    first: CommandRefusedError | None = None
    for command in commands:
        refusal = refused(command, holdings, market)
        if refusal is None:
            return None
        first = first or refusal
    return first


def _to_offer(source: Subscription, offer_id: str, at: datetime) -> Iterator[Command]:
    for terms in ({}, *terms_and_plans()):
        if source.is_trial:
            yield ConvertTrial(at=at, subscription_id=source.subscription_id, offer_id=offer_id, **terms)
        else:
            yield Upgrade(
                at=at,
                subscription_id=source.subscription_id,
                offer_id=offer_id,
                seats=max(source.seats, 1),
                **terms,
            )


def _to_subscription(source: Subscription, target: Subscription, at: datetime) -> Iterator[Command]:
    name = target.subscription_id
    if source.is_trial:
        yield ConvertTrial(at=at, subscription_id=source.subscription_id, target_subscription_id=name)
        return
    for seats in dict.fromkeys((max(source.seats, 1), 1)):
        yield Upgrade(
            at=at,
            subscription_id=source.subscription_id,
            offer_id=target.offer_id,
            seats=seats,
            target_subscription_id=name,
        )
