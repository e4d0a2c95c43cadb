"""Time taken everywhere: what is due anywhere, oldest first, in commits of bounded size.

The due feed is read page by page. What falls due up to one instant is one commit, as long as not too many
subscriptions are due at that very instant; then it is several, and the subscriptions of a customer, a base and its
add-ons among them, are never torn apart. Time may be taken in one step or in many (INV-28), so the events of every
stream are the same as if it had been one commit.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial

from attrs import evolve, frozen

from csp_lifecycle.errors import DuplicateCommandError, UnknownEventError
from csp_lifecycle.service.answers import Answer, Stuck
from csp_lifecycle.service.batch import Batch, newer_history, recorded_before
from csp_lifecycle.service.desk import Desk
from csp_lifecycle.service.reading import Reading
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.vocabulary.charge_line import Lines
from csp_lifecycle.vocabulary.commands import Advance
from csp_lifecycle.vocabulary.events import Event
from csp_lifecycle.vocabulary.subscription import Subscription

Retry = Callable[[Callable[[], Answer]], Answer]
"""Tries something again as long as somebody else writes first."""


@frozen
class Slice:
    """A part of the due feed: these streams, up to and including an instant.

    `torn`: more streams are due at that very instant than are in it. `last`: nothing is left behind it.
    """

    streams: tuple[str, ...]
    until: datetime
    torn: bool = False
    last: bool = False


def slices(store: EventStore, to: datetime, at_once: int) -> Iterator[Slice]:
    """The due feed up to and including *to*, oldest first; each slice of *at_once* streams at most.

    A slice is looked for when it is asked for: what the one before left due is found by the next.
    """
    after: tuple[datetime, str] | None = None
    while len(page := store.due(to, after=after, limit=at_once + 1)) > at_once:
        *within, (beyond, _) = page
        whole = [entry for entry in within if entry[0] < beyond]
        taken = whole or within
        after = taken[-1]
        yield Slice(_streams(taken), after[0], torn=not whole)
    yield Slice(_streams(page), to, last=True)


def _streams(entries: Iterable[tuple[datetime, str]]) -> tuple[str, ...]:
    return tuple(stream for _, stream in entries)


class Course:
    """One advance over everything, chunk by chunk.

    The last commit has the id of the command, the ones before it that id and a number. So a command that was broken
    off goes on where it ended when it is sent again, and one that came to its end is answered with what it recorded.
    """

    def __init__(self, desk: Desk, command: Advance) -> None:
        self._desk = desk
        self._command = command
        self._number = 1

    def answers(self, at_once: int, retry: Retry) -> Iterator[Answer]:
        """The answer of each commit, as soon as it is stored; those of earlier runs of the same command first.

        Raises:
            CommandRefusedError: the command id stands for another command.
        """
        yield from self._recorded_before()
        if finished := self._finished():
            yield finished
            return
        for part in slices(self._desk.store, self._command.to, at_once):
            before = list[Answer]()
            answer = retry(partial(self._take, part, before))
            yield from before
            if not answer.recorded and part.last:
                # There was nothing left: whoever takes the same command may have been faster to the end.
                answer = self._finished() or answer
            if answer.recorded or answer.stuck:
                yield answer

    def _finished(self) -> Answer | None:
        """What the last commit recorded, if this command came to its end."""
        return recorded_before(self._command, self._id(last=True), self._desk)

    def _recorded_before(self) -> Iterator[Answer]:
        """What the next numbers stand for already; the first free one is the next then."""
        while answer := recorded_before(self._command, self._id(), self._desk):
            self._number += 1
            yield answer

    def _id(self, *, last: bool = False) -> str | None:
        command_id = self._command.command_id
        return command_id if last or command_id is None else f"{command_id}/{self._number}"

    def _take(self, part: Slice, before: list[Answer]) -> Answer:
        """Take a slice in one commit; what somebody else has recorded under its number is added to *before*."""
        batch = Batch(self._desk)
        reading = Reading(batch.heads)
        newer = _read(reading, part, self._desk.store)
        answer = batch.catch_up(self._command, self._id(last=part.last), reading, part.until)
        try:
            batch.store()
        except DuplicateCommandError:
            # Somebody else takes the same command at the same time. Whoever comes to the last slice has found
            # all before it taken; before that, what is left of this one is recorded under the next free number.
            if part.last and (finished := self._finished()):
                return finished
            before += self._recorded_before()
            raise
        self._number += bool(answer.recorded)
        refused = (Stuck(one.stream, newer_history("advance", one)) for one in newer)
        return evolve(answer, stuck=tuple(sorted((*answer.stuck, *refused), key=lambda one: one.subscription_id)))


def _read(reading: Reading, part: Slice, store: EventStore) -> list[UnknownEventError]:
    """Read the streams of a slice; those that a newer version wrote to are left out and reported."""
    newer = reading.add_known(part.streams)
    if part.torn:
        for customer in {subscription.customer_id for subscription in reading.holdings.values()}:
            newer += reading.add_known(_due_at(part.until, customer, reading, store))
    return newer


def _due_at(instant: datetime, customer_id: str, reading: Reading, store: EventStore) -> Iterator[str]:
    """What else of a customer's is due at an instant, and not read yet."""
    for stream in reading.heads.streams_of(customer_id):
        state = None if stream in reading.read else store.state(stream)
        if state is not None and state.next_due_at == instant:
            yield stream


def merged(answers: Iterable[Answer]) -> Answer:
    """The answers of all chunks as one."""
    recorded: list[Event] = []
    stuck: dict[str, Stuck] = {}
    subscriptions: dict[str, Subscription] = {}
    charges: list[Callable[[], Lines]] = []
    for answer in answers:
        recorded += answer.recorded
        stuck |= {one.subscription_id: one for one in answer.stuck}
        subscriptions |= answer.subscriptions
        charges.append(answer.charge)
    by_name = tuple(one for _, one in sorted(stuck.items()))
    return Answer(tuple(recorded), by_name, subscriptions, lambda: tuple(line for made in charges for line in made()))
