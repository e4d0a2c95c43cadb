"""`csp-lifecycle`: the arguments, and what each command is given."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from csp_lifecycle.cli import asking, demo, playing
from csp_lifecycle.cli.exits import HISTORY_BROKEN, REFUSED, STORE_FAILED, WRONG_USAGE
from csp_lifecycle.cli.output import Output
from csp_lifecycle.errors import (
    CommandRefusedError,
    HistoryError,
    InvalidCatalogError,
    LifecycleError,
    StreamNotFoundError,
)
from csp_lifecycle.service import Lifecycle
from csp_lifecycle.stores.opening import open_store
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.wire.catalog import read_catalog
from csp_lifecycle.wire.converter import instant_of
from csp_lifecycle.wire.refusals import error_json


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(WRONG_USAGE, f"{self.prog}: {message}\n")


class UsageError(Exception):
    """The command line cannot be meant like that."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is returned."""
    arguments = _parser().parse_args(argv)
    output = Output(as_json=arguments.json)
    try:
        status: int = arguments.run(arguments, output)
    except UsageError as error:
        output.complain(str(error))
        return WRONG_USAGE
    except LifecycleError as error:
        return _failed(error, output)
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def _failed(error: LifecycleError, output: Output) -> int:
    match error:
        case StreamNotFoundError():
            output.refused(error_json(error))
            return REFUSED
        case CommandRefusedError():
            output.refusal(error)
            return REFUSED
        case InvalidCatalogError():
            output.complain(str(error))
            return WRONG_USAGE
        case _:
            output.failed(error_json(error))
            return HISTORY_BROKEN if isinstance(error, HistoryError) else STORE_FAILED


def _now() -> datetime:
    return datetime.now(UTC)


def _service(arguments: argparse.Namespace, *, default_store: str | None = None) -> Lifecycle:
    url = arguments.store or os.environ.get("CSP_LIFECYCLE_STORE") or default_store
    if url is None:
        message = "which store? give --store sqlite:///history.db, or set CSP_LIFECYCLE_STORE"
        raise UsageError(message)
    catalog = _catalog(arguments.catalog or os.environ.get("CSP_LIFECYCLE_CATALOG"))
    try:
        return Lifecycle(open_store(url), catalog, clock=_now)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _catalog(path: str | None) -> Catalog:
    if path is None:
        return Catalog()
    try:
        return read_catalog(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        message = f"the catalog {path} cannot be read: {error}"
        raise UsageError(message) from None


def _instant(text: str) -> datetime:
    try:
        return instant_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _played(*, keep: bool) -> Callable[[argparse.Namespace, Output], int]:
    def run(arguments: argparse.Namespace, output: Output) -> int:
        service = _service(arguments, default_store="memory://")
        lines = _lines(arguments.file)
        return playing.play(
            service if keep else service.rehearsal(), lines, output, stop_on_refusal=arguments.stop_on_refusal
        )

    return run


def _lines(path: str) -> Any:
    if path == "-":
        return sys.stdin.buffer
    try:
        return Path(path).open("rb")
    except OSError as error:
        message = f"the commands in {path} cannot be read: {error}"
        raise UsageError(message) from None


def _show(arguments: argparse.Namespace, output: Output) -> int:
    service = _service(arguments)
    return asking.show(service, arguments.id, output, at=arguments.at, known_at=arguments.known_at, now=_now())


def _list(arguments: argparse.Namespace, output: Output) -> int:
    return asking.list_all(_service(arguments), arguments.customer, output, now=_now())


def _log(arguments: argparse.Namespace, output: Output) -> int:
    return asking.log(_service(arguments), arguments.id, output)


def _due(arguments: argparse.Namespace, output: Output) -> int:
    return asking.due(_service(arguments), arguments.until, output)


def _advance(arguments: argparse.Namespace, output: Output) -> int:
    return asking.advance(_service(arguments), arguments.to, output)


def _allowed(arguments: argparse.Namespace, output: Output) -> int:
    return asking.allowed(_service(arguments), arguments.id, output, at=arguments.at or _now())


def _drawn(what: Callable[..., int]) -> Callable[[argparse.Namespace, Output], int]:
    return lambda arguments, output: what(arguments.policy, output)


def _demo(_: argparse.Namespace, output: Output) -> int:
    return demo.run(output)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="csp-lifecycle", description="The lifecycle of CSP subscriptions, rebuilt from an event log.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser)

    def command(name: str, run: Any, help_: str, *, stored: bool = True) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=help_, description=help_)
        one.set_defaults(run=run, store=None, catalog=None)
        one.add_argument("--json", action="store_true", help="one JSON object a line instead of words for people")
        if stored:
            one.add_argument("--store", metavar="URL", help="memory:// or sqlite:///PATH (CSP_LIFECYCLE_STORE)")
            one.add_argument("--catalog", metavar="FILE", help="the catalog, JSON (CSP_LIFECYCLE_CATALOG)")
        return one

    command("demo", _demo, "play a year in the life of several subscriptions", stored=False)
    for name, keep in (("play", True), ("preview", False)):
        help_ = "run commands from a JSON Lines file" + ("" if keep else ", storing nothing")
        one = command(name, _played(keep=keep), help_)
        one.add_argument("file", metavar="FILE", help="one command a line; - reads standard input")
        one.add_argument("--stop-on-refusal", action="store_true", help="end at the first refused command")
    show = command("show", _show, "the state of one subscription")
    show.add_argument("id", metavar="ID")
    show.add_argument("--at", metavar="INSTANT", type=_instant, help="what was true then")
    show.add_argument("--known-at", metavar="INSTANT", type=_instant, help="what the log knew then")
    command("list", _list, "the subscriptions").add_argument("--customer", metavar="ID")
    command("log", _log, "the events in their envelopes").add_argument("id", metavar="ID", nargs="?")
    allowed = command("allowed", _allowed, "which commands are legal, and from when until when")
    allowed.add_argument("id", metavar="ID")
    allowed.add_argument("--at", metavar="INSTANT", type=_instant, help="then instead of now")
    command("due", _due, "what time will bring").add_argument("--until", metavar="INSTANT", type=_instant)
    command("advance", _advance, "take all that is due").add_argument("to", metavar="TO", type=_instant)
    for name, what, help_ in (
        ("diagram", asking.diagram_of, "the state machine of a policy, for Mermaid"),
        ("matrix", asking.matrix_of, "the matrix of commands by status of a policy"),
    ):
        command(name, _drawn(what), help_, stored=False).add_argument("policy", metavar="POLICY")
    return parser
