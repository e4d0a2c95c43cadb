"""R-ATTEST and R-CUSTOMER: who may buy, through whom, and how often."""

from collections.abc import Callable

import attrs
import pytest

from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.new_commerce import NEW_COMMERCE
from csp_lifecycle.testing import Scenario, example_catalog
from csp_lifecycle.values.calendar import TermLength
from csp_lifecycle.vocabulary.catalog import Offer, catalog_of
from csp_lifecycle.vocabulary.commands import (
    Advance,
    Cancel,
    Command,
    CompleteRenewal,
    Purchase,
    Suspend,
    TurnOffAutoRenew,
    Upgrade,
)
from csp_lifecycle.vocabulary.events import Purchased
from csp_lifecycle.vocabulary.subscription import Commerce

Buy = Callable[..., Purchase]
Do = Callable[..., Command]
Time = Callable[..., Advance]
Names = Callable[..., tuple[str, ...]]

FIVE = ("r-1", "r-2", "r-3", "r-4", "r-5")
MONTH = TermLength.MONTH

# Attestation: R-ATTEST-01


def test_an_offer_that_demands_attestation_is_not_sold_without_it(buy: Buy, names: Names) -> None:
    """R-ATTEST-01, TV-PUR-01."""
    scenario = Scenario()
    refusal = scenario.when(buy(offer_id="attested")).refused("attestation-missing", "R-ATTEST-01")
    assert "900206" in refusal.reason.microsoft
    assert names(scenario) == ()


@pytest.mark.parametrize("resellers", [(), ("r-1",)])
def test_an_attested_purchase_is_recorded_as_such(buy: Buy, resellers: tuple[str, ...]) -> None:
    # R-ATTEST-01: as a direct partner without a reseller, as an indirect one with it
    (bought,) = Scenario().when(buy(offer_id="attested", attested=True, resellers=resellers)).recorded
    assert isinstance(bought, Purchased)
    assert (bought.attested, bought.resellers) == (True, resellers)


@pytest.mark.parametrize("attested", [True, False])
def test_other_offers_demand_no_attestation(buy: Buy, *, attested: bool) -> None:
    # D-08
    (bought,) = Scenario().when(buy(attested=attested)).recorded
    assert isinstance(bought, Purchased)
    assert bought.attested is attested


# Resellers: R-ATTEST-02, R-ATTEST-03, R-ATTEST-06


def test_five_resellers_are_recorded_in_their_order_the_initial_one_first(buy: Buy) -> None:
    """R-ATTEST-02, R-ATTEST-03, D-08, TV-PUR-02."""
    for named in (FIVE, tuple(reversed(FIVE))):
        (bought,) = Scenario().when(buy(resellers=named)).recorded
        assert isinstance(bought, Purchased)
        assert bought.resellers == named


def test_six_resellers_are_too_many(buy: Buy) -> None:
    """R-ATTEST-03, TV-PUR-02."""
    refusal = Scenario().when(buy(resellers=(*FIVE, "r-6"))).refused("reseller-invalid", "R-ATTEST-03")
    assert "800016" in refusal.reason.microsoft


def test_by_the_other_reading_five_stand_beside_the_initial_one(buy: Buy) -> None:
    # AMB-43
    six = attrs.evolve(NEW_COMMERCE, id="six", max_resellers=6)
    scenario = Scenario(buy(resellers=(*FIVE, "r-6"), policy="six"), policies={**POLICIES, "six": six})
    scenario.when(buy(subscription_id="s-2", resellers=(*FIVE, "r-6", "r-7"), policy="six")).refused("reseller-invalid")


@pytest.mark.parametrize("named", [("r-1", "r-1"), ("r-1", "r-2", "r-1"), ("r-1", "r-2", "r-2")])
def test_a_reseller_is_named_only_once(buy: Buy, named: tuple[str, ...]) -> None:
    # R-ATTEST-06
    Scenario().when(buy(resellers=named)).refused("reseller-invalid", "R-ATTEST-06")


# One per customer: R-CUSTOMER-01, R-PURCHASE-08


@pytest.fixture
def copilot(buy: Buy) -> Callable[..., Purchase]:
    """A month of the offer that a customer holds only once."""
    return lambda *at, **changes: buy(*at, **{"offer_id": "copilot", "term": MONTH} | changes)


def test_a_second_one_for_the_same_customer_is_refused(copilot: Buy) -> None:
    """R-CUSTOMER-01, R-PURCHASE-08."""
    refusal = Scenario(copilot()).when(copilot(subscription_id="s-2")).refused("purchase-limit")
    assert refusal.rule in {"R-CUSTOMER-01", "R-PURCHASE-08"}
    assert "27006" in refusal.reason.microsoft


def test_another_customer_and_another_offer_are_free(copilot: Buy, buy: Buy) -> None:
    # R-CUSTOMER-01
    scenario = Scenario(copilot(), copilot(subscription_id="s-2", customer_id="fabrikam"), buy(subscription_id="s-3"))
    assert len(list(scenario.lifecycle.subscriptions("contoso"))) == 2


def test_of_another_offer_a_customer_buys_as_many_as_it_likes(buy: Buy) -> None:
    # R-CUSTOMER-01
    scenario = Scenario(buy(), buy(subscription_id="s-2"), buy(subscription_id="s-3"))
    assert len(list(scenario.lifecycle.subscriptions("contoso"))) == 3


@pytest.mark.parametrize(
    ("seats", "rest"),
    [
        pytest.param(10, {}, id="in place"),
        pytest.param(4, {"new_subscription_id": "s-3"}, id="into a new subscription"),
    ],
)
def test_an_upgrade_brings_no_second_one_either(
    *, copilot: Buy, buy: Buy, do: Do, seats: int, rest: dict[str, str]
) -> None:
    # R-CUSTOMER-01
    prices = example_catalog().offers["copilot"].prices
    new = Commerce.NEW_COMMERCE
    offers = (
        Offer(offer_id="copilot", name="Copilot", commerce=new, prices=prices, one_per_customer=True),
        Offer(offer_id="chat", name="Chat", commerce=new, prices=prices, upgrades_to=("copilot",)),
    )
    scenario = Scenario(copilot(), buy(subscription_id="s-2", offer_id="chat"), catalog=catalog_of(offers))
    upgrade = do(Upgrade, "2025-02-01T09:00:00Z", "s-2", offer_id="copilot", seats=seats, **rest)
    scenario.when(upgrade).refused("purchase-limit")


def test_one_that_is_suspended_is_to_be_reactivated(copilot: Buy, do: Do) -> None:
    """R-PURCHASE-08, TV-PUR-04."""
    scenario = Scenario(copilot(), do(Suspend, "2025-02-01T09:00:00Z"))
    second = copilot("2025-02-01T10:00:00Z", subscription_id="s-2")
    refusal = scenario.when(second).refused("purchase-limit", "R-PURCHASE-08")
    assert refusal.reason.remedies == ("reactivate",)
    assert refusal.evidence == {"held_subscription_id": "s-1"}


def test_one_whose_renewal_is_in_flight_counts(copilot: Buy, do: Do, advance: Time) -> None:
    # D-21
    scenario = Scenario(copilot(), advance("2025-02-15T00:00:00Z", complete=False))
    second = copilot("2025-02-15T09:00:00Z", subscription_id="s-2")
    scenario.when(second).refused("purchase-limit")
    scenario.given(do(CompleteRenewal, "2025-02-15T10:00:00Z"))
    scenario.when(copilot("2025-02-15T11:00:00Z", subscription_id="s-2")).refused("purchase-limit")


def test_one_that_was_canceled_counts_no_more(copilot: Buy, do: Do) -> None:
    # R-CUSTOMER-01, D-21
    instant = "2025-01-16T09:00:00Z"
    Scenario(copilot(), do(Cancel, instant), copilot(instant, subscription_id="s-2"))


@pytest.mark.parametrize("instant", ["2025-02-15T00:00:00Z", "2025-04-01T09:00:00Z"])
@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("ends_by", [TurnOffAutoRenew, Suspend])
def test_one_whose_term_has_ended_counts_no_more(
    *, copilot: Buy, do: Do, advance: Time, names: Names, ends_by: type[Command], instant: str, taken: bool
) -> None:
    """D-21, INV-28: expired, disabled or deleted, whether or not somebody called advance before."""
    scenario = Scenario(copilot(), do(ends_by, "2025-02-01T09:00:00Z"))
    if taken:
        scenario.given(advance(instant))
    assert scenario.when(copilot(instant, subscription_id="s-2")).names == ("purchased",)
    assert names(scenario, "s-2") == ("purchased",)


def test_until_the_last_instant_of_its_term_it_counts(copilot: Buy, do: Do) -> None:
    # D-21
    scenario = Scenario(copilot(), do(TurnOffAutoRenew, "2025-02-01T09:00:00Z"))
    second = copilot("2025-02-14T23:59:59.999999Z", subscription_id="s-2")
    scenario.when(second).refused("purchase-limit")
