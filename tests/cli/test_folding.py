"""Runs in which only time passes are one line; whatever differs stands alone."""

from collections.abc import Sequence
from datetime import UTC, datetime

from csp_lifecycle.cli.folding import folded, run_text
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.commands import Advance, Purchase, QueueBillingPlan, ScheduleChange
from csp_lifecycle.vocabulary.events import Event


def lived(to: datetime, term: TermLength, plan: Plan, *more: ScheduleChange | QueueBillingPlan) -> Sequence[Event]:
    """What happened to ten seats bought on 31 January 2021, until *to*."""
    scenario = Scenario(
        Purchase(
            at=datetime(2021, 1, 31, 10, tzinfo=UTC),
            subscription_id="s-1",
            customer_id="contoso",
            offer_id="business-standard",
            seats=10,
            term=term,
            plan=plan,
        ),
        *more,
        Advance(to=to),
    )
    return [envelope.event for envelope in scenario.lifecycle.log("s-1")]  # type: ignore[misc]


def texts(events: Sequence[Event]) -> list[str]:
    return [run_text(run, str) for run in folded(events)]


def test_plain_charges_are_one_line_that_names_uneven_days() -> None:  # TV-TIME-11
    events = lived(datetime(2022, 1, 30, tzinfo=UTC), TermLength.YEAR, Plan.MONTHLY)
    (text,) = texts(events)[1:]
    assert text == (
        "charged for 11 more cycles, to 2022-01-30; they began on 02-28, 03-31, 04-30, 05-31, 06-30, 07-31, "
        "08-31, 09-30, 10-31, 11-30, 12-31"
    )


def test_plain_renewals_are_one_line_and_even_days_are_not_listed() -> None:  # TV-TIME-01
    events = lived(datetime(2021, 6, 1, tzinfo=UTC), TermLength.MONTH, Plan.MONTHLY)
    assert texts(events)[1:] == ["renewed 4 times for one month, to 2021-06-27"]


def test_a_single_charge_is_told_by_its_sentence() -> None:
    events = lived(datetime(2021, 3, 1, tzinfo=UTC), TermLength.YEAR, Plan.MONTHLY)
    assert texts(events)[1:] == ["charged for 2021-02-28 to 2021-03-30"]


def test_a_renewal_that_applies_a_change_stands_alone() -> None:
    scheduled = ScheduleChange(at=datetime(2021, 4, 1, tzinfo=UTC), subscription_id="s-1", seats=8)
    events = lived(datetime(2021, 7, 1, tzinfo=UTC), TermLength.MONTH, Plan.MONTHLY, scheduled)
    assert [(type(run[0]).__name__, len(run)) for run in folded(events)] == [
        ("Purchased", 1),
        ("Renewed", 2),
        ("ChangeScheduled", 1),
        ("Renewed", 1),
        ("Renewed", 2),
    ]


def test_a_charge_that_applies_a_queued_plan_stands_alone() -> None:
    queued = QueueBillingPlan(at=datetime(2021, 2, 1, tzinfo=UTC), subscription_id="s-1", plan=Plan.MONTHLY)
    events = lived(datetime(2022, 4, 15, tzinfo=UTC), TermLength.THREE_YEARS, Plan.ANNUAL, queued)
    assert [len(run) for run in folded(events)] == [1, 1, 1, 2]
