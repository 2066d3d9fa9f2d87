"""Open the one map again: what it holds, where each layer came from, and whether it is still as published."""

import json
import sqlite3
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pyogrio.errors

from onemap.domain.catalogue import load_catalogue
from onemap.errors import SchemaError, StoreError
from onemap.geo.dated import in_force

from .columns import restore
from .integrity import CATALOGUE, FACTS, SEAL, SEAL_VERSION, damage, read_only

if TYPE_CHECKING:
    from onemap.geo.locator import CellLocator


def open_map(path: str | Path, *, verify: bool = True) -> "OneMap":
    """Open a published map.

    Parameters
    ----------
    path
        The GeoPackage.
    verify
        Check that the file is whole and every layer holds what was published (about a second for 100,000 rows).

    Returns
    -------
    OneMap
        The map; layers are read when asked for.

    Raises
    ------
    StoreError
        No such file, not a map of onemap, or damaged or changed since it was published; the layers are named.
    """
    one_map = OneMap(Path(path))
    one_map.check_kind()
    if verify:
        one_map.verify()
    return one_map


@dataclass(frozen=True)
class OneMap:
    """A published map. Made by `open_map`; nothing here writes."""

    path: Path

    def check_kind(self) -> None:
        """Raise `StoreError` unless the file is there and is a map that onemap published."""
        try:
            there = self.path.is_file()
        except OSError as error:
            raise StoreError("{path}: no such file", path=self.path) from error
        if not there:
            raise StoreError("{path}: no such file", path=self.path)
        try:
            with read_only(self.path) as connection:
                connection.execute(f"SELECT 1 FROM {CATALOGUE} LIMIT 1")  # noqa: S608 - a constant
                connection.execute(f"SELECT 1 FROM {FACTS} LIMIT 1")  # noqa: S608 - a constant
        except sqlite3.Error as error:
            raise StoreError(
                "{path}: is not a map that onemap published, or is damaged ({found})",
                path=self.path,
                found=error,
            ) from error

    def verify(self) -> None:
        """Raise `StoreError` naming every layer that is damaged or changed since the map was published."""
        found = damage(self.path)
        if found and self._sealed_otherwise():
            raise StoreError("{path}: was published by another version of onemap; build it again", path=self.path)
        if found:
            listed = "; ".join(f"{layer}: {what}" if layer else what for layer, what in found[:5])
            raise StoreError(
                "{path}: is damaged or was changed since it was published ({found}); build it again",
                path=self.path,
                found=listed,
            )

    def _sealed_otherwise(self) -> bool:
        name, version = SEAL_VERSION
        try:
            return self.district.get(name) != version
        except sqlite3.Error:
            return False

    @cached_property
    def district(self) -> dict[str, str]:
        """Facts of the whole map: name, crs, as_of, built_at and so on."""
        with read_only(self.path) as connection:
            return dict(
                connection.execute(
                    f"SELECT name, value FROM {FACTS} WHERE name <> ?",  # noqa: S608 - a constant
                    (SEAL,),
                )
            )

    @cached_property
    def layers(self) -> pd.DataFrame:
        """Catalogue of the map, one row a layer, indexed by layer id: titles, source, hashes, rows, responsibility."""
        frame = self._table(CATALOGUE)
        return frame.set_index("layer_id", drop=False).rename_axis(None)

    @property
    def levels(self) -> list[str]:
        """Grid levels from coarse to fine."""
        return [str(layer_id) for layer_id in json.loads(self.district.get("levels", "[]"))]

    def has(self, layer_id: str) -> bool:
        """Say whether the map holds a layer."""
        return layer_id in self.layers.index

    def _table(self, layer_id: str) -> pd.DataFrame:
        try:
            frame: pd.DataFrame = pyogrio.read_dataframe(self.path, layer=layer_id)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            raise StoreError("{path}, layer {layer}: {found}", path=self.path, layer=layer_id, found=error) from error
        return restore(frame, load_catalogue()[layer_id])

    def read(self, layer_id: str, *, as_of: Any = None) -> Any:
        """Return a layer: a GeoDataFrame in the map's CRS, or a DataFrame where it has no geometry.

        With ``as_of``, only rows in force on that day, see `onemap.in_force`.

        Raises
        ------
        SchemaError
            The map has no such layer, or it is a raster.
        """
        if layer_id in (CATALOGUE, FACTS):  # tables of the map itself
            return self._table(layer_id)
        if not self.has(layer_id):
            raise SchemaError("{path}: has no layer {layer}", path=self.path, layer=layer_id)
        if self.layers.loc[layer_id, "kind"] == "raster":
            raise SchemaError("{path}: layer {layer} is a raster", path=self.path, layer=layer_id)
        frame = self._table(layer_id)
        if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.name != "geometry":
            frame = frame.rename_geometry("geometry")
        return in_force(frame, as_of)

    def locator(self, layer_id: str | None = None) -> "CellLocator":
        """Return where the cells of a level lie, opened from the index beside the map, or made and kept there.

        Parameters
        ----------
        layer_id
            The level; by default the finest.

        Raises
        ------
        StoreError
            The map has no such level.

        Examples
        --------
        ``assign_cases(cases, one_map.read("grid_cell"), locator=one_map.locator())``
        """
        from onemap.store.kept_index import open_index  # which needs this module

        return open_index(self, layer_id or self.levels[-1]).locator

    def raster(self, layer_id: str) -> Path | None:
        """Return the file of a raster layer, or None where the map has none."""
        if not self.has(layer_id):
            return None
        relative = self.layers.loc[layer_id, "path"]
        return self.path.parent / relative if isinstance(relative, str) and relative else None
