"""One source of the manifest into rows of its layer, in the working CRS, sound and clipped; nothing is lost silently.

For every source: rows in = rows out + rows left out with a reason + rows wholly outside the district.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from onemap.domain.catalogue import LayerSpec
from onemap.domain.codes import CodeProfile
from onemap.domain.codes import profile as code_profile
from onemap.domain.validity import VALID_FROM, VALID_TO
from onemap.errors import CrsError, GeometryError, SchemaError, some
from onemap.geo.dated import in_force
from onemap.geo.gcj import require_conversion
from onemap.geo.repair import repair_geometries, say_fault
from onemap.manifest import Source
from onemap.sources.georeference import NO_CRS
from onemap.sources.reading import Reading, ReadRequest, read
from onemap.sources.roster_source import read_roster_source
from onemap.translation import say

from .conform import REJECT_COLUMNS, Rejects, conform
from .suspicion import misplaced, shifted

REPAIR_COLUMNS = ("layer_id", "row", "object_id", "why", "how", "area_before_m2", "area_after_m2", "area_changed_m2")
_ADMINISTRATIVE = {"grid_district": "ADMIN6", "grid_street": "ADMIN9", "grid_community": "ADMIN12"}
_DECLARE_CRS = (
    "source {number} ({source}): no coordinate system is known; "
    'write crs = "EPSG:..." into this [[source]] of the manifest (layer {layer})'
)
_DIMENSION = {"Point": 0, "LineString": 1, "Polygon": 2}


@dataclass(frozen=True)
class Setting:
    """What all sources of a map are brought to.

    ``district`` is the union of the coarsest level, ``reach`` the same with its margin, ``levels`` are the grids by
    layer id, all in ``crs``; they are empty while the levels themselves are read. ``in_force`` is the day of a map that
    holds nothing else, None where it holds all rows.
    """

    crs: pyproj.CRS
    profile: CodeProfile | None = None
    timezone: str = "UTC"
    gcj02: bool = True
    in_force: dt.date | None = None
    district: BaseGeometry | None = None
    reach: BaseGeometry | None = None
    levels: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)

    def profile_of(self, spec: LayerSpec) -> CodeProfile | None:
        """Return the profile of a grid layer's codes: the district's for cells, administrative ones above them."""
        if self.profile is None or spec.class_id != "grid":
            return None
        return code_profile(_ADMINISTRATIVE[spec.id]) if spec.id in _ADMINISTRATIVE else self.profile


@dataclass(frozen=True)
class Intake:
    """One source, taken in. ``frame`` keeps the source's row numbers as its index.

    ``beyond_m`` is the distance from the district of the nearest row that was left out as outside.
    """

    source: Source
    frame: gpd.GeoDataFrame
    rejects: pd.DataFrame
    repairs: pd.DataFrame
    rows_in: int
    sha256: str
    encoding: str | None
    source_crs: str | None
    notes: tuple[str, ...] = ()
    beyond_m: float | None = None

    @property
    def rows_outside(self) -> int:
        """Rows left out because they lie wholly outside the district and its margin."""
        return int((self.rejects["kind"] == "outside").sum())

    @property
    def rows_rejected(self) -> int:
        """Rows left out for any other reason (rows listed but kept are not counted)."""
        return int(self.rejects["removed"].sum()) - self.rows_outside

    def balance(self) -> dict[str, Any]:
        """Return the counts of this source; they add up, or the programme is wrong."""
        counts = {
            "rows_in": self.rows_in,
            "rows_out": len(self.frame),
            "rows_rejected": self.rows_rejected,
            "rows_outside": self.rows_outside,
            "rows_repaired": len(self.repairs),
        }
        assert counts["rows_in"] == counts["rows_out"] + counts["rows_rejected"] + counts["rows_outside"], counts
        return {"layer_id": self.source.layer, "source": self.source.title} | counts


def take_in(source: Source, spec: LayerSpec, setting: Setting) -> Intake:
    """Read one source and bring it to its layer.

    Parameters
    ----------
    source
        As the manifest names it.
    spec
        Definition of its layer (any but rasters).
    setting
        The working CRS, the codes' profile, and the district to clip to.

    Raises
    ------
    OnemapError
        The file cannot be read, lacks required columns, or has no or a clashing coordinate system.
    """
    if source.coordinates:
        require_conversion(manifest=setting.gcj02)
    reading = _selected(_read(source, setting.timezone), source)
    listed = Rejects(source.title)
    profile = setting.profile_of(spec)
    conformed = conform(
        _of_day(reading.frame, spec, setting, listed),
        spec,
        source=source.title,
        profile=profile,
        timezone=setting.timezone,
    )
    frame = conformed.frame
    repairs = _no_repairs()
    beyond_m = None
    if spec.geometry != "None":
        frame = _project(frame, setting.crs, listed)
        if not source.coordinates:
            _suspect(reading, frame, spec, setting, listed)
        frame = _right_kind(frame, spec, source, listed)
        frame, repairs = _repaired(frame, spec, listed)
        if setting.reach is not None and spec.class_id not in ("grid", "case", "duty"):
            frame, beyond_m = _clipped(frame, spec, setting, listed)
    rejects = _listed(reading, source, conformed.rejects, listed.table())
    return Intake(
        source=source,
        frame=frame,
        rejects=rejects,
        repairs=repairs,
        rows_in=reading.rows_in,
        sha256=reading.sha256,
        encoding=reading.encoding,
        source_crs=reading.source_crs,
        notes=tuple(reading.notes),
        beyond_m=beyond_m,
    )


def _of_day(frame: gpd.GeoDataFrame, spec: LayerSpec, setting: Setting, listed: Rejects) -> gpd.GeoDataFrame:
    """Leave out, and list, what is not in force on the map's day.

    Tables keep all days: duties and appointments are asked by the moment, and those that ended are told as such.
    """
    if setting.in_force is None or spec.geometry == "None":
        return frame
    held = in_force(frame, setting.in_force)
    left_out = frame[~frame.index.isin(held.index)]
    if len(left_out):
        dates = [
            [str(value)[:10] for value in left_out.get(name, [""] * len(left_out))] for name in (VALID_FROM, VALID_TO)
        ]
        found = [
            " – ".join("" if day in ("None", "NaT", "nan") else day for day in pair)
            for pair in zip(*dates, strict=True)
        ]
        reason = say("it is not in force on {day}", "en", day=setting.in_force.isoformat())
        listed.add(left_out.index, kind="not_in_force", found=found, reason=reason, removed=True)
    return held


def _suspect(reading: Reading, frame: gpd.GeoDataFrame, spec: LayerSpec, setting: Setting, listed: Rejects) -> None:
    """List the suspicion that the whole source lies in the wrong place. Nothing is moved."""
    raw = reading.frame
    if setting.district is None or raw.crs is None or raw.empty:
        return
    said = list(misplaced(raw, setting.district, setting.crs)) or list(shifted(frame, spec, setting.levels))
    listed.add_whole(kind="suspect_position", found=raw.crs.to_string(), reasons=said)


def _selected(reading: Reading, source: Source) -> Reading:
    """Return the rows that the manifest wants of a source; the others count as not read.

    Raises
    ------
    SchemaError
        The source lacks a column by which it is selected.
    """
    frame = reading.frame
    wanted = pd.Series(data=True, index=frame.index)
    for name, values in source.where.items():
        column = name if name in frame.columns else {old: new for new, old in source.columns.items()}.get(name)
        if column not in frame.columns:
            raise SchemaError(
                "{source}: has no column {name} to select rows by; it has {columns}",
                source=source.title,
                name=name,
                columns=some(frame.columns),
            )
        wanted &= frame[column].astype("str").isin(values)
    if wanted.all():
        return reading
    note = say("{count} of {all} rows were selected", "en", count=int(wanted.sum()), all=len(wanted))
    rejects = reading.rejects[reading.rejects["row"].isin(frame.index[wanted])]
    return replace(
        reading, frame=frame[wanted], rejects=rejects, notes=[*reading.notes, note], rows_in=int(wanted.sum())
    )


def of_manifest(error: CrsError, source: Source) -> CrsError:
    """Return an error of a source as one of its manifest, which tells where in it the system is to be named."""
    if error.template != NO_CRS or not source.number:
        return error
    return CrsError(_DECLARE_CRS, number=source.number, source=source.title, layer=source.layer)


def _read(source: Source, timezone: str) -> Reading:
    """Read a source; where its columns are not as the manifest says, name its place in the manifest."""
    try:
        request = _request(source, timezone)
        return read_roster_source(request) if source.roster else read(request)
    except CrsError as error:
        told = of_manifest(error, source)
        if told is error:
            raise
        raise told from error
    except SchemaError as error:
        if not source.number:
            raise
        raise SchemaError(
            "source {number} ({source}): {found}", number=source.number, source=source.title, found=error
        ) from error


def _request(source: Source, timezone: str) -> ReadRequest:
    return ReadRequest(
        source.path,
        source.layer,
        layer=source.sublayer,
        encoding=source.encoding,
        crs=source.crs,
        columns=source.columns,
        constants=source.constants,
        x=source.x,
        y=source.y,
        wkt=source.wkt,
        coordinates=source.coordinates,
        values=source.values,
        timezone=timezone,
        rebuild_shx=source.rebuild_shx,
    )


def _listed(reading: Reading, source: Source, *tables: pd.DataFrame) -> pd.DataFrame:
    """Return the rejects of reading and of taking in, in the order of the source."""
    early = reading.rejects.copy()
    early["source"] = source.title
    if "removed" not in early:
        # the reader's rejects that took a row away are those whose row is in the frame no more
        early["removed"] = ~early["row"].isin(reading.frame.index)
    tables = tuple(table for table in (early, *tables) if len(table))
    if not tables:
        return Rejects(source.title).table()
    table = pd.concat([one[list(REJECT_COLUMNS)] for one in tables], ignore_index=True)
    return table.sort_values(["row", "kind"], kind="stable", ignore_index=True)


def _project(frame: gpd.GeoDataFrame, crs: pyproj.CRS, listed: Rejects) -> gpd.GeoDataFrame:
    """Bring the frame to the working CRS; a position that has no place in it is listed and emptied."""
    if frame.crs is None:
        return frame.set_crs(crs)  # a table without a single position
    if frame.crs == crs:
        return frame
    before = frame.geometry
    frame = frame.to_crs(crs)
    lost = _has_place(before) & ~_has_place(frame.geometry)
    if lost.any():
        reason = say("the position has no place in {crs}", "en", crs=crs.name)
        found = shapely.to_wkt(before.to_numpy()[lost], rounding_precision=6)
        listed.add(frame.index[lost], kind="bad_position", found=found, reason=reason)
        frame = frame.set_geometry(frame.geometry.where(~lost, None), crs=crs)
    return frame


def _has_place(geometry: gpd.GeoSeries) -> np.ndarray:
    return np.asarray(np.isfinite(shapely.bounds(geometry.to_numpy())).all(axis=1))


def _right_kind(frame: gpd.GeoDataFrame, spec: LayerSpec, source: Source, listed: Rejects) -> gpd.GeoDataFrame:
    """Leave out rows without geometry (cases keep them) and rows whose geometry is of another kind."""
    geometry = frame.geometry.to_numpy()
    dimension = shapely.get_dimensions(geometry)
    empty = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    gone = np.zeros(len(frame), dtype=bool)
    if spec.class_id != "case" and empty.any():
        reason = say("the row has no position", "en")
        listed.add(frame.index[empty], kind="no_position", found=[""] * int(empty.sum()), reason=reason, removed=True)
        gone |= empty
    wrong = ~empty & (dimension != _DIMENSION[spec.geometry])
    multi = ~empty & (shapely.get_type_id(geometry) == shapely.GeometryType.MULTIPOINT)
    single = multi & (shapely.get_num_geometries(geometry) == 1)
    if single.any():
        frame = frame.copy()
        frame.loc[single, frame.geometry.name] = shapely.get_geometry(geometry[single], 0)
    wrong |= multi & ~single
    if wrong.any():
        kinds = sorted({str(one) for one in frame.geom_type[wrong]})
        if wrong[~empty].all():
            raise GeometryError(
                "{source}: holds {found}; layer {layer} needs {needed}",
                source=source.title,
                found=", ".join(kinds),
                layer=spec.id,
                needed=spec.geometry,
            )
        reason = say("the geometry is not a {needed}", "en", needed=spec.geometry)
        removed = spec.class_id != "case"
        listed.add(
            frame.index[wrong], kind="wrong_geometry", found=frame.geom_type[wrong], reason=reason, removed=removed
        )
        if removed:
            gone |= wrong
        else:
            frame = frame.set_geometry(frame.geometry.where(~wrong, None))
    return frame[~gone] if gone.any() else frame


def _no_repairs() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="object") for name in REPAIR_COLUMNS})


def _repaired(frame: gpd.GeoDataFrame, spec: LayerSpec, listed: Rejects) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Repair what is invalid; a row that cannot be repaired within the limit is left out and listed."""
    if spec.geometry == "Point" or frame.empty:
        return frame, _no_repairs()
    repair = repair_geometries(frame)
    fixed = repair.frame
    mixed = fixed.geom_type == "GeometryCollection"
    if mixed.any():  # a spike leaves a line beside the polygon
        whole = fixed.geometry.copy()
        whole[mixed] = [_of_dimension(one, _DIMENSION[spec.geometry]) for one in whole[mixed]]
        fixed = fixed.set_geometry(whole)
    if len(repair.refused):
        rows = repair.refused.index
        found = [say_fault(reason) for reason in shapely.is_valid_reason(frame.geometry.loc[rows].to_numpy())]
        listed.add(rows, kind="bad_geometry", found=found, reason=repair.refused["reason"], removed=True)
        fixed = fixed.drop(index=rows, errors="ignore")
    changes = repair.changes.copy()
    changes["row"] = np.asarray(changes.index, dtype=np.int64)
    changes["layer_id"] = spec.id
    keys = frame[spec.key].reindex(changes.index) if spec.key else None
    changes["object_id"] = keys.to_numpy() if keys is not None else None
    return fixed, changes[list(REPAIR_COLUMNS)].reset_index(drop=True)


def _clipped(
    frame: gpd.GeoDataFrame, spec: LayerSpec, setting: Setting, listed: Rejects
) -> tuple[gpd.GeoDataFrame, float | None]:
    """Cut lines and polygons at the margin; rows wholly beyond it are left out and listed with their distance.

    Returned is also the distance of the nearest of these rows from the district, None where there is none.
    """
    if frame.empty:
        return frame, None
    reach = setting.reach
    shapely.prepare(reach)
    geometry = frame.geometry.to_numpy()
    beyond = ~shapely.intersects(reach, geometry)
    cut = ~beyond & (spec.geometry != "Point")
    cut[cut] = ~shapely.covers(reach, geometry[cut])
    if cut.any():
        pieces = shapely.intersection(geometry[cut], reach)
        geometry = geometry.copy()
        geometry[cut] = [_of_dimension(piece, _DIMENSION[spec.geometry]) for piece in pieces]
        beyond |= shapely.is_empty(geometry)  # it only touched the margin's edge
    if not beyond.any():
        return frame.set_geometry(gpd.GeoSeries(geometry, index=frame.index, crs=frame.crs)), None
    metres = shapely.distance(frame.geometry.to_numpy()[beyond], setting.district)
    reasons = [say("lies {metres} m outside the district", "en", metres=f"{m:.0f}") for m in metres]
    keys = frame[spec.key][beyond] if spec.key else [""] * int(beyond.sum())
    listed.add(frame.index[beyond], kind="outside", found=keys, reason=reasons, removed=True)
    frame = frame.set_geometry(gpd.GeoSeries(geometry, index=frame.index, crs=frame.crs))[~beyond]
    return frame, float(metres.min())


def _of_dimension(geometry: BaseGeometry, dimension: int) -> BaseGeometry:
    """Return the parts of the given dimension: cutting may leave points or lines where shapes touch the edge."""
    if geometry.geom_type != "GeometryCollection":
        return geometry
    parts = [part for part in shapely.get_parts(geometry) if shapely.get_dimensions(part) == dimension]
    return shapely.union_all(parts)
