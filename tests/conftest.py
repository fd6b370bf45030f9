"""How the suite runs its properties: results are asserted, never times, and CI tries the same examples every time."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Machines are noisy: a deadline would make a slow minute a failure. Without a database no folder is left behind.
settings.register_profile(
    "passmuster",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
    derandomize="CI" in os.environ,
)
settings.load_profile("passmuster")
