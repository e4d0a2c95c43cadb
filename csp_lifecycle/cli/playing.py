"""`play` and `preview`: commands from JSON Lines, in order, one answer a line."""

from collections.abc import Iterable
from typing import Any

from csp_lifecycle.cli.exits import HISTORY_BROKEN, IN_ERROR, REFUSED, STORE_FAILED, TAKEN
from csp_lifecycle.cli.output import Output
from csp_lifecycle.errors import CommandRefusedError, HistoryError, InvalidCommandError, StoreError
from csp_lifecycle.service import Answer, Lifecycle
from csp_lifecycle.wire.commands import read_command
from csp_lifecycle.wire.events import event_json
from csp_lifecycle.wire.refusals import error_json, refusal_json


def play(service: Lifecycle, lines: Iterable[bytes], output: Output, *, stop_on_refusal: bool = False) -> int:
    """Run the commands. A refused one stores nothing, and the next is taken all the same."""
    status = TAKEN
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        one = _take(service, number, line, output)
        status = max(status, one)
        if one >= HISTORY_BROKEN or (one == REFUSED and stop_on_refusal):
            break
    return status


def _take(service: Lifecycle, number: int, line: bytes, output: Output) -> int:
    try:
        command = read_command(line.decode())
        answer = service.handle(command)
    except UnicodeDecodeError as error:
        output.line(number, "error", error_json(InvalidCommandError(f"this line is not UTF-8: {error}")))
        return IN_ERROR
    except InvalidCommandError as error:
        output.line(number, "error", error_json(error))
        return IN_ERROR
    except CommandRefusedError as refusal:
        output.line(number, "refused", refusal_json(refusal))
        return REFUSED
    except (HistoryError, StoreError) as error:
        output.line(number, "failed", error_json(error))
        return HISTORY_BROKEN if isinstance(error, HistoryError) else STORE_FAILED
    output.line(number, "recorded", [event_json(event) for event in answer.recorded], **stuck_json(answer))
    return REFUSED if answer.stuck else TAKEN


def stuck_json(answer: Answer, *, always: bool = False) -> dict[str, Any]:
    """What could not go on, where there is something."""
    stuck = [
        {
            "subscription_id": one.subscription_id,
            "code": one.refusal.code,
            "sentence": one.refusal.reason.sentence,
        }
        for one in answer.stuck
    ]
    return {"stuck": stuck} if stuck or always else {}
