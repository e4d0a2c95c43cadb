"""Billing periods, when their documents come, and what stands on an invoice."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.billing.invoices import (
    available_on,
    issuable_at,
    lines_of,
    period_of,
)
from csp_lifecycle.billing.rules import LEGACY, MARKETPLACE_SAAS, NEW_COMMERCE
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import DAY
from csp_lifecycle.vocabulary.account import Account, BillingPeriod, Program
from csp_lifecycle.vocabulary.commands import AddSeats

Said = Callable[..., Any]

ISSUED, LATER = datetime(2025, 10, 8, tzinfo=UTC), datetime(2025, 11, 8, tzinfo=UTC)
SEPTEMBER = BillingPeriod(starts_on=date(2025, 9, 1), ends_on=date(2025, 9, 30))


@pytest.mark.parametrize(
    ("program", "anniversary", "day", "starts_on", "ends_on"),
    [
        (Program.NEW_COMMERCE, 1, "2025-09-15", "2025-09-01", "2025-09-30"),  # TV-INV-02
        (Program.NEW_COMMERCE, 1, "2024-02-29", "2024-02-01", "2024-02-29"),
        (Program.LEGACY, 12, "2025-09-12", "2025-09-12", "2025-10-11"),  # TV-INV-01
        (Program.LEGACY, 12, "2025-09-11", "2025-08-12", "2025-09-11"),
        (Program.LEGACY, 15, "2018-01-13", "2017-12-15", "2018-01-14"),  # TV-LEG-01: on the invoice of 15 January
        (Program.LEGACY, 31, "2025-02-28", "2025-02-28", "2025-03-30"),  # D-24
        (Program.LEGACY, 31, "2025-03-30", "2025-02-28", "2025-03-30"),
        (Program.LEGACY, 31, "2025-01-01", "2024-12-31", "2025-01-30"),
    ],
)
def test_a_billing_period_is_a_month(
    program: Program, anniversary: int, day: str, starts_on: str, ends_on: str
) -> None:  # R-CHARGE-01, R-CHARGE-03
    period = period_of(program, date.fromisoformat(day), anniversary)
    assert (period.starts_on.isoformat(), period.ends_on.isoformat()) == (starts_on, ends_on)


@given(st.sampled_from(Program), st.integers(1, 31), st.dates(date(2000, 1, 1), date(2060, 1, 1)))
def test_periods_cover_every_day_once(program: Program, anniversary: int, day: date) -> None:
    period = period_of(program, day, anniversary)
    assert day in period
    assert period_of(program, period.ends_on, anniversary) == period
    assert period_of(program, period.ends_on + DAY, anniversary).starts_on == period.ends_on + DAY


@pytest.mark.parametrize(
    ("program", "day", "available"),
    [
        (Program.NEW_COMMERCE, "2025-09-01", "2025-10-08"),  # TV-INV-02
        (Program.NEW_COMMERCE, "2025-01-01", "2025-02-08"),  # TV-INV-03
        (Program.LEGACY, "2025-09-12", "2025-09-14"),  # TV-INV-01
    ],
)
def test_documents_have_a_last_day_to_appear(program: Program, day: str, available: str) -> None:  # AMB-39
    period = period_of(program, date.fromisoformat(day), 12)
    assert available_on(program, period).isoformat() == available


def test_charges_stand_on_the_invoice_of_their_order_date(
    sold: Said, buy: Said, do: Said, advance: Said, lines: Said
) -> None:  # R-CHARGE-06
    added = do(AddSeats, "2025-10-01", seats=2)
    charged = lines(Scenario(buy("2025-09-30"), added, advance("2025-10-30"), catalog=sold()))
    new, credit, charge, renewal = charged
    october = period_of(Program.NEW_COMMERCE, date(2025, 10, 1))
    account = Account(
        account_id="acc", program=Program.NEW_COMMERCE, currency="EUR", anniversary_day=1, version=1, as_of=ISSUED
    )
    assert lines_of(account, SEPTEMBER, charged, LATER) == (new,)
    assert lines_of(account, october, charged, LATER) == (credit, charge, renewal)
    assert lines_of(account, october, charged, ISSUED) == (credit, charge)
    assert lines_of(evolve(account, currency="USD"), SEPTEMBER, charged, LATER) == ()
    assert lines_of(evolve(account, program=Program.LEGACY), SEPTEMBER, charged, LATER) == ()


@pytest.mark.parametrize(
    ("program", "instant"),
    [(Program.NEW_COMMERCE, datetime(2025, 10, 1, tzinfo=UTC)), (Program.LEGACY, datetime(2025, 9, 12, tzinfo=UTC))],
)
def test_a_period_is_invoiced_when_it_is_over_and_in_legacy_when_it_begins(program: Program, instant: datetime) -> None:
    # R-CHARGE-02, R-CHARGE-04
    assert issuable_at(program, period_of(program, date(2025, 9, 20), 12)) == instant


def test_the_two_files_have_no_word_in_common() -> None:  # R-CHARGE-23
    legacy, new = ({word for word, _ in rules.lines.values()} for rules in (LEGACY, NEW_COMMERCE))
    assert not legacy & new
    assert MARKETPLACE_SAAS.lines == NEW_COMMERCE.lines
