"""Words in which the rule tests are told: instants and days, commands and events with short defaults, streams."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from csp_lifecycle.stores.store import Envelope
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import Advance, Command, Purchase
from csp_lifecycle.vocabulary.events import Event
from csp_lifecycle.vocabulary.names import event_name
from csp_lifecycle.wire.subscription import subscription_json

BOUGHT_AT = "2025-01-15T10:00:00Z"


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _buy(at: str = BOUGHT_AT, **changes: Any) -> Purchase:
    defaults: dict[str, Any] = {
        "subscription_id": "s-1",
        "customer_id": "contoso",
        "offer_id": "business-standard",
        "seats": 10,
        "term": TermLength.YEAR,
        "plan": Plan.MONTHLY,
    }
    return Purchase(at=_at(at), **defaults | changes)


def _about(kind: Callable[..., Any], at: str, subscription_id: str = "s-1", **rest: Any) -> Any:
    return kind(at=_at(at), subscription_id=subscription_id, **rest)


def _event(envelope: Envelope) -> Any:
    return envelope.event


def _stream(scenario: Scenario, subscription_id: str = "s-1") -> tuple[Event, ...]:
    return tuple(map(_event, scenario.lifecycle.log(subscription_id)))


@pytest.fixture
def at() -> Callable[[str], datetime]:
    """An instant from its text: `at("2025-01-15T10:00:00Z")`."""
    return _at


@pytest.fixture
def day() -> Callable[[str], date]:
    """A day from its text: `day("2026-01-14")`."""
    return date.fromisoformat


@pytest.fixture
def buy() -> Callable[..., Purchase]:
    """Ten seats for a year, billed monthly, bought as `s-1` by contoso at 10:00 on 15 January 2025.

    `buy("2025-03-01T00:00:00Z", seats=3)` buys at another instant, with other keys.
    """
    return _buy


@pytest.fixture
def do() -> Callable[..., Command]:
    """A command: `do(AddSeats, "2025-02-01T09:00:00Z", seats=5)`, on `s-1` if nothing else is said."""
    return _about


@pytest.fixture
def fact() -> Callable[..., Event]:
    """An event to expect, in the form of `do`: `fact(Reactivated, "2025-02-01T09:00:00Z")`."""
    return _about


@pytest.fixture
def advance() -> Callable[..., Advance]:
    """Time goes by: `advance("2026-01-15T00:00:00Z", complete=False)`."""
    return lambda to, **rest: Advance(to=_at(to), **rest)


@pytest.fixture
def stream() -> Callable[..., tuple[Event, ...]]:
    """What is recorded on a subscription: `stream(scenario, "s-1")`."""
    return _stream


@pytest.fixture
def names() -> Callable[..., tuple[str, ...]]:
    """The stored names of what is recorded on a subscription: `names(scenario, "s-1")`."""
    return lambda scenario, subscription_id="s-1": tuple(
        event_name(type(event)) for event in _stream(scenario, subscription_id)
    )


@pytest.fixture
def shown() -> Callable[..., dict[str, Any]]:
    """The state as the JSON contract shows it: `shown(scenario, "2025-03-20T10:00:00Z", "s-1")`.

    Without an instant it is the state as of the last event.
    """

    def state(scenario: Scenario, as_of: str | None = None, subscription_id: str = "s-1") -> dict[str, Any]:
        instant = None if as_of is None else _at(as_of)
        return subscription_json(scenario.subscription(subscription_id, as_of=instant))

    return state


@pytest.fixture
def told() -> Callable[..., dict[str, tuple[Event, ...]]]:
    """Every stream after some accepted commands: `told(buy(), advance(...)) == told(buy(), ...)`."""

    def streams(*commands: Command | Advance) -> dict[str, tuple[Event, ...]]:
        scenario = Scenario(*commands)
        held = scenario.lifecycle.subscriptions()
        return {one.subscription_id: _stream(scenario, one.subscription_id) for one in held}

    return streams
