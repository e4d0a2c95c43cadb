"""A writing process: takes commands, one a line, and acknowledges each once it is stored.

usage: python writer.py PATH CATALOG
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.service import Lifecycle
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.vocabulary.commands import Advance, Command
from csp_lifecycle.vocabulary.names import event_name
from csp_lifecycle.wire.catalog import read_catalog
from csp_lifecycle.wire.commands import read_command


def main(path: str, catalog: str) -> None:
    store = SqliteStore(path)
    lifecycle = Lifecycle(store, read_catalog(Path(catalog).read_text()), clock=lambda: datetime.now(UTC))
    say("ready")
    for line in sys.stdin:
        command = cast("Command | Advance", read_command(line))
        say(json.dumps({"command_id": command.command_id, **answer(lifecycle, command)}))
    store.close()


def answer(lifecycle: Lifecycle, command: Command | Advance) -> dict[str, Any]:
    while True:
        try:
            recorded = lifecycle.handle(command).recorded
        except CommandRefusedError as refusal:
            # Twenty times in a row somebody else was faster; this writer has time.
            if refusal.code == "stale-version":
                continue
            return {"refused": refusal.code}
        return {"recorded": [event_name(type(event)) for event in recorded]}


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
