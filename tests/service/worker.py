"""A worker of its own: opens a store, takes one list of commands in one batch, and prints what became of each."""

import json
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.service import Answer, Lifecycle
from csp_lifecycle.stores.opening import open_store
from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.vocabulary.names import event_name
from csp_lifecycle.wire.commands import command_of


def outcome(answer: Answer | CommandRefusedError) -> Any:
    if isinstance(answer, CommandRefusedError):
        return answer.code
    return [event_name(type(event)) for event in answer.recorded]


def main(url: str, at_once: str) -> None:
    with closing(open_store(url)) as store:
        lifecycle = Lifecycle(
            store, example_catalog(), clock=lambda: datetime(2035, 1, 1, tzinfo=UTC), at_once=int(at_once)
        )
        print("ready", flush=True)  # noqa: T201 - the parent waits for it
        commands: list[Any] = [command_of(value) for value in json.loads(sys.stdin.readline())]
        print(json.dumps([outcome(answer) for answer in lifecycle.handle_many(commands)]))  # noqa: T201 - the answer


main(*sys.argv[1:])
