"""Recorders of how a subscription ends: canceled, expired, disabled, deleted."""

from typing import Any, cast

from csp_lifecycle.lifecycle.recorders.registry import records
from csp_lifecycle.lifecycle.recorders.terms import head
from csp_lifecycle.policies.policy import Attempt
from csp_lifecycle.policies.terms import LaterCancellation
from csp_lifecycle.policies.wanted import running_term
from csp_lifecycle.values.calendar import Cycle
from csp_lifecycle.values.windows import RefundKind
from csp_lifecycle.vocabulary.commands import Cancel, EndCycle, EndPhase, EndTerm
from csp_lifecycle.vocabulary.events import Canceled, CancellationScheduled, Deleted, Disabled, Expired
from csp_lifecycle.vocabulary.subscription import EndReason, Phase, Status


@records(Canceled, Cancel)
def canceled(attempt: Attempt[Cancel]) -> Canceled:
    """The best refund whose window is open; with no window open nothing comes back (R-CANCEL-02).

    It is not always the one that closes next: the month of an add-on that was bought late outlasts its term.
    """
    kinds = [refund.kind for refund in attempt.subscription.refunds_at(attempt.command.at)]
    best = min(kinds, key=list(RefundKind).index, default=RefundKind.NONE)
    return Canceled(**head(attempt), refund=best)


@records(CancellationScheduled, Cancel)
def cancellation_scheduled(attempt: Attempt[Cancel]) -> CancellationScheduled:
    """It goes on to the end of what is paid for: the term, or the running cycle (R-CANCEL-10, R-CANCEL-15)."""
    subscription = attempt.subscription
    with_cycle = attempt.policy.later_cancellation is LaterCancellation.WITH_THE_CYCLE
    term, cycle = running_term(subscription), cast("Cycle", subscription.charge_cycle)
    return CancellationScheduled(**head(attempt), ends_on=cycle.ends_on if with_cycle else term.ends_on)


@records(Expired, EndTerm, EndCycle)
def expired(attempt: Attempt[EndTerm | EndCycle]) -> Expired:
    """The tail begins, counted from the day after the term (R-STATUS-04)."""
    lasts, ended = attempt.policy.expired_for, running_term(attempt.subscription).ends_before
    until = None if lasts is None else ended + lasts
    return Expired(**head(attempt), until=until, reason=_why(attempt))


@records(Disabled, EndPhase)
def disabled(attempt: Attempt[EndPhase]) -> Disabled:
    """Users are out, the data is kept a while longer (R-STATUS-04)."""
    since = attempt.subscription.tail_until or attempt.command.at
    until = since + attempt.policy.retained_for
    reason = attempt.subscription.end_reason or EndReason.LAPSED
    return Disabled(**head(attempt), phase=Phase.RETENTION, until=until, reason=reason)


@records(Disabled, EndTerm)
def disabled_at_term_end(attempt: Attempt[EndTerm]) -> Disabled:
    """A suspended subscription is given a time of grace before its retention (AMB-04)."""
    until = running_term(attempt.subscription).ends_before + attempt.policy.disabled_for
    return Disabled(**head(attempt), phase=Phase.GRACE, until=until, reason=_why(attempt))


@records(Deleted, EndTerm)
def deleted_at_term_end(attempt: Attempt[EndTerm]) -> Deleted:
    """Deleted at once: nobody reactivated it (R-SUSP-08, D-01), or nobody wanted another term (R-RENEW-13)."""
    return Deleted(**head(attempt), reason=_why(attempt))


@records(Deleted, EndPhase)
def deleted_at_the_end_of_the_tail(attempt: Attempt[EndPhase]) -> Deleted:
    """The data is gone, for the reason for which the subscription ended (R-STATUS-01)."""
    return Deleted(**head(attempt), reason=attempt.subscription.end_reason or _why(attempt))


def _why(attempt: Attempt[Any]) -> EndReason:
    subscription = attempt.subscription
    if subscription.status is Status.SUSPENDED:
        return attempt.policy.suspension.ends_as
    return EndReason.CANCELED if subscription.cancellation_scheduled else EndReason.LAPSED
