"""Why a cell of the table is closed: the reasons that policies put where no row stands."""

from csp_lifecycle.errors import Reason

not_active = Reason("not-active", "R-STATUS-01", "The subscription is not active.")
already_in_state = Reason("already-in-state", "R-SUSP-16", "The subscription is in that state already.")
no_updates = Reason(
    "no-updates", "R-STATUS-03", "The subscription has ended and takes no more changes; purchase a new one."
)
deleted = Reason(
    "deleted", "R-STATUS-01", "The subscription is deleted, and nothing brings it back; purchase a new one."
)
not_reactivable = Reason(
    "not-reactivable",
    "R-STATUS-03",
    "A subscription that has ended cannot be reactivated; purchase a new one.",
)
quantity_while_suspended = Reason(
    "quantity-while-suspended", "R-SEATS-14", "Seats cannot change while suspended.", remedies=("reactivate",)
)
suspended_no_update = Reason(
    "suspended-no-update",
    "R-SUSP-09",
    "A suspended subscription can only be reactivated or, inside its window, canceled.",
    remedies=("reactivate",),
)
conflict = Reason(
    "conflict",
    "R-LOCK-05",
    "A renewal is in flight; try again once it is complete.",
    remedies=("complete-renewal",),
)
renewal_locked = Reason(
    "renewal-locked",
    "R-LOCK-03",
    "This is read-only while a renewal is in flight.",
    remedies=("complete-renewal",),
)
trial_quantity_locked = Reason(
    "trial-quantity-locked",
    "R-TRIAL-05",
    "A trial's seats cannot change; convert it.",
    remedies=("convert-trial",),
)
trial_status_locked = Reason(
    "trial-status-locked",
    "R-TRIAL-05",
    "A trial can be neither suspended nor canceled; turn auto-renew off to let it lapse.",
    remedies=("turn-off-auto-renew",),
)
trial_term_locked = Reason(
    "trial-term-locked",
    "R-BILL-12",
    "A trial's term and plan cannot change; convert it.",
    remedies=("convert-trial",),
)
use_trial_conversion = Reason(
    "use-trial-conversion",
    "R-UPGRADE-19",
    "A trial is not upgraded but converted.",
    remedies=("convert-trial",),
)
not_a_trial = Reason("not-a-trial", "R-TRIAL-04", "The subscription is not a trial.")
not_supported = Reason("not-supported", "R-PURCHASE-02", "This commerce model has no such command.")
not_extendable = Reason("not-supported", "R-TRIAL-19", "A trial of this commerce model cannot be extended.")
not_eligible = Reason("not-eligible", "R-TRANSFER-03", "Only an active paid subscription can be transferred.")
migration_not_eligible = Reason(
    "migration-not-eligible", "R-MIGRATE-04", "Only an active paid subscription can be migrated."
)
nothing_scheduled = Reason("nothing-scheduled", "R-SCHED-03", "There is no scheduled change to withdraw.")
nothing_in_flight = Reason("nothing-in-flight", "R-LOCK-04", "Nothing is in flight that could be completed.")
subscription_not_found = Reason(
    "subscription-not-found",
    "R-PURCHASE-03",
    "There is no such subscription; check the id, or purchase it first.",
)
subscription_exists = Reason(
    "subscription-exists", "R-PURCHASE-03", "A subscription with this id exists already; choose another id."
)
nothing_due = Reason("nothing-due", "R-RENEW-03", "Nothing is due in this status.")
out_of_order = Reason(
    "out-of-order",
    "AMB-70",
    "The command is older than the last event of a subscription it changes; history is only appended to.",
)
stale_version = Reason(
    "stale-version",
    "R-LOCK-06",
    "The subscription has changed since expected_version; read it again and decide anew.",
)
command_id_reused = Reason(
    "command-id-reused", "R-LOCK-06", "This command id was used for another command; choose a new one."
)
unknown_event = Reason(
    "unknown-event",
    "INV-01",
    "A newer version of this library wrote to the subscription, and this one cannot tell what it says; upgrade it.",
)
policy_not_installed = Reason(
    "policy-not-found",
    "R-EST-06",
    "The policy of the running term is not installed here; install it and try again.",
)
no_such_policy = Reason("policy-not-found", "R-EST-06", "There is no policy of that name.")
