"""Our lines beside a reconciliation file: every difference by its kind, and nothing else."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.billing.reconciliation import (
    Finding,
    Missing,
    RoundingOnly,
    Unexpected,
    WrongAmount,
    WrongDates,
    WrongQuantity,
    reconcile,
)
from csp_lifecycle.billing.stated import StatedLine, seats_charged, stated
from csp_lifecycle.service.charges import charges
from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.catalogs import prices
from csp_lifecycle.testing.strategies import World, histories
from csp_lifecycle.values.calendar import DAY, TermLength
from csp_lifecycle.values.money_errors import MixedCurrenciesError
from csp_lifecycle.vocabulary.catalog import Offer, catalog_of
from csp_lifecycle.vocabulary.commands import AddSeats, Cancel, Upgrade
from csp_lifecycle.vocabulary.subscription import Commerce, Status

Said = Callable[..., Any]

EUROS = {"EUR"}


@pytest.fixture
def ours(sold: Said, buy: Said, do: Said, lines: Said) -> Any:
    """A purchase of ten seats, and two more two days later: 100.80, -94.08 and 112.89."""
    return lines(Scenario(buy("2021-06-18"), do(AddSeats, "2021-06-20", seats=2), catalog=sold()))


def numbered(lines: Iterable[Any]) -> list[StatedLine]:
    return [attrs.evolve(stated(line), row=row) for row, line in enumerate(lines, 2)]


def kinds(findings: Iterable[Finding]) -> list[type]:
    return [type(finding) for finding in findings]


def test_the_same_lines_in_any_order_agree(ours: Any) -> None:
    theirs = numbered(ours)
    assert reconcile(ours, theirs) == ()
    assert reconcile(ours, theirs[::-1]) == ()


def test_ids_in_capitals_are_the_same(ours: Any) -> None:
    theirs = [attrs.evolve(line, subscription_id=line.subscription_id.upper()) for line in numbered(ours)]
    assert reconcile(ours, theirs) == ()


def test_what_only_one_side_has_is_missing_or_unexpected(ours: Any) -> None:
    theirs = numbered(ours)
    assert reconcile(ours, theirs[:2]) == (Missing(ours[2]),)
    assert reconcile(ours[:2], theirs) == (Unexpected(theirs[2]),)


def test_a_line_that_stands_twice_is_expected_twice(ours: Any) -> None:
    theirs = numbered([*ours, ours[0]])
    assert reconcile(ours, theirs) == (Unexpected(theirs[3]),)
    assert reconcile([*ours, ours[0]], theirs[:3]) == (Missing(ours[0]),)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"quantity": Decimal(13)}, WrongQuantity),
        ({"ends_on": date(2021, 7, 18)}, WrongDates),
        ({"starts_on": date(2021, 6, 19), "ends_on": date(2021, 7, 16)}, WrongDates),
        ({"amount": Decimal("112.80")}, WrongAmount),
        ({"amount": Decimal("-112.89"), "effective_unit_price": Decimal("-9.408")}, WrongAmount),
        ({"amount": Decimal("112.90")}, RoundingOnly),
        ({"amount": Decimal("112.88")}, RoundingOnly),
    ],
)
def test_a_difference_is_told_by_its_kind(ours: Any, change: dict[str, Any], kind: Any) -> None:
    *same, last = numbered(ours)
    different = attrs.evolve(last, **change)
    assert reconcile(ours, [different, *same]) == (kind(ours[2], different),)


def test_a_credit_is_not_taken_for_a_charge(ours: Any) -> None:
    # The credit has another quantity; its days and type are those of the charge beside it.
    new, credit, charge = numbered(ours)
    different = attrs.evolve(credit, quantity=Decimal(12), amount=Decimal("-112.89"))
    assert reconcile(ours, [new, charge, different]) == (WrongQuantity(ours[1], different),)


def test_neither_the_days_nor_the_quantity_in_common_are_two_findings(ours: Any) -> None:
    other = attrs.evolve(numbered(ours)[2], quantity=Decimal(13), ends_on=date(2021, 7, 18))
    assert kinds(reconcile(ours, [*numbered(ours)[:2], other])) == [Missing, Unexpected]


def test_shifted_cycles_are_paired_by_the_days_they_share(sold: Said, buy: Said, advance: Said, lines: Said) -> None:
    # A whole file that begins a day early, and lacks the first cycle that follows.
    charged = lines(Scenario(buy("2021-06-18", term=TermLength.YEAR), advance("2021-10-18"), catalog=sold()))
    early = [
        attrs.evolve(line, starts_on=line.starts_on - DAY, ends_on=line.ends_on - DAY) for line in numbered(charged)
    ]
    findings = reconcile(charged, [early[0], *early[2:]])
    assert kinds(findings) == [WrongDates, Missing, WrongDates, WrongDates, WrongDates]
    assert [one.theirs.row for one in findings if isinstance(one, WrongDates)] == [2, 4, 5, 6]


@pytest.mark.parametrize(("tolerance", "kind"), [(0, WrongAmount), (1, WrongAmount), (2, RoundingOnly)])
def test_how_much_is_rounding_is_for_the_policy_to_say(ours: Any, tolerance: int, kind: type) -> None:
    # R-PRORATE-08: the mode of the other side is not ours
    theirs = [*numbered(ours)[:2], attrs.evolve(numbered(ours)[2], amount=Decimal("112.91"))]
    assert kinds(reconcile(ours, theirs, tolerance)) == [kind]


@pytest.mark.parametrize(
    ("currency", "near", "far"), [("JPY", "2911", "2912"), ("KWD", "2910.001", "2910.002"), ("EUR", "2910.01", "2911")]
)
def test_the_tolerance_is_in_minor_units_of_the_currency(currency: str, near: str, far: str, ours: Any) -> None:
    mine = attrs.evolve(ours[0], currency=currency, amount=Decimal(2910))
    theirs = [attrs.evolve(stated(mine), amount=Decimal(amount)) for amount in (near, far)]
    assert [kinds(reconcile([mine], [line])) for line in theirs] == [[RoundingOnly], [WrongAmount]]


def test_lines_in_several_currencies_are_an_error_that_names_them(ours: Any) -> None:  # R-CHARGE-22
    in_dollars = [attrs.evolve(line, currency="USD") for line in numbered(ours)]
    with pytest.raises(MixedCurrenciesError, match=r"not EUR and USD \(R-CHARGE-22\).*`billed_in`"):
        reconcile(ours, in_dollars)


def test_a_customer_s_charges_are_confirmed_by_its_lines_alone(sold: Said, buy: Said, lines: Said) -> None:
    # R-CHARGE-27
    others = buy("2021-06-18", subscription_id="s-2", customer_id="fabrikam")
    charged = lines(Scenario(buy("2021-06-18"), others, catalog=sold()))
    theirs = [line for line in numbered(charged) if line.customer_id == "fabrikam"]
    mine = [line for line in charged if line.customer_id == "fabrikam"]
    assert reconcile(mine, theirs) == ()
    assert kinds(reconcile(charged, theirs)) == [Missing]


def test_a_finding_says_which_row_what_and_by_how_much(ours: Any) -> None:
    theirs = [*numbered(ours)[:2], attrs.evolve(numbered(ours)[2], quantity=Decimal(13), amount=Decimal("122.30"))]
    (finding,) = reconcile(ours, theirs)
    assert finding.kind == "wrong-quantity"
    assert finding.difference == Decimal("9.41")
    assert finding.sentence == (
        "row 4, wrong quantity: addQuantity of s-1, 2021-06-20 to 2021-07-17, 13 x 9.408 = 122.30 EUR; "
        "ours is addQuantity of s-1, 2021-06-20 to 2021-07-17, 12 x 9.408 = 112.89 EUR"
    )
    missing, unexpected = reconcile(ours[:1], [attrs.evolve(theirs[2], charge_type="new", subscription_id="s-2")])
    assert missing.sentence == "new of s-1, 2021-06-18 to 2021-07-17, 10 x 10.08 = 100.80 EUR is missing"
    assert unexpected.sentence.startswith("row 4: new of s-2, ")
    assert (missing.difference, unexpected.difference) == (Decimal("-100.80"), Decimal("122.30"))


@st.composite
def altered(draw: st.DrawFn, lines: list[StatedLine]) -> list[StatedLine]:
    """A file like *lines*, in another order, some of them left out, twice, or with another figure."""
    kept = draw(st.lists(st.sampled_from(lines), max_size=len(lines) + 2)) if lines else []
    changes: list[dict[str, Any]] = [{}, {"quantity": Decimal(7)}, {"amount": Decimal("0.01")}]
    changes += [{"starts_on": date(2024, 1, 1), "ends_on": date(2024, 1, 31)}, {"charge_type": "new"}]
    return [attrs.evolve(line, row=row, **draw(st.sampled_from(changes))) for row, line in enumerate(kept, 2)]


@given(st.data(), histories(World(), longest=8))
def test_differences_add_up_to_the_difference_of_the_totals(data: st.DataObject, history: Any) -> None:
    scenario = Scenario()
    for command in history:
        scenario.when(command)
    ours = tuple(line for line in charges(scenario.lifecycle) if line.currency in EUROS)
    theirs = data.draw(altered(list(map(stated, ours))))
    findings = reconcile(ours, theirs)
    assert sum(one.difference for one in findings) == _total(theirs) - _total(ours)
    told = [one.theirs.row for one in findings if not isinstance(one, Missing)]
    assert len(told) == len(set(told)), "no line stands in two findings"
    assert reconcile(ours, data.draw(st.permutations(list(map(stated, ours))))) == ()


def _total(lines: Iterable[Any]) -> Decimal:
    return sum((line.amount for line in lines), Decimal(0))


def test_seats_are_charged_from_their_day_to_the_end_of_the_cycle(ours: Any) -> None:  # R-PRORATE-03, R-PRORATE-05
    on = [seats_charged(numbered(ours), date(2021, *day)) for day in ((6, 17), (6, 19), (6, 20), (7, 17), (7, 18))]
    assert on == [{}, {"s-1": 10}, {"s-1": 12}, {"s-1": 12}, {}]


@pytest.mark.parametrize("day", ["2021-06-19", "2021-06-21"])
def test_a_cancellation_leaves_no_seats(day: str, sold: Said, buy: Said, do: Said, lines: Said) -> None:
    moved = do(Upgrade, "2021-06-18T11:00:00Z", offer_id="b", seats=4, new_subscription_id="s-2")
    scenario = Scenario(buy("2021-06-18"), moved, do(Cancel, day), catalog=sold())
    assert seats_charged(map(stated, lines(scenario)), date.fromisoformat(day)) == {"s-1": 0, "s-2": 4}


DEAR = catalog_of(
    (
        Offer(offer_id="a", name="A", commerce=Commerce.NEW_COMMERCE, prices=prices("1000"), upgrades_to=("b",)),
        Offer(offer_id="b", name="B", commerce=Commerce.NEW_COMMERCE, prices=prices("2000")),
        Offer(offer_id="a-trial", name="A trial", commerce=Commerce.NEW_COMMERCE, trial=True, converts_to="a"),
    )
)


@given(histories(World(catalog=DEAR), longest=20))
def test_the_seats_that_lines_add_up_to_are_the_seats_there_are(history: Any) -> None:
    # Prices are high, so that no credit is cut to nothing and loses its sign.
    scenario = Scenario(catalog=DEAR)
    for command in history:
        scenario.when(command)
    lines = list(map(stated, charges(scenario.lifecycle)))
    for one in scenario.lifecycle.subscriptions():
        if one.in_flight is None:
            assert one.as_of is not None
            charged = seats_charged(lines, one.as_of.date()).get(one.subscription_id, 0)
            assert charged == (0 if one.status in _OVER else one.seats)


_OVER = {Status.EXPIRED, Status.DISABLED, Status.DELETED}
