"""What people report in the sample city: a year of cases with place, matter and hour."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .land import frame
from .plan import Plan, snap


class Matter:
    """A matter class (CJ/T 214 generation): how often it comes, in which months, at which hours, where."""

    def __init__(
        self, code: str, name: str, weight: float, *, months: str = "", hours: str = "day", home: float = 0.5
    ) -> None:
        self.code, self.name, self.weight, self.hours, self.home = code, name, weight, hours, home
        self.months = [int(m) for m in months.split()] if months else list(range(1, 13))


MATTERS = (
    Matter("0102", "暴露垃圾", 12, home=0.7),
    Matter("0103", "积存垃圾渣土", 7, home=0.6),
    Matter("0104", "道路不洁", 9, home=0.0),
    Matter("0110", "道路破损", 4, home=0.0),
    Matter("0115", "焚烧垃圾树叶", 1.5, months="10 11 12 1 2", home=0.6),
    Matter("0201", "非法小广告", 11, home=0.8),
    Matter("0204", "街头散发广告", 2, home=0.1),
    Matter("0301", "施工扰民", 4, months="3 4 5 6 7 8 9 10 11", hours="night", home=0.9),
    Matter("0302", "工地扬尘", 4, months="3 4 5 9 10 11", home=0.7),
    Matter("0404", "下水道堵塞或破损", 2.5, home=0.4),
    Matter("0406", "道路积水", 2.5, months="6 7 8", hours="all", home=0.0),
    Matter("0407", "道路积雪结冰", 2, months="12 1 2", hours="morning", home=0.1),
    Matter("0501", "无照经营游商", 9, hours="evening", home=0.2),
    Matter("0504", "店外经营", 8, hours="evening", home=0.8),
    Matter("0505", "机动车乱停放", 11, hours="all", home=0.3),
    Matter("0506", "非机动车乱停放", 10, home=0.3),
    Matter("0507", "乱堆物堆料", 8, home=0.9),
    Matter("0510", "露天烧烤", 3, months="5 6 7 8 9", hours="night", home=0.5),
)
FIRST_DAY = np.datetime64("2025-07-01")
DAYS = 365
_OVERDUE_H, _TAKEN_UP_H = 72, 5
_HOURS = {
    "day": [1, 1, 1, 1, 1, 2, 6, 14, 22, 24, 22, 18, 12, 13, 18, 20, 18, 14, 10, 8, 6, 4, 2, 1],
    "all": [6, 4, 3, 3, 3, 4, 8, 14, 18, 16, 14, 14, 13, 13, 14, 14, 15, 18, 20, 18, 15, 12, 10, 8],
    "morning": [1, 1, 1, 1, 2, 8, 22, 30, 26, 18, 12, 8, 6, 5, 5, 4, 4, 3, 2, 2, 1, 1, 1, 1],
    "evening": [1, 1, 1, 1, 1, 2, 6, 10, 9, 8, 8, 10, 12, 9, 8, 9, 14, 22, 26, 24, 18, 10, 5, 2],
    "night": [14, 9, 5, 3, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 6, 10, 16, 24, 28, 26, 20],
}
_CHANNELS = (["监督员上报", "市民热线", "市民随手拍", "视频监控", "领导批示"], [0.58, 0.24, 0.12, 0.05, 0.01])


def make_cases(
    plan: Plan,
    buildings: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    district: shapely.Polygon,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Return the cases of a year in the order of their time: beside buildings and along roads of the district."""
    count = plan.cases + plan.hotline_cases
    weight = np.array([matter.weight for matter in MATTERS])
    number = rng.choice(len(MATTERS), size=count, p=weight / weight.sum())
    when = _moments(number, rng)
    order = np.argsort(when, kind="stable")
    number, when = number[order], when[order]
    spots, address = _places(number, buildings, roads, district, rng)
    state, settled = _states(when, rng)
    day = np.char.replace(np.datetime_as_string(when, unit="D"), "-", "")
    serial = np.char.zfill(np.arange(1, count + 1).astype(str), 6)
    return frame(
        {
            "case_code": np.char.add(np.char.add("AJ", day), serial).astype(object),
            "matter_code": np.array([m.code for m in MATTERS], dtype=object)[number],
            "matter_name": np.array([m.name for m in MATTERS], dtype=object)[number],
            "reported_at": pd.DatetimeIndex(when),
            "settled_at": settled,
            "state": state,
            "address": address,
            "source": rng.choice(_CHANNELS[0], size=count, p=_CHANNELS[1]),
        },
        shapely.points(snap(spots)),
    )


def _moments(number: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return when each case was reported, by the months and hours of its matter; fewer at weekends."""
    days = FIRST_DAY + np.arange(DAYS)
    month = days.astype("datetime64[M]").astype(int) % 12 + 1
    weekday = (days.astype("datetime64[D]").astype(int) + 3) % 7
    week = np.where(weekday >= 5, 0.7, 1.0) * rng.uniform(0.75, 1.25, DAYS)  # noqa: PLR2004 - Saturday, Sunday
    when = np.empty(len(number), dtype="datetime64[s]")
    for kind, matter in enumerate(MATTERS):
        mine = np.flatnonzero(number == kind)
        by_day = week * np.where(np.isin(month, matter.months), 1.0, 0.0)
        by_hour = np.array(_HOURS[matter.hours], dtype=float)
        day = rng.choice(DAYS, size=len(mine), p=by_day / by_day.sum())
        hour = rng.choice(24, size=len(mine), p=by_hour / by_hour.sum())
        seconds = day * 86_400 + hour * 3600 + rng.integers(3600, size=len(mine))
        when[mine] = FIRST_DAY.astype("datetime64[s]") + seconds
    return when


def _places(
    number: np.ndarray,
    buildings: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    district: shapely.Polygon,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return where each case lies, with its address: few places have many cases, most have few."""
    count = len(number)
    corners = shapely.get_coordinates(shapely.centroid(buildings.geometry.to_numpy()))
    draw = rng.gamma(0.35, 1.0, int(buildings["cell"].max()) + 1)[buildings["cell"]]
    draw *= np.where(buildings["use"] == "commerce", 6.0, 1.0)
    pick = rng.choice(len(corners), size=count, p=draw / draw.sum())
    spots = corners[pick] + rng.normal(0, 14, (count, 2))
    side = np.array(["门前", "北侧", "南侧", "东侧", "附近"])[rng.integers(5, size=count)]
    address = (buildings["address"].to_numpy().astype(object)[pick]) + side.astype(object)
    busy = {"expressway": 0.5, "arterial": 2.0, "secondary": 2.0, "branch": 1.2, "lane": 0.7}
    lines = roads.geometry.to_numpy()
    length = shapely.length(lines) * roads["class"].map(busy).to_numpy() * rng.gamma(0.8, 1.0, len(lines))
    outdoors = np.flatnonzero(rng.random(count) >= np.array([matter.home for matter in MATTERS])[number])
    road = rng.choice(len(lines), size=len(outdoors), p=length / length.sum())
    along = shapely.line_interpolate_point(lines[road], rng.random(len(outdoors)), normalized=True)
    spots[outdoors] = shapely.get_coordinates(along) + rng.normal(0, 5, (len(outdoors), 2))
    name = roads["name"].to_numpy().astype(object)[road]
    address[outdoors] = (
        "青禾区"
        + name
        + np.array(["路口", "中段", "公交站旁", "便道上"], dtype=object)[rng.integers(4, size=len(road))]
    )
    shapely.prepare(district)
    stray = ~shapely.contains_xy(district, *spots.T)
    spots[stray] = corners[pick[stray]]
    return spots, address


def _states(when: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, pd.DatetimeIndex]:
    """Return the state of each case on the last day of the year, and when it was settled."""
    end = FIRST_DAY.astype("datetime64[s]") + DAYS * 86_400
    lasting = (rng.lognormal(2.6, 1.1, len(when)) * 3600).astype(int)
    done = when + lasting
    open_hours = (end - when).astype(int) / 3600
    waiting = np.where(open_hours > _OVERDUE_H, "overdue", np.where(open_hours > _TAKEN_UP_H, "in_hand", "new"))
    state = np.where(done < end, "settled", waiting)
    return state.astype(object), pd.DatetimeIndex(np.where(done < end, done, np.datetime64("NaT")))
