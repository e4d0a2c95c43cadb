"""What holds whenever seats move: upgrades in place, into a new subscription, and into an existing one."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.testing import Scenario, When
from csp_lifecycle.testing.strategies import PAID_TERMS
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import AddSeats, Advance, Purchase, Upgrade
from csp_lifecycle.vocabulary.subscription import Status, Subscription

DAY = timedelta(days=1)
BOUGHT = datetime(2025, 1, 31, 10, tzinfo=UTC)
lengths = st.sampled_from(PAID_TERMS)
seats = st.integers(1, 12)
waits = st.timedeltas(timedelta(), 30 * DAY)


def bought(name: str, offer_id: str, seats: int, length: TermLength) -> Purchase:
    return Purchase(
        at=BOUGHT,
        subscription_id=name,
        customer_id="contoso",
        offer_id=offer_id,
        seats=seats,
        term=length,
        plan=Plan.MONTHLY,
    )


def upgrade(scenario: Scenario, at: datetime, seats: int, **form: Any) -> When:
    return scenario.when(Upgrade(at=at, subscription_id="s-1", offer_id="e3", seats=seats, **form))


def held(scenario: Scenario, name: str, at: datetime) -> Subscription:
    scenario.given(Advance(to=at))
    return scenario.subscription(name)


@given(seats, seats, lengths, waits)
def test_an_upgrade_in_place_keeps_the_id_the_seats_and_the_end(
    had: int, moved: int, length: TermLength, wait: timedelta
) -> None:  # INV-22, INV-24, R-UPGRADE-06, R-UPGRADE-12, R-UPGRADE-13
    scenario, at = Scenario(bought("s-1", "business-standard", had, length)), BOUGHT + wait
    before = held(scenario, "s-1", at)
    answer = upgrade(scenario, at, moved)
    if moved < had:
        answer.refused("quantity-out-of-range", "R-UPGRADE-06")
        return
    after = scenario.subscription()
    assert {event.subscription_id for event in answer.recorded} == {"s-1"}
    assert (after.offer_id, after.seats, after.term) == ("e3", moved, before.term)
    assert after.refunds_at(at) == before.refunds_at(at)
    assert after.reducible_seats(at) == before.reducible_seats(at) + (moved - had)


@given(seats, seats, lengths, waits, st.integers(0, 5))
def test_a_partial_upgrade_divides_the_seats_and_ends_with_its_source(
    had: int, moved: int, length: TermLength, wait: timedelta, added: int
) -> None:  # INV-22, INV-23, R-UPGRADE-07, R-UPGRADE-13, AMB-45
    scenario, at = Scenario(bought("s-1", "business-standard", had, length)), BOUGHT + wait
    if added:
        scenario.given(AddSeats(at=at, subscription_id="s-1", seats=added))
    before = held(scenario, "s-1", at)
    answer = upgrade(scenario, at, moved, new_subscription_id="s-2")
    if moved >= before.seats:
        answer.refused("quantity-out-of-range", "R-UPGRADE-05")
        return
    source, new = scenario.subscription("s-1"), scenario.subscription("s-2")
    assert (source.seats, new.seats) == (before.seats - moved, moved)
    assert source.term == before.term
    assert new.term is not None
    assert before.term is not None
    assert (new.term.starts_at, new.term.ends_on) == (at, before.term.ends_on)
    assert new.refunds_at(at) == before.refunds_at(at)
    # No lot opens and none is lost; the seats outside every lot go first.
    assert source.reducible_seats(at) + new.reducible_seats(at) == before.reducible_seats(at)
    assert source.reducible_seats(at) == min(source.seats, before.reducible_seats(at))


@given(seats, seats, seats, lengths, lengths, waits)
def test_seats_that_move_into_an_existing_subscription_are_neither_lost_nor_made(
    had: int, there: int, moved: int, length: TermLength, other: TermLength, wait: timedelta
) -> None:  # INV-22, R-UPGRADE-08, R-UPGRADE-09
    scenario = Scenario(bought("s-1", "business-standard", had, length), bought("s-2", "e3", there, other))
    at = BOUGHT + wait
    source, target = held(scenario, "s-1", at), held(scenario, "s-2", at)
    answer = upgrade(scenario, at, moved, target_subscription_id="s-2")
    assert source.term is not None
    assert target.term is not None
    ready = target.cancellable_until(at) is None and target.term.length.months >= source.term.length.months
    possible = ready and target.term.ends_on >= source.term.ends_on and moved <= had
    assert (answer.refusal is None) == possible
    after, into = scenario.subscription("s-1"), scenario.subscription("s-2")
    arrived = moved if possible else 0
    assert (after.seats, into.seats) == (had - arrived, there + arrived)
    assert (into.term, into.plan, into.lots_at(at)) == (target.term, target.plan, target.lots_at(at))
    assert (after.status is Status.DELETED) == (possible and moved == had)


@given(seats, waits, lengths, lengths, st.sampled_from(Plan))
def test_a_term_in_force_never_becomes_shorter(
    had: int, wait: timedelta, length: TermLength, wanted: TermLength, plan: Plan
) -> None:  # INV-12, INV-15, R-UPGRADE-11, R-UPGRADE-12
    scenario, at = Scenario(bought("s-1", "business-standard", had, length)), BOUGHT + wait
    before = held(scenario, "s-1", at)
    answer = upgrade(scenario, at, had, term=wanted, plan=plan)
    after = scenario.subscription()
    assert before.term is not None
    assert after.term is not None
    if answer.refusal is not None or wanted is length:
        assert after.term == before.term
    else:
        assert wanted.months > length.months
        assert (after.term.starts_at, after.term.length) == (at, wanted)
    assert answer.refusal is None or wanted.months < length.months or plan.months >= wanted.months
