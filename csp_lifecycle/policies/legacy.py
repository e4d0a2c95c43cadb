"""Legacy (traditional) commerce, on one page, as data: what differs from new commerce is what stands here.

Terms are twelve months and always renew. Seats go up and down at any time, a subscription is canceled at any
time, a suspension is not billed and ends in deletion, and add-ons live and die with their base.
"""

from datetime import timedelta

from csp_lifecycle.policies import reasons as why
from csp_lifecycle.policies import selectors
from csp_lifecycle.policies.closing import ByStatus, closed_cells
from csp_lifecycle.policies.guards import change, customer, older, running, sale
from csp_lifecycle.policies.policy import Carry, Policy, Row
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
    with_the_base,
)
from csp_lifecycle.policies.terms import Suspension, TrialTerms, Window
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.values.windows import Months, RefundKind, WholeTerm
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary import events as e
from csp_lifecycle.vocabulary.subscription import Commerce

RELEASABLE = (running.reason_is_in_force, older.base_is_active_again, running.term_is_running)
MIGRATABLE = (
    older.no_promotion_holds_it,
    older.it_is_a_month_old,
    older.it_is_not_the_last_day,
    older.offer_is_new_commerce,
    older.no_add_on_stays_behind,
    older.its_add_ons_are_no_news,
    older.add_on_goes_with_its_base,
)

# fmt: off
ROWS = (
    # while        on                     records              only if
    Row(NONE,      c.Purchase,            e.Purchased,         sale.terms_are_named, *SOLD, older.term_is_sold, *FITS,
                                                               sale.seats_are_in_range, older.end_is_natural,
                                                               older.add_on_names_its_base, *BUYER,
                                                               older.base_term_is_running),
    Row(NONE,      c.StartTrial,          e.TrialStarted,      *TRIED),

    Row(ACTIVE,    c.AddSeats,            e.SeatsAdded,        sale.seats_are_in_range),
    Row(ACTIVE,    c.RemoveSeats,         e.SeatsRemoved,      running.enough_seats_are_left, running.seats_may_fall),
    Row(ACTIVE,    c.Rename,              e.Renamed,           running.name_is_new),
    Row(TRIAL,     c.Rename,              e.Renamed,           running.name_is_new),

    Row(ACTIVE,    c.Suspend,             e.Suspended),
    Row(SUSPENDED, c.Suspend,             e.Suspended,         running.reason_is_new),
    Row(SUSPENDED, c.Reactivate,          e.Reactivated,       *RELEASABLE, when=selectors.lifts_the_last_reason),
    Row(SUSPENDED, c.Reactivate,          e.SuspensionReasonLifted, *RELEASABLE, when=selectors.lifts_one_of_several),
    Row(ACTIVE,    c.Cancel,              e.Canceled,          older.end_is_not_chosen),
    Row(SUSPENDED, c.Cancel,              e.Canceled,          older.base_takes_it_along),                  # D-11

    Row(ACTIVE,    c.ChangeTerm,          e.TermChanged,       older.term_stays_a_year, running.no_promotion_binds,
                                                               sale.offer_is_for_sale, older.term_is_sold,
                                                               older.plan_is_another, older.order_changes_together,
                                                               *FITS, sale.seats_are_in_range),
    Row(ACTIVE,    c.Upgrade,             e.Upgraded,          older.upgrade_is_whole_and_in_place,
                                                               sale.offer_is_for_sale, change.path_exists,
                                                               older.target_is_not_held, older.term_is_sold, *FITS,
                                                               sale.seats_are_in_range),
    Row(TRIAL,     c.ConvertTrial,        e.TrialConverted,    older.conversion_is_in_place, sale.offer_is_for_sale,
                                                               change.trial_may_become, older.term_is_sold, *FITS,
                                                               change.trial_keeps_its_seats, sale.seats_are_in_range,
                                                               customer.no_second_one_comes_of_it),
    Row(ACTIVE,    c.Migrate,             e.Migrated,          *MIGRATABLE, change.new_subscription_is_new, *FITS,
                                                               sale.seats_are_in_range, older.offer_has_room,
                                                               customer.no_second_one_comes_of_it,
        also=(e.Purchased,)),

    Row(ACTIVE,    c.EndCycle,            e.CycleCharged),
    Row(ACTIVE,    c.EndTerm,             e.Renewed,           *SOLD, *FITS, when=selectors.renewal_completes_at_once),
    Row(ACTIVE,    c.EndTerm,             e.RenewalStarted,    *SOLD, *FITS, when=selectors.renewal_takes_its_time),
    Row(RENEWING,  c.CompleteRenewal,     e.Renewed,           *SOLD, *FITS),
    Row(TRIAL,     c.EndTerm,             e.Expired),                                                   # R-TRIAL-17
    Row(SUSPENDED, c.EndPhase,            e.Deleted),                                                   # R-SUSP-14
    Row(EXPIRED,   c.EndPhase,            e.Disabled),
    Row(DISABLED,  c.EndPhase,            e.Deleted),
)
# fmt: on

NOT_SOLD = {
    why.not_supported: (
        c.TurnOnAutoRenew,
        c.TurnOffAutoRenew,
        c.ScheduleChange,
        c.WithdrawScheduledChange,
        c.QueueBillingPlan,
        c.WithdrawBillingPlan,
        c.Transfer,
        c.ExtendTrial,
        c.Activate,
    )
}
"""Commands that only other models have; they are refused in every status."""

BY_STATUS: ByStatus = {
    NONE: (why.subscription_not_found, ()),
    PENDING: (why.not_active, (EVERYWHERE, NOT_SOLD, NOTHING_IN_FLIGHT, {why.migration_not_eligible: (c.Migrate,)})),
    TRIAL: (
        why.already_in_state,
        (
            EVERYWHERE,
            NOTHING_IN_FLIGHT,
            {
                why.trial_quantity_locked: (c.AddSeats, c.RemoveSeats),
                why.trial_status_locked: (c.Suspend, c.Cancel),
                why.trial_term_locked: (c.ChangeTerm,),
                why.use_trial_conversion: (c.Upgrade,),
                why.migration_not_eligible: (c.Migrate,),
            },
            NOT_SOLD,
        ),
    ),
    ACTIVE: (
        why.already_in_state,
        (EVERYWHERE, NOT_SOLD, NOTHING_IN_FLIGHT, {why.not_a_trial: (c.ConvertTrial,)}),
    ),
    RENEWING: (
        why.conflict,
        (
            EVERYWHERE,
            NOT_SOLD,
            {
                why.renewal_locked: (c.Suspend, c.Reactivate),
                why.nothing_in_flight: (c.CompleteCycleCharge,),
                why.conflict: (c.Migrate,),
            },
        ),
    ),
    SUSPENDED: (
        why.suspended_no_update,
        (
            EVERYWHERE,
            ENDED,
            {why.quantity_while_suspended: (c.AddSeats, c.RemoveSeats), why.migration_not_eligible: (c.Migrate,)},
            NOT_SOLD,
        ),
    ),
    EXPIRED: (
        why.no_updates,
        (
            EVERYWHERE,
            ENDED,
            {why.not_reactivable: (c.Reactivate,), why.migration_not_eligible: (c.Migrate,)},
            NOT_SOLD,
        ),
    ),
    DISABLED: (
        why.no_updates,
        (
            EVERYWHERE,
            ENDED,
            {why.not_reactivable: (c.Reactivate,), why.migration_not_eligible: (c.Migrate,)},
            NOT_SOLD,
        ),
    ),
    DELETED: (why.deleted, (EVERYWHERE, ENDED, {why.migration_not_eligible: (c.Migrate,)}, NOT_SOLD)),
}


def canceled_with_the_base(event: e.Canceled, add_on: str) -> c.Cancel:
    """An add-on is canceled with its base (R-CANCEL-06)."""
    return c.Cancel(at=event.at, subscription_id=add_on)


def changed_with_the_base(event: e.TermChanged, add_on: str) -> c.ChangeTerm:
    """An add-on changes its plan, and begins its term again, with its base (R-ADDON-08)."""
    return c.ChangeTerm(at=event.at, subscription_id=add_on, term=event.term.length, plan=event.plan)


def migrated_with_the_base(event: e.Migrated, add_on: str) -> c.Migrate:
    """An add-on is migrated with its base, and attached to what the base becomes (R-MIGRATE-05)."""
    moved = next(one for one in event.add_ons if one.subscription_id == add_on)
    return c.Migrate(
        at=event.at,
        subscription_id=add_on,
        new_subscription_id=moved.new_subscription_id,
        offer_id=moved.offer_id,
        base_subscription_id=event.into_subscription_id,
    )


LEGACY = Policy(
    id="legacy",
    commerce=Commerce.LEGACY,
    rows=ROWS,
    closed=closed_cells(ROWS, BY_STATUS),
    voids={},
    # Renewal and expiry need no line: an add-on ends with its base's term, so its own deadline is the same instant.
    carries={
        e.Suspended: Carry(with_the_base),
        e.Reactivated: Carry(with_the_base),
        e.Canceled: Carry(canceled_with_the_base),
        e.TermChanged: Carry(changed_with_the_base, needed=True),
        e.Migrated: Carry(migrated_with_the_base, needed=True),
    },
    on_every_update=(running.updates_remain,),
    cancellation=(Window(Months(1), RefundKind.FULL), Window(WholeTerm(), RefundKind.PRORATED)),  # R-CANCEL-08
    reduction=WholeTerm(),  # R-SEATS-15
    trial=TrialTerms(converts_by_itself=False),
    terms={TermLength.YEAR: frozenset({Plan.MONTHLY, Plan.ANNUAL})},
    suspension=Suspension(keeps_auto_renew=True, charges_go_on=False, limit=timedelta(days=90)),
    add_ons_share_the_term=True,
)
