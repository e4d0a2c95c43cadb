"""The catalog file, read strictly: a clear error names the entry and the key."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from csp_lifecycle.errors import InvalidCatalogError
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.catalog import Catalog, Offer, Price, Unavailable, catalog_of
from csp_lifecycle.vocabulary.subscription import Commerce
from csp_lifecycle.wire.converter import day_of, make_converter, money_of, require_keys
from csp_lifecycle.wire.text import LONGEST, parse_object

_CONVERTER = make_converter(forbid_extra_keys=True)
_Reader = Callable[[Any], Any]
_LONGEST = 10 * LONGEST


def read_catalog(text: str) -> Catalog:
    """The catalog that a JSON file writes: `{"offers": [...]}`.

    Raises:
        InvalidCatalogError: something in it cannot be understood.
    """
    try:
        value = parse_object(text, longest=_LONGEST)
        require_keys(value, ("offers",), "the catalog")
        entries = _list(value.get("offers"))
    except ValueError as error:
        message = f"the catalog: {error}"
        raise InvalidCatalogError(message) from None
    return catalog_of(_offer(entry, number) for number, entry in enumerate(entries, 1))


def _offer(entry: Any, number: int) -> Offer:
    name = entry.get("offer_id") if isinstance(entry, dict) else None
    where = f"offer {name!r}" if isinstance(name, str) else f"offer number {number}"
    try:
        return Offer(**_fields(entry, _OFFER, required=("offer_id", "name", "commerce", "prices")))
    except ValueError as error:
        message = f"{where}: {error}"
        raise InvalidCatalogError(message) from None


def _fields(entry: Any, readers: Mapping[str, _Reader], *, required: tuple[str, ...]) -> dict[str, Any]:
    require_keys(entry, readers, "the entry")
    for name in required:
        if entry.get(name) is None:
            message = f"{name} is missing"
            raise ValueError(message)
    found: dict[str, Any] = {}
    for name, value in entry.items():
        if value is None:
            continue
        try:
            found["since" if name == "from" else "amount" if name == "price" else name] = readers[name](value)
        except ValueError as error:
            message = f"{name} {error}"
            raise ValueError(message) from None
    return found


def _price(number: int, entry: Any) -> Price:
    try:
        return _priced(entry)
    except ValueError as error:
        message = f"number {number}: {error}"
        raise ValueError(message) from None


def _priced(entry: Any) -> Price:
    price = Price(**_fields(entry, _PRICE, required=("term", "plan", "price", "currency")))
    if price.plan.months > price.term.months:
        message = f"a {price.plan.value} plan for a {price.term.value} term: no plan is longer than its term"
        raise ValueError(message)
    return price


def _prices(value: Any) -> tuple[Price, ...]:
    prices = tuple(map(_price, range(1, len(_list(value)) + 1), value))
    keys = [(price.term, price.plan, price.currency, price.since) for price in prices]
    if len(set(keys)) < len(keys):
        message = "hold two prices for the same term, plan, currency and day; keep one of them"
        raise ValueError(message)
    return prices


def _text(value: Any) -> str:
    found: str = _CONVERTER.structure(value, str)
    if not found:
        message = "must not be empty"
        raise ValueError(message)
    return found


def _count(value: Any) -> int:
    found: int = _CONVERTER.structure(value, int)
    if found < 1:
        message = f"must be at least 1, not {found}"
        raise ValueError(message)
    return found


def _flag(value: Any) -> bool:
    found: bool = _CONVERTER.structure(value, bool)
    return found


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        message = f"must be a list, not {value!r}"
        raise ValueError(message)  # noqa: TRY004 - to whoever wrote it, this is a wrong value
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(entry) for entry in _list(value))


def _member(kind: type[Any]) -> _Reader:
    return lambda value: _CONVERTER.structure(value, kind)


def _amount(value: Any) -> Decimal:
    amount = money_of(value)
    if amount < 0:
        message = f"must not be negative: {amount}"
        raise ValueError(message)
    return amount


def _day(value: Any) -> date:
    return day_of(value)


_PRICE: Mapping[str, _Reader] = {
    "term": _member(TermLength),
    "plan": _member(Plan),
    "price": _amount,
    "currency": _text,
    "from": _day,
}
_OFFER: Mapping[str, _Reader] = {
    "offer_id": _text,
    "name": _text,
    "commerce": _member(Commerce),
    "prices": _prices,
    "min_seats": _count,
    "max_seats": _count,
    "one_per_customer": _flag,
    "upgrades_to": _texts,
    "add_on_to": _texts,
    "trial": _flag,
    "converts_to": _text,
    "requires_attestation": _flag,
    "policy": _text,
    "free_trial": _flag,
    "unavailable": _member(Unavailable),
    "new_customer_min_seats": _count,
}
