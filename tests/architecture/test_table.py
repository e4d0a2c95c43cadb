"""The table holds together: every cell, row, guard and event has its counterpart."""

import re
from typing import get_args

import pytest

from csp_lifecycle.lifecycle.cases import CASES
from csp_lifecycle.lifecycle.diagram import ACTIONS
from csp_lifecycle.lifecycle.recorders import RECORDERS
from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.policy import Guard, Policy, always
from csp_lifecycle.vocabulary.events import Event, WaitingChangesVoided
from csp_lifecycle.vocabulary.subscription import Status

EVENTS = frozenset(get_args(Event))
CONSEQUENCES = frozenset({WaitingChangesVoided})
"""Events that no row records: they follow from others."""
RULE = re.compile(r"(R-[A-Z]+|AMB|D)-\d\d")

every_policy = pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda policy: policy.id)


def guards_of(policy: Policy) -> set[Guard]:
    """Every guard that a policy asks."""
    closed = {guard for cell in policy.closed.values() for guard in cell.first}
    return closed.union(*(policy.guards_of(row) for row in policy.rows))


@every_policy
def test_every_cell_has_rows_or_a_reason_and_never_both(policy: Policy) -> None:
    pairs = {(row.status, row.on) for row in policy.rows}
    for status in Status:
        for action in ACTIONS:
            assert (policy.closed_cell(status, action) is None) == ((status, action) in pairs)
    assert pairs.isdisjoint(key for key in policy.closed if isinstance(key, tuple))


@every_policy
def test_rows_of_one_pair_are_told_apart_by_when(policy: Policy) -> None:
    for row in policy.rows:
        rivals = [other for other in policy.rows if (other.status, other.on) == (row.status, row.on)]
        conditions = [other.when for other in rivals]
        assert len(set(conditions)) == len(rivals)
        assert (always in conditions) == (len(rivals) == 1)


@every_policy
def test_every_status_that_is_reached_has_a_way_out(policy: Policy) -> None:
    reached = {row.target for row in policy.rows}
    left = {row.status for row in policy.rows if row.target is not row.status}
    assert reached - {Status.DELETED} <= left
    assert left - {Status.NONE} <= reached
    assert reached & {Status.DELETED, Status.EXPIRED}


def test_every_status_is_reached_by_some_policy() -> None:
    reached = {row.target for policy in POLICIES.values() for row in policy.rows}
    assert reached | {Status.NONE} == set(Status)


@every_policy
def test_every_guard_can_explain_itself(policy: Policy) -> None:
    for guard in guards_of(policy):
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", guard.reason.code), guard.name
        assert RULE.fullmatch(guard.reason.rule), guard.name
        assert guard.reason.sentence.endswith("."), guard.name


@every_policy
def test_every_closed_cell_can_explain_itself(policy: Policy) -> None:
    for cell in policy.closed.values():
        assert RULE.fullmatch(cell.reason.rule)
        assert cell.reason.sentence.endswith(".")


def test_every_row_has_its_recorders_and_no_recorder_is_idle() -> None:
    needed = {
        (row.on, kind) for policy in POLICIES.values() for row in policy.rows for kind in (*row.records, *row.also)
    }
    assert needed == set(RECORDERS)


def test_every_event_is_recorded_somewhere_and_can_be_replayed() -> None:
    recorded = {kind for _, kind in RECORDERS}
    assert recorded | CONSEQUENCES == EVENTS
    assert set(CASES) == EVENTS


def test_follows_is_what_the_rows_of_all_policies_need() -> None:
    needed: dict[type[Event], set[Status]] = {kind: set() for kind in EVENTS}
    for policy in POLICIES.values():
        for row in policy.rows:
            for kind in row.records:
                needed[kind].add(row.status)
                if kind in policy.voids:
                    needed[WaitingChangesVoided].add(kind.leads_to or row.status)
            for kind in row.also:
                # What happens on other streams: a new one begins, an existing one is active by its guards.
                needed[kind].add(Status.NONE if kind.leads_to is Status.ACTIVE else Status.ACTIVE)
    for kind, statuses in needed.items():
        assert kind.follows == statuses, kind.__name__
