"""Following a log from its first event on: every event must hold by itself, behind the ones before it, and as history.

Import and `verify` go the same way, so what can be imported can be verified, and the first event that does not hold
is the first one in the order of the log.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from csp_lifecycle.errors import BrokenHistoryError, HistoryError, TamperedHistoryError
from csp_lifecycle.service.folding import after_all
from csp_lifecycle.service.marks import Mark, Marks
from csp_lifecycle.stores.chain import COMMAND, body_text, chained, digest_of, log_digest_of, personal_fields
from csp_lifecycle.stores.store import Envelope, changed
from csp_lifecycle.wire.text import parse_object

_BATCH = 500
NAME = "redacted"
"""What stands in place of a redacted friendly name."""


def pseudonym(position: int, commitment: str) -> str:
    """What stands in place of a redacted customer id: it names the first event that held it, and its commitment."""
    return f"redacted-{position}-{commitment[:16]}"


def batches(envelopes: Iterable[Envelope], last: int | None = None) -> Iterator[list[Envelope]]:
    """Envelopes some at a time. What comes before something that cannot be read is handed out before that is told.

    A batch ends where a position does not grow, and with the position *last*, where something else is to be asked.
    """
    batch, position = list[Envelope](), 0
    try:
        for envelope in envelopes:
            batch.append(envelope)
            if len(batch) == _BATCH or envelope.position <= position or envelope.position == last:
                yield batch
                batch = []
            position = envelope.position
    except Exception:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


class _Strand:
    """How far a stream has been followed, and which of its events have not been folded."""

    def __init__(self, mark: Mark) -> None:
        self.version, self.digest, self.fold = mark.version, mark.digest, mark.fold
        self.waiting: list[Envelope] = []


class Followed:
    """How far a log has been followed: `events` held, `position` and `log_digest` are of the last that was linked.

    Args:
        sealed: whether the log has digests; those of one that has none are worked out on the way.
    """

    def __init__(self, *, sealed: bool = True) -> None:
        self._is_sealed = sealed
        self.position = 0
        self.log_digest = ""
        self.events = 0
        self.streams = Marks()
        self._pseudonyms = Marks()

    def follow(self, envelopes: Iterable[Envelope]) -> list[Envelope]:
        """The next events, which must hold; if several do not, the first of them is told.

        What they add up to is looked at stream by stream, which takes a quarter of the time.

        Raises:
            BrokenHistoryError: its position, its version or what it says is impossible where it stands.
            TamperedHistoryError: a digest does not hold.
        """
        strands: dict[str, _Strand] = {}
        linked: list[Envelope] = []
        broken: HistoryError | None = None
        try:
            for envelope in envelopes:
                linked.append(self._linked(envelope, strands))  # noqa: PERF401 - those before a broken one count
        except HistoryError as error:
            # An event before this one may be impossible.
            broken = error
        self._fold(strands, linked)
        if broken is not None:
            raise broken
        return linked

    def _linked(self, envelope: Envelope, strands: dict[str, "_Strand"]) -> Envelope:
        stream = envelope.stream
        strand = strands.get(stream)
        if strand is None:
            strand = strands[stream] = _Strand(self.streams.get(stream) or Mark())
        self._require_next(envelope, strand.version)
        sealed = self._sealed(envelope, strand.digest)
        if sealed.redacted:
            self._require_redactions(sealed)
        strand.version, strand.digest = sealed.version, sealed.digest
        strand.waiting.append(sealed)
        self.position, self.log_digest = sealed.position, sealed.log_digest or ""
        return sealed

    def _fold(self, strands: Mapping[str, "_Strand"], linked: Collection[Envelope]) -> None:
        problems: list[BrokenHistoryError] = []
        for stream, strand in strands.items():
            try:
                fold = after_all(strand.fold, strand.waiting) if strand.waiting else strand.fold
            except BrokenHistoryError as error:
                problems.append(error)
            else:
                self.streams.put(stream, Mark(strand.version, strand.digest, fold))
        if not problems:
            self.events += len(linked)
            return
        first = min(problems, key=lambda one: one.position or 0)
        self.events += sum(one.position < (first.position or 0) for one in linked)
        raise first

    def _require_next(self, envelope: Envelope, version: int) -> None:
        problem = None
        if envelope.position <= self.position:
            problem = f"it stands behind position {self.position}; positions grow"
        elif envelope.version != version + 1:
            problem = f"{envelope.stream!r}: it is version {envelope.version}, {version + 1} follows here"
        if problem is not None:
            message = f"position {envelope.position}: {problem}"
            raise BrokenHistoryError(message, envelope.version, envelope.position)

    def _sealed(self, envelope: Envelope, head: str) -> Envelope:
        if not self._is_sealed:
            (envelope,) = chained([envelope], {envelope.stream: head})
            log_digest = log_digest_of(self.log_digest, envelope.position, envelope.digest)
            return changed(envelope, log_digest=log_digest)
        if envelope.digest != _digest_of(envelope, head):
            raise _tampered(envelope, "the event")
        if envelope.log_digest != log_digest_of(self.log_digest, envelope.position, envelope.digest):
            raise _tampered(envelope, "the log")
        return envelope

    def _require_redactions(self, envelope: Envelope) -> None:
        """What stands in place of a redacted value is in no digest, so it must be what only a redaction puts there."""
        if not self._is_sealed or not envelope.redacted.keys() - {COMMAND}:
            return
        values = personal_fields(parse_object(body_text(envelope)))
        for path, commitment in sorted(envelope.redacted.items()):
            if path != COMMAND and not self._is_redacted(path, values.get(path, ""), commitment, envelope.position):
                message = f"position {envelope.position}: {path} is redacted, but something else was put there"
                raise TamperedHistoryError(message, envelope.position)

    def _is_redacted(self, path: str, value: str, commitment: str, position: int) -> bool:
        if path.endswith("/friendly_name"):
            return value == NAME
        if value == pseudonym(position, commitment):
            self._pseudonyms.put(value, Mark())
        return self._pseudonyms.get(value) is not None

    def close(self) -> None:
        """Delete what was kept in temporary files."""
        self.streams.close()
        self._pseudonyms.close()


def _tampered(envelope: Envelope, what: str) -> TamperedHistoryError:
    message = (
        f"position {envelope.position}: the digest of {what} does not hold; this event, or one before it, was "
        "changed, removed, inserted or moved"
    )
    return TamperedHistoryError(message, envelope.position)


def _digest_of(envelope: Envelope, previous: str) -> str | None:
    try:
        return digest_of(envelope, previous)
    except ValueError:
        # The body can be read, but not in one way only.
        return None
