"""A tail, or the limit of a suspension, stands only in the statuses that have one: `deadline_of` relies on it."""

from datetime import UTC, datetime
from typing import Any, get_args
from unittest.mock import MagicMock

import pytest

from csp_lifecycle.lifecycle.cases import CASES
from csp_lifecycle.vocabulary.events import Event
from csp_lifecycle.vocabulary.subscription import Status, SubscriptionFields

TAILED = frozenset({Status.SUSPENDED, Status.EXPIRED, Status.DISABLED})
UNTIL = datetime(2025, 3, 1, tzinfo=UTC)


def after(kind: Any, **before: Any) -> SubscriptionFields:
    """A draft after an event of a kind that says all it can say."""
    draft = SubscriptionFields(**before)
    CASES[kind](draft, MagicMock())
    return draft


@pytest.mark.parametrize("kind", get_args(Event))
def test_only_what_leads_into_a_tail_sets_its_end(kind: Any) -> None:
    assert after(kind).tail_until is None or kind.leads_to in TAILED


@pytest.mark.parametrize("kind", [kind for kind in get_args(Event) if kind.follows & TAILED])
def test_what_leads_out_of_a_tail_clears_its_end(kind: Any) -> None:
    goes_on = kind.leads_to in {None, *TAILED}
    assert goes_on or after(kind, tail_until=UNTIL).tail_until is None
