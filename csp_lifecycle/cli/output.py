"""Where answers go: JSON lines for machines, words for people."""

import sys
from typing import Any

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.wire.refusals import reason_json
from csp_lifecycle.wire.text import write


class Output:
    """Prints one thing at a time, as one JSON object a line or as words."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def object(self, value: dict[str, Any]) -> None:
        """One JSON object."""
        print(write(value), flush=True)

    def line(self, number: int, outcome: str, value: Any, **more: Any) -> None:
        """What one line of `play` led to: recorded, refused, error or failed."""
        self.object({"line": number, outcome: value, **more})

    def state(self, value: dict[str, Any]) -> None:
        """A subscription."""
        self.object(value)

    def envelope(self, value: dict[str, Any]) -> None:
        """A stored event."""
        self.object(value)

    def due(self, value: dict[str, Any]) -> None:
        """One thing that time will bring."""
        self.object(value)

    def advanced(self, value: dict[str, Any]) -> None:
        """What `advance` recorded."""
        self.object(value)

    def option(self, value: dict[str, Any]) -> None:
        """One command, legal or not."""
        self.object(value)

    def drawing(self, text: str) -> None:
        """A diagram or a matrix."""
        print(text)

    def refusal(self, refusal: CommandRefusedError) -> None:
        """A question that could not be answered."""
        self.object({"refused": reason_json(refusal)})

    def refused(self, value: dict[str, Any]) -> None:
        """A question about something that is not there."""
        self.object({"refused": value})

    def failed(self, value: dict[str, Any]) -> None:
        """The run ended: history is broken, or the store failed."""
        self.object({"failed": value})

    def complain(self, text: str) -> None:
        """Wrong usage."""
        print(f"csp-lifecycle: {text}", file=sys.stderr)
