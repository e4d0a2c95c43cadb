"""The small words: how a person reads an instant, a number of seats, a term, a price, a change that waits."""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal

from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.subscription import EndReason, ScheduledChange

Named = Callable[[str], str]
"""From an offer's id to the name that people know it by."""

TERMS = {
    TermLength.MONTH: "one month",
    TermLength.YEAR: "one year",
    TermLength.THREE_YEARS: "three years",
    TermLength.TRIAL: "30 days",
}
CHARGED = {Plan.MONTHLY: "monthly", Plan.ANNUAL: "once a year", Plan.TRIENNIAL: "once for three years"}
CYCLES = {Plan.MONTHLY: "month", Plan.ANNUAL: "year", Plan.TRIENNIAL: "three years"}
ENDS = {
    EndReason.CANCELED: "canceled",
    EndReason.LAPSED: "the term had lapsed",
    EndReason.TRANSITIONED: "all its seats moved on",
    EndReason.CONVERTED: "the trial was converted",
    EndReason.MIGRATED: "it went to new commerce",
    EndReason.UNPAID: "nobody paid",
    EndReason.TRANSFERRED: "it went to another partner",
    EndReason.NOT_REACTIVATED: "nobody reactivated it before its term ended",
}


def offer_names(catalog: Catalog) -> Named:
    """The names of the catalog; an offer that is not in it is known by its id alone."""

    def named(offer_id: str) -> str:
        offer = catalog.offer(offer_id)
        return offer_id if offer is None else offer.name

    return named


def moment(at: datetime) -> str:
    """An instant in UTC; only its day where it is midnight, when what time brings happens."""
    return f"{at:%Y-%m-%d}" if at.time() == time() else deadline(at)


def deadline(at: datetime) -> str:
    """An instant in UTC, with its time of day even at midnight: up to it something is open."""
    return f"{at:%Y-%m-%d} {clock(at)}"


def short(at: date) -> str:
    """A day, or an instant, without its year, where the year is plain from what stands around it."""
    return f"{at:%m-%d} {clock(at)}" if isinstance(at, datetime) else f"{at:%m-%d}"


def clock(at: datetime) -> str:
    """The time of day, with seconds only where there are some."""
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


def seats(number: int) -> str:
    """`1 seat`, `25 seats`."""
    return f"{number} seat" if number == 1 else f"{number} seats"


def count(number: int, one: str) -> str:
    """`1 event`, `3 events`."""
    return f"{number} {one}" if number == 1 else f"{number} {one}s"


def price(amount: Decimal, currency: str, plan: Plan) -> str:
    """What one seat costs for one charge cycle."""
    return f"{currency} {amount} a seat and {CYCLES[plan]}"


def change(waiting: ScheduledChange, named: Named) -> str:
    """What a change for the next term says; what it does not name stays as it is."""
    parts = (
        waiting.offer_id and named(waiting.offer_id),
        waiting.seats and seats(waiting.seats),
        waiting.term and f"a term of {TERMS[waiting.term]}",
        waiting.plan and f"charged {CHARGED[waiting.plan]}",
        waiting.ends_on and f"ending on {waiting.ends_on}",
    )
    return ", ".join(part for part in parts if part)


def printable(text: str) -> str:
    """*text* with every control character replaced: names come from outside, and a terminal obeys what it reads."""
    return "".join(one if one.isprintable() or one == "\n" else "\N{REPLACEMENT CHARACTER}" for one in text)
