"""CSV, record by record, so that one broken record does not swallow the rest.

A quote that is never closed makes everything behind it one cell. Here a record that spans several lines and turns
out to be unreadable is given up after its first line, and reading goes on with its second.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator

from attrs import define


@define
class Record:
    """The cells of a record, or None where its quotes do not fit; `row` is the line it begins on, from 1."""

    row: int
    cells: list[str] | None
    _rest: deque[tuple[int, str]]
    _waiting: deque[tuple[int, str]]

    def read_on(self) -> None:
        """Give up this record after its first line: what else it took is read again."""
        self._waiting.extendleft(reversed(self._rest))


def records(text: Iterable[str]) -> Iterator[Record]:
    """The records of a CSV text; empty lines are passed over."""
    numbered, waiting = enumerate(text, 1), deque[tuple[int, str]]()
    while True:
        taken = deque[tuple[int, str]]()
        try:
            cells = next(csv.reader(_lines(waiting, numbered, taken), strict=True))
        except StopIteration:
            return
        except csv.Error:
            cells = None
        row, _ = taken.popleft()
        if cells != []:
            yield Record(row, cells, taken, waiting)


def _lines(
    waiting: deque[tuple[int, str]], numbered: Iterator[tuple[int, str]], taken: deque[tuple[int, str]]
) -> Iterator[str]:
    """The lines that wait to be read again, then the others; *taken* notes how far somebody read."""
    while (line := waiting.popleft() if waiting else next(numbered, None)) is not None:
        taken.append(line)
        yield line[1]
