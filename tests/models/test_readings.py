"""Dated and alternative readings: chosen by a policy id, kept by what they were chosen for."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.policies.readings import READINGS
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.values.windows import RefundKind
from csp_lifecycle.vocabulary.commands import (
    Activate,
    AddSeats,
    Advance,
    Cancel,
    CompleteRenewal,
    Purchase,
    RemoveSeats,
    Rename,
    Suspend,
)
from csp_lifecycle.vocabulary.events import Canceled, CycleCharged, Purchased, Renewed
from csp_lifecycle.vocabulary.subscription import Commerce, Phase, Status

On = Callable[..., datetime]
Buy = Callable[..., Purchase]
Do = Callable[..., Any]
NCE: dict[str, Any] = {"offer_id": "business-standard"}


def test_a_policy_that_is_not_installed_or_of_another_model_is_refused(buy: Buy) -> None:  # R-EST-06
    for named in ("moon-commerce", "legacy"):
        refused = Scenario().when(buy(**NCE, policy=named)).refused("policy-not-found", "R-EST-06")
        ours = [one.id for one in POLICIES.values() if one.commerce is Commerce.NEW_COMMERCE]
        assert refused.evidence == {"policy": named, "known": tuple(sorted(ours))}


def test_suspended_into_grace(on: On, buy: Buy) -> None:  # AMB-04, R-STATUS-04
    policy = "new-commerce.suspended-into-grace"
    scenario = Scenario(buy(**NCE, policy=policy), Suspend(at=on(2025, 5, 1), subscription_id="s-1"))
    scenario.given(Advance(to=on(2026, 1, 13)))
    assert (scenario.subscription().status, scenario.subscription().phase) == (Status.DISABLED, Phase.GRACE)
    scenario.given(Advance(to=on(2026, 2, 12)))
    assert scenario.subscription().phase is Phase.RETENTION
    scenario.given(Advance(to=on(2026, 5, 13)))
    assert scenario.subscription().status is Status.DELETED


def test_windows_in_calendar_days_end_at_midnight(on: On, buy: Buy) -> None:  # AMB-08, TV-CANCEL-11
    created = on(2021, 1, 14, 16, 57, 15)
    scenario = Scenario(buy(**NCE, at=created, policy="new-commerce.calendar-days"))
    assert [refund.until for refund in scenario.subscription().refunds] == [on(2021, 1, 15), on(2021, 1, 21)]


def test_cycles_that_keep_their_distance_from_the_month_end(on: On, buy: Buy) -> None:  # AMB-01, TV-TIME-12
    scenario = Scenario(buy(**NCE, at=on(2021, 1, 30), policy="new-commerce.month-end-distance"))
    scenario.given(Advance(to=on(2022, 1, 1)))
    events = [one.event for one in scenario.store.read("s-1")]
    charged = [event.charge_cycle for event in events if isinstance(event, (Purchased, CycleCharged))]
    starts = [cycle.starts_on for cycle in charged if cycle is not None]
    printed = ("02-27", "03-30", "04-29", "05-30", "06-29", "07-30", "08-30", "09-29", "10-30", "11-29", "12-30")
    assert starts == [date(2021, 1, 30), *(date.fromisoformat(f"2021-{day}") for day in printed)]


def test_windows_of_72_hours(on: On, buy: Buy, do: Do) -> None:  # AMB-08
    bought = buy(**NCE, policy="new-commerce.72-hours")
    limit = on(2025, 1, 16, 10)
    late = Scenario(bought)
    late.when(do(RemoveSeats, on(2025, 1, 16, 10, 0, 1), seats=1)).refused("reduction-window-closed")
    late.when(do(Cancel, on(2025, 1, 16, 10, 0, 1))).refused("cancellation-window-closed")
    in_time = Scenario(bought, do(RemoveSeats, limit, seats=1))
    assert in_time.when(do(Cancel, limit)).names == ("canceled",)


@pytest.mark.parametrize(
    ("policy", "refund"), [(None, RefundKind.FULL), ("new-commerce.always-prorated", RefundKind.PRORATED)]
)
def test_a_refund_that_is_never_full(on: On, buy: Buy, do: Do, policy: str | None, refund: RefundKind) -> None:
    # AMB-07
    (canceled,) = Scenario(buy(**NCE, policy=policy)).when(do(Cancel, on(2025, 1, 13, 11))).recorded
    assert isinstance(canceled, Canceled)
    assert canceled.refund is refund


def test_suspended_into_expired(on: On, buy: Buy, do: Do) -> None:  # AMB-04
    bought = buy(**NCE, policy="new-commerce.suspended-into-expired")
    scenario = Scenario(bought, do(Suspend, on(2025, 5, 1)))
    assert scenario.when(Advance(to=on(2026, 1, 13))).names[-1] == "expired"
    assert scenario.when(Advance(to=on(2026, 2, 12))).names == ("disabled",)
    assert scenario.when(Advance(to=on(2026, 5, 13))).names == ("deleted",)


def test_five_resellers_beside_the_initial_one(buy: Buy) -> None:  # AMB-43, R-ATTEST-03
    named = tuple(f"r-{number}" for number in range(1, 8))
    six = {"policy": "new-commerce.six-resellers", "resellers": named[:6]}
    scenario = Scenario(buy(**NCE, **six))
    scenario.when(buy(**NCE, **six | {"resellers": named}, subscription_id="s-2")).refused("reseller-invalid")
    scenario.when(buy(**NCE, resellers=named[:6], subscription_id="s-2")).refused("reseller-invalid")


def test_changes_that_a_renewal_in_flight_lets_through(on: On, buy: Buy, do: Do) -> None:  # AMB-35, R-LOCK-05
    at = on(2025, 2, 13)
    month = {"term": TermLength.MONTH, "plan": Plan.MONTHLY}
    changes = (
        do(AddSeats, at, seats=5),
        do(RemoveSeats, at, seats=5),
        do(Rename, at, friendly_name="Sales"),
    )
    for policy, opened in (("new-commerce.open-wait", True), (None, False)):
        scenario = Scenario(buy(**NCE, **month, policy=policy), Advance(to=at, complete=False))
        for change in changes:
            assert (scenario.when(change).refusal is None) is opened
        scenario.when(do(Suspend, at)).refused("renewal-locked")
        scenario.given(do(CompleteRenewal, at))
        assert scenario.subscription().friendly_name == ("Sales" if opened else None)


@pytest.mark.parametrize(
    ("policy", "status"), [(None, Status.SUSPENDED), ("new-commerce.independent-add-ons", Status.ACTIVE)]
)
def test_add_ons_that_go_their_own_way(on: On, buy: Buy, do: Do, policy: str | None, status: Status) -> None:
    # D-05, R-ADDON-06
    scenario = Scenario(buy(**NCE, policy=policy))
    scenario.given(buy(subscription_id="s-2", offer_id="visio", base_subscription_id="s-1", policy=policy))
    scenario.given(do(Suspend, on(2025, 2, 1)))
    assert scenario.subscription("s-2").status is status


def test_a_legacy_suspension_of_120_days(on: On, buy: Buy, do: Do) -> None:  # AMB-05, R-SUSP-14
    scenario = Scenario(buy(policy="legacy.120-days"), do(Suspend, on(2025, 3, 1, 9)))
    scenario.when(Advance(to=on(2025, 6, 29, 8, 59, 59))).then()
    assert scenario.when(Advance(to=on(2025, 6, 29, 9))).names == ("deleted",)


def test_the_newest_lot_first(on: On, buy: Buy) -> None:  # AMB-06
    scenario = Scenario(buy(**NCE, policy="new-commerce.newest-lot-first"))
    scenario.given(AddSeats(at=on(2025, 1, 14), subscription_id="s-1", seats=5))
    scenario.given(RemoveSeats(at=on(2025, 1, 15), subscription_id="s-1", seats=6))
    assert [lot.seats for lot in scenario.subscription().seat_lots] == [9]


def test_a_named_policy_stays_for_later_terms(on: On, buy: Buy) -> None:  # AMB-02
    bought = buy(**NCE, at=on(2025, 1, 31), term=TermLength.MONTH, policy="new-commerce.purchase-day-kept")
    scenario = Scenario(bought, Advance(to=on(2025, 6, 1)))
    assert scenario.subscription().policy == "new-commerce.purchase-day-kept"
    assert scenario.subscription().term is not None
    events = [one.event for one in scenario.store.read("s-1")]
    ends = [event.term.ends_on for event in events if isinstance(event, (Purchased, Renewed)) and event.term]
    assert ends == [date(2025, 2, 27), date(2025, 3, 30), date(2025, 4, 29), date(2025, 5, 30), date(2025, 6, 29)]


@pytest.mark.parametrize("policy", READINGS, ids=lambda policy: policy.id)
def test_every_reading_can_be_chosen_and_stays_over_renewals(on: On, buy: Buy, do: Do, policy: Policy) -> None:
    sold = {Commerce.LEGACY: "office-legacy", Commerce.MARKETPLACE_SAAS: "contoso-crm"}
    scenario = Scenario(buy(offer_id=sold.get(policy.commerce, "business-standard"), policy=policy.id))
    if policy.commerce is Commerce.MARKETPLACE_SAAS:
        scenario.given(do(Activate, on(2025, 1, 13, 10)))
    assert "renewed" in scenario.when(Advance(to=on(2026, 1, 13))).names
    assert (scenario.subscription().status, scenario.subscription().policy) == (Status.ACTIVE, policy.id)
