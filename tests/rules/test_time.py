"""R-TIME: instants and days, the arithmetic of terms and charge cycles, and what time brings by itself."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import attrs
import pytest

from csp_lifecycle.errors import InvalidCommandError
from csp_lifecycle.policies import POLICIES
from csp_lifecycle.policies.new_commerce import NEW_COMMERCE
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import Cycle, MonthEnds, Plan, TermLength
from csp_lifecycle.vocabulary.commands import (
    AddSeats,
    Advance,
    Cancel,
    Command,
    CompleteRenewal,
    Purchase,
    Reactivate,
    StartTrial,
    Suspend,
    TurnOffAutoRenew,
)
from csp_lifecycle.vocabulary.events import CycleCharged, Event, Purchased, Renewed
from csp_lifecycle.wire.commands import read_command

Buy = Callable[..., Purchase]
Do = Callable[..., Command]
Time = Callable[..., Advance]
At = Callable[[str], datetime]
Day = Callable[[str], date]
Stream = Callable[..., tuple[Event, ...]]

MONTH, YEAR, THREE_YEARS = TermLength.MONTH, TermLength.YEAR, TermLength.THREE_YEARS
MONTHLY, ANNUAL, TRIENNIAL = Plan.MONTHLY, Plan.ANNUAL, Plan.TRIENNIAL

KEEPS_THE_DISTANCE = attrs.evolve(NEW_COMMERCE, id="distance-kept", month_ends=MonthEnds.DISTANCE_KEPT)


def cycles_in(events: tuple[Event, ...]) -> list[Cycle]:
    """The charge cycles that a stream begins, one after the other."""
    began = (event.charge_cycle for event in events if isinstance(event, (Purchased, CycleCharged, Renewed)))
    return [cycle for cycle in began if cycle is not None]


def charged_from(events: tuple[Event, ...]) -> list[str]:
    """The charge cycles of a stream, as the months are printed: first day and last day."""
    return [f"{cycle.starts_on:%m-%d}..{cycle.ends_on:%m-%d}" for cycle in cycles_in(events)]


# R-TIME-01


@pytest.mark.parametrize("kind", [Suspend, Cancel, Reactivate, TurnOffAutoRenew, CompleteRenewal])
def test_an_instant_without_a_time_zone_is_refused(do: Do, kind: type[Command]) -> None:
    # R-TIME-01
    with pytest.raises(ValueError, match="R-TIME-01"):
        do(kind, "2025-01-15T10:00:00")


def test_a_purchase_and_an_advance_need_a_time_zone_too(buy: Buy, advance: Time) -> None:
    # R-TIME-01
    with pytest.raises(ValueError, match="R-TIME-01"):
        buy("2025-01-15T10:00:00")
    with pytest.raises(ValueError, match="R-TIME-01"):
        advance("2025-01-15T10:00:00")


def test_a_line_of_json_without_an_offset_is_an_error() -> None:
    # R-TIME-01
    with pytest.raises(InvalidCommandError):
        read_command('{"do": "suspend", "subscription_id": "s-1", "at": "2025-01-15T10:00:00"}')


def test_days_are_those_of_utc_wherever_the_partner_is(buy: Buy, at: At, day: Day, stream: Stream) -> None:
    # R-TIME-01: half past eleven in New York is the next morning in UTC
    scenario = Scenario(buy("2025-01-15T23:30:00-05:00"))
    bought = stream(scenario)[0]
    assert isinstance(bought, Purchased)
    assert bought.term is not None
    assert (bought.at, bought.at.tzinfo) == (at("2025-01-16T04:30:00Z"), UTC)
    assert (bought.term.starts_on, bought.term.ends_on) == (day("2025-01-16"), day("2026-01-15"))


# R-TIME-02


def test_the_last_day_of_a_term_counts_in_full(buy: Buy, do: Do, advance: Time) -> None:
    # R-TIME-02
    scenario = Scenario(buy())
    scenario.given(advance("2026-01-14T23:59:59.999999Z"))
    assert scenario.when(do(AddSeats, "2026-01-14T23:59:59.999999Z", seats=1)).names == ("seats-added",)
    assert scenario.when(advance("2026-01-15T00:00:00Z")).names == ("renewed",)


@pytest.mark.parametrize(
    ("bought_at", "ends_on", "last_second"),
    [
        pytest.param("2021-01-14T16:57:14Z", "2022-01-13", "2022-01-13T23:59:59Z", id="TV-TIME-14"),
        pytest.param("2022-03-14T08:00:00Z", "2023-03-13", "2023-03-13T23:59:59Z", id="TV-TIME-17"),
    ],
)
def test_a_term_ends_with_the_last_second_of_its_last_day(
    buy: Buy, at: At, day: Day, bought_at: str, ends_on: str, last_second: str
) -> None:
    """R-TIME-02, R-TIME-03, TV-TIME-14, TV-TIME-17."""
    term = Scenario(buy(bought_at)).subscription().term
    assert term is not None
    assert term.ends_on == day(ends_on)
    assert term.ends_before - timedelta(seconds=1) == at(last_second)


# R-TIME-03


@pytest.mark.parametrize(
    ("bought_at", "term", "ends_on"),
    [
        pytest.param("2021-04-15T12:00:00Z", YEAR, "2022-04-14", id="TV-TIME-18-year"),
        pytest.param("2021-04-14T12:00:00Z", MONTH, "2021-05-13", id="TV-TIME-18-month"),
        pytest.param("2021-05-25T12:00:00Z", THREE_YEARS, "2024-05-24", id="TV-TIME-18-three-years"),
        pytest.param("2024-02-29T12:00:00Z", YEAR, "2025-02-27", id="leap-day-year"),
        pytest.param("2024-02-29T12:00:00Z", MONTH, "2024-03-28", id="leap-day-month"),
        pytest.param("2024-01-31T12:00:00Z", MONTH, "2024-02-28", id="to-a-leap-february"),
    ],
)
def test_a_term_ends_the_day_before_its_anniversary(
    buy: Buy, day: Day, bought_at: str, term: TermLength, ends_on: str
) -> None:
    """R-TIME-03, TV-TIME-18; a boundary beyond a shorter month falls on that month's last day."""
    running = Scenario(buy(bought_at, term=term)).subscription().term
    assert running is not None
    assert running.ends_on == day(ends_on)


@pytest.mark.parametrize(
    ("bought_on", "ends_on", "renews_on"),
    [
        pytest.param("2021-01-31", "2021-02-27", "2021-02-28", id="TV-TIME-01"),
        pytest.param("2021-02-28", "2021-03-27", "2021-03-28", id="TV-TIME-02"),
        pytest.param("2021-05-31", "2021-06-29", "2021-06-30", id="TV-TIME-03"),
        pytest.param("2021-01-30", "2021-02-27", "2021-02-28", id="TV-TIME-06"),
        pytest.param("2021-02-27", "2021-03-26", "2021-03-27", id="TV-TIME-07"),
    ],
)
def test_a_monthly_term_and_its_only_cycle_end_together_and_renew_the_day_after(
    buy: Buy, at: At, day: Day, advance: Time, bought_on: str, ends_on: str, renews_on: str
) -> None:
    """R-TIME-03, TV-TIME-01, TV-TIME-02, TV-TIME-03, TV-TIME-06, TV-TIME-07."""
    scenario = Scenario(buy(f"{bought_on}T10:00:00Z", term=MONTH))
    bought = scenario.subscription()
    assert bought.term is not None
    assert bought.charge_cycle is not None
    assert bought.term.ends_on == bought.charge_cycle.ends_on == day(ends_on)
    assert bought.charge_cycle.starts_on == day(bought_on)
    (renewed,) = scenario.when(advance(f"{renews_on}T00:00:00Z")).recorded
    assert (type(renewed), renewed.at) == (Renewed, at(f"{renews_on}T00:00:00Z"))


# R-TIME-04


def test_cycles_are_counted_from_the_term_start_so_the_31st_comes_back(buy: Buy, advance: Time, stream: Stream) -> None:
    """R-TIME-04, TV-TIME-11."""
    scenario = Scenario(buy("2021-01-31T10:00:00Z"), advance("2022-01-30T23:59:59Z"))
    assert charged_from(stream(scenario)) == [
        *("01-31..02-27", "02-28..03-30", "03-31..04-29", "04-30..05-30", "05-31..06-29", "06-30..07-30"),
        *("07-31..08-30", "08-31..09-29", "09-30..10-30", "10-31..11-29", "11-30..12-30", "12-31..01-30"),
    ]
    assert scenario.when(advance("2022-01-31T00:00:00Z")).names == ("renewed",)


def test_a_term_from_the_30th_clamps_in_february_alone(buy: Buy, advance: Time, stream: Stream) -> None:
    # R-TIME-04, AMB-01: by default the last days of February are not remembered
    scenario = Scenario(buy("2021-01-30T10:00:00Z"), advance("2021-05-01T00:00:00Z"))
    assert charged_from(stream(scenario)) == ["01-30..02-27", "02-28..03-29", "03-30..04-29", "04-30..05-29"]


def test_the_other_reading_keeps_the_distance_to_the_end_of_the_month(buy: Buy, advance: Time, stream: Stream) -> None:
    """TV-TIME-12, AMB-01: printed figures that only the switch reproduces."""
    scenario = Scenario(
        buy("2021-01-30T10:00:00Z", policy="distance-kept"),
        advance("2022-01-29T23:59:59Z"),
        policies={**POLICIES, "distance-kept": KEEPS_THE_DISTANCE},
    )
    assert charged_from(stream(scenario)) == [
        *("01-30..02-26", "02-27..03-29", "03-30..04-28", "04-29..05-29", "05-30..06-28", "06-29..07-29"),
        *("07-30..08-29", "08-30..09-28", "09-29..10-29", "10-30..11-28", "11-29..12-29", "12-30..01-29"),
    ]


@pytest.mark.parametrize(
    ("term", "plan", "bought_on", "boundaries"),
    [
        (YEAR, ANNUAL, "2025-01-15", []),
        (THREE_YEARS, ANNUAL, "2024-02-29", ["2025-02-28", "2026-02-28"]),
        (THREE_YEARS, ANNUAL, "2025-03-31", ["2026-03-31", "2027-03-31"]),
        (THREE_YEARS, TRIENNIAL, "2025-01-15", []),
    ],
)
def test_cycles_partition_a_term_of_years(
    *,
    buy: Buy,
    day: Day,
    stream: Stream,
    term: TermLength,
    plan: Plan,
    bought_on: str,
    boundaries: list[str],
) -> None:
    # R-TIME-04, INV-11
    scenario = Scenario(buy(f"{bought_on}T10:00:00Z", term=term, plan=plan))
    running = scenario.subscription().term
    assert running is not None
    scenario.given(Advance(to=running.ends_before - timedelta(microseconds=1)))
    cycles = cycles_in(stream(scenario))
    assert [cycle.starts_on for cycle in cycles] == [day(bought_on), *map(day, boundaries)]
    ends = [day(boundary) - timedelta(days=1) for boundary in boundaries]
    assert [cycle.ends_on for cycle in cycles] == [*ends, running.ends_on]


# R-TIME-05


def test_a_renewed_term_is_counted_from_its_own_start(buy: Buy, advance: Time, stream: Stream) -> None:
    """R-TIME-05, AMB-02: a term of the 31st renews on the 28th, and on the 28th from then on."""
    scenario = Scenario(buy("2021-01-31T10:00:00Z", term=MONTH), advance("2021-05-01T00:00:00Z"))
    assert charged_from(stream(scenario)) == ["01-31..02-27", "02-28..03-27", "03-28..04-27", "04-28..05-27"]


def test_a_year_from_a_leap_day_renews_on_the_28th_for_ever(buy: Buy, day: Day, advance: Time) -> None:
    # R-TIME-05, AMB-02
    scenario = Scenario(buy("2024-02-29T10:00:00Z", plan=ANNUAL), advance("2028-03-01T00:00:00Z"))
    term = scenario.subscription().term
    assert term is not None
    assert (term.starts_on, term.ends_on) == (day("2028-02-28"), day("2029-02-27"))


# R-TIME-06


@pytest.mark.parametrize(
    ("started_on", "ends_on"),
    [("2021-06-25", "2021-07-24"), ("2025-02-01", "2025-03-02"), ("2025-07-01", "2025-07-30")],
)
def test_a_trial_lasts_thirty_days_whatever_the_month(
    do: Do, day: Day, advance: Time, started_on: str, ends_on: str
) -> None:
    # R-TIME-06, AMB-58
    trial = do(StartTrial, f"{started_on}T10:00:00Z", customer_id="contoso", offer_id="business-standard-trial")
    scenario = Scenario(trial)
    term = scenario.subscription().term
    assert term is not None
    assert term.ends_on == day(ends_on)
    assert scenario.when(advance(f"{ends_on}T23:59:59.999999Z")).names == ()
    assert scenario.when(Advance(to=term.ends_before)).names == ("trial-converted",)
