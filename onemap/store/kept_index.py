"""The index of a level's cells, kept beside the map and opened in milliseconds.

It lies in the folder ``NAME.index`` beside ``NAME.gpkg`` and is named by its level and by the hash of the layer's
content, which it also holds. So the index of another content is never taken for this map's, whatever was interrupted
in between; where there is none, or a damaged one, it is made of the layer.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import shapely

from onemap.domain.catalogue import load_catalogue
from onemap.errors import OnemapError, StoreError
from onemap.geo.cell_codes import unique_codes
from onemap.geo.locator import CellLocator
from onemap.store.one_map import OneMap, open_map

_LETTERS: Final = 16


@dataclass(frozen=True)
class OpenedIndex:
    """The cells of a level, ready to be asked.

    Attributes
    ----------
    locator
        Where they lie.
    made_because
        Why the index had to be made; None where a kept one was opened.
    """

    locator: CellLocator
    made_because: OnemapError | None = None


def index_path(one_map: OneMap, layer_id: str) -> Path:
    """Return where the index of a level is kept.

    Raises
    ------
    StoreError
        The map has no such level.
    """
    if not one_map.has(layer_id):
        raise StoreError("{path}: has no layer {layer}", path=one_map.path, layer=layer_id)
    folder = one_map.path.with_name(f"{one_map.path.stem}.index")
    return folder / f"{layer_id}-{_content(one_map, layer_id)[:_LETTERS]}.cells"


def open_index(one_map: OneMap, layer_id: str, *, keep: bool = True) -> OpenedIndex:
    """Open the index of a level; make it, and keep it where that can be, when there is no sound one of this content.

    Parameters
    ----------
    one_map
        The map. One that was opened without being verified is taken at its word about its content.
    layer_id
        The level.
    keep
        Write an index that had to be made.
    """
    path = index_path(one_map, layer_id)
    try:
        return OpenedIndex(CellLocator.load(path, source=_content(one_map, layer_id)))
    except StoreError as error:
        key = load_catalogue()[layer_id].key
        made = OpenedIndex(CellLocator(unique_codes(one_map.read(layer_id), key), key), error)
    if keep:
        try:
            _save(made.locator, one_map, layer_id)
        except StoreError as error:  # a map on a disk that is full, or not ours to write to, is as good
            return OpenedIndex(made.locator, error)
    return made


def locator_for(path: Path, layer_id: str, cells: gpd.GeoDataFrame) -> CellLocator:
    """Return the locator of cells that are about to be published: the one kept beside the old map if it is of them.

    Parameters
    ----------
    path
        The map's file, which need not be there.
    layer_id
        The level.
    cells
        From `as_published`.
    """
    key = load_catalogue()[layer_id].key
    try:
        old = open_map(path, verify=False)
        return CellLocator.load(index_path(old, layer_id), cells, code=key)
    except StoreError:
        return CellLocator(cells, key)


def keep_index(one_map: OneMap, layer_id: str, locator: CellLocator) -> Path:
    """Keep the index of a map just published, and remove those of other contents; by the map's writer alone.

    Raises
    ------
    StoreError
        It cannot be written.
    """
    path = _save(locator, one_map, layer_id)
    for left in path.parent.iterdir():
        if left != path and (left.suffix == ".cells" or left.name.endswith(".part")):
            try:
                left.unlink(missing_ok=True)
            except OSError:  # on Windows a file that a process has mapped stays until the next time
                continue
    return path


def as_published(cells: gpd.GeoDataFrame, layer_id: str) -> gpd.GeoDataFrame:
    """Return the cells of a level as a published map holds them: codes once each, plane multipolygons."""
    key = load_catalogue()[layer_id].key
    shapes = shapely.force_2d(cells.geometry.to_numpy())
    shapes[shapely.is_empty(shapes)] = None
    single = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON)
    if len(single):
        shapes[single] = shapely.multipolygons(shapes[single], indices=np.arange(len(single)))
    return unique_codes(gpd.GeoDataFrame({key: cells[key].to_numpy()}, geometry=shapes, crs=cells.crs), key)


def _content(one_map: OneMap, layer_id: str) -> str:
    return str(one_map.layers.loc[layer_id, "content_sha256"])


def _save(locator: CellLocator, one_map: OneMap, layer_id: str) -> Path:
    path = index_path(one_map, layer_id)
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError("{path}: cannot be made ({why})", path=path.parent, why=error.strerror) from error
    return locator.save(path, source=_content(one_map, layer_id))
