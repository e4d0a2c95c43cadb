"""The terminal: one console for all that people read, and rows that are printed as soon as they are known."""

from typing import NoReturn

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from csp_lifecycle.cli.words import printable

WIDTH = 100
"""Everything is laid out for so many columns; a wider terminal stays empty on its right."""


Piece = str | tuple[str, str] | Text
"""Plain, or with a style, or made already."""


class Terminal(Console):
    """Rich's console, told not to guess: no markup, no emoji, no highlighting in names that come from outside."""

    def __init__(self) -> None:
        super().__init__(markup=False, emoji=False, highlight=False)
        if not self.is_terminal or self.width > WIDTH:
            self.width = WIDTH

    def on_broken_pipe(self) -> NoReturn:
        """Whoever read our output has seen enough; the caller decides what that means."""
        raise BrokenPipeError

    def say(self, *pieces: Piece, indent: int = 0) -> None:
        """A paragraph, wrapped and indented."""
        self.print(Padding(styled(*pieces), (0, 0, 0, indent)))


def styled(*pieces: Piece) -> Text:
    """One text of pieces; control characters in them are shown, not obeyed."""
    return Text.assemble(*map(_shown, pieces))


def _shown(piece: Piece) -> Text | tuple[str, str]:
    match piece:
        case str():
            return printable(piece), ""
        case (text, style):
            return printable(text), style
        case _:
            return piece


class Rows:
    """A table whose columns are fixed before its first row, because a log may be long and nobody waits for its end.

    A column is its heading and its width; one without a width takes what the others leave.
    """

    def __init__(self, terminal: Terminal, *columns: tuple[str, int | None], heading: bool = True) -> None:
        self._terminal = terminal
        self._columns = columns
        self.number = 0
        if heading:
            self._print(*(styled((name, "bold")) for name, _ in columns))
            self._terminal.print("─" * self._terminal.width, style="dim")

    def row(self, *cells: Piece) -> None:
        """One row; a cell is plain, or text with a style."""
        self.number += 1
        self._print(*map(styled, cells))

    def _print(self, *cells: RenderableType) -> None:
        row = Table.grid(padding=(0, 2, 0, 0), expand=True)
        for _, width in self._columns:
            row.add_column(width=width, ratio=None if width else 1, overflow="fold")
        row.add_row(*cells)
        self._terminal.print(row)
