"""The story of the demo: what is told about which subscription, and what came of it."""

import json
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import cast

from attrs import field, fields, frozen

from csp_lifecycle.errors import CommandRefusedError, Outlook
from csp_lifecycle.service.loading import known
from csp_lifecycle.stores.store import Envelope
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.commands import Advance, Command
from csp_lifecycle.vocabulary.events import Event
from csp_lifecycle.vocabulary.subscription import NOTHING, Subscription
from csp_lifecycle.wire.catalog import read_catalog
from csp_lifecycle.wire.commands import read_command


@frozen
class Chapter:
    """One subscription: which, the title of its story, what it shows, and the published examples it plays."""

    subscription_id: str
    title: str
    shows: str
    examples: tuple[str, ...]


@frozen
class Story:
    """A catalog, commands in order, the chapters to tell them in, and which command ids must be refused as what."""

    catalog: Catalog
    commands: tuple[Command | Advance, ...]
    chapters: tuple[Chapter, ...]
    refusals: Mapping[str, str]

    @property
    def ends_at(self) -> datetime:
        """The last instant of the story."""
        return max(command.to if isinstance(command, Advance) else command.at for command in self.commands)


@frozen(kw_only=True)
class Refused:
    """A refusal of the story, what would have been possible, and the subscription it was asked of."""

    command: Command
    refusal: CommandRefusedError
    outlook: Outlook
    asked_of: Subscription


@frozen(kw_only=True)
class Told:
    """What became of a story: what the answers said at the time, and what the log alone says afterwards."""

    story: Story
    answered: Mapping[str, Subscription]
    rebuilt: Mapping[str, Subscription]
    logs: Mapping[str, tuple[Envelope, ...]]
    refused: tuple[Refused, ...] = field(default=())

    def events_of(self, subscription_id: str) -> tuple[Event, ...]:
        """The events of one subscription."""
        return tuple(map(known, self.logs[subscription_id]))

    @property
    def equal(self) -> bool:
        """Whether the log alone gives the states that the answers carried."""
        return self.rebuilt == self.answered

    @property
    def events(self) -> int:
        """How many events the log holds."""
        return sum(map(len, self.logs.values()))

    @property
    def differences(self) -> tuple[str, ...]:
        """Where log and answers do not say the same, by subscription and field."""
        return tuple(
            f"{name}.{field.name}: {getattr(self.answered.get(name, NOTHING), field.name)!r} was answered, "
            f"{getattr(self.rebuilt.get(name, NOTHING), field.name)!r} rebuilt"
            for name in sorted({*self.answered, *self.rebuilt})
            for field in fields(Subscription)
            if getattr(self.answered.get(name), field.name, None) != getattr(self.rebuilt.get(name), field.name, None)
        )


def read_story() -> Story:
    """The story that ships with the library: published examples, as data that `play` can run as well."""
    folder = files("csp_lifecycle.cli") / "story"
    told = json.loads(_text(folder, "chapters.json"))
    lines = _text(folder, "story.jsonl").splitlines()
    return Story(
        catalog=read_catalog(_text(folder, "catalog.json")),
        commands=tuple(cast("Command | Advance", read_command(line)) for line in lines),
        chapters=tuple(Chapter(**{**one, "examples": tuple(one["examples"])}) for one in told["chapters"]),
        refusals=told["refusals"],
    )


def _text(folder: Traversable, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")
