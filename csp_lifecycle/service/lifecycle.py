"""`Lifecycle`: load, decide, append, retry.

The clock is read only to note when the log learned of something (`recorded_at`). Every decision is made at the
instant the command names, on a state that has been brought up to it.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any, TypeVar, cast

from csp_lifecycle.errors import CommandRefusedError, DuplicateCommandError
from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.policy import Market, Policy
from csp_lifecycle.service.advancing import Course, merged
from csp_lifecycle.service.answers import Answer
from csp_lifecycle.service.batch import Batch
from csp_lifecycle.service.desk import Desk
from csp_lifecycle.service.questions import Questions
from csp_lifecycle.service.repeating import OVERTAKEN, gave_up, retried
from csp_lifecycle.stores.rehearsal import Rehearsal
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.vocabulary.account_commands import AccountRequest
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.commands import Advance, Command
from csp_lifecycle.vocabulary.names import command_name

Result = TypeVar("Result")


def _new_id() -> str:
    return str(uuid.uuid4())


class Lifecycle(Questions):
    """Takes commands, and answers questions about subscriptions.

    Args:
        store: where history is kept.
        catalog: what may be sold, at which price.
        clock: tells when the log learns of something; no decision depends on it.
        policies: the policies by id; those that ship with the library by default.
        new_id: makes a command id for commands that carry none.
        attempts: how often a command is decided again when somebody else wrote first.
        snapshot_every: keep a snapshot of a stream whenever so many events were added to it, and begin from it when
            deciding; None for neither. It pays where streams have hundreds of events.
        at_once: how many subscriptions `advance` takes in one commit, at most.

    Raises:
        ValueError: one of these numbers is below 1.
    """

    def __init__(
        self,
        store: EventStore,
        catalog: Catalog,
        *,
        clock: Callable[[], datetime],
        policies: Mapping[str, Policy] = POLICIES,
        new_id: Callable[[], str] = _new_id,
        attempts: int = 20,
        snapshot_every: int | None = None,
        at_once: int = 500,
    ) -> None:
        if min(attempts, at_once, 1 if snapshot_every is None else snapshot_every) < 1:
            message = f"attempts, snapshot_every and at_once count from 1: {attempts}, {snapshot_every}, {at_once}"
            raise ValueError(message)
        super().__init__(Desk(store, Market(catalog, policies), clock, new_id, snapshot_every))
        self._attempts = attempts
        self._at_once = at_once

    @property
    def policies(self) -> Mapping[str, Policy]:
        """The policies that decisions are made with, by id."""
        return self._desk.market.policies

    def handle(self, command: Command | Advance) -> Answer:
        """Decide *command* and store what it leads to, all of it or nothing.

        What is due on the subscriptions it concerns is taken first. A command id that was used before for the
        same command is answered with what it recorded then. An `Advance` over everything is stored in chunks, see
        `advance`.

        Raises:
            CommandRefusedError: it is not legal; nothing was stored.
            HistoryError: stored events make no sense.
            StoreError: the store failed; nothing was stored.
        """
        ours = _about_subscriptions(command)
        answer = self._everywhere(ours) if _is_everywhere(ours) else self._together((ours,))[0]
        if isinstance(answer, CommandRefusedError):
            raise answer
        return answer

    def handle_many(self, commands: Iterable[Command | Advance]) -> tuple[Answer | CommandRefusedError, ...]:
        """Decide many commands, and store all that they lead to in one transaction.

        They are answered as if they had been handled one by one: each is decided on top of those before it, all of it
        or nothing, and a refusal does not touch the others. An `Advance` over everything is no part of the
        transaction; the commands before and behind it have one each.

        Raises:
            TypeError: one of them is about an account; nothing was stored.
            HistoryError: stored events make no sense; nothing of the transaction was stored.
            StoreError: the store failed; nothing of the transaction was stored.
        """
        answers: list[Answer | CommandRefusedError] = []
        ours = tuple(map(_about_subscriptions, commands))
        for everywhere, group in groupby(ours, key=_is_everywhere):
            some = tuple(group)
            answers += map(self._everywhere, some) if everywhere else self._together(some)
        return tuple(answers)

    def _together(self, commands: tuple[Any, ...]) -> tuple[Answer | CommandRefusedError, ...]:
        look_up = False

        def attempt() -> tuple[Answer | CommandRefusedError, ...]:
            nonlocal look_up
            batch = Batch(self._desk, look_up=look_up)
            answers = batch.take_all(commands)
            try:
                batch.store()
            except DuplicateCommandError:
                look_up = True
                raise
            return answers

        try:
            return self._retried(attempt)
        except OVERTAKEN:
            return tuple(self._gave_up(command) for command in commands)

    def _everywhere(self, command: Any) -> Answer | CommandRefusedError:
        try:
            return merged(self._in_chunks(command))
        except CommandRefusedError as refusal:
            return refusal

    def _in_chunks(self, command: Advance) -> Iterator[Answer]:
        try:
            yield from Course(self._desk, command).answers(self._at_once, self._retried)
        except OVERTAKEN:
            raise self._gave_up(command) from None

    def _retried(self, attempt: Callable[[], Result]) -> Result:
        return retried(attempt, self._attempts)

    def _gave_up(self, command: Command | Advance) -> CommandRefusedError:
        return gave_up(command, self._attempts)

    def preview(self, command: Command | Advance) -> Answer:
        """The answer that `handle` would give. Nothing is stored."""
        return self.rehearsal().handle(command)

    def rehearsal(self) -> "Lifecycle":
        """The same service on top of the same history, where nothing that is handled is ever stored."""
        return Lifecycle(
            Rehearsal(self._desk.store),
            self._desk.market.catalog,
            clock=self._desk.clock,
            policies=self._desk.market.policies,
            new_id=self._desk.new_id,
            attempts=self._attempts,
            snapshot_every=self._desk.snapshot_every,
            at_once=self._at_once,
        )

    def advance(self, to: datetime, *, complete: bool = True) -> Answer:
        """Take all that is due up to and including *to*, oldest first; see `Advance`.

        It is stored in commits of `at_once` subscriptions each. Whatever breaks it off, what was stored stays stored,
        and the next `advance` goes on from there.
        """
        return self.handle(Advance(to=to, complete=complete))

    def advance_in_chunks(self, to: datetime, *, complete: bool = True) -> Iterator[Answer]:
        """As `advance`, with an answer for each commit as soon as it is stored: however many are due, few are held."""
        return self._in_chunks(Advance(to=to, complete=complete))


def _about_subscriptions(command: Any) -> Command | Advance:
    if isinstance(command, AccountRequest):
        message = f"{command_name(type(command))} is about an account: hand it to Books, which takes every command"
        raise TypeError(message)
    return cast("Command | Advance", command)


def _is_everywhere(command: Command | Advance) -> bool:
    return isinstance(command, Advance) and command.subscription_id is None
