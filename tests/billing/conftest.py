"""Words in which charges are told: a catalog of one price list, scenarios, and their lines in short."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from csp_lifecycle.billing.change import Entry
from csp_lifecycle.billing.charges import charges_for
from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.service.entries import entries_of
from csp_lifecycle.stores.store import Envelope
from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.catalogs import prices
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.catalog import Catalog, Offer, Price, catalog_of
from csp_lifecycle.vocabulary.charge_line import ChargeLine
from csp_lifecycle.vocabulary.commands import Advance, Command, Purchase
from csp_lifecycle.vocabulary.subscription import Commerce

Short = tuple[str, str, str, str, int, str]


def _at(text: str) -> datetime:
    """An instant from its text; a day alone is 10:00 on it."""
    return datetime.fromisoformat(text if "T" in text else f"{text}T10:00:00Z")


def _lines(
    scenario: Scenario,
    subscription_id: str | None = None,
    *,
    alone: bool = False,
    policies: Mapping[str, Policy] = POLICIES,
) -> tuple[ChargeLine, ...]:
    log = scenario.lifecycle.log(subscription_id if alone else None)
    return tuple(
        line for line in charges_for(entries_of(log), policies) if subscription_id in {None, line.subscription_id}
    )


def _short(line: ChargeLine) -> Short:
    days = (line.starts_on.isoformat(), line.ends_on.isoformat())
    return (line.charge_type.value, *days, str(line.effective_unit_price), line.seats, str(line.amount))


@pytest.fixture
def at() -> Callable[[str], datetime]:
    """An instant from its text, 10:00 where only the day is said: `at("2021-06-18")`."""
    return _at


@pytest.fixture
def sold() -> Callable[..., Catalog]:
    """A catalog of two offers, `a` at a price, which upgrades to `b` at another, and a trial of `a`.

    `sold("10.08", "6.43")` has these monthly prices, `sold(a_year="250")` the price of a year's cycle.
    """
    return _catalog


def _catalog(monthly: str = "10.08", other: str = "6.43", currency: str = "EUR", **plans: str) -> Catalog:
    def listed(price: str) -> tuple[Price, ...]:
        every = prices(price, (currency,))
        return tuple(
            Price(
                term=one.term, plan=one.plan, amount=Decimal(plans.get(one.plan.value, one.amount)), currency=currency
            )
            for one in every
        )

    def offer(name: str, **rest: Any) -> Offer:
        return Offer(offer_id=name, name=name, commerce=Commerce.NEW_COMMERCE, **rest)

    return catalog_of(
        (
            offer("a", prices=listed(monthly), upgrades_to=("b",)),
            offer("b", prices=listed(other)),
            offer("a-trial", trial=True, converts_to="a"),
        )
    )


@pytest.fixture
def buy() -> Callable[..., Purchase]:
    """Ten seats of `a` for a month, bought as `s-1` by contoso: `buy("2021-06-18", seats=300)`."""

    def bought(day: str, **changes: Any) -> Purchase:
        defaults: dict[str, Any] = {
            "subscription_id": "s-1",
            "customer_id": "contoso",
            "offer_id": "a",
            "seats": 10,
            "term": TermLength.MONTH,
            "plan": Plan.MONTHLY,
        }
        return Purchase(at=_at(day), **defaults | changes)

    return bought


@pytest.fixture
def do() -> Callable[..., Command]:
    """A command: `do(AddSeats, "2021-06-20", seats=2)`, on `s-1` if nothing else is said."""

    def command(kind: Callable[..., Command], day: str, subscription_id: str = "s-1", **rest: Any) -> Command:
        return kind(at=_at(day), subscription_id=subscription_id, **rest)

    return command


@pytest.fixture
def advance() -> Callable[..., Advance]:
    """Time goes by: `advance("2022-06-18")`."""
    return lambda day, **rest: Advance(to=_at(day), **rest)


@pytest.fixture(scope="session")
def lines() -> Callable[..., tuple[ChargeLine, ...]]:
    """The charge lines of a scenario, all or those of one subscription: `lines(scenario, "s-1")`.

    With `alone=True` they are worked out from that subscription's events only.
    """
    return _lines


@pytest.fixture
def file() -> Callable[..., list[Short]]:
    """What some commands put on the reconciliation file, in short: `file(catalog, buy(...), do(...))`.

    Each line is its type, first and last day, effective unit price, seats and amount.
    """

    def told(catalog: Catalog, *commands: Command | Advance) -> list[Short]:
        return [_short(line) for line in _lines(Scenario(*commands, catalog=catalog))]

    return told


@pytest.fixture
def short() -> Callable[[Iterable[ChargeLine]], list[Short]]:
    """Charge lines in short, as `file` tells them."""
    return lambda lines: [_short(line) for line in lines]


@pytest.fixture
def entries() -> Callable[[Iterable[Envelope]], tuple[Entry, ...]]:
    """The events of a log, each with what stands for its decision."""
    return lambda log: tuple(entries_of(log))
