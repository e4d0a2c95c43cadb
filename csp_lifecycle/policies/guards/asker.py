"""Who may ask for what, outside new commerce."""

from typing import Any

from csp_lifecycle.policies import facts
from csp_lifecycle.policies.policy import Attempt, guard
from csp_lifecycle.vocabulary.commands import Actor, ChangePaymentMethod, ExtendTrial
from csp_lifecycle.vocabulary.subscription import PaymentMethod, Status


@guard("not-supported", rule="R-SUSP-15")
def microsoft_asks(attempt: Attempt[Any]) -> bool:
    """Only Microsoft suspends and reinstates a marketplace subscription, by what it sees of the payments."""
    return attempt.command.actor is Actor.MICROSOFT


@guard("support-required", rule="R-STATUS-03")
def support_brings_it_back(attempt: Attempt[Any]) -> bool:
    """Only billing support brings an expired account back."""
    return attempt.command.actor is Actor.SUPPORT


@guard("support-required", rule="R-BILL-17")
def support_changes_the_plan(attempt: Attempt[Any]) -> bool:
    """Only billing support changes how often a Dynamics subscription is charged."""
    return attempt.command.actor is Actor.SUPPORT


@guard("support-required", rule="R-RENEW-12", facts=(facts.status,))
def support_or_the_renewal_changes_the_method(attempt: Attempt[ChangePaymentMethod]) -> bool:
    """Outside a renewal, and back from invoice to card, only billing support changes the payment method."""
    renewing = attempt.subscription.status is Status.RENEWING
    to_invoice = attempt.command.method is PaymentMethod.INVOICE
    return attempt.command.actor is Actor.SUPPORT or (renewing and to_invoice)


@guard("already-in-state", rule="R-RENEW-12")
def method_is_another(attempt: Attempt[ChangePaymentMethod]) -> bool:
    """The customer pays that way already."""
    return attempt.command.method is not attempt.subscription.payment_method


@guard("card-required", rule="R-TRIAL-18")
def card_is_on_file(attempt: Attempt[ExtendTrial]) -> bool:
    """A trial is extended only with card details on file; the card is not charged."""
    return attempt.command.card_on_file


@guard("trial-already-extended", rule="R-TRIAL-18", facts=(facts.ended_at,))
def trial_was_not_extended(attempt: Attempt[ExtendTrial]) -> bool:
    """A trial can be extended once."""
    return not attempt.subscription.trial_extended
