"""The same subscription on `eventsourcing`: methods that are events, the shorter of its two ways.

The whole state of a new-commerce subscription, changed as `lifecycle/cases.py` changes it.
"""

# An argument is a field of the event there, whether or not the method looks at it.
# ruff: noqa: ARG002, FBT001, PLR0913, PLR0917

from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from eventsourcing.domain import Aggregate, event

from csp_lifecycle.values.calendar import Cycle, Plan, Term
from csp_lifecycle.values.windows import Refund, SeatLot
from csp_lifecycle.vocabulary.events import Origin, Reassignment
from csp_lifecycle.vocabulary.subscription import Commerce, PaymentMethod, ScheduledChange, Slot, Status

Refunds: TypeAlias = tuple[Refund, ...]
Lots: TypeAlias = tuple[SeatLot, ...]
Names: TypeAlias = tuple[str, ...]
Slots: TypeAlias = tuple[Slot, ...]
NEXT_TERM, NEXT_CHARGE = Slot


class Decorated(Aggregate):
    """Its methods are its events."""

    @event("Purchased")
    def __init__(
        self,
        offer_id: str,
        seats: int,
        term: Term,
        plan: Plan,
        cycle_anchor: date,
        charge_cycle: Cycle,
        unit_price: Decimal | None,
        currency: str,
        refunds: Refunds,
        seat_lots: Lots,
        customer_id: str,
        commerce: Commerce,
        policy: str,
        auto_renew: bool,
        origin: Origin,
        from_subscription_id: str | None,
        base_subscription_id: str | None,
        align: str | None,
        promotion_id: str | None,
        resellers: Names,
        attested: bool,
        friendly_name: str | None,
        billing_currency: str | None,
        named_policy: str | None,
    ) -> None:
        self.status = Status.ACTIVE
        self.customer_id, self.commerce, self.friendly_name = customer_id, commerce, friendly_name
        self.policy, self.named_policy, self.auto_renew = policy, named_policy, auto_renew
        self.offer_id, self.seats, self.term, self.plan = offer_id, seats, term, plan
        self.anchored_on, self.cycle_anchor, self.charge_cycle = term.starts_on, cycle_anchor, charge_cycle
        self.unit_price, self.currency = unit_price, currency
        self.refunds, self.seat_lots = refunds, seat_lots
        self.base_subscription_id, self.promotion_id = base_subscription_id, promotion_id
        self.billing_currency = billing_currency
        self.cancellation_scheduled = self.charges_paused = self.trial_extended = False
        self.default_change = self.in_flight = self.phase = self.end_reason = self.trial_offer_id = None
        self.scheduled_change: ScheduledChange | None = None
        self.queued_plan: Plan | None = None
        self.tail_until: datetime | None = None
        self.suspension_reasons: tuple[str, ...] = ()
        self.payment_method = PaymentMethod.CARD
        self.updates = 0

    @event("SeatsAdded")
    def seats_added(self, seats: int, seats_after: int, seat_lots: Lots) -> None:
        self.seats, self.seat_lots = seats_after, seat_lots
        self.updates += 1

    @event("SeatsRemoved")
    def seats_removed(self, seats: int, seats_after: int, seat_lots: Lots) -> None:
        self.seats, self.seat_lots = seats_after, seat_lots
        self.updates += 1

    @event("Renamed")
    def renamed(self, friendly_name: str) -> None:
        self.friendly_name = friendly_name
        self.updates += 1

    @event("ChangeScheduled")
    def change_scheduled(self, scheduled_change: ScheduledChange) -> None:
        self.scheduled_change = scheduled_change
        self.updates += 1

    @event("ScheduledChangeWithdrawn")
    def scheduled_change_withdrawn(self, scheduled_change: ScheduledChange) -> None:
        self.scheduled_change = None
        self.updates += 1

    @event("WaitingChangesVoided")
    def waiting_changes_voided(
        self, slots: Slots, because: str, scheduled_change: ScheduledChange | None, plan: Plan | None
    ) -> None:
        if NEXT_TERM in slots:
            self.scheduled_change = None
        if NEXT_CHARGE in slots:
            self.queued_plan = None

    @event("Suspended")
    def suspended(self, reason: str, auto_renew: bool, until: datetime | None, charges_paused: bool) -> None:
        self.status = Status.SUSPENDED
        self.suspension_reasons = (*self.suspension_reasons, reason)
        self.auto_renew, self.tail_until, self.charges_paused = auto_renew, until, charges_paused
        self.updates += 1

    @event("Reactivated")
    def reactivated(
        self,
        reason: str | None,
        charge_cycle: Cycle | None,
        term: Term | None,
        cycle_anchor: date | None,
        unit_price: Decimal | None,
        auto_renew: bool | None,
        seat_lots: Lots | None,
    ) -> None:
        self.status = Status.ACTIVE
        self.suspension_reasons = ()
        self.tail_until = self.end_reason = None
        self.charges_paused = self.cancellation_scheduled = False
        self.charge_cycle = charge_cycle or self.charge_cycle
        self.term = term or self.term
        self.cycle_anchor = cycle_anchor or self.cycle_anchor
        self.unit_price = self.unit_price if unit_price is None else unit_price
        self.auto_renew = self.auto_renew if auto_renew is None else auto_renew
        self.seat_lots = self.seat_lots if seat_lots is None else seat_lots
        self.updates += 1

    @event("CycleCharged")
    def cycle_charged(self, charge_cycle: Cycle, plan: Plan | None, unit_price: Decimal | None) -> None:
        self.charge_cycle, self.in_flight = charge_cycle, None
        if plan is not None:
            self.plan, self.unit_price, self.queued_plan = plan, unit_price, None

    @event("BillingPlanQueued")
    def billing_plan_queued(self, plan: Plan) -> None:
        self.queued_plan = plan
        self.updates += 1

    @event("BillingPlanWithdrawn")
    def billing_plan_withdrawn(self, plan: Plan) -> None:
        self.queued_plan = None
        self.updates += 1

    @event("Upgraded")
    def upgraded(
        self,
        offer_id: str,
        seats: int,
        term: Term,
        plan: Plan,
        cycle_anchor: date,
        charge_cycle: Cycle,
        unit_price: Decimal | None,
        currency: str,
        refunds: Refunds,
        seat_lots: Lots,
        from_offer_id: str,
        reassignment: Reassignment,
    ) -> None:
        if term != self.term:
            self.anchored_on = term.starts_on
        self.offer_id, self.seats, self.term, self.plan = offer_id, seats, term, plan
        self.cycle_anchor, self.charge_cycle = cycle_anchor, charge_cycle
        self.unit_price, self.currency = unit_price, currency
        self.refunds, self.seat_lots = refunds, seat_lots
        self.promotion_id = None
        self.updates += 1

    @event("AutoRenewTurnedOn")
    def auto_renew_turned_on(self) -> None:
        self.auto_renew, self.cancellation_scheduled = True, False
        self.updates += 1

    @event("AutoRenewTurnedOff")
    def auto_renew_turned_off(self) -> None:
        self.auto_renew = False
        self.updates += 1
