"""What holds whenever access is blocked, and of add-ons that are attached to what is blocked."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.strategies import World, histories
from csp_lifecycle.values.calendar import DAY, Plan, TermLength
from csp_lifecycle.values.windows import TICK
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.commands import Advance, Command, Purchase, Reactivate, Suspend
from csp_lifecycle.vocabulary.subscription import Commerce, Status, Subscription

ALL = World().catalog.offers
WORLDS = {
    model: World(catalog=Catalog({name: offer for name, offer in ALL.items() if offer.commerce is model}))
    for model in (Commerce.NEW_COMMERCE, Commerce.LEGACY)
}
KEPT = (
    "status",
    "offer_id",
    "seats",
    "seat_lots",
    "refunds",
    "term",
    "charge_cycle",
    "plan",
    "queued_plan",
    "in_flight",
)
BASE, ADD_ONS = "s-1", ("s-2", "s-3")


@given(histories(WORLDS[Commerce.NEW_COMMERCE]), st.timedeltas(timedelta(), 20 * DAY))
def test_a_suspension_that_is_lifted_has_cost_only_auto_renew_and_the_schedule(
    history: tuple[Command, ...], wait: timedelta
) -> None:  # INV-09, INV-10, R-SUSP-04, R-SUSP-05, R-SUSP-07
    scenario, at = Scenario(catalog=WORLDS[Commerce.NEW_COMMERCE].catalog), history[-1].at
    for command in history:
        scenario.when(command)
    scenario.given(Advance(to=at))
    for before in scenario.lifecycle.subscriptions():
        if before.status is not Status.ACTIVE:
            continue
        due = scenario.lifecycle.due(until=at + wait)
        until = min((one.at - TICK for one in due), default=at + wait)
        ahead = scenario.lifecycle.rehearsal()
        ahead.handle(Suspend(at=at, subscription_id=before.subscription_id))
        blocked = ahead.subscription(before.subscription_id)
        assert (blocked.auto_renew, blocked.scheduled_change) == (False, None)
        ahead.handle(Reactivate(at=max(at, until), subscription_id=before.subscription_id))
        after = ahead.subscription(before.subscription_id)
        assert not after.auto_renew
        assert after.scheduled_change is None
        assert [getattr(after, name) for name in KEPT] == [getattr(before, name) for name in KEPT]


@pytest.mark.parametrize(
    ("model", "base", "add_on"),
    [
        (Commerce.NEW_COMMERCE, "business-standard", "visio"),
        (Commerce.LEGACY, "office-legacy", "archive-legacy"),
    ],
)
def test_an_attached_add_on_is_never_active_while_its_base_is_blocked(
    model: Commerce, base: str, add_on: str
) -> None:  # INV-30; in new commerce only a suspension is carried along (D-05)
    world = WORLDS[model]
    beginning = [bought(world, BASE, base), *(bought(world, name, add_on, BASE) for name in ADD_ONS)]
    blocked = {Status.SUSPENDED} if model is Commerce.NEW_COMMERCE else {Status.SUSPENDED, Status.DELETED}

    @given(histories(world))
    def however_it_goes_on(history: tuple[Command, ...]) -> None:
        scenario = Scenario(*beginning, catalog=world.catalog)
        for command in history:
            scenario.when(command)
            scenario.given(Advance(to=command.at))
            states = {state.subscription_id: state for state in scenario.lifecycle.subscriptions()}
            for name in attached(states):
                assert states[name].status is not Status.ACTIVE or states[BASE].status not in blocked

    however_it_goes_on()


def bought(world: World, name: str, offer_id: str, base: str | None = None) -> Purchase:
    return Purchase(
        at=world.begins_at,
        subscription_id=name,
        customer_id="contoso",
        offer_id=offer_id,
        seats=5,
        term=TermLength.YEAR,
        plan=Plan.MONTHLY,
        base_subscription_id=base,
    )


def attached(states: dict[str, Subscription]) -> list[str]:
    return [name for name, state in states.items() if state.base_subscription_id == BASE]
