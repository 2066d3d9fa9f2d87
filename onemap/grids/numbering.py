"""Codes for cells: new ones in reading order inside each community, old ones kept, withdrawn ones never given again."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from onemap.domain.codes import CodeProfile, Item
from onemap.domain.codes import profile as profile_named
from onemap.domain.validity import VALID_FROM, VALID_TO
from onemap.errors import CrsError, SchemaError, some
from onemap.geo.crs import area_m2, to_metric
from onemap.geo.dated import in_force
from onemap.translation import say

_NEW: Final = "the next free serial of {community}"
_KEPT: Final = "keeps its code"
_KEPT_BY_LAND: Final = "keeps the code of the cell that it shares {share} percent of its land with"
_GONE: Final = "no cell has the land of {code} any more"
_STAYS_GONE: Final = "withdrawn before; never given again"

Existing: TypeAlias = str | pd.Series | gpd.GeoDataFrame | None


@dataclass(frozen=True)
class NumberedCells:
    """What `number_cells` made.

    Attributes
    ----------
    cells
        The cells with their code, index and order as they came.
    changes
        One row a code: ``change`` (kept, new, withdrawn), the code, the community, ``row`` (label of the cell; empty
        for withdrawn codes), ``area_m2``, ``reason``, geometry. Ordered by code.
    """

    cells: gpd.GeoDataFrame
    changes: gpd.GeoDataFrame

    @property
    def counts(self) -> dict[str, int]:
        """How many codes were kept, given new and withdrawn."""
        found = self.changes["change"].value_counts()
        return {change: int(found.get(change, 0)) for change in ("kept", "new", "withdrawn")}


def number_cells(
    cells: gpd.GeoDataFrame,
    *,
    profile: str | CodeProfile,
    community: str = "community_code",
    code: str = "cell_code",
    existing: Existing = None,
    withdrawn: Iterable[str] = (),
    same_share: float = 0.5,
    row_height_m: float | None = None,
    as_of: Any = None,
) -> NumberedCells:
    """Give every cell a code: inside each community rows from north to south, each from west to east.

    The input is not changed: look at ``.changes`` before ``.cells`` is put to use.

    Parameters
    ----------
    cells
        Polygons with the code of their community; any index, any CRS.
    profile
        Code profile, such as ``"GBT30428"``; the community is all that stands before the serial.
    community
        Column of the community's code.
    code
        Column that is to hold the cells' codes.
    existing
        Codes that stand already: a column of ``cells``, a series on their index (missing or empty for new cells), or
        the cells of the division in force, with ``code``; of these a cell keeps the code of the one with which it
        shares more than ``same_share`` of the land of both.
    withdrawn
        Codes that were once given; they are never given again. Codes of ``existing`` cells that no cell keeps are
        withdrawn as well.
    same_share
        How much of the land of both an old and a new cell must share for the code to stay, 0.5 to 1.
    row_height_m
        How far south of its first cell a row reaches; by default half the usual spacing.
    as_of
        Only rows in force on this day are numbered, and of ``existing`` only those keep or lose a code, see
        `onemap.in_force`; codes of the others are never given again.

    Returns
    -------
    NumberedCells
        ``.cells`` and ``.changes``.

    Raises
    ------
    SchemaError
        A column is missing, a community has no code or one that does not fit the profile, a code is unsound, doubled,
        withdrawn or of another community, or the serials of a community run out.
    CrsError
        There is no coordinate system, or old and new cells have different ones.

    Notes
    -----
    The order is that of the local standards for unit grids (west to east, north to south inside a community). New
    serials follow the highest ever given: a free number in between may have been given before lists were kept.

    Examples
    --------
    >>> from shapely import box
    >>> cells = gpd.GeoDataFrame(
    ...     {"community_code": ["110102007012"] * 3},
    ...     geometry=[box(0, 0, 9, 9), box(9, 9, 18, 18), box(0, 9, 9, 18)],
    ...     crs="EPSG:4548",
    ... )
    >>> number_cells(cells, profile="GBT30428").cells["cell_code"].tolist()
    ['110102007012003', '110102007012002', '110102007012001']
    """
    scheme = profile if isinstance(profile, CodeProfile) else profile_named(profile)
    _check(cells, community, same_share)
    cells, existing, ended = _on_day(cells, existing, code, as_of)
    old = _Old.of(existing, cells, community, code, same_share)
    gone = {str(c) for c in withdrawn} | ended
    codes = _given(cells, scheme, old, gone, community=community, row_height_m=row_height_m)
    numbered = cells.assign(**{code: pd.Series(codes, index=cells.index, dtype="str")})
    return NumberedCells(numbered, _changes(cells, codes, old, gone, community=community, code=code, scheme=scheme))


def _on_day(
    cells: gpd.GeoDataFrame, existing: Existing, code: str, as_of: Any
) -> tuple[gpd.GeoDataFrame, Existing, set[str]]:
    """Return the cells and the codes that stand on a day, and the codes that stand on other days only."""
    dates = pd.DataFrame({c: cells[c].to_numpy() for c in (VALID_FROM, VALID_TO) if c in cells}, range(len(cells)))
    rows = in_force(dates, as_of).index
    here = cells.iloc[rows]
    if isinstance(existing, gpd.GeoDataFrame):
        now = in_force(existing, as_of)
        return here, now, _texts(existing.get(code)) - _texts(now.get(code))
    if isinstance(existing, pd.Series) and existing.index.equals(cells.index):
        return here, existing.iloc[rows], _texts(existing) - _texts(existing.iloc[rows])
    column = existing if isinstance(existing, str) else None
    return here, existing, _texts(cells.get(column)) - _texts(here.get(column))


def _texts(codes: "pd.Series[Any] | None") -> set[str]:
    return set() if codes is None else {str(c).strip() for c in codes.dropna()} - {""}


def _check(cells: gpd.GeoDataFrame, community: str, same_share: float) -> None:
    if not isinstance(cells, gpd.GeoDataFrame) or cells.active_geometry_name is None:
        raise SchemaError("the {name} have no geometry column", name="cells")
    if cells.crs is None:
        raise CrsError("the cells have no coordinate system; declare it")
    if community not in cells:
        raise SchemaError(
            "the cells have no column {code}; they have {columns}", code=community, columns=some(cells.columns)
        )
    missing = cells[community].isna() | (cells[community].astype(str).str.strip() == "")
    if missing.any():
        rows = some(cells.index[missing.to_numpy()])
        raise SchemaError("cells without a community cannot be numbered: rows {rows}", rows=rows)
    lost = cells.geometry.isna() | cells.geometry.is_empty
    if lost.any():
        rows = some(cells.index[lost.to_numpy()])
        raise SchemaError("cells without geometry cannot be numbered: rows {rows}", rows=rows)
    if not 0.5 <= same_share <= 1:  # noqa: PLR2004 - below it two cells could claim one code
        raise SchemaError("same_share is {value}; it must lie between 0.5 and 1", value=same_share)


@dataclass(frozen=True)
class _Old:
    """Codes that stand already.

    Attributes
    ----------
    kept
        Code that each cell keeps, empty for none.
    reason
        Why.
    before
        Codes of the division in force, with its shapes in the system of the cells.
    """

    kept: list[str]
    reason: list[str]
    before: dict[str, Any]

    @classmethod
    def of(cls, existing: Existing, cells: gpd.GeoDataFrame, community: str, code: str, same_share: float) -> "_Old":
        """Find out which code each cell keeps."""
        if isinstance(existing, gpd.GeoDataFrame):
            return cls._by_land(existing, cells, community, code, same_share)
        if existing is None:
            return cls([""] * len(cells), [""] * len(cells), {})
        if isinstance(existing, str) and existing not in cells:
            raise SchemaError(
                "the cells have no column {code}; they have {columns}", code=existing, columns=some(cells.columns)
            )
        codes: pd.Series[Any] = cells[existing] if isinstance(existing, str) else existing
        if not codes.index.equals(cells.index):
            raise SchemaError("the existing codes must have the index of the cells")
        kept = [str(c).strip() if pd.notna(c) else "" for c in codes]
        return cls(kept, [_KEPT] * len(cells), {})

    @classmethod
    def _by_land(
        cls, old: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, community: str, code: str, same_share: float
    ) -> "_Old":
        if code not in old:
            raise SchemaError(
                "the cells have no column {code}; they have {columns}", code=code, columns=some(old.columns)
            )
        if old.crs is None or CRS(old.crs) != CRS(cells.crs):
            raise CrsError("the existing cells must have the coordinate system of the new ones")
        old = old[old[code].notna() & (old[code].astype(str).str.strip() != "")]
        before, now = (shapely.make_valid(to_metric(frame).to_numpy()) for frame in (old, cells))
        kept, reason = [""] * len(cells), [""] * len(cells)
        new, at = shapely.STRtree(before).query(now, predicate="intersects")
        shared = shapely.area(shapely.intersection(now[new], before[at]))
        share = shared / np.maximum(shapely.area(now[new]), shapely.area(before[at]))
        codes = old[code].astype(str).str.strip().to_numpy()
        homes = cells[community].astype(str).to_numpy()
        for row, was, part in zip(new.tolist(), at.tolist(), share.tolist(), strict=True):
            if part > same_share and codes[was].startswith(homes[row]):
                kept[row] = codes[was]
                reason[row] = say(_KEPT_BY_LAND, "en", share=round(100 * part, 1))
        return cls(kept, reason, dict(zip(codes.tolist(), old.geometry.to_numpy(), strict=True)))


def _given(
    cells: gpd.GeoDataFrame,
    scheme: CodeProfile,
    old: _Old,
    gone: set[str],
    *,
    community: str,
    row_height_m: float | None,
) -> list[str]:
    """Return the code of each cell, community by community."""
    middle = shapely.centroid(to_metric(cells).to_numpy())
    x, y = shapely.get_x(middle), shapely.get_y(middle)
    homes = cells[community].astype(str).to_numpy()
    once = gone | set(old.before)
    found = [""] * len(cells)
    for home in sorted(set(homes)):
        rows = np.flatnonzero(homes == home).tolist()
        items = [Item(f"{row:09d}", float(x[row]), float(y[row]), old.kept[row] or None) for row in rows]
        mine = {c for c in once if c.startswith(home)} - {old.kept[row] for row in rows}
        back = gone & {old.kept[row] for row in rows}
        for row, given in scheme.number(items, parent=home, withdrawn=mine | back, row_height=row_height_m).items():
            found[int(row)] = given
    return found


def _changes(
    cells: gpd.GeoDataFrame,
    codes: list[str],
    old: _Old,
    gone: set[str],
    *,
    community: str,
    code: str,
    scheme: CodeProfile,
) -> gpd.GeoDataFrame:
    """Return a row for every code that is kept, new or withdrawn."""
    homes = cells[community].astype(str).tolist()
    rows = [
        ("kept", given, home, str(label), reason, shape)
        if kept
        else ("new", given, home, str(label), _new(home), shape)
        for given, home, label, kept, reason, shape in zip(
            codes, homes, cells.index, old.kept, old.reason, cells.geometry, strict=True
        )
    ]
    serial = scheme.spec.parts[-1].length
    lost = sorted(set(old.before) - set(old.kept))
    rows += [("withdrawn", c, c[:-serial], "", say(_GONE, "en", code=c), old.before[c]) for c in lost]
    rows += [("withdrawn", c, c[:-serial], "", _STAYS_GONE, None) for c in sorted(gone - set(lost))]
    rows.sort(key=lambda row: (row[1], row[0]))
    names = ["change", code, community, "row", "reason"]
    table = pd.DataFrame([row[:-1] for row in rows], columns=names, dtype="str")
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row[-1] for row in rows]
    changes = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=cells.crs), crs=cells.crs)
    changes.insert(4, "area_m2", area_m2(changes).round(2))
    return changes


def _new(home: str) -> str:
    return say(_NEW, "en", community=home)
