"""Second layer: an independent belief says of each command whether it is possible, and what is true afterwards.

It is updated by what was asked for and by the rules alone. Whatever the service forgets, or counts a day too long,
disagrees with it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import attrs
from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from csp_lifecycle.testing import Scenario, example_catalog
from csp_lifecycle.testing.strategies import KINDS, World, beginnings, commands, waits
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.commands import Advance, Command
from csp_lifecycle.vocabulary.subscription import ScheduledChange, Subscription

if TYPE_CHECKING:
    from tests.properties.belief.conftest import Ledger
    from tests.properties.conftest import Belief

OFFERS = ("business-standard", "e3", "e5", "business-standard-trial")
WORLD = World(catalog=Catalog({name: example_catalog().offers[name] for name in OFFERS}))
SELDOM = (
    *(Advance, Advance, c.QueueBillingPlan, c.CompleteCycleCharge, c.ConvertTrial, c.Upgrade),
    *(c.AddSeats, c.RemoveSeats, c.RemoveSeats, c.RemoveSeats),
)
"""What fits only now and then is tried more often."""

MONTHS = {"P1M": 1, "P1Y": 12, "P3Y": 36, "P30D": 0, "monthly": 1, "annual": 12, "triennial": 36}


def months(value: Any) -> int:
    return 0 if value is None else MONTHS[value.value]


class Agreement(RuleBasedStateMachine):
    """Tells the service and the ledger the same, and compares all they know of every subscription."""

    def __init__(self, ledger: "Ledger") -> None:
        super().__init__()
        self.ledger = ledger
        self.scenario = Scenario(catalog=WORLD.catalog)
        self.now = WORLD.begins_at

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        for name in WORLD.first:
            self.ask(attrs.evolve(data.draw(beginnings(WORLD)), at=self.now, subscription_id=name))

    @rule(wait=waits(), kind=st.sampled_from((*KINDS, *SELDOM)), data=st.data())
    def go_on(self, wait: timedelta, kind: type[Command | Advance], data: st.DataObject) -> None:
        if kind is Advance:
            self.begin_what_takes_its_time(wait)
            return
        self.now += wait
        held = self.ledger.held.items()
        likely = [name for name, it in held if it.status != "deleted"]
        passing = [name for name, it in held if it.passing()]
        subject = data.draw(st.sampled_from((*likely, *likely, *passing, *passing, *WORLD.subscriptions)))
        drawn = data.draw(commands(cast("type[Command]", kind), WORLD))
        # What it believes is new commerce as it ships, not one of its readings.
        named: dict[str, Any] = {"policy": None} if hasattr(drawn, "policy") else {}
        self.ask(attrs.evolve(drawn, at=self.now, subscription_id=subject, **named))

    def begin_what_takes_its_time(self, wait: timedelta) -> None:
        """Only what falls due while somebody waits stays in flight; what came before is complete."""
        self.scenario.given(Advance(to=self.now), Advance(to=self.now + wait, complete=False))
        self.now += wait
        self.live(complete=False)
        self.compare()

    def ask(self, command: Command) -> None:
        note(repr(command))
        self.live(complete=True)
        allowed = self.ledger.allows(command)
        answer = self.scenario.when(command)
        assert allowed is (answer.refusal is None), f"believed {allowed}, but {answer.refusal or answer.names}"
        # A renewal that is completed late begins a term of which much is due already.
        self.live(complete=True)
        self.compare()

    def live(self, *, complete: bool) -> None:
        for belief in self.ledger.held.values():
            belief.live(self.now, complete=complete)

    def compare(self) -> None:
        """The belief has lived until now; the service catches up where nothing is stored."""
        ahead = self.scenario.lifecycle.rehearsal()
        ahead.handle(Advance(to=self.now))
        for name, belief in self.ledger.held.items():
            told, thought = seen(ahead.subscription(name, as_of=self.now)), believed(belief, self.now)
            assert {key: told[key] for key in told if told[key] != thought[key]} == {}, thought


def seen(it: Subscription) -> dict[str, Any]:
    """What the service says of a subscription."""
    over: dict[str, Any] = {
        "status": it.status.value,
        "seats": it.seats,
        "customer": it.customer_id,
        "auto_renew": it.auto_renew,
    }
    over |= {"lots": [(lot.reducible_until, lot.seats) for lot in it.seat_lots], "reasons": list(it.suspension_reasons)}
    over |= {"windows": [refund.until for refund in it.refunds], "tail": it.tail_until, "name": it.friendly_name}
    over |= {"queued": months(it.queued_plan) or None, "in_flight": it.in_flight and it.in_flight.value}
    over |= {"scheduled": scheduled(it.scheduled_change)}
    if it.status.value == "deleted" or it.term is None:
        return over
    cycle = it.charge_cycle and (it.charge_cycle.starts_on, it.charge_cycle.ends_on)
    term = {"offer": it.offer_id, "months": months(it.term.length), "plan": months(it.plan), "cycle": cycle}
    term |= {"began": it.term.starts_at, "last_day": it.term.ends_on, "price": it.unit_price}
    return over | term | {"promotion": it.promotion_id is not None}


def scheduled(change: ScheduledChange | None) -> tuple[Any, ...] | None:
    if change is None:
        return None
    return change.offer_id, change.seats, months(change.term), months(change.plan), change.ends_on


def believed(it: "Belief", at: datetime) -> dict[str, Any]:
    """What the ledger says of it."""
    names = ("status", "seats", "customer", "auto_renew", "reasons", "tail", "name", "queued", "in_flight", "scheduled")
    over = {name: getattr(it, name) for name in names}
    over |= {"lots": it.open_lots(at), "windows": it.refunds(at)}
    if it.status == "deleted":
        return over
    terms = ("offer", "months", "plan", "cycle", "began", "last_day", "price", "promotion")
    return over | {name: getattr(it, name) for name in terms}


def test_the_service_and_an_independent_belief_agree(ledger: "Callable[[], Ledger]") -> None:
    factory: Any = lambda: Agreement(ledger())  # noqa: E731 - it stands for a class
    # A walk meets what is rare only now and then, so there are more of them than of other examples.
    run_state_machine_as_test(factory, settings=settings(max_examples=4 * settings().max_examples))
