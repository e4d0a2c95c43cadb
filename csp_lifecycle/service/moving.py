"""Moving house: the log as JSON Lines, out of one store and into another, of whatever engine.

An exported log is sealed: every line carries the digest of its event and of the log up to it. A log without digests,
written by hand or by another program with the keys of the contract alone, can be imported as well: its digests are
worked out on the way, so they prove nothing about what happened to it before.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from attrs import define, evolve, field, frozen

from csp_lifecycle.errors import (
    BrokenHistoryError,
    HistoryError,
    InvalidLogError,
    LifecycleError,
    LogDoesNotFitError,
    LogRefusedError,
)
from csp_lifecycle.service.checking import Followed, batches
from csp_lifecycle.service.folding import entry_of
from csp_lifecycle.service.marks import Mark
from csp_lifecycle.stores.envelopes import envelope_in, envelope_text
from csp_lifecycle.stores.store import Envelope, EventStore, StreamState
from csp_lifecycle.wire.text import LONGEST

LONGEST_LINE = LONGEST
"""How many bytes a line may have."""

_STEP = 1000


@frozen
class Imported:
    """How many events were read, and how many of them were not there yet."""

    events: int
    added: int


def export(store: EventStore) -> Iterator[str]:
    """The whole log, one JSON object a line, without line ends. The same log is the same text from every engine."""
    store.seal()
    for envelope in store.read_all():
        yield envelope_text(envelope)


def import_log(
    store: EventStore, lines: Iterable[str | bytes], progress: Callable[[int], None] = lambda _: None
) -> Imported:
    """Take over an exported log, all of it or nothing, in memory that does not grow with it.

    What is there already is passed over. Lines that are blank are counted and passed over.

    Args:
        store: what it is taken over into, empty or not.
        lines: the log from its first event on.
        progress: is told now and then how many lines have been read.

    Raises:
        LogRefusedError: a line makes no sense by itself (InvalidLogError), a digest does not hold or an event is
            impossible where it stands (HistoryError), or something else is there already (LogDoesNotFitError).
        StoreError: the store failed.
    """
    numbered = _Lines(lines, progress)
    envelopes = _read(numbered)
    first = next(envelopes, None)
    if first is None:
        return Imported(0, 0)
    followed = Followed(sealed=bool(first.digest))
    given: Iterator[Envelope] = chain((first,), envelopes)
    if not first.digest:
        given = _salted(given, numbered, _There(store))

    def index(stream: str, events: Iterable[Envelope]) -> StreamState:
        mark = followed.streams.get(stream) or Mark()
        return mark.entry(stream) or entry_of(stream, events)

    try:
        added = store.restore(_followed(given, followed, numbered), index)
    except (BrokenHistoryError, LogDoesNotFitError) as error:
        raise numbered.refused(error) from None
    finally:
        followed.close()
    return Imported(followed.events, added)


def _read(numbered: "_Lines") -> Iterator[Envelope]:
    for text in numbered:
        try:
            envelope = envelope_in(text)
        except (HistoryError, InvalidLogError) as error:
            raise numbered.refused(error) from None
        except ValueError as error:
            raise numbered.refused(InvalidLogError(str(error))) from None
        numbered.waiting.append(numbered.number)
        yield envelope


def _followed(envelopes: Iterable[Envelope], followed: Followed, numbered: "_Lines") -> Iterator[Envelope]:
    for batch in batches(envelopes):
        held = followed.events
        try:
            sealed = followed.follow(batch)
        except HistoryError as error:
            raise numbered.refused_after(followed.events - held, error) from None
        numbered.note(sealed)
        yield from sealed


def _salted(envelopes: Iterable[Envelope], numbered: "_Lines", there: "_There") -> Iterator[Envelope]:
    """Events without digests, each with the salt that it got when it was imported before."""
    for envelope in envelopes:
        if envelope.digest or envelope.log_digest or envelope.salt or envelope.redacted:
            message = "either all lines of a log have digests, or none has; salt and redacted belong to them"
            raise numbered.refused(InvalidLogError(message))
        yield there.salted(envelope)


class _There:
    """What the store holds already, read along with what is imported."""

    def __init__(self, store: EventStore) -> None:
        self._envelopes = store.read_all()
        # Asked now: once the import has begun, a store may wait for it to end.
        self._next = next(self._envelopes, None)

    def salted(self, envelope: Envelope) -> Envelope:
        while self._next is not None and self._next.position < envelope.position:
            self._next = next(self._envelopes, None)
        stored = self._next
        if stored is None or stored.position != envelope.position:
            return envelope
        digest = envelope.command_digest or stored.command_digest
        return evolve(envelope, salt=stored.salt, redacted=stored.redacted, command_digest=digest)


@define
class _Lines:
    """Lines that are counted, and in which of them each position stood.

    Only where the distance between line and position changes is anything remembered: a log seldom has holes. The lines
    of events that are `waiting` to be followed are kept one by one: their positions may be anything.
    """

    lines: Iterable[str | bytes]
    progress: Callable[[int], None]
    number: int = 0
    waiting: list[int] = field(factory=list)
    _positions: "array[int]" = field(factory=lambda: array("q"))
    _distances: "array[int]" = field(factory=lambda: array("q"))

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            self.number += 1
            if self.number % _STEP == 0:
                self.progress(self.number)
            text = self._decoded(line)
            if text and not text.isspace():
                yield text
        self.progress(self.number)

    def _decoded(self, line: str | bytes) -> str:
        if len(line) > LONGEST_LINE:
            message = f"a line has at most {LONGEST_LINE} bytes, this one has more"
            raise self.refused(InvalidLogError(message))
        try:
            return (line if isinstance(line, str) else line.decode()).rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise self.refused(InvalidLogError(f"this is not UTF-8: {error}")) from None

    def note(self, followed: Iterable[Envelope]) -> None:
        """Remember the lines of the events that were waiting and have been followed."""
        for line, envelope in zip(self.waiting, followed, strict=False):  # one that was refused waits as well
            distance = envelope.position - line
            if not self._distances or self._distances[-1] != distance:
                self._positions.append(envelope.position)
                self._distances.append(distance)
        self.waiting.clear()

    def refused_after(self, count: int, reason: LifecycleError) -> LogRefusedError:
        """Says that it was in the line of the event behind so many of those that are waiting."""
        return LogRefusedError(self.waiting[count], reason)

    def refused(self, reason: LifecycleError) -> LogRefusedError:
        """Says in which line it was; positions tell that even when later lines have been read."""
        position = getattr(reason, "position", None)
        return LogRefusedError(self._line_of(position), reason)

    def _line_of(self, position: int | None) -> int:
        found = 0 if position is None else bisect_right(self._positions, position)
        return self.number if not found or position is None else position - self._distances[found - 1]
