"""The whole state as text: it comes back as it was, or not at all."""

from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest
from hypothesis import given

from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.strategies import World, histories
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary import commands as c
from csp_lifecycle.vocabulary.subscription import NOTHING, Subscription
from csp_lifecycle.wire.snapshots import SNAPSHOT_SCHEMA, snapshot_state, snapshot_text

GOLDEN = Path(__file__).parents[1] / "golden" / f"snapshot-{SNAPSHOT_SCHEMA}.txt"
WORLD = World()


def rich() -> Subscription:
    """A subscription on which much waits."""
    at = datetime(2025, 1, 15, 10, 0, 0, 7, tzinfo=UTC)
    purchase = c.Purchase(
        at=at,
        subscription_id="s-1",
        customer_id="Ümläut & Söhne",
        offer_id="business-standard",
        seats=10,
        term=TermLength.YEAR,
        plan=Plan.MONTHLY,
        friendly_name='"Head" office\n',
    )
    later = at.replace(day=20)
    return Scenario(
        purchase,
        c.AddSeats(at=later, subscription_id="s-1", seats=5),
        c.ScheduleChange(at=later, subscription_id="s-1", offer_id="e3", seats=12),
    ).subscription()


@given(histories(WORLD, longest=30))
def test_every_state_comes_back_as_it_was(history: tuple[c.Command, ...]) -> None:
    scenario = Scenario(catalog=WORLD.catalog)
    for command in history:
        for state in getattr(scenario.when(command).answer, "subscriptions", {}).values():
            assert snapshot_state(snapshot_text(state, "digest"), "digest") == state


def test_what_was_written_behind_another_event_is_no_state() -> None:
    text = snapshot_text(rich(), "one")
    assert snapshot_state(text, "one") == rich()
    assert snapshot_state(text, "other") is None


def test_a_changed_letter_anywhere_is_noticed() -> None:
    text = snapshot_text(rich(), "digest")
    for place in range(len(text)):
        other = "x" if text[place] != "x" else "y"
        assert snapshot_state(text[:place] + other + text[place + 1 :], "digest") is None


@pytest.mark.parametrize("text", ["", "{}", "\ud800", "x" * 64, "x" * 64 + "{}"])
def test_what_is_no_snapshot_is_no_state(text: str) -> None:
    assert snapshot_state(text, "digest") is None


def test_a_well_sealed_text_of_another_shape_is_no_state() -> None:
    """As another version with the same schema number might have written it, by mistake."""
    broken = attrs.evolve(NOTHING, seats="many")  # type: ignore[arg-type]
    assert snapshot_state(snapshot_text(broken, "digest"), "digest") is None


def test_the_schema_is_raised_with_every_change_of_the_state() -> None:
    """What was kept under a schema is read under it for ever. If this fails, raise `SNAPSHOT_SCHEMA`.

    Then write the new text into a file with the new number, and delete the old one: nobody reads it any more.
    """
    assert snapshot_text(rich(), "digest") == GOLDEN.read_text(encoding="utf-8").rstrip("\n")
