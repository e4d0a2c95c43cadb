"""What the service answers with."""

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.vocabulary.events import Event
from csp_lifecycle.vocabulary.subscription import Subscription


@frozen
class Stuck:
    """A subscription whose next step cannot be taken, and why; it stays due."""

    subscription_id: str
    refusal: CommandRefusedError


@frozen
class Answer:
    """What a command recorded, what could not go on (`advance` only), and the subscriptions it changed.

    A command id that was used before is answered with what it recorded then; `subscriptions` is empty in that
    case, because they may have changed since.
    """

    recorded: tuple[Event, ...]
    stuck: tuple[Stuck, ...] = ()
    subscriptions: Mapping[str, Subscription] = field(factory=dict)


@frozen
class Due:
    """What time will bring: when, where, and the stored name of the event; `stuck` says why it cannot come."""

    at: datetime
    subscription_id: str
    what: str | None
    stuck: CommandRefusedError | None = None
