"""Every example of the README and the docs runs, and prints what the page says it prints.

What the first word behind a fence means:

- `python` runs, all blocks of a page in one namespace, unless a file name follows: then it is saved as that file;
- `output` is what the Python block before it printed;
- `console` has commands behind `$ `, each with what it prints below it;
- `json` and `jsonl` are saved where a file name follows, and must be JSON in any case;
- `sh` prepares an environment and is not run; `text` and `mermaid` are drawings.

A page's blocks share an empty folder. `…` stands for whatever is printed there.
"""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from markdown_it import MarkdownIt

from docs.carriers import ROOT
from docs.generate import PAGES

_KNOWN = {"python", "output", "console", "json", "jsonl", "sh", "text", "mermaid"}
_PREPARES = re.compile(
    r"python3? -m (venv|pip|docs\.generate|tests\.benchmarks|pytest)\b|csp-lifecycle demo|source |git clone |cd "
)
_PAGES = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())


@define
class Block:
    """One fenced block: where it stands, its language and file name, its text."""

    line: int
    language: str
    file: str | None
    text: str


def blocks(path: Path) -> Iterator[Block]:
    for token in MarkdownIt("commonmark").parse(path.read_text(encoding="utf-8")):
        if token.type == "fence" and token.map:
            language, _, file = token.info.partition(" ")
            yield Block(token.map[0] + 1, language, file or None, token.content)


@define
class Page:
    """A page as it is read: from top to bottom, in one folder, with one Python namespace."""

    path: Path
    folder: Path
    namespace: dict[str, Any] = field(factory=lambda: {"__name__": "example"})
    printed: str = ""

    def read(self, block: Block) -> None:
        if block.language != "output":
            assert not self.printed, f"{self._place(block)}: the page does not show what was printed: {self.printed}"
        if block.file is not None:
            (self.folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            self._run(block)
        if block.language == "output":
            self._compare(block, block.text, self.printed)
            self.printed = ""
        elif block.language == "console":
            self._converse(block)
        elif block.language in {"json", "jsonl"}:
            self._parse(block)

    def _run(self, block: Block) -> None:
        # Line breaks in front make a traceback point to the line of the page.
        code = compile("\n" * block.line + block.text, str(self.path), "exec")
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(code, self.namespace)  # noqa: S102 - running the examples is the point
        self.printed = printed.getvalue()

    def _converse(self, block: Block) -> None:
        for turn in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            command, _, expected = turn.partition("\n")
            done = subprocess.run(  # noqa: S602 - the pages are ours
                command,
                shell=True,
                cwd=self.folder,
                env=_environment(),
                check=False,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
            )
            self._compare(block, expected, done.stdout)

    def _parse(self, block: Block) -> None:
        for text in block.text.splitlines() if block.language == "jsonl" else [block.text]:
            json.loads(text)

    def _compare(self, block: Block, expected: str, printed: str) -> None:
        pattern = re.escape(expected.strip()).replace("…", ".*")
        matches = re.fullmatch(pattern, printed.strip(), flags=re.DOTALL)
        assert matches, f"{self._place(block)} says\n{expected}\nbut what is printed is\n{printed}"

    def _place(self, block: Block) -> str:
        return f"{self.path.relative_to(ROOT)}:{block.line}"


def _environment() -> dict[str, str]:
    """This Python's programs first, and nothing of ours that would answer for the reader."""
    ours = {"CSP_LIFECYCLE_STORE", "CSP_LIFECYCLE_CATALOG", "PYTEST_ADDOPTS"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    programs = str(Path(sys.executable).parent)
    return kept | {"PATH": programs + os.pathsep + kept.get("PATH", ""), "COLUMNS": "100", "PYTHONUTF8": "1"}


@_PAGES
def test_every_example_runs_and_prints_what_the_page_says(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = Page(path, tmp_path)
    for block in blocks(path):
        page.read(block)
    assert not page.printed, f"{path.name} does not show what its last example printed: {page.printed}"


@_PAGES
def test_every_block_says_what_it_is(path: Path) -> None:
    unknown = [f"{path.name}:{block.line}: {block.language!r}" for block in blocks(path)]
    assert [name for name, block in zip(unknown, blocks(path), strict=True) if block.language not in _KNOWN] == []


@_PAGES
def test_what_is_not_run_only_prepares_an_environment(path: Path) -> None:
    lines = [line for block in blocks(path) if block.language == "sh" for line in block.text.splitlines()]
    assert [line for line in lines if not _PREPARES.match(line)] == []
