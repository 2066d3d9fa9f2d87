"""Small charts as SVG, drawn by hand: no script, sharp in print."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from .wording import Wording

_WIDTH, _HEIGHT = 940.0, 210.0
_LEFT, _BOTTOM, _TOP = 52.0, 26.0, 18.0
_MOST_LABELS = 13
_MONTH = 7  # characters of "2026-03"


def bar_chart(values: Sequence[tuple[str, int]], words: Wording, *, title: str) -> Markup:
    """Return a bar for each (period, count), with round lines behind and the highest one named.

    Periods are days (``2026-03-01``) or months (``2026-03``); so many are labelled as fit.
    """
    most = max((count for _, count in values), default=0)
    step = round_step(most / 4) if most else 1
    top = max(step * -(-most // step), step)
    plot = _HEIGHT - _BOTTOM - _TOP
    wide = (_WIDTH - _LEFT - 8) / max(len(values), 1)
    lines = Markup("").join(
        Markup(
            '<path d="M{left:g} {y:.1f}H{right:g}" class="rule"/>'
            '<text x="{x:g}" y="{ty:.1f}" class="t axis end">{text}</text>'
        ).format(left=_LEFT, right=_WIDTH - 8, y=y, x=_LEFT - 8, ty=y + 4, text=words.number(count))
        for count in range(0, int(top) + 1, int(step))
        for y in [_TOP + plot * (1 - count / top)]
    )
    bars, every = [], -(-len(values) // _MOST_LABELS)
    peak = max(range(len(values)), key=lambda place: values[place][1], default=0)
    for place, (period, count) in enumerate(values):
        x, high = _LEFT + place * wide, plot * count / top
        bars.append(
            Markup(
                '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="column"><title>{}</title></rect>'
            ).format(x + wide * 0.14, _TOP + plot - high, wide * 0.72, high, f"{period}: {words.number(count)}")
        )
        if place % every == 0:
            text = period if len(period) == _MONTH else period[5:]
            bars.append(
                Markup('<text x="{:.1f}" y="{:g}" class="t axis">{}</text>').format(x + wide / 2, _HEIGHT - 8, text)
            )
        if place == peak and count:
            bars.append(
                Markup('<text x="{:.1f}" y="{:.1f}" class="t peak">{}</text>').format(
                    x + wide / 2, _TOP + plot - high - 5, words.number(count)
                )
            )
    return Markup('<svg class="chart" viewBox="0 0 {:g} {:g}" role="img" aria-label="{}">{}{}</svg>').format(
        _WIDTH, _HEIGHT, title, lines, Markup("").join(bars)
    )


def round_step(least: float) -> int:
    """Return the smallest of 1, 2, 5, 10, 20, 50 ... that is at least ``least``.

    Examples
    --------
    >>> round_step(3), round_step(51), round_step(0.2)
    (5, 100, 1)
    """
    ten = 10 ** int(np.floor(np.log10(max(least, 1))))
    return next(int(step * ten) for step in (1, 2, 5, 10) if step * ten >= least)
