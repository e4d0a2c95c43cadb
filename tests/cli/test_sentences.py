"""Every event in words."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from csp_lifecycle.cli.sentences import SENTENCES, mark, sentence
from csp_lifecycle.values.calendar import Cycle, Plan, Term, TermLength
from csp_lifecycle.values.windows import RefundKind
from csp_lifecycle.vocabulary import account_events as a
from csp_lifecycle.vocabulary import events as e
from csp_lifecycle.vocabulary.account import Allocation, BillingPeriod, CarriedOver, Program
from csp_lifecycle.vocabulary.names import EVENTS
from csp_lifecycle.vocabulary.subscription import (
    Commerce,
    EndReason,
    PaymentMethod,
    Phase,
    ScheduledChange,
    Slot,
)
from csp_lifecycle.wire.events import UnknownEvent

AT = datetime(2025, 1, 15, 10, tzinfo=UTC)
MIDNIGHT = datetime(2025, 2, 15, tzinfo=UTC)
HEAD: dict[str, Any] = {"at": AT, "subscription_id": "s-1"}
ACCOUNT: dict[str, Any] = {"at": AT, "account_id": "acc"}
PARTS = (Allocation(invoice_id="G1", amount=Decimal("2.00")), Allocation(invoice_id="G2", amount=Decimal("3.00")))
TERM = Term(length=TermLength.YEAR, starts_at=AT, ends_on=date(2026, 1, 14))
CYCLE = Cycle(starts_on=date(2025, 1, 15), ends_on=date(2025, 2, 14))
TERMS: dict[str, Any] = HEAD | {
    "offer_id": "e3",
    "seats": 8,
    "term": TERM,
    "plan": Plan.MONTHLY,
    "cycle_anchor": date(2025, 1, 15),
    "charge_cycle": CYCLE,
    "unit_price": Decimal("10.00"),
    "currency": "EUR",
    "refunds": (),
    "seat_lots": (),
}
SOLD: dict[str, Any] = TERMS | {
    "customer_id": "c",
    "commerce": Commerce.NEW_COMMERCE,
    "policy": "new-commerce",
    "auto_renew": True,
}
BY_USE: dict[str, Any] = SOLD | {"seats": 0, "term": None, "plan": None, "charge_cycle": None, "unit_price": None}
NEXT: dict[str, Any] = TERMS | {"policy": "new-commerce", "auto_renew": True}
PAID = "8 seats of Office 365 E3 for one year to 2026-01-14, charged monthly, EUR 10.00 a seat and month"
ONE_SEAT: dict[str, Any] = HEAD | {"seats": 1, "seats_after": 24, "seat_lots": ()}
CHANGE = ScheduledChange(
    offer_id="e3", seats=8, term=TermLength.THREE_YEARS, plan=Plan.ANNUAL, ends_on=date(2026, 1, 31)
)
WAITS = "Office 365 E3, 8 seats, a term of three years, charged once a year, ending on 2026-01-31"

SAID: list[tuple[Any, str]] = [
    (e.Purchased(**SOLD), f"bought {PAID}"),
    (e.Purchased(**SOLD, base_subscription_id="s-0"), f"bought {PAID}, as an add-on of s-0"),
    (
        e.Purchased(**SOLD, origin=e.Origin.UPGRADE, from_subscription_id="s-0"),
        f"received by an upgrade of s-0 {PAID}",
    ),
    (e.Purchased(**BY_USE), "bought Office 365 E3 billed by use"),
    (e.Ordered(**SOLD), f"ordered {PAID}; its publisher has to activate it"),
    (
        e.TrialStarted(
            **HEAD,
            customer_id="c",
            offer_id="e3",
            commerce=Commerce.NEW_COMMERCE,
            policy="new-commerce",
            seats=25,
            term=TERM,
            default_change=CHANGE,
            currency="EUR",
            auto_renew=True,
        ),
        "started a free trial: 25 seats of Office 365 E3 for 30 days to 2026-01-14",
    ),
    (
        e.Activated(**HEAD, term=TERM, cycle_anchor=date(2025, 1, 15), charge_cycle=CYCLE),
        "activated by its publisher, for a term to 2026-01-14",
    ),
    (e.SeatsAdded(**ONE_SEAT), "added 1 seat, now 24"),
    (e.SeatsRemoved(**ONE_SEAT), "removed 1 seat, now 24"),
    (
        e.SeatsMovedOut(**ONE_SEAT, other_subscription_id="s-2", reassignment=e.Reassignment.MANUAL),
        "1 seat moved to s-2, 24 stay",
    ),
    (
        e.SeatsMovedOut(
            **ONE_SEAT | {"seats_after": 0}, other_subscription_id="s-2", reassignment=e.Reassignment.MANUAL
        ),
        "1 seat moved to s-2, none stays",
    ),
    (e.SeatsMovedIn(**ONE_SEAT, other_subscription_id="s-2"), "1 seat came from s-2, now 24"),
    (
        e.Upgraded(**TERMS, from_offer_id="basic", reassignment=e.Reassignment.AUTOMATIC),
        "upgraded 8 seats from basic to Office 365 E3 in place, EUR 10.00 a seat and month",
    ),
    (
        e.TermChanged(**TERMS),
        "began another term: 8 seats for one year to 2026-01-14, charged monthly, EUR 10.00 a seat and month",
    ),
    (e.TrialConverted(**NEXT), f"became paid: {PAID}"),
    (e.TrialConverted(**NEXT, applied=(Slot.NEXT_TERM,)), f"became paid as scheduled: {PAID}"),
    (e.TrialExtended(**HEAD, term=TERM), "the trial has more days, to 2026-01-14"),
    (
        e.Renewed(**NEXT),
        "renewed for one year to 2026-01-14, charged monthly, EUR 10.00 a seat and month",
    ),
    (e.Renewed(**NEXT, applied=(Slot.NEXT_TERM,)), f"renewed as scheduled: {PAID}"),
    (e.Renewed(**NEXT, applied=(Slot.NEXT_CHARGE,)), f"renewed with the queued plan: {PAID}"),
    (
        e.Suspended(**HEAD, reason="unpaid", auto_renew=False),
        "suspended (unpaid); auto-renew is off from now on",
    ),
    (e.Suspended(**HEAD, reason="base", auto_renew=True), "suspended (base); auto-renew is on from now on"),
    (e.SuspensionReasonLifted(**HEAD, reason="base"), "one reason lifted (base), others still suspend it"),
    (e.Reactivated(**HEAD), "reactivated, users have access again"),
    (e.Reactivated(**HEAD, term=TERM), "reactivated, users have access again, for a new term to 2026-01-14"),
    (e.Canceled(**HEAD, refund=RefundKind.FULL), "canceled with a full refund"),
    (e.Canceled(**HEAD, refund=RefundKind.NONE), "canceled without a refund"),
    (e.CancellationScheduled(**HEAD, ends_on=date(2026, 1, 14)), "canceled for later: it ends with 2026-01-14"),
    (e.AutoRenewTurnedOn(**HEAD), "turned auto-renew on: the term will renew"),
    (e.AutoRenewTurnedOff(**HEAD), "turned auto-renew off: the term will lapse"),
    (e.ChangeScheduled(**HEAD, scheduled_change=CHANGE), f"scheduled for the next term: {WAITS}"),
    (e.ScheduledChangeWithdrawn(**HEAD, scheduled_change=CHANGE), f"withdrew the next term's change ({WAITS})"),
    (e.BillingPlanQueued(**HEAD, plan=Plan.ANNUAL), "queued for the next charge: billing once a year"),
    (e.BillingPlanWithdrawn(**HEAD, plan=Plan.ANNUAL), "withdrew the queued plan (once a year)"),
    (
        e.WaitingChangesVoided(
            **HEAD,
            slots=tuple(Slot),
            because="canceled",
            scheduled_change=ScheduledChange(seats=8),
            plan=Plan.MONTHLY,
        ),
        "lost by that: the next term's change (8 seats) and the queued plan (monthly)",
    ),
    (e.CycleChargeStarted(**HEAD), "a cycle charge that applies the queued plan is in flight"),
    (e.CycleCharged(**HEAD, charge_cycle=CYCLE), "charged for 2025-01-15 to 2025-02-14"),
    (
        e.CycleCharged(**HEAD, charge_cycle=CYCLE, plan=Plan.MONTHLY, unit_price=Decimal(10)),
        "charged monthly as queued, for 2025-01-15 to 2025-02-14",
    ),
    (e.RenewalStarted(**HEAD), "the renewal is in flight"),
    (e.Expired(**HEAD, until=MIDNIGHT), "expired with its term; the next step is due on 2025-02-15"),
    (e.Expired(**HEAD), "expired with its term"),
    (
        e.Disabled(**HEAD, phase=Phase.RETENTION, until=MIDNIGHT),
        "disabled; administrators reach the data until 2025-02-15",
    ),
    (
        e.Deleted(**HEAD, reason=EndReason.TRANSITIONED, into_subscription_id="s-2"),
        "deleted: all its seats moved on (into s-2)",
    ),
    (e.Deleted(**HEAD, reason=EndReason.LAPSED), "deleted: the term had lapsed"),
    (e.Migrated(**HEAD, into_subscription_id="s-2"), "migrated to new commerce, where it is s-2"),
    (
        e.Transferred(**HEAD, partner_id="p-2", into_subscription_id="s-2"),
        "transferred to partner p-2, where it is s-2",
    ),
    (e.PaymentMethodChanged(**HEAD, method=PaymentMethod.INVOICE), "is paid by invoice from now on"),
    (e.Renamed(**HEAD, friendly_name="Sales"), "renamed to Sales"),
    (
        a.AccountOpened(**ACCOUNT, program=Program.LEGACY, currency="EUR", anniversary_day=12),
        "opened for the charges of legacy in EUR, in periods from day 12 of the month",
    ),
    (
        a.AccountOpened(**ACCOUNT, program=Program.NEW_COMMERCE, currency="EUR", anniversary_day=None),
        "opened for the charges of new-commerce in EUR",
    ),
    (
        a.InvoiceIssued(
            **ACCOUNT,
            invoice_id="G1",
            period=BillingPeriod(starts_on=date(2025, 9, 1), ends_on=date(2025, 9, 30)),
            available_on=date(2025, 10, 8),
            due_on=date(2025, 12, 7),
            amount=Decimal("9.00"),
            lines=(),
        ),
        "invoice G1 from 2025-09-01: 9.00 in 0 lines, due 2025-12-07",
    ),
    (
        a.InvoiceVoided(**ACCOUNT, invoice_id="G1", void_id="G2", amount=Decimal("-9.00"), reason="wrong PO"),
        "invoice G1 voided by G2: -9.00 (wrong PO)",
    ),
    (
        a.InvoiceRebilled(
            **ACCOUNT,
            invoice_id="G1",
            new_invoice_id="G3",
            available_on=date(2025, 10, 8),
            due_on=date(2025, 12, 7),
            amount=Decimal("8.00"),
            carried_over=(CarriedOver(receipt_id="p", amount=Decimal("1.00")),),
        ),
        "invoice G1 rebilled as G3: 8.00, due 2025-12-07; what was paid on it still counts",
    ),
    (
        a.PaymentRecorded(**ACCOUNT, payment_id="p", amount=Decimal("5.00"), allocations=()),
        "received 5.00 as p: not allocated yet",
    ),
    (
        a.PaymentAllocated(**ACCOUNT, payment_id="p", allocations=PARTS),
        "allocated p: 2.00 to G1, 3.00 to G2",
    ),
    (
        a.CreditNoteRecorded(**ACCOUNT, credit_id="c", amount=Decimal("5.00"), allocations=PARTS),
        "credited 5.00 as c: 2.00 to G1, 3.00 to G2",
    ),
    (a.AccessLost(**ACCOUNT, reason="unpaid"), "lost access to the account and its services (unpaid)"),
    (a.AccessRegained(**ACCOUNT), "has access again"),
]


def named(offer_id: str) -> str:
    return {"e3": "Office 365 E3"}.get(offer_id, offer_id)


@pytest.mark.parametrize(("event", "said"), SAID, ids=lambda value: value if isinstance(value, str) else "")
def test_an_event_is_said_in_words(event: Any, said: str) -> None:
    assert sentence(event, named) == said


def test_every_kind_of_event_has_a_sentence_and_stands_above() -> None:
    assert set(SENTENCES) == set(EVENTS.values()) == {type(event) for event, _ in SAID}


def test_every_reason_to_end_has_its_words() -> None:
    for reason in EndReason:
        assert sentence(e.Deleted(**HEAD, reason=reason), named).startswith("deleted: ")


def test_an_event_of_a_newer_version_is_named_and_not_explained() -> None:
    unknown = UnknownEvent(subscription_id="s-1", type="cloned", schema=9, body={})
    assert sentence(unknown, named) == "something that only a newer version of this library understands (cloned)"
    assert mark(unknown) == ("·", "dim")
