"""Events as JSON: golden bytes of every event ever shipped decode for ever and are written the same."""

from pathlib import Path

import pytest

from csp_lifecycle.vocabulary.names import EVENTS
from csp_lifecycle.wire.events import UnknownEvent, event_json, event_of
from csp_lifecycle.wire.text import parse_object, write

GOLDEN = (Path(__file__).parents[1] / "golden" / "events-1.jsonl").read_text().splitlines()


@pytest.mark.parametrize("line", GOLDEN, ids=lambda line: parse_object(line)["type"])
def test_golden_bytes_read_and_are_written_the_same(line: str) -> None:
    event = event_of(parse_object(line))
    assert not isinstance(event, UnknownEvent)
    assert write(event_json(event)) == line


def test_every_event_has_golden_bytes() -> None:
    assert {parse_object(line)["type"] for line in GOLDEN} == set(EVENTS)


def test_an_event_of_a_newer_version_is_kept_as_it_is() -> None:
    body = {"type": "moon-landed", "at": "2030-01-01T00:00:00Z", "subscription_id": "s-1", "crew": 3}
    event = event_of(body)
    assert isinstance(event, UnknownEvent)
    assert event_json(event) == body


def test_a_known_event_in_a_newer_schema_is_kept_as_it_is() -> None:
    body = parse_object(GOLDEN[0]) | {"novelty": True}
    event = event_of(body, schema=2)
    assert isinstance(event, UnknownEvent)
    assert event_json(event) == body
