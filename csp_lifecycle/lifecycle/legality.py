"""What is legal now, and from when until when.

Nothing here knows a rule. The instants at which legality can flip are the deadlines in the state, so the same
command is decided again at each of them, on a state that has been caught up to it.
"""

from collections.abc import Iterator
from datetime import datetime

from attrs import evolve, frozen

from csp_lifecycle.errors import CommandNotAllowedError, CommandRefusedError, Outlook
from csp_lifecycle.lifecycle.candidates import ABOUT_ONE, candidates
from csp_lifecycle.lifecycle.decide import concerned, decide
from csp_lifecycle.lifecycle.due import catch_up, next_due
from csp_lifecycle.lifecycle.step import Holdings
from csp_lifecycle.policies.policy import Market
from csp_lifecycle.policies.wanted import running_term
from csp_lifecycle.values.calendar import DAY, add_months, midnight, natural_end
from csp_lifecycle.values.windows import TICK
from csp_lifecycle.vocabulary.commands import Command
from csp_lifecycle.vocabulary.names import command_name
from csp_lifecycle.vocabulary.subscription import Subscription


@frozen
class Option:
    """One command on one subscription: legal now or why not, and from when until when (both inclusive)."""

    do: str
    legal_from: datetime | None
    legal_until: datetime | None
    refusal: CommandRefusedError | None = None

    @property
    def legal(self) -> bool:
        """Whether it is legal now."""
        return self.refusal is None


def outlook(command: Command, refusal: CommandRefusedError, holdings: Holdings, market: Market) -> Outlook:
    """When *command*, which was refused, would be accepted if only time went by; and what is legal instead."""
    legal_from, legal_until = _next_interval(command, holdings, market)
    if legal_from is None:
        closed = [value for value in refusal.evidence.values() if isinstance(value, datetime)]
        legal_until = max((at for at in closed if at < command.at), default=None)
    return Outlook(legal_from, legal_until, allowed(command.subscription_id, command.at, holdings, market))


def allowed(subscription_id: str, at: datetime, holdings: Holdings, market: Market) -> tuple[str, ...]:
    """The commands that some arguments would make legal on a subscription at *at*."""
    subscription = holdings.get(subscription_id)
    if subscription is None:
        return ()
    caught_up = catch_up(holdings, at, market).holdings
    found = (
        command_name(kind)
        for kind in ABOUT_ONE
        if any(
            refused(command, caught_up, market) is None
            for command in candidates(kind, caught_up[subscription_id], at, caught_up, market)
        )
    )
    return tuple(sorted(found))


def options(subscription_id: str, at: datetime, holdings: Holdings, market: Market) -> Iterator[Option]:
    """Every command on a subscription that exists, in the order of the contract."""
    caught_up = catch_up(holdings, at, market).holdings
    for kind in ABOUT_ONE:
        yield _option(list(candidates(kind, caught_up[subscription_id], at, caught_up, market)), caught_up, market)


def _option(tried: list[Command], holdings: Holdings, market: Market) -> Option:
    name = command_name(type(tried[0]))
    for command in tried:
        if refused(command, holdings, market) is None:
            return Option(name, command.at, _closes(command, holdings, market))
    first = refused(tried[0], holdings, market)
    # The likeliest that time alone makes legal says from when. In a closed cell one says as much as all of them.
    for command in tried[:1] if isinstance(first, CommandNotAllowedError) else tried:
        legal_from, legal_until = _next_interval(command, holdings, market)
        if legal_from is not None:
            return Option(name, legal_from, legal_until, refused(command, holdings, market))
    return Option(name, None, None, first)


def refused(command: Command, holdings: Holdings, market: Market) -> CommandRefusedError | None:
    """Why *command* is refused on these holdings; None if it is legal."""
    try:
        decide(command, holdings, market)
    except CommandRefusedError as refusal:
        return refusal
    return None


def _next_interval(command: Command, holdings: Holdings, market: Market) -> tuple[datetime | None, datetime | None]:
    for at, then in _breakpoints(command, holdings, market):
        later = evolve(command, at=at, expected_version=None)
        if refused(later, then, market) is None:
            return at, _closes(later, then, market)
    return None, None


def _closes(command: Command, holdings: Holdings, market: Market) -> datetime | None:
    """The last instant at which a command that is legal now stays legal; None if no end can be seen."""
    for at, then in _breakpoints(command, holdings, market):
        if refused(evolve(command, at=at, expected_version=None), then, market) is not None:
            return at - TICK
    return None


def _breakpoints(command: Command, holdings: Holdings, market: Market) -> Iterator[tuple[datetime, Holdings]]:
    """The instants after *command* at which legality can flip, each with the holdings caught up to it."""
    names = [name for name in concerned(command) if name in holdings] or sorted(holdings)
    now = catch_up(holdings, command.at, market).holdings
    horizon = max((_horizon(now[name]) for name in names if now[name].term is not None), default=command.at)
    at = command.at
    while True:
        coming = [later for name in names for later in _deadlines(now[name]) if later > at]
        if not coming or min(coming) > horizon:
            return
        at = min(coming)
        now = catch_up(now, at, market).holdings
        yield at, now


def _deadlines(subscription: Subscription) -> Iterator[datetime]:
    due = next_due(subscription)
    if due is not None:
        yield due
    for window in subscription.refunds:
        yield window.until + TICK
    for lot in subscription.seat_lots:
        yield lot.reducible_until + TICK
    yield from _ages(subscription)


def _ages(subscription: Subscription) -> Iterator[datetime]:
    """What a migration asks: how old the subscription is, and whether its last day has come (R-MIGRATE-04, 05)."""
    if subscription.began_at is not None and subscription.term is not None:
        yield midnight(add_months(subscription.began_at.date(), 1))
        yield subscription.began_at + 30 * DAY
        yield subscription.term.ends_before - DAY


def _horizon(subscription: Subscription) -> datetime:
    """The end of the next term, beyond which nobody looks."""
    term, change = running_term(subscription), subscription.next_term_change
    length = (change and change.term) or term.length
    return midnight(natural_end(term.ends_before.date(), length) + DAY)
