"""`export`, `import`, `verify` and `redact`: what they print, and the status they end with."""

import json
import os
import pty
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

Here = Callable[..., Any]
Say = Callable[..., str]


@pytest.fixture
def log(here: Here, buy: Say, say: Say) -> list[str]:
    """A history in the store, as `export` prints it."""
    lines = buy(friendly_name="Contoso Sales") + say("add-seats", "2025-01-16", seats=1) + buy(subscription_id="s-2")
    assert here("play", "--json", "FILE", lines=lines).status == 0
    exported: list[str] = here("export").out.splitlines()
    assert len(exported) == 3
    return exported


@pytest.fixture
def elsewhere(tmp_path: Path) -> tuple[str, str]:
    """Another store, as arguments."""
    return "--store", f"sqlite:///{tmp_path / 'other.db'}"


def text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def tamper(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement)


def test_what_is_exported_is_the_same_for_people_and_machines_and_moves(
    here: Here, log: list[str], elsewhere: tuple[str, str]
) -> None:
    assert here("export", "--json").out.splitlines() == log
    first = here("import", *elsewhere, "--json", "FILE", lines=text(log))
    assert (first.status, first.objects) == (0, [{"events": 3, "added": 3}])
    again = here("import", *elsewhere, "--json", "FILE", lines=text(log))
    assert (again.status, again.objects) == (0, [{"events": 3, "added": 0}])
    assert here("export", *elsewhere).out.splitlines() == log


def test_people_are_told_how_much_was_imported(here: Here, log: list[str], elsewhere: tuple[str, str]) -> None:
    assert here("import", *elsewhere, "FILE", lines=text(log[:2])).out.strip() == "✓ 2 events imported"
    assert here("import", *elsewhere, "FILE", lines=text(log)).out.strip() == "✓ 1 event imported; 2 were there already"


def test_a_log_is_imported_from_standard_input(
    cli: Any, here: Here, log: list[str], elsewhere: tuple[str, str]
) -> None:
    ran = cli("import", *elsewhere, "-", lines=text(log))
    assert (ran.status, ran.out.strip(), ran.err) == (0, "✓ 3 events imported", "")
    assert here("export", *elsewhere).out.splitlines() == log


def test_the_bar_is_drawn_on_a_terminal_and_beside_the_answers(
    cli: Any, log: list[str], elsewhere: tuple[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text(text(log), encoding="utf-8")
    ours, theirs = pty.openpty()
    ran = subprocess.run(
        [*cli.program, "import", *elsewhere, str(file)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=cli.environment | {"TERM": "xterm"},
        check=True,
    )
    os.close(theirs)
    drawn = os.read(ours, 100_000).decode()
    os.close(ours)
    assert ran.stdout.decode().strip() == "✓ 3 events imported"
    assert "importing" in drawn
    assert "100%" in drawn


def test_1_when_there_is_nothing_to_export(here: Here) -> None:
    ran = here("export")
    assert (ran.status, ran.out) == (1, "")


def test_2_when_a_line_of_a_log_is_in_error(here: Here, log: list[str], elsewhere: tuple[str, str]) -> None:
    ran = here("import", *elsewhere, "--json", "FILE", lines=text([log[0], "{}", *log[1:]]))
    assert ran.status == 2
    (said,) = ran.objects
    assert (said["line"], said["error"]["code"]) == (2, "invalid-log")
    assert "line 2" in said["error"]["sentence"]
    assert here("export", *elsewhere).status == 1


def test_3_when_a_log_does_not_hold(here: Here, log: list[str], elsewhere: tuple[str, str]) -> None:
    ran = here("import", *elsewhere, "--json", "FILE", lines=text([log[0], log[1].replace(":26", ":27"), log[2]]))
    assert ran.status == 3
    (said,) = ran.objects
    assert (said["line"], said["failed"]["code"]) == (2, "history-tampered")
    shown = here("import", *elsewhere, "FILE", lines=text(log[1:]))
    assert shown.status == 3
    assert "not imported [history-broken]: line 1" in shown.out


def test_1_when_a_log_does_not_fit_what_is_there(
    here: Here, log: list[str], buy: Say, elsewhere: tuple[str, str]
) -> None:
    here("play", *elsewhere, "--json", "FILE", lines=buy(subscription_id="s-9"))
    ran = here("import", *elsewhere, "--json", "FILE", lines=text(log))
    assert ran.status == 1
    (said,) = ran.objects
    assert (said["line"], said["failed"]["code"]) == (1, "log-does-not-fit")
    assert len(here("export", *elsewhere).out.splitlines()) == 1


def test_4_when_the_store_fails_and_64_when_there_is_no_such_file(
    here: Here, database: Path, elsewhere: tuple[str, str]
) -> None:
    database.write_bytes(b"no database at all, but long enough to look at" * 100)
    for asked in (("export",), ("verify",), ("redact", "contoso")):
        assert here(*asked, "--json").status == 4
    missing = here("import", *elsewhere, "nowhere.jsonl")
    assert missing.status == 64
    assert "nowhere.jsonl" in missing.err


def test_a_history_that_holds_is_verified_with_a_checkpoint(here: Here, log: list[str]) -> None:
    ran = here("verify", "--json")
    assert ran.status == 0
    (said,) = ran.objects
    assert list(said) == ["ok", "events", "position", "what", "checkpoint"]
    assert said | {"checkpoint": None} == {"ok": True, "events": 3, "position": None, "what": None, "checkpoint": None}
    assert said["checkpoint"] == f"3:{json.loads(log[-1])['log_digest']}"
    shown = here("verify", "--checkpoint", said["checkpoint"])
    assert shown.status == 0
    assert "✓ 3 events, and every one of them holds" in shown.out
    assert said["checkpoint"] in shown.out.replace("\n", "").replace(" ", "")


def test_3_when_a_history_does_not_hold(here: Here, log: list[str], database: Path) -> None:
    assert log
    tamper(database, "UPDATE events SET policy = 'legacy' WHERE position = 2")
    ran = here("verify", "--json")
    assert ran.status == 3
    (said,) = ran.objects
    assert (said["ok"], said["events"], said["position"], said["checkpoint"]) == (False, 1, 2, None)
    assert said["what"].startswith("position 2: the digest of the event does not hold")
    shown = here("verify")
    assert shown.status == 3
    assert "✗ this history does not hold: position 2" in shown.out


def test_3_when_the_end_of_a_log_was_cut_off(here: Here, log: list[str], elsewhere: tuple[str, str]) -> None:
    checkpoint = here("verify", "--json").objects[0]["checkpoint"]
    here("import", *elsewhere, "FILE", lines=text(log[:2]))
    assert here("verify", *elsewhere).status == 0
    ran = here("verify", *elsewhere, "--checkpoint", checkpoint, "--json")
    assert (ran.status, ran.objects[0]["position"]) == (3, 3)


def test_64_when_a_checkpoint_is_none(here: Here, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        here("verify", "--checkpoint", "12")
    assert ended.value.code == 64
    assert "a checkpoint is a position" in capsys.readouterr().err


def test_a_customer_is_redacted_and_the_history_holds(here: Here, log: list[str], database: Path) -> None:
    assert log
    ran = here("redact", "--json", "contoso")
    assert ran.status == 0
    (said,) = ran.objects
    assert said["events"] == 2
    assert said["pseudonym"].startswith("redacted-1-")
    exported = here("export").out
    assert "ontoso" not in exported
    assert b"ontoso" not in database.read_bytes()
    assert {one["customer_id"] for one in here("list", "--json").objects} == {said["pseudonym"]}
    assert here("verify").status == 0
    again = here("redact", "contoso")
    assert (again.status, again.out.strip()) == (1, "nothing is stored of such a customer")


def test_people_are_told_what_the_customer_is_called_now(here: Here, log: list[str]) -> None:
    assert log
    ran = here("redact", "contoso")
    assert ran.out.startswith("✓ 2 events redacted; the customer is called redacted-1-")
