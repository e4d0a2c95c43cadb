"""The contract of an event store as tests, which any engine runs by naming itself.

    class TestMyStore(StoreContract):
        @pytest.fixture
        def store(self) -> EventStore:
            return MyStore(...)

`store` must be new and empty, and safe to share between threads. A store that gives no positions, as a rehearsal,
runs `HistoryContract` alone. This module and what it imports need pytest; nothing else in the library does.
"""

import pytest

# Before they are imported: then a broken promise shows the values that were compared.
pytest.register_assert_rewrite("csp_lifecycle.testing.contracts")

from csp_lifecycle.testing.contracts.commits import as_appended, at_once, example_commit, require_chain  # noqa: E402
from csp_lifecycle.testing.contracts.history import HistoryContract as _History  # noqa: E402
from csp_lifecycle.testing.contracts.keeping import KeepingContract  # noqa: E402
from csp_lifecycle.testing.contracts.log import LogContract  # noqa: E402
from csp_lifecycle.testing.contracts.reading import ReadingContract  # noqa: E402

__all__ = ["HistoryContract", "StoreContract", "as_appended", "at_once", "example_commit", "require_chain"]


class HistoryContract(_History, ReadingContract):
    """What is appended, what is refused, and what can be found again."""


class StoreContract(HistoryContract, LogContract, KeepingContract):
    """What every store promises: its history, its indexes, the order and the chain of its log, and many writers."""
