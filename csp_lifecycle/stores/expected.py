"""The one comparison that every store makes before it writes."""

from collections.abc import Callable

from csp_lifecycle.errors import StaleVersionError
from csp_lifecycle.stores.store import Commit


def require_expected(commit: Commit, version_of: Callable[[str], int], streams_held_by: Callable[[str], int]) -> None:
    """Everything that was read for *commit* must still be as it was, written or not.

    Raises:
        StaleVersionError: a stream, or a customer's number of streams, has changed since.
    """
    for read, actual_of in ((commit.expected, version_of), (commit.customers, streams_held_by)):
        for name, expected in read.items():
            actual = actual_of(name)
            if actual != expected:
                raise StaleVersionError(name, expected, actual)
