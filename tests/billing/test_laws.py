"""Money laws over random histories: what must hold whatever was bought, changed, moved, suspended or canceled."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from attrs import evolve as with_changes
from hypothesis import assume, given
from hypothesis import strategies as st

from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.catalogs import prices
from csp_lifecycle.testing.strategies import World, commands, histories
from csp_lifecycle.values.alignment import Alignment
from csp_lifecycle.values.calendar import DAY, Plan, TermLength
from csp_lifecycle.vocabulary.catalog import Catalog, Offer, catalog_of
from csp_lifecycle.vocabulary.charge_line import ChargeLine, ChargeType
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Cancel,
    ChangeTerm,
    Command,
    Purchase,
    Reactivate,
    RemoveSeats,
    Suspend,
    Upgrade,
)
from csp_lifecycle.vocabulary.events import CycleCharged, Purchased, Renewed
from csp_lifecycle.vocabulary.subscription import Commerce, Status

Lines = Callable[..., tuple[ChargeLine, ...]]

BEGINS = datetime(2023, 12, 30, 10, 30, tzinfo=UTC)
CENT = Fraction(1, 100)
EXACT = "16813637.40"
"""A monthly price that every length of a month divides without rest, and twelve of which every year does."""


def catalog(monthly: str) -> Catalog:
    """Two offers at awkward prices and a trial."""
    kept: dict[str, Any] = {"commerce": Commerce.NEW_COMMERCE}
    return catalog_of(
        (
            Offer(offer_id="a", name="A", prices=prices(monthly), upgrades_to=("b",), **kept),
            Offer(offer_id="b", name="B", prices=prices("6.43"), **kept),
            Offer(offer_id="a-trial", name="A trial", trial=True, converts_to="a", **kept),
        )
    )


cheap = st.sampled_from(("0.01", "0.03", "1.99", "10.08", "333.33"))


@st.composite
def played(draw: st.DrawFn) -> Scenario:
    """A scenario after any commands, legal or not, on several subscriptions."""
    sold = catalog(draw(cheap))
    scenario = Scenario(catalog=sold)
    for command in draw(histories(World(catalog=sold), longest=12)):
        scenario.when(command)
    return scenario


TERMS = ((TermLength.MONTH, Plan.MONTHLY), (TermLength.YEAR, Plan.MONTHLY), (TermLength.YEAR, Plan.ANNUAL))
LONG = st.one_of(st.just(timedelta()), st.timedeltas(timedelta(), 2 * DAY), st.timedeltas(DAY, 50 * DAY))
SHORT = st.one_of(st.just(timedelta()), st.timedeltas(timedelta(), DAY))


@st.composite
def bought(draw: st.DrawFn, monthly: str | None = None, *, aligned: bool = False) -> Scenario:
    """A scenario after one purchase, perhaps aligned with the calendar."""
    term, plan = draw(st.sampled_from(TERMS))
    purchase = Purchase(
        at=BEGINS + draw(st.integers(0, 400)) * DAY,
        subscription_id="s-1",
        customer_id="contoso",
        offer_id="a",
        seats=draw(st.integers(1, 30)),
        term=term,
        plan=plan,
        align=draw(st.sampled_from((None, Alignment.CALENDAR_MONTH))) if aligned else None,
    )
    return Scenario(purchase, catalog=catalog(monthly or draw(cheap)))


@st.composite
def changed(
    draw: st.DrawFn,
    begun: st.SearchStrategy[Scenario],
    *,
    waits: st.SearchStrategy[timedelta] = LONG,
    longest: int = 8,
    cancel: bool = False,
) -> Scenario:
    """Seats come and go, the subscription is suspended and reactivated, renews, and is perhaps canceled."""
    scenario = draw(begun)
    at = _now(scenario)
    for _ in range(draw(st.integers(0, longest))):
        at += draw(waits)
        scenario.when(draw(st.sampled_from(_anything(at, draw(st.integers(1, 9)), cancel=cancel))))
    return scenario


def _anything(at: datetime, seats: int, *, cancel: bool) -> list[Command | Advance]:
    about: dict[str, Any] = {"at": at, "subscription_id": "s-1"}
    every: list[Command | Advance] = [AddSeats(**about, seats=seats), RemoveSeats(**about, seats=seats)]
    every += [Suspend(**about), Reactivate(**about), Advance(to=at)]
    return [*every, Cancel(**about)] if cancel else every


singles = changed(bought(), cancel=True)
running = changed(bought())
fresh = changed(bought(aligned=True), waits=SHORT, longest=4)


def owed(scenario: Scenario, monthly: str) -> Fraction:
    """What the days cost, worked out day by day: the seats at its end times the price of a day of its cycle."""
    events = [envelope.event for envelope in scenario.lifecycle.log("s-1")]
    cycles = [event for event in events if isinstance(event, Purchased | Renewed | CycleCharged)]
    return sum((_cycle_owed(scenario, events, cycle, monthly) for cycle in cycles), Fraction(0))


def _cycle_owed(scenario: Scenario, events: list[Any], cycle: Any, monthly: str) -> Fraction:
    days = list(_days(cycle.charge_cycle.starts_on, cycle.charge_cycle.ends_on))
    plan = scenario.subscription().plan
    assert plan is not None
    daily = Fraction(monthly) * plan.months / len(days)
    return sum((daily * _seats_on(day, events) for day in days), Fraction(0))


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


def _seats_on(day: date, events: list[Any]) -> int:
    seats = 0
    for event in events:
        if event.at.date() <= day:
            seats = getattr(event, "seats_after", getattr(event, "seats", seats))
            seats = 0 if event.leads_to is Status.DELETED else seats
    return seats


@given(changed(bought(EXACT)))
def test_all_lines_add_up_to_seats_times_price_times_days(lines: Lines, scenario: Scenario) -> None:
    # R-PRORATE-01..05, with a price that needs no rounding: nothing is lost and nothing charged twice
    assert Fraction(sum(line.amount for line in lines(scenario))) == owed(scenario, EXACT)


@given(singles)
def test_every_line_is_its_seats_times_its_effective_price(lines: Lines, scenario: Scenario) -> None:
    # R-PRORATE-02, up to the truncation of the total
    for line in lines(scenario):
        exact = Fraction(line.effective_unit_price) * line.seats
        assert abs(exact - Fraction(line.amount)) < CENT, line


@given(played())
def test_credits_are_negative_and_no_seat_is_charged_above_its_price(lines: Lines, scenario: Scenario) -> None:
    for line in lines(scenario):
        assert line.seats > 0
        assert line.amount * line.effective_unit_price >= 0
        assert abs(line.effective_unit_price) <= line.unit_price or line.charge_type is ChargeType.CANCEL_IMMEDIATE
        assert line.starts_on <= line.ends_on
        assert -line.amount.as_tuple().exponent == 2  # type: ignore[operator]


@given(singles)
def test_charged_cycles_follow_on_each_other_without_gap_or_overlap(lines: Lines, scenario: Scenario) -> None:
    # INV-11
    whole = {ChargeType.NEW, ChargeType.RENEW, ChargeType.CYCLE_CHARGE}
    cycles = [(line.starts_on, line.ends_on) for line in lines(scenario) if line.charge_type in whole]
    for (_, ends_on), (starts_on, _) in pairwise(cycles):
        assert starts_on == ends_on + DAY


def _refund(scenario: Scenario, lines: Lines, at: datetime) -> ChargeLine | None:
    """What a cancellation at an instant would give back; None if it would be refused."""
    rehearsal = _copy(scenario)
    if rehearsal.when(Cancel(at=at, subscription_id="s-1")).answer is None:
        return None
    return lines(rehearsal)[-1]


def _copy(scenario: Scenario) -> Scenario:
    """The same history in a scenario that stores nothing."""
    copy = Scenario(catalog=scenario.catalog)
    copy.lifecycle = scenario.lifecycle.rehearsal()
    return copy


@given(fresh, st.timedeltas(timedelta(), 3 * DAY))
def test_a_refund_is_never_above_what_was_charged(lines: Lines, scenario: Scenario, wait: timedelta) -> None:
    # INV-18
    at = _now(scenario) + wait
    refund = _refund(scenario, lines, at)
    assume(refund is not None)
    assert refund is not None
    term, caught_up = scenario.subscription().term, _copy(scenario).given(Advance(to=at))
    assert term is not None
    charged = sum(line.amount for line in lines(caught_up) if line.at >= term.starts_at)
    # Seat changes of a price below a cent may be truncated to less than nothing; a refund never takes.
    assert 0 <= -refund.amount <= max(charged, 0)


@given(fresh, st.timedeltas(timedelta(), 2 * DAY), st.timedeltas(timedelta(), 2 * DAY))
def test_a_refund_does_not_grow_with_time(lines: Lines, scenario: Scenario, first: timedelta, then: timedelta) -> None:
    # INV-19: within one charge cycle
    at = _now(scenario) + first
    earlier, later = _refund(scenario, lines, at), _refund(scenario, lines, at + then)
    assume(earlier is not None and later is not None and earlier.ends_on == later.ends_on)
    assert earlier is not None
    assert later is not None
    assert -later.amount <= -earlier.amount


@given(singles)
def test_the_two_lines_of_a_seat_change_differ_by_the_seats_that_changed(lines: Lines, scenario: Scenario) -> None:
    # INV-20
    changes = [line for line in lines(scenario) if line.charge_type.value.endswith("Quantity")]
    for credit, charge in zip(changes[::2], changes[1::2], strict=True):
        assert credit.effective_unit_price == -charge.effective_unit_price
        exact = Fraction(charge.effective_unit_price) * (charge.seats - credit.seats)
        assert abs(Fraction(credit.amount + charge.amount) - exact) <= CENT


@given(running, st.timedeltas(timedelta(), 40 * DAY), st.integers(1, 50))
def test_seats_added_and_removed_at_once_cost_nothing(
    lines: Lines, scenario: Scenario, wait: timedelta, seats: int
) -> None:  # INV-21
    about: dict[str, Any] = {"at": _now(scenario) + wait, "subscription_id": "s-1", "seats": seats}
    assume(scenario.when(AddSeats(**about)).answer is not None)
    added = lines(scenario)[-2:]
    scenario.given(RemoveSeats(**about))
    removed = lines(scenario)[-2:]
    assert sum(line.amount for line in (*added, *removed)) == 0


@given(running, st.integers(1, 120))
def test_lines_do_not_depend_on_when_somebody_looked(lines: Lines, scenario: Scenario, days: int) -> None:  # INV-28
    now = _now(scenario)
    at_once, in_steps = _copy(scenario), _copy(scenario)
    for step in range(0, days, 11):
        in_steps.given(Advance(to=now + step * DAY))
    in_steps.given(Advance(to=now + days * DAY))
    at_once.given(Advance(to=now + days * DAY))
    assert lines(in_steps) == lines(at_once)


@given(played())
def test_a_stream_alone_is_charged_as_among_others(lines: Lines, scenario: Scenario) -> None:
    # but for the word of seats that moved: whether they began a subscription is said in the other stream
    moved = {ChargeType.CONVERT, ChargeType.MOVE_QUANTITY}
    for one in scenario.lifecycle.subscriptions():
        among = lines(scenario, one.subscription_id)
        alone = lines(scenario, one.subscription_id, alone=True)
        unworded = [
            [
                with_changes(line, charge_type=ChargeType.CONVERT) if line.charge_type in moved else line
                for line in every
            ]
            for every in (among, alone)
        ]
        assert unworded[0] == unworded[1]


@given(st.data(), bought())
def test_canceling_everything_on_its_first_day_costs_nothing(
    lines: Lines, data: st.DataObject, scenario: Scenario
) -> None:  # R-CANCEL-02, D-24: whatever was changed, upgraded or split off in between
    at, world = _now(scenario), World(catalog=scenario.catalog)
    kinds = st.sampled_from((AddSeats, RemoveSeats, Suspend, Reactivate, Upgrade, ChangeTerm))
    for _ in range(data.draw(st.integers(0, 5))):
        at += data.draw(st.timedeltas(timedelta(), timedelta(hours=4)))
        command = data.draw(commands(data.draw(kinds), world))
        scenario.when(with_changes(command, at=at))
    held = [one.subscription_id for one in scenario.lifecycle.subscriptions() if one.status is not Status.DELETED]
    scenario.given(*(Cancel(at=at, subscription_id=name) for name in held))
    assert sum(line.amount for line in lines(scenario)) == 0


def _now(scenario: Scenario) -> datetime:
    as_of = scenario.subscription().as_of
    assert as_of is not None
    return as_of
