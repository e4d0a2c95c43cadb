"""Clauses that can follow "when": they tell the rows of one pair apart, and of those exactly one holds."""

from typing import Any

from csp_lifecycle.policies.policy import Attempt
from csp_lifecycle.policies.wanted import extends
from csp_lifecycle.vocabulary.commands import ConvertTrial, EndCycle, EndTerm, Purchase, Reactivate, Upgrade
from csp_lifecycle.vocabulary.subscription import Phase


def auto_renew_is_off(attempt: Attempt[EndTerm]) -> bool:
    """Nobody wants the next term."""
    return not attempt.subscription.auto_renew


def renewal_completes_at_once(attempt: Attempt[EndTerm]) -> bool:
    """The next term is wanted, and nobody waits for the platform to execute the renewal."""
    return attempt.subscription.auto_renew and attempt.command.complete


def renewal_takes_its_time(attempt: Attempt[EndTerm]) -> bool:
    """The next term is wanted, and the renewal stays in flight until it is completed."""
    return attempt.subscription.auto_renew and not attempt.command.complete


def charge_completes_at_once(attempt: Attempt[EndCycle]) -> bool:
    """A plain cycle charge locks nothing (R-LOCK-01); one that applies a queued plan may be completed at once."""
    return attempt.command.complete or attempt.subscription.queued_plan is None


def charge_takes_its_time(attempt: Attempt[EndCycle]) -> bool:
    """The charge applies a queued plan and stays in flight until it is completed."""
    return not charge_completes_at_once(attempt)


def the_trial_ends(attempt: Attempt[Any]) -> bool:
    """What is renewed is a trial."""
    return attempt.subscription.is_trial


def a_paid_term_ends(attempt: Attempt[Any]) -> bool:
    """What is renewed is a paid term."""
    return not attempt.subscription.is_trial


def lifts_the_last_reason(attempt: Attempt[Reactivate]) -> bool:
    """No reason is left afterwards."""
    reason = attempt.command.reason
    return reason is None or set(attempt.subscription.suspension_reasons) <= {reason}


def lifts_one_of_several(attempt: Attempt[Reactivate]) -> bool:
    """Another reason is left afterwards."""
    return not lifts_the_last_reason(attempt)


def in_place(attempt: Attempt[Upgrade]) -> bool:
    """Neither a new nor an existing subscription is named."""
    command = attempt.command
    return command.new_subscription_id is None and command.target_subscription_id is None


def into_a_new_subscription(attempt: Attempt[Upgrade]) -> bool:
    """A new subscription is named for the seats."""
    return attempt.command.new_subscription_id is not None


def all_seats_into_another(attempt: Attempt[Upgrade]) -> bool:
    """An existing subscription is named, and no seat stays behind."""
    command = attempt.command
    return command.target_subscription_id is not None and command.seats >= attempt.subscription.seats


def some_seats_into_another(attempt: Attempt[Upgrade]) -> bool:
    """An existing subscription is named, and some seats stay behind."""
    return attempt.command.target_subscription_id is not None and not all_seats_into_another(attempt)


def into_paid_terms(attempt: Attempt[ConvertTrial]) -> bool:
    """The trial itself becomes the paid subscription."""
    return attempt.command.target_subscription_id is None


def into_another(attempt: Attempt[ConvertTrial]) -> bool:
    """The trial's seats go to an existing subscription."""
    return not into_paid_terms(attempt)


def names_the_plan_in_force(attempt: Attempt[Any]) -> bool:
    """The plan in force is asked for while another is queued: that one is withdrawn (R-BILL-11)."""
    subscription = attempt.subscription
    return subscription.queued_plan is not None and attempt.command.plan is subscription.plan


def names_another_plan(attempt: Attempt[Any]) -> bool:
    """A plan is asked for that has to wait for the next charge cycle."""
    return not names_the_plan_in_force(attempt)


def offer_has_a_free_trial(attempt: Attempt[Any]) -> bool:
    """The publisher's offer begins with free days that cannot be waived (R-PURCHASE-12)."""
    return attempt.offer is not None and attempt.offer.free_trial


def offer_has_no_free_trial(attempt: Attempt[Any]) -> bool:
    """The paid term begins at once."""
    return not offer_has_a_free_trial(attempt)


def window_is_open(attempt: Attempt[Any]) -> bool:
    """The cancellation window is open."""
    return attempt.subscription.cancellable_until(attempt.command.at) is not None


def window_is_closed(attempt: Attempt[Any]) -> bool:
    """The cancellation window is closed."""
    return not window_is_open(attempt)


def cancellation_is_scheduled(attempt: Attempt[Any]) -> bool:
    """Somebody has canceled it for the end of the cycle."""
    return attempt.subscription.cancellation_scheduled


def it_goes_on(attempt: Attempt[Any]) -> bool:
    """Nobody has canceled it."""
    return not attempt.subscription.cancellation_scheduled


def offer_has_a_licensed_part(attempt: Attempt[Purchase]) -> bool:
    """The offer has prices, so seats of it are sold (R-USAGE-05)."""
    offer = attempt.market.catalog.offer(attempt.command.offer_id)
    return offer is not None and bool(offer.prices)


def offer_is_billed_by_usage_alone(attempt: Attempt[Purchase]) -> bool:
    """The offer has no prices; it is paid for as it is used."""
    return not offer_has_a_licensed_part(attempt)


def asks_for_the_term_end(attempt: Attempt[Any]) -> bool:
    """The cancellation is to take effect when the term ends (R-EST-02)."""
    return bool(attempt.command.at_term_end)


def asks_for_now(attempt: Attempt[Any]) -> bool:
    """The cancellation is to take effect at once."""
    return not attempt.command.at_term_end


def an_extended_term_follows(attempt: Attempt[EndTerm]) -> bool:
    """Nobody wants the next term and nobody canceled: the subscription goes on from month to month (R-EST-04)."""
    return not attempt.subscription.auto_renew and extends(attempt)


def cancellation_takes_effect(attempt: Attempt[EndTerm]) -> bool:
    """Somebody chose to cancel when the term ends (R-EST-02)."""
    return not attempt.subscription.auto_renew and attempt.subscription.cancellation_scheduled


def nothing_follows(attempt: Attempt[EndTerm]) -> bool:
    """Nobody wants the next term, and the term is one of those before extended terms came."""
    off = not attempt.subscription.auto_renew and not attempt.subscription.cancellation_scheduled
    return off and not extends(attempt)


def the_grace_ends(attempt: Attempt[Any]) -> bool:
    """The first of the two steps of a disabled subscription is over (R-STATUS-04)."""
    return attempt.subscription.phase is Phase.GRACE


def the_retention_ends(attempt: Attempt[Any]) -> bool:
    """The second of the two steps is over."""
    return attempt.subscription.phase is not Phase.GRACE
