"""What may be sold, on which terms, at which price.

A catalog is plain data; `catalog_from` reads the parsed JSON of the contract (wire format, section 5) and
names the entry and the key of whatever it cannot understand.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum

from attrs import field, frozen

from csp_lifecycle.errors import InvalidCatalogError
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary import fields
from csp_lifecycle.vocabulary.subscription import Commerce


class Unavailable(Enum):
    """Why a publisher's offer cannot be bought (R-PURCHASE-09)."""

    COUNTRY = "country"
    PUBLISHER_OPTED_OUT = "publisher-opted-out"
    EXCLUSIVE = "exclusive"
    NOT_TRANSACTABLE = "not-transactable"


@frozen(kw_only=True)
class Price:
    """What one seat costs for one charge cycle, from a day on (`since` None: always).

    Raises:
        TypeError: the amount is a float (R-PRORATE-13).
        ValueError: it is negative, or no number.
    """

    term: TermLength
    plan: Plan
    amount: Decimal = fields.price()
    currency: str
    since: date | None = None


@frozen(kw_only=True)
class Offer:
    """One catalog item."""

    offer_id: str
    name: str
    commerce: Commerce
    prices: tuple[Price, ...] = ()
    min_seats: int = 1
    max_seats: int | None = None
    one_per_customer: bool = False
    upgrades_to: tuple[str, ...] = ()
    add_on_to: tuple[str, ...] = ()
    trial: bool = False
    converts_to: str | None = None
    requires_attestation: bool = False
    policy: str | None = None
    free_trial: bool = False
    unavailable: Unavailable | None = None
    new_customer_min_seats: int | None = None

    def prices_for(self, term: TermLength, plan: Plan, on: date) -> tuple[Price, ...]:
        """The prices in force on *on*, one per currency: the newest not after that day (R-PURCHASE-10)."""
        newest: dict[str, Price] = {}
        for price in self.prices:
            if (price.term, price.plan) != (term, plan) or (price.since is not None and price.since > on):
                continue
            rival = newest.get(price.currency)
            if rival is None or (price.since or date.min) >= (rival.since or date.min):
                newest[price.currency] = price
        return tuple(newest.values())

    def holds(self, seats: int) -> bool:
        """Whether *seats* lie inside the offer's range (R-PURCHASE-07)."""
        return self.min_seats <= seats and (self.max_seats is None or seats <= self.max_seats)


@frozen
class Catalog:
    """All offers by id. Unknown offers answer None; whoever asks decides what that means."""

    offers: Mapping[str, Offer] = field(factory=dict)

    def offer(self, offer_id: str) -> Offer | None:
        """The offer with that id, if it is for sale."""
        return self.offers.get(offer_id)

    def leads_up(self, source: str, target: str) -> bool:
        """Whether *target* is among the offers that *source* upgrades to (R-UPGRADE-01, R-UPGRADE-17).

        The pairs of `UNSUPPORTED_UPGRADES` are refused even where the catalog lists them.
        """
        low, high = self.offer(source), self.offer(target)
        if low is None or high is None or target not in low.upgrades_to or low.commerce is not high.commerce:
            return False
        return (low.name.casefold(), high.name.casefold()) not in _UNSUPPORTED


def catalog_of(offers: Iterable[Offer]) -> Catalog:
    """A catalog of offers whose references fit together; a clear error names the one that does not."""
    by_id: dict[str, Offer] = {}
    for offer in offers:
        if offer.offer_id in by_id:
            message = f"offer {offer.offer_id!r}: offer_id stands twice in the catalog; keep one of them"
            raise InvalidCatalogError(message)
        by_id[offer.offer_id] = offer
    for offer in by_id.values():
        _check_references(offer, by_id)
        _check_shape(offer, by_id)
    return Catalog(by_id)


def _check_references(offer: Offer, by_id: Mapping[str, Offer]) -> None:
    references = [("upgrades_to", other) for other in offer.upgrades_to]
    references += [("add_on_to", other) for other in offer.add_on_to]
    references += [("converts_to", offer.converts_to)] if offer.converts_to is not None else []
    for key, other in references:
        if other not in by_id:
            message = f"offer {offer.offer_id!r}: {key} names {other!r}, which is not in the catalog; add it there"
            raise InvalidCatalogError(message)


def _check_shape(offer: Offer, by_id: Mapping[str, Offer]) -> None:
    problem = None
    if offer.max_seats is not None and offer.max_seats < offer.min_seats:
        problem = f"max_seats {offer.max_seats} is below min_seats {offer.min_seats}; swap or drop one"
    elif offer.trial and offer.prices:
        problem = "a trial has no prices; leave the list empty (R-TRIAL-15)"
    elif offer.trial and offer.converts_to is None:
        problem = "converts_to is missing; a trial names its paid twin (R-TRIAL-02)"
    elif offer.converts_to is not None and (not offer.trial or by_id[offer.converts_to].trial):
        problem = "converts_to leads from a trial to a paid offer (R-TRIAL-04); set trial, or name the paid twin"
    if problem is not None:
        message = f"offer {offer.offer_id!r}: {problem}"
        raise InvalidCatalogError(message)


_MICROSOFT_365_E5 = ("Microsoft 365 E5", "Microsoft 365 E5 without Audio Conferencing")

UNSUPPORTED_UPGRADES: Mapping[str, tuple[str, ...]] = {
    "Enterprise Mobility + Security E3": ("Enterprise Mobility + Security E5",),
    "Enterprise Mobility + Security E5": _MICROSOFT_365_E5,
    "Universal Print": ("Microsoft 365 E3", "Microsoft 365 E3 - Unattended License", *_MICROSOFT_365_E5),
    "Windows 10/11 Enterprise E3": _MICROSOFT_365_E5,
    "Windows 10/11 Enterprise E3 VDA": _MICROSOFT_365_E5,
    "Windows 10/11 Enterprise E5": _MICROSOFT_365_E5,
    "Dynamics 365 Human Resources Self Service": ("Dynamics 365 Team Members",),
    "Project Online Essentials": ("Dynamics 365 Team Members",),
    "Microsoft Defender for Endpoint P1": ("Microsoft Defender for Endpoint P2",),
}
"""From which offer no upgrade leads to which, by name without regard to case (R-UPGRADE-17)."""

_UNSUPPORTED = {(low.casefold(), high.casefold()) for low, highs in UNSUPPORTED_UPGRADES.items() for high in highs}
