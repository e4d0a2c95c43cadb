"""The values in which commerce models, and dated readings of one model, differ from each other."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from types import MappingProxyType

from attrs import frozen

from csp_lifecycle.values.calendar import Plan, Term, TermLength
from csp_lifecycle.values.windows import RefundKind, Span
from csp_lifecycle.vocabulary.subscription import EndReason

ALL_TERMS: Mapping[TermLength, frozenset[Plan]] = MappingProxyType(
    {
        TermLength.MONTH: frozenset({Plan.MONTHLY}),
        TermLength.YEAR: frozenset({Plan.MONTHLY, Plan.ANNUAL}),
        TermLength.THREE_YEARS: frozenset(Plan),
    }
)
"""Every paid term with the plans it can be charged by (R-PURCHASE-04)."""


class LotOrder(Enum):
    """Which open lot a reduction consumes first (AMB-06).

    Every lot of a policy stays open for the same time, so the oldest is the one with the earliest deadline.
    """

    EARLIEST_DEADLINE = "earliest-deadline"
    NEWEST = "newest"


class UpgradeWindow(Enum):
    """The cancellation window of a subscription that comes out of a partial upgrade (AMB-17)."""

    INHERITED = "inherited"
    NONE = "none"
    FRESH = "fresh"


class RenewalAnchor(Enum):
    """The day of the month that a renewed term is counted from (AMB-02)."""

    TERM_START = "term-start"
    PURCHASE_DAY = "purchase-day"


class TransferDay(Enum):
    """The first day that belongs to the target partner (AMB-33)."""

    SAME_DAY = "same-day"
    DAY_AFTER = "day-after"


class LaterCancellation(Enum):
    """With what a cancellation takes effect that comes outside the window (R-CANCEL-10, R-CANCEL-15)."""

    WITH_THE_TERM = "term"
    WITH_THE_CYCLE = "cycle"


@frozen
class Window:
    """How long after it opened a window gives which refund, and under which plans (None: all)."""

    span: Span
    refund: RefundKind
    plans: frozenset[Plan] | None = None

    def fits(self, plan: Plan) -> bool:
        """Whether the window opens for a subscription that is charged by *plan*."""
        return self.plans is None or plan in self.plans


@frozen(kw_only=True)
class Suspension:
    """What a suspension does: to auto-renew, to charges, and after which time it ends in deletion (None: never)."""

    keeps_auto_renew: bool = False
    charges_go_on: bool = True
    limit: timedelta | None = None
    outlives_the_term: bool = False
    ends_as: EndReason = EndReason.NOT_REACTIVATED


@frozen(kw_only=True)
class TrialTerms:
    """What a free trial is, what it converts to, and whether its end does that by itself (R-TRIAL-01..03)."""

    seats: int = 25
    length: TermLength = TermLength.TRIAL
    converts_to_term: TermLength = TermLength.YEAR
    converts_to_plan: Plan = Plan.MONTHLY
    converts_by_itself: bool = True


@frozen(kw_only=True)
class ExtendedTerm:
    """What follows a term that nobody renewed or canceled (R-EST-01).

    It concerns terms that began on or after `begun_since` and end on or after `ends_since`. `policy` is the
    policy of the extended term. Its price is that of the monthly term times `factor`, or where the offer has no
    monthly term, that of the longer term's monthly plan times `factor_without_monthly` (R-EST-03).
    """

    begun_since: date
    ends_since: date
    policy: str
    factor: Decimal
    factor_without_monthly: Decimal

    def follows(self, term: Term) -> bool:
        """Whether a term is one that an extended term follows."""
        return term.starts_on >= self.begun_since and term.ends_on >= self.ends_since
