"""Proof that cells cover a district once and wholly, by shared edges, and a row for each place where they do not.

How: every edge that two cells share point for point proves itself. The other edges are split where a vertex of a
neighbour lies on them; those that pair up then are mismatches without area. What is left is arranged into faces, and
each face is named by the exact set of cells that cover it.

Coordinates are double numbers: two lines closer than two units in the last place of the largest coordinate (1e-10 m in
a Gauss-Kruger zone) cannot be told apart. What is narrower is a mismatch, whatever the tolerance.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from onemap.domain.validity import as_day
from onemap.errors import CrsError, GeometryError, SchemaError
from onemap.geo.borders import compare_borders, name_cells
from onemap.geo.cell_intake import Intake, take_cells
from onemap.geo.dated import in_force
from onemap.geo.defect_words import say_result
from onemap.geo.defects import KINDS, defect_table
from onemap.geo.edges import MatchedEdges
from onemap.geo.locator import CellLocator
from onemap.geo.repair import say_fault

_WIDEST_TOLERANCE = 1000.0


@dataclass(frozen=True)
class CoverageReport:
    """What `check_coverage` found.

    Attributes
    ----------
    defects
        One row a defect, ordered by kind, area and position whatever the order of the cells:

        - ``kind``: ``gap`` (covered by no cell), ``overlap`` (by two or more; one row a connected region with the same
          cells), ``outside`` (a cell reaches beyond the parent), ``mismatch`` (borders that differ without a measurable
          area between them: a vertex that one neighbour lacks, or slivers; one row for the same cells), ``invalid``
          (the geometry; its repaired shape takes part in the rest), ``duplicate`` (a geometry or a code again; the
          geometry takes part once);
        - ``area_m2``; ``width_m``: diameter of the largest circle inside; ``length_m``: of mismatches;
        - ``cells``: tuple of the codes concerned, for a gap its neighbours;
        - ``touches_parent``: it lies at the parent's border; ``allowed``, ``allowed_until``, ``reason`` (a sentence);
        - ``geometry``: polygon, or line of a mismatch, in the CRS of the cells.
    cells
        How many rows were checked.
    shared_edges
        How many edges two cells share point for point.
    tolerance_m
        Width below which a gap or overlap counts as a mismatch.
    """

    defects: gpd.GeoDataFrame
    cells: int
    shared_edges: int
    tolerance_m: float

    @property
    def ok(self) -> bool:
        """True where there is no defect but allowed ones."""
        return bool(self.defects["allowed"].all())

    @property
    def counts(self) -> dict[str, int]:
        """Number of defects of each kind, allowed ones included."""
        found = self.defects["kind"].value_counts()
        return {kind: int(found.get(kind, 0)) for kind in KINDS if kind not in {"nesting", "orphan"}}

    @property
    def sentence(self) -> str:
        """The result in one English sentence."""
        return say_result(self.defects, cells=self.cells)


def check_coverage(
    cells: gpd.GeoDataFrame,
    *,
    code: str = "cell_code",
    parent: Any = None,
    allowed: gpd.GeoDataFrame | None = None,
    tolerance_m: float = 0.0,
    today: dt.date | None = None,
    locator: CellLocator | None = None,
    as_of: Any = None,
) -> CoverageReport:
    """Find every place that no cell covers, that several cover, or where borders do not match; exactly.

    Parameters
    ----------
    cells
        Polygons; any index, any CRS (in a geographic one borders are compared in degrees and measured in metres).
    code
        Column of the codes; where it is absent the index names the cells.
    parent
        Polygon, or frame of polygons, that the cells shall cover; without it the outer border is taken as it is.
    allowed
        Polygons (lakes, barracks) with ``reason`` and optionally ``until`` (a date, or empty for ever) and ``kind``
        (``gap`` unless given): a defect that such a polygon covers is marked as allowed.
    tolerance_m
        Gaps, overlaps and parts outside into which no circle of this diameter fits are listed as mismatch.
    today
        The date by which ``until`` is judged; by default ``as_of``, else that of the clock.
    locator
        The kept locator of these very cells, whose edges need not be matched again.
    as_of
        Only cells and parents in force on this day, see `in_force`; by default all rows.

    Raises
    ------
    CrsError, SchemaError, GeometryError
        A coordinate system is missing or another; columns, dates, tolerance or locator do not fit; the parent is not
        valid.

    Examples
    --------
    >>> from shapely import box
    >>> squares = [box(0, 0, 10, 10), box(9, 0, 20, 10)]
    >>> cells = gpd.GeoDataFrame({"cell_code": ["a", "b"]}, geometry=squares, crs="EPSG:4548")
    >>> check_coverage(cells).defects["reason"].iloc[0]
    '2 cells cover the same 10 m2: a, b'
    """
    tolerance, crs = check_tolerance(tolerance_m), _crs_of(cells)
    cells = in_force(cells, as_of)
    outline = outline_of(in_force(parent, as_of) if isinstance(parent, gpd.GeoDataFrame) else parent, crs)
    intake, edges = _take(cells, code, locator)
    borders = compare_borders(intake.shapes, outline, crs=crs, tolerance_m=tolerance, edges=edges)
    found = [*intake.defects, *name_cells(borders.defects, intake.names)]
    defects = defect_table(found, crs, allowed=allowed, today=today or as_day(as_of))
    return CoverageReport(defects, len(cells), borders.shared, tolerance)


def _crs_of(cells: gpd.GeoDataFrame) -> CRS:
    if not isinstance(cells, gpd.GeoDataFrame) or cells.active_geometry_name is None:
        raise SchemaError("the {name} have no geometry column", name="cells")
    if cells.crs is None:
        raise CrsError("the cells have no coordinate system; declare it")
    return CRS(cells.crs)


def _take(cells: gpd.GeoDataFrame, code: str, locator: CellLocator | None) -> tuple[Intake, MatchedEdges | None]:
    """Return the cells fit for comparing borders, and their matched edges where a locator has those of them all."""
    if locator is None:
        return take_cells(cells, code), None
    if not locator.is_of(cells, code):
        raise GeometryError("the locator was made of other cells")
    valid = np.ones(len(cells), dtype=bool)
    valid[locator.invalid] = False
    intake = take_cells(cells, code, valid=valid)
    complete = valid.all() and len(intake.shapes) == len(cells)
    return intake, locator.index.edges if complete else None


def check_tolerance(value: Any) -> float:
    """Refuse tolerances that are no width or that would hide everything."""
    if not isinstance(value, int | float | np.integer | np.floating) or not 0 <= value <= _WIDEST_TOLERANCE:
        raise SchemaError(
            "tolerance_m is {value}; it must be a width from 0 to {most} m", value=value, most=int(_WIDEST_TOLERANCE)
        )
    return float(value)


def outline_of(parent: Any, crs: CRS) -> Any:
    """Return the parent as one valid polygon in the CRS of the cells, or None."""
    if parent is None:
        return None
    if isinstance(parent, gpd.GeoDataFrame | gpd.GeoSeries):
        if parent.crs is None:
            raise CrsError("the parent has no coordinate system; declare it")
        if CRS(parent.crs) != crs:
            found, needed = CRS(parent.crs).to_string(), crs.to_string()
            raise CrsError("the parent is in {found}, the cells in {needed}", found=found, needed=needed)
        shapes = parent.geometry.to_numpy()
    else:
        shapes = np.array([parent], dtype=object)
    shapes = shapely.force_2d(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))])
    if not len(shapes) or (shapely.get_dimensions(shapes) != 2).any():  # noqa: PLR2004 - polygons
        raise GeometryError("the parent must be one or more polygons")
    if not shapely.is_valid(shapes).all():
        raise GeometryError("the parent is not valid: {found}", found=say_fault(shapely.is_valid_reason(shapes[0])))
    return shapes[0] if len(shapes) == 1 else shapely.union_all(shapes)
