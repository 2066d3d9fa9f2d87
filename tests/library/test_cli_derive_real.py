"""Real districts derived by the command line, as docs/deriving.md has it: the proof is clean, no building is cut."""

import json
import re
from pathlib import Path

import geopandas as gpd
import shapely
from typer.testing import CliRunner

from onemap.cli import app
from tests.library.grids.test_derivation_real import HELSINKI, HELSINKI_UNMET


def told(*arguments: object) -> str:
    done = CliRunner().invoke(app, [*map(str, arguments), "--lang", "en"])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def test_helsinki_from_the_extract_as_it_comes(real_data: Path, tmp_path: Path) -> None:
    osm, land, cells = real_data / "helsinki_osm" / "Helsinki.osm.pbf", tmp_path / "land.gpkg", tmp_path / "cells.gpkg"
    frame = shapely.box(*gpd.read_file(osm, layer="lines").total_bounds)
    gpd.GeoDataFrame({"community_code": ["091"]}, geometry=[frame], crs=4326).to_crs(3067).to_file(land, VERSION="1.3")
    output = told(
        "derive", land, "--class", "highway", "--barriers", f"{osm}|lines|highway", "--barriers",
        f"water={osm}|multipolygons|natural=water", "--buildings", f"{osm}|multipolygons|building", "--out", cells,
        "--json",
    )  # fmt: skip
    assert "Helsinki.osm.pbf: 2504 of 3818 rows have highway" in output
    assert re.search(r"Helsinki.osm.pbf: 482 of \d+ rows have building", output)
    answer = json.loads(output.splitlines()[-1])
    assert (answer["counts"], answer["unmet"]) == (HELSINKI, HELSINKI_UNMET)
    told("check", cells, "--parent", land, "--fail-on-findings")


def test_a_commission_of_washington_by_streets_and_lots(real_data: Path, tmp_path: Path) -> None:
    city, ground = (real_data / "washington_dc" / name for name in ("dc_boundaries.gpkg", "dc_base_features.gpkg"))
    land, cells = f"{city}|smd_2013|ANC_ID=2A", tmp_path / "cells.gpkg"
    ways = {
        "arterial": "major_roads", "secondary": "snow_emergency_roads", "branch": "lenfant_streets",
        "stream": "hydrography",
    }  # fmt: skip
    asked = [f"{option}={ground}|{layer}" for option, layer in ways.items()]
    output = told(
        "derive", land, "--code", "SMD_ID", *(part for one in asked for part in ("--barriers", one)), "--compounds",
        f"{ground}|parcel_lots", "--compounds", f"{ground}|condo_lots", "--out", cells, "--json",
    )  # fmt: skip
    counts = json.loads(output.splitlines()[-1])["counts"]
    assert {name: counts[name] for name in ("communities", "cells", "exclusive", "compounds", "buildings_cut")} == {
        "communities": 8, "cells": 603, "exclusive": 5, "compounds": 67, "buildings_cut": 0,
    }  # fmt: skip
    told("check", cells, "--parent", land, "--fail-on-findings")
    homes = gpd.read_file(cells, layer="grid_cell").groupby("SMD_ID").size()
    assert len(homes) == 8
