"""What the rules say about Dynamics sold directly, in plain variables, beside what the service does."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary.subscription import Commerce

if TYPE_CHECKING:
    from tests.properties.other_models.conftest import Ledger, Paper

LENGTHS = {"P1M": 1, "P1Y": 12, "P3Y": 36, "monthly": 1, "annual": 12, "triennial": 36}
CRM, TRIAL = "crm-professional", "crm-trial"
DAY = timedelta(days=1)


class DynamicsDirect:
    """Five users to begin with; canceled with the running cycle; brought back, and re-planned, by support."""

    left_suspended = ""
    authority = c.Actor.SUPPORT
    opening: tuple[c.Command, ...] = ()

    def __init__(self, ledger: "Ledger") -> None:
        self.ledger = ledger
        self.add_seats, self.remove_seats, self.rename = ledger.add_seats, ledger.remove_seats, ledger.rename

    def purchase(self, command: c.Purchase) -> bool:
        if command.seats is None or command.term is None or command.plan is None:
            return False
        length, plan = LENGTHS[command.term.value], LENGTHS[command.plan.value]
        sold = command.offer_id == CRM and command.policy in {None, "dynamics-direct"} and plan <= length
        asked_for_more = command.ends_on or command.align or command.base_subscription_id
        resellers = command.resellers
        if not sold or asked_for_more or len(resellers) > 5 or len(set(resellers)) < len(resellers):
            return False
        others = [it for it in self.ledger.held.values() if it.customer == command.customer_id]
        known = any(it.live and it.status != "trial" for it in others)
        if command.seats < 5 and not known:
            return False
        it = self.ledger.note(command, command.seats, promotion=command.promotion_id)
        self.start(it, length, plan)
        return True

    def start(self, it: "Paper", length: int, plan: int) -> None:
        it.begin(it.touched, length, plan)
        it.price = 65 * plan

    def start_trial(self, command: c.StartTrial) -> bool:
        return self.ledger.try_out(command, TRIAL, CRM)

    def extend_trial(self, it: "Paper", command: c.ExtendTrial) -> bool:
        if it.status != "trial" or it.extended or not command.card_on_file or it.last_day is None:
            return False
        it.extended, it.last_day = True, it.last_day + 30 * DAY
        return True

    def convert_trial(self, it: "Paper", command: c.ConvertTrial) -> bool:
        length = LENGTHS[command.term.value if command.term else "P1Y"]
        plan, seats = LENGTHS[command.plan.value if command.plan else "monthly"], command.seats or 25
        fits = plan <= length and seats >= 25 and command.offer_id in {None, CRM}
        if it.status != "trial" or not fits or command.target_subscription_id:
            return False
        it.offer, it.seats, it.status, it.auto_renew = CRM, seats, "active", True
        self.start(it, length, plan)
        return True

    def cancel(self, it: "Paper", command: c.Cancel) -> bool:
        if it.status != "active" or it.canceling or command.at_term_end:
            return False
        it.canceling, it.auto_renew = True, False
        return True

    def reactivate(self, it: "Paper", command: c.Reactivate) -> bool:
        if it.status != "expired" or command.actor is not c.Actor.SUPPORT or not it.months:
            return False
        it.status, it.auto_renew, it.ended = "active", True, None
        self.start(it, it.months, it.plan)
        return True

    def change_term(self, it: "Paper", command: c.ChangeTerm) -> bool:
        length, plan = LENGTHS[command.term.value], LENGTHS[command.plan.value]
        by_support = command.actor is c.Actor.SUPPORT and not it.promotion
        fits = plan <= length and length >= it.months and (length, plan) != (it.months, it.plan)
        if it.status != "active" or not by_support or not fits:
            return False
        it.seats = command.seats or it.seats
        self.start(it, length, plan)
        return True

    def change_payment_method(self, it: "Paper", command: c.ChangePaymentMethod) -> bool:
        method, by_support = command.method.value, command.actor is c.Actor.SUPPORT
        to_invoice_at_renewal = it.status == "renewing" and method == "invoice"
        allowed = it.status in {"active", "renewing"} and method != it.method
        if not allowed or not (by_support or to_invoice_at_renewal):
            return False
        it.method = method
        return True

    # What time brings.

    def cycle_over(self, it: "Paper") -> None:
        if it.canceling:
            it.stop("expired", "canceled")

    def term_over(self, it: "Paper", *, complete: bool) -> None:
        if it.status == "trial" or it.canceling:
            it.stop("expired", "canceled" if it.canceling else "lapsed")
        elif complete:
            self.renew(it)
        else:
            it.wait_for_renewal()

    def renew(self, it: "Paper") -> None:
        it.status, it.in_flight = "active", None
        it.begin(it.over, it.months, it.plan)
        it.price = 65 * it.plan

    def complete_renewal(self, it: "Paper", _: c.CompleteRenewal) -> bool:
        if it.in_flight != "renewal":
            return False
        self.renew(it)
        return True


def test_the_service_and_a_belief_about_dynamics_agree(agree: Callable[..., None]) -> None:
    agree(DynamicsDirect, Commerce.DYNAMICS_DIRECT)
