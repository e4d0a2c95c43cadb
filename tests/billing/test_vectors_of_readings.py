"""Published figures that need a reading of their own: each names the policy that repeats it (table of AMB-37)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.charging import ChargeReading
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.alignment import Alignment
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.catalog import Catalog, Offer, Price, catalog_of
from csp_lifecycle.vocabulary.commands import (
    Activate,
    Actor,
    AddSeats,
    Cancel,
    RemoveSeats,
    Suspend,
    TurnOffAutoRenew,
)
from csp_lifecycle.vocabulary.subscription import Commerce

Said = Callable[..., Any]

YEAR, MONTHLY = TermLength.YEAR, Plan.MONTHLY
LEGACY_MONTH: dict[str, Any] = {"term": YEAR}
LEGACY_YEAR: dict[str, Any] = {"term": YEAR, "plan": Plan.ANNUAL}
NEW_MONTH: dict[str, Any] = {"term": TermLength.MONTH}


def priced(term: TermLength, plan: Plan, amount: str) -> Price:
    return Price(term=term, plan=plan, amount=Decimal(amount), currency="USD")


def at_four_dollars(commerce: Commerce) -> Catalog:
    prices: tuple[Price, ...] = (priced(YEAR, MONTHLY, "4"), priced(YEAR, Plan.ANNUAL, "48"))
    if commerce is Commerce.NEW_COMMERCE:
        prices = (priced(TermLength.MONTH, MONTHLY, "4"), *prices)
    return catalog_of((Offer(offer_id="a", name="A", commerce=commerce, prices=prices),))


@pytest.mark.parametrize(
    ("policy", "bought", "change", "figures"),
    [
        # one seat more on the second day, 29 of 30 days; the second figure needs the first of these modes
        ("new-commerce.unit-half-up", ("2019-06-11", 1, NEW_MONTH), (AddSeats, "2019-06-12"), ["-3.87", "7.74"]),
        ("new-commerce.total-half-up", ("2019-06-11", 1, NEW_MONTH), (AddSeats, "2019-06-12"), ["-3.87", "7.73"]),
        ("new-commerce.total-down", ("2019-06-11", 1, NEW_MONTH), (AddSeats, "2019-06-12"), ["-3.86", "7.73"]),
        ("new-commerce.daily-2", ("2019-06-11", 1, NEW_MONTH), (AddSeats, "2019-06-12"), ["-3.77", "7.54"]),
        ("new-commerce.daily-3", ("2019-06-11", 1, NEW_MONTH), (AddSeats, "2019-06-12"), ["-3.86", "7.71"]),
        ("legacy.unit-down", ("2018-01-13", 1, LEGACY_MONTH), (AddSeats, "2018-02-01"), ["-4.00", "2.45", "3.08"]),
        ("legacy.total-down", ("2018-01-13", 1, LEGACY_MONTH), (AddSeats, "2018-02-01"), ["-4.00", "2.45", "3.09"]),
        ("legacy.total-half-up", ("2018-01-13", 1, LEGACY_MONTH), (AddSeats, "2018-02-01"), ["-4.00", "2.45", "3.10"]),
        # TV-LEG-02, whose prose has 1.54 for one seat of the third line
        ("legacy", ("2018-01-13", 1, LEGACY_MONTH), (AddSeats, "2018-02-01"), ["-4.00", "2.45", "3.10"]),
        ("legacy.unit-half-up", ("2018-01-13", 1, LEGACY_MONTH), (AddSeats, "2018-02-01"), ["-4.00", "2.45", "3.10"]),
        ("legacy.daily-3", ("2018-01-13", 1, LEGACY_MONTH), (AddSeats, "2018-02-01"), ["-4.00", "2.45", "3.10"]),
        # a year at 0.13 a day: 19 days used, 346 left
        ("legacy.daily-2", ("2018-01-13", 2, LEGACY_YEAR), (RemoveSeats, "2018-02-01"), ["-96.00", "4.94", "44.98"]),
        ("legacy.daily-2", ("2018-01-13", 1, LEGACY_YEAR), (AddSeats, "2018-02-01"), ["-48.00", "2.47", "89.96"]),
    ],
)
def test_a_seat_change_has_its_printed_figures(
    policy: str, bought: Any, change: Any, figures: list[str], buy: Said, do: Said, lines: Said
) -> None:  # R-PRORATE-08, AMB-37, AMB-38
    (first_day, seats, terms), (kind, day) = bought, change
    commands = (buy(first_day, seats=seats, policy=policy, **terms), do(kind, day, seats=1))
    scenario = Scenario(*commands, catalog=at_four_dollars(POLICIES[policy].commerce))
    assert [str(line.amount) for line in lines(scenario)[1:]] == figures


@pytest.mark.parametrize(
    ("policy", "terms", "figure"),
    [
        ("legacy.daily-2", LEGACY_YEAR, "-41.34"),  # TV-LEG-08: 318 days at 0.13
        ("legacy.daily-3", LEGACY_MONTH, "-1.72"),  # 12 of 28 days at 0.143
        ("legacy", LEGACY_YEAR, "-41.82"),
        ("legacy", LEGACY_MONTH, "-1.71"),
    ],
)
def test_a_suspension_has_its_printed_figure(
    policy: str, terms: dict[str, Any], figure: str, buy: Said, do: Said, lines: Said
) -> None:  # R-PRORATE-10, AMB-38
    commands = (buy("2018-01-13", seats=1, policy=policy, **terms), do(Suspend, "2018-03-01"))
    assert str(lines(Scenario(*commands, catalog=at_four_dollars(Commerce.LEGACY)))[-1].amount) == figure


def test_the_day_of_a_cancellation_may_count_as_used(sold: Said, buy: Said, do: Said, file: Said) -> None:
    # TV-CANCEL-09, AMB-76: canceled on the third day, the period is given back but for three days
    bought = buy("2021-07-15", policy="new-commerce.last-day-used")
    assert file(sold("31"), bought, do(Cancel, "2021-07-17")) == [
        ("new", "2021-07-15", "2021-08-14", "31.00", 10, "310.00"),
        ("cancelImmediate", "2021-07-18", "2021-08-14", "-28.00", 10, "-280.00"),
    ]


def test_a_cancellation_on_the_last_day_gives_nothing_back_where_the_day_is_used(
    sold: Said, buy: Said, do: Said, file: Said
) -> None:  # AMB-76, AMB-73
    bought = buy("2025-01-29", term=YEAR, align=Alignment.CALENDAR_MONTH, policy="new-commerce.last-day-used")
    charged = file(sold(), bought, do(Cancel, "2025-01-31"))
    assert [line[0] for line in charged] == ["new"]


@pytest.mark.parametrize(
    ("hours", "charged"),
    [
        ("2019-06-11T09:00:00Z", ["new", "cancelImmediate"]),
        ("2019-06-11T11:00:00Z", ["new"]),
    ],
)
def test_a_publisher_s_month_is_credited_in_full_or_ends_with_its_term(
    hours: str, charged: list[str], buy: Said, do: Said, advance: Said, file: Said
) -> None:  # TV-CANCEL-07, R-PRORATE-12: 23 and 25 hours after the order
    saas = catalog_of(
        (
            Offer(
                offer_id="a",
                name="A",
                commerce=Commerce.MARKETPLACE_SAAS,
                prices=(priced(TermLength.MONTH, MONTHLY, "10"),),
            ),
        )
    )
    activated = do(Activate, "2019-06-10", actor=Actor.PUBLISHER)
    told = file(saas, buy("2019-06-10", seats=1), activated, do(Cancel, hours), advance("2019-09-01"))
    assert [line[0] for line in told] == charged


def test_an_extended_month_costs_three_percent_more(
    sold: Said, buy: Said, do: Said, advance: Said, lines: Said
) -> None:  # TV-PUR-09, R-EST-03
    bought = buy("2025-06-01", term=YEAR, policy="new-commerce.extending")
    scenario = Scenario(bought, do(TurnOffAutoRenew, "2025-07-01"), advance("2026-06-01"), catalog=sold("30.00"))
    extended = lines(scenario)[-1]
    assert (extended.charge_type.value, extended.starts_on.isoformat()) == ("renew", "2026-06-01")
    assert (extended.unit_price, extended.amount - 10 * Decimal("30.00")) == (Decimal("30.90"), Decimal("9.00"))


def test_every_reading_of_the_charges_is_a_policy_that_can_be_bought(sold: Said, buy: Said) -> None:
    readings = [policy.id for policy in POLICIES.values() if policy.charges != ChargeReading()]
    assert {"new-commerce.unit-down", "legacy.daily-2", "new-commerce.start-month-days"} < set(readings)
    for name in readings:
        catalog = sold() if name.startswith("new-commerce") else at_four_dollars(Commerce.LEGACY)
        scenario = Scenario(buy("2021-06-18", term=YEAR, policy=name), catalog=catalog)
        assert scenario.subscription().policy == name
