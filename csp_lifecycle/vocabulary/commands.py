"""What can be asked for: commands, in the imperative, as one closed union on one page.

The page is longer than others because a closed union is read as a whole.

Every instant is aware and kept in UTC (R-TIME-01). The words are those of the JSON contract; Python classes are
the same words in CapWords. `TimeCommand` are the commands that time alone gives; nobody sends them.
"""

from datetime import date, datetime
from enum import Enum
from typing import Any, Union

from attrs import Attribute, field, frozen, validators

from csp_lifecycle.values.alignment import Alignment
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.fields import (
    flag,
    instant,
    one_of,
    optional,
    optional_seats,
    optional_text,
    seats,
    text,
    texts,
    validate_text,
)
from csp_lifecycle.vocabulary.subscription import MovedAddOn, PaymentMethod


class Actor(Enum):
    """Who asks. `CLOCK` stands in the log for what time alone brought and cannot ask."""

    PARTNER = "partner"
    CUSTOMER = "customer"
    PUBLISHER = "publisher"
    MICROSOFT = "microsoft"
    SUPPORT = "support"
    CLOCK = "clock"


def _asks(_: Any, __: "Attribute[Actor]", value: Any) -> None:
    if not isinstance(value, Actor) or value is Actor.CLOCK:
        named = value.value if isinstance(value, Actor) else value
        message = f"actor must be partner, customer, publisher, microsoft or support, not {named!r}"
        raise ValueError(message)


def _is_paid_term(_: Any, __: "Attribute[Any]", value: Any) -> None:
    if value is TermLength.TRIAL:
        message = "term must be P1M, P1Y or P3Y; P30D is what a trial has, and start-trial begins one (R-PURCHASE-04)"
        raise ValueError(message)


def _aligns(command: Any, of: "Attribute[Any]", value: Any) -> None:
    if isinstance(value, str):
        validate_text(command, of, value)
    elif value is not None and not isinstance(value, Alignment):
        message = f"align must be calendar-month or a subscription id, not {value!r} (R-COTERM-08)"
        raise TypeError(message)


def _term(*, required: bool = False) -> Any:
    kind = validators.instance_of(TermLength)
    if required:
        return field(validator=[kind, _is_paid_term])
    return field(default=None, validator=validators.optional(validators.and_(kind, _is_paid_term)))


@frozen(kw_only=True)
class Request:
    """What every command may carry: who asks, an idempotency key, the version it was decided on."""

    actor: Actor = field(default=Actor.PARTNER, validator=_asks)
    command_id: str | None = optional_text()
    expected_version: int | None = optional(int)


@frozen(kw_only=True)
class _SubscriptionCommand(Request):
    """A command about one subscription, at an instant."""

    at: datetime = instant()
    subscription_id: str = text()


@frozen(kw_only=True)
class Purchase(_SubscriptionCommand):
    """Buy *seats* of an offer for a term (R-PURCHASE). A usage offer takes no seats, term or plan."""

    customer_id: str = text()
    offer_id: str = text()
    seats: int | None = optional_seats()
    term: TermLength | None = _term()
    plan: Plan | None = optional(Plan)
    ends_on: date | None = optional(date)
    align: Alignment | str | None = field(default=None, validator=_aligns)
    promotion_id: str | None = optional_text()
    base_subscription_id: str | None = optional_text()
    resellers: tuple[str, ...] = texts()
    attested: bool = flag()
    friendly_name: str | None = optional_text()
    billing_currency: str | None = optional_text()
    policy: str | None = optional_text()

    def __attrs_post_init__(self) -> None:
        _one_way_to_end(self.ends_on, self.align)
        missing = [name for name in ("seats", "term", "plan") if getattr(self, name) is None]
        if missing and len(missing) < len(("seats", "term", "plan")):
            message = f"{missing[0]} is missing: a purchase names seats, term and plan (R-PURCHASE-07)"
            raise ValueError(message)


@frozen(kw_only=True)
class StartTrial(_SubscriptionCommand):
    """Begin 30 free days with 25 seats (R-TRIAL-01)."""

    customer_id: str = text()
    offer_id: str = text()
    friendly_name: str | None = optional_text()
    policy: str | None = optional_text()


@frozen(kw_only=True)
class Activate(_SubscriptionCommand):
    """The publisher confirms a marketplace subscription (R-PURCHASE-13)."""


@frozen(kw_only=True)
class AddSeats(_SubscriptionCommand):
    """Raise the number of seats by *seats* (R-SEATS-04: the difference, not the new total)."""

    seats: int = seats()


@frozen(kw_only=True)
class RemoveSeats(_SubscriptionCommand):
    """Lower the number of seats by *seats* (R-SEATS-05)."""

    seats: int = seats()


@frozen(kw_only=True)
class Suspend(_SubscriptionCommand):
    """Block access at once, for a reason (R-SUSP-01)."""

    reason: str = field(
        default="partner", validator=validators.and_(validators.instance_of(str), validators.min_len(1))
    )


@frozen(kw_only=True)
class Reactivate(_SubscriptionCommand):
    """Lift one reason of a suspension, or all of them (R-SUSP-06)."""

    reason: str | None = optional_text()


@frozen(kw_only=True)
class Cancel(_SubscriptionCommand):
    """End the whole subscription (R-CANCEL-01)."""

    at_term_end: bool = flag()


@frozen(kw_only=True)
class TurnOnAutoRenew(_SubscriptionCommand):
    """Let the term renew when it ends (R-RENEW-01)."""


@frozen(kw_only=True)
class TurnOffAutoRenew(_SubscriptionCommand):
    """Let the term lapse when it ends (R-RENEW-02)."""


@frozen(kw_only=True)
class ScheduleChange(_SubscriptionCommand):
    """Change something when the term renews; what is not named stays as it is (R-SCHED-01)."""

    offer_id: str | None = optional_text()
    seats: int | None = optional_seats()
    term: TermLength | None = _term()
    plan: Plan | None = optional(Plan)
    ends_on: date | None = optional(date)
    align: Alignment | str | None = field(default=None, validator=_aligns)

    def __attrs_post_init__(self) -> None:
        _one_way_to_end(self.ends_on, self.align)
        named = (self.offer_id, self.seats, self.term, self.plan, self.ends_on, self.align)
        if all(value is None for value in named):
            message = (
                "a scheduled change names at least one of offer_id, seats, term, plan, ends_on, align (R-SCHED-01)"
            )
            raise ValueError(message)


@frozen(kw_only=True)
class WithdrawScheduledChange(_SubscriptionCommand):
    """Take back what was scheduled for the next term (R-SCHED-03)."""


@frozen(kw_only=True)
class QueueBillingPlan(_SubscriptionCommand):
    """Be charged by another plan from the next charge cycle on (R-BILL-01)."""

    plan: Plan = one_of(Plan)


@frozen(kw_only=True)
class WithdrawBillingPlan(_SubscriptionCommand):
    """Take back the plan that was queued (R-BILL-11)."""


@frozen(kw_only=True)
class ChangeTerm(_SubscriptionCommand):
    """Begin another term today (R-BILL-02)."""

    term: TermLength = _term(required=True)
    plan: Plan = one_of(Plan)
    seats: int | None = optional_seats()


@frozen(kw_only=True)
class Upgrade(_SubscriptionCommand):
    """Move *seats* to a higher offer: in place, into a new subscription, or into an existing one (R-UPGRADE)."""

    offer_id: str = text()
    seats: int = seats()
    term: TermLength | None = _term()
    plan: Plan | None = optional(Plan)
    new_subscription_id: str | None = optional_text()
    target_subscription_id: str | None = optional_text()

    def __attrs_post_init__(self) -> None:
        if self.target_subscription_id is None:
            return
        for name in ("new_subscription_id", "term", "plan"):
            if getattr(self, name) is not None:
                message = f"{name} cannot stand beside target_subscription_id: only seats move there (R-UPGRADE-08)"
                raise ValueError(message)


@frozen(kw_only=True)
class ConvertTrial(_SubscriptionCommand):
    """Make a trial a paid subscription, or put its seats into an existing one (R-TRIAL-04)."""

    offer_id: str | None = optional_text()
    seats: int | None = optional_seats()
    term: TermLength | None = _term()
    plan: Plan | None = optional(Plan)
    target_subscription_id: str | None = optional_text()

    def __attrs_post_init__(self) -> None:
        if self.target_subscription_id is None:
            return
        for name in ("seats", "term", "plan"):
            if getattr(self, name) is not None:
                message = (
                    f"{name} cannot stand beside target_subscription_id: exactly the trial's seats move (R-TRIAL-09)"
                )
                raise ValueError(message)


@frozen(kw_only=True)
class ExtendTrial(_SubscriptionCommand):
    """Give a Dynamics trial 30 more days, once (R-TRIAL-18)."""

    card_on_file: bool = flag()


@frozen(kw_only=True)
class Migrate(_SubscriptionCommand):
    """Move a legacy subscription to new commerce (R-MIGRATE-01).

    `add_ons` names the attached add-ons that go along, as all of them must (R-MIGRATE-05). An add-on that goes
    along is attached to `base_subscription_id` from then on.
    """

    new_subscription_id: str = text()
    offer_id: str = text()
    term: TermLength | None = _term()
    plan: Plan | None = optional(Plan)
    seats: int | None = optional_seats()
    full_term: bool = flag()
    add_ons: tuple[MovedAddOn, ...] = ()
    base_subscription_id: str | None = optional_text()


@frozen(kw_only=True)
class Transfer(_SubscriptionCommand):
    """Hand a subscription over to another partner (R-TRANSFER-01)."""

    new_subscription_id: str = text()
    partner_id: str = text()


@frozen(kw_only=True)
class ChangePaymentMethod(_SubscriptionCommand):
    """Pay by card or by invoice (R-RENEW-12)."""

    method: PaymentMethod = one_of(PaymentMethod)


@frozen(kw_only=True)
class Rename(_SubscriptionCommand):
    """Give the subscription another friendly name (R-SCHED-08)."""

    friendly_name: str = text()


@frozen(kw_only=True)
class CompleteRenewal(_SubscriptionCommand):
    """End a renewal, or a trial's conversion, that is in flight (R-LOCK-04)."""


@frozen(kw_only=True)
class CompleteCycleCharge(_SubscriptionCommand):
    """End a cycle charge that is in flight (R-LOCK-04)."""


@frozen(kw_only=True)
class Advance(Request):
    """Take all that is due up to and including *to*, everywhere or on one subscription."""

    to: datetime = instant()
    complete: bool = flag(default=True)
    subscription_id: str | None = optional_text()

    def __attrs_post_init__(self) -> None:
        if self.expected_version is not None and self.subscription_id is None:
            message = "expected_version needs a subscription_id: without one, no single version is meant"
            raise ValueError(message)


@frozen(kw_only=True)
class EndCycle(_SubscriptionCommand):
    """Time: a charge cycle is over and the next begins."""

    complete: bool = True


@frozen(kw_only=True)
class EndTerm(_SubscriptionCommand):
    """Time: the term is over."""

    complete: bool = True


@frozen(kw_only=True)
class EndPhase(_SubscriptionCommand):
    """Time: a step of the tail, or another deadline of a subscription that no longer runs, is over."""

    complete: bool = True


TimeCommand = EndCycle | EndTerm | EndPhase

Command = Union[  # noqa: UP007 - one name a line reads better than a chain of bars
    Purchase,
    StartTrial,
    Activate,
    AddSeats,
    RemoveSeats,
    Suspend,
    Reactivate,
    Cancel,
    TurnOnAutoRenew,
    TurnOffAutoRenew,
    ScheduleChange,
    WithdrawScheduledChange,
    QueueBillingPlan,
    WithdrawBillingPlan,
    ChangeTerm,
    Upgrade,
    ConvertTrial,
    ExtendTrial,
    Migrate,
    Transfer,
    ChangePaymentMethod,
    Rename,
    CompleteRenewal,
    CompleteCycleCharge,
]
"""Every command about one subscription; `Advance` stands beside them, because it is about all of them."""


def _one_way_to_end(ends_on: date | None, align: Alignment | str | None) -> None:
    if ends_on is not None and align is not None:
        message = "ends_on and align exclude each other: a term ends on one day (R-COTERM-01)"
        raise ValueError(message)
