"""What is measured, against whom, and what must come out: the table of the benchmark as data."""

from dataclasses import dataclass
from typing import Final

CONTESTANTS: Final = {
    "onemap": "with_onemap",
    "geopandas.sjoin": "with_geopandas",
    "geopandas.overlay": "with_geopandas",
    "shapely.STRtree": "with_shapely",
    "union + pairs": "with_union",
    "coverage_invalid_edges": "with_invalid_edges",
    "SedonaDB": "with_sedonadb",
    "DuckDB spatial": "with_duckdb",
    "polars-st": "with_polars_st",
    "PostGIS": "with_postgis",
    "dask_geopandas.sjoin": "with_dask_geopandas",
}
"""Name in the tables -> module."""

SJOIN: Final = ("geopandas.sjoin",)
ENGINES: Final = ("SedonaDB", "DuckDB spatial", "polars-st", "PostGIS")


@dataclass(frozen=True)
class Limit:
    """A promise about a job.

    Attributes
    ----------
    must, aim
        At least so many times as fast as the fastest of ``rivals``; or, where there are none, at most this value of
        ``figure``.
    rivals
        Names of contestants.
    figure
        The figure that is compared, in the unit that its name ends with.
    title
        What is promised, where it is not that the job is fast.
    """

    must: float
    aim: float | None = None
    rivals: tuple[str, ...] = ()
    figure: str = "seconds"
    title: str = ""


@dataclass(frozen=True)
class Job:
    """One job on one data set.

    Attributes
    ----------
    kind
        Function of the contestants' modules.
    title
        What is done, for the tables.
    dataset, rows
        Name of the data set; how many points or buildings.
    rivals
        Who does the same.
    limits
        What must hold.
    row
        Name by which this row alone can be asked for.
    samples
        Contestants that do some of the rows only, because all would take them too long; their time is multiplied.
    """

    kind: str
    title: str
    dataset: str
    rows: int
    rivals: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    row: str = ""
    samples: tuple[tuple[str, int], ...] = ()

    def rows_for(self, contestant: str) -> int:
        """Return how many rows a contestant does."""
        return min(self.rows, dict(self.samples).get(contestant, self.rows))


@dataclass(frozen=True)
class Size:
    """How large everything is. ``cells`` are the district, the city and the nation: their limits differ."""

    name: str
    cells: tuple[int, int, int]
    points: int
    cases: int
    single: int
    buildings: int
    streamed: int
    runs: int
    real: bool


SIZES: Final = {
    "tiny": Size("tiny", (50, 100, 200), 5_000, 1_000, 100, 300, 10_000, 1, real=False),
    "small": Size("small", (1_250, 2_500, 5_000), 1_000_000, 200_000, 5_000, 100_000, 2_000_000, 3, real=False),
    "full": Size("full", (2_500, 25_000, 100_000), 10_000_000, 1_000_000, 20_000, 1_000_000, 50_000_000, 3, real=True),
}
REAL_TITLES: Final = {
    "washington-smd": "Washington DC's requests, repeated, to 296 single-member districts",
    "washington-block-groups": "Washington DC's requests, repeated, to 450 block groups",
    "beijing-towns": "points spread over Beijing's 331 towns, longitude and latitude",
}


def jobs(size: Size) -> list[Job]:
    """Return the jobs of a size, in the order of the tables."""
    district, city, nation = size.cells
    names = {cells: f"city-{cells}" for cells in size.cells}
    million = {cells: f"{_count(size.points)} points to {cells:,} cells" for cells in size.cells}
    cases = f"{_count(size.cases)} cases, frame in, table with reasons out"
    places = (("district", district), ("city", city))
    listed = [
        Job("locate", f"{million[city]}, index kept", names[city], size.points,
            (*SJOIN, "shapely.STRtree", *ENGINES), (Limit(60, 120, SJOIN), Limit(25, 45, ENGINES)),
            "points-city", (("PostGIS", 1_000_000),)),
        Job("locate", f"{million[district]}, index kept", names[district], size.points,
            (*SJOIN, "SedonaDB"), (Limit(45, 90, SJOIN),), "points-district"),
        Job("locate", f"{million[nation]}, index kept", names[nation], size.points,
            (*SJOIN, "SedonaDB"),
            (Limit(60, 120, SJOIN), Limit(5_000, 2_500, (), "index_bytes_a_cell", f"index of {nation:,} cells")),
            "points-nation"),
        Job("locate_cold", f"{million[city]}, index built in the job", names[city], size.points,
            SJOIN, (Limit(15, 30, SJOIN),), "build-city"),
        Job("locate_cold", f"{million[nation]}, index built in the job", names[nation], size.points,
            SJOIN, (Limit(6, 15, SJOIN),), "build-nation"),
        # the promise is for the city, as with points and owners; what a small district gains is told without a limit
        *(Job("assign_kept", f"{cases}, {cells:,} cells, index kept", names[cells], size.cases,
              SJOIN, (Limit(12, 25, SJOIN),) if cells == city else (), f"cases-{place}") for place, cells in places),
        *(Job("assign", f"{cases}, {cells:,} cells, index built in the job", names[cells], size.cases, SJOIN,
              row=f"cases-{place}-built") for place, cells in places),
        Job("locate_one", f"one point, {city:,} cells", names[city], size.single,
            ("shapely.STRtree", *SJOIN), (Limit(2, 1, figure="median_us"),), "one-point"),
        Job("coverage", f"gaps and overlaps with areas, {nation:,} cells, 1 % damaged", names[nation], 0,
            ("union + pairs", "coverage_invalid_edges"),
            (Limit(15, 30, ("union + pairs",)), Limit(1, None, ("coverage_invalid_edges",))), "coverage"),
        Job("own", f"owner of {_count(size.buildings)} buildings, {city:,} cells", names[city], size.buildings,
            ("geopandas.overlay", "shapely.STRtree"),
            (Limit(8, 20, ("geopandas.overlay",)), Limit(3, None, ("shapely.STRtree",))), "owners"),
        Job("out_of_core", f"{_count(size.streamed)} points in files to {city:,} cells, into files", names[city],
            size.streamed, ("dask_geopandas.sjoin", "SedonaDB"),
            (Limit(10, 25, ("dask_geopandas.sjoin",)), Limit(5, None, ("SedonaDB",)),
             Limit(1024, figure="peak_mb", title=f"memory, {_count(size.streamed)} points out of core")),
            "out-of-core"),
        Job("locate", f"{_count(size.points // 10)} points to {city:,} cells, index kept", names[city],
            size.points // 10, row="growth"),
    ]  # fmt: skip
    real = [
        Job("locate", f"{title}, {_count(size.points)} rows", name, size.points, (*SJOIN, "SedonaDB"), row=name)
        for name, title in REAL_TITLES.items()
    ]
    return listed + (real if size.real else [])


def _count(number: int) -> str:
    return f"{number // 1_000_000} M" if number >= 1_000_000 else f"{number:,}"
