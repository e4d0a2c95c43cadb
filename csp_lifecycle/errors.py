"""Every error this library raises on purpose, as one family.

A refusal says what was asked, what stood in the way and what would have been possible. Its code and rule are
stable; the numbers Microsoft publishes for the same condition stand in `csp_lifecycle.microsoft`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from attrs import field, frozen

from csp_lifecycle.microsoft import MICROSOFT

RETRYABLE = frozenset({"conflict", "renewal-locked", "cycle-charge-locked", "target-not-ready", "stale-version"})
"""Codes that may pass later without anybody changing anything but what is in flight."""


@frozen
class Reason:
    """Why something is refused: a stable kebab-case code, the rule's id, a sentence, and commands that help."""

    code: str
    rule: str
    sentence: str
    remedies: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def microsoft(self) -> tuple[str, ...]:
        """The numbers Microsoft publishes for the same condition."""
        return MICROSOFT.get(self.code, ())

    @property
    def retryable(self) -> bool:
        """Whether the same command may pass later, once nothing is in flight any more."""
        return self.code in RETRYABLE


@frozen
class Outlook:
    """What would have been possible.

    `legal_from` is the next instant from which the same command would be accepted if only time went by,
    `legal_until` the last instant of that interval (inclusive), or, with `legal_from` None, the deadline that
    closed it. `allowed` are the commands that some arguments would make legal at the instant of the refusal.
    """

    legal_from: datetime | None = None
    legal_until: datetime | None = None
    allowed: tuple[str, ...] = ()


def _no_outlook() -> Outlook:
    return Outlook()


class LifecycleError(Exception):
    """The root of every error raised on purpose. `code` is stable, the message is for people."""

    code = "error"


class InvalidCommandError(LifecycleError, ValueError):
    """A command that is nonsense by itself, whatever history says."""

    code = "invalid-command"


class InvalidCatalogError(LifecycleError, ValueError):
    """A catalog entry that cannot be understood; the message names the entry and the key."""

    code = "invalid-catalog"


class InvalidLogError(LifecycleError, ValueError):
    """A line of an exported log that makes no sense by itself."""

    code = "invalid-log"


class UnreadableFileError(LifecycleError, ValueError):
    """A file of which no row can be read; the message says what its header lacks."""

    code = "unreadable-file"


class CommandRefusedError(LifecycleError):
    """History, catalog or policy said no. Nothing was recorded.

    `outlook` is worked out when it is asked for: it decides the command again at every coming deadline.
    """

    def __init__(
        self,
        command: str,
        reason: Reason,
        evidence: Mapping[str, Any],
        look: Callable[[], Outlook] = _no_outlook,
    ) -> None:
        super().__init__(command, reason, evidence)
        self.command = command
        self.reason = reason
        self.evidence = dict(evidence)
        self._look = look

    def __str__(self) -> str:
        facts = ", ".join(f"{name} {value}" for name, value in self.evidence.items() if value is not None)
        text = f"{self.command} refused [{self.code}, {self.rule}]: {self.reason.sentence}"
        return f"{text} ({facts})" if facts else text

    @property
    def code(self) -> str:  # type: ignore[override]
        """The stable code of the refusal, such as `cancellation-window-closed`."""
        return self.reason.code

    @property
    def rule(self) -> str:
        """The id of the rule that refused, such as `R-CANCEL-01`."""
        return self.reason.rule

    @cached_property
    def outlook(self) -> Outlook:
        """When the same command would be legal, and which commands are legal now."""
        return self._look()

    def with_look(self, look: Callable[[], Outlook]) -> "CommandRefusedError":
        """The same refusal, of the same kind, that knows how to work out its outlook."""
        self._look = look
        return self


class CommandNotAllowedError(CommandRefusedError):
    """The cell of the table is closed: in this status the command is never legal."""


class OfferNotFoundError(LifecycleError):
    """A question about an offer that the catalog does not have."""

    code = "offer-not-found"

    def __init__(self, offer_id: str) -> None:
        super().__init__(offer_id)
        self.offer_id = offer_id

    def __str__(self) -> str:
        return f"there is no offer {self.offer_id!r} in the catalog: check the id, or add it there"


class AccountNotFoundError(LifecycleError):
    """A question about an account that does not exist."""

    code = "account-not-found"

    def __init__(self, account_id: str) -> None:
        super().__init__(account_id)
        self.account_id = account_id

    def __str__(self) -> str:
        return f"there is no account {self.account_id!r}: check the id, or open it first"


class HistoryError(LifecycleError):
    """Stored events make no sense. Never the caller's fault. `position` is where in the log, as far as it is known."""

    code = "history-broken"
    position: int | None = None


class BrokenHistoryError(HistoryError):
    """An impossible event in a stream; the message names the stream and the version, which `version` holds too."""

    code = "history-broken"

    def __init__(self, message: str, version: int | None = None, position: int | None = None) -> None:
        super().__init__(message)
        self.version = version
        self.position = position


class TamperedHistoryError(HistoryError):
    """A digest does not hold: somebody changed, removed, inserted or swapped events."""

    code = "history-tampered"

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class UnknownEventError(HistoryError):
    """An event that this version of the library does not know; deciding on its stream is refused.

    `stream` and `position` say where it stands in the log.
    """

    code = "unknown-event"

    def __init__(self, message: str, stream: str = "", position: int = 0) -> None:
        super().__init__(message)
        self.stream = stream
        self.position = position


class StoreError(LifecycleError):
    """The store could not do its work."""

    code = "store-failed"


class StaleVersionError(StoreError):
    """Somebody else wrote first: reload and decide again."""

    code = "stale-version"

    def __init__(self, stream: str, expected: int, actual: int) -> None:
        super().__init__(stream, expected, actual)
        self.stream = stream
        self.expected = expected
        self.actual = actual

    def __str__(self) -> str:
        return f"{self.stream} is at version {self.actual}, not at {self.expected} as expected: read it again"


class LogDoesNotFitError(StoreError):
    """What is taken over from another store is not what is here already, or does not follow it."""

    code = "log-does-not-fit"

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class LogRefusedError(LifecycleError):
    """A log that cannot be imported, and nothing of it was: `line` is where, `reason` is why, `code` the reason's."""

    def __init__(self, line: int, reason: LifecycleError) -> None:
        super().__init__(line, reason)
        self.line = line
        self.reason = reason
        self.code = reason.code

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}; nothing was imported"


class StreamNotFoundError(StoreError):
    """No such stream."""

    code = "subscription-not-found"

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.stream = stream

    def __str__(self) -> str:
        return f"there is no subscription {self.stream!r}: check the id, or purchase it first"


class DuplicateCommandError(StoreError):
    """The same command id was used before."""

    code = "command-id-reused"

    def __init__(self, command_id: str) -> None:
        super().__init__(command_id)
        self.command_id = command_id

    def __str__(self) -> str:
        return f"command id {self.command_id!r} was already used for another command: use a new one"
