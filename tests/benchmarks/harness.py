"""How things are timed: in rounds, in turns, in the same process.

A machine that others use has slow spells. So all candidates of a row take their turn in every round, each round begins
with another one, and what is reported is the median over the rounds of the ratio inside one round.
"""

import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from attrs import field, frozen

Work = Callable[[int], int]
"""Does its work for one round, which has a number, and says how many operations that was."""


def each(work: Callable[[], object], count: int) -> Work:
    """The same work in every round, of so many operations."""

    def repeated(_: int) -> int:
        work()
        return count

    return repeated


@frozen(kw_only=True)
class Row:
    """One thing that is measured, on our side and on others, with what it has to reach.

    Args:
        what: the work, as the table prints it.
        ours: what this library does.
        floor: the least that must be done by anybody, with the bare driver.
        peers: what others do for the same work, by name.
        at_most: how many times the floor it may take.
        faster: how many times as fast as each peer it has to be.
        microseconds: how long one operation may take at most, whatever others do.
        rounds: how many rounds at most.
        clock: what tells the time in seconds: of the day, or where nothing is waited for, of the processor.
    """

    what: str
    ours: Work
    floor: Work | None = None
    peers: Mapping[str, Work] = field(factory=dict)
    at_most: float | None = None
    faster: Mapping[str, float] = field(factory=dict)
    microseconds: float | None = None
    rounds: int = sys.maxsize
    clock: Callable[[], float] = time.perf_counter


@frozen(kw_only=True)
class Found:
    """What was measured of a row: seconds an operation by candidate, and by candidate how it compares with us."""

    row: Row
    seconds: Mapping[str, float]
    ratios: Mapping[str, float]

    def verdicts(self) -> Iterator[tuple[str, bool]]:
        """Every target of the row in words, and whether it is met."""
        row = self.row
        if row.microseconds is not None:
            took = self.seconds["ours"] * 1e6
            yield f"{took:.1f} µs of {row.microseconds:g}", took <= row.microseconds
        if row.at_most is not None:
            yield f"{self.ratios['floor']:.2f} x floor, at most {row.at_most:g}", self.ratios["floor"] <= row.at_most
        for name, wanted in row.faster.items():
            faster = 1 / self.ratios[name]
            yield f"{faster:.1f} x as fast as {name}, at least {wanted:g}", faster >= wanted


def measured(row: Row, rounds: int) -> Found:
    """Time a row. The first round of each candidate warms up and does not count."""
    floor = {} if row.floor is None else {"floor": row.floor}
    works = {"ours": row.ours, **floor, **row.peers}
    times: dict[str, list[float]] = {name: [] for name in works}
    names = list(works)
    for number in range(min(rounds, row.rounds) + 1):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            took = _timed(works[name], number, row.clock)
            if number:
                times[name].append(took)
    ratios = {
        name: statistics.median(ours / other for ours, other in zip(times["ours"], times[name], strict=True))
        for name in names
    }
    return Found(row=row, seconds={name: statistics.median(times[name]) for name in names}, ratios=ratios)


def _timed(work: Work, number: int, clock: Callable[[], float]) -> float:
    gc.collect()
    gc.disable()
    try:
        began = clock()
        count = work(number)
        return (clock() - began) / count
    finally:
        gc.enable()


def table(found: Iterable[Found]) -> Iterator[str]:
    """The results as one Markdown table, in microseconds an operation."""
    yield "| work | ours | floor | peers | targets |"
    yield "| --- | ---: | ---: | --- | --- |"
    for one in found:
        floor = _microseconds(one.seconds["floor"]) if "floor" in one.seconds else ""
        peers = ", ".join(f"{name} {_microseconds(one.seconds[name])}" for name in one.row.peers)
        verdicts = "; ".join(f"{words}: {'met' if met else '**missed**'}" for words, met in one.verdicts())
        yield f"| {one.row.what} | {_microseconds(one.seconds['ours'])} | {floor} | {peers} | {verdicts} |"


def _microseconds(seconds: float) -> str:
    return f"{seconds * 1e6:.{2 if seconds < 1e-5 else 1}f}"
