"""Archives: sound ones are read, traps are refused before anything is written outside the folder."""

import io
import stat
import time
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest

from onemap.errors import SourceError
from onemap.sources import archives
from onemap.sources.reading import ReadRequest, read


def zipped(path: Path, entries: list[tuple[str | zipfile.ZipInfo, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


CSV = "编号,经度,纬度\n1,116.4,39.9\n".encode("gbk")


def test_a_zipped_shapefile_is_read(tmp_path: Path, cells: gpd.GeoDataFrame) -> None:
    cells.rename(columns={"网格编码": "code"})[["code", "geometry"]].to_file(tmp_path / "cells.shp", engine="pyogrio")
    files = [(f"数据/{file.name}", file.read_bytes()) for file in sorted(tmp_path.glob("cells.*"))]
    reading = read(ReadRequest(zipped(tmp_path / "a.zip", files)))
    assert len(reading.frame) == 30
    assert reading.notes[0] == "read from cells.shp in the archive"
    assert reading.rejects["source"].tolist() == []


def test_names_in_gbk_without_the_flag(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("XXXXXXXX.csv", CSV)
    path = tmp_path / "a.zip"
    path.write_bytes(made.getvalue().replace(b"XXXXXXXX", "网格数据".encode("gbk")))
    assert read(ReadRequest(path, crs=4490)).notes[0] == "read from 网格数据.csv in the archive"


def test_errors_name_the_archive_and_not_where_it_was_unpacked(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", [("a.csv", "地名\n朝阳门街道".encode() + b"\xff\n")])
    with pytest.raises(SourceError) as caught:
        read(ReadRequest(path))
    assert str(caught.value).startswith(f"{path}/a.csv: no encoding reads all of the text")


@pytest.mark.parametrize(
    "entries",
    [
        [("../a.csv", CSV)], [("x/../../a.csv", CSV)], [("/a.csv", CSV)], [("C:/a.csv", CSV)], [("c:a.csv", CSV)], [("x\\a.csv", CSV)],
        [("a.csv", CSV), ("A.CSV", CSV)], [("a.csv", CSV), ("inner.zip", b"PK")], [("a.csv", CSV), ("b.tar.gz", b"x")],
        [("a.csv", CSV), ("x.7z", b"x")], [("a.csv", CSV), ("x.kmz", b"x")], [(link("a.csv"), b"/etc/passwd")],
        [("a.csv", CSV), (link("b"), b"..")], [("..", b"")], [("a.csv", CSV), ("..\\..\\b.csv", CSV)],
    ],
)  # fmt: skip
def test_traps_in_names_are_refused(tmp_path: Path, entries: list[tuple[str, bytes]]) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    with pytest.raises(SourceError, match=r"refused, the entry .* is not a plain new file"):
        read(ReadRequest(zipped(folder / "a.zip", entries)))
    assert [file.name for file in tmp_path.rglob("*")] == ["in", "a.zip"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is not a plain new file"):
        read(ReadRequest(zipped(tmp_path / "a.zip", [("a.csv", CSV), ("a.csv", CSV)])))


@pytest.mark.parametrize("name", ["a.zip", "a.xlsx"])
def test_bombs_are_stopped_while_they_unpack(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / name, [("a.csv", b"0" * 50_000_000)])
    begin = time.perf_counter()
    with pytest.raises(SourceError, match=r"refused, a\.csv unpacks to too much"):
        read(ReadRequest(path))
    assert time.perf_counter() - begin < 10


def test_too_many_entries_and_too_much_in_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "a.zip", [(f"{i}.txt", b"") for i in range(10_001)])
    with pytest.raises(SourceError, match="refused, it holds 10001 entries"):
        read(ReadRequest(path))
    monkeypatch.setattr(archives, "MOST_BYTES", 1000)
    with pytest.raises(SourceError, match="unpacks to too much"):
        read(ReadRequest(zipped(tmp_path / "b.zip", [("a.csv", CSV * 100)])))


def test_a_size_that_lies_is_no_way_in(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", [("a.csv", b"0" * 50_000_000)])
    data = path.read_bytes().replace((50_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(data)
    with pytest.raises(SourceError):
        read(ReadRequest(path))


def test_exactly_one_layer_must_be_inside(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"must hold one layer; it holds none"):
        read(ReadRequest(zipped(tmp_path / "a.zip", [("readme.txt", b"x")])))
    with pytest.raises(SourceError, match=r"must hold one layer; it holds a\.csv, b\.csv"):
        read(ReadRequest(zipped(tmp_path / "b.zip", [("a.csv", CSV), ("b.csv", CSV)])))


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", [("a.csv", CSV)])
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(SourceError, match="is not a plain new file"):
        read(ReadRequest(path))
