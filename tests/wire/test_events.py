"""Events as JSON: golden bytes of every event ever shipped decode for ever and are written the same."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.errors import BrokenHistoryError
from csp_lifecycle.vocabulary.account_events import InvoiceVoided
from csp_lifecycle.vocabulary.events import AutoRenewTurnedOn, Purchased, Renamed, SeatsAdded
from csp_lifecycle.vocabulary.names import EVENTS, AnyEvent, event_name
from csp_lifecycle.wire import events as wire
from csp_lifecycle.wire.events import UnknownEvent, event_from, event_json, event_of, event_text, stored_event
from csp_lifecycle.wire.text import LONGEST, parse_object, write
from csp_lifecycle.wire.upcasting import UPCASTERS

FOLDER = Path(__file__).parents[1] / "golden"
EVERY_VERSION = [
    pytest.param(line, int(file.stem.removeprefix("events-")), id=f"{file.stem}-{parse_object(line)['type']}")
    for file in sorted(FOLDER.glob("events-*.jsonl"))
    for line in file.read_text().splitlines()
]
GOLDEN = (FOLDER / f"events-{wire.SCHEMA}.jsonl").read_text().splitlines()
OF_ACCOUNTS = (FOLDER / f"account-events-{wire.SCHEMA}.jsonl").read_text().splitlines()
RENAMED = '{"type":"renamed","at":"2025-01-01T00:00:00Z","subscription_id":"s-1","friendly_name":"Büro"}'


def slowly(text: str) -> AnyEvent | UnknownEvent:
    """What the strict converter makes of the text."""
    return event_of(parse_object(text))


def same(one: object, other: object) -> bool:
    """Equal, and alike in what equality overlooks: the class of a number, the zone of an instant."""
    return one == other and repr(one) == repr(other)


@pytest.mark.parametrize(("line", "schema"), EVERY_VERSION)
def test_golden_bytes_of_every_version_can_be_read(line: str, schema: int) -> None:
    kind = parse_object(line)["type"]
    event = event_from(line, schema)
    assert type(event) is EVENTS.get(event_name(type(event)))
    assert same(event_of(parse_object(line), schema), event)
    assert same(stored_event(kind, line, schema), event)
    assert same(stored_event(kind, line.encode(), schema), event)


@pytest.mark.parametrize("line", [*GOLDEN, *OF_ACCOUNTS], ids=lambda line: parse_object(line)["type"])
def test_golden_bytes_are_written_the_same_but_for_what_came_later(line: str) -> None:
    """A key that an event gained after it was shipped is null where it was not recorded."""
    event = event_from(line)
    written = event_json(event)
    later = written.keys() - parse_object(line).keys()
    assert {written[key] for key in later} <= {None}
    assert write({key: value for key, value in written.items() if key not in later}) == line
    assert event_text(event) == write(written)


def test_every_event_has_golden_bytes() -> None:
    assert {parse_object(line)["type"] for line in [*GOLDEN, *OF_ACCOUNTS]} == set(EVENTS)


def test_what_the_library_writes_is_read_without_the_strict_converter(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {event_text(event_from(line)) for line in GOLDEN}
    monkeypatch.delattr(wire, "_CONVERTER")
    for text in texts:
        event = event_from(text)
        assert event_text(event) == text
        assert stored_event(event_name(type(event)), text) == event


def test_an_event_of_a_newer_version_is_kept_as_it_is() -> None:
    body = {"type": "moon-landed", "at": "2030-01-01T00:00:00Z", "subscription_id": "s-1", "crew": 3}
    for event in (event_of(body), event_from(write(body)), stored_event("moon-landed", write(body))):
        assert isinstance(event, UnknownEvent)
        assert event_json(event) == body
        assert event_text(event) == write(body)


def test_an_account_s_event_of_a_newer_version_belongs_to_its_account() -> None:
    event = event_of({"type": "account-closed", "at": "2030-01-01T00:00:00Z", "account_id": "acc-1"})
    assert isinstance(event, UnknownEvent)
    assert event.stream == "acc-1"


@pytest.mark.parametrize("amount", ["0.0000001", "1E+2"])
def test_an_amount_is_written_without_an_exponent(amount: str) -> None:
    at = datetime(2025, 1, 1, tzinfo=UTC)
    small = InvoiceVoided(at=at, account_id="acc", invoice_id="D1", void_id="D2", amount=Decimal(amount))
    assert event_of(event_json(small)) == small


@pytest.mark.parametrize(("amount", "written"), [("1E-7", "0.0000001"), ("0E-7", "0.0000000"), ("1E+3", "1000")])
def test_a_price_is_written_without_an_exponent(amount: str, written: str) -> None:
    """R-PRORATE-13: Python writes some amounts with one, and no reader takes them."""
    bought = next(event for event in map(event_from, GOLDEN) if isinstance(event, Purchased))
    priced = evolve(bought, unit_price=Decimal(amount))
    text = event_text(priced)
    assert f'"unit_price":"{written}"' in text
    for read in (event_from(text), stored_event("purchased", text)):
        assert read == priced
        assert event_text(read) == text


def test_a_known_event_in_a_newer_schema_is_kept_as_it_is() -> None:
    body = parse_object(GOLDEN[0]) | {"novelty": True}
    for event in (event_of(body, 2), event_from(write(body), 2), stored_event("purchased", write(body), 2)):
        assert isinstance(event, UnknownEvent)
        assert event_json(event) == body


@pytest.mark.parametrize(
    "text",
    [
        RENAMED.replace(',"', ', "'),
        RENAMED.replace("Büro", "B\\u00fcro"),
        RENAMED.replace("00:00:00Z", "01:00:00+01:00"),
        RENAMED.replace("2025-01-01T00:00:00Z", "2024-12-31T19:00:00-05:00"),
        RENAMED.replace("00:00:00Z", "00:00:00.000Z"),
        RENAMED.replace("}", ',"novelty":[1]}'),
        json.dumps(dict(reversed(json.loads(RENAMED).items()))),
    ],
)
def test_what_the_contract_accepts_is_read_however_it_is_written(text: str) -> None:
    """Spaces, escapes, offsets, the order of the keys, and keys that nobody knows yet."""
    assert same(event_from(text), event_from(RENAMED))
    assert event_text(event_from(text)) == RENAMED


def test_the_same_event_is_written_the_same_whatever_order_its_keys_came_in() -> None:
    moved = RENAMED.replace(',"friendly_name":"Büro"', "").replace('"at"', '"friendly_name":"Büro","at"')
    assert (moved != RENAMED, event_text(event_from(moved))) == (True, RENAMED)
    inner = (
        GOLDEN[0]
        .replace('"length":"P1Y","starts_at"', '"starts_at"')
        .replace('Z","ends_on"', 'Z","length":"P1Y","ends_on"')
    )
    assert (inner != GOLDEN[0], event_text(event_from(inner))) == (True, GOLDEN[0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (RENAMED.replace("00Z", "00"), "at must say its time zone"),
        (RENAMED.replace("}", ',"friendly_name":"Lager"}'), "'friendly_name' stands twice"),
        (RENAMED.replace('"Büro"', "1"), "friendly_name must be a string, not 1"),
        (RENAMED.replace('"s-1"', '""'), "subscription_id must not be empty"),
        (RENAMED.replace("s-1", "\\u0000"), "NUL"),
        (RENAMED.replace("s-1", "\\ud800"), "surrogate"),
        (RENAMED.replace('"Büro"', "NaN"), "NaN is no JSON number"),
        (RENAMED.replace('"Büro"', "1e400"), "1e400 is too large"),
        (RENAMED.replace('"Büro"', "[" * 65 + "]" * 65), "nested too deeply"),
        (RENAMED.replace("Büro", "B" * (LONGEST + 1)), "too long"),
        (RENAMED.replace(',"friendly_name":"Büro"', ""), "friendly_name is missing"),
        (RENAMED[:-1], "not JSON"),
        ("[]", "must be a JSON object"),
        (GOLDEN[0].replace('"10.00"', "10.00"), 'unit_price must be a decimal string such as "12.00", not 10.0'),
        (GOLDEN[0].replace('"10.00"', '"NaN"'), "unit_price must be a decimal string"),
        (GOLDEN[0].replace('"seats":10,"term"', '"seats":true,"term"'), "seats must be a whole number, not True"),
        (GOLDEN[0].replace('.123456Z"}]', '.123456"}]', 1), "refunds.until must say its time zone"),
        (GOLDEN[0].replace('"plan":"monthly"', '"plan":"weekly"'), "plan must be one of monthly, annual, triennial"),
    ],
)
def test_what_is_wrong_is_refused_in_words_that_name_it(text: str, words: str) -> None:
    with pytest.raises((BrokenHistoryError, ValueError), match=words):
        event_from(text)


@pytest.mark.parametrize(
    "text",
    [
        RENAMED.replace("00Z", "00"),
        RENAMED.replace('"Büro"', "1"),
        RENAMED.replace(',"friendly_name":"Büro"', ""),
        RENAMED[:-1],
    ],
)
def test_what_is_stored_wrongly_is_refused_in_the_same_words(text: str) -> None:
    with pytest.raises((BrokenHistoryError, ValueError)) as strictly:
        event_from(text)
    with pytest.raises(type(strictly.value)) as quickly:
        stored_event("renamed", text)
    assert str(quickly.value) == str(strictly.value)


def test_an_instant_that_is_stored_with_an_offset_is_read_in_utc() -> None:
    text = RENAMED.replace("00:00:00Z", "01:00:00+01:00")
    assert same(stored_event("renamed", text), event_from(RENAMED))


ODD: tuple[Any, ...] = (
    *(None, True, 0, 1, -1, 1.0, 10.5, 2**70, "", "1", "1.0", "1e2", "1E+2", "1E-8", "NaN", "-Infinity", "1_000"),
    *("2025-01-01", "2025-01-01T00:00:00", "2025-01-01T00:00:00-05:00", "2025-01-01T00:00:00Z", "monthly", "P1Y"),
    *([], {}, [{}], ["next-term"], {"kind": "full", "until": "2025-01-01T00:00:00-05:00"}, "a+b", 'a"b', "a\\b", "ä"),
)
"""Values that one of two readers might take for what they are not."""


@given(st.data())
def test_both_ways_of_reading_accept_and_refuse_the_same_and_make_the_same_of_it(data: st.DataObject) -> None:
    body = parse_object(data.draw(st.sampled_from(GOLDEN)))
    place: Any = body
    while True:
        key = data.draw(st.sampled_from(sorted(place))) if isinstance(place, dict) else 0
        if not place[key] or not isinstance(place[key], (dict, list)) or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(st.sampled_from(ODD))
    if isinstance(place, dict) and data.draw(st.booleans()):
        shuffled = data.draw(st.permutations(sorted(place.items())))
        place.clear()
        place.update(shuffled)
    text = write(body)
    assert _outcome(event_from, text) == _outcome(slowly, text)


def _outcome(read: Any, text: str) -> str:
    try:
        event = read(text)
        return f"{event!r} {event_text(event)}"
    except (BrokenHistoryError, ValueError, TypeError) as error:
        return f"{type(error).__name__}: {error}"


def _counted_from_zero(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "seats": body["seats"] + 1}


def _once_called_added(body: dict[str, Any]) -> dict[str, Any]:
    renamed = {name: value for name, value in body.items() if name != "added"}
    return {**renamed, "type": "seats-added", "seats": body["added"]}


def test_an_event_of_an_older_schema_is_brought_up_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two made-up changes of form: first a key got another name, then its meaning shifted by one."""
    monkeypatch.setattr(wire, "SCHEMA", 3)
    monkeypatch.setitem(UPCASTERS, ("seats-added", 1), _once_called_added)
    monkeypatch.setitem(UPCASTERS, ("seats-added", 2), _counted_from_zero)
    head = {"type": "seats-added", "at": "2025-01-01T00:00:00Z", "subscription_id": "s-1"}
    oldest = {**head, "added": 4, "seats_after": 9, "seat_lots": []}
    before = write(oldest)
    for text, schema in ((before, 1), (before.replace("added", "seats", 2).replace("seats-seats", "seats-added"), 2)):
        for event in (event_of(parse_object(text), schema), event_from(text, schema)):
            assert isinstance(event, SeatsAdded)
            assert event.seats == 5
    assert write(oldest) == before


def test_kinds_that_did_not_change_between_schemas_need_no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SCHEMA", 4)
    text = '{"type":"auto-renew-turned-on","at":"2025-01-01T00:00:00Z","subscription_id":"s-1"}'
    assert isinstance(event_from(text, 2), AutoRenewTurnedOn)


@pytest.mark.parametrize("schema", [0, -1])
def test_there_is_no_schema_before_the_first(schema: int) -> None:
    with pytest.raises(BrokenHistoryError, match=f"there is no schema {schema}"):
        event_from(RENAMED, schema)


def test_the_constructor_checks_what_no_log_could_hold() -> None:
    event = event_from(RENAMED)
    assert isinstance(event, Renamed)
    with pytest.raises(ValueError, match="at must be a datetime in UTC"):
        Renamed(at=event.at.replace(tzinfo=None), subscription_id="s-1", friendly_name="n")
    with pytest.raises(ValueError, match="subscription_id must not be empty"):
        Renamed(at=event.at, subscription_id="", friendly_name="n")
