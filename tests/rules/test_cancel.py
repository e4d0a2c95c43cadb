"""R-CANCEL: the whole subscription can be given back in the first seven days of a term, and never later."""

from collections.abc import Callable

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.values.windows import RefundKind
from csp_lifecycle.vocabulary.commands import (
    Advance,
    Cancel,
    Command,
    CompleteRenewal,
    Purchase,
)
from csp_lifecycle.vocabulary.events import Canceled, Event
from csp_lifecycle.wire.refusals import refusal_json

Buy = Callable[..., Purchase]
Do = Callable[..., Command]
Fact = Callable[..., Event]
Time = Callable[..., Advance]
Names = Callable[..., tuple[str, ...]]
Shown = Callable[..., dict[str, object]]

FULL, PRORATED = RefundKind.FULL, RefundKind.PRORATED

# The window: R-CANCEL-01, R-CANCEL-02, R-CANCEL-03


@pytest.mark.parametrize(
    ("instant", "refund"),
    [
        ("2025-01-15T10:00:00Z", FULL),
        ("2025-01-16T09:59:59.999999Z", FULL),
        ("2025-01-16T10:00:00Z", FULL),
        ("2025-01-16T10:00:00.000001Z", PRORATED),
        ("2025-01-22T00:00:00Z", PRORATED),
        ("2025-01-22T10:00:00Z", PRORATED),
    ],
)
def test_a_purchase_can_be_canceled_for_seven_days_and_costs_nothing_for_one(
    buy: Buy, do: Do, fact: Fact, instant: str, refund: RefundKind
) -> None:
    # R-CANCEL-01, R-CANCEL-02, R-CANCEL-03: hours are counted from the instant, and the last instant is in
    Scenario(buy()).when(do(Cancel, instant)).then(fact(Canceled, instant, refund=refund))


@pytest.mark.parametrize(
    "instant", ["2025-01-22T10:00:00.000001Z", "2025-01-22T23:59:59Z", "2025-08-01T00:00:00Z", "2026-01-14T23:59:59Z"]
)
def test_a_term_cannot_be_canceled_after_its_seventh_day(buy: Buy, do: Do, names: Names, instant: str) -> None:
    # R-CANCEL-01, R-CANCEL-02, R-CANCEL-18
    scenario = Scenario(buy())
    refusal = scenario.when(do(Cancel, instant)).refused("cancellation-window-closed", "R-CANCEL-01")
    assert refusal.reason.microsoft == ("900117",)
    assert names(scenario) == ("purchased",)


@pytest.mark.parametrize(
    ("instant", "refund"),
    [
        pytest.param("2021-07-16T09:59:59Z", FULL, id="TV-CANCEL-02"),
        pytest.param("2021-07-17T12:00:00Z", PRORATED, id="TV-CANCEL-01"),
    ],
)
def test_the_published_cancellations_give_back_what_they_should(
    buy: Buy, do: Do, fact: Fact, instant: str, refund: RefundKind
) -> None:
    """The windows of TV-CANCEL-01 and TV-CANCEL-02."""
    scenario = Scenario(buy("2021-07-15T10:00:00Z", term=TermLength.MONTH))
    scenario.when(do(Cancel, instant)).then(fact(Canceled, instant, refund=refund))


def test_one_second_after_the_seventh_day_is_too_late(buy: Buy, do: Do) -> None:
    """TV-CANCEL-05."""
    scenario = Scenario(buy("2021-07-15T10:00:00Z", term=TermLength.MONTH))
    scenario.when(do(Cancel, "2021-07-22T10:00:01Z")).refused("cancellation-window-closed", "R-CANCEL-01")


@pytest.mark.parametrize(
    ("term", "plan"),
    [
        (TermLength.MONTH, Plan.MONTHLY),
        (TermLength.YEAR, Plan.ANNUAL),
        (TermLength.THREE_YEARS, Plan.MONTHLY),
        (TermLength.THREE_YEARS, Plan.TRIENNIAL),
    ],
)
def test_the_window_is_the_same_on_every_term_and_plan(buy: Buy, shown: Shown, term: TermLength, plan: Plan) -> None:
    # R-CANCEL-01, R-CANCEL-02
    assert shown(Scenario(buy(term=term, plan=plan)))["cancellable_until"] == "2025-01-22T10:00:00Z"


@pytest.mark.parametrize(
    ("instant", "refund"),
    [
        ("2026-01-15T00:00:00Z", FULL),
        ("2026-01-16T00:00:00Z", FULL),
        ("2026-01-16T00:00:00.000001Z", PRORATED),
        ("2026-01-22T00:00:00Z", PRORATED),
    ],
)
def test_a_renewal_opens_the_window_again(buy: Buy, do: Do, instant: str, refund: RefundKind) -> None:
    # R-CANCEL-01, R-CANCEL-02: the renewal that was due is recorded first
    renewed, canceled = Scenario(buy(plan=Plan.ANNUAL)).when(do(Cancel, instant)).recorded
    assert type(renewed).__name__ == "Renewed"
    assert isinstance(canceled, Canceled)
    assert canceled.refund is refund


def test_the_window_of_a_renewal_closes_seven_days_after_it(buy: Buy, do: Do) -> None:
    # R-CANCEL-01, R-CANCEL-03
    scenario = Scenario(buy(plan=Plan.ANNUAL))
    scenario.when(do(Cancel, "2026-01-22T00:00:00.000001Z")).refused("cancellation-window-closed", "R-CANCEL-01")


@pytest.mark.parametrize(
    ("instant", "refund"),
    [("2026-01-16T17:00:00Z", FULL), ("2026-01-16T17:00:00.000001Z", PRORATED), ("2026-01-22T17:00:00Z", PRORATED)],
)
def test_the_window_of_a_renewal_counts_from_its_completion(
    *, buy: Buy, do: Do, fact: Fact, advance: Time, instant: str, refund: RefundKind
) -> None:
    # R-CANCEL-03
    scenario = Scenario(buy(), advance("2026-01-15T00:00:00Z", complete=False))
    scenario.given(do(CompleteRenewal, "2026-01-15T17:00:00Z"))
    scenario.when(do(Cancel, instant)).then(fact(Canceled, instant, refund=refund))


# The view


@pytest.mark.parametrize(
    ("instant", "until", "refunds"),
    [
        (
            "2025-01-16T10:00:00Z",
            "2025-01-22T10:00:00Z",
            [("full", "2025-01-16T10:00:00Z"), ("prorated", "2025-01-22T10:00:00Z")],
        ),
        ("2025-01-16T10:00:00.000001Z", "2025-01-22T10:00:00Z", [("prorated", "2025-01-22T10:00:00Z")]),
        ("2025-01-22T10:00:00Z", "2025-01-22T10:00:00Z", [("prorated", "2025-01-22T10:00:00Z")]),
        ("2025-01-22T10:00:00.000001Z", None, []),
    ],
)
def test_the_state_shows_the_refunds_that_are_still_to_be_had(
    *, buy: Buy, shown: Shown, instant: str, until: str | None, refunds: list[tuple[str, str]]
) -> None:
    # R-CANCEL-02, R-CANCEL-03
    state = shown(Scenario(buy()), instant)
    assert state["cancellable_until"] == until
    assert state["refunds"] == [{"kind": kind, "until": last} for kind, last in refunds]


def test_a_refused_cancellation_says_when_the_window_opens_again(buy: Buy, do: Do) -> None:
    """R-CANCEL-01, R-CANCEL-18."""
    refusal = Scenario(buy()).when(do(Cancel, "2025-03-01T09:00:00Z")).refused("cancellation-window-closed")
    said = refusal_json(refusal)
    assert said["evidence"] == {"closed_at": "2025-01-22T10:00:00Z"}
    assert (said["legal_from"], said["legal_until"]) == ("2026-01-15T00:00:00Z", "2026-01-22T00:00:00Z")
    assert (said["rule"], said["microsoft"], said["retryable"]) == ("R-CANCEL-01", ["900117"], False)
    assert {"add-seats", "suspend"} <= set(said["allowed"])
    assert "cancel" not in said["allowed"]
