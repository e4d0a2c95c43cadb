"""The demo: it plays published examples, shows them, and proves that the log alone gives the same states."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle.cli import demo
from csp_lifecycle.cli.chapters import Story, read_story
from csp_lifecycle.cli.machines import JsonLines
from csp_lifecycle.cli.people import People
from csp_lifecycle.errors import CommandRefusedError
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.vocabulary.catalog import Catalog

WIDTH = 100


@pytest.fixture
def story() -> Story:
    return read_story()


def forged(path: Path, change: str, stream: str, kind: str) -> SqliteStore:
    """The file, opened anew after somebody has changed one stored event."""
    statement = f"UPDATE events SET body = {change} WHERE stream = ? AND body LIKE ?"  # noqa: S608 - our own words
    with closing(sqlite3.connect(path)) as connection, connection:
        changed = connection.execute(statement, (stream, f'%"type":"{kind}"%'))
        assert changed.rowcount == 1
    return SqliteStore(path)


def seats_forged(path: Path) -> SqliteStore:
    return forged(path, """replace(body, '"seats":8', '"seats":3')""", "wingtip-studio", "renewed")


def name_forged(path: Path) -> SqliteStore:
    return forged(path, "replace(body, 'Litware lab', 'Litware bar')", "litware-lab", "purchased")


def test_the_demo_ends_well_and_says_that_log_and_answers_are_equal(cli: Any) -> None:
    ran = cli("demo")
    assert (ran.status, ran.err) == (0, "")
    assert "they are equal to the states" in " ".join(ran.out.replace("│", " ").split())


def test_the_demo_fits_a_hundred_columns_and_has_no_color_when_piped(cli: Any) -> None:
    ran = cli("demo")
    assert max(map(len, ran.out.splitlines())) == WIDTH
    assert "\x1b" not in ran.out


def test_the_demo_shows_what_became_of_waiting_changes(here: Callable[..., Any]) -> None:
    out = here("demo").out
    assert "lost by that: the next term's change (12 seats)" in out  # TV-SCHED-01
    assert "renewed as scheduled: 8 seats" in out  # TV-TIME-16
    assert "charged monthly as queued, for 2022-09-20 to 2022-10-19" in out  # TV-PLAN-01


def test_the_demo_shows_the_refusal_that_explains_itself(here: Callable[..., Any]) -> None:  # TV-CANCEL-05
    said = " ".join(here("demo").out.replace("│", " ").split())
    assert (
        "cancel refused [cancellation-window-closed, R-CANCEL-01]: a term can be canceled only while its "
        "cancellation window is open; it closed on 2021-07-22T10:00:00Z. Instead: turn-off-auto-renew, legal now. "
        "The same cancel would be legal from 2021-08-15T00:00:00Z until 2021-08-22T00:00:00Z."
    ) in said


def test_month_end_cycles_are_folded_into_one_line_with_their_days(here: Callable[..., Any]) -> None:  # TV-TIME-11
    said = " ".join(here("demo").out.split())
    days = "02-28, 03-31, 04-30, 05-31, 06-30, 07-31, 08-31, 09-30, 10-31, 11-30, 12-31"
    assert f"charged for 11 more cycles, to 2022-01-30; they began on {days}" in said


def test_the_demo_as_json_is_a_state_a_line_and_the_verdict(cli: Any, story: Story) -> None:
    ran = cli("demo", "--json")
    states, verdict = ran.objects[:-1], ran.objects[-1]
    assert ran.status == 0
    assert verdict == {"rebuilt": 8, "equal": True}
    assert {one["subscription_id"] for one in states} == {one.subscription_id for one in story.chapters}
    seats = {one["subscription_id"]: (one["status"], one["seats"]) for one in states}
    assert seats["fabrikam-warehouse"] == ("active", 20)  # TV-SEAT-04, D-17
    assert seats["contoso-sales"] == ("active", 300)  # TV-UPG-01
    assert seats["tailspin-trial"] == ("active", 25)  # TV-TRIAL-02
    assert seats["litware-lab"] == ("deleted", 0)  # TV-STATUS-01


def test_the_demo_fails_when_the_log_says_something_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.run(JsonLines(), reopen=seats_forged) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"rebuilt": 8, "equal": False}


def test_the_demo_says_where_log_and_answers_differ(capsys: pytest.CaptureFixture[str]) -> None:
    status = demo.run(People(Catalog()), reopen=name_forged)
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert status == 1
    assert "they are not equal to the states" in said
    assert "litware-lab.friendly_name: 'Litware lab' was answered, 'Litware bar' rebuilt" in said


def test_a_subscription_that_the_file_has_lost_is_missed(capsys: pytest.CaptureFixture[str]) -> None:
    status = demo.run(People(Catalog()), reopen=one_stream_lost)
    out = capsys.readouterr().out
    assert status == 1
    assert "Litware lab" not in out.split("rebuilt from the log")[0]
    assert "litware-lab.status: " in out


def one_stream_lost(path: Path) -> SqliteStore:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM events WHERE stream = 'litware-lab'")
        connection.execute("DELETE FROM streams WHERE stream = 'litware-lab'")
    return SqliteStore(path)


def test_a_refusal_that_the_story_does_not_mean_ends_the_demo(story: Story) -> None:
    meaning_none = evolve(story, refusals={})
    with pytest.raises(CommandRefusedError, match="cancellation-window-closed"):
        demo.run(JsonLines(), story=meaning_none)


def test_a_refusal_that_the_story_means_and_that_does_not_come_is_an_error(
    story: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    first = evolve(story.commands[0], command_id="too-early")
    hopeful = evolve(
        story, commands=(first, *story.commands[1:]), refusals={**story.refusals, "too-early": "not-active"}
    )
    assert demo.run(JsonLines(), story=hopeful) == 1
    assert "expects a refusal of too-early, which was accepted" in capsys.readouterr().err


def test_the_story_can_be_played_by_hand(cli: Any) -> None:
    """Its files are what `play` takes, and exactly one line is refused."""
    folder = Path(demo.__file__).parent / "story"
    ran = cli("play", "--json", "--catalog", str(folder / "catalog.json"), str(folder / "story.jsonl"))
    refused = [one["refused"]["code"] for one in ran.objects if "refused" in one]
    assert (ran.status, refused) == (1, ["cancellation-window-closed"])


def test_every_subscription_of_the_story_has_its_chapter(story: Story) -> None:
    played = {getattr(command, "subscription_id", None) for command in story.commands} - {None}
    assert played == {one.subscription_id for one in story.chapters}
