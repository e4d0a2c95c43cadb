"""Charge lines, worked out from what is recorded: nothing is decided here and nothing is stored.

`LINES` is the column "refund and charge lines" of the effect table: what each event puts on the reconciliation
file. A line gives back what was in force, or charges what is in force from then on; most changes do both.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import chain
from typing import Any

from csp_lifecycle.billing.change import Change, Entry
from csp_lifecycle.billing.in_force import InForce, after
from csp_lifecycle.billing.rules import Occasion, SeatChange
from csp_lifecycle.errors import BrokenHistoryError
from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.charging import LastDay
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.values.calendar import DAY
from csp_lifecycle.values.windows import RefundKind
from csp_lifecycle.vocabulary import events as e
from csp_lifecycle.vocabulary.charge_line import Lines, total
from csp_lifecycle.vocabulary.names import event_name
from csp_lifecycle.vocabulary.subscription import Status

_NOTHING = Decimal(0)


def charges_for(entries: Iterable[Entry], policies: Mapping[str, Policy] = POLICIES) -> Lines:
    """The charge lines of recorded events, in the order of the log.

    *entries* hold one or several streams from their beginning, in the order of the log. Where seats move between
    subscriptions, both streams belong to it: only together they tell an upgrade to a new one from one into an old.

    Raises:
        BrokenHistoryError: an event stands before its subscription began.
        LifecycleError: a policy that an event names is not installed.
    """
    return tuple(chain.from_iterable(lines_by_entry(entries, policies)))


def lines_by_entry(entries: Iterable[Entry], policies: Mapping[str, Policy] = POLICIES) -> Iterator[Lines]:
    """The same, entry by entry: some lines, or none, for each of them.

    *entries* are gone through twice, because a decision is understood from all it recorded; only what an iterator
    gives is kept in memory.
    """
    recorded = tuple(entries) if isinstance(entries, Iterator) else entries
    begun = _begun(recorded)
    in_force: dict[str, InForce | None] = {}
    for entry in recorded:
        before = _before(entry.event, in_force)
        current = after(entry.event, before, policies)
        made: Lines = ()
        if current is not None:
            change = Change(entry, before or current, current, begun.get(entry.reference_id, {}))
            made = LINES[type(entry.event)](change)
            current = current.having_charged(made, before)
        in_force[entry.event.subscription_id] = current
        yield made


def _before(event: e.Event, in_force: Mapping[str, InForce | None]) -> InForce | None:
    if event.subscription_id not in in_force and Status.NONE not in event.follows:
        message = f"{event.subscription_id!r}: {event_name(type(event))} stands before the subscription began"
        raise BrokenHistoryError(message)
    return in_force.get(event.subscription_id)


def _begun(entries: Iterable[Entry]) -> Mapping[str, dict[str, e.Purchased]]:
    """The subscriptions that begin with each decision."""
    begun: defaultdict[str, dict[str, e.Purchased]] = defaultdict(dict)
    for entry in entries:
        if isinstance(entry.event, e.Purchased):
            begun[entry.reference_id][entry.event.subscription_id] = entry.event
    return begun


def _purchased(change: Change) -> Lines:
    """What came out of an upgrade is the other half of a conversion (R-UPGRADE-16)."""
    upgraded = change.event.origin is e.Origin.UPGRADE
    return change.charge_cycle(Occasion.CONVERTED_TO if upgraded else Occasion.PURCHASE)


def _first_cycle(change: Change) -> Lines:
    return change.charge_cycle(Occasion.PURCHASE)


def _seats_added(change: Change) -> Lines:
    return _seats_changed(change, Occasion.SEATS_ADDED)


def _seats_removed(change: Change) -> Lines:
    refunded = change.before.rules.removed_seats_are_refunded
    return _seats_changed(change, Occasion.SEATS_REMOVED) if refunded else ()


def _seats_changed(change: Change, occasion: Occasion) -> Lines:
    """The event day belongs to the new number of seats (R-PRORATE-05, R-PRORATE-10)."""
    if change.before.rules.seat_change is SeatChange.REBILLED:
        return change.rebill(occasion)
    return change.credit(occasion) + change.charge(occasion)


def _seats_moved_out(change: Change) -> Lines:
    """A conversion if they begin a subscription, a move if they join one (R-UPGRADE-16)."""
    into_new = change.event.other_subscription_id in change.begun
    return change.credit(Occasion.CONVERTED_AWAY if into_new else Occasion.SEATS_MOVED, seats=change.event.seats)


def _seats_moved_in(change: Change) -> Lines:
    """At the target's price, to the end of the target's cycle (D-09)."""
    return change.charge(Occasion.SEATS_MOVED, seats=change.event.seats)


def _upgraded(change: Change) -> Lines:
    return change.credit(Occasion.CONVERTED_AWAY) + change.charge(Occasion.CONVERTED_TO)


def _term_changed(change: Change) -> Lines:
    """The rest of the old cycle is given back, the first cycle of the new term charged (R-BILL-13)."""
    return change.credit(Occasion.CONVERTED_AWAY) + change.charge_cycle(Occasion.CONVERTED_TO)


def _trial_converted(change: Change) -> Lines:
    """The trial is given back at 0, whole where none of it is left, and the paid price charged (R-TRIAL-15)."""
    ended = change.today > change.before.cycle.ends_on
    trial = change.credit(Occasion.CONVERTED_AWAY, since=change.before.cycle.starts_on if ended else None)
    return trial + change.charge_cycle(Occasion.CONVERTED_TO)


def _trial_extended(change: Change) -> Lines:
    return change.charge(Occasion.EXTENSION, since=change.before.cycle.ends_on + DAY)


def _renewed(change: Change) -> Lines:
    return change.charge_cycle(Occasion.RENEWAL)


def _cycle_charged(change: Change) -> Lines:
    """The first cycle under a queued plan says so (R-BILL-08)."""
    return change.charge_cycle(Occasion.CYCLE if change.event.plan is None else Occasion.QUEUED_PLAN)


def _canceled(change: Change) -> Lines:
    """A trial, which cost nothing, gives nothing back, but is on the file."""
    if change.before.plan is None:
        return change.credit(Occasion.CANCELLATION)
    return _given_back(change, Occasion.CANCELLATION, change.event.refund)


def _suspended(change: Change) -> Lines:
    """Where a suspension stops the charges, it gives back what a cancellation would (R-CANCEL-09)."""
    if change.before.paused or not change.after.paused:
        return ()
    return _given_back(change, Occasion.SUSPENSION, change.before.refund_at(change.event.at))


def _given_back(change: Change, occasion: Occasion, kind: RefundKind) -> Lines:
    """All since the window opened, or the rest of the cycle, but never more than was charged (R-PRORATE-06)."""
    state = change.before
    if kind is RefundKind.FULL:
        return change.give_back(occasion, state.charged_in_window, state.cycle.starts_on)
    since = change.today if state.rules.last_day is LastDay.GIVEN_BACK else change.today + DAY
    rest = change.credit(occasion, since=since) if kind is RefundKind.PRORATED else ()
    return rest if -total(rest) <= max(state.charged, _NOTHING) else change.give_back(occasion, state.charged, since)


def _reactivated(change: Change) -> Lines:
    """Charges that were paused go on from today (R-CANCEL-09)."""
    cycle = change.event.charge_cycle
    return () if cycle is None or change.before.has_paid(cycle) else change.charge_cycle(Occasion.REACTIVATION)


def _migrated(change: Change) -> Lines:
    return change.credit(Occasion.MIGRATION, since=_first_day(change))


def _transferred(change: Change) -> Lines:
    """The source gets back what it prepaid (R-TRANSFER-01)."""
    return change.credit(Occasion.TRANSFER, since=_first_day(change))


def _first_day(change: Change) -> Any:
    """The day from which the subscription that goes on elsewhere is charged there (R-TRANSFER-04)."""
    successor = change.begun.get(change.event.into_subscription_id)
    return None if successor is None or successor.charge_cycle is None else successor.charge_cycle.starts_on


def _nothing(_: Change) -> Lines:
    return ()


LINES: Mapping[type[Any], Callable[[Change], Lines]] = {
    e.Purchased: _purchased,
    e.Ordered: _nothing,  # R-PURCHASE-13: billing begins when the publisher activates it
    e.TrialStarted: _first_cycle,
    e.Activated: _first_cycle,
    e.SeatsAdded: _seats_added,
    e.SeatsRemoved: _seats_removed,
    e.SeatsMovedOut: _seats_moved_out,
    e.SeatsMovedIn: _seats_moved_in,
    e.Upgraded: _upgraded,
    e.TermChanged: _term_changed,
    e.TrialConverted: _trial_converted,
    e.TrialExtended: _trial_extended,
    e.Renewed: _renewed,
    e.CycleCharged: _cycle_charged,
    e.Canceled: _canceled,
    e.Suspended: _suspended,
    e.Reactivated: _reactivated,
    e.Migrated: _migrated,
    e.Transferred: _transferred,
    **dict.fromkeys(
        (
            e.SuspensionReasonLifted,
            e.CancellationScheduled,
            e.AutoRenewTurnedOn,
            e.AutoRenewTurnedOff,
            e.ChangeScheduled,
            e.ScheduledChangeWithdrawn,
            e.BillingPlanQueued,
            e.BillingPlanWithdrawn,
            e.WaitingChangesVoided,
            e.CycleChargeStarted,
            e.RenewalStarted,
            e.Expired,
            e.Disabled,
            e.Deleted,
            e.PaymentMethodChanged,
            e.Renamed,
        ),
        _nothing,
    ),
}
"""What each event is charged as; the tests prove that none is forgotten."""
