"""Time may be taken at once, in many steps, or only when a command comes: every stream tells the same (INV-28)."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.service.loading import known
from csp_lifecycle.testing import Scenario
from csp_lifecycle.testing.strategies import World, histories
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.commands import Advance, Command
from csp_lifecycle.vocabulary.events import Event
from csp_lifecycle.vocabulary.subscription import Commerce

WORLD = World()
NEW = {name: offer for name, offer in WORLD.catalog.offers.items() if offer.commerce is Commerce.NEW_COMMERCE}
OLD = {name: offer for name, offer in WORLD.catalog.offers.items() if offer.commerce is not Commerce.NEW_COMMERCE}
WORLDS = {"all models": WORLD, "new commerce": World(catalog=Catalog(NEW)), "older models": World(catalog=Catalog(OLD))}
"""Several subscriptions of two customers, each world over another catalog."""

Gap = tuple[int, bool]
"""How time is taken before a command: in how many steps, and whether what takes its time stays in flight."""

gaps = st.tuples(st.integers(0, 3), st.integers(0, 4).map(lambda chance: chance == 0))
Told = tuple[list[str], dict[str, list[Event]]]


class Telling:
    """One way to tell a history: the answers, and every stream's events."""

    def __init__(self, world: World) -> None:
        self.scenario = Scenario(catalog=world.catalog)
        self.answers: list[str] = []

    def take(self, since: datetime, to: datetime, steps: int) -> None:
        """Nobody looks at the time in this telling, unless a command comes."""

    def tell(self, history: tuple[Command, ...], gaps: list[Gap], end: datetime) -> Told:
        now = history[0].at
        for command, (steps, in_flight) in zip(history, gaps, strict=False):
            if in_flight:
                # Only what falls due in this gap stays open, in every telling.
                self.scenario.given(Advance(to=now), Advance(to=command.at, complete=False))
            else:
                self.take(now, command.at, steps)
            now = command.at
            answer = self.scenario.when(command)
            self.answers.append("taken" if answer.refusal is None else answer.refusal.code)
        self.take(now, end, 3)
        self.scenario.given(Advance(to=end))
        return self.answers, {
            name: [known(envelope) for envelope in self.scenario.store.read(name)]
            for name in self.scenario.store.streams()
        }


class InSteps(Telling):
    """Time is taken in steps of one length, everywhere or on one subscription after the other."""

    def take(self, since: datetime, to: datetime, steps: int) -> None:
        for number in range(1, steps + 1):
            at = since + (to - since) * number / steps
            names = self.scenario.store.streams() if number % 2 else [None]
            self.scenario.given(*(Advance(to=at, subscription_id=name) for name in names))


class AtEveryDeadline(Telling):
    """Somebody looks at every instant at which something falls due."""

    def take(self, since: datetime, to: datetime, steps: int) -> None:
        del since, steps
        while due := self.scenario.store.due(to):
            if not self.scenario.lifecycle.advance(due[0][0]).recorded:
                return


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_every_stream_tells_the_same_however_time_is_taken(world: World) -> None:  # INV-28
    @given(histories(world), st.lists(gaps, min_size=63, max_size=63), st.timedeltas(timedelta(), timedelta(days=500)))
    def however_time_is_taken(history: tuple[Command, ...], gaps: list[Gap], rest: timedelta) -> None:
        end = history[-1].at + rest
        lazily = Telling(world).tell(history, gaps, end)
        assert InSteps(world).tell(history, gaps, end) == lazily
        assert AtEveryDeadline(world).tell(history, gaps, end) == lazily

    however_time_is_taken()
