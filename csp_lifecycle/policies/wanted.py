"""What an action asks for, worked out once: guards check it, recorders write it down.

Buying, renewing, scheduling, converting, upgrading and changing the term all end in the same thing: seats of an
offer, on a term and a plan, from a day on. `wanted` says which, whatever the command.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, cast

from attrs import evolve, frozen

from csp_lifecycle.policies.policy import Attempt
from csp_lifecycle.policies.terms import ExtendedTerm, RenewalAnchor
from csp_lifecycle.values.alignment import Alignment, anniversary, calendar_month_end, recurrence
from csp_lifecycle.values.calendar import DAY, Plan, Term, TermLength, add_months, natural_end
from csp_lifecycle.values.money import exact, shown
from csp_lifecycle.vocabulary.catalog import Offer, Price
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    ChangeTerm,
    CompleteCycleCharge,
    CompleteRenewal,
    ConvertTrial,
    EndCycle,
    EndTerm,
    Migrate,
    Purchase,
    QueueBillingPlan,
    Reactivate,
    RemoveSeats,
    ScheduleChange,
    StartTrial,
    Upgrade,
)
from csp_lifecycle.vocabulary.subscription import ScheduledChange, Slot, Subscription


@frozen(kw_only=True, slots=False)
class Wanted:
    """Seats of an offer on a term and a plan.

    `starts_at` is when the term they run in began or will begin, `priced_on` the day whose price list counts,
    `end` a wish for another last day than the natural one, `anchor` the day from which terms are counted where
    that is not their own start. The price is listed for `listed_term` where that is not the wanted length, and
    multiplied with `factor`.
    """

    offer_id: str
    seats: int
    length: TermLength
    plan: Plan
    starts_at: datetime
    priced_on: date
    end: date | Alignment | str | None = None
    currency: str | None = None
    anchor: date | None = None
    listed_term: TermLength | None = None
    factor: Decimal = Decimal(1)

    @property
    def natural_end(self) -> date:
        """The inclusive last day of the unshortened term, counted from `anchor` where one is kept (AMB-02)."""
        starts_on = self.starts_at.date()
        if self.anchor is None:
            return natural_end(starts_on, self.length)
        elapsed = (starts_on.year - self.anchor.year) * 12 + starts_on.month - self.anchor.month
        return add_months(self.anchor, elapsed + self.length.months) - DAY


def wanted(attempt: Attempt[Any]) -> Wanted:
    """What the attempt's command asks for, with everything it does not name filled in."""
    found: Wanted | None = attempt.notes.get(wanted)
    if found is None:
        found = attempt.notes[wanted] = _READERS[type(attempt.command)](attempt)
    return found


def offer_wanted(attempt: Attempt[Any]) -> Offer | None:
    """The wanted offer, if the catalog has it."""
    return attempt.market.catalog.offer(wanted(attempt).offer_id)


def prices_wanted(attempt: Attempt[Any]) -> tuple[Price, ...]:
    """The prices that fit what is wanted: one, unless the offer leaves the currency open."""
    found: tuple[Price, ...] | None = attempt.notes.get(prices_wanted)
    if found is None:
        offer = offer_wanted(attempt)
        found = attempt.notes[prices_wanted] = () if offer is None else _prices(attempt, offer, wanted(attempt))
    return found


def _prices(attempt: Attempt[Any], offer: Offer, wish: Wanted) -> tuple[Price, ...]:
    prices = offer.prices_for(wish.listed_term or wish.length, wish.plan, wish.priced_on)
    if wish.factor != 1:
        # A multiplied price is worked out, and so written as worked-out figures are; a listed one stays as it is.
        factor = exact(wish.factor)
        prices = tuple(evolve(one, amount=shown(exact(one.amount) * factor, one.currency)) for one in prices)
    priced_in = {price.currency for price in offer.prices}
    if wish.currency is None or (attempt.subscription.currency is None and len(priced_in) == 1):
        return prices
    return tuple(price for price in prices if price.currency == wish.currency)


def end_wanted(attempt: Attempt[Any]) -> date | None:
    """The day a custom end resolves to; None where the natural end is wanted, or nothing can be resolved."""
    wish = wanted(attempt)
    if wish.end is Alignment.CALENDAR_MONTH:
        return calendar_month_end(wish.natural_end)
    if isinstance(wish.end, str):
        other = attempt.holdings.get(wish.end)
        return None if other is None or other.term is None else aligned_end(other, wish.natural_end)
    return wish.end


def aligned_end(other: Subscription, not_after: date) -> date:
    """The end of another subscription, moved forward by its whole terms (R-COTERM-03)."""
    term = running_term(other)
    return recurrence(term.ends_on, term.length, not_after=not_after)


running_term: Callable[[Subscription], Term] = attrgetter("term")
"""The term of a subscription that has one, as every status after the first event does."""
_NO_CHANGE = ScheduledChange()


def _for_purchase(attempt: Attempt[Purchase]) -> Wanted:
    command = attempt.command
    return Wanted(
        offer_id=command.offer_id,
        seats=command.seats or 0,
        # `terms_are_named` is asked before anything that reads these.
        length=cast("TermLength", command.term),
        plan=cast("Plan", command.plan),
        starts_at=command.at,
        priced_on=command.at.date(),
        end=command.ends_on or command.align,
        currency=command.billing_currency,
    )


def _for_trial(attempt: Attempt[StartTrial]) -> Wanted:
    trial, command = attempt.policy.trial, attempt.command
    offer = attempt.market.catalog.offer(command.offer_id)
    return Wanted(
        offer_id=(offer and offer.converts_to) or command.offer_id,
        seats=trial.seats,
        length=trial.converts_to_term,
        plan=trial.converts_to_plan,
        starts_at=command.at,
        priced_on=command.at.date(),
    )


def _in_force(attempt: Attempt[Any], seats: int | None = None) -> Wanted:
    subscription, at, held = attempt.subscription, attempt.command.at, attempt.subscription.default_change
    default = held if held is not None and subscription.is_trial else _NO_CHANGE
    return Wanted(
        offer_id=default.offer_id or subscription.offer_id,
        seats=subscription.seats if seats is None else seats,
        length=default.term or running_term(subscription).length,
        plan=cast("Plan", default.plan or subscription.plan),
        starts_at=at,
        priced_on=at.date(),
        currency=subscription.currency,
    )


def _with(base: Wanted, **named: Any) -> Wanted:
    """*base* with everything that is named; None means: as it is."""
    return Wanted(**vars(base) | {name: value for name, value in named.items() if value is not None})


def _for_next_term(attempt: Attempt[Any]) -> Wanted:
    """The next term: what is in force, overruled by what waits for it (R-RENEW-05, R-RENEW-06)."""
    subscription, starts_at = attempt.subscription, running_term(attempt.subscription).ends_before
    base = _with(_in_force(attempt), starts_at=starts_at, priced_on=starts_at.date())
    change = subscription.scheduled_change
    if attempt.policy.renewal_anchor is RenewalAnchor.PURCHASE_DAY:
        base = _with(base, anchor=subscription.anchored_on)
    if extends(attempt):
        return _extended(attempt, base)
    if change is not None:
        base = _with(
            base,
            offer_id=change.offer_id,
            seats=change.seats,
            length=change.term,
            plan=change.plan,
            end=change.ends_on,
        )
    return _with(base, plan=subscription.queued_plan) if Slot.NEXT_CHARGE in applied_at_renewal(attempt) else base


def extends(attempt: Attempt[Any]) -> bool:
    """Whether the next term is an extended service term: nobody wants another, and nobody canceled (R-EST-04)."""
    extended, subscription = attempt.policy.extended_term, attempt.subscription
    if extended is None or subscription.is_trial or subscription.cancellation_scheduled:
        return False
    if subscription.policy == extended.policy:
        return subscription.scheduled_change is None
    return not subscription.auto_renew and extended.follows(running_term(subscription))


def _extended(attempt: Attempt[Any], base: Wanted) -> Wanted:
    """Monthly, at the monthly term's price and a surcharge (R-EST-03)."""
    extended = cast("ExtendedTerm", attempt.policy.extended_term)
    offer = attempt.market.catalog.offer(base.offer_id)
    month, listed = TermLength.MONTH, base.length
    monthly = offer is not None and bool(offer.prices_for(month, Plan.MONTHLY, base.priced_on))
    if not monthly and listed is month:
        listed = TermLength.YEAR
    factor = extended.factor if monthly else extended.factor_without_monthly
    return _with(base, length=month, plan=Plan.MONTHLY, listed_term=month if monthly else listed, factor=factor)


def applied_at_renewal(attempt: Attempt[Any]) -> tuple[Slot, ...]:
    """The slots whose change the next term puts into force (R-RENEW-11, AMB-25).

    A scheduled plan beats a queued one, and a queued plan longer than the next term cannot be used at all.
    """
    subscription = attempt.subscription
    change, queued = subscription.scheduled_change, subscription.queued_plan
    slots = [Slot.NEXT_TERM] if change is not None else []
    length = (change and change.term) or running_term(subscription).length
    if queued is not None and (change is None or change.plan is None) and queued.months <= length.months:
        slots.append(Slot.NEXT_CHARGE)
    return tuple(slots)


def _for_schedule(attempt: Attempt[ScheduleChange]) -> Wanted:
    command, starts_at = attempt.command, running_term(attempt.subscription).ends_before
    return _with(
        _in_force(attempt),
        offer_id=command.offer_id,
        seats=command.seats,
        length=command.term,
        plan=command.plan,
        end=command.ends_on or command.align,
        starts_at=starts_at,
        priced_on=starts_at.date(),
    )


def _for_queued_plan(attempt: Attempt[Any]) -> Wanted:
    plan = attempt.command.plan if isinstance(attempt.command, QueueBillingPlan) else attempt.subscription.queued_plan
    term = running_term(attempt.subscription)
    return _with(_in_force(attempt), plan=plan, starts_at=term.starts_at, priced_on=term.starts_on)


def _for_migration(attempt: Attempt[Migrate]) -> Wanted:
    """The end of the legacy term is kept, unless a full term is bought (R-MIGRATE-01, R-MIGRATE-02).

    A term too short to reach it ends on the next anniversary day of that end (R-MIGRATE-03).
    """
    command, kept = attempt.command, running_term(attempt.subscription).ends_on
    wish = _with(
        _in_force(attempt), offer_id=command.offer_id, seats=command.seats, length=command.term, plan=command.plan
    )
    if command.full_term:
        return wish
    return _with(wish, end=anniversary(kept, wish.length, not_before=command.at.date()))


def _for_seats(attempt: Attempt[Any]) -> Wanted:
    change = attempt.command.seats if isinstance(attempt.command, AddSeats) else -attempt.command.seats
    return _in_force(attempt, attempt.subscription.seats + change)


def _for_new_terms(attempt: Attempt[Any]) -> Wanted:
    """A term change, an upgrade or a conversion: what the command names, on that very day (D-10)."""
    command = attempt.command
    base = _in_force(attempt)
    term = command.term
    if isinstance(command, Upgrade) and (term is None or term is base.length):
        base = _with(base, starts_at=running_term(attempt.subscription).starts_at)
    offer_id = None if isinstance(command, ChangeTerm) else command.offer_id
    return _with(base, offer_id=offer_id, seats=command.seats, length=term, plan=command.plan)


_READERS: dict[type, Callable[[Attempt[Any]], Wanted]] = {
    Purchase: _for_purchase,
    Migrate: _for_migration,
    Reactivate: _in_force,
    StartTrial: _for_trial,
    AddSeats: _for_seats,
    RemoveSeats: _for_seats,
    ScheduleChange: _for_schedule,
    QueueBillingPlan: _for_queued_plan,
    EndCycle: _for_queued_plan,
    CompleteCycleCharge: _for_queued_plan,
    ChangeTerm: _for_new_terms,
    Upgrade: _for_new_terms,
    ConvertTrial: _for_new_terms,
    EndTerm: _for_next_term,
    CompleteRenewal: _for_next_term,
}
