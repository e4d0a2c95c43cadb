"""What the service answers with."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import ClassVar

from attrs import field, frozen

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.vocabulary.account import Account
from csp_lifecycle.vocabulary.charge_line import Lines
from csp_lifecycle.vocabulary.events import Event
from csp_lifecycle.vocabulary.names import AnyEvent
from csp_lifecycle.vocabulary.subscription import Subscription


@frozen
class Stuck:
    """A subscription whose next step cannot be taken, and why; it stays due."""

    subscription_id: str
    refusal: CommandRefusedError


def _no_lines() -> Lines:
    return ()


@frozen
class Answer:
    """What a command recorded, what could not go on (`advance` only), and the subscriptions it changed.

    A command id that was used before is answered with what it recorded then; `subscriptions` is empty in that
    case, because they may have changed since.
    """

    recorded: tuple[Event, ...]
    stuck: tuple[Stuck, ...] = ()
    subscriptions: Mapping[str, Subscription] = field(factory=dict)
    charge: Callable[[], Lines] = field(default=_no_lines, eq=False, repr=False)

    @cached_property
    def charges(self) -> Lines:
        """The charge lines that the recorded events cause; worked out when asked for.

        Raises:
            HistoryError: stored events make no sense.
        """
        return self.charge()


@frozen
class AccountAnswer:
    """What a command about an account recorded, and the account after it.

    A command id that was used before is answered with what it recorded then; `account` is None in that case.
    """

    recorded: tuple[AnyEvent, ...]
    account: Account | None = None
    stuck: ClassVar[tuple[Stuck, ...]] = ()
    """Time alone changes no account."""
    charges: ClassVar[Lines] = ()
    """Nothing about an account is charged."""


@frozen
class Due:
    """What time will bring: when, where, and the stored name of the event; `stuck` says why it cannot come."""

    at: datetime
    subscription_id: str
    what: str | None
    stuck: CommandRefusedError | None = None
