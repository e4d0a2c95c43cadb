"""The house: floors, the length of pages, and no branch on the commerce model outside the policies."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

import csp_lifecycle
from csp_lifecycle.vocabulary.subscription import Subscription, SubscriptionFields

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "csp_lifecycle").rglob("*.py"))
LONGEST_MODULE = 300
LONGEST_FUNCTION = 25
TABLES = frozenset({"commands.py", "events.py", "new_commerce.py"})
"""One table on one page: these say in their first lines why they are longer."""
OPTIONAL = {"eventsourcing", "hypothesis", "matplotlib", "orjson", "psycopg", "pytest", "rich", "transitions"}


def functions_of(module: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.FunctionDef):
            yield node


def body_lines(function: ast.FunctionDef) -> int:
    """Lines of code without the signature and the docstring."""
    first = function.body[1 if ast.get_docstring(function) and len(function.body) > 1 else 0]
    return (function.end_lineno or 0) - first.lineno + 1


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_are_short(module: Path) -> None:
    lines = module.read_text().count("\n")
    assert lines <= LONGEST_MODULE or module.name in TABLES
    for function in functions_of(module):
        assert body_lines(function) <= LONGEST_FUNCTION or function.name == "_parser", function.name


def test_no_module_outside_the_policies_names_a_policy_or_compares_a_commerce_model() -> None:
    for module in MODULES:
        inside = module.relative_to(ROOT / "csp_lifecycle").parts[0]
        if inside in {"policies", "testing"}:
            continue
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, (ast.Compare, ast.Match)):
                assert "Commerce." not in ast.unparse(node), module
            if isinstance(node, ast.ImportFrom) and node.module == "csp_lifecycle.policies":
                assert {alias.name for alias in node.names} <= {"POLICIES", "reasons", "facts"}, module


def test_the_frozen_subscription_has_the_fields_that_replay_fills() -> None:
    frozen = [field.name for field in attrs.fields(Subscription)]
    assert frozen == [field.name for field in attrs.fields(SubscriptionFields)]


def test_importing_the_package_loads_no_optional_package() -> None:
    """Not even when every public name is used; `transitions` is loaded by who asks for a machine."""
    use_all = "import sys, csp_lifecycle as c; [getattr(c, name) for name in c.__all__]; "
    script = use_all + f"print(sorted({OPTIONAL} & set(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == "[]"


def test_importing_the_package_loads_nothing_that_is_not_asked_for() -> None:
    script = "import sys, csp_lifecycle; print(sorted({'attrs', 'cattrs', 'msgspec', 'sqlite3'} & set(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == "[]"


def test_every_public_name_is_there_and_no_other() -> None:
    for name in csp_lifecycle.__all__:
        assert getattr(csp_lifecycle, name) is not None
    assert set(csp_lifecycle.__all__) <= set(dir(csp_lifecycle))
    assert not hasattr(csp_lifecycle, "Unheard")
