"""Several reasons for one suspension, in every commerce model that suspends at all."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import TermLength
from csp_lifecycle.vocabulary.commands import Activate, Actor, Advance, Purchase, Reactivate, Suspend
from csp_lifecycle.vocabulary.subscription import Status

On = Callable[..., datetime]
Buy = Callable[..., Purchase]
Do = Callable[..., Any]

MODELS: dict[str, dict[str, Any]] = {
    "new-commerce": {"offer_id": "business-standard"},
    "legacy": {"offer_id": "office-legacy"},
    "marketplace-saas": {"offer_id": "contoso-crm"},
    "usage": {"offer_id": "azure", "seats": None, "term": None, "plan": None},
    "usage, hybrid": {"offer_id": "backup"},
}
LIMITS = {"legacy": (2025, 5, 2), "marketplace-saas": (2025, 3, 3)}


@pytest.fixture(params=list(MODELS))
def model(request: pytest.FixtureRequest) -> str:
    """One commerce model after another."""
    name: str = request.param
    return name


@pytest.fixture
def active(on: On, buy: Buy, do: Do, model: str) -> Scenario:
    """An active subscription of the model."""
    scenario = Scenario(buy(**MODELS[model]))
    return scenario.given(do(Activate, on(2025, 1, 13, 11))) if model == "marketplace-saas" else scenario


@pytest.fixture
def suspend(on: On, do: Do) -> Callable[..., Suspend]:
    """Suspend for a reason, as the one who may in every model, on the first of February or *days* later."""
    return lambda reason, days=0: do(Suspend, on(2025, 2, 1 + days), reason=reason, actor=Actor.MICROSOFT)


@pytest.fixture
def lift(on: On, do: Do) -> Callable[..., Reactivate]:
    """Lift a reason, or all of them."""
    return lambda reason=None: do(Reactivate, on(2025, 2, 20), reason=reason, actor=Actor.MICROSOFT)


def test_another_reason_stands_beside_the_first(active: Scenario, suspend: Any) -> None:  # R-SUSP-16, D-29
    active.given(suspend("unpaid"), suspend("fraud", 1))
    assert active.subscription().suspension_reasons == ("unpaid", "fraud")
    assert active.subscription().status is Status.SUSPENDED


def test_the_same_reason_again_is_refused(active: Scenario, suspend: Any) -> None:  # R-SUSP-16, D-29
    active.given(suspend("unpaid"), suspend("fraud", 1))
    for reason in ("unpaid", "fraud"):
        active.when(suspend(reason, 2)).refused("already-in-state", "R-SUSP-16")


@pytest.mark.parametrize(("first", "last"), [("unpaid", "fraud"), ("fraud", "unpaid")])
def test_access_returns_with_the_last_reason(active: Scenario, suspend: Any, lift: Any, first: str, last: str) -> None:
    # R-SUSP-16
    active.given(suspend("unpaid"), suspend("fraud", 1))
    active.when(lift("weather")).refused("already-in-state", "R-SUSP-16")
    assert active.when(lift(first)).names[-1] == "suspension-reason-lifted"
    assert active.subscription().suspension_reasons == (last,)
    assert active.subscription().status is Status.SUSPENDED
    active.when(lift(first)).refused("already-in-state", "R-SUSP-16")
    assert active.when(lift(last)).names[0] == "reactivated"
    assert active.subscription().suspension_reasons == ()


def test_a_reactivation_without_a_reason_lifts_them_all(active: Scenario, suspend: Any, lift: Any) -> None:
    # R-SUSP-06, R-SUSP-16
    active.given(suspend("unpaid"), suspend("fraud", 1), lift())
    assert (active.subscription().suspension_reasons, active.subscription().status) == ((), Status.ACTIVE)
    active.when(lift()).refused("already-in-state")


@pytest.mark.parametrize("model", list(LIMITS), indirect=True)
def test_a_second_reason_gives_no_new_time(on: On, active: Scenario, suspend: Any, model: str) -> None:
    # R-SUSP-14, R-SUSP-15
    active.given(suspend("unpaid"), suspend("fraud", 9))
    assert active.when(Advance(to=on(2025, 12, 1))).names == ("deleted",)
    assert active.subscription().changed_at == on(*LIMITS[model])


def test_dynamics_direct_is_never_suspended(buy: Buy, suspend: Any) -> None:  # R-SUSP-16, D-02
    bought = buy(offer_id="crm-professional", term=TermLength.YEAR)
    Scenario(bought).when(suspend("unpaid")).refused("not-supported")
