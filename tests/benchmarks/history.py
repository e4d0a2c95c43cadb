"""The work that is measured: three years of a new-commerce subscription, made by the library's own commands.

Twenty events of fifteen kinds. Streams differ in ids, days and seats, so that nothing is measured twice from a cache.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from csp_lifecycle.service import Lifecycle
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.store import EventStore
from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Command,
    Purchase,
    QueueBillingPlan,
    Reactivate,
    RemoveSeats,
    Rename,
    ScheduleChange,
    Suspend,
    TurnOffAutoRenew,
    TurnOnAutoRenew,
    Upgrade,
    WithdrawBillingPlan,
    WithdrawScheduledChange,
)
from csp_lifecycle.vocabulary.events import Event

LENGTH = 20
"""How many events a stream has."""

_BEGAN = datetime(2025, 1, 6, 9, 30, tzinfo=UTC)
_DAY = timedelta(days=1)


def subscription_id(number: int) -> str:
    """The id of one stream."""
    return f"sub-{number:08d}"


def commands(number: int) -> Iterator[Command | Advance]:
    """What is asked for in one stream: twenty events, one each but for a voided schedule."""
    about: dict[str, Any] = {"subscription_id": subscription_id(number)}
    began, seats = _BEGAN + timedelta(days=number % 300, seconds=number, microseconds=number * 7), 10 + number % 50

    def on(day: int) -> dict[str, Any]:
        return {"at": began + day * _DAY, **about}

    def time_goes_by(day: int) -> Advance:
        return Advance(to=began + day * _DAY, **about)

    yield Purchase(
        **on(0),
        customer_id=f"customer-{number:06d}",
        offer_id="business-standard",
        seats=seats,
        term=TermLength.THREE_YEARS,
        plan=Plan.MONTHLY,
        friendly_name="Head office",
    )
    yield AddSeats(**on(1), seats=5)
    yield RemoveSeats(**on(2), seats=2)
    yield Rename(**on(3), friendly_name="Head office and branch")
    yield ScheduleChange(**on(4), seats=seats + 20)
    yield WithdrawScheduledChange(**on(5))
    yield ScheduleChange(**on(6), seats=seats + 30, plan=Plan.ANNUAL)
    yield AddSeats(**on(7), seats=3)  # voids what was scheduled
    yield Suspend(**on(10))
    yield Reactivate(**on(12))
    yield time_goes_by(32)
    yield QueueBillingPlan(**on(40), plan=Plan.ANNUAL)
    yield WithdrawBillingPlan(**on(41))
    yield QueueBillingPlan(**on(42), plan=Plan.ANNUAL)
    yield time_goes_by(63)
    yield Upgrade(**on(70), offer_id="e3", seats=seats + 6)
    yield TurnOnAutoRenew(**on(71))
    yield TurnOffAutoRenew(**on(72))
    yield last_command(number)


def last_command(number: int) -> AddSeats:
    """The command that the whole of a service is measured on: it meets nineteen events and records the twentieth."""
    began = _BEGAN + timedelta(days=number % 300, seconds=number, microseconds=number * 7)
    return AddSeats(at=began + 73 * _DAY, subscription_id=subscription_id(number), seats=4)


def service(store: EventStore) -> Lifecycle:
    """The library, as an application uses it, on a store."""
    return Lifecycle(store, example_catalog(), clock=lambda: datetime(2030, 1, 1, tzinfo=UTC))


@cache
def streams(count: int) -> tuple[tuple[Event, ...], ...]:
    """The events of so many streams."""
    store = MemoryStore()
    lifecycle = service(store)
    for number in range(count):
        for command in commands(number):
            lifecycle.handle(command)
    return tuple(tuple(_known(store, subscription_id(number))) for number in range(count))


def _known(store: EventStore, stream: str) -> Iterator[Event]:
    for envelope in store.read(stream):
        event: Any = envelope.event
        yield event
