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

from csp_lifecycle.testing.contracts.commits import at_once, example_commit  # noqa: E402
from csp_lifecycle.testing.contracts.history import HistoryContract  # noqa: E402
from csp_lifecycle.testing.contracts.log import LogContract  # noqa: E402

__all__ = ["HistoryContract", "StoreContract", "at_once", "example_commit"]


class StoreContract(HistoryContract, LogContract):
    """What every store promises: its history, its indexes, the order of its log, and many writers at once."""
