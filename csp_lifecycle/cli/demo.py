"""`demo`: a year in the life of several subscriptions."""

from csp_lifecycle.cli.output import Output


def run(_: Output) -> int:
    """Play the story."""
    return 0
