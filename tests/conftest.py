"""How the suite runs its properties: results are asserted, never times."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Machines are noisy: a deadline would make a slow minute a failure.
settings.register_profile("passmuster", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("passmuster")
