"""Where answers go. Every command says what it found; a face says it as JSON lines, or in words for people."""

import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from importlib import import_module
from io import TextIOWrapper
from typing import Protocol

from csp_lifecycle.cli.chapters import Told
from csp_lifecycle.cli.exits import UsageError
from csp_lifecycle.cli.machines import JsonLines
from csp_lifecycle.errors import CommandRefusedError, LifecycleError, LogRefusedError
from csp_lifecycle.lifecycle.choices import CustomEnd, UpgradeTarget
from csp_lifecycle.lifecycle.legality import Option
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.service import AccountAnswer, Answer, Due
from csp_lifecycle.service.moving import Imported
from csp_lifecycle.service.privacy import Redaction
from csp_lifecycle.service.verifying import Verdict
from csp_lifecycle.stores.store import Envelope
from csp_lifecycle.vocabulary.account import Account, Invoice
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.charge_line import ChargeLine
from csp_lifecycle.vocabulary.names import AnyCommand
from csp_lifecycle.vocabulary.subscription import Subscription

Seen = tuple[Subscription, datetime]
"""A subscription and the instant as of which it is shown."""


class Output(Protocol):
    """What a face can say. What prints a list tells how much there was."""

    def taken(self, line: int, answer: Answer | AccountAnswer) -> None:
        """A line of `play` was accepted."""

    def refused(
        self,
        refusal: CommandRefusedError,
        line: int | None = None,
        command: AnyCommand | None = None,
    ) -> None:
        """A line of `play`, or a question, was refused."""

    def wrong(self, line: int, error: LifecycleError) -> None:
        """A line of `play` makes no sense by itself."""

    def failed(self, error: LifecycleError, line: int | None = None) -> None:
        """The run ends here: history is broken, or the store failed."""

    def ended(self, *, kept: bool) -> None:
        """`play` came to its end; a preview keeps nothing."""

    def state(self, subscription: Subscription, as_of: datetime) -> None:
        """One subscription."""

    def states(self, seen: Iterable[Seen]) -> int:
        """Many subscriptions."""

    def log(self, envelopes: Iterable[Envelope]) -> int:
        """Stored events."""

    def due(self, coming: Iterable[Due]) -> int:
        """What time will bring."""

    def advanced(self, answer: Answer) -> None:
        """What `advance` recorded."""

    def options(self, subscription_id: str, at: datetime, options: Iterable[Option]) -> None:
        """Every command, legal or not."""

    def custom_ends(self, ends: Iterable[CustomEnd]) -> int:
        """The days on which a term may end, or may not."""

    def upgrade_targets(self, targets: Iterable[UpgradeTarget]) -> int:
        """Where an upgrade may lead, or may not."""

    def watching(self, size: int | None) -> AbstractContextManager[Callable[[int], None]]:
        """While a log is imported: how many of *size* bytes have been read, or of an unknown number of lines."""

    def imported(self, imported: Imported) -> None:
        """A log was taken over."""

    def not_imported(self, refused: LogRefusedError) -> None:
        """A log cannot be taken over."""

    def verified(self, verdict: Verdict) -> None:
        """What `verify` found."""

    def redacted(self, redaction: Redaction) -> None:
        """A customer's personal data was taken out of the log."""

    def charges(self, lines: Iterable[ChargeLine]) -> int:
        """Charge lines."""

    def documents(self, account: Account, found: Iterable[Invoice], as_of: datetime) -> int:
        """Invoices and void notes of an account, as they stand at an instant."""

    def balance(self, account: Account, as_of: datetime) -> None:
        """What an account owes at an instant."""

    def diagram(self, policy: Policy) -> None:
        """The state machine of a policy."""

    def matrix(self, policy: Policy) -> None:
        """The matrix of commands by status of a policy."""

    def story(self, told: Told) -> None:
        """The demo."""


def open_output(*, as_json: bool, catalog: Catalog, charged: bool = False) -> Output:
    """The face that was asked for; *charged*: it also says what each line of `play` costs.

    The one for people needs rich, and only that one loads it.

    Raises:
        UsageError: rich is not installed.
    """
    if as_json:
        # Half a surrogate pair, which an argument may hold, becomes what JSON writes in its place.
        _write_utf_8("backslashreplace")
        return JsonLines(charged=charged)
    try:
        people = import_module("csp_lifecycle.cli.people")
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "rich":
            raise
        message = "words for people need rich: pip install 'csp-lifecycle[cli]', or ask for --json"
        raise UsageError(message) from None
    _write_utf_8("replace")
    face: Output = people.People(catalog, charged=charged)
    return face


def _write_utf_8(errors: str) -> None:
    """JSON is UTF-8 wherever it is printed, and the drawings need more than a code page."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors=errors)


def complain(text: str) -> None:
    """Wrong usage, to the side of all answers."""
    print(f"csp-lifecycle: {text}", file=sys.stderr)
