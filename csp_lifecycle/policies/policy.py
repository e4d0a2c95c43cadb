"""The shapes in which a policy is written: rows, guards, closed cells, and the attempt they are asked about.

A policy is data. It stands below the mechanism (`csp_lifecycle.lifecycle`), which reads it; it never calls it.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any, Generic, TypeVar

from attrs import define, field, frozen

from csp_lifecycle.errors import Reason
from csp_lifecycle.policies.charging import ChargeReading
from csp_lifecycle.policies.terms import (
    ALL_TERMS,
    ExtendedTerm,
    LaterCancellation,
    LotOrder,
    RenewalAnchor,
    Suspension,
    TransferDay,
    TrialTerms,
    UpgradeWindow,
    Window,
)
from csp_lifecycle.values.calendar import MonthEnds, Plan, TermLength
from csp_lifecycle.values.windows import Span
from csp_lifecycle.vocabulary.catalog import Catalog, Offer
from csp_lifecycle.vocabulary.commands import Command, TimeCommand
from csp_lifecycle.vocabulary.events import Event
from csp_lifecycle.vocabulary.subscription import Commerce, Slot, Status, Subscription

Action = Command | TimeCommand
"""What a row can be about: what somebody asks for, or what time brings."""

A_co = TypeVar("A_co", bound=Action, covariant=True)


@define(eq=False)
class Attempt(Generic[A_co]):
    """One action tried on one subscription: what guards are asked about and recorders record from.

    `holdings` are all subscriptions the decision may look at, by id, the subject among them. `notes` keeps what was
    worked out from them, because guards and recorders ask for the same things. Nobody changes the rest: it is not
    frozen because one is made for every action, and freezing it takes longer than making it.
    """

    command: A_co
    subscription: Subscription
    policy: "Policy"
    holdings: Mapping[str, Subscription]
    market: "Market"
    notes: dict[Any, Any] = field(factory=dict, init=False, eq=False, repr=False)

    @property
    def offer(self) -> Offer | None:
        """The offer the subscription holds, if the catalog still has it."""
        return self.market.catalog.offer(self.subscription.offer_id)

    @property
    def named_policy(self) -> str | None:
        """The policy that the purchase names, or named, for the subscription's terms."""
        return getattr(self.command, "policy", None) or self.subscription.named_policy

    def held_by(self, customer_id: str) -> tuple[Subscription, ...]:
        """The customer's subscriptions other than the subject, by id."""
        return tuple(
            other
            for _, other in sorted(self.holdings.items())
            if other.customer_id == customer_id and other.subscription_id != self.subscription.subscription_id
        )


Predicate = Callable[[Attempt[Any]], bool]
Finding = Callable[[Attempt[Any]], Any]


@frozen
class Guard:
    """A clause that can follow "only if", with what is said when it does not hold."""

    holds: Predicate
    reason: Reason
    facts: tuple[Finding, ...] = ()

    @property
    def name(self) -> str:
        """The clause, as the documentation prints it."""
        return self.holds.__name__

    def evidence(self, attempt: Attempt[Any]) -> dict[str, Any]:
        """The facts that stood in the way, by name."""
        return {fact.__name__: fact(attempt) for fact in self.facts}


def guard(
    code: str, *, rule: str, facts: tuple[Finding, ...] = (), remedies: tuple[str, ...] = ()
) -> Callable[[Predicate], Guard]:
    """Make a guard of a predicate. Its docstring is the sentence that a refused partner reads."""

    def made(predicate: Predicate) -> Guard:
        sentence = " ".join((predicate.__doc__ or "").split())
        return Guard(predicate, Reason(code, rule, sentence, remedies=remedies), facts)

    return made


def always(_: Attempt[Any]) -> bool:
    """The only row of its pair."""
    return True


@frozen(init=False)
class Row:
    """A sentence: *while* a status, *on* a command, *records* events, *only if* guards hold.

    `when` tells rows of one pair apart: of those, exactly one holds in every state. `also` are the events on
    the streams of other subscriptions. The row's target status is what its recorded events lead to.
    """

    status: Status
    on: type[Action]
    records: tuple[type[Event], ...]
    only_if: tuple[Guard, ...]
    when: Predicate = field(default=always)
    also: tuple[type[Event], ...] = ()

    def __init__(
        self,
        status: Status,
        on: type[Action],
        records: "type[Event] | tuple[type[Event], ...]",
        *only_if: Guard,
        when: Predicate = always,
        also: "tuple[type[Event], ...]" = (),
    ) -> None:
        recorded = records if isinstance(records, tuple) else (records,)
        self.__attrs_init__(status, on, recorded, only_if, when, also)

    @property
    def target(self) -> Status:
        """The status the row leads to."""
        return next((kind.leads_to for kind in reversed(self.records) if kind.leads_to is not None), self.status)


@frozen
class Carry:
    """What an attached add-on does when its base does something.

    `command` makes the add-on's command from the base's event. An add-on that cannot follow is left as it is,
    unless the base *needs* it: then the base cannot do it either.
    """

    command: Callable[[Any, str], Command]
    needed: bool = False


@frozen
class Closed:
    """Why a cell has no row: *reason*, unless one of the *first* guards says no before."""

    reason: Reason
    first: tuple[Guard, ...] = ()


@frozen(kw_only=True, eq=False)
class Policy:
    """Everything one commerce model permits, as data. Policies are told apart by `id`.

    `voids` maps an event to the slots whose waiting changes it invalidates. `carries` maps an event on a base
    to what its attached add-ons do. `closed` gives a reason for every (status, command) without a row; a status
    alone is the default of its column. The fields behind `on_every_update` are what models and dated readings
    differ in; their defaults are the seed's reading.
    """

    id: str
    commerce: Commerce
    rows: tuple[Row, ...]
    closed: Mapping[Status | tuple[Status, type[Action]], Closed]
    voids: Mapping[type[Event], frozenset[Slot]]
    carries: Mapping[type[Event], Carry]
    on_every_update: tuple[Guard, ...]
    cancellation: tuple[Window, ...]
    reduction: Span | None
    trial: TrialTerms
    terms: Mapping[TermLength, frozenset[Plan]] = ALL_TERMS
    plan_changes: Mapping[TermLength, frozenset[tuple[Plan, Plan]]] = field(factory=dict)
    expired_for: timedelta | None = timedelta(days=30)
    disabled_for: timedelta = timedelta(days=30)
    retained_for: timedelta = timedelta(days=90)
    auto_renews: bool = True
    suspension: Suspension = Suspension()
    later_cancellation: LaterCancellation = LaterCancellation.WITH_THE_TERM
    windows_reopen: bool = True
    term_change_window: bool = False
    upgrade_window: UpgradeWindow = UpgradeWindow.INHERITED
    lot_order: LotOrder = LotOrder.EARLIEST_DEADLINE
    month_ends: MonthEnds = MonthEnds.CLAMPED
    renewal_anchor: RenewalAnchor = RenewalAnchor.TERM_START
    transfer_first_day: TransferDay = TransferDay.SAME_DAY
    upfront_on_term_change: bool = True
    add_ons_share_the_term: bool = False
    extended_term: ExtendedTerm | None = None
    max_updates: int = 1200
    max_resellers: int = 5
    charges: ChargeReading = ChargeReading()

    def guards_of(self, row: Row) -> tuple[Guard, ...]:
        """All guards of a row, in the order in which they are asked."""
        return (*self.on_every_update, *row.only_if) if row.records[0].is_update else row.only_if

    @cached_property
    def cells(self) -> Mapping[tuple[Status, type[Action]], tuple[tuple[Row, tuple[Guard, ...]], ...]]:
        """The rows by status and command, in their order, each with all of its guards."""
        found: dict[tuple[Status, type[Action]], tuple[tuple[Row, tuple[Guard, ...]], ...]] = {}
        for row in self.rows:
            cell = row.status, row.on
            found[cell] = (*found.get(cell, ()), (row, self.guards_of(row)))
        return found

    def closed_cell(self, status: Status, action: type[Action]) -> Closed | None:
        """Why the cell of *status* and *action* is closed; None where rows stand in it."""
        if (status, action) in self.cells:
            return None
        return self.closed.get((status, action)) or self.closed[status]


@frozen
class Market:
    """What decisions are made with: the catalog, and the policies by id."""

    catalog: Catalog
    policies: Mapping[str, Policy]

    def policy_for(self, offer: Offer, named: str | None = None) -> Policy | None:
        """The policy for a new term of *offer*: the one named, the offer's own, or its commerce model's."""
        policy = self.policies.get(self.policy_id_for(offer, named))
        return policy if policy is not None and policy.commerce is offer.commerce else None

    def policy_id_for(self, offer: Offer, named: str | None = None) -> str:
        """The id under which the policy for a new term of *offer* is looked up, installed or not."""
        return named or offer.policy or offer.commerce.value

    def policies_of(self, commerce: Commerce) -> tuple[str, ...]:
        """The ids of the installed policies of a commerce model, in the order of their names."""
        return tuple(sorted(name for name, policy in self.policies.items() if policy.commerce is commerce))

    @property
    def fallback(self) -> Policy:
        """The policy that refuses what names no offer that is for sale: the first one installed."""
        return next(iter(self.policies.values()))
