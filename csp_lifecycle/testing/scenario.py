"""Scenarios: given what happened, when a command comes, then this follows."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from attrs import frozen

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.service import Answer, Lifecycle
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.commands import Advance, Command
from csp_lifecycle.vocabulary.events import Event
from csp_lifecycle.vocabulary.names import event_name
from csp_lifecycle.vocabulary.subscription import Subscription

_RECORDED = datetime(2030, 1, 1, tzinfo=UTC)


def _always(at: datetime) -> Callable[[], datetime]:
    return lambda: at


@frozen
class When:
    """What one command led to: an answer, or a refusal."""

    answer: Answer | None
    refusal: CommandRefusedError | None

    @property
    def recorded(self) -> tuple[Event, ...]:
        """The events that were recorded; an error if the command was refused."""
        if self.answer is None:
            message = f"expected events, but {self.refusal}"
            raise AssertionError(message)
        return self.answer.recorded

    @property
    def names(self) -> tuple[str, ...]:
        """The stored names of the events that were recorded, in order."""
        return tuple(event_name(type(event)) for event in self.recorded)

    def then(self, *events: Event) -> None:
        """Exactly these events were recorded."""
        if self.recorded != events:
            message = "recorded\n  " + "\n  ".join(map(repr, self.recorded)) + "\nexpected\n  "
            raise AssertionError(message + "\n  ".join(map(repr, events)))

    def refused(self, code: str, rule: str | None = None) -> CommandRefusedError:
        """The command was refused with this code, and if *rule* is given, by this rule."""
        if self.refusal is None:
            message = f"expected a refusal with {code}, but {self.names} were recorded"
            raise AssertionError(message)
        if self.refusal.code != code or rule not in {None, self.refusal.rule}:
            message = f"expected a refusal with {code} {rule or ''}, but {self.refusal}"
            raise AssertionError(message)
        return self.refusal


class Scenario:
    """A lifecycle in memory (or on *store*) with the example catalog (or *catalog*), driven by commands."""

    def __init__(
        self,
        *given: Command | Advance,
        catalog: Catalog | None = None,
        store: EventStore | None = None,
        policies: Mapping[str, Policy] = POLICIES,
    ) -> None:
        self.store = store or MemoryStore()
        self.catalog = catalog or example_catalog()
        self.lifecycle = Lifecycle(self.store, self.catalog, clock=_always(_RECORDED), policies=policies)
        self.given(*given)

    def given(self, *commands: Command | Advance) -> "Scenario":
        """Commands that must be accepted."""
        for command in commands:
            self.lifecycle.handle(command)
        return self

    def when(self, command: Command | Advance) -> When:
        """A command, and what it leads to."""
        try:
            return When(self.lifecycle.handle(command), None)
        except CommandRefusedError as refusal:
            return When(None, refusal)

    def subscription(self, subscription_id: str = "s-1", *, as_of: datetime | None = None) -> Subscription:
        """The state, rebuilt from the log."""
        return self.lifecycle.subscription(subscription_id, as_of=as_of)
