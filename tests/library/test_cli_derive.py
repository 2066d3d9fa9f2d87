"""onemap derive and onemap number, as a person and as a program call them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import LineString, box

from tests.library.test_cli_chain import refusal, told

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


def test_rows_of_a_file_are_named_with_it(files: Path, tmp_path: Path) -> None:
    lines = tmp_path / "osm.gpkg"
    frame = gpd.GeoDataFrame(
        {"highway": ["residential", "service", None], "natural": [None, None, "water"]},
        geometry=[LineString([(500000 + x, 4399990), (500000 + x, 4400110)]) for x in (60, 120, 180)],
        crs="EPSG:4548",
    )
    frame.to_file(lines, layer="lines", VERSION="1.3")
    asked = ("derive", files / "land.gpkg", "--class", "highway", "--json")
    for rows, found in (("highway", 2), ("highway=service", 1), ("natural=water,wetland", 1), ("natural=bay", 0)):
        done = told(*asked, "--barriers", f"{lines}|lines|{rows}")
        assert done.exit_code == 0, done.output
        assert f"osm.gpkg: {found} of 3 rows have {rows}" in done.stderr
    assert refusal(*asked, "--barriers", f"{lines}|lines|width=3").endswith(
        "has no column width; it has highway, natural"
    )


def test_wishes_of_size_kind_and_weight(files: Path, tmp_path: Path) -> None:
    yards = tmp_path / "yards.gpkg"
    for name, x, kind in (("one", 0, "A"), ("other", 100, "R")):
        shape = box(500000 + x, 4400000, 500100 + x, 4400050)
        frame = gpd.GeoDataFrame({"院落类别": [kind]}, geometry=[shape], crs="EPSG:4548")
        frame.to_file(yards, layer=name, VERSION="1.3")
    land = ("derive", files / "land.gpkg", "--json")
    both = ("--compounds", f"{yards}|one", "--compounds", f"{yards}|other")

    def counts(*more: object) -> dict[str, int]:
        return json.loads(told(*land, *more).stdout)["counts"]

    assert counts(*both)["exclusive"] == 0
    assert counts(*both, "--exclusive-m2", 4000)["exclusive"] == 2
    assert counts(*both, "--exclusive-m2", 4000, "--exclusive-class", "A")["exclusive"] == 1
    assert counts(*both, "--rule", "country")["compounds"] == 2
    road = ("--barriers", f"branch={files / 'lines.gpkg'}|road", "--target-m2", 40_000, "--hard", 0.5)
    assert counts(*road)["cells"] == 2
    assert counts(*road, "--weight", "branch=0")["cells"] == 1
    assert counts(*road, "--weight", "branch=0.4")["cells"] == 1
    assert refusal(*land, "--land-use-m2", "water") == "--land-use-m2 is water; it must be NAME=NUMBER"


def test_a_column_that_only_sounds_like_a_class_does_not_undo_the_class_that_is_named(
    files: Path, tmp_path: Path
) -> None:
    """The first file has codes of the office under the title of the class, the other has classes there."""
    for name, value, unknown in (("codes", "C-17", 0), ("classes", "lane", 0)):
        way = LineString([(500090, 4399990), (500090, 4400110)])
        path = tmp_path / f"{name}.gpkg"
        gpd.GeoDataFrame({"道路等级": [value]}, geometry=[way], crs="EPSG:4548").to_file(path, VERSION="1.3")
        done = told("derive", files / "land.gpkg", "--barriers", f"railway={path}", "--target-m2", 40_000, "--json")
        answer = json.loads(done.stdout)
        assert answer["unmet"].get("barrier_class", 0) == unknown
        assert answer["counts"]["cells"] == (2 if name == "codes" else 1)  # a railway parts, a lane does not
