"""Every command with `--json`, as a process on a SQLite file: where it reads from, what it prints, when it ends."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

Say = Callable[..., str]


def test_play_reads_a_file_or_standard_input(cli: Any, buy: Say, tmp_path: Path) -> None:
    (tmp_path / "commands.jsonl").write_text(buy(), encoding="utf-8")
    from_file = cli("play", "--json", "commands.jsonl")
    from_stdin = cli("play", "--json", "-", lines=buy(), CSP_LIFECYCLE_STORE="memory://")
    assert from_file.out == from_stdin.out
    assert from_file.status == 0


def test_empty_lines_are_counted_and_passed_over(cli: Any, buy: Say, say: Say) -> None:
    ran = cli("play", "--json", "-", lines="\n" + buy() + "\n   \n" + say("add-seats", "2025-01-16", seats=1))
    assert [one["line"] for one in ran.objects] == [2, 5]


def test_a_last_line_without_its_end_is_taken(cli: Any, buy: Say) -> None:
    assert cli("play", "--json", "-", lines=buy().rstrip("\n")).objects[0]["line"] == 1


def test_stop_on_refusal_ends_at_the_first(cli: Any, buy: Say, say: Say) -> None:
    lines = buy() + say("cancel", "2025-02-01") + say("add-seats", "2025-02-01", seats=1)
    ran = cli("play", "--json", "--stop-on-refusal", "-", lines=lines)
    assert ran.status == 1
    assert [one["line"] for one in ran.objects] == [1, 2]


def test_stop_on_refusal_does_not_stop_at_an_error(cli: Any, buy: Say) -> None:
    ran = cli("play", "--json", "--stop-on-refusal", "-", lines="nonsense\n" + buy())
    assert ran.status == 2
    assert [one["line"] for one in ran.objects] == [1, 2]


def test_a_line_that_is_not_utf_8_is_in_error_alone(cli: Any, buy: Say) -> None:
    ran = cli("play", "--json", "-", lines=b'{"do": "caf\xe9"}\n' + buy().encode())
    assert ran.status == 2
    assert ran.objects[0]["error"]["code"] == "invalid-command"
    assert "UTF-8" in ran.objects[0]["error"]["sentence"]
    assert "recorded" in ran.objects[1]


def test_play_without_a_store_plays_in_memory(cli: Any, buy: Say, say: Say, database: Path) -> None:
    lines = buy() + say("rename", "2025-01-16", friendly_name="Sales")
    assert cli("play", "--json", "-", lines=lines, CSP_LIFECYCLE_STORE=None).status == 0
    assert not database.exists()


def test_options_win_over_the_environment(cli: Any, buy: Say, tmp_path: Path, database: Path) -> None:
    other = tmp_path / "other.db"
    assert cli("play", "--json", "--store", f"sqlite:///{other}", "-", lines=buy()).status == 0
    assert other.exists()
    assert not database.exists()
    empty = tmp_path / "empty.json"
    empty.write_text('{"offers": []}', encoding="utf-8")
    refused = cli("play", "--json", "--catalog", str(empty), "-", lines=buy()).objects[0]["refused"]
    assert refused["code"] == "offer-not-found"


def test_the_environment_names_store_and_catalog(cli: Any, buy: Say, database: Path) -> None:
    assert cli("play", "--json", "-", lines=buy()).status == 0
    assert database.exists()
    assert [one["subscription_id"] for one in cli("list", "--json").objects] == ["s-1"]


def test_a_preview_answers_like_play_and_stores_nothing(cli: Any, buy: Say, say: Say) -> None:
    lines = buy() + say("add-seats", "2025-01-16", seats=1) + say("cancel", "2025-02-01")
    preview = cli("preview", "--json", "-", lines=lines)
    assert cli("list", "--json").objects == []
    play = cli("play", "--json", "-", lines=lines)
    assert (preview.status, preview.out) == (play.status, play.out)


def test_list_can_be_of_one_customer(cli: Any, buy: Say) -> None:
    lines = buy() + buy(subscription_id="s-2", customer_id="fabrikam")
    cli("play", "--json", "-", lines=lines)
    ran = cli("list", "--json", "--customer", "fabrikam")
    assert [(one["subscription_id"], one["customer_id"]) for one in ran.objects] == [("s-2", "fabrikam")]
    assert cli("list", "--json", "--customer", "nobody").status == 1


def test_show_is_as_of_now_unless_told_otherwise(cli: Any, buy: Say) -> None:
    cli("play", "--json", "-", lines=buy("2999-01-15"))
    (later,) = cli("show", "--json", "s-1").objects
    assert later["as_of"] == "2999-01-15T10:00:00Z"


def test_show_knows_only_what_the_log_had_learned_by_then(cli: Any, buy: Say) -> None:
    cli("play", "--json", "-", lines=buy())
    ran = cli("show", "--json", "s-1", "--known-at", "2020-01-01T00:00:00Z")
    assert (ran.status, ran.objects[0]["refused"]["code"]) == (1, "subscription-not-found")


def test_the_same_command_id_again_is_answered_with_what_it_recorded(cli: Any, buy: Say) -> None:
    first = cli("play", "--json", "-", lines=buy(command_id="c-1"))
    again = cli("play", "--json", "-", lines=buy(command_id="c-1"))
    other = cli("play", "--json", "-", lines=buy(command_id="c-1", seats=26))
    assert again.out == first.out
    assert other.objects[0]["refused"]["code"] == "command-id-reused"


def test_diagram_and_matrix_are_objects_too(cli: Any) -> None:
    (drawn,) = cli("diagram", "--json", "new-commerce").objects
    assert drawn["policy"] == "new-commerce"
    assert drawn["mermaid"].startswith("stateDiagram-v2\n")
    matrix = {one.pop("do"): one for one in cli("matrix", "--json", "new-commerce").objects}
    assert matrix["cancel"]["deleted"] == "deleted"
    assert matrix["cancel"]["active"] == "**canceled**"


def test_an_unknown_policy_is_refused(cli: Any) -> None:
    for name in ("diagram", "matrix"):
        ran = cli(name, "--json", "barter")
        assert (ran.status, ran.objects[0]["refused"]["code"]) == (1, "policy-not-found")


@pytest.mark.parametrize("face", [(), ("--json",)])
def test_a_reader_that_has_seen_enough_is_no_error(cli: Any, buy: Say, say: Say, face: tuple[str, ...]) -> None:
    many = "".join(say("rename", "2025-01-16", friendly_name=f"Name {n}" + "!" * 3000) for n in range(40))
    cli("play", "--json", "-", lines=buy() + many)
    with subprocess.Popen([*cli.program, "log", *face], env=cli.environment, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_every_line_is_answered_as_soon_as_it_is_read(cli: Any, buy: Say) -> None:
    arguments = [*cli.program, "play", "--json", "-"]
    with subprocess.Popen(arguments, env=cli.environment, stdin=PIPE, stdout=PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(buy().encode())
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["line"] == 1
        process.stdin.close()
        assert process.wait() == 0
