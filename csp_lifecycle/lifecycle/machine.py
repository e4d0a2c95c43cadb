"""The table as a `transitions` machine: the only module that knows the package.

Decisions look rows up by status and command (`lifecycle.opening`). The machine is built from the same rows, for whoever
draws or checks state machines with that package, and as the second opinion on every decision that the tests take.
"""

from functools import partial
from typing import Any

from attrs import define
from transitions import Machine, MachineError

from csp_lifecycle.policies.policy import Attempt, Guard, Policy, Row
from csp_lifecycle.vocabulary.names import command_name
from csp_lifecycle.vocabulary.subscription import Status


@define
class Trial:
    """What the machine made of one attempt: `state` is where it is, or has come to.

    The machine does not say which row opened, and a condition that fails is silent, so both are noted here.
    """

    state: str
    opened: Row | None = None
    refused_by: Guard | None = None


def machine_for(policy: Policy) -> Machine:
    """A machine with a transition for every row, without models. Build it once: it costs milliseconds."""
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
            # One condition that asks all guards: each further one would cost as much as what it asks.
            conditions=partial(_opens, row, policy.guards_of(row)),
        )
    return machine


def tried(machine: Machine, attempt: Attempt[Any]) -> Trial | None:
    """What the machine of the attempt's policy makes of it; None where no row stands in the cell."""
    trial = Trial(attempt.subscription.status.value)
    event = machine.events.get(command_name(type(attempt.command)))
    if event is None:
        return None
    try:
        event.trigger(trial, attempt, trial)
    except MachineError:
        return None
    return trial


def _opens(row: Row, guards: tuple[Guard, ...], attempt: Attempt[Any], trial: Trial) -> bool:
    """Whether the row is the one that is meant, and its guards hold; the first that does not is noted."""
    if not row.when(attempt):
        return False
    for guard in guards:
        if not guard.holds(attempt):
            trial.refused_by = guard
            return False
    trial.opened = row
    return True
