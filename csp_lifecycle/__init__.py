"""`csp_lifecycle`: the lifecycle of Microsoft CSP subscriptions, rebuilt from an append-only event log.

The public names, in reading order. Commands and events live in `csp_lifecycle.vocabulary`, stores in
`csp_lifecycle.stores`, what embedders test with in `csp_lifecycle.testing`.

A name is loaded when it is first used, so that importing the package, or one module of it, costs what it needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from csp_lifecycle.service import Accounts, Answer, Books, Due, Lifecycle, Stuck
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
    "Accounts",
    "Answer",
    "Books",
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

_HOMES = {
    "errors": (
        "CommandNotAllowedError",
        "CommandRefusedError",
        "HistoryError",
        "InvalidCatalogError",
        "InvalidCommandError",
        "LifecycleError",
        "Outlook",
        "StoreError",
    ),
    "service": ("Accounts", "Answer", "Books", "Due", "Lifecycle", "Stuck"),
    "stores.memory": ("MemoryStore",),
    "stores.opening": ("open_store",),
    "stores.sqlite": ("SqliteStore",),
    "values.calendar": ("Plan", "TermLength"),
    "vocabulary.catalog": ("Catalog", "Offer", "Price"),
    "vocabulary.subscription": ("Status", "Subscription"),
    "wire.catalog": ("read_catalog",),
    "wire.commands": ("read_command",),
    "wire.events": ("event_json",),
    "wire.subscription": ("subscription_json",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
_PAGES = {"commands": "vocabulary.commands", "events": "vocabulary.events"}


def __getattr__(name: str) -> Any:
    if name in _PAGES:
        found = import_module(f"{__name__}.{_PAGES[name]}")
    elif name in _HOME_OF:
        found = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    else:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
