"""Commands as JSON: read strictly, written canonically."""

from typing import Any

import pytest

from csp_lifecycle.errors import InvalidCommandError
from csp_lifecycle.wire.commands import command_digest, command_json, command_of, read_command
from csp_lifecycle.wire.text import write

ADD = {"do": "add-seats", "at": "2025-01-15T10:00:00Z", "subscription_id": "s-1", "seats": 5}
BUY = {
    "do": "purchase",
    "at": "2025-01-15T10:00:00Z",
    "subscription_id": "s-1",
    "customer_id": "contoso",
    "offer_id": "e3",
    "seats": 5,
    "term": "P1Y",
    "plan": "monthly",
}
UPGRADE = {"do": "upgrade", "at": "2025-01-15T10:00:00Z", "subscription_id": "s-1", "offer_id": "e5", "seats": 2}


def test_a_command_reads_back_as_it_was_written() -> None:
    command = command_of(BUY | {"align": "calendar-month", "resellers": ["a", "b"], "attested": True})
    assert command_of(command_json(command)) == command


def test_an_absent_key_and_a_null_mean_the_same() -> None:
    assert command_of(BUY | {"friendly_name": None, "actor": None, "attested": None}) == command_of(BUY)


def test_another_offset_is_converted_and_digits_beyond_microseconds_are_cut_off() -> None:  # R-TIME-01
    command = read_command(write(ADD | {"at": "2025-01-15T12:00:00.1234567+02:00"}))
    assert command_json(command)["at"] == "2025-01-15T10:00:00.123456Z"


def test_the_digest_is_of_the_meaning_not_of_the_spelling() -> None:
    spelled = command_of(ADD | {"at": "2025-01-15T11:00:00+01:00", "actor": "partner"})
    assert command_digest(spelled) == command_digest(command_of(ADD))
    assert command_digest(command_of(ADD | {"seats": 6})) != command_digest(command_of(ADD))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seats": "5"}, "seats must be a whole number, not '5'"),
        ({"seats": 5.0}, "seats must be a whole number, not 5.0"),
        ({"seats": True}, "seats must be a whole number, not True"),
        ({"seats": 0}, "seats must be at least 1"),
        ({"seats": -1}, "seats must be at least 1"),
        ({"seats": 10**9 + 1}, "seats must be at most 1000000000"),
        ({"seats": None}, "seats must be a whole number"),
        ({"at": "2025-01-15T10:00:00"}, "at must say its time zone"),
        ({"at": "2025-02-30T10:00:00Z"}, "at must be an instant that exists"),
        ({"at": "9900-01-01T00:00:00Z"}, "at must lie before the year 9900"),
        ({"at": "2025-01-15"}, "at must be an RFC 3339 instant"),
        ({"at": 1736935200}, "at must be an RFC 3339 instant"),
        ({"subscription_id": ""}, "subscription_id must not be empty"),
        ({"subscription_id": 7}, "subscription_id must be a string"),
        ({"subscription_id": "a\x00b"}, "subscription_id must not hold NUL"),
        ({"subscription_id": "\ud800"}, "subscription_id must not hold NUL or half a surrogate"),
        ({"seat": 5}, "unknown key 'seat'"),
        ({"actor": "clock"}, "actor must be partner"),
        ({"actor": "somebody"}, "actor must be one of"),
        ({"expected_version": "3"}, "expected_version must be a whole number"),
        ({"do": "grow"}, "do must name a command"),
        ({"do": ["add-seats"]}, "do must name a command"),
        ({"do": "end-term"}, "do must name a command"),
    ],
)
def test_nonsense_is_named_with_its_field(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidCommandError, match=said.replace("'", ".")):
        command_of(ADD | change)


@pytest.mark.parametrize("name", ["at", "subscription_id", "seats"])
def test_a_missing_key_is_named(name: str) -> None:
    with pytest.raises(InvalidCommandError, match=f"{name} is missing"):
        command_of({key: value for key, value in ADD.items() if key != name})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"term": "P30D"}, "term must be P1M, P1Y or P3Y"),
        ({"term": None}, "term is missing"),
        ({"plan": "weekly"}, "plan must be one of"),
        ({"align": "calendar-month", "ends_on": "2025-12-31"}, "exclude each other"),
        ({"align": ""}, "align must not be empty"),
        ({"align": "\ud800"}, "align must not hold NUL or half a surrogate"),
        ({"resellers": ["r-1", ""]}, "resellers must not be empty"),
        ({"resellers": ["a\x00b"]}, "resellers must not hold NUL"),
        ({"resellers": "abc"}, "resellers must be a list"),
        ({"resellers": [1]}, "must be a string"),
        ({"ends_on": "31.12.2025"}, "ends_on must be a day"),
        ({"attested": "yes"}, "attested must be true or false"),
    ],
)
def test_a_purchase_that_makes_no_sense_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidCommandError, match=said):
        command_of(BUY | change)


@pytest.mark.parametrize(
    "change",
    [
        {"target_subscription_id": "s-2", "new_subscription_id": "s-3"},
        {"target_subscription_id": "s-2", "term": "P1Y"},
        {"target_subscription_id": "s-2", "plan": "monthly"},
    ],
)
def test_only_seats_move_into_an_existing_subscription(change: dict[str, Any]) -> None:  # R-UPGRADE-08
    with pytest.raises(InvalidCommandError, match="cannot stand beside target_subscription_id"):
        command_of(UPGRADE | change)


@pytest.mark.parametrize("name", ["seats", "term", "plan"])
def test_exactly_the_trials_seats_move_into_an_existing_subscription(name: str) -> None:  # R-TRIAL-09
    convert = {key: UPGRADE[key] for key in ("at", "subscription_id")}
    values = {"seats": 25, "term": "P1Y", "plan": "monthly"}
    with pytest.raises(InvalidCommandError, match=f"{name} cannot stand beside"):
        command_of({**convert, "do": "convert-trial", "target_subscription_id": "s-2", name: values[name]})


def test_a_scheduled_change_names_something() -> None:  # R-SCHED-01
    with pytest.raises(InvalidCommandError, match="at least one of"):
        command_of({"do": "schedule-change", "at": "2025-01-15T10:00:00Z", "subscription_id": "s-1"})


def test_an_expected_version_needs_one_subscription() -> None:
    with pytest.raises(InvalidCommandError, match="needs a subscription_id"):
        command_of({"do": "advance", "to": "2025-01-15T10:00:00Z", "expected_version": 3})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[]", "must be a JSON object"),
        ('"add-seats"', "must be a JSON object"),
        ('{"do":"add-seats","seats":1,"seats":2}', "'seats' stands twice"),
        ('{"do":"add-seats","seats":NaN}', "NaN is no JSON number"),
        ('{"do":"add-seats","seats":-Infinity}', "-Infinity is no JSON number"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_line_that_two_readers_would_read_differently_is_refused(line: str, said: str) -> None:
    with pytest.raises(InvalidCommandError, match=said):
        read_command(line)


def test_the_clock_sends_no_command() -> None:  # D-30
    body = {"do": "activate", "at": "2025-01-15T10:00:00Z", "subscription_id": "s-1", "actor": "clock"}
    with pytest.raises(InvalidCommandError, match=r"actor must be partner, .* or support, not 'clock'"):
        command_of(body)
