"""What changed since the last version, where a code stands on two rows: the rows of one code are one cell."""

from types import SimpleNamespace

import geopandas as gpd
import pytest
from shapely import box

from onemap import audit_division, compare_versions
from onemap.errors import SchemaError
from onemap.pipeline.division import changes
from onemap.translation import translate

CRS = "EPSG:4548"
TOGETHER = "several rows have this code: they are compared as one cell"


def cells(**land):
    """Return cells of 10 m width: each code with the spans of its rows, in metres."""
    rows = [(code, span) for code, spans in land.items() for span in spans]
    return gpd.GeoDataFrame(
        {"cell_code": [code for code, _ in rows], "name": [f"{code}{a}" for code, (a, _) in rows]},
        geometry=[box(a, 0, b, 10) for _, (a, b) in rows],
        crs=CRS,
    )


def changed(old, new):
    assembly = SimpleNamespace(
        grids=SimpleNamespace(finest="grid_cell"),
        frames={"grid_cell": new},
        manifest=SimpleNamespace(
            previous=SimpleNamespace(tolerance_m=0.0), district=SimpleNamespace(as_of="2026-06-30")
        ),
    )
    layers = changes(assembly, old)
    return layers["version_change"].set_index("code"), layers["version_piece"]


def test_land_of_a_doubled_code_is_the_land_of_all_its_rows():
    doubled = cells(a=[(0, 30), (60, 90)], b=[(30, 60)])
    table, pieces = changed(doubled, doubled)
    assert (len(table), len(pieces)) == (0, 0)
    table, pieces = changed(doubled, doubled.iloc[[1, 0, 2]])  # which row is read first does not matter
    assert (len(pieces), table["status"].tolist()) == (0, ["renamed"])
    table, pieces = changed(cells(a=[(60, 90)], b=[(30, 60)], c=[(0, 30)]), doubled)
    assert table["status"].to_dict() == {"a": "redrawn", "c": "removed"}
    assert table.loc["a", ["gained_m2", "lost_m2", "kept_share", "came_from"]].tolist() == [300, 0, 1, "c"]
    assert pieces[["from", "to", "area_m2"]].to_numpy().tolist() == [["c", "a", 300]]
    assert table.loc["a", "reason"] == f"300 m2 came from c; named a0, before a60; {TOGETHER}"
    assert translate(table.loc["a", "reason"]).endswith("；有多行使用该编码，按一个网格比对")
    assert TOGETHER not in table.loc["c", "reason"]


def test_the_audit_takes_a_doubled_code_as_one_cell_on_both_sides():
    doubled = cells(a=[(0, 30), (60, 90)], b=[(30, 60)]).assign(valid_from="2026-01-01")
    for previous in (doubled, cells(a=[(0, 30), (60, 90)], b=[(30, 60)]).iloc[[1, 0, 2]]):
        report = audit_division(doubled, previous=previous)
        stable = report.findings[report.findings["rule"] == 9]
        assert stable["reason"].tolist() == ["2 cells have the code a"]
    moved = cells(a=[(0, 30)], b=[(30, 60)], c=[(60, 90)]).assign(valid_from="2026-01-01")
    report = audit_division(doubled, previous=moved)
    assert sorted(report.findings.loc[report.findings["rule"] == 9, "reason"]) == [
        "2 cells have the code a",
        "a was redrawn, but its first day of validity is the same as before",
    ]


def test_a_code_on_two_rows_is_named_where_whole_cells_are_compared():
    with pytest.raises(SchemaError, match="cell_code is not unique in the cells: a"):
        compare_versions(cells(a=[(0, 30), (60, 90)]), cells(a=[(0, 30)]))
