"""From a URL to a store."""

from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.stores.store import EventStore


def open_store(url: str) -> EventStore:
    """The store that *url* names: `memory://`, `sqlite:///PATH` (absolute: four slashes) or `postgresql://…`.

    Raises:
        ValueError: it names no store that this installation has.
        StoreError: the store cannot be opened.
    """
    match url.partition("://"):
        case "memory", "://", "":
            return MemoryStore()
        case "sqlite", "://", path if path.startswith("/") and len(path) > 1:
            return SqliteStore(path[1:])
        case "postgresql", "://", _:
            # The driver is an extra: who has no server does not load it.
            from csp_lifecycle.stores.postgres import PostgresStore  # noqa: PLC0415

            return PostgresStore(url)
        case scheme, sign, _:
            # What stands behind the scheme may be a password; without a scheme, so may all of it.
            named = repr(scheme) if sign else "this"
            message = f"{named} names no store with such a path; use memory:// or sqlite:///PATH or postgresql://…"
            raise ValueError(message)
