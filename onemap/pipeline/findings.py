"""The findings of an assembled map: defects of every coverage, the cell of every case, owners, gaps."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from onemap.basemap import Assembly
from onemap.basemap.levels import code_chain
from onemap.cases import AssignmentResult, assign_cases
from onemap.cases.decisions import Decisions
from onemap.domain.catalogue import BASE_MAP_CLASSES, load_catalogue
from onemap.domain.moments import day_now
from onemap.errors import SourceError
from onemap.geo.coverage import check_coverage
from onemap.geo.locator import CellLocator
from onemap.geo.ownership import own_polygons
from onemap.grids.levels import check_nesting
from onemap.progress import Progress, silent
from onemap.responsibility.gaps import COLUMNS as DUTY_COLUMNS
from onemap.store.kept_index import as_published, locator_for
from onemap.translation import say

_NOTHING = 1e-6
"""Share of a part that may lie within the district by rounding alone."""
_GRIDS_FOR_CELLS = {
    r"^no cell covers ": "no grid covers ",
    r"^(\d+) cells cover the same ": r"\1 grids cover the same ",
}
_CODES = ("street_code", "community_code", "cell_code")


@dataclass(frozen=True)
class Checked:
    """One set of polygons that should cover the district: a level of grids, or one agency's grids."""

    layer_id: str
    agency: str
    cells: gpd.GeoDataFrame
    code: str


def coverages(assembly: Assembly) -> Iterator[Checked]:
    """Yield everything that should cover the district: each level below the outline, then each agency's grids."""
    catalogue = load_catalogue()
    for layer_id, frame in assembly.grids.frames.items():
        yield Checked(layer_id, "", frame, catalogue[layer_id].key)
    if "duty_grid" in assembly.frames:
        duty = assembly.frames["duty_grid"]
        for agency in sorted(duty["agency"].dropna().unique()):
            cells = duty[duty["agency"] == agency].reset_index(drop=True)
            yield Checked("duty_grid", str(agency), cells, "duty_code")


def read_allowed(assembly: Assembly) -> gpd.GeoDataFrame | None:
    """Return the polygons of allowed gaps in the working CRS, or None where the manifest names none.

    Raises
    ------
    SourceError
        The file cannot be read.
    """
    path = assembly.manifest.coverage.allowed
    if path is None:
        return None
    try:
        allowed = pyogrio.read_dataframe(path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise SourceError("{path}: the allowed gaps cannot be read ({found})", path=path.name, found=error) from error
    if not isinstance(allowed, gpd.GeoDataFrame) or allowed.crs is None:
        raise SourceError("{path}: the allowed gaps need polygons with a coordinate system", path=path.name)
    return allowed.to_crs(assembly.crs)


def find_defects(assembly: Assembly, *, progress: Progress = silent) -> gpd.GeoDataFrame:
    """Check the nesting of the levels and the coverage of every level and every agency's grids.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a defect: ``defect_id layer_id agency kind area_m2 width_m length_m cells touches_parent allowed
        allowed_until reason geometry``. The id depends on the defect alone, so it stays the same while the defect does.
    """
    allowed = read_allowed(assembly)
    rules = assembly.manifest.coverage
    agency_tolerance_m = rules.tolerance_m if rules.agency_tolerance_m is None else rules.agency_tolerance_m
    outline = assembly.outline
    wanted = list(coverages(assembly))
    tables = []
    for number, checked in enumerate(wanted):
        progress(number / (len(wanted) + 1), f"{checked.layer_id} {checked.agency}".strip())
        report = check_coverage(
            checked.cells,
            code=checked.code,
            parent=None if checked.layer_id == assembly.levels[0] else outline,
            allowed=allowed,
            tolerance_m=rules.tolerance_m if not checked.agency else agency_tolerance_m,
            today=assembly.manifest.district.as_of or day_now(assembly.manifest.district.timezone),
        )
        found = report.defects.assign(layer_id=checked.layer_id, agency=checked.agency or None)
        tables.append(_of_grids(found) if checked.agency else found)
    progress(len(wanted) / (len(wanted) + 1), "comparing the levels")
    if len(assembly.levels) > 1:
        nesting = check_nesting(assembly.grids.frames, tolerance_m=rules.tolerance_m)
        tables.append(_new_in(nesting, outline))
    found = pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)
    found.insert(0, "defect_id", _ids(found))
    return gpd.GeoDataFrame(found, geometry="geometry", crs=assembly.crs)


def _of_grids(defects: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the defects of an agency's grids, whose sentences speak of grids and not of the district's cells."""
    told = defects["reason"].astype("str")
    for cells, grids in _GRIDS_FOR_CELLS.items():
        told = told.str.replace(cells, grids, regex=True)
    return defects.assign(reason=told)


def _new_in(nesting: gpd.GeoDataFrame, outline: BaseGeometry) -> gpd.GeoDataFrame:
    """Return what the nesting check alone can tell; gaps, duplicates and parts outside were found level by level."""
    found = nesting[~nesting["kind"].isin(["gap", "duplicate"])]
    strays = (found["kind"] == "nesting").to_numpy()
    within = np.ones(len(found), dtype=bool)
    shapes = found.geometry.to_numpy()[strays]
    within[strays] = shapely.area(shapely.intersection(shapes, outline)) > _NOTHING * shapely.area(shapes)
    return found[within]


def _ids(defects: pd.DataFrame) -> list[str]:
    """Return an id for each defect from what and where it is; equal ones are numbered."""
    ids = []
    seen: dict[str, int] = {}
    for row in defects.itertuples(index=False):
        place = tuple(round(value, 2) for value in row.geometry.bounds) if row.geometry is not None else ()
        text = repr((row.layer_id, row.agency, row.kind, row.cells, place))
        base = f"{row.kind}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"
        seen[base] = seen.get(base, 0) + 1
        ids.append(base if seen[base] == 1 else f"{base}-{seen[base]}")
    return ids


@dataclass(frozen=True)
class Finest:
    """The cells of the finest level as they are published, and where they lie."""

    cells: gpd.GeoDataFrame
    locator: CellLocator


def finest_of(assembly: Assembly, path: Path) -> Finest:
    """Return the finest level of a map that will be published as ``path``; an index kept there is used if it fits."""
    layer_id = assembly.grids.finest
    cells = as_published(assembly.grids.frames[layer_id], layer_id)
    return Finest(cells, locator_for(path, layer_id, cells))


def assign(
    assembly: Assembly, finest: Finest, *, decisions: Decisions, progress: Progress = silent
) -> AssignmentResult | None:
    """Assign the cases to the finest level and write the answer into the map; None where the map has no cases.

    What people decided stands, and is listed in the layer ``decision``.
    """
    if "case" not in assembly.frames:
        return None
    cases = assembly.frames["case"]
    rules = assembly.manifest.cases
    result = assign_cases(
        cases,
        finest.cells,
        code=load_catalogue()[assembly.grids.finest].key,
        near_m=rules.near_m,
        border_m=rules.border_m,
        locator=finest.locator,
        decisions=decisions,
        progress=progress,
    )
    answer = result.table
    answered = _with_codes(assembly, "case", cases, answer["cell"])
    near = np.zeros(len(cases), dtype=bool)
    near[result.near_border["row"].to_numpy(dtype=np.int64)] = True
    assembly.frames["case"] = answered.assign(
        how=answer["how"].to_numpy(),
        distance_m=answer["distance_m"].to_numpy(),
        candidates=_joined_codes(answer["candidates"]),
        near_border=near,
        reason=answer["reason"].to_numpy(),
    )
    assembly.frames["near_border"] = _near_border(result, assembly)
    if len(result.decisions):
        assembly.frames["decision"] = result.decisions
    _list_failed_geocodes(assembly, result)
    return result


def _with_codes(assembly: Assembly, layer_id: str, frame: gpd.GeoDataFrame, cells: pd.Series) -> gpd.GeoDataFrame:
    """Return ``frame`` with the codes of the cell and all levels above; codes that the source gave are kept aside."""
    catalogue = load_catalogue()
    chain = code_chain(assembly.grids, cells.reset_index(drop=True))
    known = {catalogue[level].key: codes for level, codes in chain.items()}
    fields = {one.name for one in catalogue[layer_id].fields}
    made: dict[str, Any] = {}
    for name in _CODES:
        if name not in known or (name not in frame.columns and name not in fields):
            continue
        if name in frame.columns and frame[name].notna().any():
            made[f"{name}_given"] = frame[name].to_numpy()
        made[name] = known[name].to_numpy(dtype=object)
    return frame.assign(**made)


def _joined_codes(column: pd.Series) -> list[str | None]:
    return [";".join(map(str, codes)) if isinstance(codes, tuple | list) and codes else None for codes in column]


def _near_border(result: AssignmentResult, assembly: Assembly) -> gpd.GeoDataFrame:
    queue = result.near_border
    rows = queue["row"].to_numpy(dtype=np.int64)
    table = {
        "case_code": assembly.frames["case"]["case_code"].to_numpy(dtype=object)[rows],
        "cell_code": queue["cell"].to_numpy(dtype=object),
        "candidates": _joined_codes(queue["candidates"]),
        "distance_m": queue["distance_m"].to_numpy(),
        "reason": queue["reason"].to_numpy(dtype=object),
    }
    return gpd.GeoDataFrame(table, geometry=queue.geometry.to_numpy(), crs=queue.crs)


def _list_failed_geocodes(assembly: Assembly, result: AssignmentResult) -> None:
    """List the cases that a geocoder put on one far place among the rejects; they stay in the map."""
    failed = result.failed_geocodes
    if failed.empty:
        return
    codes = assembly.frames["case"]["case_code"].to_numpy(dtype=object)[failed["row"].to_numpy(dtype=np.int64)]
    reasons = [
        say(
            "{together} cases share this place, {km} km outside: a failed geocode",
            "en",
            together=n,
            km=f"{m / 1000:.0f}",
        )
        for n, m in zip(failed["together"], failed["distance_m"], strict=True)
    ]
    listed = pd.DataFrame({"found": codes, "reason": reasons})
    listed["layer_id"] = "case"
    listed["source"] = assembly.provenance["case"]["source"]
    listed["kind"] = "failed_geocode"
    listed["removed"] = False
    assembly.frames["reject"] = pd.concat([assembly.frames["reject"], listed], ignore_index=True)


def own(assembly: Assembly, finest: Finest, *, progress: Progress = silent) -> None:
    """Write the owner cell, and the levels above it, into every layer of the base map that has room for them."""
    catalogue = load_catalogue()
    key = catalogue[assembly.grids.finest].key
    keys = {catalogue[layer_id].key for layer_id in assembly.levels}
    wanted = [
        layer_id
        for layer_id, frame in assembly.frames.items()
        if catalogue[layer_id].class_id in BASE_MAP_CLASSES
        and len(frame)
        and keys & {one.name for one in catalogue[layer_id].fields}
    ]
    codes = np.array([*finest.locator.codes, None], dtype=object)  # place -1, in no cell, is the None at the end
    for number, layer_id in enumerate(wanted):
        progress(number / len(wanted), layer_id)
        frame = assembly.frames[layer_id]
        if catalogue[layer_id].geometry == "Point":
            place = finest.locator.locate(shapely.get_x(frame.geometry), shapely.get_y(frame.geometry))
            owners = pd.Series(codes[place], index=frame.index, dtype="object")
        else:
            owners = own_polygons(frame, finest.cells, code=key, locator=finest.locator)["cell"]
        assembly.frames[layer_id] = _with_codes(assembly, layer_id, frame, owners)


def findings_of(defects: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers of areas and of lines that the defects are published as."""
    is_line = np.isin(shapely.get_dimensions(defects.geometry.to_numpy()), (1,))
    flat = defects.assign(cells=_joined_codes(defects["cells"]))
    areas, lines = flat[~is_line], flat[is_line]
    return {
        "defect": areas.drop(columns="length_m", errors="ignore").reset_index(drop=True),
        "defect_line": lines.drop(columns=["area_m2", "width_m"], errors="ignore").reset_index(drop=True),
    }


def gaps_of(gaps: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers of land, of objects, and (where there are any) of duty and hours that gaps are published as."""
    told = ("reason", "who_could_close")
    columns = {
        "coverage_gap": (
            "gap_id",
            "kind",
            "layer_id",
            "agency",
            "area_m2",
            "width_m",
            "buildings",
            "cases",
            "residents",
        ),
        "object_gap": ("gap_id", "layer_id", "object_id"),
        "duty_gap": ("gap_id", *(name for name in DUTY_COLUMNS if name not in told), "cases"),
    }
    kinds = {"coverage_gap": ("land",), "object_gap": ("objects",), "duty_gap": ("duty", "time")}
    layers = {}
    for layer, names in columns.items():
        mine = gaps[gaps["kind"].isin(kinds[layer])]
        if len(mine) or layer != "duty_gap":
            layers[layer] = mine[[*names, *told, "geometry"]].reset_index(drop=True)
    return layers
