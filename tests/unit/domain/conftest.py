"""Settings of Hypothesis for this folder."""

from hypothesis import HealthCheck, settings

# A busy machine is no fault of the code: no deadline, and slow generation is no failure.
settings.register_profile("domain", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("domain")
