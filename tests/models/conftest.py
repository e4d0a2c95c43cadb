"""What the tests of the other commerce models share."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import Command, Purchase

Buy = Callable[..., Purchase]


@pytest.fixture
def on() -> Callable[..., datetime]:
    """An instant in UTC."""

    def at(year: int, month: int, day: int, *time: int) -> datetime:
        hour, minute, second = (*time, 0, 0, 0)[:3]
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)

    return at


@pytest.fixture
def buy(on: Callable[..., datetime]) -> Buy:
    """A purchase for a year, charged monthly, with whatever is to be different."""

    def bought(**changes: Any) -> Purchase:
        usual: dict[str, Any] = {
            "at": on(2025, 1, 13, 10),
            "subscription_id": "s-1",
            "customer_id": "contoso",
            "offer_id": "office-legacy",
            "seats": 10,
            "term": TermLength.YEAR,
            "plan": Plan.MONTHLY,
        }
        return Purchase(**usual | changes)

    return bought


@pytest.fixture
def do() -> Callable[..., Command]:
    """A command: `do(AddSeats, on(2025, 2, 1), seats=5)`, on `s-1` if nothing else is said."""

    def about(kind: Callable[..., Any], at: datetime, subscription_id: str = "s-1", **rest: Any) -> Any:
        return kind(at=at, subscription_id=subscription_id, **rest)

    return about
