"""The commands about a whole history: moving it, verifying it, and taking a customer's name out of it."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from csp_lifecycle.cli.exits import HISTORY_BROKEN, IN_ERROR, REFUSED, TAKEN, UsageError
from csp_lifecycle.cli.output import Output
from csp_lifecycle.errors import HistoryError, InvalidLogError, LogRefusedError
from csp_lifecycle.service.moving import LONGEST_LINE, export, import_log
from csp_lifecycle.service.privacy import redact
from csp_lifecycle.service.verifying import Checkpoint, checkpoint_of, verify
from csp_lifecycle.stores.store import EventStore


class Run(Protocol):
    """One run of the command line: what was asked for, and where answers go."""

    @property
    def asked(self) -> argparse.Namespace:
        """The arguments."""

    @property
    def output(self) -> Output:
        """The face."""


Act = Callable[[EventStore, Run], int]


def add_commands(
    command: Callable[[str, Callable[[Any], int], str], argparse.ArgumentParser],
    opened: Callable[[Any], AbstractContextManager[EventStore]],
) -> None:
    """Add the commands to a parser: *command* adds one, *opened* opens the store that a run asks for."""

    def on_store(act: Act) -> Callable[[Any], int]:
        def run(run: Any) -> int:
            with opened(run) as store:
                return act(store, run)

        return run

    command("export", on_store(_export), "the whole log as JSON Lines, to be kept or imported elsewhere")
    taken = command("import", on_store(_import), "take over an exported log, all of it or nothing")
    taken.add_argument("file", metavar="FILE", help="an exported log; - reads standard input")
    checked = command(
        "verify", on_store(_verify), "check every event, digest and index, and say what is wrong and where"
    )
    checked.add_argument("--checkpoint", type=_checkpoint, help="what an earlier verify printed, kept elsewhere")
    redacted = command("redact", on_store(_redact), "take a customer's id and names out of the log, for good")
    redacted.add_argument("customer", metavar="CUSTOMER")


def _checkpoint(text: str) -> Checkpoint:
    try:
        return checkpoint_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _export(store: EventStore, _: Run) -> int:
    """Print the log, as it is imported again; people and machines read the same."""
    found = 0
    for found, line in enumerate(export(store), 1):  # noqa: B007 - the last number is the answer
        print(line)
    return TAKEN if found else REFUSED


def _import(store: EventStore, run: Run) -> int:
    """Take over a log, and show how far it is."""
    with _opened(run.asked.file) as (file, size), run.output.watching(size) as tell:
        # A line that never ends must not fill the memory: one byte too many is enough to refuse it.
        lines = iter(partial(file.readline, LONGEST_LINE + 1), b"")
        try:
            imported = import_log(store, lines, _told(tell, file, size))
        except LogRefusedError as refused:
            run.output.not_imported(refused)
            return _status(refused)
    run.output.imported(imported)
    return TAKEN


def _status(refused: LogRefusedError) -> int:
    if isinstance(refused.reason, InvalidLogError):
        return IN_ERROR
    return HISTORY_BROKEN if isinstance(refused.reason, HistoryError) else REFUSED


@contextmanager
def _opened(path: str) -> Iterator[tuple[BinaryIO, int | None]]:
    """The file and its size, where that can be known."""
    if path == "-":
        yield sys.stdin.buffer, None
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(Path(path).open("rb"))
        except OSError as error:
            message = f"the log in {path} cannot be read: {error}"
            raise UsageError(message) from None
        yield file, Path(path).stat().st_size


def _told(tell: Callable[[int], None], file: BinaryIO, size: int | None) -> Callable[[int], None]:
    return lambda lines: tell(lines if size is None else file.tell())


def _verify(store: EventStore, run: Run) -> int:
    verdict = verify(store, run.asked.checkpoint)
    run.output.verified(verdict)
    return TAKEN if verdict.ok else HISTORY_BROKEN


def _redact(store: EventStore, run: Run) -> int:
    redaction = redact(store, run.asked.customer)
    run.output.redacted(redaction)
    return TAKEN if redaction.events else REFUSED
