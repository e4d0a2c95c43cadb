"""What the rules say about legacy commerce, in plain variables, beside what the service does."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary.subscription import Commerce

if TYPE_CHECKING:
    from tests.properties.other_models.conftest import Ledger, Paper

OFFICE, PLUS, ARCHIVE, TRIAL = "office-legacy", "office-legacy-plus", "archive-legacy", "office-legacy-trial"
PAID = {OFFICE, PLUS, ARCHIVE}
LIMITS = {None: 90, "legacy": 90, "legacy.120-days": 120}
PLANS = {"monthly": 1, "annual": 12}
SOME_DAY = datetime(2025, 1, 1, tzinfo=UTC)
OPENING = tuple(
    c.Purchase(
        at=SOME_DAY,
        subscription_id=name,
        customer_id="contoso",
        offer_id=offer,
        seats=5,
        term=TermLength.YEAR,
        plan=Plan.MONTHLY,
        base_subscription_id=base,
    )
    for name, offer, base in (("s-1", OFFICE, None), ("s-2", ARCHIVE, "s-1"))
)
"""A base and its add-on are there from the beginning."""

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


def is_year(term: Any) -> bool:
    return term is None or term.value == "P1Y"


class Legacy:
    """Twelve months, always renewed; seats and cancellation at any time; add-ons live and die with their base."""

    left_suspended = "not-reactivated"
    authority: c.Actor | None = None
    opening = OPENING

    def __init__(self, ledger: "Ledger") -> None:
        self.ledger = ledger
        self.add_seats, self.remove_seats, self.rename = ledger.add_seats, ledger.remove_seats, ledger.rename
        self.attached = ledger.attached

    # How it begins.

    def purchase(self, command: c.Purchase) -> bool:
        plan = PLANS.get(command.plan.value) if command.plan else None
        sold = command.offer_id in PAID and is_year(command.term) and plan and command.policy in LIMITS
        chosen = command.ends_on is not None or command.align is not None
        resellers = command.resellers
        if not sold or not plan or chosen or len(resellers) > 5 or len(set(resellers)) < len(resellers):
            return False
        base = self.ledger.held.get(command.base_subscription_id or "")
        wants_base = command.offer_id == ARCHIVE
        if wants_base is not (command.base_subscription_id is not None):
            return False
        if wants_base and (base is None or not self.takes_add_ons(base, command)):
            return False
        it = self.ledger.note(command, command.seats or 0, promotion=command.promotion_id)
        it.base = command.base_subscription_id
        it.begin(command.at, 12, plan)
        if base is not None:
            it.began, it.last_day, it.anchor = base.began, base.last_day, base.anchor
            it.cycle_from(command.at.date())
        self.open(it)
        return True

    def takes_add_ons(self, base: "Paper", command: c.Purchase) -> bool:
        fits = base.offer == OFFICE and base.customer == command.customer_id
        return fits and base.status == "active" and command.at < base.over

    def start_trial(self, command: c.StartTrial) -> bool:
        return self.ledger.try_out(command, TRIAL, OFFICE)

    def convert_trial(self, it: "Paper", command: c.ConvertTrial) -> bool:
        offer, seats = command.offer_id or OFFICE, command.seats or 25
        plan = PLANS.get(command.plan.value if command.plan else "monthly")
        if it.status != "trial" or command.target_subscription_id or offer not in {OFFICE, PLUS}:
            return False
        if seats < 25 or not plan or not is_year(command.term):
            return False
        it.offer, it.seats, it.status, it.auto_renew = offer, seats, "active", True
        it.begin(command.at, 12, plan)
        self.open(it)
        return True

    def open(self, it: "Paper") -> None:
        """A month in which everything comes back, and the rest of the term in which what is unused does."""
        month = it.later(it.today, 1)
        full = it.touched.replace(year=month.year, month=month.month, day=month.day, hour=0, minute=0, second=0)
        it.until = {"full": full.replace(microsecond=0) - TICK, "prorated": it.over - TICK}
        it.price = 4 * it.plan

    # What time brings.

    def cycle_over(self, it: "Paper") -> None:
        pass

    def term_over(self, it: "Paper", *, complete: bool) -> None:
        if it.status == "trial":
            it.stop("expired", "lapsed")
            it.tail = it.over + 30 * DAY
        elif complete:
            self.renew(it)
        else:
            it.wait_for_renewal()

    def renew(self, it: "Paper") -> None:
        it.status, it.in_flight = "active", None
        it.begin(it.over, 12, it.plan)
        self.open(it)

    def complete_renewal(self, it: "Paper", _: c.CompleteRenewal) -> bool:
        if it.in_flight != "renewal":
            return False
        self.renew(it)
        return True

    # A base and its add-ons.

    def busy(self, it: "Paper") -> bool:
        """An add-on whose renewal is in flight cannot follow, and never is without its base."""
        return any(one.in_flight for one in self.attached(it))

    def suspend(self, it: "Paper", command: c.Suspend) -> bool:
        if self.busy(it) or not self.suspend_one(it, command):
            return False
        for one in self.attached(it):
            one.touched = it.touched
            self.suspend_one(one, c.Suspend(at=command.at, subscription_id="add-on", reason="base"))
        return True

    def suspend_one(self, it: "Paper", command: c.Suspend) -> bool:
        was = it.status
        if not self.ledger.suspend(it, command):
            return False
        if was == "active":
            it.tail, it.paused = min(it.touched + LIMITS[it.policy] * DAY, it.over), True
        return True

    def reactivate(self, it: "Paper", command: c.Reactivate) -> bool:
        base = self.ledger.held[it.base] if it.base else None
        if (base and base.status not in {"active", "renewing"}) or not self.ledger.reactivate(it, command):
            return False
        for one in self.attached(it) if it.status == "active" else ():
            if "base" in one.reasons:
                one.touched = it.touched
                self.ledger.reactivate(one, c.Reactivate(at=command.at, subscription_id="add-on", reason="base"))
        return True

    def cancel(self, it: "Paper", command: c.Cancel) -> bool:
        if it.status != "active" or command.at_term_end or self.busy(it):
            return False
        for one in (*self.attached(it), it):
            one.touched = it.touched
            one.give_back()
            one.vanish("canceled")
        return True

    def change_term(self, it: "Paper", command: c.ChangeTerm) -> bool:
        plan, add_ons = PLANS.get(command.plan.value), self.attached(it)
        allowed = it.status == "active" and is_year(command.term) and plan and plan != it.plan and not it.promotion
        together = all(one.status == "active" and one.plan == it.plan and not one.promotion for one in add_ons)
        base = self.ledger.held[it.base] if it.base else None
        with_base = base is None or (base.began == command.at and base.plan == plan)
        if not allowed or not plan or not together or not with_base:
            return False
        it.seats = command.seats or it.seats
        for one in (it, *add_ons):
            one.touched = it.touched
            one.begin(command.at, 12, plan)
            one.until = {kind: until for kind, until in one.until.items() if kind == "full" and until >= one.touched}
            one.until["prorated"], one.price = one.over - TICK, 4 * plan
        return True

    def upgrade(self, it: "Paper", command: c.Upgrade) -> bool:
        plan = PLANS.get(command.plan.value) if command.plan else it.plan
        elsewhere = command.new_subscription_id or command.target_subscription_id
        others = [one for one in self.ledger.held.values() if one.customer == it.customer and one is not it]
        path = (
            it.offer == OFFICE
            and command.offer_id == PLUS
            and not any(one.offer == PLUS and one.live for one in others)
        )
        if it.status != "active" or elsewhere or command.seats < it.seats or not path or not plan:
            return False
        if not is_year(command.term):
            return False
        it.offer, it.seats, it.promotion = PLUS, command.seats, None
        if plan != it.plan:
            it.plan, it.price = plan, 4 * plan
            it.cycle_from(it.today)
        return True


def test_the_service_and_a_belief_about_legacy_agree(agree: Callable[..., None]) -> None:
    agree(Legacy, Commerce.LEGACY)
