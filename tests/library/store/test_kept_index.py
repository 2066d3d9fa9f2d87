"""The index beside the map: opened where it is sound and of this content, else made again, and said."""

import shutil
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import onemap
from onemap.cli.frames import cells_and_code, kept_locator
from onemap.errors import GeometryError, StoreError
from onemap.manifest import load_manifest
from onemap.store.kept_index import as_published, index_path, open_index
from onemap.store.one_map import OneMap, open_map
from onemap.testing import write_city
from onemap.worker.warm_map import WarmMap

CELL = "grid_cell"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    manifest = write_city(folder / "city", size="small")
    return onemap.run(manifest, out=folder / "out").path


@pytest.fixture
def one_map(published: Path, tmp_path: Path) -> OneMap:
    shutil.copytree(published.parent, tmp_path / "out")
    return open_map(tmp_path / "out" / published.name)


def points(one_map: OneMap) -> tuple[np.ndarray, np.ndarray]:
    cells = one_map.read(CELL)
    west, south, east, north = cells.total_bounds
    spots = np.random.default_rng(1).uniform((west, south), (east, north), (5000, 2))
    corners = shapely.get_coordinates(cells.geometry.to_numpy())[::7]
    return tuple(np.concatenate([spots, corners]).T)  # type: ignore[return-value]


def test_the_run_keeps_the_index_of_the_published_cells(one_map: OneMap):
    opened = open_index(one_map, CELL)
    assert opened.made_because is None
    cells = one_map.read(CELL)
    assert opened.locator.is_of(as_published(cells, CELL))
    made = onemap.CellLocator(as_published(cells, CELL))
    x, y = points(one_map)
    assert opened.locator.locate(x, y).tolist() == made.locate(x, y).tolist()


def test_a_reader_assigns_with_the_kept_index(one_map: OneMap):
    cells = as_published(one_map.read(CELL), CELL)
    x, y = points(one_map)
    cases = gpd.GeoDataFrame({"n": np.arange(len(x))}, geometry=gpd.points_from_xy(x, y), crs=cells.crs)
    plain = onemap.assign_cases(cases, cells)
    kept = onemap.assign_cases(cases, cells, locator=one_map.locator())
    pd.testing.assert_frame_equal(plain.table, kept.table)
    pd.testing.assert_frame_equal(plain.near_border, kept.near_border)
    with pytest.raises(GeometryError, match="made of other cells"):
        onemap.assign_cases(cases, cells.iloc[1:], locator=one_map.locator())


@pytest.mark.parametrize("harm", ["cut", "flipped", "gone", "other content"])
def test_what_is_not_sound_is_made_again_and_said(one_map: OneMap, harm: str):
    path = index_path(one_map, CELL)
    whole = path.read_bytes()
    if harm == "cut":
        path.write_bytes(whole[:-100])
    elif harm == "flipped":
        path.write_bytes(whole[:-5000] + bytes([whole[-5000] ^ 1]) + whole[-4999:])
    elif harm == "gone":
        path.unlink()
    else:  # sound in itself, under this map's name, but made of something else
        onemap.CellLocator(as_published(one_map.read(CELL).iloc[1:], CELL)).save(path, source="0" * 64)
    opened = open_index(one_map, CELL)
    assert isinstance(opened.made_because, StoreError)
    assert opened.made_because.text("zh") != opened.made_because.text("en")
    assert path.read_bytes() == whole
    assert open_index(one_map, CELL).made_because is None


def test_a_folder_that_cannot_be_written_costs_the_time_only(one_map: OneMap):
    folder = index_path(one_map, CELL).parent
    shutil.rmtree(folder)
    folder.write_text("a file is in the way")
    opened = open_index(one_map, CELL)
    assert isinstance(opened.made_because, StoreError)
    assert len(opened.locator.codes) == one_map.read(CELL)["cell_code"].nunique()


def test_another_content_has_another_index_and_the_old_one_goes(published: Path, tmp_path: Path):
    shutil.copytree(published.parent.parent, tmp_path / "all")
    folder = tmp_path / "all"
    before = index_path(open_map(folder / "out" / "onemap.gpkg"), CELL)
    (manifest,) = (folder / "city").glob("*.toml")
    source = next(one for one in load_manifest(manifest).sources if one.layer == CELL)
    cells = gpd.read_file(source.path, layer=source.sublayer)
    cells.iloc[:-1].to_file(source.path, layer=source.sublayer, driver="GPKG")
    after = index_path(onemap.run(manifest, out=folder / "out").one_map, CELL)
    assert before != after
    assert [path.name for path in after.parent.iterdir()] == [after.name]


def test_the_worker_opens_it_in_milliseconds(one_map: OneMap):
    warm = WarmMap(one_map.path)
    assert warm.facts()["index"] == {"kept": True, "text": {"en": "", "zh": ""}}
    start = time.process_time()
    open_index(one_map, CELL)
    assert time.process_time() - start < 0.1
    index_path(one_map, CELL).write_bytes(b"")
    facts = WarmMap(one_map.path).facts()["index"]
    assert not facts["kept"]
    assert "index" in facts["text"]["en"]
    assert WarmMap(one_map.path).facts()["index"]["kept"]


def test_the_command_line_finds_it_beside_the_map(one_map: OneMap):
    cells, code = cells_and_code(one_map.path, code=None, layer=CELL)
    cells = cells.drop_duplicates(code)  # the sample city has one code twice
    assert kept_locator(one_map.path, cells, code) is None
    onemap.CellLocator(cells, code).save(index_path(one_map, CELL))
    kept = kept_locator(one_map.path, cells, code)
    assert kept is not None
    assert kept.is_of(cells, code)
    streets, code = cells_and_code(one_map.path, code=None, layer="grid_street")
    assert kept_locator(one_map.path, streets, code) is None
    assert kept_locator(one_map.path.with_name("other.gpkg"), streets, code) is None
