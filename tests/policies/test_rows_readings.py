"""The shortest walk to every row that a derived reading adds to its model, or puts in the place of another."""

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from csp_lifecycle.policies import MODELS, POLICIES
from csp_lifecycle.policies.policy import Row
from csp_lifecycle.values.alignment import Alignment
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Cancel,
    Command,
    Purchase,
    RemoveSeats,
    Rename,
    Suspend,
    TurnOffAutoRenew,
)

EXTENDING, GRACE = "new-commerce.extending", "new-commerce.suspended-into-grace"
EXPIRING, OPEN_WAIT = "new-commerce.suspended-into-expired", "new-commerce.open-wait"


def bought(policy: str, at: datetime) -> Purchase:
    return Purchase(
        at=at,
        subscription_id="s-1",
        customer_id="contoso",
        offer_id="business-standard",
        seats=10,
        term=TermLength.MONTH,
        plan=Plan.MONTHLY,
        policy=policy,
    )


def day(year: int, month: int, day_of_month: int) -> datetime:
    return datetime(year, month, day_of_month, tzinfo=UTC)


def on(at: datetime) -> dict[str, Any]:
    return {"at": at, "subscription_id": "s-1"}


EARLY, LATE = bought(EXTENDING, day(2025, 6, 1)), bought(EXTENDING, day(2026, 6, 1))
"""Terms that end before extended terms came, and after."""

AT_TERM_END = Cancel(**on(day(2025, 6, 20)), at_term_end=True)
SUSPEND, FEB_1 = Suspend(**on(day(2025, 1, 20))), Advance(to=day(2025, 2, 1))
# The window is still open when a term of four days is renewed.
SHORT = attrs.evolve(bought(OPEN_WAIT, day(2025, 1, 28)), align=Alignment.CALENDAR_MONTH)
WAIT = Advance(to=day(2025, 2, 1), complete=False)
GRACE_ENDS, RETENTION_ENDS = day(2025, 2, 1) + timedelta(days=30), day(2025, 2, 1) + timedelta(days=30 + 90)

SCRIPTS: dict[tuple[str, str], tuple[Command | Advance, ...]] = {
    (EXTENDING, "active cancel: canceled"): (EARLY, Cancel(**on(day(2025, 6, 2)))),
    (EXTENDING, "active cancel: cancellation-scheduled"): (EARLY, AT_TERM_END),
    (EXTENDING, "active end-term: deleted"): (EARLY, AT_TERM_END, Advance(to=day(2025, 7, 1))),
    (EXTENDING, "active end-term: expired"): (
        EARLY,
        TurnOffAutoRenew(**on(day(2025, 6, 2))),
        Advance(to=day(2025, 7, 1)),
    ),
    (EXTENDING, "active end-term: renewed, when an extended term follows"): (
        LATE,
        TurnOffAutoRenew(**on(day(2026, 6, 2))),
        Advance(to=day(2026, 7, 1)),
    ),
    (GRACE, "suspended end-term: disabled"): (bought(GRACE, day(2025, 1, 1)), SUSPEND, FEB_1),
    (GRACE, "disabled end-phase: disabled"): (
        bought(GRACE, day(2025, 1, 1)),
        SUSPEND,
        FEB_1,
        Advance(to=GRACE_ENDS),
    ),
    (GRACE, "disabled end-phase: deleted"): (
        bought(GRACE, day(2025, 1, 1)),
        SUSPEND,
        Advance(to=GRACE_ENDS),
        Advance(to=RETENTION_ENDS),
    ),
    (EXPIRING, "suspended end-term: expired"): (bought(EXPIRING, day(2025, 1, 1)), SUSPEND, FEB_1),
    (OPEN_WAIT, "renewing add-seats: seats-added"): (SHORT, WAIT, AddSeats(**on(day(2025, 2, 1)), seats=5)),
    (OPEN_WAIT, "renewing remove-seats: seats-removed"): (SHORT, WAIT, RemoveSeats(**on(day(2025, 2, 1)), seats=5)),
    (OPEN_WAIT, "renewing rename: renamed"): (SHORT, WAIT, Rename(**on(day(2025, 2, 1)), friendly_name="Sales")),
    (OPEN_WAIT, "renewing cancel: canceled"): (SHORT, WAIT, Cancel(**on(day(2025, 2, 1)))),
}
"""Of the extended term the rows are those of the policy that leads to it."""


def test_every_row_of_every_installed_policy_has_a_script(sentences: Any) -> None:
    walked: set[Row] = {row for model in MODELS for row in model.rows}
    walked |= {sentences(POLICIES[policy].rows)[name] for policy, name in SCRIPTS}
    assert [row for policy in POLICIES.values() for row in policy.rows if row not in walked] == []


def test_the_models_whose_rows_have_scripts_of_their_own_are_all_there_are() -> None:
    own = {"new-commerce", "legacy", "marketplace-saas", "dynamics-direct", "usage"}
    assert {model.id for model in MODELS} == own


@pytest.mark.parametrize(("policy", "name"), SCRIPTS)
def test_the_walk_takes_its_row(walk: Any, policy: str, name: str) -> None:
    walk(POLICIES[policy], name, SCRIPTS[policy, name])
