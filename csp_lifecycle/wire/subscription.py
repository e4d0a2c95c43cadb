"""The state of a subscription as a JSON object."""

from datetime import datetime
from typing import Any

from csp_lifecycle.lifecycle.due import next_due
from csp_lifecycle.vocabulary.subscription import ScheduledChange, Subscription
from csp_lifecycle.wire.converter import make_converter

_CONVERTER = make_converter(forbid_extra_keys=False)

# The contract's fields that are read off the state as they are, in the contract's order around the rest.
_BEFORE = ("subscription_id", "customer_id", "offer_id", "commerce", "policy", "status")
_MIDDLE = ("plan", "charge_cycle", "unit_price", "currency", "auto_renew", "cancellation_scheduled")
_AFTER = ("base_subscription_id", "suspension_reasons", "phase", "end_reason", "friendly_name")


def subscription_json(subscription: Subscription, as_of: datetime | None = None) -> dict[str, Any]:
    """The state as of *as_of*; without it, as of the instant it was read for."""
    at = as_of or subscription.as_of
    seen = subscription if at is None else subscription.seen_at(at)
    change = seen.next_term_change
    return {
        **_read(seen, _BEFORE),
        # What is billed by use has no seats at all, which is not none of them (R-USAGE-06).
        "seats": None if seen.term is None else seen.seats,
        "term": _plain(seen.term),
        **_read(seen, _MIDDLE),
        "scheduled_change": None if change is None else _change_json(change, is_default=seen.scheduled_change is None),
        **_read(seen, ("queued_plan", "in_flight")),
        "cancellable_until": _plain(None if at is None else seen.cancellable_until(at)),
        **_read(seen, ("refunds", "seat_lots")),
        "reducible_seats": 0 if at is None else seen.reducible_seats(at),
        **_read(seen, _AFTER),
        "next_due_at": _plain(next_due(subscription)),
        "version": seen.version,
        "as_of": _plain(at),
    }


def _read(subscription: Subscription, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _plain(getattr(subscription, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    return _CONVERTER.unstructure(value)


def _change_json(change: ScheduledChange, *, is_default: bool) -> dict[str, Any]:
    written: dict[str, Any] = _CONVERTER.unstructure(change)
    return {**written, "default": True} if is_default else written
