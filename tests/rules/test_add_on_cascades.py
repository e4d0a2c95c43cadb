"""R-ADDON in new commerce: what an attached add-on does with its base, and what it does alone."""

from collections.abc import Callable

import attrs
import pytest

from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.new_commerce import NEW_COMMERCE
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Cancel,
    Command,
    Purchase,
    Reactivate,
    ScheduleChange,
    Suspend,
    TurnOffAutoRenew,
)
from csp_lifecycle.vocabulary.events import (
    Deleted,
    Event,
    Reactivated,
    Suspended,
    SuspensionReasonLifted,
    WaitingChangesVoided,
)
from csp_lifecycle.vocabulary.subscription import EndReason, ScheduledChange, Slot, Status

Buy = Callable[..., Purchase]
Do = Callable[..., Command]
Fact = Callable[..., Event]
Time = Callable[..., Advance]
Names = Callable[..., tuple[str, ...]]
Told = Callable[..., dict[str, tuple[Event, ...]]]

ANNUAL = Plan.ANNUAL
FEB_1, FEB_2, FEB_3 = "2025-02-01T09:00:00Z", "2025-02-02T09:00:00Z", "2025-02-03T09:00:00Z"


@pytest.fixture
def add_on(buy: Buy) -> Callable[..., Purchase]:
    """Visio for a year, bought as `a-1` a day after the base."""

    def bought(at: str = "2025-01-16T10:00:00Z", **changes: object) -> Purchase:
        return buy(at, **{"subscription_id": "a-1", "offer_id": "visio", "seats": 2, "plan": ANNUAL} | changes)

    return bought


@pytest.fixture
def attached(buy: Buy, add_on: Buy) -> tuple[Purchase, Purchase]:
    """The base `s-1` and the add-on `a-1` that names it."""
    return buy(plan=ANNUAL), add_on(base_subscription_id="s-1")


def both(scenario: Scenario) -> tuple[Status, Status]:
    """How the base and the add-on are."""
    return scenario.subscription("s-1").status, scenario.subscription("a-1").status


# With the base: D-05, R-SUSP-10, R-SUSP-11


def test_suspending_the_base_suspends_its_add_on(attached: tuple[Purchase, ...], do: Do, fact: Fact) -> None:
    """D-05, R-SUSP-10: the base's event first, the add-on's for the reason that its base is."""
    Scenario(*attached).when(do(Suspend, FEB_1, reason="non-payment")).then(
        fact(Suspended, FEB_1, reason="non-payment", auto_renew=False),
        fact(Suspended, FEB_1, "a-1", reason="base", auto_renew=False),
    )


def test_reactivating_the_base_reactivates_its_add_on(attached: tuple[Purchase, ...], do: Do, fact: Fact) -> None:
    """D-05, R-SUSP-11, AMB-24."""
    scenario = Scenario(*attached, do(Suspend, FEB_1))
    scenario.when(do(Reactivate, FEB_2)).then(
        fact(Reactivated, FEB_2),
        fact(Reactivated, FEB_2, "a-1", reason="base"),
    )
    assert both(scenario) == (Status.ACTIVE, Status.ACTIVE)
    assert not scenario.subscription("a-1").auto_renew


def test_what_waits_on_the_add_on_is_voided_with_it(attached: tuple[Purchase, ...], do: Do, fact: Fact) -> None:
    # D-05, R-SUSP-05
    scenario = Scenario(*attached, do(ScheduleChange, "2025-01-20T09:00:00Z", "a-1", seats=3))
    assert scenario.when(do(Suspend, FEB_1)).recorded[1:] == (
        fact(Suspended, FEB_1, "a-1", reason="base", auto_renew=False),
        fact(
            WaitingChangesVoided,
            FEB_1,
            "a-1",
            slots=(Slot.NEXT_TERM,),
            because="suspended",
            scheduled_change=ScheduledChange(seats=3),
        ),
    )


def test_every_attached_add_on_goes_along_by_its_id(attached: tuple[Purchase, ...], add_on: Buy, do: Do) -> None:
    # D-05
    more = (add_on(subscription_id=name, base_subscription_id="s-1") for name in ("a-3", "a-2"))
    recorded = Scenario(*attached, *more).when(do(Suspend, FEB_1)).recorded
    assert [event.subscription_id for event in recorded] == ["s-1", "a-1", "a-2", "a-3"]


def test_an_add_on_that_was_suspended_by_itself_stays_so(attached: tuple[Purchase, ...], do: Do, fact: Fact) -> None:
    # AMB-24, D-29: the base lifts only what it brought about
    scenario = Scenario(*attached, do(Suspend, FEB_1, "a-1"), do(Suspend, FEB_2))
    assert scenario.subscription("a-1").suspension_reasons == ("partner", "base")
    assert scenario.when(do(Reactivate, FEB_3)).recorded[1:] == (
        fact(SuspensionReasonLifted, FEB_3, "a-1", reason="base"),
    )
    assert both(scenario) == (Status.ACTIVE, Status.SUSPENDED)
    scenario.given(do(Reactivate, FEB_3, "a-1"))


def test_an_add_on_cannot_come_back_while_its_base_is_suspended(attached: tuple[Purchase, ...], do: Do) -> None:
    # R-SUSP-10, D-19
    scenario = Scenario(*attached, do(Suspend, FEB_1))
    scenario.when(do(Reactivate, FEB_2, "a-1")).refused("base-not-active", "R-SUSP-10")
    assert both(scenario) == (Status.SUSPENDED, Status.SUSPENDED)


def test_a_base_that_is_not_active_has_the_number_of_a_parent_that_is_not(
    attached: tuple[Purchase, ...], do: Do
) -> None:
    # D-19: both names are one refusal
    scenario = Scenario(*attached, do(Suspend, FEB_1))
    refusal = scenario.when(do(Reactivate, FEB_2, "a-1")).refused("base-not-active")
    assert refusal.reason.microsoft == ("27009",)


def test_an_add_on_whose_own_term_ends_while_its_base_is_suspended_is_deleted(
    *, buy: Buy, add_on: Buy, do: Do, fact: Fact, advance: Time
) -> None:
    # D-05, R-SUSP-08: it has a term of its own, and nobody brought it back in time
    month = add_on(base_subscription_id="s-1", term=TermLength.MONTH, plan=Plan.MONTHLY)
    scenario = Scenario(buy(plan=ANNUAL), month, do(Suspend, FEB_1))
    scenario.when(advance("2025-02-16T00:00:00Z")).then(
        fact(Deleted, "2025-02-16T00:00:00Z", "a-1", reason=EndReason.NOT_REACTIVATED)
    )
    assert scenario.when(do(Reactivate, "2025-02-16T09:00:00Z")).names == ("reactivated",)


def test_the_add_ons_own_reason_can_be_lifted_while_its_base_is_suspended(
    attached: tuple[Purchase, ...], do: Do, fact: Fact
) -> None:
    # D-29, R-SUSP-10: access stays blocked for the reason that its base is
    scenario = Scenario(*attached, do(Suspend, FEB_1, "a-1"), do(Suspend, FEB_2))
    lifted = scenario.when(do(Reactivate, FEB_3, "a-1", reason="partner"))
    lifted.then(fact(SuspensionReasonLifted, FEB_3, "a-1", reason="partner"))
    assert scenario.subscription("a-1").suspension_reasons == ("base",)


def test_one_reason_of_several_of_the_base_moves_no_add_on(attached: tuple[Purchase, ...], do: Do) -> None:
    # D-29, AMB-24
    scenario = Scenario(*attached, do(Suspend, FEB_1), do(Suspend, FEB_1, reason="fraud"))
    assert scenario.subscription("a-1").suspension_reasons == ("base",)
    assert scenario.when(do(Reactivate, FEB_2, reason="fraud")).names == ("suspension-reason-lifted",)
    assert both(scenario) == (Status.SUSPENDED, Status.SUSPENDED)


def test_an_add_on_that_has_ended_is_left_as_it_is(attached: tuple[Purchase, ...], do: Do) -> None:
    # D-05
    scenario = Scenario(*attached, do(Cancel, "2025-01-17T09:00:00Z", "a-1"))
    assert scenario.when(do(Suspend, FEB_1)).names == ("suspended",)


def test_what_is_due_on_the_add_on_is_taken_before_its_base_takes_it_along(
    *, buy: Buy, add_on: Buy, do: Do, advance: Time, told: Told
) -> None:
    """D-05, INV-28."""
    bought = (buy(plan=ANNUAL), add_on(base_subscription_id="s-1", plan=Plan.MONTHLY))
    suspend = do(Suspend, "2025-03-01T09:00:00Z")
    streams = told(*bought, suspend)
    assert [type(event).__name__ for event in streams["a-1"]] == ["Purchased", "CycleCharged", "Suspended"]
    assert told(*bought, advance("2025-02-20T00:00:00Z"), suspend) == streams


def test_a_base_is_not_suspended_behind_its_add_ons_last_event(attached: tuple[Purchase, ...], do: Do) -> None:
    # D-05: the command writes to the add-on too, and nothing is recorded out of order
    scenario = Scenario(*attached, do(AddSeats, FEB_2, "a-1", seats=1))
    scenario.when(do(Suspend, FEB_1)).refused("out-of-order")
    assert both(scenario) == (Status.ACTIVE, Status.ACTIVE)


def test_at_one_instant_a_base_goes_before_its_add_ons(buy: Buy, add_on: Buy, advance: Time) -> None:
    # D-05: whatever their ids
    scenario = Scenario(
        buy(), buy(subscription_id="b-1"), add_on("2025-01-15T10:00:00Z", plan=Plan.MONTHLY, base_subscription_id="s-1")
    )
    recorded = scenario.when(advance("2025-02-15T00:00:00Z")).recorded
    assert [event.subscription_id for event in recorded] == ["b-1", "s-1", "a-1"]


# Without the base: R-ADDON-06, D-05


def test_suspending_an_add_on_leaves_its_base_alone(attached: tuple[Purchase, ...], do: Do) -> None:
    # R-ADDON-06
    scenario = Scenario(*attached)
    assert scenario.when(do(Suspend, FEB_1, "a-1")).names == ("suspended",)
    assert both(scenario) == (Status.ACTIVE, Status.SUSPENDED)


def test_canceling_the_base_leaves_its_add_on_alone(attached: tuple[Purchase, ...], do: Do) -> None:
    """R-ADDON-06, D-05."""
    scenario = Scenario(*attached)
    assert scenario.when(do(Cancel, "2025-01-20T09:00:00Z")).names == ("canceled",)
    assert both(scenario) == (Status.DELETED, Status.ACTIVE)


@pytest.mark.parametrize("renews", [True, False])
def test_the_end_of_the_bases_term_leaves_its_add_on_alone(
    *, attached: tuple[Purchase, ...], do: Do, advance: Time, names: Names, renews: bool
) -> None:
    """R-ADDON-06, D-05."""
    scenario = Scenario(*attached, *(() if renews else (do(TurnOffAutoRenew, FEB_1),)))
    scenario.given(advance("2026-01-15T00:00:00Z"))
    assert names(scenario, "s-1")[-1] == ("renewed" if renews else "expired")
    assert names(scenario, "a-1") == ("purchased",)


def test_an_add_on_that_names_no_base_is_independent(buy: Buy, add_on: Buy, do: Do) -> None:
    """R-ADDON-06, D-05."""
    scenario = Scenario(buy(), add_on())
    assert scenario.when(do(Suspend, FEB_1)).names == ("suspended",)
    assert both(scenario) == (Status.SUSPENDED, Status.ACTIVE)


def test_by_the_other_reading_an_attached_add_on_is_independent_too(
    attached: tuple[Purchase, Purchase], do: Do
) -> None:
    # R-ADDON-06, D-05: the cascade is a switch
    alone = attrs.evolve(NEW_COMMERCE, id="no-cascade", carries={})
    bought = (attrs.evolve(one, policy="no-cascade") for one in attached)
    scenario = Scenario(*bought, policies={**POLICIES, "no-cascade": alone})
    assert scenario.when(do(Suspend, FEB_1)).names == ("suspended",)
    assert both(scenario) == (Status.SUSPENDED, Status.ACTIVE)
