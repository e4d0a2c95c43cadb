"""The PostgreSQL store keeps the contract."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from csp_lifecycle.stores.postgres import PostgresStore
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.testing.store_contract import StoreContract

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)


class TestPostgresStore(StoreContract):
    @pytest.fixture
    def store(self, postgres_url: str) -> Iterator[EventStore]:
        with closing(PostgresStore(postgres_url)) as store:
            yield store
