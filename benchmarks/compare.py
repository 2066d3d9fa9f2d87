"""Time onemap's three hot jobs beside what people use today, in one run on the same data.

usage: python benchmarks/compare.py [--runs 5] [--data FOLDER_OF_REAL_DATA]

Prints a table (median seconds, ratio) and the versions. Jobs: cases to cells, proof of coverage, owner of polygons; on
the sample city and, where its data is present, on Washington DC.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import onemap

Job = Callable[[], Any]


def rival_join(cases: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One row a case, as users write it: join, sort, drop the doubles of borders."""
    joined = gpd.sjoin(cases, cells[["cell_code", "geometry"]], predicate="intersects", how="left")
    return joined.sort_values("cell_code").loc[lambda frame: ~frame.index.duplicated()].sort_index()


def rival_coverage(cells: gpd.GeoDataFrame) -> tuple[Any, Any]:
    """Gaps as holes of the union, overlaps by pairwise intersection."""
    geometries = cells.geometry.to_numpy()
    union = shapely.union_all(geometries)
    shells = shapely.get_parts(union)
    filled = shapely.polygons(shapely.get_exterior_ring(shells))
    gaps = shapely.difference(shapely.union_all(filled), union)
    left, right = shapely.STRtree(geometries).query(geometries, predicate="intersects")
    once = left < right
    overlaps = shapely.area(shapely.intersection(geometries[left[once]], geometries[right[once]]))
    return gaps, overlaps


def rival_owner(features: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> pd.DataFrame:
    """Largest share by overlay."""
    named = features[["geometry"]].assign(feature=np.arange(len(features)))
    pieces = gpd.overlay(named, cells[["cell_code", "geometry"]], how="intersection", keep_geom_type=True)
    pieces = pieces.assign(area=pieces.area).sort_values(
        ["feature", "area", "cell_code"], ascending=[True, False, True]
    )
    return pieces.drop_duplicates("feature")


def median(job: Job, runs: int) -> float:
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        job()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def sample_city() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    city = onemap.testing.make_city(size="full")
    return city.cells, city.cases[~city.cases.geometry.isna()], city.buildings


def washington(data: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    crs = "EPSG:26985"
    cells = (
        gpd.read_file(data / "dc_boundaries.gpkg", layer="smd_2013").to_crs(crs).rename(columns={"SMD_ID": "cell_code"})
    )
    table = pd.read_csv(data / "dc_service_requests_2016.csv.gz", dtype=str).dropna(subset=["GEOM_LON"])
    points = gpd.points_from_xy(table["GEOM_LON"].astype(float), table["GEOM_LAT"].astype(float))
    lots = gpd.read_file(data / "dc_base_features.gpkg", layer="condo_lots").to_crs(crs)
    return cells, gpd.GeoDataFrame(table, geometry=points, crs="EPSG:4326").to_crs(crs), lots


def compare(name: str, frames: tuple[gpd.GeoDataFrame, ...], runs: int) -> None:
    cells, cases, features = frames
    rows: list[tuple[str, str, Job, Job]] = [
        (f"{len(cases):,} cases to {len(cells):,} cells", "geopandas.sjoin",
         lambda: onemap.assign_cases(cases, cells), lambda: rival_join(cases, cells)),
        (f"coverage of {len(cells):,} cells", "union + pairs",
         lambda: onemap.check_coverage(cells), lambda: rival_coverage(cells)),
        (f"owner of {len(features):,} polygons", "geopandas.overlay",
         lambda: onemap.own_polygons(features, cells), lambda: rival_owner(features, cells)),
    ]  # fmt: skip
    for job, rival_name, ours, rival in rows:
        mine, theirs = median(ours, runs), median(rival, runs)
        print(f"| {name} | {job} | {mine:.3f} | {rival_name} {theirs:.3f} | {theirs / mine:.1f} x |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    options = parser.parse_args()
    print("| data | job | onemap, s | rival, s | ratio |\n|---|---|---|---|---|")
    compare("sample city", sample_city(), options.runs)
    if (options.data / "washington_dc").is_dir():
        compare("Washington DC", washington(options.data / "washington_dc"), options.runs)
    else:
        print(f"(Washington DC left out: no data at {options.data})")
    versions = {module.__name__: module.__version__ for module in (onemap, gpd, shapely, np, pd)}
    print(f"\nmedians of {options.runs} runs; python {sys.version.split()[0]}, "
          + ", ".join(f"{name} {version}" for name, version in versions.items())
          + f", GEOS {shapely.geos_version_string}")  # fmt: skip


if __name__ == "__main__":
    main()
