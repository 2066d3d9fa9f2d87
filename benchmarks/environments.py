"""Where each rival runs: the benchmark's own interpreter, or one of its own where its releases do not go together."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import postgis_server

ROOT: Final = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Rival:
    """What a contestant needs beyond geopandas.

    Attributes
    ----------
    packages
        Requirements.
    imports
        What must be importable.
    room
        Folder of its own environment; empty for the benchmark's.
    """

    packages: tuple[str, ...]
    imports: tuple[str, ...]
    room: str = ""


# DuckDB: the newest release has no spatial extension among the packages, so the newest that has is measured.
RIVALS: Final = {
    "SedonaDB": Rival(("sedonadb>=0.5", "geoarrow-pyarrow>=0.2"), ("sedonadb", "geoarrow.pyarrow")),
    "polars-st": Rival(("polars-st>=0.11",), ("polars_st",)),
    "dask_geopandas.sjoin": Rival(("dask-geopandas>=0.5", "distributed>=2026.1"), ("dask_geopandas", "distributed")),
    "DuckDB spatial": Rival(
        ("duckdb==1.5.5", "duckdb-extensions==1.5.5", "duckdb-extension-spatial==1.5.5", "pyarrow>=16", "numpy"),
        ("duckdb_extensions", "pyarrow", "numpy"),
        ".venv-bench-duckdb",
    ),
}


@dataclass(frozen=True)
class Place:
    """Where a contestant runs; ``reason`` says why it cannot, empty where it can."""

    python: str = sys.executable
    reason: str = ""


def place_of(contestant: str, *, install: bool) -> Place:
    """Return where a contestant runs, after installing it where that is wanted and needed."""
    if contestant == "PostGIS":
        return _place_of_postgis(install=install)
    rival = RIVALS.get(contestant)
    if rival is None:
        return Place()
    python = Path(sys.executable)
    if rival.room:
        python = ROOT / rival.room / "bin" / "python"
        if install and not python.exists():
            subprocess.run([sys.executable, "-m", "venv", ROOT / rival.room], check=True)
    if _imports(python, rival):
        return Place(str(python))
    if not install:
        return Place(reason=f"not installed: {', '.join(rival.packages)}")
    quiet = ["--quiet", "--disable-pip-version-check", "--no-compile"]
    done = subprocess.run(
        [python, "-m", "pip", "install", *quiet, *rival.packages], capture_output=True, text=True, check=False
    )
    if _imports(python, rival):
        return Place(str(python))
    errors = [line for line in done.stderr.splitlines() if "ERROR" in line]
    return Place(reason="cannot be installed: " + (errors or ["its import fails"])[-1])


def _imports(python: Path, rival: Rival) -> bool:
    if not python.exists():
        return False
    statement = "import " + ", ".join(rival.imports)
    return subprocess.run([python, "-c", statement], capture_output=True, check=False).returncode == 0


def _place_of_postgis(*, install: bool) -> Place:
    try:
        if install:
            postgis_server.install()
    except postgis_server.UnavailableError as why:
        return Place(reason=str(why))
    return Place() if postgis_server.find_programs() else Place(reason="PostGIS is not installed")
