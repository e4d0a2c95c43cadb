"""The shortest walk to every row of what is billed by usage, with a licensed part or without."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from csp_lifecycle.policies.usage import USAGE
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import Advance, Cancel, Command, Purchase, Reactivate, Rename, Suspend

BOUGHT = datetime(2025, 1, 15, 10, tzinfo=UTC)
IT: dict[str, Any] = {"at": BOUGHT + timedelta(days=20), "subscription_id": "s-1"}
FEB_15 = Advance(to=datetime(2025, 2, 15, tzinfo=UTC))


def bought(offer_id: str, **terms: Any) -> Purchase:
    return Purchase(at=BOUGHT, subscription_id="s-1", customer_id="contoso", offer_id=offer_id, **terms)


USE = bought("azure")
HYBRID, HYBRID_YEAR = (
    bought("backup", seats=10, term=term, plan=Plan.MONTHLY) for term in (TermLength.MONTH, TermLength.YEAR)
)
SUSPEND, FRAUD = Suspend(**IT), Suspend(**IT, reason="fraud")

SCRIPTS: dict[str, tuple[Command | Advance, ...]] = {
    "none purchase: purchased, when offer is billed by usage alone": (USE,),
    "none purchase: purchased, when offer has a licensed part": (HYBRID,),
    "active rename: renamed": (USE, Rename(**IT, friendly_name="Sales")),
    "active suspend: suspended": (USE, SUSPEND),
    "suspended suspend: suspended": (USE, SUSPEND, FRAUD),
    "suspended reactivate: reactivated": (USE, SUSPEND, Reactivate(**IT)),
    "suspended reactivate: suspension-reason-lifted": (USE, SUSPEND, FRAUD, Reactivate(**IT, reason="fraud")),
    "active cancel: canceled": (USE, Cancel(**IT)),
    "suspended cancel: canceled": (USE, SUSPEND, Cancel(**IT)),
    "active end-cycle: cycle-charged": (HYBRID_YEAR, FEB_15),
    "suspended end-cycle: cycle-charged": (HYBRID_YEAR, SUSPEND, FEB_15),
    "active end-term: renewed": (HYBRID, FEB_15),
    "suspended end-term: deleted": (HYBRID, SUSPEND, FEB_15),
}


def test_every_row_has_a_script_and_every_script_a_row(sentences: Any) -> None:
    assert set(sentences(USAGE.rows)) == set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_walk_takes_its_row(walk: Any, name: str) -> None:
    walk(USAGE, name, SCRIPTS[name])
