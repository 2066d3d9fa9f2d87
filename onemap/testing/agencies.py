"""Who answers for what in the sample city: duty grids of three more agencies, duties, shifts and the calendar."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .duties import MANAGEMENT, POLICE, SINCE
from .land import frame
from .names import people
from .plan import DISTRICT_CODE

COMMAND = "区城市管理指挥中心"
SANITATION, WORKS, MARKET = "环卫中心", "市政园林局", "市场监管局"
_LABELS = {SANITATION: ("环卫保洁区", "HW"), WORKS: ("市政养护区", "SZ"), MARKET: ("市场监管区", "SC")}
_COMMUNITIES_A_GRID = 4

_DUTIES = (
    ("ZZ001", MANAGEMENT, "05", "duty_grid", "in_charge", "", "街面秩序：无照经营、店外经营、乱停放、乱堆物"),
    ("ZZ002", POLICE, "0115、0301", "duty_grid", "in_charge", "", "焚烧、夜间施工扰民"),
    ("ZZ003", SANITATION, "0102、0103、0104", "duty_grid", "in_charge", "", "清扫保洁、垃圾清运"),
    ("ZZ004", WORKS, "0110、04", "duty_grid", "in_charge", "", "道路、雨污水井和管线养护"),
    ("ZZ005", MARKET, "02", "duty_grid", "in_charge", "", "广告监管"),
    ("ZZ006", COMMAND, "05", "grid_cell", "territorial", "grid_worker", "巡查上报、现场劝导"),
    ("ZZ007", COMMAND, "05", "grid_community", "territorial", "community_head", "没有网格员的地方由社区负责"),
)
"""Code, agency, matters, scope, part, role and text; matter 0302 (工地扬尘) is nobody's."""
_SHIFTS = (
    ("day", "白班", "day shift", "工作日、周末", "08:00", "20:00"),
    ("night", "夜班", "night shift", "工作日、周末", "20:00", "08:00"),
    ("holiday", "节假日", "holiday shift", "节假日", "08:00", "08:00"),
)
_DAYS = (
    ("2026-01-01", "holiday", "元旦"),
    ("2026-05-01", "holiday", "劳动节"),
    ("2026-05-09", "workday", "劳动节调休上班"),
    ("2026-07-03", "holiday", "青禾建区纪念日"),
    ("2026-07-04", "workday", "建区纪念日调休上班"),
    ("2026-10-01", "holiday", "国庆节"),
)
"""The anniversary of a district that does not exist, in the week after the map's date, so that a week shows all."""


def make_agencies(levels: dict[str, gpd.GeoDataFrame], rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return the duty grids of three agencies, each a whole tiling of the district, duties, shifts and calendar."""
    return {"duty_grid": _grids(levels, rng), "duty": _duties(), "shift": _shifts(), "calendar_day": _calendar()}


def _grids(levels: dict[str, gpd.GeoDataFrame], rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return grids of whole communities around some posts; borders of streets do not matter to them."""
    communities = levels["grid_community"]
    lands = communities.geometry.to_numpy()
    middle = shapely.get_coordinates(shapely.centroid(lands))
    made = []
    for agency, (label, prefix) in _LABELS.items():
        posts = rng.choice(len(middle), size=max(len(middle) // _COMMUNITIES_A_GRID, 3), replace=False)
        away = ((middle[:, None, :] - middle[None, posts, :]) ** 2).sum(axis=2)
        home = np.argmin(away, axis=1)
        joined = [shapely.normalize(shapely.coverage_union_all(lands[home == n])) for n in range(len(posts))]
        columns: dict[str, object] = {
            "duty_code": [f"{prefix}{DISTRICT_CODE}{n:03d}" for n in range(1, len(posts) + 1)],
            "agency": agency,
            "name": [f"第{n}{label}" for n in range(1, len(posts) + 1)],
            "holder": people(len(posts), rng) if agency != SANITATION else [None] * len(posts),
            "valid_from": SINCE,
        }
        made.append(frame(columns, np.array(joined, dtype=object)))
    return pd.concat(made, ignore_index=True)


def _duties() -> pd.DataFrame:
    names = ("duty_code", "agency", "matters", "scope", "part", "role", "text")
    table = pd.DataFrame(_DUTIES, columns=list(names))
    return table.assign(scope_code="*", rank=0, valid_from=SINCE, source="青禾区网格化责任清单", version="2025")


def _shifts() -> pd.DataFrame:
    return pd.DataFrame(_SHIFTS, columns=["shift_code", "name", "name_en", "days", "start", "end"])


def _calendar() -> pd.DataFrame:
    table = pd.DataFrame(_DAYS, columns=["date", "kind", "name"])
    return table.assign(date=[dt.date.fromisoformat(day) for day in table["date"]])
