"""Principles judged against other layers: communities, buildings, compounds, barriers, and the tiling itself."""

import datetime as dt
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.errors import SchemaError
from onemap.geo.cell_intake import cell_codes
from onemap.geo.coverage import check_coverage
from onemap.geo.defects import write_number
from onemap.geo.ownership import own_polygons
from onemap.translation import say

from .audit_terms import Audited, Finding, Verdict, sound, unknown
from .cutting import cut
from .land import BLUR_M, in_metres, wide_parts

_NEED: Final = "needs {layers}"
_OUTSIDE: Final = "{area} m2 of {cell} lie in no community of the legal boundary"
_NO_HOME: Final = "{cell} names the community {community}, which the legal boundary does not have"
_COARSE: Final = "the survey scale 1:{scale} is coarser than 1:{limit}"
_BASE: Final = "{area} m2 outside the legal boundary, {count} cells of unknown communities"
_SCALED: Final = "{area} m2 outside the legal boundary, {count} cells of unknown communities, survey scale {scale}"
_STRAYS: Final = "{area} m2 of {cell} lie in community {other}, its own is {community}"
_TERRITORIAL: Final = "{count} of {cells} cells reach into another community, with {area} m2"
_BUILDING: Final = "the border of {cell} and {other} cuts building {object}: {share} percent lie in {other}"
_COMPOUND: Final = "compound {object} is divided: {share} percent lie in {cell}, {rest} percent in {other}"
_BEYOND: Final = "a barrier cuts {cell}: {share} percent of its land lie beyond it"
_GEOGRAPHY: Final = (
    "{cut} of {buildings} buildings are cut, barriers run through {through} cells, "
    "{share} percent of the borders follow them"
)
_CUT: Final = "{cut} of {buildings} buildings are cut; no barriers were given"
_RUN_THROUGH: Final = (
    "barriers run through {through} cells, {share} percent of the borders follow them; no buildings were given"
)
_SEAMS: Final = (
    "{cells} cells: {gap} gaps, {overlap} overlaps, {outside} parts outside, {mismatch} mismatches, {other} other"
)
_MANAGED: Final = "{cut} of {count} compounds are divided"


def statutory_base(audited: Audited, *, home: str, community_code: str, survey_scale: int | None) -> Verdict:
    """1: the cells keep to the legal boundary, name communities that exist, and stem from a fine enough survey."""
    communities = audited.others.get("communities")
    if communities is None:
        return unknown(_NEED, "m2", 0.0, layers="communities")
    outside = _beyond(audited, shapely.union_all(sound(communities.geometry.to_numpy())))
    findings = [
        Finding(
            (row.cell,), row.area_m2, 0.0, row.area_m2,
            say(_OUTSIDE, "en", area=write_number(row.area_m2), cell=row.cell), row.geometry,
        )
        for row in outside.itertuples()
    ]  # fmt: skip
    strangers = _strangers(audited, communities, home, community_code)
    for at, named in strangers:
        reason = say(_NO_HOME, "en", cell=audited.codes[at], community=named)
        findings.append(Finding((audited.codes[at],), 1.0, 0.0, 0.0, reason, audited.shapes[at]))
    limit = audited.limits.survey_scale
    if survey_scale is not None and survey_scale > limit:
        reason = say(_COARSE, "en", scale=survey_scale, limit=limit)
        land = shapely.union_all(audited.shapes)
        findings.append(Finding(audited.codes, float(survey_scale), float(limit), float(survey_scale), reason, land))
    area = float(outside["area_m2"].sum())
    values = {"area": write_number(area), "count": len(strangers)}
    said = (
        say(_BASE, "en", **values) if survey_scale is None else say(_SCALED, "en", scale=f"1:{survey_scale}", **values)
    )
    return Verdict(area, "m2", 0.0, said, findings)


def _beyond(audited: Audited, land: Any) -> gpd.GeoDataFrame:
    """Return what of each cell lies outside some land, by cell."""
    rest = shapely.difference(audited.shapes, land)
    frame = gpd.GeoDataFrame({"cell": audited.codes}, geometry=gpd.GeoSeries(rest, crs=audited.crs), crs=audited.crs)
    return _summed(wide_parts(frame, max(audited.limits.tolerance_m, BLUR_M)), ["cell"])


def _summed(parts: gpd.GeoDataFrame, keys: list[str]) -> gpd.GeoDataFrame:
    """Return parts added up by key, with their land together."""
    rows = [
        (*(key if isinstance(key, tuple) else (key,)), float(group["area_m2"].sum()), shapely.union_all(group.geometry))
        for key, group in parts.groupby(keys, sort=True)
    ]
    table = pd.DataFrame(rows, columns=[*keys, "area_m2", "geometry"])
    return gpd.GeoDataFrame(table, geometry="geometry", crs=parts.crs)


def _strangers(audited: Audited, communities: Any, home: str, community_code: str) -> list[tuple[int, str]]:
    """Return the cells that name a community which is not there."""
    if home not in audited.source or community_code not in communities:
        return []
    known = set(communities[community_code].astype(str))
    named = audited.source[home].astype(object).tolist()
    return [(at, str(name)) for at, name in enumerate(named) if not pd.isna(name) and str(name) not in known]


def territorial(audited: Audited, *, home: str, community_code: str) -> Verdict:
    """2: each cell lies inside exactly one community."""
    communities = audited.others.get("communities")
    if communities is None:
        return unknown(_NEED, "m2", 0.0, layers="communities")
    if community_code not in communities:
        raise SchemaError("the {name} have no column {column}", name="communities", column=community_code)
    names = communities[community_code].astype(str).to_numpy()
    shapes = sound(communities.geometry.to_numpy())
    cell, area = shapely.STRtree(shapes).query(audited.shapes, predicate="intersects")
    absent = np.full(len(audited.codes), None, dtype=object)
    named = audited.source[home].astype(object).to_numpy() if home in audited.source else absent
    unnamed = ~np.isin(named.astype(str), names)
    within = shapely.covers(shapes[area], audited.shapes[cell])
    right = within & (unnamed[cell] | (named[cell].astype(str) == names[area]))
    lone = ~np.isin(cell, cell[right])
    cell, area = cell[lone], area[lone]
    land = gpd.GeoDataFrame(
        {"at": cell, "where": names[area]},
        geometry=gpd.GeoSeries(shapely.intersection(audited.shapes[cell], shapes[area]), crs=audited.crs),
        crs=audited.crs,
    )
    found = _summed(wide_parts(land, max(audited.limits.tolerance_m, BLUR_M)), ["at", "where"])
    findings = []
    for at, rows in found.groupby("at"):
        own = str(named[int(at)])
        if unnamed[int(at)]:
            own = str(rows.sort_values(["area_m2", "where"], ascending=[False, True])["where"].iloc[0])
        for row in rows[rows["where"] != own].itertuples():
            code = audited.codes[int(at)]
            said = say(_STRAYS, "en", area=write_number(row.area_m2), cell=code, other=row.where, community=own)
            findings.append(Finding((code,), row.area_m2, 0.0, row.area_m2, said, row.geometry, row.where))
    area_m2 = float(sum(f.measure for f in findings))
    count = len({f.cells for f in findings})
    said = say(_TERRITORIAL, "en", count=count, cells=len(audited.codes), area=write_number(area_m2))
    return Verdict(area_m2, "m2", 0.0, said, findings)


def geography(audited: Audited) -> Verdict:
    """3: borders follow barriers, cut no building, and no barrier runs through a cell."""
    buildings, barriers = audited.others.get("buildings"), audited.others.get("barriers")
    missing = [
        name for name, layer in (("footprints of buildings", buildings), ("barriers", barriers)) if layer is None
    ]
    findings = [] if buildings is None else _divided(audited, buildings, _BUILDING)
    values: dict[str, Any] = {"cut": len(findings), "buildings": 0 if buildings is None else len(buildings)}
    if barriers is not None:
        lines = _lines(barriers)
        through = _through(audited, lines)
        findings += through
        values |= {"through": len(through), "share": f"{100 * _followed(audited, lines):.1f}"}
    if missing and not findings:  # half of the principle is no whole
        return unknown(_NEED, "objects", 0.0, layers=missing[0] if len(missing) == 1 else "buildings, barriers")
    template = _GEOGRAPHY if not missing else _CUT if barriers is None else _RUN_THROUGH
    known = {name: value for name, value in values.items() if f"{{{name}}}" in template}
    said = say(template, "en", **known)
    return Verdict(float(len(findings)), "objects", 0.0, said, findings)


def as_managed(audited: Audited) -> Verdict:
    """5: a compound or institution lies whole in one cell."""
    compounds = audited.others.get("compounds")
    if compounds is None:
        return unknown(_NEED, "objects", 0.0, layers="compounds")
    findings = _divided(audited, compounds, _COMPOUND)
    said = say(_MANAGED, "en", cut=len(findings), count=len(compounds))
    return Verdict(float(len(findings)), "objects", 0.0, said, findings)


def _divided(audited: Audited, objects: gpd.GeoDataFrame, template: str) -> list[Finding]:
    """Return the objects of which more than the allowed share lies in a second cell."""
    owners = own_polygons(objects, audited.frame, code="cell").reset_index(drop=True)
    limit = audited.limits.cut_share
    shapes = objects.geometry.to_numpy()
    key = next((c for c in ("building_code", "compound_code", "parcel_code") if c in objects), None)
    names = cell_codes(objects, key or "").map(str).tolist()
    flat = shapely.get_dimensions(shapes) == 2  # noqa: PLR2004 - polygons
    found = []
    for at in np.flatnonzero((owners["runner_up_share"].to_numpy() > limit) & flat).tolist():
        row = owners.iloc[at]
        first, second, rest = str(row["cell"]), str(row["runner_up"]), float(row["runner_up_share"])
        values = {"cell": first, "other": second, "object": names[at]}
        if template is _COMPOUND:
            values |= {"share": f"{100 * row['share']:.1f}", "rest": f"{100 * rest:.1f}"}
        else:
            values |= {"share": f"{100 * rest:.1f}"}
        found.append(Finding((first, second), rest, limit, rest, say(template, "en", **values), shapes[at], names[at]))
    return found


def _lines(barriers: gpd.GeoDataFrame) -> Any:
    """Return barriers as lines: of polygons (water, railway land) their borders."""
    shapes = shapely.force_2d(barriers.geometry.to_numpy())
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    return np.where(shapely.get_dimensions(shapes) == 2, shapely.boundary(shapes), shapes)  # noqa: PLR2004 - polygons


def _through(audited: Audited, lines: Any) -> list[Finding]:
    """Return the cells that a barrier divides, away from their borders."""
    limits = audited.limits
    metric = in_metres(np.concatenate([audited.shapes, lines]), audited.crs)
    cells, barriers = metric[: len(audited.codes)], metric[len(audited.codes) :]
    inner = shapely.buffer(cells, -limits.barrier_m)
    cell, line = shapely.STRtree(barriers).query(inner, predicate="intersects")
    found = []
    for at in np.unique(cell).tolist():
        near = shapely.union_all(shapely.intersection(barriers[line[cell == at]], inner[at]))
        parts = shapely.area(np.array(cut(inner[at], near), dtype=object))
        beyond = float(1 - parts.max() / parts.sum()) if len(parts) else 0.0
        whole = shapely.area(shapely.get_parts(inner[at]))
        apart = float(1 - whole.max() / whole.sum()) if len(whole) else 0.0
        if beyond - apart > limits.beyond_share:  # what barrier_m alone cuts off is no barrier's doing
            code = audited.codes[at]
            said = say(_BEYOND, "en", cell=code, share=f"{100 * beyond:.1f}")
            found.append(Finding((code,), beyond, limits.beyond_share, beyond, said, audited.shapes[at]))
    return found


def _followed(audited: Audited, lines: Any) -> float:
    """Return the share of the borders between cells that runs along barriers."""
    metric = in_metres(np.concatenate([audited.shapes, lines]), audited.crs)
    borders = shapely.boundary(metric[: len(audited.codes)])
    barriers = metric[len(audited.codes) :]
    tree = shapely.STRtree(barriers)
    border, line = tree.query(borders, predicate="dwithin", distance=audited.limits.barrier_m)
    along = 0.0
    for at in np.unique(border).tolist():
        near = shapely.union_all(shapely.buffer(barriers[line[border == at]], audited.limits.barrier_m))
        along += float(shapely.length(shapely.intersection(borders[at], near)))
    length = float(shapely.length(borders).sum())
    return along / length if length else 0.0


def seamless(
    audited: Audited, *, allowed: gpd.GeoDataFrame | None, today: dt.date, seams: gpd.GeoDataFrame | None = None
) -> Verdict:
    """8: no gap, no overlap, and together the cells are the communities."""
    if seams is None:
        seams = _seams(audited, allowed, today)
    open_ = seams[~seams["allowed"].astype(bool)]
    findings = []
    for row in open_.itertuples():
        area = float(np.nan_to_num(row.area_m2))
        cells = tuple(str(c) for c in row.cells)
        findings.append(Finding(cells, area, 0.0, area, str(row.reason), row.geometry, str(row.kind)))
    bare = open_[open_["kind"].isin(["gap", "overlap", "outside"])]
    said = _say_seams(open_, len(audited.source))
    return Verdict(float(np.nan_to_num(bare["area_m2"]).sum()), "m2", 0.0, said, findings)


def _seams(audited: Audited, allowed: gpd.GeoDataFrame | None, today: dt.date) -> gpd.GeoDataFrame:
    """Return what `check_coverage` finds of the cells within the communities."""
    communities = audited.others.get("communities")
    land = None
    if communities is not None and len(communities):
        land = gpd.GeoSeries(sound(communities.geometry.to_numpy()), crs=audited.crs)
    return check_coverage(
        audited.source,
        code=audited.code,
        parent=land,
        allowed=allowed,
        tolerance_m=audited.limits.tolerance_m,
        today=today,
    ).defects


def _say_seams(defects: gpd.GeoDataFrame, cells: int) -> str:
    """Return how many defects of each kind there are, with their area, in English."""
    found: dict[str, Any] = {}
    for kind in ("gap", "overlap", "outside", "mismatch"):
        rows = defects[defects["kind"] == kind]
        area = write_number(float(np.nan_to_num(rows["area_m2"]).sum()))
        found[kind] = f"{len(rows)} ({area} m2)" if len(rows) and kind != "mismatch" else len(rows)
    other = len(defects) - int(defects["kind"].isin(list(found)).sum())
    return say(_SEAMS, "en", cells=cells, other=other, **found)
