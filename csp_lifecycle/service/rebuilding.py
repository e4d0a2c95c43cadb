"""All subscriptions, rebuilt from the log one after the other: however many there are, few are held at a time."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from csp_lifecycle.errors import UnknownEventError
from csp_lifecycle.service.answers import Stuck
from csp_lifecycle.service.batch import newer_history
from csp_lifecycle.service.loading import folded
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.vocabulary.subscription import Subscription

_PAGE = 64
"""How many streams are read at a time: enough that trips to the store do not count."""


def rebuilt_all(
    store: EventStore, streams: Iterable[str], newer: Callable[[Stuck], None] | None
) -> Iterator[Subscription]:
    """The subscriptions of *streams*, in their order; *newer* is told of those a newer version wrote to."""
    left = iter(streams)
    while page := tuple(islice(left, _PAGE)):
        for history in store.histories(page):
            try:
                yield folded(store, history)
            except UnknownEventError as unknown:
                if newer is None:
                    raise
                newer(Stuck(history.stream, newer_history("list", unknown)))
