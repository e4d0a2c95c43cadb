"""Where a rule of one commerce model meets another rule: one per customer, add-ons, suspensions, moved terms."""

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from csp_lifecycle.testing import Scenario, example_catalog
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.values.windows import RefundKind
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.subscription import EndReason, MovedAddOn, Status

BOUGHT = datetime(2025, 1, 15, 10, tzinfo=UTC)
FEB_1, FEB_2, FEB_3 = (datetime(2025, 2, day, tzinfo=UTC) for day in (1, 2, 3))
YEAR_OVER = datetime(2026, 1, 15, tzinfo=UTC)
MICROSOFT, SUPPORT = c.Actor.MICROSOFT, c.Actor.SUPPORT
ANNUAL: dict[str, Any] = {"term": TermLength.YEAR, "plan": Plan.ANNUAL}


def bought(offer_id: str, name: str = "s-1", at: datetime = BOUGHT, **changes: Any) -> c.Purchase:
    usual: dict[str, Any] = {"customer_id": "contoso", "seats": 10, "term": TermLength.YEAR, "plan": Plan.MONTHLY}
    return c.Purchase(**usual | {"offer_id": offer_id, "subscription_id": name, "at": at} | changes)


def tried(offer_id: str, name: str = "t-1") -> c.StartTrial:
    return c.StartTrial(at=BOUGHT, subscription_id=name, customer_id="contoso", offer_id=offer_id)


def attached(name: str = "a-1", at: datetime = BOUGHT, **changes: Any) -> c.Purchase:
    return bought("archive-legacy", name, at, base_subscription_id="s-1", **changes)


def on(at: datetime, name: str = "s-1") -> dict[str, Any]:
    return {"at": at, "subscription_id": name}


def held_once(*offer_ids: str) -> Catalog:
    """The example catalog, with these offers held only once by a customer."""
    offers = example_catalog().offers
    return Catalog({**offers, **{name: attrs.evolve(offers[name], one_per_customer=True) for name in offer_ids}})


# One per customer: R-CUSTOMER-01, D-21


@pytest.mark.parametrize("offer_id", ["business-standard", "office-legacy", "crm-professional"])
def test_a_trial_counts_as_its_paid_twin(offer_id: str) -> None:  # R-CUSTOMER-01, D-21
    trials = {offer.converts_to: offer.offer_id for offer in example_catalog().offers.values() if offer.trial}
    scenario = Scenario(tried(trials[offer_id]), catalog=held_once(offer_id))
    scenario.when(bought(offer_id, at=FEB_1)).refused("purchase-limit", "R-CUSTOMER-01")
    scenario.given(c.Advance(to=datetime(2025, 7, 1, tzinfo=UTC)))
    holding = [one for one in scenario.lifecycle.subscriptions() if one.offer_id == offer_id]
    assert len(holding) == (1 if offer_id == "business-standard" else 0)


def test_an_offer_that_is_scheduled_counts_beside_what_is_held() -> None:  # R-CUSTOMER-01, R-SCHED-01
    scenario = Scenario(bought("business-standard"), bought("business-standard", "s-2"), catalog=held_once("e3"))
    scenario.given(c.ScheduleChange(**on(FEB_1), offer_id="e3"))
    scenario.when(bought("e3", "s-3", FEB_2)).refused("purchase-limit", "R-CUSTOMER-01")
    scenario.when(c.ScheduleChange(**on(FEB_2, "s-2"), offer_id="e3")).refused("purchase-limit", "R-CUSTOMER-01")
    scenario.given(c.WithdrawScheduledChange(**on(FEB_2)), bought("e3", "s-3", FEB_2))


def test_what_a_trial_may_become_is_held_only_once_too() -> None:  # R-CUSTOMER-01, R-TRIAL-16
    scenario = Scenario(bought("e3"), catalog=held_once("business-standard", "e3"))
    scenario.given(tried("business-standard-trial"))
    scenario.when(c.ConvertTrial(**on(FEB_1, "t-1"), offer_id="e3")).refused("purchase-limit", "R-CUSTOMER-01")


def test_an_account_that_was_replaced_does_not_come_back() -> None:  # R-CUSTOMER-01, AMB-67
    scenario = Scenario(bought("crm-professional"), c.Cancel(**on(FEB_1)), catalog=held_once("crm-professional"))
    march = datetime(2025, 3, 1, tzinfo=UTC)
    scenario.given(c.Advance(to=march), bought("crm-professional", "s-2", march))
    scenario.when(c.Reactivate(**on(march), actor=SUPPORT)).refused("purchase-limit", "R-CUSTOMER-01")


def test_a_migration_brings_no_second_one() -> None:  # R-CUSTOMER-01, R-MIGRATE-04
    scenario = Scenario(bought("office-legacy"), bought("e3", "n-1"), catalog=held_once("e3"))
    move = c.Migrate(**on(datetime(2025, 3, 1, tzinfo=UTC)), new_subscription_id="n-2", offer_id="e3")
    scenario.when(move).refused("purchase-limit", "R-CUSTOMER-01")


# Add-ons and their base


def test_an_add_on_never_comes_back_without_its_base() -> None:  # R-SUSP-10
    """The base, suspended, is canceled inside its window; the add-on stays as it was suspended with it."""
    scenario = Scenario(bought("business-standard"), bought("visio", "a-1", base_subscription_id="s-1"))
    scenario.given(c.Suspend(**on(BOUGHT)), c.Cancel(**on(BOUGHT + timedelta(days=1))))
    scenario.when(c.Reactivate(**on(FEB_1, "a-1"))).refused("base-not-active", "R-SUSP-10")


def test_a_suspended_add_on_is_canceled_with_its_base_and_not_by_itself() -> None:  # R-CANCEL-06, D-11
    scenario = Scenario(bought("office-legacy"), attached(), c.Suspend(**on(FEB_1, "a-1")))
    scenario.when(c.Cancel(**on(FEB_2, "a-1"))).refused("suspended-no-update", "R-SUSP-09")
    scenario.given(c.Cancel(**on(FEB_2)))
    assert scenario.subscription("a-1").end_reason is EndReason.CANCELED


@pytest.fixture
def half_renewed() -> Scenario:
    """A base that has renewed, and its add-on, whose renewal is still in flight."""
    started = c.Advance(to=YEAR_OVER, complete=False)
    return Scenario(bought("office-legacy"), attached(), started, c.CompleteRenewal(**on(YEAR_OVER)))


@pytest.mark.parametrize(("kind", "code"), [(c.Suspend, "renewal-locked"), (c.Cancel, "conflict")])
def test_a_base_waits_for_a_renewal_of_its_add_on(
    half_renewed: Scenario, kind: type[c.Suspend | c.Cancel], code: str
) -> None:
    # INV-30, R-LOCK-03: a legacy add-on is never active while its base is suspended or deleted
    assert half_renewed.when(kind(**on(YEAR_OVER))).refused(code).reason.retryable
    half_renewed.given(c.CompleteRenewal(**on(YEAR_OVER, "a-1")), kind(**on(YEAR_OVER)))
    assert half_renewed.subscription("a-1").status is half_renewed.subscription().status


def test_an_add_on_is_not_bought_while_the_term_it_would_share_is_over() -> None:  # D-18, R-LOCK-06
    scenario = Scenario(bought("office-legacy"), c.Advance(to=YEAR_OVER, complete=False))
    assert scenario.when(attached(at=YEAR_OVER)).refused("conflict", "R-LOCK-06").reason.retryable
    scenario.given(c.CompleteRenewal(**on(YEAR_OVER)), attached(at=YEAR_OVER))
    assert scenario.subscription("a-1").term == scenario.subscription().term


def test_an_order_of_two_plans_does_not_change_its_plan() -> None:  # R-BILL-16
    scenario = Scenario(bought("office-legacy"), attached(**ANNUAL))
    scenario.when(c.ChangeTerm(**on(FEB_1), **ANNUAL)).refused("legacy-frequency", "R-BILL-16")


# Migration: R-MIGRATE-04, R-MIGRATE-05


def moved(at: datetime, *add_ons: str) -> c.Migrate:
    named = tuple(
        MovedAddOn(subscription_id=name, new_subscription_id=f"n-{name}", offer_id="visio") for name in add_ons
    )
    return c.Migrate(**on(at), new_subscription_id="n-1", offer_id="business-standard", add_ons=named)


def test_a_subscription_grows_no_younger_by_renewing() -> None:  # R-MIGRATE-04
    scenario = Scenario(bought("office-legacy"), c.Advance(to=YEAR_OVER))
    assert "migrated" in scenario.when(moved(YEAR_OVER + timedelta(days=3))).names


def test_an_add_on_blocks_its_bundle_for_thirty_days() -> None:  # R-MIGRATE-05
    added = datetime(2025, 5, 1, 12, tzinfo=UTC)
    scenario = Scenario(bought("office-legacy"), attached(at=added))
    early, late = datetime(2025, 5, 31, 11, tzinfo=UTC), datetime(2025, 5, 31, 12, tzinfo=UTC)
    refusal = scenario.when(moved(early, "a-1")).refused("migration-not-eligible", "R-MIGRATE-05")
    assert refusal.evidence == {"attached": ("a-1",)}
    assert scenario.when(moved(late, "a-1")).names.count("migrated") == 2


# Seats that fall at any time, when the term is another than the one they were bought for


def test_seats_fall_in_a_term_that_began_long_after_the_order() -> None:  # D-04, R-SEATS-16
    month = bought("contoso-crm", term=TermLength.MONTH)
    scenario = Scenario(month, c.Activate(**on(datetime(2025, 4, 10, tzinfo=UTC))))
    assert scenario.subscription().reducible_seats(datetime(2025, 5, 9, tzinfo=UTC)) == 10
    scenario.given(c.RemoveSeats(**on(datetime(2025, 5, 9, tzinfo=UTC)), seats=4))
    assert scenario.subscription().seats == 6


def test_users_fall_in_an_account_that_support_brought_back() -> None:  # R-SEATS-19, AMB-67
    scenario = Scenario(bought("crm-professional"), c.Cancel(**on(FEB_1)))
    scenario.given(c.Reactivate(**on(datetime(2025, 6, 1, tzinfo=UTC)), actor=SUPPORT))
    scenario.given(c.RemoveSeats(**on(datetime(2026, 5, 31, tzinfo=UTC)), seats=4))
    assert scenario.subscription().seats == 6


def test_support_cuts_no_term_short() -> None:  # R-BILL-17, INV-15
    change = c.ChangeTerm(**on(FEB_1), term=TermLength.MONTH, plan=Plan.MONTHLY, actor=SUPPORT)
    Scenario(bought("crm-professional")).when(change).refused("term-shorter", "R-BILL-17")


# Suspension


def test_a_suspension_leaves_a_scheduled_cancellation_as_it_was() -> None:  # R-RENEW-13, T-09
    month = bought("contoso-crm", term=TermLength.MONTH)
    scenario = Scenario(month, c.Activate(**on(BOUGHT)), c.Cancel(**on(FEB_1)))
    scenario.given(c.Suspend(**on(FEB_2), actor=MICROSOFT), c.Reactivate(**on(FEB_3), actor=MICROSOFT))
    assert scenario.subscription().cancellation_scheduled
    scenario.given(c.Advance(to=datetime(2025, 2, 15, tzinfo=UTC)))
    assert scenario.subscription().end_reason is EndReason.CANCELED


def test_nothing_can_be_refunded_while_charges_are_paused() -> None:  # R-CANCEL-09, D-11
    scenario = Scenario(bought("office-legacy"), c.Suspend(**on(FEB_1)))
    assert scenario.subscription().cancellable_until(FEB_1) is None
    scenario.given(c.Reactivate(**on(FEB_2)))
    kinds = [refund.kind for refund in scenario.subscription().refunds_at(FEB_2)]
    assert kinds == [RefundKind.FULL, RefundKind.PRORATED]


def test_what_always_renews_keeps_doing_so_after_a_suspension() -> None:  # R-USAGE-03, R-USAGE-05
    scenario = Scenario(bought("backup", term=TermLength.MONTH), c.Suspend(**on(FEB_1)), c.Reactivate(**on(FEB_2)))
    assert scenario.subscription().auto_renew
    assert scenario.when(c.Advance(to=datetime(2025, 2, 15, tzinfo=UTC))).names == ("renewed",)


# What a promotion binds

BOUND = {
    "office-legacy": c.ChangeTerm(**on(FEB_1), **ANNUAL),
    "crm-professional": c.ChangeTerm(**on(FEB_1), **ANNUAL, actor=SUPPORT),
    "business-standard": c.ChangeTerm(**on(FEB_1), term=TermLength.THREE_YEARS, plan=Plan.MONTHLY),
}


@pytest.mark.parametrize(("offer_id", "change"), BOUND.items())
def test_a_promotion_fixes_term_and_plan_in_every_model(offer_id: str, change: c.ChangeTerm) -> None:  # D-12
    scenario = Scenario(bought(offer_id, promotion_id="spring"))
    scenario.when(change).refused("promotion-forbids-change", "R-BILL-06")
    assert scenario.subscription().status is Status.ACTIVE


def test_a_promotion_ends_where_the_next_term_has_another_plan() -> None:  # D-12, R-BILL-06, R-RENEW-08
    scenario = Scenario(bought("business-standard", promotion_id="spring"))
    scenario.given(c.ScheduleChange(**on(FEB_1), plan=Plan.ANNUAL), c.Advance(to=YEAR_OVER))
    assert (scenario.subscription().plan, scenario.subscription().promotion_id) == (Plan.ANNUAL, None)
