"""Add-ons of legacy bases: bought from the base, on its term, and carried along by what happens to it."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.values.calendar import Cycle, Plan, TermLength
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.commands import (
    Advance,
    Cancel,
    ChangeTerm,
    Purchase,
    Reactivate,
    Suspend,
)
from csp_lifecycle.vocabulary.subscription import EndReason, Status

On = Callable[..., datetime]
Buy = Callable[..., Purchase]
Do = Callable[..., Any]
TO_ANNUAL: dict[str, Any] = {"term": TermLength.YEAR, "plan": Plan.ANNUAL}
ADD_ON: dict[str, Any] = {"subscription_id": "s-2", "offer_id": "archive-legacy"}


@pytest.fixture
def both(buy: Buy) -> tuple[Purchase, Purchase]:
    """A base, and an add-on that is attached to it."""
    return buy(), buy(**ADD_ON, base_subscription_id="s-1")


def test_an_add_on_is_bought_from_an_active_base_that_takes_it(on: On, buy: Buy, do: Do) -> None:
    # R-ADDON-01, R-ADDON-02, AMB-29
    others = (buy(subscription_id="s-3", customer_id="fabrikam"), buy(subscription_id="s-4", offer_id="archive-legacy"))
    scenario = Scenario(buy(), others[0])
    scenario.when(others[1]).refused("add-on-without-base", "R-ADDON-01")
    scenario.when(buy(**ADD_ON, base_subscription_id="s-9")).refused("subscription-not-found", "R-ADDON-01")
    scenario.when(buy(**ADD_ON, base_subscription_id="s-3")).refused("add-on-parent-mismatch", "R-ADDON-02")
    scenario.given(do(Suspend, on(2025, 2, 1)))
    late = buy(**ADD_ON, at=on(2025, 2, 2), base_subscription_id="s-1")
    scenario.when(late).refused("base-not-active", "R-ADDON-01")


def test_an_add_on_fits_only_the_bases_that_its_offer_names(buy: Buy) -> None:  # R-ADDON-02
    scenario = Scenario(buy(offer_id="office-legacy-plus"))
    scenario.when(buy(**ADD_ON, base_subscription_id="s-1")).refused("add-on-parent-mismatch", "R-ADDON-02")


def test_an_add_on_shares_its_bases_term_and_is_charged_from_its_own_day(on: On, buy: Buy) -> None:
    # R-ADDON-04, D-18, AMB-28
    scenario = Scenario(buy(), buy(**ADD_ON, at=on(2025, 3, 1), base_subscription_id="s-1"))
    base, attached = scenario.subscription(), scenario.subscription("s-2")
    assert attached.term == base.term
    assert attached.charge_cycle == Cycle(starts_on=date(2025, 3, 1), ends_on=date(2025, 3, 12))
    scenario.given(Advance(to=on(2025, 3, 13)))
    assert scenario.subscription("s-2").charge_cycle == scenario.subscription().charge_cycle


def test_a_base_takes_its_add_ons_into_suspension_and_back(on: On, both: Any, do: Do) -> None:
    # R-ADDON-03, R-SUSP-10, R-SUSP-11, AMB-24, INV-30
    scenario = Scenario(*both)
    assert scenario.when(do(Suspend, on(2025, 2, 1))).names == ("suspended", "suspended")
    assert scenario.subscription("s-2").suspension_reasons == ("base",)
    scenario.when(do(Reactivate, on(2025, 2, 2), "s-2")).refused("base-not-active", "R-SUSP-10")
    assert scenario.when(do(Reactivate, on(2025, 2, 3))).names == ("reactivated", "reactivated")
    assert scenario.subscription("s-2").status is Status.ACTIVE


def test_an_add_on_that_was_suspended_by_itself_stays_so(on: On, both: Any, do: Do) -> None:  # R-SUSP-11, AMB-24
    scenario = Scenario(*both, do(Suspend, on(2025, 1, 20), "s-2", reason="fraud"))
    scenario.given(do(Suspend, on(2025, 2, 1)), do(Reactivate, on(2025, 2, 3)))
    assert scenario.subscription("s-2").suspension_reasons == ("fraud",)


def test_a_base_that_is_deleted_after_its_suspension_leaves_no_add_on_active(on: On, both: Any, do: Do) -> None:
    # R-SUSP-14, INV-30
    scenario = Scenario(*both, do(Suspend, on(2025, 2, 1)))
    recorded = scenario.when(Advance(to=on(2025, 5, 2))).recorded
    assert [(event.subscription_id, event.at) for event in recorded] == [
        ("s-1", on(2025, 5, 2)),
        ("s-2", on(2025, 5, 2)),
    ]
    assert scenario.subscription("s-2").status is Status.DELETED


def test_canceling_a_base_cancels_its_add_ons(on: On, both: Any, do: Do) -> None:  # R-CANCEL-06, D-05
    scenario = Scenario(*both)
    assert scenario.when(do(Cancel, on(2025, 1, 20))).names == ("canceled", "canceled")
    assert scenario.subscription("s-2").end_reason is EndReason.CANCELED


def test_canceling_an_add_on_leaves_its_base_alone(on: On, both: Any, do: Do) -> None:  # R-CANCEL-06
    scenario = Scenario(*both)
    assert scenario.when(do(Cancel, on(2025, 1, 20), "s-2")).names == ("canceled",)
    assert scenario.subscription().status is Status.ACTIVE


def test_an_add_on_renews_at_the_instant_its_base_does(on: On, buy: Buy) -> None:  # R-RENEW-02, D-05, D-18
    scenario = Scenario(buy(), buy(**ADD_ON, at=on(2025, 9, 1), base_subscription_id="s-1"))
    renewed = scenario.when(Advance(to=on(2026, 1, 13))).recorded[-2:]
    assert [event.at for event in renewed] == [on(2026, 1, 13), on(2026, 1, 13)]
    base, attached = scenario.subscription(), scenario.subscription("s-2")
    assert base.term is not None
    assert (attached.term, base.term.ends_on) == (base.term, date(2027, 1, 12))


def test_another_plan_of_a_base_is_another_plan_of_its_add_ons(on: On, both: Any, do: Do) -> None:
    # R-BILL-16, R-ADDON-08, D-15
    scenario = Scenario(*both)
    assert scenario.when(do(ChangeTerm, on(2025, 3, 1), **TO_ANNUAL)).names[-2:] == ("term-changed", "term-changed")
    for name in ("s-1", "s-2"):
        subscription = scenario.subscription(name)
        assert subscription.term is not None
        assert (subscription.plan, subscription.term.ends_on) == (Plan.ANNUAL, date(2026, 2, 28))


@pytest.mark.parametrize("name", ["s-1", "s-2"])
def test_an_order_changes_its_plan_together_or_not_at_all(on: On, both: Any, do: Do, name: str) -> None:
    # R-BILL-16, D-15
    scenario = Scenario(*both)
    scenario.when(do(ChangeTerm, on(2025, 2, 1), "s-2", **TO_ANNUAL)).refused("legacy-frequency", "R-BILL-16")
    scenario.given(do(Suspend, on(2025, 2, 2), "s-2"))
    before = len(tuple(scenario.lifecycle.log()))
    refusal = scenario.when(do(ChangeTerm, on(2025, 2, 3), name, **TO_ANNUAL)).refusal
    assert refusal is not None
    assert refusal.code == {"s-1": "legacy-frequency", "s-2": "suspended-no-update"}[name]
    assert len(tuple(scenario.lifecycle.log())) == before


def test_what_is_due_at_one_instant_is_told_as_it_is_taken_the_base_first(buy: Buy, on: On) -> None:
    # D-05, INV-28
    base = buy(subscription_id="s-2")
    scenario = Scenario(base, buy(subscription_id="s-1", offer_id="archive-legacy", base_subscription_id="s-2"))
    told = [due.subscription_id for due in scenario.lifecycle.due(on(2025, 3, 13))]
    taken = [event.subscription_id for event in scenario.when(Advance(to=on(2025, 3, 13))).recorded]
    assert told == taken == ["s-2", "s-1", "s-2", "s-1"]


def test_an_add_on_needs_a_base_that_has_a_term_to_share(buy: Buy, do: Do, on: On) -> None:  # R-ADDON-02, D-18
    catalog = example_catalog()
    extends_azure = evolve(catalog.offers["archive-legacy"], add_on_to=("azure",))
    azure = do(Purchase, on(2025, 1, 1), customer_id="contoso", offer_id="azure")
    scenario = Scenario(azure, catalog=Catalog({**catalog.offers, "archive-legacy": extends_azure}))
    scenario.when(buy(**ADD_ON, base_subscription_id="s-1")).refused("add-on-parent-mismatch", "R-ADDON-02")


def test_what_keeps_an_order_from_changing_together_is_named(on: On, both: tuple[Purchase, Purchase], do: Do) -> None:
    # R-BILL-16, R-ADDON-08
    scenario = Scenario(*both, do(Suspend, on(2025, 2, 1), "s-2"))
    refused = scenario.when(do(ChangeTerm, on(2025, 2, 2), **TO_ANNUAL)).refused("legacy-frequency", "R-BILL-16")
    assert refused.evidence == {"base_subscription_id": None, "attached": ("s-2",)}
