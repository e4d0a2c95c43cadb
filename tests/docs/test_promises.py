"""Every promise of a store names a test that is there."""

import re

from docs.carriers import ROOT

_ROW = re.compile(r"^\| (?P<promise>.+?) \| \[`(?P<test>test_\w+)`\]\(\.\./\.\./(?P<path>[\w/]+\.py)\) \|$")
_PAGE = ROOT / "docs" / "explanation" / "promises.md"


def test_every_promise_is_one_sentence_with_a_test_that_is_there() -> None:
    rows = [line for line in _PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    promises = [line for line in rows if line not in {"| promise | proof |", "| --- | --- |"}]
    assert len(promises) > 40
    for line in promises:
        row = _ROW.match(line)
        assert row, line
        assert row["promise"].endswith("."), line
        source = (ROOT / row["path"]).read_text(encoding="utf-8")
        assert f"def {row['test']}(" in source, line
