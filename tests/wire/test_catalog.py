"""The catalog file: a clear error names the entry and the key."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from csp_lifecycle.errors import InvalidCatalogError
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.catalog import UNSUPPORTED_UPGRADES, Catalog
from csp_lifecycle.wire.catalog import read_catalog
from csp_lifecycle.wire.text import write

PRICE = {"term": "P1Y", "plan": "monthly", "price": "10.00", "currency": "EUR"}
OFFER = {"offer_id": "e3", "name": "Microsoft 365 E3", "commerce": "new-commerce", "prices": [PRICE]}
TRIAL = {"offer_id": "t", "name": "Trial", "commerce": "new-commerce", "prices": [], "trial": True}


def catalog(*offers: dict[str, Any]) -> Catalog:
    return read_catalog(write({"offers": list(offers)}))


def test_what_is_not_written_has_its_default() -> None:
    offer = catalog(OFFER).offers["e3"]
    assert (offer.min_seats, offer.max_seats, offer.one_per_customer) == (1, None, False)
    assert (offer.upgrades_to, offer.add_on_to, offer.trial, offer.converts_to) == ((), (), False, None)
    assert not offer.requires_attestation


def test_the_newest_price_not_after_the_day_counts() -> None:  # R-PURCHASE-10
    dated = [PRICE, PRICE | {"price": "11.00", "from": "2025-01-01"}, PRICE | {"price": "12.00", "from": "2025-07-01"}]
    offer = catalog(OFFER | {"prices": dated}).offers["e3"]
    days = {
        date(2024, 12, 31): "10.00",
        date(2025, 1, 1): "11.00",
        date(2025, 6, 30): "11.00",
        date(2026, 1, 1): "12.00",
    }
    for day, amount in days.items():
        (price,) = offer.prices_for(TermLength.YEAR, Plan.MONTHLY, day)
        assert price.amount == Decimal(amount)


def test_before_its_first_day_a_price_is_none() -> None:
    offer = catalog(OFFER | {"prices": [PRICE | {"from": "2025-01-01"}]}).offers["e3"]
    assert offer.prices_for(TermLength.YEAR, Plan.MONTHLY, date(2024, 12, 31)) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": "red"}, "offer 'e3': the entry: unknown key 'colour'"),
        ({"name": None}, "offer 'e3': name is missing"),
        ({"commerce": "old-commerce"}, "offer 'e3': commerce must be one of"),
        ({"min_seats": 0}, "offer 'e3': min_seats must be at least 1"),
        ({"min_seats": 5, "max_seats": 4}, "offer 'e3': max_seats 4 is below min_seats 5"),
        ({"one_per_customer": "no"}, "offer 'e3': one_per_customer must be true or false"),
        ({"upgrades_to": ["e9"]}, "offer 'e3': upgrades_to names 'e9', which is not in the catalog"),
        ({"add_on_to": ["e9"]}, "offer 'e3': add_on_to names 'e9'"),
        ({"converts_to": "e3"}, "offer 'e3': converts_to leads from a trial"),
        ({"prices": {}}, "offer 'e3': prices must be a list"),
        ({"prices": [PRICE | {"price": 10.0}]}, "offer 'e3': prices number 1: price must be a decimal string"),
        ({"prices": [PRICE | {"price": "-1.00"}]}, "offer 'e3': prices number 1: price must not be negative"),
        ({"prices": [PRICE | {"price": "NaN"}]}, "offer 'e3': prices number 1: price must be a decimal string"),
        ({"prices": [PRICE | {"from": "soon"}]}, "offer 'e3': prices number 1: from must be a day"),
        ({"prices": [PRICE | {"plan": "triennial"}]}, "offer 'e3': prices number 1: a triennial plan for a P1Y term"),
        ({"prices": [PRICE, PRICE]}, "offer 'e3': prices hold two prices for the same"),
        ({"prices": [{"term": "P1Y"}]}, "offer 'e3': prices number 1: plan is missing"),
    ],
)
def test_a_malformed_entry_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidCatalogError, match=said.replace("'", ".")):
        catalog(OFFER | change)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "must be a JSON object"),
        ("{", "not JSON"),
        ('{"offers": 3}', "must be a list"),
        ('{"offers": [], "prices": []}', "unknown key"),
        ('{"offers": [7]}', "offer number 1"),
        ('{"offers": [{"name": "x"}]}', "offer number 1: offer_id is missing"),
    ],
)
def test_a_malformed_file_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidCatalogError, match=said):
        read_catalog(text)


def test_an_offer_stands_once() -> None:
    with pytest.raises(InvalidCatalogError, match="offer_id stands twice"):
        catalog(OFFER, OFFER)


def test_a_trial_names_its_paid_twin_and_has_no_prices() -> None:  # R-TRIAL-02, R-TRIAL-15
    with pytest.raises(InvalidCatalogError, match="converts_to is missing"):
        catalog(OFFER, TRIAL)
    with pytest.raises(InvalidCatalogError, match="a trial has no prices"):
        catalog(OFFER, TRIAL | {"converts_to": "e3", "prices": [PRICE]})
    with pytest.raises(InvalidCatalogError, match="from a trial to a paid offer"):
        catalog(OFFER, TRIAL | {"converts_to": "u"}, TRIAL | {"offer_id": "u", "converts_to": "e3"})


def test_sixteen_pairs_ship_as_unsupported() -> None:  # R-UPGRADE-17, TV-UPG-05
    assert sum(len(highs) for highs in UNSUPPORTED_UPGRADES.values()) == 16
