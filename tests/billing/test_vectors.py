"""Published figures of new commerce, line by line, in the default mode of each.

Not asserted, because their source contradicts itself: TV-COTERM-12 (27 days that are 32), TV-LEG-12, TV-LEG-13 and
TV-LEG-15 (unit prices and day counts that do not fit their amounts). Those that another reading repeats are in
`test_vectors_of_readings.py` and `test_vectors_of_cycles.py`.
"""

from collections.abc import Callable
from typing import Any

import pytest

from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Cancel,
    ConvertTrial,
    QueueBillingPlan,
    RemoveSeats,
    StartTrial,
    Upgrade,
)

Said = Callable[..., Any]

JUNE = ("2021-06-18", "2021-07-17")
JULY = ("2021-07-15", "2021-08-14")


def test_a_monthly_term_pays_its_cycle(sold: Said, buy: Said, file: Said) -> None:  # TV-SEAT-01, first line
    assert file(sold(), buy("2021-06-18")) == [("new", *JUNE, "10.08", 10, "100.80")]


def test_added_seats_are_charged_from_their_day(sold: Said, buy: Said, do: Said, file: Said) -> None:  # TV-SEAT-01
    assert file(sold(), buy("2021-06-18"), do(AddSeats, "2021-06-20", seats=2)) == [
        ("new", *JUNE, "10.08", 10, "100.80"),
        ("addQuantity", "2021-06-20", "2021-07-17", "-9.408", 10, "-94.08"),
        ("addQuantity", "2021-06-20", "2021-07-17", "9.408", 12, "112.89"),
    ]


def test_removed_seats_are_refunded_from_their_day(sold: Said, buy: Said, do: Said, file: Said) -> None:
    # R-SEATS-10, R-PRORATE-11: the figure 75.26 of the table of AMB-37
    assert file(sold(), buy("2021-06-18"), do(RemoveSeats, "2021-06-20", seats=2))[1:] == [
        ("removeQuantity", "2021-06-20", "2021-07-17", "-9.408", 10, "-94.08"),
        ("removeQuantity", "2021-06-20", "2021-07-17", "9.408", 8, "75.26"),
    ]


def test_seats_added_on_the_first_day_cost_the_whole_cycle(sold: Said, buy: Said, do: Said, file: Said) -> None:
    # TV-SEAT-05
    assert file(sold("4"), buy("2019-06-11", seats=1), do(AddSeats, "2019-06-11T11:00:00Z", seats=1)) == [
        ("new", "2019-06-11", "2019-07-10", "4.00", 1, "4.00"),
        ("addQuantity", "2019-06-11", "2019-07-10", "-4.00", 1, "-4.00"),
        ("addQuantity", "2019-06-11", "2019-07-10", "4.00", 2, "8.00"),
    ]


def test_seats_removed_on_the_first_day_give_back_the_whole_cycle(sold: Said, buy: Said, do: Said, file: Said) -> None:
    # TV-SEAT-07
    assert file(sold("4"), buy("2019-06-11", seats=2), do(RemoveSeats, "2019-06-11T11:00:00Z", seats=1)) == [
        ("new", "2019-06-11", "2019-07-10", "4.00", 2, "8.00"),
        ("removeQuantity", "2019-06-11", "2019-07-10", "-4.00", 2, "-8.00"),
        ("removeQuantity", "2019-06-11", "2019-07-10", "4.00", 1, "4.00"),
    ]


def test_a_cancellation_refunds_the_unused_days(
    sold: Said, buy: Said, do: Said, file: Said
) -> None:  # TV-CANCEL-01, R-PRORATE-06
    assert file(sold(), buy("2021-07-15"), do(Cancel, "2021-07-17")) == [
        ("new", *JULY, "10.08", 10, "100.80"),
        ("cancelImmediate", "2021-07-17", "2021-08-14", "-9.42", 10, "-94.20"),
    ]


@pytest.mark.parametrize("instant", ["2021-07-15", "2021-07-16T09:59:59Z", "2021-07-16T10:00:00Z"])
def test_within_a_day_a_cancellation_refunds_everything(
    instant: str, sold: Said, buy: Said, do: Said, file: Said
) -> None:  # TV-CANCEL-02
    assert file(sold(), buy("2021-07-15"), do(Cancel, instant))[1:] == [
        ("cancelImmediate", *JULY, "-10.08", 10, "-100.80")
    ]


def test_a_full_upgrade_gives_back_the_old_offer_and_charges_the_new(
    sold: Said, buy: Said, do: Said, file: Said
) -> None:  # TV-UPG-01, R-PRORATE-07
    upgraded = do(Upgrade, "2021-06-25", offer_id="b", seats=300)
    assert file(sold(), buy("2021-06-18", seats=300), upgraded) == [
        ("new", *JUNE, "10.08", 300, "3024.00"),
        ("convert", "2021-06-25", "2021-07-17", "-7.72", 300, "-2316.00"),
        ("convert", "2021-06-25", "2021-07-17", "4.92", 300, "1476.00"),
    ]


def test_a_partial_upgrade_converts_the_seats_that_move(sold: Said, buy: Said, do: Said, file: Said) -> None:
    # the figures 772 and 492 of the table of AMB-37
    moved = do(Upgrade, "2021-06-25", offer_id="b", seats=100, new_subscription_id="s-2")
    assert file(sold(), buy("2021-06-18", seats=300), moved)[1:] == [
        ("convert", "2021-06-25", "2021-07-17", "-7.72", 100, "-772.00"),
        ("convert", "2021-06-25", "2021-07-17", "4.92", 100, "492.00"),
    ]


def test_a_queued_plan_is_charged_from_the_next_cycle(
    sold: Said, buy: Said, do: Said, advance: Said, file: Said
) -> None:  # TV-PLAN-01, R-BILL-08
    bought = buy("2021-09-20", term=TermLength.THREE_YEARS, plan=Plan.ANNUAL)
    queued = do(QueueBillingPlan, "2022-03-01", plan=Plan.MONTHLY)
    assert file(sold("20", annual="250"), bought, queued, advance("2022-10-20")) == [
        ("new", "2021-09-20", "2022-09-19", "250.00", 10, "2500.00"),
        ("changeBillingPlan", "2022-09-20", "2022-10-19", "20.00", 10, "200.00"),
        ("cycleCharge", "2022-10-20", "2022-11-19", "20.00", 10, "200.00"),
    ]


def test_a_longer_plan_is_charged_for_the_whole_months_that_are_left(
    sold: Said, buy: Said, do: Said, advance: Said, file: Said
) -> None:  # R-BILL-09: 250 becomes 229.16
    bought = buy("2021-09-20", term=TermLength.THREE_YEARS)
    queued = do(QueueBillingPlan, "2021-09-21", plan=Plan.ANNUAL)
    assert file(sold("20", annual="250"), bought, queued, advance("2022-09-20")) == [
        ("new", "2021-09-20", "2021-10-19", "20.00", 10, "200.00"),
        ("changeBillingPlan", "2021-10-20", "2022-09-19", "229.16", 10, "2291.60"),
        ("cycleCharge", "2022-09-20", "2023-09-19", "250.00", 10, "2500.00"),
    ]


def test_a_monthly_term_renews_and_pays_again(sold: Said, buy: Said, advance: Said, file: Said) -> None:  # TV-PLAN-06
    assert file(sold(), buy("2021-06-18"), advance("2021-07-18"))[1:] == [
        ("renew", "2021-07-18", "2021-08-17", "10.08", 10, "100.80")
    ]


def test_a_year_pays_twelve_cycles(sold: Said, buy: Said, advance: Said, file: Said) -> None:  # TV-PLAN-07, D-25
    charged = file(sold(), buy("2021-06-18", term=TermLength.YEAR), advance("2022-06-17"))
    assert [line[0] for line in charged] == ["new"] + ["cycleCharge"] * 11
    assert charged[1] == ("cycleCharge", "2021-07-18", "2021-08-17", "10.08", 10, "100.80")
    assert charged[-1] == ("cycleCharge", "2022-05-18", "2022-06-17", "10.08", 10, "100.80")


def test_cycles_from_the_end_of_a_month_return_to_it(sold: Said, buy: Said, advance: Said, file: Said) -> None:
    # TV-TIME-11: each of them costs the whole price
    charged = file(sold(), buy("2021-01-31", term=TermLength.YEAR), advance("2022-01-30"))
    days = "01-31 02-28 03-31 04-30 05-31 06-30 07-31 08-31 09-30 10-31 11-30 12-31"
    assert [line[1] for line in charged] == [f"2021-{day}" for day in days.split()]
    assert {line[5] for line in charged} == {"100.80"}


def test_an_aligned_year_pays_its_part_of_the_year(sold: Said, buy: Said, file: Said) -> None:  # TV-COTERM-18
    year = {"term": TermLength.YEAR, "plan": Plan.ANNUAL}
    aligned = buy("2025-02-01", subscription_id="s-2", align="s-1", seats=1, **year)
    assert file(sold("10"), buy("2025-01-01", **year), aligned)[1:] == [
        ("new", "2025-02-01", "2025-12-31", "109.80", 1, "109.80")
    ]


def test_a_trial_costs_nothing_and_its_conversion_the_price(
    sold: Said, do: Said, advance: Said, file: Said
) -> None:  # R-TRIAL-15, TV-TRIAL-02
    trial = do(StartTrial, "2021-06-25", customer_id="contoso", offer_id="a-trial")
    assert file(sold(), trial, advance("2021-07-25")) == [
        ("new", "2021-06-25", "2021-07-24", "0.00", 25, "0.00"),
        ("convert", "2021-06-25", "2021-07-24", "0.00", 25, "0.00"),
        ("convert", "2021-07-25", "2021-08-24", "10.08", 25, "252.00"),
    ]


def test_a_conversion_during_the_trial_is_charged_from_its_day(sold: Said, do: Said, file: Said) -> None:
    # R-TRIAL-15, TV-TRIAL-03
    trial = do(StartTrial, "2021-06-25", customer_id="contoso", offer_id="a-trial")
    assert file(sold(), trial, do(ConvertTrial, "2021-07-01", seats=40))[1:] == [
        ("convert", "2021-07-01", "2021-07-24", "0.00", 25, "0.00"),
        ("convert", "2021-07-01", "2021-07-31", "10.08", 40, "403.20"),
    ]
