"""Small maps to publish, and the dose of each promise."""

import os
from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from onemap.store.content import LayerContent

NOON = datetime(2026, 6, 30, 4, 0, tzinfo=UTC)


def full_dose() -> bool:
    return os.environ.get("ONEMAP_DOSE") == "full"


def make_contents(seed: int = 1, *, side: int = 30, cases: int = 2_000) -> list[LayerContent]:
    """Return a grid of side x side cells, cases and rejects; another seed is another map."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(side) * 100.0, np.arange(side) * 100.0)
    boxes = shapely.box(x.ravel(), y.ravel(), x.ravel() + 100.0, y.ravel() + 100.0)
    cells = gpd.GeoDataFrame(
        {
            "cell_code": [f"110120001001{n:03d}" for n in range(side * side)],
            "name": [f"第{n}格{seed}" for n in range(side * side)],
            "area_m2": shapely.area(boxes),
        },
        geometry=boxes,
        crs="EPSG:4548",
    )
    points = shapely.points(rng.uniform(0, side * 100.0, (cases, 2)))
    case = gpd.GeoDataFrame(
        {
            "case_code": [f"{n:06d}" for n in range(cases)],
            "reported_at": pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.arange(cases), "min"),
            "near_border": rng.random(cases) < 0.1,
            "distance_m": rng.random(cases),
        },
        geometry=points,
        crs="EPSG:4548",
    )
    reject = pd.DataFrame(
        {"layer_id": ["case"], "source": ["热线.csv"], "row": [3], "kind": ["outside"], "found": ["="], "reason": ["x"]}
    )
    return [
        LayerContent("grid_cell", cells, {"source": "grids.gpkg", "rows_in": len(cells)}),
        LayerContent("case", case, {"source": "热线.csv"}),
        LayerContent("reject", reject),
    ]


@pytest.fixture
def contents() -> list[LayerContent]:
    return make_contents()


@pytest.fixture
def facts() -> dict[str, str]:
    return {"name": "青禾区", "crs": "EPSG:4548", "levels": '["grid_cell"]'}
