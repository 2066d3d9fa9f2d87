"""onemap derive and onemap number, as a person and as a program call them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import LineString, box

ROOT = Path(__file__).resolve().parents[2]
HOME = "110102007012"


def onemap(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "onemap", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ONEMAP_LANG": "en"},
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a community, its roads (two layers of one file), and a house across one of them."""
    folder = tmp_path_factory.mktemp("derive")

    def write(name: str, layer: str, geometry: object, **columns: object) -> None:
        frame = gpd.GeoDataFrame(columns, geometry=[geometry], crs="EPSG:4548")
        frame.to_file(folder / name, layer=layer, VERSION="1.3")

    write("land.gpkg", "land", box(500000, 4400000, 500200, 4400100), community_code=[HOME])
    write("lines.gpkg", "road", LineString([(500090, 4399990), (500090, 4400110)]), **{"class": ["branch"]})
    write("lines.gpkg", "wall", LineString([(499990, 4400050), (500210, 4400050)]))
    write("house.gpkg", "house", box(500085, 4400040, 500105, 4400060))
    return folder


def test_derive_then_number_then_number_again(files: Path) -> None:
    done = onemap(
        "derive", files / "land.gpkg", "--barriers", f"{files / 'lines.gpkg'}|road", "--buildings",
        files / "house.gpkg", "--out", files / "cells.gpkg", "--json",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert answer["counts"]["cells"] == 2
    assert answer["counts"]["buildings_cut"] == 0
    assert answer["unmet"] == {}
    shown = onemap("number", files / "cells.gpkg", "--layer", "grid_cell", "--profile", "GBT30428")
    assert shown.stdout.splitlines() == [
        "2 codes are new, 0 are kept, 0 are withdrawn",
        f"{HOME}001: the next free serial of {HOME}",
        f"{HOME}002: the next free serial of {HOME}",
        "nothing was written: no --out",
    ]
    numbered = files / "numbered.gpkg"
    onemap("number", files / "cells.gpkg", "--layer", "grid_cell", "--profile", "GBT30428", "--out", numbered)
    assert gpd.read_file(numbered, layer="grid_cell")["cell_code"].tolist() == [f"{HOME}001", f"{HOME}002"]
    again = onemap(
        "number", files / "cells.gpkg", "--layer", "grid_cell", "--profile", "GBT30428", "--existing",
        f"{numbered}|grid_cell", "--lang", "zh",
    )  # fmt: skip
    assert again.stdout.splitlines()[0] == "新增编码 0 个，沿用 2 个，停用 0 个"
    assert onemap("check", numbered, "--layer", "grid_cell", "--parent", files / "land.gpkg").returncode == 0


def test_barriers_of_a_class_are_named_on_the_command_line(files: Path) -> None:
    lines = files / "lines.gpkg"
    done = onemap(
        "derive", files / "land.gpkg", "--barriers", f"{lines}|road", "--barriers", f"wall={lines}|wall",
        "--target-m2", 4000, "--json",
    )  # fmt: skip
    assert json.loads(done.stdout)["counts"]["cells"] == 4


def test_what_could_not_be_honoured_is_said_and_may_fail(files: Path) -> None:
    lines = files / "lines.gpkg"
    done = onemap(
        "derive", files / "land.gpkg", "--barriers", f"railway={lines}|wall", "--target-m2", 30000,
        "--fail-on-findings",
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout.splitlines()[1] == (
        "10000 m2 are too small for a cell, but all that borders on them lies behind a strong barrier"
    )


def test_bad_input_is_one_line(files: Path) -> None:
    done = onemap("derive", files / "land.gpkg", "--rule", "sea")
    assert (done.returncode, done.stderr) == (2, "onemap: the rule is sea; it must be town or country\n")
    done = onemap(
        "number", files / "land.gpkg", "--profile", "GBT30428", "--existing", files / "land.gpkg", "--keep", "b"
    )
    assert (done.returncode, done.stderr) == (2, "onemap: give --existing or --keep, not both\n")
    done = onemap("derive", files / "land.gpkg", "--barriers", files / "none.gpkg")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
