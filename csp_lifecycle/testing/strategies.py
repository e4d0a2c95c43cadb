"""Hypothesis strategies: any command with any arguments, at random instants, on a few subscriptions.

The pools that arguments are drawn from are small on purpose: what is drawn has to meet what is there, or a random
walk never takes a rare row. This module and `csp_lifecycle.testing.model` need Hypothesis; nothing else here does.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.values.alignment import Alignment
from csp_lifecycle.values.calendar import DAY, Plan, TermLength, last_of_month
from csp_lifecycle.values.windows import TICK
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary.catalog import Catalog, Offer

Kind = type[c.Command]

KINDS: tuple[Kind, ...] = get_args(c.Command)
"""Every command about one subscription."""

_TERMS = (TermLength.MONTH, TermLength.YEAR, TermLength.THREE_YEARS)


@attrs.frozen(kw_only=True)
class World:
    """What random commands speak of: subscriptions of a few customers, over a catalog, from an instant on."""

    catalog: Catalog = attrs.field(factory=example_catalog)
    begins_at: datetime = datetime(2023, 12, 30, 10, 30, tzinfo=UTC)
    subscriptions: tuple[str, ...] = ("s-1", "s-2", "s-3", "s-4", "s-5", "s-6")
    customers: tuple[str, ...] = ("contoso", "contoso", "fabrikam")
    seats: tuple[int, ...] = (1, 2, 5, 25, 40)
    aligns: tuple[Alignment | str, ...] = (Alignment.CALENDAR_MONTH, "s-1", "s-2")

    @property
    def offers(self) -> tuple[Offer, ...]:
        """The paid offers that are sold without conditions."""
        return tuple(offer for offer in self.catalog.offers.values() if _is_plain(offer))

    @property
    def trials(self) -> tuple[Offer, ...]:
        """The trial offers."""
        return tuple(offer for offer in self.catalog.offers.values() if offer.trial)


def _is_plain(offer: Offer) -> bool:
    conditions = (offer.requires_attestation, offer.one_per_customer, offer.add_on_to, offer.min_seats > 1)
    return bool(offer.prices) and not any(conditions) and len({price.currency for price in offer.prices}) == 1


def waits() -> SearchStrategy[timedelta]:
    """How long nothing is asked for: not at all, within a day, as long as a window, up to 40 days, up to a term."""
    return st.one_of(
        st.just(timedelta()),
        st.timedeltas(timedelta(), DAY),
        st.sampled_from((DAY, DAY + TICK, 7 * DAY, 7 * DAY + TICK)),
        st.timedeltas(DAY, 40 * DAY),
        st.integers(40, 366).map(lambda days: days * DAY),
    )


# In which forms a command comes: the optional arguments that it carries, together.
_FORMS: dict[Kind, tuple[tuple[str, ...], ...]] = {
    c.Purchase: tuple(
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
        )
    ),
    c.Reactivate: ((), ("reason",)),
    c.Cancel: ((), (), ("at_term_end",)),
    c.ScheduleChange: (
        ("seats",),
        ("plan",),
        ("term", "plan"),
        ("offer_id",),
        ("align",),
        ("ends_on",),
        ("offer_id", "seats", "term", "plan"),
    ),
    c.ChangeTerm: ((), ("seats",)),
    c.Upgrade: ((), ("term", "plan"), ("new_subscription_id",), ("target_subscription_id",)),
    c.ConvertTrial: ((), ("seats",), ("offer_id", "term", "plan"), ("target_subscription_id",)),
}


def _pools(at: datetime, world: World) -> dict[str, SearchStrategy[Any]]:
    """Every argument by name: what it is drawn from."""
    return {
        "customer_id": st.sampled_from(world.customers),
        "offer_id": st.sampled_from(tuple(world.catalog.offers)),
        "seats": st.sampled_from(world.seats),
        "term": st.sampled_from(_TERMS),
        "plan": st.sampled_from(Plan),
        "ends_on": _days_after(at.date()),
        "align": st.sampled_from(world.aligns),
        "promotion_id": st.just("spring"),
        "resellers": st.sampled_from((("r-1",), ("r-1", "r-1"), ("r-1", "r-2", "r-3", "r-4", "r-5", "r-6"))),
        "friendly_name": st.sampled_from(("Sales", "Support")),
        "billing_currency": st.sampled_from(("EUR", "USD")),
        "reason": st.sampled_from(("partner", "fraud", "base")),
        "partner_id": st.just("adatum"),
        "method": st.sampled_from(c.PaymentMethod),
        **dict.fromkeys(("attested", "at_term_end"), st.just(value=True)),
        **dict.fromkeys(
            ("new_subscription_id", "target_subscription_id", "base_subscription_id"),
            st.sampled_from(world.subscriptions),
        ),
    }


def _days_after(day: date) -> SearchStrategy[date]:
    """Days a term might be made to end on: mostly the ends of months to come."""
    later = st.integers(0, 400).map(lambda days: day + days * DAY)
    return st.one_of(later.map(last_of_month), later)


def commands(kind: Kind, at: datetime, world: World) -> SearchStrategy[c.Command]:
    """A command of one kind at *at*, on any subscription, legal or not."""
    pools = _pools(at, world)
    needed = [field.name for field in attrs.fields(kind) if field.default is attrs.NOTHING]
    subject = {"at": st.just(at), "subscription_id": st.sampled_from(world.subscriptions)}
    forms = [
        st.builds(kind, **subject, **{name: pools[name] for name in (*needed, *form) if name not in subject})
        for form in _FORMS.get(kind, ((),))
    ]
    return st.one_of(forms)


def beginnings(subscription_id: str, at: datetime, world: World) -> SearchStrategy[c.Command]:
    """A purchase, or a trial, that the catalog sells without conditions."""
    pools = _pools(at, world)
    who = {"at": st.just(at), "subscription_id": st.just(subscription_id), "customer_id": pools["customer_id"]}
    terms = st.sampled_from([(term, plan) for term in _TERMS for plan in Plan if plan.months <= term.months])
    offers = st.sampled_from([offer.offer_id for offer in world.offers])
    purchase = terms.flatmap(
        lambda pair: st.builds(
            c.Purchase, **who, offer_id=offers, seats=pools["seats"], term=st.just(pair[0]), plan=st.just(pair[1])
        )
    )
    trials = [st.builds(c.StartTrial, **who, offer_id=st.just(offer.offer_id)) for offer in world.trials]
    return st.one_of(purchase, purchase, purchase, *trials)


def advances(to: datetime, world: World) -> SearchStrategy[c.Advance]:
    """Time is taken up to *to*, everywhere or on one subscription; what takes its time may stay in flight."""
    names = st.one_of(st.none(), st.sampled_from(world.subscriptions))
    return st.builds(c.Advance, to=st.just(to), complete=st.booleans(), subscription_id=names)


@st.composite
def histories(draw: DrawFn, world: World | None = None, *, longest: int = 20) -> tuple[c.Command, ...]:
    """Commands at growing instants, any of them legal or not; the first ones begin a few subscriptions."""
    world = world or World()
    at, history = world.begins_at, []
    for name in world.subscriptions[: draw(st.integers(1, len(world.subscriptions) - 1))]:
        at += draw(st.timedeltas(timedelta(), 20 * DAY))
        history.append(draw(beginnings(name, at, world)))
    for _ in range(draw(st.integers(0, longest))):
        at += draw(waits())
        history.append(draw(commands(draw(st.sampled_from(KINDS)), at, world)))
    return tuple(history)
