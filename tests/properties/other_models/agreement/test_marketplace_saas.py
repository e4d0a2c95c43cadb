"""What the rules say about marketplace SaaS, in plain variables, beside what the service does."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary.subscription import Commerce

if TYPE_CHECKING:
    from tests.properties.other_models.conftest import Ledger, Paper

LENGTHS = {"P1M": 1, "P1Y": 12, "P3Y": 36, "monthly": 1, "annual": 12, "triennial": 36}
PLAIN, TRIED = "contoso-crm", "contoso-crm-tried"
POLICIES = {None, "marketplace-saas", "marketplace-saas.72-hours"}
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


class MarketplaceSaas:
    """Pending until the publisher activates; one short window from the order; suspended by Microsoft alone."""

    left_suspended = "unpaid"
    authority = c.Actor.MICROSOFT
    opening: tuple[c.Command, ...] = ()

    def __init__(self, ledger: "Ledger") -> None:
        self.ledger = ledger
        self.ordered: dict[int, tuple[int, int]] = {}
        self.add_seats, self.remove_seats, self.rename = ledger.add_seats, ledger.remove_seats, ledger.rename

    def purchase(self, command: c.Purchase) -> bool:
        if command.seats is None or command.term is None or command.plan is None:
            return False
        length, plan = LENGTHS[command.term.value], LENGTHS[command.plan.value]
        sold = command.offer_id in {PLAIN, TRIED} and command.policy in POLICIES and plan <= length
        asked_for_more = command.ends_on or command.align or command.base_subscription_id
        resellers = command.resellers
        if not sold or asked_for_more or len(resellers) > 5 or len(set(resellers)) < len(resellers):
            return False
        it = self.ledger.note(command, command.seats, status="pending", promotion=command.promotion_id)
        it.begin(command.at, length, plan)
        span = DAY if plan == 1 else 14 * DAY
        if command.policy == "marketplace-saas.72-hours":
            span = 3 * DAY
        it.until = {"full": command.at + span - TICK}
        it.price = 6 * plan
        return True

    def activate(self, it: "Paper", command: c.Activate) -> bool:
        if it.status != "pending":
            return False
        if it.offer == PLAIN:
            it.status = "active"
            it.begin(command.at, it.months, it.plan)
            return True
        # The thirty free days come first; what was ordered waits behind them.
        it.status, self.ordered[id(it)] = "trial", (it.months, it.plan)
        it.began, it.last_day = command.at, it.today + 29 * DAY
        it.months, it.plan, it.cycle, it.price = 0, 0, None, None
        return True

    def cancel(self, it: "Paper", command: c.Cancel) -> bool:
        is_open = it.until["full"] >= command.at if it.until else False
        if command.at_term_end or it.status not in {"pending", "trial", "active"} or it.canceling:
            return False
        if it.status == "trial" or is_open:
            it.give_back()
            it.vanish("canceled")
            return True
        if it.status == "active":
            it.canceling, it.auto_renew = True, False
        return it.status == "active"

    def turn_off_auto_renew(self, it: "Paper", _: c.TurnOffAutoRenew) -> bool:
        was = it.status in {"active", "trial"} and it.auto_renew
        it.auto_renew = it.auto_renew and not was
        return was

    def turn_on_auto_renew(self, it: "Paper", _: c.TurnOnAutoRenew) -> bool:
        if it.status not in {"active", "trial"} or it.auto_renew:
            return False
        it.auto_renew, it.canceling = True, False
        return True

    def suspend(self, it: "Paper", command: c.Suspend) -> bool:
        was = it.status
        if command.actor is not c.Actor.MICROSOFT or not self.ledger.suspend(it, command):
            return False
        if was == "active":
            it.tail, it.paused = it.touched + 30 * DAY, True
        return True

    def reactivate(self, it: "Paper", command: c.Reactivate) -> bool:
        return command.actor is c.Actor.MICROSOFT and self.ledger.reactivate(it, command)

    def cycle_over(self, it: "Paper") -> None:
        pass

    def term_over(self, it: "Paper", *, complete: bool) -> None:
        if not it.auto_renew:
            it.vanish("canceled" if it.canceling else "lapsed")
        elif complete:
            self.renew(it)
        else:
            it.wait_for_renewal()

    def renew(self, it: "Paper") -> None:
        if id(it) in self.ordered:
            it.promotion = None  # none applies when a trial becomes paid
        length, plan = self.ordered.pop(id(it), (it.months, it.plan))
        it.status, it.in_flight, it.until = "active", None, {}
        it.begin(it.over, length, plan)
        it.price = 6 * plan

    def complete_renewal(self, it: "Paper", _: c.CompleteRenewal) -> bool:
        if it.in_flight != "renewal":
            return False
        self.renew(it)
        return True


def test_the_service_and_a_belief_about_marketplace_offers_agree(agree: Callable[..., None]) -> None:
    agree(MarketplaceSaas, Commerce.MARKETPLACE_SAAS)
