"""Migrations and transfers from end to end: commands as JSON Lines on a file, answers as JSON, state from the store."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from csp_lifecycle.cli.main import main

Play = Callable[..., list[dict[str, Any]]]
Ask = Callable[..., list[dict[str, Any]]]


def price(term: str, plan: str, amount: str) -> dict[str, str]:
    return {"term": term, "plan": plan, "price": amount, "currency": "EUR"}


OFFERS: list[dict[str, Any]] = [
    {
        "offer_id": "suite-legacy",
        "name": "Suite",
        "commerce": "legacy",
        "prices": [price("P1Y", "monthly", "4.00"), price("P1Y", "annual", "48.00")],
    },
    {
        "offer_id": "archive-legacy",
        "name": "Archive",
        "commerce": "legacy",
        "prices": [price("P1Y", "monthly", "1.00")],
        "add_on_to": ["suite-legacy"],
    },
    {
        "offer_id": "suite",
        "name": "Suite",
        "commerce": "new-commerce",
        "prices": [price("P1M", "monthly", "6.00"), price("P1Y", "monthly", "5.00")],
        "max_seats": 300,
    },
    {
        "offer_id": "archive",
        "name": "Archive",
        "commerce": "new-commerce",
        "prices": [price("P1Y", "monthly", "2.00")],
        "add_on_to": ["suite"],
    },
]
ALONG = [{"subscription_id": "s-2", "new_subscription_id": "n-2", "offer_id": "archive"}]


def said(do: str, day: str, subscription_id: str = "s-1", **rest: Any) -> dict[str, Any]:
    return {"do": do, "at": f"{day}T10:00:00Z", "subscription_id": subscription_id, **rest}


def bought(day: str = "2025-01-20", subscription_id: str = "s-1", **rest: Any) -> dict[str, Any]:
    usual = {"customer_id": "contoso", "offer_id": "suite-legacy", "seats": 10, "term": "P1Y", "plan": "monthly"}
    return said("purchase", day, subscription_id, **usual | rest)


def attached(day: str = "2025-01-20") -> dict[str, Any]:
    return bought(day, "s-2", offer_id="archive-legacy", base_subscription_id="s-1")


def migrated(day: str, **rest: Any) -> dict[str, Any]:
    return said("migrate", day, **{"new_subscription_id": "n-1", "offer_id": "suite"} | rest)


@pytest.fixture
def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command of the command line on a SQLite file and gives the objects that it prints."""
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps({"offers": OFFERS}), encoding="utf-8")

    def run(name: str, *arguments: str) -> list[dict[str, Any]]:
        capsys.readouterr()
        main([name, "--json", "--store", f"sqlite:///{tmp_path}/history.db", "--catalog", str(catalog), *arguments])
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


@pytest.fixture
def play(ask: Ask, tmp_path: Path) -> Play:
    """Plays commands, one a line, and gives the answers."""

    def run(*commands: dict[str, Any]) -> list[dict[str, Any]]:
        file = tmp_path / "commands.jsonl"
        file.write_text("".join(json.dumps(command) + "\n" for command in commands), encoding="utf-8")
        return ask("play", str(file))

    return run


def types(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(event["type"], event["subscription_id"]) for event in answer["recorded"]]


def test_a_migration_keeps_the_end_and_ends_the_legacy_side(play: Play, ask: Ask) -> None:
    # TV-COTERM-03, R-MIGRATE-01, R-MIGRATE-07, R-COTERM-13
    *_, answer = play(bought(), migrated("2025-03-01"))
    assert types(answer)[-2:] == [("migrated", "s-1"), ("purchased", "n-1")]
    new = answer["recorded"][-1]
    assert (new["origin"], new["from_subscription_id"]) == ("migration", "s-1")
    (old,) = ask("show", "s-1", "--at", "2025-03-01T10:00:00Z")
    assert (old["status"], old["end_reason"], old["seats"]) == ("deleted", "migrated", 0)
    (moved,) = ask("show", "n-1", "--at", "2025-03-01T10:00:00Z")
    assert moved["term"] == {"length": "P1Y", "starts_at": "2025-03-01T10:00:00Z", "ends_on": "2026-01-19"}
    assert (moved["commerce"], moved["seats"], moved["plan"]) == ("new-commerce", 10, "monthly")
    assert moved["cancellable_until"] == "2025-03-08T10:00:00Z"


def test_a_migration_may_buy_a_full_term_or_a_shorter_one(play: Play, ask: Ask) -> None:  # R-MIGRATE-02, R-MIGRATE-03
    month = said("migrate", "2025-11-17", "s-3", new_subscription_id="n-3", offer_id="suite", term="P1M", seats=4)
    full = migrated("2025-11-17", full_term=True)
    play(bought("2025-02-11"), bought("2025-02-11", "s-3"), full, month)
    ends = {one["subscription_id"]: (one["term"]["ends_on"], one["seats"]) for one in ask("list")}
    assert (ends["n-1"], ends["n-3"]) == (("2026-11-16", 10), ("2025-12-10", 4))


@pytest.mark.parametrize(
    ("before", "move"),
    [
        ([bought()], migrated("2025-02-19")),
        ([bought(promotion_id="spring")], migrated("2025-03-01")),
        ([bought(), said("suspend", "2025-02-25")], migrated("2025-03-01")),
        ([bought()], migrated("2025-03-01", offer_id="suite-legacy")),
        ([bought()], migrated("2026-01-19")),
    ],
)
def test_what_cannot_migrate_is_told_why_and_left_as_it_is(
    play: Play, ask: Ask, before: list[dict[str, Any]], move: dict[str, Any]
) -> None:
    # R-MIGRATE-04
    *_, answer = play(*before, move)
    assert (answer["refused"]["code"], answer["refused"]["rule"]) == ("migration-not-eligible", "R-MIGRATE-04")
    assert [one["subscription_id"] for one in ask("list")] == ["s-1"]


def test_a_refusal_says_from_when_until_when_it_can_migrate(play: Play, ask: Ask) -> None:  # R-MIGRATE-04
    *_, answer = play(bought(plan="annual"), migrated("2025-02-01", plan="monthly"))
    refused = answer["refused"]
    assert (refused["legal_from"], refused["legal_until"]) == ("2025-02-20T00:00:00Z", "2026-01-18T23:59:59.999999Z")
    assert refused["evidence"] == {"began_at": "2025-01-20T10:00:00Z"}
    for day, legal in (("2025-02-19", False), ("2025-03-01", True)):
        (row,) = [one for one in ask("allowed", "s-1", "--at", f"{day}T10:00:00Z") if one["do"] == "migrate"]
        assert row["legal"] is legal


def test_a_base_with_add_ons_may_migrate_too(play: Play, ask: Ask) -> None:  # R-MIGRATE-05
    play(bought(), attached())
    (row,) = [one for one in ask("allowed", "s-1", "--at", "2025-03-01T10:00:00Z") if one["do"] == "migrate"]
    assert (row["legal"], row["legal_until"]) == (True, "2026-01-18T23:59:59.999999Z")


def test_a_base_and_its_add_ons_go_together(play: Play, ask: Ask) -> None:  # R-MIGRATE-05
    *_, answer = play(bought(), attached(), migrated("2025-03-01", add_ons=ALONG))
    moved = [entry for entry in types(answer) if entry[0] in {"migrated", "purchased"}]
    assert sorted(moved) == [("migrated", "s-1"), ("migrated", "s-2"), ("purchased", "n-1"), ("purchased", "n-2")]
    (add_on,) = ask("show", "n-2")
    assert (add_on["base_subscription_id"], add_on["term"]["ends_on"]) == ("n-1", "2026-01-19")
    assert {one["subscription_id"]: one["status"] for one in ask("list")} == {
        "n-1": "active",
        "n-2": "active",
        "s-1": "deleted",
        "s-2": "deleted",
    }


@pytest.mark.parametrize(
    "move",
    [
        migrated("2025-03-01"),
        migrated("2025-03-01", add_ons=[ALONG[0] | {"offer_id": "archive-legacy"}]),
        migrated("2025-03-01", add_ons=[ALONG[0] | {"new_subscription_id": "s-1"}]),
        said("migrate", "2025-03-01", "s-2", new_subscription_id="n-2", offer_id="archive"),
    ],
)
def test_or_not_at_all(play: Play, ask: Ask, move: dict[str, Any]) -> None:  # R-MIGRATE-05
    play(bought(), attached())
    before = ask("log")
    (answer,) = play(move)
    assert "refused" in answer
    assert ask("log") == before


def test_an_add_on_that_was_just_bought_keeps_both_where_they_are(play: Play) -> None:  # R-MIGRATE-05
    add_ons = {"add_ons": ALONG}
    *_, early, late = play(
        bought(), attached("2025-03-01"), migrated("2025-03-30", **add_ons), migrated("2025-03-31", **add_ons)
    )
    assert (early["refused"]["rule"], early["refused"]["legal_from"]) == ("R-MIGRATE-05", "2025-03-31T10:00:00Z")
    assert types(late)[-1][0] == "purchased"


def test_the_same_migration_again_is_answered_with_what_it_recorded(play: Play) -> None:  # R-MIGRATE-06
    move = migrated("2025-03-01", command_id="move-1")
    *_, first, again, other = play(bought(), move, move, move | {"full_term": True})
    assert first["recorded"] == again["recorded"]
    assert other["refused"]["code"] == "command-id-reused"


def test_a_transfer_keeps_the_end_and_opens_no_window(play: Play, ask: Ask) -> None:
    # R-TRANSFER-01, R-TRANSFER-04, R-TRANSFER-05, R-COTERM-14
    sold = bought("2025-03-01", offer_id="suite")
    over = said("transfer", "2025-05-01", new_subscription_id="t-1", partner_id="tailspin")
    *_, answer = play(sold, over)
    assert types(answer)[-2:] == [("transferred", "s-1"), ("purchased", "t-1")]
    assert (answer["recorded"][-2]["partner_id"], answer["recorded"][-1]["origin"]) == ("tailspin", "transfer")
    (target,) = ask("show", "t-1")
    assert target["term"] == {"length": "P1Y", "starts_at": "2025-05-01T10:00:00Z", "ends_on": "2026-02-28"}
    assert (target["cancellable_until"], target["reducible_seats"], target["auto_renew"]) == (None, 0, True)
    (source,) = ask("show", "s-1")
    assert (source["status"], source["end_reason"]) == ("deleted", "transferred")


@pytest.mark.parametrize(
    ("before", "code"),
    [
        ([said("suspend", "2025-04-01")], "not-eligible"),
        ([said("cancel", "2025-03-02")], "not-eligible"),
        ([said("transfer", "2025-04-01", new_subscription_id="t-0", partner_id="wingtip")], "not-eligible"),
    ],
)
def test_only_what_is_active_is_transferred(play: Play, ask: Ask, before: list[dict[str, Any]], code: str) -> None:
    # R-TRANSFER-03
    play(bought("2025-03-01", offer_id="suite"), *before)
    held = ask("log")
    (answer,) = play(said("transfer", "2025-05-01", new_subscription_id="t-1", partner_id="tailspin"))
    assert answer["refused"]["code"] == code
    assert ask("log") == held


def test_a_legacy_subscription_is_migrated_before_it_is_transferred(play: Play) -> None:  # R-TRANSFER-01, D-03
    over = said("transfer", "2025-05-01", new_subscription_id="t-1", partner_id="tailspin")
    *_, refused, _, answer = play(bought(), over, migrated("2025-05-01"), over | {"subscription_id": "n-1"})
    assert refused["refused"]["code"] == "not-supported"
    assert types(answer)[-1] == ("purchased", "t-1")
