"""What the rules say about what is billed by usage, in plain variables, beside what the service does."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary.subscription import Commerce

if TYPE_CHECKING:
    from tests.properties.other_models.conftest import Ledger, Paper

LENGTHS = {"P1M": 1, "P1Y": 12, "P3Y": 36, "monthly": 1, "annual": 12, "triennial": 36}


class Usage:
    """Canceled at any time; no term and no seats, but for the licensed part of a hybrid, which renews by itself."""

    left_suspended = "not-reactivated"
    authority: c.Actor | None = None
    opening: tuple[c.Command, ...] = ()

    def __init__(self, ledger: "Ledger") -> None:
        self.ledger = ledger
        self.suspend = ledger.suspend

    def purchase(self, command: c.Purchase) -> bool:
        known = command.offer_id in {"azure", "backup"} and command.policy in {None, "usage"}
        resellers = command.resellers
        asked_for_more = command.ends_on or command.align or command.base_subscription_id
        if not known or asked_for_more or len(resellers) > 5 or len(set(resellers)) < len(resellers):
            return False
        bare = command.seats is None or command.term is None or command.plan is None
        if bare is not (command.offer_id == "azure"):
            return False
        length, plan = (LENGTHS[word.value] if word else 0 for word in (command.term, command.plan))
        if plan > length:
            return False
        it = self.ledger.note(command, command.seats or 0, promotion=command.promotion_id, falls=False)
        it.auto_renew = not bare
        if not bare:
            self.begin(it, length, plan)
        return True

    def begin(self, it: "Paper", length: int, plan: int) -> None:
        it.begin(it.over if it.last_day else it.touched, length, plan)
        it.price = 10 * plan

    def rename(self, it: "Paper", command: c.Rename) -> bool:
        return self.ledger.rename(it, command)

    def reactivate(self, it: "Paper", command: c.Reactivate) -> bool:
        return self.ledger.reactivate(it, command)

    def cancel(self, it: "Paper", command: c.Cancel) -> bool:
        if it.status not in {"active", "suspended"} or command.at_term_end:
            return False
        it.give_back()
        it.vanish("canceled")
        return True

    def cycle_over(self, it: "Paper") -> None:
        """It is charged, suspended or not."""

    def term_over(self, it: "Paper", *, complete: bool) -> None:
        """The licensed part renews at once, whether somebody waits or not."""
        del complete
        if it.status == "suspended":
            it.vanish(self.left_suspended)
        else:
            self.begin(it, it.months, it.plan)


def test_the_service_and_a_belief_about_usage_agree(agree: Callable[..., None]) -> None:
    agree(Usage, Commerce.USAGE)
