"""Where a newer version of the library wrote, this one says so, and goes on with everybody else."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest

from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.stores.store import Commit, StreamState
from csp_lifecycle.wire.events import SCHEMA, UnknownEvent

Say = Callable[..., str]
BODY = {"type": "seats-painted", "at": "2025-02-01T00:00:00Z", "subscription_id": "s-1", "color": "red"}


@pytest.fixture
def painted(here: Any, buy: Say, database: Path) -> None:
    """`s-1` and `s-2`; a newer version painted the seats of `s-1`."""
    here("play", "--json", "FILE", lines=buy() + buy(subscription_id="s-2"))
    newer = UnknownEvent(subscription_id="s-1", type="seats-painted", schema=SCHEMA + 1, body=BODY)
    due = datetime(2025, 2, 15, tzinfo=UTC)
    state = StreamState(stream="s-1", version=2, customer_id="contoso", next_due_at=due)
    with closing(SqliteStore(database)) as store:
        (purchased,) = store.read("s-1")
        envelope = attrs.evolve(purchased, position=0, version=2, event=newer, schema=SCHEMA + 1, body="", digest="")
        envelope = attrs.evolve(envelope, command_id="paint", event_id="paint", salt="", log_digest=None)
        store.append(Commit(command_id="paint", digest="", envelopes=(envelope,), expected={"s-1": 1}, states=(state,)))


@pytest.mark.usefixtures("painted")
def test_a_list_shows_the_others_and_names_what_it_cannot_show(here: Any) -> None:
    listed = here("list", "--json")
    assert [one.get("subscription_id", one.get("refused", {}).get("code")) for one in listed.objects] == [
        "s-2",
        "unknown-event",
    ]
    assert listed.objects[1]["refused"]["evidence"] == {"subscription_id": "s-1", "position": 3}
    assert listed.status == 1
    said = here("list")
    assert said.status == 1
    assert "s-2" in said.out
    assert "newer version of this library wrote to the subscription" in " ".join(said.out.split())


@pytest.mark.usefixtures("painted")
def test_a_command_there_is_refused_and_the_next_line_is_taken(here: Any, say: Say) -> None:
    lines = say("add-seats", "2025-02-02", seats=1) + say("add-seats", "2025-02-02", "s-2", seats=1)
    played = here("play", "--json", "FILE", lines=lines)
    assert played.objects[0]["refused"]["code"] == "unknown-event"
    assert [event["type"] for event in played.objects[1]["recorded"]] == ["seats-added"]
    assert played.status == 1


@pytest.mark.usefixtures("painted")
def test_an_advance_names_it_as_stuck(here: Any) -> None:
    advanced = here("advance", "--json", "2025-02-15T00:00:00Z")
    assert [event["subscription_id"] for event in advanced.objects[0]["recorded"]] == ["s-2"]
    assert [(one["subscription_id"], one["code"]) for one in advanced.objects[0]["stuck"]] == [("s-1", "unknown-event")]
    assert advanced.status == 1


@pytest.mark.usefixtures("painted")
def test_the_log_shows_it_as_it_was_stored(here: Any) -> None:
    logged = here("log", "--json", "s-1")
    assert logged.objects[1]["event"] == BODY
    assert (logged.objects[1]["schema"], logged.status) == (SCHEMA + 1, 0)


@pytest.mark.usefixtures("painted")
def test_no_state_is_guessed_and_an_earlier_one_is_shown(here: Any) -> None:
    shown = here("show", "--json", "s-1")
    assert shown.objects[0]["failed"]["code"] == "unknown-event"
    assert shown.status == 3
    before = here("show", "--json", "s-1", "--at", "2025-01-31T23:59:59Z")
    assert (before.objects[0]["version"], before.status) == (1, 0)
