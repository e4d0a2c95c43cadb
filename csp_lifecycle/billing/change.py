"""One recorded event between what was in force and what is in force from then on: the lines that can be made of it."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from attrs import evolve, field, frozen

from csp_lifecycle.billing.in_force import InForce
from csp_lifecycle.billing.rules import Occasion
from csp_lifecycle.values.calendar import DAY
from csp_lifecycle.values.money import Charged, charged, decimal, exact, minor_digits, shown
from csp_lifecycle.vocabulary.charge_line import ChargeLine, Lines
from csp_lifecycle.vocabulary.events import Event, Purchased


@frozen
class Entry:
    """One recorded event, and what stands for the decision that recorded it: no other decision has the same.

    A decision may speak of several subscriptions, and what time brought on the way to it is none of it. Events do
    not know that, the log does: it is the command's id, or the event's own id for what time alone brought.
    """

    event: Event
    reference_id: str


@frozen
class Change:
    """One entry, with what was in force before it and what is from then on.

    `begun` are the subscriptions that begin in the same decision, by id.
    """

    entry: Entry
    before: InForce
    after: InForce
    begun: Mapping[str, Purchased] = field(factory=dict)

    @property
    def event(self) -> Any:
        """The event itself."""
        return self.entry.event

    @property
    def today(self) -> date:
        """The day of the event, which belongs to the new state (R-PRORATE-03)."""
        return self.entry.event.at.date()

    def credit(self, occasion: Occasion, *, seats: int | None = None, since: date | None = None) -> Lines:
        """What was in force, given back from today, or another day, to the end of its cycle."""
        given = self._line(self.before, occasion, since or self.today, seats=seats)
        return tuple(line.given_back() for line in given)

    def charge(self, occasion: Occasion, *, seats: int | None = None, since: date | None = None) -> Lines:
        """What is in force from now on, from today, or another day, to the end of its cycle."""
        return self._line(self.after, occasion, since or self.today, seats=seats)

    def charge_cycle(self, occasion: Occasion) -> Lines:
        """The whole cycle in force, from its first day, however late it was recorded."""
        return self._line(self.after, occasion, self.after.cycle.starts_on)

    def give_back(self, occasion: Occasion, amount: Decimal, since: date) -> Lines:
        """A known amount, given back as one line (D-24); no line where there was none before.

        Truncation may leave less than nothing of a tiny price: a refund never takes (INV-18).
        """
        state = self.before
        if not state.lines:
            return ()
        given = max(exact(amount), Fraction(0))
        figures = Charged(given / state.seats, decimal(given, minor_digits(state.currency)))
        return (self._written(state, occasion, (since, state.cycle.ends_on), state.seats, figures).given_back(),)

    def rebill(self, occasion: Occasion) -> Lines:
        """The cycle given back whole and charged again, with a line for each number of seats it had (R-PRORATE-10).

        Days before the change that had the new number already go on the new line: what is taken back at once
        leaves nothing behind but what was there before (INV-21).
        """
        word, _ = self.before.rules.lines[occasion]
        returned = tuple(
            evolve(line.given_back(), charge_type=word, at=self.event.at, reference_id=self.entry.reference_id)
            for line in self.before.lines
        )
        since, used = self.today, [line for line in self.before.lines if line.starts_on < self.today]
        if used and used[-1].seats == self.after.seats:
            since = used.pop().starts_on
        again = (
            self._line(
                self.before,
                occasion,
                line.starts_on,
                until=min(line.ends_on, self.today - DAY),
                seats=line.seats,
            )
            for line in used
        )
        return sum(again, returned) + self.charge(occasion, since=since)

    def _line(
        self, state: InForce, occasion: Occasion, since: date, *, until: date | None = None, seats: int | None = None
    ) -> Lines:
        """One line, or none where the cycle is over: while a cycle charge is in flight, the next has not begun."""
        since, until = max(since, state.cycle.starts_on), until or state.cycle.ends_on
        seats = state.seats if seats is None else seats
        share, (_, rounding) = state.worth.share(since, until), state.rules.lines[occasion]
        if not share.days:
            return ()
        figures = charged(state.unit_price, share, seats, state.currency, rounding)
        return (self._written(state, occasion, (since, until), seats, figures),)

    def _written(
        self, state: InForce, occasion: Occasion, days: tuple[date, date], seats: int, figures: Charged
    ) -> ChargeLine:
        return ChargeLine(
            charge_type=state.rules.lines[occasion][0],
            subscription_id=self.event.subscription_id,
            customer_id=state.customer_id,
            offer_id=state.offer_id,
            at=self.event.at,
            starts_on=days[0],
            ends_on=days[1],
            unit_price=state.unit_price,
            effective_unit_price=shown(figures.unit, state.currency),
            seats=seats,
            amount=figures.amount,
            currency=state.currency,
            reference_id=self.entry.reference_id,
        )
