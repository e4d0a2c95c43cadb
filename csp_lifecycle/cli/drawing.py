"""Small drawings of time, in plain characters: bars, strips and windows on one scale."""

from collections.abc import Sequence
from datetime import datetime

from attrs import field, frozen


@frozen
class Span:
    """A stretch of time with a word for it."""

    word: str
    starts_at: datetime
    ends_at: datetime


@frozen
class Scale:
    """Where instants stand on a line of *width* characters."""

    starts_at: datetime
    ends_at: datetime
    width: int = field(default=60)

    def column(self, at: datetime) -> int:
        """The column of an instant; what lies outside stands at the edge."""
        whole = self.ends_at - self.starts_at
        share = (at - self.starts_at) / whole if whole else 0.0
        return max(0, min(self.width - 1, round(share * (self.width - 1))))


def bar(span: Span, scale: Scale) -> str:
    """One span as a bar that begins where its time begins: `   ━━━━━┥`."""
    left, right = scale.column(span.starts_at), scale.column(span.ends_at)
    return " " * left + "━" * (right - left) + "┥"


def flags(instants: Sequence[tuple[datetime, str]], scale: Scale) -> str:
    """Signs at instants, each with a word behind it; a word that would hit the next sign moves behind it."""
    line = ""
    for at, word in instants:
        line = line.ljust(scale.column(at)) + f"▲ {word} "
    return line.rstrip()


def progress(span: Span, at: datetime, width: int) -> str:
    """How far time has come in a span: `├━━━━●──────┤`."""
    inside = Scale(span.starts_at, span.ends_at, width - 2).column(at)
    return "├" + "━" * inside + "●" + "─" * (width - 3 - inside) + "┤"


def strip(spans: Sequence[Span], width: int, end: str = "┤") -> tuple[tuple[str, str], ...]:
    """Spans that follow on each other, drawn as one line: `├ trial ──┼ active ━━━━━┤`, in pieces with their words.

    Every span has at least its joint; a word that does not fit is left out.
    """
    scale = Scale(spans[0].starts_at, spans[-1].ends_at, width)
    pieces, column = [], 0
    for number, span in enumerate(spans):
        left = max(scale.column(span.starts_at), column)
        last = number == len(spans) - 1
        room = max((width - 1 if last else scale.column(span.ends_at)) - left - 1, 0)
        joint = "┼" if number else "├"
        pieces.append((span.word, joint + _inside(span.word, room) + (end if last else "")))
        column = left + 1 + room
    return tuple(pieces)


def _inside(word: str, room: int) -> str:
    line = next((fill for start, fill in FILLS.items() if word.startswith(start)), "━")
    text = f" {word} "
    return text.ljust(room, line) if len(text) <= room else line * room


FILLS = {"pending": "╌", "trial": "─", "suspended": "░", "expired": "╌", "disabled": "┈"}
"""What a strip is drawn with where the word does not fit; whatever is in full use has a heavy line."""


def heap(number: int, most: int, width: int) -> str:
    """A number as a bar, full where it is the most there was; what is not nothing is seen."""
    return "▆" * max(round(number / most * width), 1) if number else ""
