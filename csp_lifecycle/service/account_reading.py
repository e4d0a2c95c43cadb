"""An account as it is stored, and the commit that stores what is decided on it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from attrs import frozen

from csp_lifecycle.billing.account_history import replay
from csp_lifecycle.errors import BrokenHistoryError
from csp_lifecycle.service.committing import event_id_of
from csp_lifecycle.service.loading import known_event
from csp_lifecycle.stores.store import Commit, Envelope, EventStore, StreamKind, StreamState
from csp_lifecycle.vocabulary.account import Account, Program
from csp_lifecycle.vocabulary.account_commands import AccountCommand
from csp_lifecycle.vocabulary.account_events import AccountEvent, AccountFact
from csp_lifecycle.wire.commands import command_digest


@frozen
class StoredAccount:
    """What stands under an id: an account, nothing, or a subscription (`is_taken`)."""

    account: Account | None
    is_taken: bool = False
    recorded_at: datetime | None = None


def account_on(store: EventStore, account_id: str, as_of: datetime | None = None) -> StoredAccount:
    """What stands under an id; with *as_of* (inclusive) what its events up to then add up to.

    Raises:
        BrokenHistoryError: versions have a hole, or an event is impossible.
        UnknownEventError: a newer version of the library wrote one of them.
    """
    envelopes = store.read(account_id)
    if not envelopes:
        return StoredAccount(None)
    if envelopes[0].kind is not StreamKind.ACCOUNT:
        return StoredAccount(None, is_taken=True)
    return StoredAccount(rebuilt_account(envelopes, as_of), recorded_at=envelopes[-1].recorded_at)


def rebuilt_account(envelopes: Iterable[Envelope], as_of: datetime | None = None) -> Account | None:
    """The account that the stored events of one stream add up to; None if there was none by *as_of*.

    Raises:
        BrokenHistoryError: versions have a hole, or an event is impossible.
        UnknownEventError: a newer version of the library wrote one of them.
    """
    events = (_event(envelope, number) for number, envelope in enumerate(envelopes, 1))
    return replay(event for event in events if as_of is None or event.at <= as_of)


def _event(envelope: Envelope, number: int) -> AccountEvent:
    where = f"{envelope.stream!r}, position {envelope.position}"
    if envelope.version != number:
        message = f"{where}: version {envelope.version}, {number} expected"
        raise BrokenHistoryError(message)
    event = known_event(envelope)
    if not isinstance(event, AccountFact):
        message = f"{where}: a subscription's event has no place on an account"
        raise BrokenHistoryError(message, number)
    return event


def collected_by(program: Program, currency: str) -> str:
    """What the index of a store knows an account by: one account collects a program in a currency."""
    return f"{program.value}/{currency}"


def account_state(account: Account) -> StreamState:
    """The index entry of an account. Time alone changes nothing there."""
    return StreamState(
        stream=account.account_id,
        version=account.version,
        customer_id=collected_by(account.program, account.currency),
        next_due_at=None,
        kind=StreamKind.ACCOUNT,
    )


def account_commit(
    command: AccountCommand, command_id: str, event: AccountEvent, after: Account, recorded_at: datetime
) -> Commit:
    """What stores *event*, which made the account what it is *after* it, if nobody was faster."""
    envelope = Envelope(
        version=after.version,
        event_id=event_id_of(after.account_id, after.version),
        recorded_at=recorded_at.astimezone(UTC),
        command_id=command_id,
        actor=command.actor,
        policy=after.program.value,
        event=event,
    )
    state = account_state(after)
    # Two accounts that are opened at once are two streams, so versions cannot tell; the number of both can.
    customers = {state.customer_id: 0} if after.version == 1 else {}
    return Commit(
        command_id=command_id,
        digest=command_digest(command),
        envelopes=(envelope,),
        expected={after.account_id: after.version - 1},
        customers=customers,
        states=(state,),
        kind=StreamKind.ACCOUNT,
    )
