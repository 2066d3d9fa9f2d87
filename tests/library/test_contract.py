"""The public contract: input unchanged, CRS and index kept, empty frames, any geometry column, any order of rows."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

import onemap
from onemap.geo.repair import repair_geometries
from onemap.testing import assert_contract, assert_input_unchanged, make_city

TAKES_FRAMES = {
    "CellLocator",
    "Division",
    "assign_cases",
    "audit_division",
    "balance_cells",
    "check_coverage",
    "check_nesting",
    "compare_versions",
    "derive_cells",
    "in_force",
    "match_boundary_version",
    "number_cells",
    "own_polygons",
    "reassign_cases",
    "repair_coverage",
    "undo_repair",
}
"""The public functions that are given frames; all others take paths, maps, codes or numbers."""


@pytest.fixture(scope="module")
def city() -> Any:
    return make_city()


@pytest.fixture(scope="module")
def faulty(city: Any) -> gpd.GeoDataFrame:
    """Return cells with a gap, an overlap, a bowtie and a code that stands twice, under an index of its own."""
    cells = city.cells.copy()
    shapes = cells.geometry.to_numpy().copy()
    shapes[5] = shapely.buffer(shapes[5], -3.0)
    shapes[9] = shapely.buffer(shapes[9], 2.0)
    west, south, east, north = shapely.bounds(shapes[20])
    shapes[20] = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    cells = cells.set_geometry(gpd.GeoSeries(shapes, index=cells.index, crs=cells.crs))
    cells.loc[cells.index[30], "cell_code"] = cells["cell_code"].iloc[31]
    return cells.set_index(pd.Index([f"row {number}" for number in range(len(cells))], name="own"))


def test_every_public_function_that_takes_frames_is_looked_at_here() -> None:
    functions = {name for name in onemap.__all__ if callable(getattr(onemap, name)) and not name.startswith("__")}
    others = {
        "AssignmentResult",
        "AtlasResult",
        "AuditLimits",
        "AuditReport",
        "BalanceResult",
        "BaseMap",
        "CoverageReport",
        "DeriveOptions",
        "DerivedCells",
        "EditRules",
        "GapReport",
        "NumberedCells",
        "OneMap",
        "OnemapError",
        "RepairResult",
        "ResponsibilityMatrix",
        "assign_dask",
        "assign_parquet",
        "assign_spark",
        "build_base_map",
        "convert_coordinates",
        "find_gaps",
        "make_atlas",
        "open_map",
        "read_layer",
        "read_roster",
        "run",
    }
    assert functions == TAKES_FRAMES | others


@pytest.mark.parametrize("index", ["plain", "repeated", "text"])
def test_assign_cases(city: Any, index: str) -> None:
    cases = city.cases.iloc[:300]
    labels = {"plain": np.arange(300), "repeated": np.arange(300) // 2, "text": [f"c{n}" for n in range(300)]}
    cases = cases.set_axis(pd.Index(labels[index], name="own"), axis=0)
    assert_contract(onemap.assign_cases, cases, city.cells, answer=lambda result: result.table)
    result = onemap.assign_cases(cases, city.cells, border_m=20.0)
    assert result.near_border.crs == cases.crs
    assert set(result.near_border.index) <= set(cases.index)
    assert len(result.near_border) > 0


def test_the_order_and_the_geometry_column_of_the_cells_do_not_matter(city: Any) -> None:
    order = np.random.default_rng(3).permutation(len(city.cells))
    other = city.cells.iloc[order].rename_geometry("shape_of_it")
    cases, houses = city.cases.iloc[:300], city.buildings.iloc[:300]
    pd.testing.assert_frame_equal(onemap.assign_cases(cases, city.cells).table, onemap.assign_cases(cases, other).table)
    pd.testing.assert_frame_equal(onemap.own_polygons(houses, city.cells), onemap.own_polygons(houses, other))


def test_cases_and_features_without_a_single_cell(city: Any) -> None:
    none = city.cells.iloc[:0]
    table = onemap.assign_cases(city.cases.iloc[:9], none).table
    assert (len(table), set(table["how"])) == (9, {"outside"} | set(table["how"]) & {"no_position"})
    owners = onemap.own_polygons(city.buildings.iloc[:9], none)
    assert owners["cell"].isna().all()
    assert onemap.CellLocator(none).locate(np.array([1.0]), np.array([2.0])).tolist() == [-1]


def test_own_polygons(city: Any) -> None:
    houses = city.buildings.iloc[:300].set_axis(pd.Index(np.arange(300) // 2, name="own"), axis=0)
    assert_contract(onemap.own_polygons, houses, city.cells)


def test_cell_locator(city: Any) -> None:
    x, y = city.cases.geometry.x.to_numpy()[:300], city.cases.geometry.y.to_numpy()[:300]

    def codes(cells: gpd.GeoDataFrame) -> pd.DataFrame:
        found = assert_input_unchanged(onemap.CellLocator, cells).locate(x, y)
        if not len(cells):
            assert (found == -1).all()
            return pd.DataFrame({"cell": pd.Series(dtype="str")})
        return pd.DataFrame({"cell": cells["cell_code"].reset_index(drop=True).reindex(found).to_numpy()})

    assert_contract(codes, city.cells, keeps_index=False)


def test_check_coverage(faulty: gpd.GeoDataFrame, city: Any) -> None:
    parent = city.district
    options = {"answer": lambda report: report.defects, "keeps_index": False}
    assert_contract(onemap.check_coverage, faulty, **options)
    report = assert_contract(onemap.check_coverage, faulty, parent=parent, takes_empty=False, **options)
    assert {"gap", "overlap", "invalid", "duplicate"} <= set(report.defects["kind"])
    assert report.defects.index.equals(pd.RangeIndex(len(report.defects)))
    other = onemap.check_coverage(faulty, parent=parent.rename_geometry("shape_of_it")).defects
    assert_geodataframe_equal(other, report.defects)


def test_check_coverage_of_nothing_in_a_parent_is_one_gap(city: Any) -> None:
    parent = city.district
    report = onemap.check_coverage(city.cells.iloc[:0], parent=parent)
    assert report.defects["kind"].tolist() == ["gap"]
    assert report.defects["area_m2"].sum() == pytest.approx(parent.area.sum(), rel=1e-9)


def test_check_nesting(city: Any) -> None:
    cells = city.cells.copy()
    cells.loc[cells.index[:2], "parent_code"] = ["nobody", None]
    cells.loc[cells.index[4], "cell_code"] = cells["cell_code"].iloc[5]
    communities = city.communities

    def nesting(fine: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return onemap.check_nesting({"grid_community": communities, "grid_cell": fine})

    assert_contract(nesting, cells, keeps_index=False, takes_empty=False)  # of no cell, every community is bare
    before = communities.copy(deep=True)
    bare = nesting(cells.iloc[:0])
    assert_geodataframe_equal(communities, before)
    assert set(bare["kind"]) == {"gap"}
    assert bare["area_m2"].sum() == pytest.approx(communities.area.sum(), rel=1e-9)


def test_match_boundary_version(city: Any) -> None:
    shifted = city.cells.assign(geometry=city.cells.geometry.translate(200.0))
    permits = city.cases.iloc[:300].drop(columns="cell_code", errors="ignore")
    permits["recorded"] = onemap.assign_cases(permits, city.cells).table["cell"]
    versions = {"old": city.cells, "new": shifted}

    def match(cases: gpd.GeoDataFrame) -> pd.DataFrame:
        return onemap.match_boundary_version(cases, versions, column="recorded").table

    table = assert_contract(match, permits, keeps_index=False, takes_empty=False)
    assert table.loc["old", "share"] == 1.0
    assert match(permits.iloc[:0])["cases"].tolist() == [0, 0]
    turned = {"new": shifted, "old": city.cells.rename_geometry("shape_of_it")}
    assert onemap.match_boundary_version(permits, turned, column="recorded").best == "old"


def test_repair_geometries(faulty: gpd.GeoDataFrame) -> None:
    assert_contract(repair_geometries, faulty, answer=lambda repair: repair.frame, keeps_index=False, any_order=False)
    whole = repair_geometries(faulty)
    assert len(whole.frame) + len(whole.refused) == len(faulty)
    assert whole.frame.index.append(whole.refused.index).sort_values().equals(faulty.index.sort_values())
    shuffled = repair_geometries(faulty.sample(frac=1.0, random_state=4))
    assert_geodataframe_equal(shuffled.frame.loc[whole.frame.index], whole.frame)
    pd.testing.assert_frame_equal(shuffled.changes.loc[whole.changes.index], whole.changes)


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".fgb", ".shp"])
def test_read_layer(city: Any, tmp_path: Any, suffix: str) -> None:
    cells = city.cells[["cell_code", "name", "geometry"]]
    answers = []
    for number, frame in enumerate((cells, cells.iloc[:0], cells.iloc[::-1].rename_geometry("shape"))):
        path = tmp_path / f"cells_{number}{suffix}"
        frame.to_parquet(path) if suffix == ".parquet" else frame.to_file(
            path, engine="pyogrio", geometry_type="Polygon"
        )
        size = path.stat().st_size
        answers.append(onemap.read_layer(path, "grid_cell"))
        assert path.stat().st_size == size
    for answer in answers:
        assert answer.crs == cells.crs
        assert answer.geometry.name == "geometry"
        assert answer.index.tolist() == list(range(1, len(answer) + 1))
    assert [len(answer) for answer in answers] == [60, 0, 60]
    there, back = (one.sort_values("cell_code").reset_index(drop=True) for one in (answers[0], answers[2]))
    assert there["cell_code"].equals(back["cell_code"])
    assert there.geometry.to_wkb().equals(back.geometry.to_wkb())


def test_repair_coverage(faulty: gpd.GeoDataFrame, city: Any) -> None:
    options = {"max_width_m": 8.0, "max_change": 0.2}
    repair = assert_contract(onemap.repair_coverage, faulty, answer=lambda result: result.cells, **options)
    assert (repair.before.counts["overlap"], repair.after.counts["overlap"]) == (11, 2)
    for table in ("moves", "refused", "record"):
        parent = {"parent": city.district, "takes_empty": False}

        def answer(result: Any, table: str = table) -> Any:
            return getattr(result, table)

        assert_contract(onemap.repair_coverage, faulty, answer=answer, keeps_index=False, **parent, **options)
    restored = assert_contract(onemap.undo_repair, repair.cells, repair.record, takes_empty=False)
    assert restored.geometry.to_wkb().equals(faulty.geometry.to_wkb())


def test_in_force(city: Any) -> None:
    cells = city.cells.assign(valid_to=["2026-06-30", None] * 30)

    def held(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return onemap.in_force(frame, "2026-07-01")

    kept = assert_contract(held, cells, keeps_index=False, any_order=False)  # rows stay in their order
    assert kept.index.equals(cells.index[1::2])


def test_compare_versions(city: Any) -> None:
    old = city.cells
    new = old.iloc[1:].assign(name="new")

    def difference(frame: gpd.GeoDataFrame) -> pd.DataFrame:
        return onemap.compare_versions(old, frame).table

    table = assert_contract(difference, new, keeps_index=False, takes_empty=False)
    assert table["status"].value_counts().to_dict() == {"renamed": 59, "removed": 1}
    assert onemap.compare_versions(old, new.to_crs("EPSG:4490"), tolerance_m=0.01).counts["redrawn"] == 0


def test_reassign_cases(city: Any) -> None:
    new = city.cells.assign(cell_code=[f"n{code}" for code in city.cells["cell_code"]])
    cases = city.cases.iloc[:300].set_axis(pd.Index(np.arange(300) // 2, name="own"), axis=0)
    result = assert_contract(onemap.reassign_cases, cases, city.cells, new, answer=lambda result: result.table)
    assert result.counts["kept"] == 0


def test_audit_division(faulty: gpd.GeoDataFrame, city: Any) -> None:
    options = {"communities": city.communities, "loads": city.frames["frame_component"], "as_of": "2026-06-30"}
    for table in ("table", "findings"):

        def answer(report: Any, table: str = table) -> Any:
            return getattr(report, table)

        assert_contract(
            onemap.audit_division,
            faulty,
            answer=answer,
            keeps_index=False,
            takes_empty=False,
            any_order=False,
            **options,
        )
    turned = onemap.audit_division(city.cells.iloc[::-1], **options)
    assert_geodataframe_equal(onemap.audit_division(city.cells, **options).findings, turned.findings)


def test_division(city: Any) -> None:
    def edited(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        division = onemap.Division(frame, "parent_code")
        for code in sorted(frame["cell_code"])[:3]:
            division.move(code, None)
        return division.cells

    assert_contract(edited, city.cells)


def test_balance_cells(city: Any) -> None:
    cells = city.cells.iloc[:20]
    options = {"load": "area", "groups": 3, "answer": lambda result: result.groups.to_frame(), "takes_empty": False}
    assert_contract(onemap.balance_cells, cells, **options)
