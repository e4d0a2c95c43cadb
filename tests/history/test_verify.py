"""`verify` finds whatever was done to a store behind its back, and names the first position that does not hold."""

# ruff: noqa: S608 - the tables and columns are our own

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from csp_lifecycle.service import Lifecycle, checking
from csp_lifecycle.service.marks import Marks
from csp_lifecycle.service.moving import export, import_log
from csp_lifecycle.service.privacy import redact
from csp_lifecycle.service.verifying import Checkpoint, checkpoint_of, verify
from csp_lifecycle.stores.postgres import PostgresStore
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.testing.strategies import World, histories
from csp_lifecycle.vocabulary import commands as c

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

Play = Callable[..., Lifecycle]
LATER = datetime(2025, 5, 1, tzinfo=UTC)
NUMBERS = ("version", "schema")
TEXTS = ("stream", "event_id", "command_id", "command_digest", "actor", "policy", "salt", "redacted", "digest")


@pytest.fixture(params=["sqlite", "postgres"])
def store(engines: Any, play: Play, request: pytest.FixtureRequest) -> EventStore:
    """A store with a history, whose tables somebody else can get at."""
    made: EventStore = engines.new(request.param)
    play(made)
    return made


@pytest.fixture
def change(engines: Any, store: EventStore) -> Callable[..., Any]:
    """Changes one column of one row for as long as it takes to look at it."""

    @contextmanager
    def changed(table: str, column: str, key: str, row: Any, value: Any) -> Iterator[None]:
        read = f"CAST({column} AS text)" if column == "body" else column
        ((before,),) = engines.run(store, f"SELECT {read} FROM {table} WHERE {key} = ?", row)
        if before == value:
            value = f"{value}x" if isinstance(value, str) else value + 1
        engines.run(store, f"UPDATE {table} SET {column} = ? WHERE {key} = ?", value, row)
        yield
        engines.run(store, f"UPDATE {table} SET {column} = ? WHERE {key} = ?", before, row)

    return changed


def first_bad(store: EventStore, checkpoint: Checkpoint | None = None) -> int | None:
    """Where `verify` says that something is wrong, and that something is wrong."""
    verdict = verify(store, checkpoint)
    assert not verdict.ok
    assert verdict.what
    assert verdict.checkpoint is None
    return verdict.position


# --- what holds


def test_a_history_holds_in_every_engine(full_store: EventStore) -> None:
    verdict = verify(full_store)
    assert (verdict.ok, verdict.position, verdict.what) == (True, None, None)
    assert verdict.events == len(list(full_store.read_all()))
    assert verdict.checkpoint is not None
    assert checkpoint_of(str(verdict.checkpoint)) == verdict.checkpoint


def test_a_redaction_between_reading_the_log_and_the_index_is_no_damage(
    full_store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = full_store.streams

    def redacted_first(*kind: Any) -> Iterator[str]:
        redact(full_store, "contoso")
        return streams(*kind)

    monkeypatch.setattr(full_store, "streams", redacted_first)
    assert verify(full_store).ok


def test_an_empty_store_holds_and_has_no_checkpoint(new_store: Callable[[], EventStore]) -> None:
    verdict = verify(new_store())
    assert (verdict.ok, verdict.events, verdict.checkpoint) == (True, 0, None)


def test_a_history_that_went_on_holds_against_an_older_checkpoint(full_store: EventStore, play: Play) -> None:
    before = verify(full_store).checkpoint
    play(full_store, c.Suspend(at=LATER, subscription_id="s-1"))
    after = verify(full_store, before)
    assert after.ok
    assert after.checkpoint != before


def test_a_history_of_more_streams_than_are_kept_at_hand_holds(
    full_store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = verify(full_store)
    monkeypatch.setattr(checking, "Marks", lambda: Marks(at_hand=1))
    assert verify(full_store) == before


@pytest.mark.parametrize("text", ["", "12", "0:" + "a" * 64, "12:" + "A" * 64, "12:" + "a" * 63, " 12:" + "a" * 64])
def test_a_checkpoint_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a checkpoint is"):
        checkpoint_of(text)


def test_a_history_holds_while_others_add_to_it(full_store: EventStore, play: Play) -> None:
    def write() -> None:
        for minute in range(20):
            at = LATER + timedelta(minutes=minute)
            play(full_store, c.AddSeats(at=at, subscription_id="s-1", seats=1, command_id=f"add {minute}"))

    writer = threading.Thread(target=write)
    writer.start()
    verdicts = [verify(full_store) for _ in range(10)]
    writer.join()
    assert [one.what for one in [*verdicts, verify(full_store)] if not one.ok] == []


# --- what was changed


@pytest.mark.parametrize("column", [*NUMBERS, *TEXTS])
def test_every_changed_column_of_an_event_is_found_at_its_position(
    store: EventStore, change: Callable[..., Any], column: str
) -> None:
    for one in list(store.read_all()):
        with change("events", column, "position", one.position, 77 if column in NUMBERS else "x"):
            assert first_bad(store) == one.position
    assert verify(store).ok


def test_every_changed_number_of_an_event_among_those_of_its_command_is_found(
    store: EventStore, change: Callable[..., Any]
) -> None:
    for one in list(store.read_all()):
        outcome = store.outcome(one.command_id)
        assert outcome is not None
        with change("events", "ordinal", "position", one.position, 77):
            assert first_bad(store) in {each.position for each in outcome.envelopes}


def test_every_changed_body_is_found_at_its_position(store: EventStore, change: Callable[..., Any]) -> None:
    for one in list(store.read_all()):
        body = json.loads(one.body)
        for key, value in body.items():
            other = {**body, key: "another" if value != "another" else None}
            with change("events", "body", "position", one.position, json.dumps(other)):
                assert first_bad(store) == one.position, key
        for text in (json.dumps(body), "{}", json.dumps({**body, "more": 1}), one.body[:-1] + ',"type":"x"}'):
            with change("events", "body", "position", one.position, text):
                assert first_bad(store) == one.position, text


def test_every_changed_instant_of_learning_is_found_at_its_position(
    store: EventStore, change: Callable[..., Any]
) -> None:
    for one in list(store.read_all()):
        with change("events", "recorded_at", "position", one.position, "2025-02-01T00:00:00.000001+00:00"):
            assert first_bad(store) == one.position


def test_text_that_is_no_longer_utf_8_is_found_at_its_position(engines: Any, play: Play) -> None:
    # PostgreSQL takes no such text from anybody.
    store = engines.new("sqlite")
    play(store)
    engines.run(store, "UPDATE events SET body = CAST(CAST(body AS BLOB) || x'ff' AS TEXT) WHERE position = 4")
    assert first_bad(store) == 4


def test_every_changed_digest_of_the_log_is_found_at_its_position(
    store: EventStore, change: Callable[..., Any]
) -> None:
    table = "seals" if isinstance(store, PostgresStore) else "events"
    for one in list(store.read_all()):
        with change(table, "log_digest", "position", one.position, "ab" * 32):
            assert first_bad(store) == one.position


def test_every_removed_event_is_found_where_the_log_goes_on(engines: Any, store: EventStore) -> None:
    checkpoint = verify(store).checkpoint
    for one in reversed(list(store.read_all())):
        engines.run(store, "DELETE FROM events WHERE position = ?", one.position)
        assert first_bad(store, checkpoint) == one.position
        verdict = verify(store)
        assert not verdict.ok


def test_an_event_that_was_moved_is_found(engines: Any, store: EventStore) -> None:
    last = len(list(store.read_all()))
    engines.run(store, "UPDATE events SET position = ? WHERE position = 3", last + 1)
    assert first_bad(store) == 4
    engines.run(store, "UPDATE events SET position = 3 WHERE position = ?", last + 1)
    assert verify(store).ok


def test_two_events_that_changed_places_are_found_at_the_first(engines: Any, store: EventStore) -> None:
    count = len(list(store.read_all()))
    for first, second in [(1, 2), (2, 5), (4, count), (count - 1, count)]:
        for one, other in [(first, -1), (second, first), (-1, second)]:
            engines.run(store, f"UPDATE events SET position = {other} WHERE position = {one}")
        assert first_bad(store) == first
        for one, other in [(first, -1), (second, first), (-1, second)]:
            engines.run(store, f"UPDATE events SET position = {other} WHERE position = {one}")
    assert verify(store).ok


def test_an_event_that_was_added_is_found(engines: Any, store: EventStore) -> None:
    last = list(store.read_all())[-1]
    columns = "event_id, recorded_at, command_digest, actor, policy, schema, body, salt, redacted, digest"
    if isinstance(store, PostgresStore):
        engines.run(store, "SELECT setval('events_position_seq', ?)", last.position + 1)
    else:
        columns += ", log_digest"
    engines.run(
        store,
        f"INSERT INTO events (position, stream, version, command_id, ordinal, {columns}) "
        f"SELECT position + 1, stream, version + 1, 'more', 1, {columns} FROM events WHERE position = ?",
        last.position,
    )
    assert first_bad(store) == last.position + 1


@given(commands=histories(World(), longest=10), data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
def test_any_change_to_any_history_is_found_at_its_position(
    engines: Any, commands: tuple[c.Command, ...], data: st.DataObject
) -> None:
    store = engines.played("sqlite", commands)
    events = list(store.read_all())
    assume(events)
    one = data.draw(st.sampled_from(events))
    column = data.draw(st.sampled_from((*TEXTS, *NUMBERS, "body", "recorded_at", "log_digest")))
    ((before,),) = engines.run(store, f"SELECT {column} FROM events WHERE position = ?", one.position)
    value = data.draw(st.one_of(st.text(), st.integers(2, 2**62), st.just(str(before)[::-1])))
    engines.run(store, f"UPDATE OR IGNORE events SET {column} = ? WHERE position = ?", value, one.position)
    ((after,),) = engines.run(store, f"SELECT {column} FROM events WHERE position = ?", one.position)
    if after == before:
        assert verify(store).ok
    else:
        assert first_bad(store) == one.position


# --- what the indexes say


@pytest.mark.parametrize(("column", "value"), [("version", 77), ("customer_id", "fabrikam"), ("kind", "account")])
def test_every_changed_column_of_the_index_is_found_at_the_last_event_of_its_stream(
    store: EventStore, change: Callable[..., Any], column: str, value: Any
) -> None:
    for stream in list(store.streams()):
        with change("streams", column, "stream", stream, value):
            assert first_bad(store) == store.read(stream)[-1].position
    assert verify(store).ok


def test_a_due_time_that_was_changed_or_taken_away_is_found(engines: Any, store: EventStore) -> None:
    last = store.read("s-1")[-1].position
    ((before,),) = engines.run(store, "SELECT next_due_at FROM streams WHERE stream = 's-1'")
    for value in (None, before + (1 if isinstance(before, int) else timedelta(microseconds=1))):
        engines.run(store, "UPDATE streams SET next_due_at = ? WHERE stream = 's-1'", value)
        assert first_bad(store) == last


def test_an_index_that_cannot_be_read_is_found_where_its_stream_begins(
    store: EventStore, change: Callable[..., Any]
) -> None:
    spoiled = (
        [("kind", "nothing")] if isinstance(store, PostgresStore) else [("kind", "nothing"), ("next_due_at", "soon")]
    )
    for column, value in spoiled:
        with change("streams", column, "stream", "s-3", value):
            assert first_bad(store) == store.read("s-3")[0].position
    assert verify(store).ok


def test_a_stream_that_is_missing_in_the_index_is_found_where_it_begins(engines: Any, store: EventStore) -> None:
    engines.run(store, "UPDATE streams SET stream = 's-9' WHERE stream = 's-3'")
    assert first_bad(store) == store.read("s-3")[0].position


def test_a_stream_without_events_in_the_index_is_found(engines: Any, store: EventStore) -> None:
    engines.run(
        store, "INSERT INTO streams (stream, version, customer_id, kind) VALUES ('s-9', 1, 'x', 'subscription')"
    )
    assert first_bad(store) is None


# --- what a checkpoint shows


def test_a_log_that_was_cut_off_is_found_against_a_checkpoint_only(
    new_store: Callable[[], EventStore], full_store: EventStore
) -> None:
    checkpoint, lines = verify(full_store).checkpoint, list(export(full_store))
    for left in (len(lines) - 1, 1, 0):
        shorter = new_store()
        import_log(shorter, lines[:left])
        assert verify(shorter).ok
        assert first_bad(shorter, checkpoint) == left + 1


def test_a_log_that_was_written_anew_is_found_against_a_checkpoint_only(
    new_store: Callable[[], EventStore], full_store: EventStore
) -> None:
    checkpoint, forged = verify(full_store).checkpoint, new_store()
    assert checkpoint is not None
    kept = ("position", "version", "event_id", "recorded_at", "command_id", "actor", "policy", "schema", "event")
    lines = [json.dumps({key: json.loads(line)[key] for key in kept}) for line in export(full_store)]
    import_log(forged, [line.replace("Contoso Lab", "Contoso Lob") for line in lines])
    assert verify(forged).ok
    assert first_bad(forged, checkpoint) == checkpoint.position


def test_a_checkpoint_whose_position_is_gone_is_found(full_store: EventStore) -> None:
    checkpoint = Checkpoint(10**6, "ab" * 32)
    assert first_bad(full_store, checkpoint) == len(list(full_store.read_all())) + 1


# --- what was redacted


def test_what_stands_in_place_of_a_redacted_value_cannot_be_changed(
    store: EventStore, change: Callable[..., Any]
) -> None:
    redact(store, "contoso")
    assert verify(store).ok
    for one in list(store.read_all()):
        for key in ("customer_id", "friendly_name"):
            if f"/{key}" in one.redacted:
                body = json.loads(one.body)
                for value in ("contoso", "redacted-1-0123456789abcdef", "", None):
                    text = json.dumps(body | {key: value}, separators=(",", ":"))
                    with change("events", "body", "position", one.position, text):
                        assert first_bad(store) == one.position
