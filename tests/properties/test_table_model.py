"""First layer: the rows of the table drive random walks, and say what must follow each command."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from csp_lifecycle.policies import MODELS, POLICIES
from csp_lifecycle.testing.model import TableModel
from csp_lifecycle.testing.strategies import World
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.subscription import Commerce

OFFERS = World().catalog.offers
MIGRATED_INTO = ("e3",)
"""What is sold in new commerce beside legacy, so that a walk can move there."""

FACTOR = {Commerce.NEW_COMMERCE: 3, Commerce.LEGACY: 2}
"""A model of many rows needs more walks until each is met."""


def sold_under(commerce: Commerce) -> Catalog:
    beside = MIGRATED_INTO if commerce is Commerce.LEGACY else ()
    return Catalog({name: offer for name, offer in OFFERS.items() if offer.commerce is commerce or name in beside})


def walk(world: World, factor: int = 1) -> None:
    model = type("Model", (TableModel,), {"world": world})
    run_state_machine_as_test(model, settings=settings(max_examples=factor * settings().max_examples))


def test_in_a_world_of_all_models_the_table_says_what_follows() -> None:
    walk(World())


@pytest.mark.parametrize("commerce", Commerce)
def test_the_table_of_a_model_says_what_follows(commerce: Commerce) -> None:
    walk(World(catalog=sold_under(commerce)), FACTOR.get(commerce, 1))


def test_the_tables_of_all_other_readings_say_what_follows() -> None:
    readings = tuple(name for name, policy in POLICIES.items() if policy not in MODELS)
    walk(World(policies=readings), 3)
