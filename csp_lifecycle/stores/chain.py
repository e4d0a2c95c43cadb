"""The chains of digests that make a changed log evident.

Every event carries the digest of its content and of the digest before it in its stream; by position, the log has a
digest over all of them. Whoever changes, removes, inserts or swaps events would have to work out every digest that
follows, and then the last one differs from what was noted elsewhere (a checkpoint).

Personal fields do not go into a digest themselves, only a commitment to them: a digest of a random salt and the value.
When the salt and the value are gone, nobody can guess the value from what is left, and the chain still holds. The
digest of a command would give such values away to whoever guesses them, so in a commit with personal fields it is
committed to as well: redacting replaces the body, `salt`, `redacted` and `command_digest`.

Digests are SHA-256, in hex. They cover the body as it is stored, not the event it is read as: a later version of the
library, which reads old bodies into wider events, works out the same digests.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from csp_lifecycle.stores.store import Envelope, changed
from csp_lifecycle.wire.converter import instant_text
from csp_lifecycle.wire.events import event_text
from csp_lifecycle.wire.text import DEEPEST, LONGEST, parse_object, write

PERSONAL = frozenset({"customer_id", "friendly_name"})
"""The keys of personal fields, wherever they stand in a body."""

COMMAND = "command_digest"
"""Where `Envelope.redacted` holds the commitment to the command's digest. JSON pointers begin with a slash."""

_CUSTOMER, _NAME = (f'"{name}":"' for name in sorted(PERSONAL))


def chained(
    envelopes: Sequence[Envelope],
    heads: Mapping[str, str],
    *,
    salt: Callable[[], str] | None = None,
    command_digest: str | None = None,
) -> tuple[Envelope, ...]:
    """The envelopes of one commit with `body`, `salt` and `digest` filled in; a salt that is there already is kept.

    Args:
        envelopes: in the order of their positions.
        heads: the digest of the last stored event of each stream; none for a stream that is new.
        salt: makes a new salt, random unless a test says otherwise.
        command_digest: the digest of the command, where the envelopes do not have it yet.
    """
    bodies = [body_text(one) for one in envelopes]
    salted = any(map(_may_be_personal, bodies))
    last, made = dict(heads), []
    for envelope, body in zip(envelopes, bodies, strict=True):
        fresh = salted and not (envelope.salt or envelope.redacted)
        one = changed(
            envelope,
            body=body,
            salt=(salt or new_salt)() if fresh else envelope.salt,
            command_digest=envelope.command_digest if command_digest is None else command_digest,
        )
        stream = one.stream
        last[stream] = digest = digest_of(one, last.get(stream, ""))
        made.append(changed(one, digest=digest))
    return tuple(made)


def digest_of(envelope: Envelope, previous: str) -> str:
    """The digest of one event behind *previous*, the digest of the event before it in its stream ("" for the first).

    It covers all that is stored of the event but its position: the log's own chain covers that.
    """
    masked, fields = _split(envelope)
    commitments, unused = _commitments(envelope, fields)
    is_committed = COMMAND in commitments and COMMAND not in envelope.redacted
    at = envelope.recorded_at
    head = (
        previous,
        envelope.stream,
        envelope.version,
        envelope.event_id,
        at if at.tzinfo is UTC else at.astimezone(UTC),
        envelope.command_id,
        "" if is_committed else envelope.command_digest,
        envelope.actor.value,
        envelope.policy,
        envelope.schema,
        commitments,
        unused,
    )
    return hashlib.sha256(b"%b\n%b" % (_head_bytes(head), masked)).hexdigest()


def log_digest_of(previous: str, position: int, digest: str) -> str:
    """The digest of the log up to *position*, behind *previous*, the log's digest before it ("" for the first)."""
    return _sha256(f"{previous}:{position}:{digest}")


def commitment(salt: str, value: str) -> str:
    """What stands for *value* in a digest. Without the random *salt* nobody can tell whether a guess is right."""
    return _sha256(f"{salt}:{value}")


def new_salt() -> str:
    """128 random bits, in hex."""
    return secrets.token_hex(16)


def body_text(envelope: Envelope) -> str:
    """The event as it is stored, or will be."""
    return envelope.body or event_text(envelope.event)


def personal_fields(body: Any) -> dict[str, str]:
    """The personal fields of a body by JSON pointer, those that are null left out."""
    found: dict[str, str] = {}
    _mask("", body, found)
    return found


def with_values(body: Any, values: Mapping[str, Any]) -> Any:
    """A copy of *body* in which *values*, by JSON pointer, stand in place of what is there."""
    return _replaced("", body, values)


def salts_left(envelope: Envelope, gone: frozenset[str]) -> str:
    """The salt of an event whose fields *gone* (JSON pointers, or `COMMAND`) are redacted.

    Each field is committed to with a salt of its own, worked out from the event's: of those that stay, the own ones are
    kept, and from them nobody can work out the others.
    """
    paths = {COMMAND, *personal_fields(parse_object(body_text(envelope)))} - envelope.redacted.keys()
    salts = _salts(envelope.salt, paths)
    left = {path: salts[path] for path in sorted(paths - gone)}
    return write(left) if left else ""


def commitments_of(envelope: Envelope) -> dict[str, str]:
    """The commitments that the digest of an event holds in place of personal fields, by JSON pointer."""
    return _commitments(envelope, _split(envelope)[1])[0]


def _head_bytes(head: tuple[Any, ...]) -> bytes:
    try:
        # It writes an instant in UTC as `instant_text` does.
        return _encode(head)
    except UnicodeEncodeError:
        return _bytes(write([instant_text(one) if isinstance(one, datetime) else one for one in head]))


def _split(envelope: Envelope) -> tuple[bytes, dict[str, str]]:
    """The body with null in place of personal fields, and these by JSON pointer."""
    text, fields = body_text(envelope), dict[str, str]()
    if not _may_be_personal(text):
        return _bytes(text), fields
    body = _as_written(text)
    if body is None:
        return _bytes(write(_mask("", parse_object(text), fields))), fields
    at_the_top = {name: body[name] for name in PERSONAL if isinstance(body.get(name), str)}
    if text.count(_CUSTOMER) + text.count(_NAME) > len(at_the_top):
        return _encode(_mask("", body, fields)), fields
    return _encode(body | dict.fromkeys(at_the_top)), {f"/{name}": value for name, value in at_the_top.items()}


def _as_written(text: str) -> dict[str, Any] | None:
    """The object, if *text* is letter by letter what is written for it: then no key is doubled, and no number odd."""
    if len(text) > LONGEST or text.count("{") + text.count("[") > DEEPEST:
        return None
    try:
        body = _decode(text)
        return body if _encode(body) == text.encode() and isinstance(body, dict) else None
    except (msgspec.MsgspecError, ValueError):
        return None


def _no_fraction(digits: str) -> Any:
    # Python and msgspec do not write all of them alike.
    raise ValueError(digits)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(float_hook=_no_fraction).decode


def _commitments(envelope: Envelope, fields: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """The commitments, in the order of their paths, and what of the salt nothing needs (it must not go unnoticed)."""
    if not (envelope.salt or envelope.redacted or fields):
        return {}, ""
    values = {COMMAND: envelope.command_digest, **fields}
    fresh = {path: value for path, value in values.items() if path not in envelope.redacted}
    salts = _salts(envelope.salt, fresh)
    made = {path: commitment(salts.get(path, ""), value) for path, value in fresh.items()}
    needed = bool(fresh) and salts.keys() == fresh.keys()
    return dict(sorted((made | dict(envelope.redacted)).items())), "" if needed else envelope.salt


def _salts(salt: str, paths: Iterable[str]) -> dict[str, str]:
    """The salt of each field: worked out from the event's, or as a redaction left them."""
    if not salt.startswith("{"):
        return {path: commitment(salt, path) for path in paths if salt}
    try:
        return {path: str(one) for path, one in parse_object(salt).items()}
    except ValueError:
        return {}


def _may_be_personal(body: str) -> bool:
    # What is stored is written without blanks and without needless escapes; if it is not, the digest tells.
    return _CUSTOMER in body or _NAME in body


def _mask(path: str, value: Any, found: dict[str, str]) -> Any:
    """A copy of *value* with null in place of its personal fields, which are noted in *found*."""
    if isinstance(value, list):
        return [_mask(f"{path}/{number}", below, found) for number, below in enumerate(value)]
    if not isinstance(value, dict):
        return value
    masked = dict(value)
    for name, below in value.items():
        if isinstance(below, dict | list):
            masked[name] = _mask(f"{path}/{_escaped(name)}", below, found)
        elif name in PERSONAL and isinstance(below, str):
            found[f"{path}/{name}"] = below
            masked[name] = None
    return masked


def _replaced(path: str, value: Any, values: Mapping[str, Any]) -> Any:
    if path in values:
        return values[path]
    if isinstance(value, dict):
        return {name: _replaced(f"{path}/{_escaped(name)}", below, values) for name, below in value.items()}
    if isinstance(value, list):
        return [_replaced(f"{path}/{number}", below, values) for number, below in enumerate(value)]
    return value


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _sha256(text: str) -> str:
    return hashlib.sha256(_bytes(text)).hexdigest()
