"""`csp_lifecycle`: the lifecycle of Microsoft CSP subscriptions, rebuilt from an append-only event log.

The public names, in reading order. Commands and events live in `csp_lifecycle.vocabulary`, stores in
`csp_lifecycle.stores`, what embedders test with in `csp_lifecycle.testing`.
"""

from csp_lifecycle.errors import (
    CommandNotAllowedError,
    CommandRefusedError,
    HistoryError,
    InvalidCatalogError,
    InvalidCommandError,
    LifecycleError,
    Outlook,
    StoreError,
)
from csp_lifecycle.service import Answer, Due, Lifecycle, Stuck
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.opening import open_store
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary import commands, events
from csp_lifecycle.vocabulary.catalog import Catalog, Offer, Price
from csp_lifecycle.vocabulary.subscription import Status, Subscription
from csp_lifecycle.wire.catalog import read_catalog
from csp_lifecycle.wire.commands import read_command
from csp_lifecycle.wire.events import event_json
from csp_lifecycle.wire.subscription import subscription_json

__all__ = [
    "Answer",
    "Catalog",
    "CommandNotAllowedError",
    "CommandRefusedError",
    "Due",
    "HistoryError",
    "InvalidCatalogError",
    "InvalidCommandError",
    "Lifecycle",
    "LifecycleError",
    "MemoryStore",
    "Offer",
    "Outlook",
    "Plan",
    "Price",
    "SqliteStore",
    "Status",
    "StoreError",
    "Stuck",
    "Subscription",
    "TermLength",
    "commands",
    "event_json",
    "events",
    "open_store",
    "read_catalog",
    "read_command",
    "subscription_json",
]
