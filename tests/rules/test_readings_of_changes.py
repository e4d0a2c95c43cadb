"""Other readings of the rules about upgrades, plans, terms and transfers: each is a policy that a purchase names."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.values.windows import Refund, RefundKind, SeatLot
from csp_lifecycle.vocabulary.commands import ChangeTerm, QueueBillingPlan, Transfer, Upgrade
from csp_lifecycle.vocabulary.events import Purchased, TermChanged

Make = Callable[..., Any]
SOON = "2025-01-20T09:00:00Z"
"""Inside the cancellation window, on its fifth day."""


@pytest.mark.parametrize(("plan", "wanted"), [(Plan.MONTHLY, Plan.ANNUAL), (Plan.ANNUAL, Plan.MONTHLY)])
def test_since_april_2025_no_plan_changes_between_charges(buy: Make, do: Make, plan: Plan, wanted: Plan) -> None:
    # R-BILL-15, AMB-13
    bought = buy(term=TermLength.THREE_YEARS, plan=plan, policy="new-commerce.triennial-plan-fixed")
    Scenario(bought).when(do(QueueBillingPlan, SOON, plan=wanted)).refused("billing-cycle-invalid")


@pytest.mark.parametrize(
    ("policy", "opened"), [("new-commerce.upgrade-without-window", False), ("new-commerce.upgrade-with-window", True)]
)
def test_what_an_upgrade_splits_off_may_have_no_window_or_one_of_its_own(
    buy: Make, do: Make, at: Make, *, policy: str, opened: bool
) -> None:
    # R-UPGRADE-13, AMB-17
    scenario = Scenario(buy(policy=policy))
    split = do(Upgrade, SOON, offer_id="e3", seats=4, new_subscription_id="s-2")
    purchased = scenario.when(split).recorded[-1]
    assert isinstance(purchased, Purchased)
    fresh = (
        Refund(kind=RefundKind.FULL, until=at(SOON) + timedelta(hours=24)),
        Refund(kind=RefundKind.PRORATED, until=at(SOON) + timedelta(days=7)),
    )
    assert purchased.refunds == (fresh if opened else ())


def test_a_longer_term_may_open_windows_of_its_own(buy: Make, do: Make, at: Make) -> None:
    # R-BILL-14, AMB-16
    later = "2025-02-03T09:00:00Z"
    scenario = Scenario(buy(policy="new-commerce.term-change-with-window"))
    (changed,) = scenario.when(do(ChangeTerm, later, term=TermLength.THREE_YEARS, plan=Plan.MONTHLY)).recorded
    assert isinstance(changed, TermChanged)
    until = at(later) + timedelta(days=7)
    assert changed.refunds[-1] == Refund(kind=RefundKind.PRORATED, until=until)
    assert changed.seat_lots == (SeatLot(seats=10, reducible_until=until),)


def test_the_day_of_a_transfer_may_belong_to_the_source(buy: Make, do: Make, advance: Make) -> None:
    # TV-INV-15, R-TRANSFER-04, AMB-33
    bought = buy("2024-07-12T10:00:00Z", policy="new-commerce.transfer-the-day-after")
    scenario = Scenario(bought, advance("2024-10-20T00:00:00Z"))
    scenario.given(do(Transfer, "2024-10-20T09:00:00Z", new_subscription_id="t-1", partner_id="tailspin"))
    term = scenario.subscription("t-1").term
    assert term is not None
    assert (term.starts_on, term.ends_on) == (date(2024, 10, 21), date(2025, 7, 11))


@pytest.mark.parametrize(("kind", "rest"), [(ChangeTerm, {}), (Upgrade, {"offer_id": "e3", "seats": 10})])
def test_a_term_that_begins_midway_may_be_kept_from_upfront_plans(
    buy: Make, do: Make, kind: Any, rest: dict[str, Any]
) -> None:
    # D-07, R-PURCHASE-06
    scenario = Scenario(buy(plan=Plan.ANNUAL, policy="new-commerce.no-upfront-mid-term"))
    longer = {"term": TermLength.THREE_YEARS} | rest
    scenario.when(do(kind, SOON, plan=Plan.TRIENNIAL, **longer)).refused("upfront-mid-term")
    assert len(scenario.when(do(kind, SOON, plan=Plan.ANNUAL, **longer)).recorded) == 1
