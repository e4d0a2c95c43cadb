"""In which currency a product is priced, and in which it is billed (R-MARKET)."""

from collections.abc import Mapping
from enum import Enum


class Product(Enum):
    """The kinds of product that an invoice tells apart (R-CHARGE-26)."""

    AZURE_PAY_AS_YOU_GO = "azure-pay-as-you-go"
    AZURE_RESERVATION = "azure-reservation"
    AZURE_SAVINGS_PLAN = "azure-savings-plan"
    MARKETPLACE = "marketplace"
    LICENSE_BASED = "license-based"
    SOFTWARE_SUBSCRIPTION = "software-subscription"
    PERPETUAL_SOFTWARE = "perpetual-software"


_DOLLARS: str | None = "USD"
_ANY_SUPPORTED: str | None = None

PRICED_IN: Mapping[Product, str | None] = {
    Product.AZURE_PAY_AS_YOU_GO: _DOLLARS,
    Product.AZURE_RESERVATION: _DOLLARS,
    Product.AZURE_SAVINGS_PLAN: _DOLLARS,
    Product.MARKETPLACE: _DOLLARS,
    Product.LICENSE_BASED: _ANY_SUPPORTED,
    Product.SOFTWARE_SUBSCRIPTION: _ANY_SUPPORTED,
    Product.PERPETUAL_SOFTWARE: _ANY_SUPPORTED,
}
"""The currency of the price list; None is every supported one. All are billed in the partner's (R-MARKET-01..07)."""


def priced_in(product: Product, partner_currency: str) -> str:
    """The currency of the price that a partner pays for a product."""
    return PRICED_IN[product] or partner_currency


def needs_a_rate(product: Product, partner_currency: str) -> bool:
    """Whether the price is converted on its way to the invoice, which is in the partner's currency (R-CHARGE-21)."""
    return priced_in(product, partner_currency) != partner_currency


def compared_in(billing_currency: str, partner_currency: str, *, customer_abroad: bool) -> str:
    """The currency in which prices are compared (R-MARKET-09)."""
    return partner_currency if customer_abroad else billing_currency
