"""Fixtures that all tests share. Library tests need no QGIS."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real geodata; where it is absent the test is skipped, or fails when CI is set."""
    folder = Path(os.environ.get("ONEMAP_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        reason = f"real data not found at {folder} (set ONEMAP_REAL_DATA)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder
