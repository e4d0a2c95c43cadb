"""The shortest walk to every row of marketplace SaaS."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from csp_lifecycle.policies.marketplace_saas import MARKETPLACE_SAAS
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    Activate,
    Actor,
    AddSeats,
    Advance,
    Cancel,
    Command,
    CompleteRenewal,
    Purchase,
    Reactivate,
    RemoveSeats,
    Rename,
    Suspend,
    TurnOffAutoRenew,
    TurnOnAutoRenew,
)

ORDERED = datetime(2025, 1, 15, 10, tzinfo=UTC)
IT: dict[str, Any] = {"at": ORDERED + timedelta(hours=23), "subscription_id": "s-1"}
LATE: dict[str, Any] = {"at": ORDERED + timedelta(hours=24), "subscription_id": "s-1"}
"""The last hour of the window of a monthly plan, and the instant at which it is closed."""

MICROSOFT: dict[str, Any] = IT | {"actor": Actor.MICROSOFT}
FEB_15 = datetime(2025, 2, 15, tzinfo=UTC)
TRIED = datetime(2025, 2, 14, tzinfo=UTC)


def ordered(offer_id: str, term: TermLength) -> Purchase:
    return Purchase(
        at=ORDERED,
        subscription_id="s-1",
        customer_id="contoso",
        offer_id=offer_id,
        seats=10,
        term=term,
        plan=Plan.MONTHLY,
    )


ORDER = ordered("contoso-crm", TermLength.MONTH)
ACTIVATE = Activate(at=ORDERED, subscription_id="s-1", actor=Actor.PUBLISHER)
BUY, BUY_YEAR = (ORDER, ACTIVATE), (ordered("contoso-crm", TermLength.YEAR), ACTIVATE)
TRY = ordered("contoso-crm-tried", TermLength.MONTH), ACTIVATE
SUSPEND, FRAUD = Suspend(**MICROSOFT), Suspend(**MICROSOFT, reason="fraud")
AUTO_RENEW_OFF = TurnOffAutoRenew(**IT)

SCRIPTS: dict[str, tuple[Command | Advance, ...]] = {
    "none purchase: ordered": (ORDER,),
    "pending activate: activated": BUY,
    "pending activate: trial-started": TRY,
    "pending cancel: canceled": (ORDER, Cancel(**IT)),
    "trial cancel: canceled": (*TRY, Cancel(**LATE)),
    "active cancel: canceled": (*BUY, Cancel(**IT)),
    "active cancel: cancellation-scheduled": (*BUY, Cancel(**LATE)),
    "active add-seats: seats-added": (*BUY, AddSeats(**IT, seats=5)),
    "active remove-seats: seats-removed": (*BUY, RemoveSeats(**LATE, seats=5)),
    "active rename: renamed": (*BUY, Rename(**IT, friendly_name="Sales")),
    "trial rename: renamed": (*TRY, Rename(**IT, friendly_name="Sales")),
    "active turn-on-auto-renew: auto-renew-turned-on": (*BUY, AUTO_RENEW_OFF, TurnOnAutoRenew(**IT)),
    "trial turn-on-auto-renew: auto-renew-turned-on": (*TRY, AUTO_RENEW_OFF, TurnOnAutoRenew(**IT)),
    "active turn-off-auto-renew: auto-renew-turned-off": (*BUY, AUTO_RENEW_OFF),
    "trial turn-off-auto-renew: auto-renew-turned-off": (*TRY, AUTO_RENEW_OFF),
    "active suspend: suspended": (*BUY, SUSPEND),
    "suspended suspend: suspended": (*BUY, SUSPEND, FRAUD),
    "suspended reactivate: reactivated": (*BUY, SUSPEND, Reactivate(**MICROSOFT)),
    "suspended reactivate: suspension-reason-lifted": (
        *BUY,
        SUSPEND,
        FRAUD,
        Reactivate(**MICROSOFT, reason="fraud"),
    ),
    "active end-cycle: cycle-charged": (*BUY_YEAR, Advance(to=FEB_15)),
    "active end-term: renewed": (*BUY, Advance(to=FEB_15)),
    "active end-term: renewal-started": (*BUY, Advance(to=FEB_15, complete=False)),
    "active end-term: deleted": (*BUY, AUTO_RENEW_OFF, Advance(to=FEB_15)),
    "trial end-term: trial-converted": (*TRY, Advance(to=TRIED)),
    "trial end-term: renewal-started": (*TRY, Advance(to=TRIED, complete=False)),
    "trial end-term: deleted": (*TRY, AUTO_RENEW_OFF, Advance(to=TRIED)),
    "renewing complete-renewal: renewed": (
        *BUY,
        Advance(to=FEB_15, complete=False),
        CompleteRenewal(at=FEB_15, subscription_id="s-1"),
    ),
    "renewing complete-renewal: trial-converted": (
        *TRY,
        Advance(to=TRIED, complete=False),
        CompleteRenewal(at=TRIED, subscription_id="s-1"),
    ),
    "suspended end-phase: deleted": (*BUY, SUSPEND, Advance(to=IT["at"] + timedelta(days=30))),
}


def test_every_row_has_a_script_and_every_script_a_row(sentences: Any) -> None:
    assert set(sentences(MARKETPLACE_SAAS.rows)) == set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_walk_takes_its_row(walk: Any, name: str) -> None:
    walk(MARKETPLACE_SAAS, name, SCRIPTS[name])
