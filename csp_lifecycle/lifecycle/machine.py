"""Which row of the table opens: the only module that knows the `transitions` package.

The rows of a policy are compiled once into one `Machine` without models. A trial run hands a throwaway token
to the trigger: the machine asks the `when` of each row and then its guards, and the token notes which row
opened or which guard said no, because a failed condition is otherwise silent.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from attrs import define
from transitions import Machine, MachineError

from csp_lifecycle.errors import CommandNotAllowedError, CommandRefusedError
from csp_lifecycle.policies.policy import Attempt, Guard, Policy, Row
from csp_lifecycle.vocabulary.names import command_name
from csp_lifecycle.vocabulary.subscription import Status


@define
class _Token:
    """What one trial run leaves behind. `state` is what the machine looks at."""

    state: str
    opened: Row | None = None
    refused_by: Guard | None = None


def open_row(attempt: Attempt[Any]) -> Row:
    """The row that opens for the attempt.

    Raises:
        CommandNotAllowedError: no row stands in the cell of this status and command.
        CommandRefusedError: a guard of the row said no; it is the first that did.
    """
    command, status = attempt.command, attempt.subscription.status
    token = _Token(status.value)
    event = _machine_for(attempt.policy).events.get(command_name(type(command)))
    try:
        if event is not None:
            event.trigger(token, attempt, token)
    except MachineError:
        event = None
    if event is None:
        raise _not_allowed(attempt)
    if token.refused_by is not None:
        refused_by = token.refused_by
        raise CommandRefusedError(command_name(type(command)), refused_by.reason, refused_by.evidence(attempt))
    if token.opened is None:
        message = f"{attempt.policy.id}: no row for {command_name(type(command))} while {status.value} is selected"
        raise AssertionError(message)
    return token.opened


def _not_allowed(attempt: Attempt[Any]) -> CommandRefusedError:
    action, status = type(attempt.command), attempt.subscription.status
    cell = attempt.policy.closed_cell(status, action)
    if cell is None:
        message = f"{attempt.policy.id}: {action.__name__} while {status.value} has rows the machine does not know"
        raise AssertionError(message)
    for guard in cell.first:
        if not guard.holds(attempt):
            return CommandRefusedError(command_name(action), guard.reason, guard.evidence(attempt))
    return CommandNotAllowedError(command_name(action), cell.reason, {"status": status})


def _machine_for(policy: Policy) -> Machine:
    """The policy's machine, compiled once; policies hold mappings, so they are told apart by identity."""
    known = _COMPILED.get(policy.id)
    if known is None or known[0] is not policy:
        known = _COMPILED[policy.id] = (policy, _compile(policy))
    return known[1]


_COMPILED: dict[str, tuple[Policy, Machine]] = {}


def _compile(policy: Policy) -> Machine:
    machine = Machine(
        model=None,
        states=[status.value for status in Status],
        initial=Status.NONE.value,
        auto_transitions=False,
    )
    for row in policy.rows:
        machine.add_transition(
            command_name(row.on),
            row.status.value,
            None if row.target is row.status else row.target.value,
            conditions=_conditions(policy, row),
            after=partial(_note_opened, row),
        )
    return machine


def _conditions(policy: Policy, row: Row) -> list[str | Callable[..., bool | None]]:
    def chosen(attempt: Attempt[Any], _: _Token) -> bool:
        return bool(row.when(attempt))

    return [chosen, *(partial(_asked, guard) for guard in policy.guards_of(row))]


def _asked(guard: Guard, attempt: Attempt[Any], token: _Token) -> bool:
    held = bool(guard.holds(attempt))
    if not held:
        token.refused_by = guard
    return held


def _note_opened(row: Row, _: Attempt[Any], token: _Token) -> None:
    token.opened = row
