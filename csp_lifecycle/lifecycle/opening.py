"""Which row of the table opens for an attempt, and why none does."""

from typing import Any

from csp_lifecycle.errors import CommandNotAllowedError, CommandRefusedError
from csp_lifecycle.policies.policy import Attempt, Row, always
from csp_lifecycle.vocabulary.names import command_name


def open_row(attempt: Attempt[Any]) -> Row:
    """The row that opens for the attempt: of its cell the one whose `when` holds, if all of its guards do.

    Raises:
        CommandNotAllowedError: no row stands in the cell of this status and command.
        CommandRefusedError: a guard of the row said no; it is the first that did.
    """
    action, status = type(attempt.command), attempt.subscription.status
    rows = attempt.policy.cells.get((status, action))
    if rows is None:
        raise _not_allowed(attempt)
    for row, guards in rows:
        if row.when is not always and not row.when(attempt):
            continue
        for guard in guards:
            if not guard.holds(attempt):
                raise CommandRefusedError(command_name(action), guard.reason, guard.evidence(attempt))
        return row
    message = f"{attempt.policy.id}: no row for {command_name(action)} while {status.value} is selected"
    raise AssertionError(message)


def _not_allowed(attempt: Attempt[Any]) -> CommandRefusedError:
    action, status = type(attempt.command), attempt.subscription.status
    cell = attempt.policy.closed.get((status, action)) or attempt.policy.closed[status]
    for guard in cell.first:
        if not guard.holds(attempt):
            return CommandRefusedError(command_name(action), guard.reason, guard.evidence(attempt))
    return CommandNotAllowedError(command_name(action), cell.reason, {"status": status})
