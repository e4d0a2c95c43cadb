"""Which offers an upgrade may lead to, and which it may not, whatever the catalog lists."""

from collections.abc import Callable
from typing import Any

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.catalogs import prices
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.catalog import Catalog, Offer, Price, catalog_of
from csp_lifecycle.vocabulary.commands import ScheduleChange, Upgrade
from csp_lifecycle.vocabulary.subscription import Commerce

Make = Callable[..., Any]

NOW = "2025-03-20T09:00:00Z"
"""Long after the cancellation window, in the charge cycle from 15 March to 14 April."""


@pytest.mark.parametrize(
    ("held", "wanted"), [("e3", "business-standard"), ("e3", "e3"), ("business-standard", "visio")]
)
def test_an_upgrade_leads_only_to_a_higher_offer_of_the_catalog(buy: Make, do: Make, held: str, wanted: str) -> None:
    # R-UPGRADE-01, R-UPGRADE-17: no downgrade, not the same offer, nothing that the catalog does not list.
    scenario = Scenario(buy(offer_id=held))
    scenario.when(do(Upgrade, NOW, offer_id=wanted, seats=10)).refused("upgrade-path-unsupported")


def test_an_upgrade_needs_an_offer_that_exists(buy: Make, do: Make) -> None:
    # R-PURCHASE-02
    Scenario(buy()).when(do(Upgrade, NOW, offer_id="nowhere", seats=10)).refused("offer-not-found")


@pytest.mark.parametrize("form", [{"seats": 10}, {"seats": 4, "new_subscription_id": "s-3"}])
def test_an_upgrade_gives_no_second_subscription_of_what_a_customer_holds_only_once(
    buy: Make, do: Make, form: dict[str, Any]
) -> None:
    # R-CUSTOMER-01: at most one that has not ended, however it came to be.
    single = offer("single", one_per_customer=True)
    scenario = Scenario(
        buy(offer_id="low"),
        buy(offer_id="single", subscription_id="s-2"),
        catalog=catalog_of((offer("low", upgrades_to=("single",)), single)),
    )
    scenario.when(do(Upgrade, NOW, offer_id="single", **form)).refused("purchase-limit", "R-CUSTOMER-01")
    into_the_one = do(Upgrade, NOW, offer_id="single", seats=10, target_subscription_id="s-2")
    assert scenario.when(into_the_one).names[-1] == "seats-moved-in"


@pytest.mark.parametrize(
    ("seats", "terms", "code"),
    [
        (13, {}, "quantity-out-of-range"),
        (12, {"term": TermLength.THREE_YEARS}, "plan-not-offered"),
        (4, {"term": TermLength.THREE_YEARS, "new_subscription_id": "s-2"}, "plan-not-offered"),
    ],
)
def test_an_upgrade_lands_on_what_the_higher_offer_is_sold_with(
    buy: Make, do: Make, seats: int, terms: dict[str, Any], code: str
) -> None:
    # R-PURCHASE-07, R-PURCHASE-10: at most twelve seats, and no price for three years.
    yearly = tuple(one for one in prices("10.00") if one.term is TermLength.YEAR)
    catalog = catalog_of((offer("low", upgrades_to=("high",)), offer("high", listed=yearly, max_seats=12)))
    scenario = Scenario(buy(offer_id="low"), catalog=catalog)
    scenario.when(do(Upgrade, NOW, offer_id="high", seats=seats, **terms)).refused(code)
    assert scenario.when(do(Upgrade, NOW, offer_id="high", seats=12)).names[-1] == "upgraded"


UNSUPPORTED = [
    ("Enterprise Mobility + Security E3", "Enterprise Mobility + Security E5"),
    ("Enterprise Mobility + Security E5", "Microsoft 365 E5"),
    ("Enterprise Mobility + Security E5", "Microsoft 365 E5 without Audio Conferencing"),
    ("Universal Print", "Microsoft 365 E3"),
    ("Universal Print", "Microsoft 365 E3 - Unattended License"),
    ("Universal Print", "Microsoft 365 E5"),
    ("Universal Print", "Microsoft 365 E5 without Audio Conferencing"),
    ("Windows 10/11 Enterprise E3", "Microsoft 365 E5"),
    ("Windows 10/11 Enterprise E3", "Microsoft 365 E5 without Audio Conferencing"),
    ("Windows 10/11 Enterprise E3 VDA", "Microsoft 365 E5"),
    ("Windows 10/11 Enterprise E3 VDA", "Microsoft 365 E5 without Audio Conferencing"),
    ("Windows 10/11 Enterprise E5", "Microsoft 365 E5"),
    ("Windows 10/11 Enterprise E5", "Microsoft 365 E5 without Audio Conferencing"),
    ("Dynamics 365 Human Resources Self Service", "Dynamics 365 Team Members"),
    ("Project Online Essentials", "Dynamics 365 Team Members"),
    ("Microsoft Defender for Endpoint P1", "Microsoft Defender for Endpoint P2"),
]


@pytest.mark.parametrize("spelled", [str, str.upper, str.lower])
@pytest.mark.parametrize(("low", "high"), UNSUPPORTED)
def test_an_unsupported_pair_is_refused_even_where_the_catalog_lists_it(
    buy: Make, do: Make, low: str, high: str, spelled: Callable[[str], str]
) -> None:
    # TV-UPG-05, R-UPGRADE-17
    scenario = Scenario(buy(offer_id="low"), catalog=pair(spelled(low), spelled(high)))
    scenario.when(do(Upgrade, NOW, offer_id="high", seats=10)).refused("upgrade-path-unsupported", "R-UPGRADE-17")


@pytest.mark.parametrize(
    ("low", "high"), [("Microsoft 365 E3", "Universal Print"), ("Universal Print", "Universal Print Plus")]
)
def test_a_pair_that_is_not_among_them_is_supported(buy: Make, do: Make, low: str, high: str) -> None:
    # R-UPGRADE-17: neither the way back nor another partner of the same offer stands in the table.
    scenario = Scenario(buy(offer_id="low", plan=Plan.ANNUAL), catalog=pair(low, high))
    assert scenario.when(do(Upgrade, NOW, offer_id="high", seats=10)).names == ("upgraded",)


@pytest.mark.parametrize("form", [{"new_subscription_id": "s-2"}, {"target_subscription_id": "s-3"}])
def test_an_unsupported_pair_is_refused_in_every_form(buy: Make, do: Make, form: dict[str, str]) -> None:
    # R-UPGRADE-17
    catalog = pair("Project Online Essentials", "Dynamics 365 Team Members")
    scenario = Scenario(buy(offer_id="low"), buy(offer_id="high", subscription_id="s-3"), catalog=catalog)
    scenario.when(do(Upgrade, NOW, offer_id="high", seats=4, **form)).refused("upgrade-path-unsupported")
    scenario.when(do(ScheduleChange, NOW, offer_id="high")).refused("upgrade-path-unsupported")


def offer(offer_id: str, name: str | None = None, listed: tuple[Price, ...] = prices("10.00"), **more: Any) -> Offer:
    return Offer(offer_id=offer_id, name=name or offer_id, commerce=Commerce.NEW_COMMERCE, prices=listed, **more)


def pair(low: str, high: str) -> Catalog:
    return catalog_of((offer("low", low, upgrades_to=("high",)), offer("high", high)))
