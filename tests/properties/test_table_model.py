"""First layer: the rows of the table drive random walks, and say what must follow each command."""

from hypothesis import settings

from csp_lifecycle.testing.model import TableModel
from csp_lifecycle.testing.strategies import World
from csp_lifecycle.vocabulary.catalog import Catalog
from csp_lifecycle.vocabulary.subscription import Commerce

NEW = {name: offer for name, offer in World().catalog.offers.items() if offer.commerce is Commerce.NEW_COMMERCE}


class NewCommerceModel(TableModel):
    """Only what is sold in new commerce."""

    world = World(catalog=Catalog(NEW))


TestEveryCommerceModel = TableModel.TestCase
TestNewCommerce = NewCommerceModel.TestCase
TestNewCommerce.settings = settings(max_examples=3 * settings().max_examples)
