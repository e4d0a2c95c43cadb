"""Usage-based offers, on one page, as data: no term, no seats, no window; canceled at any time.

A hybrid offer, one that has prices, keeps a licensed part: it is bought with seats, a term and a plan, is charged
by them, and renews, but is canceled like any usage offer.
"""

from csp_lifecycle.policies import reasons as why
from csp_lifecycle.policies import selectors
from csp_lifecycle.policies.closing import ByStatus, closed_cells
from csp_lifecycle.policies.guards import older, running, sale
from csp_lifecycle.policies.policy import Policy, Row
from csp_lifecycle.policies.shared import (
    ACTIVE,
    BUYER,
    DELETED,
    DISABLED,
    EVERYWHERE,
    EXPIRED,
    FITS,
    NONE,
    NOTHING_IN_FLIGHT,
    PENDING,
    RENEWING,
    SOLD,
    SUSPENDED,
    TRIAL,
)
from csp_lifecycle.policies.terms import Suspension, TrialTerms
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary import events as e
from csp_lifecycle.vocabulary.subscription import Commerce

# fmt: off
ROWS = (
    # while        on                     records              only if
    Row(NONE,      c.Purchase,            e.Purchased,         *SOLD, older.no_terms_are_named,
                                                               older.end_is_natural, *BUYER,
        when=selectors.offer_is_billed_by_usage_alone),
    Row(NONE,      c.Purchase,            e.Purchased,         sale.terms_are_named, *SOLD, *FITS,
                                                               sale.seats_are_in_range, older.end_is_natural, *BUYER,
        when=selectors.offer_has_a_licensed_part),
    Row(ACTIVE,    c.Rename,              e.Renamed,           running.name_is_new),
    Row(ACTIVE,    c.Suspend,             e.Suspended),
    Row(SUSPENDED, c.Suspend,             e.Suspended,         running.reason_is_new),
    Row(SUSPENDED, c.Reactivate,          e.Reactivated,       running.reason_is_in_force,
        when=selectors.lifts_the_last_reason),
    Row(SUSPENDED, c.Reactivate,          e.SuspensionReasonLifted, running.reason_is_in_force,
        when=selectors.lifts_one_of_several),
    Row(ACTIVE,    c.Cancel,              e.Canceled,          older.end_is_not_chosen),               # R-CANCEL-16
    Row(SUSPENDED, c.Cancel,              e.Canceled,          older.end_is_not_chosen),
    Row(ACTIVE,    c.EndCycle,            e.CycleCharged),
    Row(SUSPENDED, c.EndCycle,            e.CycleCharged),
    Row(ACTIVE,    c.EndTerm,             e.Renewed,           *SOLD, *FITS),
    Row(SUSPENDED, c.EndTerm,             e.Deleted),
)
# fmt: on

_HERE = (EVERYWHERE, NOTHING_IN_FLIGHT)

BY_STATUS: ByStatus = {
    NONE: (why.subscription_not_found, ({why.not_supported: (c.StartTrial,)},)),
    PENDING: (why.not_supported, _HERE),
    TRIAL: (why.not_supported, _HERE),
    ACTIVE: (why.not_supported, (*_HERE, {why.already_in_state: (c.Reactivate,)})),
    RENEWING: (why.not_supported, (EVERYWHERE,)),
    SUSPENDED: (why.not_supported, (*_HERE, {why.suspended_no_update: (c.Rename,)})),
    EXPIRED: (why.not_supported, _HERE),
    DISABLED: (why.not_supported, _HERE),
    DELETED: (why.not_supported, (*_HERE, {why.deleted: (c.Rename, c.Suspend, c.Reactivate, c.Cancel)})),
}

USAGE = Policy(
    id="usage",
    commerce=Commerce.USAGE,
    rows=ROWS,
    closed=closed_cells(ROWS, BY_STATUS),
    voids={},
    carries={},
    on_every_update=(running.updates_remain,),
    cancellation=(),
    reduction=None,  # R-USAGE-06
    trial=TrialTerms(),
    suspension=Suspension(keeps_auto_renew=True),  # nobody could turn it on again, and the licensed part renews
)
