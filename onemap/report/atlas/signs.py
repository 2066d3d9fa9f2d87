"""Signs of a map: what a mark means, and how it looks in the legend."""

from dataclasses import dataclass, replace

import numpy as np
from matplotlib.path import Path as Outline

from .page import Box, Page, Pen

_MOST_HIGH = 0.75


@dataclass(frozen=True)
class Sign:
    """A mark of the map: an area (fill, hatch, edge) or a line, and its meaning."""

    label: str
    fill: str | None = None
    opacity: float = 1.0
    pen: Pen | None = None
    hatch: str | None = None
    casing: Pen | None = None
    rank: int = 0
    """Place in the legend: the smallest first."""

    def draw(self, page: Page, box: Box) -> None:
        """Paint the swatch."""
        middle = box.bottom + box.height / 2
        across = [(box.left, middle), (box.right, middle)]
        if self.fill is None and self.hatch is None:
            # a cased line keeps its outline, however low the row
            wide = self.casing.width_mm if self.casing is not None else 0.0
            share = min(1.0, box.height * _MOST_HIGH / wide) if wide else 1.0
            end = wide * share / 2  # its round ends stay in the box
            across = [(box.left + end, middle), (box.right - end, middle)]
            for pen in (self.casing, self.pen):
                if pen is not None:
                    page.line(across, _fitted(replace(pen, width_mm=pen.width_mm * share), box))
            return
        corners = [(box.left, box.bottom), (box.right, box.bottom), (box.right, box.top), (box.left, box.top)]
        outline = Outline([*corners, corners[0]], closed=True)
        if self.hatch is not None:
            page.paint(outline, fill=self.fill, opacity=self.opacity, hatch=self.hatch, pen=self.pen)
        else:
            page.paint(outline, fill=self.fill, opacity=self.opacity, pen=self.pen)


def _fitted(pen: Pen, box: Box) -> Pen:
    """Return a pen whose dashes are seen on a short line."""
    share = min(1.0, box.width / (2.2 * sum(pen.dash))) if pen.dash else 1.0
    return replace(
        pen, width_mm=min(pen.width_mm, box.height * _MOST_HIGH), dash=tuple(part * share for part in pen.dash)
    )


def north_arrow(page: Page, x: float, y: float, height: float, word: str) -> None:
    """Draw a north arrow (grid north), its foot at ``x, y``."""
    ink, paper, wide = page.colours["ink"], page.colours["surface"], height * 0.28
    for side, fill in ((-1, paper), (1, ink)):
        half = [(x, y + height * 0.72), (x + side * wide, y), (x, y + height * 0.16), (x, y + height * 0.72)]
        page.paint(Outline(half), fill=fill, pen=Pen(ink, 0.2))
    page.text(x, y + height * 0.9, word, size=height * 0.24, bold=True, align="center")


def scale_bar(page: Page, x: float, y: float, *, metres: float, width: float, size: float = 3.0) -> None:
    """Draw a bar of four parts, ``metres`` long and ``width`` millimetres wide, its left foot at ``x, y``."""
    ink, high = page.colours["ink"], size * 0.45
    for part in range(4):
        fill = ink if part % 2 == 0 else page.colours["surface"]
        page.box(Box(x + part * width / 4, y, width / 4, high), fill=fill, pen=Pen(ink, 0.2))
    unit, each = ("km", 1000.0) if metres >= 1000 else ("m", 1.0)  # noqa: PLR2004 - metres in a kilometre
    above = y + high + size * 0.75
    page.text(x, above, "0", size=size, align="center")
    page.text(x + width / 2, above, f"{metres / 2 / each:g}", size=size, align="center")
    page.text(x + width, above, f"{metres / each:g} {unit}", size=size, align="center")


def ring(x: float, y: float, radius: float) -> Outline:
    """Return a circle around ``x, y``."""
    circle = Outline.circle((x, y), radius)
    return Outline(np.array(circle.vertices), np.array(circle.codes))
