"""From what a command appends, or another store kept, to what is stored: digests, and a place in the log."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from attrs import evolve, frozen

from csp_lifecycle.errors import LogDoesNotFitError, StoreError
from csp_lifecycle.stores.chain import chained, log_digest_of
from csp_lifecycle.stores.store import Commit, Envelope, StreamKind, StreamState, changed

_BATCH = 1000
"""How many events are taken over at a time: a history may be longer than the memory."""
_REDACTABLE = ("event", "salt", "redacted", "command_digest")


@frozen
class End:
    """The end of a log: its last position, and the digest of the log there."""

    position: int = 0
    log_digest: str = ""


def end_of(log: Sequence[Envelope]) -> End:
    """The end of *log*, which may be empty."""
    return End(log[-1].position, log[-1].log_digest or "") if log else End()


def linked(commit: Commit, head_of: Callable[[str], str]) -> tuple[Envelope, ...]:
    """The envelopes of *commit*, each chained to the one before it in its stream; they have no place yet.

    Args:
        commit: what is appended.
        head_of: the digest of the last event of a stream, "" for one that is new.
    """
    heads = {state.stream: head_of(state.stream) for state in commit.states}
    return chained(commit.envelopes, heads, command_digest=commit.digest)


def placed(envelopes: Iterable[Envelope], end: End) -> tuple[Envelope, ...]:
    """The envelopes in their places behind *end*, chained to the log."""
    made: list[Envelope] = []
    log_digest = end.log_digest
    for position, envelope in enumerate(envelopes, end.position + 1):
        log_digest = log_digest_of(log_digest, position, envelope.digest)
        made.append(changed(envelope, position=position, log_digest=log_digest))
    return tuple(made)


def followed(envelope: Envelope, end: End) -> Envelope:
    """An envelope of another store behind *end*, with its digest of the log.

    Raises:
        LogDoesNotFitError: it does not follow.
    """
    if envelope.position <= end.position:
        message = f"position {envelope.position} does not follow: the log goes on behind {end.position}"
        raise LogDoesNotFitError(message, envelope.position)
    wanted = log_digest_of(end.log_digest, envelope.position, envelope.digest)
    if envelope.log_digest not in {None, wanted}:
        message = f"position {envelope.position} does not follow: its digest of the log is another one"
        raise LogDoesNotFitError(message, envelope.position)
    return envelope if envelope.log_digest == wanted else changed(envelope, log_digest=wanted)


def following(envelopes: Iterable[Envelope], end: End) -> tuple[list[Envelope], End]:
    """Envelopes of another store one behind the other, the first behind *end*, and where the log ends then.

    Raises:
        LogDoesNotFitError: as `followed`.
    """
    made: list[Envelope] = []
    for envelope in envelopes:
        made.append(followed(envelope, end))
        end = End(envelope.position, made[-1].log_digest or "")
    return made, end


def numbered(envelopes: Iterable[Envelope], counted: Mapping[str, int]) -> Iterator[tuple[Envelope, int]]:
    """Each with its number among the events of its command, of which so many may be *counted* already."""
    numbers = Counter(counted)
    for envelope in envelopes:
        numbers[envelope.command_id] += 1
        yield envelope, numbers[envelope.command_id]


def taken_over(
    envelopes: Iterable[Envelope],
    begin: End,
    between: Callable[[int, int], Iterable[Envelope]],
    add: Callable[[Sequence[Envelope], End], End],
) -> tuple[int, End]:
    """Take over the history of another store, batch by batch; how many events were new, and where the log ends.

    Args:
        envelopes: the history, from its first event on.
        begin: where the log ended before; what stands up to there must be the same.
        between: what is stored from one position to another, both included.
        add: adds a batch behind an end of the log, and says where it ends then.

    Raises:
        LogDoesNotFitError: something else is stored already.
    """
    added, end, left = 0, begin, iter(envelopes)
    while batch := tuple(islice(left, _BATCH)):
        known = [one for one in batch if one.position <= begin.position]
        if known:
            positions = [one.position for one in known]
            stored = {one.position: one for one in between(min(positions), max(positions))}
            for envelope in known:
                require_same(stored.get(envelope.position), envelope)
        new = [one for one in batch if one.position > begin.position]
        end = add(new, end)
        added += len(new)
    return added, end


def require_same(stored: Envelope | None, given: Envelope) -> None:
    """They must be one event, be it that one of the two is redacted.

    Raises:
        LogDoesNotFitError: they are not.
    """
    free = _REDACTABLE if given.redacted or (stored and stored.redacted) else ()
    if stored is None or _unlike(stored, given, free) or given.log_digest not in {None, stored.log_digest}:
        message = f"position {given.position} does not fit: another event is stored there"
        raise LogDoesNotFitError(message, given.position)


def redaction(stored: Envelope | None, given: Envelope) -> Envelope:
    """What stands in the place of *stored* from now on; only what a redaction changes may be another.

    Raises:
        StoreError: something else is.
    """
    if stored is None or _unlike(stored, given, _REDACTABLE):
        message = f"position {given.position} cannot be redacted: another event is stored there"
        raise StoreError(message)
    return changed(given, log_digest=stored.log_digest)


def renamed(state: StreamState, customers: Mapping[str, str]) -> StreamState:
    """The index entry of a stream after *customers* were renamed."""
    if state.kind is not StreamKind.SUBSCRIPTION:
        return state
    return evolve(state, customer_id=customers.get(state.customer_id, state.customer_id))


def taken_at(position: int) -> LogDoesNotFitError:
    """What is wrong with an envelope whose stream has another event at its version."""
    message = f"position {position} does not fit: another event is stored at its version"
    return LogDoesNotFitError(message, position)


def gap_before(position: int) -> LogDoesNotFitError:
    """What is wrong with an envelope whose stream has no event at the version before."""
    message = f"position {position} does not fit: the version before it in its stream is not there"
    return LogDoesNotFitError(message, position)


def _unlike(one: Envelope, other: Envelope, but: Iterable[str]) -> bool:
    return changed(one, **{name: getattr(other, name) for name in but}) != other
