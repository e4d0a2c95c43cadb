"""What the tests of the other commerce models share."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import Purchase

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
