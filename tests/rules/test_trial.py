"""Trials: 25 free seats for 30 days, what is locked meanwhile, and how they end by themselves."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle import subscription_json
from csp_lifecycle.testing import Scenario, example_catalog
from csp_lifecycle.values.calendar import Cycle, Plan, Term, TermLength
from csp_lifecycle.values.windows import Refund, RefundKind, SeatLot
from csp_lifecycle.vocabulary.catalog import Offer, catalog_of
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Cancel,
    ChangeTerm,
    CompleteRenewal,
    ConvertTrial,
    ExtendTrial,
    QueueBillingPlan,
    RemoveSeats,
    Rename,
    ScheduleChange,
    StartTrial,
    Suspend,
    TurnOffAutoRenew,
    Upgrade,
)
from csp_lifecycle.vocabulary.events import (
    RenewalStarted,
    TrialConverted,
    TrialStarted,
)
from csp_lifecycle.vocabulary.subscription import Commerce, EndReason, ScheduledChange, Status

Make = Callable[..., Any]

STARTED = "2025-01-15T10:00:00Z"
MIDWAY = "2025-01-30T12:00:00Z"
END = "2025-02-14T00:00:00Z"
"""The first instant after the thirty days."""

DEFAULT = ScheduledChange(offer_id="business-standard", seats=25, term=TermLength.YEAR, plan=Plan.MONTHLY)


TRIAL = StartTrial(
    at=datetime(2025, 1, 15, 10, tzinfo=UTC),
    subscription_id="s-1",
    customer_id="contoso",
    offer_id="business-standard-trial",
)


@pytest.fixture
def trial() -> Scenario:
    """Business Standard on trial, from 15 January to 13 February 2025."""
    return Scenario(TRIAL)


def converted_by(scenario: Scenario, command: Any) -> TrialConverted:
    """The conversion, which must be all that the command records."""
    (converted,) = scenario.when(command).recorded
    assert isinstance(converted, TrialConverted)
    return converted


# Thirty days with 25 seats.


def test_a_trial_has_25_seats_for_30_days_and_renews(fact: Make, at: Make) -> None:
    # R-TRIAL-01, R-TIME-06, R-SCHED-04
    Scenario().when(TRIAL).then(
        fact(
            TrialStarted,
            STARTED,
            customer_id="contoso",
            offer_id="business-standard-trial",
            commerce=Commerce.NEW_COMMERCE,
            policy="new-commerce",
            seats=25,
            term=Term(length=TermLength.TRIAL, starts_at=at(STARTED), ends_on=date(2025, 2, 13)),
            default_change=DEFAULT,
            currency="EUR",
            auto_renew=True,
        )
    )


def test_a_trial_shows_the_conversion_it_carries(trial: Scenario) -> None:
    # R-SCHED-04: it is no waiting change.
    shown = subscription_json(trial.subscription())
    assert shown["scheduled_change"] == {
        "offer_id": "business-standard",
        "seats": 25,
        "term": "P1Y",
        "plan": "monthly",
        "ends_on": None,
        "default": True,
    }
    assert (shown["term"]["length"], shown["plan"], shown["charge_cycle"]) == ("P30D", None, None)
    assert not trial.subscription().waiting


@pytest.mark.parametrize(
    ("kind", "rest", "code"),
    [
        (AddSeats, {"seats": 1}, "trial-quantity-locked"),
        (RemoveSeats, {"seats": 1}, "trial-quantity-locked"),
        (Suspend, {}, "trial-status-locked"),
        (Cancel, {}, "trial-status-locked"),
        (ChangeTerm, {"term": TermLength.YEAR, "plan": Plan.MONTHLY}, "trial-term-locked"),
        (QueueBillingPlan, {"plan": Plan.ANNUAL}, "trial-term-locked"),
        (Upgrade, {"offer_id": "e3", "seats": 25}, "use-trial-conversion"),
        (ExtendTrial, {"card_on_file": True}, "not-supported"),
    ],
)
def test_seats_status_term_and_length_of_a_trial_are_locked(
    trial: Scenario, do: Make, kind: Any, rest: dict[str, Any], code: str
) -> None:
    # TV-TRIAL-10, R-TRIAL-05, R-BILL-12, R-CANCEL-07, R-SUSP-12, R-UPGRADE-19, R-TRIAL-19
    trial.when(do(kind, MIDWAY, **rest)).refused(code)
    assert trial.subscription().seats == 25


def test_a_trial_may_be_renamed(trial: Scenario, do: Make) -> None:
    assert trial.when(do(Rename, MIDWAY, friendly_name="Try it")).names == ("renamed",)


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ({}, {}, "trial-not-eligible"),
        ({}, {"customer_id": "fabrikam"}, None),
        ({}, {"offer_id": "business-standard"}, "trial-not-eligible"),
    ],
)
def test_a_customer_gets_one_trial_of_an_offer(first: dict[str, Any], second: dict[str, Any], code: str | None) -> None:
    # R-TRIAL-16
    when = Scenario(evolve(TRIAL, **first)).when(evolve(TRIAL, subscription_id="s-2", **second))
    if code is None:
        assert when.names == ("trial-started",)
    else:
        when.refused(code, "R-TRIAL-16")


def test_a_customer_gets_no_second_trial_when_the_first_has_ended(
    trial: Scenario, do: Make, advance: Make, at: Make
) -> None:
    # R-TRIAL-16
    trial.given(do(TurnOffAutoRenew, MIDWAY), advance("2025-12-31T00:00:00Z"))
    assert trial.subscription().status is Status.DELETED
    again = StartTrial(
        at=at("2026-01-01T10:00:00Z"),
        subscription_id="s-2",
        customer_id="contoso",
        offer_id="business-standard-trial",
    )
    trial.when(again).refused("trial-not-eligible", "R-TRIAL-16")


@pytest.mark.parametrize(("canceled", "names"), [(False, None), (True, ("trial-started",))])
def test_who_owns_the_offer_gets_no_trial_of_it(
    buy: Make, do: Make, *, canceled: bool, names: tuple[str, ...] | None
) -> None:
    # R-TRIAL-16: what was canceled is owned no more.
    scenario = Scenario(buy("2025-01-15T09:00:00Z", subscription_id="s-2"))
    if canceled:
        scenario.given(do(Cancel, "2025-01-15T09:30:00Z", "s-2"))
    when = scenario.when(TRIAL)
    if names is None:
        when.refused("trial-not-eligible", "R-TRIAL-16")
    else:
        assert when.names == names


def test_there_is_no_trial_of_an_add_on() -> None:
    # R-TRIAL-16
    add_on_trial = Offer(
        offer_id="visio-trial", name="Visio Trial", commerce=Commerce.NEW_COMMERCE, trial=True, converts_to="visio"
    )
    catalog = catalog_of((*example_catalog().offers.values(), add_on_trial))
    Scenario(catalog=catalog).when(evolve(TRIAL, offer_id="visio-trial")).refused("trial-not-eligible", "R-TRIAL-16")


# When the thirty days are over.


def test_a_trial_becomes_its_paid_twin_by_itself(trial: Scenario, advance: Make, fact: Make, at: Make) -> None:
    # TV-TRIAL-02, R-TRIAL-02, R-TRIAL-03, R-TRIAL-13, R-TRIAL-14, T-25
    until = at("2025-02-21T00:00:00Z")
    trial.when(advance(END)).then(
        fact(
            TrialConverted,
            END,
            offer_id="business-standard",
            seats=25,
            term=Term(length=TermLength.YEAR, starts_at=at(END), ends_on=date(2026, 2, 13)),
            plan=Plan.MONTHLY,
            cycle_anchor=date(2025, 2, 14),
            charge_cycle=Cycle(starts_on=date(2025, 2, 14), ends_on=date(2025, 3, 13)),
            unit_price=Decimal("10.00"),
            currency="EUR",
            refunds=(
                Refund(kind=RefundKind.FULL, until=at("2025-02-15T00:00:00Z")),
                Refund(kind=RefundKind.PRORATED, until=until),
            ),
            seat_lots=(SeatLot(seats=25, reducible_until=until),),
            policy="new-commerce",
            auto_renew=True,
        )
    )
    after = trial.subscription()
    assert (after.status, after.is_trial, after.next_term_change) == (Status.ACTIVE, False, None)


def test_the_paid_term_renews_a_year_after_the_conversion(trial: Scenario, advance: Make, names: Make) -> None:
    # R-TRIAL-13
    trial.given(advance("2026-02-13T23:59:59Z"))
    assert "renewed" not in names(trial)
    assert trial.when(advance("2026-02-14T00:00:00Z")).names == ("renewed",)


def test_a_trial_whose_auto_renew_is_off_lapses(trial: Scenario, do: Make, advance: Make, at: Make) -> None:
    # R-TRIAL-02, R-CANCEL-07, T-26, D-01, R-STATUS-04
    trial.given(do(TurnOffAutoRenew, MIDWAY))
    when = trial.when(advance("2025-12-31T00:00:00Z"))
    assert [(name, event.at) for name, event in zip(when.names, when.recorded, strict=True)] == [
        ("expired", at(END)),
        ("disabled", at(END) + timedelta(days=30)),
        ("deleted", at(END) + timedelta(days=120)),
    ]
    assert trial.subscription().end_reason is EndReason.LAPSED


def test_a_conversion_can_be_in_flight_and_its_windows_open_when_it_is_complete(
    trial: Scenario, do: Make, advance: Make, fact: Make, at: Make
) -> None:
    # R-TRIAL-14, R-LOCK-04, R-RENEW-05: the paid term begins with the day all the same.
    trial.when(advance(END, complete=False)).then(fact(RenewalStarted, END))
    converted = converted_by(trial, do(CompleteRenewal, "2025-02-14T06:00:00Z"))
    assert (converted.term.starts_at, converted.term.ends_on) == (at(END), date(2026, 2, 13))
    assert converted.seat_lots == (SeatLot(seats=25, reducible_until=at("2025-02-21T06:00:00Z")),)
    assert converted.refunds[0].until == at("2025-02-15T06:00:00Z")


@pytest.mark.parametrize(
    ("kind", "rest", "code"),
    [
        (ConvertTrial, {}, "conflict"),
        (ScheduleChange, {"seats": 10}, "renewal-locked"),
        (TurnOffAutoRenew, {}, "renewal-locked"),
    ],
)
def test_a_conversion_in_flight_locks_the_trial(
    trial: Scenario, do: Make, advance: Make, kind: Any, rest: dict[str, Any], code: str
) -> None:
    # R-LOCK-03, R-LOCK-05, R-SCHED-15
    trial.given(advance(END, complete=False))
    assert trial.when(do(kind, END, **rest)).refused(code).reason.retryable
