"""Dated and alternative readings of the commerce models, each a policy of its own under its own id.

A catalog or a purchase names the one for a new term; a running term keeps the one it has. What is not said here
is as in the model it is derived from.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from attrs import evolve

from csp_lifecycle.policies import selectors
from csp_lifecycle.policies.charge_readings import CHARGE_READINGS
from csp_lifecycle.policies.closing import closed_cells
from csp_lifecycle.policies.guards import older, running, sale
from csp_lifecycle.policies.legacy import LEGACY
from csp_lifecycle.policies.marketplace_saas import MARKETPLACE_SAAS
from csp_lifecycle.policies.new_commerce import BY_STATUS, NEW_COMMERCE, SPECIAL_CELLS
from csp_lifecycle.policies.policy import Action, Policy, Row
from csp_lifecycle.policies.shared import (
    ACTIVE,
    DISABLED,
    FITS,
    NEXT_TERM,
    RENEWING,
    SOLD,
    SUSPENDED,
)
from csp_lifecycle.policies.terms import (
    ExtendedTerm,
    LotOrder,
    RenewalAnchor,
    Suspension,
    TransferDay,
    UpgradeWindow,
    Window,
)
from csp_lifecycle.values.calendar import MonthEnds
from csp_lifecycle.values.windows import Counting, Exactly, RefundKind, WholeTerm
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary import events as e
from csp_lifecycle.vocabulary.subscription import Status


def _new_commerce_with(name: str, rows: Iterable[Row], *, instead_of: Iterable[Row] = (), **fields: Any) -> Policy:
    """New commerce with some rows replaced."""
    kept = tuple(row for row in NEW_COMMERCE.rows if row not in tuple(instead_of))
    all_rows = (*kept, *rows)
    closed = closed_cells(all_rows, BY_STATUS, SPECIAL_CELLS)
    return evolve(NEW_COMMERCE, id=f"new-commerce.{name}", rows=all_rows, closed=closed, **fields)


def _rows(status: Status, action: type[Action]) -> tuple[Row, ...]:
    return tuple(row for row in NEW_COMMERCE.rows if (row.status, row.on) == (status, action))


def _counted(length: timedelta, counting: Counting = Counting.EXACT) -> dict[str, Any]:
    return {
        "cancellation": (
            Window(Exactly(timedelta(hours=24), counting=counting), RefundKind.FULL),
            Window(Exactly(length, counting=counting), RefundKind.PRORATED),
        ),
        "reduction": Exactly(length, counting=counting),
    }


EXTENDED = ExtendedTerm(
    begun_since=date(2025, 4, 1),
    ends_since=date(2026, 5, 4),
    policy="extended-service-term",
    factor=Decimal("1.03"),
    factor_without_monthly=Decimal("1.23"),
)

# fmt: off
CHOICE_ROWS = (
    # while        on         records                   only if
    Row(ACTIVE,    c.Cancel,  e.Canceled,               running.cancellation_window_is_open,
        when=selectors.asks_for_now),
    Row(ACTIVE,    c.Cancel,  e.CancellationScheduled,  older.cancellation_is_news,
        when=selectors.asks_for_the_term_end),
    Row(ACTIVE,    c.EndTerm, e.Renewed,                *SOLD, *FITS, when=selectors.renewal_completes_at_once),
    Row(ACTIVE,    c.EndTerm, e.RenewalStarted,         *SOLD, *FITS, when=selectors.renewal_takes_its_time),
    Row(ACTIVE,    c.EndTerm, e.Renewed,                *SOLD, *FITS, when=selectors.an_extended_term_follows),
    Row(ACTIVE,    c.EndTerm, e.Deleted,                when=selectors.cancellation_takes_effect),      # T-31
    Row(ACTIVE,    c.EndTerm, e.Expired,                when=selectors.nothing_follows),
)
GRACE_ROWS = (                                                                                          # T-15, T-16
    Row(SUSPENDED, c.EndTerm,  e.Disabled),
    Row(DISABLED,  c.EndPhase, e.Disabled,              when=selectors.the_grace_ends),
    Row(DISABLED,  c.EndPhase, e.Deleted,               when=selectors.the_retention_ends),
)
EXPIRING_ROWS = (
    Row(SUSPENDED, c.EndTerm,  e.Expired),
)
OPEN_WAIT_ROWS = (                                                                                      # AMB-35
    Row(RENEWING,  c.AddSeats, e.SeatsAdded,            sale.seats_are_in_range),
    Row(RENEWING,  c.RemoveSeats, e.SeatsRemoved,       running.enough_seats_are_left, running.seats_may_fall),
    Row(RENEWING,  c.Rename,   e.Renamed,               running.name_is_new),
    Row(RENEWING,  c.Cancel,   e.Canceled,              running.no_choice_of_term_end,
                                                        running.cancellation_window_is_open),
)
# fmt: on

_AT_TERM_END = (*_rows(ACTIVE, c.Cancel), *_rows(ACTIVE, c.EndTerm))

EXTENDING = _new_commerce_with(
    "extending",
    CHOICE_ROWS,
    instead_of=_AT_TERM_END,
    voids={**NEW_COMMERCE.voids, e.CancellationScheduled: NEXT_TERM},
    extended_term=EXTENDED,
)
"""In force since 2026-05-04: a term nobody renewed or canceled goes on from month to month (R-EST)."""

READINGS: tuple[Policy, ...] = (
    EXTENDING,
    evolve(EXTENDING, id=EXTENDED.policy, cancellation=(Window(WholeTerm(), RefundKind.PRORATED),)),
    evolve(NEW_COMMERCE, id="new-commerce.calendar-days", **_counted(timedelta(days=7), Counting.CALENDAR_DAYS)),
    evolve(NEW_COMMERCE, id="new-commerce.72-hours", **_counted(timedelta(hours=72))),
    evolve(
        NEW_COMMERCE,
        id="new-commerce.always-prorated",
        cancellation=(Window(Exactly(timedelta(days=7)), RefundKind.PRORATED),),
    ),
    evolve(NEW_COMMERCE, id="new-commerce.triennial-plan-fixed", plan_changes={}),
    evolve(NEW_COMMERCE, id="new-commerce.upgrade-without-window", upgrade_window=UpgradeWindow.NONE),
    evolve(NEW_COMMERCE, id="new-commerce.upgrade-with-window", upgrade_window=UpgradeWindow.FRESH),
    evolve(NEW_COMMERCE, id="new-commerce.term-change-with-window", term_change_window=True),
    evolve(NEW_COMMERCE, id="new-commerce.month-end-distance", month_ends=MonthEnds.DISTANCE_KEPT),
    evolve(NEW_COMMERCE, id="new-commerce.purchase-day-kept", renewal_anchor=RenewalAnchor.PURCHASE_DAY),
    _new_commerce_with(
        "suspended-into-grace",
        GRACE_ROWS,
        instead_of=(*_rows(SUSPENDED, c.EndTerm), *_rows(DISABLED, c.EndPhase)),
    ),
    _new_commerce_with("suspended-into-expired", EXPIRING_ROWS, instead_of=_rows(SUSPENDED, c.EndTerm)),
    evolve(NEW_COMMERCE, id="new-commerce.newest-lot-first", lot_order=LotOrder.NEWEST),
    evolve(NEW_COMMERCE, id="new-commerce.transfer-the-day-after", transfer_first_day=TransferDay.DAY_AFTER),
    evolve(NEW_COMMERCE, id="new-commerce.six-resellers", max_resellers=6),
    _new_commerce_with("open-wait", OPEN_WAIT_ROWS),
    evolve(NEW_COMMERCE, id="new-commerce.independent-add-ons", carries={}),
    evolve(NEW_COMMERCE, id="new-commerce.no-upfront-mid-term", upfront_on_term_change=False),
    evolve(
        LEGACY,
        id="legacy.120-days",
        suspension=Suspension(keeps_auto_renew=True, charges_go_on=False, limit=timedelta(days=120)),
    ),
    evolve(
        MARKETPLACE_SAAS,
        id="marketplace-saas.72-hours",
        cancellation=(Window(Exactly(timedelta(hours=72), included=False), RefundKind.FULL),),
    ),
    *CHARGE_READINGS,
)
"""Every reading that ships with the library."""
