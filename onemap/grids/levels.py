"""Nested levels of grids: district, street, community, cell, or any others. Nesting is proved, not assumed."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from onemap.errors import CrsError, SchemaError
from onemap.geo.arrangement import Cover, Shapes
from onemap.geo.borders import compare_borders, name_cells
from onemap.geo.cell_intake import cell_codes, repeated_codes, usable_shapes
from onemap.geo.coverage import check_tolerance
from onemap.geo.dated import in_force
from onemap.geo.defects import Defect, defect_table, sort_codes

_PARENT = "parent_code"
_STRAY = "{area} m2 of {cells} lie outside its parent {parent}"
_STRAY_INTO = "{area} m2 of {cells} lie outside its parent {parent}, in {other}"
_MISMATCH = "the border of {cells} does not match its parent {parent} over {length} m"
_BARE = "no child of {parent} covers {area} m2 of it, up to {width} m wide"


@dataclass(frozen=True)
class _Level:
    """One level, ready to compare: codes and usable shapes by row."""

    id: str
    codes: pd.Series
    shapes: Shapes
    parents: pd.Series | None
    """What the rows themselves say; None where the level has no such column."""

    def united(self) -> dict[Any, Any]:
        """Return the area of each code."""
        rows = pd.Series(range(len(self.codes)))
        rows = rows[[shape is not None for shape in self.shapes]]
        groups = rows.groupby(self.codes.iloc[rows].to_numpy()).agg(list)
        return {c: self.shapes[r[0]] if len(r) == 1 else shapely.union_all(self.shapes[r]) for c, r in groups.items()}


def check_nesting(
    levels: Mapping[str, gpd.GeoDataFrame],
    *,
    tolerance_m: float = 0.0,
    codes: Mapping[str, str] | None = None,
    as_of: Any = None,
) -> gpd.GeoDataFrame:
    """Find every child outside its parent, every parent its children do not fill, and every wrong code.

    Parameters
    ----------
    levels
        Layer id to polygons, from coarse to fine, all in one CRS. A column ``parent_code`` names the parent in the
        level above; a level without it gets for parent the one with the largest share of each child.
    tolerance_m
        Regions into which no circle of this diameter fits are listed as mismatch.
    codes
        Column of the codes by layer id; by default the id without ``grid_`` plus ``_code`` (``street_code`` of
        ``grid_street``), and where that is absent the index.
    as_of
        Only rows in force on this day, see `in_force`; by default all rows.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns of `CoverageReport.defects` and first ``layer_id``, the level at fault:

        - ``nesting``: a connected part of a child outside its parent;
        - ``gap``: a part of a parent that no child covers, ``cells`` names the parent and its neighbours there;
        - ``mismatch``: a child and its parent draw their common border with different vertices;
        - ``orphan``: a child without parent code, with one that no parent has, or with codes that run in a circle;
          its geometry is judged against the parent with the largest share;
        - ``duplicate``: a code that several rows have.

        What is wrong within one level (overlaps, invalid shapes) is the matter of `check_coverage`.

    Raises
    ------
    CrsError
        A level has no CRS or another one than the first.
    SchemaError
        There is no level, or the tolerance is no width.

    Examples
    --------
    >>> from shapely import box
    >>> streets = gpd.GeoDataFrame({"street_code": ["s"]}, geometry=[box(0, 0, 10, 10)], crs="EPSG:4548")
    >>> cells = gpd.GeoDataFrame(
    ...     {"cell_code": ["a"], "parent_code": ["s"]}, geometry=[box(0, 0, 11, 10)], crs="EPSG:4548"
    ... )
    >>> check_nesting({"grid_street": streets, "grid_cell": cells})["reason"].tolist()
    ['10 m2 of a lie outside its parent s']
    """
    check_tolerance(tolerance_m)
    if not levels:
        raise SchemaError("there is no level to check")
    levels = {name: in_force(frame, as_of) for name, frame in levels.items()}
    crs = _common_crs(levels)
    ready = [_level(name, frame, (codes or {}).get(name)) for name, frame in levels.items()]
    tables = []
    for level in ready:
        defects = repeated_codes(level.shapes, level.codes)
        tables.append((level.id, defects))
    for coarse, fine in itertools.pairwise(ready):
        tables.append((fine.id, list(_compare(coarse, fine, _chain(ready), crs, tolerance_m))))
    frames = [defect_table(defects, crs).assign(layer_id=name) for name, defects in tables]
    table = pd.concat(frames, ignore_index=True)
    return gpd.GeoDataFrame(table[["layer_id", *table.columns.drop("layer_id")]], geometry="geometry", crs=crs)


def _common_crs(levels: Mapping[str, gpd.GeoDataFrame]) -> CRS:
    first: CRS | None = None
    for name, frame in levels.items():
        if frame.crs is None:
            raise CrsError("{layer} has no coordinate system; declare it", layer=name)
        crs = CRS(frame.crs)
        if first is not None and crs != first:
            raise CrsError(
                "{layer} is in {found}, the level above in {needed}",
                layer=name,
                found=crs.to_string(),
                needed=first.to_string(),
            )
        first = crs
    assert first is not None
    return first


def _level(name: str, frame: gpd.GeoDataFrame, code: str | None) -> _Level:
    column = code or f"{name.removeprefix('grid_')}_code"
    codes = cell_codes(frame, column)
    shapes, _ = usable_shapes(shapely.force_2d(frame.geometry.to_numpy()), codes)
    parents = frame[_PARENT].reset_index(drop=True).astype(object) if _PARENT in frame else None
    return _Level(name, codes, shapes, parents)


def _chain(levels: list[_Level]) -> dict[Any, Any]:
    """Return the parent code of each code over all levels."""
    chain: dict[Any, Any] = {}
    for level in levels:
        if level.parents is not None:
            chain.update({c: p for c, p in zip(level.codes, level.parents, strict=True) if pd.notna(p)})
    return chain


def _compare(coarse: _Level, fine: _Level, chain: dict[Any, Any], crs: CRS, tolerance_m: float) -> Iterator[Defect]:
    """Yield orphans, then what does not fit of each parent and its children."""
    areas = coarse.united()
    known = set(coarse.codes)
    parent = _nearest_parents(fine.shapes, areas)
    if fine.parents is not None:
        for row, named in enumerate(fine.parents):
            if pd.notna(named) and str(named) in known:
                parent[row] = str(named)
            else:
                yield _orphan(fine, row, named, chain)
    children: dict[Any, list[int]] = {code: [] for code in areas}
    for row, code in enumerate(parent):
        if code in children and fine.shapes[row] is not None:
            children[code].append(row)
    families = _Families(fine, areas, crs, tolerance_m)
    for code, rows in children.items():
        yield from families.strays(code, rows)
    yield from families.bare()


def _orphan(fine: _Level, row: int, named: Any, chain: dict[Any, Any]) -> Defect:
    code = fine.codes.iloc[row]
    shape, cells = fine.shapes[row], (code,)
    if pd.isna(named):
        return Defect("orphan", shape, cells, "{cells} names no parent")
    path = [code]
    while path[-1] in chain and chain[path[-1]] not in path:
        path.append(chain[path[-1]])
    if chain.get(path[-1]) == code:
        circle = " > ".join(map(str, [*path, code]))
        return Defect(
            "orphan", shape, cells, "the parent codes of {cells} run in a circle: {circle}", {"circle": circle}
        )
    return Defect("orphan", shape, cells, "{cells} names the parent {parent}, which does not exist", {"parent": named})


def _nearest_parents(shapes: Shapes, areas: dict[Any, Any]) -> list[Any]:
    """Return for each shape the code of the area with the largest share of it, the smallest code where shares tie."""
    codes = sort_codes(areas)
    polygons = np.array([areas[c] for c in codes], dtype=object)
    child, area = shapely.STRtree(polygons).query(shapes, predicate="intersects")
    lone = ~pd.Series(child).duplicated(keep=False).to_numpy(dtype=bool)
    size = np.ones(len(child))
    size[~lone] = shapely.area(shapely.intersection(shapes[child[~lone]], polygons[area[~lone]]))
    table = pd.DataFrame({"child": child, "area": area, "size": size}).sort_values(
        ["child", "size", "area"], ascending=[True, False, True]
    )
    best = table.drop_duplicates("child").set_index("child")["area"]
    return [codes[best[i]] if i in best.index else None for i in range(len(shapes))]


class _Families:
    """Parents with their children."""

    def __init__(self, fine: _Level, areas: dict[Any, Any], crs: CRS, tolerance_m: float) -> None:
        self._fine = fine
        self._areas = areas
        self._codes = list(areas)
        self._shapes = np.array(list(areas.values()), dtype=object)
        self._cover = Cover(self._shapes)
        self._options: dict[str, Any] = {"crs": crs, "tolerance_m": tolerance_m}

    def _defects(self, rows: list[int], outline: Any) -> Iterator[Defect]:
        """Yield how some children fit an area, their codes in the place of positions."""
        found = compare_borders(self._fine.shapes[rows], outline, **self._options).defects
        return name_cells(found, tuple((name,) for name in self._fine.codes.iloc[rows]))

    def strays(self, code: Any, rows: list[int]) -> Iterator[Defect]:
        """Yield the parts of children outside their parent, and borders that do not match it."""
        for defect in self._defects(rows, self._areas[code]):
            if defect.kind == "outside":
                into = self._cover.over(np.array([defect.geometry], dtype=object))[0]
                other = ", ".join(str(self._codes[i]) for i in into)
                template = _STRAY_INTO if other else _STRAY
                yield replace(defect, kind="nesting", template=template, values={"parent": code, "other": other})
            elif defect.kind == "mismatch" and defect.touches_parent:
                yield replace(defect, template=_MISMATCH, values={"parent": code})

    def bare(self) -> Iterator[Defect]:
        """Yield the land of any parent that no child covers, not even one of another parent: that child strays."""
        rows = np.flatnonzero(~shapely.is_missing(self._fine.shapes)).tolist()
        found = [d for d in self._defects(rows, shapely.union_all(self._shapes)) if d.kind == "gap"]
        shapes = np.array([d.geometry for d in found], dtype=object)
        gap, area = shapely.STRtree(self._shapes).query(shapes, predicate="intersects")
        through = shapely.relate_pattern(self._shapes[area], shapes[gap], "T********")
        parents: dict[int, list[Any]] = {}
        for at, of in zip(gap[through].tolist(), area[through].tolist(), strict=True):
            parents.setdefault(at, []).append(self._codes[of])
        for at, defect in enumerate(found):
            names = ", ".join(map(str, sort_codes(parents.get(at, []))))
            yield replace(defect, template=_BARE, values={"parent": names})
