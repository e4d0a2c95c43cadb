"""Lines of a log are read in a quick and in a slow way, and nobody can tell which."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.errors import LifecycleError
from csp_lifecycle.service.moving import export, import_log
from csp_lifecycle.service.privacy import redact
from csp_lifecycle.stores import envelopes
from csp_lifecycle.stores.envelopes import envelope_in, envelope_of, envelope_text
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.testing.scenario import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import Purchase, Rename, Suspend
from csp_lifecycle.wire.text import parse_object

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def exported() -> Iterator[str]:
    """The lines of a history, among them redacted ones and one that is not in ASCII."""
    ask: dict[str, Any] = {"offer_id": "business-standard", "seats": 3, "term": TermLength.YEAR, "plan": Plan.MONTHLY}
    names = {"s-1": "contoso", "s-2": "fabrikam"}
    purchases = (Purchase(at=NOON, subscription_id=name, customer_id=whose, **ask) for name, whose in names.items())
    renamed = (Rename(at=NOON, subscription_id=name, friendly_name="Bürö 漢字 😀") for name in names)
    store = Scenario(*purchases, *renamed, Suspend(at=NOON, subscription_id="s-1")).store
    redact(store, "contoso")
    return export(store)


LINES = tuple(exported())
DIGESTS = ("command_digest", "digest", "log_digest")


def read(text: str, *, quickly: bool) -> object:
    """What is read, or how it is refused."""
    try:
        return envelope_in(text) if quickly else envelope_of(parse_object(text))
    except (LifecycleError, ValueError) as error:
        return type(error), str(error)


def test_what_is_exported_is_read_without_the_strict_way(monkeypatch: pytest.MonkeyPatch) -> None:
    slowly = [envelope_of(parse_object(line)) for line in LINES]
    monkeypatch.delattr(envelopes, "parse_object")
    quickly = [envelope_in(line) for line in LINES]
    assert quickly == slowly
    assert [(one.body, one.log_digest) for one in quickly] == [(one.body, one.log_digest) for one in slowly]
    assert [envelope_text(one) for one in quickly] == list(LINES)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_the_lines_of_a_file_are_read_without_it_too(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    store = MemoryStore()
    monkeypatch.delattr(envelopes, "parse_object")
    assert import_log(store, [f"{line}{end}".encode() for line in LINES]).added == len(LINES)
    assert tuple(export(store)) == LINES


@given(st.sampled_from(LINES), st.data())
def test_a_line_that_somebody_changed_is_read_or_refused_as_the_strict_way_does(line: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(line)))
    sign = data.draw(
        st.sampled_from(['"', "\\", "{", "}", ",", ":", " ", "0", "1", "f", "F", "Z", "+", "é", "", "null"])
    )
    changed = line[:place] + sign + line[place + data.draw(st.integers(0, 2)) :]
    assert read(changed, quickly=True) == read(changed, quickly=False)


@pytest.mark.parametrize("name", DIGESTS)
@pytest.mark.parametrize("digest", ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "é" * 64, "a" * 63 + "\n", None, 7])
def test_what_is_no_digest_is_refused_by_name(name: str, digest: object) -> None:
    changed = json.dumps(json.loads(LINES[0]) | {name: digest}, ensure_ascii=False, separators=(",", ":"))
    assert read(changed, quickly=True) == read(changed, quickly=False)
    assert (digest in {"", None}) or name in str(read(changed, quickly=True))
