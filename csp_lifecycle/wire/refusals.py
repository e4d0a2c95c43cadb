"""Refusals, errors and answers as JSON objects."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from csp_lifecycle.errors import CommandRefusedError, LifecycleError
from csp_lifecycle.wire.converter import instant_text, money_text


def refusal_json(refusal: CommandRefusedError) -> dict[str, Any]:
    """A refusal with its outlook, which is worked out here."""
    outlook = refusal.outlook
    return {
        **reason_json(refusal),
        "legal_from": plain(outlook.legal_from),
        "legal_until": plain(outlook.legal_until),
        "allowed": list(outlook.allowed),
    }


def error_json(error: LifecycleError) -> dict[str, Any]:
    """An error that is no refusal."""
    return {"code": error.code, "sentence": str(error)}


def plain(value: Any) -> Any:
    """A fact as JSON can write it."""
    match value:
        case datetime():
            return instant_text(value)
        case date():
            return value.isoformat()
        case Decimal():
            return money_text(value)
        case Enum():
            return value.value
        case tuple():
            return [plain(entry) for entry in value]
        case _:
            return value


def reason_json(refusal: CommandRefusedError) -> dict[str, Any]:
    """A refusal without its outlook."""
    return {
        "code": refusal.code,
        "rule": refusal.rule,
        "microsoft": list(refusal.reason.microsoft),
        "sentence": refusal.reason.sentence,
        "evidence": {name: plain(value) for name, value in refusal.evidence.items()},
        "retryable": refusal.reason.retryable,
    }
