"""What time will bring, worked out in memory.

One customer's subscriptions are looked at together: a base takes its add-ons along, and nothing of another customer.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from csp_lifecycle.lifecycle.due import catch_up, next_due
from csp_lifecycle.lifecycle.step import Holdings
from csp_lifecycle.policies.policy import Market
from csp_lifecycle.service.answers import Due
from csp_lifecycle.service.batch import newer_history
from csp_lifecycle.service.loading import Heads
from csp_lifecycle.service.reading import Reading
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.vocabulary.names import event_name


def coming(store: EventStore, market: Market, until: datetime | None) -> tuple[Due, ...]:
    """What time will bring up to and including *until*, oldest first; without it, the next of each.

    At one instant a base stands before its add-ons, then the order is that of the ids, as when it is taken.
    """
    found: list[Due] = []
    attached: set[str] = set()
    left = {stream: at for at, stream in store.due(until)}
    while left:
        stream, at = next(iter(left.items()))
        reading = Reading(Heads(store))
        newer = reading.add_known((stream,))
        for subscription in tuple(reading.holdings.values()):
            others = store.streams_of(subscription.customer_id)
            newer += reading.add_known(other for other in others if other in left)
        attached |= {name for name, one in reading.holdings.items() if one.base_subscription_id is not None}
        found += (Due(at, one.stream, None, newer_history("advance", one)) for one in newer)
        found += _all(reading.holdings, market, until) if until else _next_of_each(reading.holdings, market)
        for done in (*reading.holdings, *(one.stream for one in newer)):
            del left[done]
    return tuple(sorted(found, key=lambda due: (due.at, due.subscription_id in attached, due.subscription_id)))


def _all(holdings: Holdings, market: Market, until: datetime, only: Iterable[str] | None = None) -> Iterator[Due]:
    caught_up = catch_up(holdings, until, market, only=only)
    for one in caught_up.recorded:
        yield Due(one.event.at, one.event.subscription_id, event_name(type(one.event)))
    for name, refusal in caught_up.stuck.items():
        at = next_due(caught_up.holdings[name])
        if at is not None:
            yield Due(at, name, None, refusal)


def _next_of_each(holdings: Holdings, market: Market) -> Iterator[Due]:
    for name, subscription in holdings.items():
        at = next_due(subscription)
        if at is not None:
            coming_first = (due for due in _all(holdings, market, at, only=(name,)) if due.subscription_id == name)
            yield from islice(coming_first, 1)
