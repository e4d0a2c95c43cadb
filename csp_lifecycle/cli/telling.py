"""The demo, told: a timeline of every subscription, the refusal that explains itself, and the proof by the log."""

from collections.abc import Sequence
from datetime import datetime

from rich.panel import Panel

from csp_lifecycle.cli.ahead import ahead
from csp_lifecycle.cli.cards import COLORS, status_words
from csp_lifecycle.cli.chapters import Chapter, Refused, Told
from csp_lifecycle.cli.console import Piece, Rows, Terminal, styled
from csp_lifecycle.cli.drawing import Scale, Span, bar, flags, heap, strip
from csp_lifecycle.cli.folding import run_text
from csp_lifecycle.cli.refusing import refusal_text
from csp_lifecycle.cli.sentences import mark
from csp_lifecycle.cli.timeline import Entry, entries, life, lots, removals
from csp_lifecycle.cli.words import Named, count, deadline, offer_names, seats, short
from csp_lifecycle.vocabulary.events import Event
from csp_lifecycle.vocabulary.subscription import Status, Subscription

_STYLES = {status.value: color for status, color in COLORS.items()} | {"renewed": "green"}
_INDENT = 3
_BESIDE_STRIP, _BESIDE_BARS, _LEAST, _HEAP = 30, 38, 20, 10


def story(terminal: Terminal, told: Told) -> None:
    """Everything, in order."""
    _head(terminal, told)
    for number, chapter in enumerate(told.story.chapters, 1):
        if chapter.subscription_id in told.rebuilt:
            _chapter(terminal, told, number, chapter)
    _proof(terminal, told)


def _head(terminal: Terminal, told: Told) -> None:
    commands, stored = count(len(told.story.commands), "command"), count(told.events, "event")
    terminal.print()
    terminal.say((f"The lives of {count(len(told.logs), 'subscription')}", "bold"))
    terminal.say(
        f"{commands} were played on a SQLite file, and {stored} were stored. Each timeline is told from these events "
        "alone, and what time brings by itself is in it. The names on the right are those of the published examples "
        "that a story plays. Times are UTC.",
    )


def _chapter(terminal: Terminal, told: Told, number: int, chapter: Chapter) -> None:
    events, named = told.events_of(chapter.subscription_id), offer_names(told.story.catalog)
    final = told.rebuilt[chapter.subscription_id]
    refused = [one for one in told.refused if one.command.subscription_id == chapter.subscription_id]
    _title(terminal, number, chapter, final)
    terminal.say((chapter.shows, "italic"), indent=_INDENT)
    terminal.print()
    _strip(terminal, events, told.story.ends_at)
    terminal.print()
    _happened(terminal, events, refused, named)
    _lots(terminal, events)
    for one in refused:
        _refused(terminal, one)
    _now(terminal, final, told.story.ends_at, named)


def _title(terminal: Terminal, number: int, chapter: Chapter, final: Subscription) -> None:
    examples = " ".join(chapter.examples)
    terminal.print()
    terminal.print()
    title = styled((f"{number}  {chapter.title}", "bold cyan"), (f" · {final.friendly_name} ", "cyan"))
    title.append("─" * (terminal.width - title.cell_len - len(examples) - 1) + f" {examples}", "dim")
    terminal.print(title)


def _strip(terminal: Terminal, events: Sequence[Event], until: datetime) -> None:
    """The whole life on one line, with a joint wherever the status or the term changes."""
    gone = any(event.leads_to is Status.DELETED for event in events)
    ends = events[-1].at if gone else until
    pieces = strip(life(events, ends), max(terminal.width - _BESIDE_STRIP, _LEAST), "┤" if gone else "▶")
    drawn = [(piece, _STYLES.get(word.split()[0], "")) for word, piece in pieces]
    end = (f" ✗ {ends:%Y-%m-%d}", "red") if gone else (f" {ends:%Y-%m-%d}", "dim")
    terminal.say((f"{events[0].at:%Y-%m-%d} ", "dim"), *drawn, end, indent=_INDENT)


def _happened(terminal: Terminal, events: Sequence[Event], refused: Sequence[Refused], named: Named) -> None:
    told: list[tuple[datetime, Entry | Refused]] = [(entry.at, entry) for entry in entries(events)]
    told += [(one.command.at, one) for one in refused]
    most = max(entry.after.seats for _, entry in told if isinstance(entry, Entry))
    rows = Rows(terminal, ("", 1), ("", 10), ("", 1), ("", None), ("", 4), ("", _HEAP), heading=False)
    before = ""
    for at, what in sorted(told, key=lambda pair: pair[0]):
        day = f"{at:%Y-%m-%d}"
        shown = "" if day == before else day
        if isinstance(what, Entry):
            rows.row("", (shown, "dim"), mark(what.run[0]), run_text(what.run, named), *_seats(what, most))
        else:
            rows.row("", (shown, "dim"), ("✗", "bold red"), (f"{what.refusal.command} refused, see below", "bold red"))
        before = day


def _seats(entry: Entry, most: int) -> tuple[Piece, Piece]:
    """The seats after it, where they are others than before."""
    if entry.before.seats == entry.after.seats:
        return "", ""
    number = entry.after.seats
    return (f"{number:>4}", "bold"), (heap(number, most, _HEAP), "green")


def _lots(terminal: Terminal, events: Sequence[Event]) -> None:
    """In which days which seats can be removed again, and when some were."""
    opened = lots(events)
    if not opened:
        return
    scale = Scale(opened[0].starts_at, max(lot.ends_at for lot in opened), max(terminal.width - _BESIDE_BARS, _LEAST))
    rows = [(lot.word, bar(lot, scale), "green") for lot in opened]
    _bars(terminal, "seats can be given back", [*rows, ("given back", flags(removals(events), scale), "yellow")])


def _refused(terminal: Terminal, one: Refused) -> None:
    terminal.print()
    asked = f"{one.refusal.command}, asked on {deadline(one.command.at)}"
    panel = Panel(
        styled(refusal_text(one.refusal)), title=asked, title_align="left", border_style="red", padding=(1, 2)
    )
    terminal.print(panel)
    closed, term = one.refusal.evidence.get("closed_at"), one.asked_of.term
    again, until = one.outlook.legal_from, one.outlook.legal_until
    if not isinstance(closed, datetime) or term is None or again is None or until is None:
        return
    scale = Scale(term.starts_at, until, max(terminal.width - _BESIDE_BARS, _LEAST))
    rows = [
        (f"open until {short(closed)}", bar(Span("", term.starts_at, closed), scale), "green"),
        (f"asked at {short(one.command.at)}", flags([(one.command.at, "")], scale), "red"),
        (f"open again from {short(again)}", bar(Span("", again, until), scale), "green"),
    ]
    _bars(terminal, "the window", rows)


def _bars(terminal: Terminal, heading: str, rows: Sequence[tuple[str, str, str]]) -> None:
    terminal.print()
    table = Rows(terminal, ("", 1), ("", 27), ("", None), heading=False)
    table.row("", (heading, "dim"), "")
    for label, drawn, style in rows:
        table.row("", label, (drawn, style))


def _now(terminal: Terminal, final: Subscription, at: datetime, named: Named) -> None:
    coming = ahead(final, at, named)
    terminal.print()
    state = styled((f"{status_words(final)}", f"bold {COLORS[final.status]}"))
    held = f", {seats(final.seats)}, auto-renew {'on' if final.auto_renew else 'off'}" if final.seats else ""
    nxt = f"; ahead: {deadline(coming[0][0])} {coming[0][1]}" if coming else ""
    terminal.say((f"on {at:%Y-%m-%d}: ", "dim"), state, held, nxt, indent=_INDENT)


def _proof(terminal: Terminal, told: Told) -> None:
    rebuilt, events = count(len(told.rebuilt), "subscription"), count(told.events, "event")
    how = (
        f"The file was opened anew, and {rebuilt} were rebuilt from {events} alone, with neither catalog nor policies."
    )
    text = styled(
        how, " Field by field, they are ", ("equal", "bold green") if told.equal else ("not equal", "bold red")
    )
    text.append(" to the states that the answers carried while the story was played.")
    for difference in told.differences:
        text.append(f"\n\n{difference}", "red")
    color = "green" if told.equal else "red"
    terminal.print("\n")
    terminal.print(Panel(text, title="rebuilt from the log", title_align="left", border_style=color, padding=(1, 2)))
