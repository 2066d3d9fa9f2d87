"""Shapefiles: siblings in every combination, encodings, cuts, deleted records, long numbers."""

import shutil
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from onemap.errors import CrsError, SchemaError, SourceError
from onemap.sources.dbf import read_dbf
from onemap.sources.reading import ReadRequest, read

from .conftest import write_dbf

SIDES = (".shx", ".dbf", ".prj", ".cpg")


@pytest.fixture
def shapefile(tmp_path: Path, cells: gpd.GeoDataFrame) -> Path:
    path = tmp_path / "full" / "cells.shp"
    path.parent.mkdir()
    cells.rename(columns={"网格编码": "code", "名称": "name"}).to_file(path, engine="pyogrio", encoding="GBK")
    return path


@pytest.mark.parametrize("missing", [some for size in range(1, 5) for some in combinations(SIDES, size)], ids="".join)
def test_every_missing_sibling_is_named(shapefile: Path, tmp_path: Path, missing: tuple[str, ...]) -> None:
    path = tmp_path / "part" / "cells.shp"
    path.parent.mkdir()
    for ending in {".shp", *SIDES} - set(missing):
        shutil.copyfile(shapefile.with_suffix(ending), path.with_suffix(ending))
    request = ReadRequest(path)
    if {".shx", ".dbf"} & set(missing):
        with pytest.raises(SourceError) as caught:
            read(request)
        assert all(ending in str(caught.value).split(": ", 1)[1] for ending in missing)
    elif ".prj" in missing:
        with pytest.raises(CrsError, match=r"no coordinate system is known"):
            read(request)
        reading = read(ReadRequest(path, crs="EPSG:4548"))
        assert "there is no .prj: the file declares no coordinate system" in reading.notes
    else:  # without .cpg the language byte or the text itself says it
        reading = read(request)
        assert reading.encoding == "GB18030"
        assert reading.frame["name"].iloc[0] == "东华门街道"


def test_a_missing_shx_is_rebuilt_on_request_and_the_source_is_left_alone(shapefile: Path) -> None:
    whole = read(ReadRequest(shapefile)).frame
    shapefile.with_suffix(".shx").unlink()
    before = sorted(file.name for file in shapefile.parent.iterdir())
    reading = read(ReadRequest(shapefile, rebuild_shx=True))
    assert reading.frame.geometry.geom_equals(whole.geometry).all()
    assert "the missing .shx was rebuilt from the .shp" in reading.notes
    assert sorted(file.name for file in shapefile.parent.iterdir()) == before


def test_siblings_in_capitals_belong_to_it(shapefile: Path) -> None:
    for ending in SIDES:
        shapefile.with_suffix(ending).rename(shapefile.with_suffix(ending.upper()))
    assert len(read(ReadRequest(shapefile)).frame) == 30


def test_a_lying_cpg_is_named(shapefile: Path) -> None:
    shapefile.with_suffix(".cpg").write_text("UTF-8")
    with pytest.raises(SourceError, match=r"\.cpg says UTF-8, but .* is probably GB18030"):
        read(ReadRequest(shapefile))
    shapefile.with_suffix(".cpg").write_text("ISO-8859-1")
    with pytest.raises(SourceError, match=r"\.cpg says ISO-8859-1, but the text is GB18030"):
        read(ReadRequest(shapefile))
    assert read(ReadRequest(shapefile, encoding="GBK")).frame["name"].iloc[1] == "景山街道"


def test_the_declaration_of_the_caller_must_hold_too(shapefile: Path) -> None:
    with pytest.raises(SourceError, match=r"encoding= says UTF-8"):
        read(ReadRequest(shapefile, encoding="UTF-8"))


def test_a_clashing_crs_names_both(shapefile: Path) -> None:
    with pytest.raises(CrsError, match=r"declared as EPSG:4527, but the file says EPSG:4548"):
        read(ReadRequest(shapefile, crs="EPSG:4527"))
    assert read(ReadRequest(shapefile, crs="CGCS2000 / 3-degree Gauss-Kruger CM 117E")).frame.crs.to_epsg() == 4548


def test_a_dbf_of_another_length_is_refused(shapefile: Path) -> None:
    write_dbf(shapefile.with_suffix(".dbf"), [(b"code", "C", 4)], [[b"1"], [b"2"]])
    with pytest.raises(SourceError, match=r"the \.shp holds 30 shapes, the \.dbf 2 records"):
        read(ReadRequest(shapefile))


def test_deleted_records_take_their_shapes_with_them(shapefile: Path) -> None:
    data = bytearray(shapefile.with_suffix(".dbf").read_bytes())
    header, width = int.from_bytes(data[8:10], "little"), int.from_bytes(data[10:12], "little")
    data[header + 3 * width] = ord("*")
    shapefile.with_suffix(".dbf").write_bytes(data)
    whole = read(ReadRequest(shapefile)).frame
    assert len(whole) == 29
    assert whole.loc[4, "code"] == "110101001004"
    assert shapely.get_x(whole.geometry[4].centroid) == pytest.approx(446_000 + 400 + 50)


@pytest.mark.parametrize("codec", ["utf-8", "gbk", "big5"])
@pytest.mark.parametrize("width", [253, 254])
def test_a_value_cut_inside_a_character_is_told(tmp_path: Path, codec: str, width: int) -> None:
    text = "東" * 200
    value = text.encode(codec)[:width]
    write_dbf(tmp_path / "a.dbf", [("名稱".encode(codec), "C", width)], [[value], ["中正區公所".encode(codec)]])
    dbf = read_dbf(tmp_path / "a.dbf", encoding=codec)
    size = len("東".encode(codec))
    assert dbf.table["名稱"].tolist() == ["東" * (width // size), "中正區公所"]
    cut = "1 values of 名稱 are cut inside a character" in dbf.notes
    assert cut is (width % size != 0)
    assert cut or width < 254 or "1 values of 名稱 fill all 254 bytes and are probably cut" in dbf.notes


@pytest.mark.parametrize(("codec", "heading"), [("utf-8", "网格编码"), ("gbk", "单元网格编码")])
def test_a_heading_cut_at_ten_bytes_is_still_known(tmp_path: Path, codec: str, heading: str) -> None:
    """Each has 12 bytes: three characters are left in UTF-8, and a third of the fourth; five in GBK."""
    field = heading.encode(codec)[:10]
    path = with_field(tmp_path, field, codec)
    reading = read(ReadRequest(path, "grid_cell"))
    assert reading.frame["cell_code"].tolist() == ["110101001001001"]
    cut = "the name of field 1 is cut inside a character: 网格编"
    assert (cut in reading.notes) is (codec == "utf-8")


def test_a_cut_heading_that_could_be_two_columns_is_not_guessed(tmp_path: Path) -> None:
    path = with_field(tmp_path, "单元网格编码".encode()[:10], "utf-8")
    with pytest.raises(SchemaError, match="layer grid_cell needs columns that are not there: cell_code"):
        read(ReadRequest(path, "grid_cell"))


def with_field(folder: Path, field: bytes, codec: str) -> Path:
    """Return a shapefile of one cell with one field of that name."""
    path = folder / "cells.shp"
    frame = gpd.GeoDataFrame({"a": ["1"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4548)
    frame.to_file(path, engine="pyogrio")
    write_dbf(path.with_suffix(".dbf"), [(field, "C", 20)], [[b"110101001001001"]])
    path.with_suffix(".cpg").write_text(codec)
    return path


def test_numbers_stay_exact_and_codes_stay_text(tmp_path: Path) -> None:
    fields = [(b"CODE", "C", 12), (b"LONG", "N", 20), (b"COUNT", "N", 6), (b"DAY", "D", 8), (b"OK", "L", 1)]
    rows = [[b"000123", b"11010100100100123456", b"12", b"20260630", b"T"], [b"", b"", b"", b"00000000", b"?"]]
    write_dbf(tmp_path / "a.dbf", fields, rows)
    frame = read(ReadRequest(tmp_path / "a.dbf")).frame
    assert frame["CODE"].tolist()[0] == "000123"
    assert frame["LONG"].tolist()[0] == "11010100100100123456"
    assert frame["COUNT"].tolist()[0] == 12
    assert frame["DAY"].tolist()[0].isoformat() == "2026-06-30"
    assert frame["OK"].tolist()[0] is True
    assert frame.loc[2].drop("geometry").isna().all()


def test_a_shortened_dbf_is_damage(tmp_path: Path) -> None:
    write_dbf(tmp_path / "a.dbf", [(b"CODE", "C", 12)], [[b"1"]] * 10)
    data = (tmp_path / "a.dbf").read_bytes()
    (tmp_path / "a.dbf").write_bytes(data[:-40])
    with pytest.raises(SourceError, match=r"the header promises 10 records, 7 are there"):
        read(ReadRequest(tmp_path / "a.dbf"))
