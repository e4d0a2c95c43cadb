"""What has happened: facts, in the past tense, as one closed union on one page.

The page is longer than others because a closed union is read as a whole.

An event carries, resolved, whatever it sets: neither replay nor billing opens a catalog or a policy again.
`leads_to` is the status it leaves behind (None: the status stays), `follows` are the statuses it can be met
in; a log that shows it elsewhere is broken. `follows` may only grow, so that old logs stay readable.
"""

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import ClassVar, Union

from attrs import frozen

from csp_lifecycle.values.calendar import Cycle, Instant, Plan, Term
from csp_lifecycle.values.windows import Refund, RefundKind, SeatLot
from csp_lifecycle.vocabulary.fields import aware, named, optional_aware
from csp_lifecycle.vocabulary.subscription import (
    Commerce,
    EndReason,
    MovedAddOn,
    PaymentMethod,
    Phase,
    ScheduledChange,
    Slot,
    Status,
)

_RUNNING = frozenset({Status.ACTIVE, Status.SUSPENDED})


class Origin(Enum):
    """How a paid subscription came to be."""

    PURCHASE = "purchase"
    UPGRADE = "upgrade"
    MIGRATION = "migration"
    TRANSFER = "transfer"


class Reassignment(Enum):
    """Whether users get the licenses of an upgrade by themselves (R-UPGRADE-15, R-SCHED-11)."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


@frozen(kw_only=True, slots=False)
class Fact:
    """What every event says: when it took effect (aware, UTC) and which subscription it is about."""

    leads_to: ClassVar[Status | None] = None
    follows: ClassVar[frozenset[Status]] = frozenset()
    is_update: ClassVar[bool] = False
    """Whether it stands for one accepted command since the purchase (R-PURCHASE-15)."""

    at: Instant = aware()
    subscription_id: str = named()

    @property
    def stream(self) -> str:
        """The id of what the event is about."""
        return self.subscription_id

    @property
    def applies(self) -> frozenset[Slot]:
        """The waiting changes that this event puts into force; it does not void them."""
        return frozenset()


@frozen(kw_only=True, slots=False)
class _Terms(Fact):
    """The terms that are in force from this event on.

    `unit_price` is per seat and charge cycle. `cycle_anchor` is the day from which charge cycles are counted,
    forwards or back. `refunds` and `seat_lots` are the windows that are open from now on.
    """

    offer_id: str
    seats: int
    term: Term
    plan: Plan
    cycle_anchor: date
    charge_cycle: Cycle
    unit_price: Decimal
    currency: str
    refunds: tuple[Refund, ...]
    seat_lots: tuple[SeatLot, ...]


@frozen(kw_only=True, slots=False)
class _Sold(Fact):
    """What a purchase settles. An offer that is billed by usage has no seats, term, plan, cycle or price.

    `policy` is the one of the first term, `named_policy` the one that the purchase named for all its terms.
    """

    follows = frozenset({Status.NONE})

    offer_id: str
    seats: int | None
    term: Term | None
    plan: Plan | None
    cycle_anchor: date | None
    charge_cycle: Cycle | None
    unit_price: Decimal | None
    currency: str | None
    refunds: tuple[Refund, ...]
    seat_lots: tuple[SeatLot, ...]
    customer_id: str
    commerce: Commerce
    policy: str
    auto_renew: bool
    origin: Origin = Origin.PURCHASE
    from_subscription_id: str | None = None
    base_subscription_id: str | None = None
    align: str | None = None
    promotion_id: str | None = None
    resellers: tuple[str, ...] = ()
    attested: bool = False
    friendly_name: str | None = None
    billing_currency: str | None = None
    named_policy: str | None = None


@frozen(kw_only=True, slots=False)
class Purchased(_Sold):
    """A paid subscription began: bought, or come out of another one (`origin`)."""

    leads_to = Status.ACTIVE


@frozen(kw_only=True, slots=False)
class Ordered(_Sold):
    """A marketplace subscription was ordered; its term begins when the publisher activates it (R-PURCHASE-13)."""

    leads_to = Status.PENDING


@frozen(kw_only=True, slots=False)
class Activated(Fact):
    """The publisher confirmed the order, and the paid term began (R-PURCHASE-13)."""

    leads_to = Status.ACTIVE
    follows = frozenset({Status.PENDING})

    term: Term
    cycle_anchor: date
    charge_cycle: Cycle
    seat_lots: tuple[SeatLot, ...] | None = None


@frozen(kw_only=True, slots=False)
class TrialStarted(Fact):
    """A free trial began. `default_change` is what its end converts it to (R-SCHED-04)."""

    leads_to = Status.TRIAL
    follows = frozenset({Status.NONE, Status.PENDING})

    customer_id: str
    offer_id: str
    commerce: Commerce
    policy: str
    seats: int
    term: Term
    default_change: ScheduledChange
    currency: str
    auto_renew: bool
    plan: None = None
    charge_cycle: None = None
    unit_price: None = None
    refunds: tuple[Refund, ...] = ()
    seat_lots: tuple[SeatLot, ...] = ()
    friendly_name: str | None = None
    named_policy: str | None = None


@frozen(kw_only=True, slots=False)
class SeatsChanged(Fact):
    """The number of seats changed by `seats` to `seats_after`; `seat_lots` are the lots open from now on."""

    is_update = True
    direction: ClassVar[int] = -1
    """1 where seats come, -1 where they go."""
    fewest: ClassVar[int] = 1
    """How many seats it leaves at least."""

    seats: int
    seats_after: int
    seat_lots: tuple[SeatLot, ...]


@frozen(kw_only=True, slots=False)
class SeatsAdded(SeatsChanged):
    """Seats were added, in a lot of their own (R-SEATS-03)."""

    direction = 1
    follows = frozenset({Status.ACTIVE, Status.RENEWING})


@frozen(kw_only=True, slots=False)
class SeatsRemoved(SeatsChanged):
    """Seats were removed from open lots (R-SEATS-05)."""

    follows = frozenset({Status.ACTIVE, Status.RENEWING})


@frozen(kw_only=True, slots=False)
class SeatsMovedOut(SeatsChanged):
    """Seats left for another subscription (R-UPGRADE-07, R-UPGRADE-08, R-TRIAL-09)."""

    fewest = 0
    follows = frozenset({Status.ACTIVE, Status.TRIAL})

    other_subscription_id: str
    reassignment: Reassignment


@frozen(kw_only=True, slots=False)
class SeatsMovedIn(SeatsChanged):
    """Seats came from another subscription (R-UPGRADE-08, R-TRIAL-09)."""

    direction = 1
    follows = frozenset({Status.ACTIVE})

    other_subscription_id: str


@frozen(kw_only=True, slots=False)
class Upgraded(_Terms):
    """All seats, and perhaps more, moved to a higher offer in place (R-UPGRADE-06)."""

    follows = frozenset({Status.ACTIVE})
    is_update = True

    from_offer_id: str
    reassignment: Reassignment


@frozen(kw_only=True, slots=False)
class TermChanged(_Terms):
    """Another, longer term began on the day of the change (R-BILL-13)."""

    follows = frozenset({Status.ACTIVE})
    is_update = True


@frozen(kw_only=True, slots=False)
class _NewTerm(_Terms):
    """A term began that brings its policy with it, and may put waiting changes into force."""

    leads_to = Status.ACTIVE

    policy: str
    auto_renew: bool
    applied: tuple[Slot, ...] = ()

    @property
    def applies(self) -> frozenset[Slot]:
        return frozenset(self.applied)


@frozen(kw_only=True, slots=False)
class TrialConverted(_NewTerm):
    """A trial became a paid subscription in place (R-TRIAL-02, R-TRIAL-08)."""

    follows = frozenset({Status.TRIAL, Status.RENEWING})


@frozen(kw_only=True, slots=False)
class Renewed(_NewTerm):
    """The next term began (R-RENEW-05). `reassignment` is set where the offer changed (R-SCHED-11)."""

    follows = frozenset({Status.ACTIVE, Status.RENEWING})

    promotion_id: str | None = None
    reassignment: Reassignment | None = None


@frozen(kw_only=True, slots=False)
class Suspended(Fact):
    """Users lost access; the term and its deadlines keep running (R-SUSP-07).

    `until` is when the suspension ends in deletion, where that is before the term does. `charges_paused` says
    whether the partner is billed meanwhile (R-SUSP-03).
    """

    leads_to = Status.SUSPENDED
    follows = _RUNNING
    is_update = True

    reason: str
    auto_renew: bool
    until: Instant | None = optional_aware()
    charges_paused: bool = False


@frozen(kw_only=True, slots=False)
class SuspensionReasonLifted(Fact):
    """One of several reasons is gone; access stays blocked (R-SUSP-16)."""

    follows = frozenset({Status.SUSPENDED})
    is_update = True

    reason: str


@frozen(kw_only=True, slots=False)
class Reactivated(Fact):
    """The last reason is gone and users have access again (R-SUSP-06).

    `charge_cycle` is set where charges were paused and go on now; the other terms where a new term begins with
    the reactivation (AMB-67).
    """

    leads_to = Status.ACTIVE
    follows = frozenset({Status.SUSPENDED, Status.EXPIRED})
    is_update = True

    reason: str | None = None
    charge_cycle: Cycle | None = None
    term: Term | None = None
    cycle_anchor: date | None = None
    unit_price: Decimal | None = None
    auto_renew: bool | None = None
    seat_lots: tuple[SeatLot, ...] | None = None


@frozen(kw_only=True, slots=False)
class Canceled(Fact):
    """The subscription ended at once (R-CANCEL-01); `refund` says what is given back."""

    leads_to = Status.DELETED
    follows = _RUNNING | {Status.PENDING, Status.TRIAL, Status.RENEWING}
    is_update = True

    refund: RefundKind


@frozen(kw_only=True, slots=False)
class CancellationScheduled(Fact):
    """The subscription will end after an inclusive day, with its term or its cycle (R-CANCEL-10, R-CANCEL-15)."""

    follows = frozenset({Status.ACTIVE})
    is_update = True

    ends_on: date


@frozen(kw_only=True, slots=False)
class AutoRenewTurnedOn(Fact):
    """The term will renew when it ends (R-RENEW-01)."""

    follows = frozenset({Status.ACTIVE, Status.TRIAL})
    is_update = True


@frozen(kw_only=True, slots=False)
class AutoRenewTurnedOff(Fact):
    """The term will lapse when it ends (R-RENEW-02)."""

    follows = frozenset({Status.ACTIVE, Status.TRIAL})
    is_update = True


@frozen(kw_only=True, slots=False)
class ChangeScheduled(Fact):
    """An instruction set waits for the next term, in place of any earlier one (R-SCHED-03)."""

    follows = frozenset({Status.ACTIVE, Status.TRIAL})
    is_update = True

    scheduled_change: ScheduledChange


@frozen(kw_only=True, slots=False)
class ScheduledChangeWithdrawn(Fact):
    """The instruction set was taken back (R-SCHED-03)."""

    follows = frozenset({Status.ACTIVE, Status.TRIAL})
    is_update = True

    scheduled_change: ScheduledChange


@frozen(kw_only=True, slots=False)
class BillingPlanQueued(Fact):
    """Another plan waits for the next charge cycle (R-BILL-01)."""

    follows = frozenset({Status.ACTIVE})
    is_update = True

    plan: Plan


@frozen(kw_only=True, slots=False)
class BillingPlanWithdrawn(Fact):
    """The queued plan was taken back (R-BILL-11)."""

    follows = frozenset({Status.ACTIVE})
    is_update = True

    plan: Plan


@frozen(kw_only=True, slots=False)
class WaitingChangesVoided(Fact):
    """Waiting changes were lost because of another event (R-SCHED-05..07): which, why, and what they were."""

    follows = frozenset(
        {Status.ACTIVE, Status.TRIAL, Status.RENEWING, Status.SUSPENDED, Status.EXPIRED, Status.DELETED}
    )

    slots: tuple[Slot, ...]
    because: str
    scheduled_change: ScheduledChange | None = None
    plan: Plan | None = None


@frozen(kw_only=True, slots=False)
class CycleChargeStarted(Fact):
    """A cycle charge that applies a queued plan is in flight (R-LOCK-02)."""

    follows = _RUNNING


@frozen(kw_only=True, slots=False)
class CycleCharged(Fact):
    """The next charge cycle began; `plan` and `unit_price` are set where a queued plan came into force."""

    follows = _RUNNING

    charge_cycle: Cycle
    plan: Plan | None = None
    unit_price: Decimal | None = None

    @property
    def applies(self) -> frozenset[Slot]:
        """The queued plan, where it came into force."""
        return frozenset({Slot.NEXT_CHARGE}) if self.plan is not None else frozenset()


@frozen(kw_only=True, slots=False)
class RenewalStarted(Fact):
    """A renewal, or the conversion of a trial, is in flight (R-LOCK-03)."""

    leads_to = Status.RENEWING
    follows = frozenset({Status.ACTIVE, Status.TRIAL})


@frozen(kw_only=True, slots=False)
class Expired(Fact):
    """The term ended without a renewal (R-RENEW-10).

    `until` is when the next step of the tail is due; None where nothing follows by itself.
    """

    leads_to = Status.EXPIRED
    follows = frozenset({Status.ACTIVE, Status.TRIAL, Status.SUSPENDED})

    until: Instant | None = optional_aware()
    reason: EndReason = EndReason.LAPSED


@frozen(kw_only=True, slots=False)
class Disabled(Fact):
    """Only an administrator can reach the data (R-STATUS-04); `until` is when the next step is due."""

    leads_to = Status.DISABLED
    follows = frozenset({Status.EXPIRED, Status.SUSPENDED, Status.DISABLED})

    phase: Phase
    until: Instant = aware()
    reason: EndReason = EndReason.LAPSED


@frozen(kw_only=True, slots=False)
class Deleted(Fact):
    """The subscription is gone for good (R-STATUS-01)."""

    leads_to = Status.DELETED
    follows = frozenset({Status.ACTIVE, Status.TRIAL, Status.SUSPENDED, Status.DISABLED})

    reason: EndReason
    into_subscription_id: str | None = None


@frozen(kw_only=True, slots=False)
class Transferred(Fact):
    """The subscription went to another partner, where it goes on under another id (R-TRANSFER-01)."""

    leads_to = Status.DELETED
    follows = frozenset({Status.ACTIVE})
    is_update = True

    partner_id: str
    into_subscription_id: str


@frozen(kw_only=True, slots=False)
class Migrated(Fact):
    """A legacy subscription went to new commerce, where it goes on under another id (R-MIGRATE-01)."""

    leads_to = Status.DELETED
    follows = frozenset({Status.ACTIVE})
    is_update = True

    into_subscription_id: str
    add_ons: tuple[MovedAddOn, ...] = ()


@frozen(kw_only=True, slots=False)
class TrialExtended(Fact):
    """A trial has more days, once (R-TRIAL-18)."""

    follows = frozenset({Status.TRIAL})
    is_update = True

    term: Term


@frozen(kw_only=True, slots=False)
class PaymentMethodChanged(Fact):
    """The customer pays another way (R-RENEW-12)."""

    follows = frozenset({Status.ACTIVE, Status.RENEWING})
    is_update = True

    method: PaymentMethod


@frozen(kw_only=True, slots=False)
class Renamed(Fact):
    """The friendly name changed (R-SCHED-08)."""

    follows = frozenset({Status.ACTIVE, Status.TRIAL, Status.RENEWING})
    is_update = True

    friendly_name: str


Event = Union[  # noqa: UP007 - one name a line reads better than a chain of bars
    Purchased,
    Ordered,
    TrialStarted,
    Activated,
    SeatsAdded,
    SeatsRemoved,
    SeatsMovedOut,
    SeatsMovedIn,
    Upgraded,
    TermChanged,
    TrialConverted,
    TrialExtended,
    Renewed,
    Suspended,
    SuspensionReasonLifted,
    Reactivated,
    Canceled,
    CancellationScheduled,
    AutoRenewTurnedOn,
    AutoRenewTurnedOff,
    ChangeScheduled,
    ScheduledChangeWithdrawn,
    BillingPlanQueued,
    BillingPlanWithdrawn,
    WaitingChangesVoided,
    CycleChargeStarted,
    CycleCharged,
    RenewalStarted,
    Expired,
    Disabled,
    Deleted,
    Migrated,
    Transferred,
    PaymentMethodChanged,
    Renamed,
]
