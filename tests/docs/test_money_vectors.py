"""Every published figure of money that the documentation says is repeated has a test under its policy."""

import pytest

from csp_lifecycle.policies import POLICIES
from docs.money import carriers_of, modes_of, money_vectors

_ALL = money_vectors()


@pytest.mark.parametrize("vector", [name for name, entry in _ALL.items() if "policy" in entry])
def test_a_figure_that_is_repeated_has_a_test_and_a_policy(vector: str) -> None:
    tests = [path for path in carriers_of(vector) if path.parent.name == "billing"]
    assert tests, f"no test of the billing names {vector}"
    assert _ALL[vector]["policy"] in POLICIES
    assert all(modes_of(_ALL[vector]))


@pytest.mark.parametrize("vector", [name for name, entry in _ALL.items() if entry["kind"] != "X"])
def test_only_a_figure_that_contradicts_its_source_is_left_out(vector: str) -> None:
    assert "policy" in _ALL[vector]
