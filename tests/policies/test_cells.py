"""Which command is possible in which state of new commerce, cell by cell, and what the refusal is called.

The table is written down by hand and reached by real scenarios, so it can disagree with the rows of the policy.
Columns: P pending (not reachable in new commerce, so read from the policy), Tr trial, A active, S suspended (each
with its cancellation window open + or closed -), E expired, D disabled, X deleted, RL a renewal in flight, CL a
cycle charge in flight (CL+ while the window is open).
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import attrs
import pytest

from csp_lifecycle.policies.new_commerce import NEW_COMMERCE
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.alignment import Alignment
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary.commands import Command
from csp_lifecycle.vocabulary.names import COMMANDS, command_name
from csp_lifecycle.vocabulary.subscription import PaymentMethod, Status

TABLE = """
add-seats
    P not-active / Tr trial-quantity-locked / A+ A- CL ok / S+ S- quantity-while-suspended / E D no-updates
    X deleted / RL conflict
remove-seats
    P not-active / Tr trial-quantity-locked / A+ A- CL ok / S+ S- quantity-while-suspended / E D no-updates
    X deleted / RL conflict
remove-seats, more than are in open lots
    A- CL reduction-window-closed
suspend
    P not-active / Tr trial-status-locked / A+ A- CL ok / S+ S- already-in-state / E D no-updates / X deleted
    RL renewal-locked
suspend, for another reason
    S+ S- ok
reactivate
    P not-active / Tr A+ A- CL already-in-state / S+ S- ok / E D not-reactivable / X deleted
    RL renewal-locked
cancel
    P not-active / Tr trial-status-locked / A+ S+ CL+ ok / A- S- CL cancellation-window-closed
    E D no-updates / X deleted / RL conflict
turn-off-auto-renew
    P not-active / Tr A+ A- CL ok / S+ S- suspended-no-update / E D no-updates / X deleted / RL renewal-locked
turn-on-auto-renew
    P not-active / Tr A+ A- CL ok / S+ S- suspended-no-update / E D no-updates / X deleted / RL renewal-locked
schedule-change
    P not-active / Tr A+ A- CL ok / S+ S- suspended-no-update / E D no-updates / X deleted / RL renewal-locked
schedule-change, auto-renew off
    Tr A+ A- CL auto-renew-required
withdraw-scheduled-change
    P Tr A+ A- S+ S- E D X RL CL nothing-scheduled
withdraw-scheduled-change, one was there
    Tr A+ A- CL ok / S+ S- E D X nothing-scheduled / RL renewal-locked
queue-billing-plan
    P not-active / Tr trial-term-locked / A+ A- ok / S+ S- suspended-no-update / E D no-updates / X deleted
    RL conflict / CL cycle-charge-locked
withdraw-billing-plan
    P not-active / Tr trial-term-locked / A+ A- nothing-queued / S+ S- suspended-no-update / E D no-updates
    X deleted / RL conflict / CL cycle-charge-locked
withdraw-billing-plan, one is there
    A+ A- ok
change-term
    P not-active / Tr trial-term-locked / A+ A- ok / S+ S- suspended-no-update / E D no-updates / X deleted
    RL CL conflict
upgrade
    P S+ S- E D X not-active / Tr use-trial-conversion / A+ A- CL ok / RL conflict
upgrade, as existing target
    Tr target-not-eligible / A+ target-in-cancellation-window / A- CL ok / S+ S- E D X target-not-active
    RL target-not-ready
convert-trial
    P not-active / Tr ok / A+ A- S+ S- E D X not-a-trial / RL conflict
extend-trial
    P not-active / Tr not-supported / A+ A- S+ S- E D X not-a-trial / RL conflict
purchase, an add-on on this base
    Tr S+ S- E D X base-not-active / A+ A- RL CL ok
rename
    P not-active / Tr A+ A- CL ok / S+ S- suspended-no-update / E D no-updates / X deleted / RL conflict
transfer
    P not-active / Tr S+ S- E D X not-eligible / A+ A- ok / RL CL conflict
complete-renewal
    P Tr A+ A- S+ S- E D X CL nothing-in-flight / RL ok
complete-cycle-charge
    P Tr A+ A- S+ S- E D X RL nothing-in-flight / CL ok
activate
    Tr A+ A- CL already-in-state / S+ S- suspended-no-update / E D no-updates / X deleted / RL conflict
migrate
    A+ A- not-supported
change-payment-method
    A+ A- not-supported
"""


def _cells() -> Iterator[tuple[str, str, str]]:
    """Every cell as (command, column, code), where the code of a possible command is ok."""
    name = ""
    for line in TABLE.strip().splitlines():
        if not line.startswith(" "):
            name = line
            continue
        for cell in line.split("/"):
            *columns, code = cell.split()
            yield from ((name, column, code) for column in columns)


CELLS = tuple(_cells())

It = dict[str, Any]
Story = tuple[c.Command | c.Advance, ...]

BOUGHT = datetime(2025, 1, 15, 10, tzinfo=UTC)
DAY_2 = BOUGHT + timedelta(days=1)
OPEN, CLOSED = BOUGHT + timedelta(days=7), BOUGHT + timedelta(days=7, microseconds=1)
JAN_28, FEB_1, FEB_15 = (datetime(2025, month, day, tzinfo=UTC) for month, day in ((1, 28), (2, 1), (2, 15)))

WHEN = {
    **dict.fromkeys(("Tr", "X"), DAY_2),
    **dict.fromkeys(("A+", "S+"), OPEN),
    **dict.fromkeys(("A-", "S-"), CLOSED),
    **dict.fromkeys(("E", "RL", "CL"), FEB_15 + timedelta(hours=1)),
    "D": FEB_15 + timedelta(days=30),
    "CL+": FEB_1 + timedelta(hours=1),
}
"""An instant at which the subscription of a column is in it."""


def bought(term: TermLength, offer_id: str, at: datetime = BOUGHT, align: Alignment | None = None) -> c.Purchase:
    return c.Purchase(
        at=at,
        subscription_id="s-1",
        customer_id="contoso",
        offer_id=offer_id,
        seats=10,
        term=term,
        plan=Plan.MONTHLY,
        align=align,
    )


def story(column: str, term: TermLength, offer_id: str) -> Story:
    """How a subscription comes into a column. Where a month has to pass, the first command says the term."""
    it: It = {"at": DAY_2, "subscription_id": "s-1"}
    short, long = bought(TermLength.MONTH, offer_id), bought(TermLength.THREE_YEARS, offer_id)
    late = bought(TermLength.THREE_YEARS, offer_id, JAN_28, Alignment.CALENDAR_MONTH)
    annual = c.QueueBillingPlan(at=JAN_28, subscription_id="s-1", plan=Plan.ANNUAL)
    stories: dict[str, Story] = {
        "Tr": (
            c.StartTrial(at=BOUGHT, subscription_id="s-1", customer_id="contoso", offer_id="business-standard-trial"),
        ),
        **dict.fromkeys(("A+", "A-"), (bought(term, offer_id),)),
        **dict.fromkeys(("S+", "S-"), (bought(term, offer_id), c.Suspend(**it))),
        **dict.fromkeys(("E", "D"), (short, c.TurnOffAutoRenew(**it))),
        "X": (bought(term, offer_id), c.Cancel(**it)),
        "RL": (short, c.Advance(to=FEB_15, complete=False)),
        "CL": (long, annual, c.Advance(to=FEB_15, complete=False)),
        "CL+": (late, annual, c.Advance(to=FEB_1, complete=False)),
    }
    return stories[column]


def _upgraded_into(it: It) -> Story:
    source = attrs.evolve(bought(TermLength.MONTH, "business-standard", it["at"]), subscription_id="s-2")
    move = c.Upgrade(
        at=it["at"], subscription_id="s-2", offer_id="e3", seats=10, target_subscription_id=it["subscription_id"]
    )
    return source, move


def _add_on(it: It) -> Story:
    add_on = attrs.evolve(bought(TermLength.MONTH, "visio", it["at"]), subscription_id="s-2")
    return (attrs.evolve(add_on, base_subscription_id=it["subscription_id"]),)


ASKED: dict[str, Callable[[It], Story]] = {
    "add-seats": lambda it: (c.AddSeats(**it, seats=5),),
    "remove-seats": lambda it: (c.AddSeats(**it, seats=5), c.RemoveSeats(**it, seats=5)),
    "remove-seats, more than are in open lots": lambda it: (c.AddSeats(**it, seats=5), c.RemoveSeats(**it, seats=6)),
    "suspend": lambda it: (c.Suspend(**it),),
    "suspend, for another reason": lambda it: (c.Suspend(**it, reason="fraud"),),
    "reactivate": lambda it: (c.Reactivate(**it),),
    "cancel": lambda it: (c.Cancel(**it),),
    "turn-off-auto-renew": lambda it: (c.TurnOffAutoRenew(**it),),
    "turn-on-auto-renew": lambda it: (c.TurnOffAutoRenew(**it), c.TurnOnAutoRenew(**it)),
    "schedule-change": lambda it: (c.ScheduleChange(**it, seats=30),),
    "schedule-change, auto-renew off": lambda it: (c.TurnOffAutoRenew(**it), c.ScheduleChange(**it, seats=30)),
    "withdraw-scheduled-change": lambda it: (c.WithdrawScheduledChange(**it),),
    "withdraw-scheduled-change, one was there": lambda it: (c.WithdrawScheduledChange(**it),),
    "queue-billing-plan": lambda it: (c.QueueBillingPlan(**it, plan=Plan.ANNUAL),),
    "withdraw-billing-plan": lambda it: (c.WithdrawBillingPlan(**it),),
    "withdraw-billing-plan, one is there": lambda it: (
        c.QueueBillingPlan(**it, plan=Plan.ANNUAL),
        c.WithdrawBillingPlan(**it),
    ),
    "change-term": lambda it: (c.ChangeTerm(**it, term=TermLength.THREE_YEARS, plan=Plan.MONTHLY),),
    "upgrade": lambda it: (c.Upgrade(**it, offer_id="e3", seats=10),),
    "upgrade, as existing target": _upgraded_into,
    "convert-trial": lambda it: (c.ConvertTrial(**it),),
    "extend-trial": lambda it: (c.ExtendTrial(**it),),
    "purchase, an add-on on this base": _add_on,
    "rename": lambda it: (c.Rename(**it, friendly_name="Sales"),),
    "transfer": lambda it: (c.Transfer(**it, new_subscription_id="s-2", partner_id="adatum"),),
    "complete-renewal": lambda it: (c.CompleteRenewal(**it),),
    "complete-cycle-charge": lambda it: (c.CompleteCycleCharge(**it),),
    "activate": lambda it: (c.Activate(**it),),
    "migrate": lambda it: (c.Migrate(**it, new_subscription_id="s-2", offer_id="e3"),),
    "change-payment-method": lambda it: (c.ChangePaymentMethod(**it, method=PaymentMethod.CARD),),
}
"""The last command is the one the cell is about; one before it makes room for it where it can."""


def arrived(name: str, column: str) -> Scenario:
    """A subscription in *column*, and for commands that need it, what they withdraw or move into."""
    term = TermLength.YEAR if name == "change-term" else TermLength.THREE_YEARS
    first, *others = story(column, term, "e3" if name == "upgrade, as existing target" else "business-standard")
    scheduled = c.ScheduleChange(at=BOUGHT, subscription_id="s-1", seats=30)
    early = (scheduled,) if name == "withdraw-scheduled-change, one was there" else ()
    return Scenario(first, *early, *others)


@pytest.mark.parametrize(("name", "column", "code"), [cell for cell in CELLS if cell[1] != "P"])
def test_the_cell_says(name: str, column: str, code: str) -> None:  # rules of the command and state table
    scenario = arrived(name, column)
    *before, command = ASKED[name]({"at": WHEN[column], "subscription_id": "s-1"})
    for earlier in before:
        scenario.when(earlier)
    answer = scenario.when(command)
    if code == "ok":
        assert answer.recorded
    else:
        answer.refused(code)


@pytest.mark.parametrize(("name", "code"), [(name, code) for name, column, code in CELLS if column == "P"])
def test_the_cell_of_a_pending_subscription_says(name: str, code: str) -> None:
    cell = NEW_COMMERCE.closed_cell(Status.PENDING, COMMANDS[name])
    assert cell is not None
    assert (cell.reason.code, cell.first) == (code, ())


def test_the_table_speaks_of_every_command_about_one_subscription() -> None:
    named = {command_name(kind) for kind in get_args(Command)}
    assert {name.split(",")[0] for name, _, _ in CELLS} == named - {"start-trial"}


@pytest.mark.parametrize(
    ("column", "to", "became"),
    [
        ("Tr", datetime(2025, 2, 14, tzinfo=UTC), "trial-converted"),
        ("A+", FEB_15, "renewed"),
        ("S+", FEB_15, "deleted"),  # D-01: it is never renewed
        ("RL", FEB_15 + timedelta(days=40), None),  # R-LOCK-04: no time ends what is in flight
    ],
)
def test_the_end_of_a_term_brings(column: str, to: datetime, became: str | None) -> None:
    scenario = Scenario(*story(column, TermLength.MONTH, "business-standard"))
    assert scenario.when(c.Advance(to=to)).names == (() if became is None else (became,))


def test_a_term_that_ends_while_a_cycle_charge_is_in_flight_renews_once_that_is_complete() -> None:
    scenario = Scenario(*story("CL", TermLength.THREE_YEARS, "business-standard"))
    end = datetime(2028, 1, 15, tzinfo=UTC)
    assert scenario.when(c.Advance(to=end)).names == ()
    scenario.given(c.CompleteCycleCharge(at=end, subscription_id="s-1"))
    assert "renewed" in scenario.when(c.Advance(to=end)).names
