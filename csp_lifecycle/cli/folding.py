"""Runs of events in which nothing happens but time: twelve plain charges are one line to a person."""

from collections.abc import Hashable, Iterable, Iterator
from datetime import date
from itertools import groupby

from csp_lifecycle.cli.sentences import sentence
from csp_lifecycle.cli.words import TERMS, Named, short
from csp_lifecycle.vocabulary.events import CycleCharged, Renewed
from csp_lifecycle.vocabulary.names import AnyEvent
from csp_lifecycle.wire.events import UnknownEvent

Happening = AnyEvent | UnknownEvent
Run = tuple[Happening, ...]
"""One event, or several of one kind that say the same of different days."""


def folded(events: Iterable[Happening]) -> Iterator[Run]:
    """The events of one subscription in order, with what only repeats itself put together."""
    for _, run in groupby(enumerate(events), key=lambda numbered: _sameness(*numbered)):
        yield tuple(event for _, event in run)


def _sameness(number: int, event: Happening) -> Hashable:
    match event:
        case CycleCharged(plan=None):
            return CycleCharged
        case Renewed(applied=(), reassignment=None):
            return Renewed, event.seats, event.term.length, event.plan, event.unit_price, event.policy
        case _:
            return number


def run_text(run: Run, named: Named) -> str:
    """What happened in a run, in words."""
    first, last = run[0], run[-1]
    if len(run) == 1:
        return sentence(first, named)
    if isinstance(last, CycleCharged):
        starts = [event.charge_cycle.starts_on for event in run if isinstance(event, CycleCharged)]
        return f"charged for {len(run)} more cycles, to {last.charge_cycle.ends_on}{_days(starts)}"
    if isinstance(last, Renewed):
        starts = [event.term.starts_on for event in run if isinstance(event, Renewed)]
        return f"renewed {len(run)} times for {TERMS[last.term.length]}, to {last.term.ends_on}{_days(starts)}"
    message = f"{type(last).__name__} does not repeat itself"
    raise AssertionError(message)


def _days(starts: list[date]) -> str:
    """On which days, where they are not simply the same day of every month."""
    if len({day.day for day in starts}) == 1 or len(starts) > _FEW:
        return ""
    return "; they began on " + ", ".join(short(day) for day in starts)


_FEW = 12
