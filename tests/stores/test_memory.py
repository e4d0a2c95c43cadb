"""The store in memory keeps the contract."""

import pytest

from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.testing.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> EventStore:
        return MemoryStore()
