"""Command to events: first is it admitted, then what is due is taken, then the row that opens decides.

`decide` is pure. What it returns is what would be stored; storing it or not is the only difference between
an act and its preview.
"""

from typing import Any, NamedTuple, get_args

from attrs import fields_dict

from csp_lifecycle.errors import CommandRefusedError, Reason
from csp_lifecycle.lifecycle.due import take_due
from csp_lifecycle.lifecycle.step import Holdings, Recorded, Step
from csp_lifecycle.policies import reasons
from csp_lifecycle.policies.policy import Market
from csp_lifecycle.vocabulary.commands import Command, Purchase, StartTrial
from csp_lifecycle.vocabulary.names import command_name


class Decision(NamedTuple):
    """What a command leads to: `recorded`, what was due first and what it did, and the holdings afterwards."""

    recorded: tuple[Recorded, ...]
    holdings: Holdings


def decide(command: Command, holdings: Holdings, market: Market) -> Decision:
    """Decide *command* on the subscriptions it concerns.

    *holdings* are those subscriptions as they are stored, by id. What is due on them is taken first; of that,
    only what belongs to a stream the command writes to is part of the decision.

    Raises:
        CommandRefusedError: it is not legal; the first check that failed says why.
    """
    named = concerned(command)
    _admit(command, named, holdings)
    step = Step(holdings, market)
    stuck = take_due(step, command.at, holdings)
    for name in named if stuck else ():
        if name in stuck:
            raise CommandRefusedError(command_name(type(command)), stuck[name].reason, stuck[name].evidence)
    due = len(step.recorded)
    step.take(command, command.actor)
    recorded = step.recorded
    if len(recorded) > 1:
        recorded = _in_order(command.subscription_id, recorded[:due], recorded[due:])
    return Decision(tuple(recorded), step.holdings)


def _in_order(subject: str, due: list[Recorded], recorded: list[Recorded]) -> list[Recorded]:
    """What was due on the streams that are written to, then what is recorded, the subject first."""
    written = {fact.event.subscription_id for fact in recorded}
    before = [fact for fact in due if fact.event.subscription_id in written]
    return before + sorted(recorded, key=lambda fact: fact.event.subscription_id != subject)


def _admit(command: Command, named: tuple[str, ...], holdings: Holdings) -> None:
    """The checks that come before the table: existence, expected version, order.

    Raises:
        CommandRefusedError: one of them failed.
    """
    subject = holdings.get(command.subscription_id)
    begins = type(command) in _BEGINNING
    if begins and subject is not None:
        raise _refused(command, reasons.subscription_exists, subscription_id=command.subscription_id)
    if not begins and subject is None:
        raise _refused(command, reasons.subscription_not_found, subscription_id=command.subscription_id)
    version = 0 if subject is None else subject.version
    if command.expected_version is not None and command.expected_version != version:
        raise _refused(command, reasons.stale_version, expected=command.expected_version, actual=version)
    for name in named:
        other = holdings.get(name)
        if other is not None and other.changed_at is not None and command.at < other.changed_at:
            raise _refused(command, reasons.out_of_order, last_event_at=other.changed_at)


_BEGINNING = {Purchase, StartTrial}
"""The commands that begin a subscription."""


def concerned(command: Command) -> tuple[str, ...]:
    """The subscriptions a command changes by name: its subject, the one that seats go to, add-ons that go along."""
    if type(command) not in _NAMING_OTHERS:
        return (command.subscription_id,)
    target = getattr(command, "target_subscription_id", None)
    along = tuple(add_on.subscription_id for add_on in getattr(command, "add_ons", ()))
    return (command.subscription_id, *(() if target is None else (target,)), *along)


_NAMING_OTHERS = {
    kind for kind in get_args(Command) if fields_dict(kind).keys() & {"target_subscription_id", "add_ons"}
}
"""The commands that name other subscriptions which they change."""


def _refused(command: Command, reason: Reason, **evidence: Any) -> CommandRefusedError:
    return CommandRefusedError(command_name(type(command)), reason, evidence)
