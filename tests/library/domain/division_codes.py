"""The real lists of division codes, read with the standard library."""

import csv
import gzip
from pathlib import Path

CITIES = ("beijing", "changzhi")


def codes_2016(real_data: Path, city: str) -> dict[str, str]:
    """Return names by code: all levels, 12 digits each."""
    return _names(real_data / city / f"adcode2016_{city}_gcj02.csv.gz")


def codes_2023(real_data: Path, city: str) -> dict[str, str]:
    """Return names by code: counties of 6, streets of 9, communities of 12 digits."""
    found: dict[str, str] = {}
    for level in ("areas", "streets", "villages"):
        found |= _names(real_data / city / f"division2023_{city}_{level}.csv.gz")
    return found


def _names(path: Path) -> dict[str, str]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}
