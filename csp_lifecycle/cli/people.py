"""The face for people: sentences, cards and tables, laid out for a terminal of 100 columns."""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime

from csp_lifecycle.billing.account import balance, standings
from csp_lifecycle.cli import ledger, telling
from csp_lifecycle.cli.cards import COLORS, card
from csp_lifecycle.cli.chapters import Told
from csp_lifecycle.cli.console import Piece, Rows, Terminal, styled
from csp_lifecycle.cli.folding import Happening, folded, run_text
from csp_lifecycle.cli.progress import progress_bar
from csp_lifecycle.cli.refusing import outlook_text, reason_text, refusal_text
from csp_lifecycle.cli.sentences import mark, sentence
from csp_lifecycle.cli.words import count, deadline, moment, offer_names
from csp_lifecycle.errors import CommandRefusedError, LifecycleError, LogRefusedError
from csp_lifecycle.lifecycle.choices import CustomEnd, UpgradeTarget
from csp_lifecycle.lifecycle.diagram import diagram, matrix
from csp_lifecycle.lifecycle.due import next_due
from csp_lifecycle.lifecycle.legality import Option
from csp_lifecycle.policies.policy import Policy
from csp_lifecycle.service import AccountAnswer, Answer, Due, Stuck
from csp_lifecycle.service.moving import Imported
from csp_lifecycle.service.privacy import Redaction
from csp_lifecycle.service.verifying import Verdict
from csp_lifecycle.stores.store import Envelope
from csp_lifecycle.vocabulary.account import Account, Invoice
from csp_lifecycle.vocabulary.account_commands import AccountRequest
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.charge_line import ChargeLine
from csp_lifecycle.vocabulary.commands import Advance
from csp_lifecycle.vocabulary.names import AnyCommand
from csp_lifecycle.vocabulary.subscription import Subscription
from csp_lifecycle.wire.events import UnknownEvent

_YES, _NO, _WRONG = ("✓", "green"), ("✗", "red"), ("!", "bold red")
_WHEN = 19


class People:
    """Says everything in words; *charged*: and what each line of `play` costs. Times are UTC."""

    def __init__(self, catalog: Catalog, *, charged: bool = False) -> None:
        self._named = offer_names(catalog)
        self._charged = charged
        self._terminal = Terminal()
        self._lines: Counter[str] = Counter()
        self._happened = Rows(self._terminal, ("line", 4), ("", 1), ("", _WHEN), ("", None), heading=False)

    def taken(self, line: int, answer: Answer | AccountAnswer) -> None:
        """See `Output.taken`."""
        self._lines["taken"] += 1
        self._tell(answer, str(line))
        if self._charged:
            ledger.cost_rows(self._terminal, answer.charges)

    def _tell(self, answer: Answer | AccountAnswer, line: str = "") -> None:
        """What was recorded, stream by stream, and what could not go on."""
        streams: dict[str, list[Happening]] = {}
        for event in answer.recorded:
            streams.setdefault(event.stream, []).append(event)
        for name, events in streams.items():
            for run in folded(events):
                what = styled((name, "bold"), f"  {run_text(run, self._named)}")
                self._happened.row((line, "dim"), mark(run[0]), (_when(run[-1]), "dim"), what)
                line = ""
        for stuck in answer.stuck:
            self._happened.row((line, "dim"), _WRONG, "", _stuck(stuck))
            line = ""
        if line:
            self._happened.row((line, "dim"), "·", "", "nothing was due")

    def refused(
        self,
        refusal: CommandRefusedError,
        line: int | None = None,
        command: AnyCommand | None = None,
    ) -> None:
        """See `Output.refused`."""
        if line is None or command is None:
            self._terminal.say(_NO, f" {reason_text(refusal)}")
            return
        self._lines["refused"] += 1
        at = command.to if isinstance(command, Advance) else command.at
        about = command.account_id if isinstance(command, AccountRequest) else command.subscription_id
        what = styled((about or "", "bold"), f"  {refusal_text(refusal)}")
        self._happened.row((str(line), "dim"), _NO, (deadline(at), "dim"), what)

    def wrong(self, line: int, error: LifecycleError) -> None:
        """See `Output.wrong`."""
        self._lines["in error"] += 1
        self._happened.row((str(line), "dim"), _WRONG, ("not a command", "red"), str(error))

    def failed(self, error: LifecycleError, line: int | None = None) -> None:
        """See `Output.failed`."""
        where = "" if line is None else f" in line {line}"
        self._terminal.say(_WRONG, (f" stopped{where} [{error.code}]: ", "bold"), str(error))

    def ended(self, *, kept: bool) -> None:
        """See `Output.ended`."""
        each = ", ".join(f"{number} {how}" for how, number in self._lines.items())
        stored = "" if kept else "; a preview, so nothing was stored"
        self._terminal.print()
        self._terminal.say((f"{count(self._lines.total(), 'line')}: {each or 'nothing to do'}{stored}", "dim"))

    def state(self, subscription: Subscription, as_of: datetime) -> None:
        """See `Output.state`."""
        self._terminal.print(card(subscription, as_of, self._named))

    def states(self, seen: Iterable[tuple[Subscription, datetime]]) -> int:
        """See `Output.states`."""
        columns = (("subscription", 24), ("offer", None), ("status", 9), ("seats", 5), ("term to", 10), ("next", 10))
        rows = Rows(self._terminal, *columns)
        for subscription, _ in seen:
            due, term = next_due(subscription), subscription.term
            rows.row(
                styled((subscription.subscription_id, "bold"), (f"\n{subscription.friendly_name or ''}", "dim")),
                styled(self._named(subscription.offer_id), (f"\n{subscription.customer_id}", "dim")),
                (subscription.status.value, COLORS[subscription.status]),
                "" if term is None else str(subscription.seats),
                "" if term is None else str(term.ends_on),
                "" if due is None else f"{due:%Y-%m-%d}",
            )
        return self._counted(rows, "subscription")

    def log(self, envelopes: Iterable[Envelope]) -> int:
        """See `Output.log`."""
        rows = Rows(self._terminal, ("#", 5), ("took effect (UTC)", _WHEN), ("", 1), ("what", None), ("by", 9))
        for envelope in envelopes:
            event = envelope.event
            what = styled((envelope.stream, "bold"), f"  {sentence(event, self._named)}")
            rows.row((str(envelope.position), "dim"), _when(event), mark(event), what, (envelope.actor.value, "dim"))
        return self._counted(rows, "event")

    def due(self, coming: Iterable[Due]) -> int:
        """See `Output.due`."""
        rows = Rows(self._terminal, ("when (UTC)", _WHEN), ("subscription", 28), ("what", None))
        for one in coming:
            what = styled(_DUE.get(one.what or "", one.what or ""))
            if one.stuck is not None:
                what = styled((f"cannot go on: {reason_text(one.stuck)}", "red"))
            rows.row(moment(one.at), (one.subscription_id, "bold"), what)
        return self._counted(rows, "step")

    def advanced(self, answer: Answer) -> None:
        """See `Output.advanced`."""
        self._tell(answer)
        self._terminal.say((f"{count(len(answer.recorded), 'event')} recorded", "dim"))

    def options(self, subscription_id: str, at: datetime, options: Iterable[Option]) -> None:
        """See `Output.options`."""
        self._terminal.say((subscription_id, "bold"), f" at {deadline(at)} UTC: legal or not, if nothing else happens")
        self._terminal.print()
        rows = Rows(self._terminal, ("", 1), ("command", 25), ("when, or why not", None))
        for option in sorted(options, key=lambda one: not one.legal):
            if option.refusal is None:
                until = "" if option.legal_until is None else f"until {deadline(option.legal_until)}"
                rows.row(_YES, (option.do, "green"), until)
            else:
                why = styled(reason_text(option.refusal), (outlook_text(option.legal_from, option.legal_until), "cyan"))
                rows.row(_NO, option.do, why)

    def custom_ends(self, ends: Iterable[CustomEnd]) -> int:
        """See `Output.custom_ends`."""
        rows = Rows(self._terminal, ("", 1), ("ends on", 10), ("aligned with", 20), ("why not", None))
        for one in ends:
            rows.row(_sign(one.refusal), str(one.ends_on or ""), one.align or "", _why_not(one.refusal))
        return self._counted(rows, "day")

    def upgrade_targets(self, targets: Iterable[UpgradeTarget]) -> int:
        """See `Output.upgrade_targets`."""
        rows = Rows(self._terminal, ("", 1), ("offer", 32), ("subscription", 20), ("why not", None))
        for one in targets:
            where = one.subscription_id or ("a new one", "dim")
            rows.row(_sign(one.refusal), self._named(one.offer_id), where, _why_not(one.refusal))
        return self._counted(rows, "target")

    def watching(self, size: int | None) -> AbstractContextManager[Callable[[int], None]]:
        """See `Output.watching`."""
        return progress_bar("importing", size)

    def imported(self, imported: Imported) -> None:
        """See `Output.imported`."""
        known = imported.events - imported.added
        there = f"; {known} were there already" if known else ""
        self._terminal.say(_YES, f" {count(imported.added, 'event')} imported{there}")

    def not_imported(self, refused: LogRefusedError) -> None:
        """See `Output.not_imported`."""
        self._terminal.say(_NO, (f" not imported [{refused.code}]: ", "bold"), str(refused))

    def verified(self, verdict: Verdict) -> None:
        """See `Output.verified`."""
        if verdict.ok:
            self._terminal.say(_YES, f" {count(verdict.events, 'event')}, and every one of them holds")
            self._terminal.say(f"checkpoint: {verdict.checkpoint or 'none, the log is empty'}", indent=2)
        else:
            self._terminal.say(_NO, (" this history does not hold: ", "bold red"), verdict.what or "")
            self._terminal.say((f"{count(verdict.events, 'event')} before it hold", "dim"), indent=2)

    def redacted(self, redaction: Redaction) -> None:
        """See `Output.redacted`."""
        if redaction.events:
            customer = f"; the customer is called {redaction.pseudonym} now" if redaction.pseudonym else ""
            self._terminal.say(_YES, f" {count(redaction.events, 'event')} redacted{customer}")
        else:
            self._terminal.say(("nothing is stored of such a customer", "dim"))

    def charges(self, lines: Iterable[ChargeLine]) -> int:
        """See `Output.charges`."""
        return self._counted(ledger.charge_rows(self._terminal, lines, self._named), "line")

    def documents(self, account: Account, found: Iterable[Invoice], as_of: datetime) -> int:
        """See `Output.documents`."""
        stands = standings(account, as_of.date())
        return ledger.documents(self._terminal, account, found, stands, self._named)

    def balance(self, account: Account, as_of: datetime) -> None:
        """See `Output.balance`."""
        self._terminal.print(ledger.balance_card(account, balance(account, as_of.date()), as_of))

    def diagram(self, policy: Policy) -> None:
        """See `Output.diagram`. It is printed as it is, to be piped to where it is drawn."""
        print(diagram(policy), flush=True)

    def matrix(self, policy: Policy) -> None:
        """See `Output.matrix`. It is printed as it is: a Markdown table."""
        print(matrix(policy), flush=True)

    def story(self, told: Told) -> None:
        """See `Output.story`."""
        telling.story(self._terminal, told)

    def _counted(self, rows: Rows, one: str) -> int:
        self._terminal.print()
        self._terminal.say((count(rows.number, one) if rows.number else f"no {one} found", "dim"))
        return rows.number


def _sign(refusal: CommandRefusedError | None) -> Piece:
    return _YES if refusal is None else _NO


def _why_not(refusal: CommandRefusedError | None) -> str:
    return "" if refusal is None else reason_text(refusal)


def _when(event: Happening) -> str:
    return "" if isinstance(event, UnknownEvent) else moment(event.at)


def _stuck(stuck: Stuck) -> Piece:
    return styled((stuck.subscription_id, "bold"), (f"  cannot go on: {reason_text(stuck.refusal)}", "red"))


_DUE = {
    "cycle-charged": "the next charge cycle begins",
    "renewed": "renews: the next term begins",
    "trial-converted": "the trial becomes paid",
    "waiting-changes-voided": "waiting changes are lost",
    "expired": "expires",
    "disabled": "is disabled, the data is kept",
    "deleted": "is deleted for good",
}
"""What time can bring, by the event's name."""
