"""Which office of the sample city keeps which file, and the manifest that names them all."""

from typing import Any

from onemap.domain.catalogue import load_catalogue

from .agencies import COMMAND as CENTRE
from .agencies import MARKET, SANITATION, WORKS
from .duties import MANAGEMENT, POLICE
from .messy import RawFile
from .plan import CRS, DISTRICT_NAME, MARGIN_M, ZONE_CRS
from .planted_rows import STALE_SINCE
from .rosters import CLEANERS, PATROLS, WORKERS

GEOGRAPHIC = "EPSG:4490"
COMMAND, PLANNING, HOUSING = "指挥中心", "规划", "房管"
ALLOWED = f"{COMMAND}/准许空隙.gpkg"
_GREEN = {"green_code": "编号", "name": "名称", "kind": "类型", "area_m2": "面积"}
_COMPONENT = {
    "component_code": "OBJCODE",
    "name": "OBJNAME",
    "class_code": "CLASSCODE",
    "in_charge_name": "DEPTNAME1",
    "owner_name": "DEPTNAME2",
    "maintainer_name": "DEPTNAME3",
    "cell_code": "BGCODE",
    "state": "OBJSTATE",
}
_BEATS = {"duty_code": "警务区号", "name": "名称", "holder": "民警", "valid_from": "启用日期"}

FILES = (
    RawFile("grid_district", f"{COMMAND}/网格.gpkg", "区"),
    RawFile("grid_street", f"{COMMAND}/网格.gpkg", "街道"),
    RawFile("grid_community", f"{COMMAND}/网格.gpkg", "社区"),
    RawFile("grid_cell", f"{COMMAND}/网格.gpkg", "单元网格"),
    RawFile(
        "city3d_building",
        f"{HOUSING}/房屋面.shp",
        encoding="GBK",
        headings={"name": "房屋名称全"},
        stated={"columns": {"name": "房屋名称全"}, "as_of": "2026-03-31"},
    ),
    RawFile("underground_pipe", "管线/地下管线.gpkg", "管线", stated={"as_of": "2025-12-31"}),
    RawFile("underground_space", "管线/地下空间.geojson", crs=GEOGRAPHIC, stated={"as_of": "2025-12-31"}),
    RawFile("emap_road", f"{PLANNING}/道路中心线.geojson", crs=GEOGRAPHIC, stated={"as_of": "2026-05-01"}),
    RawFile("emap_water", f"{PLANNING}/水系.gpkg", "水系面", crs=GEOGRAPHIC, stated={"as_of": "2026-01-15"}),
    RawFile("emap_waterline", f"{PLANNING}/水系.gpkg", "水系线", crs=GEOGRAPHIC, stated={"as_of": "2026-01-15"}),
    RawFile(
        "emap_green",
        "园林/绿地.shp",
        crs=GEOGRAPHIC,
        headings=_GREEN,
        stated={"columns": _GREEN, "as_of": "2026-02-01"},
    ),
    RawFile(
        "emap_poi",
        "互联网/兴趣点.csv",
        encoding="GBK",
        crs="BD09",
        position=("lng", "lat"),
        stated={"coordinates": "BD09", "as_of": "2026-04-01"},
    ),
    RawFile(
        "place_name",
        "民政/标准地名.csv",
        encoding="UTF-8-SIG",
        crs=GEOGRAPHIC,
        position=("经度", "纬度"),
        stated={"crs": GEOGRAPHIC, "as_of": STALE_SINCE},
    ),
    RawFile(
        "place_address",
        f"{POLICE}/标准地址.csv",
        encoding="GBK",
        position=("横坐标", "纵坐标"),
        stated={"crs": CRS, "as_of": "2026-06-01"},
    ),
    RawFile("frame_boundary", "民政/行政区划.geojson", crs=GEOGRAPHIC, stated={"as_of": "2026-01-01"}),
    RawFile("frame_parcel", f"{PLANNING}/宗地.fgb", stated={"as_of": "2026-01-31"}),
    RawFile("frame_compound", f"{COMMAND}/院落.gpkg", "院落", stated={"as_of": "2026-01-31"}),
    RawFile(
        "frame_component",
        f"{COMMAND}/部件.shp",
        encoding="GB18030",
        headings=_COMPONENT,
        stated={"as_of": "2025-11-30"},
    ),
    RawFile(
        "econ_population",
        f"{POLICE}/实有人口.csv",
        encoding="UTF-8",
        position=("横坐标", "纵坐标"),
        stated={"crs": CRS, "as_of": "2026-06-01"},
    ),
    RawFile(
        "econ_unit",
        "市场监管/实有单位.csv",
        encoding="GBK",
        crs=GEOGRAPHIC,
        position=("经度", "纬度"),
        stated={"crs": GEOGRAPHIC, "as_of": "2026-05-31"},
    ),
    RawFile(
        "duty_grid",
        f"{MANAGEMENT}/执法责任区.gpkg",
        "责任区",
        part=MANAGEMENT,
        stated={"constants": {"agency": MANAGEMENT}, "as_of": "2026-06-01"},
    ),
    RawFile(
        "duty_grid",
        f"{POLICE}/警务责任区.shp",
        encoding="GB18030",
        headings=_BEATS,
        part=POLICE,
        stated={"columns": _BEATS, "constants": {"agency": POLICE}, "as_of": "2026-06-01"},
    ),
    *(
        RawFile(
            "duty_grid",
            f"{agency}/责任区.gpkg",
            "责任区",
            part=agency,
            stated={"constants": {"agency": agency}, "as_of": "2026-06-01"},
        )
        for agency in (SANITATION, WORKS, MARKET)
    ),
    RawFile("duty", f"{COMMAND}/责任清单.csv", encoding="GBK", stated={"as_of": "2026-06-01"}),
    RawFile("shift", f"{COMMAND}/班次.csv", encoding="GBK", stated={"as_of": "2026-06-01"}),
    RawFile("calendar_day", f"{COMMAND}/工作日历.csv", encoding="UTF-8-SIG", stated={"as_of": "2026-01-01"}),
    RawFile("holder", f"{COMMAND}/责任人名册.xlsx", part="heads", stated={"as_of": "2026-06-15"}),
    RawFile(
        "case",
        f"{COMMAND}/案件.csv",
        encoding="GBK",
        crs="GCJ02",
        position=("经度", "纬度"),
        part="main",
        stated={"coordinates": "GCJ02", "x": "经度", "y": "纬度"},
    ),
    RawFile(
        "case",
        "市民热线/热线工单.csv",
        position=("横坐标", "纵坐标"),
        part="hotline",
        stated={"crs": CRS},
    ),
    RawFile(
        "case",
        f"{COMMAND}/巡查上报.csv",
        encoding="GBK",
        crs=ZONE_CRS,
        position=("横坐标", "纵坐标"),
        part="patrol",
        stated={"crs": ZONE_CRS},
    ),
)
_KEPT = {"as_of": "2026-06-20", "roster": True}
ROSTERS = {
    WORKERS: RawFile("holder", f"{COMMAND}/{WORKERS}.xlsx", stated={**_KEPT, "constants": {"agency": CENTRE}}),
    PATROLS: RawFile("holder", f"{MANAGEMENT}/{PATROLS}.xlsx", stated={**_KEPT, "constants": {"agency": MANAGEMENT}}),
    CLEANERS: RawFile("holder", f"{SANITATION}/{CLEANERS}.xlsx", stated={**_KEPT, "constants": {"agency": SANITATION}}),
}
"""Rosters as offices keep them, by name."""
_PLAIN = {"name": "name", "class": "class"}
BARRIERS = {
    "railway": RawFile("emap_road", f"{PLANNING}/分界线.gpkg", "铁路", headings=_PLAIN),
    "wall": RawFile("emap_road", f"{PLANNING}/分界线.gpkg", "围墙", headings=_PLAIN),
}
"""Files that the manifest does not name: with the roads and the river, what the cells are derived from."""
RASTERS = {
    "terrain_dem": (f"{PLANNING}/数字高程模型.tif", "2024-11-30"),
    "imagery_ortho": (f"{PLANNING}/正射影像.tif", "2025-10-15"),
}
"""Path and date of the rasters, by layer."""
SWAPPED = RawFile("case", "待接入/随手拍_经纬度互换.csv", crs=GEOGRAPHIC, position=("纬度", "经度"))
"""A file that the manifest does not name: its longitudes stand under 纬度 and its latitudes under 经度."""

_PROVIDERS = {
    "市民热线": "市民服务热线",
    "互联网": "互联网地图",
    POLICE: POLICE,
    MANAGEMENT: MANAGEMENT,
    SANITATION: SANITATION,
    WORKS: WORKS,
    MARKET: MARKET,
}
"""Who provides the files in a folder, where it is not the office that usually does."""

_HEAD = f"""\
# 青禾区一张图 · One map of Qinghe District: a made-up city, with faults on purpose (planted.json lists them).
schema = 1

[district]
name = "{DISTRICT_NAME}"
name_en = "Qinghe"
crs = "{CRS}"
code_profile = "GBT30428"
as_of = 2026-06-30
margin_m = {MARGIN_M}
language = "zh"
root = "raw"

[levels]
grid_district = {{ zh = "区", en = "Districts" }}
grid_street = {{ zh = "街道", en = "Streets" }}
grid_community = {{ zh = "社区", en = "Communities" }}
grid_cell = {{ zh = "单元网格", en = "Unit grid cells" }}

[coverage]
allowed = "{ALLOWED}"
"""


def manifest_text() -> str:
    """Return the manifest of the sample city."""
    parts = [_HEAD]
    for layer, (path, as_of) in RASTERS.items():
        parts.append(_block({"layer": layer, "path": path, "as_of": as_of} | _roles(layer, path)))
    for raw in [*FILES, *ROSTERS.values()]:
        entry = {"layer": raw.layer, "path": raw.path} | ({"sublayer": raw.sublayer} if raw.sublayer else {})
        parts.append(_block(entry | raw.stated | _roles(raw.layer, raw.path)))
    return "\n".join(parts)


def _roles(layer: str, path: str) -> dict[str, str]:
    """Return who answers for a file: the usual offices, but for files that came by another way."""
    spec = load_catalogue()[layer]
    roles = {name: getattr(spec, name) for name in ("provider", "owner", "checker", "updater")}
    return roles | {"provider": _PROVIDERS.get(path.partition("/")[0], spec.provider)}


def _block(entry: dict[str, Any]) -> str:
    lines = ["[[source]]"]
    for key, value in entry.items():
        if isinstance(value, dict):
            inner = ", ".join(f'{name} = "{text}"' for name, text in value.items())
            lines.append(f"{key} = {{ {inner} }}")
        elif isinstance(value, bool):
            lines.append(f"{key} = {str(value).lower()}")
        elif key == "as_of":
            lines.append(f"{key} = {value}")
        else:
            lines.append(f'{key} = "{value}"')
    return "\n".join(lines) + "\n"
