"""Every rule in scope has a test, and every rule that is named is explained."""

from pathlib import Path

import pytest

from docs.rules import ROOT, carriers, cited, rules

_IN_SCOPE = sorted(rule for rule, entry in rules()["rules"].items() if "aside" not in entry)
_SOURCES = sorted((ROOT / "csp_lifecycle").rglob("*.py"))


@pytest.mark.parametrize("rule", _IN_SCOPE)
def test_a_rule_in_scope_has_a_test(rule: str) -> None:
    assert carriers().get(rule), f"no test names {rule}: {rules()['rules'][rule]['says']}"


@pytest.mark.parametrize("path", _SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_the_code_cites_is_explained(path: Path) -> None:
    explained = {*rules()["rules"], *rules()["readings"]}
    assert cited(path.read_text(encoding="utf-8")) - explained == set(), "add it to docs/reference/rules.json"


def test_a_rule_that_is_set_aside_says_why() -> None:
    words = {entry["aside"] for entry in rules()["rules"].values() if "aside" in entry}
    assert words == set(rules()["aside"])
