"""What is to be done with each file: where positions stand in it, what is asked, and by which cells."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pyproj

from onemap.cases.places import BEYOND
from onemap.cases.points import PointAssigner
from onemap.errors import CrsError, SchemaError
from onemap.geo.crs import resolve_crs
from onemap.geo.locator import CellLocator

if TYPE_CHECKING:
    import geopandas as gpd

ANSWERS: Final = ("cell", "how", "distance_m", "candidates")
"""Columns that can be asked for: those of `assign_cases` that a row alone decides."""

Cells: TypeAlias = "gpd.GeoDataFrame | CellLocator | str | Path"


@dataclass(frozen=True)
class Job:
    """What is asked of every batch of rows.

    Attributes
    ----------
    x, y, geometry
        Columns of the position: two of numbers, or one of WKB.
    crs
        System of the positions as WKT; empty where each GeoParquet file says its own.
    near_m, border_m
        As in `assign_cases`.
    answers
        Columns to add, of `ANSWERS`.
    keep
        Columns to take over from the source; None: all.
    batch_rows
        So many rows are in memory at once.
    cells
        Hash of the cells.
    """

    x: str | None
    y: str | None
    geometry: str | None
    crs: str
    near_m: float
    border_m: float
    answers: tuple[str, ...]
    keep: tuple[str, ...] | None
    batch_rows: int
    cells: str

    @property
    def measures(self) -> bool:
        """Whether distances are needed; else a look-up is enough."""
        return self.near_m > 0 or not {"cell", "how"}.issuperset(self.answers)

    def fingerprint(self, source: Path) -> str:
        """Return what tells this job on this file from any other."""
        state = source.stat()
        asked = {**self.__dict__, "file": source.name, "bytes": state.st_size, "time": state.st_mtime_ns}
        del asked["batch_rows"]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def plan_job(
    locator: CellLocator,
    *,
    x: str | None = None,
    y: str | None = None,
    geometry: str | None = None,
    crs: Any = None,
    near_m: float = 0.0,
    border_m: float = 1.0,
    answers: Sequence[str] = ("cell", "how"),
    keep: Sequence[str] | None = None,
    batch_rows: int = 500_000,
) -> Job:
    """Return the checked job.

    Raises
    ------
    CrsError
        Positions in two columns, and no coordinate system is given; or the cells have none.
    SchemaError
        An option is not as it must be.
    """
    if (x is None) != (y is None) or (x is not None and geometry is not None):
        raise SchemaError("positions stand in two columns, x and y, or in one, geometry")
    unknown = [name for name in answers if name not in ANSWERS]
    if unknown or not answers:
        raise SchemaError(
            "answers hold {found}; they can be {known}", found=", ".join(unknown) or "-", known=", ".join(ANSWERS)
        )
    for name, value in (("near_m", near_m), ("border_m", border_m)):
        if not 0 <= value < BEYOND:
            raise SchemaError("{name} is {value}; it must be a distance in metres, 0 or more", name=name, value=value)
    if batch_rows < 1:
        raise SchemaError("batch_rows is {value}; it must be 1 or more", value=batch_rows)
    if locator.crs is None:
        raise CrsError("the {name} have no coordinate system; declare it", name="cells")
    if crs is None and x is not None:
        raise CrsError("the {name} have no coordinate system; declare it", name="cases")
    return Job(
        x=x,
        y=y,
        geometry=geometry,
        crs="" if crs is None else resolve_crs(crs).crs.to_wkt(),
        near_m=float(near_m),
        border_m=float(border_m),
        answers=tuple(name for name in ANSWERS if name in answers),
        keep=None if keep is None else tuple(keep),
        batch_rows=batch_rows,
        cells=locator.content_hash,
    )


def locator_of(cells: Cells, code: str) -> CellLocator:
    """Return the locator of cells, of a kept index, or itself."""
    if isinstance(cells, CellLocator):
        return cells
    return CellLocator.load(cells) if isinstance(cells, str | Path) else CellLocator(cells, code)


@lru_cache(maxsize=2)
def kept_assigner(index: str, cells: str, near_m: float, border_m: float) -> PointAssigner:
    """Return the assigner of a kept index, opened once in each process.

    The cache stands in this module, not in a function that travels to the workers: a travelling function arrives
    anew with every task, and would open the index, and hold it, as often.

    Parameters
    ----------
    index
        The kept index.
    cells
        Hash of its cells: another index at the same place is another entry.
    near_m, border_m
        As in `assign_cases`.
    """
    del cells
    return PointAssigner(CellLocator.load(index), near_m=near_m, border_m=border_m)


@lru_cache(maxsize=16)
def crs_of(text: str) -> pyproj.CRS:
    """Return a system from its WKT or PROJJSON."""
    return pyproj.CRS(text)
