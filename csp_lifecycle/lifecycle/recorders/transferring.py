"""Recorders of subscriptions that move between partners."""

from datetime import datetime
from decimal import Decimal
from typing import cast

from csp_lifecycle.lifecycle.recorders.registry import records
from csp_lifecycle.lifecycle.recorders.terms import head
from csp_lifecycle.policies.policy import Attempt
from csp_lifecycle.policies.terms import TransferDay
from csp_lifecycle.policies.wanted import running_term
from csp_lifecycle.values.calendar import DAY, Cycle, Plan, Term, midnight
from csp_lifecycle.vocabulary.commands import Transfer
from csp_lifecycle.vocabulary.events import Origin, Purchased, Transferred


@records(Transferred, Transfer)
def transferred(attempt: Attempt[Transfer]) -> Transferred:
    """The source ends; the day of the transfer belongs to the target (R-TRANSFER-04)."""
    command = attempt.command
    return Transferred(
        **head(attempt),
        partner_id=command.partner_id,
        into_subscription_id=command.new_subscription_id,
    )


@records(Purchased, Transfer)
def purchased_by_transfer(attempt: Attempt[Transfer]) -> Purchased:
    """The same terms go on to the same end; no window opens at the target (R-TRANSFER-01, AMB-34)."""
    command, source = attempt.command, attempt.subscription
    term, cycle = running_term(source), cast("Cycle", source.charge_cycle)
    starts_at = _first_instant(attempt)
    return Purchased(
        at=command.at,
        subscription_id=command.new_subscription_id,
        customer_id=source.customer_id,
        offer_id=source.offer_id,
        commerce=source.commerce,
        policy=source.policy,
        named_policy=source.named_policy,
        seats=source.seats,
        term=Term(length=term.length, starts_at=starts_at, ends_on=term.ends_on),
        plan=cast("Plan", source.plan),
        cycle_anchor=source.cycle_anchor or term.starts_on,
        charge_cycle=Cycle(starts_on=starts_at.date(), ends_on=cycle.ends_on),
        unit_price=cast("Decimal", source.unit_price),
        currency=cast("str", source.currency),
        refunds=(),
        seat_lots=(),
        auto_renew=True,
        origin=Origin.TRANSFER,
        from_subscription_id=source.subscription_id,
        billing_currency=source.billing_currency,
    )


def _first_instant(attempt: Attempt[Transfer]) -> datetime:
    """When the target's term begins (R-TRANSFER-04, AMB-33)."""
    at = attempt.command.at
    return at if attempt.policy.transfer_first_day is TransferDay.SAME_DAY else midnight(at.date() + DAY)
