"""A log is followed some hundred events at a time, and the first event that does not hold is told all the same."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csp_lifecycle.errors import BrokenHistoryError, LogRefusedError
from csp_lifecycle.service import Lifecycle, checking
from csp_lifecycle.service.checking import batches
from csp_lifecycle.service.marks import Mark, Marks
from csp_lifecycle.service.moving import export, import_log
from csp_lifecycle.service.verifying import Verdict, verify
from csp_lifecycle.stores import sqlite_moving
from csp_lifecycle.stores.envelopes import envelope_text
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.store import Envelope, EventStore
from csp_lifecycle.testing.scenario import Scenario
from csp_lifecycle.testing.strategies import World, histories
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary import commands as c

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

Play = Callable[..., Lifecycle]
BY_HAND = ("position", "version", "event_id", "recorded_at", "command_id", "actor", "policy", "schema", "event")
BUYING: dict[str, Any] = {
    "at": datetime(2025, 1, 15, 10, tzinfo=UTC),
    "customer_id": "contoso",
    "offer_id": "e3",
    "seats": 3,
    "term": TermLength.YEAR,
    "plan": Plan.MONTHLY,
}
SIZES = (1, 2, 3, 500)
# Each spoils one line: of its chain, of what it says, of its place, and of its letters.
SPOILED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "version": lambda line: line | {"version": line["version"] + 1},
    "impossible": lambda line: line | {"event": line["event"] | {"at": "2020-01-01T00:00:00Z"}},
    "doubled": lambda line: line | {"position": max(1, line["position"] - 1)},
    "ahead": lambda line: line | {"position": line["position"] + 3},
    "unreadable": lambda line: line | {"actor": "nobody"},
}


@pytest.fixture
def lines(play: Play) -> list[str]:
    store = MemoryStore()
    play(store)
    return [json.dumps({key: json.loads(line)[key] for key in BY_HAND}) for line in export(store)]


def refusal(lines: Iterable[str]) -> tuple[int, type[Exception], str]:
    with pytest.raises(LogRefusedError) as caught:
        import_log(MemoryStore(), lines)
    return caught.value.line, type(caught.value.reason), str(caught.value)


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_first_line_that_does_not_hold_is_told_however_many_are_followed_at_once(
    lines: list[str], data: st.DataObject
) -> None:
    spoiled = list(lines)
    for _ in range(2):
        number = data.draw(st.integers(1, len(lines) - 1))
        spoil = SPOILED[data.draw(st.sampled_from(list(SPOILED)))]
        spoiled[number] = json.dumps(spoil(json.loads(spoiled[number])))
    for blank in data.draw(st.lists(st.integers(0, len(lines)), max_size=3)):
        spoiled.insert(blank, "")
    told = set()
    for size in SIZES:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(checking, "_BATCH", size)
            try:
                import_log(MemoryStore(), spoiled)
            except LogRefusedError as refused:
                told.add((refused.line, type(refused.reason), str(refused)))
            else:
                told.add((0, LogRefusedError, "imported"))
    assert len(told) == 1


def test_an_event_that_is_impossible_comes_before_a_chain_that_breaks_and_a_line_that_is_none(
    lines: list[str],
) -> None:
    number = next(n for n, line in enumerate(lines) if '"type": "renamed"' in line)
    impossible = json.dumps(SPOILED["impossible"](json.loads(lines[number])))
    broken = json.dumps(SPOILED["version"](json.loads(lines[-2])))
    refused = refusal([*lines[:number], impossible, *lines[number + 1 : -2], broken, "{"])
    assert refused[:2] == (number + 1, BrokenHistoryError)
    assert "before the event it follows on" in refused[2]


@given(commands=histories(World(), longest=12), data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
def test_a_verdict_is_the_same_however_many_are_followed_at_once(
    engines: Any, commands: tuple[c.Command, ...], data: st.DataObject
) -> None:
    store = engines.played("sqlite", commands)
    checkpoint = verify(store).checkpoint
    for one in data.draw(st.lists(st.sampled_from([*store.read_all()] or [None]), max_size=2)):
        column = data.draw(st.sampled_from(("body", "version", "command_id", "ordinal", "digest", "salt")))
        if one is not None:
            engines.run(store, f"UPDATE OR IGNORE events SET {column} = 77 WHERE position = ?", one.position)  # noqa: S608 - our own columns
    verdicts = list[Verdict]()
    for size in SIZES:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(checking, "_BATCH", size)
            verdicts += [verify(store), verify(store, checkpoint and evolve(checkpoint, log_digest="ab" * 32))]
    assert verdicts == verdicts[:2] * len(SIZES)


@pytest.mark.parametrize("error", [BrokenHistoryError(message="broken off at 4"), OSError("broken off at 4")])
def test_what_was_read_before_something_broke_is_handed_out_first(play: Play, error: Exception) -> None:
    store = MemoryStore()
    play(store)
    log = tuple(store.read_all())

    def breaks() -> Iterable[Envelope]:
        yield from log[:3]
        raise error

    found = list[list[Envelope]]()
    with pytest.raises(type(error), match="broken off at 4"):
        found.extend(batches(breaks()))
    assert found == [[*log[:3]]]
    assert [len(one) for one in batches(log, last=2)] == [2, len(log) - 2]
    assert [len(one) for one in batches([*log[:3], log[1], *log[3:]])] == [4, len(log) - 3]


def test_a_history_that_is_as_it_should_be_is_checked_without_a_question_for_each_event(
    full_store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for question in ("outcome", "state", "read"):
        monkeypatch.setattr(full_store, question, None)
    assert verify(full_store).ok


def test_of_streams_that_are_not_kept_at_hand_what_a_chain_and_an_index_need_is_known() -> None:
    scenario, marks = Scenario(c.Purchase(**BUYING, subscription_id="s-1")), Marks(at_hand=1)
    mark = Mark(1, "digest", scenario.subscription("s-1"))
    marks.put("s-1", mark)
    assert marks.get("s-1") == mark
    marks.put("s-2", Mark(2, "another"))
    spilled = marks.get("s-1")
    assert spilled == Mark(1, "digest", entry=scenario.store.state("s-1"))
    assert spilled is not None
    assert spilled.entry("s-1") == mark.entry("s-1")
    # Its next event comes: what it adds up to now is not known any more.
    marks.put("s-1", Mark(2, "later"))
    marks.put("s-3", Mark(3, "third", entry=spilled.entry("s-1")))
    known = {f"s-{n}": marks.get(f"s-{n}") for n in range(1, 5)}
    assert [known["s-1"], known["s-2"], known["s-4"]] == [Mark(2, "later"), Mark(2, "another"), None]
    marks.close()


def test_a_log_of_more_streams_than_are_kept_at_hand_is_read_once(
    full_store: EventStore, engines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "Marks", lambda: Marks(at_hand=1))
    log = sorted(full_store.read_all(), key=lambda one: (one.stream, one.version))
    lines = [json.dumps(json.loads(envelope_text(one)) | {"position": n}) for n, one in enumerate(log, 1)]
    by_hand = [json.dumps({key: json.loads(line)[key] for key in BY_HAND}) for line in lines]
    store = engines.new("sqlite")
    monkeypatch.setattr(sqlite_moving, "_STREAM", "no statement")
    import_log(store, by_hand)
    monkeypatch.setattr(store, "read", None)
    assert verify(store).ok
