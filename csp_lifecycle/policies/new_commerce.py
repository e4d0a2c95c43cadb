"""New commerce: everything that Microsoft says about it, on one page, as data.

Read a row as a sentence: *while ACTIVE, on Cancel, records Canceled, only if the cancellation window is open*.
What a status does not permit stands in `BY_STATUS`, with its reason. "Suspending voids scheduled changes" is the
line of `Suspended` in `VOIDS`.
"""

from datetime import timedelta

from csp_lifecycle.policies import reasons as why
from csp_lifecycle.policies import selectors
from csp_lifecycle.policies.closing import ByStatus, Special, closed_cells
from csp_lifecycle.policies.guards import alignment, change, customer, running, sale
from csp_lifecycle.policies.policy import Carry, Closed, Policy, Row
from csp_lifecycle.policies.shared import (
    ACTIVE,
    BOTH,
    BUYER,
    DELETED,
    DISABLED,
    ENDED,
    EVERYWHERE,
    EXPIRED,
    FITS,
    NEXT_TERM,
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
from csp_lifecycle.policies.terms import TrialTerms, Window
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.values.windows import Exactly, RefundKind
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Cancel,
    ChangeTerm,
    CompleteCycleCharge,
    CompleteRenewal,
    ConvertTrial,
    EndCycle,
    EndPhase,
    EndTerm,
    ExtendTrial,
    Purchase,
    QueueBillingPlan,
    Reactivate,
    RemoveSeats,
    Rename,
    ScheduleChange,
    StartTrial,
    Suspend,
    Transfer,
    TurnOffAutoRenew,
    TurnOnAutoRenew,
    Upgrade,
    WithdrawBillingPlan,
    WithdrawScheduledChange,
)
from csp_lifecycle.vocabulary.events import (
    AutoRenewTurnedOff,
    AutoRenewTurnedOn,
    BillingPlanQueued,
    BillingPlanWithdrawn,
    Canceled,
    ChangeScheduled,
    CycleCharged,
    CycleChargeStarted,
    Deleted,
    Disabled,
    Expired,
    Purchased,
    Reactivated,
    Renamed,
    RenewalStarted,
    Renewed,
    ScheduledChangeWithdrawn,
    SeatsAdded,
    SeatsMovedIn,
    SeatsMovedOut,
    SeatsRemoved,
    Suspended,
    SuspensionReasonLifted,
    TermChanged,
    Transferred,
    TrialConverted,
    TrialStarted,
    Upgraded,
)
from csp_lifecycle.vocabulary.subscription import Commerce

# Groups of guards that always stand together, in the order in which they are asked.
ALIGNED = (
    alignment.product_may_be_aligned,
    alignment.aligned_subscription_exists,
    alignment.end_lies_inside_the_term,
    alignment.month_may_end_there,
    alignment.longer_term_is_not_aligned_with_a_month,
    alignment.end_matches_something,
)
TARGET = (
    change.target_is_another,
    change.target_exists,
    change.target_is_paid_for_by_the_customer,
    change.target_is_ready,
    change.target_is_active,
    change.target_holds_the_offer,
)
MOVABLE = (
    *TARGET,
    change.path_exists,
    change.target_is_outside_its_window,
    change.target_term_is_not_shorter,
    change.target_outlives_source,
    change.source_has_the_seats,
    change.enough_seats_stay_behind,
    change.target_has_room,
)
LIFTABLE = (running.reason_is_in_force, running.base_is_back, running.term_is_running)
SCHEDULABLE = (
    running.auto_renew_is_needed,
    sale.offer_is_for_sale,
    change.offer_is_kept_or_path_exists,
    *FITS,
    sale.seats_are_in_range,
    customer.no_second_one_comes_of_it,
    *ALIGNED,
    change.schedule_changes_something,
)

# fmt: off
ROWS = (
    # while        on                   records            only if
    Row(NONE,      Purchase,            Purchased,         sale.terms_are_named, *SOLD, *FITS,
                                                           sale.seats_are_in_range, *BUYER, *ALIGNED),
    Row(NONE,      StartTrial,          TrialStarted,      *TRIED),

    Row(ACTIVE,    AddSeats,            SeatsAdded,        sale.seats_are_in_range),
    Row(ACTIVE,    RemoveSeats,         SeatsRemoved,      running.enough_seats_are_left, running.seats_may_fall),
    Row(ACTIVE,    Rename,              Renamed,           running.name_is_new),
    Row(TRIAL,     Rename,              Renamed,           running.name_is_new),

    Row(ACTIVE,    Suspend,             Suspended),
    Row(SUSPENDED, Suspend,             Suspended,         running.reason_is_new),
    Row(SUSPENDED, Reactivate,          Reactivated,       *LIFTABLE, when=selectors.lifts_the_last_reason),
    Row(SUSPENDED, Reactivate,          SuspensionReasonLifted, *LIFTABLE, when=selectors.lifts_one_of_several),
    Row(ACTIVE,    Cancel,              Canceled,          running.no_choice_of_term_end,
                                                           running.cancellation_window_is_open),
    Row(SUSPENDED, Cancel,              Canceled,          running.no_choice_of_term_end,
                                                           running.cancellation_window_is_open),

    Row(ACTIVE,    TurnOnAutoRenew,     AutoRenewTurnedOn,  running.auto_renew_was_off),
    Row(TRIAL,     TurnOnAutoRenew,     AutoRenewTurnedOn,  running.auto_renew_was_off),
    Row(ACTIVE,    TurnOffAutoRenew,    AutoRenewTurnedOff, running.auto_renew_was_on),
    Row(TRIAL,     TurnOffAutoRenew,    AutoRenewTurnedOff, running.auto_renew_was_on),
    Row(ACTIVE,    ScheduleChange,      ChangeScheduled,   *SCHEDULABLE),
    Row(TRIAL,     ScheduleChange,      ChangeScheduled,   *SCHEDULABLE),
    Row(ACTIVE,    WithdrawScheduledChange, ScheduledChangeWithdrawn, running.something_is_scheduled),
    Row(TRIAL,     WithdrawScheduledChange, ScheduledChangeWithdrawn, running.something_is_scheduled),

    Row(ACTIVE,    QueueBillingPlan,    BillingPlanQueued, running.queue_is_not_locked, running.no_promotion_binds,
                                                           running.another_plan_is_asked_for, sale.plan_fits_term,
                                                           running.plan_is_not_upfront, running.plan_may_be_changed,
                                                           sale.offer_is_for_sale, sale.plan_is_priced,
        when=selectors.names_another_plan),
    Row(ACTIVE,    QueueBillingPlan,    BillingPlanWithdrawn, running.queue_is_not_locked,
        when=selectors.names_the_plan_in_force),
    Row(ACTIVE,    WithdrawBillingPlan, BillingPlanWithdrawn, running.queue_is_not_locked, running.a_plan_is_queued),
    Row(ACTIVE,    ChangeTerm,          TermChanged,       running.nothing_is_in_flight, running.no_promotion_binds,
                                                           change.term_becomes_longer, sale.offer_is_for_sale, *FITS,
                                                           change.upfront_may_begin_mid_term,
                                                           sale.seats_are_in_range, change.fewer_seats_are_reducible),

    Row(ACTIVE,    Upgrade,             Upgraded,          change.no_seat_stays_behind, sale.offer_is_for_sale,
                                                           change.path_exists, change.term_is_not_shorter, *FITS,
                                                           change.upfront_begins_a_term,
                                                           change.upfront_may_begin_mid_term,
                                                           sale.seats_are_in_range, customer.no_second_one_comes_of_it,
        when=selectors.in_place),
    Row(ACTIVE,    Upgrade,             SeatsMovedOut,     change.some_seats_stay_behind,
                                                           change.enough_seats_stay_behind,
                                                           change.new_subscription_is_new, sale.offer_is_for_sale,
                                                           change.path_exists, change.term_is_not_shorter, *FITS,
                                                           sale.seats_are_in_range,
                                                           customer.no_second_one_comes_of_it,
        when=selectors.into_a_new_subscription, also=(Purchased,)),
    Row(ACTIVE,    Upgrade,             (SeatsMovedOut, Deleted), *MOVABLE,
        when=selectors.all_seats_into_another, also=(SeatsMovedIn,)),
    Row(ACTIVE,    Upgrade,             SeatsMovedOut,     *MOVABLE,
        when=selectors.some_seats_into_another, also=(SeatsMovedIn,)),
    Row(TRIAL,     ConvertTrial,        TrialConverted,    sale.offer_is_for_sale, change.trial_may_become, *FITS,
                                                           change.upfront_may_begin_mid_term,
                                                           change.trial_keeps_its_seats, sale.seats_are_in_range,
                                                           customer.no_second_one_comes_of_it,
        when=selectors.into_paid_terms),
    Row(TRIAL,     ConvertTrial,        (SeatsMovedOut, Deleted), *TARGET, change.trial_may_become,
                                                           change.target_outlives_source, change.target_has_room,
        when=selectors.into_another, also=(SeatsMovedIn,)),

    Row(ACTIVE,    Transfer,            Transferred,       running.nothing_is_in_flight, change.new_subscription_is_new,
        also=(Purchased,)),

    # Time speaks in commands too.
    Row(ACTIVE,    EndCycle,            CycleCharged,      sale.queued_plan_is_priced,
        when=selectors.charge_completes_at_once),
    Row(ACTIVE,    EndCycle,            CycleChargeStarted, sale.queued_plan_is_priced,
        when=selectors.charge_takes_its_time),
    Row(SUSPENDED, EndCycle,            CycleCharged,      sale.queued_plan_is_priced,
        when=selectors.charge_completes_at_once),
    Row(SUSPENDED, EndCycle,            CycleChargeStarted, sale.queued_plan_is_priced,
        when=selectors.charge_takes_its_time),
    Row(ACTIVE,    CompleteCycleCharge, CycleCharged,      running.a_cycle_charge_is_in_flight,
                                                           sale.queued_plan_is_priced),
    Row(SUSPENDED, CompleteCycleCharge, CycleCharged,      running.a_cycle_charge_is_in_flight,
                                                           sale.queued_plan_is_priced),
    Row(ACTIVE,    EndTerm,             Renewed,           *SOLD, *FITS, when=selectors.renewal_completes_at_once),
    Row(ACTIVE,    EndTerm,             RenewalStarted,    *SOLD, *FITS, when=selectors.renewal_takes_its_time),
    Row(ACTIVE,    EndTerm,             Expired,           when=selectors.auto_renew_is_off),
    Row(TRIAL,     EndTerm,             TrialConverted,    *SOLD, *FITS, when=selectors.renewal_completes_at_once),
    Row(TRIAL,     EndTerm,             RenewalStarted,    *SOLD, *FITS, when=selectors.renewal_takes_its_time),
    Row(TRIAL,     EndTerm,             Expired,           when=selectors.auto_renew_is_off),
    Row(RENEWING,  CompleteRenewal,     Renewed,           *SOLD, *FITS, when=selectors.a_paid_term_ends),
    Row(RENEWING,  CompleteRenewal,     TrialConverted,    *SOLD, *FITS, when=selectors.the_trial_ends),
    Row(SUSPENDED, EndTerm,             Deleted),                                            # R-SUSP-08, D-01
    Row(EXPIRED,   EndPhase,            Disabled),
    Row(DISABLED,  EndPhase,            Deleted),
)

VOIDS = {                           # R-SCHED-05..07, AMB-53: what waits for which slot is lost with which event
    SeatsAdded: NEXT_TERM,
    SeatsRemoved: NEXT_TERM,
    SeatsMovedOut: NEXT_TERM,
    SeatsMovedIn: NEXT_TERM,
    Suspended: NEXT_TERM,           # R-SUSP-05: suspending voids scheduled changes and keeps the queued plan
    AutoRenewTurnedOff: NEXT_TERM,
    Upgraded: BOTH,
    TermChanged: BOTH,
    TrialConverted: BOTH,
    Canceled: BOTH,
    Transferred: BOTH,
    Renewed: BOTH,
    Expired: BOTH,
    Deleted: BOTH,
}
# fmt: on

# Status: what its closed cells say where nothing else is written, and the cells that say something else.
BY_STATUS: ByStatus = {
    NONE: (why.subscription_not_found, ()),
    PENDING: (
        why.not_active,
        (
            EVERYWHERE,
            NOTHING_IN_FLIGHT,
            {why.nothing_scheduled: (WithdrawScheduledChange,)},
        ),
    ),
    TRIAL: (
        why.already_in_state,
        (
            EVERYWHERE,
            {
                why.trial_quantity_locked: (AddSeats, RemoveSeats),
                why.trial_status_locked: (Suspend, Cancel),
                why.trial_term_locked: (QueueBillingPlan, WithdrawBillingPlan, ChangeTerm),
                why.use_trial_conversion: (Upgrade,),
                why.not_extendable: (ExtendTrial,),
                why.not_eligible: (Transfer,),
            },
            NOTHING_IN_FLIGHT,
        ),
    ),
    ACTIVE: (
        why.already_in_state,
        (
            EVERYWHERE,
            {why.not_a_trial: (ConvertTrial, ExtendTrial), why.nothing_in_flight: (CompleteRenewal,)},
        ),
    ),
    RENEWING: (
        why.conflict,
        (
            EVERYWHERE,
            {
                why.renewal_locked: (Suspend, Reactivate, TurnOnAutoRenew, TurnOffAutoRenew, ScheduleChange),
                why.nothing_in_flight: (CompleteCycleCharge,),
            },
        ),
    ),
    SUSPENDED: (
        why.suspended_no_update,
        (EVERYWHERE, ENDED, {why.quantity_while_suspended: (AddSeats, RemoveSeats)}),
    ),
    EXPIRED: (why.no_updates, (EVERYWHERE, ENDED, {why.not_reactivable: (Reactivate,)})),
    DISABLED: (why.no_updates, (EVERYWHERE, ENDED, {why.not_reactivable: (Reactivate,)})),
    DELETED: (why.deleted, (EVERYWHERE, ENDED)),
}


# D-19: where nothing is scheduled, that is the answer in every status.
SPECIAL_CELLS: Special = {
    (RENEWING, WithdrawScheduledChange): Closed(why.renewal_locked, first=(running.something_is_scheduled,)),
}

NEW_COMMERCE = Policy(
    id="new-commerce",
    commerce=Commerce.NEW_COMMERCE,
    rows=ROWS,
    closed=closed_cells(ROWS, BY_STATUS, SPECIAL_CELLS),
    voids=VOIDS,
    carries={Suspended: Carry(with_the_base), Reactivated: Carry(with_the_base)},  # D-05
    on_every_update=(running.updates_remain,),
    cancellation=(  # R-CANCEL-02
        Window(Exactly(timedelta(hours=24)), RefundKind.FULL),
        Window(Exactly(timedelta(days=7)), RefundKind.PRORATED),
    ),
    reduction=Exactly(timedelta(days=7)),  # R-SEATS-02
    trial=TrialTerms(),
    plan_changes={
        TermLength.THREE_YEARS: frozenset({(Plan.MONTHLY, Plan.ANNUAL), (Plan.ANNUAL, Plan.MONTHLY)})
    },  # 2.8.1
)
