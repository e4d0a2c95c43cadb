"""The ledger of all beliefs: which command the rules allow, and what is true after it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary.names import command_name

if TYPE_CHECKING:
    from tests.properties.conftest import Belief

DAY = timedelta(days=1)
MONTHS = {"P1M": 1, "P1Y": 12, "P3Y": 36, "P30D": 0, "monthly": 1, "annual": 12, "triennial": 36}
TRIAL, TWIN = "business-standard-trial", "business-standard"
HIGHER: dict[str, tuple[str, ...]] = {TWIN: ("e3", "e5"), "e3": ("e5",), "e5": ()}
MOST = {TWIN: 300}


def months(value: Any, otherwise: int = 0) -> int:
    return otherwise if value is None else MONTHS[value.value]


class Ledger:
    """The beliefs about all subscriptions. A method says whether its command is possible; if so, it happens."""

    def __init__(self, paper: "type[Belief]") -> None:
        self.paper = paper
        self.held: dict[str, Belief] = {}

    def allows(self, command: Any) -> bool:
        """Whether the rules accept the command; if they do, the belief follows it."""
        method = getattr(self, command_name(type(command)).replace("-", "_"), None)
        it = self.held.get(command.subscription_id)
        begins = isinstance(command, (c.Purchase, c.StartTrial))
        if method is None or begins is not (it is None):
            return False
        if it is None:
            return bool(method(command))
        touched, it.touched = it.touched, command.at
        accepted = bool(method(it, command))
        it.touched = command.at if accepted else touched
        return accepted

    def purchase(self, command: c.Purchase) -> bool:
        length, plan, start = months(command.term), months(command.plan), command.at.date()
        end = self.paper.end_asked(command, start, length, self.others(command.customer_id))
        resellers = command.resellers
        allowed = command.offer_id in HIGHER and plan <= length and self.holds(command.offer_id, command.seats or 0)
        allowed = allowed and command.base_subscription_id is None and end is not False
        if not allowed or len(set(resellers)) != len(resellers) or len(resellers) > 5:
            return False
        it = self.note(command, command.offer_id, command.seats or 0, start)
        it.begin(command.at, length, plan, end or None)
        it.open_windows()
        it.promotion, it.name = command.promotion_id is not None, command.friendly_name
        return True

    def start_trial(self, command: c.StartTrial) -> bool:
        mine = [other for other in self.held.values() if other.customer == command.customer_id]
        owned = any(other.offer == TWIN and other.status not in {"expired", "disabled", "deleted"} for other in mine)
        if command.offer_id != TRIAL or owned or any(other.tried for other in mine):
            return False
        it = self.note(command, TRIAL, 25, command.at.date() + 29 * DAY)
        it.status, it.tried = "trial", True
        return True

    def note(self, command: Any, offer: str, seats: int, last_day: date) -> "Belief":
        at, customer = command.at, command.customer_id
        it = self.paper(customer=customer, offer=offer, seats=seats, touched=at, began=at, last_day=last_day)
        self.held[command.subscription_id] = it
        return it

    def others(self, customer: str, me: "Belief | None" = None) -> "dict[str, Belief]":
        """The customer's subscriptions that a term may be aligned with."""
        held = self.held.items()
        return {name: it for name, it in held if it.customer == customer and it.status == "active" and it is not me}

    def holds(self, offer: str, seats: int) -> bool:
        return 1 <= seats <= MOST.get(offer, seats)

    # Seats, suspension, the end.

    def add_seats(self, it: "Belief", command: c.AddSeats) -> bool:
        if it.status != "active" or not self.holds(it.offer, it.seats + command.seats):
            return False
        it.grow(command.seats)
        it.scheduled = None
        return True

    def remove_seats(self, it: "Belief", command: c.RemoveSeats) -> bool:
        if it.status != "active" or command.seats >= it.seats or command.seats > it.reducible():
            return False
        it.take(command.seats, it.open_lots())
        it.seats, it.scheduled = it.seats - command.seats, None
        return True

    def suspend(self, it: "Belief", command: c.Suspend) -> bool:
        if it.status not in {"active", "suspended"} or command.reason in it.reasons:
            return False
        it.status, it.auto_renew, it.scheduled = "suspended", False, None
        it.reasons = [*it.reasons, command.reason]
        return True

    def reactivate(self, it: "Belief", command: c.Reactivate) -> bool:
        over = command.at.date() > it.last_day
        if it.status != "suspended" or over or command.reason not in {None, *it.reasons}:
            return False
        it.reasons = [reason for reason in it.reasons if command.reason not in {None, reason}]
        it.status = "suspended" if it.reasons else "active"
        return True

    def cancel(self, it: "Belief", command: c.Cancel) -> bool:
        inside = it.window is not None and command.at <= it.window
        if it.status not in {"active", "suspended"} or not inside or command.at_term_end:
            return False
        it.vanish()
        return True

    def rename(self, it: "Belief", command: c.Rename) -> bool:
        if it.status not in {"active", "trial"} or it.name == command.friendly_name:
            return False
        it.name = command.friendly_name
        return True

    def transfer(self, it: "Belief", command: c.Transfer) -> bool:
        if it.status != "active" or it.in_flight or command.new_subscription_id in self.held:
            return False
        new = self.part_of(it, command, it.seats)
        new.lots, new.window, new.full, new.auto_renew = [], None, None, True
        it.vanish()
        return True

    # What waits.

    def turn_off_auto_renew(self, it: "Belief", _: c.TurnOffAutoRenew) -> bool:
        if it.status not in {"active", "trial"} or not it.auto_renew:
            return False
        it.auto_renew, it.scheduled = False, None
        return True

    def turn_on_auto_renew(self, it: "Belief", _: c.TurnOnAutoRenew) -> bool:
        if it.status not in {"active", "trial"} or it.auto_renew:
            return False
        it.auto_renew = True
        return True

    def schedule_change(self, it: "Belief", command: c.ScheduleChange) -> bool:
        held = TWIN if it.offer == TRIAL else it.offer
        offer, seats = command.offer_id or held, command.seats or it.seats
        length, plan = months(command.term, it.months or 12), months(command.plan, it.plan or 1)
        others = self.others(it.customer, it)
        end = self.paper.end_asked(command, it.last_day + DAY, length, others)
        allowed = it.status in {"active", "trial"} and it.auto_renew and plan <= length and end is not False
        allowed = allowed and (offer == held or offer in HIGHER[held]) and self.holds(offer, seats)
        if not allowed or (it.status == "trial" and end is not None):
            return False
        asked = command.offer_id, command.seats, months(command.term), months(command.plan), end
        same = (offer, seats, length, plan) == (held, it.seats, it.months or 12, it.plan or 1)
        natural = self.paper.later(it.last_day + DAY, length) - DAY
        if asked == it.scheduled or (it.scheduled is None and same and end in {None, natural}):
            return False
        it.scheduled = asked
        return True

    def withdraw_scheduled_change(self, it: "Belief", _: c.WithdrawScheduledChange) -> bool:
        was, it.scheduled = it.scheduled, it.scheduled if it.status == "renewing" else None
        return was is not None and it.scheduled is None

    def queue_billing_plan(self, it: "Belief", command: c.QueueBillingPlan) -> bool:
        plan = months(command.plan)
        if it.status != "active" or it.in_flight:
            return False
        if it.queued and plan == it.plan:
            it.queued = None
            return True
        if it.promotion or plan == it.queued or it.months != 36 or {it.plan, plan} != {1, 12}:
            return False
        it.queued = plan
        return True

    def withdraw_billing_plan(self, it: "Belief", _: c.WithdrawBillingPlan) -> bool:
        if it.status != "active" or it.in_flight or not it.queued:
            return False
        it.queued = None
        return True

    def complete_renewal(self, it: "Belief", _: c.CompleteRenewal) -> bool:
        if it.in_flight != "renewal":
            return False
        it.renew()
        return True

    def complete_cycle_charge(self, it: "Belief", _: c.CompleteCycleCharge) -> bool:
        if it.in_flight != "cycle-charge":
            return False
        it.charge()
        return True

    # Other terms, other offers, other subscriptions.

    def change_term(self, it: "Belief", command: c.ChangeTerm) -> bool:
        length, plan, seats = months(command.term), months(command.plan), command.seats or it.seats
        allowed = it.status == "active" and not it.in_flight and not it.promotion and plan <= length
        if not allowed or length <= it.months or not self.holds(it.offer, seats) or it.seats - seats > it.reducible():
            return False
        it.resize(seats)
        it.begin(command.at, length, plan)
        return True

    def upgrade(self, it: "Belief", command: c.Upgrade) -> bool:  # noqa: PLR0911 - one line for each no
        if it.status != "active" or command.offer_id not in HIGHER[it.offer]:
            return False
        if command.target_subscription_id is not None:
            target = self.target(it, command)
            settled = target is not None and not (target.window and target.window >= command.at)
            if target is None or not settled or target.months < it.months or command.seats > it.seats:
                return False
            return self.move(it, target, command.seats)
        length, plan = months(command.term, it.months), months(command.plan, it.plan)
        if length < it.months or plan > length or not self.holds(command.offer_id, command.seats):
            return False
        if command.new_subscription_id is not None:
            return self.upgrade_some(it, command, length, plan)
        upfront = plan == length and plan != it.plan and length == it.months
        if command.seats < it.seats or upfront:
            return False
        it.offer, it.promotion = command.offer_id, False
        it.resize(command.seats)
        if length > it.months:
            it.begin(command.at, length, plan)
        else:
            it.charge_by(plan)
        return True

    def upgrade_some(self, it: "Belief", command: c.Upgrade, length: int, plan: int) -> bool:
        if command.seats >= it.seats or command.new_subscription_id in self.held:
            return False
        new = self.part_of(it, command, command.seats)
        new.offer, new.months, new.lots = command.offer_id, length, it.give(command.seats)
        new.charge_by(plan)
        return True

    def convert_trial(self, it: "Belief", command: c.ConvertTrial) -> bool:
        offer, seats = command.offer_id or TWIN, command.seats or 25
        length, plan = months(command.term, 12), months(command.plan, 1)
        if it.status != "trial":
            return False
        if command.target_subscription_id is not None:
            target = self.target(it, command)
            return target is not None and self.move(it, target, 25)
        if offer not in {TWIN, *HIGHER[TWIN]} or plan > length or seats < 25 or not self.holds(offer, seats):
            return False
        it.offer, it.seats, it.status, it.auto_renew = offer, seats, "active", True
        it.begin(command.at, length, plan)
        it.open_windows()
        return True

    def target(self, it: "Belief", command: Any) -> "Belief | None":
        """The existing subscription that seats may go to."""
        target = self.held.get(command.target_subscription_id)
        if target is None or target is it or target.customer != it.customer or target.status != "active":
            return None
        fits = command.offer_id in {None, target.offer} and target.offer in {TWIN, *HIGHER[TWIN]}
        return target if fits and target.last_day >= it.last_day else None

    def move(self, it: "Belief", target: "Belief", seats: int) -> bool:
        if not self.holds(target.offer, target.seats + seats):
            return False
        target.touched, target.scheduled = it.touched, None
        if it.status == "trial":
            target.grow(seats)
        else:
            target.seats += seats
        it.give(seats)
        if not it.seats:
            it.vanish()
        return True

    def part_of(self, it: "Belief", command: Any, seats: int) -> "Belief":
        """A new subscription that goes on where another one is."""
        fresh: dict[str, Any] = {"lots": [], "cycle": None, "in_flight": None, "name": None, "promotion": False}
        new = attrs.evolve(it, seats=seats, began=command.at, **fresh)
        new.charge_by(it.plan)
        self.held[command.new_subscription_id] = new
        return new


@pytest.fixture
def ledger(paper: "type[Belief]") -> Callable[[], Ledger]:
    """Makes an empty ledger."""
    return lambda: Ledger(paper)
