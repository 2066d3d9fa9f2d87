"""The base map: the sources of a manifest, checked against the catalogue, brought together and published."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from onemap.domain.journal import Journal, journal_of
from onemap.manifest import Manifest, load_manifest
from onemap.progress import Progress, part, silent
from onemap.store.geopackage import publish
from onemap.store.lock import writer

from .assembly import Assembly, assemble
from .finding_decisions import LAYER, FindingDecisions
from .rasters import raster_folder

__all__ = ["Assembly", "BaseMap", "assemble", "build_base_map", "map_path", "raster_folder"]


@dataclass(frozen=True)
class BaseMap:
    """A published base map: where it lies, its layers, how complete it is, and what could not be used.

    ``layers`` is the map's catalogue (rows in and out, source, hash, dates, responsibility), ``balance`` the counts of
    each source: rows in = rows out + rejected + outside.
    """

    path: Path
    layers: pd.DataFrame
    completeness: pd.DataFrame
    rejects: pd.DataFrame
    balance: pd.DataFrame


def build_base_map(
    manifest: str | Path | Manifest,
    out: str | Path | None = None,
    *,
    as_of: Any = None,
    now: datetime | None = None,
    progress: Progress = silent,
) -> BaseMap:
    """Build the base map of a manifest and publish it as one GeoPackage.

    Parameters
    ----------
    manifest
        The manifest, or its path.
    out
        The GeoPackage, or the folder that it goes into as ``onemap.gpkg``; by default ``out`` beside the manifest.
        Repairs that people accepted, in the journal beside it, are carried out on the grids.
    as_of
        Only places in force on this day, as in `onemap.run`.
    now
        The moment written as the build's time (default: the clock). Same input and moment, same bytes.
    progress
        Told the share done; may raise `Cancelled`, which leaves an old map untouched.

    Returns
    -------
    BaseMap
        Of the map as published.

    Raises
    ------
    OnemapError
        The manifest has problems, a source cannot be worked on, the journal beside the map is damaged, or the map
        cannot be written.
    """
    from onemap.store.one_map import open_map

    checked = (manifest if isinstance(manifest, Manifest) else load_manifest(manifest)).of_day(as_of)
    path = map_path(checked, out)
    with writer(path), raster_folder(path) as rasters:
        judged = FindingDecisions.of(Journal(journal_of(path)).in_force())
        assembly = assemble(checked, rasters, decisions=judged, progress=part(progress, 0.0, 0.8))
        if judged.outcomes:
            assembly.frames[LAYER] = judged.table()
        contents = list(assembly.contents())
        publish(path, contents, facts=assembly.district, now=now, held=True, progress=part(progress, 0.8, 1.0))
    one_map = open_map(path, verify=False)
    return BaseMap(
        path=path,
        layers=one_map.layers,
        completeness=assembly.frames["completeness"],
        rejects=assembly.frames["reject"],
        balance=assembly.balance,
    )


def map_path(manifest: Manifest, out: str | Path | None) -> Path:
    """Return the path of the map's file: ``out`` itself where it names a GeoPackage, else a file in that folder."""
    place = Path(out) if out is not None else manifest.out
    return place if place.suffix == ".gpkg" else place / "onemap.gpkg"
