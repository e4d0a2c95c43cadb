"""The curves of growth can be measured, and the page that shows them says what was measured."""

from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def growth() -> ModuleType:
    """The script; it is imported here because it is no part of the library."""
    from tests.benchmarks import growth  # noqa: PLC0415 - as its users run it, from the root

    return growth


def test_every_curve_is_measured_and_published(
    growth: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "growth.md"
    page.write_text("before\n" + growth.MARKS[0] + "old figures\n" + growth.MARKS[1] + "behind\n", encoding="utf-8")
    monkeypatch.setattr(growth, "PAGE", page)
    curves = [*growth.command_times(tmp_path, (2, 4)), *growth.many_subscriptions(tmp_path, (20, 40))]
    growth.publish(curves)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n<!-- measured -->")
    assert text.endswith("<!-- end of measured -->\nbehind\n")
    assert "old figures" not in text
    assert all(curve.name in text and min(curve.figures) > 0 for curve in curves)
    drawn = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "growth").iterdir()}
    assert sorted(drawn) == ["advance.svg", "command.svg", "customer.svg", "memory.svg"]
    assert all("<svg" in text for text in drawn.values())


def test_the_page_shows_what_is_measured(growth: ModuleType) -> None:
    """Every curve that has an aim stands there, and keeps it where it was measured."""
    lines = growth.PAGE.read_text(encoding="utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if line.startswith("| ") and "at most" in line]
    assert len(rows) == 7
    for *_, ratio, aim in rows:
        assert float(ratio) <= float(aim.removeprefix("at most ").removesuffix(" |"))
