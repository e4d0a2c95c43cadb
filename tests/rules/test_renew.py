"""R-RENEW: a term that ends goes on by itself, or lapses; what waits for it comes into force."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Cycle, Plan, Term, TermLength
from csp_lifecycle.values.windows import Refund, RefundKind, SeatLot
from csp_lifecycle.vocabulary.catalog import Offer, Price, catalog_of
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Command,
    CompleteRenewal,
    Purchase,
    ScheduleChange,
)
from csp_lifecycle.vocabulary.events import (
    CycleCharged,
    Event,
    Renewed,
)
from csp_lifecycle.vocabulary.subscription import Commerce, Slot

Buy = Callable[..., Purchase]
Do = Callable[..., Command]
Fact = Callable[..., Event]
Time = Callable[..., Advance]
At = Callable[[str], datetime]
Day = Callable[[str], date]
Names = Callable[..., tuple[str, ...]]
Shown = Callable[..., dict[str, object]]

MONTH, YEAR, THREE_YEARS = TermLength.MONTH, TermLength.YEAR, TermLength.THREE_YEARS
MONTHLY, ANNUAL = Plan.MONTHLY, Plan.ANNUAL
FEB_1, RENEWAL = "2025-02-01T09:00:00Z", "2026-01-15T00:00:00Z"


@pytest.fixture
def renewed_terms(at: At, day: Day) -> dict[str, object]:
    """What the example year renews to at midnight, when nothing waits for it."""
    return {
        "offer_id": "business-standard",
        "seats": 10,
        "term": Term(length=YEAR, starts_at=at(RENEWAL), ends_on=day("2027-01-14")),
        "plan": MONTHLY,
        "cycle_anchor": day("2026-01-15"),
        "charge_cycle": Cycle(starts_on=day("2026-01-15"), ends_on=day("2026-02-14")),
        "unit_price": Decimal("10.00"),
        "currency": "EUR",
        "refunds": (
            Refund(kind=RefundKind.FULL, until=at("2026-01-16T00:00:00Z")),
            Refund(kind=RefundKind.PRORATED, until=at("2026-01-22T00:00:00Z")),
        ),
        "seat_lots": (SeatLot(seats=10, reducible_until=at("2026-01-22T00:00:00Z")),),
        "policy": "new-commerce",
        "auto_renew": True,
    }


# By itself: R-RENEW-01, R-RENEW-03, R-RENEW-06


def test_a_term_renews_by_itself_with_everything_as_it_was(
    *, buy: Buy, fact: Fact, advance: Time, renewed_terms: dict[str, object]
) -> None:
    """R-RENEW-01, R-RENEW-03, R-RENEW-05, R-RENEW-06, T-12."""
    scenario = Scenario(buy(), advance("2026-01-14T23:59:59.999999Z"))
    scenario.when(advance(RENEWAL)).then(fact(Renewed, RENEWAL, **renewed_terms))


@pytest.mark.parametrize(
    ("term", "plan", "ends_on"),
    [(MONTH, MONTHLY, "2025-03-14"), (YEAR, ANNUAL, "2027-01-14"), (THREE_YEARS, Plan.TRIENNIAL, "2031-01-14")],
)
def test_term_and_plan_stay_as_they_are(*, buy: Buy, day: Day, term: TermLength, plan: Plan, ends_on: str) -> None:
    # R-RENEW-06
    scenario = Scenario(buy(term=term, plan=plan))
    first = scenario.subscription().term
    assert first is not None
    scenario.given(Advance(to=first.ends_before))
    renewed = scenario.subscription()
    assert renewed.term == Term(length=term, starts_at=first.ends_before, ends_on=day(ends_on))
    assert (renewed.plan, renewed.auto_renew) == (plan, True)


def test_a_monthly_term_renews_month_by_month(buy: Buy, advance: Time, names: Names) -> None:
    # R-RENEW-01
    scenario = Scenario(buy(term=MONTH), advance("2026-01-15T00:00:00Z"))
    assert names(scenario) == ("purchased", *["renewed"] * 12)


# On completion: R-RENEW-05


def test_windows_open_when_the_renewal_completes_and_the_term_when_it_began(
    *, buy: Buy, do: Do, fact: Fact, at: At, advance: Time, renewed_terms: dict[str, object]
) -> None:
    """R-RENEW-05."""
    scenario = Scenario(buy(), advance(RENEWAL, complete=False))
    windows = {
        "refunds": (
            Refund(kind=RefundKind.FULL, until=at("2026-01-16T18:30:00Z")),
            Refund(kind=RefundKind.PRORATED, until=at("2026-01-22T18:30:00Z")),
        ),
        "seat_lots": (SeatLot(seats=10, reducible_until=at("2026-01-22T18:30:00Z")),),
    }
    completed = scenario.when(do(CompleteRenewal, "2026-01-15T18:30:00Z"))
    completed.then(fact(Renewed, "2026-01-15T18:30:00Z", **renewed_terms | windows))


def test_what_is_scheduled_is_applied_as_one_and_cleared(buy: Buy, do: Do, advance: Time, shown: Shown) -> None:
    """R-RENEW-05, R-SCHED-09, AMB-75: with another offer and other seats, and the window opens all the same."""
    scheduled = do(ScheduleChange, FEB_1, offer_id="e3", seats=4, term=THREE_YEARS, plan=ANNUAL)
    scenario = Scenario(buy(), scheduled, advance("2026-01-14T23:59:59Z"))
    (renewed,) = scenario.when(advance(RENEWAL)).recorded
    assert isinstance(renewed, Renewed)
    assert renewed.applied == (Slot.NEXT_TERM,)
    applied = {
        "offer_id": "e3",
        "seats": 4,
        "plan": "annual",
        "unit_price": "360.00",
        "term": {"length": "P3Y", "starts_at": RENEWAL, "ends_on": "2029-01-14"},
        "charge_cycle": {"starts_on": "2026-01-15", "ends_on": "2027-01-14"},
        "scheduled_change": None,
        "auto_renew": True,
        "cancellable_until": "2026-01-22T00:00:00Z",
        "reducible_seats": 4,
    }
    assert shown(scenario).items() >= applied.items()


def test_what_was_scheduled_is_applied_once(buy: Buy, do: Do, advance: Time) -> None:
    # R-RENEW-05, R-RENEW-06
    scenario = Scenario(buy(), do(ScheduleChange, FEB_1, seats=4), advance(RENEWAL))
    scenario.given(do(AddSeats, "2026-03-01T09:00:00Z", seats=3), advance("2027-01-15T00:00:00Z"))
    assert scenario.subscription().seats == 7


def test_a_renewal_costs_what_the_price_list_of_its_day_says(buy: Buy, do: Do, advance: Time) -> None:
    # R-RENEW-05: of the day after the old term, however late the renewal completes
    rises = (("10.00", None), ("12.00", date(2026, 1, 15)), ("99.00", date(2026, 1, 16)))
    prices = tuple(
        Price(term=YEAR, plan=MONTHLY, amount=Decimal(amount), currency="EUR", since=since) for amount, since in rises
    )
    catalog = catalog_of((Offer(offer_id="dated", name="Dated", commerce=Commerce.NEW_COMMERCE, prices=prices),))
    scenario = Scenario(buy(offer_id="dated"), advance(RENEWAL, complete=False), catalog=catalog)
    scenario.given(do(CompleteRenewal, "2026-01-16T09:00:00Z"))
    assert scenario.subscription().unit_price == Decimal("12.00")


def test_cycles_that_ended_during_a_long_renewal_are_charged_after_it(
    buy: Buy, do: Do, fact: Fact, day: Day, advance: Time
) -> None:
    # R-RENEW-05, R-LOCK-04: nothing else is due while it is in flight, and nothing goes before it afterwards
    scenario = Scenario(buy(), advance(RENEWAL, complete=False), advance("2026-03-20T08:00:00Z"))
    done = "2026-03-20T09:00:00Z"
    assert scenario.when(do(CompleteRenewal, done)).names == ("renewed",)
    scenario.when(advance(done)).then(
        fact(CycleCharged, done, charge_cycle=Cycle(starts_on=day("2026-02-15"), ends_on=day("2026-03-14"))),
        fact(CycleCharged, done, charge_cycle=Cycle(starts_on=day("2026-03-15"), ends_on=day("2026-04-14"))),
    )
