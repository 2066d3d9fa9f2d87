"""The raw files of the sample city: the same bytes, and as messy as offices are."""

import hashlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio

from onemap.errors import StoreError
from onemap.geo.faults import propose_positions
from onemap.manifest import load_manifest
from onemap.testing import read_planted, write_city


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_city(tmp_path_factory.mktemp("city"), size="small").parent


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_seed_same_bytes(folder, tmp_path):
    write_city(tmp_path, size="small")
    first, second = digests(folder), digests(tmp_path)
    assert first == second
    assert len(first) == 53
    write_city(tmp_path, size="small")  # over an earlier sample
    assert digests(tmp_path) == first


def test_another_seed_is_another_city(folder, tmp_path):
    write_city(tmp_path, size="small", seed=8)
    same = {name for name, digest in digests(tmp_path).items() if digests(folder).get(name) == digest}
    rules = {f"raw/指挥中心/{name}.csv" for name in ("责任清单", "班次", "工作日历")}
    assert rules < same
    assert {Path(name).suffix for name in same - rules} <= {".cpg", ".prj", ".toml"}


def test_manifest_names_every_class(folder):
    manifest = load_manifest(folder / "onemap.toml")
    assert manifest.district.name == "青禾区"
    assert len(manifest.sources) == 37
    assert {source.layer.split("_")[0] for source in manifest.sources} == {
        *("terrain", "imagery", "city3d", "underground", "emap", "place", "frame", "econ"),
        *("grid", "duty", "shift", "calendar", "holder", "case"),
    }


def test_buildings_are_a_gbk_shapefile_that_does_not_say_so(folder):
    table = (folder / "raw/房管/房屋面.dbf").read_bytes()
    assert table[29] == 0
    assert not (folder / "raw/房管/房屋面.cpg").exists()
    assert "房屋名称全".encode("gbk") in table[:400]
    with pytest.raises(UnicodeDecodeError):
        table[32:64].rstrip(b"\0").split(b"\0")[0].decode("utf-8")


def test_cases_are_gbk_and_in_gcj02(folder):
    cases = pd.read_csv(folder / "raw/指挥中心/案件.csv", encoding="gbk", dtype={"事项代码": str})
    assert len(cases) == 962
    assert cases["经度"].isna().sum() == 15
    assert ((cases["经度"] == 0) & (cases["纬度"] == 0)).sum() == 5
    inside = cases[cases["经度"].between(116.8, 117.0)]
    assert len(inside) == 962 - 15 - 5 - 12
    assert abs(inside["经度"].mean() - 116.9 - 0.006) < 0.002  # about 500 m east of where they are


def test_hotline_has_exact_metres_and_the_patrol_a_zone_prefix(folder):
    hotline = pd.read_csv(folder / "raw/市民热线/热线工单.csv")
    step = 2.0**-10
    assert (hotline["横坐标"] % step == 0).all()
    assert hotline["横坐标"].between(4e5, 6e5).all()
    patrol = pd.read_csv(folder / "raw/指挥中心/巡查上报.csv", encoding="gbk")
    assert patrol["横坐标"].between(39.4e6, 39.6e6).all()
    assert patrol["纵坐标"].between(4.3e6, 4.5e6).all()


def test_swapped_file_has_latitudes_under_longitude(folder):
    swapped = pd.read_csv(folder / "raw/待接入/随手拍_经纬度互换.csv")
    assert swapped["经度"].between(39, 41).all()
    assert swapped["纬度"].between(116, 118).all()


def test_rasters(folder):
    with rasterio.open(folder / "raw/规划/数字高程模型.tif") as terrain:
        heights = terrain.read(1, masked=True)
        assert terrain.dtypes == ("float32",)
        assert terrain.crs.to_epsg() == 4548
        assert 0.1 < np.ma.getmaskarray(heights).mean() < 0.5
        assert 0 < heights.min() < 60 < heights.max() < 400
    with rasterio.open(folder / "raw/规划/正射影像.tif") as picture:
        assert picture.count == 3
        assert picture.res == (2.0, 2.0)


def test_planted_list_names_kind_layer_place(folder):
    planted = read_planted(folder / "planted.json")
    assert {fault.kind for fault in planted} - {"cut"} == {
        *("gap", "allowed_gap", "overlap", "outside", "mismatch", "duplicate", "orphan", "nesting"),
        *("bad_code", "bad_geometry", "bad_position", "repair", "duplicate_row", "outside_row", "object_gap"),
        *("empty", "partial", "stale", "no_position", "failed_geocode", "border", "suspect_position"),
        *("nobody", "vacant", "expired", "not_yet", "off_shift", "tie", "two_holders", "vacancy"),
    }
    for fault in planted:
        if fault.wkt:
            assert fault.geometry.is_valid
            assert abs(fault.geometry.area - fault.area_m2) < 1e-5


def test_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        write_city(tmp_path / "file" / "city", size="small")


def test_the_detector_proposes_what_is_wrong_with_the_swapped_file(folder):
    swapped = pd.read_csv(folder / "raw/待接入/随手拍_经纬度互换.csv")
    district = gpd.read_file(folder / "raw/指挥中心/网格.gpkg", layer="区")
    proposals = propose_positions(swapped["经度"], swapped["纬度"], crs="EPSG:4490", district=district)
    assert proposals[0].fault == "swapped_axes"


def test_every_source_states_its_offices(folder):
    sources = load_manifest(folder / "onemap.toml").sources
    assert all(one.provider and one.owner and one.checker and one.updater for one in sources)
    assert {one.provider for one in sources if one.name.startswith("市民热线")} == {"市民服务热线"}
