"""Which test carries which rule, reading or published example: the ids that stand in the test itself."""
# ruff: noqa: INP001 - a script beside the pages it writes, not a package

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[1]
_ID = r"(?:R-[A-Z]+|TV-[A-Z]+|AMB|D|INV)-"
_NAMED = re.compile(rf"\b{_ID}\d\d\b")
_SPAN = re.compile(rf"\b({_ID})(\d\d)\.\.(\d\d)\b")


@frozen
class Test:
    """A test function, by the file it stands in."""

    path: Path
    name: str

    @property
    def sentence(self) -> str:
        """What it proves, as its name says it."""
        return self.name.removeprefix("test_").replace("_", " ")


def cited(text: str) -> frozenset[str]:
    """The ids that *text* names; `R-SCHED-05..07` names three."""
    spans = (
        f"{area}{number:02d}" for area, low, high in _SPAN.findall(text) for number in range(int(low), int(high) + 1)
    )
    return frozenset({*_NAMED.findall(text), *spans})


@cache
def carriers() -> Mapping[str, tuple[Test, ...]]:
    """The tests that name an id, by the id. A heading or a constant names it for nobody."""
    found: dict[str, tuple[Test, ...]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        # What tests the documentation carries no rule.
        if path.parent != ROOT / "tests/docs":
            for test, source in sources_of(path):
                for id_ in cited(source):
                    found[id_] = (*found.get(id_, ()), test)
    return found


def sources_of(path: Path) -> Iterator[tuple[Test, str]]:
    """The test functions of a file with their source: decorators, comments and docstring included."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            yield Test(path, node.name), "\n".join(lines[first - 1 : node.end_lineno])
