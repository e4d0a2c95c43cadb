"""The same subscription on `eventsourcing`: events that apply themselves, the faster of its two ways.

The whole state of a new-commerce subscription, changed as `lifecycle/cases.py` changes it.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from eventsourcing.domain import Aggregate

from csp_lifecycle.values.calendar import Cycle, Plan, Term
from csp_lifecycle.values.windows import Refund, SeatLot
from csp_lifecycle.vocabulary.events import Origin, Reassignment
from csp_lifecycle.vocabulary.subscription import Commerce, PaymentMethod, ScheduledChange, Slot, Status

Refunds: TypeAlias = tuple[Refund, ...]
Lots: TypeAlias = tuple[SeatLot, ...]
Names: TypeAlias = tuple[str, ...]
Slots: TypeAlias = tuple[Slot, ...]
NEXT_TERM, NEXT_CHARGE = Slot


class Plain(Aggregate):
    """Its events say what they change in `apply`."""

    class Purchased(Aggregate.Created):
        offer_id: str
        seats: int
        term: Term
        plan: Plan
        cycle_anchor: date
        charge_cycle: Cycle
        unit_price: Decimal | None
        currency: str
        refunds: Refunds
        seat_lots: Lots
        customer_id: str
        commerce: Commerce
        policy: str
        auto_renew: bool
        origin: Origin
        from_subscription_id: str | None
        base_subscription_id: str | None
        align: str | None
        promotion_id: str | None
        resellers: Names
        attested: bool
        friendly_name: str | None
        billing_currency: str | None
        named_policy: str | None

        def apply(self, aggregate: Any) -> None:
            aggregate.status = Status.ACTIVE
            aggregate.customer_id, aggregate.commerce, aggregate.friendly_name = (
                self.customer_id,
                self.commerce,
                self.friendly_name,
            )
            aggregate.policy, aggregate.named_policy, aggregate.auto_renew = (
                self.policy,
                self.named_policy,
                self.auto_renew,
            )
            aggregate.offer_id, aggregate.seats, aggregate.term, aggregate.plan = (
                self.offer_id,
                self.seats,
                self.term,
                self.plan,
            )
            aggregate.anchored_on, aggregate.cycle_anchor, aggregate.charge_cycle = (
                self.term.starts_on,
                self.cycle_anchor,
                self.charge_cycle,
            )
            aggregate.unit_price, aggregate.currency = self.unit_price, self.currency
            aggregate.refunds, aggregate.seat_lots = self.refunds, self.seat_lots
            aggregate.base_subscription_id, aggregate.promotion_id = self.base_subscription_id, self.promotion_id
            aggregate.billing_currency = self.billing_currency
            aggregate.cancellation_scheduled = aggregate.charges_paused = aggregate.trial_extended = False
            aggregate.default_change = aggregate.in_flight = aggregate.phase = aggregate.end_reason = (
                aggregate.trial_offer_id
            ) = None
            aggregate.scheduled_change = None
            aggregate.queued_plan = None
            aggregate.tail_until = None
            aggregate.suspension_reasons = ()
            aggregate.payment_method = PaymentMethod.CARD
            aggregate.updates = 0

    class SeatsAdded(Aggregate.Event):
        seats: int
        seats_after: int
        seat_lots: Lots

        def apply(self, aggregate: Any) -> None:
            aggregate.seats, aggregate.seat_lots = self.seats_after, self.seat_lots
            aggregate.updates += 1

    class SeatsRemoved(Aggregate.Event):
        seats: int
        seats_after: int
        seat_lots: Lots

        def apply(self, aggregate: Any) -> None:
            aggregate.seats, aggregate.seat_lots = self.seats_after, self.seat_lots
            aggregate.updates += 1

    class Renamed(Aggregate.Event):
        friendly_name: str

        def apply(self, aggregate: Any) -> None:
            aggregate.friendly_name = self.friendly_name
            aggregate.updates += 1

    class ChangeScheduled(Aggregate.Event):
        scheduled_change: ScheduledChange

        def apply(self, aggregate: Any) -> None:
            aggregate.scheduled_change = self.scheduled_change
            aggregate.updates += 1

    class ScheduledChangeWithdrawn(Aggregate.Event):
        scheduled_change: ScheduledChange

        def apply(self, aggregate: Any) -> None:
            aggregate.scheduled_change = None
            aggregate.updates += 1

    class WaitingChangesVoided(Aggregate.Event):
        slots: Slots
        because: str
        scheduled_change: ScheduledChange | None
        plan: Plan | None

        def apply(self, aggregate: Any) -> None:
            if NEXT_TERM in self.slots:
                aggregate.scheduled_change = None
            if NEXT_CHARGE in self.slots:
                aggregate.queued_plan = None

    class Suspended(Aggregate.Event):
        reason: str
        auto_renew: bool
        until: datetime | None
        charges_paused: bool

        def apply(self, aggregate: Any) -> None:
            aggregate.status = Status.SUSPENDED
            aggregate.suspension_reasons = (*aggregate.suspension_reasons, self.reason)
            aggregate.auto_renew, aggregate.tail_until, aggregate.charges_paused = (
                self.auto_renew,
                self.until,
                self.charges_paused,
            )
            aggregate.updates += 1

    class Reactivated(Aggregate.Event):
        reason: str | None
        charge_cycle: Cycle | None
        term: Term | None
        cycle_anchor: date | None
        unit_price: Decimal | None
        auto_renew: bool | None
        seat_lots: Lots | None

        def apply(self, aggregate: Any) -> None:
            aggregate.status = Status.ACTIVE
            aggregate.suspension_reasons = ()
            aggregate.tail_until = aggregate.end_reason = None
            aggregate.charges_paused = aggregate.cancellation_scheduled = False
            aggregate.charge_cycle = self.charge_cycle or aggregate.charge_cycle
            aggregate.term = self.term or aggregate.term
            aggregate.cycle_anchor = self.cycle_anchor or aggregate.cycle_anchor
            aggregate.unit_price = aggregate.unit_price if self.unit_price is None else self.unit_price
            aggregate.auto_renew = aggregate.auto_renew if self.auto_renew is None else self.auto_renew
            aggregate.seat_lots = aggregate.seat_lots if self.seat_lots is None else self.seat_lots
            aggregate.updates += 1

    class CycleCharged(Aggregate.Event):
        charge_cycle: Cycle
        plan: Plan | None
        unit_price: Decimal | None

        def apply(self, aggregate: Any) -> None:
            aggregate.charge_cycle, aggregate.in_flight = self.charge_cycle, None
            if self.plan is not None:
                aggregate.plan, aggregate.unit_price, aggregate.queued_plan = self.plan, self.unit_price, None

    class BillingPlanQueued(Aggregate.Event):
        plan: Plan

        def apply(self, aggregate: Any) -> None:
            aggregate.queued_plan = self.plan
            aggregate.updates += 1

    class BillingPlanWithdrawn(Aggregate.Event):
        plan: Plan

        def apply(self, aggregate: Any) -> None:
            aggregate.queued_plan = None
            aggregate.updates += 1

    class Upgraded(Aggregate.Event):
        offer_id: str
        seats: int
        term: Term
        plan: Plan
        cycle_anchor: date
        charge_cycle: Cycle
        unit_price: Decimal | None
        currency: str
        refunds: Refunds
        seat_lots: Lots
        from_offer_id: str
        reassignment: Reassignment

        def apply(self, aggregate: Any) -> None:
            if self.term != aggregate.term:
                aggregate.anchored_on = self.term.starts_on
            aggregate.offer_id, aggregate.seats, aggregate.term, aggregate.plan = (
                self.offer_id,
                self.seats,
                self.term,
                self.plan,
            )
            aggregate.cycle_anchor, aggregate.charge_cycle = self.cycle_anchor, self.charge_cycle
            aggregate.unit_price, aggregate.currency = self.unit_price, self.currency
            aggregate.refunds, aggregate.seat_lots = self.refunds, self.seat_lots
            aggregate.promotion_id = None
            aggregate.updates += 1

    class AutoRenewTurnedOn(Aggregate.Event):
        def apply(self, aggregate: Any) -> None:
            aggregate.auto_renew, aggregate.cancellation_scheduled = True, False
            aggregate.updates += 1

    class AutoRenewTurnedOff(Aggregate.Event):
        def apply(self, aggregate: Any) -> None:
            aggregate.auto_renew = False
            aggregate.updates += 1
