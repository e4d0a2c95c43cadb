"""What the tests of the mechanism share."""

from collections.abc import Callable
from datetime import datetime

import pytest


@pytest.fixture
def at() -> Callable[[str], datetime]:
    """An instant from its text: `at("2025-01-15T10:00:00Z")`."""
    return datetime.fromisoformat
