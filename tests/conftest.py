"""Fixtures that every test may ask for; each lives beside the helpers it belongs to, in `tests/support`."""

pytest_plugins = ["tests.support.databases", "tests.support.worlds"]
