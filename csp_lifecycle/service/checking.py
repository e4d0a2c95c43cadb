"""Following a log from its first event on: every event must hold by itself, behind the ones before it, and as history.

Import and `verify` go the same way, so what can be imported can be verified, and the first event that does not hold
is the first one in the order of the log.
"""

from attrs import evolve

from csp_lifecycle.errors import BrokenHistoryError, TamperedHistoryError
from csp_lifecycle.service.folding import after
from csp_lifecycle.service.marks import Mark, Marks
from csp_lifecycle.stores.chain import COMMAND, body_text, chained, digest_of, log_digest_of, personal_fields
from csp_lifecycle.stores.store import Envelope
from csp_lifecycle.wire.text import parse_object

NAME = "redacted"
"""What stands in place of a redacted friendly name."""


def pseudonym(position: int, commitment: str) -> str:
    """What stands in place of a redacted customer id: it names the first event that held it, and its commitment."""
    return f"redacted-{position}-{commitment[:16]}"


class Followed:
    """How far a log has been followed. `position` and `log_digest` are those of the last event that held.

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

    def follow(self, envelope: Envelope) -> Envelope:
        """The next event, which must hold.

        Raises:
            BrokenHistoryError: its position, its version or what it says is impossible where it stands.
            TamperedHistoryError: a digest does not hold.
        """
        mark = self.streams.get(envelope.stream) or Mark()
        self._require_next(envelope, mark)
        sealed = self._sealed(envelope, mark)
        self._require_redactions(sealed)
        fold = after(mark.fold, sealed)
        self.streams.put(sealed.stream, Mark(sealed.version, sealed.digest, fold))
        self.position, self.log_digest = sealed.position, sealed.log_digest or ""
        self.events += 1
        return sealed

    def _require_next(self, envelope: Envelope, mark: Mark) -> None:
        problem = None
        if envelope.position <= self.position:
            problem = f"it stands behind position {self.position}; positions grow"
        elif envelope.version != mark.version + 1:
            problem = f"{envelope.stream!r}: it is version {envelope.version}, {mark.version + 1} follows here"
        if problem is not None:
            message = f"position {envelope.position}: {problem}"
            raise BrokenHistoryError(message, envelope.version, envelope.position)

    def _sealed(self, envelope: Envelope, mark: Mark) -> Envelope:
        if not self._is_sealed:
            (envelope,) = chained([envelope], {envelope.stream: mark.digest})
            return evolve(envelope, log_digest=log_digest_of(self.log_digest, envelope.position, envelope.digest))
        _require(envelope, "the event", envelope.digest == _digest_of(envelope, mark.digest))
        wanted = log_digest_of(self.log_digest, envelope.position, envelope.digest)
        _require(envelope, "the log", envelope.log_digest == wanted)
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


def _require(envelope: Envelope, what: str, holds: bool) -> None:  # noqa: FBT001 - a condition, not a switch
    if not holds:
        message = (
            f"position {envelope.position}: the digest of {what} does not hold; this event, or one before it, was "
            "changed, removed, inserted or moved"
        )
        raise TamperedHistoryError(message, envelope.position)


def _digest_of(envelope: Envelope, previous: str) -> str | None:
    try:
        return digest_of(envelope, previous)
    except ValueError:
        # The body can be read, but not in one way only.
        return None
