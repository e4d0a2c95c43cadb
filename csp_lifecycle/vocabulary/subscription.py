"""The subscription: what the recorded events of one stream add up to.

The fields are declared once, in `SubscriptionFields`, which is mutable: replay fills one (see
`lifecycle.evolve`) and freezes it into a `Subscription` at the end. Nothing else may use the mutable class.
A `Subscription` has the same fields and no others, so that freezing is a change of class and copies nothing.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from attrs import define, evolve, frozen

from csp_lifecycle.values.calendar import Cycle, Plan, Term, TermLength
from csp_lifecycle.values.windows import Refund, SeatLot, open_lots, open_refunds, seats_in


class Commerce(Enum):
    """The commerce model: which family of rules a subscription lives under."""

    NEW_COMMERCE = "new-commerce"
    LEGACY = "legacy"
    MARKETPLACE_SAAS = "marketplace-saas"
    DYNAMICS_DIRECT = "dynamics-direct"
    USAGE = "usage"


class Status(Enum):
    """What decides which rows of a policy apply. `NONE` is before the first event and never printed."""

    # Every decision looks for the status in tables; by itself an Enum hashes its name, in Python.
    __hash__ = object.__hash__

    NONE = "none"
    PENDING = "pending"
    TRIAL = "trial"
    ACTIVE = "active"
    RENEWING = "renewing"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    DISABLED = "disabled"
    DELETED = "deleted"


LIVE = frozenset({Status.PENDING, Status.TRIAL, Status.ACTIVE, Status.RENEWING, Status.SUSPENDED})
"""A subscription in one of these is held by its customer (D-21)."""


class Slot(Enum):
    """A place where one change waits for its moment."""

    NEXT_TERM = "next-term"
    NEXT_CHARGE = "next-charge"


_WAITING = {
    (False, False): frozenset[Slot](),
    (True, False): frozenset({Slot.NEXT_TERM}),
    (False, True): frozenset({Slot.NEXT_CHARGE}),
    (True, True): frozenset(Slot),
}
"""The slots that wait, by whether a change is scheduled and whether a plan is queued."""


class InFlight(Enum):
    """What the platform is executing; while it does, some properties are read-only (R-LOCK)."""

    RENEWAL = "renewal"
    CYCLE_CHARGE = "cycle-charge"


class PaymentMethod(Enum):
    """How a Dynamics direct customer pays (R-RENEW-12)."""

    CARD = "card"
    INVOICE = "invoice"


class Phase(Enum):
    """The two steps of a disabled subscription (R-STATUS-04)."""

    GRACE = "grace"
    RETENTION = "retention"


class EndReason(Enum):
    """Why a subscription ended."""

    CANCELED = "canceled"
    LAPSED = "lapsed"
    TRANSITIONED = "transitioned"
    CONVERTED = "converted"
    MIGRATED = "migrated"
    TRANSFERRED = "transferred"
    NOT_REACTIVATED = "not-reactivated"
    UNPAID = "unpaid"


@frozen(kw_only=True, slots=False)
class ScheduledChange:
    """One instruction set for the next term; None where the renewal keeps what is in force (R-SCHED-03).

    `ends_on` is the inclusive last day of the next term, where it is not the natural one.
    """

    offer_id: str | None = None
    seats: int | None = None
    term: TermLength | None = None
    plan: Plan | None = None
    ends_on: date | None = None


@frozen(kw_only=True, slots=False)
class MovedAddOn:
    """An add-on that is migrated along with its base: into which new subscription, of which offer (R-MIGRATE-05)."""

    subscription_id: str
    new_subscription_id: str
    offer_id: str


@define
class SubscriptionFields:
    """The fields of a subscription, as replay fills them."""

    subscription_id: str = ""
    customer_id: str = ""
    offer_id: str = ""
    commerce: Commerce = Commerce.NEW_COMMERCE
    policy: str = ""
    named_policy: str | None = None
    status: Status = Status.NONE
    seats: int = 0
    term: Term | None = None
    plan: Plan | None = None
    anchored_on: date | None = None
    cycle_anchor: date | None = None
    charge_cycle: Cycle | None = None
    unit_price: Decimal | None = None
    currency: str | None = None
    billing_currency: str | None = None
    auto_renew: bool = False
    cancellation_scheduled: bool = False
    scheduled_change: ScheduledChange | None = None
    default_change: ScheduledChange | None = None
    queued_plan: Plan | None = None
    in_flight: InFlight | None = None
    charges_paused: bool = False
    refunds: tuple[Refund, ...] = ()
    seat_lots: tuple[SeatLot, ...] = ()
    base_subscription_id: str | None = None
    suspension_reasons: tuple[str, ...] = ()
    phase: Phase | None = None
    tail_until: datetime | None = None
    end_reason: EndReason | None = None
    friendly_name: str | None = None
    promotion_id: str | None = None
    trial_offer_id: str | None = None
    trial_extended: bool = False
    payment_method: PaymentMethod = PaymentMethod.CARD
    updates: int = 0
    began_at: datetime | None = None
    version: int = 0
    changed_at: datetime | None = None
    as_of: datetime | None = None


@frozen(kw_only=True)
class Subscription(SubscriptionFields):
    """A subscription as of an instant, frozen.

    `began_at` is the first event's instant, `changed_at` the last one's, `as_of` that or the later one it was
    asked for. Windows and lots are kept as they were recorded; which of them are open is a question to an instant:
    `cancellable_until(at)`, `lots_at(at)`.
    """

    @property
    def is_trial(self) -> bool:
        """Whether the running term is a trial's."""
        return self.term is not None and self.term.length is TermLength.TRIAL

    @property
    def waiting(self) -> frozenset[Slot]:
        """The slots that hold a waiting change. A trial's default conversion is none (R-SCHED-04)."""
        return _WAITING[self.scheduled_change is not None, self.queued_plan is not None]

    @property
    def next_term_change(self) -> ScheduledChange | None:
        """What the end of the term will apply: what is scheduled, or a trial's default conversion."""
        if self.scheduled_change is None and self.auto_renew and self.is_trial:
            return self.default_change
        return self.scheduled_change

    def refunds_at(self, at: datetime) -> tuple[Refund, ...]:
        """The refunds a cancellation at *at* may choose from, earliest deadline first (R-CANCEL-02).

        There are none while charges are paused: what was paid ahead has been given back already (R-CANCEL-09).
        """
        return () if self.charges_paused else open_refunds(self.refunds, at)

    def cancellable_until(self, at: datetime) -> datetime | None:
        """The last instant of the cancellation window that is open at *at*; None if none is (R-CANCEL-03)."""
        return max((refund.until for refund in self.refunds_at(at)), default=None)

    def lots_at(self, at: datetime) -> tuple[SeatLot, ...]:
        """The lots that may be reduced at *at*, earliest deadline first (R-SEATS-06)."""
        return open_lots(self.seat_lots, at)

    def reducible_seats(self, at: datetime) -> int:
        """How many seats may be removed at *at* (R-SEATS-05)."""
        return seats_in(self.lots_at(at))

    def seen_at(self, at: datetime) -> "Subscription":
        """The same state as of a later instant: windows and lots that have closed by then are gone."""
        return evolve(self, as_of=at, refunds=self.refunds_at(at), seat_lots=self.lots_at(at))


NOTHING = Subscription()
"""What a stream without events adds up to."""
