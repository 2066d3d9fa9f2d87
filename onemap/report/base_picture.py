"""The calm picture under the maps of the report: water, green, parcels, roads and buildings as one small PNG.

Drawn once per report at `PIXELS` across and shared by every map and both languages. Each map class is burnt into a
grid twice as fine and then averaged, so that edges are smooth; the colours are those of the palette, rounded a little
so that the picture stays small.
"""

import base64
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
import shapely
from rasterio.enums import Resampling
from rasterio.features import rasterize
from rasterio.transform import from_bounds
from rasterio.vrt import WarpedVRT

from .palette import Palette, rgb
from .sheet import Sheet

PIXELS = 1600
_FINE = 2  # supersampling
_AREAS = (
    ("frame_parcel", "parcel"),
    ("frame_compound", "parcel"),
    ("emap_green", "green"),
    ("emap_water", "water"),
)
_ROAD_DEFAULT_M = 8.0
_OUTLINE_M = 2.5  # ground size of a pixel up to which buildings get an outline
_ROAD_MIN_PX = 1.1  # narrower roads would vanish
_PNG_UP, _PNG_RGB = 2, 2  # numbers of the PNG specification: row filter, colour type
_ROUNDING = 4  # steps of a colour channel: too small to see, and half the file


@dataclass(frozen=True)
class BasePicture:
    """A PNG that covers exactly the sheet it was drawn for, and the layers that are in it."""

    png: bytes
    width: int
    height: int
    layers: tuple[str, ...]

    @property
    def data_uri(self) -> str:
        """The picture for an ``href``."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode("ascii")


BASE_LAYERS = (*(layer_id for layer_id, _ in _AREAS), "emap_waterline", "emap_road", "city3d_building")


def draw_base_picture(
    layers: Mapping[str, Any],
    sheet: Sheet,
    *,
    palette: Palette,
    hillshade: Path | None = None,
    pixels: int = PIXELS,
) -> BasePicture:
    """Draw the base layers of a map into one picture of the sheet.

    Parameters
    ----------
    layers
        GeoDataFrames by layer id, in the sheet's CRS; of `BASE_LAYERS` those that the map has.
    sheet
        The piece of the district; the picture covers it exactly.
    palette
        Colours (the light ones).
    hillshade
        A hillshade raster in the same CRS, laid over softly.
    pixels
        Width of the picture.

    Examples
    --------
    >>> from onemap.report.palette import load_palette
    >>> sheet = Sheet(0.0, 0.0, 100.0, 50.0, 100.0, 50.0)
    >>> draw_base_picture({}, sheet, palette=load_palette(), pixels=20).height
    10
    """
    width = pixels
    height = max(1, round(pixels * sheet.height / sheet.width))
    canvas = _Canvas(sheet, width, height, palette.light)
    drawn = []
    for layer_id, tone in _AREAS:
        if canvas.areas(layers.get(layer_id), canvas.tones[tone]):
            drawn.append(layer_id)
    if canvas.lines(layers.get("emap_waterline"), "water"):
        drawn.append("emap_waterline")
    if canvas.roads(layers.get("emap_road")):
        drawn.append("emap_road")
    if canvas.buildings(layers.get("city3d_building")):
        drawn.append("city3d_building")
    image = canvas.image()
    if hillshade is not None and hillshade.is_file():
        image = _shaded(image, hillshade, sheet)
        drawn.insert(0, "terrain_hillshade")
    return BasePicture(_png(image, rgb(palette.light["paper"])), width, height, tuple(drawn))


class _Canvas:
    """A grid of tone numbers, finer than the picture, into which layers are burnt from back to front."""

    def __init__(self, sheet: Sheet, width: int, height: int, colours: Mapping[str, str]) -> None:
        self.fine = (height * _FINE, width * _FINE)
        self.transform = from_bounds(*sheet.bounds, width * _FINE, height * _FINE)
        self.metres = (sheet.east - sheet.west) / width
        self.window = shapely.box(*sheet.bounds)
        names = ("paper", "parcel", "green", "water", "road_casing", "road_fill", "building_outline", "building")
        self.tones = {name: number for number, name in enumerate(names)}
        parcel = _between(colours["paper"], colours["building"], 0.4)
        self.colours = np.array(
            [parcel if name == "parcel" else rgb(colours[name]) for name in names], dtype=np.float32
        )
        self.grid = np.zeros(self.fine, dtype=np.uint8)

    def areas(self, frame: Any, tone: int, *, outline: int | None = None) -> bool:
        shapes = self._shown(frame)
        if not len(shapes):
            return False
        self._burn(shapes, tone)
        if outline is not None:
            self._burn(shapely.boundary(shapes), outline)
        return True

    def lines(self, frame: Any, tone: str, *, width_m: float = 6.0) -> bool:
        shapes = self._shown(frame)
        if not len(shapes):
            return False
        reach = max(width_m, self.metres * _ROAD_MIN_PX) / 2
        self._burn(shapely.buffer(shapes, reach, cap_style="flat", quad_segs=2), self.tones[tone])
        return True

    def roads(self, frame: Any) -> bool:
        shapes = self._shown(frame)
        if not len(shapes):
            return False
        width = np.full(len(frame), _ROAD_DEFAULT_M)
        if "width_m" in frame:
            given = frame["width_m"].to_numpy(dtype=float, na_value=np.nan)
            width = np.where(np.isfinite(given) & (given > 0), given, width)
        half = np.maximum(width[self._inside(frame)], self.metres * _ROAD_MIN_PX) / 2
        casing = half + max(self.metres * 0.6, 0.4)
        self._burn(shapely.buffer(shapes, casing, quad_segs=2), self.tones["road_casing"])
        self._burn(shapely.buffer(shapes, half, quad_segs=2), self.tones["road_fill"])
        return True

    def buildings(self, frame: Any) -> bool:
        """Burn buildings; an outline only where a building is more than a few pixels, else all would be outline."""
        outline = self.tones["building_outline"] if self.metres < _OUTLINE_M else None
        return self.areas(frame, self.tones["building"], outline=outline)

    def _inside(self, frame: Any) -> npt.NDArray[np.bool_]:
        shapes = frame.geometry.to_numpy()
        sound = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        return np.asarray(sound & shapely.intersects(shapes, self.window))

    def _shown(self, frame: Any) -> npt.NDArray[np.object_]:
        if frame is None or not len(frame):
            return np.array([], dtype=object)
        shapes = frame.geometry.to_numpy()[self._inside(frame)]
        simple: npt.NDArray[np.object_] = shapely.simplify(
            shapely.force_2d(shapes), self.metres / (2 * _FINE), preserve_topology=False
        )
        return simple

    def _burn(self, shapes: npt.NDArray[np.object_], tone: int) -> None:
        solid = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
        if len(solid):
            rasterize(
                ((shape, tone) for shape in as_geojson(solid)), out=self.grid, transform=self.transform, dtype=np.uint8
            )

    def image(self) -> npt.NDArray[np.float32]:
        """Return the picture (rows, columns, 3): the mean colour of the fine cells in each pixel."""
        rows, columns = self.fine[0] // _FINE, self.fine[1] // _FINE
        total: npt.NDArray[np.float32] = np.zeros((rows, columns, 3), dtype=np.float32)
        for row in range(_FINE):
            for column in range(_FINE):
                total += self.colours[self.grid[row::_FINE, column::_FINE]]
        return np.divide(total, np.float32(_FINE * _FINE), dtype=np.float32)


def as_geojson(shapes: npt.NDArray[np.object_]) -> list[dict[str, Any]]:
    """Return the parts of geometries as GeoJSON, all at once: twenty thousand buildings take a blink, not a second.

    Examples
    --------
    >>> as_geojson(np.array([shapely.LineString([(0, 0), (1, 2)])]))
    [{'type': 'LineString', 'coordinates': [[0.0, 0.0], [1.0, 2.0]]}]
    """
    parts = shapely.get_parts(shapes)
    areas = parts[shapely.get_dimensions(parts) == 2]  # noqa: PLR2004 - areas have two dimensions
    lines = parts[shapely.get_dimensions(parts) == 1]
    rings, ring_of = shapely.get_rings(areas, return_index=True)
    polygons: list[dict[str, Any]] = [{"type": "Polygon", "coordinates": []} for _ in areas]
    for owner, ring in zip(ring_of.tolist(), _coordinates(rings), strict=True):
        polygons[owner]["coordinates"].append(ring)
    return polygons + [{"type": "LineString", "coordinates": line} for line in _coordinates(lines)]


def _coordinates(lines: npt.NDArray[np.object_]) -> list[list[list[float]]]:
    points, owner = shapely.get_coordinates(lines, return_index=True)
    flat = points.tolist()
    starts = [*np.flatnonzero(np.diff(owner, prepend=-1)).tolist(), len(flat)]
    return [flat[start:end] for start, end in pairwise(starts)]


def _between(one: str, other: str, share: float) -> tuple[float, ...]:
    return tuple(a + (b - a) * share for a, b in zip(rgb(one), rgb(other), strict=True))


def _shaded(image: npt.NDArray[np.float32], hillshade: Path, sheet: Sheet) -> npt.NDArray[np.float32]:
    """Darken the slopes that face away from the light by a few percent; flat ground and nodata stay as they are."""
    rows, columns = image.shape[:2]
    with (
        rasterio.open(hillshade) as source,
        WarpedVRT(
            source,
            crs=source.crs,
            transform=from_bounds(*sheet.bounds, columns, rows),
            width=columns,
            height=rows,
            resampling=Resampling.bilinear,
        ) as view,
    ):
        shade = view.read(1, masked=True).astype(np.float32)
    if shade.mask.all():
        return image
    flat = float(np.median(shade.compressed()))
    factor = 1 + np.clip((shade.filled(flat) - flat) / 255, -0.5, 0.5) * 0.25
    return np.clip(image * factor[..., None], 0, 255)


def _png(image: npt.NDArray[np.float32], paper: tuple[int, int, int]) -> bytes:
    """Return an 8-bit RGB PNG; each row is stored as its difference from the one above, which packs flat areas best."""
    rows, columns = image.shape[:2]
    steps = np.clip(np.rint((image - paper) / _ROUNDING) * _ROUNDING + paper, 0, 255).astype(np.uint8)
    lines = np.empty((rows, 1 + columns * 3), dtype=np.uint8)
    lines[:, 0] = _PNG_UP
    lines[:, 1:] = np.diff(steps.reshape(rows, -1), axis=0, prepend=np.zeros((1, columns * 3), dtype=np.uint8))
    header = struct.pack(">IIBBBBB", columns, rows, 8, _PNG_RGB, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
