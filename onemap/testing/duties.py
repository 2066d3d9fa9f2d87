"""Who answers in the sample city: the grids of two agencies and the roster of holders."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .land import frame
from .names import people
from .plan import DISTRICT_CODE

MANAGEMENT, POLICE = "城管执法局", "公安分局"
"""The two agencies that draw duty grids of their own."""
SINCE = dt.date(2025, 1, 1)


def make_duties(
    levels: dict[str, gpd.GeoDataFrame], rng: np.random.Generator
) -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
    """Return the duty grids of both agencies, each a whole tiling of the district, and the holders."""
    cells, communities = levels["grid_cell"], levels["grid_community"]
    lands = cells.geometry.to_numpy()
    pairs_of = np.arange(len(communities)) // 2
    home = dict(zip(communities["community_code"], pairs_of, strict=True))
    management = np.array([home[code] for code in cells["parent_code"]])
    middle = shapely.get_coordinates(shapely.centroid(lands))
    posts = middle[rng.choice(len(middle), size=max(len(communities) * 2 // 5, 3), replace=False)]
    beat = np.argmin(((middle[:, None, :] - posts[None, :, :]) ** 2).sum(axis=2), axis=1)
    names = people(len(cells) + 400, rng)
    grids = []
    for agency, home_of, label, prefix in (
        (MANAGEMENT, management, "城管执法责任区", "CG"),
        (POLICE, beat, "警务责任区", "GA"),
    ):
        _, group = np.unique(home_of, return_inverse=True)
        joined = [shapely.coverage_union_all(lands[group == g]) for g in range(group.max() + 1)]
        grids.append(
            frame(
                {
                    "duty_code": [f"{prefix}{DISTRICT_CODE}{g + 1:03d}" for g in range(len(joined))],
                    "agency": agency,
                    "name": [f"第{g + 1}{label}" for g in range(len(joined))],
                    "holder": [names[len(cells) + 50 * (prefix == "GA") + g] for g in range(len(joined))],
                    "valid_from": SINCE,
                },
                np.array(joined, dtype=object),
            )
        )
    duty_grid = pd.concat(grids, ignore_index=True)
    return {"duty_grid": duty_grid, "holder": _holders(levels, names, rng)}


def _holders(levels: dict[str, gpd.GeoDataFrame], names: list[str], rng: np.random.Generator) -> pd.DataFrame:
    """Return grid workers, heads of communities and of streets; telephone numbers are of no real network."""
    codes = np.concatenate(
        [
            levels["grid_cell"]["cell_code"],
            levels["grid_community"]["community_code"],
            levels["grid_street"]["street_code"],
        ]
    )
    role = np.repeat(
        ["grid_worker", "community_head", "street_head"],
        [len(levels[f"grid_{n}"]) for n in ("cell", "community", "street")],
    )
    return pd.DataFrame(
        {
            "holder_code": [f"ZR{n:05d}" for n in range(1, len(codes) + 1)],
            "name": [names[n % len(names)] for n in range(len(codes))],
            "role": role,
            "grid_code": codes,
            "agency": "区城市管理指挥中心",
            "phone": [f"100{n:08d}" for n in rng.integers(10**8, size=len(codes))],
            "valid_from": SINCE,
        }
    )
