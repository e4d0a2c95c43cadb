"""`demo`: published examples played on the embedded store, told as timelines, and proved by the log alone."""

import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from csp_lifecycle.cli.chapters import Refused, Story, Told, read_story
from csp_lifecycle.cli.exits import REFUSED, TAKEN
from csp_lifecycle.cli.output import Output, complain
from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.service import Lifecycle
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.commands import Advance
from csp_lifecycle.vocabulary.subscription import Subscription


def run(output: Output, *, story: Story | None = None, reopen: Callable[[Path], EventStore] = SqliteStore) -> int:
    """Play the story on a SQLite file, rebuild every subscription from it, and compare with what the answers said.

    Args:
        output: where it is told.
        story: another than the one that ships with the library.
        reopen: opens the file anew for the rebuilding.
    """
    told_of = story or read_story()
    with tempfile.TemporaryDirectory() as folder:
        told = _told(told_of, Path(folder) / "history.db", reopen)
    output.story(told)
    accepted = set(told_of.refusals).difference(one.command.command_id for one in told.refused)
    if accepted:
        complain(f"the story expects a refusal of {', '.join(sorted(accepted))}, which was accepted")
    return TAKEN if told.equal and not accepted else REFUSED


def _told(story: Story, path: Path, reopen: Callable[[Path], EventStore]) -> Told:
    with closing(SqliteStore(path)) as store:
        answered, refused = _played(story, Lifecycle(store, story.catalog, clock=_now))
    with closing(reopen(path)) as again:
        # What has happened is read without knowing what may be sold, or what is legal.
        lifecycle = Lifecycle(again, Catalog(), clock=_now, policies={})
        return Told(
            story=story,
            answered=dict(sorted(answered.items())),
            rebuilt={one.subscription_id: one for one in lifecycle.subscriptions()},
            logs={name: tuple(lifecycle.log(name)) for name in answered},
            refused=refused,
        )


def _now() -> datetime:
    return datetime.now(UTC)


def _played(story: Story, lifecycle: Lifecycle) -> tuple[dict[str, Subscription], tuple[Refused, ...]]:
    answered: dict[str, Subscription] = {}
    refused: list[Refused] = []
    for command in story.commands:
        try:
            answered |= lifecycle.handle(command).subscriptions
        except CommandRefusedError as refusal:
            # Any other refusal than the story's own ends it here.
            if isinstance(command, Advance) or refusal.code != story.refusals.get(command.command_id or ""):
                raise
            # The outlook reads history, which is open only now.
            one = Refused(
                command=command, refusal=refusal, outlook=refusal.outlook, asked_of=answered[command.subscription_id]
            )
            refused.append(one)
    return answered, tuple(refused)
