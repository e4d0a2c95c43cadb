"""Legacy commerce: seats and cancellation at any time, suspension that ends, add-ons that follow their base."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Cycle, Plan, TermLength
from csp_lifecycle.values.windows import RefundKind
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Cancel,
    ChangeTerm,
    ConvertTrial,
    Migrate,
    Purchase,
    Reactivate,
    RemoveSeats,
    ScheduleChange,
    StartTrial,
    Suspend,
    TurnOffAutoRenew,
    Upgrade,
)
from csp_lifecycle.vocabulary.events import Canceled
from csp_lifecycle.vocabulary.subscription import EndReason, MovedAddOn, Status

On = Callable[..., datetime]
Buy = Callable[..., Purchase]
MONTH_SOLD: dict[str, Any] = {"term": TermLength.MONTH, "plan": Plan.MONTHLY}


def test_a_term_has_twelve_months_and_always_renews(on: On, buy: Buy) -> None:  # R-PURCHASE-05, R-RENEW-02, D-13
    scenario = Scenario(buy())
    scenario.when(buy(subscription_id="s-2", **MONTH_SOLD)).refused("term-invalid", "R-PURCHASE-05")
    scenario.when(TurnOffAutoRenew(at=on(2025, 2, 1), subscription_id="s-1")).refused("not-supported")
    scenario.given(Advance(to=on(2026, 1, 13)))
    term = scenario.subscription().term
    assert term is not None
    assert (term.starts_on, term.ends_on) == (date(2026, 1, 13), date(2027, 1, 12))


def test_seats_go_up_and_down_at_any_time(on: On, buy: Buy) -> None:  # R-SEATS-15
    scenario = Scenario(buy(), AddSeats(at=on(2025, 3, 1), subscription_id="s-1", seats=2))
    scenario.given(RemoveSeats(at=on(2025, 9, 1), subscription_id="s-1", seats=11))
    assert scenario.subscription().seats == 1


@pytest.mark.parametrize(
    ("moment", "refund"),
    [
        ((2025, 2, 12, 23, 59, 59), RefundKind.FULL),
        ((2025, 2, 13), RefundKind.PRORATED),
        ((2026, 1, 12, 23, 59, 59), RefundKind.PRORATED),
    ],
)
def test_it_is_canceled_at_any_time_and_refunded_in_full_inside_a_month(
    on: On, buy: Buy, moment: tuple[int, ...], refund: RefundKind
) -> None:  # R-CANCEL-08, AMB-09
    *_, event = Scenario(buy()).when(Cancel(at=on(*moment), subscription_id="s-1")).recorded
    assert event == Canceled(at=on(*moment), subscription_id="s-1", refund=refund)


def test_a_suspension_is_not_billed_and_ends_in_deletion_after_ninety_days(on: On, buy: Buy) -> None:  # R-SUSP-14
    suspended_at = on(2025, 3, 1, 9)
    scenario = Scenario(buy(), Suspend(at=suspended_at, subscription_id="s-1"))
    ends = suspended_at + timedelta(days=90)
    scenario.when(Advance(to=ends - timedelta(microseconds=1))).then()
    assert scenario.when(Advance(to=ends)).names == ("deleted",)
    subscription = scenario.subscription()
    assert (subscription.changed_at, subscription.end_reason) == (ends, EndReason.NOT_REACTIVATED)


def test_a_suspension_ends_with_the_term_where_that_is_sooner(on: On, buy: Buy) -> None:  # R-SUSP-14, AMB-05
    scenario = Scenario(buy(), Suspend(at=on(2025, 12, 1), subscription_id="s-1"), Advance(to=on(2026, 2, 1)))
    assert scenario.subscription().changed_at == on(2026, 1, 13)


def test_reactivation_charges_from_that_day_and_renews_again(on: On, buy: Buy) -> None:  # R-CANCEL-09
    scenario = Scenario(buy(), Suspend(at=on(2025, 2, 1), subscription_id="s-1"))
    scenario.given(Reactivate(at=on(2025, 3, 20), subscription_id="s-1"))
    subscription = scenario.subscription()
    assert subscription.charge_cycle == Cycle(starts_on=date(2025, 3, 20), ends_on=date(2025, 4, 12))
    assert subscription.auto_renew


def test_a_suspended_one_can_only_be_reactivated(on: On, buy: Buy) -> None:  # D-11
    scenario = Scenario(buy(), Suspend(at=on(2025, 2, 1), subscription_id="s-1"))
    scenario.when(Cancel(at=on(2025, 2, 2), subscription_id="s-1")).refused("suspended-no-update")


def test_another_plan_begins_the_term_again_for_base_and_add_ons(on: On, buy: Buy) -> None:  # R-BILL-16, R-ADDON-08
    scenario = Scenario(buy(), buy(subscription_id="s-2", offer_id="archive-legacy", base_subscription_id="s-1"))
    change = ChangeTerm(at=on(2025, 3, 1), subscription_id="s-1", term=TermLength.YEAR, plan=Plan.ANNUAL)
    assert scenario.when(change).names[-2:] == ("term-changed", "term-changed")
    for name in ("s-1", "s-2"):
        subscription = scenario.subscription(name)
        assert subscription.term is not None
        assert (subscription.plan, subscription.term.ends_on) == (Plan.ANNUAL, date(2026, 2, 28))


def test_an_order_changes_its_plan_together_or_not_at_all(on: On, buy: Buy) -> None:  # R-BILL-16, D-15
    scenario = Scenario(
        buy(),
        buy(subscription_id="s-2", offer_id="archive-legacy", base_subscription_id="s-1"),
        Suspend(at=on(2025, 2, 1), subscription_id="s-2"),
    )
    for name in ("s-1", "s-2"):
        change = ChangeTerm(at=on(2025, 3, 1), subscription_id=name, term=TermLength.YEAR, plan=Plan.ANNUAL)
        assert scenario.when(change).refusal is not None
    assert scenario.subscription().plan is Plan.MONTHLY


def test_an_add_on_is_bought_from_an_active_base_that_takes_it(on: On, buy: Buy) -> None:  # R-ADDON-01, R-ADDON-02
    scenario = Scenario(buy(), buy(subscription_id="s-3", customer_id="fabrikam"))
    add_on: dict[str, Any] = {"subscription_id": "s-2", "offer_id": "archive-legacy"}
    scenario.when(buy(**add_on)).refused("add-on-without-base", "R-ADDON-01")
    scenario.when(buy(**add_on, base_subscription_id="s-9")).refused("subscription-not-found", "R-ADDON-01")
    scenario.when(buy(**add_on, base_subscription_id="s-3")).refused("add-on-parent-mismatch", "R-ADDON-02")
    scenario.given(Suspend(at=on(2025, 2, 1), subscription_id="s-1"))
    late = buy(**add_on, at=on(2025, 2, 2), base_subscription_id="s-1")
    scenario.when(late).refused("base-not-active", "R-ADDON-01")


def test_an_add_on_shares_its_bases_term_and_is_charged_from_its_own_day(on: On, buy: Buy) -> None:  # R-ADDON-04, D-18
    add_on: dict[str, Any] = {"subscription_id": "s-2", "offer_id": "archive-legacy", "base_subscription_id": "s-1"}
    scenario = Scenario(buy(), buy(**add_on, at=on(2025, 3, 1)))
    base, attached = scenario.subscription(), scenario.subscription("s-2")
    assert attached.term == base.term
    assert attached.charge_cycle == Cycle(starts_on=date(2025, 3, 1), ends_on=date(2025, 3, 12))


def test_a_base_takes_its_add_ons_along(on: On, buy: Buy) -> None:  # R-ADDON-03, R-SUSP-10, R-SUSP-11, INV-30
    scenario = Scenario(buy(), buy(subscription_id="s-2", offer_id="archive-legacy", base_subscription_id="s-1"))
    scenario.given(Suspend(at=on(2025, 2, 1), subscription_id="s-1"))
    assert scenario.subscription("s-2").suspension_reasons == ("base",)
    lift = Reactivate(at=on(2025, 2, 2), subscription_id="s-2")
    scenario.when(lift).refused("base-not-active", "R-SUSP-10")
    scenario.given(Reactivate(at=on(2025, 2, 3), subscription_id="s-1"))
    assert scenario.subscription("s-2").status is Status.ACTIVE
    scenario.given(Cancel(at=on(2025, 2, 4), subscription_id="s-1"))
    assert scenario.subscription("s-2").end_reason is EndReason.CANCELED


def test_a_trial_never_converts_by_itself(on: On) -> None:  # R-TRIAL-17
    begin = StartTrial(at=on(2025, 1, 1), subscription_id="t-1", customer_id="contoso", offer_id="office-legacy-trial")
    assert Scenario(begin).when(Advance(to=on(2025, 2, 1))).names == ("expired",)
    converted = Scenario(begin, ConvertTrial(at=on(2025, 1, 5), subscription_id="t-1"))
    assert converted.subscription("t-1").offer_id == "office-legacy"


def test_an_upgrade_moves_every_seat_in_place_or_nothing(on: On, buy: Buy) -> None:  # R-UPGRADE-20
    scenario = Scenario(buy())
    some: dict[str, Any] = {"at": on(2025, 2, 1), "subscription_id": "s-1", "offer_id": "office-legacy-plus"}
    scenario.when(Upgrade(**some, seats=4)).refused("not-supported", "R-UPGRADE-20")
    scenario.when(Upgrade(**some, seats=4, new_subscription_id="s-2")).refused("not-supported", "R-UPGRADE-20")
    assert scenario.when(Upgrade(**some, seats=10)).names == ("upgraded",)


def test_nothing_can_be_scheduled(on: On, buy: Buy) -> None:  # D-03
    change = ScheduleChange(at=on(2025, 2, 1), subscription_id="s-1", seats=3)
    Scenario(buy()).when(change).refused("not-supported")


def test_a_migration_keeps_the_end_date(on: On, buy: Buy) -> None:  # TV-COTERM-03, R-MIGRATE-01, R-COTERM-13
    scenario = Scenario(buy(at=on(2025, 1, 20)))
    move = Migrate(at=on(2025, 3, 1), subscription_id="s-1", new_subscription_id="n-1", offer_id="business-standard")
    assert scenario.when(move).names[-2:] == ("migrated", "purchased")
    term = scenario.subscription("n-1").term
    assert term is not None
    assert (term.ends_on, (term.ends_on - term.starts_on).days + 1) == (date(2026, 1, 19), 325)
    assert scenario.subscription("n-1").cancellable_until(move.at) == on(2025, 3, 8)  # R-MIGRATE-07
    assert scenario.subscription().end_reason is EndReason.MIGRATED


def test_a_migration_to_a_month_ends_on_the_next_anniversary_day(on: On, buy: Buy) -> None:  # R-MIGRATE-03
    scenario = Scenario(buy(at=on(2021, 2, 11)))
    move = Migrate(
        at=on(2021, 11, 17),
        subscription_id="s-1",
        new_subscription_id="n-1",
        offer_id="business-standard",
        **MONTH_SOLD,
    )
    scenario.given(move)
    term = scenario.subscription("n-1").term
    assert term is not None
    assert term.ends_on == date(2021, 12, 10)


def test_a_subscription_younger_than_a_month_is_not_migrated(on: On, buy: Buy) -> None:  # R-MIGRATE-04
    move = Migrate(at=on(2025, 2, 12), subscription_id="s-1", new_subscription_id="n-1", offer_id="business-standard")
    Scenario(buy()).when(move).refused("migration-not-eligible", "R-MIGRATE-04")


def test_a_base_and_its_add_ons_are_migrated_together_or_not_at_all(on: On, buy: Buy) -> None:  # R-MIGRATE-05
    scenario = Scenario(buy(), buy(subscription_id="s-2", offer_id="archive-legacy", base_subscription_id="s-1"))
    move: dict[str, Any] = {
        "at": on(2025, 3, 1),
        "subscription_id": "s-1",
        "new_subscription_id": "n-1",
        "offer_id": "business-standard",
    }
    scenario.when(Migrate(**move)).refused("migration-not-eligible", "R-MIGRATE-05")
    along = MovedAddOn(subscription_id="s-2", new_subscription_id="n-2", offer_id="visio")
    scenario.given(Migrate(**move, add_ons=(along,)))
    assert scenario.subscription("n-2").base_subscription_id == "n-1"
    assert scenario.subscription("s-2").end_reason is EndReason.MIGRATED
