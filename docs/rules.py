"""The rules this library follows and the examples it repeats: what each says, and which tests carry it."""
# ruff: noqa: INP001 - a script beside the pages it writes, not a package

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from typing import Any

from docs.carriers import ROOT, Test, carriers

_EXPLAINED = re.compile(r"\b(?:R-[A-Z]+|AMB|D|INV)-\d\d\b")


@cache
def rules() -> dict[str, dict[str, Any]]:
    """What every rule says, which are set aside, and how the rules were read."""
    return _read("rules")


@cache
def vectors() -> dict[str, dict[str, Any]]:
    """The published examples: their kind, what they say, and which are set aside."""
    return _read("vectors")


@cache
def policies() -> dict[str, dict[str, str]]:
    """What every other reading of a commerce model says, and which decision it answers otherwise."""
    return _read("policies")["policies"]


def _read(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((ROOT / f"docs/reference/{name}.json").read_text(encoding="utf-8"))
    return found


def rules_block() -> Iterator[str]:
    """A table for every area: the rules, what they say, and the tests that carry them."""
    for area, entries in _by_area(rules()["rules"]):
        yield f"\n### {area}\n\n| rule | what it says | carried by |\n| --- | --- | --- |"
        for rule, entry in entries:
            yield f"| {_anchor(rule)} | {entry['says']} | {_carried(rule, entry)} |"


def vectors_block() -> Iterator[str]:
    """A table for every area: the examples, their kind, what they say, and the tests that carry them."""
    for area, entries in _by_area(vectors()["vectors"]):
        yield f"\n### {area}\n\n| example | kind | what it says | carried by |\n| --- | --- | --- | --- |"
        for name, entry in entries:
            yield f"| {_anchor(name)} | {entry['kind']} | {entry['says']} | {_carried(name, entry)} |"


def readings_block() -> Iterator[str]:
    """What was decided where the sources leave a choice."""
    yield "| reading | what was decided | carried by |\n| --- | --- | --- |"
    for name, says in rules()["readings"].items():
        yield f"| {_anchor(name)} | {says} | {_files(carriers().get(name, ()))} |"


def aside_block() -> Iterator[str]:
    """The words for the rules that are set aside, and why."""
    yield from _words(rules()["aside"])


def vectors_aside_block() -> Iterator[str]:
    """The words for the examples that are set aside, and why."""
    yield from _words(vectors()["aside"])


def kinds_block() -> Iterator[str]:
    """The kinds of examples."""
    yield "| kind | where its figures come from |\n| --- | --- |"
    yield from (f"| {kind} | {why} |" for kind, why in vectors()["kinds"].items())


def linked(text: str) -> str:
    """The text, with every rule that is explained linked to its explanation."""
    known = rules()["rules"].keys() | rules()["readings"].keys()
    return _EXPLAINED.sub(lambda id_: f"[{id_[0]}](rules.md#{id_[0].lower()})" if id_[0] in known else id_[0], text)


def _by_area(entries: dict[str, dict[str, Any]]) -> Iterable[tuple[str, Iterator[tuple[str, dict[str, Any]]]]]:
    return groupby(entries.items(), key=lambda entry: entry[0].rsplit("-", 1)[0])


def _anchor(id_: str) -> str:
    return f'<a id="{id_.lower()}"></a>{id_}'


def _carried(id_: str, entry: dict[str, Any]) -> str:
    aside = f"*{entry['aside']}*" if "aside" in entry else ""
    return " ".join(filter(None, (aside, _sentences(carriers().get(id_, ()))))) or "**no test yet**"


def _sentences(tests: Iterable[Test]) -> str:
    """The tests by their names, file by file."""
    return "; ".join(
        f"{_link(path)}: {', '.join(test.sentence for test in found)}"
        for path, found in groupby(tests, key=lambda test: test.path)
    )


def _files(tests: Iterable[Test]) -> str:
    return ", ".join(_link(path) for path, _ in groupby(tests, key=lambda test: test.path))


def _link(path: Any) -> str:
    name = path.relative_to(ROOT / "tests").as_posix()
    return f"[{name}](../../tests/{name})"


def _words(words: dict[str, Any]) -> Iterator[str]:
    yield "| word | why |\n| --- | --- |"
    yield from (f"| {word} | {why} |" for word, why in words.items())
