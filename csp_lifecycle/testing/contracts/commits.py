"""What the contracts append, and how they ask what became of it."""

# ruff: noqa: S101 - a contract is a list of assertions

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any, TypeVar

import pytest
from attrs import evolve

from csp_lifecycle.errors import StoreError
from csp_lifecycle.stores.chain import digest_of, log_digest_of
from csp_lifecycle.stores.store import Commit, Envelope, EventStore, StreamState
from csp_lifecycle.vocabulary.commands import Actor
from csp_lifecycle.vocabulary.events import Renamed

AT = datetime(2025, 1, 15, 10, 0, 0, 123456, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

_Failure = TypeVar("_Failure", bound=StoreError)


def example_commit(
    command_id: str,
    *streams: str,
    known: Mapping[str, int] | None = None,
    customers: Mapping[str, int] | None = None,
    customer_id: str = "contoso",
    due: datetime | None = None,
) -> Commit:
    """A commit with one event for each of *streams*, which may repeat; *known* are the versions that were read."""
    versions = dict.fromkeys(streams, 0) | dict(known or {})
    expected, envelopes = dict(versions), []
    for stream in streams:
        versions[stream] += 1
        envelopes.append(_renaming(command_id, stream, versions[stream]))
    states = (
        StreamState(stream=stream, version=versions[stream], customer_id=customer_id, next_due_at=due)
        for stream in dict.fromkeys(streams)
    )
    return Commit(
        command_id=command_id,
        digest=f"digest of {command_id}",
        envelopes=tuple(envelopes),
        expected=expected,
        customers=customers or {},
        states=tuple(states),
    )


def _renaming(command_id: str, stream: str, version: int) -> Envelope:
    return Envelope(
        version=version,
        event_id=f"{stream}/{version}",
        recorded_at=AT + MICROSECOND,
        command_id=command_id,
        actor=Actor.CLOCK,
        policy="new-commerce",
        event=Renamed(at=AT, subscription_id=stream, friendly_name=f"“{command_id}” 😀 it's"),
    )


STORY = (
    example_commit("c-1", "s-1", "s-2", due=AT),
    example_commit("c-2", "s-1", known={"s-1": 1}, due=AT),
    example_commit("c-3", "s-2", "s-3", "s-2", known={"s-2": 1}, due=AT),
)
"""Three commits on three streams of one customer."""


def as_appended(envelopes: Iterable[Envelope]) -> tuple[Envelope, ...]:
    """The envelopes without all that a store fills in."""
    return tuple(
        evolve(one, position=0, command_digest="", salt="", redacted={}, digest="", log_digest=None)
        for one in envelopes
    )


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each act gives, or the `StoreError` it raises; each has a thread, and they begin together."""
    barrier, interval = Barrier(len(acts)), sys.getswitchinterval()

    def done(act: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return act()
        except StoreError as error:
            return error

    # Threads that take turns every few microseconds get in each other's way where they can.
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(len(acts)) as pool:
            return list(pool.map(done, acts))
    finally:
        sys.setswitchinterval(interval)


def seen(store: EventStore, command_id: str) -> tuple[object, ...]:
    """All that can be read out of a store of the two customers that the tests speak of."""
    streams = tuple(store.streams())
    held = {customer: store.streams_of(customer) for customer in ("contoso", "fabrikam")}
    read = [store.read(stream) for stream in streams]
    return tuple(store.read_all()), streams, held, read, store.due(), store.outcome(command_id)


def refusal(store: EventStore, commit: Commit, error: type[_Failure]) -> _Failure:
    """The error that appending raises; everything is as it was before."""
    before = seen(store, commit.command_id)
    with pytest.raises(error) as caught:
        store.append(commit)
    assert seen(store, commit.command_id) == before
    return caught.value


def require_chain(store: EventStore) -> None:
    """The digests of the log are those that its events add up to."""
    heads, sealed = dict[str, str](), ""
    for one in store.read_all():
        assert one.digest == digest_of(one, heads.get(one.stream, ""))
        sealed = log_digest_of(sealed, one.position, one.digest)
        assert one.log_digest == sealed
        heads[one.stream] = one.digest
