"""Every rule and every published example has a test, and every rule that is named is explained."""

from pathlib import Path
from typing import Any

import pytest

from csp_lifecycle.policies.readings import READINGS
from docs.carriers import ROOT, carriers, cited, sources_of
from docs.rules import policies, rules, vectors

_LISTED = rules()["rules"] | vectors()["vectors"]
_IN_SCOPE = sorted(name for name, entry in _LISTED.items() if "aside" not in entry)
_SOURCES = sorted((ROOT / "csp_lifecycle").rglob("*.py"))
_TESTED = "\n".join(source for path in (ROOT / "tests").rglob("test_*.py") for _, source in sources_of(path))


@pytest.mark.parametrize("name", _IN_SCOPE)
def test_what_is_in_scope_has_a_test(name: str) -> None:
    assert carriers().get(name), f"no test names {name}: {_LISTED[name]['says']}"


@pytest.mark.parametrize("policy", READINGS, ids=lambda policy: policy.id)
def test_a_reading_that_can_be_chosen_is_chosen_by_a_test(policy: Any) -> None:
    assert f'"{policy.id}"' in _TESTED, f"no test chooses {policy.id}"


def test_every_reading_that_can_be_chosen_is_told_in_words() -> None:
    assert policies().keys() == {policy.id for policy in READINGS}, "keep docs/reference/policies.json"
    known = {*rules()["rules"], *rules()["readings"]}
    assert {told["reading"] for told in policies().values()} <= known


@pytest.mark.parametrize("path", _SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_the_code_cites_is_explained(path: Path) -> None:
    explained = {*rules()["rules"], *rules()["readings"], *vectors()["vectors"]}
    assert cited(path.read_text(encoding="utf-8")) - explained == set(), "add it to docs/reference/rules.json"


def test_what_a_test_cites_is_explained() -> None:
    assert carriers().keys() - {*_LISTED, *rules()["readings"]} == set(), "add it to docs/reference"


def test_what_is_set_aside_says_why() -> None:
    for page, entries in ((rules(), rules()["rules"]), (vectors(), vectors()["vectors"])):
        assert {entry["aside"] for entry in entries.values() if "aside" in entry} == set(page["aside"])


def test_every_example_is_of_a_kind_that_is_explained() -> None:
    assert {entry["kind"] for entry in vectors()["vectors"].values()} == set(vectors()["kinds"])
