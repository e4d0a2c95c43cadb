"""Dated and alternative readings: chosen by a policy id, kept by what they were chosen for."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from csp_lifecycle.policies import POLICIES
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import TermLength
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Cancel,
    Purchase,
    RemoveSeats,
    Suspend,
    TurnOffAutoRenew,
)
from csp_lifecycle.vocabulary.events import CycleCharged, Purchased, Renewed
from csp_lifecycle.vocabulary.subscription import EndReason, Phase, Status

On = Callable[..., datetime]
Buy = Callable[..., Purchase]
NCE: dict[str, Any] = {"offer_id": "business-standard"}


def test_a_policy_that_is_not_installed_or_of_another_model_is_refused(buy: Buy) -> None:  # R-EST-06
    for named in ("moon-commerce", "legacy"):
        Scenario().when(buy(**NCE, policy=named)).refused("policy-not-found", "R-EST-06")


def test_a_term_nobody_renewed_goes_on_from_month_to_month(on: On, buy: Buy) -> None:  # R-EST-01, R-EST-03, R-EST-04
    bought = buy(**NCE, at=on(2025, 6, 1), policy="new-commerce.extending")
    scenario = Scenario(bought, TurnOffAutoRenew(at=on(2025, 7, 1), subscription_id="s-1"), Advance(to=on(2026, 7, 2)))
    subscription = scenario.subscription()
    assert subscription.term is not None
    assert (subscription.term.length, subscription.term.starts_on) == (TermLength.MONTH, date(2026, 7, 1))
    assert (subscription.policy, subscription.unit_price) == ("extended-service-term", Decimal("10.3"))
    assert scenario.when(Cancel(at=on(2026, 7, 20), subscription_id="s-1")).names == ("canceled",)


def test_a_term_that_ended_before_extended_terms_came_still_expires(on: On, buy: Buy) -> None:  # R-EST-01, R-RENEW-10
    bought = buy(**NCE, at=on(2025, 4, 1), policy="new-commerce.extending")
    scenario = Scenario(bought, TurnOffAutoRenew(at=on(2025, 7, 1), subscription_id="s-1"), Advance(to=on(2026, 4, 1)))
    assert scenario.subscription().status is Status.EXPIRED


def test_cancelling_at_the_term_end_is_a_choice(on: On, buy: Buy) -> None:  # R-EST-02
    scenario = Scenario(buy(**NCE, at=on(2025, 6, 1), policy="new-commerce.extending"))
    chosen = Cancel(at=on(2025, 9, 1), subscription_id="s-1", at_term_end=True)
    assert scenario.when(chosen).names[-1] == "cancellation-scheduled"
    scenario.given(Advance(to=on(2026, 6, 1)))
    assert scenario.subscription().end_reason is EndReason.CANCELED


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


@pytest.mark.parametrize("policy", [one for one in POLICIES if one.startswith("new-commerce.")])
def test_every_reading_sells_and_renews(on: On, buy: Buy, policy: str) -> None:
    scenario = Scenario(buy(**NCE, policy=policy), Advance(to=on(2026, 1, 13)))
    assert (scenario.subscription().status, scenario.subscription().policy) == (Status.ACTIVE, policy)
