"""R-ADDON in new commerce: an add-on needs a base, and may end when any other subscription does."""

from collections.abc import Callable
from datetime import date

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    Advance,
    Cancel,
    Command,
    Purchase,
    StartTrial,
    Suspend,
    TurnOffAutoRenew,
)
from csp_lifecycle.vocabulary.subscription import Status

Buy = Callable[..., Purchase]
Do = Callable[..., Command]
Time = Callable[..., Advance]
Day = Callable[[str], date]

ANNUAL = Plan.ANNUAL
FEB_1 = "2025-02-01T09:00:00Z"


@pytest.fixture
def add_on(buy: Buy) -> Callable[..., Purchase]:
    """Visio for a year, bought as `a-1` a day after the base."""

    def bought(at: str = "2025-01-16T10:00:00Z", **changes: object) -> Purchase:
        return buy(at, **{"subscription_id": "a-1", "offer_id": "visio", "seats": 2, "plan": ANNUAL} | changes)

    return bought


# A base is needed: R-ADDON-05


def test_an_add_on_is_bought_from_the_catalog_with_a_term_of_its_own(buy: Buy, add_on: Buy, day: Day) -> None:
    """R-ADDON-05."""
    scenario = Scenario(buy(plan=ANNUAL), add_on("2025-03-01T10:00:00Z", term=TermLength.MONTH, plan=Plan.MONTHLY))
    bought = scenario.subscription("a-1")
    assert bought.term is not None
    assert (bought.status, bought.base_subscription_id) == (Status.ACTIVE, None)
    assert (bought.term.starts_on, bought.term.ends_on) == (day("2025-03-01"), day("2025-03-31"))


@pytest.mark.parametrize("base_offer", ["business-standard", "e3"])
def test_any_compatible_base_of_the_customer_will_do(buy: Buy, add_on: Buy, base_offer: str) -> None:
    # R-ADDON-05
    Scenario(buy(offer_id=base_offer), add_on())


def _no_base(buy: Buy, do: Do) -> dict[str, tuple[Command, ...]]:
    trial = do(StartTrial, "2025-01-15T10:00:00Z", customer_id="contoso", offer_id="business-standard-trial")
    return {
        "none": (),
        "of another offer": (buy(offer_id="e5"),),
        "of another customer": (buy(customer_id="fabrikam"),),
        "suspended": (buy(), do(Suspend, "2025-01-16T09:00:00Z")),
        "canceled": (buy(), do(Cancel, "2025-01-16T09:00:00Z")),
        "a trial": (trial,),
        "another add-on": (buy(), buy(subscription_id="s-2", offer_id="visio"), do(Cancel, "2025-01-16T09:00:00Z")),
    }


@pytest.mark.parametrize(
    "held", ["none", "of another offer", "of another customer", "suspended", "canceled", "a trial", "another add-on"]
)
def test_without_a_compatible_active_base_an_add_on_is_refused(buy: Buy, do: Do, add_on: Buy, held: str) -> None:
    # R-ADDON-05, D-05
    scenario = Scenario(*_no_base(buy, do)[held])
    refusal = scenario.when(add_on()).refused("add-on-without-base", "R-ADDON-05")
    assert refusal.reason.microsoft == ("400041",)


def test_a_base_that_has_lapsed_is_none_whoever_took_the_time(buy: Buy, do: Do, add_on: Buy, advance: Time) -> None:
    # R-ADDON-05, INV-28
    lapsed = (buy(term=TermLength.MONTH), do(TurnOffAutoRenew, FEB_1))
    late = add_on("2025-02-15T00:00:00Z")
    Scenario(*lapsed).when(late).refused("add-on-without-base")
    Scenario(*lapsed, advance("2025-02-15T00:00:00Z")).when(late).refused("add-on-without-base")
    Scenario(*lapsed, add_on("2025-02-14T23:59:59.999999Z"))


def test_a_named_base_must_be_active(buy: Buy, do: Do, add_on: Buy) -> None:
    # D-05
    scenario = Scenario(buy(), do(Suspend, "2025-01-16T09:00:00Z"))
    scenario.when(add_on(base_subscription_id="s-1")).refused("base-not-active")


def test_a_named_base_must_exist(buy: Buy, add_on: Buy) -> None:
    # D-05
    Scenario(buy()).when(add_on(base_subscription_id="s-9")).refused("subscription-not-found")


@pytest.mark.parametrize("changes", [{"offer_id": "e5"}, {"customer_id": "fabrikam"}])
def test_a_named_base_must_be_one_that_the_add_on_fits(buy: Buy, add_on: Buy, changes: dict[str, str]) -> None:
    # D-05
    refusal = Scenario(buy(**changes)).when(add_on(base_subscription_id="s-1")).refused("add-on-parent-mismatch")
    assert refusal.reason.microsoft == ("800029",)


def test_a_base_whose_renewal_is_in_flight_takes_add_ons(buy: Buy, add_on: Buy, advance: Time) -> None:
    # D-05
    scenario = Scenario(buy(), advance("2026-01-15T00:00:00Z", complete=False))
    scenario.given(add_on("2026-01-15T09:00:00Z", base_subscription_id="s-1"))
    assert scenario.subscription("a-1").base_subscription_id == "s-1"


# Ending together: R-ADDON-07


@pytest.mark.parametrize("other_offer", ["business-standard", "e5"])
def test_an_add_on_may_end_with_any_subscription_of_the_customer(
    buy: Buy, add_on: Buy, day: Day, other_offer: str
) -> None:
    """R-ADDON-07."""
    base, other = buy(), buy("2025-01-01T10:00:00Z", subscription_id="s-2", offer_id=other_offer, plan=ANNUAL)
    scenario = Scenario(other, base, add_on(align="s-2"))
    term = scenario.subscription("a-1").term
    assert term is not None
    assert term.ends_on == day("2025-12-31")


def test_any_subscription_may_end_with_an_add_on(buy: Buy, add_on: Buy, day: Day) -> None:
    """R-ADDON-07."""
    scenario = Scenario(
        buy(plan=ANNUAL), add_on(), buy("2025-03-01T10:00:00Z", subscription_id="s-2", offer_id="e5", align="a-1")
    )
    term = scenario.subscription("s-2").term
    assert term is not None
    assert term.ends_on == day("2026-01-15")
