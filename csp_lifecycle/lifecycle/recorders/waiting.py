"""Recorders of changes that wait: for the next term, for the next charge."""

from csp_lifecycle.lifecycle.recorders.registry import records
from csp_lifecycle.lifecycle.recorders.terms import head
from csp_lifecycle.policies.guards.change import scheduled_by
from csp_lifecycle.policies.policy import Attempt
from csp_lifecycle.vocabulary.commands import (
    QueueBillingPlan,
    ScheduleChange,
    WithdrawBillingPlan,
    WithdrawScheduledChange,
)
from csp_lifecycle.vocabulary.events import (
    BillingPlanQueued,
    BillingPlanWithdrawn,
    ChangeScheduled,
    ScheduledChangeWithdrawn,
)
from csp_lifecycle.vocabulary.subscription import ScheduledChange


@records(ChangeScheduled, ScheduleChange)
def change_scheduled(attempt: Attempt[ScheduleChange]) -> ChangeScheduled:
    """One instruction set; it replaces the one before (R-SCHED-03)."""
    return ChangeScheduled(**head(attempt), scheduled_change=scheduled_by(attempt))


@records(ScheduledChangeWithdrawn, WithdrawScheduledChange)
def scheduled_change_withdrawn(attempt: Attempt[WithdrawScheduledChange]) -> ScheduledChangeWithdrawn:
    """The event remembers what was taken back, so that it can be scheduled again."""
    return ScheduledChangeWithdrawn(
        **head(attempt),
        scheduled_change=attempt.subscription.scheduled_change or ScheduledChange(),
    )


@records(BillingPlanQueued, QueueBillingPlan)
def billing_plan_queued(attempt: Attempt[QueueBillingPlan]) -> BillingPlanQueued:
    """It replaces the one before (R-BILL-11)."""
    command = attempt.command
    return BillingPlanQueued(**head(attempt), plan=command.plan)


@records(BillingPlanWithdrawn, QueueBillingPlan, WithdrawBillingPlan)
def billing_plan_withdrawn(attempt: Attempt[QueueBillingPlan | WithdrawBillingPlan]) -> BillingPlanWithdrawn:
    """The plan in force stays (R-BILL-11)."""
    _command, queued = attempt.command, attempt.subscription.queued_plan
    if queued is None:
        message = "a plan can be withdrawn only where one is queued"
        raise AssertionError(message)
    return BillingPlanWithdrawn(**head(attempt), plan=queued)
