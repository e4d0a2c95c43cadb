"""A longer term at once: which terms may follow which, and what becomes of windows, seats and waiting changes."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Cycle, Plan, Term, TermLength
from csp_lifecycle.values.windows import Refund, RefundKind, SeatLot
from csp_lifecycle.vocabulary.catalog import Offer, Price, catalog_of
from csp_lifecycle.vocabulary.commands import AddSeats, ChangeTerm, CompleteRenewal, ScheduleChange, TurnOffAutoRenew
from csp_lifecycle.vocabulary.events import TermChanged
from csp_lifecycle.vocabulary.subscription import Commerce

Make = Callable[..., Any]
MONTH, YEAR, YEARS = TermLength.MONTH, TermLength.YEAR, TermLength.THREE_YEARS
MONTHLY, ANNUAL, TRIENNIAL = Plan.MONTHLY, Plan.ANNUAL, Plan.TRIENNIAL

NOW = "2025-02-03T09:00:00Z"
"""After the cancellation window, inside the first charge cycle."""


def changed(scenario: Scenario, command: Any) -> TermChanged:
    """The new term, which must be the first thing that the command records."""
    event = scenario.when(command).recorded[0]
    assert isinstance(event, TermChanged)
    return event


@pytest.mark.parametrize(
    ("term", "plan", "longer", "wanted"),
    [
        (YEAR, MONTHLY, YEARS, MONTHLY),
        (YEAR, MONTHLY, YEARS, ANNUAL),
        (YEAR, MONTHLY, YEARS, TRIENNIAL),
        (YEAR, ANNUAL, YEARS, MONTHLY),
        (YEAR, ANNUAL, YEARS, ANNUAL),
        (YEAR, ANNUAL, YEARS, TRIENNIAL),
        (MONTH, MONTHLY, YEAR, MONTHLY),
        (MONTH, MONTHLY, YEAR, ANNUAL),
        (MONTH, MONTHLY, YEARS, MONTHLY),
        (MONTH, MONTHLY, YEARS, ANNUAL),
        (MONTH, MONTHLY, YEARS, TRIENNIAL),
    ],
)
def test_a_longer_term_begins_at_once_on_any_plan_that_fits_it(
    buy: Make, do: Make, at: Make, term: TermLength, plan: Plan, longer: TermLength, wanted: Plan
) -> None:
    # TV-PLAN-03, R-BILL-02, R-BILL-05, R-BILL-13, D-07, AMB-14, AMB-15
    event = changed(Scenario(buy(term=term, plan=plan)), do(ChangeTerm, NOW, term=longer, plan=wanted))
    last = {YEAR: date(2026, 2, 2), YEARS: date(2028, 2, 2)}[longer]
    first_cycle = {MONTHLY: date(2025, 3, 2), ANNUAL: date(2026, 2, 2), TRIENNIAL: date(2028, 2, 2)}[wanted]
    assert event.term == Term(length=longer, starts_at=at(NOW), ends_on=last)
    assert event.plan is wanted
    assert event.charge_cycle == Cycle(starts_on=date(2025, 2, 3), ends_on=first_cycle)
    assert (event.offer_id, event.seats, event.refunds, event.seat_lots) == ("business-standard", 10, (), ())


@pytest.mark.parametrize(
    ("term", "plan", "wanted_term", "wanted_plan"),
    [
        (YEARS, MONTHLY, YEARS, ANNUAL),
        (YEARS, ANNUAL, YEARS, TRIENNIAL),
        (YEARS, TRIENNIAL, YEAR, ANNUAL),
        (YEARS, MONTHLY, MONTH, MONTHLY),
        (YEAR, MONTHLY, YEAR, ANNUAL),
        (YEAR, ANNUAL, YEAR, MONTHLY),
        (YEAR, ANNUAL, MONTH, MONTHLY),
        (MONTH, MONTHLY, MONTH, MONTHLY),
    ],
)
def test_no_term_is_changed_to_one_that_is_not_longer(
    buy: Make, do: Make, term: TermLength, plan: Plan, wanted_term: TermLength, wanted_plan: Plan
) -> None:
    # TV-PLAN-03, R-BILL-05, INV-15
    when = Scenario(buy(term=term, plan=plan)).when(do(ChangeTerm, NOW, term=wanted_term, plan=wanted_plan))
    assert when.refusal is not None
    assert when.refusal.rule == "R-BILL-05"


def test_a_year_is_not_shortened_to_a_month_before_it_ends(buy: Make, do: Make) -> None:
    # TV-PLAN-04
    scenario = Scenario(buy("2023-01-01T10:00:00Z"))
    command = do(ChangeTerm, "2023-12-20T09:00:00Z", term=MONTH, plan=MONTHLY)
    assert "schedule-change" in scenario.when(command).refused("term-shorter", "R-BILL-05").reason.remedies


def test_the_plan_may_not_be_longer_than_the_new_term(buy: Make, do: Make) -> None:
    # R-PURCHASE-04
    command = do(ChangeTerm, NOW, term=YEAR, plan=TRIENNIAL)
    Scenario(buy(term=MONTH)).when(command).refused("billing-cycle-longer-than-term", "R-PURCHASE-04")


def test_a_new_term_takes_the_price_list_of_its_day(buy: Make, do: Make) -> None:
    # D-10
    monthly = Price(term=MONTH, plan=MONTHLY, amount=Decimal(12), currency="EUR")
    rises = [(Decimal(100), None), (Decimal(110), date(2025, 2, 1)), (Decimal(120), date(2025, 3, 1))]
    annual = [Price(term=YEAR, plan=ANNUAL, amount=amount, currency="EUR", since=since) for amount, since in rises]
    offer = Offer(offer_id="dated", name="Dated", commerce=Commerce.NEW_COMMERCE, prices=(monthly, *annual))
    scenario = Scenario(buy(offer_id="dated", term=MONTH), catalog=catalog_of((offer,)))
    scenario.when(do(ChangeTerm, NOW, term=YEARS, plan=ANNUAL)).refused("plan-not-offered")
    assert changed(scenario, do(ChangeTerm, NOW, term=YEAR, plan=ANNUAL)).unit_price == Decimal(110)


def test_a_new_term_opens_no_window_and_keeps_what_is_left_of_the_old_one(buy: Make, do: Make, at: Make) -> None:
    # R-BILL-14, AMB-16: on the fifth day two days of the purchase's window are left.
    until = at("2025-01-22T10:00:00Z")
    event = changed(Scenario(buy(term=MONTH)), do(ChangeTerm, "2025-01-20T10:00:00Z", term=YEAR, plan=MONTHLY))
    assert event.refunds == (Refund(kind=RefundKind.PRORATED, until=until),)
    assert event.seat_lots == (SeatLot(seats=10, reducible_until=until),)


def test_a_term_change_voids_what_is_scheduled_and_leaves_auto_renew(buy: Make, do: Make) -> None:
    # R-SCHED-07
    scenario = Scenario(buy(), do(ScheduleChange, NOW, seats=8))
    when = scenario.when(do(ChangeTerm, NOW, term=YEARS, plan=MONTHLY))
    assert when.names == ("term-changed", "waiting-changes-voided")
    scenario = Scenario(buy(), do(TurnOffAutoRenew, NOW), do(ChangeTerm, NOW, term=YEARS, plan=MONTHLY))
    assert scenario.subscription().auto_renew is False


def test_seats_that_come_with_a_new_term_open_a_lot_of_their_own(buy: Make, do: Make, at: Make) -> None:
    # R-BILL-02, R-SEATS-03
    event = changed(Scenario(buy()), do(ChangeTerm, NOW, term=YEARS, plan=MONTHLY, seats=12))
    assert event.seats == 12
    assert event.seat_lots == (SeatLot(seats=2, reducible_until=at("2025-02-10T09:00:00Z")),)


def test_seats_fall_with_a_new_term_only_as_far_as_open_lots_allow(buy: Make, do: Make, at: Make) -> None:
    # R-SEATS-02, R-SEATS-05, R-SEATS-07
    scenario = Scenario(buy(), do(AddSeats, NOW, seats=3))
    terms = {"term": YEARS, "plan": MONTHLY}
    scenario.when(do(ChangeTerm, NOW, seats=9, **terms)).refused("reduction-window-closed")
    event = changed(scenario, do(ChangeTerm, NOW, seats=11, **terms))
    assert event.seat_lots == (SeatLot(seats=1, reducible_until=at("2025-02-10T09:00:00Z")),)


def test_seats_of_a_new_term_must_fit_the_offers_range(buy: Make, do: Make) -> None:
    # R-PURCHASE-07
    Scenario(buy()).when(do(ChangeTerm, NOW, term=YEARS, plan=MONTHLY, seats=301)).refused("quantity-out-of-range")


def test_a_promotion_fixes_the_term(buy: Make, do: Make) -> None:
    # R-BILL-06, D-12
    when = Scenario(buy(promotion_id="spring")).when(do(ChangeTerm, NOW, term=YEARS, plan=MONTHLY))
    assert when.refusal is not None
    assert when.refusal.rule == "R-BILL-06"


def test_while_a_renewal_is_in_flight_a_term_change_conflicts(buy: Make, do: Make, advance: Make) -> None:
    # R-LOCK-05
    end = "2026-01-15T00:00:00Z"
    scenario = Scenario(buy(), advance(end, complete=False))
    command = do(ChangeTerm, end, term=YEARS, plan=MONTHLY)
    assert scenario.when(command).refused("conflict", "R-LOCK-05").reason.retryable
    scenario.given(do(CompleteRenewal, end))
    assert scenario.when(command).names == ("term-changed",)


def test_a_changed_term_runs_in_full_and_renews_in_its_own_rhythm(buy: Make, do: Make, advance: Make) -> None:
    # R-BILL-13, INV-11
    scenario = Scenario(buy(term=MONTH), do(ChangeTerm, NOW, term=YEAR, plan=MONTHLY))
    assert scenario.when(advance("2026-02-03T00:00:00Z")).names == ("cycle-charged",) * 11 + ("renewed",)
    after = scenario.subscription()
    assert after.term is not None
    assert (after.term.starts_on, after.term.ends_on) == (date(2026, 2, 3), date(2027, 2, 2))
