"""Hypothesis strategies: any command with any arguments, at random instants, on a few subscriptions.

The pools that arguments are drawn from are small on purpose: what is drawn has to meet what is there, or a random
walk never takes a rare row. This module and `csp_lifecycle.testing.model` need Hypothesis; nothing else here does.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any, get_args

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from csp_lifecycle.policies import POLICIES
from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.testing.scenario import Scenario
from csp_lifecycle.values.alignment import Alignment
from csp_lifecycle.values.calendar import DAY, Plan, TermLength, last_of_month
from csp_lifecycle.values.windows import TICK
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary.catalog import Catalog, Offer
from csp_lifecycle.vocabulary.names import COMMANDS, command_name
from csp_lifecycle.vocabulary.subscription import MovedAddOn, PaymentMethod, Status, Subscription

Kind = type[c.Command]

KINDS: tuple[Kind, ...] = get_args(c.Command)
"""Every command about one subscription."""
PAID_TERMS = (TermLength.MONTH, TermLength.YEAR, TermLength.THREE_YEARS)

Terms = tuple[TermLength | None, Plan | None]
Sale = tuple[TermLength | None, Plan | None, str | None]


@attrs.frozen(kw_only=True, eq=False)
class World:
    """What random commands speak of, over a catalog, from an instant on.

    Of the subscriptions, the `first` are there from the beginning, the `later` ones may come out of commands.
    Where `policies` are named, what is bought first is bought under one of them.
    """

    catalog: Catalog = attrs.field(factory=example_catalog)
    begins_at: datetime = datetime(2023, 12, 30, 10, 30, tzinfo=UTC)
    first: tuple[str, ...] = ("s-1", "s-2", "s-3")
    later: tuple[str, ...] = ("s-4", "s-5", "s-6")
    customers: tuple[str, ...] = ("contoso", "contoso", "fabrikam")
    seats: tuple[int, ...] = (1, 2, 5, 25, 40)
    aligns: tuple[Alignment | str, ...] = (Alignment.CALENDAR_MONTH, "s-1", "s-2")
    policies: tuple[str, ...] = ()

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """All ids."""
        return self.first + self.later

    @property
    def sales(self) -> dict[str, tuple[Sale, ...]]:
        """The offers that are sold without conditions: on which term and plan, under which policy."""
        plain = (offer for offer in self.catalog.offers.values() if _is_plain(offer))
        return {
            offer.offer_id: tuple((*terms, policy) for terms in _terms_of(offer) for policy in self._policies_of(offer))
            for offer in plain
        }

    def _policies_of(self, offer: Offer) -> tuple[str | None, ...]:
        return tuple(name for name in self.policies if POLICIES[name].commerce is offer.commerce) or (None,)

    @property
    def offers(self) -> tuple[str, ...]:
        """All offers."""
        return tuple(self.catalog.offers)

    @property
    def higher(self) -> tuple[str, ...]:
        """The offers that another one upgrades to."""
        return tuple({name: True for offer in self.catalog.offers.values() for name in offer.upgrades_to})

    @property
    def trials(self) -> tuple[str, ...]:
        """The trial offers."""
        return tuple(name for name, offer in self.catalog.offers.items() if offer.trial)


def _is_plain(offer: Offer) -> bool:
    conditions = (offer.requires_attestation, offer.one_per_customer, offer.add_on_to, offer.min_seats > 1)
    currencies = {price.currency for price in offer.prices}
    return not any(conditions) and not offer.trial and not offer.unavailable and len(currencies) <= 1


def _terms_of(offer: Offer) -> tuple[Terms, ...]:
    return tuple((price.term, price.plan) for price in offer.prices) or ((None, None),)


@cache
def waits() -> SearchStrategy[timedelta]:
    """How long nothing is asked for: not at all, within a day, as long as a window, up to 40 days, up to a term.

    Mostly not for long: what is possible only in the first days of a term has to be met there.
    """
    none = timedelta()
    exact = st.sampled_from((none, none, DAY, DAY + TICK, 7 * DAY, 7 * DAY + TICK, 31 * DAY))
    up_to = (none, DAY, DAY, DAY, 9 * DAY, 9 * DAY, 9 * DAY, 40 * DAY, 40 * DAY, 366 * DAY)
    return st.one_of(exact, st.sampled_from(up_to).flatmap(partial(st.timedeltas, none)))


# In which forms a command comes: the optional arguments that it carries, together.
_FORMS: dict[Kind, tuple[tuple[str, ...], ...]] = {
    c.Purchase: (
        (),
        *(
            ("seats", "term", "plan", *further)
            for further in (
                (),
                (),
                ("align",),
                ("ends_on",),
                ("promotion_id",),
                ("base_subscription_id",),
                ("resellers", "friendly_name"),
                ("attested", "billing_currency"),
                ("policy",),
            )
        ),
    ),
    c.Suspend: ((), ("reason",), ("actor",), ("actor", "reason")),
    c.Reactivate: ((), ("reason",), ("actor",), ("actor", "reason")),
    c.Cancel: ((), (), ("at_term_end",)),
    c.ScheduleChange: (
        ("seats",),
        ("seats",),
        ("seats",),
        ("plan",),
        ("term", "plan"),
        ("offer_id",),
        ("align",),
        ("ends_on",),
        ("offer_id", "seats", "term", "plan"),
    ),
    c.ChangeTerm: ((), ("seats",), ("actor",)),
    c.Upgrade: ((), ("term", "plan"), ("new_subscription_id",), ("target_subscription_id",)),
    c.ConvertTrial: ((), ("seats",), ("offer_id", "term", "plan"), ("target_subscription_id",)),
    c.ExtendTrial: ((), ("card_on_file",)),
    c.ChangePaymentMethod: ((), ("actor",)),
    c.Migrate: ((), ("full_term",), ("term", "plan"), ("add_ons",)),
}


# What arguments are drawn from in every world.
_WORDS: dict[str, SearchStrategy[Any]] = {
    "promotion_id": st.just("spring"),
    "resellers": st.sampled_from((("r-1",), ("r-1", "r-1"), ("r-1", "r-2", "r-3", "r-4", "r-5", "r-6"))),
    "friendly_name": st.sampled_from(("Sales", "Support")),
    "billing_currency": st.sampled_from(("EUR", "USD")),
    "reason": st.sampled_from(("partner", "fraud", "base")),
    "partner_id": st.just("adatum"),
    "method": st.sampled_from(PaymentMethod),
    "actor": st.sampled_from((c.Actor.MICROSOFT, c.Actor.SUPPORT)),
    "policy": st.sampled_from(tuple(POLICIES)),
    **dict.fromkeys(("attested", "at_term_end", "card_on_file", "full_term"), st.just(value=True)),
}


@cache
def _pools(world: World) -> dict[str, SearchStrategy[Any]]:
    """Every argument by name: what it is drawn from."""
    names = st.one_of(st.sampled_from(world.first), st.sampled_from(world.subscriptions))
    later = st.one_of(st.sampled_from(world.later), st.sampled_from(world.subscriptions))
    offers = st.one_of(st.sampled_from(world.higher or world.offers), st.sampled_from(world.offers))
    add_on = st.builds(MovedAddOn, subscription_id=names, new_subscription_id=later, offer_id=offers)
    days = st.integers(0, 1200).map(lambda days: world.begins_at.date() + days * DAY)
    sold = [terms for offer in world.catalog.offers.values() for terms in _terms_of(offer)]
    return _WORDS | {
        # Mostly what is sold at all.
        "term": st.sampled_from((*{term: True for term, _ in sold if term}, *PAID_TERMS)),
        "plan": st.sampled_from((*{plan: True for _, plan in sold if plan}, *Plan)),
        # The instant is settled later: building strategies costs more than drawing from them.
        "at": st.just(world.begins_at),
        "customer_id": st.sampled_from(world.customers),
        "offer_id": offers,
        "seats": st.sampled_from(world.seats),
        "ends_on": st.one_of(days.map(last_of_month), days),
        "align": st.sampled_from(world.aligns),
        "new_subscription_id": later,
        "add_ons": add_on.map(lambda one: (one,)),
        **dict.fromkeys(("subscription_id", "target_subscription_id", "base_subscription_id"), names),
    }


def commands(kind: Kind, world: World) -> SearchStrategy[c.Command]:
    """A command of one kind on any subscription, legal or not; `attrs.evolve` gives it another instant."""
    return _commands(command_name(kind), world)


@cache
def _commands(name: str, world: World) -> SearchStrategy[c.Command]:
    kind = COMMANDS[name]
    pools = _pools(world)
    needed = [field.name for field in attrs.fields(kind) if field.default is attrs.NOTHING]
    forms = _FORMS.get(kind, ((),))
    return st.one_of([st.builds(kind, **{name: pools[name] for name in (*needed, *form)}) for form in forms])


@cache
def beginnings(world: World) -> SearchStrategy[c.Command]:
    """A purchase, or a trial, that the catalog sells without conditions."""
    pools = _pools(world)
    who = {name: pools[name] for name in ("at", "subscription_id", "customer_id")}

    def purchase(offer_id: str, sale: Sale) -> SearchStrategy[c.Command]:
        term, plan, policy = sale
        seats = st.none() if term is None else pools["seats"]
        terms = {"offer_id": offer_id, "term": term, "plan": plan, "policy": policy}
        return st.builds(c.Purchase, **who, seats=seats, **{name: st.just(value) for name, value in terms.items()})

    bought = [st.sampled_from(sales).flatmap(partial(purchase, name)) for name, sales in world.sales.items()]
    tried = [st.builds(c.StartTrial, **who, offer_id=st.just(offer)) for offer in world.trials]
    return st.one_of(*bought, *tried)


@cache
def advances(world: World) -> SearchStrategy[c.Advance]:
    """Time is taken, everywhere or on one subscription; what takes its time may stay in flight."""
    names = st.one_of(st.none(), st.sampled_from(world.subscriptions))
    return st.builds(c.Advance, to=st.just(world.begins_at), complete=st.booleans(), subscription_id=names)


def subjects(states: Iterable[Subscription]) -> tuple[str, ...]:
    """Ids to choose from: a subscription on which something waits, or is soon over, is met more often."""
    fleeting = {Status.TRIAL, Status.RENEWING}
    weights = {
        state.subscription_id: 4 if state.waiting or state.in_flight or state.status in fleeting else 1
        for state in states
    }
    return tuple(name for name, weight in weights.items() for _ in range(weight))


@st.composite
def histories(draw: DrawFn, world: World, *, longest: int = 60) -> tuple[c.Command, ...]:
    """Commands at growing instants, legal or not; the first ones begin a few subscriptions.

    They are played as they are drawn, so that most of them can find a row of the table for what is there.
    """
    shadow, states, at = Scenario(catalog=world.catalog), dict[str, Subscription](), world.begins_at
    history = list[c.Command]()

    def play(command: c.Command) -> None:
        history.append(command)
        answer = shadow.when(command).answer
        states.update({} if answer is None else answer.subscriptions)

    for name in world.first:
        at += draw(st.sampled_from((timedelta(), timedelta(hours=5), 17 * DAY)))
        play(attrs.evolve(draw(beginnings(world)), at=at, subscription_id=name))
    for _ in range(draw(st.integers(0, longest))):
        at += draw(waits())
        subject = draw(st.sampled_from((*subjects(states.values()) * 3, *world.subscriptions)))
        kind = draw(_kinds(states[subject].policy, states[subject].status) if subject in states else _any_kind)
        play(attrs.evolve(draw(commands(kind, world)), at=at, subscription_id=subject))
    return tuple(history)


_any_kind = st.sampled_from(KINDS)


@cache
def _kinds(policy: str, status: Status) -> SearchStrategy[Kind]:
    taken = [kind for kind in KINDS if any((row.status, row.on) == (status, kind) for row in POLICIES[policy].rows)]
    return st.sampled_from((*KINDS, *taken * 6))
