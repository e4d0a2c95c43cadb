"""Legacy commerce: one kind of term, seats and cancellation at any time, suspension that ends, trials that lapse."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.catalogs import example_catalog, prices
from csp_lifecycle.values.calendar import Cycle, Plan, TermLength
from csp_lifecycle.values.windows import RefundKind
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Cancel,
    ChangeTerm,
    ConvertTrial,
    ExtendTrial,
    Purchase,
    QueueBillingPlan,
    Reactivate,
    RemoveSeats,
    ScheduleChange,
    StartTrial,
    Suspend,
    Transfer,
    TurnOffAutoRenew,
    TurnOnAutoRenew,
    Upgrade,
)
from csp_lifecycle.vocabulary.events import Canceled
from csp_lifecycle.vocabulary.subscription import EndReason, Status

On = Callable[..., datetime]
Buy = Callable[..., Purchase]
Do = Callable[..., Any]
TO_ANNUAL: dict[str, Any] = {"term": TermLength.YEAR, "plan": Plan.ANNUAL}
TO_MONTHLY: dict[str, Any] = {"term": TermLength.YEAR, "plan": Plan.MONTHLY}


def test_a_term_has_twelve_months_and_always_renews(on: On, buy: Buy, do: Do) -> None:
    # R-PURCHASE-05, R-RENEW-02, D-13, AMB-60
    scenario = Scenario(buy())
    for kind in (TurnOffAutoRenew, TurnOnAutoRenew):
        scenario.when(do(kind, on(2025, 2, 1))).refused("not-supported")
    for year in (2025, 2026, 2027):
        scenario.given(Advance(to=on(year, 1, 13, 10)))
        term = scenario.subscription().term
        assert term is not None
        assert (term.starts_on, term.ends_on) == (date(year, 1, 13), date(year + 1, 1, 12))


@pytest.mark.parametrize(
    ("term", "plan"),
    [
        (TermLength.MONTH, Plan.MONTHLY),
        (TermLength.THREE_YEARS, Plan.MONTHLY),
        (TermLength.THREE_YEARS, Plan.ANNUAL),
        (TermLength.THREE_YEARS, Plan.TRIENNIAL),
    ],
)
def test_no_other_term_is_sold(buy: Buy, term: TermLength, plan: Plan) -> None:  # R-PURCHASE-05, D-13
    catalog = example_catalog()
    priced = {**catalog.offers, "office-legacy": evolve(catalog.offers["office-legacy"], prices=prices("4.00"))}
    sale = Scenario(catalog=Catalog(priced)).when(buy(term=term, plan=plan))
    sale.refused("term-invalid", "R-PURCHASE-05")


@pytest.mark.parametrize(("plan", "ends_on"), [(Plan.MONTHLY, date(2025, 2, 12)), (Plan.ANNUAL, date(2026, 1, 12))])
def test_it_is_charged_by_the_month_or_by_the_year(buy: Buy, plan: Plan, ends_on: date) -> None:
    # R-PURCHASE-05, AMB-61
    cycle = Scenario(buy(plan=plan)).subscription().charge_cycle
    assert cycle == Cycle(starts_on=date(2025, 1, 13), ends_on=ends_on)


def test_seats_go_up_and_down_at_any_time(on: On, buy: Buy, do: Do) -> None:  # R-SEATS-15
    scenario = Scenario(buy(), do(AddSeats, on(2025, 3, 1), seats=2), do(RemoveSeats, on(2025, 9, 1), seats=11))
    assert scenario.subscription().seats == 1
    scenario.when(do(RemoveSeats, on(2025, 9, 2), seats=1)).refused("quantity-out-of-range", "R-SEATS-11")
    scenario.given(do(AddSeats, on(2026, 1, 12, 23), seats=4), do(RemoveSeats, on(2026, 1, 13, 1), seats=2))
    assert scenario.subscription().seats == 3


@pytest.mark.parametrize(
    ("moment", "refund"),
    [
        ((2025, 2, 12, 23, 59, 59), RefundKind.FULL),
        ((2025, 2, 13), RefundKind.PRORATED),
        ((2026, 1, 12, 23, 59, 59), RefundKind.PRORATED),
        ((2026, 1, 13), RefundKind.FULL),
        ((2026, 2, 12, 23, 59, 59), RefundKind.FULL),
        ((2026, 2, 13), RefundKind.PRORATED),
    ],
)
def test_it_is_canceled_at_any_time_and_refunded_in_full_inside_a_month(
    on: On, buy: Buy, do: Do, moment: tuple[int, ...], refund: RefundKind
) -> None:  # R-CANCEL-08, AMB-09
    *_, event = Scenario(buy()).when(do(Cancel, on(*moment))).recorded
    assert event == Canceled(at=on(*moment), subscription_id="s-1", refund=refund)


def test_a_suspension_stops_the_charges_until_it_is_lifted(on: On, buy: Buy, do: Do) -> None:  # R-CANCEL-09, R-SUSP-03
    scenario = Scenario(buy(), do(Suspend, on(2025, 2, 1)))
    scenario.when(Advance(to=on(2025, 3, 20))).then()
    scenario.given(do(Reactivate, on(2025, 3, 20)))
    subscription = scenario.subscription()
    assert subscription.charge_cycle == Cycle(starts_on=date(2025, 3, 20), ends_on=date(2025, 4, 12))
    assert subscription.auto_renew
    assert scenario.when(Advance(to=on(2025, 4, 13))).names == ("cycle-charged",)


def test_a_suspension_ends_in_deletion_after_ninety_days(on: On, buy: Buy, do: Do) -> None:  # R-SUSP-14
    scenario = Scenario(buy(), do(Suspend, on(2025, 3, 1, 9)))
    ends = on(2025, 3, 1, 9) + timedelta(days=90)
    scenario.when(Advance(to=ends - timedelta(microseconds=1))).then()
    assert scenario.when(Advance(to=ends)).names == ("deleted",)
    subscription = scenario.subscription()
    assert (subscription.changed_at, subscription.end_reason) == (ends, EndReason.NOT_REACTIVATED)


def test_a_suspension_ends_with_the_term_where_that_is_sooner(on: On, buy: Buy, do: Do) -> None:  # R-SUSP-14, AMB-05
    scenario = Scenario(buy(), do(Suspend, on(2025, 12, 1)), Advance(to=on(2026, 2, 1)))
    assert scenario.subscription().changed_at == on(2026, 1, 13)


def test_a_suspended_one_can_only_be_reactivated(on: On, buy: Buy, do: Do) -> None:  # D-11, R-SUSP-09
    scenario = Scenario(buy(), do(Suspend, on(2025, 2, 1)))
    scenario.when(do(Cancel, on(2025, 2, 2))).refused("suspended-no-update")
    scenario.when(do(ChangeTerm, on(2025, 2, 2), **TO_ANNUAL)).refused("suspended-no-update")
    scenario.when(do(AddSeats, on(2025, 2, 2), seats=1)).refused("quantity-while-suspended")
    assert scenario.when(do(Reactivate, on(2025, 2, 2))).names == ("reactivated",)


def test_another_plan_begins_twelve_new_months_as_often_as_wanted(on: On, buy: Buy, do: Do) -> None:
    # R-BILL-16, D-15
    scenario = Scenario(buy())
    for at, terms, last in (
        (on(2025, 3, 1), TO_ANNUAL, date(2026, 2, 28)),
        (on(2025, 3, 2), TO_MONTHLY, date(2026, 3, 1)),
        (on(2025, 12, 24), TO_ANNUAL, date(2026, 12, 23)),
    ):
        assert scenario.when(do(ChangeTerm, at, **terms)).names[-1] == "term-changed"
        subscription = scenario.subscription()
        assert subscription.term is not None
        assert (subscription.plan, subscription.term.ends_on) == (terms["plan"], last)


def test_the_plan_that_is_there_changes_nothing(on: On, buy: Buy, do: Do) -> None:  # R-BILL-16
    Scenario(buy()).when(do(ChangeTerm, on(2025, 3, 1), **TO_MONTHLY)).refused("already-in-state", "R-BILL-16")


def test_another_plan_takes_the_price_list_of_its_day(on: On, buy: Buy, do: Do) -> None:  # R-BILL-16, D-10
    catalog = example_catalog()
    offer = catalog.offers["office-legacy"]
    later = tuple(evolve(price, amount=price.amount * 2, since=date(2025, 2, 1)) for price in offer.prices)
    dated = {**catalog.offers, "office-legacy": evolve(offer, prices=(*offer.prices, *later))}
    scenario = Scenario(buy(), catalog=Catalog(dated))
    assert scenario.subscription().unit_price == Decimal("4.00")
    scenario.given(do(ChangeTerm, on(2025, 3, 1), **TO_ANNUAL))
    assert scenario.subscription().unit_price == Decimal("96.00")


def test_a_promotion_forbids_another_plan(on: On, buy: Buy, do: Do) -> None:  # R-BILL-06, D-12
    scenario = Scenario(buy(promotion_id="spring"))
    scenario.when(do(ChangeTerm, on(2025, 3, 1), **TO_ANNUAL)).refused("promotion-forbids-change", "R-BILL-06")


def test_an_upgrade_moves_every_seat_in_place_or_nothing(on: On, buy: Buy, do: Do) -> None:  # R-UPGRADE-20
    scenario = Scenario(buy(), buy(subscription_id="s-3", customer_id="fabrikam"))
    some: dict[str, Any] = {"at": on(2025, 2, 1), "offer_id": "office-legacy-plus"}
    for form in (
        {"seats": 4},
        {"seats": 4, "new_subscription_id": "s-2"},
        {"seats": 10, "target_subscription_id": "s-3"},
    ):
        scenario.when(do(Upgrade, **some, **form)).refused("not-supported", "R-UPGRADE-20")
    assert scenario.when(do(Upgrade, **some, seats=10)).names == ("upgraded",)
    assert scenario.subscription().offer_id == "office-legacy-plus"


def test_an_upgrade_is_refused_to_who_holds_the_target_already(on: On, buy: Buy, do: Do) -> None:  # R-UPGRADE-20
    scenario = Scenario(buy(), buy(subscription_id="s-2", offer_id="office-legacy-plus"))
    up = {"offer_id": "office-legacy-plus", "seats": 10}
    scenario.when(do(Upgrade, on(2025, 2, 1), **up)).refused("target-not-eligible", "R-UPGRADE-20")
    scenario.given(do(Cancel, on(2025, 2, 1), "s-2"))
    assert scenario.when(do(Upgrade, on(2025, 2, 1), **up)).names == ("upgraded",)


def test_a_trial_never_converts_by_itself(on: On, do: Do) -> None:  # R-TRIAL-17
    scenario = Scenario(do(StartTrial, on(2025, 1, 1), "t-1", customer_id="contoso", offer_id="office-legacy-trial"))
    trial = scenario.subscription("t-1")
    assert (trial.auto_renew, trial.next_term_change) == (False, None)
    scenario.when(Advance(to=on(2025, 1, 30, 23, 59, 59))).then()
    assert scenario.when(Advance(to=on(2025, 1, 31))).names == ("expired",)
    scenario.when(do(ConvertTrial, on(2025, 2, 1), "t-1")).refused("not-a-trial")


def test_a_trial_is_converted_under_its_own_id_and_never_extended(on: On, do: Do) -> None:  # R-TRIAL-17, R-TRIAL-19
    scenario = Scenario(do(StartTrial, on(2025, 1, 1), "t-1", customer_id="contoso", offer_id="office-legacy-trial"))
    scenario.when(do(ExtendTrial, on(2025, 1, 5), "t-1", card_on_file=True)).refused("not-supported")
    scenario.given(do(ConvertTrial, on(2025, 1, 5), "t-1"))
    subscription = scenario.subscription("t-1")
    assert (subscription.offer_id, subscription.status) == ("office-legacy", Status.ACTIVE)


def test_what_only_other_models_have_is_not_supported(on: On, buy: Buy, do: Do) -> None:  # D-03, R-COTERM-07
    scenario = Scenario(buy())
    scenario.when(do(ScheduleChange, on(2025, 2, 1), seats=3)).refused("not-supported")
    scenario.when(do(QueueBillingPlan, on(2025, 2, 1), plan=Plan.ANNUAL)).refused("not-supported")
    moved = do(Transfer, on(2025, 2, 1), new_subscription_id="s-2", partner_id="tailspin")
    scenario.when(moved).refused("not-supported")
    scenario.when(do(Cancel, on(2025, 2, 1), at_term_end=True)).refused("not-supported", "R-EST-02")
    aligned = buy(subscription_id="s-2", ends_on=date(2025, 12, 31))
    scenario.when(aligned).refused("not-supported", "R-COTERM-07")
