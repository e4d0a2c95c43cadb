"""The commands that ask: state, log, what is legal, what is due, and the drawn table."""

from datetime import datetime

from csp_lifecycle.cli.exits import REFUSED, TAKEN
from csp_lifecycle.cli.output import Output
from csp_lifecycle.errors import CommandRefusedError, StreamNotFoundError
from csp_lifecycle.policies import POLICIES, reasons
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.service import Lifecycle, Stuck
from csp_lifecycle.values.calendar import TermLength
from csp_lifecycle.vocabulary.subscription import Subscription


def show(
    service: Lifecycle,
    subscription_id: str,
    output: Output,
    *,
    at: datetime | None,
    known_at: datetime | None,
    now: datetime,
) -> int:
    """One subscription, as of *at*; without it as of now, or of its last event if that is later."""
    subscription = service.subscription(subscription_id, as_of=at, known_at=known_at)
    output.state(subscription, at or _latest(subscription, now))
    return TAKEN


def list_all(service: Lifecycle, customer: str | None, output: Output, *, now: datetime) -> int:
    """The subscriptions, each as `show` shows it; at the end those that only a newer version can show."""
    newer = list[Stuck]()
    found = output.states((one, _latest(one, now)) for one in service.subscriptions(customer, newer=newer.append))
    for one in newer:
        output.refused(one.refusal)
    return REFUSED if newer else _found(found)


def _latest(subscription: Subscription, now: datetime) -> datetime:
    return now if subscription.as_of is None else max(now, subscription.as_of)


def _found(number: int) -> int:
    return TAKEN if number else REFUSED


def log(service: Lifecycle, subscription_id: str | None, output: Output) -> int:
    """The events in their envelopes."""
    found = output.log(service.log(subscription_id))
    if not found and subscription_id is not None:
        raise StreamNotFoundError(subscription_id)
    return _found(found)


def due(service: Lifecycle, until: datetime | None, output: Output) -> int:
    """What time will bring, oldest first."""
    return _found(output.due(service.due(until)))


def advance(service: Lifecycle, to: datetime, output: Output) -> int:
    """Take all that is due."""
    answer = service.advance(to)
    output.advanced(answer)
    return REFUSED if answer.stuck else TAKEN


def allowed(service: Lifecycle, subscription_id: str, output: Output, *, at: datetime) -> int:
    """Every command: legal or why not, and from when until when."""
    output.options(subscription_id, at, service.options(subscription_id, at))
    return TAKEN


def custom_ends(
    service: Lifecycle, customer_id: str, offer_id: str, term: TermLength, output: Output, *, at: datetime
) -> int:
    """The days on which a term bought at *at* may end, and why others may not."""
    return _found(output.custom_ends(service.custom_ends(customer_id, offer_id, term, at)))


def upgrade_targets(service: Lifecycle, subscription_id: str, output: Output, *, at: datetime) -> int:
    """Where an upgrade at *at* may lead, and why not elsewhere."""
    return _found(output.upgrade_targets(service.upgrade_targets(subscription_id, at)))


def diagram_of(policy_id: str, output: Output) -> int:
    """The state machine, for Mermaid."""
    output.diagram(_policy(policy_id, "diagram"))
    return TAKEN


def matrix_of(policy_id: str, output: Output) -> int:
    """The matrix of commands by status."""
    output.matrix(_policy(policy_id, "matrix"))
    return TAKEN


def _policy(policy_id: str, asked_by: str) -> Policy:
    policy = POLICIES.get(policy_id)
    if policy is None:
        raise CommandRefusedError(asked_by, reasons.no_such_policy, {"policy": policy_id, "known": tuple(POLICIES)})
    return policy
