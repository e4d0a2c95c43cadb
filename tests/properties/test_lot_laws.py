"""What holds of lots and windows: until when seats may be taken back, and the whole subscription."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.values.windows import SeatLot, seats_in, take_from
from csp_lifecycle.vocabulary.commands import AddSeats, Cancel, Purchase, RemoveSeats, Suspend

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
BOUGHT = datetime(2025, 1, 15, 10, tzinfo=UTC)
IT = "s-1"
BUY = Purchase(
    at=BOUGHT,
    subscription_id=IT,
    customer_id="contoso",
    offer_id="e3",
    seats=10,
    term=TermLength.YEAR,
    plan=Plan.MONTHLY,
)

waits = st.one_of(
    st.sampled_from((timedelta(), DAY, 7 * DAY - TICK, 7 * DAY, 7 * DAY + TICK)),
    st.timedeltas(timedelta(), 9 * DAY),
)
changes = st.lists(st.tuples(waits, st.integers(-12, 12).filter(bool)), max_size=12)
"""How long nothing happens, and how many seats are added (or, below zero, removed) then."""

lots = st.lists(st.tuples(st.integers(1, 20), st.datetimes(timezones=st.just(UTC)))).map(
    lambda pairs: tuple(SeatLot(seats=seats, reducible_until=until) for seats, until in pairs)
)


@given(lots, st.integers(0, 120))
def test_what_is_taken_from_lots_and_what_is_left_make_up_what_was_there(held: tuple[SeatLot, ...], seats: int) -> None:
    # R-SEATS-07
    left, taken = take_from(held, seats)
    assert seats_in(taken) == min(seats, seats_in(held))
    assert seats_in(left) + seats_in(taken) == seats_in(held)
    # In their order: what was touched stands before what was not, and at most one lot is in both.
    whole = [lot for lot in taken if lot in held]
    assert len(whole) >= len(taken) - 1
    assert len(left) + len(taken) in {len(held), len(held) + 1}
    assert [lot.reducible_until for lot in held][: len(taken)] == [lot.reducible_until for lot in taken]


@given(changes)
def test_a_reduction_takes_from_open_lots_alone_and_all_or_nothing(history: list[tuple[timedelta, int]]) -> None:
    # INV-04, INV-05, INV-06, R-SEATS-03, R-SEATS-05, R-SEATS-07
    scenario, at, seats = Scenario(BUY), BOUGHT, 10
    paper = [(BOUGHT + 7 * DAY, 10)]
    for wait, change in history:
        at += wait
        paper = [(until, held) for until, held in paper if until >= at]
        if change > 0:
            scenario.given(AddSeats(at=at, subscription_id=IT, seats=change))
            paper.append((at + 7 * DAY, change))
        elif -change > sum(held for _, held in paper) or seats + change < 1:
            scenario.when(RemoveSeats(at=at, subscription_id=IT, seats=-change)).refused(
                "quantity-out-of-range" if seats + change < 1 else "reduction-window-closed"
            )
            continue
        else:
            scenario.given(RemoveSeats(at=at, subscription_id=IT, seats=-change))
            # Seats that are one and the same lot are told apart here, the oldest first.
            single = [until for until, held in paper for _ in range(held)][-change:]
            paper = [(until, 1) for until in single]
        seats += change
        subscription = scenario.subscription(as_of=at)
        assert subscription.seats == seats
        assert subscription.reducible_seats(at) == sum(held for _, held in paper) <= seats
        told = [lot.reducible_until for lot in subscription.lots_at(at) for _ in range(lot.seats)]
        assert told == [until for until, held in paper for _ in range(held)]


@given(changes, waits)
def test_a_subscription_is_canceled_in_its_first_seven_days_or_not_at_all(
    history: list[tuple[timedelta, int]], last: timedelta
) -> None:  # INV-18, R-CANCEL-03, R-CANCEL-04, R-CANCEL-05: neither seats nor a suspension move the window
    scenario, at = Scenario(BUY), BOUGHT
    for wait, change in history:
        at += wait
        if change > 0:
            scenario.given(AddSeats(at=at, subscription_id=IT, seats=change))
    at += last
    if len(history) % 2:
        scenario.given(Suspend(at=at, subscription_id=IT))
    answer = scenario.when(Cancel(at=at, subscription_id=IT))
    assert (answer.refusal is None) == (at - BOUGHT <= 7 * DAY)
    if answer.refusal is not None:
        answer.refused("cancellation-window-closed", "R-CANCEL-01")


@given(waits, st.integers(1, 40))
def test_adding_and_removing_at_one_instant_leaves_everything_as_it_was(wait: timedelta, seats: int) -> None:
    # INV-06, INV-21: where every open lot closes no later than the added one, that one is not reached first
    at = BOUGHT + 8 * DAY + wait
    scenario = Scenario(BUY)
    before = scenario.subscription(as_of=at)
    scenario.given(
        AddSeats(at=at, subscription_id=IT, seats=seats), RemoveSeats(at=at, subscription_id=IT, seats=seats)
    )
    after = scenario.subscription(as_of=at)
    assert (after.seats, after.seat_lots, after.term) == (before.seats, before.seat_lots, before.term)
