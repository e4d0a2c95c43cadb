"""What the pages point to is there, and what they list is complete."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import attrs
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from csp_lifecycle.vocabulary.catalog import Offer
from csp_lifecycle.vocabulary.subscription import Commerce
from docs.carriers import ROOT
from docs.generate import PAGES

_PAGES = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
_README = ROOT / "README.md"
_ELSEWHERE = ("https://", "mailto:")


def _tokens(path: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))


def _links(path: Path) -> Iterator[str]:
    for token in _tokens(path):
        for part in token.children or ():
            target = part.attrGet("href") or part.attrGet("src")
            if target is not None and not str(target).startswith(_ELSEWHERE):
                yield str(target)


@cache
def _anchors(path: Path) -> frozenset[str]:
    """The names one can jump to: of headings, as repository hosts make them, and of `<a id>`."""
    tokens = _tokens(path)
    heads = (tokens[n + 1].content for n, token in enumerate(tokens) if token.type == "heading_open")
    slugs = (re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads)
    return frozenset({*slugs, *re.findall(r'<a id="([^"]+)">', path.read_text(encoding="utf-8"))})


@_PAGES
def test_every_link_leads_somewhere(path: Path) -> None:
    broken: list[str] = []
    for link in _links(path):
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, new = set[Path](), {_README}
    while new:
        reached |= new
        links = ((page.parent / link.partition("#")[0]).resolve() for page in new for link in _links(page))
        new = {target for target in links if target.suffix == ".md"} - reached
    assert sorted(set(PAGES) - reached) == []


def test_the_readme_lists_what_the_package_holds() -> None:
    listed = re.findall(r"^\| `([\w.]+)/?` \|", _README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    held = (path.name for path in (ROOT / "csp_lifecycle").iterdir())
    assert sorted(listed) == sorted(name for name in held if not name.startswith("__") and name != "py.typed")


def test_the_line_of_code_that_the_readme_quotes_is_written_there() -> None:
    quoted = [token.content for token in _tokens(_README) if token.type == "fence" and token.info == "text"]
    assert quoted
    table = (ROOT / "csp_lifecycle/policies/new_commerce.py").read_text(encoding="utf-8")
    assert [text for text in quoted if text not in table] == []


def test_the_catalog_page_names_every_key_and_every_commerce_model() -> None:
    named = set(re.findall(r"`([\w-]+)`", (ROOT / "docs/how-to/keep-a-catalog.md").read_text(encoding="utf-8")))
    keys = {field.name for field in attrs.fields(Offer)}
    assert (keys | {model.value for model in Commerce}) - named == set()
