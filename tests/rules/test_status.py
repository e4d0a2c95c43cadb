"""R-STATUS: the states of new commerce, the tail behind a term that lapses, and what nobody comes back from."""

from collections.abc import Callable
from datetime import datetime

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.values.windows import RefundKind
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Cancel,
    Command,
    Purchase,
    QueueBillingPlan,
    Reactivate,
    RemoveSeats,
    Rename,
    ScheduleChange,
    StartTrial,
    Suspend,
    TurnOffAutoRenew,
    TurnOnAutoRenew,
)
from csp_lifecycle.vocabulary.events import Canceled, Deleted, Disabled, Event, Expired, WaitingChangesVoided
from csp_lifecycle.vocabulary.subscription import EndReason, Phase, Slot, Status

Buy = Callable[..., Purchase]
Do = Callable[..., Command]
Fact = Callable[..., Event]
Time = Callable[..., Advance]
At = Callable[[str], datetime]
Stream = Callable[..., tuple[Event, ...]]
Names = Callable[..., tuple[str, ...]]
Shown = Callable[..., dict[str, object]]
Told = Callable[..., dict[str, tuple[Event, ...]]]

FAR = "2040-01-01T00:00:00Z"


@pytest.fixture
def lapsing(buy: Buy, do: Do) -> tuple[Command, ...]:
    """A year that ends on 31 December 2025 and is not to be renewed."""
    return (buy("2025-01-01T10:00:00Z"), do(TurnOffAutoRenew, "2025-06-01T09:00:00Z"))


@pytest.fixture
def lapsing_trial(do: Do) -> tuple[Command, ...]:
    """A trial that ends on 31 December 2025 and is not to be converted."""
    trial = do(StartTrial, "2025-12-02T10:00:00Z", customer_id="contoso", offer_id="business-standard-trial")
    return (trial, do(TurnOffAutoRenew, "2025-12-03T09:00:00Z"))


# The tail: R-STATUS-04


@pytest.mark.parametrize("kind", ["lapsing", "lapsing_trial"])
def test_what_lapses_is_expired_then_disabled_then_deleted(
    request: pytest.FixtureRequest, fact: Fact, at: At, advance: Time, kind: str
) -> None:
    """R-STATUS-04, R-RENEW-10, TV-STATUS-01, T-13, T-14, T-17, T-26, D-01: 30 days, then 90, in whole days of UTC."""
    scenario = Scenario(*request.getfixturevalue(kind), advance("2025-12-31T23:59:59.999999Z"))
    scenario.when(advance(FAR)).then(
        fact(Expired, "2026-01-01T00:00:00Z", until=at("2026-01-31T00:00:00Z"), reason=EndReason.LAPSED),
        fact(Disabled, "2026-01-31T00:00:00Z", until=at("2026-05-01T00:00:00Z"), phase=Phase.RETENTION),
        fact(Deleted, "2026-05-01T00:00:00Z", reason=EndReason.LAPSED),
    )


@pytest.mark.parametrize(
    ("instant", "status", "phase", "next_due_at"),
    [
        ("2025-12-31T23:59:59.999999Z", "active", None, "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00Z", "expired", None, "2026-01-31T00:00:00Z"),
        ("2026-01-30T23:59:59.999999Z", "expired", None, "2026-01-31T00:00:00Z"),
        ("2026-01-31T00:00:00Z", "disabled", "retention", "2026-05-01T00:00:00Z"),
        ("2026-04-30T23:59:59.999999Z", "disabled", "retention", "2026-05-01T00:00:00Z"),
        ("2026-05-01T00:00:00Z", "deleted", None, None),
    ],
)
def test_each_step_of_the_tail_begins_at_its_midnight(
    *,
    lapsing: tuple[Command, ...],
    advance: Time,
    shown: Shown,
    instant: str,
    status: str,
    phase: str | None,
    next_due_at: str | None,
) -> None:
    """R-STATUS-04, TV-STATUS-01."""
    state = shown(Scenario(*lapsing, advance(instant)))
    assert (state["status"], state["phase"], state["next_due_at"]) == (status, phase, next_due_at)


def test_seats_are_frozen_in_the_tail_and_gone_with_the_subscription(
    lapsing: tuple[Command, ...], advance: Time, shown: Shown
) -> None:
    # R-STATUS-04: nothing is open in the tail, the term stays as it was, the reason is kept to the end
    scenario = Scenario(*lapsing, advance("2026-01-01T00:00:00Z"))
    ended: dict[str, object] = {
        "seats": 10,
        "auto_renew": False,
        "cancellable_until": None,
        "refunds": [],
        "seat_lots": [],
        "reducible_seats": 0,
        "term": {"length": "P1Y", "starts_at": "2025-01-01T10:00:00Z", "ends_on": "2025-12-31"},
        "end_reason": "lapsed",
    }
    assert shown(scenario).items() >= ended.items()
    scenario.given(advance("2026-01-31T00:00:00Z"))
    assert shown(scenario).items() >= ended.items()
    scenario.given(advance("2026-05-01T00:00:00Z"))
    assert shown(scenario).items() >= {**ended, "seats": 0}.items()


def test_no_cycle_is_charged_once_the_term_has_lapsed(
    lapsing: tuple[Command, ...], advance: Time, names: Names
) -> None:
    # R-STATUS-05
    scenario = Scenario(*lapsing, advance(FAR))
    recorded = names(scenario)
    assert recorded.count("cycle-charged") == 11
    assert recorded[recorded.index("expired") :] == ("expired", "disabled", "deleted")


def test_a_plan_that_is_still_queued_is_lost_when_the_term_lapses(
    *, buy: Buy, do: Do, fact: Fact, advance: Time, stream: Stream
) -> None:
    # AMB-53: a queued plan outlives turning auto-renew off, not the end of the term
    scenario = Scenario(
        buy(term=TermLength.THREE_YEARS),
        do(QueueBillingPlan, "2027-12-20T09:00:00Z", plan=Plan.ANNUAL),
        do(TurnOffAutoRenew, "2027-12-20T09:00:00Z"),
        advance("2028-01-15T00:00:00Z"),
    )
    expired, voided = stream(scenario)[-2:]
    assert isinstance(expired, Expired)
    assert voided == fact(
        WaitingChangesVoided, "2028-01-15T00:00:00Z", slots=(Slot.NEXT_CHARGE,), because="expired", plan=Plan.ANNUAL
    )
    assert scenario.subscription().queued_plan is None


def test_the_tail_is_the_same_however_time_is_taken(lapsing: tuple[Command, ...], advance: Time, told: Told) -> None:
    # INV-28, R-STATUS-04
    stops = ("2026-01-01T00:00:00Z", "2026-01-30T12:00:00Z", "2026-02-14T00:00:00Z", "2026-05-01T00:00:00Z")
    assert told(*lapsing, *map(advance, stops), advance(FAR)) == told(*lapsing, advance(FAR))


# Nobody comes back: R-STATUS-01..03


@pytest.mark.parametrize("instant", ["2026-01-15T09:00:00Z", "2026-03-01T09:00:00Z"])
def test_an_expired_or_disabled_subscription_cannot_be_reactivated(
    lapsing: tuple[Command, ...], do: Do, instant: str
) -> None:
    # R-STATUS-03
    Scenario(*lapsing).when(do(Reactivate, instant)).refused("not-reactivable", "R-STATUS-03")


@pytest.mark.parametrize("instant", ["2026-01-15T09:00:00Z", "2026-03-01T09:00:00Z"])
@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        (AddSeats, {"seats": 1}),
        (RemoveSeats, {"seats": 1}),
        (Suspend, {}),
        (Cancel, {}),
        (TurnOnAutoRenew, {}),
        (ScheduleChange, {"seats": 5}),
        (Rename, {"friendly_name": "Sales"}),
    ],
)
def test_an_ended_subscription_takes_no_updates(
    lapsing: tuple[Command, ...], do: Do, instant: str, kind: type[Command], rest: dict[str, object]
) -> None:
    # R-STATUS-03, INV-17
    refusal = Scenario(*lapsing).when(do(kind, instant, **rest)).refused("no-updates")
    assert "900279" in refusal.reason.microsoft


def test_a_completed_cancellation_deletes_at_once(buy: Buy, do: Do, fact: Fact, shown: Shown) -> None:
    """R-STATUS-02, T-10."""
    scenario = Scenario(buy())
    canceled = fact(Canceled, "2025-01-20T09:00:00Z", refund=RefundKind.PRORATED)
    scenario.when(do(Cancel, "2025-01-20T09:00:00Z")).then(canceled)
    gone = {"status": "deleted", "seats": 0, "end_reason": "canceled", "auto_renew": False, "next_due_at": None}
    assert shown(scenario).items() >= gone.items()


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        (AddSeats, {"seats": 1}),
        (Suspend, {}),
        (Reactivate, {}),
        (Cancel, {}),
        (TurnOnAutoRenew, {}),
        (ScheduleChange, {"seats": 5}),
        (Rename, {"friendly_name": "Sales"}),
    ],
)
def test_nothing_can_be_done_with_a_deleted_subscription(
    buy: Buy, do: Do, kind: type[Command], rest: dict[str, object]
) -> None:
    # R-STATUS-01, R-STATUS-02
    scenario = Scenario(buy(), do(Cancel, "2025-01-20T09:00:00Z"))
    refusal = scenario.when(do(kind, "2025-01-20T09:00:00Z", **rest)).refused("deleted", "R-STATUS-01")
    assert refusal.reason.microsoft == ("2011",)


def test_a_deleted_id_is_not_given_to_another_subscription(buy: Buy, do: Do) -> None:
    # R-STATUS-01
    scenario = Scenario(buy(), do(Cancel, "2025-01-20T09:00:00Z"))
    scenario.when(buy("2025-02-20T09:00:00Z")).refused("subscription-exists")


@pytest.mark.parametrize("ended", ["canceled", "not reactivated", "lapsed"])
def test_time_brings_nothing_more_to_a_deleted_subscription(
    *, lapsing: tuple[Command, ...], buy: Buy, do: Do, advance: Time, ended: str
) -> None:
    # R-STATUS-01
    ways: dict[str, tuple[Command, ...]] = {
        "canceled": (buy(), do(Cancel, "2025-01-20T09:00:00Z")),
        "not reactivated": (buy(), do(Suspend, "2025-06-01T09:00:00Z")),
        "lapsed": lapsing,
    }
    scenario = Scenario(*ways[ended], advance("2026-05-01T00:00:00Z"))
    assert scenario.subscription().status is Status.DELETED
    assert scenario.when(advance(FAR)).names == ()
