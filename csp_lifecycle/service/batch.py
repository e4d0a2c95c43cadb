"""Commands that are decided one on top of the other, and stored in one transaction.

A single command is a batch of one. What a command asked for is decided before anybody looks whether its id was used
before: the store finds that out when it appends, and a repeated command is rare. Only where nothing would be appended
(a refusal, or nothing due) the store is asked.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial

from attrs import evolve

from csp_lifecycle.errors import CommandRefusedError, HistoryError, Outlook, UnknownEventError
from csp_lifecycle.lifecycle.decide import decide
from csp_lifecycle.lifecycle.due import catch_up
from csp_lifecycle.lifecycle.legality import outlook
from csp_lifecycle.lifecycle.step import Recorded
from csp_lifecycle.policies import reasons
from csp_lifecycle.service.answers import Answer, Stuck
from csp_lifecycle.service.committing import commit_of
from csp_lifecycle.service.desk import Desk
from csp_lifecycle.service.entries import lines_of
from csp_lifecycle.service.loading import known
from csp_lifecycle.service.reading import Reading, check_new_ids, named_by, read_for
from csp_lifecycle.service.repeating import outcome_before, require_same
from csp_lifecycle.service.snapshots import keep_snapshots
from csp_lifecycle.stores.store import Commit, Envelope
from csp_lifecycle.vocabulary.commands import Advance, Command
from csp_lifecycle.vocabulary.names import command_name
from csp_lifecycle.vocabulary.subscription import Subscription
from csp_lifecycle.wire.commands import command_digest


class Batch:
    """What has been decided for one transaction; nothing is stored before `store`.

    Args:
        desk: what to decide with.
        look_up: look for a first outcome of each command id before deciding: some of them were used before.
    """

    def __init__(self, desk: Desk, *, look_up: bool = False) -> None:
        self.heads = desk.heads()
        self._desk = desk
        self._look_up = look_up
        self._commits: list[Commit] = []
        self._states: dict[str, Subscription] = {}
        self._answers: dict[str, tuple[str, Answer]] = {}

    def take_all(self, commands: Iterable[Command | Advance]) -> tuple[Answer | CommandRefusedError, ...]:
        """The answer to each command, or its refusal; each is decided on what the ones before it did."""
        asked = tuple(commands)
        if len(asked) > 1:
            self.heads.read_ahead(name for command in asked for name in named_by(command))
        return tuple(map(self._taken, asked))

    def store(self) -> None:
        """Append what was decided, all of it or nothing.

        Raises:
            StaleVersionError: somebody else wrote first.
            DuplicateCommandError: a command id was used before.
            StoreError: the store failed; nothing was stored.
        """
        match self._commits:
            case []:
                return
            case [only]:
                stored = self._desk.store.append(only)
            case several:
                stored = tuple(envelope for one in self._desk.store.append_all(several) for envelope in one)
        if self._desk.snapshot_every is not None:
            keep_snapshots(self._desk.store, stored, self._states, self._desk.snapshot_every)

    def _taken(self, command: Command | Advance) -> Answer | CommandRefusedError:
        try:
            return self._answered_before(command) or self._decided(command)
        except UnknownEventError as unknown:
            return newer_history(command_name(type(command)), unknown)
        except CommandRefusedError as refusal:
            return refusal

    def _answered_before(self, command: Command | Advance) -> Answer | None:
        """The first answer to the same command in this batch, or in the store if it is to be looked up."""
        digest, answer = self._answers.get(command.command_id or "", ("", None))
        if answer is None:
            return recorded_before(command, command.command_id, self._desk) if self._look_up else None
        require_same(command, digest)
        return evolve(answer, stuck=(), subscriptions={})

    def _decided(self, command: Command | Advance) -> Answer:
        try:
            answer = self._advanced(command) if isinstance(command, Advance) else self._acted(command)
        except (CommandRefusedError, HistoryError):
            first = recorded_before(command, command.command_id, self._desk)
            if first is None:
                raise
            return first
        if answer.recorded:
            return answer
        return recorded_before(command, command.command_id, self._desk) or answer

    def _acted(self, command: Command) -> Answer:
        reading = read_for(command, self.heads, self._desk.market.catalog)
        check_new_ids(command, reading)
        try:
            decision = decide(command, reading.holdings, self._desk.market)
        except CommandRefusedError as refusal:
            raise refusal.with_look(partial(self._outlook, command, refusal, reading)) from None
        return self._note(command, command.command_id, decision.recorded, decision.holdings, reading)

    def _outlook(self, command: Command, refusal: CommandRefusedError, reading: Reading) -> Outlook:
        subject = reading.holdings.get(command.subscription_id)
        try:
            if subject is not None:
                reading.add_customer(subject.customer_id)
        except UnknownEventError:
            # What is legal may depend on what cannot be read: nothing is foretold.
            return Outlook()
        return outlook(command, refusal, reading.holdings, self._desk.market)

    def _advanced(self, command: Advance) -> Answer:
        """Time taken on the one subscription that *command* names."""
        reading = Reading(self.heads)
        reading.add(named_by(command))
        for head in reading.read.values():
            reason = reasons.stale_version if head.version else reasons.subscription_not_found
            if not head.version or command.expected_version not in {None, head.version}:
                evidence = {"subscription_id": command.subscription_id}
                raise CommandRefusedError(command_name(Advance), reason, evidence)
        return self.catch_up(command, command.command_id, reading, command.to)

    def catch_up(self, command: Advance, command_id: str | None, reading: Reading, until: datetime) -> Answer:
        """All that is due on what was read, up to and including *until*, decided under *command_id*."""
        caught_up = catch_up(reading.holdings, until, self._desk.market, complete=command.complete)
        stuck = tuple(Stuck(name, refusal) for name, refusal in sorted(caught_up.stuck.items()))
        if not caught_up.recorded:
            return Answer((), stuck)
        return self._note(command, command_id, caught_up.recorded, caught_up.holdings, reading, stuck)

    def _note(
        self,
        command: Command | Advance,
        command_id: str | None,
        recorded: tuple[Recorded, ...],
        holdings: Mapping[str, Subscription],
        reading: Reading,
        stuck: tuple[Stuck, ...] = (),
    ) -> Answer:
        digest = command_digest(command)
        commit = commit_of(command_id or self._desk.new_id(), digest, recorded, holdings, reading, self._desk.clock())
        written = {state.stream: holdings[state.stream] for state in commit.states}
        for envelope in commit.envelopes:
            self.heads.append(holdings[envelope.stream], envelope.recorded_at)
        answer = answer_of(commit.envelopes, self._desk, stuck, written)
        self._commits.append(commit)
        self._states |= written
        self._answers[commit.command_id] = digest, answer
        return answer


def recorded_before(command: Command | Advance, command_id: str | None, desk: Desk) -> Answer | None:
    """What *command_id* stands for already, if it does.

    Raises:
        CommandRefusedError: it stands for another command.
    """
    outcome = outcome_before(command, command_id, desk.store)
    return None if outcome is None else answer_of(outcome.envelopes, desk)


def answer_of(
    envelopes: tuple[Envelope, ...],
    desk: Desk,
    stuck: tuple[Stuck, ...] = (),
    written: Mapping[str, Subscription] | None = None,
) -> Answer:
    """The answer to what recorded these envelopes; its charges are worked out when somebody asks."""
    charge = partial(lines_of, envelopes, desk.store, desk.market.policies)
    return Answer(tuple(map(known, envelopes)), stuck, written or {}, charge)


def newer_history(asked: str, unknown: UnknownEventError) -> CommandRefusedError:
    """Why what was *asked* cannot be answered about a stream that a newer version of the library wrote to."""
    evidence = {"subscription_id": unknown.stream, "position": unknown.position}
    return CommandRefusedError(asked, reasons.unknown_event, evidence)
