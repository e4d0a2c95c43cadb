"""The small words."""

from datetime import UTC, date, datetime

import pytest

from csp_lifecycle.cli import words


def test_midnight_is_a_day_to_what_happens_and_an_instant_to_what_closes() -> None:
    midnight = datetime(2025, 1, 22, tzinfo=UTC)
    assert words.moment(midnight) == "2025-01-22"
    assert words.deadline(midnight) == "2025-01-22 00:00"


def test_seconds_are_shown_where_there_are_some() -> None:
    late = datetime(2021, 7, 22, 10, 0, 1, tzinfo=UTC)
    assert words.moment(late) == words.deadline(late) == "2021-07-22 10:00:01"
    assert words.short(late) == "07-22 10:00:01"
    assert words.short(date(2021, 7, 22)) == "07-22"


@pytest.mark.parametrize(("number", "one", "said"), [(1, "event", "1 event"), (0, "event", "0 events")])
def test_numbers_count_their_noun(number: int, one: str, said: str) -> None:
    assert words.count(number, one) == said


def test_control_characters_are_shown_and_not_obeyed() -> None:
    assert (
        words.printable("a\x1b[31mb\x07\nc\u202e")
        == "a\N{REPLACEMENT CHARACTER}[31mb\N{REPLACEMENT CHARACTER}\nc\N{REPLACEMENT CHARACTER}"
    )
