"""Upgrades in place: what becomes of the term, the windows and what waits."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.catalogs import prices
from csp_lifecycle.values.calendar import Cycle, Plan, Term, TermLength
from csp_lifecycle.values.windows import Refund, RefundKind, SeatLot
from csp_lifecycle.vocabulary.catalog import Offer, Price, catalog_of
from csp_lifecycle.vocabulary.commands import (
    Cancel,
    CompleteCycleCharge,
    CompleteRenewal,
    QueueBillingPlan,
    ScheduleChange,
    Suspend,
    TurnOffAutoRenew,
    Upgrade,
)
from csp_lifecycle.vocabulary.events import CycleCharged, Reassignment, Upgraded, WaitingChangesVoided
from csp_lifecycle.vocabulary.subscription import Commerce, ScheduledChange, Slot, Status

Make = Callable[..., Any]

NOW = "2025-03-20T09:00:00Z"
"""Long after the cancellation window, in the charge cycle from 15 March to 14 April."""


@pytest.fixture
def running(buy: Make, advance: Make) -> Scenario:
    """Ten seats of Business Standard as `s-1`, with everything taken that is due by 20 March."""
    return Scenario(buy(), advance("2025-03-20T00:00:00Z"))


@pytest.fixture
def triennial(buy: Make, advance: Make) -> Scenario:
    """The same on a triennial term, where an annual plan waits for the next charge."""
    return Scenario(buy(term=TermLength.THREE_YEARS), advance("2025-03-20T00:00:00Z"))


def test_all_seats_upgrade_in_place_and_the_term_keeps_its_dates(running: Scenario, do: Make, fact: Make) -> None:
    # R-UPGRADE-06, R-UPGRADE-12, INV-24
    bought = running.subscription()
    running.when(do(Upgrade, NOW, offer_id="e3", seats=10)).then(
        fact(
            Upgraded,
            NOW,
            offer_id="e3",
            from_offer_id="business-standard",
            seats=10,
            term=bought.term,
            plan=Plan.MONTHLY,
            cycle_anchor=date(2025, 1, 15),
            charge_cycle=Cycle(starts_on=date(2025, 3, 15), ends_on=date(2025, 4, 14)),
            unit_price=Decimal("30.00"),
            currency="EUR",
            refunds=(),
            seat_lots=(),
            reassignment=Reassignment.AUTOMATIC,
        )
    )
    assert bought.term is not None
    assert bought.term.ends_on == date(2026, 1, 14)


def test_the_published_full_upgrade_keeps_its_id_and_its_dates(buy: Make, do: Make) -> None:
    # TV-UPG-01: 300 seats on a monthly term of 18 June, all of them upgraded on 25 June.
    scenario = Scenario(buy("2021-06-18T10:00:00Z", seats=300, term=TermLength.MONTH))
    assert scenario.when(do(Upgrade, "2021-06-25T12:00:00Z", offer_id="e3", seats=300)).names == ("upgraded",)
    after = scenario.subscription("s-1")
    assert (after.offer_id, after.seats, after.status) == ("e3", 300, Status.ACTIVE)
    assert after.term is not None
    assert (after.term.starts_on, after.term.ends_on) == (date(2021, 6, 18), date(2021, 7, 17))


def test_an_upgrade_voids_what_is_scheduled(running: Scenario, do: Make, fact: Make) -> None:
    # TV-UPG-09, R-UPGRADE-03
    running.given(do(ScheduleChange, NOW, offer_id="e5", seats=8))
    _, voided = running.when(do(Upgrade, NOW, offer_id="e3", seats=10)).recorded
    assert voided == fact(
        WaitingChangesVoided,
        NOW,
        slots=(Slot.NEXT_TERM,),
        because="upgraded",
        scheduled_change=ScheduledChange(offer_id="e5", seats=8),
    )
    assert running.subscription().scheduled_change is None


def test_an_upgrade_in_place_voids_the_queued_plan_too(triennial: Scenario, do: Make, fact: Make) -> None:
    # AMB-53: a full upgrade clears the queue; both slots are named in one event.
    triennial.given(do(QueueBillingPlan, NOW, plan=Plan.ANNUAL), do(ScheduleChange, NOW, seats=8))
    upgraded, voided = triennial.when(do(Upgrade, NOW, offer_id="e3", seats=10)).recorded
    assert isinstance(upgraded, Upgraded)
    assert upgraded.plan is Plan.MONTHLY
    assert voided == fact(
        WaitingChangesVoided,
        NOW,
        slots=(Slot.NEXT_TERM, Slot.NEXT_CHARGE),
        because="upgraded",
        scheduled_change=ScheduledChange(seats=8),
        plan=Plan.ANNUAL,
    )


def test_a_source_may_be_upgraded_inside_its_window_and_keeps_what_is_left_of_it(buy: Make, do: Make, at: Make) -> None:
    # AMB-47, R-UPGRADE-13: the window stays as it is, so it still ends seven days after the purchase.
    until = at("2025-01-22T10:00:00Z")
    (upgraded,) = Scenario(buy()).when(do(Upgrade, "2025-01-20T10:00:00Z", offer_id="e3", seats=10)).recorded
    assert isinstance(upgraded, Upgraded)
    assert upgraded.refunds == (Refund(kind=RefundKind.PRORATED, until=until),)
    assert upgraded.seat_lots == (SeatLot(seats=10, reducible_until=until),)


def test_an_upgrade_opens_no_window(running: Scenario, do: Make) -> None:
    # R-UPGRADE-13
    running.given(do(Upgrade, NOW, offer_id="e3", seats=10))
    running.when(do(Cancel, NOW)).refused("cancellation-window-closed", "R-CANCEL-01")
    assert running.subscription().seat_lots == ()


def test_extra_seats_of_an_upgrade_in_place_open_a_lot_of_their_own(running: Scenario, do: Make, at: Make) -> None:
    # AMB-19, D-06, R-UPGRADE-06
    (upgraded,) = running.when(do(Upgrade, NOW, offer_id="e3", seats=12)).recorded
    assert isinstance(upgraded, Upgraded)
    assert upgraded.seats == 12
    assert upgraded.seat_lots == (SeatLot(seats=2, reducible_until=at("2025-03-27T09:00:00Z")),)
    assert upgraded.refunds == ()


def test_fewer_seats_do_not_fit_an_upgrade_in_place(running: Scenario, do: Make) -> None:
    # R-UPGRADE-05, R-UPGRADE-06
    running.when(do(Upgrade, NOW, offer_id="e3", seats=9)).refused("quantity-out-of-range")


def test_a_longer_term_begins_on_the_day_of_the_upgrade(running: Scenario, do: Make, at: Make) -> None:
    # R-UPGRADE-12, AMB-15
    command = do(Upgrade, NOW, offer_id="e3", seats=10, term=TermLength.THREE_YEARS)
    (upgraded,) = running.when(command).recorded
    assert isinstance(upgraded, Upgraded)
    assert upgraded.term == Term(length=TermLength.THREE_YEARS, starts_at=at(NOW), ends_on=date(2028, 3, 19))
    assert upgraded.charge_cycle == Cycle(starts_on=date(2025, 3, 20), ends_on=date(2025, 4, 19))
    assert (upgraded.refunds, upgraded.seat_lots) == ((), ())


def test_an_upgrade_that_begins_a_term_may_land_on_an_upfront_plan(running: Scenario, do: Make) -> None:
    # D-07, R-UPGRADE-11
    command = do(Upgrade, NOW, offer_id="e3", seats=10, term=TermLength.THREE_YEARS, plan=Plan.TRIENNIAL)
    (upgraded,) = running.when(command).recorded
    assert isinstance(upgraded, Upgraded)
    assert upgraded.charge_cycle == Cycle(starts_on=date(2025, 3, 20), ends_on=date(2028, 3, 19))


def test_another_plan_on_the_same_term_keeps_its_dates(triennial: Scenario, do: Make) -> None:
    # R-UPGRADE-11, R-UPGRADE-12
    bought = triennial.subscription()
    (upgraded,) = triennial.when(do(Upgrade, NOW, offer_id="e3", seats=10, plan=Plan.ANNUAL)).recorded
    assert isinstance(upgraded, Upgraded)
    assert (upgraded.plan, upgraded.term) == (Plan.ANNUAL, bought.term)


@pytest.mark.parametrize(
    ("term", "plan", "code"),
    [
        (TermLength.MONTH, Plan.MONTHLY, "term-shorter"),
        (TermLength.YEAR, Plan.TRIENNIAL, "billing-cycle-longer-than-term"),
        (None, Plan.TRIENNIAL, "billing-cycle-longer-than-term"),
    ],
)
def test_an_upgrade_may_not_shorten_the_term_nor_outgrow_it(
    running: Scenario, do: Make, term: TermLength | None, plan: Plan, code: str
) -> None:
    # R-UPGRADE-11, R-PURCHASE-04
    running.when(do(Upgrade, NOW, offer_id="e3", seats=10, term=term, plan=plan)).refused(code)


def test_an_upgrade_takes_the_price_list_of_its_day(buy: Make, do: Make, advance: Make) -> None:
    # D-10
    listed = tuple(
        price(amount, since) for amount, since in ((20, None), (22, date(2025, 3, 1)), (25, date(2025, 4, 1)))
    )
    catalog = catalog_of((offer("low", upgrades_to=("high",)), offer("high", listed=listed)))
    scenario = Scenario(buy(offer_id="low"), advance("2025-03-20T00:00:00Z"), catalog=catalog)
    (upgraded,) = scenario.when(do(Upgrade, NOW, offer_id="high", seats=10)).recorded
    assert isinstance(upgraded, Upgraded)
    assert upgraded.unit_price == Decimal(22)


def test_auto_renew_stays_off_through_an_upgrade(running: Scenario, do: Make) -> None:
    # R-UPGRADE-06, the table of events and effects
    running.given(do(TurnOffAutoRenew, NOW), do(Upgrade, NOW, offer_id="e3", seats=10))
    assert running.subscription().auto_renew is False


def test_a_suspended_subscription_is_not_upgraded(running: Scenario, do: Make) -> None:
    # R-UPGRADE-02
    running.given(do(Suspend, NOW))
    running.when(do(Upgrade, NOW, offer_id="e3", seats=10)).refused("not-active")


def test_users_follow_an_upgrade_of_all_seats_by_themselves_only_from_the_one_subscription_of_its_offer(
    buy: Make, do: Make
) -> None:
    # R-UPGRADE-15
    alone = Scenario(buy(plan=Plan.ANNUAL))
    (upgraded,) = alone.when(do(Upgrade, NOW, offer_id="e3", seats=10)).recorded
    several = Scenario(buy(plan=Plan.ANNUAL), buy(subscription_id="s-2"))
    (beside,) = several.when(do(Upgrade, NOW, offer_id="e3", seats=10)).recorded
    assert isinstance(upgraded, Upgraded)
    assert isinstance(beside, Upgraded)
    assert (upgraded.reassignment, beside.reassignment) == (Reassignment.AUTOMATIC, Reassignment.MANUAL)


def test_while_a_renewal_is_in_flight_an_upgrade_conflicts_and_may_be_tried_again(
    buy: Make, do: Make, advance: Make
) -> None:
    # R-LOCK-05, R-LOCK-06
    scenario = Scenario(buy(), advance("2026-01-15T00:00:00Z", complete=False))
    later = "2026-01-15T01:00:00Z"
    assert scenario.when(do(Upgrade, later, offer_id="e3", seats=10)).refused("conflict").reason.retryable
    scenario.given(do(CompleteRenewal, later))
    assert scenario.when(do(Upgrade, later, offer_id="e3", seats=10)).names == ("upgraded",)


def test_an_upgrade_passes_while_a_cycle_charge_is_in_flight_and_takes_the_queued_plan_away(
    triennial: Scenario, do: Make, advance: Make
) -> None:
    # R-LOCK-01, AMB-53: the charge that is completed afterwards applies no plan any more.
    charging = "2025-04-15T00:00:00Z"
    triennial.given(do(QueueBillingPlan, NOW, plan=Plan.ANNUAL), advance(charging, complete=False))
    upgrade = triennial.when(do(Upgrade, charging, offer_id="e3", seats=10))
    assert upgrade.names == ("upgraded", "waiting-changes-voided")
    (charged,) = triennial.when(do(CompleteCycleCharge, charging)).recorded
    assert isinstance(charged, CycleCharged)
    assert charged.plan is None
    assert charged.charge_cycle == Cycle(starts_on=date(2025, 4, 15), ends_on=date(2025, 5, 14))


def test_a_charge_in_flight_begins_no_cycle_before_its_day(triennial: Scenario, do: Make, advance: Make) -> None:
    # R-CHARGE-05, INV-11: the upgrade brought the annual plan already, and its year is charged only once.
    charging = "2025-04-15T00:00:00Z"
    triennial.given(do(QueueBillingPlan, NOW, plan=Plan.ANNUAL), advance(charging, complete=False))
    triennial.given(do(Upgrade, charging, offer_id="e3", seats=10, plan=Plan.ANNUAL))
    triennial.when(do(CompleteCycleCharge, charging))
    assert triennial.subscription().charge_cycle == Cycle(starts_on=date(2025, 4, 15), ends_on=date(2026, 1, 14))


def test_what_is_due_is_taken_before_the_upgrade_and_stands_first(buy: Make, do: Make) -> None:
    # R-UPGRADE-12: the term that is upgraded is the one of that day, one renewal later.
    when = Scenario(buy(plan=Plan.ANNUAL)).when(do(Upgrade, "2026-01-20T09:00:00Z", offer_id="e3", seats=10))
    assert when.names == ("renewed", "upgraded")
    upgraded = when.recorded[-1]
    assert isinstance(upgraded, Upgraded)
    assert upgraded.term.ends_on == date(2027, 1, 14)


def offer(offer_id: str, name: str | None = None, listed: tuple[Price, ...] = prices("10.00"), **more: Any) -> Offer:
    return Offer(offer_id=offer_id, name=name or offer_id, commerce=Commerce.NEW_COMMERCE, prices=listed, **more)


def price(amount: int, since: date | None) -> Price:
    return Price(term=TermLength.YEAR, plan=Plan.MONTHLY, amount=Decimal(amount), currency="EUR", since=since)
