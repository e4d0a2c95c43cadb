"""What holds of every term that is made to end on another day than its natural one."""

from datetime import UTC, date, datetime, timedelta

from dateutil.relativedelta import relativedelta
from hypothesis import assume, given
from hypothesis import strategies as st

from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.strategies import PAID_TERMS
from csp_lifecycle.values.alignment import Alignment, calendar_month_end, recurrence
from csp_lifecycle.values.calendar import Plan, Term, TermLength, natural_end
from csp_lifecycle.vocabulary.commands import Advance, Purchase
from csp_lifecycle.vocabulary.subscription import Subscription

DAY = timedelta(days=1)
days = st.dates(date(1990, 1, 1), date(2100, 12, 31))
instants = st.datetimes(datetime(1990, 1, 1), datetime(2100, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - UTC comes
lengths = st.sampled_from(PAID_TERMS)
aligns = st.sampled_from((None, Alignment.CALENDAR_MONTH))


def bought(
    at: datetime,
    length: TermLength,
    align: Alignment | str | None = None,
    ends_on: date | None = None,
    name: str = "s-1",
) -> Purchase:
    return Purchase(
        at=at,
        subscription_id=name,
        customer_id="contoso",
        offer_id="e3",
        seats=5,
        term=length,
        plan=Plan.MONTHLY,
        align=align,
        ends_on=ends_on,
    )


def term_of(subscription: Subscription) -> Term:
    assert subscription.term is not None
    return subscription.term


@given(days)
def test_a_calendar_month_ends_at_most_thirty_days_before(day: date) -> None:  # INV-13, INV-14, R-COTERM-04
    end = calendar_month_end(day)
    assert end <= day
    assert (end + DAY).day == 1
    assert day - end < 31 * DAY
    assert all((day - skipped * DAY + DAY).day != 1 for skipped in range((day - end).days))


@given(days, lengths, days)
def test_an_end_recurs_to_the_last_time_that_fits(end: date, length: TermLength, not_after: date) -> None:
    # R-COTERM-03
    moved = recurrence(end, length, not_after=not_after)
    following = natural_end(moved + DAY, length)
    assert moved == end or end < moved <= not_after
    assert following > not_after


@given(instants, lengths)
def test_aligning_to_the_month_only_makes_a_term_shorter(at: datetime, length: TermLength) -> None:
    # INV-13, INV-14, R-COTERM-11, R-COTERM-12
    scenario = Scenario(bought(at, length, Alignment.CALENDAR_MONTH))
    aligned, natural = scenario.subscription(), natural_end(at.date(), length)
    term = term_of(aligned)
    assert at.date() <= term.ends_on <= natural
    assert (term.ends_on + DAY).day == 1
    assert natural - term.ends_on < 31 * DAY
    assert aligned.cancellable_until(at) == at + 7 * DAY
    assert aligned.reducible_seats(at + 7 * DAY) == 5
    scenario.given(Advance(to=term.ends_before))
    assert term_of(scenario.subscription()).ends_on == natural_end(term.ends_on + DAY, length)


@given(instants, lengths)
def test_the_cycles_of_a_month_aligned_term_begin_on_the_first(at: datetime, length: TermLength) -> None:
    # R-COTERM-10: the first cycle is the short one
    scenario = Scenario(bought(at, length, Alignment.CALENDAR_MONTH))
    first = scenario.subscription().charge_cycle
    assert first is not None
    assert first.starts_on == at.date()
    assert (first.ends_on + DAY).day == 1
    assert first.ends_on - first.starts_on < 31 * DAY


@given(instants, lengths, st.integers(0, 800), lengths, aligns)
def test_coterminated_subscriptions_meet(
    at: datetime, other: TermLength, wait: int, length: TermLength, align: Alignment | None
) -> None:  # R-COTERM-02, R-COTERM-03, R-COTERM-05, R-COTERM-06
    scenario = Scenario(bought(at, other, align))
    now = at + wait * DAY
    answer = scenario.when(bought(now, length, "s-1", name="s-2"))
    scenario.given(Advance(to=now))
    existing = term_of(scenario.subscription())
    if answer.refusal is not None:
        natural = natural_end(now.date(), length)
        end = recurrence(existing.ends_on, other, not_after=natural)
        monthly = length is TermLength.MONTH and end.day in {28, 29, 30} and (end + DAY).day != 1
        assert monthly or end > natural or (other is TermLength.MONTH and length is not other)
        return
    met = term_of(scenario.subscription("s-2"))
    assert met.ends_on <= natural_end(now.date(), length)
    # Left alone, the existing subscription renews until one of its terms ends on that very day.
    scenario.given(Advance(to=met.ends_before - timedelta(microseconds=1)))
    assert term_of(scenario.subscription()).ends_on == met.ends_on


@given(instants, lengths, st.integers(-40, 1200))
def test_an_end_outside_the_term_is_refused(at: datetime, length: TermLength, far: int) -> None:  # R-COTERM-05
    end = at.date() + far * DAY
    inside = at.date() <= end < at.date() + relativedelta(months=length.months)
    assume(not inside)
    Scenario().when(bought(at, length, ends_on=end)).refused("custom-end-out-of-term", "R-COTERM-05")


@given(instants, lengths, st.integers(0, 1200))
def test_an_end_inside_the_term_matches_a_month_or_a_subscription(at: datetime, length: TermLength, far: int) -> None:
    # R-COTERM-06, R-COTERM-08
    end = at.date() + far * DAY
    assume(end < at.date() + relativedelta(months=length.months))
    answer = Scenario().when(bought(at, length, ends_on=end))
    assert (answer.refusal is None) == ((end + DAY).day == 1)
    if answer.refusal is not None:
        awkward = length is TermLength.MONTH and end.day in {28, 29, 30}
        answer.refused("custom-end-out-of-term" if awkward else "custom-end-no-match")
