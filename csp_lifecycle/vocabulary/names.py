"""The stored name of every command and event: the class's words in kebab case, a public promise.

Names are worked out from the classes, and golden files in the tests hold them still: renaming a class breaks
those, because stored logs would not be readable any more.
"""

import re
from functools import cache
from typing import Any, get_args

from csp_lifecycle.vocabulary.account_commands import AccountCommand
from csp_lifecycle.vocabulary.account_events import AccountEvent
from csp_lifecycle.vocabulary.commands import Advance, Command
from csp_lifecycle.vocabulary.events import Event

AnyCommand = Command | Advance | AccountCommand
AnyEvent = Event | AccountEvent


def kebab(kind: type) -> str:
    """The class's words in kebab case: `SeatsAdded` is `seats-added`."""
    return _kebab(kind.__name__)


@cache
def _kebab(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


command_name = event_name = kebab

COMMANDS: dict[str, type[Any]] = {kebab(kind): kind for kind in get_args(AnyCommand)}
"""Every command that can be sent, by name, in the order of the contract."""

EVENTS: dict[str, type[Any]] = {kebab(kind): kind for kind in get_args(AnyEvent)}
"""Every event, by stored name."""
