"""Commands that come again, and commands that have to be decided again."""

import time
from collections.abc import Callable
from typing import TypeVar

from csp_lifecycle.errors import CommandRefusedError, DuplicateCommandError, StaleVersionError
from csp_lifecycle.policies import reasons
from csp_lifecycle.stores.store import EventStore, Outcome
from csp_lifecycle.vocabulary.names import AnyCommand, command_name
from csp_lifecycle.wire.commands import command_digest

Answered = TypeVar("Answered")

OVERTAKEN = (StaleVersionError, DuplicateCommandError)
"""What a store says when somebody else wrote first."""
_PAUSE, _LONGEST_PAUSE = 0.0005, 0.05
"""How many seconds pass before a command that was overtaken again and again is decided again."""


def outcome_before(command: AnyCommand, command_id: str | None, store: EventStore) -> Outcome | None:
    """What *command_id* stands for already, if it does.

    Raises:
        CommandRefusedError: it stands for another command.
    """
    outcome = None if command_id is None else store.outcome(command_id)
    if outcome is not None:
        require_same(command, outcome.digest)
    return outcome


def require_same(command: AnyCommand, digest: str) -> None:
    """A command id stands for one command.

    Raises:
        CommandRefusedError: *digest* is another command's.
    """
    if digest != command_digest(command):
        evidence = {"command_id": command.command_id}
        raise CommandRefusedError(command_name(type(command)), reasons.command_id_reused, evidence)


def retried(attempt: Callable[[], Answered], attempts: int) -> Answered:
    """What *attempt*, which reads, decides and appends, leads to once nobody else writes first; pauses grow.

    Raises:
        StaleVersionError, DuplicateCommandError: somebody else wrote first each time.
    """
    for tried in range(1, attempts):
        try:
            return attempt()
        except OVERTAKEN:
            # The first time it is likely over: whoever was faster has written.
            if tried > 1:
                time.sleep(min(_PAUSE * 2**tried, _LONGEST_PAUSE))
    return attempt()


def gave_up(command: AnyCommand, attempts: int) -> CommandRefusedError:
    """The refusal of a command that was overtaken each time."""
    return CommandRefusedError(command_name(type(command)), reasons.stale_version, {"attempts": attempts})
