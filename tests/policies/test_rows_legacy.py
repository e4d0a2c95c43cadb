"""The shortest walk to every row of legacy commerce."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from csp_lifecycle.policies.legacy import LEGACY
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Cancel,
    ChangeTerm,
    Command,
    CompleteRenewal,
    ConvertTrial,
    Migrate,
    Purchase,
    Reactivate,
    RemoveSeats,
    Rename,
    StartTrial,
    Suspend,
    Upgrade,
)

BOUGHT = datetime(2025, 1, 15, 10, tzinfo=UTC)
IT: dict[str, Any] = {"at": BOUGHT + timedelta(days=1), "subscription_id": "s-1"}
MONTH_OLD: dict[str, Any] = {"at": datetime(2025, 2, 15, tzinfo=UTC), "subscription_id": "s-1"}
CHARGED = Advance(to=MONTH_OLD["at"])
RENEWED = datetime(2026, 1, 15, tzinfo=UTC)
TRIED = datetime(2025, 2, 14, tzinfo=UTC)


def bought(name: str = "s-1", offer_id: str = "office-legacy", base: str | None = None) -> Purchase:
    return Purchase(
        at=BOUGHT,
        subscription_id=name,
        customer_id="contoso",
        offer_id=offer_id,
        seats=10,
        term=TermLength.YEAR,
        plan=Plan.MONTHLY,
        base_subscription_id=base,
    )


BUY, SUSPEND = bought(), Suspend(**IT)
WITH_BASE = bought("base"), bought(offer_id="archive-legacy", base="base")
FRAUD = Suspend(**IT, reason="fraud")
TRY = StartTrial(at=BOUGHT, subscription_id="s-1", customer_id="contoso", offer_id="office-legacy-trial")
RENEWING = Advance(to=RENEWED, complete=False)
EXPIRED, DISABLED = Advance(to=TRIED), Advance(to=TRIED + timedelta(days=30))

SCRIPTS: dict[str, tuple[Command | Advance, ...]] = {
    "none purchase: purchased": (BUY,),
    "none start-trial: trial-started": (TRY,),
    "active add-seats: seats-added": (BUY, AddSeats(**IT, seats=5)),
    "active remove-seats: seats-removed": (BUY, CHARGED, RemoveSeats(**MONTH_OLD, seats=5)),
    "active rename: renamed": (BUY, Rename(**IT, friendly_name="Sales")),
    "trial rename: renamed": (TRY, Rename(**IT, friendly_name="Sales")),
    "active suspend: suspended": (BUY, SUSPEND),
    "suspended suspend: suspended": (BUY, SUSPEND, FRAUD),
    "suspended reactivate: reactivated": (BUY, SUSPEND, Reactivate(**IT)),
    "suspended reactivate: suspension-reason-lifted": (BUY, SUSPEND, FRAUD, Reactivate(**IT, reason="fraud")),
    "active cancel: canceled": (BUY, CHARGED, Cancel(**MONTH_OLD)),
    "suspended cancel: canceled": (*WITH_BASE, SUSPEND, Cancel(at=IT["at"], subscription_id="base")),
    "active change-term: term-changed": (BUY, ChangeTerm(**IT, term=TermLength.YEAR, plan=Plan.ANNUAL)),
    "active upgrade: upgraded": (BUY, Upgrade(**IT, offer_id="office-legacy-plus", seats=10)),
    "trial convert-trial: trial-converted": (TRY, ConvertTrial(**IT)),
    "active migrate: migrated and purchased": (
        BUY,
        CHARGED,
        Migrate(**MONTH_OLD, new_subscription_id="s-2", offer_id="business-standard"),
    ),
    "active end-cycle: cycle-charged": (BUY, CHARGED),
    "active end-term: renewed": (BUY, Advance(to=RENEWED - timedelta(days=1)), Advance(to=RENEWED)),
    "active end-term: renewal-started": (BUY, Advance(to=RENEWED - timedelta(days=1)), RENEWING),
    "renewing complete-renewal: renewed": (BUY, RENEWING, CompleteRenewal(at=RENEWED, subscription_id="s-1")),
    "trial end-term: expired": (TRY, EXPIRED),
    "suspended end-phase: deleted": (BUY, SUSPEND, Advance(to=IT["at"] + timedelta(days=90))),
    "expired end-phase: disabled": (TRY, EXPIRED, DISABLED),
    "disabled end-phase: deleted": (TRY, DISABLED, Advance(to=TRIED + timedelta(days=30 + 90))),
}


def test_every_row_has_a_script_and_every_script_a_row(sentences: Any) -> None:
    assert set(sentences(LEGACY.rows)) == set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_walk_takes_its_row(walk: Any, name: str) -> None:
    walk(LEGACY, name, SCRIPTS[name])
