"""A log moves between stores of any engine, all of it or nothing, and what does not hold is refused where it stands."""

import json
import re
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from csp_lifecycle.errors import (
    BrokenHistoryError,
    InvalidLogError,
    LogDoesNotFitError,
    LogRefusedError,
    TamperedHistoryError,
)
from csp_lifecycle.service import Lifecycle, checking
from csp_lifecycle.service.marks import Marks
from csp_lifecycle.service.moving import LONGEST_LINE, Imported, export, import_log
from csp_lifecycle.service.privacy import redact
from csp_lifecycle.service.verifying import verify
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.store import EventStore, StreamKind
from csp_lifecycle.testing.scenario import Scenario
from csp_lifecycle.testing.strategies import World, histories
from csp_lifecycle.vocabulary import commands as c

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

NewStore = Callable[[], EventStore]
Play = Callable[..., Lifecycle]
COMMANDS_END = datetime(2025, 5, 1, tzinfo=UTC)
BY_HAND = ("position", "version", "event_id", "recorded_at", "command_id", "actor", "policy", "schema", "event")


def everything(store: EventStore) -> tuple[object, ...]:
    """What a store says, in every way it can be asked."""
    streams = [*store.streams(), *store.streams(StreamKind.ACCOUNT)]
    states = [store.state(stream) for stream in streams]
    customers = [store.streams_of(state.customer_id, state.kind) for state in states if state is not None]
    events = tuple(store.read_all())
    outcomes = [store.outcome(one.command_id) for one in events]
    return events, [store.read(stream) for stream in streams], states, customers, store.due(), outcomes


def by_hand(lines: Iterable[str]) -> list[str]:
    """The lines as somebody would write them who works out no digests."""
    return [json.dumps({key: json.loads(line)[key] for key in BY_HAND}) for line in lines]


def changed(line: str, **more: Any) -> str:
    return json.dumps(json.loads(line) | more, ensure_ascii=False)


def refusal(store: EventStore, lines: Iterable[str | bytes]) -> LogRefusedError:
    """Why the lines cannot be imported; nothing of them must have been."""
    before = everything(store)
    with pytest.raises(LogRefusedError) as caught:
        import_log(store, lines)
    assert everything(store) == before
    return caught.value


@pytest.fixture
def lines(play: Play) -> list[str]:
    """The exported log of the example history."""
    store = MemoryStore()
    play(store)
    return list(export(store))


@pytest.mark.parametrize("to", ["memory", "sqlite", "postgres"])
def test_out_of_any_engine_into_any_other_and_out_again_gives_the_same_bytes(
    full_store: EventStore, engines: Any, to: str
) -> None:
    exported, other = list(export(full_store)), engines.new(to)
    assert import_log(other, exported) == Imported(len(exported), len(exported))
    assert list(export(other)) == exported
    assert everything(other) == everything(full_store)
    assert verify(other) == verify(full_store)


@given(commands=histories(World(), longest=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
def test_any_history_moves(commands: tuple[c.Command, ...], engines: Any) -> None:
    scenario, other = Scenario(), engines.new("sqlite")
    for command in commands:
        scenario.when(command)
    exported = list(export(scenario.store))
    import_log(other, exported)
    assert list(export(other)) == exported
    assert everything(other) == everything(scenario.store)
    assert verify(other).ok


def test_importing_twice_adds_nothing_and_a_longer_log_adds_the_rest(new_store: NewStore, play: Play) -> None:
    source, store = new_store(), new_store()
    lifecycle = play(source)
    shorter = list(export(source))
    import_log(store, shorter)
    assert import_log(store, shorter) == Imported(len(shorter), 0)
    lifecycle.handle(c.Suspend(at=COMMANDS_END, subscription_id="s-1"))
    longer = list(export(source))
    assert import_log(store, longer) == Imported(len(longer), len(longer) - len(shorter))
    assert everything(store) == everything(source)


def test_the_history_goes_on_where_it_came_to(new_store: NewStore, lines: list[str], play: Play) -> None:
    here, there = new_store(), MemoryStore()
    import_log(here, lines)
    import_log(there, lines)
    further = (c.AddSeats(at=COMMANDS_END, subscription_id="s-1", seats=1), c.Advance(to=COMMANDS_END))
    for store in (here, there):
        play(store, *further)
    assert len(list(here.read_all())) > len(lines)
    assert everything(here)[2] == everything(there)[2]
    assert verify(here).ok


def test_a_command_that_was_taken_before_the_move_is_not_taken_again(
    new_store: NewStore, lines: list[str], play: Play, commands: tuple[c.Command, ...]
) -> None:
    store = new_store()
    import_log(store, lines)
    lifecycle = play(store, commands[0])
    assert len(list(store.read_all())) == len(lines)
    assert lifecycle.handle(commands[0]).recorded == (store.read("s-1")[0].event,)


def test_an_empty_log_and_blank_lines_add_nothing(new_store: NewStore, lines: list[str]) -> None:
    store, told = new_store(), list[int]()
    assert list(export(store)) == []
    assert import_log(store, ["", "  \n"]) == Imported(0, 0)
    assert import_log(store, ["", *lines, "\n"], told.append) == Imported(len(lines), len(lines))
    assert told[-1] == len(lines) + 2


def test_lines_may_be_bytes(new_store: NewStore, lines: list[str]) -> None:
    store = new_store()
    import_log(store, [line.encode() + b"\n" for line in lines])
    assert list(export(store)) == lines


# --- what does not fit


def test_another_history_at_the_same_positions_is_refused_whole(
    new_store: NewStore, lines: list[str], play: Play, commands: tuple[c.Command, ...]
) -> None:
    store = new_store()
    play(store, commands[1], commands[0])
    refused = refusal(store, ["", *lines])
    assert isinstance(refused.reason, LogDoesNotFitError)
    assert (refused.line, refused.reason.position, refused.code) == (2, 1, "log-does-not-fit")
    assert "line 2" in str(refused)
    assert "position 1" in str(refused)


def test_a_store_that_went_on_another_way_is_left_alone(new_store: NewStore, lines: list[str], play: Play) -> None:
    store = new_store()
    import_log(store, lines[:-1])
    play(store, c.Suspend(at=COMMANDS_END, subscription_id="s-1"))
    refused = refusal(store, lines)
    assert isinstance(refused.reason, LogDoesNotFitError)
    assert (refused.line, refused.reason.position) == (len(lines), len(lines))


def test_the_rest_of_a_log_without_its_beginning_is_refused(new_store: NewStore, lines: list[str]) -> None:
    store = new_store()
    import_log(store, lines[:3])
    assert isinstance(refusal(store, lines[3:]).reason, TamperedHistoryError | BrokenHistoryError)


# --- without digests


def test_a_log_that_was_written_by_hand_gets_its_digests_on_the_way(new_store: NewStore, lines: list[str]) -> None:
    store = new_store()
    import_log(store, by_hand(lines))
    assert by_hand(export(store)) == by_hand(lines)
    assert verify(store).ok
    assert all(one.salt for one in store.read_all() if "customer_id" in one.body)


def test_a_log_that_was_written_by_hand_adds_nothing_the_second_time(new_store: NewStore, lines: list[str]) -> None:
    store = new_store()
    import_log(store, by_hand(lines[:5]))
    assert import_log(store, by_hand(lines)).added == len(lines) - 5
    redact(store, "contoso")
    before = everything(store)
    assert import_log(store, by_hand(lines)).added == 0
    assert everything(store) == before


def test_a_log_that_was_written_by_hand_must_fit_too(new_store: NewStore, lines: list[str]) -> None:
    store = new_store()
    import_log(store, by_hand(lines))
    another = [line.replace("Contoso Support", "Contoso Sport") for line in by_hand(lines)]
    where = next(number for number, line in enumerate(another, 1) if "Sport" in line)
    refused = refusal(store, another)
    assert isinstance(refused.reason, LogDoesNotFitError)
    assert refused.line == where


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"version": 3}, "version 3"),
        ({"position": 2}, "positions grow"),
        ({"event": {"type": "reactivated", "at": "2025-01-16T10:00:00Z", "subscription_id": "s-1"}}, "impossible"),
        ({"event": {"type": "renamed", "at": "2020-01-01T00:00:00Z", "subscription_id": "s-1"}}, "friendly_name"),
        (
            {
                "event": {
                    "type": "renamed",
                    "at": "2020-01-01T00:00:00Z",
                    "subscription_id": "s-1",
                    "friendly_name": "x",
                }
            },
            "before the event",
        ),
    ],
)
def test_an_impossible_history_is_refused_at_its_line(lines: list[str], change: dict[str, Any], what: str) -> None:
    written = by_hand(lines)
    assert json.loads(written[2])["event"]["subscription_id"] == "s-1"
    refused = refusal(MemoryStore(), [*written[:2], changed(written[2], **change), *written[3:]])
    assert isinstance(refused.reason, BrokenHistoryError)
    assert refused.line == 3
    assert what in str(refused)


def test_a_history_that_is_impossible_is_refused_even_where_it_was_forgotten(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "Marks", lambda: Marks(at_hand=1))
    written = by_hand(lines)
    event = {"type": "reactivated", "at": "2025-04-10T10:00:00Z", "subscription_id": "s-4"}
    refused = refusal(MemoryStore(), [*written[:-1], changed(written[-1], event=event)])
    assert isinstance(refused.reason, BrokenHistoryError)
    assert refused.line == len(lines)


def test_more_streams_than_are_kept_at_hand_move_all_the_same(
    new_store: NewStore, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "Marks", lambda: Marks(at_hand=1))
    one, other = new_store(), new_store()
    import_log(one, lines)
    monkeypatch.undo()
    import_log(other, lines)
    assert everything(one) == everything(other)


def test_either_all_lines_have_digests_or_none(lines: list[str]) -> None:
    refused = refusal(MemoryStore(), [*by_hand(lines[:4]), *lines[4:]])
    assert isinstance(refused.reason, InvalidLogError)
    assert refused.line == 5
    assert refusal(MemoryStore(), [*lines[:4], *by_hand(lines[4:])]).line == 5


# --- what was tampered with


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of everything in a JSON value that is no object and no list."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = [leaf for key, one in items for leaf in leaves(one, (*path, key))]
    yield from below or [path]


def replaced(value: Any, path: tuple[Any, ...], by: Callable[[Any], Any]) -> Any:
    copy = json.loads(json.dumps(value))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = by(inner[path[-1]])
    return copy


def another(value: Any) -> Any:
    """Another value that could stand in the same place."""
    if isinstance(value, bool | int):
        return not value if isinstance(value, bool) else value + 1
    if not isinstance(value, str):
        return "a" if value is None else ["a"]
    if value.endswith("Z"):
        return f"2025-01-01T00:00:0{1 if '00:00:00' in value else 0}Z"
    if re.fullmatch(r"[0-9a-f]{64}", value):
        return value[::-1]
    return f"{value[:-1]}{'b' if value.endswith('a') else 'a'}"


@pytest.mark.parametrize("redacted", [False, True], ids=["plain", "redacted"])
@pytest.mark.parametrize("by", [another, lambda _: None, lambda _: ""], ids=["another", "null", "empty"])
def test_every_changed_field_is_found_at_its_line(play: Play, by: Callable[[Any], Any], *, redacted: bool) -> None:
    store = MemoryStore()
    play(store)
    if redacted:
        redact(store, "contoso")
    lines = list(export(store))
    for number, line in enumerate(lines, 1):
        value = json.loads(line)
        for path in leaves(value):
            mutant = replaced(value, path, by)
            if mutant != value:
                refused = refusal(MemoryStore(), [*lines[: number - 1], json.dumps(mutant), *lines[number:]])
                assert refused.line == number, path


def test_every_removed_key_is_found_at_its_line(lines: list[str]) -> None:
    for number, line in enumerate(lines, 1):
        for name in json.loads(line):
            without = {key: one for key, one in json.loads(line).items() if key != name}
            assert refusal(MemoryStore(), [*lines[: number - 1], json.dumps(without), *lines[number:]]).line == number


def test_every_removed_doubled_inserted_or_swapped_event_is_found_at_its_line(lines: list[str]) -> None:
    for n, line in enumerate(lines[:-1]):
        assert refusal(MemoryStore(), [*lines[:n], *lines[n + 1 :]]).line == n + 1
        assert refusal(MemoryStore(), [*lines[: n + 1], line, *lines[n + 1 :]]).line == n + 2
        for m in range(n + 1, len(lines)):
            swapped = [*lines[:n], lines[m], *lines[n + 1 : m], lines[n], *lines[m + 1 :]]
            assert refusal(MemoryStore(), swapped).line == n + 1
            inserted = changed(lines[m], position=n + 1)
            assert refusal(MemoryStore(), [*lines[:n], inserted, *lines[n:]]).line == n + 1


# --- what is hostile


def test_an_event_as_long_as_a_large_invoice_moves(new_store: NewStore, lines: list[str]) -> None:
    event = {"type": "something-new", "subscription_id": "s-9", "lines": [{"customer_id": "contoso"}] * 60_000}
    line = changed(by_hand(lines)[0], event=event, schema=9)
    store = new_store()
    import_log(store, [line])
    assert len(next(export(store))) > 2**20
    assert verify(store).ok


HOSTILE = {
    "no JSON": "{",
    "no object": "[]",
    "a doubled key": '{"position":1,"position":1}',
    "NaN": '{"position":NaN}',
    "infinity": '{"position":-Infinity}',
    "too large for a number": '{"position":1e400}',
    "nested too deeply": '{"event":' + "[" * 100_000 + "]" * 100_000 + "}",
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE)
def test_hostile_json_is_refused_with_its_line(lines: list[str], line: str) -> None:
    refused = refusal(MemoryStore(), [lines[0], line])
    assert isinstance(refused.reason, InvalidLogError)
    assert refused.line == 2


DEEP: Any = "x"
for _ in range(400):
    DEEP = {"customer_id": DEEP}


@pytest.mark.parametrize(
    "change",
    [
        {"position": True},
        {"position": 0},
        {"position": 2**63},
        {"version": "1"},
        {"version": 1.0},
        {"schema": 0},
        {"event_id": ""},
        {"command_id": "a\0b"},
        {"policy": None},
        {"recorded_at": "2025-01-01T00:00:00"},
        {"recorded_at": 5},
        {"actor": "nobody"},
        {"digest": "abc"},
        {"digest": []},
        {"redacted": []},
        {"redacted": {"/customer_id": 5}},
        {"event": "purchased"},
        {"event": {}},
        {"event": {"type": 5}},
        {"event": {"type": "something-new"}},
        {"event": {"type": "something-new", "subscription_id": "s-1", "name": "a\0"}},
        {"event": {"type": "something-new", "subscription_id": "s-1", "more": [{"\ud800": 1}]}},
        {"event": {"type": "something-new", "subscription_id": "s-1", "more": DEEP}},
        {"unknown": 1},
    ],
    ids=str,
)
def test_a_line_that_makes_no_sense_is_refused_with_its_line(lines: list[str], change: dict[str, Any]) -> None:
    for log in (lines, by_hand(lines)):
        line = json.dumps(json.loads(log[1]) | change)
        assert refusal(MemoryStore(), [log[0], line]).line == 2


def test_what_only_looks_like_a_nul_is_none(lines: list[str]) -> None:
    event = {"type": "something-new", "subscription_id": "s-1", "name": r"\u0000 and \\u0000"}
    assert (
        import_log(MemoryStore(), [*by_hand(lines[:2]), changed(by_hand(lines)[2], event=event, schema=2)]).added == 3
    )


def test_a_line_that_is_too_long_or_no_utf_8_is_refused() -> None:
    assert "at most" in str(refusal(MemoryStore(), [b"x" * (LONGEST_LINE + 1)]))
    assert "UTF-8" in str(refusal(MemoryStore(), ["", b"\xff"]))


# --- what is newer


def test_an_event_of_a_newer_version_is_kept_as_it_is(new_store: NewStore, lines: list[str]) -> None:
    newer = {"type": "seats-painted", "at": "2025-04-10T10:00:00Z", "subscription_id": "s-4", "color": ["red", 1.5]}
    written = [*by_hand(lines[:-1]), changed(by_hand(lines)[-1], event=newer, schema=9)]
    store, other = new_store(), new_store()
    import_log(store, written)
    exported = list(export(store))
    assert json.loads(exported[-1])["event"] == newer
    import_log(other, exported)
    assert list(export(other)) == exported
    assert verify(other).ok
    state = other.state("s-4")
    assert state is not None
    assert (state.version, state.customer_id, state.next_due_at) == (len(other.read("s-4")), "contoso", None)


# --- how much of it


def many(events: int) -> Iterator[str]:
    """A log of streams with twenty events each, by hand."""
    for n in range(events):
        stream, version = f"s-{n // 20}", n % 20 + 1
        at = "2025-01-01T00:00:00Z"
        event: dict[str, Any] = {"type": "auto-renew-turned-off", "at": at, "subscription_id": stream}
        if version == 1:
            event = BOUGHT | {"subscription_id": stream}
        line = {"position": n + 1, "version": version, "event_id": f"e-{n}", "recorded_at": at, "command_id": f"c-{n}"}
        yield json.dumps(line | {"actor": "partner", "policy": "new-commerce", "schema": 1, "event": event})


BOUGHT = {
    "type": "purchased",
    "at": "2025-01-01T00:00:00Z",
    "subscription_id": "",
    "offer_id": "e3",
    "seats": 5,
    "term": {"length": "P1Y", "starts_at": "2025-01-01T00:00:00Z", "ends_on": "2025-12-31"},
    "plan": "monthly",
    "cycle_anchor": "2025-01-01",
    "charge_cycle": {"starts_on": "2025-01-01", "ends_on": "2025-01-31"},
    "unit_price": "30.00",
    "currency": "EUR",
    "refunds": [],
    "seat_lots": [],
    "customer_id": "contoso",
    "commerce": "new-commerce",
    "policy": "new-commerce",
    "auto_renew": True,
}


def test_the_memory_of_an_import_does_not_grow_with_the_log(engines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "Marks", lambda: Marks(at_hand=20))

    def peak(events: int) -> int:
        store = engines.new("sqlite")
        tracemalloc.start()
        try:
            assert import_log(store, many(events)).added == events
            assert verify(store).ok
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(4400) < 1.2 * peak(2200)
