"""Write the one map of a big city to try the desktop with: a million houses, 25,000 cells, cases, duties.

usage: python -m benchmarks.hall_data FOLDER [--cells 25000] [--buildings 1000000] [--cases 100000]

Cells and houses are those of the other benchmarks (`benchmarks.workload`). Streets and communities are made of whole
cells, and roads run along their borders.
"""

import argparse
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks.workload import City, make_buildings, make_city, make_points
from onemap.domain.catalogue import load_catalogue
from onemap.geo.locator import CellLocator
from onemap.store.content import LayerContent
from onemap.store.geopackage import publish

CRS = "EPSG:4547"
IN_COMMUNITY, IN_STREET = 25, 25  # cells in a community, communities in a street
LEVELS = '["grid_district", "grid_street", "grid_community", "grid_cell"]'


def blocks(points: np.ndarray, count: int) -> np.ndarray:
    """Return the block of each point: strips from west to east, cut from south to north, equally many in each."""
    strips = max(1, round(count**0.5))
    strip = np.argsort(np.argsort(points[:, 0])) * strips // len(points)
    found = np.empty(len(points), dtype=np.int64)
    each = -(-count // strips)
    for number in range(strips):
        rows = np.flatnonzero(strip == number)
        order = np.argsort(np.argsort(points[rows, 1]))
        found[rows] = number * each + order * each // len(rows)
    return np.unique(found, return_inverse=True)[1]


def dissolve(shapes: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Return one shape a block."""
    return np.array([shapely.coverage_union_all(shapes[of == number]) for number in range(of.max() + 1)])


def frame(columns: dict[str, Any], shapes: np.ndarray) -> gpd.GeoDataFrame:
    """Return a frame in the working system."""
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def levels(city: City) -> dict[str, gpd.GeoDataFrame]:
    """Return the four levels, coarse to fine."""
    community = blocks(city.site, max(1, len(city.cells) // IN_COMMUNITY))
    lands = dissolve(city.cells, community)
    middle = shapely.get_coordinates(shapely.centroid(lands))
    street = blocks(middle, max(1, len(lands) // IN_STREET))
    streets = dissolve(lands, street)
    street_code = [f"110120{number + 1:03d}" for number in range(len(streets))]
    inside = pd.Series(street).groupby(street).cumcount() + 1
    code = [f"{street_code[of]}{number:03d}" for of, number in zip(street, inside, strict=True)]
    within = pd.Series(community).groupby(community).cumcount() + 1
    cell_code = [f"{code[of]}{number:03d}" for of, number in zip(community, within, strict=True)]
    return {
        "grid_district": frame(
            {"district_code": ["110120"], "name": ["大城区"]}, [shapely.coverage_union_all(streets)]
        ),
        "grid_street": frame(
            {
                "street_code": street_code,
                "name": [f"第{n + 1}街道" for n in range(len(streets))],
                "parent_code": "110120",
            },
            streets,
        ),
        "grid_community": frame(
            {
                "community_code": code,
                "name": [f"第{n}社区" for n in inside],
                "parent_code": [street_code[of] for of in street],
            },
            lands,
        ),
        "grid_cell": frame(
            {"cell_code": cell_code, "name": "", "parent_code": [code[of] for of in community]}, city.cells
        ),
    }


def roads(grids: dict[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return roads along the borders of streets (arterial) and communities (branch)."""
    parts = []
    for layer, kind in (("grid_street", "arterial"), ("grid_community", "branch")):
        lines = shapely.boundary(grids[layer].geometry.to_numpy())
        parts.append(pd.DataFrame({"class": kind, "geometry": lines}))
    table = pd.concat(parts, ignore_index=True)
    table["road_code"] = [f"R{number:06d}" for number in range(len(table))]
    table["name"] = [f"{number % 997}号路" for number in range(len(table))]
    return gpd.GeoDataFrame(table, geometry="geometry", crs=CRS)


def houses(city: City, count: int) -> gpd.GeoDataFrame:
    """Return the houses."""
    rng = np.random.default_rng(20)
    floors = rng.integers(1, 30, count)
    codes = [f"B{number:08d}" for number in range(count)]
    return frame({"building_code": codes, "floors": floors, "height_m": 3.0 * floors}, make_buildings(city, count))


def cases(city: City, cells: gpd.GeoDataFrame, count: int) -> gpd.GeoDataFrame:
    """Return a year of cases with their cells, most of them settled."""
    rng = np.random.default_rng(21)
    states = rng.choice(["new", "in_hand", "overdue", "settled"], count, p=[0.02, 0.06, 0.02, 0.9])
    moments = pd.Timestamp("2025-07-01", tz="UTC") + pd.to_timedelta(rng.uniform(0, 365 * 86400, count), unit="s")
    codes = [f"AJ{number:08d}" for number in range(count)]
    points = make_points(city, count)
    position = CellLocator(cells).locate(points[:, 0], points[:, 1])
    cell = np.where(position < 0, "", cells["cell_code"].to_numpy(dtype=str)[position])
    columns = {
        "case_code": codes,
        "state": states,
        "reported_at": moments,
        "matter_code": "0102",
        "matter_name": "暴露垃圾",
        "cell_code": cell,
    }
    upper = {"community_code": pd.Series(cell).str[:12], "street_code": pd.Series(cell).str[:9]}
    return frame({**columns, **upper}, shapely.points(points))


def duties(cells: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
    """Return a grid worker for each cell, and the one rule that the worker of a cell answers there for everything."""
    codes = cells["cell_code"].to_numpy(dtype=str)
    workers = {
        "holder_code": [f"ZR{number:05d}" for number in range(len(codes))],
        "name": [f"网格员{number:05d}" for number in range(len(codes))],
        "role": "grid_worker",
        "grid_code": codes,
        "phone": [f"139{number:08d}" for number in range(len(codes))],
    }
    rule = {"duty_code": ["ZZ001"], "matters": ["*"], "scope": ["grid_cell"], "scope_code": ["*"]}
    return {"duty": pd.DataFrame({**rule, "part": ["in_charge"], "rank": [1]}), "holder": pd.DataFrame(workers)}


def main() -> None:
    """Make and publish the map."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    for name, count in (("cells", 25_000), ("buildings", 1_000_000), ("cases", 100_000)):
        parser.add_argument(f"--{name}", type=int, default=count)
    options = parser.parse_args()
    city = make_city(options.cells)
    grids = levels(city)
    made = {
        "city3d_building": houses(city, options.buildings),
        "emap_road": roads(grids),
        **grids,
        "case": cases(city, grids["grid_cell"], options.cases),
        **duties(grids["grid_cell"]),
    }
    contents = [
        LayerContent(layer_id, made[layer_id], {"rows_out": len(made[layer_id]), "owner": "onemap"})
        for layer_id in load_catalogue()
        if layer_id in made
    ]
    options.folder.mkdir(parents=True, exist_ok=True)
    bounds = [float(value) for value in grids["grid_district"].total_bounds]
    facts = {"name": "大城区", "name_en": "Big City", "crs": CRS, "as_of": "2026-06-30", "levels": LEVELS}
    path = publish(options.folder / "onemap.gpkg", contents, facts={**facts, "bounds": str(bounds), "language": "zh"})
    print(f"{path}: {path.stat().st_size / 1e6:.0f} MB, {', '.join(f'{k} {len(v):,}' for k, v in made.items())}")


if __name__ == "__main__":
    main()
