"""`play` and `preview`: commands from JSON Lines, in order, one answer a line."""

from collections.abc import Iterable

from csp_lifecycle.cli.exits import HISTORY_BROKEN, IN_ERROR, REFUSED, STORE_FAILED, TAKEN
from csp_lifecycle.cli.output import Output
from csp_lifecycle.errors import CommandRefusedError, HistoryError, InvalidCommandError, StoreError
from csp_lifecycle.service import Books
from csp_lifecycle.wire.commands import read_command


def play(
    books: Books, lines: Iterable[bytes], output: Output, *, stop_on_refusal: bool = False, kept: bool = True
) -> int:
    """Run the commands. A refused one stores nothing, and the next is taken all the same."""
    status = TAKEN
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        one = _take(books, number, line, output)
        status = max(status, one)
        if one >= HISTORY_BROKEN or (one == REFUSED and stop_on_refusal):
            break
    output.ended(kept=kept)
    return status


def _take(books: Books, number: int, line: bytes, output: Output) -> int:
    """One line. Working out why one was refused reads history too, and may find it broken."""
    try:
        return _taken(books, number, line, output)
    except (HistoryError, StoreError) as error:
        output.failed(error, number)
        return HISTORY_BROKEN if isinstance(error, HistoryError) else STORE_FAILED


def _taken(books: Books, number: int, line: bytes, output: Output) -> int:
    try:
        command = read_command(line.decode())
    except UnicodeDecodeError as error:
        output.wrong(number, InvalidCommandError(f"this line is not UTF-8: {error}"))
        return IN_ERROR
    except InvalidCommandError as error:
        output.wrong(number, error)
        return IN_ERROR
    try:
        answer = books.handle(command)
    except CommandRefusedError as refusal:
        output.refused(refusal, number, command)
        return REFUSED
    output.taken(number, answer)
    return REFUSED if answer.stuck else TAKEN
