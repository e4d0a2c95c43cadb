"""The shortest walk to every row of Dynamics sold directly."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from csp_lifecycle.policies.dynamics_direct import DYNAMICS_DIRECT
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    Actor,
    AddSeats,
    Advance,
    Cancel,
    ChangePaymentMethod,
    ChangeTerm,
    Command,
    CompleteRenewal,
    ConvertTrial,
    ExtendTrial,
    Purchase,
    Reactivate,
    RemoveSeats,
    Rename,
    StartTrial,
)
from csp_lifecycle.vocabulary.subscription import PaymentMethod

BOUGHT = datetime(2025, 1, 15, 10, tzinfo=UTC)
IT: dict[str, Any] = {"at": BOUGHT + timedelta(days=20), "subscription_id": "s-1"}
SUPPORT: dict[str, Any] = IT | {"actor": Actor.SUPPORT}
FEB_15 = datetime(2025, 2, 15, tzinfo=UTC)
RENEWAL: dict[str, Any] = {"at": FEB_15, "subscription_id": "s-1"}
TRIED = datetime(2025, 2, 14, tzinfo=UTC)


def bought(term: TermLength) -> Purchase:
    return Purchase(
        at=BOUGHT,
        subscription_id="s-1",
        customer_id="contoso",
        offer_id="crm-professional",
        seats=10,
        term=term,
        plan=Plan.MONTHLY,
    )


BUY, BUY_YEAR = bought(TermLength.MONTH), bought(TermLength.YEAR)
TRY = StartTrial(at=BOUGHT, subscription_id="s-1", customer_id="contoso", offer_id="crm-trial")
CANCEL, EXPIRED = Cancel(**IT), Advance(to=FEB_15)
RENEWING = Advance(to=FEB_15, complete=False)

SCRIPTS: dict[str, tuple[Command | Advance, ...]] = {
    "none purchase: purchased": (BUY,),
    "none start-trial: trial-started": (TRY,),
    "active add-seats: seats-added": (BUY, AddSeats(**IT, seats=5)),
    "active remove-seats: seats-removed": (BUY, RemoveSeats(**IT, seats=5)),
    "active rename: renamed": (BUY, Rename(**IT, friendly_name="Sales")),
    "trial rename: renamed": (TRY, Rename(**IT, friendly_name="Sales")),
    "active cancel: cancellation-scheduled": (BUY, CANCEL),
    "expired reactivate: reactivated": (
        BUY,
        CANCEL,
        EXPIRED,
        Reactivate(at=FEB_15, subscription_id="s-1", actor=Actor.SUPPORT),
    ),
    "active change-term: term-changed": (
        BUY,
        ChangeTerm(**SUPPORT, term=TermLength.YEAR, plan=Plan.ANNUAL),
    ),
    "active change-payment-method: payment-method-changed": (
        BUY,
        ChangePaymentMethod(**SUPPORT, method=PaymentMethod.INVOICE),
    ),
    "renewing change-payment-method: payment-method-changed": (
        BUY,
        RENEWING,
        ChangePaymentMethod(**RENEWAL, method=PaymentMethod.INVOICE),
    ),
    "trial extend-trial: trial-extended": (TRY, ExtendTrial(**IT, card_on_file=True)),
    "trial convert-trial: trial-converted": (TRY, ConvertTrial(**IT)),
    "active end-cycle: cycle-charged": (BUY_YEAR, Advance(to=FEB_15)),
    "active end-cycle: expired": (BUY_YEAR, CANCEL, EXPIRED),
    "active end-term: renewed": (BUY, Advance(to=FEB_15)),
    "active end-term: renewal-started": (BUY, RENEWING),
    "active end-term: expired": (BUY, CANCEL, EXPIRED),
    "renewing complete-renewal: renewed": (BUY, RENEWING, CompleteRenewal(**RENEWAL)),
    "trial end-term: expired": (TRY, Advance(to=TRIED)),
}


def test_every_row_has_a_script_and_every_script_a_row(sentences: Any) -> None:
    assert set(sentences(DYNAMICS_DIRECT.rows)) == set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_walk_takes_its_row(walk: Any, name: str) -> None:
    walk(DYNAMICS_DIRECT, name, SCRIPTS[name])
