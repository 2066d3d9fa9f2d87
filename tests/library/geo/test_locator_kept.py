"""An index kept in a file: the same answers, shared, and never trusted when it is not what was written."""

import subprocess
import sys

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import Polygon, box

from onemap import CellLocator
from onemap.errors import StoreError
from onemap.translation import translate

BOWTIE = Polygon([(30, 0), (40, 10), (40, 0), (30, 10)])


@pytest.fixture
def cells():
    shapes = [box(0, 0, 10, 10), box(10, 0, 20, 10), box(5, 5, 15, 15), BOWTIE, None, Polygon()]
    return gpd.GeoDataFrame({"cell_code": ["乙", "甲", "丙", "丁", "戊", "己"]}, geometry=shapes, crs="EPSG:4548")


@pytest.fixture
def points():
    return np.random.default_rng(5).uniform(-1, 41, (2, 3000))


def same(one: CellLocator, other: CellLocator, x, y) -> bool:
    first, second = one.holders(x, y), other.holders(x, y)
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in ("point", "cell", "on_border"))


def test_a_kept_index_answers_the_same(cells, points, tmp_path):
    built = CellLocator(cells)
    path = built.save(tmp_path / "cells.index")
    loaded = CellLocator.load(path, cells)
    assert same(built, loaded, *points)
    assert loaded.codes.tolist() == built.codes.tolist() == cells["cell_code"].tolist()
    assert loaded.crs == cells.crs
    assert shapely.equals_exact(loaded.geometry[:4], built.geometry[:4]).all()
    assert loaded.geometry[4] is None
    assert np.array_equal(loaded.nearest(*points, 5.0).metres, built.nearest(*points, 5.0).metres, equal_nan=True)
    assert [p.name for p in tmp_path.iterdir()] == ["cells.index"]


def test_whole_numbers_as_codes_and_no_crs(tmp_path):
    cells = gpd.GeoDataFrame({"id": [7, 2**60]}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)])
    loaded = CellLocator.load(CellLocator(cells, "id").save(tmp_path / "i"), cells, code="id")
    assert loaded.codes.tolist() == [7, 2**60]
    assert loaded.crs is None
    assert loaded.locate([1.5], [0.5]).tolist() == [1]


def test_the_index_of_other_cells_is_stale_and_rebuilt(cells, points, tmp_path):
    path = tmp_path / "cells.index"
    CellLocator.kept(path, cells)
    written = path.stat().st_mtime_ns
    CellLocator.kept(path, cells)
    assert path.stat().st_mtime_ns == written
    moved = cells.set_geometry(cells.translate(np.nextafter(0, 1), 1e-9))
    for other in (moved, cells.assign(cell_code=list("abcdef")), cells.set_crs(4547, allow_override=True), cells[::-1]):
        with pytest.raises(StoreError, match="stale") as caught:
            CellLocator.load(path, other)
        assert "过期" in translate(str(caught.value))
    assert same(CellLocator.kept(path, moved), CellLocator(moved), *points)
    CellLocator.load(path, moved)


@pytest.mark.parametrize("where", [0, 20, 300, 0.1, 0.3, 0.5, 0.7, 0.9, -70])
def test_one_changed_byte_is_noticed(cells, points, tmp_path, where):
    path = CellLocator(cells).save(tmp_path / "cells.index")
    content = bytearray(path.read_bytes())
    place = int(where * len(content)) if isinstance(where, float) else where
    while content[place] == 0:  # the filling between arrays means nothing
        place -= 1
    content[place] ^= 0x10
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        CellLocator.load(path, cells)
    assert same(CellLocator.kept(path, cells), CellLocator(cells), *points)


@pytest.mark.parametrize("length", [0, 5, 16, 500, -1, -64])
def test_a_short_file_is_noticed(cells, tmp_path, length):
    path = CellLocator(cells).save(tmp_path / "cells.index")
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(StoreError):
        CellLocator.load(path)


def test_no_file_and_no_folder(cells, tmp_path):
    with pytest.raises(StoreError, match="cannot be read"):
        CellLocator.load(tmp_path / "none")
    with pytest.raises(StoreError, match="cannot be written"):
        CellLocator(cells).save(tmp_path / "none" / "cells.index")


def test_processes_share_one_file(cells, points, tmp_path):
    path = CellLocator(cells).save(tmp_path / "cells.index")
    np.save(tmp_path / "points.npy", points)
    script = (
        "import sys, numpy as np; from onemap import CellLocator; "
        "print(CellLocator.load(sys.argv[1]).locate(*np.load(sys.argv[2])).tolist())"
    )
    command = [sys.executable, "-c", script, str(path), str(tmp_path / "points.npy")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [process.communicate()[0].strip() for process in running]
    assert answers == [str(CellLocator(cells).locate(*points).tolist())] * 2
