"""Names on a map: placed where they fit, never over each other; what does not fit is left off."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

_LINE = 1.25  # height of a line of text in ems
_WIDE = ("W", "F")


@dataclass(frozen=True)
class Label:
    """A text that wants to stand at ``x, y`` (pixels, its middle). ``css`` is the class that styles it."""

    x: float
    y: float
    text: str
    size: float
    css: str


def text_width(text: str, size: float) -> float:
    """Return roughly how wide a text is in pixels: a Chinese character is an em, others a little over half.

    Examples
    --------
    >>> text_width("青禾", 10.0), text_width("ab", 10.0)
    (20.0, 11.6)
    """
    wide = sum(unicodedata.east_asian_width(letter) in _WIDE for letter in text)
    return size * (wide + 0.58 * (len(text) - wide))


@dataclass
class Placer:
    """Keeps the boxes that are taken on one map.

    Examples
    --------
    >>> placer = Placer(100.0, 100.0)
    >>> len(placer.place([Label(50, 50, "first", 10, "s"), Label(52, 51, "hidden", 10, "s")]))
    1
    """

    width: float
    height: float
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    def reserve(self, box: tuple[float, float, float, float]) -> None:
        """Keep labels off a box (left, top, right, bottom), such as the scale bar's."""
        self.taken.append(box)

    def place(self, labels: Iterable[Label], *, nudges: Sequence[float] = (0.0,)) -> list[Label]:
        """Return those labels that fit inside the map and off all others; earlier ones win.

        ``nudges`` are shifts up and down (in lines) to be tried in turn.
        """
        placed = []
        for label in labels:
            for nudge in nudges:
                moved = Label(label.x, label.y + nudge * label.size * _LINE, label.text, label.size, label.css)
                if self._fits(moved):
                    placed.append(moved)
                    break
        return placed

    def _fits(self, label: Label) -> bool:
        half, tall = text_width(label.text, label.size) / 2 + 2, label.size * _LINE / 2
        left, top, right, bottom = label.x - half, label.y - tall, label.x + half, label.y + tall
        if left < 0 or top < 0 or right > self.width or bottom > self.height:
            return False
        if any(left < r and right > x and top < b and bottom > y for x, y, r, b in self.taken):
            return False
        self.taken.append((left, top, right, bottom))
        return True


def draw_labels(labels: Iterable[Label]) -> Markup:
    """Return SVG texts, the middle of each at its place."""
    text = Markup('<text x="{:.1f}" y="{:.1f}" class="t {}" style="font-size:{:g}px">{}</text>')
    return Markup("").join(
        text.format(label.x, label.y + label.size * 0.36, label.css, label.size, label.text) for label in labels
    )
