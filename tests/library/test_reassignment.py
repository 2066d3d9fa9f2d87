"""A change of version: which cases moved, from where to where, and why."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import Point, box

from onemap import reassign_cases
from onemap.errors import SchemaError
from onemap.testing import assert_contract
from onemap.translation import translate

CRS = "EPSG:4548"
OLD = gpd.GeoDataFrame({"cell_code": ["a", "b"]}, geometry=[box(1, 1, 4, 2), box(4, 1, 8, 2)], crs=CRS)
NEW = gpd.GeoDataFrame(
    {"cell_code": ["a", "c", "d"]}, geometry=[box(1, 1, 3, 2), box(3, 1, 6, 2), box(6, 1, 9, 2)], crs=CRS
)
PLACES = [Point(2, 1.5), Point(3.5, 1.5), Point(5, 1.5), Point(7, 1.5), Point(8.5, 1.5), Point(20, 20), None]


def cases(**columns):
    return gpd.GeoDataFrame(columns, geometry=PLACES, crs=CRS, index=[1, 1, 2, 3, 4, 5, 6])


def test_who_moved_and_why():
    found = reassign_cases(cases(), OLD, NEW)
    rows = found.table.astype(object).where(found.table.notna(), None)
    assert rows.index.tolist() == [1, 1, 2, 3, 4, 5, 6]
    assert rows[["old_cell", "new_cell", "change", "how", "reason"]].to_numpy().tolist() == [
        ["a", "a", "kept", "inside", ""],
        ["a", "c", "moved", "inside", "land passed from a to c"],
        ["b", "c", "moved", "inside", "b was split, the place is in c now"],
        ["b", "d", "moved", "inside", "b was split, the place is in d now"],
        [None, "d", "arrived", "inside", "the place was in no cell, d has it now"],
        [None, None, "nowhere", "outside", ""],
        [None, None, "nowhere", "no_position", ""],
    ]
    assert found.counts == {"rows": 7, "kept": 1, "moved": 3, "left": 0, "arrived": 1, "nowhere": 2}
    assert translate(rows["reason"].iloc[2]) == "b 已拆分，该处现属 c"
    assert found.moved()["cases"].tolist() == [1, 1, 1, 1]


def test_recorded_codes_lead_and_their_errors_are_told_from_the_change():
    recorded = ["a", "b", "x", "b", None, "x", "b"]
    found = reassign_cases(cases(grid=recorded), OLD, NEW, column="grid")
    assert found.table["change"].tolist() == ["kept", "moved", "moved", "moved", "arrived", "nowhere", "left"]
    assert found.table["reason"].tolist()[1:] == [
        "recorded as b, but the place was in a already; land passed from a to c",
        "recorded as x, a code that the old version does not have; b was split, the place is in c now",
        "b was split, the place is in d now",
        "the place was in no cell, d has it now",
        "recorded as x, a code that the old version does not have",
        "by the code alone it cannot be told: b may be in c, d",
    ]
    merged = gpd.GeoDataFrame({"cell_code": ["a", "m"]}, geometry=[box(1, 1, 3, 2), box(3, 1, 9, 2)], crs=CRS)
    last = reassign_cases(cases(grid=recorded), OLD, merged, column="grid").table.iloc[-1]
    assert last[["new_cell", "change", "how"]].tolist() == ["m", "moved", "lineage"]
    with pytest.raises(SchemaError, match="no column grid"):
        reassign_cases(cases(), OLD, NEW, column="grid")


def test_the_contract():
    frame = cases(n=range(7))
    assert_contract(lambda f: reassign_cases(f, OLD, NEW), frame, answer=lambda result: result.table)


def test_cases_on_two_days_of_one_frame_and_written(tmp_path):
    dated = pd.concat([OLD.assign(valid_to="2026-06-30"), NEW.assign(valid_from="2026-07-01")], ignore_index=True)
    found = reassign_cases(cases(), dated, dated, old_as_of="2026-06-30", new_as_of="2026-07-01")
    assert found.counts["moved"] == 3
    assert len(pd.read_csv(found.write(tmp_path / "moved.csv"), encoding="utf-8-sig")) == 7


@pytest.fixture(scope="module")
def washington(real_data):
    folder = real_data / "washington_dc"

    def table(name, x, y):
        rows = pd.read_csv(folder / name, dtype=str)
        where = gpd.points_from_xy(pd.to_numeric(rows[x]), pd.to_numeric(rows[y]))
        return gpd.GeoDataFrame(rows, geometry=where, crs="EPSG:4326")

    smd = [gpd.read_file(folder / "dc_boundaries.gpkg", layer=f"smd_{year}") for year in (2002, 2013)]
    permits = table("dc_public_space_permits_2016_even.csv.gz", "lon", "lat")
    return smd, permits, table("dc_service_requests_2016.csv.gz", "GEOM_LON", "GEOM_LAT")


def test_permits_coded_in_2002_and_requests_of_2016(washington):
    (old, new), permits, requests = washington
    found = reassign_cases(permits, old, new, code="SMD_ID", column="SMD", tolerance_m=1.0)
    assert found.counts == {"rows": 1_655, "kept": 1_061, "moved": 523, "left": 4, "arrived": 0, "nowhere": 67}
    assert found.table["how"].value_counts().to_dict() == {
        "inside": 1_583,
        "outside": 67,
        "no_position": 4,
        "lineage": 1,
    }
    misread = found.table["reason"].str.contains("already")
    assert int(misread.sum()) == 19  # recorded in another cell than the place was in, also in 2002
    other = reassign_cases(requests, old, new, code="SMD_ID", tolerance_m=1.0, difference=found.difference)
    assert other.counts == {"rows": 22_947, "kept": 13_662, "moved": 9_284, "left": 0, "arrived": 0, "nowhere": 1}
    print("reassigned: of 1,655 permits coded in 2002 523 moved; of 22,947 requests 9,284")


def test_a_single_heir_is_the_answer(washington):
    (old, new), permits, _ = washington
    found = reassign_cases(permits, old, new, code="SMD_ID", column="SMD")  # as the page's command: no tolerance
    assert found.counts == {"rows": 1_655, "kept": 1_061, "moved": 523, "left": 4, "arrived": 0, "nowhere": 67}
    by_code = found.table[found.table["how"].isin(["lineage", "no_position"])]
    assert by_code[["old_cell", "reason"]].fillna("").to_numpy().tolist() == [
        ["5B09", "by the code alone it cannot be told: 5B09 may be in 5C02, 5C04, 5C05, 5D01"],
        ["7B07", "by the code alone: 7B07 kept 99.99 percent of its land"],
        ["7A06", "by the code alone it cannot be told: 7A06 may be in 7F01, 7F06"],
        *[["6C09", "by the code alone it cannot be told: 6C09 may be in 2C02, 2C03, 6C02"]] * 2,
    ]


@pytest.mark.parametrize(
    ("ends", "answer"),
    [
        ({"a": (0, 97), "b": (97, 100)}, ("a", "by the code alone: a kept 97 percent of its land")),
        ({"a": (0, 97)}, ("a", "by the code alone: a kept 97 percent of its land")),
        ({"a": (0, 90), "b": (90, 100)}, (None, "by the code alone it cannot be told: a may be in a, b")),
        ({"a": (0, 90)}, (None, "by the code alone it cannot be told: a may be in a or in no cell")),
        ({"a": (200, 300)}, (None, "by the code alone it cannot be told: the land of a is in no cell now")),
        ({"a": (200, 300), "b": (0, 100)}, ("b", "by the code alone: a went into b")),
        ({"b": (0, 98)}, ("b", "by the code alone: a went into b")),
        ({"b": (0, 60)}, (None, "by the code alone it cannot be told: a may be in b or in no cell")),
        ({}, (None, "by the code alone it cannot be told: a is gone, and no successor is known")),
    ],
)
def test_a_case_without_position_goes_where_nearly_all_land_went(ends, answer):
    def frame(codes):
        far = {"z": (900, 1_000)}  # a cell that stays, and b's other land, so that b is a cell of both versions
        shapes = {code: [box(x, 0, end, 10)] for code, (x, end) in {**codes, **far}.items()}
        shapes.setdefault("b", []).append(box(400, 0, 700, 10))
        return gpd.GeoDataFrame(
            {"cell_code": list(shapes)}, geometry=[shapely.union_all(parts) for parts in shapes.values()], crs=CRS
        )

    case = gpd.GeoDataFrame({"cell": ["a"]}, geometry=[None], crs=CRS)
    row = reassign_cases(case, frame({"a": (0, 100)}), frame(ends), column="cell").table.iloc[0]
    found = None if pd.isna(row["new_cell"]) else row["new_cell"]
    assert (found, row["reason"]) == answer
    assert translate(row["reason"]).startswith("仅凭编码")


def test_the_page_on_versions_quotes_what_its_commands_print(real_data):
    page = (Path(__file__).parents[2] / "docs" / "versions.md").read_text(encoding="utf-8")
    quoted = re.findall(r"^\$ onemap (.+)\n(.+)$", page, re.MULTILINE)
    assert [shlex.split(words)[0] for words, _ in quoted] == ["versions", "reassign"]
    for words, said in quoted:
        command = [sys.executable, "-m", "onemap", *shlex.split(words), "--lang", "en"]
        done = subprocess.run(command, cwd=real_data / "washington_dc", capture_output=True, text=True, check=True)
        assert said in done.stdout.splitlines()
    assert "9,186 have another SMD" in page


def test_communities_of_changzhi_by_code_alone(real_data):
    folder = real_data / "changzhi"
    old = pd.read_csv(folder / "adcode2016_changzhi_gcj02.csv.gz", dtype=str)
    new = pd.concat(
        pd.read_csv(folder / f"division2023_changzhi_{level}.csv.gz", dtype=str)
        for level in ("areas", "streets", "villages")
    )
    villages = old[old["level"] == "village"]
    found = reassign_cases(villages, old, new, code="code", column="code")
    assert found.counts == {"rows": 3_582, "kept": 1_360, "moved": 1_093, "left": 1_129, "arrived": 0, "nowhere": 0}
    first = found.table.iloc[0]
    assert (first["old_cell"], first["new_cell"], first["how"]) == ("140402001001", "140403001001", "lineage")
    with pytest.raises(SchemaError, match="name the column"):
        reassign_cases(villages, old, new, code="code")
