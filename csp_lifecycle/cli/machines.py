"""The face for machines: one JSON object a line, as the contract writes it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from csp_lifecycle.cli.chapters import Told
from csp_lifecycle.errors import CommandRefusedError, LifecycleError
from csp_lifecycle.lifecycle.choices import CustomEnd, UpgradeTarget
from csp_lifecycle.lifecycle.diagram import ACTIONS, cell, diagram
from csp_lifecycle.lifecycle.legality import Option
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.service import Answer, Due
from csp_lifecycle.stores.store import Envelope, envelope_json
from csp_lifecycle.vocabulary.commands import Advance, Command
from csp_lifecycle.vocabulary.names import command_name
from csp_lifecycle.vocabulary.subscription import Status, Subscription
from csp_lifecycle.wire.events import event_json
from csp_lifecycle.wire.refusals import error_json, plain, reason_json, refusal_json
from csp_lifecycle.wire.subscription import subscription_json
from csp_lifecycle.wire.text import write


class JsonLines:
    """Prints JSON, each line as soon as it is known."""

    def taken(self, line: int, answer: Answer) -> None:
        """See `Output.taken`."""
        stuck = _stuck_json(answer)
        _print({"line": line, "recorded": _events_json(answer), **({"stuck": stuck} if stuck else {})})

    def refused(
        self,
        refusal: CommandRefusedError,
        line: int | None = None,
        command: Command | Advance | None = None,  # noqa: ARG002 - the line tells which
    ) -> None:
        """See `Output.refused`."""
        _print({**_numbered(line), "refused": refusal_json(refusal)})

    def wrong(self, line: int, error: LifecycleError) -> None:
        """See `Output.wrong`."""
        _print({"line": line, "error": error_json(error)})

    def failed(self, error: LifecycleError, line: int | None = None) -> None:
        """See `Output.failed`."""
        _print({**_numbered(line), "failed": error_json(error)})

    def ended(self, *, kept: bool) -> None:
        """The exit status says it all."""

    def state(self, subscription: Subscription, as_of: datetime) -> None:
        """See `Output.state`."""
        _print(subscription_json(subscription, as_of))

    def states(self, seen: Iterable[tuple[Subscription, datetime]]) -> int:
        """See `Output.states`."""
        return _print_all(subscription_json(*one) for one in seen)

    def log(self, envelopes: Iterable[Envelope]) -> int:
        """See `Output.log`."""
        return _print_all(map(envelope_json, envelopes))

    def due(self, coming: Iterable[Due]) -> int:
        """See `Output.due`."""
        return _print_all(map(_due_json, coming))

    def advanced(self, answer: Answer) -> None:
        """See `Output.advanced`."""
        _print({"recorded": _events_json(answer), "stuck": _stuck_json(answer)})

    def options(self, subscription_id: str, at: datetime, options: Iterable[Option]) -> None:  # noqa: ARG002
        """See `Output.options`. Whoever asked knows about which subscription and when."""
        _print_all(map(_option_json, options))

    def custom_ends(self, ends: Iterable[CustomEnd]) -> int:
        """See `Output.custom_ends`."""
        return _print_all(
            {"ends_on": plain(one.ends_on), "legal": one.legal, "align": one.align, **_why_not(one.refusal)}
            for one in ends
        )

    def upgrade_targets(self, targets: Iterable[UpgradeTarget]) -> int:
        """See `Output.upgrade_targets`."""
        return _print_all(
            {
                "offer_id": one.offer_id,
                "subscription_id": one.subscription_id,
                "legal": one.legal,
                **_why_not(one.refusal),
            }
            for one in targets
        )

    def diagram(self, policy: Policy) -> None:
        """See `Output.diagram`."""
        _print({"policy": policy.id, "mermaid": diagram(policy)})

    def matrix(self, policy: Policy) -> None:
        """See `Output.matrix`."""
        for action in ACTIONS:
            _print({"do": command_name(action)} | {one.value: cell(policy, one, action) for one in Status})

    def story(self, told: Told) -> None:
        """See `Output.story`."""
        for subscription in told.rebuilt.values():
            _print(subscription_json(subscription))
        _print({"rebuilt": len(told.rebuilt), "equal": told.equal})


def _print(value: dict[str, Any]) -> None:
    print(write(value), flush=True)


def _print_all(values: Iterable[dict[str, Any]]) -> int:
    found = 0
    for found, value in enumerate(values, 1):  # noqa: B007 - the last number is the answer
        _print(value)
    return found


def _numbered(line: int | None) -> dict[str, int]:
    return {} if line is None else {"line": line}


def _events_json(answer: Answer) -> list[dict[str, Any]]:
    return [event_json(event) for event in answer.recorded]


def _stuck_json(answer: Answer) -> list[dict[str, Any]]:
    return [
        {
            "subscription_id": one.subscription_id,
            "code": one.refusal.code,
            "sentence": one.refusal.reason.sentence,
        }
        for one in answer.stuck
    ]


def _due_json(due: Due) -> dict[str, Any]:
    stuck = {} if due.stuck is None else {"stuck": due.stuck.code}
    return {"at": plain(due.at), "subscription_id": due.subscription_id, "what": due.what, **stuck}


def _option_json(option: Option) -> dict[str, Any]:
    return {
        "do": option.do,
        "legal": option.legal,
        "legal_from": plain(option.legal_from),
        "legal_until": plain(option.legal_until),
        **_why_not(option.refusal),
    }


def _why_not(refusal: CommandRefusedError | None) -> dict[str, Any]:
    return {"refused": None if refusal is None else reason_json(refusal)}
