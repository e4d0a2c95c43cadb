"""Marketplace SaaS offers of other publishers, on one page, as data.

An order waits for its publisher. It is canceled with a full refund shortly after it was placed, later only with
its term. Seats move freely while it is active. Only Microsoft suspends it, and what stays unpaid is deleted.
"""

from datetime import timedelta

from csp_lifecycle.policies import reasons as why
from csp_lifecycle.policies import selectors
from csp_lifecycle.policies.closing import ByStatus, closed_cells
from csp_lifecycle.policies.guards import asker, older, running, sale
from csp_lifecycle.policies.policy import Policy, Row
from csp_lifecycle.policies.shared import (
    ACTIVE,
    BUYER,
    DELETED,
    DISABLED,
    ENDED,
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
from csp_lifecycle.policies.terms import Suspension, TrialTerms, Window
from csp_lifecycle.values.calendar import Plan
from csp_lifecycle.values.windows import Exactly, RefundKind, WholeTerm
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary import events as e
from csp_lifecycle.vocabulary.subscription import Commerce, EndReason

LIFTED = (asker.microsoft_asks, running.reason_is_in_force)

# fmt: off
ROWS = (
    # while        on                     records              only if
    Row(NONE,      c.Purchase,            e.Ordered,           sale.terms_are_named, older.offer_is_available, *SOLD,
                                                               *FITS, sale.seats_are_in_range, older.end_is_natural,
                                                               *BUYER),
    Row(PENDING,   c.Activate,            e.Activated,         when=selectors.offer_has_no_free_trial),
    Row(PENDING,   c.Activate,            e.TrialStarted,      when=selectors.offer_has_a_free_trial),  # R-PURCHASE-12
    Row(PENDING,   c.Cancel,              e.Canceled,          running.no_choice_of_term_end,           # D-04
                                                               older.order_is_fresh),
    Row(TRIAL,     c.Cancel,              e.Canceled,          running.no_choice_of_term_end),          # R-CANCEL-14
    Row(ACTIVE,    c.Cancel,              e.Canceled,          running.no_choice_of_term_end,           # R-CANCEL-10
        when=selectors.window_is_open),
    Row(ACTIVE,    c.Cancel,              e.CancellationScheduled, running.no_choice_of_term_end,
                                                               older.cancellation_is_news,
        when=selectors.window_is_closed),

    Row(ACTIVE,    c.AddSeats,            e.SeatsAdded,        sale.seats_are_in_range),
    Row(ACTIVE,    c.RemoveSeats,         e.SeatsRemoved,      running.enough_seats_are_left, running.seats_may_fall),
    Row(ACTIVE,    c.Rename,              e.Renamed,           running.name_is_new),
    Row(TRIAL,     c.Rename,              e.Renamed,           running.name_is_new),
    Row(ACTIVE,    c.TurnOnAutoRenew,     e.AutoRenewTurnedOn,  running.auto_renew_was_off),
    Row(TRIAL,     c.TurnOnAutoRenew,     e.AutoRenewTurnedOn,  running.auto_renew_was_off),
    Row(ACTIVE,    c.TurnOffAutoRenew,    e.AutoRenewTurnedOff, running.auto_renew_was_on),
    Row(TRIAL,     c.TurnOffAutoRenew,    e.AutoRenewTurnedOff, running.auto_renew_was_on),

    Row(ACTIVE,    c.Suspend,             e.Suspended,         asker.microsoft_asks),
    Row(SUSPENDED, c.Suspend,             e.Suspended,         asker.microsoft_asks, running.reason_is_new),
    Row(SUSPENDED, c.Reactivate,          e.Reactivated,       *LIFTED, when=selectors.lifts_the_last_reason),
    Row(SUSPENDED, c.Reactivate,          e.SuspensionReasonLifted, *LIFTED, when=selectors.lifts_one_of_several),

    Row(ACTIVE,    c.EndCycle,            e.CycleCharged),
    Row(ACTIVE,    c.EndTerm,             e.Renewed,           *SOLD, *FITS, when=selectors.renewal_completes_at_once),
    Row(ACTIVE,    c.EndTerm,             e.RenewalStarted,    *SOLD, *FITS, when=selectors.renewal_takes_its_time),
    Row(ACTIVE,    c.EndTerm,             e.Deleted,           when=selectors.auto_renew_is_off),       # R-RENEW-13
    Row(TRIAL,     c.EndTerm,             e.TrialConverted,    *SOLD, *FITS, when=selectors.renewal_completes_at_once),
    Row(TRIAL,     c.EndTerm,             e.RenewalStarted,    *SOLD, *FITS, when=selectors.renewal_takes_its_time),
    Row(TRIAL,     c.EndTerm,             e.Deleted,           when=selectors.auto_renew_is_off),
    Row(RENEWING,  c.CompleteRenewal,     e.Renewed,           *SOLD, *FITS, when=selectors.a_paid_term_ends),
    Row(RENEWING,  c.CompleteRenewal,     e.TrialConverted,    *SOLD, *FITS, when=selectors.the_trial_ends),
    Row(SUSPENDED, c.EndPhase,            e.Deleted),                                                   # R-SUSP-15
)
# fmt: on

NOT_SOLD = {
    why.not_supported: (
        c.ScheduleChange,
        c.WithdrawScheduledChange,
        c.QueueBillingPlan,
        c.WithdrawBillingPlan,
        c.ChangeTerm,
        c.Upgrade,
        c.ConvertTrial,
        c.ExtendTrial,
        c.Transfer,
    )
}
"""Commands that only other models have; they are refused in every status."""

_HERE = (EVERYWHERE, NOT_SOLD)

BY_STATUS: ByStatus = {
    NONE: (why.subscription_not_found, ({why.not_supported: (c.StartTrial,)},)),
    PENDING: (why.not_active, (*_HERE, NOTHING_IN_FLIGHT)),
    TRIAL: (
        why.already_in_state,
        (
            *_HERE,
            NOTHING_IN_FLIGHT,
            {why.trial_quantity_locked: (c.AddSeats, c.RemoveSeats), why.trial_status_locked: (c.Suspend,)},
        ),
    ),
    ACTIVE: (why.already_in_state, (*_HERE, NOTHING_IN_FLIGHT)),
    RENEWING: (
        why.conflict,
        (
            *_HERE,
            {
                why.renewal_locked: (c.Suspend, c.Reactivate, c.TurnOnAutoRenew, c.TurnOffAutoRenew),
                why.nothing_in_flight: (c.CompleteCycleCharge,),
            },
        ),
    ),
    SUSPENDED: (
        why.suspended_no_update,
        (*_HERE, NOTHING_IN_FLIGHT, {why.quantity_while_suspended: (c.AddSeats, c.RemoveSeats)}),
    ),
    EXPIRED: (why.no_updates, (EVERYWHERE, ENDED, NOT_SOLD)),
    DISABLED: (why.no_updates, (EVERYWHERE, ENDED, NOT_SOLD)),
    DELETED: (why.deleted, (*_HERE, NOTHING_IN_FLIGHT)),
}

MARKETPLACE_SAAS = Policy(
    id="marketplace-saas",
    commerce=Commerce.MARKETPLACE_SAAS,
    rows=ROWS,
    closed=closed_cells(ROWS, BY_STATUS),
    voids={},
    carries={},
    on_every_update=(running.updates_remain,),
    cancellation=(  # R-CANCEL-10, R-CANCEL-11: exactly at the limit is outside (AMB-10)
        Window(Exactly(timedelta(hours=24), included=False), RefundKind.FULL, frozenset({Plan.MONTHLY})),
        Window(Exactly(timedelta(days=14), included=False), RefundKind.FULL, frozenset({Plan.ANNUAL, Plan.TRIENNIAL})),
    ),
    reduction=WholeTerm(),  # R-SEATS-16
    trial=TrialTerms(),
    windows_reopen=False,  # D-04: the window counts from the order
    suspension=Suspension(
        keeps_auto_renew=True,
        charges_go_on=False,
        limit=timedelta(days=30),
        outlives_the_term=True,
        ends_as=EndReason.UNPAID,
    ),
)
