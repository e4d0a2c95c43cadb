"""Invoices: the period they cover, when they come and are due, and what stands on them (R-CHARGE)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from csp_lifecycle.billing.rules import LEGACY
from csp_lifecycle.billing.upcoming import not_invoiced
from csp_lifecycle.values.calendar import DAY, add_months, last_of_month, midnight
from csp_lifecycle.vocabulary.account import Account, BillingPeriod, Program
from csp_lifecycle.vocabulary.charge_line import ChargeLine, Lines

DUE_AFTER = timedelta(days=60)
"""How long an invoice may stay unpaid, counted from the day of its issue (R-CHARGE-17)."""

NUMBERS_BEGIN_WITH = {Program.LEGACY: "D", Program.NEW_COMMERCE: "G"}
"""R-CHARGE-22."""


def period_of(program: Program, day: date, anniversary_day: int = 1) -> BillingPeriod:
    """The billing period that holds *day*: the calendar month, or in legacy a month from the anniversary day.

    R-CHARGE-01, R-CHARGE-03. An anniversary on the 29th to 31st falls on the last day of a shorter month (D-24).
    """
    if program is Program.NEW_COMMERCE:
        return BillingPeriod(starts_on=day.replace(day=1), ends_on=last_of_month(day))
    # Counted from a January, whose last day is the 31st.
    anchor = date(day.year, 1, anniversary_day)
    months = day.month - 1 if add_months(anchor, day.month - 1) <= day else day.month - 2
    return BillingPeriod(starts_on=add_months(anchor, months), ends_on=add_months(anchor, months + 1) - DAY)


def available_on(program: Program, period: BillingPeriod) -> date:
    """The last day on which the documents appear: the 8th of the next month, or the anniversary and two days.

    R-CHARGE-02, R-CHARGE-04, AMB-39.
    """
    if program is Program.NEW_COMMERCE:
        return period.ends_on + _DAYS_TO_THE_EIGHTH
    return period.starts_on + _DAYS_AFTER_THE_ANNIVERSARY


_DAYS_TO_THE_EIGHTH = timedelta(days=8)
_DAYS_AFTER_THE_ANNIVERSARY = timedelta(days=2)


def issuable_at(program: Program, period: BillingPeriod) -> datetime:
    """The first instant at which a period can be invoiced: when it is over, or in legacy when it begins.

    New commerce publishes after the month (R-CHARGE-04), legacy two days into the period (R-CHARGE-02).
    """
    return midnight(period.starts_on if program is Program.LEGACY else period.ends_on + DAY)


def program_of(line: ChargeLine) -> Program:
    """The program whose invoice a line belongs on; the words of the two files have none in common."""
    return Program.LEGACY if line.charge_type in _LEGACY_WORDS else Program.NEW_COMMERCE


_LEGACY_WORDS = frozenset(word for word, _ in LEGACY.lines.values())


def lines_of(account: Account, period: BillingPeriod, lines: Iterable[ChargeLine], until: datetime) -> Lines:
    """The lines for an invoice of the account: ordered in the period, and on no valid invoice yet (R-CHARGE-06).

    *lines* are those of the whole log. What is ordered after *until*, when the invoice is issued, is not on it.
    """
    ours = (
        line
        for line in lines
        if line.at.date() in period
        and line.at <= until
        and line.currency == account.currency
        and program_of(line) is account.program
    )
    return not_invoiced(ours, held(account))


def held(account: Account) -> Lines:
    """The lines that stand on valid invoices."""
    return tuple(line for invoice in account.valid for line in invoice.lines)
