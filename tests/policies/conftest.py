"""What the scripted walks to the rows of all policies share: how a row is called, and how it is taken."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from csp_lifecycle.lifecycle import step
from csp_lifecycle.lifecycle.opening import open_row
from csp_lifecycle.policies.policy import Attempt, Policy, Row
from csp_lifecycle.testing import Scenario
from csp_lifecycle.vocabulary.commands import Advance, Command
from csp_lifecycle.vocabulary.names import command_name, event_name

Script = tuple[Command | Advance, ...]


def _sentence(row: Row) -> str:
    also = "".join(f" and {event_name(kind)}" for kind in row.also)
    records = ", ".join(event_name(kind) for kind in row.records)
    return f"{row.status.value} {command_name(row.on)}: {records}{also}"


def _by_sentence(rows: Iterable[Row]) -> dict[str, Row]:
    lines = [(_sentence(row), row) for row in rows]
    alike = {line for line, _ in lines if [other for other, _ in lines].count(line) > 1}
    return {
        f"{line}, when {row.when.__name__.replace('_', ' ')}" if line in alike else line: row for line, row in lines
    }


@pytest.fixture(scope="session")
def sentences() -> Callable[[Iterable[Row]], dict[str, Row]]:
    """The rows by what each says in one line; two that say the same are told apart by their `when`."""
    return _by_sentence


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Policy, Row]]:
    """Every row that has opened so far, with the subscription and the policy it opened under."""
    rows: list[tuple[str, Policy, Row]] = []

    def noting(attempt: Attempt[Any]) -> Row:
        row = open_row(attempt)
        rows.append((attempt.command.subscription_id, attempt.policy, row))
        return row

    monkeypatch.setattr(step, "open_row", noting)
    return rows


@pytest.fixture
def walk(opened: list[tuple[str, Policy, Row]]) -> Callable[[Policy, str, Script], None]:
    """Walks a script: its last command takes the row of that name on s-1, and what the row says is recorded."""

    def walked(policy: Policy, name: str, script: Script) -> None:
        row = _by_sentence(policy.rows)[name]
        *given, last = script
        scenario = Scenario(*given)
        opened.clear()
        recorded = [event for event in scenario.when(last).recorded if event.subscription_id in {"s-1", "s-2"}]
        assert any(subject == "s-1" and under is policy and taken is row for subject, under, taken in opened)
        assert tuple(type(event) for event in recorded) == (*row.records, *row.also)
        assert {event.subscription_id for event in recorded} == ({"s-1", "s-2"} if row.also else {"s-1"})
        assert scenario.subscription().status is row.target

    return walked
