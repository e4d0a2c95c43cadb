"""The benchmarks run, and the peer does the same work. How fast anything is, is not a matter for a test."""

from typing import Any

import attrs
import pytest
from eventsourcing.domain import Aggregate

from csp_lifecycle.lifecycle.evolve import replay
from csp_lifecycle.vocabulary.subscription import Subscription
from tests.benchmarks.__main__ import FULL, QUICK, results
from tests.benchmarks.harness import Found, Row, measured, table
from tests.benchmarks.history import LENGTH, last_command, streams, subscription_id
from tests.benchmarks.peer import Decorated, Plain, aggregate_id, folded, mapper, peer_stream

ELSEWHERE = {
    "subscription_id": "id",
    "began_at": "created_on",
    "changed_at": "modified_on",
    "as_of": "modified_on",
    "version": "version",
}
"""What the peer keeps under names of its own."""


def test_the_history_is_a_realistic_one() -> None:
    for number, stream in enumerate(streams(3)):
        assert len(stream) == LENGTH
        assert len({type(event) for event in stream}) >= 12
        assert stream[-1].at == last_command(number).at
        assert {event.subscription_id for event in stream} == {subscription_id(number)}


@pytest.mark.parametrize("aggregate", [Plain, Decorated])
def test_the_peer_comes_to_the_same_state(aggregate: type[Aggregate]) -> None:
    (stream,) = streams(1)
    ours, theirs = replay(stream), folded(peer_stream(stream, aggregate))
    for field in attrs.fields(Subscription):
        wanted = getattr(ours, field.name)
        if field.name == "subscription_id":
            wanted = aggregate_id(wanted)
        assert getattr(theirs, ELSEWHERE.get(field.name, field.name)) == wanted, field.name


def test_the_peer_reads_back_what_it_writes() -> None:
    (stream,) = streams(1)
    codec = mapper()
    for event in peer_stream(stream, Plain):
        again: Any = codec.to_domain_event(codec.to_stored_event(event))
        assert {name: _listed(value) for name, value in vars(again).items()} == {
            name: _listed(value) for name, value in vars(event).items()
        }


def _listed(value: Any) -> Any:
    # JSON has no tuples, and the peer leaves it at that.
    return list(value) if isinstance(value, tuple) else value


def test_every_row_is_measured_and_printed() -> None:
    found = list(results(QUICK))
    lines = list(table(found))
    assert len(lines) == len(found) + 2
    assert {line.split("|")[1].strip() for line in lines[2:]} == {one.row.what for one in found}
    for one in found:
        assert set(one.seconds) == {"ours", *(["floor"] if one.row.floor else []), *one.row.peers}
        assert all(took > 0 for took in one.seconds.values())


@pytest.mark.parametrize("size", [FULL, QUICK])
def test_there_are_streams_for_every_round(size: Any) -> None:
    assert size.streams >= (size.rounds + 1) * size.share
    assert size.streams >= 2 * size.together


def test_a_ratio_is_the_median_of_the_rounds_and_a_target_is_judged_by_it() -> None:
    took = [9, 9, 1, 2, 6, 1, 1, 3]  # after a round that does not count: the floor first, we first, the floor first
    times = (at for end in took for at in (0.0, float(end)))
    row = Row(what="w", ours=_once, floor=_once, at_most=2.5, microseconds=3e6, clock=lambda: next(times))
    found = measured(row, rounds=3)
    assert (found.ratios["floor"], found.seconds) == (3.0, {"ours": 3.0, "floor": 1.0})
    assert [met for _, met in found.verdicts()] == [True, False]


def test_a_peer_must_be_beaten_by_so_many_times() -> None:
    row = Row(what="w", ours=_once, peers={"peer": _once}, faster={"peer": 5})
    slow = Found(row=row, seconds={"ours": 1.0, "peer": 4.0}, ratios={"ours": 1.0, "peer": 0.25})
    assert list(slow.verdicts()) == [("4.0 x as fast as peer, at least 5", False)]
    fast = attrs.evolve(slow, ratios={"ours": 1.0, "peer": 0.2})
    assert [met for _, met in fast.verdicts()] == [True]


def _once(_: int) -> int:
    return 1
