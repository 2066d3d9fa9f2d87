"""Small divisions are the best there are: proved by CP-SAT, which shares no code with the search."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from onemap import balance_cells
from onemap.grids.balance_borders import shared_borders
from tests.library.grids.balance_oracle import best_division


def irregular(count: int, seed: int) -> gpd.GeoDataFrame:
    """Return Voronoi cells of random places with random loads."""
    rng = np.random.default_rng(seed)
    frame = shapely.box(0, 0, 1000, 1000)
    cells = shapely.voronoi_polygons(shapely.MultiPoint(rng.uniform(0, 1000, (count, 2))), extend_to=frame)
    shapes = [cell.intersection(frame) for cell in cells.geoms]
    return gpd.GeoDataFrame(
        {"cell_code": [f"{at:02d}" for at in range(count)], "load": rng.integers(10, 100, count)},
        geometry=shapes, crs="EPSG:4548",
    )  # fmt: skip


def squares(side: int, seed: int) -> gpd.GeoDataFrame:
    """Return a square board; seed 0 makes all loads equal."""
    rng = np.random.default_rng(seed)
    shapes = [shapely.box(100 * i, 100 * j, 100 * i + 100, 100 * j + 100) for i in range(side) for j in range(side)]
    load = rng.integers(10, 100, side * side) if seed else np.ones(side * side, dtype=int)
    codes = [f"{at:02d}" for at in range(side * side)]
    return gpd.GeoDataFrame({"cell_code": codes, "load": load}, geometry=shapes, crs="EPSG:4548")


CASES = [
    (irregular(12, 1), 3), (irregular(16, 2), 4), (irregular(20, 3), 5), (irregular(24, 4), 2), (irregular(25, 5), 6),
    (irregular(30, 6), 8), (irregular(33, 11), 2), (irregular(36, 7), 2), (squares(4, 0), 4), (squares(5, 1), 5),
    (squares(6, 0), 2), (squares(6, 0), 4), (squares(6, 1), 6),
]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "groups"), CASES, ids=lambda value: str(len(value) if hasattr(value, "crs") else value)
)
def test_nothing_is_more_even_and_at_that_nothing_shorter(cells, groups):
    result = balance_cells(cells, load="load", groups=groups)
    borders = shared_borders(cells.geometry.to_numpy(), CRS(cells.crs))
    lengths = np.maximum(np.rint(borders.open_m * 1000), 1).astype(int).tolist()
    edges = [(one, other, length) for (one, other), length in zip(borders.pairs.tolist(), lengths, strict=True)]
    load = cells["load"].tolist()
    names = {name: at for at, name in enumerate(sorted(set(result.groups)))}
    label = [names[name] for name in result.groups]
    held = np.bincount(label, load, groups)
    deviation = round(float(abs(groups * held - sum(load)).max()))
    cut = sum(length for one, other, length in edges if label[one] != label[other])

    best = best_division(load, edges, groups, seconds=300.0)
    assert best is not None
    assert best.proved == (True, True)
    assert (deviation, cut) == (best.deviation, best.cut)
    assert result.proved or groups == 2


def test_what_is_not_looked_at_wholly_is_not_called_proved():
    assert not balance_cells(irregular(50, 9), load="load", groups=5).proved
