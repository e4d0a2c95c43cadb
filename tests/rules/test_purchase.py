"""R-PURCHASE: what may be bought, what a purchase records, and which price counts."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.alignment import Alignment
from csp_lifecycle.values.calendar import Cycle, Plan, Term, TermLength
from csp_lifecycle.values.windows import Refund, RefundKind, SeatLot
from csp_lifecycle.vocabulary.catalog import Catalog, Offer, Price, catalog_of
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Command,
    Purchase,
    QueueBillingPlan,
    Rename,
    ScheduleChange,
)
from csp_lifecycle.vocabulary.events import Purchased, Renewed
from csp_lifecycle.vocabulary.subscription import Commerce

Buy = Callable[..., Purchase]
Do = Callable[..., Command]
Time = Callable[..., Advance]
At = Callable[[str], datetime]
Day = Callable[[str], date]
Shown = Callable[..., dict[str, object]]

MONTH, YEAR, THREE_YEARS = TermLength.MONTH, TermLength.YEAR, TermLength.THREE_YEARS
MONTHLY, ANNUAL, TRIENNIAL = Plan.MONTHLY, Plan.ANNUAL, Plan.TRIENNIAL


# R-PURCHASE-02, R-PURCHASE-03


def test_a_purchase_records_everything_it_sets(buy: Buy, at: At, day: Day) -> None:
    """R-PURCHASE-03: active, one lot of all seats, auto-renew on; the first charge cycle of R-PURCHASE-16."""
    Scenario().when(buy()).then(
        Purchased(
            at=at("2025-01-15T10:00:00Z"),
            subscription_id="s-1",
            customer_id="contoso",
            offer_id="business-standard",
            commerce=Commerce.NEW_COMMERCE,
            policy="new-commerce",
            seats=10,
            term=Term(length=YEAR, starts_at=at("2025-01-15T10:00:00Z"), ends_on=day("2026-01-14")),
            plan=MONTHLY,
            cycle_anchor=day("2025-01-15"),
            charge_cycle=Cycle(starts_on=day("2025-01-15"), ends_on=day("2025-02-14")),
            unit_price=Decimal("10.00"),
            currency="EUR",
            auto_renew=True,
            refunds=(
                Refund(kind=RefundKind.FULL, until=at("2025-01-16T10:00:00Z")),
                Refund(kind=RefundKind.PRORATED, until=at("2025-01-22T10:00:00Z")),
            ),
            seat_lots=(SeatLot(seats=10, reducible_until=at("2025-01-22T10:00:00Z")),),
        )
    )


def test_a_purchase_begins_an_active_subscription(buy: Buy, shown: Shown) -> None:
    """R-PURCHASE-03, T-01."""
    state = shown(Scenario(buy()))
    expected = {"status": "active", "seats": 10, "plan": "monthly", "unit_price": "10.00", "auto_renew": True}
    assert state.items() >= expected.items()
    nothing_yet = {"scheduled_change": None, "queued_plan": None, "in_flight": None, "end_reason": None, "version": 1}
    assert state.items() >= nothing_yet.items()


def test_the_optional_keys_of_a_purchase_are_recorded(buy: Buy) -> None:
    # R-PURCHASE-14, D-12: a promotion is recorded, whatever it is worth
    kept = {"promotion_id": "spring", "friendly_name": "Sales", "resellers": ("r-1",), "attested": True}
    (bought,) = Scenario().when(buy(**kept)).recorded
    assert {name: getattr(bought, name) for name in kept} == kept


def test_an_offer_that_is_not_in_the_catalog_cannot_be_bought(buy: Buy) -> None:
    # R-PURCHASE-02
    Scenario().when(buy(offer_id="azure-container")).refused("offer-not-found")


@pytest.mark.parametrize("customer", ["contoso", "fabrikam"])
def test_an_id_is_used_once_by_whomever(buy: Buy, customer: str) -> None:
    # R-PURCHASE-03: ids are the caller's
    Scenario(buy()).when(buy("2025-02-01T10:00:00Z", customer_id=customer)).refused("subscription-exists")


# R-PURCHASE-04, R-PURCHASE-06


@pytest.mark.parametrize(
    ("term", "plan", "cycle_ends_on"),
    [
        (MONTH, MONTHLY, "2025-02-14"),
        (YEAR, MONTHLY, "2025-02-14"),
        (YEAR, ANNUAL, "2026-01-14"),
        (THREE_YEARS, MONTHLY, "2025-02-14"),
        (THREE_YEARS, ANNUAL, "2026-01-14"),
        (THREE_YEARS, TRIENNIAL, "2028-01-14"),
    ],
)
def test_a_plan_that_fits_into_its_term_can_be_bought(
    buy: Buy, day: Day, term: TermLength, plan: Plan, cycle_ends_on: str
) -> None:
    # R-PURCHASE-04, R-PURCHASE-06: upfront plans among them
    bought = Scenario(buy(term=term, plan=plan)).subscription()
    assert bought.plan is plan
    assert bought.charge_cycle == Cycle(starts_on=day("2025-01-15"), ends_on=day(cycle_ends_on))


@pytest.mark.parametrize(("term", "plan"), [(MONTH, ANNUAL), (MONTH, TRIENNIAL), (YEAR, TRIENNIAL)])
def test_a_plan_longer_than_its_term_is_refused(buy: Buy, term: TermLength, plan: Plan) -> None:
    """R-PURCHASE-04, TV-PUR-06."""
    refusal = Scenario().when(buy(term=term, plan=plan)).refused("billing-cycle-longer-than-term", "R-PURCHASE-04")
    assert refusal.reason.microsoft == ("900270",)


@pytest.mark.parametrize(("term", "upfront"), [(YEAR, ANNUAL), (THREE_YEARS, TRIENNIAL)])
def test_an_upfront_plan_cannot_be_queued_mid_term(buy: Buy, do: Do, term: TermLength, upfront: Plan) -> None:
    # R-PURCHASE-06
    scenario = Scenario(buy(term=term))
    scenario.when(do(QueueBillingPlan, "2025-03-01T09:00:00Z", plan=upfront)).refused("upfront-mid-term", "R-BILL-03")


def test_an_upfront_plan_can_be_scheduled_for_the_renewal(buy: Buy, do: Do, advance: Time) -> None:
    # R-PURCHASE-06
    scenario = Scenario(buy(), do(ScheduleChange, "2025-03-01T09:00:00Z", plan=ANNUAL))
    scenario.given(advance("2026-01-14T23:59:59Z"))
    assert scenario.subscription().plan is MONTHLY
    scenario.given(advance("2026-01-15T00:00:00Z"))
    assert scenario.subscription().plan is ANNUAL


# R-PURCHASE-07


@pytest.mark.parametrize(
    ("offer", "seats"), [("business-standard", 1), ("business-standard", 300), ("five-seats", 5), ("e3", 100_000)]
)
def test_a_number_of_seats_at_the_edge_of_the_offers_range_can_be_bought(buy: Buy, offer: str, seats: int) -> None:
    # R-PURCHASE-07
    assert Scenario(buy(offer_id=offer, seats=seats)).subscription().seats == seats


@pytest.mark.parametrize(("offer", "seats"), [("business-standard", 301), ("five-seats", 4)])
def test_a_number_of_seats_outside_the_offers_range_is_refused(buy: Buy, offer: str, seats: int) -> None:
    # R-PURCHASE-07, D-22
    refusal = Scenario().when(buy(offer_id=offer, seats=seats)).refused("quantity-out-of-range", "R-PURCHASE-07")
    assert {"2002", "900275"} <= set(refusal.reason.microsoft)


def test_an_offer_that_is_sold_by_the_seat_needs_a_number_of_seats(buy: Buy) -> None:
    # R-PURCHASE-07
    without = buy(seats=None, term=None, plan=None)
    Scenario().when(without).refused("quantity-out-of-range", "R-PURCHASE-07")


@pytest.mark.parametrize("seats", [0, -1])
def test_no_seats_at_all_is_nonsense(buy: Buy, seats: int) -> None:
    # R-PURCHASE-07, R-SEATS-11
    with pytest.raises(ValueError, match="seats"):
        buy(seats=seats)


# R-PURCHASE-10


@pytest.fixture
def dated() -> Catalog:
    """One offer whose price rises on 1 February 2025 and again on the day on which the example year renews."""
    rises = (("10.00", None), ("11.00", date(2025, 2, 1)), ("12.00", date(2026, 1, 15)))
    prices = tuple(
        Price(term=YEAR, plan=MONTHLY, amount=Decimal(amount), currency="EUR", since=since) for amount, since in rises
    )
    return catalog_of((Offer(offer_id="dated", name="Dated", commerce=Commerce.NEW_COMMERCE, prices=prices),))


@pytest.mark.parametrize(
    ("bought_at", "price"),
    [
        ("2025-01-31T23:59:59.999999Z", "10.00"),
        ("2025-02-01T00:00:00Z", "11.00"),
        ("2026-01-14T12:00:00Z", "11.00"),
        ("2026-01-15T00:00:00Z", "12.00"),
    ],
)
def test_the_newest_price_that_is_not_after_the_day_counts(
    buy: Buy, dated: Catalog, bought_at: str, price: str
) -> None:
    # R-PURCHASE-10
    scenario = Scenario(buy(bought_at, offer_id="dated"), catalog=dated)
    assert scenario.subscription().unit_price == Decimal(price)


def test_the_price_is_fixed_for_the_term_and_new_at_the_renewal(
    buy: Buy, do: Do, advance: Time, dated: Catalog
) -> None:
    # R-PURCHASE-10, R-RENEW-05, D-10: seats added later cost what the term's first day said
    scenario = Scenario(
        buy(offer_id="dated"),
        do(AddSeats, "2025-06-01T09:00:00Z", seats=5),
        advance("2026-01-14T23:59:59Z"),
        catalog=dated,
    )
    assert scenario.subscription().unit_price == Decimal("10.00")
    (renewed,) = scenario.when(advance("2026-01-15T00:00:00Z")).recorded
    assert isinstance(renewed, Renewed)
    assert renewed.unit_price == Decimal("12.00")


def test_a_changed_catalog_changes_no_running_term(buy: Buy, dated: Catalog) -> None:
    # R-PURCHASE-10
    scenario = Scenario(buy(offer_id="dated", seats=1), catalog=dated)
    later = Scenario(catalog=catalog_of(()), store=scenario.store)
    assert later.subscription() == scenario.subscription()


def test_terms_without_a_price_are_not_offered(buy: Buy, dated: Catalog) -> None:
    # R-PURCHASE-10
    Scenario(catalog=dated).when(buy(offer_id="dated", plan=ANNUAL)).refused("plan-not-offered", "R-PURCHASE-10")


def test_a_price_that_begins_tomorrow_is_not_offered_today(buy: Buy) -> None:
    # R-PURCHASE-10
    price = Price(term=YEAR, plan=MONTHLY, amount=Decimal(1), currency="EUR", since=date(2025, 1, 16))
    offer = Offer(offer_id="soon", name="Soon", commerce=Commerce.NEW_COMMERCE, prices=(price,))
    scenario = Scenario(catalog=catalog_of((offer,)))
    scenario.when(buy("2025-01-15T23:59:59Z", offer_id="soon")).refused("plan-not-offered", "R-PURCHASE-10")
    scenario.given(buy("2025-01-16T00:00:00Z", offer_id="soon"))


def test_an_offer_with_several_currencies_is_sold_and_renewed_in_the_billing_currency(
    buy: Buy, advance: Time, shown: Shown
) -> None:
    # R-MARKET-05
    scenario = Scenario(buy(offer_id="worldwide", billing_currency="USD", term=MONTH))
    assert shown(scenario)["currency"] == "USD"
    scenario.given(advance("2025-02-15T00:00:00Z"))
    assert shown(scenario)["currency"] == "USD"


# R-PURCHASE-11


def test_a_purchase_can_end_with_a_calendar_month(buy: Buy, day: Day) -> None:
    """R-PURCHASE-11: the first term and its first cycle are shorter then (the figures of TV-COTERM-02)."""
    scenario = Scenario(buy(align=Alignment.CALENDAR_MONTH))
    bought = scenario.subscription()
    assert bought.term is not None
    assert (bought.term.starts_on, bought.term.ends_on) == (day("2025-01-15"), day("2025-12-31"))
    assert bought.charge_cycle == Cycle(starts_on=day("2025-01-15"), ends_on=day("2025-01-31"))


def test_an_end_is_chosen_in_one_way_only(buy: Buy, day: Day) -> None:
    # R-PURCHASE-11
    with pytest.raises(ValueError, match="align"):
        buy(align=Alignment.CALENDAR_MONTH, ends_on=day("2025-12-31"))


# R-PURCHASE-15


def test_after_its_1200th_update_a_subscription_takes_no_more(buy: Buy, do: Do, advance: Time, shown: Shown) -> None:
    """R-PURCHASE-15: every further update fails; time goes on."""
    noon = "2025-01-15T12:00:00Z"
    scenario = Scenario(buy(), *(do(Rename, noon, friendly_name=f"name {n}") for n in range(1199)))
    scenario.given(do(AddSeats, noon, seats=1))
    for update in (do(AddSeats, noon, seats=1), do(Rename, noon, friendly_name="last")):
        refusal = scenario.when(update).refused("too-many-updates", "R-PURCHASE-15")
        assert refusal.reason.microsoft == ("900311",)
    scenario.given(advance("2026-01-15T00:00:00Z"))
    assert shown(scenario)["term"] == {"length": "P1Y", "starts_at": "2026-01-15T00:00:00Z", "ends_on": "2027-01-14"}
