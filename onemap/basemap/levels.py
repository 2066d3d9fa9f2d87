"""The levels of grids from coarse to fine: read or dissolved, each row with its parent and its measured area."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from onemap.domain.catalogue import load_catalogue
from onemap.errors import GeometryError, SchemaError
from onemap.geo.cell_codes import unique_codes
from onemap.geo.crs import area_m2
from onemap.geo.ownership import own_polygons
from onemap.manifest import Level, Manifest
from onemap.progress import Progress, silent
from onemap.translation import say

from .decided_repairs import DecidedRepairs
from .intake import Intake, Setting, take_in
from .ordering import in_order

_AREA_DIFFERS = 0.01


@dataclass(frozen=True)
class Levels:
    """The grids of a district: frames by layer id, coarse to fine, and what happened to their sources."""

    frames: Mapping[str, gpd.GeoDataFrame]
    intakes: tuple[Intake, ...]
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def outline(self) -> BaseGeometry:
        """The district: the union of the coarsest level."""
        return shapely.union_all(next(iter(self.frames.values())).geometry.to_numpy())

    @property
    def finest(self) -> str:
        """Layer id of the finest level."""
        return list(self.frames)[-1]

    @property
    def streets(self) -> str:
        """Layer id of the level by which completeness is told: streets, else the first with more than one area."""
        if "grid_street" in self.frames:
            return "grid_street"
        return next((layer_id for layer_id, frame in self.frames.items() if len(frame) > 1), self.finest)


def build_levels(
    manifest: Manifest, setting: Setting, *, repairs: DecidedRepairs | None = None, progress: Progress = silent
) -> Levels:
    """Read every level that has sources, dissolve the others, and give each row its parent.

    Repairs that people accepted are carried out on what was read, so that what is dissolved has them too; then on the
    levels that are dissolved.

    Parents come from the source's column; where that is empty from the code, if the district has a code profile;
    else the parent is the one with the largest share of the row's area.

    Raises
    ------
    GeometryError
        A level has no usable row.
    """
    intakes: list[Intake] = []
    read: dict[str, gpd.GeoDataFrame] = {}
    notes: dict[str, list[str]] = {level.layer_id: [] for level in manifest.levels}
    for number, level in enumerate(manifest.levels):
        progress(number / len(manifest.levels), level.layer_id)
        taken = [
            take_in(source, load_catalogue()[level.layer_id], setting) for source in manifest.sources_of(level.layer_id)
        ]
        intakes += taken
        if taken:
            read[level.layer_id] = _joined(taken, level.layer_id)
    mended = _Mended(manifest, read, repairs)
    for level in manifest.levels:
        if level.layer_id in read:
            read[level.layer_id] = mended.repaired(level)
    for level in reversed(manifest.levels):
        if level.layer_id not in read:
            read[level.layer_id] = _dissolved(level, read[level.dissolve], manifest)
            read[level.layer_id] = mended.repaired(level)
    frames = {level.layer_id: read[level.layer_id] for level in manifest.levels}
    _fill_parents(frames, notes, by_code=setting.profile is not None)
    for layer_id, frame in frames.items():
        frames[layer_id] = in_order(_measured(frame, notes[layer_id]), load_catalogue()[layer_id])
    return Levels(frames, tuple(intakes), {layer_id: tuple(said) for layer_id, said in notes.items()})


@dataclass(frozen=True)
class _Mended:
    """The levels that are there so far, repaired one by one as people accepted it."""

    manifest: Manifest
    read: Mapping[str, gpd.GeoDataFrame]
    repairs: DecidedRepairs | None

    def repaired(self, level: Level) -> gpd.GeoDataFrame:
        cells = self.read[level.layer_id]
        return cells if self.repairs is None else self.repairs.of_level(level.layer_id, cells, self._outline(level))

    def _outline(self, level: Level) -> Callable[[], BaseGeometry | None]:
        """Return what tells the area that a level shall cover: that of the coarsest, which itself covers what it does.

        Where the coarsest is still to be dissolved, repairs of finer levels leave its outline as it is.
        """
        first = self.manifest.levels[0]

        def outline() -> BaseGeometry | None:
            if level is first:
                return None
            made = dict(self.read)
            for one in reversed(self.manifest.levels):
                if one.layer_id not in made:
                    made[one.layer_id] = _dissolved(one, made[one.dissolve], self.manifest)
            return shapely.union_all(made[first.layer_id].geometry.to_numpy())

        return outline


def _joined(taken: Sequence[Intake], layer_id: str) -> gpd.GeoDataFrame:
    frame = pd.concat([intake.frame for intake in taken], ignore_index=True)
    if frame.empty:
        raise GeometryError("layer {layer}: none of the rows of its sources can be used", layer=layer_id)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=taken[0].frame.crs)


def _dissolved(level: Level, finer: gpd.GeoDataFrame, manifest: Manifest) -> gpd.GeoDataFrame:
    """Return a level as the union of a finer one: by its parent codes, or the whole of it for the coarsest."""
    spec = load_catalogue()[level.layer_id]
    columns = [one.name for one in spec.fields]
    parents = finer["parent_code"]
    if level is manifest.levels[0] and parents.nunique() < 2:  # noqa: PLR2004 - one district
        # gaps between the finer grids are gaps, not holes of the district: the outline is filled
        union = shapely.union_all(finer.geometry.to_numpy())
        parts = [shapely.Polygon(part.exterior) for part in shapely.get_parts(union)]
        rows = {spec.key: [_district_code(finer, manifest)], "name": [_district_name(manifest)]}
        geometry = [shapely.union_all(parts)]
    else:
        if parents.isna().any():
            raise SchemaError(
                "levels.{layer}: cannot be dissolved from {finer}, whose parent codes are not complete",
                layer=level.layer_id,
                finer=level.dissolve,
            )
        groups = finer.geometry.groupby(parents)
        geometry = [shapely.union_all(group.to_numpy()) for _, group in groups]
        codes = [code for code, _ in groups]
        rows = {spec.key: codes, "name": codes}
    frame = gpd.GeoDataFrame(rows, geometry=geometry, crs=finer.crs)
    for one in spec.fields:
        if one.name not in frame.columns:
            frame[one.name] = pd.Series([None] * len(frame), dtype="object")
    return frame[[*columns, "geometry"]]


def _district_name(manifest: Manifest) -> str:
    """Return what the district is called in its own language: its name stands on labels, sheets and in answers."""
    district = manifest.district
    return (district.name_en if district.language == "en" else "") or district.name


def _district_code(finer: gpd.GeoDataFrame, manifest: Manifest) -> str:
    """Return the district's code: the manifest's, else the one parent that all finer grids name, else its name."""
    if manifest.district.code:
        return manifest.district.code
    parents = finer["parent_code"].dropna().unique()
    if len(parents) == 1:
        return str(parents[0])
    return manifest.district.name_en or manifest.district.name


def _fill_parents(frames: Mapping[str, gpd.GeoDataFrame], notes: Mapping[str, list[str]], *, by_code: bool) -> None:
    """Fill empty parent codes, in place: our own frames."""
    catalogue = load_catalogue()
    ids = list(frames)
    for upper_id, lower_id in itertools.pairwise(ids):
        upper, lower = frames[upper_id], frames[lower_id]
        upper_key, lower_key = catalogue[upper_id].key, catalogue[lower_id].key
        parents = lower["parent_code"].astype("object").copy()
        if by_code:
            empty = parents.isna()
            parents[empty] = _by_prefix(lower.loc[empty, lower_key], set(upper[upper_key].astype(str)))
        empty = parents.isna().to_numpy()
        if empty.any():
            parents[empty] = _by_share(lower[empty], upper, upper_key)
            notes[lower_id].append(
                say(
                    "{count} rows have no parent code, so the parent with the largest share was taken",
                    "en",
                    count=int(empty.sum()),
                )
            )
        lower["parent_code"] = parents


def _by_prefix(codes: pd.Series, parents: set[str]) -> pd.Series:
    """Return for each code the longest of ``parents`` that it begins with."""
    lengths = sorted({len(parent) for parent in parents}, reverse=True)

    def parent(code: str) -> str | None:
        return next((code[:n] for n in lengths if n < len(code) and code[:n] in parents), None)

    return codes.map(parent).astype("object")


def _by_share(lower: gpd.GeoDataFrame, upper: gpd.GeoDataFrame, key: str) -> np.ndarray:
    if len(upper) == 1:
        return np.full(len(lower), upper[key].iloc[0], dtype=object)
    owners = own_polygons(lower, unique_codes(upper, key), code=key)
    return np.asarray(owners["cell"].to_numpy(dtype=object))


def _measured(frame: gpd.GeoDataFrame, notes: list[str]) -> gpd.GeoDataFrame:
    """Fill ``area_m2`` with the measured area; say how many given areas differ from it."""
    measured = area_m2(frame)
    given = pd.to_numeric(frame["area_m2"], errors="coerce")
    differs = given.notna() & ((given - measured).abs() > _AREA_DIFFERS * measured)
    if differs.any():
        notes.append(
            say(
                "the area given for {count} rows differs by more than 1 percent from the measured one, which is kept",
                "en",
                count=int(differs.sum()),
            )
        )
    return frame.assign(area_m2=measured)


def code_chain(levels: Levels, codes: pd.Series) -> dict[str, pd.Series]:
    """Return for codes of the finest level the codes of every coarser level, by layer id.

    A code that is unknown or whose parent is unknown gets an empty chain from there on.
    """
    catalogue = load_catalogue()
    ids = list(levels.frames)
    chain: dict[str, pd.Series] = {ids[-1]: codes}
    for lower_id, upper_id in zip(reversed(ids), list(reversed(ids))[1:], strict=False):
        frame = levels.frames[lower_id].drop_duplicates(catalogue[lower_id].key)
        parent = frame.set_index(catalogue[lower_id].key)["parent_code"]
        chain[upper_id] = chain[lower_id].map(parent)
    return chain
