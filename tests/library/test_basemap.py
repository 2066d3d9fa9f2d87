"""The base map on a small made-up district: every row accounted for, layers as the catalogue has them."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from onemap.basemap import build_base_map
from onemap.errors import Cancelled, CrsError, GeometryError, SchemaError
from onemap.store.one_map import open_map

CRS = "EPSG:4548"
WEST, SOUTH = 490_000.0, 4_400_000.0
MANIFEST = """
[district]
name = "小区"
crs = "EPSG:4548"
as_of = 2026-06-30
margin_m = 50.0

[levels]
grid_district = { dissolve = "grid_street" }
grid_street = {}
grid_cell = {}
"""


def cells() -> gpd.GeoDataFrame:
    """Return 4 x 2 cells of 100 m in two streets."""
    rows = [
        {"cell_code": f"{street}{n}", "parent_code": street, "geometry": box(column, row)}
        for row, street in enumerate("AB")
        for n, column in enumerate(range(4), start=1)
    ]
    return gpd.GeoDataFrame(rows, crs=CRS)


def box(column: float, row: float, *, width: float = 1.0, height: float = 1.0) -> shapely.Polygon:
    x, y = WEST + 100 * column, SOUTH + 100 * row
    return shapely.box(x, y, x + 100 * width, y + 100 * height)


def point(column: float, row: float) -> shapely.Point:
    return shapely.Point(WEST + 100 * column, SOUTH + 100 * row)


class Folder:
    """A folder of sources and the manifest that names them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = MANIFEST
        frame = cells()
        self.add("grid_cell", frame)
        self.add(
            "grid_street",
            frame.dissolve("parent_code")
            .reset_index()
            .drop(columns="cell_code")
            .rename(columns={"parent_code": "street_code"}),
        )

    def add(self, layer: str, frame: gpd.GeoDataFrame, *, name: str | None = None, **keys: str) -> None:
        file = f"{name or layer}.gpkg"
        frame.to_file(self.path / file)
        self.name(layer, file, **keys)

    def name(self, layer: str, file: str, **keys: str) -> None:
        lines = "".join(f"{key} = {value}\n" for key, value in keys.items())
        self.text += f'[[source]]\nlayer = "{layer}"\npath = "{file}"\n{lines}'

    def build(self, **keys):
        (self.path / "onemap.toml").write_text(self.text, encoding="utf-8")
        return build_base_map(self.path, **keys)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def row_of(table: pd.DataFrame, **wanted) -> pd.Series:
    for name, value in wanted.items():
        table = table[table[name].isna() if value is None else table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_r4_rows_in_are_rows_out_and_rows_listed(folder: Folder):
    spots = [point(0.5, 0.5), point(0.5, 0.5), point(1.5, 0.5), None, shapely.Point(), point(9, 9), point(40, 0.5)]
    codes = ["P1", "P1", "P1", "P2", "P3", "P4", "P5"]
    places = gpd.GeoDataFrame({"poi_code": codes, "name": list("aabcdef")}, geometry=spots, crs=CRS)
    folder.add("emap_poi", places)
    base = folder.build()
    row = row_of(base.balance, layer_id="emap_poi")
    assert row[["rows_in", "rows_out", "rows_rejected", "rows_outside"]].tolist() == [7, 2, 3, 2]
    assert (base.balance["rows_in"] == base.balance[["rows_out", "rows_rejected", "rows_outside"]].sum(axis=1)).all()
    listed = base.rejects[base.rejects["layer_id"] == "emap_poi"]
    assert listed.sort_values(["row", "kind"])[["row", "kind", "removed"]].to_numpy().tolist() == [
        [2, "duplicate", True],
        [3, "duplicate", False],
        [4, "no_position", True],
        [5, "no_position", True],
        [6, "outside", True],
        [7, "outside", True],
    ]
    assert listed[listed["row"] == 7]["reason"].tolist() == ["lies 3600 m outside the district"]
    published = open_map(base.path).layers.loc["emap_poi"]
    assert published[["rows_in", "rows_out", "rows_rejected", "rows_outside"]].tolist() == [7, 2, 3, 2]
    print(f"R4: {base.balance['rows_in'].sum()} rows in, all accounted for")


def test_r4_holds_for_tables_with_every_kind_of_bad_position(folder: Folder):
    lines = ["案件编号,经度,纬度,案件状态"]
    lines += [
        "a,116.9,39.75,已结",
        "b,,,",
        "c,0,0,新报",
        "d,nan,39,x",
        "e,39.75,116.9,",
        "a,116.9,39.75,已结",
        "f,1e300,2,",
    ]
    (folder.path / "cases.csv").write_text("\n".join(lines), encoding="gb18030")
    folder.name("case", "cases.csv", crs='"EPSG:4490"')
    base = folder.build()
    row = row_of(base.balance, layer_id="case")
    assert row[["rows_in", "rows_out", "rows_rejected", "rows_outside"]].tolist() == [7, 7, 0, 0]
    cases = open_map(base.path).read("case")
    assert cases["case_code"].tolist() == ["a", "a", "b", "c", "d", "e", "f"]
    assert cases["state"].tolist()[:4] == ["settled", "settled", None, "new"]
    print("R4: 7 cases in, 7 out, whatever their position")


def test_layers_are_clipped_and_grids_are_not(folder: Folder):
    roads = gpd.GeoDataFrame(
        {"name": ["long", "far"]},
        geometry=[
            shapely.LineString([(WEST - 1000, SOUTH + 50), (WEST + 1000, SOUTH + 50)]),
            shapely.LineString([(WEST - 1000, SOUTH), (WEST - 900, SOUTH)]),
        ],
        crs=CRS,
    )
    folder.add("emap_road", roads)
    base = folder.build()
    one_map = open_map(base.path)
    road = one_map.read("emap_road")
    assert road["name"].tolist() == ["long"]
    assert road.length.sum() == pytest.approx(500, abs=1)
    assert one_map.read("grid_cell").geometry.area.sum() == pytest.approx(80_000)


def test_levels_get_parents_areas_and_an_outline(folder: Folder):
    base = folder.build()
    one_map = open_map(base.path)
    assert one_map.levels == ["grid_district", "grid_street", "grid_cell"]
    district = one_map.read("grid_district")
    assert district["name"].tolist() == ["小区"]
    assert district["area_m2"].tolist() == pytest.approx([80_000])
    assert one_map.read("grid_street")["parent_code"].tolist() == ["小区", "小区"]
    assert one_map.read("grid_cell")["parent_code"].tolist() == list("AAAABBBB")
    assert (
        "2 rows have no parent code, so the parent with the largest share was taken"
        in one_map.layers.loc["grid_street", "notes"]
    )


def test_reprojection_keeps_neighbours_together(folder: Folder):
    folder.text = MANIFEST
    folder.add("grid_cell", cells().to_crs("EPSG:4490"), name="geographic")
    folder.add(
        "grid_street",
        cells()
        .to_crs("EPSG:4490")
        .dissolve("parent_code")
        .reset_index()[["parent_code", "geometry"]]
        .rename(columns={"parent_code": "street_code"}),
        name="streets",
    )
    base = folder.build()
    frame = open_map(base.path).read("grid_cell")
    assert shapely.coverage_is_valid(frame.geometry.to_numpy())
    assert frame.crs.to_epsg() == 4548


@pytest.mark.parametrize(("language", "name"), [("en", "Small Town"), ("zh", "小区")])
def test_a_dissolved_district_has_its_name_in_the_language_of_the_district(folder: Folder, language, name):
    folder.text = folder.text.replace(
        'name = "小区"', f'name = "小区"\nname_en = "Small Town"\nlanguage = "{language}"'
    )
    assert open_map(folder.build().path).read("grid_district")["name"].tolist() == [name]


def test_bad_geometry_is_repaired_or_listed(folder: Folder):
    x, y = WEST, SOUTH
    spike = shapely.Polygon([(x, y), (x + 20, y), (x + 26, y), (x + 20, y), (x + 20, y + 10), (x, y + 10)])
    bow_tie = shapely.Polygon([(x, y), (x + 10, y + 10), (x + 10, y), (x, y + 10)])
    houses = gpd.GeoDataFrame(
        {"building_code": ["1", "2", "3"], "floors": [6, 2, None], "height_m": [None, 7.0, None]},
        geometry=[spike, bow_tie, box(1, 1, width=0.1)],
        crs=CRS,
    )
    folder.add("city3d_building", houses)
    base = folder.build()
    one_map = open_map(base.path)
    built = one_map.read("city3d_building")
    assert built["building_code"].tolist() == ["1", "3"]
    assert built.geometry.is_valid.all()
    assert built["height_m"].tolist()[0] == 18.0
    assert np.isnan(built["height_m"].tolist()[1])
    repair = one_map.read("repair")
    assert repair[["layer_id", "row", "object_id"]].to_numpy().tolist() == [["city3d_building", 1, "1"]]
    assert row_of(base.rejects, kind="bad_geometry")["row"] == 2
    assert "0 buildings touch no cell, 4 cells touch no building" in one_map.layers.loc["city3d_building", "notes"]
    assert "1 buildings have no height, so 3.0 m a floor were taken" in one_map.layers.loc["city3d_building", "notes"]


def test_r9_order_never_matters_and_bytes_are_the_same(folder: Folder, tmp_path: Path):
    rng = np.random.default_rng(1)
    spots = [point(*xy) for xy in rng.uniform((0, 0), (4, 2), (60, 2))]
    places = gpd.GeoDataFrame({"poi_code": [f"P{n % 50:02}" for n in range(60)], "name": "x"}, geometry=spots, crs=CRS)
    folder.add("emap_poi", places)
    first = folder.build(out=tmp_path / "first")
    second = folder.build(out=tmp_path / "second")
    places.sample(frac=1, random_state=3).to_file(folder.path / "emap_poi.gpkg")
    cells().sample(frac=1, random_state=4).to_file(folder.path / "grid_cell.gpkg")
    third = folder.build(out=tmp_path / "third")

    def hashes(base) -> pd.Series:
        return base.layers["content_sha256"].drop(["reject", "repair"])  # rejects name rows of the source

    assert hashes(first).equals(hashes(second))
    assert hashes(first).equals(hashes(third))
    print(f"R9: {len(hashes(first))} layers the same in 2 builds and after a shuffle")


def test_cancel_leaves_the_old_map_and_nothing_else(folder: Folder, tmp_path: Path):
    write_dem(folder.path / "dem.tif", south=SOUTH)
    folder.name("terrain_dem", "dem.tif")
    base = folder.build(out=tmp_path / "out")
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    write_dem(folder.path / "dem.tif", south=SOUTH, tilt=2.0)

    for share in (0.1, 0.5, 0.78, 0.85, 0.95):

        def stop(done: float, text: str, share: float = share) -> None:
            if done >= share:
                raise Cancelled("stopped by the user")

        with pytest.raises(Cancelled):
            folder.build(out=tmp_path / "out", progress=stop)
        after = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
        assert after == before
    open_map(base.path)


def write_dem(path: Path, *, south: float, tilt: float = 1.0, crs: str = CRS, cells: int = 60) -> None:
    """Write a slope of 5 m cells that rises to the north."""
    heights = np.tile(np.arange(cells, dtype="float32")[::-1, None] * tilt, (1, cells + 40))
    with rasterio.open(
        path, "w", driver="GTiff", height=cells, width=cells + 40, count=1, dtype="float32", crs=crs, nodata=-9999,
        transform=from_origin(WEST - 20, south + 5 * (cells - 4), 5, 5),
    ) as raster:  # fmt: skip
        raster.write(heights, 1)


def test_terrain_gets_hillshade_and_contours_beside_the_map(folder: Folder):
    write_dem(folder.path / "dem.tif", south=SOUTH)
    folder.name("terrain_dem", "dem.tif", as_of="2020-01-01")
    base = folder.build()
    one_map = open_map(base.path)
    for layer_id in ("terrain_dem", "terrain_hillshade"):
        path = one_map.raster(layer_id)
        assert path.parent == base.path.parent / "rasters"
        assert path.stem.removeprefix(f"{layer_id}-") == one_map.layers.loc[layer_id, "content_sha256"][:8]
        with rasterio.open(path) as raster:
            assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert raster.crs.to_epsg() == 4548
            assert raster.res == (5.0, 5.0)
    contours = one_map.read("terrain_contour")
    assert contours["elevation_m"].tolist() == [5.0 * n for n in range(11)]
    assert one_map.layers.loc["terrain_contour", "notes"] == "made from terrain_dem"
    dem = base.completeness[base.completeness["layer_id"] == "terrain_dem"]
    assert dem["state"].tolist() == ["stale", "stale", "stale"]
    assert dem["share"].tolist() == [1.0, 1.0, 1.0]


def test_a_second_build_removes_rasters_that_nothing_names(folder: Folder, tmp_path: Path):
    write_dem(folder.path / "dem.tif", south=SOUTH)
    folder.name("terrain_dem", "dem.tif")
    folder.build(out=tmp_path / "out")
    first = {path.name for path in (tmp_path / "out" / "rasters").iterdir()}
    write_dem(folder.path / "dem.tif", south=SOUTH, tilt=2.0)
    folder.build(out=tmp_path / "out")
    second = {path.name for path in (tmp_path / "out" / "rasters").iterdir()}
    assert len(first) == len(second) == 2
    assert not first & second


@pytest.mark.parametrize(
    ("layer", "frame", "error"),
    [
        ("emap_road", gpd.GeoDataFrame({"name": ["x"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=CRS), GeometryError),
        ("emap_poi", gpd.GeoDataFrame({"name": ["x"]}, geometry=[shapely.Point(0, 0)]), CrsError),
        ("frame_parcel", gpd.GeoDataFrame({"x": ["x"]}, geometry=[box(0, 0)], crs=CRS), SchemaError),
    ],
)
def test_input_that_cannot_be_worked_on_is_one_clear_error(folder: Folder, layer: str, frame, error):
    folder.add(layer, frame)
    with pytest.raises(error) as caught:
        folder.build()
    assert layer in str(caught.value)
    assert not (folder.path / "out" / "onemap.gpkg").exists()


def test_excel_damaged_codes_are_named_and_never_guessed(tmp_path: Path):
    frame = cells().assign(
        cell_code=[
            "110120001001001",
            "1.1012E+14",
            "110120001001003",
            "11012000100104",
            "110120001001005",
            "",
            None,
            "x",
        ],
        parent_code=None,
    )
    frame.to_file(tmp_path / "cells.gpkg")
    (tmp_path / "onemap.toml").write_text(
        '[district]\nname = "x"\ncode = "110120"\ncrs = "EPSG:4548"\ncode_profile = "GBT30428"\n'
        '[levels]\ngrid_district = { dissolve = "grid_cell" }\ngrid_cell = {}\n'
        '[[source]]\nlayer = "grid_cell"\npath = "cells.gpkg"\n',
        encoding="utf-8",
    )
    base = build_base_map(tmp_path)
    assert base.rejects[["row", "kind"]].to_numpy().tolist() == [
        [2, "bad_code"], [4, "bad_code"], [6, "missing_code"], [7, "missing_code"], [8, "bad_code"],
    ]  # fmt: skip
    assert "scientific" in base.rejects["reason"].iloc[0]
    kept = open_map(base.path).read("grid_cell")
    assert kept["cell_code"].tolist() == ["110120001001001", "110120001001003", "110120001001005"]
    assert kept["parent_code"].tolist() == ["110120"] * 3


def test_who_answers_for_a_layer_is_what_the_manifest_states(tmp_path):
    folder = Folder(tmp_path)
    folder.add(
        "emap_water", gpd.GeoDataFrame({"name": ["湖"]}, geometry=[box(0, 0)], crs=CRS), provider='"Harbour office"'
    )
    layers = folder.build().layers
    offices = ["provider", "owner", "checker", "updater"]
    assert layers.loc["grid_cell", offices].isna().all()
    assert layers.loc["grid_district", offices].isna().all()  # dissolved
    assert layers.loc["emap_water", "provider"] == "Harbour office"
    assert layers.loc["emap_water", offices[1:]].isna().all()
    assert layers.loc["reject", "provider"] == "onemap"


def test_a_wrong_column_names_the_source_and_the_heading_that_was_meant(tmp_path):
    folder = Folder(tmp_path)
    water = gpd.GeoDataFrame({"SSL": ["湖"]}, geometry=[box(0, 0)], crs=CRS)
    folder.add("emap_water", water, columns='{ name = "SLL" }', sublayer='"emap_water"')
    with pytest.raises(
        SchemaError, match=r"^source 3 \(emap_water.gpkg:emap_water\): .*no column SLL; did you mean SSL\?"
    ) as e:
        folder.build()
    assert "是否想写 SSL" in e.value.text("zh")
