"""The invariants of new commerce, over random histories of several subscriptions."""

from collections.abc import Iterator
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.lifecycle.evolve import replay
from csp_lifecycle.service.loading import known
from csp_lifecycle.testing import Scenario, example_catalog
from csp_lifecycle.testing.strategies import World, histories
from csp_lifecycle.values.calendar import DAY, natural_end
from csp_lifecycle.vocabulary import events as e
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.commands import Actor, Advance, Cancel, Command
from csp_lifecycle.vocabulary.subscription import Commerce, Slot, Status, Subscription

NEW_COMMERCE = Catalog(
    {name: offer for name, offer in example_catalog().offers.items() if offer.commerce is Commerce.NEW_COMMERCE}
)
WORLD = World(catalog=NEW_COMMERCE)
LOSES_THE_SCHEDULE = (
    e.SeatsAdded,
    e.SeatsRemoved,
    e.SeatsMovedOut,
    e.SeatsMovedIn,
    e.Suspended,
    e.AutoRenewTurnedOff,
    e.Upgraded,
    e.TermChanged,
    e.TrialConverted,
    e.Canceled,
    e.Transferred,
)
MOVES_THE_END = (e.Purchased, e.TrialStarted, e.Renewed, e.TermChanged, e.Upgraded, e.TrialConverted)

every_history = given(histories(WORLD))


def played(history: tuple[Command, ...], *, complete: bool = True) -> Scenario:
    """All commands of the history, legal or not; what is not *complete* is in flight when the next command comes."""
    scenario = Scenario(catalog=NEW_COMMERCE)
    for command in history:
        if not complete:
            scenario.given(Advance(to=command.at, complete=False))
        scenario.when(command)
    return scenario


def steps(scenario: Scenario) -> Iterator[tuple[Subscription, e.Event, Subscription]]:
    """Every event that was recorded, between the states before and after it."""
    for stream in scenario.store.streams():
        before = replay(())
        for envelope in scenario.store.read(stream):
            event = known(envelope)
            after = replay((event,), since=before)
            yield before, event, after
            before = after


@every_history
def test_a_log_adds_up_to_the_same_state_each_time(history: tuple[Command, ...]) -> None:  # INV-01
    scenario = played(history)
    for stream in scenario.store.streams():
        events = [known(envelope) for envelope in scenario.store.read(stream)]
        assert replay(events) == replay(events) == scenario.subscription(stream)


@every_history
def test_nothing_is_recorded_for_a_refused_command(history: tuple[Command, ...]) -> None:  # INV-02
    scenario = Scenario(catalog=NEW_COMMERCE)
    for command in history:
        before = tuple(scenario.store.read_all())
        if scenario.when(command).refusal is not None:
            assert tuple(scenario.store.read_all()) == before


@every_history
def test_there_is_a_seat_until_the_end_and_a_trial_has_its_25(history: tuple[Command, ...]) -> None:  # INV-03
    for _, event, after in steps(played(history)):
        moved_all = isinstance(event, (e.SeatsMovedOut, e.WaitingChangesVoided)) and after.seats == 0
        assert after.seats >= 1 or after.status is Status.DELETED or moved_all
        assert after.seats in {0, 25} or not after.is_trial


@given(histories(WORLD), st.timedeltas(timedelta(), timedelta(days=10)))
def test_lots_hold_no_more_than_there_is_and_only_close(history: tuple[Command, ...], wait: timedelta) -> None:
    # INV-04, INV-05
    for _, event, after in steps(played(history)):
        now, later = after.reducible_seats(event.at), after.reducible_seats(event.at + wait)
        assert later <= now <= after.seats


@every_history
def test_what_is_scheduled_waits_for_a_renewal_that_will_come(history: tuple[Command, ...]) -> None:  # INV-07, INV-09
    for _, event, after in steps(played(history)):
        if after.scheduled_change is not None and not isinstance(event, LOSES_THE_SCHEDULE):
            assert after.status in {Status.TRIAL, Status.ACTIVE, Status.RENEWING}
            assert after.auto_renew
        if after.status is Status.SUSPENDED:
            assert not after.auto_renew


@every_history
def test_what_loses_the_schedule_says_so_at_once(history: tuple[Command, ...]) -> None:  # INV-08
    due: e.Event | None = None
    for before, event, after in steps(played(history)):
        if due is not None:
            assert isinstance(event, e.WaitingChangesVoided)
            assert Slot.NEXT_TERM in event.slots
            assert after.scheduled_change is None
        lost = before.scheduled_change is not None and isinstance(event, LOSES_THE_SCHEDULE)
        due = event if lost and Slot.NEXT_TERM not in event.applies else None
    assert due is None


@every_history
def test_the_term_end_moves_only_with_what_begins_a_term(history: tuple[Command, ...]) -> None:  # INV-12, INV-15
    for before, event, after in steps(played(history)):
        if before.term is not None and after.term is not None and before.term.ends_on != after.term.ends_on:
            assert isinstance(event, MOVES_THE_END)
        mid_term = isinstance(event, (e.Upgraded, e.TermChanged)) and before.term is not None
        if mid_term and after.term is not None and before.term is not None:
            assert after.term.length.months >= before.term.length.months


@every_history
def test_no_term_ends_after_its_natural_end(history: tuple[Command, ...]) -> None:  # INV-13, INV-11
    for _, _, after in steps(played(history)):
        if after.term is not None:
            assert after.term.starts_on <= after.term.ends_on
            assert after.term.ends_on <= natural_end(after.term.starts_on, after.term.length)


@every_history
def test_a_queued_plan_is_another_one_and_never_upfront(history: tuple[Command, ...]) -> None:  # INV-16
    for _, event, after in steps(played(history)):
        if isinstance(event, e.BillingPlanQueued) and after.term is not None:
            assert event.plan is not after.plan
            assert event.plan.months < after.term.length.months


@every_history
def test_deleted_is_the_end(history: tuple[Command, ...]) -> None:  # INV-17
    for before, event, _ in steps(played(history)):
        if before.status is Status.DELETED:
            assert isinstance(event, e.WaitingChangesVoided)


@every_history
def test_what_has_ended_changes_with_time_alone(history: tuple[Command, ...]) -> None:  # INV-17
    scenario = played(history)
    envelopes = [envelope for stream in scenario.store.streams() for envelope in scenario.store.read(stream)]
    for envelope, (before, _, _) in zip(envelopes, steps(scenario), strict=True):
        if before.status in {Status.EXPIRED, Status.DISABLED}:
            assert envelope.actor is Actor.CLOCK


@every_history
def test_charge_cycles_follow_each_other_to_the_end_of_the_term(history: tuple[Command, ...]) -> None:  # INV-11
    for before, event, after in steps(played(history)):
        if isinstance(event, e.CycleCharged):
            assert before.charge_cycle is not None
            assert before.term is not None
            assert event.charge_cycle.starts_on == before.charge_cycle.ends_on + DAY
            assert event.charge_cycle.ends_on <= before.term.ends_on
        if isinstance(event, e.Renewed):
            assert before.charge_cycle is not None
            assert before.term is not None
            assert before.charge_cycle.ends_on == before.term.ends_on
            assert after.term is not None
            assert event.charge_cycle.starts_on == after.term.starts_on == before.term.ends_on + DAY


@every_history
def test_a_queued_plan_stays_another_one_for_as_long_as_it_waits(history: tuple[Command, ...]) -> None:  # INV-16
    for before, event, _ in steps(played(history)):
        if before.queued_plan is not None and not isinstance(event, e.WaitingChangesVoided):
            assert before.queued_plan is not before.plan
            assert before.term is not None
            assert before.queued_plan.months < before.term.length.months


@every_history
def test_while_a_renewal_is_in_flight_nothing_is_recorded_but_its_end(history: tuple[Command, ...]) -> None:  # INV-25
    for before, event, _ in steps(played(history, complete=False)):
        if before.status is Status.RENEWING:
            assert isinstance(event, (e.Renewed, e.TrialConverted))


@every_history
def test_a_subscription_is_canceled_exactly_while_its_window_is_open(history: tuple[Command, ...]) -> None:  # INV-18
    scenario = played(history)
    at = history[-1].at
    scenario.given(Advance(to=at))
    for state in scenario.lifecycle.subscriptions():
        if state.status in {Status.ACTIVE, Status.SUSPENDED}:
            answer = scenario.when(Cancel(at=at, subscription_id=state.subscription_id))
            assert (answer.refusal is None) == (state.cancellable_until(at) is not None)
