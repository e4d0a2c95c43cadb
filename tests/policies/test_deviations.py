"""In which status which command is possible, model by model, where the model is not new commerce.

The tables are written down by hand and reached by real scenarios, so they can disagree with the rows of the
policies. A cell says what is recorded, or the code of the refusal. Columns: P pending, Tr trial, A active (+ with
its cancellation window open, - with it closed), C active with a cancellation scheduled, S suspended, RL a renewal
in flight, E expired, D disabled, X deleted; H, HS, HX the same of a usage offer with a licensed part.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from csp_lifecycle.policies import POLICIES
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary.names import COMMANDS, EVENTS, command_name
from csp_lifecycle.vocabulary.subscription import PaymentMethod, Status

LEGACY = """
Tr A S RL E D X
add-seats: Tr trial-quantity-locked / A seats-added / S quantity-while-suspended / RL conflict / E D no-updates
    X deleted
remove-seats: Tr trial-quantity-locked / A seats-removed / S quantity-while-suspended / RL conflict
    E D no-updates / X deleted
suspend: Tr trial-status-locked / A suspended / S already-in-state / RL renewal-locked / E D no-updates / X deleted
suspend for another reason: S suspended
reactivate: Tr A already-in-state / S reactivated / RL renewal-locked / E D not-reactivable / X deleted
cancel: Tr trial-status-locked / A canceled / S suspended-no-update / RL conflict / E D no-updates / X deleted
cancel at the term's end: A not-supported
change-term: Tr trial-term-locked / A term-changed / S suspended-no-update / RL conflict / E D no-updates / X deleted
change-term to three years: A not-supported
upgrade: Tr use-trial-conversion / A upgraded / S E D X not-active / RL conflict
upgrade of some seats: A not-supported
convert-trial: Tr trial-converted / A S E D X not-a-trial / RL conflict
migrate: A purchased / Tr S E D X migration-not-eligible / RL conflict
rename: Tr A renamed / S suspended-no-update / RL conflict / E D no-updates / X deleted
purchase of an add-on: A purchased / Tr S E D X base-not-active / RL conflict
purchase that ends on a chosen day: A not-supported
complete-renewal: RL renewed / Tr A S E D X nothing-in-flight
complete-cycle-charge: Tr A S RL E D X nothing-in-flight
turn-on-auto-renew turn-off-auto-renew schedule-change withdraw-scheduled-change queue-billing-plan
    withdraw-billing-plan transfer extend-trial activate change-payment-method: Tr A S RL E D X not-supported
"""

MARKETPLACE_SAAS = """
P P- Tr A+ A- C S RL X
activate: P P- activated / Tr A+ A- C already-in-state / S suspended-no-update / RL conflict / X deleted
add-seats: P P- not-active / Tr trial-quantity-locked / A+ A- C seats-added / S quantity-while-suspended
    RL conflict / X deleted
remove-seats: P P- not-active / Tr trial-quantity-locked / A+ A- C seats-removed / S quantity-while-suspended
    RL conflict / X deleted
suspend: P P- not-active / Tr trial-status-locked / A+ A- C S not-supported / RL renewal-locked / X deleted
suspend by Microsoft: A+ A- C suspended / S already-in-state
reactivate: P P- not-active / Tr A+ A- C already-in-state / S not-supported / RL renewal-locked / X deleted
reactivate by Microsoft: S reactivated
cancel: P A+ Tr canceled / P- cancellation-window-closed / A- cancellation-scheduled / C already-in-state
    S suspended-no-update / RL conflict / X deleted
cancel at the term's end: P Tr A+ A- not-supported
turn-off-auto-renew: P P- not-active / Tr A+ A- auto-renew-turned-off / C already-in-state / S suspended-no-update
    RL renewal-locked / X deleted
turn-on-auto-renew: P P- not-active / Tr A+ A- already-in-state / C auto-renew-turned-on / S suspended-no-update
    RL renewal-locked / X deleted
rename: P P- not-active / Tr A+ A- C renamed / S suspended-no-update / RL conflict / X deleted
complete-renewal: RL renewed / P Tr A+ A- C S X nothing-in-flight
complete-cycle-charge: P Tr A+ A- C S RL X nothing-in-flight
schedule-change withdraw-scheduled-change queue-billing-plan withdraw-billing-plan change-term upgrade convert-trial
    extend-trial transfer migrate change-payment-method: P Tr A+ A- C S RL X not-supported
"""

DYNAMICS_DIRECT = """
Tr A C RL E
add-seats: Tr trial-quantity-locked / A C seats-added / RL conflict / E no-updates
remove-seats: Tr trial-quantity-locked / A C seats-removed / RL conflict / E no-updates
cancel: Tr trial-status-locked / A cancellation-scheduled / C already-in-state / RL conflict / E no-updates
cancel at the term's end: A not-supported
reactivate: Tr A C already-in-state / RL renewal-locked / E support-required
reactivate by support: E reactivated
change-term: Tr trial-term-locked / A C support-required / RL conflict / E no-updates
change-term by support: A C term-changed
change-payment-method: Tr not-active / A C support-required / RL payment-method-changed / E no-updates
change-payment-method by support: A C RL payment-method-changed
extend-trial: Tr card-required / A C E not-a-trial / RL conflict
extend-trial with a card: Tr trial-extended
convert-trial: Tr trial-converted / A C E not-a-trial / RL conflict
rename: Tr A C renamed / RL conflict / E no-updates
complete-renewal: RL renewed / Tr A C E nothing-in-flight
complete-cycle-charge: Tr A C RL E nothing-in-flight
suspend turn-on-auto-renew turn-off-auto-renew schedule-change withdraw-scheduled-change queue-billing-plan
    withdraw-billing-plan upgrade transfer migrate activate: Tr A C RL E not-supported
"""

USAGE = """
A S X H HS HX
suspend: A H suspended / S HS already-in-state / X HX deleted
suspend for another reason: S HS suspended
reactivate: A H already-in-state / S HS reactivated / X HX deleted
cancel: A S H HS canceled / X HX deleted
cancel at the term's end: A H not-supported
rename: A H renamed / S HS suspended-no-update / X HX deleted
complete-renewal complete-cycle-charge: A S X H HS HX nothing-in-flight
add-seats remove-seats turn-on-auto-renew turn-off-auto-renew schedule-change withdraw-scheduled-change
    queue-billing-plan withdraw-billing-plan change-term upgrade convert-trial extend-trial transfer migrate activate
    change-payment-method: A S X H HS HX not-supported
"""

TABLES = {
    "legacy": LEGACY,
    "marketplace-saas": MARKETPLACE_SAAS,
    "dynamics-direct": DYNAMICS_DIRECT,
    "usage": USAGE,
}


def _cells(table: str) -> Iterator[tuple[str, str, str]]:
    """Every cell as (command, column, what is recorded or refused); an indented line goes on with the one before."""
    _, *entries = table.strip().replace("\n    ", " / ").splitlines()
    for entry in entries:
        left, right = entry.split(": ")
        words = left.replace(" / ", " ").split()
        for name in words if all(word in COMMANDS for word in words) else [left]:
            for cell in right.split("/"):
                *columns, said = cell.split()
                yield from ((name, column, said) for column in columns)


CELLS = tuple((model, *cell) for model, table in TABLES.items() for cell in _cells(table))

RECORDED = EVENTS.keys() - {"deleted"}
"""What a cell can say is recorded; no command deletes by that name, so there it is the refusal."""

It = dict[str, Any]
Story = tuple[c.Command | c.Advance, ...]

BOUGHT = datetime(2025, 1, 15, 10, tzinfo=UTC)
SOON, LATE = BOUGHT + timedelta(hours=1), BOUGHT + timedelta(days=20)
MONTH_OVER, YEAR_OVER = datetime(2025, 2, 15, tzinfo=UTC), datetime(2026, 1, 15, tzinfo=UTC)
TRIED = datetime(2025, 2, 14, tzinfo=UTC)
ONE: It = {"subscription_id": "s-1"}
MICROSOFT: It = {"actor": c.Actor.MICROSOFT}
SUPPORT: It = {"actor": c.Actor.SUPPORT}


def bought(offer_id: str, term: TermLength = TermLength.YEAR, **changes: Any) -> c.Purchase:
    terms: It = {"seats": 10, "term": term, "plan": Plan.MONTHLY}
    return c.Purchase(**ONE | {"at": BOUGHT, "customer_id": "contoso", "offer_id": offer_id} | terms | changes)


def tried(offer_id: str) -> c.StartTrial:
    return c.StartTrial(at=BOUGHT, subscription_id="s-1", customer_id="contoso", offer_id=offer_id)


def activated(*ordered: c.Purchase) -> Story:
    return (*ordered, c.Activate(at=BOUGHT, subscription_id="s-1", actor=c.Actor.PUBLISHER))


def ended(to: datetime, *, complete: bool = True) -> c.Advance:
    return c.Advance(to=to, complete=complete)


def suspended(**asker: Any) -> c.Suspend:
    return c.Suspend(at=SOON, subscription_id="s-1", **asker)


CANCEL, CANCEL_LATE = (c.Cancel(at=at, subscription_id="s-1") for at in (SOON, LATE))
DISABLED_FROM = TRIED + timedelta(days=30)
OFFICE, CRM, CRM_TRIED = bought("office-legacy"), bought("contoso-crm"), bought("contoso-crm-tried")
DYNAMICS, AZURE, BACKUP = (
    bought("crm-professional"),
    c.Purchase(at=BOUGHT, subscription_id="s-1", customer_id="contoso", offer_id="azure"),
    bought("backup"),
)

STORIES: dict[str, dict[str, tuple[datetime, Story]]] = {
    "legacy": {
        "Tr": (LATE, (tried("office-legacy-trial"),)),
        "A": (MONTH_OVER, (OFFICE,)),
        "S": (LATE, (OFFICE, suspended())),
        "RL": (YEAR_OVER, (OFFICE, ended(YEAR_OVER, complete=False))),
        "E": (TRIED, (tried("office-legacy-trial"),)),
        "D": (DISABLED_FROM, (tried("office-legacy-trial"),)),
        "X": (LATE, (OFFICE, CANCEL)),
    },
    "marketplace-saas": {
        "P": (SOON, (CRM,)),
        "P-": (LATE, (CRM,)),
        "Tr": (LATE, activated(CRM_TRIED)),
        "A+": (SOON, activated(CRM)),
        "A-": (LATE, activated(CRM)),
        "C": (LATE, (*activated(CRM), CANCEL_LATE)),
        "S": (LATE, (*activated(CRM), suspended(**MICROSOFT))),
        "RL": (YEAR_OVER, (*activated(CRM), ended(YEAR_OVER, complete=False))),
        "X": (LATE, (*activated(CRM), CANCEL)),
    },
    "dynamics-direct": {
        "Tr": (LATE, (tried("crm-trial"),)),
        "A": (LATE, (DYNAMICS,)),
        "C": (LATE, (DYNAMICS, CANCEL)),
        "RL": (YEAR_OVER, (DYNAMICS, ended(YEAR_OVER, complete=False))),
        "E": (MONTH_OVER, (DYNAMICS, CANCEL)),
    },
    "usage": {
        f"{hybrid}{status}" or "A": (LATE, (offer, *more))
        for hybrid, offer in (("", AZURE), ("H", BACKUP))
        for status, more in (("", ()), ("S", (suspended(),)), ("X", (CANCEL,)))
    },
}
"""How a subscription comes into a column, and an instant at which it is there."""

ASKED: dict[str, Callable[[It], c.Command]] = {
    "add-seats": lambda it: c.AddSeats(**it, seats=5),
    "remove-seats": lambda it: c.RemoveSeats(**it, seats=5),
    "suspend": lambda it: c.Suspend(**it),
    "suspend for another reason": lambda it: c.Suspend(**it, reason="fraud"),
    "suspend by Microsoft": lambda it: c.Suspend(**it, **MICROSOFT),
    "reactivate": lambda it: c.Reactivate(**it),
    "reactivate by Microsoft": lambda it: c.Reactivate(**it, **MICROSOFT),
    "reactivate by support": lambda it: c.Reactivate(**it, **SUPPORT),
    "cancel": lambda it: c.Cancel(**it),
    "cancel at the term's end": lambda it: c.Cancel(**it, at_term_end=True),
    "change-term": lambda it: c.ChangeTerm(**it, term=TermLength.YEAR, plan=Plan.ANNUAL),
    "change-term to three years": lambda it: c.ChangeTerm(**it, term=TermLength.THREE_YEARS, plan=Plan.ANNUAL),
    "change-term by support": lambda it: c.ChangeTerm(**it, term=TermLength.YEAR, plan=Plan.ANNUAL, **SUPPORT),
    "upgrade": lambda it: c.Upgrade(**it, offer_id="office-legacy-plus", seats=10),
    "upgrade of some seats": lambda it: c.Upgrade(**it, offer_id="office-legacy-plus", seats=4),
    "convert-trial": lambda it: c.ConvertTrial(**it),
    "extend-trial": lambda it: c.ExtendTrial(**it),
    "extend-trial with a card": lambda it: c.ExtendTrial(**it, card_on_file=True),
    "migrate": lambda it: c.Migrate(**it, new_subscription_id="s-2", offer_id="e3"),
    "transfer": lambda it: c.Transfer(**it, new_subscription_id="s-2", partner_id="adatum"),
    "purchase of an add-on": lambda it: bought(
        "archive-legacy", at=it["at"], subscription_id="s-2", base_subscription_id="s-1"
    ),
    "purchase that ends on a chosen day": lambda it: bought(
        "office-legacy", at=it["at"], subscription_id="s-2", ends_on=datetime(2025, 12, 31, tzinfo=UTC).date()
    ),
    "rename": lambda it: c.Rename(**it, friendly_name="Sales"),
    "activate": lambda it: c.Activate(**it),
    "turn-on-auto-renew": lambda it: c.TurnOnAutoRenew(**it),
    "turn-off-auto-renew": lambda it: c.TurnOffAutoRenew(**it),
    "schedule-change": lambda it: c.ScheduleChange(**it, seats=30),
    "withdraw-scheduled-change": lambda it: c.WithdrawScheduledChange(**it),
    "queue-billing-plan": lambda it: c.QueueBillingPlan(**it, plan=Plan.ANNUAL),
    "withdraw-billing-plan": lambda it: c.WithdrawBillingPlan(**it),
    "change-payment-method": lambda it: c.ChangePaymentMethod(**it, method=PaymentMethod.INVOICE),
    "change-payment-method by support": lambda it: c.ChangePaymentMethod(**it, method=PaymentMethod.INVOICE, **SUPPORT),
    "complete-renewal": lambda it: c.CompleteRenewal(**it),
    "complete-cycle-charge": lambda it: c.CompleteCycleCharge(**it),
}


@pytest.mark.parametrize(("model", "name", "column", "said"), CELLS)
def test_the_cell_says(*, model: str, name: str, column: str, said: str) -> None:
    """The deviations of the command and state table; D-02, D-03, D-04, D-11, D-15, D-23, D-30."""
    at, story = STORIES[model][column]
    scenario = Scenario(*story)
    scenario.given(c.Advance(to=at, complete=False))
    answer = scenario.when(ASKED[name]({"at": at, "subscription_id": "s-1"}))
    outcome = answer.names[-1] if answer.refusal is None else answer.refusal.code
    assert (outcome, answer.refusal is not None) == (said, said not in RECORDED)


@pytest.mark.parametrize("model", TABLES)
def test_a_table_speaks_of_every_command_in_every_column(model: str) -> None:
    columns = set(TABLES[model].strip().splitlines()[0].split())
    said = {(name, column) for of, name, column, _ in CELLS if of == model}
    needed = {command_name(kind) for kind in get_args(c.Command)} - {"purchase", "start-trial"}
    assert {(name, column) for name in needed for column in columns if column != "P-"} - said == set()


@pytest.mark.parametrize("model", TABLES)
def test_a_table_has_a_column_for_every_status_that_the_model_reaches(model: str) -> None:
    reached = {row.target for row in POLICIES[model].rows}
    shown = {column.strip("+-H") or "A" for column in STORIES[model]}
    names = {"P": Status.PENDING, "Tr": Status.TRIAL, "A": Status.ACTIVE, "C": Status.ACTIVE, "S": Status.SUSPENDED}
    names |= {"RL": Status.RENEWING, "E": Status.EXPIRED, "D": Status.DISABLED, "X": Status.DELETED}
    assert {names[column] for column in shown} == reached
