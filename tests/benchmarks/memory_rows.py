"""What is measured without a store: replay, the codec, a decision alone, the import of the package."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson
from attrs import evolve

from csp_lifecycle.lifecycle.decide import decide
from csp_lifecycle.lifecycle.evolve import replay
from csp_lifecycle.lifecycle.machine import machine_for, tried
from csp_lifecycle.lifecycle.opening import open_row
from csp_lifecycle.lifecycle.step import attempt_on
from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.new_commerce import NEW_COMMERCE
from csp_lifecycle.policies.policy import Market
from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.vocabulary.names import event_name
from csp_lifecycle.wire.events import event_from, event_json, event_text, stored_event
from tests.benchmarks.harness import Row, Work, each
from tests.benchmarks.history import LENGTH, last_command, streams, subscription_id
from tests.benchmarks.peer import Decorated, Plain, folded, mapper, peer_stream

_STREAMS, _AGAIN = 8, 20
"""How many streams, and how often each round goes through them: what was decoded a moment ago is near the processor."""


def memory_rows() -> Iterator[Row]:
    """The rows, in the order of the table."""
    history = streams(_STREAMS)
    for row in (_replay(history), *_codec(history), _decision(history)):
        yield evolve(row, clock=time.process_time)
    yield _import_of_the_package()


def _every(work: Callable[[Any], Any], things: Iterable[Any], operations: int | None = None) -> Work:
    found = list(things)

    def run() -> None:
        for _ in range(_AGAIN):
            for thing in found:
                work(thing)

    return each(run, _AGAIN * (operations or len(found)))


def _replay(history: tuple[tuple[Any, ...], ...]) -> Row:
    cases = dict.fromkeys({type(event) for stream in history for event in stream}, _does_nothing)

    def dispatched(stream: Iterable[Any]) -> None:
        for event in stream:
            cases[event.__class__](None, event)

    events = len(history) * LENGTH
    plain = [peer_stream(stream, Plain) for stream in history]
    decorated = [peer_stream(stream, Decorated) for stream in history]
    return Row(
        what="replay an event in memory",
        ours=_every(replay, history, events),
        floor=_every(dispatched, history, events),
        peers={"@event": _every(folded, decorated, events), "apply": _every(folded, plain, events)},
        at_most=7,
        faster={"@event": 5, "apply": 1.9},
    )


def _does_nothing(_: object, __: object) -> None:
    """The empty case of the floor."""


def _codec(history: tuple[tuple[Any, ...], ...]) -> Iterator[Row]:
    events = [event for stream in history for event in stream]
    ready = [event_json(event) for event in events]
    texts = [event_text(event) for event in events]
    stored = [(event_name(type(event)), text.encode()) for event, text in zip(events, texts, strict=True)]
    codec = mapper()
    theirs = [event for stream in history for event in peer_stream(stream, Plain)]
    loads = _every(orjson.loads, [body for _, body in stored])
    peers = {"eventsourcing": _every(codec.to_domain_event, map(codec.to_stored_event, theirs))}

    def decode() -> None:
        for _ in range(_AGAIN):
            for kind, body in stored:
                stored_event(kind, body)

    yield Row(
        what="decode an event as it is stored",
        ours=each(decode, _AGAIN * len(stored)),
        floor=loads,
        peers=peers,
        at_most=1.8,
        faster={"eventsourcing": 3},
    )
    yield Row(what="decode an event, strictly", ours=_every(event_from, texts), floor=loads, peers=peers)
    yield Row(
        what="encode an event",
        ours=_every(event_text, events),
        floor=_every(orjson.dumps, ready),
        peers={"eventsourcing": _every(codec.to_stored_event, theirs)},
        at_most=3,
    )


def _decision(history: tuple[tuple[Any, ...], ...]) -> Row:
    """The floor is the row, looked up by status and command, with its guards."""
    market, machine = Market(example_catalog(), POLICIES), machine_for(NEW_COMMERCE)
    cases = [
        (last_command(number), {subscription_id(number): replay(stream[:-1])}) for number, stream in enumerate(history)
    ]
    return Row(
        what="decide a command",
        ours=_every(lambda case: decide(case[0], case[1], market), cases),
        floor=_every(lambda case: open_row(attempt_on(case[0], case[1], market)), cases),
        peers={"the machine alone": _every(lambda case: tried(machine, attempt_on(case[0], case[1], market)), cases)},
        at_most=5,
        microseconds=30,
    )


def _import_of_the_package() -> Row:
    def started(code: str) -> Work:
        return each(lambda: subprocess.run([sys.executable, "-c", code], check=True), 1)

    return Row(
        what="start Python and import the package",
        ours=started("import csp_lifecycle"),
        floor=started("pass"),
        peers={
            "with all names": started("import csp_lifecycle as c\nfor name in c.__all__: getattr(c, name)"),
            "eventsourcing": started("import eventsourcing.application, eventsourcing.sqlite"),
        },
        microseconds=150_000,
    )
