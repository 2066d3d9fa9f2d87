"""A sheet of paper in millimetres, painted from back to front: areas, lines and letters, kept as PDF and PNG."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import BboxImage
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import Stroke
from matplotlib.text import Text
from matplotlib.transforms import Bbox, TransformedBbox
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from onemap.report.palette import Palette, load_palette

from .fonts import Typeface, load_typefaces

MM = 72 / 25.4
"""Points in a millimetre."""

SIZES_MM = {"A3": (420.0, 297.0), "A4": (210.0, 297.0)}
"""Width and height of a sheet: A3 lies, A4 stands."""

_MIDDLE = 0.36  # of an em: from the baseline to the middle of a figure or a Chinese character
_HALO_MM = 0.8
_AREA, _LINE = 2, 1


@dataclass(frozen=True)
class Box:
    """A rectangle of the sheet in millimetres from its lower left corner."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def top(self) -> float:
        """The upper edge."""
        return self.bottom + self.height

    @property
    def middle(self) -> tuple[float, float]:
        """The middle."""
        return self.left + self.width / 2, self.bottom + self.height / 2

    def inset(self, by: float) -> "Box":
        """Return the box made smaller on all sides.

        Examples
        --------
        >>> Box(0, 0, 10, 6).inset(1)
        Box(left=1, bottom=1, width=8, height=4)
        """
        return Box(self.left + by, self.bottom + by, self.width - 2 * by, self.height - 2 * by)


@dataclass(frozen=True)
class Pen:
    """How a line is drawn: colour, width and dashes in millimetres."""

    colour: str
    width_mm: float
    dash: tuple[float, ...] = ()
    opacity: float = 1.0


class Page:
    """One sheet. What is painted later lies above."""

    def __init__(self, size: str, *, palette: Palette | None = None) -> None:
        self.palette = palette or load_palette()
        self.width, self.height = SIZES_MM[size]
        self.size = size
        self.colours = self.palette.light
        self.regular, self.bold = load_typefaces(self.palette.fonts)
        self.figure = Figure(figsize=(self.width / 25.4, self.height / 25.4), facecolor=self.colours["surface"])
        FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.axes.set_xlim(0, self.width)
        self.axes.set_ylim(0, self.height)
        self._layer = 1.0
        self._clips: dict[Box, TransformedBbox] = {}

    def _add(self, artist: Any, clip: Box | None) -> None:
        self._layer += 1.0
        artist.set_zorder(self._layer)
        self.axes.add_artist(artist)
        if clip is None:
            artist.set_clip_path(None)
            artist.set_clip_on(False)
            return
        if clip not in self._clips:
            corners = Bbox.from_extents(clip.left, clip.bottom, clip.right, clip.top)
            self._clips[clip] = TransformedBbox(corners, self.axes.transData)
        artist.set_clip_path(None)
        artist.set_clip_box(self._clips[clip])

    def paint(
        self,
        outline: Outline,
        *,
        fill: str | None = None,
        opacity: float = 1.0,
        pen: Pen | None = None,
        hatch: str | None = None,
        clip: Box | None = None,
    ) -> None:
        """Paint a path: filled, hatched, drawn with a pen, or all of it."""
        if not np.size(outline.vertices):
            return
        if fill is not None or hatch is not None:
            with mpl.rc_context({"hatch.linewidth": 0.35 * MM}):
                style = {"facecolor": mpl.colors.to_rgba(fill, opacity) if fill else "none", "linewidth": 0}
                edge = {"edgecolor": pen.colour, "hatch": hatch} if hatch and pen else {"edgecolor": "none"}
                self._add(PathPatch(outline, **style, **edge), clip)
        if pen is not None:
            dashes = (0, tuple(part * MM for part in pen.dash)) if pen.dash else "solid"
            ends = {"capstyle": "butt" if pen.dash else "round", "joinstyle": "round"}
            colour = mpl.colors.to_rgba(pen.colour, pen.opacity)
            patch = PathPatch(outline, facecolor="none", edgecolor=colour, linestyle=dashes, **ends)
            patch.set_linewidth(pen.width_mm * MM)
            self._add(patch, clip)

    def box(self, box: Box, *, fill: str | None = None, opacity: float = 1.0, pen: Pen | None = None) -> None:
        """Paint a rectangle."""
        corners = [(box.left, box.bottom), (box.right, box.bottom), (box.right, box.top), (box.left, box.top)]
        self.paint(Outline([*corners, corners[0]], closed=True), fill=fill, opacity=opacity, pen=pen)

    def picture(self, picture: npt.NDArray[Any], box: Box) -> None:
        """Show a picture, filling the box."""
        image = BboxImage(
            TransformedBbox(Bbox.from_extents(box.left, box.bottom, box.right, box.top), self.axes.transData)
        )
        image.set_data(picture)
        self._add(image, box)

    def line(self, points: Sequence[tuple[float, float]], pen: Pen) -> None:
        """Draw a line through points."""
        self.paint(Outline(points), pen=pen)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        bold: bool = False,
        colour: str | None = None,
        align: str = "left",
        most: float | None = None,
        halo: bool = False,
        opacity: float = 1.0,
        turn: float = 0.0,
        clip: Box | None = None,
    ) -> float:
        """Write a line, its middle at height ``y``; ``size`` is the em in millimetres, made less so as to fit ``most``.

        Returns
        -------
        float
            The width in millimetres.
        """
        if not text:
            return 0.0
        face = self.face(bold=bold)
        wide = face.width(text)
        if most is not None and wide * size > most:
            size = most / wide
        place: dict[str, Any] = {
            "x": x,
            "y": y - _MIDDLE * size,
            "horizontalalignment": align,
            "verticalalignment": "baseline",
        }
        if turn:
            place |= {"y": y, "verticalalignment": "center", "rotation": turn}
        look: dict[str, Any] = {
            "fontproperties": face.properties,
            "fontsize": size * MM,
            "alpha": opacity,
            "parse_math": False,
        }
        if halo:
            edge = Text(text=text, color=self.colours["halo"], **place, **look)
            wide_mm = 2 * _HALO_MM * min(1.0, size / 5)
            edge.set_path_effects([Stroke(linewidth=wide_mm * MM, foreground=self.colours["halo"], joinstyle="round")])
            self._add(edge, clip)
        self._add(Text(text=text, color=colour or self.colours["ink"], **place, **look), clip)
        return wide * size

    def face(self, *, bold: bool = False) -> Typeface:
        """Return the letters of a weight."""
        return self.bold if bold else self.regular

    def cut(self, text: str, width: float, *, size: float) -> str:
        """Return a line that is no wider than ``width``, its end given up for an ellipsis if need be."""
        if self.regular.width(text) * size <= width:
            return text
        while text and self.regular.width(text + "…") * size > width:
            text = text[:-1]
        return text.rstrip(" ,;，、") + "…"

    def wrapped(self, text: str, width: float, *, size: float, bold: bool = False) -> list[str]:
        """Return a text in lines that are no wider than ``width``: Chinese breaks anywhere, words hold together."""
        face, lines, line = self.face(bold=bold), [], ""
        for piece in _pieces(text):
            if line and face.width((line + piece).rstrip()) * size > width and piece not in _NEVER_FIRST:
                lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        return [*lines, line.rstrip()] if line.strip() else lines

    def pixels(self, dpi: float) -> npt.NDArray[np.uint8]:
        """Return the sheet as red, green and blue, rows from the top."""
        self.figure.set_dpi(dpi)
        canvas: Any = FigureCanvasAgg(self.figure)
        canvas.draw()
        return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[:, :, :3])


def write_png(pixels: npt.NDArray[np.uint8], path: Path, *, dpi: float, title: str) -> None:
    """Write a sheet as a picture; the same sheet gives the same bytes."""
    words = PngInfo()
    words.add_itxt("Title", title)
    Image.fromarray(pixels).save(path, dpi=(dpi, dpi), pnginfo=words, compress_level=4)


_NEVER_FIRST = frozenset("，。、；：）！？,.;:)!?”’》")


def _pieces(text: str) -> Iterator[str]:
    """Yield Chinese characters one by one, other words whole with the blank behind them."""
    word = ""
    for letter in text:
        if ord(letter) >= 0x2E80:  # noqa: PLR2004 - from here on scripts that break anywhere
            if word:
                yield word
            word = ""
            yield letter
        else:
            word += letter
            if letter == " ":
                yield word
                word = ""
    if word:
        yield word


@contextmanager
def drawing() -> Iterator[None]:
    """Draw with outlines of letters in the PDF (embedded, found by a search), whatever the user's settings are."""
    settings: Any = {"pdf.fonttype": 3, "pdf.compression": 6, "path.simplify": False, "lines.scale_dashes": False}
    with mpl.rc_context({**mpl.rcParamsDefault, "backend": mpl.rcParams["backend"], **settings}):
        yield


def pdf_facts(title: str, maker: str, now: dt.datetime) -> dict[str, Any]:
    """Return the metadata of a PDF: nothing in it but what was given."""
    return {
        "Title": title,
        "Author": maker,
        "Creator": "onemap",
        "Producer": "onemap",
        "CreationDate": now.astimezone(dt.UTC),  # written with the sign of another zone turned round
        "ModDate": now.astimezone(dt.UTC),
    }


def outline_of(shapes: Any, place: Any) -> Outline:
    """Return areas and lines as one path, ``place`` taking their coordinates to the sheet.

    Examples
    --------
    >>> outline_of([shapely.box(0, 0, 1, 1)], lambda points: points * 10).get_extents().size.tolist()
    [10.0, 10.0]
    """
    parts = shapely.get_parts(np.asarray(shapely.force_2d(np.asarray(shapes, dtype=object)).ravel(), dtype=object))
    dimensions = shapely.get_dimensions(parts)
    rings = shapely.get_rings(shapely.orient_polygons(parts[dimensions == _AREA]))
    points, codes = [], []
    for lines, closed in ((rings, True), (parts[dimensions == _LINE], False)):
        found, owner = shapely.get_coordinates(lines, return_index=True)
        if not len(found):
            continue
        points.append(place(found))
        codes.append(_codes(owner, closed=closed))
    if not points:
        return Outline(np.empty((0, 2)), np.empty(0, dtype=np.uint8))
    return Outline(np.concatenate(points), np.concatenate(codes))


def _codes(owner: npt.NDArray[np.int64], *, closed: bool) -> npt.NDArray[np.uint8]:
    first = np.diff(owner, prepend=-1) != 0
    codes = np.where(first, Outline.MOVETO, Outline.LINETO).astype(np.uint8)
    if closed:
        codes[np.append(first[1:], True)] = Outline.CLOSEPOLY
    return codes
