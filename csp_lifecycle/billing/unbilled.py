"""Unbilled charges: what is charged and on no invoice yet, and whether Partner Center shows it (R-CHARGE-08)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum

from attrs import frozen

from csp_lifecycle.billing.invoices import program_of
from csp_lifecycle.billing.upcoming import not_invoiced
from csp_lifecycle.vocabulary.account import Program
from csp_lifecycle.vocabulary.charge_line import ChargeLine

SOONEST, LATEST = timedelta(hours=24), timedelta(days=7)


class Shown(Enum):
    """Whether an unbilled charge can be seen in Partner Center; one that should be and is not is for support."""

    NOT_YET = "not-yet"
    MAYBE = "maybe"
    SURELY = "surely"


@frozen
class Unbilled:
    """A charge that no invoice holds."""

    line: ChargeLine
    shown: Shown


def unbilled(lines: Iterable[ChargeLine], invoiced: Iterable[ChargeLine], at: datetime) -> tuple[Unbilled, ...]:
    """The lines ordered up to *at* that no invoice holds (R-CHARGE-08, R-USAGE-04).

    New commerce shows them after 24 hours at the soonest and seven days at the latest, both instants included.
    Legacy shows none.
    """
    return tuple(
        Unbilled(line, _shown(at - line.at))
        for line in not_invoiced(lines, invoiced)
        if line.at <= at and program_of(line) is Program.NEW_COMMERCE
    )


def _shown(age: timedelta) -> Shown:
    if age < SOONEST:
        return Shown.NOT_YET
    return Shown.MAYBE if age < LATEST else Shown.SURELY
