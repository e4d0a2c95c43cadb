"""How fast we are, beside a peer and a floor, in one table: `python -m tests.benchmarks`.

Install the extra `bench` first. `--quick` does the same with little of everything: it proves that it runs, no more.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from csp_lifecycle.testing.postgres_server import own_server
from tests.benchmarks.harness import Found, Row, measured, table
from tests.benchmarks.memory_rows import memory_rows
from tests.benchmarks.store_rows import postgres_rows, sqlite_rows


@frozen(kw_only=True)
class Size:
    """How much is measured: rounds, streams, commands one by one in a round, and commands in one commit.

    A stream takes one command, and the first round only warms up: there must be streams for all rounds and one more.
    Of commands in one commit there are as many rounds as there are streams.
    """

    rounds: int
    streams: int
    share: int
    together: int


FULL = Size(rounds=7, streams=256, share=32, together=64)
QUICK = Size(rounds=1, streams=8, share=2, together=4)


def rows(folder: Path, size: Size) -> Iterator[Row]:
    """Every row of the table, in its order. What a row needs lives until the next one is asked for."""
    yield from memory_rows()
    yield from sqlite_rows(folder, size.streams, size.share, size.together)
    with own_server() as server:
        yield from postgres_rows(server.url, size.streams, size.share, size.together)


def results(size: Size) -> Iterator[Found]:
    """Measure every row."""
    with tempfile.TemporaryDirectory(prefix="csp-lifecycle-") as folder:
        for row in rows(Path(folder), size):
            yield measured(row, size.rounds)


def main() -> None:
    """Print the table, a row as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="little of everything: it runs, but it measures nothing")
    for line in table(results(QUICK if parser.parse_args().quick else FULL)):
        print(line, flush=True)  # noqa: T201 - this is what the command is for


if __name__ == "__main__":
    main()
