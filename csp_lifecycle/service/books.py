"""`Books`: one door for every command, about subscriptions and about accounts, on one store."""

from collections.abc import Callable, Mapping
from datetime import datetime

from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.service.accounts import Accounts
from csp_lifecycle.service.answers import AccountAnswer, Answer
from csp_lifecycle.service.lifecycle import Lifecycle
from csp_lifecycle.stores.rehearsal import Rehearsal
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.vocabulary.account_commands import AccountRequest
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.names import AnyCommand


class Books:
    """Takes any command; `lifecycle` answers questions about subscriptions, `accounts` about accounts.

    Args:
        store: where history is kept.
        catalog: what may be sold, at which price.
        clock: tells when the log learns of something; no decision depends on it.
        policies: the policies by id; those that ship with the library by default.
    """

    def __init__(
        self,
        store: EventStore,
        catalog: Catalog,
        *,
        clock: Callable[[], datetime],
        policies: Mapping[str, Policy] = POLICIES,
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._clock = clock
        self._policies = policies
        self.lifecycle = Lifecycle(store, catalog, clock=clock, policies=policies)
        self.accounts = Accounts(store, clock=clock, policies=policies)

    def handle(self, command: AnyCommand) -> Answer | AccountAnswer:
        """Decide *command* and store what it leads to, all of it or nothing.

        Raises:
            CommandRefusedError: it is not legal; nothing was stored.
            HistoryError: stored events make no sense.
            StoreError: the store failed; nothing was stored.
        """
        if isinstance(command, AccountRequest):
            return self.accounts.handle(command)
        return self.lifecycle.handle(command)

    def rehearsal(self) -> "Books":
        """The same books on top of the same history, where nothing that is handled is ever stored."""
        return Books(Rehearsal(self._store), self._catalog, clock=self._clock, policies=self._policies)
