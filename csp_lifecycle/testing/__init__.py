"""What embedders test with: scenarios in given/when/then, and an example catalog."""

from csp_lifecycle.testing.catalogs import example_catalog
from csp_lifecycle.testing.scenario import Scenario, When

__all__ = ["Scenario", "When", "example_catalog"]
