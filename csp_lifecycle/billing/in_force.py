"""Billing's own small fold: what a subscription is charged by, and what it was charged so far.

It reads the events that `lifecycle.evolve` reads and keeps only what has a price.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs
from attrs import frozen

from csp_lifecycle.billing.proration import CycleWorth, Reading, undivided, worth_in_months, worth_of
from csp_lifecycle.billing.rules import ChargeRules, SeatChange, rules_of
from csp_lifecycle.errors import BrokenHistoryError, LifecycleError
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.values.calendar import Cycle, Plan, Term
from csp_lifecycle.values.money import decimal, minor_digits
from csp_lifecycle.values.windows import Refund, RefundKind, open_refunds
from csp_lifecycle.vocabulary import events as e
from csp_lifecycle.vocabulary.charge_line import Lines, total

Policies = Mapping[str, Policy]
_NOTHING = Decimal(0)


@frozen(kw_only=True)
class InForce:
    """What a subscription is charged by. A trial has no plan.

    `lines` are those that stand for the cycle, and `charged_in_window` is what all lines since the cancellation
    window opened add up to. `paused` is set while a suspension stops the charges, `credited` if it gave back what
    was paid.
    """

    customer_id: str
    offer_id: str
    rules: ChargeRules
    reading: Reading
    seats: int
    plan: Plan | None
    anchor: date
    worth: CycleWorth
    unit_price: Decimal
    currency: str
    refunds: tuple[Refund, ...] = ()
    paused: bool = False
    credited: bool = False
    lines: Lines = ()
    charged_in_window: Decimal = _NOTHING

    @property
    def cycle(self) -> Cycle:
        """The charge cycle, both days included."""
        return self.worth.cycle

    @property
    def charged(self) -> Decimal:
        """What was charged for the cycle, less what was given back."""
        return total(self.lines)

    def refund_at(self, at: datetime) -> RefundKind:
        """What is given back if the subscription ends at *at*."""
        return next((refund.kind for refund in open_refunds(self.refunds, at)), RefundKind.NONE)

    def has_paid(self, cycle: Cycle) -> bool:
        """Whether *cycle*, or the rest of it, was charged before a suspension and never given back."""
        return not self.credited and self.cycle.ends_on == cycle.ends_on

    def having_charged(self, made: Lines, before: "InForce | None") -> "InForce":
        """The same after the lines of the event that led here from *before*.

        Where a cycle is billed again, they stand in place of the earlier ones. A window that opens sees what is
        charged from then on, and not what is given back of the time before.
        """
        charges = tuple(line for line in made if line.amount >= 0)
        rebilled = self.rules.seat_change is SeatChange.REBILLED and charges
        opened = before is None or not set(self.refunds) <= set(before.refunds)
        in_window = total(charges) if opened else self.charged_in_window + total(made)
        return attrs.evolve(self, lines=charges if rebilled else self.lines + made, charged_in_window=in_window)


def after(event: e.Event, before: InForce | None, policies: Policies) -> InForce | None:
    """What is in force after one more event; None where nothing is charged by seats.

    Raises:
        LifecycleError: a policy that the event names is not installed.
    """
    if isinstance(event, e.Purchased | e.Ordered | e.TrialStarted):
        return _begun(event, policies)
    step = _STEPS.get(type(event))
    return before if step is None or before is None else step(event, before, policies)


def _begun(event: e.Purchased | e.Ordered | e.TrialStarted, policies: Policies) -> InForce | None:
    if event.term is None or event.currency is None:
        return None
    ruled = _ruled(event, policies)
    if isinstance(event, e.TrialStarted):
        terms = _trial(event.term, event.currency) | {"offer_id": event.offer_id, "seats": event.seats}
    else:
        terms = _terms(event, ruled["reading"])
    return InForce(customer_id=event.customer_id, **ruled, **terms)


def _ruled(event: Any, policies: Policies) -> dict[str, Any]:
    """What the policy that begins with *event* says about charges."""
    policy = policies.get(event.policy)
    if policy is None:
        message = (
            f"policy {event.policy!r} is not installed, and {event.subscription_id!r} is charged by it: install it"
        )
        raise LifecycleError(message)
    rules = rules_of(policy)
    return {"rules": rules, "reading": Reading(policy.month_ends, rules.cycle_days)}


def _trial(term: Term, currency: str) -> dict[str, Any]:
    """A trial is one cycle that costs nothing, in the currency of its paid twin (R-TRIAL-15)."""
    return {
        "plan": None,
        "anchor": term.starts_on,
        "worth": undivided(Cycle(starts_on=term.starts_on, ends_on=term.ends_on)),
        "unit_price": decimal(Fraction(0), minor_digits(currency)),
        "currency": currency,
    }


def _terms(event: Any, reading: Reading) -> dict[str, Any]:
    return {
        "offer_id": event.offer_id,
        "seats": event.seats,
        "plan": event.plan,
        "anchor": event.cycle_anchor,
        "worth": worth_of(event.charge_cycle, anchor=event.cycle_anchor, plan=event.plan, reading=reading),
        "unit_price": event.unit_price,
        "currency": event.currency,
        "refunds": event.refunds,
    }


def _new_term(event: Any, before: InForce, policies: Policies) -> InForce:
    """A term brings its policy with it."""
    ruled = _ruled(event, policies)
    return attrs.evolve(before, **ruled, **_terms(event, ruled["reading"]), lines=())


def _term_changed(event: e.TermChanged, before: InForce, _: Policies) -> InForce:
    return attrs.evolve(before, **_terms(event, before.reading), lines=())


def _upgraded(event: e.Upgraded, before: InForce, _: Policies) -> InForce:
    """The cycle goes on at another price, unless another plan or a longer term begins one of its own."""
    upgraded = attrs.evolve(before, **_terms(event, before.reading))
    if event.charge_cycle == before.cycle:
        return attrs.evolve(upgraded, worth=before.worth)
    begun = attrs.evolve(upgraded, lines=())
    return begun if event.plan is before.plan else _counted_in_months(begun, event.plan)


def _activated(event: e.Activated, before: InForce, _: Policies) -> InForce:
    return _in_cycle(before, event.charge_cycle, anchor=event.cycle_anchor)


def _cycle_charged(event: e.CycleCharged, before: InForce, _: Policies) -> InForce:
    """The next cycle begins, perhaps under a queued plan at its own price (R-BILL-01, R-BILL-09)."""
    if event.plan is None:
        return _in_cycle(before, event.charge_cycle)
    queued = attrs.evolve(_priced(before, event.unit_price), plan=event.plan)
    return _counted_in_months(_in_cycle(queued, event.charge_cycle), event.plan)


def _reactivated(event: e.Reactivated, before: InForce, _: Policies) -> InForce:
    """Charges that were paused go on, or a new term begins (R-CANCEL-09, AMB-67)."""
    running = attrs.evolve(before, paused=False, credited=False)
    if event.charge_cycle is None or before.has_paid(event.charge_cycle):
        return running
    return _in_cycle(_priced(running, event.unit_price), event.charge_cycle, anchor=event.cycle_anchor)


def _priced(state: InForce, price: Decimal | None) -> InForce:
    """The same at another price, if there is one."""
    return state if price is None else attrs.evolve(state, unit_price=price)


def _in_cycle(state: InForce, cycle: Cycle, *, anchor: date | None = None) -> InForce:
    """The same in another cycle, for which nothing has been charged yet."""
    anchor = anchor or state.anchor
    if state.plan is None:
        message = f"{state.offer_id!r} is on trial and has no charge cycle"
        raise BrokenHistoryError(message)
    worth = worth_of(cycle, anchor=anchor, plan=state.plan, reading=state.reading)
    return attrs.evolve(state, anchor=anchor, worth=worth, lines=())


def _counted_in_months(state: InForce, plan: Plan) -> InForce:
    """Another plan that begins on the boundary of a cycle pays for whole months of its own (AMB-27)."""
    worth = worth_in_months(state.cycle, anchor=state.anchor, plan=plan, reading=state.reading)
    return attrs.evolve(state, worth=worth)


def _suspended(event: e.Suspended, before: InForce, _: Policies) -> InForce:
    if before.paused or not event.charges_paused:
        return before
    credited = before.refund_at(event.at) is not RefundKind.NONE
    return attrs.evolve(before, paused=True, credited=credited)


def _seats_changed(event: Any, before: InForce, _: Policies) -> InForce:
    return attrs.evolve(before, seats=event.seats_after)


def _trial_extended(event: e.TrialExtended, before: InForce, _: Policies) -> InForce:
    cycle = Cycle(starts_on=before.cycle.starts_on, ends_on=event.term.ends_on)
    return attrs.evolve(before, worth=undivided(cycle))


_STEPS: Mapping[type[Any], Callable[[Any, InForce, Policies], InForce]] = {
    e.Activated: _activated,
    e.Renewed: _new_term,
    e.TrialConverted: _new_term,
    e.TermChanged: _term_changed,
    e.Upgraded: _upgraded,
    e.CycleCharged: _cycle_charged,
    e.Suspended: _suspended,
    e.Reactivated: _reactivated,
    e.SeatsAdded: _seats_changed,
    e.SeatsRemoved: _seats_changed,
    e.SeatsMovedOut: _seats_changed,
    e.SeatsMovedIn: _seats_changed,
    e.TrialExtended: _trial_extended,
}
"""The events that change what is in force; all others leave it as it is."""
