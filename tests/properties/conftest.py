"""What the property tests share: one subscription on paper, in plain variables, with a calendar of its own.

Nothing here asks the library anything: what time brings, what a term is and which lot gives its seats is written
down from the rules once more, so that it can disagree.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Any

import attrs
import pytest

from csp_lifecycle.values.alignment import Alignment

DAY, WEEK = timedelta(days=1), timedelta(days=7)
PRICES = {"business-standard": 10, "e3": 30, "e5": 50}
TRIAL, TWIN = "business-standard-trial", "business-standard"


def later(day: date, months: int) -> date:
    """The same day some months later, or the last day of a month that is too short for it."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def ends_its_month(day: date) -> bool:
    return day.day == monthrange(day.year, day.month)[1]


def midnight_after(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + DAY


@attrs.define(kw_only=True)
class Belief:
    """One subscription, as somebody who has only read the rules would keep it on paper. Lengths are in months."""

    customer: str
    offer: str
    seats: int
    touched: datetime
    began: datetime
    last_day: date
    months: int = 0
    plan: int = 0
    anchor: date = date.min
    cycle: tuple[date, date] | None = None
    price: int | None = None
    status: str = "active"
    lots: list[tuple[datetime, int]] = attrs.field(factory=list)
    window: datetime | None = None
    full: datetime | None = None
    auto_renew: bool = True
    scheduled: tuple[Any, ...] | None = None
    queued: int | None = None
    in_flight: str | None = None
    reasons: list[str] = attrs.field(factory=list)
    tail: datetime | None = None
    name: str | None = None
    promotion: bool = False
    tried: bool = False

    # What time brings.

    def live(self, until: datetime, *, complete: bool = True) -> None:
        while (due := self.due()) is not None and max(due, self.touched) <= until:
            self.touched = max(due, self.touched)
            self.happen(complete=complete)

    def due(self) -> datetime | None:
        if self.status in {"expired", "disabled"}:
            return self.tail
        if self.status == "deleted" or self.in_flight:
            return None
        return midnight_after(min(self.last_day, self.cycle[1]) if self.cycle else self.last_day)

    def happen(self, *, complete: bool) -> None:
        if self.status == "expired" and self.tail:
            self.status, self.tail = "disabled", self.tail + timedelta(days=90)
        elif self.status == "disabled":
            self.vanish()
        elif self.cycle and self.cycle[1] < self.last_day:
            self.in_flight = "cycle-charge" if self.queued and not complete else None
            if not self.in_flight:
                self.charge()
        elif self.status == "suspended":
            self.vanish()
        elif not self.auto_renew:
            self.stop("expired")
            self.tail = midnight_after(self.last_day) + timedelta(days=30)
        elif complete:
            self.renew()
        else:
            self.status, self.in_flight = "renewing", "renewal"

    def charge(self) -> None:
        if self.cycle and midnight_after(self.cycle[1]) <= self.touched:
            self.plan = self.queued or self.plan
            self.price = PRICES[self.offer] * self.plan
            first = self.cycle[1] + DAY
            self.cycle = first, self.cycle_of(first)[1]
        self.queued, self.in_flight = None, None

    def renew(self) -> None:
        offer, seats, months, plan, end = self.scheduled or (None,) * 5
        length = months or self.months or 12
        queued = self.queued if self.queued and self.queued <= length else None
        before = self.offer, self.months, self.plan
        self.offer = offer or (TWIN if self.offer == TRIAL else self.offer)
        self.seats = seats or self.seats
        self.begin(midnight_after(self.last_day), length, plan or queued or self.plan or 1, end)
        self.promotion = self.promotion and before == (self.offer, self.months, self.plan)
        self.open_windows()
        self.status = "active"

    # What a term is, and where it may end.

    later = staticmethod(later)

    def moved(self, natural: date) -> date:
        """The end of the term, or the latest of its renewals' ends that is not after the natural one."""
        end = self.last_day
        while (following := later(end + DAY, self.months) - DAY) <= natural:
            end = following
        return end

    @staticmethod
    def end_asked(command: Any, start: date, months: int, held: "dict[str, Belief]") -> Any:
        """The last day that is asked for; None for the natural one, False where it is not allowed."""
        natural = later(start, months) - DAY
        others = {name: other for name, other in held.items() if other.months != 1 or months == 1}
        ends = {end for other in others.values() for end in (other.last_day, other.moved(natural))}
        if command.align is None and command.ends_on is None:
            return None
        if command.align is Alignment.CALENDAR_MONTH:
            day = natural if ends_its_month(natural) else natural.replace(day=1) - DAY
        elif command.align is not None:
            day = others[command.align].moved(natural) if command.align in others else date.max
        else:
            day = command.ends_on if command.ends_on in ends or ends_its_month(command.ends_on) else date.max
        awkward = months == 1 and day.day in {28, 29, 30} and not ends_its_month(day)
        return day if start <= day <= natural and not awkward else False

    def begin(self, start: datetime, months: int, plan: int, end: date | None = None) -> None:
        natural = later(start.date(), months) - DAY
        self.began, self.months, self.plan, self.last_day = start, months, plan, end or natural
        self.anchor = start.date() if self.last_day == natural else self.last_day + DAY
        self.cycle = self.cycle_of(start.date())
        self.price = PRICES[self.offer] * plan
        self.scheduled = self.queued = self.in_flight = None

    def charge_by(self, plan: int) -> None:
        """The term goes on; another plan, or another start, begins a cycle of its own today."""
        today = self.touched.date()
        if self.cycle is None or plan != self.plan:
            self.plan = plan
            self.cycle = today, self.cycle_of(today)[1]
        self.price = PRICES[self.offer] * plan
        self.scheduled = self.queued = None

    def cycle_of(self, day: date) -> tuple[date, date]:
        firsts = [later(self.anchor, self.plan * number) for number in range(-37, 38)]
        first = max(other for other in firsts if other <= day)
        following = min(other for other in firsts if other > day)
        return max(first, self.began.date()), min(following - DAY, self.last_day)

    def open_windows(self) -> None:
        self.window, self.full = self.touched + WEEK, self.touched + DAY
        self.lots = [(self.touched + WEEK, self.seats)]

    def stop(self, status: str) -> None:
        self.status, self.auto_renew, self.lots, self.window, self.full = status, False, [], None, None
        self.scheduled = self.queued = self.in_flight = None

    def vanish(self) -> None:
        self.stop("deleted")
        self.seats, self.reasons, self.tail = 0, [], None

    # Seats and their lots.

    def passing(self) -> bool:
        """Whether something is there that will soon be gone: a test looks at it more often."""
        return bool(self.status == "trial" or self.in_flight or self.scheduled or self.queued or len(self.lots) > 1)

    def open_lots(self, at: datetime | None = None) -> list[tuple[datetime, int]]:
        return sorted((lot for lot in self.lots if lot[0] >= (at or self.touched)), key=lambda lot: lot[0])

    def refunds(self, at: datetime) -> list[datetime]:
        return [until for until in (self.full, self.window) if until is not None and until >= at]

    def reducible(self) -> int:
        return sum(seats for _, seats in self.open_lots())

    def grow(self, seats: int) -> None:
        self.seats, self.lots = self.seats + seats, [*self.open_lots(), (self.touched + WEEK, seats)]

    def resize(self, seats: int) -> None:
        """More or fewer seats, without opening anything again: only what is added has a lot."""
        if seats > self.seats:
            self.grow(seats - self.seats)
        else:
            self.take(self.seats - seats, self.open_lots())
            self.seats = seats

    def give(self, seats: int) -> list[tuple[datetime, int]]:
        """Seats leave for another subscription: those outside every lot first, then the latest lots."""
        open_lots = self.open_lots()
        taken = self.take(max(0, seats - (self.seats - self.reducible())), open_lots[::-1])
        self.lots, self.seats, self.scheduled = self.lots[::-1], self.seats - seats, None
        return taken[::-1]

    def take(self, seats: int, lots: list[tuple[datetime, int]]) -> list[tuple[datetime, int]]:
        """Take seats from the lots in their order, and give back what was taken."""
        taken, left = [], []
        for until, held in lots:
            part = min(held, seats)
            seats -= part
            taken += [(until, part)] if part else []
            left += [(until, held - part)] if held > part else []
        self.lots = left
        return taken


@pytest.fixture(scope="session")
def paper() -> type[Belief]:
    """What a belief about one subscription is written on."""
    return Belief
