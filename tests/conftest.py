"""How hard the property tests look: HYPOTHESIS_PROFILE is `dev` (the default), `ci` or `night`."""

import os

from hypothesis import settings

settings.register_profile("dev", max_examples=30, stateful_step_count=30, deadline=None)
settings.register_profile("ci", max_examples=60, stateful_step_count=40, deadline=None, derandomize=True)
settings.register_profile("night", max_examples=5000, stateful_step_count=80, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))
