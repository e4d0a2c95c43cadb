"""What the beliefs about the other commerce models are kept on: paper, in plain variables, and a ledger of it.

Each model writes its own rules, from what is said about it and without asking the library. Here is only what all of
them need.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import attrs
import pytest

from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary.names import command_name

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


@attrs.define(kw_only=True)
class Paper:
    """One subscription in plain variables. Lengths are in months, `until` is when which refund closes."""

    later: ClassVar[Any]
    customer: str
    offer: str
    seats: int
    touched: datetime
    began: datetime
    policy: str | None = None
    name: str | None = None
    base: str | None = None
    promotion: str | None = None
    last_day: date | None = None
    months: int = 0
    plan: int = 0
    anchor: date = date.min
    cycle: tuple[date, date] | None = None
    price: int | None = None
    status: str = "active"
    auto_renew: bool = True
    canceling: bool = False
    paused: bool = False
    reasons: list[str] = attrs.field(factory=list)
    tail: datetime | None = None
    until: dict[str, datetime] = attrs.field(factory=dict)
    in_flight: str | None = None
    extended: bool = False
    method: str = "card"
    ended: str | None = None
    refund: str | None = None
    tried: str | None = None
    falls: bool = True

    @property
    def today(self) -> date:
        return self.touched.date()

    @property
    def over(self) -> datetime:
        """The first instant after the term."""
        return midnight((self.last_day or date.max - DAY) + DAY)

    @property
    def live(self) -> bool:
        return self.status not in {"expired", "disabled", "deleted"}

    def begin(self, start: datetime, length: int, plan: int) -> None:
        self.began, self.months, self.plan = start, length, plan
        self.anchor, self.last_day = start.date(), self.later(start.date(), length) - DAY
        self.cycle_from(self.anchor)

    def cycle_from(self, day: date) -> None:
        """The cycle that a day lies in, charged from that day on."""
        ends = (self.later(self.anchor, self.plan * number) - DAY for number in range(1, 40))
        self.cycle = day, min(next(end for end in ends if end >= day), self.last_day or date.max)

    def stop(self, status: str, why: str) -> None:
        self.status, self.ended, self.auto_renew, self.canceling, self.paused = status, why, False, False, False
        self.until, self.in_flight, self.tail = {}, None, None

    def give_back(self) -> None:
        """What comes back for a cancellation: the best that is still open, and nothing while nothing is charged."""
        kinds = [] if self.paused else [kind for kind, until in self.until.items() if until >= self.touched]
        self.refund = "full" if "full" in kinds else "prorated" if kinds else "none"

    def vanish(self, why: str) -> None:
        self.stop("deleted", why)
        self.seats, self.reasons = 0, []

    # What time brings.

    def due(self) -> datetime | None:
        running = self.status in {"trial", "active", "suspended"}
        if self.in_flight or self.tail or not self.last_day or not running:
            return self.tail
        return midnight((min(self.last_day, self.cycle[1]) if self.cycle else self.last_day) + DAY)

    def happen(self, rules: Any, *, complete: bool) -> None:
        if self.tail and self.status == "expired":
            self.status, self.tail = "disabled", self.tail + 90 * DAY
        elif self.tail:
            self.vanish(self.ended or rules.left_suspended)
        elif self.cycle and self.last_day and self.cycle[1] < self.last_day:
            self.cycle_from(self.cycle[1] + DAY)
            rules.cycle_over(self)
        else:
            rules.term_over(self, complete=complete)

    def wait_for_renewal(self) -> None:
        self.status, self.in_flight = "renewing", "renewal"


class Ledger:
    """The beliefs about all subscriptions, kept by the rules of one model."""

    def __init__(self, paper: type[Paper], rules: Callable[["Ledger"], Any]) -> None:
        self.paper = paper
        self.held: dict[str, Paper] = {}
        self.rules = rules(self)

    def allows(self, command: Any) -> bool:
        """Whether the rules accept the command; if they do, the belief follows it."""
        method = getattr(self.rules, command_name(type(command)).replace("-", "_"), None)
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

    def live(self, until: datetime, *, complete: bool) -> None:
        for it in self.held.values():
            while (due := it.due()) is not None and max(due, it.touched) <= until:
                it.touched = max(due, it.touched)
                it.happen(self.rules, complete=complete)

    def note(self, command: Any, seats: int, **known: Any) -> Paper:
        at, customer = command.at, command.customer_id
        known |= {"policy": command.policy, "name": command.friendly_name, "touched": at, "began": at}
        it = self.paper(customer=customer, offer=command.offer_id, seats=seats, **known)
        self.held[command.subscription_id] = it
        return it

    def try_out(self, command: Any, trial: str, twin: str) -> bool:
        """Thirty days and 25 seats: once for a customer, and not beside what it is a trial of."""
        others = [it for it in self.held.values() if it.customer == command.customer_id]
        owned = any(it.tried == trial or (it.offer == twin and it.live) for it in others)
        if owned or command.offer_id != trial or command.policy is not None:
            return False
        it = self.note(command, 25, status="trial", tried=trial, auto_renew=False)
        it.last_day = it.today + 29 * DAY
        return True

    def attached(self, it: Paper) -> list[Paper]:
        """The live add-ons of a base."""
        return [other for other in self.held.values() if other.base and self.held[other.base] is it and other.live]

    # What is the same in every model that has it.

    def add_seats(self, it: Paper, command: c.AddSeats) -> bool:
        it.seats += command.seats if it.status == "active" else 0
        return it.status == "active"

    def remove_seats(self, it: Paper, command: c.RemoveSeats) -> bool:
        if it.status != "active" or command.seats >= it.seats:
            return False
        it.seats -= command.seats
        return True

    def rename(self, it: Paper, command: c.Rename) -> bool:
        if it.status not in {"active", "trial"} or command.friendly_name == it.name:
            return False
        it.name = command.friendly_name
        return True

    def suspend(self, it: Paper, command: c.Suspend) -> bool:
        if it.status not in {"active", "suspended"} or command.reason in it.reasons:
            return False
        it.status, it.reasons = "suspended", [*it.reasons, command.reason]
        return True

    def reactivate(self, it: Paper, command: c.Reactivate) -> bool:
        if it.status != "suspended" or command.reason not in {None, *it.reasons}:
            return False
        it.reasons = [reason for reason in it.reasons if command.reason not in {None, reason}]
        if not it.reasons:
            it.status, it.tail = "active", None
            if it.paused and it.last_day and it.today <= it.last_day:
                it.cycle_from(it.today)
            it.paused = False
        return True


@pytest.fixture
def ledger_of(paper: Any) -> Callable[[Callable[[Ledger], Any]], Ledger]:
    """Makes an empty ledger that is kept by a model's rules."""
    sheet = type("Sheet", (Paper,), {"later": staticmethod(paper.later)})
    return lambda rules: Ledger(sheet, rules)
