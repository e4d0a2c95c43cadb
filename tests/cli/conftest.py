"""The command line as its users have it: a real process, a catalog file, and a SQLite file on disk."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from csp_lifecycle.cli.main import main

OFFERS: list[dict[str, Any]] = [
    {
        "offer_id": "m365-business-standard",
        "name": "Microsoft 365 Business Standard",
        "commerce": "new-commerce",
        "prices": [
            {"term": "P1M", "plan": "monthly", "price": "12.00", "currency": "EUR"},
            {"term": "P1Y", "plan": "monthly", "price": "10.00", "currency": "EUR", "from": "2025-01-01"},
        ],
        "max_seats": 300,
        "upgrades_to": ["m365-business-premium"],
    },
    {
        "offer_id": "m365-business-premium",
        "name": "Microsoft 365 Business Premium",
        "commerce": "new-commerce",
        "prices": [{"term": "P1Y", "plan": "monthly", "price": "18.00", "currency": "EUR"}],
    },
    {
        "offer_id": "m365-business-standard-trial",
        "name": "Microsoft 365 Business Standard Trial",
        "commerce": "new-commerce",
        "prices": [],
        "trial": True,
        "converts_to": "m365-business-standard",
    },
]


@frozen
class Ran:
    """What a run of the command line left behind."""

    status: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The JSON objects it printed, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@frozen
class CommandLine:
    """`python -m csp_lifecycle` in a folder of its own, with store and catalog from the environment."""

    folder: Path
    environment: dict[str, str]

    def __call__(self, *arguments: str, lines: str | bytes = "", **environment: str | None) -> Ran:
        """Run it to its end, with *lines* on standard input; an *environment* variable that is None is unset."""
        chosen = self.environment | environment
        done = subprocess.run(
            [*self.program, *arguments],
            input=lines if isinstance(lines, bytes) else lines.encode(),
            capture_output=True,
            cwd=self.folder,
            env={name: value for name, value in chosen.items() if value is not None},
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    @property
    def program(self) -> list[str]:
        """How it is started."""
        return [sys.executable, "-m", "csp_lifecycle"]


def command(do: str, at: str, subscription_id: str = "s-1", **more: Any) -> str:
    """One line of commands; a day is its 10 o'clock."""
    instant = at if "T" in at else f"{at}T10:00:00Z"
    return json.dumps({"do": do, "at": instant, "subscription_id": subscription_id, **more}) + "\n"


def bought(at: str = "2025-01-15", seats: int = 25, **more: Any) -> str:
    """A purchase of Business Standard for a year."""
    terms = {"customer_id": "contoso", "offer_id": "m365-business-standard", "term": "P1Y", "plan": "monthly"}
    return command("purchase", at, seats=seats, **terms | more)


@pytest.fixture
def say() -> Callable[..., str]:
    """Writes one line of commands."""
    return command


@pytest.fixture
def buy() -> Callable[..., str]:
    """Writes a purchase."""
    return bought


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """A catalog file with a paid offer and its trial."""
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps({"offers": OFFERS}), encoding="utf-8")
    return path


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the SQLite file will be."""
    return tmp_path / "history.db"


@pytest.fixture
def cli(tmp_path: Path, catalog: Path, database: Path) -> CommandLine:
    """The command line as a process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CSP_LIFECYCLE_", "COLUMNS"))}
    ours = {"CSP_LIFECYCLE_STORE": f"sqlite:///{database}", "CSP_LIFECYCLE_CATALOG": str(catalog)}
    return CommandLine(tmp_path, kept | ours)


@pytest.fixture
def here(
    catalog: Path, database: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ran]:
    """The command line in this process, which is quicker; `FILE` among the arguments is a file of *lines*."""
    monkeypatch.setenv("CSP_LIFECYCLE_STORE", f"sqlite:///{database}")
    monkeypatch.setenv("CSP_LIFECYCLE_CATALOG", str(catalog))
    monkeypatch.delenv("COLUMNS", raising=False)
    file = database.with_suffix(".jsonl")

    def run(*arguments: str, lines: str = "") -> Ran:
        file.write_text(lines, encoding="utf-8")
        capsys.readouterr()
        status = main([str(file) if one == "FILE" else one for one in arguments])
        printed = capsys.readouterr()
        return Ran(status, printed.out, printed.err)

    return run
