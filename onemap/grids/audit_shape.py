"""Principles judged by the cells themselves: size, shape, load."""

import math
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.errors import SchemaError
from onemap.geo.defects import write_number
from onemap.geo.locator import CellLocator
from onemap.translation import say

from .audit_terms import Audited, Finding, Verdict, unknown
from .land import in_metres

_NEED: Final = "needs {layers}"
_SMALL: Final = "{cell} has {area} m2, less than {limit}"
_LARGE: Final = "{cell} has {area} m2, more than {limit}"
_SIZE: Final = "{good} of {cells} cells are of {smallest} to {largest} m2, the median is {median} m2"
_PARTS: Final = "{cell} lies in {parts} parts"
_THIN: Final = "{cell} is not compact: {measure}, least {limit}"
_FAR: Final = "no road comes nearer to {cell} than {metres} m, {limit} m are allowed"
_ROADLESS: Final = "{parts} cells in parts, {thin} not compact, the median is {median}"
_CONVENIENT: Final = "{parts} cells in parts, {thin} not compact, {far} out of reach of a road, the median is {median}"
_LOAD: Final = "{cell}: {name} is {load}, {percent} percent off the mean of {mean}"
_BALANCE: Final = "{name}: mean {mean}, from {least} to {most}, spread {spread} percent"


def fit_size(audited: Audited) -> Verdict:
    """4: cells are of a size that fits; exclusive grids may be larger."""
    limits = audited.limits
    areas = shapely.area(audited.metric)
    kinds = audited.source["kind"].astype(object).tolist() if "kind" in audited.source else [None] * len(areas)
    findings = []
    for at, (area, kind) in enumerate(zip(areas.tolist(), kinds, strict=True)):
        small = area < limits.smallest_m2
        if not small and (area <= limits.largest_m2 or kind in limits.exempt_kinds):
            continue
        limit = limits.smallest_m2 if small else limits.largest_m2
        values = {"cell": audited.codes[at], "area": write_number(area), "limit": write_number(limit)}
        excess = limit / area if small and area else area / limit if limit else math.inf
        reason = say(_SMALL if small else _LARGE, "en", **values)
        findings.append(Finding((audited.codes[at],), area, limit, excess, reason, audited.shapes[at]))
    median = float(np.median(areas)) if len(areas) else math.nan
    said = say(
        _SIZE,
        "en",
        good=len(areas) - len(findings),
        cells=len(areas),
        smallest=write_number(limits.smallest_m2),
        largest=write_number(limits.largest_m2),
        median=write_number(median),
    )
    return Verdict(median, "m2", limits.largest_m2, said, findings)


def compactness(shapes: Any) -> Any:
    """Return 4 pi area / perimeter squared of shapes in metres (Polsby and Popper 1991): 1 for a circle.

    Examples
    --------
    >>> compactness(np.array([shapely.box(0, 0, 1, 1)])).round(3).tolist()
    [0.785]
    """
    around = shapely.length(shapes)
    return 4 * np.pi * shapely.area(shapes) / np.where(around > 0, around, np.inf) ** 2


def convenient(audited: Audited) -> Verdict:
    """6: a cell is one part, reasonably compact, and a road leads to it."""
    limits = audited.limits
    findings = []
    parts = shapely.get_num_geometries(audited.metric)
    for at in np.flatnonzero(parts > 1).tolist():
        code = audited.codes[at]
        reason = say(_PARTS, "en", cell=code, parts=int(parts[at]))
        findings.append(Finding((code,), float(parts[at]), 1.0, float(parts[at]), reason, audited.shapes[at], "parts"))
    shape = compactness(audited.metric)
    thin = np.flatnonzero(shape < limits.least_compactness).tolist()
    for at in thin:
        values = {"cell": audited.codes[at], "measure": f"{shape[at]:.3f}", "limit": f"{limits.least_compactness:g}"}
        excess = limits.least_compactness / shape[at] if shape[at] else math.inf
        reason = say(_THIN, "en", **values)
        findings.append(
            Finding(
                (audited.codes[at],),
                float(shape[at]),
                limits.least_compactness,
                excess,
                reason,
                audited.shapes[at],
                "compactness",
            )
        )
    far = _far(audited)
    median = float(np.median(shape)) if len(shape) else math.nan
    counted = {"parts": str(int((parts > 1).sum())), "thin": str(len(thin)), "median": f"{median:.3f}"}
    said = say(_ROADLESS, "en", **counted) if far is None else say(_CONVENIENT, "en", far=len(far), **counted)
    return Verdict(median, "ratio", limits.least_compactness, said, [*findings, *(far or ())])


def _far(audited: Audited) -> list[Finding] | None:
    """Return the cells that no road reaches; None where no roads are given."""
    roads = audited.others.get("roads")
    if roads is None:
        return None
    count = len(audited.codes)
    lines = roads.geometry.to_numpy()
    lines = lines[~(shapely.is_missing(lines) | shapely.is_empty(lines))]
    metric = in_metres(np.concatenate([audited.shapes, lines]), audited.crs)
    limit = audited.limits.reach_m
    tree = shapely.STRtree(metric[count:])
    near = set(tree.query(metric[:count], predicate="dwithin", distance=limit)[0].tolist())
    lost = [at for at in range(count) if at not in near]
    (rows, _), away = tree.query_nearest(metric[lost], all_matches=False, return_distance=True)
    metres = dict(zip(np.array(lost, dtype=int)[rows].tolist(), away.tolist(), strict=True))
    found = []
    for at in lost:
        distance = metres.get(at, math.inf)
        values = {"cell": audited.codes[at], "metres": f"{distance:.0f}", "limit": f"{limit:g}"}
        reason = say(_FAR, "en", **values)
        found.append(
            Finding(
                (audited.codes[at],),
                distance,
                limit,
                distance / limit if limit else distance,
                reason,
                audited.shapes[at],
                "road",
            )
        )
    return found


def balanced_load(audited: Audited, loads: Any) -> Verdict:
    """7: cells carry about the same load."""
    limit = audited.limits.load_spread
    if loads is None:
        return unknown(_NEED, "share", limit, layers="loads")
    table = _loads(audited, loads)
    findings, said, worst = [], [], 0.0
    for name in table.columns:
        values = table[name].to_numpy(dtype=float)
        mean = float(values.mean()) if len(values) else 0.0
        spread = float(values.std() / mean) if mean else 0.0
        worst = max(worst, spread)
        most = {"least": write_number(values.min()), "most": write_number(values.max())} if len(values) else {}
        said.append(
            say(
                _BALANCE, "en", name=name, mean=write_number(mean), spread=f"{100 * spread:.1f}",
                **(most or {"least": "-", "most": "-"}),
            )
        )  # fmt: skip
        off = np.abs(values - mean) / mean if mean else np.zeros(len(values))
        for at in np.flatnonzero(off > limit).tolist():
            code = audited.codes[at]
            shown = {"load": write_number(values[at]), "mean": write_number(mean), "percent": f"{100 * off[at]:.0f}"}
            reason = say(_LOAD, "en", cell=code, name=name, **shown)
            findings.append(
                Finding((code,), float(off[at]), limit, float(off[at]), reason, audited.shapes[at], str(name))
            )
    return Verdict(worst, "share", limit, "; ".join(said), findings)


def _loads(audited: Audited, loads: Any) -> pd.DataFrame:
    """Return loads as a table on the positions of the cells; points are counted."""
    cells = audited.source
    if isinstance(loads, gpd.GeoDataFrame) and not loads.index.equals(cells.index):
        shapes = loads.geometry.to_crs(cells.crs).to_numpy()
        shapes = shapes[np.isfinite(shapely.bounds(shapes)).all(axis=1)]
        points = shapely.point_on_surface(shapes)
        at = CellLocator(audited.frame, "cell").locate(shapely.get_x(points), shapely.get_y(points))
        return pd.DataFrame({"count": np.bincount(at[at >= 0], minlength=len(cells))})
    if isinstance(loads, pd.Series):
        loads = loads.to_frame("load" if loads.name is None else loads.name)
    if isinstance(loads, pd.DataFrame):
        if not loads.index.equals(cells.index):
            raise SchemaError("the loads must be columns of the cells, or a table on their index")
        table = pd.DataFrame(loads.select_dtypes("number"))
    else:
        names = [loads] if isinstance(loads, str) else list(loads)
        missing = [name for name in names if name not in cells.columns]
        if missing:
            raise SchemaError("the {name} have no column {column}", name="cells", column=missing[0])
        table = pd.DataFrame(cells[names])
    return table.apply(pd.to_numeric, errors="coerce").fillna(0).reset_index(drop=True)
