"""Upgrades of some seats, which go into a new subscription."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.catalogs import prices
from csp_lifecycle.values.calendar import Cycle, Plan, Term, TermLength
from csp_lifecycle.values.windows import Refund, RefundKind, SeatLot
from csp_lifecycle.vocabulary.catalog import Offer, catalog_of
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Cancel,
    Purchase,
    QueueBillingPlan,
    ScheduleChange,
    TurnOffAutoRenew,
    Upgrade,
)
from csp_lifecycle.vocabulary.events import (
    Origin,
    Purchased,
    Reassignment,
    Renewed,
    SeatsMovedOut,
    WaitingChangesVoided,
)
from csp_lifecycle.vocabulary.subscription import Commerce, InFlight, ScheduledChange, Slot

Make = Callable[..., Any]

NOW = "2025-03-20T09:00:00Z"
"""Long after the cancellation windows, in the charge cycle from 15 March to 14 April."""


@pytest.fixture
def source(buy: Make, advance: Make) -> Scenario:
    """17 seats of Business Standard as `s-1`, with everything taken that is due by 20 March."""
    return Scenario(buy(seats=17), advance("2025-03-20T00:00:00Z"))


def moved(scenario: Scenario, command: Any) -> tuple[SeatsMovedOut, Purchased]:
    out, purchased = scenario.when(command).recorded
    assert isinstance(out, SeatsMovedOut)
    assert isinstance(purchased, Purchased)
    return out, purchased


def lot(seats: int, reducible_until: Any) -> SeatLot:
    return SeatLot(seats=seats, reducible_until=reducible_until)


SPLIT = {"offer_id": "e3", "seats": 5, "new_subscription_id": "s-2"}


def test_the_source_keeps_the_rest_and_users_are_assigned_by_hand(source: Scenario, do: Make, fact: Make) -> None:
    # TV-UPG-07, R-UPGRADE-05, R-UPGRADE-07, R-UPGRADE-15, INV-22
    out, _ = moved(source, do(Upgrade, NOW, **SPLIT))
    assert out == fact(
        SeatsMovedOut,
        NOW,
        seats=5,
        seats_after=12,
        seat_lots=(),
        other_subscription_id="s-2",
        reassignment=Reassignment.MANUAL,
    )


def test_some_seats_go_into_a_new_subscription_that_ends_with_its_source(
    source: Scenario, do: Make, fact: Make, at: Make
) -> None:
    # TV-UPG-07, R-UPGRADE-04, R-UPGRADE-07, INV-22, INV-23; the cycle goes on in the source's rhythm.
    _, purchased = moved(source, do(Upgrade, NOW, **SPLIT))
    assert purchased == fact(
        Purchased,
        NOW,
        "s-2",
        customer_id="contoso",
        offer_id="e3",
        commerce=Commerce.NEW_COMMERCE,
        policy="new-commerce",
        seats=5,
        term=Term(length=TermLength.YEAR, starts_at=at(NOW), ends_on=date(2026, 1, 14)),
        plan=Plan.MONTHLY,
        cycle_anchor=date(2025, 1, 15),
        charge_cycle=Cycle(starts_on=date(2025, 3, 20), ends_on=date(2025, 4, 14)),
        unit_price=Decimal("30.00"),
        currency="EUR",
        refunds=(),
        seat_lots=(),
        auto_renew=True,
        origin=Origin.UPGRADE,
        from_subscription_id="s-1",
    )


def test_source_and_new_subscription_renew_together(source: Scenario, do: Make, advance: Make, names: Make) -> None:
    # R-UPGRADE-07, R-UPGRADE-12
    source.given(do(Upgrade, NOW, offer_id="e3", seats=5, new_subscription_id="s-2"), advance("2026-01-15T00:00:00Z"))
    assert names(source, "s-1")[-1] == names(source, "s-2")[-1] == "renewed"
    assert names(source, "s-2").count("cycle-charged") == 9
    assert {source.subscription(one).offer_id: source.subscription(one).seats for one in ("s-1", "s-2")} == {
        "business-standard": 12,
        "e3": 5,
    }


@pytest.mark.parametrize(
    ("upgraded_at", "kinds"),
    [
        ("2025-01-16T10:00:00Z", [RefundKind.FULL, RefundKind.PRORATED]),
        ("2025-01-16T10:00:01Z", [RefundKind.PRORATED]),
        ("2025-01-22T10:00:01Z", []),
    ],
)
def test_the_new_subscription_inherits_what_is_left_of_the_sources_window(
    buy: Make, do: Make, at: Make, upgraded_at: str, kinds: list[RefundKind]
) -> None:
    # R-UPGRADE-13: counted from the source's purchase, never from the upgrade.
    ends = {RefundKind.FULL: at("2025-01-16T10:00:00Z"), RefundKind.PRORATED: at("2025-01-22T10:00:00Z")}
    _, purchased = moved(Scenario(buy()), do(Upgrade, upgraded_at, offer_id="e3", seats=4, new_subscription_id="s-2"))
    assert purchased.refunds == tuple(Refund(kind=kind, until=ends[kind]) for kind in kinds)


def test_an_inherited_window_closes_with_the_sources_and_opens_again_at_the_renewal(
    buy: Make, do: Make, advance: Make
) -> None:
    # R-UPGRADE-13
    split = do(Upgrade, "2025-01-20T10:00:00Z", offer_id="e3", seats=4, new_subscription_id="s-2")
    scenario = Scenario(buy(), split)
    scenario.when(do(Cancel, "2025-01-22T10:00:01Z", "s-2")).refused("cancellation-window-closed")
    scenario.given(advance("2026-01-15T00:00:00Z"))
    assert scenario.when(do(Cancel, "2026-01-15T10:00:00Z", "s-2")).names == ("canceled",)
    assert Scenario(buy(), split).when(do(Cancel, "2025-01-22T10:00:00Z", "s-2")).names == ("canceled",)


@pytest.mark.parametrize(
    ("seats", "left", "taken"),
    [
        (9, [(5, "22"), (4, "25")], []),
        (10, [(5, "22"), (4, "25")], []),
        (13, [(5, "22"), (1, "25")], [(3, "25")]),
        (15, [(4, "22")], [(1, "22"), (4, "25")]),
    ],
)
def test_seats_outside_every_open_lot_move_first_then_those_of_the_latest_deadline(
    buy: Make, do: Make, at: Make, seats: int, left: list[tuple[int, str]], taken: list[tuple[int, str]]
) -> None:
    # AMB-45: so the partner keeps what may still be reduced the soonest; a lot that moves keeps its deadline.
    added = (do(AddSeats, "2025-03-15T09:00:00Z", seats=5), do(AddSeats, "2025-03-18T09:00:00Z", seats=4))
    scenario = Scenario(buy(plan=Plan.ANNUAL), *added)
    command = do(Upgrade, NOW, offer_id="e3", seats=seats, new_subscription_id="s-2")
    out, purchased = moved(scenario, command)
    assert out.seat_lots == tuple(lot(count, at(f"2025-03-{day}T09:00:00Z")) for count, day in left)
    assert purchased.seat_lots == tuple(lot(count, at(f"2025-03-{day}T09:00:00Z")) for count, day in taken)


def test_a_partial_upgrade_voids_the_sources_schedule_and_leaves_its_queue(buy: Make, do: Make, fact: Make) -> None:
    # AMB-53, R-SCHED-05: the new subscription has neither.
    scenario = Scenario(
        buy(term=TermLength.THREE_YEARS, plan=Plan.ANNUAL),
        do(QueueBillingPlan, NOW, plan=Plan.MONTHLY),
        do(ScheduleChange, NOW, seats=8),
    )
    when = scenario.when(do(Upgrade, NOW, offer_id="e3", seats=4, new_subscription_id="s-2"))
    assert when.names == ("seats-moved-out", "waiting-changes-voided", "purchased")
    assert when.recorded[1] == fact(
        WaitingChangesVoided,
        NOW,
        slots=(Slot.NEXT_TERM,),
        because="seats-moved-out",
        scheduled_change=ScheduledChange(seats=8),
    )
    assert scenario.subscription().queued_plan is Plan.MONTHLY
    assert not scenario.subscription("s-2").waiting


def test_a_new_subscription_renews_only_if_its_source_does(source: Scenario, do: Make) -> None:
    # R-UPGRADE-07, the table of events and effects
    source.given(do(TurnOffAutoRenew, NOW))
    _, purchased = moved(source, do(Upgrade, NOW, offer_id="e3", seats=5, new_subscription_id="s-2"))
    assert purchased.auto_renew is False


def test_a_longer_term_of_the_new_subscription_begins_at_its_renewal(
    source: Scenario, do: Make, advance: Make, stream: Make
) -> None:
    # R-UPGRADE-12: coterminous first, whatever length was chosen.
    longer = {"term": TermLength.THREE_YEARS, "new_subscription_id": "s-2"}
    _, purchased = moved(source, do(Upgrade, NOW, offer_id="e3", seats=5, **longer))
    assert purchased.term is not None
    assert purchased.term.ends_on == date(2026, 1, 14)
    source.given(advance("2026-01-15T00:00:00Z"))
    renewed = stream(source, "s-2")[-1]
    assert isinstance(renewed, Renewed)
    assert renewed.term.ends_on == date(2029, 1, 14)


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"term": TermLength.MONTH}, "term-shorter"),
        ({"plan": Plan.TRIENNIAL}, "billing-cycle-longer-than-term"),
        ({"seats": 17}, "quantity-out-of-range"),
        ({"seats": 18}, "quantity-out-of-range"),
        ({"new_subscription_id": "s-1"}, "subscription-exists"),
        ({"offer_id": "visio"}, "upgrade-path-unsupported"),
    ],
)
def test_what_a_new_subscription_may_not_be(source: Scenario, do: Make, terms: dict[str, Any], code: str) -> None:
    # R-UPGRADE-05, R-UPGRADE-11: fewer than all seats, under a new id, on a term that is not shorter.
    wish = {"offer_id": "e3", "seats": 5, "new_subscription_id": "s-2"} | terms
    source.when(do(Upgrade, NOW, **wish)).refused(code)


@pytest.mark.parametrize("seats", [4, 6])
def test_each_side_of_a_partial_upgrade_keeps_its_offers_minimum(buy: Make, do: Make, seats: int) -> None:
    # R-SEATS-11, R-PURCHASE-07: of ten seats, neither four nor six leave five on both sides.
    common: dict[str, Any] = {"commerce": Commerce.NEW_COMMERCE, "prices": prices("10.00"), "min_seats": 5}
    low = Offer(offer_id="low", name="Low", upgrades_to=("high",), **common)
    catalog = catalog_of((low, Offer(offer_id="high", name="High", **common)))
    scenario = Scenario(buy(offer_id="low"), catalog=catalog)
    split = {"offer_id": "high", "new_subscription_id": "s-2"}
    scenario.when(do(Upgrade, NOW, seats=seats, **split)).refused("quantity-out-of-range")
    assert scenario.when(do(Upgrade, NOW, seats=5, **split)).names[-2:] == ("seats-moved-out", "purchased")


def test_a_partial_upgrade_passes_while_a_cycle_charge_is_in_flight(buy: Make, do: Make, advance: Make) -> None:
    # R-LOCK-02: only the queue is read-only, and a partial upgrade does not touch it.
    scenario = Scenario(
        buy(term=TermLength.THREE_YEARS),
        do(QueueBillingPlan, NOW, plan=Plan.ANNUAL),
        advance("2025-04-15T00:00:00Z", complete=False),
    )
    command = do(Upgrade, "2025-04-15T01:00:00Z", offer_id="e3", seats=4, new_subscription_id="s-2")
    assert scenario.when(command).names == ("seats-moved-out", "purchased")
    assert scenario.subscription().in_flight is InFlight.CYCLE_CHARGE
    assert scenario.subscription().queued_plan is Plan.ANNUAL


def test_a_new_subscription_id_may_not_be_in_use_by_anybody(source: Scenario, buy: Make, do: Make) -> None:
    # R-UPGRADE-07: ids are the caller's, and one of another customer counts as well.
    other: Purchase = buy("2025-03-20T01:00:00Z", subscription_id="s-2", customer_id="fabrikam")
    source.given(other)
    command = do(Upgrade, NOW, offer_id="e3", seats=5, new_subscription_id="s-2")
    source.when(command).refused("subscription-exists")
    assert source.subscription("s-2").customer_id == "fabrikam"
