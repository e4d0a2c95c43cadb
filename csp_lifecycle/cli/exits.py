"""Exit statuses: of a run, the highest that applies."""

TAKEN = 0
REFUSED = 1
"""Some commands were refused or stuck, or nothing was found."""
IN_ERROR = 2
"""Some lines make no sense by themselves."""
HISTORY_BROKEN = 3
STORE_FAILED = 4
WRONG_USAGE = 64


class UsageError(Exception):
    """The command line cannot be meant like that."""
