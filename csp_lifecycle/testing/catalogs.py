"""A small catalog with one offer of every kind that the rules tell apart. Prices are made up, in euros."""

from collections.abc import Iterable
from decimal import Decimal

from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.catalog import Catalog, Offer, Price, Unavailable, catalog_of
from csp_lifecycle.vocabulary.subscription import Commerce

_YEARS = {TermLength.MONTH: 0, TermLength.YEAR: 1, TermLength.THREE_YEARS: 3}
_PAIRS = tuple((term, plan) for term in _YEARS for plan in Plan if plan.months <= term.months)


def prices(monthly: str, currencies: Iterable[str] = ("EUR",)) -> tuple[Price, ...]:
    """A price for every term and plan, from the price of one month on a monthly term."""
    return tuple(
        Price(term=term, plan=plan, amount=Decimal(monthly) * plan.months, currency=currency)
        for currency in currencies
        for term, plan in _PAIRS
    )


_YEARLY = tuple(
    price for price in prices("4.00") if price.term is TermLength.YEAR and price.plan in {Plan.MONTHLY, Plan.ANNUAL}
)

_NEW_COMMERCE = (
    Offer(
        offer_id="business-standard",
        name="Microsoft 365 Business Standard",
        commerce=Commerce.NEW_COMMERCE,
        prices=prices("10.00"),
        max_seats=300,
        upgrades_to=("e3", "e5"),
    ),
    Offer(
        offer_id="e3",
        name="Microsoft 365 E3",
        commerce=Commerce.NEW_COMMERCE,
        prices=prices("30.00"),
        upgrades_to=("e5",),
    ),
    Offer(offer_id="e5", name="Microsoft 365 E5", commerce=Commerce.NEW_COMMERCE, prices=prices("50.00")),
    Offer(
        offer_id="business-standard-trial",
        name="Microsoft 365 Business Standard Trial",
        commerce=Commerce.NEW_COMMERCE,
        trial=True,
        converts_to="business-standard",
    ),
    Offer(
        offer_id="visio",
        name="Visio add-on",
        commerce=Commerce.NEW_COMMERCE,
        prices=prices("5.00"),
        add_on_to=("business-standard", "e3"),
    ),
    Offer(
        offer_id="copilot",
        name="Only one a customer",
        commerce=Commerce.NEW_COMMERCE,
        prices=prices("20.00"),
        one_per_customer=True,
    ),
    Offer(
        offer_id="attested",
        name="Sold with attestation",
        commerce=Commerce.NEW_COMMERCE,
        prices=prices("7.00"),
        requires_attestation=True,
    ),
    Offer(
        offer_id="worldwide",
        name="In two currencies",
        commerce=Commerce.NEW_COMMERCE,
        prices=prices("8.00", ("EUR", "USD")),
    ),
    Offer(
        offer_id="five-seats",
        name="From five seats",
        commerce=Commerce.NEW_COMMERCE,
        prices=prices("4.00"),
        min_seats=5,
    ),
    Offer(
        offer_id="universal-print",
        name="Universal Print",
        commerce=Commerce.NEW_COMMERCE,
        prices=prices("3.00"),
        upgrades_to=("e3", "e5"),
    ),
)

_OTHER_MODELS = (
    Offer(
        offer_id="office-legacy",
        name="Office 365 Business",
        commerce=Commerce.LEGACY,
        prices=_YEARLY,
        upgrades_to=("office-legacy-plus",),
    ),
    Offer(offer_id="office-legacy-plus", name="Office 365 Business Plus", commerce=Commerce.LEGACY, prices=_YEARLY),
    Offer(
        offer_id="archive-legacy",
        name="Archive add-on",
        commerce=Commerce.LEGACY,
        prices=_YEARLY,
        add_on_to=("office-legacy",),
    ),
    Offer(
        offer_id="office-legacy-trial",
        name="Office 365 Business Trial",
        commerce=Commerce.LEGACY,
        trial=True,
        converts_to="office-legacy",
    ),
    Offer(offer_id="contoso-crm", name="A publisher's CRM", commerce=Commerce.MARKETPLACE_SAAS, prices=prices("6.00")),
    Offer(
        offer_id="contoso-crm-tried",
        name="A publisher's CRM with free days",
        commerce=Commerce.MARKETPLACE_SAAS,
        prices=prices("6.00"),
        free_trial=True,
    ),
    Offer(
        offer_id="contoso-exclusive",
        name="Not for everybody",
        commerce=Commerce.MARKETPLACE_SAAS,
        prices=prices("6.00"),
        unavailable=Unavailable.EXCLUSIVE,
    ),
    Offer(
        offer_id="crm-professional",
        name="Dynamics CRM Online Professional",
        commerce=Commerce.DYNAMICS_DIRECT,
        prices=prices("65.00"),
        new_customer_min_seats=5,
    ),
    Offer(
        offer_id="crm-trial",
        name="Dynamics CRM Online Trial",
        commerce=Commerce.DYNAMICS_DIRECT,
        trial=True,
        converts_to="crm-professional",
    ),
    Offer(offer_id="azure", name="Azure plan", commerce=Commerce.USAGE),
    Offer(offer_id="backup", name="Backup, 100 units and more", commerce=Commerce.USAGE, prices=prices("10.00")),
)


def example_catalog() -> Catalog:
    """Business Standard, which upgrades to E3 and on to E5; its trial; add-ons; offers with conditions; all models."""
    return catalog_of((*_NEW_COMMERCE, *_OTHER_MODELS))
