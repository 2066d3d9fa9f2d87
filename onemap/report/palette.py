"""The colours, lines and hatches of ``styles/palette.toml``: one palette for QGIS, the report and its maps."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from onemap.domain.catalogue import styles_folder

PX_PER_MM = 96 / 25.4
"""CSS pixels in a millimetre."""

_LINEAR_UP_TO = 0.04045  # of the sRGB transfer function
_SCREEN_LINES = 0.62  # line widths of the palette are for paper; a screen at arm's length wants finer ones


@dataclass(frozen=True)
class Line:
    """How a boundary is drawn: width and dashes in CSS pixels (no dashes: solid)."""

    width: float
    dash: tuple[float, ...]


@dataclass(frozen=True)
class Palette:
    """The palette, light and dark."""

    fonts: tuple[str, ...]
    light: Mapping[str, str]
    dark: Mapping[str, str]
    lines: Mapping[str, Line]
    hatches: Mapping[str, Mapping[str, Any]]
    hues: tuple[str, ...]
    ramps: Mapping[str, tuple[str, ...]]
    area_opacity: float
    print_lines: Mapping[str, Line]
    """The same lines for paper: width and dashes in millimetres."""

    def line(self, layer_id: str, rank: int, of: int) -> Line:
        """Return the line of a level: its own, else that of the level at the same place, coarse to fine.

        Parameters
        ----------
        layer_id
            Layer id of the level, such as ``"grid_street"``.
        rank, of
            Place of the level among ``of`` levels, 0 the coarsest: for levels that the palette does not know.
        """
        if layer_id in self.lines:
            return self.lines[layer_id]
        order = ("grid_district", "grid_street", "grid_community", "grid_cell")
        return self.lines[order[-1] if rank == of - 1 else order[min(rank, 2)]]


def rgb(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue (0 to 255) of ``#RRGGBB``.

    Examples
    --------
    >>> rgb("#D55E00")
    (213, 94, 0)
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance).

    Examples
    --------
    >>> contrast("#000000", "#FFFFFF")
    21.0
    """

    def luminance(colour: str) -> float:
        parts = [value / 255 for value in rgb(colour)]
        linear = [part / 12.92 if part <= _LINEAR_UP_TO else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@lru_cache(maxsize=4)
def load_palette(folder: Path | None = None) -> Palette:
    """Return the palette of ``folder`` (default: the shipped styles)."""
    text = ((folder or styles_folder()) / "palette.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    scale = PX_PER_MM * _SCREEN_LINES
    lines = {
        name: Line(round(line["width_mm"] * scale, 2), tuple(round(mm * scale, 1) for mm in line["dash"]))
        for name, line in data["lines"].items()
    }
    return Palette(
        fonts=tuple(data["fonts"]),
        light=data["light"],
        dark=data["dark"],
        lines=lines,
        hatches=data["hatches"],
        hues=tuple(data["areas"]["hues"]),
        ramps={name: tuple(ramp) for name, ramp in data["ramps"].items()},
        area_opacity=float(data["areas"]["opacity_light"]),
        print_lines={
            name: Line(float(line["width_mm"]), tuple(map(float, line["dash"]))) for name, line in data["lines"].items()
        },
    )
