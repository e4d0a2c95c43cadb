"""A life as its log tells it."""

from datetime import UTC, datetime

from csp_lifecycle.cli.timeline import entries, life, lots, removals
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import AddSeats, Advance, Command, Purchase, Reactivate, RemoveSeats, Suspend
from csp_lifecycle.vocabulary.events import Event

BOUGHT = datetime(2022, 3, 5, 10, tzinfo=UTC)


def at(month: int, day: int, hour: int = 10) -> datetime:
    return datetime(2022, month, day, hour, tzinfo=UTC)


def lived(*commands: Command | Advance, term: TermLength = TermLength.YEAR) -> list[Event]:
    bought = Purchase(
        at=BOUGHT,
        subscription_id="s-1",
        customer_id="contoso",
        offer_id="business-standard",
        seats=10,
        term=term,
        plan=Plan.MONTHLY,
    )
    return [envelope.event for envelope in Scenario(bought, *commands).lifecycle.log()]  # type: ignore[misc]


def test_every_addition_has_its_window_and_removals_fall_into_them() -> None:  # TV-SEAT-04, D-17
    events = lived(
        AddSeats(at=at(3, 7), subscription_id="s-1", seats=5),
        AddSeats(at=at(3, 10), subscription_id="s-1", seats=10),
        RemoveSeats(at=at(3, 12, 9), subscription_id="s-1", seats=2),
        RemoveSeats(at=at(3, 14, 9), subscription_id="s-1", seats=3),
    )
    assert [(lot.word, lot.starts_at, lot.ends_at) for lot in lots(events)] == [
        ("10 until 03-12 10:00", at(3, 5), at(3, 12)),
        (" 5 until 03-14 10:00", at(3, 7), at(3, 14)),
        ("10 until 03-17 10:00", at(3, 10), at(3, 17)),
    ]
    assert removals(events) == ((at(3, 12, 9), "-2"), (at(3, 14, 9), "-3"))
    assert [entry.after.seats for entry in entries(events)] == [10, 15, 25, 23, 20]


def test_one_lot_alone_is_not_drawn() -> None:
    assert lots(lived()) == ()


def test_a_life_is_its_statuses_in_order() -> None:
    events = lived(
        Suspend(at=at(4, 1), subscription_id="s-1"),
        Reactivate(at=at(5, 1), subscription_id="s-1"),
    )
    assert [(span.word, span.starts_at, span.ends_at) for span in life(events, at(6, 1))] == [
        ("active", BOUGHT, at(4, 1)),
        ("suspended", at(4, 1), at(5, 1)),
        ("active", at(5, 1), at(6, 1)),
    ]


def test_a_life_that_ended_stops_there() -> None:  # R-SUSP-08
    events = lived(Suspend(at=at(3, 20), subscription_id="s-1"), Advance(to=at(5, 1)), term=TermLength.MONTH)
    spans = life(events, events[-1].at)
    assert [span.word for span in spans] == ["active", "suspended"]
    assert spans[-1].ends_at == at(4, 5, 0)


def test_few_terms_are_spans_and_many_are_counted() -> None:
    few = life(lived(Advance(to=at(5, 20)), term=TermLength.MONTH), at(5, 20))
    many = life(lived(Advance(to=at(11, 20)), term=TermLength.MONTH), at(11, 20))
    assert [span.word for span in few] == ["active", "renewed", "renewed"]
    assert [span.word for span in many] == ["active", "renewed 8 times"]


def test_a_run_is_one_entry_between_the_states_around_it() -> None:
    *_, charges = entries(lived(Advance(to=at(6, 20))))
    assert (len(charges.run), charges.at) == (3, at(4, 5, 0))
    assert (charges.before.version, charges.after.version) == (1, 4)
