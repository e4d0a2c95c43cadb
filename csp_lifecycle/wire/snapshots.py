"""The whole state of a subscription as text, for snapshots: a cache of the fold that is never trusted by itself.

A snapshot is bound to the log by the digest of the event it was taken behind, and to itself by a seal. One that does
not fit, for whatever reason, is no error: it is as if there were none.
"""

import hashlib

import msgspec

from csp_lifecycle.vocabulary.subscription import Subscription

SNAPSHOT_SCHEMA = 1
"""Raise it whenever the fold, or a field of `Subscription`, changes: what was kept before is then ignored."""

_SEAL = hashlib.sha256().digest_size * 2
_DECODER = msgspec.json.Decoder(Subscription)


def snapshot_text(subscription: Subscription, digest: str) -> str:
    """The state as it is kept, sealed together with the *digest* of the last event that is in it."""
    state = msgspec.json.encode(subscription)
    return _seal(state, digest) + state.decode()


def snapshot_state(text: str, digest: str) -> Subscription | None:
    """The state that *text* holds; None where it is not, letter by letter, what was written behind that event."""
    state = text[_SEAL:].encode("utf-8", "surrogatepass")
    if text[:_SEAL] != _seal(state, digest):
        return None
    try:
        return _DECODER.decode(state)
    except msgspec.ValidationError:
        return None


def _seal(state: bytes, digest: str) -> str:
    return hashlib.sha256(b"%d\n%b\n%b" % (SNAPSHOT_SCHEMA, digest.encode(), state)).hexdigest()
