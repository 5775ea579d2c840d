from hypothesis import HealthCheck, settings

# The same examples every time: a build that fails must fail again.
settings.register_profile(
    "build",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("build")
