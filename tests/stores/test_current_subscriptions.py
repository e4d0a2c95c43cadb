"""The table of current subscriptions shows what the log adds up to, at every step."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from csp_lifecycle.errors import UnknownEventError
from csp_lifecycle.lifecycle.due import next_due
from csp_lifecycle.stores.current_subscriptions import CurrentSubscriptions
from csp_lifecycle.stores.postgres_target import PostgresTarget
from csp_lifecycle.stores.projection import Projector, Target
from csp_lifecycle.stores.sqlite_target import SqliteTarget
from csp_lifecycle.stores.store import EventStore, StreamKind
from csp_lifecycle.testing.scenario import Scenario
from csp_lifecycle.testing.store_contract import at_once, example_commit
from csp_lifecycle.values.calendar import Plan, TermLength
from csp_lifecycle.vocabulary.account import Program
from csp_lifecycle.vocabulary.account_events import AccountOpened
from csp_lifecycle.vocabulary.commands import Advance, Cancel, Purchase, ScheduleChange, Suspend, Upgrade
from csp_lifecycle.wire.events import UnknownEvent

pytest_plugins = ("csp_lifecycle.testing.postgres_server",)

AT = datetime(2025, 1, 15, 10, 0, 0, 123456, tzinfo=UTC)
LATER = AT + timedelta(days=40)
ROWS = (
    "SELECT subscription_id, customer_id, offer_id, status, seats, term_ends_on, next_due_at, version "
    "FROM current_subscriptions ORDER BY subscription_id"
)


@pytest.fixture(params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    sqlite = request.param == "sqlite"
    opened = (
        SqliteTarget(tmp_path / "reports.db") if sqlite else PostgresTarget(request.getfixturevalue("postgres_url"))
    )
    yield opened
    opened.close()


def purchase(name: str, **changes: Any) -> Purchase:
    ask: dict[str, Any] = {"offer_id": "business-standard", "term": TermLength.YEAR, "plan": Plan.MONTHLY, "seats": 9}
    return Purchase(at=AT, subscription_id=name, customer_id="contoso", **ask | changes)


STORY = (
    purchase("s-1"),
    purchase("s-2", offer_id="e3"),
    purchase("s-3"),
    Cancel(at=AT, subscription_id="s-3"),
    Upgrade(at=LATER, subscription_id="s-1", offer_id="e3", seats=4, target_subscription_id="s-2"),
    ScheduleChange(at=LATER, subscription_id="s-1", seats=3),
    Suspend(at=LATER + timedelta(milliseconds=5), subscription_id="s-2"),
    Advance(to=AT + timedelta(days=400)),
)


def plain(rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Rows of either database: SQLite keeps instants and days as texts."""
    read = {5: date.fromisoformat, 6: datetime.fromisoformat}
    return [
        tuple(read[n](value) if n in read and isinstance(value, str) else value for n, value in enumerate(row))
        for row in rows
    ]


def believed(scenario: Scenario) -> list[tuple[Any, ...]]:
    return [
        (
            one.subscription_id,
            one.customer_id,
            one.offer_id,
            one.status.value,
            one.seats,
            one.term and one.term.ends_on,
            next_due(one),
            one.version,
        )
        for one in scenario.lifecycle.subscriptions()
    ]


@pytest.mark.parametrize("batch_size", [1, 2, 500])
def test_current_subscriptions_are_what_the_log_adds_up_to_at_every_step(target: Target, batch_size: int) -> None:
    scenario = Scenario()
    projector = Projector(scenario.store, CurrentSubscriptions(scenario.store), target, batch_size=batch_size)
    statuses = set()
    for command in STORY:
        scenario.given(command)
        projector.catch_up()
        assert plain(target.read(ROWS, ())) == believed(scenario)
        statuses |= {row[3] for row in believed(scenario)}
    assert statuses >= {"active", "suspended", "deleted"}
    projector.rebuild()
    assert plain(target.read(ROWS, ())) == believed(scenario)


def test_a_row_shows_no_more_than_the_checkpoint(target: Target) -> None:
    scenario = Scenario(*STORY)
    first = next(iter(scenario.store.read_all(limit=1)))
    rows = [values for _, values in CurrentSubscriptions(scenario.store).writes([first])]
    assert [(row[0], row[-1]) for row in rows] == [(first.stream, 1)]
    # Two that take turns: each one remembers states that the other has moved on from.
    ours, theirs = (
        Projector(scenario.store, CurrentSubscriptions(scenario.store), target, batch_size=1) for _ in range(2)
    )
    at_once([ours.catch_up, theirs.catch_up])
    assert plain(target.read(ROWS, ())) == believed(scenario)


def test_what_a_newer_version_wrote_is_waited_for(target: Target) -> None:
    scenario = Scenario(purchase("s-1"))
    commit = example_commit("c-9", "s-1", known={"s-1": 1})
    newer = UnknownEvent(subscription_id="s-1", type="seats-painted", schema=2, body={"type": "seats-painted"})
    scenario.store.append(evolve(commit, envelopes=tuple(evolve(one, event=newer) for one in commit.envelopes)))
    projector = Projector(scenario.store, CurrentSubscriptions(scenario.store), target, batch_size=1)
    with pytest.raises(UnknownEventError, match=r"'s-1', position 2: 'seats-painted' .* then the projection goes on"):
        projector.catch_up()
    assert (projector.position, len(target.read(ROWS, ()))) == (1, 1)


def test_accounts_have_no_row(target: Target) -> None:
    scenario = Scenario(purchase("s-1"))
    commit = example_commit("c-9", "a-1", "a-1")
    opened = AccountOpened(at=AT, account_id="a-1", program=Program.NEW_COMMERCE, currency="EUR", anniversary_day=None)
    body = {"type": "account-painted", "account_id": "a-1"}
    newer = UnknownEvent(account_id="a-1", subscription_id="", type="account-painted", schema=2, body=body)
    first, second = commit.envelopes
    envelopes = (evolve(first, event=opened), evolve(second, event=newer))
    states = tuple(evolve(one, kind=StreamKind.ACCOUNT) for one in commit.states)
    scenario.store.append(evolve(commit, envelopes=envelopes, states=states, kind=StreamKind.ACCOUNT))
    scenario.given(purchase("s-2"))
    projector = Projector(scenario.store, CurrentSubscriptions(scenario.store), target, batch_size=2)
    assert projector.catch_up() == 4
    assert [row[0] for row in target.read(ROWS, ())] == ["s-1", "s-2"]


def test_rows_are_found_by_the_instant_they_are_due(target: Target) -> None:
    scenario = Scenario(purchase("s-1"), purchase("s-2"), Suspend(at=AT, subscription_id="s-2"))
    Projector(scenario.store, CurrentSubscriptions(scenario.store), target).catch_up()
    (due,) = {row[6] for row in believed(scenario)}
    query = "SELECT subscription_id FROM current_subscriptions WHERE next_due_at {} ? ORDER BY subscription_id"
    assert len(target.read(query.format("<="), (due,))) == 2
    assert target.read(query.format("<"), (due,)) == []
    assert len(target.read(query.format("<"), (due + timedelta(microseconds=1),))) == 2


def test_log_and_tables_may_share_a_database(
    tmp_path: Path,
    open_sqlite: Callable[[], EventStore],
    path: Path,
    open_postgres: Callable[[], EventStore],
    postgres_url: str,
) -> None:
    assert tmp_path == path.parent
    for store, target in ((open_sqlite(), SqliteTarget(path)), (open_postgres(), PostgresTarget(postgres_url))):
        with closing(target):
            scenario = Scenario(*STORY, store=store)
            projector = Projector(store, CurrentSubscriptions(store), target, batch_size=3)
            at_once([projector.catch_up, partial(scenario.given, purchase("s-9"))])
            projector.catch_up()
            assert plain(target.read(ROWS, ())) == believed(scenario)
