"""From the log to what billing reads: events with their decisions, and the lines of one commit."""

from collections.abc import Iterable, Iterator, Mapping

from attrs import frozen

from csp_lifecycle.billing.change import Entry
from csp_lifecycle.billing.upcoming import upcoming
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.service.loading import known
from csp_lifecycle.stores.store import Envelope, EventStore, StreamKind
from csp_lifecycle.vocabulary.charge_line import Lines
from csp_lifecycle.vocabulary.commands import Actor


def entries_of(envelopes: Iterable[Envelope]) -> Iterator[Entry]:
    """The events of subscriptions, each with what stands for its decision; other streams are passed over.

    That is the command's id. What time alone brought has no command of its own, and takes the id of its event.

    Raises:
        UnknownEventError: a newer version of the library wrote one of them.
    """
    for envelope in envelopes:
        if envelope.kind is StreamKind.SUBSCRIPTION:
            by_clock = envelope.actor is Actor.CLOCK
            yield Entry(known(envelope), envelope.event_id if by_clock else envelope.command_id)


@frozen
class WholeLog:
    """The events of all subscriptions in the order of the log, which is read anew each time it is gone through."""

    store: EventStore

    def __iter__(self) -> Iterator[Entry]:
        """From the first event on."""
        return entries_of(self.store.read_all())


def lines_of(commit: Iterable[Envelope], store: EventStore, policies: Mapping[str, Policy]) -> Lines:
    """The lines that one commit causes, on top of what stood in its streams before."""
    written = tuple(commit)
    begins: dict[str, int] = {}
    for envelope in written:
        begins.setdefault(envelope.stream, envelope.version)
    before = (
        envelope for stream, version in begins.items() for envelope in store.read(stream) if envelope.version < version
    )
    return upcoming(entries_of(before), entries_of(written), policies)
