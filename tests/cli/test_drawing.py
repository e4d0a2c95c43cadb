"""Drawings of time in plain characters."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.cli.drawing import Scale, Span, bar, flags, heap, progress, strip

START = datetime(2025, 1, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


SCALE = Scale(day(0), day(10), 11)


def test_a_bar_stands_where_its_time_stands() -> None:
    assert bar(Span("", day(0), day(7)), SCALE) == "━━━━━━━┥"
    assert bar(Span("", day(2), day(9)), SCALE) == "  ━━━━━━━┥"


def test_what_lies_outside_the_scale_stands_at_its_edge() -> None:
    assert bar(Span("", day(-5), day(50)), SCALE) == "━━━━━━━━━━┥"


def test_flags_stand_at_their_instants_and_never_on_each_other() -> None:
    assert flags([(day(1), "a"), (day(7), "b")], SCALE) == " ▲ a   ▲ b"
    assert flags([(day(1), "long"), (day(2), "b")], SCALE) == " ▲ long ▲ b"


def test_progress_shows_how_far_time_has_come() -> None:
    term = Span("", day(0), day(10))
    assert progress(term, day(0), 13) == "├●──────────┤"
    assert progress(term, day(5), 13) == "├━━━━━●─────┤"
    assert progress(term, day(10), 13) == "├━━━━━━━━━━●┤"


def test_a_strip_names_the_spans_that_have_room_for_it() -> None:
    spans = [Span("trial", day(0), day(1)), Span("active", day(1), day(7)), Span("expired", day(7), day(10))]
    assert "".join(piece for _, piece in strip(spans, 41)) == "├───┼ active ━━━━━━━━━━━━━━━┼ expired ╌╌┤"


def test_a_strip_that_goes_on_ends_in_an_arrow() -> None:
    assert strip([Span("active", day(0), day(1))], 12, "▶") == (("active", "├ active ━━▶"),)


@given(st.lists(st.integers(min_value=0, max_value=400), min_size=1, max_size=12), st.integers(40, 90))
def test_a_strip_keeps_its_width_and_a_joint_for_every_span(lengths: list[int], width: int) -> None:
    spans, at = [], 0
    for length in lengths:
        spans.append(Span("active", day(at), day(at + length)))
        at += length
    drawn = "".join(piece for _, piece in strip(spans, width))
    assert drawn[0] == "├"
    assert drawn.count("┼") == len(lengths) - 1
    assert abs(len(drawn) - width) <= len(lengths)


def test_a_heap_is_full_at_the_most_and_never_hides_something() -> None:
    assert heap(300, 300, 10) == "▆" * 10
    assert heap(1, 300, 10) == "▆"
    assert heap(0, 300, 10) == ""
