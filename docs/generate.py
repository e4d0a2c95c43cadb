"""Rewrites the generated blocks of the documentation, from the code that they describe.

    python -m docs.generate

A block stands between `<!-- generated: NAME -->` and `<!-- end -->`; `BLOCKS` says what NAME prints. A test
compares, so the pages cannot drift from the table, the catalog of refusals, or the tests they point to.
"""
# ruff: noqa: INP001 - a script beside the pages it writes, not a package

import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import partial
from types import NoneType
from typing import Any, get_args

import attrs

from csp_lifecycle.billing import account_reasons
from csp_lifecycle.cli.main import main as command_line
from csp_lifecycle.errors import Reason
from csp_lifecycle.policies import MODELS, POLICIES, reasons
from csp_lifecycle.vocabulary.account_commands import AccountCommand
from csp_lifecycle.vocabulary.account_events import AccountEvent, AccountFact
from csp_lifecycle.vocabulary.commands import Advance, Command, Rename
from csp_lifecycle.vocabulary.events import Event, Fact
from csp_lifecycle.vocabulary.names import EVENTS, command_name, event_name
from docs.carriers import ROOT
from docs.comparison import comparison
from docs.money import money_vectors_block, money_vectors_left_out_block
from docs.rules import (
    aside_block,
    kinds_block,
    linked,
    readings_block,
    rules_block,
    vectors_aside_block,
    vectors_block,
)
from docs.tables import TABLE_BLOCKS
from docs.words import doc, listed

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
_BLOCK = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def rewritten(page: str) -> str:
    """The page with every block as it has to be."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{BLOCKS[block[2]]().strip()}\n\n{block[3]}", page)


# --- refusals


def _refusals() -> Iterator[str]:
    for code, found in sorted(_reasons().items()):
        first = next(iter(found))
        numbers = f"Microsoft's numbers: {', '.join(first.microsoft)}. " if first.microsoft else ""
        retry = "May pass later by itself: nothing has to change but what is in flight." if first.retryable else ""
        yield f"\n### `{code}`\n"
        if numbers or retry:
            yield f"{numbers}{retry}".strip() + "\n"
        for reason, evidence in found.items():
            shown = f" It shows {listed(f'`{name}`' for name in evidence)}." if evidence else ""
            instead = f" Instead: {listed(f'`{name}`' for name in reason.remedies)}." if reason.remedies else ""
            yield f"- {linked(reason.rule)}: {reason.sentence}{shown}{instead}"


def _reasons() -> dict[str, dict[Reason, tuple[str, ...]]]:
    """Every reason for a refusal by its code, with the names of the facts that are shown with it."""
    policies = POLICIES.values()
    closed = (guard for policy in policies for cell in policy.closed.values() for guard in cell.first)
    rows = (guard for policy in policies for row in policy.rows for guard in policy.guards_of(row))
    found: dict[str, dict[Reason, tuple[str, ...]]] = {}
    for guard in (*rows, *closed):
        shown = tuple(fact.__name__ for fact in guard.facts)
        found.setdefault(guard.reason.code, {})[guard.reason] = shown
    for reason in (*vars(reasons).values(), *vars(account_reasons).values()):
        if isinstance(reason, Reason):
            found.setdefault(reason.code, {}).setdefault(reason, ())
    return found


# --- commands and events


def _commands() -> Iterator[str]:
    yield "Every command but `advance` may carry:\n"
    common = {field.name for field in attrs.fields(Rename.__mro__[1])}
    yield from _keys(reversed([field for field in attrs.fields(Rename) if field.name in common]))
    for kind in (*get_args(Command), Advance):
        yield from _command(kind, set() if kind is Advance else common)


def _account_commands() -> Iterator[str]:
    common = {field.name for field in attrs.fields(Rename.__mro__[1])} | {"account_id"}
    for kind in get_args(AccountCommand):
        yield from _command(kind, common)


def _command(kind: Any, common: set[str]) -> Iterator[str]:
    own = [field for field in attrs.fields(kind) if field.name not in common]
    yield f"\n### `{command_name(kind)}`\n\n{linked(doc(kind))} In Python: `{kind.__name__}`.\n"
    if own:
        yield from _keys(own)


def _keys(fields: Iterable["attrs.Attribute[Any]"]) -> Iterator[str]:
    yield "| key | value | |\n| --- | --- | --- |"
    for field in fields:
        yield f"| `{field.name}` | {_described(field.name, field.type)} | {_default(field.default)} |"


def _default(value: Any) -> str:
    if value is attrs.NOTHING:
        return "required"
    if value is None or value == ():
        return ""
    return f"default `{json.dumps(value.value if isinstance(value, Enum) else value)}`"


def _described(name: str, kind: Any) -> str:
    if name == "seats":
        return "whole number from 1"
    kinds = [part for part in (get_args(kind) or (kind,)) if part not in {NoneType, Ellipsis}]
    if getattr(kind, "__origin__", None) is tuple:
        return f"list of {_described(name, kinds[0])}s"
    return " or ".join(_described(name, part) if get_args(part) else _one(name, part) for part in kinds)


def _one(name: str, kind: Any) -> str:
    return _KINDS.get(kind) or _made_of(name, kind)


_KINDS = {str: "string", bool: "true or false", int: "whole number", datetime: "instant", date: "day"}
_KINDS[Decimal] = "decimal string"
_NOT_SENT = {"actor": {"clock"}, "term": {"P30D"}}


def _made_of(name: str, kind: Any) -> str:
    if attrs.has(kind):
        return f"object of {listed(f'`{field.name}`' for field in attrs.fields(kind))}"
    values = (str(member.value) for member in kind)
    return ", ".join(f"`{value}`" for value in values if value not in _NOT_SENT.get(name, ()))


def _events() -> Iterator[str]:
    fact = {field.name for field in attrs.fields(Fact)}
    terms = _terms() - fact
    yield "| event | what it says | leads to | carries |\n| --- | --- | --- | --- |"
    for kind in get_args(Event):
        own = [field.name for field in attrs.fields(kind) if field.name not in fact]
        shared = ["*the terms*"] if terms <= set(own) else []
        rest = [f"`{field}`" for field in own if not shared or field not in terms]
        leads = "" if kind.leads_to is None else kind.leads_to.value
        yield f"| `{event_name(kind)}` | {linked(doc(kind))} | {leads} | {', '.join(shared + rest)} |"
    yield f"\n*The terms* are {listed(f'`{field}`' for field in sorted(terms))}."


def _account_events() -> Iterator[str]:
    fact = {field.name for field in attrs.fields(AccountFact)}
    yield "| event | what it says | carries |\n| --- | --- | --- |"
    for kind in get_args(AccountEvent):
        own = (f"`{field.name}`" for field in attrs.fields(kind) if field.name not in fact)
        yield f"| `{event_name(kind)}` | {linked(doc(kind))} | {', '.join(own)} |"


def _terms() -> set[str]:
    return {field.name for field in attrs.fields(EVENTS["term-changed"])}


# --- the command line


def _help() -> str:
    printed = io.StringIO()
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "100"
    try:
        with redirect_stdout(printed):
            command_line(["--help"])
    except SystemExit:
        pass
    finally:
        os.environ.pop("COLUMNS") if before is None else os.environ.__setitem__("COLUMNS", before)
    return f"```text\n{printed.getvalue().strip()}\n```"


def _joined(lines: Callable[[], Iterable[str]]) -> Callable[[], str]:
    return lambda: "\n".join(lines())


BLOCKS: Mapping[str, Callable[[], str]] = {
    **{
        f"{name} {model.id}": _joined(partial(block, model)) for model in MODELS for name, block in TABLE_BLOCKS.items()
    },
    "models": _joined(comparison),
    "refusals": _joined(_refusals),
    "commands": _joined(_commands),
    "events": _joined(_events),
    "account commands": _joined(_account_commands),
    "account events": _joined(_account_events),
    "help": _help,
    "rules": _joined(rules_block),
    "readings": _joined(readings_block),
    "aside": _joined(aside_block),
    "vectors": _joined(vectors_block),
    "kinds": _joined(kinds_block),
    "aside vectors": _joined(vectors_aside_block),
    "money vectors": _joined(money_vectors_block),
    "money vectors left out": _joined(money_vectors_left_out_block),
}
"""What every block prints, by its name."""


def main() -> int:
    """Rewrite every page whose blocks have changed, and name it."""
    for path in PAGES:
        page = path.read_text(encoding="utf-8")
        new = rewritten(page)
        if new != page:
            path.write_text(new, encoding="utf-8")
            sys.stdout.write(f"{path.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
