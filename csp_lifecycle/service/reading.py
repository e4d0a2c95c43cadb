"""Which streams a decision reads.

A command names the subscriptions it concerns; exactly those are loaded, and the whole of a customer's only where
the decision looks at all of them. Every version that was read is expected again when the decision is stored.
"""

from collections.abc import Iterable

from attrs import define, field, fields_dict

from csp_lifecycle.errors import CommandRefusedError, UnknownEventError
from csp_lifecycle.policies import reasons
from csp_lifecycle.service.loading import Head, Heads
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.commands import (
    Advance,
    Cancel,
    ChangeTerm,
    Command,
    ConvertTrial,
    Migrate,
    Purchase,
    Reactivate,
    ScheduleChange,
    StartTrial,
    Suspend,
    Upgrade,
)
from csp_lifecycle.vocabulary.names import COMMANDS, command_name
from csp_lifecycle.vocabulary.subscription import Subscription


@define
class Reading:
    """What was read for one decision: the streams, and how many of them customers had."""

    heads: Heads
    read: dict[str, Head] = field(factory=dict)
    holdings: dict[str, Subscription] = field(factory=dict)
    customers: dict[str, int] = field(factory=dict)

    @property
    def expected(self) -> dict[str, int]:
        """The version of every stream that was read."""
        return {stream: head.version for stream, head in self.read.items()}

    def add(self, streams: Iterable[str]) -> None:
        """Read more streams; one without events is noted as new."""
        names = tuple(streams)
        if len(names) > 1:
            self.heads.read_ahead(names)
        for stream in names:
            if stream not in self.read:
                head = self.read[stream] = self.heads.of(stream)
                if head.subscription is not None:
                    self.holdings[stream] = head.subscription

    def add_known(self, streams: Iterable[str]) -> list[UnknownEventError]:
        """Read more streams, those left out that a newer version of the library wrote to; why is answered."""
        names, newer = tuple(streams), list[UnknownEventError]()
        self.heads.read_ahead(names)
        for stream in names:
            try:
                self.add((stream,))
            except UnknownEventError as unknown:
                newer.append(unknown)
        return newer

    def add_customer(self, customer_id: str) -> None:
        """Read all subscriptions of a customer, and note how many there are."""
        streams = self.heads.streams_of(customer_id)
        self.customers[customer_id] = len(streams)
        self.add(streams)


def read_for(command: Command, heads: Heads, catalog: Catalog) -> Reading:
    """Everything that deciding *command* looks at."""
    reading = Reading(heads)
    reading.add(named_by(command))
    subject = reading.holdings.get(command.subscription_id)
    customer = subject.customer_id if subject is not None else getattr(command, "customer_id", None)
    if customer is not None and _looks_at_the_customer(command, catalog):
        reading.add_customer(customer)
    return reading


def check_new_ids(command: Command, reading: Reading) -> None:
    """An id that a command would begin a subscription under may stand for nothing else, such as an account.

    Raises:
        CommandRefusedError: it does.
    """
    for name, head in reading.read.items():
        if head.version and head.subscription is None and name in _begun_by(command):
            evidence = {"subscription_id": name}
            raise CommandRefusedError(command_name(type(command)), reasons.subscription_exists, evidence)


def _begun_by(command: Command) -> set[str | None]:
    begun = {getattr(command, "new_subscription_id", None)}
    begun |= {add_on.new_subscription_id for add_on in getattr(command, "add_ons", ())}
    return begun | ({command.subscription_id} if isinstance(command, (Purchase, StartTrial)) else set())


def named_by(command: Command | Advance) -> list[str]:
    """The subscriptions that a command names."""
    named = [value for name in _NAMING[type(command)] if isinstance(value := getattr(command, name), str)]
    add_ons = getattr(command, "add_ons", ())
    return [*named, *(one.new_subscription_id for one in add_ons)] if add_ons else named


_NAMES = ("subscription_id", "target_subscription_id", "new_subscription_id", "base_subscription_id", "align")
_NAMING = {kind: [name for name in _NAMES if name in fields_dict(kind)] for kind in COMMANDS.values()}
"""The fields in which commands of each kind name subscriptions."""


def _looks_at_the_customer(command: Command, catalog: Catalog) -> bool:
    match command:
        case Purchase():
            offer = catalog.offer(command.offer_id)
            unaligned = command.ends_on is None and command.align is None
            asked = offer is not None and (offer.one_per_customer or offer.add_on_to or offer.new_customer_min_seats)
            return not unaligned or bool(asked)
        case ScheduleChange():
            return command.ends_on is not None or command.offer_id is not None
        case StartTrial() | Suspend() | Reactivate() | Upgrade() | ConvertTrial() | Cancel() | ChangeTerm() | Migrate():
            return True
        case _:
            return False
