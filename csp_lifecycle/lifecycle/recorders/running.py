"""Recorders of events on a subscription that runs: seats, suspension, cancellation, renewal, charges, the tail."""

from datetime import date

from csp_lifecycle.lifecycle.recorders.registry import records
from csp_lifecycle.lifecycle.recorders.terms import fresh_lot
from csp_lifecycle.policies.policy import Attempt
from csp_lifecycle.policies.wanted import prices_wanted, running_term
from csp_lifecycle.values.calendar import DAY, Cycle, Plan, cycle_at
from csp_lifecycle.values.windows import take_from
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Cancel,
    CompleteCycleCharge,
    EndCycle,
    EndPhase,
    EndTerm,
    Reactivate,
    RemoveSeats,
    Rename,
    Suspend,
    TurnOffAutoRenew,
    TurnOnAutoRenew,
)
from csp_lifecycle.vocabulary.events import (
    AutoRenewTurnedOff,
    AutoRenewTurnedOn,
    Canceled,
    CycleCharged,
    CycleChargeStarted,
    Deleted,
    Disabled,
    Expired,
    Reactivated,
    Renamed,
    RenewalStarted,
    SeatsAdded,
    SeatsRemoved,
    Suspended,
    SuspensionReasonLifted,
)
from csp_lifecycle.vocabulary.subscription import EndReason, Phase


@records(SeatsAdded, AddSeats)
def seats_added(attempt: Attempt[AddSeats]) -> SeatsAdded:
    """The new seats form a lot of their own; no other lot's deadline moves (R-SEATS-03)."""
    command, subscription = attempt.command, attempt.subscription
    return SeatsAdded(
        at=command.at,
        subscription_id=command.subscription_id,
        seats=command.seats,
        seats_after=subscription.seats + command.seats,
        seat_lots=(*subscription.lots_at(command.at), fresh_lot(attempt.policy, command.at, command.seats)),
    )


@records(SeatsRemoved, RemoveSeats)
def seats_removed(attempt: Attempt[RemoveSeats]) -> SeatsRemoved:
    """Open lots give their seats, the earliest deadline first (R-SEATS-07)."""
    command, subscription = attempt.command, attempt.subscription
    left, _ = take_from(subscription.lots_at(command.at), command.seats)
    return SeatsRemoved(
        at=command.at,
        subscription_id=command.subscription_id,
        seats=command.seats,
        seats_after=subscription.seats - command.seats,
        seat_lots=left,
    )


@records(Renamed, Rename)
def renamed(attempt: Attempt[Rename]) -> Renamed:
    """Only the name changes."""
    command = attempt.command
    return Renamed(at=command.at, subscription_id=command.subscription_id, friendly_name=command.friendly_name)


@records(Suspended, Suspend)
def suspended(attempt: Attempt[Suspend]) -> Suspended:
    """The event says what becomes of auto-renew, because policies differ in that (R-SUSP-04)."""
    command = attempt.command
    return Suspended(
        at=command.at,
        subscription_id=command.subscription_id,
        reason=command.reason,
        auto_renew=attempt.subscription.auto_renew and attempt.policy.suspending_keeps_auto_renew,
    )


@records(Reactivated, Reactivate)
def reactivated(attempt: Attempt[Reactivate]) -> Reactivated:
    """Access returns; auto-renew does not (R-SUSP-04)."""
    command = attempt.command
    return Reactivated(at=command.at, subscription_id=command.subscription_id, reason=command.reason)


@records(SuspensionReasonLifted, Reactivate)
def suspension_reason_lifted(attempt: Attempt[Reactivate]) -> SuspensionReasonLifted:
    """One reason is gone and another still stands."""
    command = attempt.command
    # The row is chosen only where a reason is named.
    reason = command.reason or ""
    return SuspensionReasonLifted(at=command.at, subscription_id=command.subscription_id, reason=reason)


@records(Canceled, Cancel)
def canceled(attempt: Attempt[Cancel]) -> Canceled:
    """The refund is the one whose window closes next (R-CANCEL-02)."""
    command = attempt.command
    refund = attempt.subscription.refunds_at(command.at)[0].kind
    return Canceled(at=command.at, subscription_id=command.subscription_id, refund=refund)


@records(AutoRenewTurnedOn, TurnOnAutoRenew)
def auto_renew_turned_on(attempt: Attempt[TurnOnAutoRenew]) -> AutoRenewTurnedOn:
    """What was voided while it was off does not come back (R-SCHED-16)."""
    return AutoRenewTurnedOn(at=attempt.command.at, subscription_id=attempt.command.subscription_id)


@records(AutoRenewTurnedOff, TurnOffAutoRenew)
def auto_renew_turned_off(attempt: Attempt[TurnOffAutoRenew]) -> AutoRenewTurnedOff:
    """The term will lapse."""
    return AutoRenewTurnedOff(at=attempt.command.at, subscription_id=attempt.command.subscription_id)


@records(CycleChargeStarted, EndCycle)
def cycle_charge_started(attempt: Attempt[EndCycle]) -> CycleChargeStarted:
    """The queued plan is about to be applied (R-LOCK-02)."""
    return CycleChargeStarted(at=attempt.command.at, subscription_id=attempt.command.subscription_id)


@records(CycleCharged, EndCycle, CompleteCycleCharge)
def cycle_charged(attempt: Attempt[EndCycle | CompleteCycleCharge]) -> CycleCharged:
    """The cycle after the current one begins, under the queued plan if there is one (R-BILL-01)."""
    command, subscription = attempt.command, attempt.subscription
    term, queued = running_term(subscription), subscription.queued_plan
    price = prices_wanted(attempt)[0].amount if queued is not None else None
    return CycleCharged(
        at=command.at,
        subscription_id=command.subscription_id,
        charge_cycle=_next_cycle(attempt, first_day=term.starts_on),
        plan=queued,
        unit_price=price,
    )


@records(RenewalStarted, EndTerm)
def renewal_started(attempt: Attempt[EndTerm]) -> RenewalStarted:
    """The renewal, or a trial's conversion, is being executed (R-LOCK-03)."""
    return RenewalStarted(at=attempt.command.at, subscription_id=attempt.command.subscription_id)


@records(Expired, EndTerm)
def expired(attempt: Attempt[EndTerm]) -> Expired:
    """The tail begins, counted from the day after the term (R-STATUS-04)."""
    until = running_term(attempt.subscription).ends_before + attempt.policy.expired_for
    return Expired(at=attempt.command.at, subscription_id=attempt.command.subscription_id, until=until)


@records(Disabled, EndPhase)
def disabled(attempt: Attempt[EndPhase]) -> Disabled:
    """Users are out, the data is kept a while longer (R-STATUS-04)."""
    since = attempt.subscription.tail_until or attempt.command.at
    return Disabled(
        at=attempt.command.at,
        subscription_id=attempt.command.subscription_id,
        phase=Phase.RETENTION,
        until=since + attempt.policy.retained_for,
    )


@records(Deleted, EndTerm)
def deleted_at_term_end(attempt: Attempt[EndTerm]) -> Deleted:
    """A suspended subscription that nobody reactivated is deleted at once (R-SUSP-08, D-01)."""
    command = attempt.command
    return Deleted(at=command.at, subscription_id=command.subscription_id, reason=EndReason.NOT_REACTIVATED)


@records(Deleted, EndPhase)
def deleted_at_the_end_of_the_tail(attempt: Attempt[EndPhase]) -> Deleted:
    """The data is gone, for the reason for which the subscription ended (R-STATUS-01)."""
    command = attempt.command
    reason = attempt.subscription.end_reason or EndReason.LAPSED
    return Deleted(at=command.at, subscription_id=command.subscription_id, reason=reason)


def _next_cycle(attempt: Attempt[EndCycle | CompleteCycleCharge], first_day: date) -> Cycle:
    subscription = attempt.subscription
    plan, cycle = subscription.queued_plan or subscription.plan, subscription.charge_cycle
    starts_on = first_day if cycle is None else cycle.ends_on + DAY
    following = cycle_at(
        starts_on,
        anchor=subscription.cycle_anchor or first_day,
        plan=plan or Plan.MONTHLY,
        term=running_term(subscription),
        month_ends=attempt.policy.month_ends,
    )
    # Under another plan the day may lie inside one of its cycles: only the rest of that one is charged (R-BILL-09).
    return Cycle(starts_on=starts_on, ends_on=following.ends_on)
