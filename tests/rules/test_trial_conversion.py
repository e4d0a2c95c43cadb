"""What a trial becomes: converted while it runs, or as it was scheduled for its end."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle.testing import Scenario, example_catalog
from csp_lifecycle.testing.catalogs import prices
from csp_lifecycle.values.alignment import Alignment
from csp_lifecycle.values.calendar import Cycle, Plan, Term, TermLength
from csp_lifecycle.values.windows import Refund, RefundKind, SeatLot
from csp_lifecycle.vocabulary.catalog import Offer, Price, catalog_of
from csp_lifecycle.vocabulary.commands import (
    CompleteRenewal,
    ConvertTrial,
    RemoveSeats,
    ScheduleChange,
    StartTrial,
    TurnOffAutoRenew,
    TurnOnAutoRenew,
    WithdrawScheduledChange,
)
from csp_lifecycle.vocabulary.events import (
    ChangeScheduled,
    ScheduledChangeWithdrawn,
    TrialConverted,
)
from csp_lifecycle.vocabulary.subscription import Commerce, ScheduledChange, Slot

Make = Callable[..., Any]
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


# Converted while it runs, in place.


def test_a_trial_is_converted_in_place_with_a_window_of_its_own(
    trial: Scenario, do: Make, fact: Make, at: Make
) -> None:
    # R-TRIAL-03, R-TRIAL-08, R-TRIAL-13, R-TRIAL-20, AMB-23: twin, 25 seats, one year, monthly, where nothing is named.
    until = at("2025-02-06T12:00:00Z")
    trial.when(do(ConvertTrial, MIDWAY)).then(
        fact(
            TrialConverted,
            MIDWAY,
            offer_id="business-standard",
            seats=25,
            term=Term(length=TermLength.YEAR, starts_at=at(MIDWAY), ends_on=date(2026, 1, 29)),
            plan=Plan.MONTHLY,
            cycle_anchor=date(2025, 1, 30),
            charge_cycle=Cycle(starts_on=date(2025, 1, 30), ends_on=date(2025, 2, 27)),
            unit_price=Decimal("10.00"),
            currency="EUR",
            refunds=(
                Refund(kind=RefundKind.FULL, until=at("2025-01-31T12:00:00Z")),
                Refund(kind=RefundKind.PRORATED, until=until),
            ),
            seat_lots=(SeatLot(seats=25, reducible_until=until),),
            policy="new-commerce",
            auto_renew=True,
        )
    )


@pytest.mark.parametrize(("seats", "accepted"), [(24, False), (25, True), (40, True)])
def test_a_running_trial_is_converted_with_at_least_25_seats(
    trial: Scenario, do: Make, *, seats: int, accepted: bool
) -> None:
    # TV-TRIAL-03, R-TRIAL-08
    when = trial.when(do(ConvertTrial, MIDWAY, seats=seats))
    if accepted:
        assert when.names == ("trial-converted",)
        assert [lot.seats for lot in trial.subscription().seat_lots] == [seats]
    else:
        when.refused("quantity-out-of-range", "R-TRIAL-08")


@pytest.mark.parametrize("offer_id", ["business-standard", "e3", "e5"])
def test_a_trial_becomes_its_twin_or_what_the_twin_upgrades_to(trial: Scenario, do: Make, offer_id: str) -> None:
    # R-TRIAL-04, D-07: on a term and a plan of one's choice, an upfront one too.
    terms = {"term": TermLength.THREE_YEARS, "plan": Plan.TRIENNIAL}
    converted = converted_by(trial, do(ConvertTrial, MIDWAY, offer_id=offer_id, **terms))
    assert (converted.offer_id, converted.plan) == (offer_id, Plan.TRIENNIAL)
    assert converted.charge_cycle == Cycle(starts_on=date(2025, 1, 30), ends_on=date(2028, 1, 29))


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"offer_id": "visio"}, "upgrade-path-unsupported"),
        ({"offer_id": "nowhere"}, "offer-not-found"),
        ({"term": TermLength.MONTH, "plan": Plan.ANNUAL}, "billing-cycle-longer-than-term"),
        ({"seats": 301}, "quantity-out-of-range"),
    ],
)
def test_what_a_trial_may_not_become(trial: Scenario, do: Make, wish: dict[str, Any], code: str) -> None:
    # R-TRIAL-04, R-PURCHASE-04, R-PURCHASE-07
    trial.when(do(ConvertTrial, MIDWAY, **wish)).refused(code)


def test_an_unsupported_pair_is_no_way_out_of_a_trial(do: Make) -> None:
    # R-TRIAL-04, R-UPGRADE-17
    print_trial = Offer(
        offer_id="print-trial",
        name="Universal Print Trial",
        commerce=Commerce.NEW_COMMERCE,
        trial=True,
        converts_to="universal-print",
    )
    catalog = catalog_of((*example_catalog().offers.values(), print_trial))
    scenario = Scenario(evolve(TRIAL, offer_id="print-trial"), catalog=catalog)
    scenario.when(do(ConvertTrial, MIDWAY, offer_id="e3")).refused("upgrade-path-unsupported")


def test_a_conversion_gives_no_second_subscription_of_what_a_customer_holds_only_once(buy: Make, do: Make) -> None:
    # R-CUSTOMER-01, D-21
    offers = example_catalog().offers
    single = evolve(offers["e3"], one_per_customer=True)
    bought = buy("2025-01-16T10:00:00Z", subscription_id="s-2", offer_id="e3")
    scenario = Scenario(TRIAL, bought, catalog=catalog_of({**offers, "e3": single}.values()))
    scenario.when(do(ConvertTrial, MIDWAY, offer_id="e3")).refused("purchase-limit", "R-CUSTOMER-01")
    into_the_one = do(ConvertTrial, MIDWAY, target_subscription_id="s-2")
    assert scenario.when(into_the_one).names[-1] == "seats-moved-in"


def test_a_conversion_takes_the_price_list_of_its_day_and_no_promotion(do: Make) -> None:
    # D-10, R-TRIAL-07
    rises = [(20, None), (22, date(2025, 1, 20)), (25, date(2025, 2, 1))]
    listed = tuple(
        Price(term=TermLength.YEAR, plan=Plan.MONTHLY, amount=Decimal(amount), currency="EUR", since=since)
        for amount, since in rises
    )
    new = Commerce.NEW_COMMERCE
    twin = Offer(offer_id="twin", name="Twin", commerce=new, prices=listed)
    trial = Offer(offer_id="business-standard-trial", name="Trial", commerce=new, trial=True, converts_to="twin")
    scenario = Scenario(TRIAL, catalog=catalog_of((twin, trial)))
    assert converted_by(scenario, do(ConvertTrial, MIDWAY)).unit_price == Decimal(22)
    assert scenario.subscription().promotion_id is None


def test_a_conversion_turns_auto_renew_on(trial: Scenario, do: Make) -> None:
    # The table of events and effects: paid terms renew, whatever was said about the trial.
    trial.given(do(TurnOffAutoRenew, MIDWAY))
    assert converted_by(trial, do(ConvertTrial, MIDWAY)).auto_renew is True


def test_until_its_last_instant_a_trial_can_be_converted_on_terms_of_ones_own(trial: Scenario, do: Make) -> None:
    # R-TRIAL-02, R-TRIAL-08: at the first instant after the thirty days it has become its twin by itself.
    wish = {"offer_id": "e3", "seats": 40}
    trial.when(do(ConvertTrial, END, **wish)).refused("not-a-trial")
    assert trial.subscription().is_trial
    assert trial.when(do(ConvertTrial, "2025-02-13T23:59:59.999999Z", **wish)).names == ("trial-converted",)


def test_a_paid_subscription_is_no_trial_any_more(trial: Scenario, do: Make) -> None:
    # R-TRIAL-20
    trial.given(do(ConvertTrial, MIDWAY))
    trial.when(do(ConvertTrial, MIDWAY)).refused("not-a-trial")
    assert trial.when(do(RemoveSeats, MIDWAY, seats=5)).names == ("seats-removed",)


# Scheduled for its end.


def test_a_scheduled_conversion_may_have_fewer_seats(trial: Scenario, do: Make, advance: Make, fact: Make) -> None:
    # TV-TRIAL-04, R-TRIAL-10
    change = ScheduledChange(seats=10)
    trial.when(do(ScheduleChange, MIDWAY, seats=10)).then(fact(ChangeScheduled, MIDWAY, scheduled_change=change))
    converted = converted_by(trial, advance(END))
    assert (converted.seats, converted.applied) == (10, (Slot.NEXT_TERM,))
    assert (converted.offer_id, converted.term.length, converted.plan) == (
        "business-standard",
        TermLength.YEAR,
        Plan.MONTHLY,
    )


def test_a_scheduled_conversion_may_have_another_offer_term_and_plan(trial: Scenario, do: Make, advance: Make) -> None:
    # R-TRIAL-04, R-TRIAL-10
    wish = {"offer_id": "e3", "term": TermLength.MONTH, "plan": Plan.MONTHLY, "seats": 30}
    converted = converted_by(trial.given(do(ScheduleChange, MIDWAY, **wish)), advance(END))
    assert (converted.offer_id, converted.seats) == ("e3", 30)
    assert (converted.term.starts_on, converted.term.ends_on) == (date(2025, 2, 14), date(2025, 3, 13))
    assert trial.subscription().scheduled_change is None


def test_a_scheduled_conversion_needs_auto_renew(trial: Scenario, do: Make) -> None:
    # R-TRIAL-10, R-SCHED-02
    trial.given(do(TurnOffAutoRenew, MIDWAY))
    trial.when(do(ScheduleChange, MIDWAY, seats=10)).refused("auto-renew-required", "R-SCHED-02")


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"offer_id": "visio"}, "upgrade-path-unsupported"),
        ({"align": Alignment.CALENDAR_MONTH}, "custom-end-not-allowed"),
        ({"ends_on": date(2025, 12, 31)}, "custom-end-not-allowed"),
    ],
)
def test_what_cannot_be_scheduled_for_a_trial(trial: Scenario, do: Make, wish: dict[str, Any], code: str) -> None:
    # R-TRIAL-04, R-COTERM-07
    trial.when(do(ScheduleChange, MIDWAY, **wish)).refused(code)


def test_a_scheduled_conversion_keeps_to_the_offers_minimum(do: Make) -> None:
    # AMB-56
    new = Commerce.NEW_COMMERCE
    twin = Offer(offer_id="twin", name="Twin", commerce=new, prices=prices("10.00"), min_seats=5)
    offer = Offer(offer_id="business-standard-trial", name="Trial", commerce=new, trial=True, converts_to="twin")
    scenario = Scenario(TRIAL, catalog=catalog_of((twin, offer)))
    scenario.when(do(ScheduleChange, MIDWAY, seats=4)).refused("quantity-out-of-range")
    assert scenario.when(do(ScheduleChange, MIDWAY, seats=5)).names == ("change-scheduled",)


def test_converting_a_running_trial_voids_the_scheduled_conversion(trial: Scenario, do: Make) -> None:
    # R-TRIAL-11, R-SCHED-05, TV-SCHED-01
    trial.given(do(ScheduleChange, MIDWAY, seats=10))
    when = trial.when(do(ConvertTrial, MIDWAY))
    assert when.names == ("trial-converted", "waiting-changes-voided")
    assert trial.subscription().seats == 25
    assert trial.subscription().scheduled_change is None


def test_withdrawing_a_scheduled_conversion_restores_the_default(
    trial: Scenario, do: Make, fact: Make, advance: Make
) -> None:
    # D-16, R-SCHED-04
    trial.given(do(ScheduleChange, MIDWAY, offer_id="e3"))
    change = ScheduledChange(offer_id="e3")
    trial.when(do(WithdrawScheduledChange, MIDWAY)).then(
        fact(ScheduledChangeWithdrawn, MIDWAY, scheduled_change=change)
    )
    assert trial.subscription().next_term_change == DEFAULT
    assert converted_by(trial, advance(END)).offer_id == "business-standard"


def test_the_default_conversion_cannot_be_withdrawn(trial: Scenario, do: Make) -> None:
    # R-SCHED-04, D-19
    trial.when(do(WithdrawScheduledChange, MIDWAY)).refused("nothing-scheduled", "R-SCHED-03")


def test_the_default_conversion_goes_and_comes_back_with_auto_renew(trial: Scenario, do: Make) -> None:
    # AMB-46: it is no waiting change, so nothing is voided.
    assert trial.when(do(TurnOffAutoRenew, MIDWAY)).names == ("auto-renew-turned-off",)
    assert trial.subscription().next_term_change is None
    assert trial.when(do(TurnOnAutoRenew, MIDWAY)).names == ("auto-renew-turned-on",)
    assert trial.subscription().next_term_change == DEFAULT


def test_a_conversion_of_ones_own_does_not_come_back_with_auto_renew(trial: Scenario, do: Make) -> None:
    # AMB-46, R-SCHED-16
    trial.given(do(ScheduleChange, MIDWAY, seats=10))
    off = trial.when(do(TurnOffAutoRenew, MIDWAY))
    assert off.names == ("auto-renew-turned-off", "waiting-changes-voided")
    trial.given(do(TurnOnAutoRenew, MIDWAY))
    assert trial.subscription().next_term_change == DEFAULT


def test_a_scheduled_conversion_is_applied_by_the_completion(trial: Scenario, do: Make, advance: Make) -> None:
    # R-TRIAL-10, R-SCHED-09
    trial.given(do(ScheduleChange, MIDWAY, seats=10), advance(END, complete=False))
    assert converted_by(trial, do(CompleteRenewal, "2025-02-14T06:00:00Z")).seats == 10
