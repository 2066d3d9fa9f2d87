"""Vector formats, GeoPackages that are open, damaged or hostile, and files read feature by feature."""

import contextlib
import json
import shutil
import sqlite3
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely

import onemap
from onemap.errors import CrsError, SourceError
from onemap.sources import reading as reading_module
from onemap.sources import salvage, vectors
from onemap.sources.georeference import same_crs
from onemap.sources.reading import ReadRequest, read
from onemap.sources.salvage import by_fiona, by_halving, read_piecewise


@pytest.mark.parametrize("name", ["a.gpkg", "a.fgb", "a.geojson", "a.parquet", "a.gdb"])
def test_every_format_gives_the_same_frame(tmp_path: Path, cells: gpd.GeoDataFrame, name: str) -> None:
    path = tmp_path / name
    source = cells.to_crs(4326) if name.endswith("json") else cells
    if name.endswith("parquet"):
        source.to_parquet(path)
    else:
        source.to_file(path, engine="pyogrio", driver="OpenFileGDB" if name.endswith("gdb") else None)
    reading = read(ReadRequest(path, "grid_cell"))
    frame = reading.frame
    assert (len(frame), reading.rows_in, len(reading.rejects)) == (30, 30, 0)
    assert sorted(frame["cell_code"]) == sorted(cells["网格编码"])
    ordered = frame.sort_values("cell_code").geometry.to_crs(4548)
    assert ordered.distance(cells.geometry.set_axis(ordered.index)).max() < 1e-6
    assert frame.crs.to_epsg() == (4326 if name.endswith("json") else 4548)
    assert frame.index.tolist() == list(range(1, 31))


def test_dxf_lines(tmp_path: Path) -> None:
    import ezdxf

    drawing = ezdxf.new()
    drawing.modelspace().add_line((446_000, 4_420_000), (446_100, 4_420_000))
    drawing.modelspace().add_circle((446_000, 4_420_000), 5)
    drawing.saveas(tmp_path / "plan.dxf")
    with pytest.raises(CrsError, match="no coordinate system is known"):
        read(ReadRequest(tmp_path / "plan.dxf"))
    frame = read(ReadRequest(tmp_path / "plan.dxf", crs=4548)).frame
    assert frame.geom_type.tolist() == ["LineString", "LineString"]
    assert frame.length.iloc[0] == 100


def test_an_empty_layer_is_an_empty_result(tmp_path: Path, cells: gpd.GeoDataFrame) -> None:
    for name in ("a.gpkg", "a.fgb", "a.geojson", "a.shp"):
        cells.rename(columns={"网格编码": "cell_code"})[["cell_code", "geometry"]].iloc[:0].to_file(
            tmp_path / name, engine="pyogrio"
        )
        reading = read(ReadRequest(tmp_path / name, "grid_cell"))
        assert (len(reading.frame), reading.rows_in) == (0, 0), name
        assert ("cell_code" in reading.frame.columns) is not name.endswith("json")  # without features it has no fields


def test_an_empty_collection_without_crs_is_an_empty_result(tmp_path: Path) -> None:
    path = tmp_path / "none.geojson"
    path.write_text('{"type": "FeatureCollection", "features": []}')
    frame = read(ReadRequest(path, "grid_cell")).frame
    assert (len(frame), frame.crs.to_epsg()) == (0, 4326)
    assert read(ReadRequest(path, "grid_cell", crs=4548)).frame.crs.to_epsg() == 4548


def test_whole_numbers_beside_empty_ones_become_exact_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = pd.array([110101001001001, None], dtype="Int64")
    gpd.GeoDataFrame({"网格编码": codes}, geometry=shapely.points([1, 2], [3, 4]), crs=4548).to_file(
        tmp_path / "a.gpkg", engine="pyogrio"
    )
    for arrow in (True, False):
        if not arrow:
            monkeypatch.setattr(vectors, "find_spec", lambda _: None)
        frame = onemap.read_layer(tmp_path / "a.gpkg", "grid_cell")
        assert frame["cell_code"].tolist()[0] == "110101001001001"
        assert frame["cell_code"].isna().tolist() == [False, True]


def test_a_geopackage_that_is_being_written_is_read_with_its_newest_rows(
    tmp_path: Path, cells: gpd.GeoDataFrame
) -> None:
    path = tmp_path / "cells.gpkg"
    cells.to_file(path, layer="cells", engine="pyogrio")
    with contextlib.closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        for (name,) in writer.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            writer.execute(f'DROP TRIGGER "{name}"')
        writer.execute('INSERT INTO cells ("网格编码", geom) SELECT "新", geom FROM cells LIMIT 1')
        writer.commit()
        assert path.with_name("cells.gpkg-wal").stat().st_size > 0
        before = path.read_bytes()
        reading = read(ReadRequest(path))
        assert len(reading.frame) == 31
        assert path.read_bytes() == before
        # the file without what stands beside it has the old rows: it must never be copied alone
        shutil.copyfile(path, tmp_path / "alone.gpkg")
    assert reading.sha256 != read(ReadRequest(tmp_path / "alone.gpkg")).sha256


def test_damage_is_noticed_and_other_layers_stay_readable(tmp_path: Path, cells: gpd.GeoDataFrame) -> None:
    path = tmp_path / "two.gpkg"
    many = pd.concat([cells] * 60, ignore_index=True)
    many.to_file(path, layer="good", engine="pyogrio")
    many.to_file(path, layer="bad", engine="pyogrio")
    with contextlib.closing(sqlite3.connect(path)) as database:
        size = database.execute("PRAGMA page_size").fetchone()[0]
        pages = (
            [p for (p,) in database.execute("SELECT pageno FROM dbstat WHERE name = 'bad' AND pagetype = 'leaf'")]
            if has_dbstat()
            else []
        )
        root = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'bad'").fetchone()[0]
    data = bytearray(path.read_bytes())
    at = ((pages or [root])[0] - 1) * size
    data[at : at + 16] = b"\xff" * 16
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"damaged \(.*\) in bad|damaged or no GeoPackage"):
        read(ReadRequest(path, layer="bad"))
    assert len(read(ReadRequest(path, layer="good")).frame) == 1800


def has_dbstat() -> bool:
    with contextlib.closing(sqlite3.connect(":memory:")) as database, contextlib.suppress(sqlite3.OperationalError):
        database.execute("SELECT 1 FROM dbstat")
        return True
    return False


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "CREATE VIEW forever AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n",
            "the view forever has no end in sight",
        ),
        (
            "CREATE VIEW product AS SELECT a.fid FROM cells a, cells b, cells c, cells d, cells e",
            "the view product has no end in sight",
        ),
        (
            "INSERT INTO sqlite_master VALUES ('table', 'x', 'x', 0, 'CREATE VIRTUAL TABLE x USING VirtualOGR(''/vsicurl/http://a/b'')')",
            "the table x is run by VirtualOGR",
        ),
    ],
)
def test_hostile_schemas_are_refused(tmp_path: Path, cells: gpd.GeoDataFrame, statement: str, said: str) -> None:
    path = tmp_path / "cells.gpkg"
    cells.to_file(path, layer="cells", engine="pyogrio")
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA writable_schema = ON")
        database.execute(statement)
        database.commit()
    with pytest.raises(SourceError, match=said):
        read(ReadRequest(path))


UNCLOSED = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}
SHORT = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 0]]]}
FAR = {"type": "Point", "coordinates": [1e12, 0]}
GOOD = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}


def geojson(path: Path, geometries: list[object]) -> Path:
    features = [
        {"type": "Feature", "properties": {"id": str(i)}, "geometry": one} for i, one in enumerate(geometries, start=1)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_broken_features_are_listed_and_the_others_read(tmp_path: Path) -> None:
    reading = read(ReadRequest(geojson(tmp_path / "a.geojson", [GOOD, UNCLOSED, None, SHORT, GOOD, FAR])))
    assert reading.frame["id"].tolist() == ["1", "3", "5"]
    assert reading.frame.geometry.isna().tolist() == [False, True, False]
    assert reading.rejects[["row", "reason"]].to_numpy().tolist() == [
        [2, "a ring of the polygon is not closed"],
        [4, "a ring of the polygon has 3 points; it needs 4"],
        [6, "coordinates beyond any coordinate system"],
    ]
    assert reading.rows_in == 6


@pytest.mark.parametrize("reader", [by_fiona, by_halving])
def test_both_ways_of_reading_piecewise_agree(tmp_path: Path, reader: object, recwarn: pytest.WarningsRecorder) -> None:
    path = geojson(tmp_path / "a.geojson", [GOOD, UNCLOSED, None, SHORT, GOOD])
    raw = reader(path, "a")
    assert raw.table["id"].tolist() == ["1", "3", "5"]
    assert raw.table.index.tolist() == [1, 3, 5]
    assert [(one.row, one.reason) for one in raw.rejects] == [
        (2, "a ring of the polygon is not closed"),
        (4, "a ring of the polygon has 3 points; it needs 4"),
    ]
    assert raw.rows_in == 5


def test_a_reader_that_gives_up_is_followed_by_one_that_does_not(
    tmp_path: Path, cells: gpd.GeoDataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bulk reader fails on features 5 and 17; without fiona the rest is found by halving."""
    path = tmp_path / "cells.gpkg"
    cells.to_file(path, layer="cells", engine="pyogrio")
    whole = pyogrio.raw.read

    def failing(source: Path, **options: object) -> object:
        start, size = options.get("skip_features", 0), options.get("max_features", 30)
        if any(start <= bad < start + size for bad in (4, 16)):
            raise pyogrio.errors.FeatureError("the feature is broken")
        return whole(source, **options)

    monkeypatch.setattr(pyogrio.raw, "read", failing)
    monkeypatch.setattr(vectors, "find_spec", lambda _: None)
    monkeypatch.setattr(salvage, "find_spec", lambda _: None)
    reading = read(ReadRequest(path, "grid_cell"))
    assert reading.rejects["row"].tolist() == [5, 17]
    assert reading.rejects["reason"].unique().tolist() == ["the geometry cannot be read (the feature is broken)"]
    assert (len(reading.frame), reading.rows_in) == (28, 30)
    assert reading.frame.index.tolist() == [row for row in range(1, 31) if row not in (5, 17)]
    assert reading.frame["cell_code"].tolist() == cells["网格编码"].drop([4, 16]).tolist()
    assert "the file was read feature by feature (the feature is broken)" in reading.notes


def test_piecewise_by_fiona_gives_what_the_bulk_reader_gives(tmp_path: Path, cells: gpd.GeoDataFrame) -> None:
    path = tmp_path / "cells.gpkg"
    cells.to_file(path, layer="cells", engine="pyogrio")
    raw = read_piecewise(path, "cells")
    bulk = read(ReadRequest(path)).frame
    assert raw.table["网格编码"].tolist() == bulk["网格编码"].tolist()
    assert np.all(shapely.equals_exact(raw.geometry, bulk.geometry.to_numpy()))


def test_content_that_is_not_what_the_ending_says(tmp_path: Path) -> None:
    for name, content in {
        "a.gpkg": b"<OGRVRTDataSource/>", "a.geojson": b"<OGRVRTDataSource/>", "b.geojson": b'{"type": "gdal_streamed_alg"}',
        "a.fgb": b"PK", "a.dxf": b"{}", "a.pbf": b"{}",
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SourceError, match="the content is not"):
            read(ReadRequest(tmp_path / name))
        (tmp_path / name).write_bytes(b"")
        with pytest.raises(SourceError, match="the file is empty"):
            read(ReadRequest(tmp_path / name))


@pytest.mark.parametrize(
    "name",
    [
        "/vsicurl/http://a/b.shp", "/vsizip/a.zip/b.shp", "/vsimem/a.gpkg", "/vsigzip/a.csv.gz", "/vsis3/a/b.gpkg", "\\vsicurl\\a.shp",
        "http://a/b.geojson", "https://a/b.geojson", "ftp://a/b.shp", "file:///etc/passwd", "GPKG:/tmp/a.gpkg:x", "PG:host=a", "MEM:::x=1",
        "WFS:http://a", "vrt://a.tif", "GeoJSON:{}", "data:text/plain,x", "S3:x", "SQLITE:x", "ESRIJSON:http://a", "a.vrt", "a.gti", "a.kml",
        "a.gml", "a.xml", "a.qgz", "a.py", "a", "a.tif", "a.exe",
    ],
)  # fmt: skip
def test_thirty_names_that_are_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    if ":" not in name and "vsi" not in name:
        Path(name).write_bytes(b"<x/>")
    with pytest.raises(SourceError, match=r"are refused; give a file|files of this kind are not read") as caught:
        read(ReadRequest(name))
    assert str(caught.value).startswith(name)


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nothing\.gpkg: no such file"):
        onemap.read_layer(tmp_path / "nothing.gpkg")
    (tmp_path / "x.gdb").mkdir()
    with pytest.raises(SourceError, match="a folder, and no file geodatabase"):
        onemap.read_layer(tmp_path / "x.gdb")


def test_names_of_every_kind_are_stored_exactly(tmp_path: Path) -> None:
    names = ["O'Neil", 'say "x"', "two\nlines", "😀", "\u202eabc", "../up", "CON", "长" * 300, "=1+1", "%s{x}"]
    gpd.GeoDataFrame({"name": names}, geometry=shapely.points(np.arange(10), 0), crs=4326).to_file(
        tmp_path / "a.gpkg", engine="pyogrio"
    )
    assert onemap.read_layer(tmp_path / "a.gpkg", "place_name")["name"].tolist() == names


def test_the_hash_is_of_all_the_files(tmp_path: Path, cells: gpd.GeoDataFrame) -> None:
    path = tmp_path / "cells.shp"
    cells.rename(columns={"网格编码": "code"})[["code", "geometry"]].to_file(path, engine="pyogrio")
    first = read(ReadRequest(path)).sha256
    assert read(ReadRequest(path)).sha256 == first
    data = bytearray(path.with_suffix(".dbf").read_bytes())
    data[-3] ^= 1
    path.with_suffix(".dbf").write_bytes(data)
    assert read(ReadRequest(path)).sha256 != first


def test_what_read_layer_says_travels_with_the_frame(tmp_path: Path) -> None:
    frame = onemap.read_layer(geojson(tmp_path / "a.geojson", [GOOD, UNCLOSED]))
    assert frame.attrs["rejects"][0]["reason"] == "a ring of the polygon is not closed"
    assert "coordinate system EPSG:4326: not declared, it is the default of the format" in frame.attrs["notes"]
    assert len(frame.copy()) == len(pd.concat([frame, frame])) / 2


SQUARE = [[446_000, 4_420_000], [446_100, 4_420_000], [446_100, 4_420_100], [446_000, 4_420_000]]
METRES = {"type": "Polygon", "coordinates": [SQUARE]}


def test_geojson_is_wgs84_by_default_unless_it_cannot_be(tmp_path: Path) -> None:
    degrees = geojson(tmp_path / "degrees.geojson", [GOOD])
    metres = geojson(tmp_path / "metres.geojson", [METRES])
    assert read(ReadRequest(degrees)).notes == [
        "coordinate system EPSG:4326: not declared, it is the default of the format"
    ]
    declared = read(ReadRequest(degrees, crs="EPSG:4490"))
    assert declared.source_crs == "EPSG:4490"
    assert declared.notes == ["coordinate system EPSG:4490: declared; the file itself says nothing"]
    with pytest.raises(CrsError, match="but its format is in EPSG:4326 by default; one of the two is wrong"):
        read(ReadRequest(degrees, crs="EPSG:4548"))
    with pytest.raises(CrsError, match="but the coordinates are no degrees; declare crs"):
        read(ReadRequest(metres))
    assert read(ReadRequest(metres, crs="EPSG:4548")).source_crs == "EPSG:4548"


def test_an_undefined_crs_is_none(tmp_path: Path, cells: gpd.GeoDataFrame) -> None:
    for number, code in enumerate((-1, 0)):
        path = tmp_path / f"{number}.gpkg"
        cells.set_crs(None, allow_override=True).to_file(path, layer="cells", engine="pyogrio")
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("UPDATE gpkg_geometry_columns SET srs_id = ?", (code,))
            database.execute("UPDATE gpkg_contents SET srs_id = ?", (code,))
            database.commit()
        with pytest.raises(CrsError, match="no coordinate system is known"):
            read(ReadRequest(path))
        assert read(ReadRequest(path, crs=4548)).source_crs == "EPSG:4548"


@pytest.mark.parametrize("code", [4490, 4527, 4548, 4509, 4214, 2437, 4610, 2365, 4326, 32650, 3857, 26985])
def test_a_crs_is_the_same_in_every_spelling(code: int) -> None:
    crs = pyproj.CRS(code)
    for spelling in (crs.to_wkt("WKT1_ESRI"), crs.to_wkt("WKT1_GDAL"), crs.to_wkt("WKT2_2019"), crs.to_json()):
        assert same_crs(crs, pyproj.CRS.from_user_input(spelling))
    # 4548 and 4509 are one definition under two names: meridian 117 is that of a 3-degree and of a 6-degree zone
    alike = {4548, 4509} if code in (4548, 4509) else {code}
    others = {4490, 4527, 4548, 4509, 4214, 2437, 4610, 2365, 4326, 32650, 3857, 26985} - alike
    assert not any(same_crs(crs, pyproj.CRS(other)) for other in others)


def test_a_zone_with_another_false_easting_is_another_crs() -> None:
    wkt = pyproj.CRS(4548).to_wkt("WKT1_ESRI")
    assert not same_crs(pyproj.CRS(4548), pyproj.CRS.from_wkt(wkt.replace("500000.0", "500250.0")))


def test_what_another_thread_warns_of_is_not_said_of_this_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rasters are made beside the reading of vectors; their remark once stood at a water line, in one run of many."""
    path = tmp_path / "cases.csv"
    path.write_text("案件编号,经度,纬度\n007,116.4,39.9\n", encoding="utf-8")
    hashed = reading_module.content_hash

    def hashed_beside(files: Sequence[Path]) -> str:
        other = threading.Thread(target=warnings.warn, args=("of another source", UserWarning))
        other.start()
        other.join()
        warnings.warn("of this source", UserWarning, stacklevel=1)
        return hashed(files)

    monkeypatch.setattr(reading_module, "content_hash", hashed_beside)
    with pytest.warns(UserWarning, match="of another source") as passed_on:
        notes = read(ReadRequest(path, "case", crs="EPSG:4490")).notes
    assert [note for note in notes if "reader says" in note] == ["the reader says: of this source"]
    assert len(passed_on) == 1
