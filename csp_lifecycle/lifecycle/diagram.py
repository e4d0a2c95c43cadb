"""The table, drawn: a state diagram and a matrix of commands by status, printed from the rows."""

from typing import get_args

from csp_lifecycle.policies.policy import Action, Policy, Row, always
from csp_lifecycle.vocabulary.commands import Command, TimeCommand
from csp_lifecycle.vocabulary.names import command_name, event_name
from csp_lifecycle.vocabulary.subscription import Status

ACTIONS: tuple[type[Action], ...] = (*get_args(Command), *get_args(TimeCommand))
"""Everything a row can be about, in the order of the contract; what time says stands last."""


def diagram(policy: Policy) -> str:
    """The state machine of a policy in Mermaid's language; rows that stay in their status are left out."""
    arrows: dict[tuple[Status, Status], list[str]] = {}
    for row in policy.rows:
        if row.target is not row.status:
            labels = arrows.setdefault((row.status, row.target), [])
            label = " + ".join(event_name(kind) for kind in row.records)
            if label not in labels:
                labels.append(label)
    lines = [f"    {_state(low)} --> {_state(high)}: {', '.join(labels)}" for (low, high), labels in arrows.items()]
    ends = [f"    {Status.DELETED.value} --> [*]"]
    return "\n".join(["stateDiagram-v2", *lines, *ends])


def _state(status: Status) -> str:
    return "[*]" if status is Status.NONE else status.value


def cell(policy: Policy, status: Status, action: type[Action]) -> str:
    """What a cell of the matrix says: what each of its rows records, or the code of its closed reason."""
    closed = policy.closed_cell(status, action)
    if closed is not None:
        return " / ".join([*(guard.reason.code for guard in closed.first), closed.reason.code])
    rows = [row for row in policy.rows if (row.status, row.on) == (status, action)]
    return "; ".join(_sentence(row) for row in rows)


def _sentence(row: Row) -> str:
    recorded = " + ".join(f"**{event_name(kind)}**" for kind in (*row.records, *row.also))
    return recorded if row.when is always else f"{recorded} when {row.when.__name__.replace('_', ' ')}"


def matrix(policy: Policy) -> str:
    """The matrix as a Markdown table: a line for every command, a column for every status."""
    statuses = tuple(Status)
    head = "| command | " + " | ".join("(new)" if one is Status.NONE else one.value for one in statuses) + " |"
    rule = "|" + " --- |" * (len(statuses) + 1)
    lines = (
        f"| `{command_name(action)}` | " + " | ".join(cell(policy, one, action) for one in statuses) + " |"
        for action in ACTIONS
    )
    return "\n".join([head, rule, *lines])
