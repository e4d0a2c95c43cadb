"""How a belief is compared: a machine tells the service and the ledger the same, and asks both what is true now."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from csp_lifecycle.testing import Scenario, example_catalog
from csp_lifecycle.testing.strategies import KINDS, World, beginnings, commands, waits
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.events import Canceled
from csp_lifecycle.vocabulary.names import command_name
from csp_lifecycle.vocabulary.subscription import Commerce, Subscription

if TYPE_CHECKING:
    from tests.properties.other_models.conftest import Ledger, Paper

DAY = timedelta(days=1)
MONTHS = {"P1M": 1, "P1Y": 12, "P3Y": 36, "P30D": 0, "monthly": 1, "annual": 12, "triennial": 36}
TRIAL = {"trial"}
MEANT_FOR = {
    c.Purchase: set[str](),
    c.StartTrial: set[str](),
    c.Activate: {"pending"},
    c.CompleteRenewal: {"renewing"},
    c.ConvertTrial: TRIAL,
    c.ExtendTrial: TRIAL,
    c.Reactivate: {"suspended", "expired"},
    c.Suspend: {"active", "suspended"},
    c.ChangePaymentMethod: {"active", "renewing"},
    c.Cancel: {"active", "pending", "trial", "suspended"},
}
"""In which status a command can be possible, where that is another than active."""


def months(value: Any) -> int:
    return 0 if value is None else MONTHS[value.value]


class Agreement(RuleBasedStateMachine):
    """Tells the service and the ledger the same, and compares all they know of every subscription."""

    def __init__(self, ledger: "Ledger", world: World) -> None:
        super().__init__()
        self.ledger, self.world = ledger, world
        self.scenario = Scenario(catalog=world.catalog)
        self.now = world.begins_at
        self.known = [kind for kind in KINDS if hasattr(ledger.rules, command_name(kind).replace("-", "_"))]

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        for command in self.ledger.rules.opening:
            self.ask(attrs.evolve(command, at=self.now))
        for name in set(self.world.first) - set(self.ledger.held):
            self.ask(attrs.evolve(data.draw(beginnings(self.world)), at=self.now, subscription_id=name))

    @rule(wait=waits(), seldom=st.integers(0, 5), data=st.data())
    def go_on(self, wait: timedelta, seldom: int, data: st.DataObject) -> None:
        if seldom == 0:
            self.let_time_pass(wait, data)
            return
        self.now += wait
        kind, subject = self.chosen(data)
        command = attrs.evolve(data.draw(commands(kind, self.world)), at=self.now, subscription_id=subject)
        authority = self.ledger.rules.authority
        asks = authority is not None and data.draw(st.booleans())
        self.ask(attrs.evolve(command, actor=authority) if asks else command)

    def chosen(self, data: st.DataObject) -> tuple[type[c.Command], str]:
        """Mostly a command of the model on a subscription in a status it is meant for: others are refused alike."""
        statuses = {name: it.status for name, it in self.ledger.held.items()}
        fits = {
            kind: [name for name, status in statuses.items() if status in MEANT_FOR.get(kind, {"active"})]
            for kind in self.known
        }
        useful = [kind for kind, names in fits.items() if names]
        kind = data.draw(st.sampled_from((*useful * 6, *KINDS)))
        return kind, data.draw(st.sampled_from((*fits.get(kind, []) * 4, *self.world.subscriptions)))

    def let_time_pass(self, wait: timedelta, data: st.DataObject) -> None:
        """Only what falls due while somebody waits stays in flight; what came before is complete."""
        ends = [it.over for it in self.ledger.held.values() if it.live and it.last_day and it.over > self.now]
        complete = data.draw(st.booleans())
        until = data.draw(st.sampled_from((self.now + wait, min(ends, default=self.now))))
        self.scenario.given(c.Advance(to=self.now), c.Advance(to=until, complete=complete))
        self.now = until
        self.ledger.live(self.now, complete=complete)
        self.compare()

    def ask(self, command: c.Command) -> None:
        note(repr(command))
        self.ledger.live(self.now, complete=True)
        allowed = self.ledger.allows(command)
        answer = self.scenario.when(command)
        assert allowed is (answer.refusal is None), f"believed {allowed}, but {answer.refusal or answer.names}"
        if allowed:
            for event in answer.recorded:
                refund = self.ledger.held[event.subscription_id].refund
                assert not isinstance(event, Canceled) or event.refund.value == refund
        # What comes back, or is completed, late has much that is due already.
        self.ledger.live(self.now, complete=True)
        self.compare()

    def compare(self) -> None:
        """The belief has lived until now; the service catches up where nothing is stored."""
        ahead = self.scenario.lifecycle.rehearsal()
        ahead.handle(c.Advance(to=self.now))
        for name, belief in self.ledger.held.items():
            told, thought = seen(ahead.subscription(name, as_of=self.now)), believed(belief, self.now)
            assert {key: told[key] for key in thought if told[key] != thought[key]} == {}, thought


def seen(it: Subscription) -> dict[str, Any]:
    """What the service says of a subscription."""
    term = it.term and {"months": months(it.term.length), "began": it.term.starts_at, "last_day": it.term.ends_on}
    cycle = it.charge_cycle and (it.charge_cycle.starts_on, it.charge_cycle.ends_on)
    return (term or {"months": 0, "began": None, "last_day": None}) | {
        "status": it.status.value,
        "seats": it.seats,
        "customer": it.customer_id,
        "offer": it.offer_id,
        "auto_renew": it.auto_renew,
        "canceling": it.cancellation_scheduled,
        "reasons": list(it.suspension_reasons),
        "tail": it.tail_until,
        "name": it.friendly_name,
        "base": it.base_subscription_id,
        "in_flight": it.in_flight and it.in_flight.value,
        "ended": it.end_reason and it.end_reason.value,
        "promotion": it.promotion_id,
        "method": it.payment_method.value,
        "extended": it.trial_extended,
        "plan": months(it.plan),
        "cycle": cycle,
        "price": it.unit_price,
        "windows": sorted((refund.until, refund.kind.value) for refund in it.refunds),
        "reducible": it.reducible_seats(it.as_of) if it.as_of else 0,
    }


def believed(it: "Paper", at: datetime) -> dict[str, Any]:
    """What the ledger says of it. Once it is deleted, what its last term was is of no interest."""
    names = ["status", "seats", "customer", "auto_renew", "canceling", "reasons", "tail", "name", "base", "in_flight"]
    names += ["ended", "method"]
    if it.status != "deleted":
        names += ["offer", "months", "plan", "last_day", "promotion", "extended"]
    said = {name: getattr(it, name) for name in names}
    if it.status in {"active", "suspended", "trial"}:
        said |= {"cycle": it.cycle, "price": it.price, "began": it.began if it.last_day else None}
    if it.status == "active" and it.falls:
        said["reducible"] = it.seats
    open_now = sorted((until, kind) for kind, until in it.until.items() if until >= at)
    return said | {"windows": [] if it.paused else open_now}


@pytest.fixture
def agree(ledger_of: Callable[[Any], "Ledger"]) -> Callable[[Any, Commerce], None]:
    """Runs a model's rules beside the service, over random commands."""

    def run(rules: Any, commerce: Commerce) -> None:
        offers = {name: offer for name, offer in example_catalog().offers.items() if offer.commerce is commerce}
        factory: Any = lambda: Agreement(ledger_of(rules), World(catalog=Catalog(offers)))  # noqa: E731
        run_state_machine_as_test(factory, settings=settings(max_examples=2 * settings().max_examples))

    return run
