"""From legacy to new commerce: what is carried over, what may be chosen, and what cannot go."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.commands import (
    Actor,
    Advance,
    Cancel,
    ChangeTerm,
    Migrate,
    Purchase,
    RemoveSeats,
    StartTrial,
    Suspend,
)
from csp_lifecycle.vocabulary.events import Origin, Purchased
from csp_lifecycle.vocabulary.subscription import Commerce, EndReason, MovedAddOn, Status, Subscription

On = Callable[..., datetime]
Buy = Callable[..., Purchase]
Do = Callable[..., Any]
MOVE: dict[str, Any] = {"new_subscription_id": "n-1", "offer_id": "business-standard"}
ADD_ON: dict[str, Any] = {"subscription_id": "s-2", "offer_id": "archive-legacy", "base_subscription_id": "s-1"}
ALONG = MovedAddOn(subscription_id="s-2", new_subscription_id="n-2", offer_id="visio")
MONTH: dict[str, Any] = {"term": TermLength.MONTH, "plan": Plan.MONTHLY}


def last_day(subscription: Subscription) -> date:
    assert subscription.term is not None
    return subscription.term.ends_on


def test_a_migration_carries_the_rest_of_the_term_over(on: On, buy: Buy, do: Do) -> None:
    # TV-COTERM-03, R-MIGRATE-01, R-COTERM-13, AMB-51
    scenario = Scenario(buy(at=on(2025, 1, 20), seats=7, friendly_name="Sales"))
    assert scenario.when(do(Migrate, on(2025, 3, 1), **MOVE)).names[-2:] == ("migrated", "purchased")
    moved = scenario.subscription("n-1")
    assert moved.term is not None
    assert (moved.term.length, moved.term.starts_on, last_day(moved)) == (
        TermLength.YEAR,
        date(2025, 3, 1),
        date(2026, 1, 19),
    )
    assert (last_day(moved) - moved.term.starts_on).days + 1 == 325
    assert (moved.seats, moved.plan, moved.friendly_name) == (7, Plan.MONTHLY, "Sales")
    assert (moved.commerce, moved.policy, moved.auto_renew) == (Commerce.NEW_COMMERCE, "new-commerce", True)


def test_a_year_that_is_migrated_in_its_seventh_month_has_five_left(on: On, buy: Buy, do: Do) -> None:
    # TV-LEG-16, R-MIGRATE-01
    scenario = Scenario(buy(at=on(2025, 1, 1), plan=Plan.ANNUAL), do(Migrate, on(2025, 8, 1), **MOVE))
    assert last_day(scenario.subscription("n-1")) == date(2025, 12, 31)
    scenario.given(Advance(to=on(2026, 1, 1)))
    assert last_day(scenario.subscription("n-1")) == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("wish", "ends_on"),
    [
        ({"full_term": True}, date(2026, 2, 28)),
        ({"full_term": True, "term": TermLength.THREE_YEARS, "plan": Plan.TRIENNIAL}, date(2028, 2, 29)),
        ({"plan": Plan.ANNUAL}, date(2026, 1, 12)),
        ({"seats": 25}, date(2026, 1, 12)),
    ],
)
def test_a_migration_may_choose_other_terms(on: On, buy: Buy, do: Do, wish: dict[str, Any], ends_on: date) -> None:
    # R-MIGRATE-02
    scenario = Scenario(buy(), do(Migrate, on(2025, 3, 1), **MOVE, **wish))
    moved = scenario.subscription("n-1")
    assert moved.term is not None
    assert (last_day(moved), moved.seats) == (ends_on, wish.get("seats", 10))
    assert (moved.plan, moved.term.length) == (wish.get("plan", Plan.MONTHLY), wish.get("term", TermLength.YEAR))


def test_a_migration_to_a_month_ends_on_the_next_anniversary_day(on: On, buy: Buy, do: Do) -> None:  # R-MIGRATE-03
    scenario = Scenario(buy(at=on(2021, 2, 11)), do(Migrate, on(2021, 11, 17), **MOVE, **MONTH))
    assert last_day(scenario.subscription("n-1")) == date(2021, 12, 10)


def test_the_legacy_side_ends_and_nothing_is_due_on_it_any_more(on: On, buy: Buy, do: Do) -> None:  # R-MIGRATE-06
    scenario = Scenario(buy(), do(Migrate, on(2025, 3, 1), **MOVE))
    old = scenario.subscription()
    assert (old.status, old.end_reason, old.seats, old.auto_renew) == (Status.DELETED, EndReason.MIGRATED, 0, False)
    scenario.given(Advance(to=on(2026, 6, 1)))
    assert scenario.subscription() == old
    (first, *_) = (one.event for one in scenario.lifecycle.log("n-1"))
    assert isinstance(first, Purchased)
    assert (first.origin, first.from_subscription_id) == (Origin.MIGRATION, "s-1")


def test_what_was_migrated_has_the_windows_of_a_purchase(on: On, buy: Buy, do: Do) -> None:  # R-MIGRATE-07
    scenario = Scenario(buy(), do(Migrate, on(2025, 3, 1, 9), **MOVE), do(RemoveSeats, on(2025, 3, 2), "n-1", seats=3))
    assert scenario.subscription("n-1").reducible_seats(on(2025, 3, 8, 9)) == 7
    late = Scenario(buy(), do(Migrate, on(2025, 3, 1, 9), **MOVE))
    late.when(do(Cancel, on(2025, 3, 8, 9, 0, 1), "n-1")).refused("cancellation-window-closed")
    assert late.when(do(Cancel, on(2025, 3, 8, 9), "n-1")).names == ("canceled",)


def test_a_subscription_younger_than_a_month_is_not_migrated(on: On, buy: Buy, do: Do) -> None:  # R-MIGRATE-04
    scenario = Scenario(buy())
    scenario.when(do(Migrate, on(2025, 2, 12, 23), **MOVE)).refused("migration-not-eligible", "R-MIGRATE-04")
    assert scenario.when(do(Migrate, on(2025, 2, 13), **MOVE)).names[-1] == "purchased"


@pytest.mark.parametrize("changed", [Advance, ChangeTerm])
def test_neither_a_renewal_nor_another_plan_makes_it_young_again(on: On, buy: Buy, do: Do, changed: Any) -> None:
    # R-MIGRATE-04
    scenario = Scenario(buy(at=on(2024, 1, 13)))
    if changed is Advance:
        scenario.given(Advance(to=on(2025, 1, 13)))
    else:
        scenario.given(do(ChangeTerm, on(2025, 1, 13), term=TermLength.YEAR, plan=Plan.ANNUAL))
    assert scenario.when(do(Migrate, on(2025, 1, 20), **MOVE)).names[-1] == "purchased"


def test_a_promotion_holds_it(on: On, buy: Buy, do: Do) -> None:  # R-MIGRATE-04
    scenario = Scenario(buy(promotion_id="spring"))
    scenario.when(do(Migrate, on(2025, 3, 1), **MOVE)).refused("migration-not-eligible", "R-MIGRATE-04")


def test_what_is_not_active_is_not_migrated(on: On, buy: Buy, do: Do) -> None:  # R-MIGRATE-04, D-30
    suspended = Scenario(buy(), do(Suspend, on(2025, 3, 1)))
    suspended.when(do(Migrate, on(2025, 3, 2), **MOVE)).refused("migration-not-eligible", "R-MIGRATE-04")
    tried = Scenario(do(StartTrial, on(2025, 1, 1), customer_id="contoso", offer_id="office-legacy-trial"))
    tried.when(do(Migrate, on(2025, 1, 20), **MOVE)).refused("migration-not-eligible", "R-MIGRATE-04")
    tried.when(do(Migrate, on(2025, 2, 20), **MOVE)).refused("migration-not-eligible", "R-MIGRATE-04")


@pytest.mark.parametrize("offer", ["office-legacy-plus", "contoso-crm", "business-standard-trial", "unheard-of"])
def test_without_an_offer_of_new_commerce_it_stays(on: On, buy: Buy, do: Do, offer: str) -> None:  # R-MIGRATE-04
    move = do(Migrate, on(2025, 3, 1), new_subscription_id="n-1", offer_id=offer)
    Scenario(buy()).when(move).refused("migration-not-eligible", "R-MIGRATE-04")


def test_in_its_last_day_it_is_migrated_only_with_a_full_term(on: On, buy: Buy, do: Do) -> None:  # R-MIGRATE-04
    scenario = Scenario(buy())
    scenario.when(do(Migrate, on(2026, 1, 12), **MOVE)).refused("migration-not-eligible", "R-MIGRATE-04")
    assert scenario.when(do(Migrate, on(2026, 1, 12), **MOVE, full_term=True)).names[-1] == "purchased"
    early = Scenario(buy()).when(do(Migrate, on(2026, 1, 11, 23, 59, 59), **MOVE))
    assert early.names[-1] == "purchased"


def test_other_models_are_not_migrated(on: On, buy: Buy, do: Do) -> None:  # R-MIGRATE-01, D-03
    scenario = Scenario(buy(offer_id="business-standard"))
    scenario.when(do(Migrate, on(2025, 3, 1), **MOVE)).refused("not-supported")


def test_the_most_of_an_offer_binds_all_that_is_migrated_to_it(on: On, buy: Buy, do: Do) -> None:
    # TV-LEG-18, R-PURCHASE-07
    scenario = Scenario(buy(seats=200), buy(subscription_id="s-2", seats=200), buy(subscription_id="s-3", seats=100))
    scenario.given(do(Migrate, on(2025, 3, 1), **MOVE))
    again = {"new_subscription_id": "n-2", "offer_id": "business-standard"}
    scenario.when(do(Migrate, on(2025, 3, 1), "s-2", **again)).refused("quantity-out-of-range", "R-PURCHASE-07")
    assert scenario.when(do(Migrate, on(2025, 3, 1), "s-3", **again)).names[-1] == "purchased"


def test_a_base_and_its_add_ons_are_migrated_together_or_not_at_all(on: On, buy: Buy, do: Do) -> None:  # R-MIGRATE-05
    scenario = Scenario(buy(), buy(**ADD_ON))
    alone = do(Migrate, on(2025, 3, 1), "s-2", new_subscription_id="n-2", offer_id="visio")
    for move in (do(Migrate, on(2025, 3, 1), **MOVE), alone):
        scenario.when(move).refused("migration-not-eligible", "R-MIGRATE-05")
    scenario.given(do(Migrate, on(2025, 3, 1), **MOVE, add_ons=(ALONG,)))
    moved = scenario.subscription("n-2")
    assert (moved.base_subscription_id, moved.seats, last_day(moved)) == ("n-1", 10, date(2026, 1, 12))
    assert scenario.subscription("s-2").end_reason is EndReason.MIGRATED


def test_an_add_on_that_cannot_go_keeps_its_base(on: On, buy: Buy, do: Do) -> None:  # R-MIGRATE-05
    nowhere = evolve(ALONG, offer_id="office-legacy-plus")
    scenario = Scenario(buy(), buy(**ADD_ON))
    before = len(tuple(scenario.lifecycle.log()))
    move = do(Migrate, on(2025, 3, 1), **MOVE, add_ons=(nowhere,))
    scenario.when(move).refused("migration-not-eligible", "R-MIGRATE-04")
    assert len(tuple(scenario.lifecycle.log())) == before
    scenario.given(do(Suspend, on(2025, 3, 2), "s-2"))
    suspended = do(Migrate, on(2025, 3, 3), **MOVE, add_ons=(ALONG,))
    scenario.when(suspended).refused("migration-not-eligible", "R-MIGRATE-04")


def test_buying_an_add_on_keeps_the_bundle_for_thirty_days(on: On, buy: Buy, do: Do) -> None:  # R-MIGRATE-05
    scenario = Scenario(buy(), buy(**ADD_ON, at=on(2025, 3, 1, 9)))
    soon = do(Migrate, on(2025, 3, 31, 8, 59, 59), **MOVE, add_ons=(ALONG,))
    scenario.when(soon).refused("migration-not-eligible", "R-MIGRATE-05")
    later = do(Migrate, on(2025, 3, 31, 9), **MOVE, add_ons=(ALONG,))
    assert scenario.when(later).names[-1] == "purchased"


def test_an_add_on_that_has_ended_need_not_go_along(on: On, buy: Buy, do: Do) -> None:  # R-MIGRATE-05
    scenario = Scenario(buy(), buy(**ADD_ON), do(Cancel, on(2025, 2, 1), "s-2"))
    assert scenario.when(do(Migrate, on(2025, 3, 1), **MOVE)).names[-1] == "purchased"


def test_microsoft_migrates_at_the_end_of_a_term_with_the_same_plan_and_seats(on: On, buy: Buy, do: Do) -> None:
    # R-MIGRATE-09
    scenario = Scenario(buy(), do(Migrate, on(2026, 1, 12, 12), **MOVE, full_term=True, actor=Actor.MICROSOFT))
    moved = scenario.subscription("n-1")
    assert moved.term is not None
    assert (moved.term.length, moved.plan, moved.seats) == (TermLength.YEAR, Plan.MONTHLY, 10)
    assert moved.cancellable_until(on(2026, 1, 13)) == on(2026, 1, 19, 12)
    assert moved.reducible_seats(on(2026, 1, 19, 12)) == 10


def test_the_catalog_names_the_policy_of_what_is_migrated(on: On, buy: Buy, do: Do) -> None:  # R-EST-06, R-MIGRATE-01
    catalog = example_catalog()
    named = evolve(catalog.offers["business-standard"], policy="new-commerce.72-hours")
    scenario = Scenario(buy(), catalog=Catalog({**catalog.offers, "business-standard": named}))
    scenario.given(do(Migrate, on(2025, 3, 1, 9), **MOVE))
    moved = scenario.subscription("n-1")
    assert moved.policy == "new-commerce.72-hours"
    assert moved.cancellable_until(on(2025, 3, 1, 9)) == on(2025, 3, 4, 9)


def test_allowed_tells_from_when_a_bundle_can_go_whatever_else_the_catalog_sells(on: On, buy: Buy) -> None:
    # R-MIGRATE-04, R-MIGRATE-05
    catalog = example_catalog()
    few = {name: catalog.offers[name] for name in ("backup", "business-standard", "office-legacy")}
    scenario = Scenario(buy(), catalog=Catalog(few))
    (told,) = (one for one in scenario.lifecycle.options("s-1", on(2025, 1, 20)) if one.do == "migrate")
    assert (told.legal_from, told.legal) == (on(2025, 2, 13), False)
    assert told.refusal is not None
    assert (told.refusal.code, told.refusal.evidence) == ("migration-not-eligible", {"began_at": on(2025, 1, 13, 10)})
