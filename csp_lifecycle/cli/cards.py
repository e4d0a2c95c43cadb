"""One subscription as a card: what it is, what it costs, what may still be taken back, what waits, what comes."""

from collections.abc import Iterator
from datetime import datetime

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from csp_lifecycle.cli import words
from csp_lifecycle.cli.ahead import ahead, in_flight
from csp_lifecycle.cli.console import styled
from csp_lifecycle.cli.drawing import Span, progress
from csp_lifecycle.cli.words import CHARGED, ENDS, TERMS, Named, deadline, price
from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.guards import older, running
from csp_lifecycle.policies.terms import LaterCancellation
from csp_lifecycle.vocabulary.commands import Cancel
from csp_lifecycle.vocabulary.events import CancellationScheduled
from csp_lifecycle.vocabulary.subscription import Status, Subscription

COLORS = {
    Status.PENDING: "cyan",
    Status.TRIAL: "cyan",
    Status.ACTIVE: "green",
    Status.RENEWING: "cyan",
    Status.SUSPENDED: "yellow",
    Status.EXPIRED: "yellow",
    Status.DISABLED: "yellow",
    Status.DELETED: "red",
}
_BAR = 40

Line = tuple[str, Text]


def card(subscription: Subscription, at: datetime, named: Named) -> Panel:
    """The card as of *at*."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    for label, text in _lines(subscription, at, named):
        grid.add_row(label, text)
    known = subscription.friendly_name
    title = subscription.subscription_id if known is None else f"{known} ({subscription.subscription_id})"
    color = COLORS[subscription.status]
    head = styled(f" {title} · ", (status_words(subscription), f"bold {color}"), " ")
    foot = styled((f" version {subscription.version}, as of {deadline(at)} UTC ", "dim"))
    return Panel(
        grid, title=head, title_align="left", subtitle=foot, subtitle_align="right", border_style=color, padding=(1, 2)
    )


def status_words(subscription: Subscription) -> str:
    """The status, with what belongs to it."""
    more = [
        *subscription.suspension_reasons,
        *([] if subscription.phase is None else [subscription.phase.value]),
        *([] if subscription.end_reason is None else [ENDS[subscription.end_reason]]),
    ]
    return subscription.status.value + (f" ({', '.join(more)})" if more else "")


def _lines(subscription: Subscription, at: datetime, named: Named) -> Iterator[Line]:
    base = subscription.base_subscription_id
    attached = "" if base is None else f", attached to {base}"
    yield "offer", styled(named(subscription.offer_id), (f"  {subscription.commerce.value}{attached}", "dim"))
    yield "customer", styled(subscription.customer_id)
    yield "seats", styled(_seats(subscription, at))
    yield from _term_lines(subscription, at)
    yield "to cancel", styled(_cancelable(subscription, at))
    yield "waiting", styled(_waiting(subscription, named))
    flight = in_flight(subscription)
    if flight is not None:
        yield "in flight", styled((flight, "cyan"))
    coming = ahead(subscription, at, named)
    for number, (when, what) in enumerate(coming):
        late = ("   overdue: advance has not taken it yet", "red") if when <= at else ""
        yield "" if number else "ahead", styled((deadline(when), "bold"), f"  {what}", late)
    if not coming and flight is None:
        yield "ahead", styled("nothing: time alone changes this subscription no more")


def _seats(subscription: Subscription, at: datetime) -> str:
    if not subscription.seats:
        return "none"
    lots = "; ".join(f"{lot.seats} until {deadline(lot.reducible_until)}" for lot in subscription.lots_at(at))
    return f"{subscription.seats}, of which can be removed: {lots or 'none now'}"


def _term_lines(subscription: Subscription, at: datetime) -> Iterator[Line]:
    term = subscription.term
    if term is not None:
        renews = f"auto-renew is {'on' if subscription.auto_renew else 'off'}"
        yield "term", styled(f"{TERMS[term.length]}, {term.starts_on} to {term.ends_on}; {renews}")
        days = (term.ends_on - term.starts_on).days + 1
        day = min(max((at.date() - term.starts_on).days + 1, 1), days)
        line = progress(Span("term", term.starts_at, term.ends_before), at, _BAR)
        yield "", styled((line, "cyan"), f"  day {day} of {days}")
    yield "charged", styled(_charged(subscription))


def _charged(subscription: Subscription) -> str:
    plan, unit_price, cycle = subscription.plan, subscription.unit_price, subscription.charge_cycle
    if plan is None or unit_price is None:
        return "nothing, it is free" if subscription.is_trial else "by use"
    now = "" if cycle is None else f"; now for {cycle.starts_on} to {cycle.ends_on}"
    return f"{CHARGED[plan]}, {price(unit_price, subscription.currency or '', plan)}{now}"


def _cancelable(subscription: Subscription, at: datetime) -> str:
    refunds = [f"until {deadline(one.until)} with a {one.kind.value} refund" for one in subscription.refunds_at(at)]
    if refunds:
        return ", ".join(refunds)
    policy = POLICIES.get(subscription.policy)
    if policy is None:
        return "not now"
    rows = [row for row in policy.rows if (row.status, row.on) == (subscription.status, Cancel)]
    if any(CancellationScheduled in row.records for row in rows):
        return "canceled already" if subscription.cancellation_scheduled else _LATER[policy.later_cancellation]
    if any(_UNCONDITIONAL.issuperset(row.only_if) for row in rows):
        return "at any time, without a refund"
    reopens = policy.windows_reopen and subscription.status is Status.ACTIVE and subscription.auto_renew
    return "not now" + ("; the renewal opens the window again" if reopens else "")


_LATER = {
    LaterCancellation.WITH_THE_TERM: "with the end of the term, without a refund",
    LaterCancellation.WITH_THE_CYCLE: "with the end of the charge cycle, without a refund",
}
_UNCONDITIONAL = frozenset({running.no_choice_of_term_end, older.end_is_not_chosen})
"""What is asked of a cancellation that is possible at any time: only that nobody chooses when it takes effect."""


def _waiting(subscription: Subscription, named: Named) -> str:
    """What waits; a trial's default conversion is no waiting change and stands under what comes."""
    waits = []
    if subscription.scheduled_change is not None:
        waits.append(f"for the next term: {words.change(subscription.scheduled_change, named)}")
    if subscription.queued_plan is not None:
        waits.append(f"for the next charge: billing {CHARGED[subscription.queued_plan]}")
    return "; ".join(waits) or "nothing"
