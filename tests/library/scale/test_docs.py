"""The examples of docs/scale-out.md, run as they stand there."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from tests.presence import need

from .conftest import in_memory

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "scale-out.md").read_text(encoding="utf-8")


def examples(heading: str, language: str) -> list[str]:
    section = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    (text,) = [part for part in section if part.startswith(heading)]
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def run(command: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def some_cases(cases) -> pd.DataFrame:
    chosen = cases.iloc[:2500][["id", "x", "y"]]
    return chosen.rename(columns={"id": "case_id", "x": "east", "y": "north"})


@pytest.fixture(scope="module")
def wanted(some_cases, cells) -> list[tuple]:
    table = in_memory(some_cases.rename(columns={"east": "x", "north": "y"}), cells, ("cell", "how"))
    return [(row.case_id, row.cell if isinstance(row.cell, str) else None, row.how) for row in table.itertuples()]


def test_duckdb_hands_over_and_takes_back(some_cases, cells, wanted, tmp_path):
    need(find_spec("duckdb"), "duckdb is not installed: pip install onemap[test]")
    import duckdb

    cells.to_file(tmp_path / "cells.gpkg")
    with duckdb.connect(str(tmp_path / "city.duckdb")) as db:
        db.register("frame", some_cases)
        db.execute("CREATE TABLE cases AS SELECT * FROM frame")
    (example,) = examples("DuckDB", "python")
    run([sys.executable, "-c", example], tmp_path)
    with duckdb.connect(str(tmp_path / "city.duckdb")) as db:
        assert db.execute("SELECT case_id, cell, how FROM assigned ORDER BY case_id").fetchall() == wanted


def programs() -> Path | None:
    """Return the folder of a PostgreSQL server that has PostGIS."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if Path(f"/usr/share/postgresql/{folder.parent.name}/extension/postgis.control").exists():
            return folder
    return None


@pytest.fixture
def server(tmp_path) -> Iterator[dict[str, str]]:
    """Give the environment in which psql finds a server of our own, in a folder of our own."""
    folder = programs()
    able = folder is not None and (os.geteuid() != 0 or shutil.which("setpriv"))
    need(able, "PostGIS is not installed: apt-get install postgresql-postgis")
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    place = Path(subprocess.run([*user, "mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run(
        [*user, folder / "initdb", "-D", place / "data", "-A", "trust", "-U", "postgres", "-N"], check=True, **quiet
    )
    options = f"-p {port} -k {place} -c listen_addresses=127.0.0.1 -c fsync=off"
    control = [*user, folder / "pg_ctl", "-D", place / "data", "-w"]
    subprocess.run([*control, "-l", place / "log", "-o", options, "start"], check=True, **quiet)
    try:
        yield {
            "PGHOST": "127.0.0.1",
            "PGPORT": port,
            "PGUSER": "postgres",
            "PGDATABASE": "postgres",
            "PATH": f"{Path(sys.executable).parent}:{folder}:{os.environ['PATH']}",
        }
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, **quiet)
        shutil.rmtree(place, ignore_errors=True)


def test_postgis_hands_over_and_takes_back(server, some_cases, cells, wanted, tmp_path):
    some_cases.to_csv(tmp_path / "in.csv", index=False)
    shapes = pd.DataFrame({"cell_code": cells["cell_code"], "wkb": cells.geometry.to_wkb(hex=True)})
    shapes.to_csv(tmp_path / "shapes.csv", index=False)
    made = [
        "CREATE EXTENSION postgis",
        "CREATE TABLE raw (case_id bigint, east float8, north float8)",
        r"\copy raw FROM 'in.csv' CSV HEADER",
        "CREATE TABLE cases AS SELECT case_id, ST_SetSRID(ST_MakePoint(east, north), 4548) AS geom FROM raw",
        "CREATE TABLE shapes (cell_code text, wkb text)",
        r"\copy shapes FROM 'shapes.csv' CSV HEADER",
        "CREATE TABLE cells AS SELECT cell_code, ST_SetSRID(wkb::geometry, 4548) AS geom FROM shapes",
    ]
    run(["psql", "-qv", "ON_ERROR_STOP=1", *(part for one in made for part in ("-c", one))], tmp_path, **server)
    (script,) = examples("PostGIS", "sh")
    (program,) = examples("PostGIS", "python")
    (tmp_path / "through_onemap.py").write_text(program, encoding="utf-8")
    run(["sh", "-ec", script], tmp_path, **server)
    heard = run(
        ["psql", "-XAtqF", "|", "-c", "SELECT case_id, cell, how FROM assigned ORDER BY case_id"], tmp_path, **server
    )
    got = [(int(number), cell or None, how) for number, cell, how in (line.split("|") for line in heard.splitlines())]
    assert got == wanted
