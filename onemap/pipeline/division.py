"""How the cells are divided, and what changed since the last version: the audit and the comparison that a run makes."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.basemap import Assembly
from onemap.domain.catalogue import load_catalogue
from onemap.domain.moments import day_now
from onemap.errors import SchemaError, SourceError, StoreError
from onemap.geo.cell_codes import cell_codes, doubled_codes, unique_codes
from onemap.grids.audit import AuditLimits, audit_division
from onemap.grids.versions import VersionDifference, compare_versions
from onemap.sources.layer import read_layer
from onemap.store.one_map import open_map
from onemap.translation import say

Frames = dict[str, pd.DataFrame]
_BARRIERS = ("expressway", "arterial", "secondary")
"""Classes of roads that borders of cells shall follow."""
_SEAMLESS = 8
_TOGETHER = "several rows have this code: they are compared as one cell"
_AREA = 2  # dimension of polygons


def audit(assembly: Assembly, defects: gpd.GeoDataFrame, *, previous: gpd.GeoDataFrame | None = None) -> Frames:
    """Return the layers ``audit``, ``audit_finding`` and ``audit_exception`` of an assembly whose cases are assigned.

    The coverage is not checked again: what was found of the finest level is judged. Its defects are a layer of their
    own, so they are counted in ``audit`` and left out of ``audit_finding``.
    """
    catalogue = load_catalogue()
    finest = assembly.grids.finest
    cells = assembly.frames[finest]
    rules = assembly.manifest.audit
    above = assembly.levels[-2] if len(assembly.levels) > 1 else None
    mine = defects[(defects["layer_id"] == finest) & defects["agency"].isna() & (defects["kind"] != "nesting")]
    report = audit_division(
        cells,
        communities=assembly.frames[above] if above else None,
        buildings=_filled(assembly, "city3d_building"),
        compounds=_filled(assembly, "frame_compound"),
        barriers=_barriers(assembly),
        roads=_filled(assembly, "emap_road"),
        loads=_loads(assembly, cells, catalogue[finest].key),
        previous=previous,
        exceptions=rules.exceptions,
        seams=mine,
        as_of=None,
        today=assembly.manifest.district.as_of or day_now(assembly.manifest.district.timezone),
        limits=AuditLimits(tolerance_m=assembly.manifest.coverage.tolerance_m, **rules.limits),
        code=catalogue[finest].key,
        community_code=catalogue[above].key if above else "community_code",
        profile=assembly.manifest.district.code_profile or None,
        survey_scale=rules.survey_scale,
    )
    table = report.table.rename(columns={"id": "kind"}).drop(columns=["title_zh", "title_en"])
    table["worst"] = [";".join(codes) for codes in table["worst"]]
    table["reason"] = table["evidence"].where(table["evidence"] != "", table["needs"])
    layers: Frames = {
        "audit": table.drop(columns=["evidence", "needs"]),
        "audit_finding": _findings(report.findings),
    }
    if len(report.exceptions):
        listed = report.exceptions.astype({"rule": object})
        names = {**dict(zip(report.table["rule"], report.table["id"], strict=True)), 0: "all"}
        layers["audit_exception"] = listed.assign(rule=[names[rule] for rule in listed["rule"]])
    return layers


def _findings(findings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the findings as they are published: areas, each with an id."""
    shown = findings[findings["rule"] != _SEAMLESS].reset_index(drop=True).rename(columns={"id": "kind"})
    shapes = shown.geometry.to_numpy().copy()
    shapes[shapely.get_dimensions(shapes) != _AREA] = None
    number = shown.groupby("rule").cumcount() + 1
    shown.insert(0, "finding_id", [f"{rule}-{n:05d}" for rule, n in zip(shown["rule"], number, strict=True)])
    return shown.assign(cells=[";".join(codes) for codes in shown["cells"]]).set_geometry(shapes, crs=findings.crs)


def _filled(assembly: Assembly, layer_id: str) -> Any:
    """Return a layer that has rows, else None: where nothing is known, nothing is judged."""
    frame = assembly.frames.get(layer_id)
    return frame if frame is not None and len(frame) else None


def _barriers(assembly: Assembly) -> gpd.GeoDataFrame | None:
    """Return major roads, rivers and lakes."""
    parts = [_filled(assembly, layer_id) for layer_id in ("emap_water", "emap_waterline")]
    roads = _filled(assembly, "emap_road")
    if roads is not None and "class" in roads:
        parts.append(roads[roads["class"].isin(_BARRIERS)])
    shapes = [part.geometry for part in parts if part is not None and len(part)]
    if not shapes:
        return None
    return gpd.GeoDataFrame(geometry=pd.concat(shapes, ignore_index=True), crs=assembly.crs)


def _loads(assembly: Assembly, cells: gpd.GeoDataFrame, code: str) -> pd.DataFrame | None:
    """Return households and cases of each cell, of those that the map holds."""
    known = {}
    people = next((name for name in ("econ_population", "city3d_building") if _counts(assembly, name, code)), None)
    for name, layer_id in (("households", people), ("reported cases", "case")):
        frame = _filled(assembly, layer_id) if layer_id else None
        if frame is None or code not in frame:
            continue
        weight = pd.to_numeric(frame["households"]).fillna(0) if name == "households" else np.ones(len(frame))
        known[name] = cells[code].map(pd.Series(weight, index=frame.index).groupby(frame[code]).sum()).fillna(0)
    return pd.DataFrame(known) if known else None


def _counts(assembly: Assembly, layer_id: str, code: str) -> bool:
    frame = _filled(assembly, layer_id)
    return frame is not None and {"households", code} <= set(frame.columns) and bool(frame["households"].notna().any())


def previous_cells(assembly: Assembly, path: Path | None) -> gpd.GeoDataFrame | None:
    """Return the cells of the last version: of a published map, else of a file of cells; None where none is named.

    Raises
    ------
    SourceError
        The map has no such level.
    SchemaError
        It is a file in which a code stands twice or is missing.
    """
    if path is None:
        return None
    finest = assembly.grids.finest
    try:
        last = open_map(path, verify=False)
    except StoreError:
        return _singly_coded(read_layer(path, finest).reset_index(drop=True), finest, path)
    if not last.has(finest):
        raise SourceError("{path}: the last version has no layer {layer}", path=path.name, layer=finest)
    return last.read(finest)


def _singly_coded(cells: gpd.GeoDataFrame, layer_id: str, path: Path) -> gpd.GeoDataFrame:
    """Return cells whose codes stand once each; else say that it is the last version that is meant."""
    try:
        cell_codes(cells, load_catalogue()[layer_id].key)
    except SchemaError as error:
        raise SchemaError("{path} ([previous], the last version): {why}", path=path.name, why=error) from error
    return cells


def changes(assembly: Assembly, previous: gpd.GeoDataFrame | None) -> Frames:
    """Return the layers ``version_change`` and ``version_piece``; none where there is no last version."""
    if previous is None:
        return {}
    code = load_catalogue()[assembly.grids.finest].key
    now = assembly.frames[assembly.grids.finest]
    found: VersionDifference = compare_versions(
        unique_codes(previous, code),
        unique_codes(now, code),
        code=code,
        houses=_filled(assembly, "city3d_building"),
        cases=_placed(assembly),
        tolerance_m=assembly.manifest.previous.tolerance_m,
        when=assembly.manifest.district.as_of,
    )
    table = found.table[found.table["status"] != "unchanged"].reset_index(drop=True)
    doubled = table["code"].isin([str(one) for cells in (previous, now) for one in doubled_codes(cells, code)])
    table["reason"] = table["reason"].where(~doubled, table["reason"].map(lambda why: f"{why}; {say(_TOGETHER)}"))
    joined = {name: [";".join(codes) for codes in table[name]] for name in ("came_from", "went_to")}
    pieces = found.pieces.copy()
    pieces.insert(0, "piece_id", [f"piece-{n:05d}" for n in range(1, len(pieces) + 1)])
    return {"version_change": table.assign(**joined), "version_piece": pieces}


def _placed(assembly: Assembly) -> Any:
    cases = _filled(assembly, "case")
    return None if cases is None else cases[cases.geometry.notna() & ~cases.geometry.is_empty]
