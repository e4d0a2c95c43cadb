"""Published figures of money: under which policy and in which rounding mode each is repeated, and by which tests."""
# ruff: noqa: INP001 - a script beside the pages it writes, not a package

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from csp_lifecycle.billing.rules import Occasion, rules_of
from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.charge_readings import MODES
from csp_lifecycle.values.money import Rounding
from docs.carriers import ROOT


@cache
def money_vectors() -> dict[str, dict[str, Any]]:
    """The figures by id: their kind, what they say, and if they are repeated, under which policy and by which lines."""
    text = (ROOT / "docs/reference/money-vectors.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


def modes_of(entry: dict[str, Any]) -> list[str]:
    """The rounding modes of the lines that repeat a figure, by name."""
    rules = rules_of(POLICIES[entry["policy"]])
    modes = (rules.lines[Occasion[name.upper().replace("-", "_")]][1] for name in entry.get("lines", ()))
    return list(dict.fromkeys(map(_name, modes)))


def carriers_of(vector: str) -> list[Path]:
    """The test files that name a figure."""
    tests = sorted((ROOT / "tests").rglob("test_*.py"))
    return [path for path in tests if path.parent.name != "docs" and vector in path.read_text(encoding="utf-8")]


def _name(mode: Rounding) -> str:
    return next(name for name, known in MODES.items() if known == mode)


def money_vectors_block() -> Iterator[str]:
    """A table of the figures that are repeated, and one of those that are not."""
    yield "| figure | kind | what it says | policy | mode | carried by |\n| --- | --- | --- | --- | --- | --- |"
    for vector, entry in money_vectors().items():
        if "policy" in entry:
            modes = ", ".join(modes_of(entry))
            tests = ", ".join(f"[{path.name}](../../tests/{path.relative_to(ROOT / 'tests')})" for path in _few(vector))
            yield f"| {vector} | {entry['kind']} | {entry['says']} | `{entry['policy']}` | {modes} | {tests} |"


def money_vectors_left_out_block() -> Iterator[str]:
    """The figures that are not repeated, and why."""
    yield "| figure | why it is left out |\n| --- | --- |"
    for vector, entry in money_vectors().items():
        if "policy" not in entry:
            yield f"| {vector} | {entry['says']} |"


def _few(vector: str) -> list[Path]:
    return [path for path in carriers_of(vector) if path.parent.name == "billing"]
