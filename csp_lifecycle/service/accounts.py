"""`Accounts`: what is invoiced and paid, in the same store as the subscriptions it is for."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import chain

from csp_lifecycle.billing.account_decisions import decide
from csp_lifecycle.billing.account_history import after
from csp_lifecycle.billing.account_outlook import outlook
from csp_lifecycle.billing.charges import lines_by_entry
from csp_lifecycle.errors import AccountNotFoundError, CommandRefusedError
from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.service.account_reading import StoredAccount, account_commit, account_on, collected_by
from csp_lifecycle.service.answers import AccountAnswer
from csp_lifecycle.service.entries import WholeLog
from csp_lifecycle.service.loading import known_event
from csp_lifecycle.service.repeating import OVERTAKEN, gave_up, outcome_before, retried
from csp_lifecycle.stores.rehearsal import Rehearsal
from csp_lifecycle.stores.store import EventStore, StreamKind
from csp_lifecycle.vocabulary.account import Account
from csp_lifecycle.vocabulary.account_commands import AccountCommand, IssueInvoice, OpenAccount
from csp_lifecycle.vocabulary.charge_line import ChargeLine


def _new_id() -> str:
    return str(uuid.uuid4())


class Accounts:
    """Takes commands and answers questions about accounts.

    Args:
        store: where history is kept, that of the subscriptions too.
        clock: tells when the log learns of something; no decision depends on it.
        policies: the policies by id; charges are worked out as they say.
        new_id: makes a command id for commands that carry none.
        attempts: how often a command is decided again when somebody else wrote first.
    """

    def __init__(
        self,
        store: EventStore,
        *,
        clock: Callable[[], datetime],
        policies: Mapping[str, Policy] = POLICIES,
        new_id: Callable[[], str] = _new_id,
        attempts: int = 20,
    ) -> None:
        self._store = store
        self._clock = clock
        self._policies = policies
        self._new_id = new_id
        self._attempts = attempts

    def handle(self, command: AccountCommand) -> AccountAnswer:
        """Decide *command* and store what it leads to.

        A command id that was used before for the same command is answered with what it recorded then.

        Raises:
            CommandRefusedError: it is not legal; nothing was stored.
            HistoryError: stored events make no sense.
            StoreError: the store failed; nothing was stored.
        """
        try:
            return retried(partial(self._handle, command), self._attempts)
        except OVERTAKEN:
            raise gave_up(command, self._attempts) from None

    def preview(self, command: AccountCommand) -> AccountAnswer:
        """The answer that `handle` would give. Nothing is stored."""
        return self.on(Rehearsal(self._store)).handle(command)

    def on(self, store: EventStore) -> "Accounts":
        """The same service on another store."""
        return Accounts(store, clock=self._clock, policies=self._policies, new_id=self._new_id, attempts=self._attempts)

    def account(self, account_id: str, *, as_of: datetime | None = None) -> Account:
        """What the recorded events add up to; with *as_of* (inclusive) those up to then.

        Raises:
            AccountNotFoundError: there is no such account, or there was none yet.
        """
        account = account_on(self._store, account_id, as_of).account
        if account is None:
            raise AccountNotFoundError(account_id)
        return account

    def _handle(self, command: AccountCommand) -> AccountAnswer:
        before = outcome_before(command, command.command_id, self._store)
        if before is not None:
            return AccountAnswer(tuple(map(known_event, before.envelopes)))
        stored = account_on(self._store, command.account_id)
        in_the_way = self._in_the_way(command, stored)
        try:
            event = decide(command, stored.account, lines=self._lines(command), in_the_way=in_the_way)
        except CommandRefusedError as refusal:
            raise refusal.with_look(partial(outlook, command, stored.account, in_the_way)) from None
        account = after(stored.account, event)
        now = self._clock()
        # A clock that was set back must not make a stream learn things out of order.
        recorded_at = now if stored.recorded_at is None else max(now, stored.recorded_at)
        self._store.append(account_commit(command, command.command_id or self._new_id(), event, account, recorded_at))
        return AccountAnswer((event,), account)

    def _lines(self, command: AccountCommand) -> Iterator[ChargeLine]:
        """Every charge line there is, worked out while the log is read; only an invoice asks for them."""
        log = WholeLog(self._store) if isinstance(command, IssueInvoice) else ()
        return chain.from_iterable(lines_by_entry(log, self._policies))

    def _in_the_way(self, command: AccountCommand, stored: StoredAccount) -> str | None:
        """What has the id that is asked for, or collects what a new account would."""
        if stored.is_taken or not isinstance(command, OpenAccount):
            return command.account_id if stored.is_taken else None
        rivals = self._store.streams_of(collected_by(command.program, command.currency), StreamKind.ACCOUNT)
        return next(iter(rivals), None)
