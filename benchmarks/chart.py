"""The picture of the benchmark: a bar for each contestant at each job, on one logarithmic axis of time."""

import math
from html import escape
from typing import Final

from benchmarks.report import seconds
from benchmarks.results import Record

WIDTH: Final = 960
_LEFT, _RIGHT = 180, 90
_BAR, _GAP, _HEAD, _TOP = 14, 5, 34, 76
_INK, _QUIET, _PAPER, _RULE = "#3A3F47", "#5F656E", "#FBFAF7", "#E3DFD8"
_OWN, _RIVAL = "#0072B2", "#B9BDC4"


def draw(records: list[Record]) -> str:
    """Return the picture as SVG."""
    timed = [record for record in records if record.seconds]
    groups = [group for group in _by_job(timed) if len(group) > 1]
    if not groups:
        return f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="1"/>\n'
    times = [record.seconds or 1.0 for group in groups for record in group]
    first, last = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    scale = (WIDTH - _LEFT - _RIGHT) / max(1, last - first)
    height = _TOP + sum(_HEAD + len(group) * (_BAR + _GAP) for group in groups) + 20
    parts = [_frame(height), *_axis(first, last, scale, height)]
    top = _TOP
    for group in groups:
        parts.append(_text(24, top + 22, group[0].job.title, weight=600))
        top += _HEAD
        own = next((record.seconds for record in group if record.contestant == "onemap"), None)
        for record in group:
            parts += _bar(record, own, top, first, scale)
            top += _BAR + _GAP
    return "\n".join([*parts, "</svg>", ""])


def _by_job(records: list[Record]) -> list[list[Record]]:
    groups: dict[object, list[Record]] = {}
    for record in records:
        groups.setdefault(record.job, []).append(record)
    return [sorted(group, key=lambda record: record.seconds or 0.0) for group in groups.values()]


def _frame(height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="Noto Sans, Helvetica, Arial, sans-serif" font-size="12">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="{_PAPER}"/>\n'
        + _text(24, 28, "Time to do the same job on the same data", size=16, weight=600)
        + "\n"
        + _text(
            24,
            46,
            "shorter is better; each line of the axis is ten times the one before; x: against onemap",
            colour=_QUIET,
        )
    )


def _axis(first: int, last: int, scale: float, height: int) -> list[str]:
    lines = []
    for power in range(first, last + 1):
        x = _LEFT + (power - first) * scale
        lines.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{height - 12}" stroke="{_RULE}"/>')
        lines.append(_text(x, _TOP - 4, seconds(10.0**power), colour=_QUIET, anchor="middle"))
    return lines


def _bar(record: Record, own: float | None, top: int, first: int, scale: float) -> list[str]:
    spent = record.seconds or 1.0
    ours = record.contestant == "onemap"
    long = max(1.0, (math.log10(spent) - first) * scale)
    note = seconds(spent)
    if own and not ours:
        ratio = spent / own
        note += f" · {ratio:,.0f} x" if ratio >= 100 else f" · {ratio:.2g} x"
    return [
        _text(_LEFT - 8, top + 11, record.contestant, anchor="end", weight=600 if ours else 400),
        f'<rect x="{_LEFT}" y="{top}" width="{long:.1f}" height="{_BAR}" rx="2" fill="{_OWN if ours else _RIVAL}"/>',
        _text(_LEFT + long + 6, top + 11, note, weight=600 if ours else 400),
    ]


def _text(
    x: float, y: float, text: str, *, size: int = 12, weight: int = 400, colour: str = _INK, anchor: str = "start"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
        f'text-anchor="{anchor}">{escape(text)}</text>'
    )
