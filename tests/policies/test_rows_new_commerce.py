"""The shortest walk to every row of new commerce: random walks seldom meet the rare ones."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from csp_lifecycle.policies.new_commerce import NEW_COMMERCE
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Cancel,
    ChangeTerm,
    Command,
    CompleteCycleCharge,
    CompleteRenewal,
    ConvertTrial,
    Purchase,
    QueueBillingPlan,
    Reactivate,
    RemoveSeats,
    Rename,
    ScheduleChange,
    StartTrial,
    Suspend,
    Transfer,
    TurnOffAutoRenew,
    TurnOnAutoRenew,
    Upgrade,
    WithdrawBillingPlan,
    WithdrawScheduledChange,
)

Script = tuple[Command | Advance, ...]

BOUGHT = datetime(2025, 1, 15, 10, tzinfo=UTC)
NEXT = BOUGHT + timedelta(days=1)
"""When the command comes that takes the row, while every window is open."""

FEB_14, FEB_15 = datetime(2025, 2, 14, tzinfo=UTC), datetime(2025, 2, 15, tzinfo=UTC)
"""The first instants after the trial, and after the first month of what was bought."""

MONTH, YEAR, THREE_YEARS = TermLength.MONTH, TermLength.YEAR, TermLength.THREE_YEARS


def bought(name: str = "s-1", offer_id: str = "business-standard", term: TermLength = MONTH) -> Purchase:
    return Purchase(
        at=BOUGHT,
        subscription_id=name,
        customer_id="contoso",
        offer_id=offer_id,
        seats=10,
        term=term,
        plan=Plan.MONTHLY,
    )


IT: dict[str, Any] = {"at": NEXT, "subscription_id": "s-1"}
BUY, BUY_THREE_YEARS = bought(), bought(term=THREE_YEARS)
TRY = StartTrial(at=BOUGHT, subscription_id="s-1", customer_id="contoso", offer_id="business-standard-trial")
SUSPEND, AUTO_RENEW_OFF = Suspend(**IT), TurnOffAutoRenew(**IT)
SCHEDULE, QUEUE_ANNUAL = ScheduleChange(**IT, seats=30), QueueBillingPlan(**IT, plan=Plan.ANNUAL)
LATE: dict[str, Any] = {"at": NEXT + timedelta(days=8), "subscription_id": "s-1"}
"""After every window that opened with the purchase has closed."""


def begun(to: datetime) -> Advance:
    """Time is taken, and what takes its time stays in flight."""
    return Advance(to=to, complete=False)


SCRIPTS: dict[str, Script] = {
    "none purchase: purchased": (BUY,),
    "none start-trial: trial-started": (TRY,),
    "active add-seats: seats-added": (BUY, AddSeats(**IT, seats=5)),
    "active remove-seats: seats-removed": (BUY, RemoveSeats(**IT, seats=5)),
    "active rename: renamed": (BUY, Rename(**IT, friendly_name="Sales")),
    "trial rename: renamed": (TRY, Rename(**IT, friendly_name="Sales")),
    "active suspend: suspended": (BUY, SUSPEND),
    "suspended suspend: suspended": (BUY, SUSPEND, Suspend(**IT, reason="fraud")),
    "suspended reactivate: reactivated": (BUY, SUSPEND, Reactivate(**IT)),
    "suspended reactivate: suspension-reason-lifted": (
        BUY,
        SUSPEND,
        Suspend(**IT, reason="fraud"),
        Reactivate(**IT, reason="fraud"),
    ),
    "active cancel: canceled": (BUY, Cancel(**IT)),
    "suspended cancel: canceled": (BUY, SUSPEND, Cancel(**IT)),
    "active turn-on-auto-renew: auto-renew-turned-on": (BUY, AUTO_RENEW_OFF, TurnOnAutoRenew(**IT)),
    "trial turn-on-auto-renew: auto-renew-turned-on": (TRY, AUTO_RENEW_OFF, TurnOnAutoRenew(**IT)),
    "active turn-off-auto-renew: auto-renew-turned-off": (BUY, AUTO_RENEW_OFF),
    "trial turn-off-auto-renew: auto-renew-turned-off": (TRY, AUTO_RENEW_OFF),
    "active schedule-change: change-scheduled": (BUY, SCHEDULE),
    "trial schedule-change: change-scheduled": (TRY, SCHEDULE),
    "active withdraw-scheduled-change: scheduled-change-withdrawn": (BUY, SCHEDULE, WithdrawScheduledChange(**IT)),
    "trial withdraw-scheduled-change: scheduled-change-withdrawn": (TRY, SCHEDULE, WithdrawScheduledChange(**IT)),
    "active queue-billing-plan: billing-plan-queued": (BUY_THREE_YEARS, QUEUE_ANNUAL),
    "active queue-billing-plan: billing-plan-withdrawn": (
        BUY_THREE_YEARS,
        QUEUE_ANNUAL,
        QueueBillingPlan(**IT, plan=Plan.MONTHLY),
    ),
    "active withdraw-billing-plan: billing-plan-withdrawn": (
        BUY_THREE_YEARS,
        QUEUE_ANNUAL,
        WithdrawBillingPlan(**IT),
    ),
    "active change-term: term-changed": (BUY, ChangeTerm(**IT, term=YEAR, plan=Plan.MONTHLY)),
    "active upgrade: upgraded": (BUY, Upgrade(**IT, offer_id="e3", seats=10)),
    "active upgrade: seats-moved-out and purchased": (
        BUY,
        Upgrade(**IT, offer_id="e3", seats=4, new_subscription_id="s-2"),
    ),
    "active upgrade: seats-moved-out, deleted and seats-moved-in": (
        BUY,
        bought("s-2", "e3"),
        Upgrade(**LATE, offer_id="e3", seats=10, target_subscription_id="s-2"),
    ),
    "active upgrade: seats-moved-out and seats-moved-in": (
        BUY,
        bought("s-2", "e3"),
        Upgrade(**LATE, offer_id="e3", seats=4, target_subscription_id="s-2"),
    ),
    "trial convert-trial: trial-converted": (TRY, ConvertTrial(**IT)),
    "trial convert-trial: seats-moved-out, deleted and seats-moved-in": (
        TRY,
        bought("s-2"),
        ConvertTrial(**IT, target_subscription_id="s-2"),
    ),
    "active transfer: transferred and purchased": (
        BUY,
        Transfer(**IT, new_subscription_id="s-2", partner_id="adatum"),
    ),
    "active end-cycle: cycle-charged": (BUY_THREE_YEARS, Advance(to=FEB_15)),
    "active end-cycle: cycle-charge-started": (BUY_THREE_YEARS, QUEUE_ANNUAL, begun(FEB_15)),
    "suspended end-cycle: cycle-charged": (BUY_THREE_YEARS, SUSPEND, Advance(to=FEB_15)),
    "suspended end-cycle: cycle-charge-started": (BUY_THREE_YEARS, QUEUE_ANNUAL, SUSPEND, begun(FEB_15)),
    "active complete-cycle-charge: cycle-charged": (
        BUY_THREE_YEARS,
        QUEUE_ANNUAL,
        begun(FEB_15),
        CompleteCycleCharge(at=FEB_15, subscription_id="s-1"),
    ),
    "suspended complete-cycle-charge: cycle-charged": (
        BUY_THREE_YEARS,
        QUEUE_ANNUAL,
        SUSPEND,
        begun(FEB_15),
        CompleteCycleCharge(at=FEB_15, subscription_id="s-1"),
    ),
    "active end-term: renewed": (BUY, Advance(to=FEB_15)),
    "active end-term: renewal-started": (BUY, begun(FEB_15)),
    "active end-term: expired": (BUY, AUTO_RENEW_OFF, Advance(to=FEB_15)),
    "trial end-term: trial-converted": (TRY, Advance(to=FEB_14)),
    "trial end-term: renewal-started": (TRY, begun(FEB_14)),
    "trial end-term: expired": (TRY, AUTO_RENEW_OFF, Advance(to=FEB_14)),
    "renewing complete-renewal: renewed": (BUY, begun(FEB_15), CompleteRenewal(at=FEB_15, subscription_id="s-1")),
    "renewing complete-renewal: trial-converted": (
        TRY,
        begun(FEB_14),
        CompleteRenewal(at=FEB_14, subscription_id="s-1"),
    ),
    "suspended end-term: deleted": (BUY, SUSPEND, Advance(to=FEB_15)),
    "expired end-phase: disabled": (
        BUY,
        AUTO_RENEW_OFF,
        Advance(to=FEB_15),
        Advance(to=FEB_15 + timedelta(days=30)),
    ),
    "disabled end-phase: deleted": (
        BUY,
        AUTO_RENEW_OFF,
        Advance(to=FEB_15 + timedelta(days=30)),
        Advance(to=FEB_15 + timedelta(days=30 + 90)),
    ),
}


def test_every_row_has_a_script_and_every_script_a_row(sentences: Any) -> None:
    assert set(sentences(NEW_COMMERCE.rows)) == set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_walk_takes_its_row(walk: Any, name: str) -> None:
    walk(NEW_COMMERCE, name, SCRIPTS[name])
