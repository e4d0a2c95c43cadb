"""The exit status of a real process: the highest that applies to any of its lines."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

Say = Callable[..., str]


def tamper(database: Path, change: Callable[[dict[str, Any]], None], position: int = 1) -> None:
    """Change the stored body of one event behind the library's back."""
    with closing(sqlite3.connect(database)) as connection, connection:
        (text,) = connection.execute("SELECT body FROM events WHERE position = ?", (position,)).fetchone()
        body = json.loads(text)
        change(body)
        connection.execute("UPDATE events SET body = ? WHERE position = ?", (json.dumps(body), position))


def test_0_when_every_line_was_taken(cli: Any, buy: Say, say: Say) -> None:
    ran = cli("play", "--json", "-", lines=buy() + say("add-seats", "2025-01-16", seats=1))
    assert (ran.status, ran.err) == (0, "")
    assert [one["line"] for one in ran.objects] == [1, 2]


def test_1_when_a_line_was_refused_and_the_next_is_taken_all_the_same(cli: Any, buy: Say, say: Say) -> None:
    lines = buy() + say("cancel", "2025-02-01") + say("add-seats", "2025-02-01", seats=1)
    ran = cli("play", "--json", "-", lines=lines)
    assert ran.status == 1
    assert ["refused" in one for one in ran.objects] == [False, True, False]


def test_1_when_nothing_was_found(cli: Any) -> None:
    for question in (("list",), ("log",), ("due",)):
        ran = cli(*question, "--json")
        assert (ran.status, ran.out) == (1, "")


def test_1_when_time_is_stuck_on_a_price_that_is_missing(cli: Any, buy: Say, catalog: Path) -> None:
    cli("play", "--json", "-", lines=buy())
    catalog.write_text('{"offers": []}', encoding="utf-8")
    ran = cli("advance", "--json", "2026-01-15T00:00:00Z")
    assert ran.status == 1
    (stuck,) = ran.objects[0]["stuck"]
    assert (stuck["subscription_id"], stuck["code"]) == ("s-1", "offer-not-found")
    assert len(ran.objects[0]["recorded"]) == 11


def test_2_when_a_line_is_in_error_even_beside_refused_ones(cli: Any, buy: Say, say: Say) -> None:
    lines = buy() + say("cancel", "2025-02-01") + "{}\n" + say("add-seats", "2025-02-01", seats=1)
    ran = cli("play", "--json", "-", lines=lines)
    assert ran.status == 2
    assert [next(key for key in one if key != "line") for one in ran.objects] == [
        "recorded",
        "refused",
        "error",
        "recorded",
    ]


def test_3_when_history_is_broken_and_the_run_ends_there(cli: Any, buy: Say, say: Say, database: Path) -> None:
    cli("play", "--json", "-", lines=buy() + say("add-seats", "2025-01-16", seats=1))
    tamper(database, lambda body: body.update(seats_after=99), position=2)
    lines = say("suspend", "2025-01-17") + say("suspend", "2025-01-18")
    ran = cli("play", "--json", "-", lines=lines)
    assert ran.status == 3
    (failed,) = ran.objects
    assert list(failed) == ["line", "failed"]
    assert failed["failed"]["code"] == "history-broken"
    assert "position 2" in failed["failed"]["sentence"]


@pytest.mark.parametrize(
    "question",
    [("show", "s-1"), ("list",), ("allowed", "s-1"), ("due",), ("advance", "2025-06-01T00:00:00Z")],
)
def test_3_when_a_question_meets_broken_history(cli: Any, buy: Say, database: Path, question: tuple[str, ...]) -> None:
    cli("play", "--json", "-", lines=buy())
    tamper(database, lambda body: body.update(seats="many"))
    ran = cli(question[0], "--json", *question[1:])
    assert ran.status == 3
    assert list(ran.objects[-1]) == ["failed"]
    assert ran.objects[-1]["failed"]["code"] == "history-broken"


@pytest.mark.parametrize("body", ["Dear diary", "[]", '{"type": "purchased"}'])
def test_3_when_a_stored_event_cannot_be_read(cli: Any, buy: Say, database: Path, body: str) -> None:
    cli("play", "--json", "-", lines=buy())
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE events SET body = ?", (body,))
    ran = cli("log", "--json")
    assert ran.status == 3
    assert ran.objects[-1]["failed"]["code"] == "history-broken"


def test_3_when_only_working_out_a_refusal_meets_broken_history(cli: Any, buy: Say, say: Say, database: Path) -> None:
    cli("play", "--json", "-", lines=buy() + buy(subscription_id="s-2"))
    tamper(database, lambda body: body.update(seats="many"), position=2)
    ran = cli("play", "--json", "-", lines=say("cancel", "2025-03-01"))
    assert ran.status == 3
    assert [list(one) for one in ran.objects] == [["line", "failed"]]


def test_4_when_the_store_stands_in_no_folder(cli: Any, buy: Say) -> None:
    ran = cli("play", "--json", "-", "--store", "sqlite:////no/such/folder/history.db", lines=buy())
    assert ran.status == 4
    assert ran.objects[0]["failed"]["code"] == "store-failed"


def test_4_when_the_file_is_no_database(cli: Any, database: Path) -> None:
    database.write_text("Dear diary, today I bought twenty-five seats. " * 100, encoding="utf-8")
    ran = cli("list", "--json")
    assert ran.status == 4
    assert ran.objects[0]["failed"]["code"] == "store-failed"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "COMMAND"),
        (("dance",), "invalid choice: 'dance'"),
        (("show",), "ID"),
        (("show", "s-1", "--at", "yesterday"), "RFC 3339"),
        (("show", "s-1", "--at", "2025-01-15T10:00:00"), "time zone"),
        (("advance", "9999-12-31T00:00:00Z"), "before the year 9900"),
        (("allowed", "s-1", "--at", "9999-12-31T00:00:00Z"), "before the year 9900"),
        (("play", "nowhere.jsonl"), "cannot be read"),
        (("list", "--store", "ftp://history"), "sqlite:///PATH"),
        (("list", "--catalog", "nowhere.json"), "cannot be read"),
    ],
)
def test_64_for_wrong_usage_and_a_line_that_says_what(cli: Any, arguments: tuple[str, ...], says: str) -> None:
    ran = cli(*arguments)
    assert (ran.status, ran.out) == (64, "")
    assert says in ran.err
    assert "Traceback" not in ran.err


def test_64_without_a_store_where_history_is_asked_for(cli: Any) -> None:
    ran = cli("list", "--json", CSP_LIFECYCLE_STORE=None)
    assert ran.status == 64
    assert ran.err == "csp-lifecycle: which store? give --store sqlite:///history.db, or set CSP_LIFECYCLE_STORE\n"


def test_64_for_a_catalog_that_cannot_be_understood(cli: Any, catalog: Path) -> None:
    catalog.write_text('{"offers": [{"offer_id": "x", "nmae": "X"}]}', encoding="utf-8")
    ran = cli("list", "--json")
    assert ran.status == 64
    assert "'nmae'" in ran.err


def test_an_argument_that_is_no_utf_8_is_answered_in_json_all_the_same(cli: Any) -> None:
    ran = cli("show", "--json", "\udcff")
    assert (ran.status, ran.objects[0]["refused"]["evidence"]) == (1, {"subscription_id": "\udcff"})
