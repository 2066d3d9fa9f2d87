"""What a test needs of the machine: a stranger's machine may lack it, the one that decides may not."""

import os

import pytest


def need(found: object, reason: str) -> None:
    """Skip where something is absent, and say what; fail instead when CI is set: there, a skip would hide a failure."""
    if found:
        return
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason, allow_module_level=True)
