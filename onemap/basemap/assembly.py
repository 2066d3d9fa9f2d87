"""The base map in memory: every source of the manifest taken in, every layer with where it came from."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from onemap import __version__
from onemap.domain.catalogue import LayerSpec, load_catalogue
from onemap.errors import SchemaError
from onemap.geo.crs import resolve_crs
from onemap.manifest import Manifest, Source
from onemap.progress import Progress, part, silent
from onemap.store.geopackage import LayerContent

from .buildings import fill_heights
from .intake import REPAIR_COLUMNS, Intake, Setting, take_in
from .levels import Levels, build_levels
from .ordering import in_order

_REJECT_COLUMNS = ("layer_id", "source", "row", "kind", "found", "reason", "removed")
_ROLES = ("provider", "owner", "checker", "updater", "update_cycle_days", "secrecy")


@dataclass
class Assembly:
    """A base map that is not published yet: frames by layer id, and what is known of each.

    It answers like a published map (``read``, ``has``, ``levels``, ``district``), so that checks can be made before
    anything is written.
    """

    manifest: Manifest
    grids: Levels
    outline: BaseGeometry
    frames: dict[str, pd.DataFrame]
    provenance: dict[str, dict[str, Any]]
    balance: pd.DataFrame
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)

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
        return facts_of(self.manifest, self.outline)

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


def assemble(manifest: Manifest, *, progress: Progress = silent) -> Assembly:
    """Take in every vector and table source of a manifest.

    Raises
    ------
    OnemapError
        A source cannot be worked on: see `onemap.basemap.intake.take_in`.
    """
    setting = _setting(manifest)
    levels = build_levels(manifest, setting, progress=part(progress, 0.0, 0.3))
    outline = levels.outline
    setting = Setting(
        crs=setting.crs,
        profile=setting.profile,
        timezone=setting.timezone,
        gcj02=setting.gcj02,
        district=outline,
        reach=_reach(outline, manifest.district.margin_m),
    )
    intakes = list(levels.intakes)
    wanted = [source for source in manifest.sources if _is_taken(source)]
    for number, source in enumerate(wanted):
        progress(0.3 + 0.7 * number / len(wanted), source.title)
        intakes.append(take_in(source, load_catalogue()[source.layer], setting))
    frames: dict[str, pd.DataFrame] = dict(levels.frames)
    notes = dict(levels.notes)
    for layer_id in dict.fromkeys(source.layer for source in wanted):
        joined = _joined([intake for intake in intakes if intake.source.layer == layer_id], load_catalogue()[layer_id])
        if layer_id == "city3d_building":
            joined, said = fill_heights(joined)
            notes[layer_id] = said
        frames[layer_id] = joined
    frames["reject"] = _rejects(intakes)
    frames["repair"] = _repairs(intakes)
    balance = pd.DataFrame([intake.balance() for intake in intakes])
    provenance = {
        layer_id: _provenance(layer_id, [one for one in intakes if one.source.layer == layer_id], notes)
        for layer_id in frames
        if layer_id not in ("reject", "repair")
    }
    return Assembly(manifest, levels, outline, frames, provenance, balance, notes)


def _is_taken(source: Source) -> bool:
    spec = load_catalogue()[source.layer]
    return spec.class_id != "grid" and spec.geometry != "Raster"


def _setting(manifest: Manifest) -> Setting:
    district = manifest.district
    if district.code_profile:
        from onemap.domain.codes import profile as code_profile
    return Setting(
        crs=resolve_crs(district.crs).crs,
        profile=code_profile(district.code_profile) if district.code_profile else None,
        timezone=district.timezone,
        gcj02=district.gcj02,
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


def _provenance(layer_id: str, intakes: Sequence[Intake], notes: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Return the columns of ``onemap_layer`` that the manifest and the sources say."""
    said = [note for intake in intakes for note in intake.notes]
    counts = [intake.balance() for intake in intakes]
    row: dict[str, Any] = {
        "source": _together(intake.source.title for intake in intakes),
        "source_sha256": _together(intake.sha256 for intake in intakes),
        "source_crs": _together(intake.source_crs for intake in intakes),
        "encoding": _together(intake.encoding for intake in intakes),
        "notes": "; ".join(dict.fromkeys([*said, *notes.get(layer_id, ())])),
    }
    for name in ("rows_in", "rows_rejected", "rows_repaired", "rows_outside"):
        row[name] = sum(count[name] for count in counts)
    if not intakes:
        row["source"] = ""
    return row | written_roles([intake.source for intake in intakes])


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
    titles = {level.layer_id: {"zh": level.zh, "en": level.en} for level in manifest.levels}
    facts = {
        "name": district.name,
        "name_en": district.name_en,
        "code": district.code,
        "crs": crs.to_string(),
        "code_profile": district.code_profile,
        "as_of": district.as_of.isoformat() if district.as_of else "",
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
    }
    return {name: value for name, value in facts.items() if value}
