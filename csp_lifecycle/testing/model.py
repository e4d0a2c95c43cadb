"""A stateful Hypothesis model that the rows of a policy drive: any command may arrive at any time.

The table says what must follow, so there is one rule per command and no precondition. It is a model of order, not
of truth: it knows which row opens, what that records and voids and where it leads, but not whether a deadline was
worked out rightly. It needs Hypothesis, as `csp_lifecycle.testing.strategies` does.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import attrs
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.lifecycle.decide import concerned
from csp_lifecycle.lifecycle.due import CaughtUp, catch_up, due_command, next_due
from csp_lifecycle.lifecycle.evolve import evolve, replay
from csp_lifecycle.lifecycle.step import Holdings, attempt_on
from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.policy import Action, Market, Policy, Row
from csp_lifecycle.service import Lifecycle
from csp_lifecycle.service.loading import known
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.testing.strategies import KINDS, World, advances, beginnings, commands, subjects, waits
from csp_lifecycle.values.calendar import DAY
from csp_lifecycle.vocabulary.commands import Command, EndCycle, EndTerm, Purchase, StartTrial, TimeCommand
from csp_lifecycle.vocabulary.events import Event, Purchased, WaitingChangesVoided
from csp_lifecycle.vocabulary.names import command_name, event_name
from csp_lifecycle.vocabulary.subscription import LIVE, NOTHING, Subscription

_RECORDED = datetime(2030, 1, 1, tzinfo=UTC)


def expect(holds: object, message: str) -> None:
    """Stop the run with *message* unless it *holds*."""
    if not holds:
        raise AssertionError(message)


@attrs.frozen
class Forecast:
    """What the table says must follow: a row opens, or the refusal has this code."""

    row: Row | None
    code: str | None = None

    def owed(self, command: Any) -> dict[str, list[type[Event]]]:
        """The types of event that the row records for *command*, by subscription, in their order."""
        owed: dict[str, list[type[Event]]] = defaultdict(list)
        if self.row is not None:
            owed[command.subscription_id] += self.row.records
            for kind in self.row.also:
                owed[command.new_subscription_id if kind is Purchased else command.target_subscription_id].append(kind)
        return owed


def forecast(action: Action, holdings: Holdings, market: Market) -> Forecast:
    """Read the table by hand: the rows of the pair, the one whose `when` holds, and its guards in their order."""
    attempt = attempt_on(action, holdings, market)
    status, policy, pair = attempt.subscription.status, attempt.policy, command_name(type(action))
    cell = policy.closed_cell(status, type(action))
    if cell is not None:
        said = [guard.reason for guard in cell.first if not guard.holds(attempt)]
        return Forecast(None, [*said, cell.reason][0].code)
    rows = [row for row in policy.rows if (row.status, row.on) == (status, type(action)) and row.when(attempt)]
    expect(len(rows) == 1, f"{len(rows)} rows hold for {pair} while {status.value}")
    no = next((guard for guard in policy.guards_of(rows[0]) if not guard.holds(attempt)), None)
    return Forecast(rows[0]) if no is None else Forecast(None, no.reason.code)


class TableModel(RuleBasedStateMachine):
    """Sends every command at every time, and compares what follows with what the rows say.

    Subclass it with a `world` and `policies` of your own; the subclass's `TestCase` runs it under pytest.
    """

    world: ClassVar[World] = World()
    policies: ClassVar[Mapping[str, Policy]] = POLICIES

    def __init__(self) -> None:
        super().__init__()
        self.now = self.world.begins_at
        self.market = Market(self.world.catalog, self.policies)
        self.store = MemoryStore()
        self.lifecycle = Lifecycle(self.store, self.world.catalog, clock=lambda: _RECORDED, policies=self.policies)
        self.states: dict[str, Subscription] = {}
        self.changed: set[str] = set()
        self.open_cells = {(name, row.status, row.on) for name, policy in self.policies.items() for row in policy.rows}

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """Some subscriptions that the catalog sells without conditions."""
        for name in self.world.first:
            self.send(attrs.evolve(data.draw(beginnings(self.world)), at=self.now, subscription_id=name))

    @rule(wait=waits(), data=st.data())
    def advance(self, wait: timedelta, data: st.DataObject) -> None:
        """Time alone acts: each event is what the row of the due command records, at its deadline."""
        self.now = data.draw(st.sampled_from((self.now + wait, *self._term_ends())))
        command = attrs.evolve(data.draw(advances(self.world)), to=self.now)
        note(repr(command))
        if command.subscription_id not in {None, *self.states}:
            return
        answer = self.lifecycle.handle(command)
        instants = [event.at for event in answer.recorded]
        expect(instants == sorted(instants), "time was not taken oldest first")
        self._note(self._walk(self.states, answer.recorded, {}, complete=command.complete), answer.subscriptions)
        names = self.states if command.subscription_id is None else (command.subscription_id,)
        left = {name for name in names if (next_due(self.states[name]) or command.to) < command.to}
        expect(left == {stuck.subscription_id for stuck in answer.stuck}, f"{left} are due and not taken")

    def _term_ends(self) -> list[datetime]:
        """The ends of terms that are not too far away: what happens there is met only at the very instant."""
        terms = [state.term for state in self.states.values() if state.term is not None and state.status in LIVE]
        return sorted({term.ends_before for term in terms if self.now < term.ends_before < self.now + 370 * DAY})

    def has_row(self, state: Subscription, kind: type[Command]) -> bool:
        """Whether the table of a subscription has a row for a command now."""
        return (state.policy, state.status, kind) in self.open_cells

    def possible(self) -> list[type[Command]]:
        """The commands for which the table has a row on one of the subscriptions that are there."""
        states = self.states.values()
        begins = {Purchase, StartTrial}
        return [kind for kind in KINDS if kind in begins or any(self.has_row(state, kind) for state in states)]

    def send(self, command: Command) -> None:
        """One command: refused with the code of the table, or recorded as its row says."""
        note(repr(command))
        caught_up = catch_up(self.states, command.at, self.market)
        foreseen = self._foreseen(command, caught_up)
        try:
            answer = self.lifecycle.handle(command)
        except CommandRefusedError as refusal:
            expected = refusal.code == foreseen.code or self._is_held_back(command, foreseen.row)
            expect(expected, f"{refusal}, expected {foreseen.code or foreseen.row}")
            return
        expect(foreseen.row is not None, f"accepted, expected {foreseen.code}")
        written = set(answer.subscriptions)
        due = tuple(one.event for one in caught_up.recorded if one.event.subscription_id in written)
        expect(answer.recorded[: len(due)] == due, "what was due does not stand first in the answer")
        after = self._walk(caught_up.holdings, answer.recorded[len(due) :], foreseen.owed(command))
        target = foreseen.row.target if foreseen.row else None
        expect(after[command.subscription_id].status is target, f"the row leads to {target}")
        self._note(after, written)

    def _is_held_back(self, command: Command, row: Row | None) -> bool:
        """Whether add-ons that must follow, or are busy, stand in the way of what their base's row would record."""
        attached = [one for one in self.states.values() if one.base_subscription_id == command.subscription_id]
        if row is None or not attached:
            return False
        carries = self.policies[self.states[command.subscription_id].policy].carries
        busy = any(one.in_flight for one in attached)
        return any(kind in carries and (busy or carries[kind].needed) for kind in row.records)

    def _note(self, states: Holdings, written: Iterable[str]) -> None:
        self.changed |= set(written)
        self.states |= {name: states[name] for name in written}

    def _foreseen(self, command: Command, caught_up: CaughtUp) -> Forecast:
        begins = isinstance(command, (Purchase, StartTrial))
        if not begins and command.subscription_id not in self.states:
            return Forecast(None, "subscription-not-found")
        stuck = [caught_up.stuck[name] for name in concerned(command) if name in caught_up.stuck]
        if stuck and not begins:
            return Forecast(None, stuck[0].code)
        return forecast(command, caught_up.holdings, self.market)

    def _walk(
        self,
        holdings: Holdings,
        events: Iterable[Event],
        owed: Mapping[str, list[type[Event]]],
        *,
        complete: bool | None = None,
    ) -> dict[str, Subscription]:
        """Follow recorded events: each is owed by a row, voids what it must, and carries add-ons along."""
        states, kinds, voids = dict(holdings), defaultdict(list, owed), dict[str, tuple[Any, ...]]()
        for event in events:
            name = event.subscription_id
            before, void = states.get(name, NOTHING), voids.pop(name, None)
            states[name] = evolve(before, event)
            if self._is_owed_void(event, void):
                continue
            if not kinds[name] and complete is not None:
                kinds[name] += self._of_time(states | {name: before}, event, complete=complete)
            expected = kinds[name].pop(0) if kinds[name] else None
            expect(expected is type(event), f"{event} was recorded, expected {expected}")
            voids |= self._owed_voids(before, event)
            for name_of_more, more in self._carried(states, event):
                kinds[name_of_more] += more
        expect(not voids and not any(kinds.values()), f"{voids} and {dict(kinds)} were not recorded")
        return states

    def _is_owed_void(self, event: Event, owed: tuple[Any, ...] | None) -> bool:
        if not isinstance(event, WaitingChangesVoided):
            expect(owed is None, f"{owed} were not voided")
            return False
        said = frozenset(event.slots), event.because, event.at
        expect(said == owed, f"{said} were voided, expected {owed}")
        return True

    def _owed_voids(self, before: Subscription, event: Event) -> dict[str, tuple[Any, ...]]:
        voids = self.policies[before.policy].voids if before.policy else {}
        lost = (voids.get(type(event), frozenset()) & before.waiting) - event.applies
        return {event.subscription_id: (lost, event_name(type(event)), event.at)} if lost else {}

    def _of_time(self, holdings: Holdings, event: Event, *, complete: bool) -> tuple[type[Event], ...]:
        subscription = holdings[event.subscription_id]
        expect(next_due(subscription) == event.at, f"{event} came at another instant than {next_due(subscription)}")
        row = forecast(due_command(subscription, event.at, complete=complete), holdings, self.market).row
        return () if row is None else row.records

    def _carried(self, holdings: Holdings, event: Event) -> Iterable[tuple[str, list[type[Event]]]]:
        carry = self.policies[holdings[event.subscription_id].policy].carries.get(type(event))
        for name, other in holdings.items():
            if carry is not None and other.base_subscription_id == event.subscription_id and other.status in LIVE:
                command = carry.command(event, name)
                yield from forecast(command, holdings, self.market).owed(command).items()

    @invariant()
    def the_log_adds_up_to_the_state(self) -> None:
        """Replayed as a whole, or from a snapshot on, every log gives the state that was answered."""
        for name in self.changed:
            events = [known(envelope) for envelope in self.store.read(name)]
            half = replay(events[: len(events) // 2])
            rebuilt = replay(events), replay(events[len(events) // 2 :], since=half)
            expect(rebuilt == (self.states[name], self.states[name]), f"{name} is rebuilt as {rebuilt}")

    @invariant()
    def one_row_holds_for_what_time_says(self) -> None:
        """Of the rows that time chooses between, exactly one holds in every state."""
        for name in self.changed:
            for complete in (True, False):
                for said in (EndCycle, EndTerm):
                    action: TimeCommand = said(at=self.now, subscription_id=name, complete=complete)
                    forecast(action, self.states, self.market)

    @invariant()
    def nothing_else_has_changed(self) -> None:
        """A log that no answer spoke of is as long as it was."""
        lengths = {name: len(self.store.read(name)) for name in self.world.subscriptions}
        known = {name: self.states[name].version if name in self.states else 0 for name in lengths}
        expect(lengths == known, f"{lengths} events are stored, {known} were answered")
        self.changed.clear()


def _rule_for(kind: type[Command]) -> Callable[..., None]:
    def arrive(self: TableModel, wait: timedelta, data: st.DataObject) -> None:
        self.now += wait
        possible = self.possible()
        # What the table has no row for is refused alike every time, so mostly something else comes instead.
        meant = kind if kind in possible else data.draw(st.sampled_from((kind, *possible)))
        # Any subscription may be meant, most often one on which the table has a row for the command.
        likely = subjects(state for state in self.states.values() if self.has_row(state, meant))
        subject = data.draw(st.sampled_from((*likely, *likely, *likely, *self.world.subscriptions)))
        self.send(attrs.evolve(data.draw(commands(meant, self.world)), at=self.now, subscription_id=subject))

    # Hypothesis tells rules apart by the name of their function.
    arrive.__name__ = command_name(kind).replace("-", "_")
    return rule(wait=waits(), data=st.data())(arrive)


for _kind in KINDS:
    setattr(TableModel, command_name(_kind).replace("-", "_"), _rule_for(_kind))
