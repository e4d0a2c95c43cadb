"""A customer's personal data goes for good, and every digest and every history still holds."""

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle.errors import CommandRefusedError, StoreError
from csp_lifecycle.service import Lifecycle
from csp_lifecycle.service.moving import export, import_log
from csp_lifecycle.service.privacy import Redaction, redact
from csp_lifecycle.service.verifying import verify
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.stores.store import EventStore, Snapshot
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.wire.commands import command_digest

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

NewStore = Callable[[], EventStore]
Play = Callable[..., Lifecycle]
LATER = datetime(2025, 5, 1, tzinfo=UTC)
SECRETS = ("contoso", "Contoso Sales", "Contoso Support", "Contoso Lab")


def test_the_customers_id_and_names_are_gone_from_every_event(full_store: EventStore) -> None:
    redaction = redact(full_store, "contoso")
    exported = "\n".join(export(full_store))
    assert [secret for secret in SECRETS if secret in exported] == []
    assert redaction.pseudonym is not None
    assert exported.count(f'"customer_id":"{redaction.pseudonym}"') == 3
    assert exported.count('"friendly_name":"redacted"') == 3
    assert "contoso" not in repr(redaction)


def test_another_customer_keeps_all_that_is_theirs(full_store: EventStore) -> None:
    before = full_store.read("s-2")
    redact(full_store, "contoso")
    assert full_store.read("s-2") == before
    assert full_store.streams_of("fabrikam") == ("s-2",)


def test_all_else_of_the_history_stays_as_it_was(full_store: EventStore, play: Play, commands: tuple[Any, ...]) -> None:
    lifecycle = play(full_store, commands[0])
    before = {one.subscription_id: one for one in lifecycle.subscriptions()}
    due, verdict = full_store.due(), verify(full_store)
    redaction = redact(full_store, "contoso")
    after = {one.subscription_id: one for one in lifecycle.subscriptions()}
    renamed = {"s-1": "redacted", "s-3": None, "s-4": "redacted"}
    for name, subscription in before.items():
        if name in renamed:
            called = redaction.pseudonym or ""
            assert after[name] == evolve(subscription, customer_id=called, friendly_name=renamed[name])
        else:
            assert after[name] == subscription
    assert full_store.due() == due
    assert verify(full_store, verdict.checkpoint) == verdict


def test_the_pseudonym_is_the_same_in_all_streams_and_finds_them(full_store: EventStore, play: Play) -> None:
    pseudonym = redact(full_store, "contoso").pseudonym
    assert pseudonym is not None
    assert full_store.streams_of("contoso") == ()
    assert full_store.streams_of(pseudonym) == ("s-1", "s-3", "s-4")
    lifecycle = play(full_store, c.AddSeats(at=LATER, subscription_id="s-3", seats=1))
    assert {one.subscription_id for one in lifecycle.subscriptions(pseudonym)} == {"s-1", "s-3", "s-4"}
    assert verify(full_store).ok


def test_a_redacted_log_moves_and_holds_elsewhere(new_store: NewStore, full_store: EventStore) -> None:
    redact(full_store, "contoso")
    other = new_store()
    import_log(other, export(full_store))
    assert list(export(other)) == list(export(full_store))
    assert verify(other) == verify(full_store)
    assert other.streams_of("contoso") == ()


def test_an_older_export_does_not_bring_back_what_was_redacted(full_store: EventStore) -> None:
    exported = list(export(full_store))
    redact(full_store, "contoso")
    assert import_log(full_store, exported).added == 0
    assert "contoso" not in "".join(export(full_store))


def test_redacting_again_changes_nothing(full_store: EventStore) -> None:
    redact(full_store, "contoso")
    before = list(export(full_store))
    assert redact(full_store, "contoso") == Redaction("contoso", None, 0)
    assert redact(full_store, "nobody").events == 0
    assert list(export(full_store)) == before


def test_a_customer_that_comes_back_is_redacted_under_another_pseudonym(full_store: EventStore, play: Play) -> None:
    first = redact(full_store, "contoso")
    again = c.StartTrial(at=LATER, subscription_id="s-7", customer_id="contoso", offer_id="business-standard-trial")
    play(full_store, again)
    second = redact(full_store, "contoso")
    assert second.pseudonym not in {None, first.pseudonym}
    assert verify(full_store).ok


def test_both_customers_of_a_store_can_be_redacted(full_store: EventStore) -> None:
    one, other = redact(full_store, "contoso"), redact(full_store, "fabrikam")
    assert one.pseudonym != other.pseudonym
    assert verify(full_store).ok


def test_nothing_that_is_left_tells_whether_a_guess_is_right(full_store: EventStore, commands: tuple[Any, ...]) -> None:
    redact(full_store, "contoso")
    left = "\n".join(export(full_store))
    for command in commands:
        if getattr(command, "customer_id", None) == "contoso" or "Contoso" in str(
            getattr(command, "friendly_name", "")
        ):
            assert command_digest(command) not in left
    assert all(not one.salt for one in full_store.read_all() if one.stream in {"s-1", "s-3", "s-4"})


def test_a_command_that_was_redacted_is_not_taken_again(
    full_store: EventStore, play: Play, commands: tuple[Any, ...]
) -> None:
    redact(full_store, "contoso")
    with pytest.raises(CommandRefusedError) as refused:
        play(full_store, commands[0])
    assert refused.value.code == "command-id-reused"


def test_snapshots_of_the_customer_are_dropped(full_store: EventStore) -> None:
    head = full_store.read("s-1")[-1]
    full_store.keep_snapshot(
        Snapshot(stream="s-1", version=head.version, schema=1, digest=head.digest, body='{"customer_id":"contoso"}')
    )
    redact(full_store, "contoso")
    assert full_store.snapshot("s-1") is None


def test_no_byte_of_it_is_left_in_the_sqlite_file(engines: Any, play: Play) -> None:
    store = engines.new("sqlite")
    path = Path(engines.places[id(store)])
    play(store)
    assert all(secret.encode() in _bytes(path) for secret in SECRETS)
    redact(store, "contoso")
    assert [secret for secret in SECRETS if secret.encode() in _bytes(path)] == []
    assert b"fabrikam" in _bytes(path)


def _bytes(path: Path) -> bytes:
    return b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))


def test_where_a_reader_keeps_old_pages_alive_it_says_so_and_can_be_done_again(engines: Any, play: Play) -> None:
    writing = engines.new("sqlite")
    path = Path(engines.places[id(writing)])
    play(writing)
    store = SqliteStore(path, busy_timeout=0.1)
    reader = sqlite3.connect(path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM events").fetchone()
    with pytest.raises(StoreError, match="others are reading"):
        redact(store, "contoso")
    reader.close()
    redact(store, "contoso")
    store.close()
    assert b"contoso" not in _bytes(path)


def test_nothing_of_it_is_left_in_the_tables_of_postgresql(engines: Any, play: Play) -> None:
    store = engines.new("postgres")
    play(store)

    def found() -> list[str]:
        tables = ("events", "streams", "snapshots", "customers", "seals", "migrations")
        rows = [str(engines.run(store, f"SELECT * FROM {table}")) for table in tables]  # noqa: S608 - our own
        return [secret for secret in SECRETS if any(secret in text for text in rows)]

    assert found() == list(SECRETS)
    redact(store, "contoso")
    assert found() == []


def test_a_customer_in_somebody_elses_list_goes_without_the_others(new_store: NewStore) -> None:
    event = {
        "type": "customers-counted",
        "at": "2025-01-01T00:00:00Z",
        "subscription_id": "s-1",
        "lines": [{"customer_id": "contoso"}, {"customer_id": "fabrikam"}, {"customer_id": "contoso"}],
    }
    line = {
        "position": 1,
        "version": 1,
        "event_id": "e-1",
        "recorded_at": "2025-01-01T00:00:00Z",
        "command_id": "c-1",
        "actor": "partner",
        "policy": "new-commerce",
        "schema": 9,
        "event": event,
    }
    store = new_store()
    import_log(store, [json.dumps(line)])
    before = verify(store)
    pseudonym = redact(store, "contoso").pseudonym
    (one,) = store.read_all()
    assert [each["customer_id"] for each in json.loads(one.body)["lines"]] == [pseudonym, "fabrikam", pseudonym]
    assert verify(store) == before
    other = redact(store, "fabrikam").pseudonym
    (one,) = store.read_all()
    assert [each["customer_id"] for each in json.loads(one.body)["lines"]] == [pseudonym, other, pseudonym]
    assert "customer_id" not in one.salt
    assert verify(store) == before
