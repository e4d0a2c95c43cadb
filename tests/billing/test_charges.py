"""What each event of new commerce puts on the reconciliation file, beyond the published figures."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, get_args

import pytest

from csp_lifecycle.billing.change import Entry
from csp_lifecycle.billing.charges import LINES, charges_for
from csp_lifecycle.billing.rules import Occasion, rules_of
from csp_lifecycle.errors import BrokenHistoryError, LifecycleError
from csp_lifecycle.policies import POLICIES
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.alignment import Alignment
from csp_lifecycle.values.calendar import Cycle, Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Cancel,
    ChangeTerm,
    CompleteCycleCharge,
    ConvertTrial,
    QueueBillingPlan,
    Reactivate,
    RemoveSeats,
    Rename,
    ScheduleChange,
    StartTrial,
    Suspend,
    Transfer,
    Upgrade,
)
from csp_lifecycle.vocabulary.events import CycleCharged, Event

Said = Callable[..., Any]

YEAR: dict[str, Any] = {"term": TermLength.YEAR}
THREE_YEARS: dict[str, Any] = {"term": TermLength.THREE_YEARS}
JULY = ("2021-07-15", "2021-08-14")


def test_every_event_says_what_it_is_charged_as() -> None:
    assert set(LINES) == set(get_args(Event))


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_has_words_and_a_rounding_for_every_occasion(policy: str) -> None:  # R-CHARGE-23, R-PRORATE-08
    assert set(rules_of(POLICIES[policy]).lines) == set(Occasion)


def test_a_suspension_stops_no_charges(sold: Said, buy: Said, do: Said, advance: Said, file: Said) -> None:  # R-SUSP-03
    suspended = do(Suspend, "2021-07-20")
    assert file(sold(), buy("2021-07-15", **YEAR), suspended, advance("2021-08-20"), do(Reactivate, "2021-08-21")) == [
        ("new", *JULY, "10.08", 10, "100.80"),
        ("cycleCharge", "2021-08-15", "2021-09-14", "10.08", 10, "100.80"),
    ]


def test_a_suspended_subscription_is_refunded_like_any_other(sold: Said, buy: Said, do: Said, file: Said) -> None:
    # R-CANCEL-05
    assert file(sold(), buy("2021-07-15"), do(Suspend, "2021-07-16"), do(Cancel, "2021-07-17"))[1:] == [
        ("cancelImmediate", "2021-07-17", "2021-08-14", "-9.42", 10, "-94.20")
    ]


def test_a_full_refund_after_seat_changes_is_one_line_with_the_net_sum(
    sold: Said, buy: Said, do: Said, file: Said
) -> None:  # D-24, AMB-74
    added = do(AddSeats, "2021-07-16T01:00:00Z", seats=3)
    assert file(sold(), buy("2021-07-15"), added, do(Cancel, "2021-07-16T09:59:59Z")) == [
        ("new", *JULY, "10.08", 10, "100.80"),
        ("addQuantity", "2021-07-16", "2021-08-14", "-9.75483870967742", 10, "-97.54"),
        ("addQuantity", "2021-07-16", "2021-08-14", "9.75483870967742", 13, "126.81"),
        ("cancelImmediate", *JULY, "-10.0053846153846", 13, "-130.07"),
    ]


def test_the_first_day_after_a_renewal_refunds_the_renewal_alone(
    sold: Said, buy: Said, do: Said, advance: Said, file: Said
) -> None:  # R-CANCEL-02, AMB-74
    assert file(sold(), buy("2021-07-15"), advance("2021-08-15"), do(Cancel, "2021-08-15T12:00:00Z"))[1:] == [
        ("renew", "2021-08-15", "2021-09-14", "10.08", 10, "100.80"),
        ("cancelImmediate", "2021-08-15", "2021-09-14", "-10.08", 10, "-100.80"),
    ]


def test_a_whole_cycle_that_is_over_is_not_refunded(
    sold: Said, buy: Said, do: Said, file: Said
) -> None:  # AMB-73, R-COTERM-10
    aligned = buy("2025-01-29", **YEAR, align=Alignment.CALENDAR_MONTH)
    assert file(sold(), aligned, do(Cancel, "2025-02-03")) == [
        ("new", "2025-01-29", "2025-01-31", "0.97", 10, "9.70"),
        ("cycleCharge", "2025-02-01", "2025-02-28", "10.08", 10, "100.80"),
        ("cancelImmediate", "2025-02-03", "2025-02-28", "-9.36", 10, "-93.60"),
    ]


def test_a_full_refund_covers_both_cycles_of_its_day(sold: Said, buy: Said, do: Said, file: Said) -> None:
    # AMB-74: all that was charged inside the 24 hours
    aligned = buy("2025-01-31", **YEAR, align=Alignment.CALENDAR_MONTH)
    assert file(sold(), aligned, do(Cancel, "2025-02-01T09:00:00Z")) == [
        ("new", "2025-01-31", "2025-01-31", "0.32", 10, "3.20"),
        ("cycleCharge", "2025-02-01", "2025-02-28", "10.08", 10, "100.80"),
        ("cancelImmediate", "2025-02-01", "2025-02-28", "-10.40", 10, "-104.00"),
    ]


def test_a_refund_is_never_above_what_the_cycle_was_charged(sold: Said, buy: Said, do: Said, file: Said) -> None:
    # INV-18: at a price below the minor unit truncation alone would give back more
    removed = do(RemoveSeats, "2021-07-15T11:00:00Z", seats=5)
    assert file(sold("0.019"), buy("2021-07-15"), removed, do(Cancel, "2021-07-17")) == [
        ("new", *JULY, "0.01", 10, "0.10"),
        ("removeQuantity", *JULY, "-0.019", 10, "-0.19"),
        ("removeQuantity", *JULY, "0.019", 5, "0.09"),
        ("cancelImmediate", "2021-07-17", "2021-08-14", "0.00", 5, "0.00"),
    ]


def test_a_refund_never_takes(sold: Said, buy: Said, do: Said, file: Said) -> None:
    # INV-18: the first cycle was cut to nothing, and the seats that left it cost a cent
    aligned = buy("2025-01-15", **YEAR, align=Alignment.CALENDAR_MONTH)
    removed = do(RemoveSeats, "2025-01-15T11:00:00Z", seats=4)
    assert file(sold("0.01"), aligned, removed, do(Cancel, "2025-01-17")) == [
        ("new", "2025-01-15", "2025-01-31", "0.00", 10, "0.00"),
        ("removeQuantity", "2025-01-15", "2025-01-31", "-0.00548387096774194", 10, "-0.05"),
        ("removeQuantity", "2025-01-15", "2025-01-31", "0.00548387096774194", 6, "0.03"),
        ("cancelImmediate", "2025-01-17", "2025-01-31", "0.00", 6, "0.00"),
    ]


def test_an_upgrade_gives_back_no_more_than_the_months_that_were_charged(
    sold: Said, buy: Said, do: Said, file: Said
) -> None:  # AMB-27: eleven months of a year are not its last 335 days
    bought = buy("2021-09-20", **THREE_YEARS)
    queued = do(QueueBillingPlan, "2021-09-21", plan=Plan.ANNUAL)
    upgraded = do(Upgrade, "2021-10-20", offer_id="b", seats=10)
    assert file(sold("20", annual="250"), bought, queued, upgraded)[1:] == [
        ("changeBillingPlan", "2021-10-20", "2022-09-19", "229.16", 10, "2291.60"),
        ("convert", "2021-10-20", "2022-09-19", "-229.16", 10, "-2291.60"),
        ("convert", "2021-10-20", "2022-09-19", "229.16", 10, "2291.60"),
    ]


def test_later_cycles_of_an_aligned_term_are_whole(
    sold: Said, buy: Said, advance: Said, file: Said
) -> None:  # R-COTERM-10, TV-COTERM-02
    assert file(sold(), buy("2025-01-15", **YEAR, align=Alignment.CALENDAR_MONTH), advance("2025-02-01")) == [
        ("new", "2025-01-15", "2025-01-31", "5.52", 10, "55.20"),
        ("cycleCharge", "2025-02-01", "2025-02-28", "10.08", 10, "100.80"),
    ]


def test_seats_that_join_a_subscription_are_moved(sold: Said, buy: Said, do: Said, lines: Said, short: Said) -> None:
    # D-09, R-UPGRADE-16: each side to the end of its own cycle, at its own price
    target = buy("2021-06-01", **YEAR, subscription_id="s-2", offer_id="b")
    moved = do(Upgrade, "2021-07-25", offer_id="b", seats=4, target_subscription_id="s-2")
    scenario = Scenario(target, buy("2021-07-15"), moved, catalog=sold())
    source_line, target_line = lines(scenario)[-2:]
    assert short((source_line, target_line)) == [
        ("moveQuantity", "2021-07-25", "2021-08-14", "-6.82", 4, "-27.28"),
        ("moveQuantity", "2021-07-25", "2021-07-31", "1.45", 4, "5.80"),
    ]
    assert (source_line.offer_id, target_line.offer_id) == ("a", "b")
    assert (source_line.unit_price, target_line.unit_price) == (Decimal("10.08"), Decimal("6.43"))


def test_extra_seats_of_an_upgrade_are_charged_with_it(sold: Said, buy: Said, do: Said, file: Said) -> None:  # AMB-19
    assert file(sold(), buy("2021-06-18"), do(Upgrade, "2021-06-25", offer_id="b", seats=12))[1:] == [
        ("convert", "2021-06-25", "2021-07-17", "-7.72", 10, "-77.20"),
        ("convert", "2021-06-25", "2021-07-17", "4.92", 12, "59.04"),
    ]


def test_an_upgrade_to_a_longer_term_pays_a_full_first_cycle(sold: Said, buy: Said, do: Said, file: Said) -> None:
    # D-09
    longer = do(Upgrade, "2021-06-25", offer_id="b", seats=10, term=TermLength.YEAR, plan=Plan.ANNUAL)
    assert file(sold(), buy("2021-06-18"), longer)[1:] == [
        ("convert", "2021-06-25", "2021-07-17", "-7.72", 10, "-77.20"),
        ("convert", "2021-06-25", "2022-06-24", "77.16", 10, "771.60"),
    ]


def test_a_term_change_gives_back_the_rest_and_charges_the_new_plan(
    sold: Said, buy: Said, do: Said, file: Said
) -> None:
    # R-BILL-13
    longer = do(ChangeTerm, "2021-06-25", term=TermLength.YEAR, plan=Plan.MONTHLY, seats=12)
    assert file(sold(), buy("2021-06-18"), longer)[1:] == [
        ("convert", "2021-06-25", "2021-07-17", "-7.72", 10, "-77.20"),
        ("convert", "2021-06-25", "2021-07-24", "10.08", 12, "120.96"),
    ]


def test_a_transfer_credits_the_source_and_charges_the_target(sold: Said, buy: Said, do: Said, file: Said) -> None:
    # R-TRANSFER-01, R-TRANSFER-04
    transferred = do(Transfer, "2021-06-25", new_subscription_id="s-2", partner_id="adatum")
    assert file(sold(), buy("2021-06-18", **YEAR), transferred)[1:] == [
        ("cancelImmediate", "2021-06-25", "2021-07-17", "-7.72", 10, "-77.20"),
        ("new", "2021-06-25", "2021-07-17", "7.72", 10, "77.20"),
    ]


def test_trial_seats_that_join_a_subscription_are_charged_there(sold: Said, buy: Said, do: Said, file: Said) -> None:
    # R-TRIAL-09
    trial = do(StartTrial, "2021-06-25", customer_id="contoso", offer_id="a-trial")
    target = buy("2021-06-26", **YEAR, subscription_id="s-2", offer_id="b", seats=40)
    assert file(sold(), trial, target, do(ConvertTrial, "2021-07-10", target_subscription_id="s-2"))[2:] == [
        ("moveQuantity", "2021-07-10", "2021-07-24", "0.00", 25, "0.00"),
        ("moveQuantity", "2021-07-10", "2021-07-25", "3.42", 25, "85.50"),
    ]


def test_a_renewal_charges_what_was_scheduled(
    sold: Said, buy: Said, do: Said, advance: Said, file: Said
) -> None:  # R-RENEW-05, R-RENEW-09
    changed = do(ScheduleChange, "2021-07-01", offer_id="b", seats=3, term=TermLength.YEAR, plan=Plan.ANNUAL)
    assert file(sold(), buy("2021-06-18"), changed, advance("2021-07-18"))[1:] == [
        ("renew", "2021-07-18", "2022-07-17", "77.16", 3, "231.48")
    ]


def test_seats_that_change_before_the_cycle_is_charged_are_charged_with_it(
    sold: Said, buy: Said, do: Said, advance: Said, file: Said
) -> None:  # TV-LOCK-01: the old cycle is over and the new one has not begun
    bought = buy("2021-09-20", **THREE_YEARS)
    started = advance("2021-10-20T00:00:00Z", complete=False)
    commands = (bought, do(QueueBillingPlan, "2021-09-21", plan=Plan.ANNUAL), started)
    added = do(AddSeats, "2021-10-21", seats=2)
    assert file(sold("20", annual="250"), *commands, added, do(CompleteCycleCharge, "2021-10-22"))[1:] == [
        ("changeBillingPlan", "2021-10-20", "2022-09-19", "229.16", 12, "2749.92")
    ]


def test_all_lines_of_a_decision_share_a_reference_that_no_other_has(
    sold: Said, buy: Said, do: Said, advance: Said, lines: Said
) -> None:
    scenario = Scenario(buy("2021-06-18", **YEAR), buy("2021-06-18", **YEAR, subscription_id="s-3"), catalog=sold())
    # This command finds a cycle charge that is due on its subscription, and one is taken for the other later.
    scenario.given(do(AddSeats, "2021-07-20", seats=2, command_id="added"), advance("2021-07-21"))
    moved = do(Upgrade, "2021-07-25", offer_id="b", seats=4, new_subscription_id="s-2", command_id="moved")
    by_reference: dict[str, list[str]] = {}
    for line in lines(scenario.given(moved)):
        by_reference.setdefault(line.reference_id, []).append(f"{line.charge_type.value} {line.subscription_id}")
    assert sorted(by_reference.values()) == [
        ["addQuantity s-1", "addQuantity s-1"],
        ["convert s-1", "convert s-2"],
        ["cycleCharge s-1"],
        ["cycleCharge s-3"],
        ["new s-1"],
        ["new s-3"],
    ]
    assert {"added", "moved"} < set(by_reference)


def test_lines_carry_the_customer_and_the_order_date(sold: Said, buy: Said, do: Said, lines: Said, at: Said) -> None:
    # D-26, R-CHARGE-06
    scenario = Scenario(buy("2021-06-18"), do(AddSeats, "2021-06-20", seats=2), catalog=sold(currency="USD"))
    added = lines(scenario)[-1]
    assert (added.customer_id, added.offer_id, added.currency) == ("contoso", "a", "USD")
    assert (added.at, added.unit_price) == (at("2021-06-20"), Decimal("10.08"))


def test_events_without_a_price_leave_no_line(sold: Said, buy: Said, do: Said, file: Said) -> None:
    renamed = do(Rename, "2021-06-19", friendly_name="Sales")
    assert len(file(sold(), buy("2021-06-18"), renamed)) == 1


def test_an_event_before_its_beginning_is_an_error(sold: Said, buy: Said, do: Said) -> None:
    scenario = Scenario(buy("2021-06-18"), catalog=sold())
    added = scenario.when(do(AddSeats, "2021-06-20", seats=2)).recorded[0]
    with pytest.raises(BrokenHistoryError, match="'s-1': seats-added stands before the subscription began"):
        charges_for([Entry(added, "c-1")])


def test_a_trial_that_is_charged_for_a_cycle_is_an_error(sold: Said, do: Said) -> None:  # R-TRIAL-15
    trial = do(StartTrial, "2021-06-25", customer_id="contoso", offer_id="a-trial")
    started = Scenario(catalog=sold()).when(trial).recorded[0]
    cycle = Cycle(starts_on=date(2021, 7, 25), ends_on=date(2021, 8, 24))
    charged = CycleCharged(at=started.at, subscription_id="s-1", charge_cycle=cycle)
    with pytest.raises(BrokenHistoryError, match="'a-trial' is on trial"):
        charges_for([Entry(started, "c-1"), Entry(charged, "c-2")])


def test_a_policy_that_is_not_installed_is_an_error_that_names_it(sold: Said, buy: Said) -> None:
    bought = Scenario(catalog=sold()).when(buy("2021-06-18")).recorded[0]
    with pytest.raises(LifecycleError, match="'new-commerce' is not installed"):
        charges_for([Entry(bought, "c-1")], policies={})


def test_a_window_that_opens_inside_a_term_refunds_what_was_charged_since(
    sold: Said, buy: Said, do: Said, file: Said
) -> None:  # AMB-16
    bought = buy("2021-06-18", policy="new-commerce.term-change-with-window")
    longer = do(ChangeTerm, "2021-06-28", term=TermLength.YEAR, plan=Plan.MONTHLY)
    assert file(sold(), bought, longer, do(Cancel, "2021-06-29T09:00:00Z"))[1:] == [
        ("convert", "2021-06-28", "2021-07-17", "-6.72", 10, "-67.20"),
        ("convert", "2021-06-28", "2021-07-27", "10.08", 10, "100.80"),
        ("cancelImmediate", "2021-06-28", "2021-07-27", "-10.08", 10, "-100.80"),
    ]


def test_a_window_of_its_own_refunds_what_came_out_of_an_upgrade(sold: Said, buy: Said, do: Said, file: Said) -> None:
    # AMB-17
    bought = buy("2021-06-18", policy="new-commerce.upgrade-with-window")
    moved = do(Upgrade, "2021-06-28", offer_id="b", seats=4, new_subscription_id="s-2")
    assert file(sold(), bought, moved, do(Cancel, "2021-06-29T09:00:00Z", "s-2"))[2:] == [
        ("convert", "2021-06-28", "2021-07-17", "4.28", 4, "17.12"),
        ("cancelImmediate", "2021-06-28", "2021-07-17", "-4.28", 4, "-17.12"),
    ]


def test_a_target_that_begins_a_day_later_is_charged_from_then(sold: Said, buy: Said, do: Said, file: Said) -> None:
    # AMB-33
    bought = buy("2021-06-18", **YEAR, policy="new-commerce.transfer-the-day-after")
    transferred = do(Transfer, "2021-06-25", new_subscription_id="s-2", partner_id="adatum")
    assert file(sold(), bought, transferred)[1:] == [
        ("cancelImmediate", "2021-06-26", "2021-07-17", "-7.39", 10, "-73.90"),
        ("new", "2021-06-26", "2021-07-17", "7.39", 10, "73.90"),
    ]


def test_seats_added_before_the_first_day_are_charged_from_it(sold: Said, buy: Said, do: Said, file: Said) -> None:
    # AMB-33
    bought = buy("2021-06-18", **YEAR, policy="new-commerce.transfer-the-day-after")
    transferred = do(Transfer, "2021-06-25", new_subscription_id="s-2", partner_id="adatum")
    assert file(sold(), bought, transferred, do(AddSeats, "2021-06-25", "s-2", seats=5))[3:] == [
        ("addQuantity", "2021-06-26", "2021-07-17", "-7.392", 10, "-73.92"),
        ("addQuantity", "2021-06-26", "2021-07-17", "7.392", 15, "110.88"),
    ]
