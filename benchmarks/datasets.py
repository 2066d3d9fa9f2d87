"""The benchmark's data on disk: one folder a data set, made once, read by every contestant.

usage: python -m benchmarks.datasets FOLDER NAME [--points N ...] [--buildings N ...] [--parts N ...] [--real FOLDER]

NAME is ``city-2500`` (any number of cells) or the name of a real data set. Contestants that lack geopandas read the
same Parquet files: cells are numbered by position, codes sort as positions do.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CRS: Final = "EPSG:4547"
_BLOCK: Final = 2_000_000
_ROW_GROUP: Final = 122_880  # of DuckDB, and small enough for every engine to read in parallel


@dataclass(frozen=True)
class Dataset:
    """A folder of cells, points, buildings; see the module's text."""

    folder: Path

    @property
    def cells(self) -> Path:
        """Sound cells: ``cell_code`` and geometry."""
        return self.folder / "cells.parquet"

    @property
    def damaged(self) -> Path:
        """The same cells, 1 % of them damaged."""
        return self.folder / "damaged.parquet"

    def points(self, count: int) -> Path:
        """Points: ``id``, ``x``, ``y``."""
        return self.folder / f"points-{count}.parquet"

    def buildings(self, count: int) -> Path:
        """Buildings: geometry alone."""
        return self.folder / f"buildings-{count}.parquet"

    def parts(self, count: int) -> Path:
        """Folder of points in files of two millions."""
        return self.folder / f"parts-{count}"

    def xy(self, count: int) -> tuple[Floats, Floats]:
        """Return the coordinates of the points."""
        import pyarrow.parquet as pq

        table = pq.read_table(self.points(count), columns=["x", "y"])
        return table["x"].to_numpy(), table["y"].to_numpy()

    def wkb(self) -> list[bytes]:
        """Return the cells for engines that have no geopandas."""
        import pyarrow.parquet as pq

        found: list[bytes] = pq.read_table(self.cells, columns=["geometry"])["geometry"].to_pylist()
        return found


def smallest(points: Ints, cells: Ints, count: int) -> Ints:
    """Return one cell a point from pairs: the smallest, as onemap answers; -1 where a point has none."""
    found = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(found, points, cells)
    found[found == np.iinfo(np.int64).max] = -1
    return found


def read_written(folder: Path, rows: int, column: str) -> Ints:
    """Return the answer that a contestant wrote to Parquet: ``id`` and a column of positions or codes."""
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

    table = ds.dataset(folder, format="parquet", exclude_invalid_files=True).to_table(columns=["id", column])
    cell = pc.fill_null(pc.cast(table[column], "int64"), -1).to_numpy()
    found = cell >= 0
    return smallest(table["id"].to_numpy()[found], cell[found], rows)


def _write_cells(path: Path, shapes: Any, positions: Ints, crs: Any) -> None:
    import geopandas as gpd

    codes = [f"{position:07d}" for position in positions]
    gpd.GeoDataFrame({"cell_code": codes}, geometry=shapes, crs=crs).to_parquet(path)


def _write_points(path: Path, points: Floats, first: int = 0) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = np.arange(first, first + len(points), dtype=np.int64)
    columns = {"id": number, "x": points[:, 0].copy(), "y": points[:, 1].copy()}
    pq.write_table(pa.table(columns), path, row_group_size=_ROW_GROUP)


def _blocks(count: int) -> Iterator[tuple[int, int]]:
    return ((start, min(_BLOCK, count - start)) for start in range(0, count, _BLOCK))


def write_city(data: Dataset, cells: int, wanted: argparse.Namespace) -> None:
    """Write what is wanted of the city of so many cells."""
    import geopandas as gpd

    from benchmarks.workload import damage, make_buildings, make_city, make_points

    city = make_city(cells)
    _write_cells(data.cells, city.cells, np.arange(cells), CRS)
    if wanted.damaged:
        _write_cells(data.damaged, *damage(city), CRS)
    for count in wanted.points:
        _write_points(data.points(count), make_points(city, count))
    for count in wanted.buildings:
        gpd.GeoDataFrame(geometry=make_buildings(city, count), crs=CRS).to_parquet(data.buildings(count))
    for count in wanted.parts:
        data.parts(count).mkdir()
        for number, (start, rows) in enumerate(_blocks(count)):
            block = make_points(city, rows, block=1 + number)
            _write_points(data.parts(count) / f"part-{number:04d}.parquet", block, start)


def _washington(layer: str) -> Callable[[Path, int], tuple[Any, Floats]]:
    """Return a reader of Washington's cells and its service requests of one month, repeated to the number asked for."""

    def read(folder: Path, count: int) -> tuple[Any, Floats]:
        import geopandas as gpd
        import pandas as pd

        crs = "EPSG:26985"
        cells = gpd.read_file(folder / "washington_dc" / "dc_boundaries.gpkg", layer=layer).to_crs(crs)
        table = pd.read_csv(folder / "washington_dc" / "dc_service_requests_2016.csv.gz", dtype=str)
        table = table.dropna(subset=["GEOM_LON"])
        places = gpd.points_from_xy(table["GEOM_LON"].astype(float), table["GEOM_LAT"].astype(float), crs="EPSG:4326")
        places = places.to_crs(crs)
        repeated = np.resize(np.arange(len(places)), count)
        return cells, np.column_stack([places.x, places.y])[repeated]

    return read


def _beijing(folder: Path, count: int) -> tuple[Any, Floats]:
    """Return Beijing's towns in degrees, and points spread evenly over their bounds."""
    import geopandas as gpd

    cells = gpd.read_file(folder / "beijing" / "beijing_towns.shp")
    west, south, east, north = cells.total_bounds
    return cells, np.random.default_rng(7).uniform((west, south), (east, north), (count, 2))


REAL: Final[dict[str, Callable[[Path, int], tuple[Any, Floats]]]] = {
    "washington-smd": _washington("smd_2013"),
    "washington-block-groups": _washington("census_block_group_2010"),
    "beijing-towns": _beijing,
}


def write_real(data: Dataset, name: str, source: Path, counts: list[int]) -> None:
    """Write the cells and points of a real data set."""
    for count in counts:
        cells, points = REAL[name](source, count)
        _write_cells(data.cells, cells.geometry.to_numpy(), np.arange(len(cells)), cells.crs)
        _write_points(data.points(count), points)


def options() -> argparse.ArgumentParser:
    """Return what the command line takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("name")
    parser.add_argument("--damaged", action="store_true")
    for kind in ("points", "buildings", "parts"):
        parser.add_argument(f"--{kind}", type=int, nargs="*", default=[])
    parser.add_argument("--real", type=Path)
    return parser


def main() -> None:
    """Write one data set."""
    wanted = options().parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    data = Dataset(wanted.folder)
    if wanted.name in REAL:
        write_real(data, wanted.name, wanted.real, wanted.points)
    else:
        write_city(data, int(wanted.name.removeprefix("city-")), wanted)


if __name__ == "__main__":
    main()
