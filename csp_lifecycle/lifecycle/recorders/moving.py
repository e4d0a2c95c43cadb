"""Recorders of seats that move between subscriptions, and of subscriptions that move between partners."""

from typing import Any

from csp_lifecycle.lifecycle.recorders.registry import records
from csp_lifecycle.lifecycle.recorders.terms import head, next_policy, priced, reassignment
from csp_lifecycle.lifecycle.recorders.windows import fresh_lots, fresh_windows
from csp_lifecycle.policies import facts
from csp_lifecycle.policies.policy import Attempt, Policy
from csp_lifecycle.policies.terms import UpgradeWindow
from csp_lifecycle.policies.wanted import Wanted, running_term, wanted
from csp_lifecycle.values.calendar import Term, cycle_at
from csp_lifecycle.values.windows import SeatLot, seats_in, take_from
from csp_lifecycle.vocabulary.commands import ConvertTrial, Upgrade
from csp_lifecycle.vocabulary.events import (
    Deleted,
    Origin,
    Purchased,
    Reassignment,
    SeatsMovedIn,
    SeatsMovedOut,
)
from csp_lifecycle.vocabulary.subscription import EndReason, Subscription


@records(SeatsMovedOut, Upgrade)
def seats_moved_out(attempt: Attempt[Upgrade]) -> SeatsMovedOut:
    """Seats leave the source; those in open lots go last (AMB-45)."""
    command, subscription = attempt.command, attempt.subscription
    left, _ = _split_lots(attempt)
    return SeatsMovedOut(
        **head(attempt),
        seats=command.seats,
        seats_after=subscription.seats - command.seats,
        seat_lots=left,
        other_subscription_id=command.new_subscription_id or command.target_subscription_id or "",
        reassignment=reassignment(attempt, partial=command.seats < subscription.seats),
    )


@records(SeatsMovedIn, Upgrade)
def seats_moved_in(attempt: Attempt[Upgrade]) -> SeatsMovedIn:
    """Only the seats move: the target's term, plan and lots stay as they are (R-UPGRADE-08, D-06)."""
    command, target = attempt.command, _target(attempt)
    return SeatsMovedIn(
        at=command.at,
        subscription_id=target.subscription_id,
        seats=command.seats,
        seats_after=target.seats + command.seats,
        seat_lots=target.lots_at(command.at),
        other_subscription_id=command.subscription_id,
    )


@records(Deleted, Upgrade)
def deleted_by_upgrade(attempt: Attempt[Upgrade]) -> Deleted:
    """Nothing stayed behind (AMB-20)."""
    command = attempt.command
    return Deleted(
        **head(attempt),
        reason=EndReason.TRANSITIONED,
        into_subscription_id=command.target_subscription_id,
    )


@records(Purchased, Upgrade)
def purchased_by_upgrade(attempt: Attempt[Upgrade]) -> Purchased:
    """A subscription of its own that ends with its source and inherits its window (R-UPGRADE-07, R-UPGRADE-13)."""
    command, source, wish = attempt.command, attempt.subscription, wanted(attempt)
    _, taken = _split_lots(attempt)
    term = Term(length=wish.length, starts_at=command.at, ends_on=running_term(source).ends_on)
    anchor = source.cycle_anchor or term.starts_on
    policy = next_policy(attempt)
    cycle = cycle_at(term.starts_on, anchor=anchor, plan=wish.plan, term=term, month_ends=policy.month_ends)
    return Purchased(
        at=command.at,
        subscription_id=command.new_subscription_id or "",
        **priced(attempt, wish),
        customer_id=source.customer_id,
        commerce=policy.commerce,
        policy=policy.id,
        seats=command.seats,
        term=term,
        cycle_anchor=anchor,
        charge_cycle=cycle,
        **_windows_of_the_new_one(attempt, policy, wish, term, taken),
        auto_renew=source.auto_renew,
        origin=Origin.UPGRADE,
        from_subscription_id=source.subscription_id,
        billing_currency=source.billing_currency,
    )


def _windows_of_the_new_one(
    attempt: Attempt[Upgrade], policy: Policy, wish: Wanted, term: Term, taken: tuple[SeatLot, ...]
) -> dict[str, Any]:
    """Inherited from the source, unless a dated reading says otherwise (AMB-17)."""
    match policy.upgrade_window:
        case UpgradeWindow.INHERITED:
            return {"refunds": attempt.subscription.refunds_at(attempt.command.at), "seat_lots": taken}
        case UpgradeWindow.NONE:
            return {"refunds": (), "seat_lots": ()}
        case UpgradeWindow.FRESH:
            return fresh_windows(policy, attempt.command.at, attempt.command.seats, wish.plan, term)


@records(SeatsMovedOut, ConvertTrial)
def trial_seats_moved_out(attempt: Attempt[ConvertTrial]) -> SeatsMovedOut:
    """Exactly the trial's seats move (R-TRIAL-09)."""
    _command, trial = attempt.command, attempt.subscription
    return SeatsMovedOut(
        **head(attempt),
        seats=trial.seats,
        seats_after=0,
        seat_lots=(),
        other_subscription_id=_target(attempt).subscription_id,
        reassignment=Reassignment.MANUAL,
    )


@records(SeatsMovedIn, ConvertTrial)
def trial_seats_moved_in(attempt: Attempt[ConvertTrial]) -> SeatsMovedIn:
    """The trial's seats were never paid for: in the target they open a lot (D-06)."""
    command, target, trial = attempt.command, _target(attempt), attempt.subscription
    return SeatsMovedIn(
        at=command.at,
        subscription_id=target.subscription_id,
        seats=trial.seats,
        seats_after=target.seats + trial.seats,
        seat_lots=(
            *target.lots_at(command.at),
            *fresh_lots(attempt.policy, command.at, trial.seats, running_term(target)),
        ),
        other_subscription_id=command.subscription_id,
    )


@records(Deleted, ConvertTrial)
def deleted_by_conversion(attempt: Attempt[ConvertTrial]) -> Deleted:
    """The trial ends as converted (R-TRIAL-20)."""
    command = attempt.command
    return Deleted(
        **head(attempt),
        reason=EndReason.CONVERTED,
        into_subscription_id=command.target_subscription_id,
    )


def _target(attempt: Attempt[Upgrade | ConvertTrial]) -> Subscription:
    target = facts.target(attempt)
    if target is None:
        message = "seats can move only into a subscription that is there"
        raise AssertionError(message)
    return target


def _split_lots(attempt: Attempt[Upgrade]) -> tuple[tuple[SeatLot, ...], tuple[SeatLot, ...]]:
    """What stays in the source's lots, and what moves out of them (AMB-45).

    Seats outside every open lot go first, then the lots with the latest deadline.
    """
    subscription, at = attempt.subscription, attempt.command.at
    lots = subscription.lots_at(at)
    moved = attempt.command.seats - (subscription.seats - seats_in(lots))
    left, taken = take_from(tuple(reversed(lots)), max(moved, 0))
    return tuple(reversed(left)), tuple(reversed(taken))
