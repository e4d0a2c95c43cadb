"""The rules this library follows: what each says, how it was read, and which tests carry it."""
# ruff: noqa: INP001 - a script beside the pages it writes, not a package

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_RULE = re.compile(r"\b(?:R-[A-Z]+|AMB|D|INV)-\d\d\b")
_SPAN = re.compile(r"\b((?:R-[A-Z]+|AMB|D|INV)-)(\d\d)\.\.(\d\d)\b")


@cache
def rules() -> dict[str, dict[str, Any]]:
    """What every rule says, which are set aside, and how the rules were read."""
    found: dict[str, dict[str, Any]] = json.loads((ROOT / "docs/reference/rules.json").read_text(encoding="utf-8"))
    return found


def cited(text: str) -> frozenset[str]:
    """The ids of the rules that *text* names; `R-SCHED-05..07` names three."""
    spans = (
        f"{area}{number:02d}" for area, low, high in _SPAN.findall(text) for number in range(int(low), int(high) + 1)
    )
    return frozenset({*_RULE.findall(text), *spans})


@cache
def carriers() -> Mapping[str, tuple[Path, ...]]:
    """The test files that name a rule, by its id. What tests the documentation carries no rule."""
    found: dict[str, tuple[Path, ...]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if path.parent != ROOT / "tests/docs":
            for rule in cited(path.read_text(encoding="utf-8")):
                found[rule] = (*found.get(rule, ()), path)
    return found


def rules_block() -> Iterator[str]:
    """A table for every area: the rules, what they say, and the tests that carry them."""
    area = None
    for rule, entry in rules()["rules"].items():
        if rule.rsplit("-", 1)[0] != area:
            area = rule.rsplit("-", 1)[0]
            yield f"\n### {area}\n\n| rule | what it says | carried by |\n| --- | --- | --- |"
        aside = f"*{entry['aside']}*" if "aside" in entry else ""
        tests = ", ".join(_link(path) for path in carriers().get(rule, ()))
        carried = " ".join(filter(None, (aside, tests))) or "**no test yet**"
        yield f'| <a id="{rule.lower()}"></a>{rule} | {entry["says"]} | {carried} |'


def _link(path: Path) -> str:
    name = path.relative_to(ROOT / "tests").as_posix()
    return f"[{name}](../../tests/{name})"


def readings_block() -> Iterator[str]:
    """What was decided where the sources leave a choice."""
    yield "| reading | what was decided |\n| --- | --- |"
    for name, says in rules()["readings"].items():
        yield f'| <a id="{name.lower()}"></a>{name} | {says} |'


def aside_block() -> Iterator[str]:
    """The words for what is set aside, and why."""
    yield "| word | why |\n| --- | --- |"
    yield from (f"| {word} | {why} |" for word, why in rules()["aside"].items())


def linked(text: str) -> str:
    """The text, with every rule that is explained linked to its explanation."""
    known = rules()["rules"].keys() | rules()["readings"].keys()
    return _RULE.sub(lambda id_: f"[{id_[0]}](rules.md#{id_[0].lower()})" if id_[0] in known else id_[0], text)
