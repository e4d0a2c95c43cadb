"""What legacy, marketplace, Dynamics direct and usage subscriptions are charged, and readings of the rounding."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.catalog import Catalog, Offer, Price, catalog_of
from csp_lifecycle.vocabulary.commands import (
    Activate,
    Actor,
    AddSeats,
    Cancel,
    ChangeTerm,
    ExtendTrial,
    Migrate,
    Reactivate,
    RemoveSeats,
    StartTrial,
    Suspend,
)
from csp_lifecycle.vocabulary.subscription import Commerce

Said = Callable[..., Any]

YEAR: dict[str, Any] = {"term": TermLength.YEAR, "seats": 1}
ANNUAL: dict[str, Any] = {**YEAR, "plan": Plan.ANNUAL}


def priced(term: TermLength = TermLength.YEAR, **plans: str) -> tuple[Price, ...]:
    return tuple(
        Price(term=term, plan=Plan(plan), amount=Decimal(amount), currency="USD") for plan, amount in plans.items()
    )


def legacy(monthly: str = "4.00", annual: str = "48.00", to: str = "4.00") -> Catalog:
    """`a` at these prices, its add-on at half of them, and `n`, the new commerce offer it migrates to."""
    return catalog_of(
        (
            Offer(offer_id="a", name="A", commerce=Commerce.LEGACY, prices=priced(monthly=monthly, annual=annual)),
            Offer(
                offer_id="add-on",
                name="Add-on",
                commerce=Commerce.LEGACY,
                prices=priced(monthly="2.00"),
                add_on_to=("a",),
            ),
            Offer(offer_id="n", name="N", commerce=Commerce.NEW_COMMERCE, prices=priced(monthly=to)),
        )
    )


SAAS = catalog_of(
    Offer(
        offer_id=name,
        name=name,
        commerce=Commerce.MARKETPLACE_SAAS,
        prices=priced(TermLength.MONTH, monthly="10"),
        free_trial=name == "free",
    )
    for name in ("a", "free")
)


def test_legacy_is_charged_a_whole_cycle_from_the_purchase(buy: Said, advance: Said, file: Said) -> None:  # TV-LEG-01
    assert file(legacy(), buy("2018-01-13", **YEAR), advance("2018-02-15")) == [
        ("newPurchaseCycleFee", "2018-01-13", "2018-02-12", "4.00", 1, "4.00"),
        ("cycleFee", "2018-02-13", "2018-03-12", "4.00", 1, "4.00"),
    ]


def test_a_legacy_seat_change_bills_the_cycle_again(buy: Said, do: Said, advance: Said, file: Said) -> None:
    # TV-LEG-02, R-PRORATE-10
    added = do(AddSeats, "2018-02-01", seats=1)
    assert file(legacy(), buy("2018-01-13", **YEAR), added, advance("2018-02-15"))[1:] == [
        ("cycleInstanceProrate", "2018-01-13", "2018-02-12", "-4.00", 1, "-4.00"),
        ("cycleInstanceProrate", "2018-01-13", "2018-01-31", "2.45161290322581", 1, "2.45"),
        ("cycleInstanceProrate", "2018-02-01", "2018-02-12", "1.54838709677419", 2, "3.10"),
        ("cycleFee", "2018-02-13", "2018-03-12", "4.00", 2, "8.00"),
    ]


def test_a_second_change_bills_what_was_billed_again(buy: Said, do: Said, file: Said) -> None:  # R-PRORATE-10
    changes = (do(AddSeats, "2018-02-01", seats=1), do(RemoveSeats, "2018-02-05", seats=1))
    assert [line[1:3] + line[4:] for line in file(legacy(), buy("2018-01-13", **YEAR), *changes)[4:]] == [
        ("2018-01-13", "2018-01-31", 1, "-2.45"),
        ("2018-02-01", "2018-02-12", 2, "-3.10"),
        ("2018-01-13", "2018-01-31", 1, "2.45"),
        ("2018-02-01", "2018-02-04", 2, "1.03"),
        ("2018-02-05", "2018-02-12", 1, "1.03"),
    ]


def test_seats_that_are_taken_back_at_once_leave_the_line_there_was(buy: Said, do: Said, file: Said) -> None:
    # INV-21, R-PRORATE-10
    changes = (do(AddSeats, "2018-01-28", seats=1), do(RemoveSeats, "2018-01-28", seats=1))
    assert [line[1:3] + line[4:] for line in file(legacy("1.01"), buy("2018-01-13", **YEAR), *changes)] == [
        ("2018-01-13", "2018-02-12", 1, "1.01"),
        ("2018-01-13", "2018-02-12", 1, "-1.01"),
        ("2018-01-13", "2018-01-27", 1, "0.49"),
        ("2018-01-28", "2018-02-12", 2, "1.04"),
        ("2018-01-13", "2018-01-27", 1, "-0.49"),
        ("2018-01-28", "2018-02-12", 2, "-1.04"),
        ("2018-01-13", "2018-02-12", 1, "1.01"),
    ]


def test_a_legacy_year_is_charged_at_once(buy: Said, file: Said) -> None:  # TV-LEG-05
    assert file(legacy(), buy("2018-01-13", **ANNUAL)) == [
        ("newPurchaseCycleFee", "2018-01-13", "2019-01-12", "48.00", 1, "48.00")
    ]


def test_a_suspension_in_the_first_month_gives_everything_back(buy: Said, do: Said, file: Said) -> None:  # TV-LEG-07
    assert file(legacy(), buy("2018-01-13", **ANNUAL), do(Suspend, "2018-02-01"))[1:] == [
        ("cancelFee", "2018-01-13", "2019-01-12", "-48.00", 1, "-48.00")
    ]


def test_a_later_suspension_gives_the_rest_back(buy: Said, do: Said, file: Said) -> None:  # R-CANCEL-09, AMB-38
    suspended = (do(Suspend, "2018-03-01"), do(Suspend, "2018-03-02", reason="fraud"))
    assert file(legacy(), buy("2018-01-13", **ANNUAL), *suspended)[1:] == [
        ("cancelFee", "2018-03-01", "2019-01-12", "-41.8191780821918", 1, "-41.82")
    ]


def test_a_legacy_reactivation_is_charged_from_its_day(
    buy: Said, do: Said, advance: Said, file: Said
) -> None:  # R-CANCEL-09: no charges while it is suspended
    commands = (do(Suspend, "2018-02-20"), advance("2018-03-20"), do(Reactivate, "2018-04-01"), advance("2018-04-13"))
    assert file(legacy(), buy("2018-01-13", **YEAR), *commands)[2:] == [
        ("cancelFee", "2018-02-20", "2018-03-12", "-3.00", 1, "-3.00"),
        ("prorateFeesWhenPurchase", "2018-04-01", "2018-04-12", "1.54838709677419", 1, "1.55"),
        ("cycleFee", "2018-04-13", "2018-05-12", "4.00", 1, "4.00"),
    ]


def test_a_year_that_was_given_back_is_charged_again_from_the_reactivation(buy: Said, do: Said, file: Said) -> None:
    # R-CANCEL-09: suspended and reactivated inside one cycle
    commands = (do(Suspend, "2018-02-01"), do(Reactivate, "2018-03-01"))
    assert file(legacy(), buy("2018-01-13", **ANNUAL), *commands)[1:] == [
        ("cancelFee", "2018-01-13", "2019-01-12", "-48.00", 1, "-48.00"),
        ("prorateFeesWhenPurchase", "2018-03-01", "2019-01-12", "41.8191780821918", 1, "41.82"),
    ]


@pytest.mark.parametrize("day", ["2018-01-13T11:00:00Z", "2018-01-31", "2018-02-12T23:59:59Z"])
def test_a_legacy_cancellation_in_the_first_month_refunds_what_was_charged(
    day: str, buy: Said, do: Said, lines: Said
) -> None:  # INV-29, R-CANCEL-08
    commands = (buy("2018-01-13", **YEAR), do(AddSeats, "2018-01-13T10:30:00Z", seats=4), do(Cancel, day))
    assert sum(line.amount for line in lines(Scenario(*commands, catalog=legacy()))) == 0


def test_a_later_legacy_cancellation_refunds_the_unused_days(buy: Said, do: Said, file: Said) -> None:  # R-CANCEL-08
    assert file(legacy(), buy("2018-01-13", **YEAR), do(Cancel, "2018-03-01"))[2:] == [
        ("cancelFee", "2018-03-01", "2018-03-12", "-1.71428571428571", 1, "-1.71")
    ]


def test_an_add_on_pays_the_rest_of_its_base_s_cycle(buy: Said, do: Said, file: Said) -> None:  # R-ADDON-04, D-18
    add_on = buy("2018-01-20", **YEAR, offer_id="add-on", subscription_id="s-2", base_subscription_id="s-1")
    assert file(legacy(), buy("2018-01-13", **YEAR), add_on, do(Cancel, "2018-02-20"))[1::2] == [
        ("newPurchaseCycleFee", "2018-01-20", "2018-02-12", "1.54838709677419", 1, "1.55"),
        ("cycleFee", "2018-02-13", "2018-03-12", "2.00", 1, "2.00"),
        ("cancelFee", "2018-02-20", "2018-03-12", "-1.50", 1, "-1.50"),
    ]


def test_what_a_base_takes_along_is_one_decision(buy: Said, do: Said, lines: Said) -> None:  # R-CANCEL-06
    add_on = buy("2018-01-20", **YEAR, offer_id="add-on", subscription_id="s-2", base_subscription_id="s-1")
    canceled = do(Cancel, "2018-02-20", command_id="canceled")
    scenario = Scenario(buy("2018-01-13", **YEAR), add_on, canceled, catalog=legacy())
    assert [line.reference_id for line in lines(scenario)[-2:]] == ["canceled", "canceled"]


def test_another_legacy_plan_converts_the_rest(buy: Said, do: Said, file: Said) -> None:  # R-BILL-16, D-15
    changed = do(ChangeTerm, "2018-02-20", term=TermLength.YEAR, plan=Plan.ANNUAL)
    assert file(legacy(), buy("2018-01-13", **YEAR), changed)[2:] == [
        ("prorateFeesWhenConvertAway", "2018-02-20", "2018-03-12", "-3.00", 1, "-3.00"),
        ("prorateFeesWhenConvertTo", "2018-02-20", "2019-02-19", "48.00", 1, "48.00"),
    ]


def test_a_migration_credits_the_legacy_side_and_charges_the_new_one(buy: Said, do: Said, file: Said) -> None:
    # TV-LEG-14, R-MIGRATE-06
    migrated = do(Migrate, "2022-01-25", new_subscription_id="s-2", offer_id="n")
    assert file(legacy("16", "192", to="16"), buy("2021-12-21", **YEAR), migrated)[2:] == [
        ("cancelFee", "2022-01-25", "2022-02-20", "-13.93", 1, "-13.93"),
        ("new", "2022-01-25", "2022-02-20", "13.93", 1, "13.93"),
    ]


def test_a_marketplace_offer_is_charged_when_it_is_activated(buy: Said, do: Said, file: Said) -> None:
    # R-PURCHASE-13, TV-CANCEL-12
    activated = do(Activate, "2019-06-10", actor=Actor.PUBLISHER)
    assert file(SAAS, buy("2019-06-10", seats=1)) == []
    assert file(SAAS, buy("2019-06-10", seats=1), activated, do(Cancel, "2019-06-10T23:00:00Z")) == [
        ("new", "2019-06-10", "2019-07-09", "10.00", 1, "10.00"),
        ("cancelImmediate", "2019-06-10", "2019-07-09", "-10.00", 1, "-10.00"),
    ]


def test_a_canceled_order_was_never_charged(buy: Said, do: Said, file: Said) -> None:  # D-04
    assert file(SAAS, buy("2019-06-10", seats=1), do(Cancel, "2019-06-10T23:00:00Z")) == []


def test_a_canceled_free_trial_stands_on_the_file_at_nothing(buy: Said, do: Said, file: Said) -> None:  # TV-CANCEL-13
    activated = do(Activate, "2019-06-10", actor=Actor.PUBLISHER)
    assert file(SAAS, buy("2019-06-10", seats=11, offer_id="free"), activated, do(Cancel, "2019-06-10T23:00:00Z")) == [
        ("new", "2019-06-10", "2019-07-09", "0.00", 11, "0.00"),
        ("cancelImmediate", "2019-06-10", "2019-07-09", "0.00", 11, "0.00"),
    ]


def test_removed_marketplace_seats_are_not_refunded(buy: Said, do: Said, file: Said) -> None:  # D-04
    activated = do(Activate, "2019-06-10", actor=Actor.PUBLISHER)
    assert len(file(SAAS, buy("2019-06-10", seats=5), activated, do(RemoveSeats, "2019-06-20", seats=2))) == 1


def test_a_cycle_that_was_paid_is_not_charged_again_after_a_suspension(
    buy: Said, do: Said, advance: Said, file: Said
) -> None:  # R-SUSP-15
    activated = do(Activate, "2019-06-10", actor=Actor.PUBLISHER)
    unpaid = (do(Suspend, "2019-07-01", actor=Actor.MICROSOFT), do(Reactivate, "2019-07-03", actor=Actor.MICROSOFT))
    assert file(SAAS, buy("2019-06-10", seats=5), activated, *unpaid, advance("2019-07-10"))[1:] == [
        ("renew", "2019-07-10", "2019-08-09", "10.00", 5, "50.00")
    ]


def test_a_longer_dynamics_trial_stands_on_the_file_at_nothing(do: Said, file: Said) -> None:  # TV-TRIAL-08
    dynamics = catalog_of(
        (
            Offer(offer_id="a", name="A", commerce=Commerce.DYNAMICS_DIRECT, prices=priced(monthly="10")),
            Offer(offer_id="trial", name="Trial", commerce=Commerce.DYNAMICS_DIRECT, trial=True, converts_to="a"),
        )
    )
    trial = do(StartTrial, "2019-06-10", customer_id="contoso", offer_id="trial")
    assert file(dynamics, trial, do(ExtendTrial, "2019-06-20", card_on_file=True))[1:] == [
        ("extendTerm", "2019-07-10", "2019-08-08", "0.00", 25, "0.00")
    ]


def test_a_reactivated_dynamics_account_is_charged_for_a_new_term(
    buy: Said, do: Said, advance: Said, file: Said
) -> None:  # AMB-67; its cancellation refunds nothing (R-CANCEL-15)
    dynamics = catalog_of(
        (Offer(offer_id="a", name="A", commerce=Commerce.DYNAMICS_DIRECT, prices=priced(monthly="10")),)
    )
    ended = (do(Cancel, "2019-06-20", actor=Actor.SUPPORT), advance("2019-07-15"))
    assert file(dynamics, buy("2019-06-10", **YEAR), *ended, do(Reactivate, "2019-08-01", actor=Actor.SUPPORT)) == [
        ("new", "2019-06-10", "2019-07-09", "10.00", 1, "10.00"),
        ("new", "2019-08-01", "2019-08-31", "10.00", 1, "10.00"),
    ]


def test_a_usage_subscription_has_no_lines_of_its_own(buy: Said, do: Said, file: Said) -> None:  # R-USAGE-06
    metered = catalog_of((Offer(offer_id="a", name="A", commerce=Commerce.USAGE),))
    bought = buy("2019-06-10", seats=None, term=None, plan=None)
    commands = (do(Suspend, "2019-06-12"), do(Reactivate, "2019-06-13"), do(Cancel, "2019-06-20"))
    assert file(metered, bought, *commands) == []


@pytest.mark.parametrize(
    ("reading", "figures"),
    [
        ("unit-down", ["-94.00", "112.80"]),
        ("total-down", ["-94.08", "112.89"]),
        ("unit-half-up", ["-94.10", "112.92"]),
        ("total-half-up", ["-94.08", "112.90"]),
        ("start-month-days", ["-94.08", "112.89"]),
    ],
)
def test_a_policy_may_round_every_line_in_one_mode(
    reading: str, figures: list[str], sold: Said, buy: Said, do: Said, lines: Said
) -> None:  # AMB-37; the prose of TV-SEAT-01 has 94 and 112.8
    named = f"new-commerce.{reading}"
    commands = (buy("2021-06-18", policy=named), do(AddSeats, "2021-06-20", seats=2))
    assert [str(line.amount) for line in lines(Scenario(*commands, catalog=sold()))[1:]] == figures
