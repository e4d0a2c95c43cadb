"""Following the log as it grows.

Whoever reads keeps the position of the last event that was dealt with, and begins behind it next time:

    for batch in follow(store, after=position):
        position = batch[-1].position

Asking again and again costs a store less than being told would: on PostgreSQL a message with every commit takes
away most of its writers' speed. So a reader looks often while there is something, and seldom while there is not.
"""

import threading
from collections.abc import Iterator

from csp_lifecycle.stores.store import Envelope, EventStore

_BATCH = 500


class Pace:
    """How often a reader looks again: at once after it found something, then after ever longer pauses.

    Args:
        shortest: the first pause, in seconds.
        longest: where doubling it ends, which is how late a reader may be after a quiet time.
    """

    def __init__(self, *, shortest: float = 0.005, longest: float = 0.25) -> None:
        self._shortest = self._pause = shortest
        self._longest = longest
        self._bell = threading.Event()
        self._stopped = False

    def goes_on(self, *, busy: bool) -> bool:
        """Pause, unless the last look found something. False once it was stopped."""
        if busy:
            self._pause = self._shortest
        else:
            self._bell.wait(self._pause)
            self._pause = min(2 * self._pause, self._longest)
        # Before the next look: whoever rings after it has begun rings for the one behind it.
        self._bell.clear()
        return not self._stopped

    def wake(self) -> None:
        """End the pause: somebody who has just appended knows that there is something."""
        self._bell.set()

    def stop(self) -> None:
        """End the pause and the following; what was found already is still handed out."""
        self._stopped = True
        self._bell.set()


def follow(
    store: EventStore, after: int = 0, *, pace: Pace | None = None, batch_size: int = _BATCH
) -> Iterator[tuple[Envelope, ...]]:
    """The log behind position *after* in batches, in order, without end: until `Pace.stop`.

    Raises:
        StoreError: the store failed; begin again behind what was dealt with.
    """
    pace = pace or Pace()
    busy = True
    while pace.goes_on(busy=busy):
        batch = tuple(store.read_all(after, batch_size))
        busy = bool(batch)
        if batch:
            after = batch[-1].position
            yield batch
