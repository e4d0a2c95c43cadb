"""From a URL to a store."""

from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.stores.store import EventStore


def open_store(url: str) -> EventStore:
    """The store that *url* names: `memory://` or `sqlite:///PATH` (an absolute path makes four slashes).

    Raises:
        ValueError: it names no store that this installation has.
        StoreError: the store cannot be opened.
    """
    scheme, _, rest = url.partition("://")
    match scheme, rest:
        case "memory", "":
            return MemoryStore()
        case "sqlite", path if path.startswith("/") and len(path) > 1:
            return SqliteStore(path[1:])
        case _:
            message = f"{scheme}:// is no store this installation has; use memory:// or sqlite:///PATH"
            raise ValueError(message)
