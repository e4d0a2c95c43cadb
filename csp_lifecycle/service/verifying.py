"""Verifying a store: its log holds from the first event to the last, and its indexes say what the log says.

A digest proves that the events before it are what they were when it was worked out. Nothing inside a log can show that
its newest events are gone, or that all of it was written anew: for that, note a checkpoint somewhere else from time to
time, and hand it in.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from attrs import frozen

from csp_lifecycle.errors import BrokenHistoryError, HistoryError, TamperedHistoryError
from csp_lifecycle.service.checking import Followed, batches
from csp_lifecycle.service.folding import entry_of
from csp_lifecycle.stores.store import Envelope, EventStore, StreamKind, StreamState

_PAGE = 500
_CHECKPOINT = re.compile(r"([1-9]\d{0,18}):([0-9a-f]{64})")


@frozen
class Checkpoint:
    """What a log was up to a position, for somebody who keeps it elsewhere. As text: `12:` and a digest in hex."""

    position: int
    log_digest: str

    def __str__(self) -> str:
        return f"{self.position}:{self.log_digest}"


def checkpoint_of(text: str) -> Checkpoint:
    """The checkpoint that a text names.

    Raises:
        ValueError: it names none.
    """
    match = _CHECKPOINT.fullmatch(text)
    if match is None:
        message = f"a checkpoint is a position, a colon and a SHA-256 in hex, not {text[:80]!r}"
        raise ValueError(message)
    return Checkpoint(int(match[1]), match[2])


@frozen
class Verdict:
    """What `verify` found.

    `events` is how many events hold, in the order of the log; `position` the first one that does not, and `what` is
    wrong there, both None if all is well. `checkpoint` is the one to note then; None for an empty or broken log.
    """

    ok: bool
    events: int
    position: int | None = None
    what: str | None = None
    checkpoint: Checkpoint | None = None


def verify(store: EventStore, checkpoint: Checkpoint | None = None) -> Verdict:
    """Check every event of *store*, then its indexes, in memory that does not grow with the log.

    Others may write meanwhile: what they append after the check began is left for the next time.

    Args:
        store: what is checked.
        checkpoint: what the log was before, noted somewhere else.

    Raises:
        StoreError: the store failed.
    """
    followed = Followed()
    try:
        store.seal()
        _require_log(store, followed, checkpoint)
        _require_index(store, followed)
    except HistoryError as error:
        return Verdict(ok=False, events=followed.events, position=error.position, what=str(error))
    finally:
        followed.close()
    noted = Checkpoint(followed.position, followed.log_digest) if followed.events else None
    return Verdict(ok=True, events=followed.events, checkpoint=noted)


def _require_log(store: EventStore, followed: Followed, checkpoint: Checkpoint | None) -> None:
    """Every event must hold, be what its command is answered with, and have its stream in the index."""
    command_id, doubt = "", None
    for batch in batches(store.read_all(), None if checkpoint is None else checkpoint.position):
        followed.follow(batch)
        # The answer to a command may be spoiled by an event further on, which is then the first that is wrong.
        doubt = doubt or _doubt_in(store, batch, command_id)
        command_id = batch[-1].command_id
        if checkpoint is not None and followed.position == checkpoint.position:
            _require_checkpoint(followed, checkpoint)
    if doubt is not None:
        raise doubt
    if checkpoint is not None and followed.position < checkpoint.position:
        message = f"the log ends at position {followed.position}, before the checkpoint {checkpoint.position}: cut off"
        raise TamperedHistoryError(message, followed.position + 1)


def _require_checkpoint(followed: Followed, checkpoint: Checkpoint) -> None:
    if followed.log_digest != checkpoint.log_digest:
        message = f"position {checkpoint.position}: up to here, this is not the log that the checkpoint was taken of"
        raise TamperedHistoryError(message, checkpoint.position)


def _doubt_in(store: EventStore, envelopes: Sequence[Envelope], command_id: str) -> HistoryError | None:
    """The first doubt about what is kept beside *envelopes*; the event before them was of the command *command_id*."""
    before = chain((command_id,), (one.command_id for one in envelopes))
    firsts = [one for one, other in zip(envelopes, before, strict=False) if one.command_id != other or one.version == 1]
    if _is_kept(store, firsts):
        return None
    # One by one, to say where.
    return next(filter(None, (_doubt(store, one) for one in firsts)), None)


def _is_kept(store: EventStore, firsts: Sequence[Envelope]) -> bool:
    """Whether all of that is well, in two questions."""
    begun = {one.stream for one in firsts if one.version == 1}
    try:
        positions = store.positions_of({one.command_id for one in firsts})
        indexed = {state.stream for state in store.states(begun)}
    except HistoryError:
        return False
    in_order = all(list(recorded) == sorted(recorded) for recorded in positions.values())
    answers = {name: frozenset(recorded) for name, recorded in positions.items()}
    return in_order and begun == indexed and all(one.position in answers.get(one.command_id, ()) for one in firsts)


def _doubt(store: EventStore, envelope: Envelope) -> HistoryError | None:
    """What is wrong with what is kept beside an event: the answer to its command, and its stream in the index."""
    try:
        outcome = store.outcome(envelope.command_id)
        has_state = envelope.version != 1 or store.state(envelope.stream) is not None
    except HistoryError as error:
        error.position = error.position or envelope.position
        return error
    problem = None
    if not has_state:
        problem = f"its stream {envelope.stream!r} is not in the index"
    positions = [] if outcome is None else [one.position for one in outcome.envelopes]
    if envelope.position not in positions or positions != sorted(positions):
        problem = f"the command {envelope.command_id!r} is not answered with this event"
    if problem is None:
        return None
    message = f"position {envelope.position}: {problem}"
    return BrokenHistoryError(message, envelope.version, envelope.position)


def _require_index(store: EventStore, followed: Followed) -> None:
    """What the index says of every stream must be what its events add up to."""
    for kind in StreamKind:
        left = store.streams(kind)
        while streams := tuple(islice(left, _PAGE)):
            for stream, state in _states(store, streams):
                if state is not None:
                    _require_entry(store, state, stream, followed)


def _states(store: EventStore, streams: Sequence[str]) -> Iterator[tuple[str, StreamState | None]]:
    try:
        known = {state.stream: state for state in store.states(streams)}
    except HistoryError:
        # One of them cannot be read; what is wrong with those before it is told first.
        return ((stream, store.state(stream)) for stream in streams)
    return ((stream, known.get(stream)) for stream in streams)


def _require_entry(store: EventStore, state: StreamState, stream: str, followed: Followed) -> None:
    mark = followed.streams.get(stream)
    version, wanted = (0, None) if mark is None else (mark.version, mark.entry(stream))
    if state == wanted or _has_grown(store, stream, version, followed.position):
        return
    # What was worked out when its events were read may be older than a redaction.
    events = store.read(stream)
    wanted = entry_of(stream, events)
    if state != wanted:
        message = f"the index says of {stream!r}: {_said(state)}; its events say: {_said(wanted)}"
        raise BrokenHistoryError(message, version, events[-1].position if events else None)


def _has_grown(store: EventStore, stream: str, version: int, position: int) -> bool:
    """Whether somebody has appended to a stream since the log was read."""
    return any(one.position > position for one in store.read(stream, version))


def _said(state: StreamState) -> str:
    return f"version {state.version}, {state.kind.value} of {state.customer_id!r}, next due at {state.next_due_at}"
