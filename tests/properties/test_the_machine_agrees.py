"""The rows that decisions look up are those of the `transitions` machine, cell by cell and attempt by attempt."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from csp_lifecycle.errors import CommandRefusedError, Reason
from csp_lifecycle.lifecycle import step
from csp_lifecycle.lifecycle.diagram import ACTIONS
from csp_lifecycle.lifecycle.machine import Trial, machine_for, tried
from csp_lifecycle.lifecycle.opening import open_row
from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.policy import Attempt, Policy, Row
from csp_lifecycle.testing.model import TableModel
from csp_lifecycle.vocabulary.names import command_name
from csp_lifecycle.vocabulary.subscription import Status

MACHINES = {policy.id: machine_for(policy) for policy in POLICIES.values()}


@pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda policy: policy.id)
def test_every_cell_has_the_rows_of_the_machine_in_their_order(policy: Policy) -> None:
    for status in Status:
        for action in ACTIONS:
            event = MACHINES[policy.id].events.get(command_name(action))
            found = event.transitions.get(status.value, []) if event is not None else []
            rows = [row for row, _ in policy.cells.get((status, action), ())]
            assert [one.dest or status.value for one in found] == [row.target.value for row in rows]
            asks: list[Any] = [one.conditions[0].func for one in found]
            assert [ask.args[0] for ask in asks] == rows


def test_whatever_is_tried_the_machine_opens_the_same_row_or_asks_the_same_guard_in_vain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: set[tuple[str, Status, str]] = set()

    def twice(attempt: Attempt[Any]) -> Row:
        trial = tried(MACHINES[attempt.policy.id], attempt)
        asked.add((attempt.policy.id, attempt.subscription.status, command_name(type(attempt.command))))
        opened, refused = _opened(attempt)
        if opened is None:
            assert trial is None or (trial.opened is None and _reason(trial) == refused)
        else:
            assert trial is not None
            assert (trial.opened, trial.state) == (opened, opened.target.value)
        return open_row(attempt)

    monkeypatch.setattr(step, "open_row", twice)
    run_state_machine_as_test(TableModel, settings=settings(max_examples=10))
    assert len(asked) > 40


def _opened(attempt: Attempt[Any]) -> tuple[Row | None, Reason | None]:
    try:
        return open_row(attempt), None
    except CommandRefusedError as refusal:
        return None, refusal.reason


def _reason(trial: Trial) -> Reason | None:
    return None if trial.refused_by is None else trial.refused_by.reason
