"""`--charges`: what every line of `play` and `preview` costs, beside what it records."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Say = Callable[..., str]


@pytest.fixture
def lines(buy: Say, say: Say, catalog: Path) -> str:
    """Bought, changed, a mistake, a refusal, upgraded in part, renewed twice, nothing due, and an account."""
    offers = json.loads(catalog.read_text(encoding="utf-8"))["offers"]
    offers[1]["prices"].append({"term": "P1M", "plan": "monthly", "price": "20.00", "currency": "EUR"})
    catalog.write_text(json.dumps({"offers": offers}), encoding="utf-8")
    later = '{"do": "advance", "to": "2025-04-01T00:00:00Z"}\n'
    account = {"do": "open-account", "at": "2025-01-01T00:00:00Z", "account_id": "acc"}
    return (
        buy("2025-01-15", 10, term="P1M", command_id="k-1")
        + say("add-seats", "2025-01-20", seats=2)
        + "nonsense\n"
        + say("cancel", "2025-02-01")
        + say("upgrade", "2025-02-01", offer_id="m365-business-premium", seats=4, new_subscription_id="s-2")
        + later * 2
        + json.dumps(account | {"program": "new-commerce", "currency": "EUR"})
        + "\n"
    )


def costs(objects: list[dict[str, Any]]) -> dict[int, list[tuple[str, str, str]]]:
    return {
        one["line"]: [
            tuple(line[key] for key in ("subscription_id", "charge_type", "amount")) for line in one["charges"]
        ]
        for one in objects
        if "charges" in one
    }


def test_every_line_that_is_taken_says_what_it_costs(here: Any, lines: str) -> None:
    """R-PRORATE-05, R-UPGRADE-16, R-RENEW-09; what is refused or makes no sense costs nothing and says nothing."""
    ran = here("play", "--json", "--charges", "FILE", lines=lines)
    assert costs(ran.objects) == {
        1: [("s-1", "new", "120.00")],
        2: [("s-1", "addQuantity", "-100.64"), ("s-1", "addQuantity", "120.77")],
        5: [("s-1", "convert", "-21.64"), ("s-2", "convert", "36.12")],
        6: [
            ("s-1", "renew", "96.00"),
            ("s-2", "renew", "80.00"),
            ("s-1", "renew", "96.00"),
            ("s-2", "renew", "80.00"),
        ],
        7: [],
        8: [],
    }
    assert [*ran.objects[0]] == ["line", "recorded", "charges"]


def test_the_costs_of_all_lines_are_the_charges_of_the_log(here: Any, lines: str) -> None:
    ran = here("play", "--json", "--charges", "FILE", lines=lines)
    told = [charge for one in ran.objects for charge in one.get("charges", ())]
    assert told == here("charges", "--json").objects


def test_a_preview_tells_the_costs_that_come_true(here: Any, lines: str) -> None:
    foreseen = here("preview", "--json", "--charges", "FILE", lines=lines)
    assert here("log", "--json").objects == []
    assert costs(foreseen.objects) == costs(here("play", "--json", "--charges", "FILE", lines=lines).objects)


def test_a_command_that_is_repeated_tells_its_costs_again(here: Any, lines: str) -> None:
    first, *_ = lines.splitlines()
    here("play", "--json", "FILE", lines=lines)
    (again,) = here("play", "--json", "--charges", "FILE", lines=first).objects
    assert costs([again]) == {1: [("s-1", "new", "120.00")]}


def test_without_the_option_nothing_is_said_of_costs(here: Any, lines: str) -> None:
    ran = here("preview", "--json", "FILE", lines=lines)
    silent = [{key: value for key, value in one.items() if key != "charges"} for one in ran.objects]
    assert ran.objects == silent
    charged = here("preview", "--json", "--charges", "FILE", lines=lines).objects
    assert [{key: value for key, value in one.items() if key != "charges"} for one in charged] == silent


def test_people_read_the_costs_below_what_happened(here: Any, lines: str) -> None:
    said = here("preview", "--charges", "FILE", lines=lines).out
    below = said[said.index("moved to s-2") :]
    assert ["2025-02-01", "to", "2025-02-14", "s-2", "convert", "4", "9.0300", "EUR", "36.12"] in map(
        str.split, below.splitlines()
    )
    assert "convert" not in here("preview", "FILE", lines=lines).out
