"""What people report: a year of cases with place, matter and hour."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .plan import CRS, Plan, snap

MATTERS = (
    ("0102", "暴露垃圾", 12), ("0103", "积存垃圾渣土", 7), ("0104", "道路不洁", 9), ("0201", "非法小广告", 11), ("0204", "街头散发广告", 2),
    ("0301", "施工扰民", 4), ("0302", "工地扬尘", 4), ("0406", "道路积水", 2), ("0407", "道路积雪结冰", 1), ("0501", "无照经营游商", 9),
    ("0504", "店外经营", 8), ("0505", "机动车乱停放", 11), ("0506", "非机动车乱停放", 10), ("0507", "乱堆物堆料", 8), ("0510", "露天烧烤", 2),
)  # fmt: skip
"""Matter classes of the CJ/T 214 generation that are reported here: code, name, how often."""
YEAR_START = pd.Timestamp("2025-07-01")
_HOURS = np.array([1, 1, 1, 1, 1, 2, 6, 14, 22, 24, 22, 18, 12, 13, 18, 20, 18, 14, 10, 8, 6, 4, 2, 1], dtype=float)


def make_cases(
    plan: Plan, buildings: gpd.GeoDataFrame, roads: np.ndarray, district: shapely.Polygon, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return the cases of a year: beside buildings and along roads, all within the district."""
    count = plan.cases
    spots = np.empty((count, 2))
    at_home = rng.random(count) < 0.55  # noqa: PLR2004
    corners = shapely.get_coordinates(shapely.centroid(buildings.geometry.to_numpy()))
    pick = rng.integers(len(corners), size=count)
    spots[:] = corners[pick] + rng.normal(0, 18, (count, 2))
    length = shapely.length(roads)
    road = rng.choice(len(roads), size=count, p=length / length.sum())
    along = shapely.get_coordinates(shapely.line_interpolate_point(roads[road], rng.random(count), normalized=True))
    spots[~at_home] = (along + rng.normal(0, 7, (count, 2)))[~at_home]
    shapely.prepare(district)
    stray = ~shapely.contains_xy(district, *spots.T)
    spots[stray] = corners[pick[stray]]
    weight = np.array([m[2] for m in MATTERS], dtype=float)
    matter = rng.choice(len(MATTERS), size=count, p=weight / weight.sum())
    minute = rng.integers(365, size=count) * 1440 + rng.choice(24, size=count, p=_HOURS / _HOURS.sum()) * 60
    minute = np.sort(minute + rng.integers(60, size=count))
    reported = YEAR_START + pd.to_timedelta(minute, unit="min")
    frame = pd.DataFrame(
        {
            "case_code": [f"AJ{when:%Y%m%d}{number:06d}" for number, when in enumerate(reported, 1)],
            "matter_code": np.array([m[0] for m in MATTERS], dtype=object)[matter],
            "matter_name": np.array([m[1] for m in MATTERS], dtype=object)[matter],
            "reported_at": reported,
            "state": "settled",
            "address": "",
        }
    )
    return gpd.GeoDataFrame(frame, geometry=shapely.points(snap(spots)), crs=CRS)
