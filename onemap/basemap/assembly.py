"""The base map in memory: every source of the manifest taken in, every layer with where it came from."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from onemap import __version__
from onemap.domain.catalogue import BASE_MAP_CLASSES, LayerSpec, load_catalogue
from onemap.domain.codes import profile as code_profile
from onemap.errors import SchemaError
from onemap.geo.crs import resolve_crs
from onemap.manifest import Manifest, Source
from onemap.progress import Progress, part, silent
from onemap.store.content import LayerContent
from onemap.translation import say

from .beside import beside
from .buildings import fill_heights
from .completeness import Presence, Streets, completeness_table, empty_relations, measure_footprint, measure_frame
from .decided_repairs import DecidedRepairs
from .finding_decisions import FindingDecisions
from .intake import REPAIR_COLUMNS, Intake, Setting, take_in
from .levels import Levels, build_levels
from .ordering import in_order
from .rasters import RasterLayer, check_together, read_heights, read_raster_layer, write_hillshade, write_raster_layer
from .terrain import draw_contours

_REJECT_COLUMNS = ("layer_id", "source", "row", "kind", "found", "reason", "removed")
_HASH_DIGITS = 8
_ROLES = ("provider", "owner", "checker", "updater", "update_cycle_days", "secrecy")


@dataclass
class Assembly:
    """A base map that is not published yet: frames by layer id, and what is known of each.

    It answers like a published map (``read``, ``has``, ``levels``, ``layers``, ``district``), so that checks can be
    made before anything is written.
    """

    manifest: Manifest
    grids: Levels
    outline: BaseGeometry
    frames: dict[str, pd.DataFrame]
    provenance: dict[str, dict[str, Any]]
    balance: pd.DataFrame
    rasters: dict[str, RasterLayer] = field(default_factory=dict)
    agency_sources: dict[str, str] = field(default_factory=dict)

    @property
    def levels(self) -> list[str]:
        """Grid levels from coarse to fine."""
        return list(self.grids.frames)

    @property
    def crs(self) -> Any:
        """The working CRS."""
        return self.grids.frames[self.grids.finest].crs

    @property
    def district(self) -> dict[str, str]:
        """Facts of the whole map."""
        facts = facts_of(self.manifest, self.outline)
        if self.agency_sources:
            facts["agency_sources"] = json.dumps(self.agency_sources, ensure_ascii=False, sort_keys=True)
        return facts

    @cached_property
    def layers(self) -> pd.DataFrame:
        """Where each layer comes from, and who provides it, indexed by layer id."""
        return pd.DataFrame.from_dict(self.provenance, orient="index")

    def has(self, layer_id: str) -> bool:
        """Say whether the map holds a layer."""
        return layer_id in self.frames or layer_id in self.provenance

    def read(self, layer_id: str) -> Any:
        """Return a layer, which the caller must not change."""
        if layer_id not in self.frames:
            raise SchemaError("the map has no layer {layer}", layer=layer_id)
        return self.frames[layer_id]

    def contents(self) -> Iterator[LayerContent]:
        """Yield the layers as they are published, in the order of the catalogue."""
        for layer_id in load_catalogue():
            if layer_id in self.frames or layer_id in self.provenance:
                yield LayerContent(layer_id, self.frames.get(layer_id), self.provenance.get(layer_id, {}))


def assemble(
    manifest: Manifest, folder: Path, *, decisions: FindingDecisions | None = None, progress: Progress = silent
) -> Assembly:
    """Take in every source of a manifest, and measure how complete the map is.

    Rasters are written into ``folder``, named by their content, so that they disturb no published map. Repairs that
    people accepted, among the ``decisions``, are carried out on the grids.

    Raises
    ------
    OnemapError
        A source cannot be worked on: see `onemap.basemap.intake.take_in`.
    """
    setting = _setting(manifest)
    repairs = DecidedRepairs(decisions or FindingDecisions())
    levels = build_levels(manifest, setting, repairs=repairs, progress=part(progress, 0.0, 0.2))
    outline = levels.outline
    reach = _reach(outline, manifest.district.margin_m)
    setting = replace(setting, district=outline, reach=reach, levels=levels.frames)
    with beside(partial(_take_rasters, manifest, setting, folder)) as drawing:  # GDAL warps while rows are read
        intakes = [*levels.intakes, *_take_all(manifest, setting, part(progress, 0.2, 0.8))]
        rasters = drawing.result(part(progress, 0.8, 0.95))
    frames: dict[str, pd.DataFrame] = dict(levels.frames)
    notes = dict(levels.notes)
    for layer_id in dict.fromkeys(intake.source.layer for intake in intakes[len(levels.intakes) :]):
        joined = _joined([intake for intake in intakes if intake.source.layer == layer_id], load_catalogue()[layer_id])
        if layer_id == "city3d_building":
            joined, said = fill_heights(joined)
            without, unbuilt = empty_relations(joined, levels.frames[levels.finest])
            met = say(
                "{without} buildings touch no cell, {unbuilt} cells touch no building",
                "en",
                without=without,
                unbuilt=unbuilt,
            )
            notes[layer_id] = (*said, met)
        if layer_id == "duty_grid":
            joined = repairs.of_agencies(joined, outline)
        frames[layer_id] = joined
    repairs.finish()
    frames["reject"] = _rejects(intakes)
    frames["repair"] = _repairs(intakes)
    if "terrain_contour" not in frames and rasters.get("terrain_dem") and rasters["terrain_dem"].path:
        frames["terrain_contour"] = draw_contours(*read_heights(rasters["terrain_dem"].path), setting.crs)
        notes["terrain_contour"] = (say("made from {layer}", "en", layer="terrain_dem"),)
    by_layer = {layer_id: [one for one in intakes if one.source.layer == layer_id] for layer_id in frames}
    provenance = {
        layer_id: _provenance(taken, notes.get(layer_id, ()), made_from(layer_id, manifest))
        for layer_id, taken in by_layer.items()
        if layer_id not in ("reject", "repair")
    }
    provenance |= {
        layer_id: _raster_provenance(raster, folder, made_from(layer_id, manifest))
        for layer_id, raster in rasters.items()
    }
    balance = pd.DataFrame([intake.balance() for intake in intakes])
    assembly = Assembly(
        manifest, levels, outline, frames, provenance, balance, rasters, _agency_sources(by_layer.get("duty_grid", ()))
    )
    progress(0.95, "looking for what is missing")
    frames["completeness"] = _completeness(assembly, by_layer)
    return assembly


def _take_all(manifest: Manifest, setting: Setting, progress: Progress) -> Iterator[Intake]:
    wanted = [source for source in manifest.sources if _is_taken(source)]
    for number, source in enumerate(wanted):
        progress(number / len(wanted), source.title)
        yield take_in(source, load_catalogue()[source.layer], setting)


def _take_rasters(manifest: Manifest, setting: Setting, folder: Path, progress: Progress) -> dict[str, RasterLayer]:
    """Write every raster layer that reaches the district; the others are known by where they lie."""
    rasters: dict[str, RasterLayer] = {}
    ids = [spec.id for spec in load_catalogue().values() if spec.geometry == "Raster" and manifest.sources_of(spec.id)]
    for number, layer_id in enumerate(ids):
        step = part(progress, number / len(ids), (number + 1) / len(ids))
        layer = read_raster_layer(layer_id, manifest.sources_of(layer_id), setting.crs)
        check_together(layer)
        rasters[layer_id] = write_raster_layer(layer, setting.reach, setting.crs, folder, progress=step)
    dem = rasters.get("terrain_dem")
    if dem is not None and dem.path is not None and "terrain_hillshade" not in rasters:
        rasters["terrain_hillshade"] = write_hillshade(dem, folder)
    return rasters


def _completeness(assembly: Assembly, by_layer: Mapping[str, Sequence[Intake]]) -> pd.DataFrame:
    catalogue = load_catalogue()
    street_level = assembly.grids.streets
    streets = Streets.of(assembly.grids.frames[street_level], catalogue[street_level].key, assembly.outline)
    presences: dict[str, Presence] = {
        layer_id: measure_footprint(raster.footprint, streets)
        for layer_id, raster in assembly.rasters.items()
        if raster.sources
    }
    for layer_id, intakes in by_layer.items():
        spec = catalogue[layer_id]
        if not intakes or spec.class_id not in BASE_MAP_CLASSES or spec.geometry == "None":
            continue
        beyond = [intake.beyond_m for intake in intakes if intake.beyond_m is not None]
        presences[layer_id] = measure_frame(
            assembly.frames[layer_id],
            streets,
            beyond_m=min(beyond) if beyond else None,
            read=sum(intake.rows_in for intake in intakes),
        )
    sources = {layer_id: assembly.manifest.sources_of(layer_id) for layer_id in presences}
    return completeness_table(presences, sources, streets, as_of=assembly.manifest.district.as_of)


def _is_taken(source: Source) -> bool:
    spec = load_catalogue()[source.layer]
    return spec.class_id != "grid" and spec.geometry != "Raster"


def _setting(manifest: Manifest) -> Setting:
    district = manifest.district
    return Setting(
        crs=resolve_crs(district.crs).crs,
        profile=code_profile(district.code_profile) if district.code_profile else None,
        timezone=district.timezone,
        gcj02=district.gcj02,
        in_force=district.as_of if manifest.only_in_force else None,
    )


def _reach(outline: BaseGeometry, margin_m: float) -> BaseGeometry:
    """Return the district with its margin, with few vertices: it only says where layers end."""
    if margin_m <= 0:
        return outline
    return shapely.buffer(shapely.simplify(outline, margin_m / 20), margin_m, quad_segs=4)


def _joined(intakes: Sequence[Intake], spec: LayerSpec) -> pd.DataFrame:
    """Return the rows of all sources of a layer, in an order that does not depend on theirs."""
    frame = pd.concat([intake.frame for intake in intakes], ignore_index=True)
    if spec.geometry == "None":
        return in_order(pd.DataFrame(frame.drop(columns="geometry", errors="ignore")), spec)
    return in_order(gpd.GeoDataFrame(frame, geometry="geometry", crs=intakes[0].frame.crs), spec)


def _rejects(intakes: Sequence[Intake]) -> pd.DataFrame:
    tables = [intake.rejects.assign(layer_id=intake.source.layer) for intake in intakes if len(intake.rejects)]
    if not tables:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in _REJECT_COLUMNS})
    table = pd.concat(tables, ignore_index=True)[list(_REJECT_COLUMNS)]
    return table.sort_values(["layer_id", "source", "row", "kind", "found"], kind="stable", ignore_index=True)


def _repairs(intakes: Sequence[Intake]) -> pd.DataFrame:
    tables = [intake.repairs for intake in intakes if len(intake.repairs)]
    if not tables:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in REPAIR_COLUMNS})
    return pd.concat(tables, ignore_index=True).sort_values(["layer_id", "row"], kind="stable", ignore_index=True)


def made_from(layer_id: str, manifest: Manifest) -> tuple[Source, ...]:
    """Return the sources that a layer is made from where it has none of its own: its answer is theirs."""
    parents = {level.layer_id: level.dissolve for level in manifest.levels if level.dissolve}
    parents |= {"terrain_contour": "terrain_dem", "terrain_hillshade": "terrain_dem"}
    while layer_id in parents and not manifest.sources_of(layer_id):
        layer_id = parents[layer_id]
    return manifest.sources_of(layer_id)


def _provenance(intakes: Sequence[Intake], notes: Sequence[str], origin: Sequence[Source]) -> dict[str, Any]:
    """Return the columns of ``onemap_layer`` that the manifest and the sources say; of a layer that was made, notes."""
    if not intakes:
        return {"notes": "; ".join(notes)} | written_roles(origin)
    said = [note for intake in intakes for note in intake.notes]
    counts = [intake.balance() for intake in intakes]
    row: dict[str, Any] = {
        "source": _together(intake.source.title for intake in intakes),
        "source_sha256": _together(intake.sha256 for intake in intakes),
        "source_crs": _together(intake.source_crs for intake in intakes),
        "encoding": _together(intake.encoding for intake in intakes),
        "notes": "; ".join(dict.fromkeys([*said, *notes])),
    }
    for name in ("rows_in", "rows_rejected", "rows_repaired", "rows_outside"):
        row[name] = sum(count[name] for count in counts)
    return row | written_roles([intake.source for intake in intakes])


def _raster_provenance(raster: RasterLayer, folder: Path, origin: Sequence[Source]) -> dict[str, Any]:
    """Return the same for a raster; ``path`` is relative to the map, so that the folder can be moved."""
    row: dict[str, Any] = {
        "source": _together(source.name for source in raster.sources),
        "source_sha256": _together(info.sha256 for info in raster.infos),
        "source_crs": _together(info.crs.to_string() for info in raster.infos),
        "notes": "; ".join(raster.notes),
    }
    if raster.path is not None:
        row |= {"path": f"{folder.name}/{raster.path.name}", "content_sha256": raster.sha256}
    else:
        row["notes"] = say("lies wholly outside the district", "en")
    return row | written_roles(origin)


def _agency_sources(intakes: Sequence[Intake]) -> dict[str, str]:
    """Return where the duty grids of each agency came from: file, day and the start of its hash."""
    told: dict[str, list[str]] = {}
    for intake in intakes:
        day = intake.source.as_of.isoformat() if intake.source.as_of else ""
        text = " ".join(part for part in (intake.source.title, day, intake.sha256[:_HASH_DIGITS]) if part)
        for agency in sorted(intake.frame["agency"].dropna().astype(str).unique()):
            told.setdefault(agency, []).append(text)
    return {agency: "; ".join(dict.fromkeys(texts)) for agency, texts in sorted(told.items())}


def written_roles(sources: Sequence[Source]) -> dict[str, Any]:
    """Return provider ... secrecy and the date, as far as the manifest says them; the oldest date counts."""
    row: dict[str, Any] = {}
    for name in _ROLES:
        values = [getattr(source, name) for source in sources if getattr(source, name) not in ("", None)]
        if values:
            row[name] = min(values) if name == "update_cycle_days" else _together(values)
    dates = [source.as_of for source in sources if source.as_of is not None]
    if dates:
        row["as_of"] = min(dates)
    return row


def _together(values: Any) -> str | None:
    """Return the different values in their order, joined; None where there are none."""
    return "; ".join(dict.fromkeys(str(value) for value in values if value)) or None


def facts_of(manifest: Manifest, outline: BaseGeometry) -> dict[str, str]:
    """Return the facts of the whole map, as they are published."""
    district = manifest.district
    crs = resolve_crs(district.crs).crs
    agency_tolerance_m = manifest.coverage.agency_tolerance_m
    titles = {level.layer_id: {"zh": level.zh, "en": level.en} for level in manifest.levels}
    facts = {
        "name": district.name,
        "name_en": district.name_en,
        "code": district.code,
        "crs": crs.to_string(),
        "code_profile": district.code_profile,
        "as_of": district.as_of.isoformat() if district.as_of else "",
        "in_force": district.as_of.isoformat() if district.as_of and manifest.only_in_force else "",
        "language": district.language,
        "timezone": district.timezone,
        "onemap_version": __version__,
        "levels": json.dumps([level.layer_id for level in manifest.levels]),
        "level_titles": json.dumps(titles, ensure_ascii=False),
        "bounds": json.dumps([round(value, 3) for value in outline.bounds]),
        "area_m2": f"{outline.area:.1f}",
        "margin_m": str(district.margin_m),
        "near_m": str(manifest.cases.near_m),
        "border_m": str(manifest.cases.border_m),
        "tolerance_m": str(manifest.coverage.tolerance_m),
        "agency_tolerance_m": "" if agency_tolerance_m is None else str(agency_tolerance_m),
    }
    return {name: value for name, value in facts.items() if value}
