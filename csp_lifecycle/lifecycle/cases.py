"""What each event does to the draft of a subscription: one small function per event, and the table of them."""

from collections.abc import Callable
from typing import Any, cast

from csp_lifecycle.vocabulary import events as e
from csp_lifecycle.vocabulary.subscription import EndReason, InFlight, Slot, SubscriptionFields


def _begun(draft: SubscriptionFields, event: e.Purchased | e.Ordered | e.TrialStarted) -> None:
    draft.subscription_id = event.subscription_id
    draft.began_at = draft.began_at or event.at
    draft.customer_id = event.customer_id
    draft.commerce = event.commerce
    draft.friendly_name = event.friendly_name
    draft.policy = event.policy
    draft.named_policy = event.named_policy
    draft.auto_renew = event.auto_renew


def _purchased(draft: SubscriptionFields, event: e.Purchased | e.Ordered) -> None:
    _begun(draft, event)
    if event.term is not None:
        draft.anchored_on = event.term.starts_on
    _terms(draft, event)
    draft.base_subscription_id = event.base_subscription_id
    draft.promotion_id = event.promotion_id
    draft.billing_currency = event.billing_currency


def _activated(draft: SubscriptionFields, event: e.Activated) -> None:
    draft.term = event.term
    draft.anchored_on = event.term.starts_on
    draft.cycle_anchor = event.cycle_anchor
    draft.charge_cycle = event.charge_cycle
    draft.seat_lots = draft.seat_lots if event.seat_lots is None else event.seat_lots


def _trial_started(draft: SubscriptionFields, event: e.TrialStarted) -> None:
    _begun(draft, event)
    draft.offer_id = draft.trial_offer_id = event.offer_id
    draft.plan = draft.charge_cycle = draft.cycle_anchor = draft.unit_price = None
    draft.seats = event.seats
    draft.term = event.term
    draft.currency = event.currency
    draft.refunds = event.refunds
    draft.seat_lots = event.seat_lots
    draft.default_change = event.default_change


def _anchored_terms(draft: SubscriptionFields, event: Any) -> None:
    """Terms that no renewal brings: where a policy keeps the purchase day, renewals are counted from the new one."""
    if event.term is not None and (draft.term is None or event.term != draft.term):
        draft.anchored_on = event.term.starts_on
    _terms(draft, event)


def _terms(draft: SubscriptionFields, event: Any) -> None:
    draft.offer_id = event.offer_id
    draft.seats = event.seats or 0
    draft.term = event.term
    draft.plan = event.plan
    draft.cycle_anchor = event.cycle_anchor
    draft.charge_cycle = event.charge_cycle
    draft.unit_price = event.unit_price
    draft.currency = event.currency
    draft.refunds = event.refunds
    draft.seat_lots = event.seat_lots


def _upgraded(draft: SubscriptionFields, event: e.Upgraded) -> None:
    _anchored_terms(draft, event)
    draft.promotion_id = None


def _renewed(draft: SubscriptionFields, event: e.Renewed) -> None:
    _terms(draft, event)
    _new_term(draft, event)
    draft.promotion_id = event.promotion_id


def _trial_converted(draft: SubscriptionFields, event: e.TrialConverted) -> None:
    _anchored_terms(draft, event)
    _new_term(draft, event)
    draft.promotion_id = None


def _new_term(draft: SubscriptionFields, event: e.Renewed | e.TrialConverted) -> None:
    _clear(draft, event.applied)
    draft.policy = event.policy
    draft.auto_renew = event.auto_renew
    draft.in_flight = None
    draft.default_change = None


def _seats_changed(draft: SubscriptionFields, event: e.SeatsChanged) -> None:
    draft.seats = event.seats_after
    draft.seat_lots = event.seat_lots


def _suspended(draft: SubscriptionFields, event: e.Suspended) -> None:
    draft.suspension_reasons = (*draft.suspension_reasons, event.reason)
    draft.auto_renew = event.auto_renew
    draft.tail_until = event.until
    draft.charges_paused = event.charges_paused


def _reason_lifted(draft: SubscriptionFields, event: e.SuspensionReasonLifted) -> None:
    draft.suspension_reasons = tuple(reason for reason in draft.suspension_reasons if reason != event.reason)


def _reactivated(draft: SubscriptionFields, event: e.Reactivated) -> None:
    draft.suspension_reasons = ()
    draft.tail_until = draft.end_reason = None
    draft.charges_paused = False
    draft.charge_cycle = event.charge_cycle or draft.charge_cycle
    draft.term = event.term or draft.term
    draft.cycle_anchor = event.cycle_anchor or draft.cycle_anchor
    draft.unit_price = draft.unit_price if event.unit_price is None else event.unit_price
    draft.auto_renew = draft.auto_renew if event.auto_renew is None else event.auto_renew
    draft.seat_lots = draft.seat_lots if event.seat_lots is None else event.seat_lots


def _canceled(draft: SubscriptionFields, _: e.Canceled) -> None:
    _ended(draft, EndReason.CANCELED)
    _gone(draft)


def _cancellation_scheduled(draft: SubscriptionFields, _: e.CancellationScheduled) -> None:
    draft.cancellation_scheduled = True
    draft.auto_renew = False


def _auto_renew_on(draft: SubscriptionFields, _: e.AutoRenewTurnedOn) -> None:
    draft.auto_renew = True
    draft.cancellation_scheduled = False


def _auto_renew_off(draft: SubscriptionFields, _: e.AutoRenewTurnedOff) -> None:
    draft.auto_renew = False


def _change_scheduled(draft: SubscriptionFields, event: e.ChangeScheduled) -> None:
    draft.scheduled_change = event.scheduled_change


def _change_withdrawn(draft: SubscriptionFields, _: e.ScheduledChangeWithdrawn) -> None:
    draft.scheduled_change = None


def _plan_queued(draft: SubscriptionFields, event: e.BillingPlanQueued) -> None:
    draft.queued_plan = event.plan


def _plan_withdrawn(draft: SubscriptionFields, _: e.BillingPlanWithdrawn) -> None:
    draft.queued_plan = None


def _voided(draft: SubscriptionFields, event: e.WaitingChangesVoided) -> None:
    _clear(draft, event.slots)


_NEXT_TERM = Slot.NEXT_TERM


def _clear(draft: SubscriptionFields, slots: tuple[Slot, ...]) -> None:
    for slot in slots:
        if slot is _NEXT_TERM:
            draft.scheduled_change = None
        else:
            draft.queued_plan = None


def _charge_started(draft: SubscriptionFields, _: e.CycleChargeStarted) -> None:
    draft.in_flight = InFlight.CYCLE_CHARGE


def _charged(draft: SubscriptionFields, event: e.CycleCharged) -> None:
    draft.charge_cycle = event.charge_cycle
    draft.in_flight = None
    if event.plan is not None:
        draft.plan = event.plan
        draft.unit_price = event.unit_price
        draft.queued_plan = None


def _renewal_started(draft: SubscriptionFields, _: e.RenewalStarted) -> None:
    draft.in_flight = InFlight.RENEWAL


def _expired(draft: SubscriptionFields, event: e.Expired) -> None:
    _ended(draft, event.reason)
    draft.tail_until = event.until


def _disabled(draft: SubscriptionFields, event: e.Disabled) -> None:
    _ended(draft, event.reason)
    draft.phase = event.phase
    draft.tail_until = event.until


def _deleted(draft: SubscriptionFields, event: e.Deleted) -> None:
    _ended(draft, event.reason)
    _gone(draft)


def _migrated(draft: SubscriptionFields, _: e.Migrated) -> None:
    _ended(draft, EndReason.MIGRATED)
    _gone(draft)


def _trial_extended(draft: SubscriptionFields, event: e.TrialExtended) -> None:
    draft.term = event.term
    draft.trial_extended = True


def _payment_changed(draft: SubscriptionFields, event: e.PaymentMethodChanged) -> None:
    draft.payment_method = event.method


def _transferred(draft: SubscriptionFields, _: e.Transferred) -> None:
    _ended(draft, EndReason.TRANSFERRED)
    _gone(draft)


def _ended(draft: SubscriptionFields, reason: EndReason) -> None:
    """The term is over: its windows are closed, it renews no more, nothing is in flight."""
    draft.end_reason = reason
    draft.auto_renew = False
    draft.cancellation_scheduled = False
    draft.charges_paused = False
    draft.in_flight = None
    draft.refunds = ()
    draft.seat_lots = ()


def _gone(draft: SubscriptionFields) -> None:
    draft.seats = 0
    draft.phase = None
    draft.tail_until = None
    draft.suspension_reasons = ()


def _renamed(draft: SubscriptionFields, event: e.Renamed) -> None:
    draft.friendly_name = event.friendly_name


CASES = cast(
    "dict[type[Any], Callable[[SubscriptionFields, Any], None]]",
    {
        e.Purchased: _purchased,
        e.Ordered: _purchased,
        e.Activated: _activated,
        e.TrialStarted: _trial_started,
        e.SeatsAdded: _seats_changed,
        e.SeatsRemoved: _seats_changed,
        e.SeatsMovedOut: _seats_changed,
        e.SeatsMovedIn: _seats_changed,
        e.Upgraded: _upgraded,
        e.TermChanged: _anchored_terms,
        e.TrialConverted: _trial_converted,
        e.Renewed: _renewed,
        e.Suspended: _suspended,
        e.SuspensionReasonLifted: _reason_lifted,
        e.Reactivated: _reactivated,
        e.Canceled: _canceled,
        e.CancellationScheduled: _cancellation_scheduled,
        e.AutoRenewTurnedOn: _auto_renew_on,
        e.AutoRenewTurnedOff: _auto_renew_off,
        e.ChangeScheduled: _change_scheduled,
        e.ScheduledChangeWithdrawn: _change_withdrawn,
        e.BillingPlanQueued: _plan_queued,
        e.BillingPlanWithdrawn: _plan_withdrawn,
        e.WaitingChangesVoided: _voided,
        e.CycleChargeStarted: _charge_started,
        e.CycleCharged: _charged,
        e.RenewalStarted: _renewal_started,
        e.Expired: _expired,
        e.Disabled: _disabled,
        e.Deleted: _deleted,
        e.Migrated: _migrated,
        e.TrialExtended: _trial_extended,
        e.PaymentMethodChanged: _payment_changed,
        e.Transferred: _transferred,
        e.Renamed: _renamed,
    },
)
"""What each event does to the draft; the tests prove that none is forgotten."""
