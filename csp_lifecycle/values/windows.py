"""Windows and lots: until when something may be taken back.

Every deadline is an instant that still counts: a window is open up to and including it (R-CANCEL-03).
"""

from datetime import datetime, timedelta
from enum import Enum
from operator import attrgetter

from attrs import evolve, frozen

from csp_lifecycle.values.calendar import DAY, Instant, Term, add_months, midnight

TICK = timedelta(microseconds=1)
"""The smallest step of our clock: what is open until an instant is closed one tick later."""


class RefundKind(Enum):
    """What a cancellation gives back."""

    FULL = "full"
    PRORATED = "prorated"
    NONE = "none"


class Counting(Enum):
    """How the length of a window is counted (AMB-08)."""

    EXACT = "exact"
    CALENDAR_DAYS = "calendar-days"


@frozen(kw_only=True, slots=False)
class Refund:
    """One refund a cancellation may still get, until an inclusive instant."""

    kind: RefundKind
    until: Instant


@frozen(kw_only=True, slots=False)
class SeatLot:
    """Seats added at one moment, which may be removed again until an inclusive instant (R-SEATS-03)."""

    seats: int
    reducible_until: Instant


@frozen
class Exactly:
    """A span of hours or days from the instant a window opens; its last instant is *included* or not (AMB-10)."""

    length: timedelta
    included: bool = True
    counting: Counting = Counting.EXACT

    def deadline(self, opened_at: datetime, _: Term) -> datetime:
        """The last instant of a window that opened at *opened_at* (R-CANCEL-03).

        Counted in calendar days, the window ends at the midnight that closes its last UTC day.
        """
        if self.counting is Counting.CALENDAR_DAYS:
            return midnight(opened_at.date() + max(self.length, DAY))
        closes_at = opened_at + self.length
        return closes_at if self.included else closes_at - TICK


@frozen
class Months:
    """A span of whole calendar months; the day it would end on again is excluded (AMB-09)."""

    count: int

    def deadline(self, opened_at: datetime, _: Term) -> datetime:
        """The last instant before the day *count* months later."""
        return midnight(add_months(opened_at.date(), self.count)) - TICK


@frozen
class WholeTerm:
    """A span that lasts as long as the term does."""

    def deadline(self, _: datetime, term: Term) -> datetime:
        """The last instant of the term."""
        return term.ends_before - TICK


Span = Exactly | Months | WholeTerm
"""How long a window stays open."""


def open_lots(lots: tuple[SeatLot, ...], at: datetime) -> tuple[SeatLot, ...]:
    """The lots that may still be reduced at *at*, earliest deadline first."""
    return tuple(sorted([lot for lot in lots if lot.reducible_until >= at], key=_reducible_until))


def open_refunds(refunds: tuple[Refund, ...], at: datetime) -> tuple[Refund, ...]:
    """The refunds that may still be had at *at*, earliest deadline first."""
    return tuple(sorted([refund for refund in refunds if refund.until >= at], key=_until))


_reducible_until, _until = attrgetter("reducible_until"), attrgetter("until")


def seats_in(lots: tuple[SeatLot, ...]) -> int:
    """How many seats the lots hold."""
    return sum(lot.seats for lot in lots)


def take_from(lots: tuple[SeatLot, ...], seats: int) -> tuple[tuple[SeatLot, ...], tuple[SeatLot, ...]]:
    """Take *seats* from the lots in their order: what is left, and what was taken.

    More seats than the lots hold take them all; the difference came from seats outside every lot.
    """
    left: list[SeatLot] = []
    taken: list[SeatLot] = []
    for lot in lots:
        part = min(lot.seats, seats)
        seats -= part
        if part:
            taken.append(evolve(lot, seats=part))
        if part < lot.seats:
            left.append(evolve(lot, seats=lot.seats - part))
    return tuple(left), tuple(taken)
