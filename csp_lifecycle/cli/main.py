"""`csp-lifecycle`: the arguments, and what each command is given."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from attrs import frozen

from csp_lifecycle.billing import account_reasons
from csp_lifecycle.cli import arguments, asking, billing, demo, moving, playing
from csp_lifecycle.cli.exits import HISTORY_BROKEN, REFUSED, STORE_FAILED, TAKEN, WRONG_USAGE, UsageError
from csp_lifecycle.cli.output import Output, complain, open_output
from csp_lifecycle.errors import (
    AccountNotFoundError,
    CommandRefusedError,
    HistoryError,
    InvalidCatalogError,
    LifecycleError,
    OfferNotFoundError,
    StreamNotFoundError,
)
from csp_lifecycle.policies import reasons
from csp_lifecycle.policies.guards.sale import offer_is_for_sale
from csp_lifecycle.service import Books, Lifecycle
from csp_lifecycle.stores.opening import open_store
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.values.calendar import TermLength
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.wire.catalog import read_catalog


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(WRONG_USAGE, f"{self.prog}: {message}\n")


@frozen
class _Run:
    """One run: what was asked for, where answers go, and what may be sold."""

    asked: argparse.Namespace
    output: Output
    catalog: Catalog


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is returned."""
    asked = _parser().parse_args(argv)
    try:
        catalog = _catalog(asked.catalog or os.environ.get("CSP_LIFECYCLE_CATALOG")) if asked.stored else Catalog()
        output = open_output(as_json=asked.json, catalog=catalog, charged=asked.charged)
        return _answered(_Run(asked, output, catalog))
    except (UsageError, InvalidCatalogError) as error:
        complain(str(error))
        return WRONG_USAGE
    except BrokenPipeError:
        # Whoever read our output has seen enough; what Python flushes at exit must have somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return TAKEN


def _answered(run: _Run) -> int:
    try:
        status: int = run.asked.run(run)
    except StreamNotFoundError as missing:
        evidence = {"subscription_id": missing.stream}
        run.output.refused(CommandRefusedError(run.asked.name, reasons.subscription_not_found, evidence))
        return REFUSED
    except AccountNotFoundError as missing:
        evidence = {"account_id": missing.account_id}
        run.output.refused(CommandRefusedError(run.asked.name, account_reasons.account_not_found, evidence))
        return REFUSED
    except OfferNotFoundError as missing:
        evidence = {"offer_id": missing.offer_id}
        run.output.refused(CommandRefusedError(run.asked.name, offer_is_for_sale.reason, evidence))
        return REFUSED
    except CommandRefusedError as refusal:
        run.output.refused(refusal)
        return REFUSED
    except LifecycleError as error:
        run.output.failed(error)
        return HISTORY_BROKEN if isinstance(error, HistoryError) else STORE_FAILED
    return status


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _service(run: _Run) -> Iterator[Lifecycle]:
    """The lifecycle on the store that was named, which is closed afterwards."""
    with _books(run) as books:
        yield books.lifecycle


@contextmanager
def _books(run: _Run, *, default_store: str | None = None) -> Iterator[Books]:
    """The books on the store that was named, which is closed afterwards."""
    with _store(run, default_store=default_store) as store:
        yield Books(store, run.catalog, clock=_now)


@contextmanager
def _store(run: _Run, *, default_store: str | None = None) -> Iterator[EventStore]:
    url = run.asked.store or os.environ.get("CSP_LIFECYCLE_STORE") or default_store
    if url is None:
        message = "which store? give --store sqlite:///history.db, or set CSP_LIFECYCLE_STORE"
        raise UsageError(message)
    try:
        store = open_store(url)
    except ValueError as error:
        raise UsageError(str(error)) from None
    with closing(store):
        yield store


def _catalog(path: str | None) -> Catalog:
    if path is None:
        return Catalog()
    try:
        return read_catalog(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        message = f"the catalog {path} cannot be read: {error}"
        raise UsageError(message) from None


def _play(run: _Run) -> int:
    with _books(run, default_store="memory://") as books:
        return _played(run, books, kept=True)


def _preview(run: _Run) -> int:
    with _books(run, default_store="memory://") as books:
        return _played(run, books.rehearsal(), kept=False)


def _played(run: _Run, books: Books, *, kept: bool) -> int:
    with _lines(run.asked.file) as lines:
        return playing.play(books, lines, run.output, stop_on_refusal=run.asked.stop_on_refusal, kept=kept)


def _lines(path: str) -> AbstractContextManager[Iterable[bytes]]:
    if path == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(path).open("rb")
    except OSError as error:
        message = f"the commands in {path} cannot be read: {error}"
        raise UsageError(message) from None


def _show(run: _Run) -> int:
    asked = run.asked
    with _service(run) as service:
        return asking.show(service, asked.id, run.output, at=asked.at, known_at=asked.known_at, now=_now())


def _list(run: _Run) -> int:
    with _service(run) as service:
        return asking.list_all(service, run.asked.customer, run.output, now=_now())


def _log(run: _Run) -> int:
    with _service(run) as service:
        return asking.log(service, run.asked.id, run.output)


def _due(run: _Run) -> int:
    with _service(run) as service:
        return asking.due(service, run.asked.until, run.output)


def _advance(run: _Run) -> int:
    with _service(run) as service:
        return asking.advance(service, run.asked.to, run.output)


def _allowed(run: _Run) -> int:
    with _service(run) as service:
        return asking.allowed(service, run.asked.id, run.output, at=run.asked.at or _now())


def _custom_ends(run: _Run) -> int:
    asked = run.asked
    term, at = TermLength(asked.term), asked.at or _now()
    with _service(run) as service:
        return asking.custom_ends(service, asked.customer, asked.offer, term, run.output, at=at)


def _upgrade_targets(run: _Run) -> int:
    with _service(run) as service:
        return asking.upgrade_targets(service, run.asked.id, run.output, at=run.asked.at or _now())


def _charges(run: _Run) -> int:
    asked = run.asked
    with _books(run) as books:
        return billing.charges(books, asked.id, run.output, since=asked.since, until=asked.until, as_csv=asked.csv)


def _invoice(run: _Run) -> int:
    asked = run.asked
    with _books(run) as books:
        return billing.invoice(books, asked.account, asked.period, run.output, at=asked.at, now=_now())


def _balance(run: _Run) -> int:
    with _books(run) as books:
        return billing.balance(books, run.asked.account, run.output, at=run.asked.at, now=_now())


def _diagram(run: _Run) -> int:
    return asking.diagram_of(run.asked.policy, run.output)


def _matrix(run: _Run) -> int:
    return asking.matrix_of(run.asked.policy, run.output)


def _demo(run: _Run) -> int:
    return demo.run(run.output)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="csp-lifecycle", description="The lifecycle of CSP subscriptions, rebuilt from an event log.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser)

    def command(name: str, run: Callable[[_Run], int], help_: str, *, stored: bool = True) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=help_, description=help_)
        one.set_defaults(name=name, run=run, stored=stored, charged=False)
        one.add_argument("--json", action="store_true", help="one JSON object a line instead of words for people")
        if stored:
            one.add_argument(
                "--store", metavar="URL", help="memory://, sqlite:///PATH or postgresql://… (CSP_LIFECYCLE_STORE)"
            )
            one.add_argument("--catalog", metavar="FILE", help="the catalog, JSON (CSP_LIFECYCLE_CATALOG)")
        return one

    command("demo", _demo, "play the lives of several subscriptions and rebuild them from the log", stored=False)
    _add_playing(command("play", _play, "run commands from a JSON Lines file"))
    _add_playing(command("preview", _preview, "run commands from a JSON Lines file, storing nothing"))
    show = _about_one(command("show", _show, "the state of one subscription"), "what was true then")
    show.add_argument("--known-at", metavar="INSTANT", type=arguments.instant, help="what the log knew then")
    command("list", _list, "the subscriptions").add_argument("--customer", metavar="ID")
    command("log", _log, "the events in their envelopes").add_argument("id", metavar="ID", nargs="?")
    allowed = command("allowed", _allowed, "which commands are legal, and from when until when")
    _about_one(allowed, "then, not now", arguments.coming)
    ends = command("custom-ends", _custom_ends, "the days on which a new term may end, and why not on others")
    ends.add_argument("customer", metavar="CUSTOMER")
    ends.add_argument("offer", metavar="OFFER")
    ends.add_argument("term", metavar="TERM", choices=["P1M", "P1Y", "P3Y"])
    ends.add_argument("--at", metavar="INSTANT", type=arguments.coming, help="bought then, not now")
    targets = command("upgrade-targets", _upgrade_targets, "where an upgrade may lead, and why not elsewhere")
    _about_one(targets, "then, not now", arguments.coming)
    command("due", _due, "what time will bring").add_argument("--until", metavar="INSTANT", type=arguments.coming)
    command("advance", _advance, "take all that is due").add_argument("to", metavar="TO", type=arguments.coming)
    charges = command("charges", _charges, "the charge lines that begin on some days")
    charges.add_argument("id", metavar="ID", nargs="?")
    charges.add_argument("--from", dest="since", metavar="DAY", type=arguments.day, help="the first day")
    charges.add_argument("--to", dest="until", metavar="DAY", type=arguments.day, help="the last day, included")
    charges.add_argument("--csv", action="store_true", help="as CSV with the columns of the reconciliation file")
    invoice = _of_account(command("invoice", _invoice, "the invoices and void notes of a billing period"))
    invoice.add_argument("period", metavar="PERIOD", type=arguments.month, help="YYYY-MM: the month in which it begins")
    _of_account(command("balance", _balance, "what an account owes"))
    moving.add_commands(command, _store)
    drawings = (("diagram", _diagram, "the state machine, for Mermaid"), ("matrix", _matrix, "commands by status"))
    for name, run, help_ in drawings:
        command(name, run, f"{help_}, of a policy", stored=False).add_argument("policy", metavar="POLICY")
    return parser


def _of_account(one: argparse.ArgumentParser) -> argparse.ArgumentParser:
    one.add_argument("account", metavar="ACCOUNT")
    one.add_argument("--at", metavar="INSTANT", type=arguments.instant, help="then, not now")
    return one


def _add_playing(one: argparse.ArgumentParser) -> None:
    one.add_argument("file", metavar="FILE", help="one command a line; - reads standard input")
    one.add_argument("--stop-on-refusal", action="store_true", help="end at the first refused command")
    one.add_argument("--charges", dest="charged", action="store_true", help="with the charge lines that each causes")


def _about_one(
    one: argparse.ArgumentParser, at_help: str, kind: Callable[[str], datetime] = arguments.instant
) -> argparse.ArgumentParser:
    one.add_argument("id", metavar="ID")
    one.add_argument("--at", metavar="INSTANT", type=kind, help=at_help)
    return one
