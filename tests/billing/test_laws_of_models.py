"""Money laws of all five commerce models over random histories, against a ledger that is kept day by day."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from attrs import define, field
from attrs import evolve as with_changes
from hypothesis import assume, given
from hypothesis import strategies as st

from csp_lifecycle.billing.proration import days_in, unshortened
from csp_lifecycle.billing.stated import seats_charged, stated
from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.service.charges import charges, upcoming
from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.catalogs import prices
from csp_lifecycle.testing.strategies import World, histories
from csp_lifecycle.values.calendar import DAY, Cycle, Plan, TermLength
from csp_lifecycle.values.windows import RefundKind, open_refunds
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary import events as e
from csp_lifecycle.vocabulary.catalog import Catalog, Offer, catalog_of
from csp_lifecycle.vocabulary.charge_line import ChargeLine, ChargeType
from csp_lifecycle.vocabulary.subscription import Commerce, Status

EXACT = "16813637.40"
"""A monthly price that every length of a month divides without rest, and twelve of which every year does."""


def sold(monthly: str) -> Catalog:
    """An offer of every model, one to upgrade to, and trials; nothing is charged for three years at once."""
    listed = tuple(price for price in prices(monthly) if price.plan is not Plan.TRIENNIAL)
    double = tuple(with_changes(price, amount=2 * price.amount) for price in listed)
    return catalog_of(
        (
            Offer(offer_id="a", name="A", commerce=Commerce.NEW_COMMERCE, prices=listed, upgrades_to=("b",)),
            Offer(offer_id="b", name="B", commerce=Commerce.NEW_COMMERCE, prices=double),
            Offer(offer_id="a-trial", name="A trial", commerce=Commerce.NEW_COMMERCE, trial=True, converts_to="a"),
            Offer(offer_id="legacy", name="L", commerce=Commerce.LEGACY, prices=listed),
            Offer(offer_id="saas", name="S", commerce=Commerce.MARKETPLACE_SAAS, prices=listed),
            Offer(offer_id="tried", name="T", commerce=Commerce.MARKETPLACE_SAAS, prices=listed, free_trial=True),
            Offer(offer_id="direct", name="D", commerce=Commerce.DYNAMICS_DIRECT, prices=listed),
            Offer(offer_id="usage", name="U", commerce=Commerce.USAGE),
        )
    )


EXACTLY = sold(EXACT)
CHEAPLY = sold("0.97")


@st.composite
def played(draw: st.DrawFn, catalog: Catalog, *, longest: int = 20) -> Scenario:
    """A scenario after any commands, legal or not, on subscriptions of all models."""
    scenario = Scenario(catalog=catalog)
    for command in draw(histories(World(catalog=catalog), longest=longest)):
        scenario.when(command)
    return scenario


@define
class Ledger:
    """What one subscription costs, day by day: the seats that are paid for, at the price of a day."""

    days: dict[date, tuple[int, Fraction]] = field(factory=dict)
    commerce: Commerce = Commerce.NEW_COMMERCE
    cycle: Cycle | None = None
    plan: Plan | None = None
    anchor: date | None = None
    price: Fraction = Fraction(0)
    seats: int = 0
    refunds: tuple[Any, ...] = ()
    window_from: date = date.min
    in_months: bool = False

    @property
    def total(self) -> Fraction:
        return sum((seats * daily for seats, daily in self.days.values()), Fraction(0))

    def take(self, event: Any) -> None:
        today, before = event.at.date(), self.seats
        self.note_terms(event, today)
        match event:
            case e.Canceled(refund=refund):
                self.give_back(refund, today)
            case e.Suspended(charges_paused=True):
                kinds = [one.kind for one in open_refunds(self.refunds, event.at)]
                self.give_back(kinds[0] if kinds else RefundKind.NONE, today)
            case e.Migrated() | e.Transferred():
                self.give_back(RefundKind.PRORATED, today)
            case e.SeatsChanged() if self.is_charged(event):
                more = self.seats - before
                self.days |= {day: (paid + more, daily) for day, (paid, daily) in self.days.items() if day >= today}

    def is_charged(self, event: e.SeatsChanged) -> bool:
        """Seats that leave a publisher's offer stay paid to the end of its cycle (D-04)."""
        return not (self.commerce is Commerce.MARKETPLACE_SAAS and isinstance(event, e.SeatsRemoved))

    def note_terms(self, event: Any, today: date) -> None:
        self.commerce = getattr(event, "commerce", self.commerce)
        self.seats = getattr(event, "seats_after", getattr(event, "seats", self.seats))
        self.in_months |= isinstance(event, e.CycleCharged) and event.plan is not None
        self.in_months |= isinstance(event, e.Upgraded) and event.plan is not self.plan
        self.plan = getattr(event, "plan", None) or self.plan
        self.anchor = getattr(event, "cycle_anchor", None) or self.anchor
        self.price = Fraction(getattr(event, "unit_price", None) or self.price)
        refunds: Any = getattr(event, "refunds", None)
        cycle: Any = getattr(event, "charge_cycle", None)
        if refunds and not set(refunds) <= set(self.refunds):
            self.window_from = cycle.starts_on
        self.refunds = self.refunds if refunds is None else refunds
        if cycle is not None and not isinstance(event, e.Ordered):
            self.pay(cycle, today, again=not isinstance(event, e.Reactivated))

    def pay(self, cycle: Cycle, today: date, *, again: bool) -> None:
        """The days of a cycle, or what a change leaves of them, at their price; *again* where they are paid already."""
        assert self.anchor is not None
        assert self.plan is not None
        daily = self.price / days_in(unshortened(cycle, anchor=self.anchor, plan=self.plan))
        went_on = self.cycle == cycle
        first = max(today, cycle.starts_on) if went_on else cycle.starts_on
        before = {day: paid for day, paid in self.days.items() if day < first or not again}
        self.days = dict.fromkeys(_days(first, cycle.ends_on), (self.seats, daily)) | before
        self.cycle = cycle

    def give_back(self, refund: RefundKind, today: date) -> None:
        since = {RefundKind.FULL: self.window_from, RefundKind.PRORATED: today, RefundKind.NONE: date.max}[refund]
        self.days = {day: paid for day, paid in self.days.items() if day < since}


def _days(first: date, last: date) -> Iterable[date]:
    return (date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1))


MONTH, YEAR = TermLength.MONTH, TermLength.YEAR
BEGINNINGS: Mapping[str, tuple[str, tuple[tuple[TermLength, Plan], ...]]] = {
    "new-commerce": ("a", ((MONTH, Plan.MONTHLY), (YEAR, Plan.MONTHLY), (YEAR, Plan.ANNUAL))),
    "legacy": ("legacy", ((YEAR, Plan.MONTHLY), (YEAR, Plan.ANNUAL))),
    "marketplace-saas": ("saas", ((MONTH, Plan.MONTHLY), (YEAR, Plan.ANNUAL))),
    "dynamics-direct": ("direct", ((YEAR, Plan.MONTHLY), (YEAR, Plan.ANNUAL))),
}
WAITS = st.one_of(
    st.just(timedelta()),
    *(st.timedeltas(timedelta(), days * DAY) for days in (1, 1, 9, 20, 40)),
)
SOON = st.one_of(st.just(timedelta()), st.timedeltas(timedelta(), DAY / 2), st.timedeltas(timedelta(), 2 * DAY))
ACTORS = st.sampled_from((c.Actor.PARTNER, c.Actor.MICROSOFT, c.Actor.SUPPORT))


@st.composite
def lived(
    draw: st.DrawFn, catalog: Catalog, *models: str, waits: st.SearchStrategy[timedelta] = WAITS, longest: int = 10
) -> Scenario:
    """A scenario in which one subscription of a model is changed, suspended, reactivated, and perhaps canceled."""
    offer_id, terms = BEGINNINGS[draw(st.sampled_from(models or tuple(BEGINNINGS)))]
    term, plan = draw(st.sampled_from(terms))
    at, seats = datetime(2023, 12, 30, 10, 30, tzinfo=UTC) + draw(st.integers(0, 60)) * DAY, draw(st.integers(1, 30))
    about: dict[str, Any] = {"at": at, "subscription_id": "s-1"}
    bought = c.Purchase(**about, customer_id="contoso", offer_id=offer_id, seats=seats, term=term, plan=plan)
    scenario = Scenario(bought, catalog=catalog)
    scenario.when(c.Activate(**about, actor=c.Actor.PUBLISHER))
    for _ in range(draw(st.integers(0, longest))):
        at += draw(waits)
        about = {"at": at, "subscription_id": "s-1", "actor": draw(ACTORS)}
        some = {**about, "seats": draw(st.integers(1, 9))}
        kinds: tuple[c.Command, ...] = (
            c.AddSeats(**some),
            c.RemoveSeats(**some),
            c.Suspend(**about),
            c.Reactivate(**about),
        )
        ends: tuple[c.Command, ...] = () if waits is SOON else (c.Cancel(**about),)
        scenario.when(draw(st.sampled_from((*kinds, *kinds, c.Advance(to=at), *ends))))
    return scenario


def now(scenario: Scenario) -> datetime:
    as_of = scenario.subscription().as_of
    assert as_of is not None
    return as_of


def canceled(scenario: Scenario, at: datetime) -> tuple[ChargeLine, ...] | None:
    """What a cancellation at an instant would give back; None if it would be refused or come later."""
    for actor in (c.Actor.PARTNER, c.Actor.SUPPORT):
        try:
            answer = scenario.lifecycle.preview(c.Cancel(at=at, subscription_id="s-1", actor=actor))
        except CommandRefusedError:
            continue
        if isinstance(answer.recorded[-1], e.Canceled):
            return tuple(line for line in answer.charges if line.charge_type in ENDS)
    return None


ENDS = frozenset({ChargeType.CANCEL_IMMEDIATE, ChargeType.CANCEL_FEE})


@given(st.one_of(played(EXACTLY), lived(EXACTLY), lived(EXACTLY, "legacy")))
def test_the_lines_of_any_history_are_seats_times_price_times_days(scenario: Scenario) -> None:
    # R-PRORATE-01..07, R-PRORATE-10..12: with a price that needs no rounding nothing is lost and nothing paid twice
    ledgers: dict[str, Ledger] = {}
    for envelope in scenario.lifecycle.log():
        ledgers.setdefault(envelope.stream, Ledger()).take(envelope.event)
    charged = charges(scenario.lifecycle)
    for name, ledger in ledgers.items():
        if not ledger.in_months:  # AMB-27 pays for months, not for days
            amounts = [Fraction(line.amount) for line in charged if line.subscription_id == name]
            assert sum(amounts, Fraction(0)) == ledger.total


REFUNDING = ("new-commerce", "legacy", "marketplace-saas")
"""The models in which a cancellation can take effect, and give back, at once."""
fresh = st.sampled_from(REFUNDING).flatmap(lambda model: lived(CHEAPLY, model, waits=SOON, longest=3))


@given(fresh, SOON)
def test_a_refund_is_never_above_what_was_charged_and_never_takes(scenario: Scenario, wait: timedelta) -> None:
    # INV-18
    at = now(scenario) + wait
    refund = canceled(scenario, at)
    assume(refund is not None)
    assert refund is not None
    charged = sum(line.amount for line in (*charges(scenario.lifecycle), *upcoming(scenario.lifecycle, at).lines))
    assert len(refund) <= 1
    assert all(0 <= -line.amount <= max(charged, Decimal(0)) for line in refund)


@given(fresh, SOON, SOON)
def test_a_refund_does_not_grow_with_time(scenario: Scenario, first: timedelta, then: timedelta) -> None:
    # INV-19: within one charge cycle
    at = now(scenario) + first
    earlier, later = canceled(scenario, at), canceled(scenario, at + then)
    assume(earlier and later)
    assert earlier
    assert later
    assume(earlier[0].ends_on == later[0].ends_on)
    assert -later[0].amount <= -earlier[0].amount


@given(lived(CHEAPLY, "new-commerce", "legacy", "dynamics-direct"), WAITS, st.integers(1, 40))
def test_seats_added_and_removed_at_once_cost_nothing(scenario: Scenario, wait: timedelta, seats: int) -> None:
    # INV-21; seats that leave a publisher's offer are not refunded (D-04)
    about: dict[str, Any] = {"at": now(scenario) + wait, "subscription_id": "s-1", "seats": seats}
    added = scenario.when(c.AddSeats(**about)).answer
    assume(added is not None)
    assert added is not None
    removed = scenario.when(c.RemoveSeats(**about)).answer
    assume(removed is not None)
    assert removed is not None
    changes = [line for line in added.charges if line.at == about["at"]]
    assert sum(line.amount for line in (*changes, *removed.charges)) == 0


@given(lived(CHEAPLY, "legacy", waits=SOON), st.timedeltas(timedelta(), 8 * DAY))
def test_a_legacy_cancellation_within_a_month_gives_back_all_that_was_charged(
    scenario: Scenario, wait: timedelta
) -> None:  # INV-29: an active one is given back now, a suspended one was already
    scenario.when(c.Reactivate(at=now(scenario), subscription_id="s-1"))
    scenario.given(c.Cancel(at=now(scenario) + wait, subscription_id="s-1"))
    assert sum(line.amount for line in charges(scenario.lifecycle)) == 0


@given(played(CHEAPLY, longest=30))
def test_no_day_of_a_subscription_is_charged_by_two_cycles(scenario: Scenario) -> None:
    # INV-11: and those of one term leave no day out, but where a legacy suspension stops the charges
    for one in scenario.lifecycle.subscriptions():
        cycles = _cycles(envelope.event for envelope in scenario.lifecycle.log(one.subscription_id))
        for before, after in pairwise(cycles):
            assert before.ends_on < after.starts_on
            assert after.starts_on == before.ends_on + DAY or one.commerce in {
                Commerce.LEGACY,
                Commerce.DYNAMICS_DIRECT,
            }


def _cycles(events: Iterable[Any]) -> list[Cycle]:
    """The cycles that were charged, each as far as it went: another term, or offer, cuts one short."""
    cycles = list[Cycle]()
    for event in events:
        cycle = getattr(event, "charge_cycle", None)
        if cycle is None or isinstance(event, e.Ordered):
            continue
        if isinstance(event, e.Upgraded | e.TermChanged | e.TrialConverted | e.Reactivated) and cycles:
            cut = with_changes(cycles[-1], ends_on=min(cycles[-1].ends_on, cycle.starts_on - DAY))
            cycles[-1:] = [cut] if cut.starts_on <= cut.ends_on else []
        cycles.append(cycle)
    return cycles


@given(played(CHEAPLY, longest=5))
def test_what_is_billed_by_usage_has_no_lines_of_its_own(scenario: Scenario) -> None:  # R-USAGE-06
    about: dict[str, Any] = {"at": datetime(2023, 12, 30, tzinfo=UTC), "subscription_id": "u"}
    scenario.given(c.Purchase(**about, customer_id="contoso", offer_id="usage"), c.Suspend(**about), c.Cancel(**about))
    assert charges(scenario.lifecycle, "u") == ()


@given(played(CHEAPLY))
def test_the_seats_that_are_charged_today_are_the_seats_there_are(scenario: Scenario) -> None:
    # beyond new commerce a suspension or an end may leave seats uncharged, or charged and gone
    lines = list(map(stated, charges(scenario.lifecycle)))
    for one in scenario.lifecycle.subscriptions():
        if one.in_flight or one.status not in {Status.ACTIVE, Status.TRIAL} or one.commerce is Commerce.USAGE:
            continue
        assert one.as_of is not None
        charged = seats_charged(lines, one.as_of.date())[one.subscription_id]
        assert charged == one.seats or (one.commerce is Commerce.MARKETPLACE_SAAS and charged > one.seats)
