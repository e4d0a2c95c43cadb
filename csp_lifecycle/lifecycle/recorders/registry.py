"""Who writes down which event: one small recorder for every command and event of a row."""

from collections.abc import Callable
from typing import Any, TypeVar

from csp_lifecycle.policies.policy import Action, Attempt
from csp_lifecycle.vocabulary.events import Event

Recorder = Callable[[Attempt[Any]], Event]
R = TypeVar("R", bound=Recorder)

RECORDERS: dict[tuple[type[Action], type[Event]], Recorder] = {}
"""Every recorder, by the command that is recorded and the event it makes."""


def records(event: type[Event], *actions: type[Action]) -> Callable[[R], R]:
    """Register a recorder of *event* for each of the *actions*."""

    def registered(recorder: R) -> R:
        for action in actions:
            RECORDERS[action, event] = recorder
        return recorder

    return registered
