"""Every event as a sentence: what happened, in words. A sentence has no subject, because the subscription is it."""

from collections.abc import Callable
from typing import Any

from csp_lifecycle.cli import words
from csp_lifecycle.cli.account_sentences import ACCOUNT_MARKS, ACCOUNT_SENTENCES
from csp_lifecycle.cli.words import CHARGED, ENDS, TERMS, Named, price, seats
from csp_lifecycle.values.windows import RefundKind
from csp_lifecycle.vocabulary import events as e
from csp_lifecycle.vocabulary.names import AnyEvent
from csp_lifecycle.vocabulary.subscription import Slot
from csp_lifecycle.wire.events import UnknownEvent


def sentence(event: AnyEvent | UnknownEvent, named: Named) -> str:
    """What happened, in words."""
    if isinstance(event, UnknownEvent):
        return f"something that only a newer version of this library understands ({event.type})"
    return SENTENCES[type(event)](event, named)


def mark(event: AnyEvent | UnknownEvent) -> tuple[str, str]:
    """A sign to find the kind of event by, and its color."""
    return MARKS.get(type(event), ("·", "dim"))


def _terms(event: Any) -> str:
    """Of how many seats, for how long, at which price; an offer that is billed by use has none of these."""
    if event.term is None or event.plan is None:
        return "billed by use"
    charged = f"charged {CHARGED[event.plan]}, {price(event.unit_price, event.currency, event.plan)}"
    return f"for {TERMS[event.term.length]} to {event.term.ends_on}, {charged}"


def _seats_of(event: Any, named: Named) -> str:
    return f"{seats(event.seats)} of {named(event.offer_id)}" if event.seats else named(event.offer_id)


_ORIGINS = {
    e.Origin.PURCHASE: "bought",
    e.Origin.UPGRADE: "received by an upgrade of {source}",
    e.Origin.MIGRATION: "received by the migration of {source}",
    e.Origin.TRANSFER: "received by the transfer of {source}",
}


def _purchased(event: e.Purchased, named: Named) -> str:
    came = _ORIGINS[event.origin].format(source=event.from_subscription_id)
    attached = "" if event.base_subscription_id is None else f", as an add-on of {event.base_subscription_id}"
    return f"{came} {_seats_of(event, named)} {_terms(event)}{attached}"


def _reactivated(event: e.Reactivated, _: Named) -> str:
    again = "" if event.term is None else f", for a new term to {event.term.ends_on}"
    return f"reactivated, users have access again{again}"


def _expired(event: e.Expired, _: Named) -> str:
    then = "" if event.until is None else f"; the next step is due on {words.moment(event.until)}"
    return f"expired with its term{then}"


def _renewed(event: e.Renewed, named: Named) -> str:
    if not event.applied and event.reassignment is None:
        return f"renewed {_terms(event)}"
    how = "renewed as scheduled" if Slot.NEXT_TERM in event.applied else "renewed with the queued plan"
    return f"{how}: {_seats_of(event, named)} {_terms(event)}"


def _converted(event: e.TrialConverted, named: Named) -> str:
    how = "became paid as scheduled" if event.applied else "became paid"
    return f"{how}: {_seats_of(event, named)} {_terms(event)}"


def _upgraded(event: e.Upgraded, named: Named) -> str:
    what = f"{seats(event.seats)} from {named(event.from_offer_id)} to {named(event.offer_id)}"
    return f"upgraded {what} in place, {price(event.unit_price, event.currency, event.plan)}"


def _moved_out(event: e.SeatsMovedOut, _: Named) -> str:
    stay = "none stays" if not event.seats_after else f"{event.seats_after} stay"
    return f"{seats(event.seats)} moved to {event.other_subscription_id}, {stay}"


def _voided(event: e.WaitingChangesVoided, named: Named) -> str:
    lost = []
    if event.scheduled_change is not None:
        lost.append(f"the next term's change ({words.change(event.scheduled_change, named)})")
    if event.plan is not None:
        lost.append(f"the queued plan ({CHARGED[event.plan]})")
    return f"lost by that: {' and '.join(lost)}"


def _charged(event: e.CycleCharged, _: Named) -> str:
    cycle = f"{event.charge_cycle.starts_on} to {event.charge_cycle.ends_on}"
    return f"charged for {cycle}" if event.plan is None else f"charged {CHARGED[event.plan]} as queued, for {cycle}"


def _deleted(event: e.Deleted, _: Named) -> str:
    into = "" if event.into_subscription_id is None else f" (into {event.into_subscription_id})"
    return f"deleted: {ENDS[event.reason]}{into}"


SENTENCES: dict[type[Any], Callable[[Any, Named], str]] = {
    e.Purchased: _purchased,
    e.Ordered: lambda it, named: f"ordered {_seats_of(it, named)} {_terms(it)}; its publisher has to activate it",
    e.Activated: lambda it, _: f"activated by its publisher, for a term to {it.term.ends_on}",
    e.TrialExtended: lambda it, _: f"the trial has more days, to {it.term.ends_on}",
    e.CancellationScheduled: lambda it, _: f"canceled for later: it ends with {it.ends_on}",
    e.TrialStarted: lambda it, named: (
        f"started a free trial: {seats(it.seats)} of {named(it.offer_id)} for 30 days to {it.term.ends_on}"
    ),
    e.SeatsAdded: lambda it, _: f"added {seats(it.seats)}, now {it.seats_after}",
    e.SeatsRemoved: lambda it, _: f"removed {seats(it.seats)}, now {it.seats_after}",
    e.SeatsMovedOut: _moved_out,
    e.SeatsMovedIn: lambda it, _: f"{seats(it.seats)} came from {it.other_subscription_id}, now {it.seats_after}",
    e.Upgraded: _upgraded,
    e.TermChanged: lambda it, _: f"began another term: {seats(it.seats)} {_terms(it)}",
    e.TrialConverted: _converted,
    e.Renewed: _renewed,
    e.Suspended: lambda it, _: f"suspended ({it.reason}); auto-renew is {'on' if it.auto_renew else 'off'} from now on",
    e.SuspensionReasonLifted: lambda it, _: f"one reason lifted ({it.reason}), others still suspend it",
    e.Reactivated: _reactivated,
    e.Canceled: lambda it, _: (
        "canceled without a refund" if it.refund is RefundKind.NONE else f"canceled with a {it.refund.value} refund"
    ),
    e.AutoRenewTurnedOn: lambda _, __: "turned auto-renew on: the term will renew",
    e.AutoRenewTurnedOff: lambda _, __: "turned auto-renew off: the term will lapse",
    e.ChangeScheduled: lambda it, named: f"scheduled for the next term: {words.change(it.scheduled_change, named)}",
    e.ScheduledChangeWithdrawn: lambda it, named: (
        f"withdrew the next term's change ({words.change(it.scheduled_change, named)})"
    ),
    e.BillingPlanQueued: lambda it, _: f"queued for the next charge: billing {CHARGED[it.plan]}",
    e.BillingPlanWithdrawn: lambda it, _: f"withdrew the queued plan ({CHARGED[it.plan]})",
    e.WaitingChangesVoided: _voided,
    e.CycleChargeStarted: lambda _, __: "a cycle charge that applies the queued plan is in flight",
    e.CycleCharged: _charged,
    e.RenewalStarted: lambda _, __: "the renewal is in flight",
    e.Expired: _expired,
    e.Disabled: lambda it, _: f"disabled; administrators reach the data until {words.moment(it.until)}",
    e.Deleted: _deleted,
    e.Migrated: lambda it, _: f"migrated to new commerce, where it is {it.into_subscription_id}",
    e.PaymentMethodChanged: lambda it, _: f"is paid by {it.method.value} from now on",
    e.Transferred: lambda it, _: f"transferred to partner {it.partner_id}, where it is {it.into_subscription_id}",
    e.Renamed: lambda it, _: f"renamed to {it.friendly_name}",
    **ACCOUNT_SENTENCES,
}
"""One sentence for every kind of event."""

_BEGUN, _GROWN, _FALLEN = ("●", "green"), ("+", "green"), ("-", "yellow")
_WAITING, _LOST, _RESTING = ("◷", "cyan"), ("✗", "red"), ("○", "yellow")

MARKS: dict[type[Any], tuple[str, str]] = {
    e.Purchased: _BEGUN,
    e.Ordered: _WAITING,
    e.TrialStarted: _BEGUN,
    e.Activated: _BEGUN,
    e.TrialConverted: _BEGUN,
    e.SeatsAdded: _GROWN,
    e.SeatsMovedIn: _GROWN,
    e.SeatsRemoved: _FALLEN,
    e.SeatsMovedOut: _FALLEN,
    e.Upgraded: ("↑", "green"),
    e.TermChanged: ("↑", "green"),
    e.Renewed: ("↻", "green"),
    e.CycleCharged: ("↻", "dim"),
    e.ChangeScheduled: _WAITING,
    e.BillingPlanQueued: _WAITING,
    e.WaitingChangesVoided: _LOST,
    e.ScheduledChangeWithdrawn: _LOST,
    e.BillingPlanWithdrawn: _LOST,
    e.Suspended: ("‖", "yellow"),
    e.Reactivated: ("▶", "green"),
    e.Canceled: _LOST,
    e.CancellationScheduled: _WAITING,
    e.Expired: _RESTING,
    e.Disabled: _RESTING,
    e.Deleted: _LOST,
    e.Migrated: _LOST,
    e.Transferred: _LOST,
    **ACCOUNT_MARKS,
}
"""Events that are not here are small ones."""
