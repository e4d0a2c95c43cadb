"""A log means what it meant when it was recorded, and a running term keeps the policy it began with.

`two-policies-a` was recorded under new commerce as it shipped, `two-policies-b` by the same commands under the
policy of the fixture `other`. Beside each stand the states that it added up to. None of the files is ever edited.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.policies.terms import Window
from csp_lifecycle.service import Lifecycle
from csp_lifecycle.service.moving import export, import_log
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.values.windows import Exactly, RefundKind
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.commands import AddSeats, Advance, Cancel, Purchase, RemoveSeats
from csp_lifecycle.wire.converter import instant_of
from csp_lifecycle.wire.subscription import subscription_json
from csp_lifecycle.wire.text import parse_object, write

HERE = Path(__file__).parent
LOGS = ("two-policies-a", "two-policies-b")
BOUGHT = datetime(2025, 1, 15, 10, tzinfo=UTC)


def lines(name: str) -> list[str]:
    return (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()


def recorded(name: str) -> MemoryStore:
    """A store that holds a golden log."""
    store = MemoryStore()
    import_log(store, lines(name))
    return store


def swapped(policies: Mapping[str, Policy], other: Policy) -> Mapping[str, Policy]:
    """Every id stands for another policy than before, and one more is installed."""
    return {name: evolve(other, id=name, commerce=policy.commerce) for name, policy in policies.items()}


INSTALLED: dict[str, Callable[[Policy], Mapping[str, Policy]]] = {
    "as they ship": lambda _: POLICIES,
    "with the other": lambda other: {**POLICIES, other.id: other},
    "all changed": lambda other: swapped({**POLICIES, other.id: other}, other),
    "the other is as new commerce": lambda other: {
        **POLICIES,
        other.id: evolve(POLICIES["new-commerce"], id=other.id),
    },
    "none": lambda _: {},
}


@pytest.mark.parametrize("installed", list(INSTALLED))
@pytest.mark.parametrize("log", LOGS)
def test_an_old_log_adds_up_to_the_same_whatever_policies_say_now(log: str, installed: str, other: Policy) -> None:
    # INV-01
    lifecycle = Lifecycle(recorded(log), example_catalog(), clock=lambda: BOUGHT, policies=INSTALLED[installed](other))
    for line in lines(f"{log}.states"):
        frozen = parse_object(line)
        as_of = None if frozen["as_of"] is None else instant_of(frozen["as_of"])
        subscription = lifecycle.subscription(frozen["state"]["subscription_id"], as_of=as_of)
        assert write(subscription_json(subscription)) == write(frozen["state"])


@pytest.mark.parametrize("log", LOGS)
def test_an_old_log_is_written_as_it_was_read(log: str) -> None:
    """What later versions keep beside an event stands behind what was always there."""
    written = [parse_object(line) for line in export(recorded(log))]
    assert [line[:-1] for line in lines(log)] == [write(dict(list(one.items())[:9]))[:-1] for one in written]


def test_the_two_logs_were_decided_by_two_policies_and_differ() -> None:
    decided = {log: {parse_object(line)["policy"] for line in lines(log)} for log in LOGS}
    assert decided == {LOGS[0]: {"new-commerce"}, LOGS[1]: {"new-commerce.other"}}
    ends = [{parse_object(line)["state"]["status"] for line in lines(f"{log}.states")} for log in LOGS]
    assert lines(f"{LOGS[0]}.states") != lines(f"{LOGS[1]}.states")
    assert ends[0] & ends[1] >= {"active", "suspended"}


def buy(**changes: Any) -> Purchase:
    usual: dict[str, Any] = {
        "at": BOUGHT,
        "subscription_id": "s-1",
        "customer_id": "contoso",
        "offer_id": "business-standard",
        "seats": 10,
        "term": TermLength.YEAR,
        "plan": Plan.MONTHLY,
    }
    return Purchase(**usual | changes)


def catalog_naming(policy: str | None) -> Catalog:
    catalog = example_catalog()
    offer = evolve(catalog.offers["business-standard"], policy=policy)
    return Catalog({**catalog.offers, offer.offer_id: offer})


@pytest.fixture
def policies(other: Policy) -> dict[str, Policy]:
    """Those that ship, and the other one."""
    return {**POLICIES, other.id: other}


def test_a_running_term_keeps_its_policy_and_a_renewal_takes_the_one_named_then(
    policies: dict[str, Policy], other: Policy
) -> None:
    # R-EST-06
    scenario = Scenario(buy(), policies=policies)
    named = Scenario(store=scenario.store, catalog=catalog_naming(other.id), policies=policies)
    tenth_day = BOUGHT + timedelta(days=10)
    named.when(Cancel(at=tenth_day, subscription_id="s-1")).refused("cancellation-window-closed")
    named.given(AddSeats(at=tenth_day, subscription_id="s-1", seats=5))
    late = tenth_day + timedelta(days=8)
    named.when(RemoveSeats(at=late, subscription_id="s-1", seats=5)).refused("reduction-window-closed")
    renewal = datetime(2026, 1, 15, tzinfo=UTC)
    named.given(Advance(to=renewal))
    assert named.subscription().policy == other.id
    tenth_day = renewal + timedelta(days=10)
    assert named.when(Cancel(at=tenth_day, subscription_id="s-1")).names[-1] == "canceled"
    assert [one.policy for one in named.lifecycle.log("s-1")][-1] == other.id


def test_what_a_purchase_names_wins_over_the_catalog_for_this_term_and_later_ones(
    policies: dict[str, Policy], other: Policy
) -> None:
    # R-EST-06
    scenario = Scenario(catalog=catalog_naming("new-commerce.72-hours"), policies=policies)
    scenario.given(buy(), buy(subscription_id="s-2", policy=other.id), Advance(to=datetime(2026, 2, 1, tzinfo=UTC)))
    assert scenario.subscription().policy == "new-commerce.72-hours"
    assert scenario.subscription("s-2").policy == other.id


def test_a_changed_policy_moves_no_deadline_of_a_running_term(policies: dict[str, Policy], other: Policy) -> None:
    # INV-01
    scenario = Scenario(buy(policy=other.id), policies=policies)
    before = scenario.subscription()
    shorter = evolve(other, cancellation=(Window(Exactly(timedelta(hours=1)), RefundKind.PRORATED),))
    changed = Scenario(store=scenario.store, policies={**policies, other.id: shorter})
    assert changed.subscription() == before
    (canceled,) = changed.when(Cancel(at=BOUGHT + timedelta(hours=48), subscription_id="s-1")).recorded
    assert getattr(canceled, "refund", None) is RefundKind.FULL


def test_a_term_whose_policy_is_gone_is_shown_and_decided_no_more(policies: dict[str, Policy], other: Policy) -> None:
    # INV-01
    scenario = Scenario(buy(policy=other.id), policies=policies)
    without = Scenario(store=scenario.store)
    assert without.subscription() == scenario.subscription()
    refused = without.when(AddSeats(at=BOUGHT, subscription_id="s-1", seats=1)).refused("policy-not-found")
    assert refused.evidence == {"policy": other.id}
