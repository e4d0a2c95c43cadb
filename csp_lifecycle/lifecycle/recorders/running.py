"""Recorders of events on a subscription that runs: seats, suspension, cancellation, renewal, charges, the tail."""

from datetime import date

from attrs import evolve

from csp_lifecycle.lifecycle.recorders.registry import records
from csp_lifecycle.lifecycle.recorders.terms import head
from csp_lifecycle.lifecycle.recorders.windows import fresh_lots, reduced_lots
from csp_lifecycle.policies.policy import Attempt
from csp_lifecycle.policies.wanted import prices_wanted, running_term
from csp_lifecycle.values.calendar import DAY, Cycle, Plan, cycle_at, natural_end
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    ChangePaymentMethod,
    CompleteCycleCharge,
    EndCycle,
    EndTerm,
    ExtendTrial,
    RemoveSeats,
    Rename,
    TurnOffAutoRenew,
    TurnOnAutoRenew,
)
from csp_lifecycle.vocabulary.events import (
    AutoRenewTurnedOff,
    AutoRenewTurnedOn,
    CycleCharged,
    CycleChargeStarted,
    PaymentMethodChanged,
    Renamed,
    RenewalStarted,
    SeatsAdded,
    SeatsRemoved,
    TrialExtended,
)


@records(SeatsAdded, AddSeats)
def seats_added(attempt: Attempt[AddSeats]) -> SeatsAdded:
    """The new seats form a lot of their own; no other lot's deadline moves (R-SEATS-03)."""
    command, subscription = attempt.command, attempt.subscription
    return SeatsAdded(
        **head(attempt),
        seats=command.seats,
        seats_after=subscription.seats + command.seats,
        seat_lots=(
            *subscription.lots_at(command.at),
            *fresh_lots(attempt.policy, command.at, command.seats, running_term(subscription)),
        ),
    )


@records(SeatsRemoved, RemoveSeats)
def seats_removed(attempt: Attempt[RemoveSeats]) -> SeatsRemoved:
    """Open lots give their seats, in the order the policy says (R-SEATS-07)."""
    command, subscription = attempt.command, attempt.subscription
    left = reduced_lots(attempt.policy, subscription.lots_at(command.at), command.seats)
    return SeatsRemoved(
        **head(attempt),
        seats=command.seats,
        seats_after=subscription.seats - command.seats,
        seat_lots=left,
    )


@records(Renamed, Rename)
def renamed(attempt: Attempt[Rename]) -> Renamed:
    """Only the name changes."""
    command = attempt.command
    return Renamed(**head(attempt), friendly_name=command.friendly_name)


@records(AutoRenewTurnedOn, TurnOnAutoRenew)
def auto_renew_turned_on(attempt: Attempt[TurnOnAutoRenew]) -> AutoRenewTurnedOn:
    """What was voided while it was off does not come back (R-SCHED-16)."""
    return AutoRenewTurnedOn(**head(attempt))


@records(AutoRenewTurnedOff, TurnOffAutoRenew)
def auto_renew_turned_off(attempt: Attempt[TurnOffAutoRenew]) -> AutoRenewTurnedOff:
    """The term will lapse."""
    return AutoRenewTurnedOff(**head(attempt))


@records(CycleChargeStarted, EndCycle)
def cycle_charge_started(attempt: Attempt[EndCycle]) -> CycleChargeStarted:
    """The queued plan is about to be applied (R-LOCK-02)."""
    return CycleChargeStarted(**head(attempt))


@records(CycleCharged, EndCycle, CompleteCycleCharge)
def cycle_charged(attempt: Attempt[EndCycle | CompleteCycleCharge]) -> CycleCharged:
    """The cycle after the current one begins, under the queued plan if there is one (R-BILL-01)."""
    _command, subscription = attempt.command, attempt.subscription
    term, queued = running_term(subscription), subscription.queued_plan
    price = prices_wanted(attempt)[0].amount if queued is not None else None
    return CycleCharged(
        **head(attempt),
        charge_cycle=_next_cycle(attempt, first_day=term.starts_on),
        plan=queued,
        unit_price=price,
    )


@records(RenewalStarted, EndTerm)
def renewal_started(attempt: Attempt[EndTerm]) -> RenewalStarted:
    """The renewal, or a trial's conversion, is being executed (R-LOCK-03)."""
    return RenewalStarted(**head(attempt))


@records(TrialExtended, ExtendTrial)
def trial_extended(attempt: Attempt[ExtendTrial]) -> TrialExtended:
    """Another thirty days behind the first (R-TRIAL-18)."""
    term = running_term(attempt.subscription)
    ends_on = natural_end(term.ends_on + DAY, attempt.policy.trial.length)
    return TrialExtended(**head(attempt), term=evolve(term, ends_on=ends_on))


@records(PaymentMethodChanged, ChangePaymentMethod)
def payment_method_changed(attempt: Attempt[ChangePaymentMethod]) -> PaymentMethodChanged:
    """Only the method changes (R-RENEW-12)."""
    return PaymentMethodChanged(**head(attempt), method=attempt.command.method)


def _next_cycle(attempt: Attempt[EndCycle | CompleteCycleCharge], first_day: date) -> Cycle:
    subscription = attempt.subscription
    plan, cycle = subscription.queued_plan or subscription.plan, subscription.charge_cycle
    if cycle is not None and cycle.ends_before > attempt.command.at:
        # An upgrade to another plan has begun a cycle while this charge was in flight.
        return cycle
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
