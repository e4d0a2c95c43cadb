"""The generated blocks of the documentation are what the code says today."""

from pathlib import Path

import pytest

from docs.carriers import ROOT
from docs.generate import BLOCKS, PAGES, rewritten


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_generated_blocks_are_current(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    assert rewritten(page) == page, f"{path.relative_to(ROOT)} is out of date: run python -m docs.generate"


def test_every_block_stands_on_a_page() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    assert [name for name in BLOCKS if f"<!-- generated: {name} -->" not in pages] == []
