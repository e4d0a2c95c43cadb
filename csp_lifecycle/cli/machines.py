"""The face for machines: one JSON object a line, as the contract writes it."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

from csp_lifecycle.billing.account import balance, standings
from csp_lifecycle.cli.chapters import Told
from csp_lifecycle.errors import CommandRefusedError, InvalidLogError, LifecycleError, LogRefusedError
from csp_lifecycle.lifecycle.choices import CustomEnd, UpgradeTarget
from csp_lifecycle.lifecycle.diagram import ACTIONS, cell, diagram
from csp_lifecycle.lifecycle.legality import Option
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.service import AccountAnswer, Answer, Due
from csp_lifecycle.service.moving import Imported
from csp_lifecycle.service.privacy import Redaction
from csp_lifecycle.service.verifying import Verdict
from csp_lifecycle.stores.envelopes import envelope_json
from csp_lifecycle.stores.store import Envelope
from csp_lifecycle.vocabulary.account import Account, Invoice
from csp_lifecycle.vocabulary.charge_line import ChargeLine
from csp_lifecycle.vocabulary.names import AnyCommand, command_name
from csp_lifecycle.vocabulary.subscription import Status, Subscription
from csp_lifecycle.wire.account import balance_json, document_json
from csp_lifecycle.wire.charge_lines import charge_line_json
from csp_lifecycle.wire.events import event_json
from csp_lifecycle.wire.refusals import error_json, plain, reason_json, refusal_json
from csp_lifecycle.wire.subscription import subscription_json
from csp_lifecycle.wire.text import write


class JsonLines:
    """Prints JSON, each line as soon as it is known; *charged*: with what it costs."""

    def __init__(self, *, charged: bool = False) -> None:
        self._charged = charged

    def taken(self, line: int, answer: Answer | AccountAnswer) -> None:
        """See `Output.taken`."""
        stuck = _stuck_json(answer)
        taken = {"line": line, "recorded": _events_json(answer), **({"stuck": stuck} if stuck else {})}
        charges = {"charges": [charge_line_json(one) for one in answer.charges]} if self._charged else {}
        _print(taken | charges)

    def refused(
        self,
        refusal: CommandRefusedError,
        line: int | None = None,
        command: AnyCommand | None = None,  # noqa: ARG002 - the line tells which
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

    def watching(self, size: int | None) -> AbstractContextManager[Callable[[int], None]]:  # noqa: ARG002
        """See `Output.watching`. Machines wait for the end."""
        return nullcontext(lambda _: None)

    def imported(self, imported: Imported) -> None:
        """See `Output.imported`."""
        _print({"events": imported.events, "added": imported.added})

    def not_imported(self, refused: LogRefusedError) -> None:
        """See `Output.not_imported`. As in `play`, an error is what can be seen in the line alone."""
        kind = "error" if isinstance(refused.reason, InvalidLogError) else "failed"
        _print({"line": refused.line, kind: error_json(refused)})

    def verified(self, verdict: Verdict) -> None:
        """See `Output.verified`."""
        checkpoint = None if verdict.checkpoint is None else str(verdict.checkpoint)
        found = {"ok": verdict.ok, "events": verdict.events, "position": verdict.position, "what": verdict.what}
        _print({**found, "checkpoint": checkpoint})

    def redacted(self, redaction: Redaction) -> None:
        """See `Output.redacted`."""
        _print({"events": redaction.events, "pseudonym": redaction.pseudonym})

    def charges(self, lines: Iterable[ChargeLine]) -> int:
        """See `Output.charges`."""
        return _print_all(map(charge_line_json, lines))

    def documents(self, account: Account, found: Iterable[Invoice], as_of: datetime) -> int:
        """See `Output.documents`."""
        stands = standings(account, as_of.date())
        return _print_all(document_json(account, one, stands[one.invoice_id]) for one in found)

    def balance(self, account: Account, as_of: datetime) -> None:
        """See `Output.balance`."""
        _print(balance_json(account, balance(account, as_of.date()), as_of))

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


def _events_json(answer: Answer | AccountAnswer) -> list[dict[str, Any]]:
    return [event_json(event) for event in answer.recorded]


def _stuck_json(answer: Answer | AccountAnswer) -> list[dict[str, Any]]:
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
