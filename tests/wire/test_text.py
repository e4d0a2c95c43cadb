"""JSON text is read strictly, and within limits."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.wire.text import DEEPEST, LONGEST, parse, parse_object, write


def _grown(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(values, max_size=4) | st.dictionaries(st.text(), values, max_size=4)


@pytest.mark.parametrize("text", ["1e400", "-1e400", '{"a": [1e999]}', "1.5E+309"])
def test_a_number_that_no_float_can_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="too large for a JSON number"):
        parse(text)


@pytest.mark.parametrize(("text", "value"), [("1.5", 1.5), ("-2.5e3", -2500.0), ("1e308", 1e308), ("1e-400", 0.0)])
def test_other_numbers_are_read(text: str, value: float) -> None:
    assert parse(text) == value


def test_objects_and_lists_stand_in_one_another_so_deep_and_no_deeper() -> None:
    nested = "[" * DEEPEST + "]" * DEEPEST
    assert write(parse(nested)) == nested
    with pytest.raises(ValueError, match="nested too deeply"):
        parse(f'{{"a":{nested}}}')


def test_many_neighbors_are_not_deep_and_brackets_in_text_are_none() -> None:
    assert len(parse("[" + ",".join(["{}"] * 1000) + "]")) == 1000
    brackets = write(["[{" * 100, 'a quote \\" and [[['])
    assert write(parse(brackets)) == brackets


def test_text_is_so_long_and_no_longer() -> None:
    longest = write("x" * (LONGEST - 2))
    assert parse(longest) == "x" * (LONGEST - 2)
    with pytest.raises(ValueError, match=f"{LONGEST + 1} characters, at most {LONGEST}"):
        parse(longest + " ")
    assert parse_object("{}" + " " * LONGEST, longest=2 * LONGEST) == {}


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(), _grown))
def test_what_the_encoder_writes_for_a_digest_is_what_is_written_as_text(value: object) -> None:
    assert msgspec.json.encode(value) == write(value).encode()
