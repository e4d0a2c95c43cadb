"""Words for people need rich; machines do not."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

RUN = "import sys; sys.modules['rich'] = None; from csp_lifecycle.cli.main import main; sys.exit(main(sys.argv[1:]))"
"""The command line in an interpreter that finds no rich."""


@pytest.fixture
def bare(cli: Any) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-c", RUN, *arguments],
            capture_output=True,
            text=True,
            cwd=cli.folder,
            env=cli.environment,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.mark.parametrize("question", [("demo",), ("list",), ("show", "s-1"), ("play", "-")])
def test_a_person_without_rich_reads_in_one_line_what_to_install(
    bare: Callable[..., tuple[int, str, str]], question: tuple[str, ...]
) -> None:
    status, out, err = bare(*question)
    assert (status, out) == (64, "")
    assert err == "csp-lifecycle: words for people need rich: pip install 'csp-lifecycle[cli]', or ask for --json\n"


def test_json_works_without_rich(bare: Callable[..., tuple[int, str, str]]) -> None:
    status, out, err = bare("demo", "--json")
    assert (status, err) == (0, "")
    assert out.endswith('{"rebuilt":8,"equal":true}\n')
