"""What stands around the map of a sheet: title, legend, scale, north, source and date, seal, marks, watermark."""

import math
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from onemap.report.wording import Wording

from .ground import Ground
from .page import Box, Page, Pen
from .signs import Sign, north_arrow, scale_bar


@dataclass(frozen=True)
class Layout:
    """Where things stand on a map sheet."""

    title: Box
    ground: Box
    inset: Box
    legend: Box
    scale: Box
    seal: Box
    imprint: Box
    margin: float
    table: Box | None = None
    """Under the map, for a table that finds no room beside it."""


LAYOUTS = {
    "A3": Layout(
        title=Box(10, 266, 400, 21),
        ground=Box(10, 10, 328, 254),
        inset=Box(341, 216, 69, 48),
        legend=Box(341, 124, 69, 140),
        scale=Box(341, 92, 69, 28),
        seal=Box(341, 57, 69, 33),
        imprint=Box(341, 10, 69, 45),
        margin=6,
    ),
    "A4": Layout(
        title=Box(8, 271, 194, 18),
        ground=Box(8, 84, 194, 186),
        inset=Box(73, 34, 64, 48),
        legend=Box(8, 8, 63, 74),
        scale=Box(73, 8, 64, 25),
        seal=Box(139, 52, 63, 30),
        imprint=Box(139, 8, 63, 43),
        margin=4,
    ),
}

_ROW_MM = 5.6
_SMALL = 2.9
_LEAST_ROW = 3.4
_STRIP_ROW = 4.2
_MOST_STRIP = 0.4  # of the map's height
_MOST_COLUMNS = 5
_USUAL_SIGNS = 8
_BETWEEN = 4.0  # columns of a table


@dataclass(frozen=True)
class Imprint:
    """What every sheet says of itself."""

    maker: str
    facts: tuple[tuple[str, str], ...]
    """Pairs of a word and its value: system, date of the data, version, maker, time of print."""
    watermark: str
    classification: str
    approval_number: str


def draw_title(page: Page, layout: Layout, *, title: str, subtitle: str, imprint: Imprint) -> None:
    """Write the title, what it covers, and the mark of classification."""
    box, big = layout.title, 9.5 if page.size == "A3" else 7.6
    right = box.right
    if imprint.classification:
        right -= draw_classification(page, imprint.classification, right=right, middle=box.bottom + box.height / 2) + 4
    wide = page.text(box.left, box.bottom + box.height * 0.54, title, size=big, bold=True, most=right - box.left)
    left = box.left + wide + 6
    if right - left > 30:  # noqa: PLR2004 - else there is no room for it
        quiet = page.colours["ink_quiet"]
        page.text(left, box.bottom + box.height * 0.46, subtitle, size=big * 0.42, colour=quiet, most=right - left)


def draw_classification(page: Page, words: str, *, right: float, middle: float, size: float = 4.6) -> float:
    """Write a mark such as 内部资料 in a frame, its right edge at ``right``; return its width."""
    bad = page.colours["bad"]
    wide = page.bold.width(words) * size + 5
    page.box(Box(right - wide, middle - size * 0.85, wide, size * 1.7), pen=Pen(bad, 0.5))
    page.text(right - wide / 2, middle, words, size=size, bold=True, colour=bad, align="center")
    return wide


@dataclass(frozen=True)
class Table:
    """A small table beside the map."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def layout_for(page: Page, table: Table | None, *, inset: bool = False) -> Layout:
    """Return where things stand on a sheet with a table: the map leaves room below for one that fits nowhere else."""
    layout = LAYOUTS[page.size]
    if table is None or not table.rows or (len(table.rows) + 1) * _LEAST_ROW <= _beside(page, layout, inset=inset):
        return layout
    ground = layout.ground
    rows = math.ceil(len(table.rows) / _columns(page, ground, table)) + 1
    high = min(rows * _STRIP_ROW, ground.height * _MOST_STRIP)
    above = Box(ground.left, ground.bottom + high + 2, ground.width, ground.height - high - 2)
    return replace(layout, ground=above, table=Box(ground.left, ground.bottom, ground.width, high))


def _beside(page: Page, layout: Layout, *, inset: bool) -> float:
    """Return how high a table may be beside the map (A3, under a usual legend) or beside the legend (A4)."""
    if page.size == "A3":
        return layout.legend.height - 10 - _USUAL_SIGNS * _ROW_MM - (layout.inset.height + 3 if inset else 0)
    return 0.0 if inset else layout.inset.height


def _columns(page: Page, box: Box, table: Table) -> int:
    """Return in how many columns a table stands side by side."""
    cells = zip_longest(table.heads, *table.rows, fillvalue="")
    wide = sum(max(page.regular.width(cell) for cell in column) * _SMALL + 2.5 for column in cells) + _BETWEEN
    return max(1, min(_MOST_COLUMNS, int((box.width + _BETWEEN) / wide)))


def draw_surround(
    page: Page,
    layout: Layout,
    ground: Ground,
    *,
    words: Wording,
    imprint: Imprint,
    table: Table | None = None,
    inset: bool = False,
) -> None:
    """Draw the neat lines and the panel: legend, scale, seal, imprint; what the map shows must be drawn before."""
    ink = page.colours["ink"]
    margin = layout.margin
    page.box(ground.box, pen=Pen(ink, 0.35))
    page.box(Box(margin, margin, page.width - 2 * margin, page.height - 2 * margin), pen=Pen(ink, 0.7))
    legend = layout.legend
    if inset and page.size == "A3":
        legend = Box(legend.left, legend.bottom, legend.width, layout.inset.bottom - 3 - legend.bottom)
    signs = list(ground.shown.values())
    if table is not None and layout.table is not None:
        _draw_strip(page, layout.table, table)
    elif table is not None and page.size == "A3":
        used = min(legend.height, 10 + len(signs) * _ROW_MM)
        draw_table(page, Box(legend.left, legend.bottom, legend.width, legend.height - used), table)
        legend = Box(legend.left, legend.top - used, legend.width, used)
    elif table is not None and not inset:
        draw_table(page, layout.inset, table)
    draw_legend(page, legend, signs, words.say("Legend"))
    draw_scale(page, layout.scale, ground, words)
    draw_seal(page, layout.seal, words)
    draw_imprint(page, layout.imprint, imprint, words)
    draw_watermark(page, ground.box, imprint.watermark)


def draw_legend(page: Page, box: Box, signs: list[Sign], title: str) -> None:
    """Draw the legend of the signs that are on the map, in two columns where one is not enough."""
    page.text(box.left, box.top - 3.2, title, size=4.2, bold=True)
    signs = sorted(signs, key=lambda sign: sign.rank)
    room = box.height - 8
    columns = max(1, math.ceil(len(signs) * _ROW_MM / room))
    rows = math.ceil(len(signs) / columns) or 1
    wide, high = box.width / columns, min(_ROW_MM, room / rows)
    for number, sign in enumerate(signs):
        left = box.left + number // rows * wide
        middle = box.top - 8 - high * (number % rows + 0.5)
        sign.draw(page, Box(left + 0.5, middle - high * 0.31, 11, high * 0.62))
        page.text(left + 14, middle, sign.label, size=min(3.3, high * 0.56), most=wide - 15)


def _draw_strip(page: Page, box: Box, table: Table) -> None:
    """Write a table under the map, in columns side by side; what does not fit is counted."""
    columns = _columns(page, box, table)
    room = max(int(box.height / _LEAST_ROW + 1e-9) - 1, 1) * columns
    rows = table.rows
    if len(rows) > room:
        rows = (*rows[: room - 1], (f"… +{len(rows) - room + 1}",))
    columns = math.ceil(len(rows) / (each := math.ceil(len(rows) / columns)))
    wide = (box.width + _BETWEEN) / columns
    for number in range(columns):
        part = Table(table.heads, rows[number * each : (number + 1) * each])
        column = Box(box.left + number * wide, box.bottom, wide - _BETWEEN, box.height)
        draw_table(page, column, part, row_mm=box.height / (each + 1))


def draw_table(page: Page, box: Box, table: Table, *, row_mm: float | None = None) -> None:
    """Write a table into the space that the legend leaves; where it is too long, what is left off is counted."""
    high = row_mm or min(5.2, max(box.height / (len(table.rows) + 1), _LEAST_ROW))
    size = min(2.9, high * 0.68)
    shown = table.rows[: max(int(box.height / high + 1e-9) - 1, 0)]
    if len(shown) < len(table.rows):
        shown = (*shown[:-1], (f"… +{len(table.rows) - len(shown) + 1}",)) if shown else ()
    if not shown:
        return
    columns = zip_longest(table.heads, *shown, fillvalue="")
    wide = [max(page.regular.width(cell) for cell in column) * size + 2.5 for column in columns]
    over = sum(wide) - box.width
    if over > 0:
        longest = wide.index(max(wide))
        wide[longest] = max(wide[longest] - over, box.width * 0.3)
    shrink = min(1.0, box.width / sum(wide))
    y = box.top - high / 2
    for number, line in enumerate((table.heads, *shown)):
        x = box.left
        for cell, column in zip(line, wide, strict=False):
            colour = page.colours["ink" if number else "ink_quiet"]
            page.text(
                x, y, page.cut(cell, column * shrink - 1.5, size=size * shrink), size=size * shrink, colour=colour
            )
            x += column * shrink
        page.line([(box.left, y - high / 2), (box.right, y - high / 2)], Pen(page.colours["rule"], 0.12))
        y -= high


def draw_scale(page: Page, box: Box, ground: Ground, words: Wording) -> None:
    """Draw the numeric scale, the bar and the north arrow."""
    metres, width = ground.bar
    page.text(box.left, box.top - 5, f"1:{ground.scale:,}", size=5.2, bold=True)
    scale_bar(page, box.left + 1.5, box.bottom + 5, metres=metres, width=min(width, box.width - 18), size=2.9)
    north_arrow(page, box.right - 7, box.bottom + 3, min(box.height - 4, 20), words.say("N"))


def draw_seal(page: Page, box: Box, words: Wording) -> None:
    """Leave space for a seal."""
    quiet = page.colours["rule"]
    page.box(box.inset(0.5), pen=Pen(quiet, 0.3, dash=(1.6, 1.2)))
    page.text(*box.middle, words.say("Seal"), size=3.4, colour=page.colours["ink_quiet"], align="center", opacity=0.7)


def draw_imprint(page: Page, box: Box, imprint: Imprint, words: Wording) -> None:
    """Write system, date, version, maker, time of print, and the number of approval."""
    facts = [*imprint.facts]
    if imprint.approval_number:
        facts.append((words.say("Approval number"), imprint.approval_number))
    quiet = page.colours["ink_quiet"]
    key = max((page.regular.width(name) for name, _ in facts), default=0) * _SMALL + 2.5
    lines = [(name if not number else "", line) for name, value in facts
             for number, line in enumerate(page.wrapped(value, box.width - key, size=_SMALL))]  # fmt: skip
    high = min(5.4, box.height / max(len(lines), 1))
    y = box.bottom + high * (len(lines) - 0.5)
    for name, line in lines:
        page.text(box.left, y, name, size=_SMALL, colour=quiet)
        page.text(box.left + key, y, line, size=_SMALL, most=box.width - key)
        y -= high


def draw_watermark(page: Page, box: Box, words: str) -> None:
    """Write the user's name across the map, again and again, so faint that the map is read through it."""
    if not words:
        return
    size = 9.0
    step_x, step_y = page.regular.width(words) * size + 34, 46.0
    for row in range(int(box.height / step_y) + 1):
        y = box.bottom + step_y * (row + 0.5)
        x = box.left + (step_x / 2 if row % 2 else 0) + step_x / 4
        while x < box.right:
            page.text(x, y, words, size=size, align="center", opacity=0.09, turn=30, clip=box)
            x += step_x


def facts_of(
    district: Any, *, version: str, crs: Any, maker: str, printed: str, words: Wording
) -> tuple[tuple[str, str], ...]:
    """Return the facts of the imprint."""
    return (
        (words.say("Coordinate system"), words.system(crs)),
        (words.say("Data as of"), words.date(district.get("as_of"))),
        (words.say("Version"), version or words.say("not stated")),
        (words.say("Made by"), maker or words.say("not stated")),
        (words.say("Printed"), printed),
    )
