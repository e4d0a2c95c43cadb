"""Published charge cycles: their days, and that each of them costs the whole price."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from csp_lifecycle.billing.invoices import lines_of, period_of
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import DAY, Plan, TermLength
from csp_lifecycle.vocabulary.account import Account, Program
from csp_lifecycle.vocabulary.catalog import Offer, Price, catalog_of
from csp_lifecycle.vocabulary.commands import Advance, Cancel, Transfer, Upgrade
from csp_lifecycle.vocabulary.subscription import Commerce

Said = Callable[..., Any]

# Where the twelve cycles of a year begin: counted from the 31st, and from the 30th at its distance from the end.
FROM_THE_31ST = "01-31 02-28 03-31 04-30 05-31 06-30 07-31 08-31 09-30 10-31 11-30 12-31"
FROM_THE_30TH = "01-30 02-27 03-30 04-29 05-30 06-29 07-30 08-30 09-29 10-30 11-29 12-30"


@pytest.mark.parametrize(
    ("bought", "ends", "renews"),
    [
        ("2021-01-31", "2021-02-27", "2021-02-28"),  # TV-TIME-01
        ("2021-02-28", "2021-03-27", "2021-03-28"),  # TV-TIME-02
        ("2021-05-31", "2021-06-29", "2021-06-30"),  # TV-TIME-03
        ("2021-01-30", "2021-02-27", "2021-02-28"),  # TV-TIME-06
        ("2021-02-27", "2021-03-26", "2021-03-27"),  # TV-TIME-07
    ],
)
def test_a_month_is_charged_to_the_day_before_it_renews(  # R-CHARGE-05
    bought: str, ends: str, renews: str, sold: Said, buy: Said, at: Said, lines: Said
) -> None:
    new, renewal = lines(Scenario(buy(bought), Advance(to=at(renews)), catalog=sold()))
    assert (new.charge_type.value, new.starts_on, new.ends_on) == (
        "new",
        date.fromisoformat(bought),
        date.fromisoformat(ends),
    )
    assert (renewal.charge_type.value, renewal.starts_on) == ("renew", date.fromisoformat(renews))
    assert str(new.amount) == str(renewal.amount) == "100.80"


@pytest.mark.parametrize(
    ("policy", "starts", "ends"),
    [
        ("new-commerce", FROM_THE_31ST, "2022-01-30"),  # TV-TIME-11
        ("new-commerce.month-end-distance", FROM_THE_30TH, "2022-01-29"),  # TV-TIME-12, AMB-01: only in this reading
    ],
)
def test_a_year_of_printed_cycles_is_one_new_charge_and_eleven_that_follow(  # R-CHARGE-07
    policy: str, starts: str, ends: str, sold: Said, buy: Said, at: Said, lines: Said
) -> None:
    days = [date.fromisoformat(f"2021-{day}") for day in starts.split()]
    bought = buy(days[0].isoformat(), term=TermLength.YEAR, policy=policy)
    charged = lines(Scenario(bought, Advance(to=at(days[-1].isoformat())), catalog=sold()))
    assert [line.charge_type.value for line in charged] == ["new"] + ["cycleCharge"] * 11
    assert [line.starts_on for line in charged] == days
    assert [line.ends_on.toordinal() + 1 for line in charged[:-1]] == [day.toordinal() for day in days[1:]]
    assert charged[-1].ends_on == date.fromisoformat(ends)
    assert {str(line.amount) for line in charged} == {"100.80"}


def test_a_transfer_may_leave_its_day_to_the_source(
    sold: Said, buy: Said, do: Said, lines: Said, short: Said
) -> None:  # TV-INV-15, AMB-33: only in this reading
    bought = buy("2024-07-12", term=TermLength.YEAR, policy="new-commerce.transfer-the-day-after")
    transferred = do(Transfer, "2024-10-20", new_subscription_id="s-2", partner_id="adatum")
    scenario = Scenario(bought, transferred, catalog=sold())
    credit, charge = short(lines(scenario))[-2:]
    assert credit[:3] == ("cancelImmediate", "2024-10-21", "2024-11-11")
    assert charge[:3] == ("new", "2024-10-21", "2024-11-11")
    term = scenario.subscription("s-2").term
    assert term is not None
    assert (term.starts_on, term.ends_on) == (date(2024, 10, 21), date(2025, 7, 11))


def test_legacy_charges_come_with_the_first_billing_day_behind_their_order(
    buy: Said, advance: Said, lines: Said
) -> None:  # TV-LEG-01, R-CHARGE-01, R-CHARGE-06: billing day 15
    price = Price(term=TermLength.YEAR, plan=Plan.MONTHLY, amount=Decimal(4), currency="USD")
    legacy = catalog_of((Offer(offer_id="a", name="A", commerce=Commerce.LEGACY, prices=(price,)),))
    bought = buy("2018-01-13", term=TermLength.YEAR, seats=1)
    charged = lines(Scenario(bought, advance("2018-02-15"), catalog=legacy))
    billed = [period_of(Program.LEGACY, line.at.date(), 15).ends_on + DAY for line in charged]
    assert [day.isoformat() for day in billed] == ["2018-01-15", "2018-02-15"]
    assert [str(line.amount) for line in charged] == ["4.00", "4.00"]


def test_both_sides_of_an_upgrade_are_one_decision_on_one_subscription(
    sold: Said, buy: Said, do: Said, lines: Said
) -> None:  # TV-UPG-01
    upgraded = do(Upgrade, "2021-06-25", offer_id="b", seats=300)
    _, credit, charge = lines(Scenario(buy("2021-06-18", seats=300), upgraded, catalog=sold()))
    assert credit.reference_id == charge.reference_id
    assert (credit.subscription_id, charge.subscription_id) == ("s-1", "s-1")
    assert (credit.offer_id, charge.offer_id) == ("a", "b")


def test_a_credit_stands_on_the_invoice_of_the_month_it_is_given_in(
    sold: Said, buy: Said, do: Said, lines: Said
) -> None:  # R-CHARGE-09, R-CHARGE-06
    charged = lines(Scenario(buy("2021-06-28"), do(Cancel, "2021-07-02"), catalog=sold()))
    at = datetime(2021, 8, 1, tzinfo=UTC)
    account = Account(
        account_id="a-1", program=Program.NEW_COMMERCE, currency="EUR", anniversary_day=1, version=1, as_of=at
    )
    june, july = (lines_of(account, period_of(account.program, date(2021, month, 1)), charged, at) for month in (6, 7))
    assert [line.charge_type.value for line in (*june, *july)] == ["new", "cancelImmediate"]
    assert (len(june), len(july)) == (1, 1)
