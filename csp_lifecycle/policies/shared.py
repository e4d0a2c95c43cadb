"""What the pages of several commerce models have in common: statuses by their short names, groups, closed cells."""

from csp_lifecycle.policies import reasons as why
from csp_lifecycle.policies.closing import Cells
from csp_lifecycle.policies.guards import customer, sale
from csp_lifecycle.policies.guards.running import BASE
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary.events import Reactivated, Suspended
from csp_lifecycle.vocabulary.subscription import Slot, Status

NONE, PENDING, TRIAL, ACTIVE = Status.NONE, Status.PENDING, Status.TRIAL, Status.ACTIVE
RENEWING, SUSPENDED, EXPIRED = Status.RENEWING, Status.SUSPENDED, Status.EXPIRED
DISABLED, DELETED = Status.DISABLED, Status.DELETED

NEXT_TERM = frozenset({Slot.NEXT_TERM})
NEXT_CHARGE = frozenset({Slot.NEXT_CHARGE})
BOTH = NEXT_TERM | NEXT_CHARGE

# Groups of guards that always stand together, in the order in which they are asked.
SOLD = (sale.offer_is_for_sale, sale.policy_is_known)
FITS = (sale.plan_fits_term, sale.plan_is_priced, sale.currency_is_settled)
BUYER = (
    customer.attestation_is_given,
    customer.resellers_are_few,
    customer.resellers_differ,
    customer.base_exists,
    customer.base_is_active,
    customer.base_takes_the_add_on,
    customer.compatible_base_is_held,
    customer.no_suspended_holding,
    customer.offer_is_not_held,
)
TRIED = (
    customer.trial_is_for_sale,
    customer.offer_has_a_trial,
    *SOLD,
    sale.plan_is_priced,
    sale.currency_is_settled,
    customer.offer_is_new_to_the_customer,
    customer.no_second_one_comes_of_it,
)

EVERYWHERE: Cells = {
    why.subscription_exists: (c.Purchase, c.StartTrial),
    why.not_supported: (c.Migrate, c.ChangePaymentMethod),
    why.nothing_due: (c.EndCycle, c.EndTerm, c.EndPhase),
}
"""What every status after the first event has in common; a model that has rows for one of these opens it."""

NOTHING_IN_FLIGHT: Cells = {why.nothing_in_flight: (c.CompleteRenewal, c.CompleteCycleCharge)}

ENDED: Cells = {
    why.not_active: (c.Upgrade,),
    why.not_a_trial: (c.ConvertTrial, c.ExtendTrial),
    why.not_eligible: (c.Transfer,),
    why.nothing_scheduled: (c.WithdrawScheduledChange,),
    **NOTHING_IN_FLIGHT,
}
"""What a suspended subscription and one that has ended have in common."""


def with_the_base(event: Suspended | Reactivated, add_on: str) -> c.Suspend | c.Reactivate:
    """What an add-on does when its base is suspended or reactivated (D-05)."""
    kind = c.Suspend if isinstance(event, Suspended) else c.Reactivate
    return kind(at=event.at, subscription_id=add_on, reason=BASE)
