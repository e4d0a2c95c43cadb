"""The commands that ask: state, log, what is legal, what is due, and the drawn table."""

from datetime import datetime

from csp_lifecycle.cli.exits import REFUSED, TAKEN
from csp_lifecycle.cli.output import Output
from csp_lifecycle.cli.playing import stuck_json
from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.lifecycle.diagram import ACTIONS, cell, diagram, matrix
from csp_lifecycle.lifecycle.legality import Option
from csp_lifecycle.policies import POLICIES, reasons
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.service import Lifecycle
from csp_lifecycle.stores.store import envelope_json
from csp_lifecycle.vocabulary.names import command_name
from csp_lifecycle.vocabulary.subscription import Status, Subscription
from csp_lifecycle.wire.events import event_json
from csp_lifecycle.wire.refusals import plain, reason_json
from csp_lifecycle.wire.subscription import subscription_json


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
    output.state(subscription_json(subscription, at or _latest(subscription, now)))
    return TAKEN


def list_all(service: Lifecycle, customer: str | None, output: Output, *, now: datetime) -> int:
    """The subscriptions, each as `show` shows it."""
    found = 0
    for subscription in service.subscriptions(customer):
        output.state(subscription_json(subscription, _latest(subscription, now)))
        found += 1
    return TAKEN if found else REFUSED


def _latest(subscription: Subscription, now: datetime) -> datetime:
    return now if subscription.as_of is None else max(now, subscription.as_of)


def log(service: Lifecycle, subscription_id: str | None, output: Output) -> int:
    """The events in their envelopes."""
    found = 0
    for envelope in service.log(subscription_id):
        output.envelope(envelope_json(envelope))
        found += 1
    return TAKEN if found else REFUSED


def due(service: Lifecycle, until: datetime | None, output: Output) -> int:
    """What time will bring, oldest first."""
    coming = service.due(until)
    for one in coming:
        stuck = {} if one.stuck is None else {"stuck": one.stuck.code}
        output.due({"at": plain(one.at), "subscription_id": one.subscription_id, "what": one.what, **stuck})
    return TAKEN if coming else REFUSED


def advance(service: Lifecycle, to: datetime, output: Output) -> int:
    """Take all that is due."""
    answer = service.advance(to)
    recorded = [event_json(event) for event in answer.recorded]
    output.advanced({"recorded": recorded, **stuck_json(answer, always=True)})
    return REFUSED if answer.stuck else TAKEN


def allowed(service: Lifecycle, subscription_id: str, output: Output, *, at: datetime) -> int:
    """Every command: legal or why not, and from when until when."""
    for option in service.options(subscription_id, at):
        output.option(_option_json(option))
    return TAKEN


def _option_json(option: Option) -> dict[str, object]:
    return {
        "do": option.do,
        "legal": option.legal,
        "legal_from": plain(option.legal_from),
        "legal_until": plain(option.legal_until),
        "refused": None if option.refusal is None else reason_json(option.refusal),
    }


def diagram_of(policy_id: str, output: Output) -> int:
    """The state machine, for Mermaid."""
    output.drawing(diagram(_policy(policy_id, "diagram")))
    return TAKEN


def matrix_of(policy_id: str, output: Output) -> int:
    """The matrix of commands by status."""
    policy = _policy(policy_id, "matrix")
    if output.as_json:
        for action in ACTIONS:
            output.object({"do": command_name(action)} | {one.value: cell(policy, one, action) for one in Status})
    else:
        output.drawing(matrix(policy))
    return TAKEN


def _policy(policy_id: str, asked_by: str) -> Policy:
    policy = POLICIES.get(policy_id)
    if policy is None:
        raise CommandRefusedError(asked_by, reasons.no_such_policy, {"policy": policy_id, "known": ", ".join(POLICIES)})
    return policy
