"""Dynamics sold directly by Microsoft, on one page, as data.

It is canceled at the end of the running charge cycle, comes back from the dead through billing support, and has
a trial that is extended once. What support may do, the actor of the command decides.
"""

from csp_lifecycle.policies import reasons as why
from csp_lifecycle.policies import selectors
from csp_lifecycle.policies.closing import ByStatus, closed_cells
from csp_lifecycle.policies.guards import asker, change, customer, older, running, sale
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
    TRIED,
)
from csp_lifecycle.policies.terms import LaterCancellation, TrialTerms
from csp_lifecycle.values.windows import WholeTerm
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary import events as e
from csp_lifecycle.vocabulary.subscription import Commerce

PAYABLE = (asker.method_is_another, asker.support_or_the_renewal_changes_the_method)

# fmt: off
ROWS = (
    # while        on                     records              only if
    Row(NONE,      c.Purchase,            e.Purchased,         sale.terms_are_named, *SOLD, *FITS,
                                                               sale.seats_are_in_range, older.new_customer_buys_enough,
                                                               older.end_is_natural, *BUYER),
    Row(NONE,      c.StartTrial,          e.TrialStarted,      *TRIED),

    Row(ACTIVE,    c.AddSeats,            e.SeatsAdded,        sale.seats_are_in_range),
    Row(ACTIVE,    c.RemoveSeats,         e.SeatsRemoved,      running.enough_seats_are_left, running.seats_may_fall),
    Row(ACTIVE,    c.Rename,              e.Renamed,           running.name_is_new),
    Row(TRIAL,     c.Rename,              e.Renamed,           running.name_is_new),
    Row(ACTIVE,    c.Cancel,              e.CancellationScheduled, older.end_is_not_chosen,       # R-CANCEL-15
                                                               older.cancellation_is_news),
    Row(EXPIRED,   c.Reactivate,          e.Reactivated,       asker.support_brings_it_back,            # R-STATUS-03
                                                               older.account_was_paid_for, *SOLD, *FITS,
                                                               customer.no_second_one_comes_of_it),
    Row(ACTIVE,    c.ChangeTerm,          e.TermChanged,       asker.support_changes_the_plan,
                                                               running.no_promotion_binds, sale.offer_is_for_sale,
                                                               older.term_is_not_cut_short, older.terms_are_others,
                                                               *FITS, sale.seats_are_in_range),
    Row(ACTIVE,    c.ChangePaymentMethod, e.PaymentMethodChanged, *PAYABLE),
    Row(RENEWING,  c.ChangePaymentMethod, e.PaymentMethodChanged, *PAYABLE),
    Row(TRIAL,     c.ExtendTrial,         e.TrialExtended,     asker.trial_was_not_extended, asker.card_is_on_file),
    Row(TRIAL,     c.ConvertTrial,        e.TrialConverted,    older.conversion_is_in_place, sale.offer_is_for_sale,
                                                               change.trial_may_become, *FITS,
                                                               change.trial_keeps_its_seats, sale.seats_are_in_range,
                                                               customer.no_second_one_comes_of_it),

    Row(ACTIVE,    c.EndCycle,            e.CycleCharged,      when=selectors.it_goes_on),
    Row(ACTIVE,    c.EndCycle,            e.Expired,           when=selectors.cancellation_is_scheduled),
    Row(ACTIVE,    c.EndTerm,             e.Renewed,           *SOLD, *FITS, when=selectors.renewal_completes_at_once),
    Row(ACTIVE,    c.EndTerm,             e.RenewalStarted,    *SOLD, *FITS, when=selectors.renewal_takes_its_time),
    Row(ACTIVE,    c.EndTerm,             e.Expired,           when=selectors.auto_renew_is_off),
    Row(RENEWING,  c.CompleteRenewal,     e.Renewed,           *SOLD, *FITS),
    Row(TRIAL,     c.EndTerm,             e.Expired),
)
# fmt: on

NOT_SOLD = {
    why.not_supported: (
        c.Suspend,
        c.TurnOnAutoRenew,
        c.TurnOffAutoRenew,
        c.ScheduleChange,
        c.WithdrawScheduledChange,
        c.QueueBillingPlan,
        c.WithdrawBillingPlan,
        c.Upgrade,
        c.Transfer,
        c.Activate,
    )
}
"""Commands that only other models have; they are refused in every status (D-02, D-03)."""

_HERE = (EVERYWHERE, NOT_SOLD)
_OVER = (EVERYWHERE, ENDED, NOT_SOLD, {why.no_updates: (c.ChangePaymentMethod,)})

BY_STATUS: ByStatus = {
    NONE: (why.subscription_not_found, ()),
    PENDING: (why.not_active, (*_HERE, NOTHING_IN_FLIGHT, {why.not_active: (c.ChangePaymentMethod,)})),
    TRIAL: (
        why.already_in_state,
        (
            *_HERE,
            NOTHING_IN_FLIGHT,
            {
                why.trial_quantity_locked: (c.AddSeats, c.RemoveSeats),
                why.trial_status_locked: (c.Cancel,),
                why.trial_term_locked: (c.ChangeTerm,),
                why.not_active: (c.ChangePaymentMethod,),
            },
        ),
    ),
    ACTIVE: (
        why.already_in_state,
        (*_HERE, NOTHING_IN_FLIGHT, {why.not_a_trial: (c.ConvertTrial, c.ExtendTrial)}),
    ),
    RENEWING: (
        why.conflict,
        (*_HERE, {why.renewal_locked: (c.Reactivate,), why.nothing_in_flight: (c.CompleteCycleCharge,)}),
    ),
    SUSPENDED: (why.suspended_no_update, _OVER),
    EXPIRED: (why.no_updates, _OVER),
    DISABLED: (why.no_updates, _OVER),
    DELETED: (why.deleted, (*_OVER, {why.deleted: (c.ChangePaymentMethod,)})),
}

DYNAMICS_DIRECT = Policy(
    id="dynamics-direct",
    commerce=Commerce.DYNAMICS_DIRECT,
    rows=ROWS,
    closed=closed_cells(ROWS, BY_STATUS),
    voids={},
    carries={},
    on_every_update=(running.updates_remain,),
    cancellation=(),
    reduction=WholeTerm(),  # R-SEATS-19
    trial=TrialTerms(converts_by_itself=False),
    expired_for=None,  # AMB-67
    later_cancellation=LaterCancellation.WITH_THE_CYCLE,
)
