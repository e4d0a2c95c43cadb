"""A writing process: takes commands, one a line, and acknowledges each once it is stored.

usage: python postgres_writer.py URL
"""

import json
import sys
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.service import Lifecycle
from csp_lifecycle.stores.opening import open_store
from csp_lifecycle.vocabulary.commands import Advance, Command
from csp_lifecycle.vocabulary.names import event_name
from csp_lifecycle.wire.catalog import read_catalog
from csp_lifecycle.wire.commands import read_command

CATALOG = Path(__file__).with_name("postgres_catalog.json")


def main(url: str, lines: Iterable[str]) -> None:
    with closing(open_store(url)) as store:
        lifecycle = Lifecycle(store, read_catalog(CATALOG.read_text()), clock=lambda: datetime.now(UTC))
        say("ready")
        for line in lines:
            command = cast("Command | Advance", read_command(line))
            say(json.dumps({"command_id": command.command_id, "answer": answer(lifecycle, command)}))


def answer(lifecycle: Lifecycle, command: Command | Advance) -> list[str] | str:
    """The names of what was recorded, or the code of the refusal."""
    while True:
        try:
            return [event_name(type(event)) for event in lifecycle.handle(command).recorded]
        except CommandRefusedError as refusal:
            # Others were faster as often as the service tries; this writer has time.
            if refusal.code != "stale-version":
                return refusal.code


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.stdin)
