"""Recorders of suspensions: access blocked, one reason lifted, access back."""

from datetime import datetime
from typing import Any

from csp_lifecycle.lifecycle.recorders.registry import records
from csp_lifecycle.lifecycle.recorders.terms import fresh_term, head
from csp_lifecycle.policies.policy import Attempt
from csp_lifecycle.policies.wanted import running_term
from csp_lifecycle.values.calendar import Cycle, cycle_at
from csp_lifecycle.vocabulary.commands import Reactivate, Suspend
from csp_lifecycle.vocabulary.events import Reactivated, Suspended, SuspensionReasonLifted
from csp_lifecycle.vocabulary.subscription import Status


@records(Suspended, Suspend)
def suspended(attempt: Attempt[Suspend]) -> Suspended:
    """The event says what becomes of auto-renew and of charges, because policies differ in that (R-SUSP-03, 04)."""
    suspension = attempt.policy.suspension
    return Suspended(
        **head(attempt),
        reason=attempt.command.reason,
        auto_renew=attempt.subscription.auto_renew and suspension.keeps_auto_renew,
        until=_suspended_until(attempt),
        charges_paused=not suspension.charges_go_on,
    )


def _suspended_until(attempt: Attempt[Suspend]) -> datetime | None:
    """When the suspension ends in deletion; a second reason gives no new time (R-SUSP-14, R-SUSP-15)."""
    subscription, suspension = attempt.subscription, attempt.policy.suspension
    if subscription.status is Status.SUSPENDED or suspension.limit is None:
        return subscription.tail_until
    limit = attempt.command.at + suspension.limit
    return limit if suspension.outlives_the_term else min(limit, running_term(subscription).ends_before)


@records(Reactivated, Reactivate)
def reactivated(attempt: Attempt[Reactivate]) -> Reactivated:
    """Access returns; auto-renew does not where it was turned off (R-SUSP-04)."""
    return Reactivated(**head(attempt), reason=attempt.command.reason, **_terms_again(attempt))


def _terms_again(attempt: Attempt[Reactivate]) -> dict[str, Any]:
    """What begins again: a whole term (AMB-67), the paused charges (R-CANCEL-09), or nothing."""
    subscription, policy, today = attempt.subscription, attempt.policy, attempt.command.at.date()
    if subscription.status is Status.EXPIRED:
        terms = fresh_term(attempt, policy)
        names = ("term", "cycle_anchor", "charge_cycle", "unit_price", "seat_lots")
        return {name: terms[name] for name in names} | {"auto_renew": policy.auto_renews}
    term, plan, anchor = subscription.term, subscription.plan, subscription.cycle_anchor
    if not subscription.charges_paused or term is None or plan is None or anchor is None or today > term.ends_on:
        return {}
    cycle = cycle_at(today, anchor=anchor, plan=plan, term=term, month_ends=policy.month_ends)
    return {"charge_cycle": Cycle(starts_on=max(cycle.starts_on, today), ends_on=cycle.ends_on)}


@records(SuspensionReasonLifted, Reactivate)
def suspension_reason_lifted(attempt: Attempt[Reactivate]) -> SuspensionReasonLifted:
    """One reason is gone and another still stands."""
    # The row is chosen only where a reason is named.
    return SuspensionReasonLifted(**head(attempt), reason=attempt.command.reason or "")
