"""What commands are decided with, and where they are stored."""

from collections.abc import Callable
from datetime import datetime

from attrs import frozen

from csp_lifecycle.policies.policy import Market
from csp_lifecycle.service.loading import Heads
from csp_lifecycle.stores.store import EventStore


@frozen
class Desk:
    """The store, what may be sold, a clock, ids for commands that have none, and when to keep a snapshot."""

    store: EventStore
    market: Market
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    snapshot_every: int | None = None

    def heads(self) -> Heads:
        """The streams as they are now, each read when it is asked for."""
        return Heads(self.store, snapshots=self.snapshot_every is not None)
