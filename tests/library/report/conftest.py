"""A small district, made by hand: two streets, four communities, eight cells, and one of each fault."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point, box

CRS = "EPSG:4548"
EAST, NORTH = 500_000.0, 4_400_000.0


@dataclass
class HandMadeMap:
    """What the report needs of a published map."""

    frames: dict[str, Any]
    district: dict[str, str]
    levels: list[str]
    path: Path = Path("onemap.gpkg")
    rasters: dict[str, Path] = field(default_factory=dict)
    catalogue: pd.DataFrame | None = None

    @property
    def layers(self) -> pd.DataFrame:
        if self.catalogue is None:
            self.catalogue = catalogue_of(self.frames)
        return self.catalogue

    def has(self, layer_id: str) -> bool:
        return layer_id in self.frames

    def read(self, layer_id: str) -> Any:
        return self.frames[layer_id]

    def raster(self, layer_id: str) -> Path | None:
        return self.rasters.get(layer_id)


def catalogue_of(frames: dict[str, Any]) -> pd.DataFrame:
    from onemap.domain.catalogue import load_catalogue

    columns = [spec.name for spec in load_catalogue()["onemap_layer"].fields]
    rows = []
    for layer_id, frame in frames.items():
        spec = load_catalogue()[layer_id]
        row = dict.fromkeys(columns)
        row |= {
            "layer_id": layer_id, "class_id": spec.class_id, "title_zh": spec.title_zh, "title_en": spec.title_en,
            "kind": "table" if spec.is_table else "vector", "source": f"{layer_id}.gpkg", "source_sha256": "ab" * 32,
            "content_sha256": "cd" * 32, "source_crs": CRS, "encoding": "UTF-8", "rows_in": len(frame) + 1,
            "rows_out": len(frame), "rows_rejected": 1, "rows_repaired": 0, "rows_outside": 0, "provider": "测绘院",
            "owner": "指挥中心", "checker": "指挥中心", "updater": "测绘院", "secrecy": "internal", "notes": "",
        }  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows, columns=columns).set_index("layer_id", drop=False).rename_axis(None)


def at(west: float, south: float, east: float, north: float) -> Any:
    """Return a rectangle given in metres from the district's corner."""
    return box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def layer(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def make_map(**changes: Any) -> HandMadeMap:
    """Return the district, 2,000 x 1,000 m; ``changes`` replace layers, None takes one away."""
    cells = [at(x, y, x + 500, y + 500) for y in (0, 500) for x in (0, 500, 1000, 1500)]
    cells[0] = at(0, 0, 480, 500)  # 20 m are missing between the first two
    codes = [f"11012000100{number}" for number in range(1, 9)]
    cases = layer(
        [Point(EAST + 100, NORTH + 100), Point(EAST + 600, NORTH + 100), Point(EAST + 500.2, NORTH + 700), None],
        case_code=["C1", "C2", "C3", "C4"], matter_name=["暴露垃圾", "暴露垃圾", "道路破损", "道路破损"],
        reported_at=pd.to_datetime(["2026-01-03", "2026-02-03", "2026-05-03", "2026-05-04"], utc=True),
        state=["new", "settled", "overdue", "in_hand"], cell_code=[codes[0], codes[1], codes[5], None],
        street_code=["S1", "S1", "S2", None], how=["inside", "inside", "inside", "no_position"],
        near_border=[False, False, True, False], reason=["", "", "", "has no position"],
    )  # fmt: skip
    frames = {
        "grid_district": layer([at(0, 0, 2000, 1000)], district_code=["D"], name=["青禾区"], parent_code=[None]),
        "grid_street": layer(
            [at(0, 0, 2000, 500), at(0, 500, 2000, 1000)],
            street_code=["S1", "S2"], name=["鼓楼街道", "河湾街道"], parent_code=["D", "D"],
        ),
        "grid_cell": layer(
            cells, cell_code=codes, name=[f"第{n}网格" for n in range(8)], parent_code=["S1"] * 4 + ["S2"] * 4
        ),
        "city3d_building": layer([at(100, 100, 140, 130), at(700, 700, 730, 730)], building_code=["B1", "B2"]),
        "emap_road": layer([LineString([(EAST, NORTH + 250), (EAST + 2000, NORTH + 250)])], road_code=["R"], width_m=[12.0]),
        "case": cases,
        "near_border": layer(
            [cases.geometry[2]], case_code=["C3"], cell_code=[codes[5]], candidates=[f"{codes[4]}, {codes[5]}"],
            distance_m=[0.2], reason=["0.2 m from the border"], reason_zh=["距边界 0.2 米"],
        ),
        "defect": layer(
            [at(480, 0, 500, 500), at(1000, 600, 1000.4, 700)],
            defect_id=["gap-1", "overlap-1"], layer_id=["grid_cell"] * 2, agency=[None, None], kind=["gap", "overlap"],
            area_m2=[10_000.0, 40.0], width_m=[20.0, 0.4], cells=[f"{codes[0]}, {codes[1]}", f"{codes[5]}, {codes[6]}"],
            allowed=[False, False], reason=["no cell", "two cells"], reason_zh=["没有网格", "两个网格"],
        ),
        "coverage_gap": layer(
            [at(480, 0, 500, 500)], gap_id=["land-1"], kind=["land"], layer_id=["grid_cell"], agency=[None],
            area_m2=[10_000.0], width_m=[20.0], buildings=[3], residents=[12], cases=[0], reason=["no cell"],
        ),
        "completeness": pd.DataFrame(
            {"class_id": ["city3d", "city3d", "terrain", "terrain"], "layer_id": ["city3d_building"] * 2 + ["terrain_dem"] * 2,
             "street_code": ["", "S1", "", "S1"], "street_name": ["", "鼓楼街道", "", "鼓楼街道"],
             "state": ["present", "present", "missing", "missing"], "rows": [2, 1, 0, 0], "reason": ["", "", "no file", "no file"]}
        ),
        "reject": pd.DataFrame({"layer_id": ["case"] * 300, "source": "cases.csv", "row": range(300), "kind": "bad_code",
                                "found": "1.1E+14", "reason": "a damaged code"}),
    }  # fmt: skip
    frames = {name: frame for name, frame in (frames | changes).items() if frame is not None}
    district = {
        "name": "青禾区", "name_en": "Qinghe", "crs": CRS, "as_of": "2026-06-30", "built_at": "2026-07-01T08:00:00Z",
        "onemap_version": "0.1.0", "bounds": json.dumps([EAST, NORTH, EAST + 2000, NORTH + 1000]),
    }  # fmt: skip
    levels = [name for name in ("grid_district", "grid_street", "grid_cell") if name in frames]
    return HandMadeMap(frames, district, levels)


@pytest.fixture
def one_map() -> HandMadeMap:
    return make_map()
