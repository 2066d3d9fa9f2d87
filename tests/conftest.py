"""Fixtures that all tests share. Library tests need no QGIS."""

import os
import re
from pathlib import Path

import pytest

from tests.presence import need

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real geodata; where it is absent the test is skipped, or fails when CI is set."""
    folder = Path(os.environ.get("ONEMAP_REAL_DATA", ROOT.parent / "shared" / "data"))
    need(folder.is_dir(), f"real data not found at {folder} (set ONEMAP_REAL_DATA)")
    return folder


def pytest_terminal_summary(terminalreporter) -> None:
    """Print the figures of the promises, R1 to R15, which the passed tests measured."""
    lines = {
        line
        for report in terminalreporter.getreports("passed")
        for _, text in report.sections
        for line in text.splitlines()
        if re.match(r"R\d+: ", line)
    }
    if lines:
        terminalreporter.section("promises")
        for line in sorted(lines, key=lambda text: int(re.match(r"R(\d+)", text).group(1))):
            terminalreporter.write_line(line)
