"""A URL names a store."""

from contextlib import closing
from pathlib import Path

import pytest

from csp_lifecycle.errors import StoreError
from csp_lifecycle.stores.memory import MemoryStore
from csp_lifecycle.stores.opening import open_store
from csp_lifecycle.stores.sqlite import SqliteStore
from csp_lifecycle.testing.store_contract import example_commit


def test_memory_is_a_new_store_each_time() -> None:
    store = open_store("memory://")
    assert isinstance(store, MemoryStore)
    assert store is not open_store("memory://")


def test_three_slashes_name_a_file_from_here_and_four_from_the_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(open_store("sqlite:///history of ü.db")) as store:
        assert isinstance(store, SqliteStore)
        written = store.append(example_commit("c-1", "s-1"))
    with closing(open_store(f"sqlite:///{tmp_path}/history of ü.db")) as store:
        assert store.read("s-1") == written


@pytest.mark.parametrize(
    "url",
    ["", "memory", "memory://here", "sqlite://", "sqlite:///", "sqlite://history.db", "history.db", "mysql://x/y"],
)
def test_what_names_no_store_is_refused_with_what_would(url: str) -> None:
    with pytest.raises(ValueError, match=r"names no store .*; use memory:// or sqlite:///PATH") as caught:
        open_store(url)
    scheme, sign, _ = url.partition("://")
    assert str(caught.value).startswith(f"{scheme!r} names" if sign else "this names")


@pytest.mark.parametrize("scheme", ["mysql://", "postgres://", "postgresql:", ""])
def test_what_is_said_about_a_url_keeps_its_password_to_itself(scheme: str) -> None:
    with pytest.raises(ValueError, match="names no store") as caught:
        open_store(f"{scheme}partner:secret@server/history")
    assert "secret" not in str(caught.value)


def test_a_file_that_cannot_be_opened_is_the_stores_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="check that its folder exists"):
        open_store(f"sqlite:///{tmp_path}/missing/history.db")
