"""The life of one subscription as its log tells it: its statuses, what happened, and its windows."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby, pairwise

from attrs import evolve, frozen

from csp_lifecycle.cli.drawing import Span
from csp_lifecycle.cli.folding import Run, folded
from csp_lifecycle.cli.words import short
from csp_lifecycle.lifecycle.evolve import evolve as remembered
from csp_lifecycle.vocabulary.events import Event, Purchased, Renewed, SeatsAdded, SeatsRemoved
from csp_lifecycle.vocabulary.subscription import NOTHING, Status, Subscription


@frozen
class Entry:
    """What happened in a run of events, and the subscription after it."""

    at: datetime
    run: Run
    before: Subscription
    after: Subscription


def entries(events: Sequence[Event]) -> Iterator[Entry]:
    """The life, run by run."""
    states = iter(_steps(events))
    for run in folded(events):
        first, before, after = next(states)
        for _ in run[1:]:
            _, _, after = next(states)
        yield Entry(first.at, run, before, after)


def life(events: Sequence[Event], until: datetime) -> tuple[Span, ...]:
    """The statuses a subscription went through to its end or to *until*, and the terms inside them."""
    spans: list[Span] = []
    for event, before, after in _steps(events):
        if after.status is not before.status:
            spans.append(Span(after.status.value, event.at, until))
        elif after.term != before.term and isinstance(event, Renewed):
            spans.append(Span("renewed", event.at, until))
    ended = [evolve(span, ends_at=following.starts_at) for span, following in pairwise([*spans, _end(until)])]
    return tuple(_joined(span for span in ended if span.word != Status.DELETED.value))


def _steps(events: Iterable[Event]) -> Iterator[tuple[Event, Subscription, Subscription]]:
    before = NOTHING
    for event in events:
        after = remembered(before, event)
        yield event, before, after
        before = after


def _end(at: datetime) -> Span:
    return Span("", at, at)


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Many terms in a row are one span, which counts them."""
    for renewals, group in groupby(spans, key=lambda span: span.word == "renewed"):
        found = list(group)
        if renewals and len(found) > _MANY:
            yield Span(f"renewed {len(found)} times", found[0].starts_at, found[-1].ends_at)
        else:
            yield from found


_MANY = 5


def lots(events: Iterable[Event]) -> tuple[Span, ...]:
    """The windows in which seats could be removed again, where more than one lot was opened."""
    opened = [_lot(event) for event in events if isinstance(event, Purchased | SeatsAdded)]
    return tuple(opened) if len(opened) > 1 else ()


def _lot(event: Purchased | SeatsAdded) -> Span:
    until = max(lot.reducible_until for lot in event.seat_lots)
    return Span(f"{event.seats:>2} until {short(until)}", event.at, until)


def removals(events: Iterable[Event]) -> tuple[tuple[datetime, str], ...]:
    """When seats were removed, and how many."""
    return tuple((event.at, f"-{event.seats}") for event in events if isinstance(event, SeatsRemoved))
