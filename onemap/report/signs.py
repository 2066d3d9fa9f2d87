"""Signs and hatches: every finding and state has a form as well as a colour (the palette's table)."""

import math

from markupsafe import Markup

from .palette import PX_PER_MM, Palette
from .sheet import TENTH

HATCHED = ("gap", "overlap", "outside", "allowed_gap", "duty_gap")
_KIND_HATCH = {"gap": "gap", "land": "gap", "overlap": "overlap", "duplicate": "overlap", "outside": "outside"}
_KIND_TONE = _KIND_HATCH | {"allowed": "allowed_gap"}


def tone_of(kind: str, *, allowed: bool = False) -> str:
    """Return the palette's name for a kind of defect: its colour, and its hatch where it has one.

    Examples
    --------
    >>> tone_of("land"), tone_of("mismatch"), tone_of("gap", allowed=True)
    ('gap', 'mismatch', 'allowed_gap')
    """
    return "allowed_gap" if allowed else _KIND_TONE.get(kind, "mismatch")


def fill_of(tone: str, *, scaled: bool = False) -> str:
    """Return the SVG fill of a tone: its hatch, or nothing for findings that are lines.

    ``scaled`` is for paths in tenths of a pixel, in which a pattern would come out ten times too fine.
    """
    return f"url(#{'m' if scaled else 'h'}-{tone})" if tone in HATCHED else "none"


def hatch_patterns(palette: Palette) -> Markup:
    """Return the SVG patterns of all hatches, each over a pale wash of its own colour."""
    patterns = []
    for tone in HATCHED:
        hatch = palette.hatches[tone]
        step = round(hatch["spacing_mm"] * PX_PER_MM, 1)
        wash = Markup('<rect width="{0}" height="{0}" class="f-{1}" opacity="{2}"/>').format(
            step, tone, hatch["fill_opacity"]
        )
        strokes = Markup("").join(
            Markup('<path d="M{0} {1}L{2} {3}" class="s-{4}" stroke-width="1.1"/>').format(*_stroke(angle, step), tone)
            for angle in hatch["angles"]
        )
        if not hatch["angles"]:
            strokes = Markup('<circle cx="{0}" cy="{0}" r="1.3" class="f-{1}"/>').format(step / 2, tone)
        patterns.append(
            Markup(
                '<pattern id="h-{0}" width="{1}" height="{1}" patternUnits="userSpaceOnUse">{2}{3}</pattern>'
                '<pattern id="m-{0}" href="#h-{0}" patternTransform="scale({4})"/>'
            ).format(tone, step, wash, strokes, TENTH)
        )
    return Markup("").join(patterns)


def _stroke(angle: int, step: float) -> tuple[float, float, float, float]:
    """Return the diagonal of a tile, from corner to corner and a little over so that tiles join."""
    over = 0.4
    rising = math.tan(math.radians(angle)) > 0
    return (-over, step + over, step + over, -over) if rising else (-over, -over, step + over, step + over)


def state_sign(state: str, *, size: float = 12) -> Markup:
    """Return the sign of a case's state: circle new, half circle in hand, triangle overdue, ring settled."""
    shapes = {
        "new": '<circle cx="6" cy="6" r="4.6" class="f-case_new"/>',
        "in_hand": '<circle cx="6" cy="6" r="4" class="s-case_in_hand" stroke-width="1.4"/>'
        '<path d="M6 2a4 4 0 0 0 0 8z" class="f-case_in_hand"/>',
        "overdue": '<path d="M6 .8L11.4 10.6H.6z" class="f-case_overdue"/>',
        "settled": '<circle cx="6" cy="6" r="3.8" class="s-case_settled" stroke-width="1.8"/>',
    }
    return _small(shapes.get(state, shapes["settled"]), size)


def presence_sign(state: str, *, size: float = 16) -> Markup:
    """Return the sign of a completeness state; six forms that stay apart in grey."""
    shapes = {
        "present": '<circle cx="6" cy="6" r="5" class="f-good"/><path d="M3.4 6.2l1.9 1.9 3.4-4" class="s-tick"/>',
        "partial": '<circle cx="6" cy="6" r="4.4" class="s-warn" stroke-width="1.2"/>'
        '<path d="M6 1.6a4.4 4.4 0 0 0 0 8.8z" class="f-warn"/>',
        "stale": '<circle cx="6" cy="6" r="4.4" class="s-warn" stroke-width="1.2"/>'
        '<path d="M6 3.2V6l2 1.4" class="s-warn" stroke-width="1.2"/>',
        "empty": '<circle cx="6" cy="6" r="4.4" class="s-ink_quiet" stroke-width="1.2" stroke-dasharray="1.6 1.4"/>',
        "missing": '<path d="M2.2 2.2l7.6 7.6M9.8 2.2L2.2 9.8" class="s-bad" stroke-width="2"/>',
        "outside": '<rect x="1.6" y="1.6" width="5.4" height="8.8" class="s-ink_quiet" stroke-width="1.1"/>'
        '<circle cx="9.6" cy="6" r="1.9" class="f-bad"/>',
    }
    return _small(shapes.get(state, shapes["empty"]), size)


def verdict_sign(*, good: bool, size: float = 56) -> Markup:
    """Return the large sign of the answer: a tick in a disc, or an exclamation mark in a triangle."""
    if good:
        shape = '<circle cx="6" cy="6" r="5.6" class="f-good"/><path d="M3.4 6.3l1.8 1.8 3.5-4.2" class="s-tick"/>'
    else:
        shape = (
            '<path d="M6 1.1L11.5 10.8H.5z" class="f-bad" '
            'style="stroke:var(--bad)" stroke-width=".9" stroke-linejoin="round"/>'
            '<path d="M6 4.6v3" class="s-tick"/><circle cx="6" cy="9.2" r=".62" class="f-tick"/>'
        )
    return _small(shape, size)


def swatch(inner: str, *, width: float = 30, height: float = 18) -> Markup:
    """Return the picture of one entry of a legend; ``inner`` is SVG written here, never text from the data."""
    return Markup(
        '<svg class="swatch" width="{0}" height="{1}" viewBox="0 0 {0} {1}" aria-hidden="true">{2}</svg>'
    ).format(
        f"{width:g}",
        f"{height:g}",
        Markup(inner),  # noqa: S704 - drawn by this package from its palette
    )


def _small(shape: str, size: float) -> Markup:
    return Markup('<svg class="sign" width="{0}" height="{0}" viewBox="0 0 12 12" aria-hidden="true">{1}</svg>').format(
        f"{size:g}",
        Markup(shape),  # noqa: S704 - drawn above, no text from the data
    )
