"""Command to events: first is it admitted, then what is due is taken, then the row that opens decides.

`decide` is pure. What it returns is what would be stored; storing it or not is the only difference between
an act and its preview.
"""

from collections.abc import Iterable
from typing import Any

from attrs import frozen

from csp_lifecycle.errors import CommandRefusedError, Reason
from csp_lifecycle.lifecycle.due import catch_up
from csp_lifecycle.lifecycle.step import Holdings, Recorded, Step
from csp_lifecycle.policies import reasons
from csp_lifecycle.policies.policy import Market
from csp_lifecycle.vocabulary.commands import Command, Purchase, StartTrial
from csp_lifecycle.vocabulary.names import command_name
from csp_lifecycle.vocabulary.subscription import Subscription


@frozen
class Decision:
    """What a command leads to: `recorded`, what was due first and what it did, and the holdings afterwards."""

    recorded: tuple[Recorded, ...]
    holdings: dict[str, Subscription]


def decide(command: Command, holdings: Holdings, market: Market) -> Decision:
    """Decide *command* on the subscriptions it concerns.

    *holdings* are those subscriptions as they are stored, by id. What is due on them is taken first; of that,
    only what belongs to a stream the command writes to is part of the decision.

    Raises:
        CommandRefusedError: it is not legal; the first check that failed says why.
    """
    admit(command, holdings)
    caught_up = catch_up(holdings, command.at, market)
    for name in concerned(command):
        stuck = caught_up.stuck.get(name)
        if stuck is not None:
            raise CommandRefusedError(command_name(type(command)), stuck.reason, stuck.evidence)
    step = Step(caught_up.holdings, market)
    step.take(command, command.actor)
    written = {recorded.event.subscription_id for recorded in step.recorded}
    taken = tuple(recorded for recorded in caught_up.recorded if recorded.event.subscription_id in written)
    return Decision((*taken, *_subject_first(command.subscription_id, step.recorded)), step.holdings)


def admit(command: Command, holdings: Holdings) -> None:
    """The checks that come before the table: existence, expected version, order.

    Raises:
        CommandRefusedError: one of them failed.
    """
    subject = holdings.get(command.subscription_id)
    begins = isinstance(command, (Purchase, StartTrial))
    if begins and subject is not None:
        raise _refused(command, reasons.subscription_exists, subscription_id=command.subscription_id)
    if not begins and subject is None:
        raise _refused(command, reasons.subscription_not_found, subscription_id=command.subscription_id)
    version = 0 if subject is None else subject.version
    if command.expected_version not in {None, version}:
        raise _refused(command, reasons.stale_version, expected=command.expected_version, actual=version)
    for name in concerned(command):
        other = holdings.get(name)
        if other is not None and other.changed_at is not None and command.at < other.changed_at:
            raise _refused(command, reasons.out_of_order, last_event_at=other.changed_at)


def concerned(command: Command) -> tuple[str, ...]:
    """The subscriptions a command changes by name: its subject, the one that seats go to, add-ons that go along."""
    target = getattr(command, "target_subscription_id", None)
    along = tuple(add_on.subscription_id for add_on in getattr(command, "add_ons", ()))
    return (command.subscription_id, *(() if target is None else (target,)), *along)


def _subject_first(subject: str, recorded: Iterable[Recorded]) -> list[Recorded]:
    return sorted(recorded, key=lambda fact: fact.event.subscription_id != subject)


def _refused(command: Command, reason: Reason, **evidence: Any) -> CommandRefusedError:
    return CommandRefusedError(command_name(type(command)), reason, evidence)
