"""What lies ahead of a subscription if nobody does anything: every deadline in its state, in words."""

from collections.abc import Iterator
from datetime import datetime

from csp_lifecycle.cli import words
from csp_lifecycle.cli.words import CHARGED, TERMS, Named, seats
from csp_lifecycle.lifecycle.due import due_command, next_due
from csp_lifecycle.values.calendar import Term
from csp_lifecycle.vocabulary.commands import EndCycle, EndTerm
from csp_lifecycle.vocabulary.subscription import InFlight, Phase, Status, Subscription

Coming = tuple[datetime, str]


def ahead(subscription: Subscription, at: datetime, named: Named) -> tuple[Coming, ...]:
    """What comes after *at*, and what should have come and was not taken yet, oldest first."""
    return tuple(sorted((*_windows(subscription, at), *_steps(subscription, named))))


def in_flight(subscription: Subscription) -> str | None:
    """What the platform is executing, and which command ends it."""
    match subscription.in_flight:
        case None:
            return None
        case InFlight.RENEWAL:
            return "a renewal; complete-renewal ends it, and nothing else is due until then"
        case InFlight.CYCLE_CHARGE:
            return "a cycle charge; complete-cycle-charge ends it, and nothing else is due until then"


def _windows(subscription: Subscription, at: datetime) -> Iterator[Coming]:
    for refund in subscription.refunds_at(at):
        yield refund.until, f"last instant to cancel with a {refund.kind.value} refund"
    for lot in subscription.lots_at(at):
        yield lot.reducible_until, f"last instant to remove up to {seats(lot.seats)}"


def _steps(subscription: Subscription, named: Named) -> Iterator[Coming]:
    due, term = next_due(subscription), subscription.term
    if due is None:
        return
    # Which of its deadlines is the next is asked of the floor that knows.
    match due_command(subscription, due, complete=True):
        case EndCycle():
            yield due, _charge(subscription)
            if term is not None and not subscription.cancellation_scheduled:
                yield term.ends_before, _term_end(subscription, term, named)
        case EndTerm() if term is not None:
            yield due, _term_end(subscription, term, named)
        case _:
            yield due, _step(subscription)


def _charge(subscription: Subscription) -> str:
    if subscription.cancellation_scheduled:
        return "the next charge or the end, because a cancellation is scheduled"
    queued = subscription.queued_plan
    return "the next charge" + ("" if queued is None else f", {CHARGED[queued]} from then on, as queued")


def _step(subscription: Subscription) -> str:
    if subscription.status is Status.SUSPENDED:
        return _UNLESS
    return "deleted for good" if subscription.phase is Phase.RETENTION else "the next step of its end"


_UNLESS = "deleted, unless it is reactivated before"


def _term_end(subscription: Subscription, term: Term, named: Named) -> str:
    change = subscription.next_term_change
    if subscription.status is Status.SUSPENDED:
        return _UNLESS
    if subscription.cancellation_scheduled:
        return "deleted, because a cancellation is scheduled"
    if not subscription.auto_renew:
        return "expires, because auto-renew is off"
    if change is None:
        return f"renews as it is for {TERMS[term.length]}"
    return f"{'becomes paid' if subscription.is_trial else 'renews'}: {words.change(change, named)}"
