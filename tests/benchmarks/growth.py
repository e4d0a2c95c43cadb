"""How the library grows: what a command, an advance and a rebuilding cost as streams and subscriptions get many.

    python -m tests.benchmarks.growth            # up to a million subscriptions: half an hour, and some 3 GB of disk
    python -m tests.benchmarks.growth --small    # the same curves, short, to see that they run

Measured on SQLite; every figure is the median of several tries, and what counts is its ratio to the first of its
curve, from the same run. The long form rewrites the table and the plots of docs/explanation/growth.md.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median

import attrs
from attrs import frozen

from csp_lifecycle.policies import POLICIES
from csp_lifecycle.service import Lifecycle
from csp_lifecycle.service.moving import export, import_log
from csp_lifecycle.service.verifying import verify
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.stores.store import Commit, Envelope, EventStore
from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import Purchase, Rename
from csp_lifecycle.vocabulary.events import Purchased

JAN_1 = datetime(2025, 1, 1, tzinfo=UTC)
PAGE = Path(__file__).parents[2] / "docs/explanation/growth.md"
MARKS = "<!-- measured -->\n", "<!-- end of measured -->\n"
DUE = 1000
"""How many subscriptions fall due at each beginning of a month, however many there are besides."""
TRIES = 7


@frozen
class Curve:
    """What was measured over what; the `aim` is that the last figure is at most so many times the first."""

    name: str
    over: str
    unit: str
    sizes: tuple[int, ...]
    figures: tuple[float, ...]
    aim: float | None = None

    @property
    def ratio(self) -> float:
        return self.figures[-1] / self.figures[0]


def service(store: EventStore, snapshot_every: int | None = None) -> Lifecycle:
    """The service, with a subscription's updates unlimited: who has ten thousand events may need more than 1,200."""
    policies = {name: attrs.evolve(policy, max_updates=10**9) for name, policy in POLICIES.items()}
    clock = lambda: datetime.now(UTC)  # noqa: E731 - the machine's
    return Lifecycle(store, example_catalog(), clock=clock, policies=policies, snapshot_every=snapshot_every)


def seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def command_times(folder: Path, sizes: tuple[int, ...]) -> Iterator[Curve]:
    """One command on a stream of so many events, with snapshots and without: load, decide, append, durably."""
    everies = (100, None)
    found: dict[tuple[int | None, int], list[float]] = {(every, size): [] for every in everies for size in sizes}
    with closing(SqliteStore(folder / "commands.db")) as store:
        for size in sizes:
            for copy in range(TRIES):
                prolonged(store, f"s-{size}-{copy}", size)
        services = {every: service(store, every) for every in everies}
        for copy in range(TRIES):
            for n, (every, size) in enumerate(found):
                command = renamed(f"s-{size}-{copy}", size + n)
                found[every, size].append(seconds(partial(services[every].handle, command)))
    for every in everies:
        name = "one command" if every is None else f"one command, with a snapshot every {every} events"
        figures = tuple(median(found[every, size]) * 1e3 for size in sizes)
        yield Curve(name, "events in the stream", "ms", sizes, figures, None if every is None else 1.5)


def prolonged(store: EventStore, stream: str, length: int) -> None:
    """A stream of so many events."""
    building = service(store, 100)
    building.handle(bought(stream, f"c-{stream}", Plan.MONTHLY))
    for first in range(1, length, 500):
        building.handle_many(renamed(stream, n) for n in range(first, min(length, first + 500)))


def renamed(stream: str, number: int) -> Rename:
    at = JAN_1 + number * timedelta(seconds=1)
    return Rename(at=at, subscription_id=stream, friendly_name=f"name {number}")


def bought(name: str, customer: str, plan: Plan) -> Purchase:
    return Purchase(
        at=JAN_1,
        subscription_id=name,
        customer_id=customer,
        offer_id="e3",
        seats=10,
        term=TermLength.YEAR if plan is Plan.MONTHLY else TermLength.THREE_YEARS,
        plan=plan,
    )


def purchases(number: int) -> Iterator[Commit]:
    """That many purchases as the service would commit them, ten to a customer; the first ones are charged monthly."""
    models = {}
    for plan in (Plan.MONTHLY, Plan.TRIENNIAL):
        memory = MemoryStore()
        service(memory).handle(bought("s", "c", plan))
        models[plan] = memory.read("s")[0], memory.state("s")
    for n in range(number):
        envelope, state = models[Plan.MONTHLY if n < DUE else Plan.TRIENNIAL]
        assert state is not None
        stream, customer = f"s-{n:07}", f"c-{n // 10:06}"
        yield Commit(
            command_id=f"buy {stream}",
            digest=envelope.command_digest,
            envelopes=(renumbered(envelope, stream, customer),),
            expected={stream: 0},
            states=(attrs.evolve(state, stream=stream, customer_id=customer),),
        )


def renumbered(model: Envelope, stream: str, customer: str) -> Envelope:
    assert isinstance(model.event, Purchased)
    event = attrs.evolve(model.event, subscription_id=stream, customer_id=customer)
    fresh = attrs.evolve(model, position=0, event=event, body="", salt="", digest="", log_digest=None)
    return attrs.evolve(fresh, event_id=f"event of {stream}", command_id=f"buy {stream}")


def filled(path: Path, number: int) -> SqliteStore:
    """A file with that many subscriptions."""
    with closing(SqliteStore(path, synchronous="NORMAL")) as store:
        coming = purchases(number)
        while some := list(islice(coming, 2000)):
            store.append_all(some)
    return SqliteStore(path)


def many_subscriptions(folder: Path, sizes: tuple[int, ...]) -> Iterator[Curve]:
    """What an advance, the due feed, the customer index and a rebuilding cost among so many subscriptions."""
    stores = {size: filled(folder / f"{size}.db", size) for size in sizes}
    advances, feeds, customers = ({size: list[float]() for size in sizes} for _ in range(3))
    for month in range(2, 2 + TRIES):
        for size, store in stores.items():
            some = [f"c-{n:06}" for n in range(month % 2, size // 10, max(1, size // 500))]
            customers[size] += [seconds(partial(store.streams_of, name)) * 1e6 for name in some]
            feeds[size] += [seconds(partial(store.due, limit=DUE)) * 1e3 for _ in range(TRIES)]
            advance = partial(service(store).advance, datetime(2025, month, 1, tzinfo=UTC))
            advances[size].append(seconds(advance) * 1e3)
    for store in stores.values():
        assert len(store.read("s-0000000")) == 1 + TRIES
        store.close()
    over = "subscriptions in the store"
    yield Curve(f"advance, {DUE:,} due", over, "ms", sizes, medians(advances), 1.5)
    yield Curve(f"the due feed, a page of {DUE:,}", over, "ms", sizes, medians(feeds), 1.5)
    yield Curve("the subscriptions of a customer", over, "µs", sizes, medians(customers), 1.5)
    for what, act in MEMORY.items():
        peaks = tuple(peak_of(act, folder / f"{size}.db") for size in sizes)
        yield Curve(f"memory while {what}", over, "MB", sizes, peaks, 1.5)


def medians(found: dict[int, list[float]]) -> tuple[float, ...]:
    return tuple(map(median, found.values()))


def peak_of(act: Callable[[EventStore], None], path: Path) -> float:
    """How many megabytes a process of its own needs at most for doing that with the store."""
    code = f"from tests.benchmarks import growth; growth.print_peak(growth.{act.__name__}, {str(path)!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


def print_peak(act: Callable[[EventStore], None], path: str) -> None:
    """Do it, and print how many kilobytes were needed at most."""
    with closing(SqliteStore(path)) as store:
        act(store)
    print(peak())  # noqa: T201 - whoever started this reads it


def peak() -> int:
    """How many kilobytes this process has needed at most."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except FileNotFoundError:
        # Where there is nothing better: it may be what the process that started this one held.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(status.partition("VmHWM:")[2].split()[0])


def rebuild(store: EventStore) -> None:
    """Rebuild every subscription, one after the other."""
    for _ in service(store).subscriptions():
        pass


def check(store: EventStore) -> None:
    """Verify the whole store."""
    assert verify(store).ok


def copy(store: EventStore) -> None:
    """Export the log and import it into another file."""
    with tempfile.TemporaryDirectory() as folder, closing(SqliteStore(Path(folder) / "copy.db")) as other:
        import_log(other, export(store))


MEMORY = {"all are rebuilt": rebuild, "the log is verified": check, "it is exported and imported": copy}
"""What must not need more memory for a longer log."""


def measured(*, small: bool) -> list[Curve]:
    """All curves."""
    lengths = (20, 50, 100) if small else (20, 100, 500, 1_000, 2_000, 5_000, 10_000)
    stores = (1_000, 2_000) if small else (10_000, 100_000, 1_000_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return [*command_times(folder, lengths), *many_subscriptions(folder, stores)]


def table(curves: list[Curve]) -> str:
    """The curves in words."""
    lines = ["| what | over | figures | last to first | aim |", "| --- | --- | --- | ---: | ---: |"]
    for one in curves:
        figures = ", ".join(f"{size:,}: {figure:,.2f}" for size, figure in zip(one.sizes, one.figures, strict=True))
        aim = "" if one.aim is None else f"at most {one.aim}"
        lines.append(f"| {one.name}, {one.unit} | {one.over} | {figures} | {one.ratio:.2f} | {aim} |")
    return "\n".join(lines) + "\n"


def plot(curves: list[Curve], path: Path) -> None:
    """Curves over the same thing in one picture; the axis counts in powers of ten."""
    from matplotlib import pyplot as plt  # noqa: PLC0415 - an extra, only for who draws

    plt.rcParams["svg.hashsalt"] = path.name
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for one in curves:
        axes.plot(one.sizes, one.figures, marker="o", label=one.name)
    axes.set(xscale="log", xlabel=curves[0].over, ylabel=curves[0].unit, ylim=(0, None))
    axes.legend(frameon=False)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def publish(curves: list[Curve]) -> None:
    """Put the table into the page, and the plots beside it."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    PAGE.write_text(before + MARKS[0] + "\n" + table(curves) + "\n" + MARKS[1] + after, encoding="utf-8")
    folder = PAGE.with_suffix("")
    commands, (advance, feed, customers, *memory) = curves[:2], curves[2:]
    plot(commands, folder / "command.svg")
    plot([advance, feed], folder / "advance.svg")
    plot([customers], folder / "customer.svg")
    plot(memory, folder / "memory.svg")


def main() -> None:
    """Measure, print, and in the long form publish."""
    arguments = argparse.ArgumentParser(description="How the library grows.")
    arguments.add_argument("--small", action="store_true", help="short curves, nothing is published")
    small = arguments.parse_args().small
    curves = measured(small=small)
    print(table(curves))  # noqa: T201 - what was asked for
    if not small:
        publish(curves)


if __name__ == "__main__":
    main()
