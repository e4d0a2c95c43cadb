"""What will be charged if nothing changes, and what is charged and not yet invoiced."""

from collections.abc import Callable
from typing import Any

from csp_lifecycle.billing.upcoming import not_invoiced, upcoming
from csp_lifecycle.testing import Scenario
from csp_lifecycle.values.calendar import TermLength
from csp_lifecycle.vocabulary.commands import AddSeats, Suspend

Said = Callable[..., Any]


def test_coming_charges_are_those_of_a_rehearsal(
    sold: Said, buy: Said, do: Said, advance: Said, entries: Said, short: Said
) -> None:
    scenario = Scenario(buy("2025-01-15", term=TermLength.YEAR), do(AddSeats, "2025-01-20", seats=2), catalog=sold())
    recorded = entries(scenario.lifecycle.log())
    rehearsal = scenario.lifecycle.rehearsal()
    rehearsal.handle(advance("2025-03-15"))
    coming = entries(rehearsal.log())[len(recorded) :]
    assert short(upcoming(recorded, coming)) == [
        ("cycleCharge", "2025-02-15", "2025-03-14", "10.08", 12, "120.96"),
        ("cycleCharge", "2025-03-15", "2025-04-14", "10.08", 12, "120.96"),
    ]


def test_a_subscription_that_will_end_is_charged_no_further(
    sold: Said, buy: Said, do: Said, advance: Said, entries: Said
) -> None:  # R-SUSP-08
    scenario = Scenario(buy("2025-01-15"), do(Suspend, "2025-01-20"), catalog=sold())
    recorded = entries(scenario.lifecycle.log())
    rehearsal = scenario.lifecycle.rehearsal()
    rehearsal.handle(advance("2025-06-15"))
    assert upcoming(recorded, entries(rehearsal.log())[len(recorded) :]) == ()


def test_what_no_invoice_holds_is_still_to_be_invoiced(sold: Said, buy: Said, do: Said, lines: Said) -> None:
    # R-CHARGE-06, R-CHARGE-08
    new, credit, charge = lines(
        Scenario(buy("2025-01-15"), do(AddSeats, "2025-01-20", seats=2), catalog=sold()),
    )
    assert not_invoiced((new, credit, charge), (credit,)) == (new, charge)
    assert not_invoiced((new, new, charge), (new,)) == (new, charge)
    assert not_invoiced((new,), (new, charge)) == ()
