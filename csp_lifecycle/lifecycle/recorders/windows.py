"""Which windows open, and which stay open: read from the policy when an event is recorded, never afterwards."""

from datetime import datetime
from typing import Any

from csp_lifecycle.policies.policy import Attempt, Policy
from csp_lifecycle.policies.terms import LotOrder
from csp_lifecycle.policies.wanted import running_term, wanted
from csp_lifecycle.values.calendar import Plan, Term
from csp_lifecycle.values.windows import Refund, SeatLot, WholeTerm, take_from


def fresh_windows(policy: Policy, at: datetime, seats: int, plan: Plan, term: Term) -> dict[str, Any]:
    """The windows of a term that begins: they open at the instant of the event (R-RENEW-05)."""
    return {"refunds": fresh_refunds(policy, at, plan, term), "seat_lots": fresh_lots(policy, at, seats, term)}


def fresh_refunds(policy: Policy, at: datetime, plan: Plan, term: Term) -> tuple[Refund, ...]:
    """The refunds a cancellation may get from now on (R-CANCEL-02)."""
    return tuple(
        Refund(kind=window.refund, until=window.span.deadline(at, term))
        for window in policy.cancellation
        if window.fits(plan)
    )


def fresh_lots(policy: Policy, at: datetime, seats: int, term: Term) -> tuple[SeatLot, ...]:
    """Seats that may be removed again for as long as the policy says, in one lot; none if never (R-SEATS-03)."""
    if policy.reduction is None:
        return ()
    return (SeatLot(seats=seats, reducible_until=policy.reduction.deadline(at, term)),)


def reduced_lots(policy: Policy, lots: tuple[SeatLot, ...], seats: int) -> tuple[SeatLot, ...]:
    """What is left of open *lots*, earliest deadline first, when *seats* are taken from them (AMB-06)."""
    newest_first = policy.lot_order is LotOrder.NEWEST
    left, _ = take_from(tuple(reversed(lots)) if newest_first else lots, seats)
    return tuple(sorted(left, key=lambda lot: lot.reducible_until))


def kept_windows(attempt: Attempt[Any], term: Term) -> dict[str, Any]:
    """No window opens mid-term (R-UPGRADE-13, R-BILL-14): the open ones stay; extra seats have a lot (D-06).

    Where seats may fall during the whole term, they may do so during a term that begins now.
    """
    subscription, policy, at = attempt.subscription, attempt.policy, attempt.command.at
    seats = wanted(attempt).seats
    lots, extra = subscription.lots_at(at), seats - subscription.seats
    if isinstance(policy.reduction, WholeTerm):
        lots = fresh_lots(policy, at, seats, term)
    elif extra > 0:
        lots = (*lots, *fresh_lots(policy, at, extra, term))
    elif extra < 0:
        lots = reduced_lots(policy, lots, -extra)
    return {"refunds": _kept_refunds(attempt, term), "seat_lots": lots}


def _kept_refunds(attempt: Attempt[Any], term: Term) -> tuple[Refund, ...]:
    old_end = WholeTerm().deadline(attempt.command.at, running_term(attempt.subscription))
    new_end = WholeTerm().deadline(attempt.command.at, term)
    return tuple(
        Refund(kind=refund.kind, until=new_end if refund.until == old_end else refund.until)
        for refund in attempt.subscription.refunds_at(attempt.command.at)
    )
