"""One decision about several subscriptions, and one thing done in two decisions."""

from collections.abc import Callable
from typing import Any

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan
from csp_lifecycle.vocabulary.commands import (
    Rename,
    Upgrade,
)
from csp_lifecycle.vocabulary.subscription import EndReason

Make = Callable[..., Any]

NOW = "2025-03-20T09:00:00Z"
"""Long after the cancellation windows, in the charge cycle from 15 March to 14 April."""


@pytest.fixture
def both(buy: Make, advance: Make) -> Scenario:
    """Ten seats of Business Standard as `s-1` and 40 of E3 as `s-2`, bought together."""
    e3 = buy(subscription_id="s-2", offer_id="e3", seats=40)
    return Scenario(buy(), e3, advance("2025-03-20T00:00:00Z"))


def test_two_subscriptions_become_one_in_two_steps(buy: Make, do: Make) -> None:
    # R-UPGRADE-14
    scenario = Scenario(buy(plan=Plan.ANNUAL), buy(subscription_id="s-2", seats=7, plan=Plan.ANNUAL))
    scenario.given(
        do(Upgrade, NOW, offer_id="e3", seats=10),
        do(Upgrade, NOW, "s-2", offer_id="e3", seats=7, target_subscription_id="s-1"),
    )
    assert (scenario.subscription("s-1").offer_id, scenario.subscription("s-1").seats) == ("e3", 17)
    assert scenario.subscription("s-2").end_reason is EndReason.TRANSITIONED


def test_the_second_step_waits_for_the_window_the_first_source_was_in(buy: Make, do: Make) -> None:
    # AMB-21, R-UPGRADE-13
    scenario = Scenario(buy(), buy(subscription_id="s-2"), do(Upgrade, "2025-01-20T10:00:00Z", offer_id="e3", seats=10))
    into = {"offer_id": "e3", "seats": 10, "target_subscription_id": "s-1"}
    scenario.when(do(Upgrade, "2025-01-22T10:00:00Z", "s-2", **into)).refused("target-in-cancellation-window")
    assert scenario.when(do(Upgrade, "2025-01-22T10:00:01Z", "s-2", **into)).names[-1] == "seats-moved-in"


def test_what_is_due_on_both_streams_is_stored_with_the_upgrade_and_stands_first(buy: Make, do: Make) -> None:
    # R-UPGRADE-08, INV-28
    scenario = Scenario(buy(), buy(subscription_id="s-2", offer_id="e3"))
    when = scenario.when(do(Upgrade, "2025-02-20T09:00:00Z", offer_id="e3", seats=4, target_subscription_id="s-2"))
    assert [(name, event.subscription_id) for name, event in zip(when.names, when.recorded, strict=True)] == [
        ("cycle-charged", "s-1"),
        ("cycle-charged", "s-2"),
        ("seats-moved-out", "s-1"),
        ("seats-moved-in", "s-2"),
    ]


def test_a_renewal_that_is_due_on_the_target_opens_its_window_first_and_a_refusal_stores_nothing(
    buy: Make, do: Make, stream: Make
) -> None:
    # R-UPGRADE-09, INV-02
    year = {"plan": Plan.ANNUAL}
    scenario = Scenario(buy(**year), buy("2025-02-01T10:00:00Z", subscription_id="s-2", offer_id="e3", **year))
    before = stream(scenario, "s-1"), stream(scenario, "s-2")
    command = do(Upgrade, "2026-02-03T09:00:00Z", offer_id="e3", seats=4, target_subscription_id="s-2")
    scenario.when(command).refused("target-in-cancellation-window")
    assert (stream(scenario, "s-1"), stream(scenario, "s-2")) == before


def test_a_command_older_than_the_last_event_of_its_target_is_refused(both: Scenario, do: Make) -> None:
    # AMB-70: the same instant is fine.
    both.given(do(Rename, "2025-03-21T09:00:00Z", "s-2", friendly_name="All of us"))
    wish = {"offer_id": "e3", "seats": 4, "target_subscription_id": "s-2"}
    both.when(do(Upgrade, "2025-03-21T08:59:59Z", **wish)).refused("out-of-order")
    assert both.when(do(Upgrade, "2025-03-21T09:00:00Z", **wish)).names == ("seats-moved-out", "seats-moved-in")
