"""Events of a newer version are kept and shown; nobody decides on their streams, and everybody else goes on."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from csp_lifecycle.errors import CommandRefusedError, Outlook, UnknownEventError
from csp_lifecycle.service import Lifecycle, Stuck
from csp_lifecycle.stores.store import Commit, EventStore, StreamState
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import AddSeats, Advance, Purchase, Suspend, TurnOnAutoRenew
from csp_lifecycle.wire.events import SCHEMA, UnknownEvent

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

JAN_1 = datetime(2025, 1, 1, tzinfo=UTC)
JAN_5, FEB_1 = datetime(2025, 1, 5, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC)
NEWER = {"type": "seats-painted", "at": "2025-01-05T00:00:00Z", "subscription_id": "s-2", "color": "red"}


@pytest.fixture(params=["a kind of event", "a schema", "an instant that cannot be told", "other words"])
def body(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a newer version wrote."""
    changes: dict[str, dict[str, Any]] = {
        "a kind of event": {},
        "a schema": {"type": "seats-added", "seats": "many"},
        "an instant that cannot be told": {"at": 17},
    }
    if request.param == "other words":
        return {"type": "seats-painted", "of": "s-2", "on": "2025-01-05"}
    return {**NEWER, **changes[request.param]}


@pytest.fixture
def lifecycle(store: EventStore, body: dict[str, Any], service: Callable[..., Lifecycle]) -> Lifecycle:
    """Three subscriptions, `s-1` and `s-2` of one customer; a newer version wrote to `s-2`."""
    lifecycle = service(store, snapshot_every=1)
    lifecycle.handle_many([buy("s-1"), buy("s-2"), buy("s-3", "fabrikam")])
    (purchased,) = store.read("s-2")
    newer = UnknownEvent(subscription_id="s-2", type=body["type"], schema=SCHEMA + 1, body=body)
    envelope = attrs.evolve(purchased, position=0, version=2, command_id="newer", event=newer, schema=SCHEMA + 1)
    envelope = attrs.evolve(envelope, event_id="newer", body="", digest="", salt="", log_digest=None)
    state = StreamState(stream="s-2", version=2, customer_id="contoso", next_due_at=FEB_1)
    store.append(Commit(command_id="newer", digest="", envelopes=(envelope,), expected={"s-2": 1}, states=(state,)))
    return lifecycle


def buy(name: str, customer: str = "contoso", offer: str = "e3") -> Purchase:
    return Purchase(
        at=JAN_1,
        subscription_id=name,
        customer_id=customer,
        offer_id=offer,
        seats=10,
        term=TermLength.YEAR,
        plan=Plan.MONTHLY,
    )


def add(name: str) -> AddSeats:
    return AddSeats(at=JAN_5, subscription_id=name, seats=1)


def test_deciding_on_its_stream_is_refused(lifecycle: Lifecycle, store: EventStore) -> None:
    with pytest.raises(CommandRefusedError, match=r"unknown-event.*newer version.*upgrade") as refused:
        lifecycle.handle(add("s-2"))
    assert refused.value.evidence == {"subscription_id": "s-2", "position": 4}
    assert refused.value.outlook.legal_from is None
    with pytest.raises(CommandRefusedError, match="unknown-event"):
        lifecycle.handle(Advance(to=FEB_1, subscription_id="s-2"))
    assert len(store.read("s-2")) == 2


def test_so_is_a_decision_that_looks_at_all_of_the_customer(lifecycle: Lifecycle) -> None:
    with pytest.raises(CommandRefusedError, match="unknown-event"):
        lifecycle.handle(Suspend(at=JAN_5, subscription_id="s-1"))
    with pytest.raises(CommandRefusedError, match="unknown-event"):
        lifecycle.handle(buy("s-4", offer="copilot"))


def test_a_refusal_beside_it_foretells_nothing(lifecycle: Lifecycle) -> None:
    with pytest.raises(CommandRefusedError, match="already-in-state") as refused:
        lifecycle.handle(TurnOnAutoRenew(at=JAN_5, subscription_id="s-1"))
    assert refused.value.outlook == Outlook()


def test_other_streams_go_on(lifecycle: Lifecycle) -> None:
    one, two, three = lifecycle.handle_many([add("s-1"), add("s-2"), Suspend(at=JAN_5, subscription_id="s-3")])
    assert isinstance(two, CommandRefusedError)
    assert [len(getattr(answer, "recorded", ())) for answer in (one, three)] == [1, 1]


def test_time_goes_on_everywhere_else(lifecycle: Lifecycle) -> None:
    for at_once in (500, 1):
        lifecycle._at_once = at_once  # noqa: SLF001 - in one commit, and torn apart
        answer = lifecycle.advance(FEB_1 + timedelta(days=40 if at_once == 1 else 0))
        assert {event.subscription_id for event in answer.recorded} == {"s-1", "s-3"}
        assert [(one.subscription_id, one.refusal.code) for one in answer.stuck] == [("s-2", "unknown-event")]


def test_what_is_due_there_is_shown_as_stuck(lifecycle: Lifecycle) -> None:
    for coming in (lifecycle.due(), lifecycle.due(FEB_1)):
        assert [(one.subscription_id, one.at, one.what) for one in coming] == [
            ("s-1", FEB_1, "cycle-charged"),
            ("s-2", FEB_1, None),
            ("s-3", FEB_1, "cycle-charged"),
        ]
        assert coming[1].stuck is not None
        assert coming[1].stuck.code == "unknown-event"


def test_it_is_kept_in_the_log(lifecycle: Lifecycle, body: dict[str, Any]) -> None:
    event = [*lifecycle.log("s-2")][1].event
    assert isinstance(event, UnknownEvent)
    assert event.body == body
    assert len([*lifecycle.log()]) == 4


def test_a_list_passes_over_it_and_says_so(lifecycle: Lifecycle) -> None:
    newer = list[Stuck]()
    assert [one.subscription_id for one in lifecycle.subscriptions(newer=newer.append)] == ["s-1", "s-3"]
    assert [one.subscription_id for one in lifecycle.subscriptions("contoso", newer=newer.append)] == ["s-1"]
    assert [(one.subscription_id, one.refusal.code) for one in newer] == [("s-2", "unknown-event")] * 2
    with pytest.raises(UnknownEventError, match="'s-2', position 4"):
        [*lifecycle.subscriptions()]


def test_no_state_is_guessed_and_an_earlier_one_is_told(lifecycle: Lifecycle, body: dict[str, Any]) -> None:
    with pytest.raises(UnknownEventError, match="newer version"):
        lifecycle.subscription("s-2")
    with pytest.raises(UnknownEventError, match="newer version"):
        lifecycle.subscription("s-2", as_of=JAN_5)
    before = JAN_5 - timedelta(microseconds=1)
    if isinstance(body.get("at"), str):
        assert lifecycle.subscription("s-2", as_of=before).version == 1
    else:
        with pytest.raises(UnknownEventError, match="newer version"):
            lifecycle.subscription("s-2", as_of=before)
