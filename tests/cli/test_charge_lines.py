"""`charges`: the published figures of every commerce model, from commands in JSON to lines in JSON and CSV."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Say = Callable[..., str]

KEYS = [
    "charge_type",
    "subscription_id",
    "customer_id",
    "offer_id",
    "at",
    "starts_on",
    "ends_on",
    "unit_price",
    "effective_unit_price",
    "seats",
    "amount",
    "currency",
    "reference_id",
]


def offer(name: str, commerce: str, price: str | None = None, **more: Any) -> dict[str, Any]:
    terms = [] if price is None else [("P1M", "monthly"), ("P1Y", "monthly")]
    prices = [{"term": term, "plan": plan, "price": price, "currency": "EUR"} for term, plan in terms]
    return {"offer_id": name, "name": name, "commerce": commerce, "prices": prices, **more}


@pytest.fixture(autouse=True)
def _published_prices(catalog: Path) -> None:
    offers = [
        offer("a", "new-commerce", "10.08", upgrades_to=["b"]),
        offer("b", "new-commerce", "20.16"),
        offer("a-trial", "new-commerce", trial=True, converts_to="a"),
        offer("old", "legacy", "4.00"),
        offer("saas", "marketplace-saas", "10"),
        offer("dynamics", "dynamics-direct", "10"),
        offer("metered", "usage"),
    ]
    catalog.write_text(json.dumps({"offers": offers}), encoding="utf-8")


@pytest.fixture
def charged(here: Any) -> Callable[..., list[dict[str, Any]]]:
    def lines(*commands: str, about: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        assert here("play", "--json", "FILE", lines="".join(commands)).status == 0
        found: list[dict[str, Any]] = here("charges", *about, "--json").objects
        return found

    return lines


def short(lines: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [tuple(line[key] for key in ("charge_type", "starts_on", "ends_on", "seats", "amount")) for line in lines]


def test_a_line_has_the_keys_of_the_contract_in_their_order(charged: Any, buy: Say, say: Say) -> None:
    # TV-SEAT-01, R-PRORATE-05
    added = say("add-seats", "2021-06-20", seats=2, command_id="k-2")
    new, credit, charge = charged(buy("2021-06-18", 10, offer_id="a", term="P1M", command_id="k-1"), added)
    assert [list(line) for line in (new, credit, charge)] == [KEYS] * 3
    assert charge == {
        "charge_type": "addQuantity",
        "subscription_id": "s-1",
        "customer_id": "contoso",
        "offer_id": "a",
        "at": "2021-06-20T10:00:00Z",
        "starts_on": "2021-06-20",
        "ends_on": "2021-07-17",
        "unit_price": "10.08",
        "effective_unit_price": "9.408",
        "seats": 12,
        "amount": "112.89",
        "currency": "EUR",
        "reference_id": "k-2",
    }
    assert (credit["amount"], credit["effective_unit_price"], credit["reference_id"]) == ("-94.08", "-9.408", "k-2")


def test_no_two_decisions_share_a_reference(charged: Any, buy: Say, say: Say) -> None:
    bought = buy("2021-06-18", 10, offer_id="a", term="P1M")
    lines = charged(bought, say("add-seats", "2021-06-20", seats=2), say("add-seats", "2021-08-20", seats=1))
    references = [line["reference_id"] for line in lines]
    # Bought, added, renewed by time alone twice, added.
    assert [references.count(one) for one in dict.fromkeys(references)] == [1, 2, 1, 1, 2]


def test_a_cancellation_gives_the_rest_back(charged: Any, buy: Say, say: Say) -> None:  # R-PRORATE-06
    lines = charged(buy("2021-06-18", 10, offer_id="a", term="P1M"), say("cancel", "2021-06-20"))
    assert short(lines)[1:] == [("cancelImmediate", "2021-06-20", "2021-07-17", 10, "-94.00")]


def test_the_first_line_of_what_an_upgrade_began_is_a_conversion(charged: Any, buy: Say, say: Say) -> None:
    # R-UPGRADE-16: the source before the target
    moved = say("upgrade", "2021-06-20", offer_id="b", seats=4, new_subscription_id="s-2")
    _, source, target = charged(buy("2021-06-18", 10, offer_id="a", term="P1M"), moved)
    assert short([source, target]) == [
        ("convert", "2021-06-20", "2021-07-17", 4, "-37.60"),
        ("convert", "2021-06-20", "2021-07-17", 4, "75.24"),
    ]
    assert source["reference_id"] == target["reference_id"]


def test_a_trial_costs_nothing_in_its_twin_s_currency(charged: Any, say: Say) -> None:  # R-TRIAL-15
    (line,) = charged(say("start-trial", "2021-06-18", customer_id="contoso", offer_id="a-trial"))
    assert (line["amount"], line["unit_price"], line["currency"], line["seats"]) == ("0.00", "0.00", "EUR", 25)


def test_a_legacy_seat_change_bills_the_cycle_again(charged: Any, buy: Say, say: Say) -> None:  # TV-LEG-02
    lines = charged(buy("2018-01-13", 1, offer_id="old"), say("add-seats", "2018-02-01", seats=1))
    assert short(lines) == [
        ("newPurchaseCycleFee", "2018-01-13", "2018-02-12", 1, "4.00"),
        ("cycleInstanceProrate", "2018-01-13", "2018-02-12", 1, "-4.00"),
        ("cycleInstanceProrate", "2018-01-13", "2018-01-31", 1, "2.45"),
        ("cycleInstanceProrate", "2018-02-01", "2018-02-12", 2, "3.10"),
    ]


def test_a_marketplace_offer_is_charged_when_it_is_activated(charged: Any, buy: Say, say: Say) -> None:
    # TV-CANCEL-12
    activated = say("activate", "2019-06-10", actor="publisher")
    canceled = say("cancel", "2019-06-10T23:00:00Z")
    assert short(charged(buy("2019-06-10", 1, offer_id="saas", term="P1M"), activated, canceled)) == [
        ("new", "2019-06-10", "2019-07-09", 1, "10.00"),
        ("cancelImmediate", "2019-06-10", "2019-07-09", 1, "-10.00"),
    ]


def test_dynamics_direct_is_charged_cycle_by_cycle(charged: Any, buy: Say) -> None:  # D-02
    until = '{"do": "advance", "to": "2019-07-10T00:00:00Z"}\n'
    assert short(charged(buy("2019-06-10", 3, offer_id="dynamics"), until)) == [
        ("new", "2019-06-10", "2019-07-09", 3, "30.00"),
        ("cycleCharge", "2019-07-10", "2019-08-09", 3, "30.00"),
    ]


def test_a_usage_subscription_has_no_lines_of_its_own(here: Any, say: Say) -> None:  # R-USAGE-06
    here("play", "FILE", lines=say("purchase", "2019-06-10", customer_id="contoso", offer_id="metered"))
    ran = here("charges", "s-1", "--json")
    assert (ran.status, ran.objects) == (1, [])


def test_lines_can_be_of_one_subscription_and_of_some_days(here: Any, buy: Say, say: Say) -> None:
    lines = buy("2021-06-18", 10, offer_id="a") + buy("2021-06-20", 1, subscription_id="s-2", offer_id="a")
    here("play", "FILE", lines=lines + say("add-seats", "2021-06-22", seats=1))

    def begins(*asked: str) -> list[tuple[str, str]]:
        return [(one["subscription_id"], one["starts_on"]) for one in here("charges", *asked, "--json").objects]

    assert begins("s-2") == [("s-2", "2021-06-20")]
    assert begins("--from", "2021-06-20", "--to", "2021-06-20") == [("s-2", "2021-06-20")]
    assert begins("--from", "2021-06-22") == [("s-1", "2021-06-22")] * 2
    assert begins("--to", "2021-06-18") == [("s-1", "2021-06-18")]
    assert here("charges", "--to", "2021-06-17", "--json").status == 1


def test_there_is_no_such_subscription(here: Any, buy: Say) -> None:
    here("play", "FILE", lines=buy("2021-06-18", 10, offer_id="a"))
    ran = here("charges", "s-9", "--json")
    assert (ran.status, ran.objects[0]["refused"]["code"]) == (1, "subscription-not-found")


@pytest.mark.parametrize("asked", [("--from", "june"), ("--to", "2021-06-31")])
def test_a_day_that_is_none_is_wrong_usage(cli: Any, asked: tuple[str, ...]) -> None:
    assert cli("charges", *asked).status == 64


def test_csv_has_the_columns_of_the_reconciliation_file(here: Any, buy: Say) -> None:  # R-CHARGE-23
    here("play", "FILE", lines=buy("2021-06-18", 10, offer_id="a", term="P1M", command_id="k"))
    (row,) = csv.DictReader(io.StringIO(here("charges", "--csv").out))
    wanted = {"CustomerId": "contoso", "ChargeType": "new", "Subtotal": "100.80", "BillableQuantity": "10"}
    assert row.items() >= wanted.items()
    assert here("charges", "--csv", "--from", "2030-01-01").status == 1


def test_people_read_lines_as_a_table(here: Any, buy: Say, say: Say) -> None:
    here("play", "FILE", lines=buy("2021-06-18", 10, offer_id="a", term="P1M") + say("cancel", "2021-06-20"))
    printed = here("charges").out
    assert "cancelImmediate" in printed
    assert "EUR -94.00" in printed
    assert "2 lines" in printed
