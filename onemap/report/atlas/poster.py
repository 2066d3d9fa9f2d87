"""The poster of a grid: its code, its map, who is to be called, what is done, and a code for the telephone's camera."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import segno
import shapely
from matplotlib.image import imread
from matplotlib.path import Path as Outline

from onemap.errors import SchemaError
from onemap.report.facts import Level

from .base import draw_base, name_roads
from .furniture import draw_classification, draw_watermark
from .ground import Ground, inner_point
from .options import AtlasOptions
from .page import Box, Page, Pen
from .people import Person, equals_of, in_conflict, lead, text
from .sheets import Studio, number_cells
from .signs import north_arrow, scale_bar

_LARGEST = 1_000  # a tiny grid is not blown up beyond this scale: its neighbourhood helps to find it
_AROUND = 0.16  # air around the grid, share of the map
_TONE = 0.7  # neighbours stand paler, yet are read
_CHAIN = "  \u203a  "
_MOST_OTHERS = 2
_MOST_RIVALS = 3
_QUIET_MODULES = 4  # of ISO/IEC 18004: the white border of a code


@dataclass(frozen=True)
class Layout:
    """Where things stand on a poster."""

    band: Box
    ground: Box
    worker: Box
    chain: Box
    duties: Box
    code: Box
    foot: Box
    em: float
    """Letters that are to be read at three metres (A3), millimetres."""


LAYOUTS = {
    "A3": Layout(
        band=Box(0, 243, 420, 54),
        ground=Box(12, 20, 196, 213),
        worker=Box(220, 160, 188, 73),
        chain=Box(220, 112, 188, 42),
        duties=Box(220, 20, 120, 86),
        code=Box(346, 26, 62, 78),
        foot=Box(12, 6, 396, 10),
        em=11.0,
    ),
    "A4": Layout(
        band=Box(0, 258, 210, 39),
        ground=Box(8, 140, 194, 112),
        worker=Box(8, 86, 194, 50),
        chain=Box(8, 57, 136, 26),
        duties=Box(8, 14, 136, 40),
        code=Box(148, 14, 54, 66),
        foot=Box(8, 4, 194, 8),
        em=7.6,
    ),
}


def poster_sheet(studio: Studio, size: str, options: AtlasOptions, level: Level, row: Any) -> tuple[Page, str]:
    """Draw the poster of a grid."""
    page, layout = Page(size), LAYOUTS[size]
    code, people = text(row[level.code]), studio.people.of(text(row[level.code]), level.layer_id)
    chain = chain_above(studio, level, row)
    name = text(row["name"]) or code
    _draw_band(
        studio, page, layout, code=code, path=[*(above for _, above, _ in reversed(chain)), _own_name(name, chain)]
    )
    _draw_ground(studio, page, layout.ground, level, row)
    _draw_worker(studio, page, layout, people, options.photos)
    lines = list(dict.fromkeys([*options.duties, *studio.people.duty_lines(code, level.layer_id, people)]))
    _draw_chain(studio, page, layout, chain, alone=not lines)
    _draw_duties(studio, page, layout, lines)
    _draw_code(studio, page, layout, qr_text(studio, options.qr, code=code, name=name, people=people, row=row))
    _draw_foot(studio, page, layout)
    return page, f"{code} {name}" if name != code else code


def chain_above(studio: Studio, level: Level, row: Any) -> list[tuple[str, str, list[Person]]]:
    """Return the areas above a grid, the nearest first: title of the level, name, holders."""
    found, parent = [], text(row["parent_code"])
    for above in reversed(studio.facts.levels[: level.rank]):
        match = above.frame[above.frame[above.code] == parent]
        if not len(match):
            break
        area = match.iloc[0].to_dict()
        title = studio.words.layer(above.layer_id, studio.facts.layers)
        found.append((title, studio.name_of(area, above), studio.people.of(parent, above.layer_id)))
        parent = text(area.get("parent_code"))
    return found


def _draw_band(studio: Studio, page: Page, layout: Layout, *, code: str, path: list[str]) -> None:
    """Write the code, its own digits apart from those of the areas above, and the names that lead down to the grid."""
    box, white = layout.band, page.colours["surface"]
    page.box(box, fill=page.colours["accent"])
    left, big = layout.ground.left, box.height * 0.5
    right = page.width - left
    if studio.imprint.classification:
        wide = page.bold.width(studio.imprint.classification) * 5 + 5
        page.box(Box(right - wide - 1, box.top - 16.5, wide + 2, 12), fill=white)
        draw_classification(page, studio.imprint.classification, right=right, middle=box.top - 10.5, size=5)
        right -= wide + 8
    digits = f"{code[:-3]} {code[-3:]}" if len(code) > 6 else code  # noqa: PLR2004 - shorter ones are read at a glance
    page.text(left, box.bottom + box.height * 0.63, digits, size=big, bold=True, colour=white, most=right - left)
    names = _CHAIN.join(path)
    page.text(
        left, box.bottom + box.height * 0.2, names, size=box.height * 0.19, colour=white, most=page.width - 2 * left
    )


def _draw_ground(studio: Studio, page: Page, box: Box, level: Level, row: Any) -> None:
    shape, colours = row["geometry"], page.colours
    ground = Ground.around(page, box, shape.bounds, air=_AROUND, largest=_LARGEST)
    draw_base(ground, studio.store, studio.words)
    near = studio.store.near(level.layer_id, ground.bounds)
    ground.veil(shape, opacity=1 - _TONE)
    ground.paint([shape], fill=colours["accent"], opacity=0.10)
    ground.border(shapely.boundary(near.geometry.to_numpy()), Pen(colours["grid_line"], 0.4, (2.2, 1.4), 0.7))
    ground.paint([shape.boundary], pen=Pen(colours["accent"], 1.6 if page.size == "A3" else 1.2))
    size = 5.4 if page.size == "A3" else 4.0
    foot = Box(box.left, box.bottom, min(ground.bar[1] + 18, box.width / 2), 13)
    ground.reserve(foot)
    ground.reserve(Box(box.right - 14, box.top - 22, 14, 22))
    x, y, _ = inner_point(shape)
    ground.name(x, y, text(row[level.code])[-3:], size=size * 2.2, bold=True, colour=colours["accent"], nudges=(0.0,))
    name_roads(ground, studio.store, size=size * 0.9, most=14)
    number_cells(ground, level, near[near[level.code] != row[level.code]], size=size * 0.8)
    page.box(foot, fill=colours["surface"], opacity=0.8)
    scale_bar(page, foot.left + 4, foot.bottom + 3, metres=ground.bar[0], width=ground.bar[1], size=3.4)
    north_arrow(page, box.right - 7, box.top - 19, 16, studio.words.say("N"))
    page.box(box, pen=Pen(colours["ink"], 0.5))
    draw_watermark(page, box, studio.imprint.watermark)


def _draw_worker(studio: Studio, page: Page, layout: Layout, people: list[Person], photos: Path | None) -> None:
    """Write who is to be called: name and telephone as large as the sheet allows."""
    box, quiet = layout.worker, page.colours["ink_quiet"]
    page.line([(box.left, box.bottom), (box.right, box.bottom)], Pen(page.colours["rule"], 0.5))
    em = layout.em
    if not people:
        page.text(box.left, box.top - em * 0.7, studio.words.say("Holder of the grid"), size=em, colour=quiet)
        page.text(box.left, box.bottom + box.height * 0.5, studio.words.say("vacant"), size=em * 2.2, bold=True,
                  colour=page.colours["bad"])  # fmt: skip
        return
    first, rivals = people[0], equals_of(people)
    if len(rivals) > 1:
        _draw_rivals(studio, page, layout, rivals)
        return
    others, more = people[1 : 1 + _MOST_OTHERS], len(people) - 1 - _MOST_OTHERS
    right = box.right - _draw_photo(page, box, first, photos)
    role = _role(studio, first)
    page.text(box.left, box.top - em * 0.7, role, size=em, colour=quiet, most=right - box.left)
    rows = 0.42 if others else 0.5
    y = box.top - em * 1.3 - (box.height - em * 1.3) * rows / 2 + em * 0.1
    page.text(box.left, y, first.name, size=em * 2.1, bold=True, most=right - box.left)
    y -= em * (2.15 if others else 2.4)
    page.text(box.left, y, first.phone, size=em * 2.1, bold=True, colour=page.colours["accent"], most=right - box.left)
    for number, person in enumerate(others):
        name = in_conflict(person.name, studio.words) if person.tied else person.name
        line = "  ".join(part for part in (person.role, person.shift, name, person.phone) if part)
        line += f"  … +{more}" if more > 0 and number == len(others) - 1 else ""
        y_line = box.bottom + em * (0.75 + 1.05 * (len(others) - 1 - number)) * 0.8
        page.text(box.left, y_line, line, size=em * 0.72, most=right - box.left)


def _role(studio: Studio, person: Person) -> str:
    return " · ".join(part for part in (person.role or studio.words.say("Holder of the grid"), person.shift) if part)


def _draw_rivals(studio: Studio, page: Page, layout: Layout, rivals: list[Person]) -> None:
    """Write all who claim the grid with equal right, each as large as the others, and that one must be chosen."""
    box, em, bad = layout.worker, layout.em, page.colours["bad"]
    page.text(box.left, box.top - em * 0.7, _role(studio, rivals[0]), size=em, colour=page.colours["ink_quiet"],
              most=box.width)  # fmt: skip
    count = studio.words.number(len(rivals))
    words = studio.words.say("Conflict: {count} hold this grid with equal right; one must be named", count=count)
    page.text(box.left, box.top - em * 1.95, words, size=em * 0.72, bold=True, colour=bad, most=box.width)
    shown = rivals[:_MOST_RIVALS]
    high = (box.height - em * 2.6) / len(shown)
    size = min(em * 1.7, high * 0.72)
    wide = min(max(page.bold.width(one.name) for one in shown) * size + em, box.width * 0.45)
    for number, one in enumerate(shown):
        y = box.top - em * 2.6 - high * (number + 0.5)
        page.text(box.left, y, one.name, size=size, bold=True, most=wide - em * 0.4)
        phone = one.phone + (
            f"  … +{len(rivals) - len(shown)}" if one is shown[-1] and len(rivals) > len(shown) else ""
        )
        page.text(box.left + wide, y, phone, size=size, bold=True, colour=page.colours["accent"],
                  most=box.width - wide)  # fmt: skip


def _draw_photo(page: Page, box: Box, person: Person, photos: Path | None) -> float:
    """Show the holder's photo, if there is one; return the width that it takes."""
    found = next((path for ending in ("jpg", "jpeg", "png") if photos is not None and person.code
                  and (path := photos / f"{person.code}.{ending}").is_file()), None)  # fmt: skip
    if found is None:
        return 0.0
    try:
        picture = imread(found)
    except (OSError, SyntaxError, ValueError) as error:
        raise SchemaError("atlas: {path} is no picture ({found})", path=found, found=error) from error
    high = box.height - 4
    wide = min(high * picture.shape[1] / picture.shape[0], box.width * 0.35)
    frame = Box(box.right - wide, box.top - high, wide, high)
    page.picture(picture, frame)
    return wide + 4


def _own_name(name: str, chain: list[tuple[str, str, list[Person]]]) -> str:
    """Return a grid's name without that of the area above, which stands before it."""
    above = chain[0][1] if chain else ""
    return name[len(above) :].strip() if name.startswith(above) and len(name) > len(above) else name


def _draw_chain(
    studio: Studio, page: Page, layout: Layout, chain: list[tuple[str, str, list[Person]]], *, alone: bool
) -> None:
    """Write the telephones of community and street, larger where no duties stand below them."""
    box, share = layout.chain, 1.0
    if alone:
        box = Box(
            layout.duties.left, layout.duties.bottom, layout.duties.width, layout.chain.top - layout.duties.bottom
        )
        share = 1.35
    em, quiet = layout.em * 0.72 * share, page.colours["ink_quiet"]
    rows = [(name, first) for _, name, people in chain if (first := lead(people, studio.words))][:2]
    high = box.height / 2
    for number, (name, person) in enumerate(rows):
        middle = box.top - high * (number + 0.5)
        page.text(box.left, middle + em * 0.72, f"{name} · {person.role}", size=em * 0.72, colour=quiet, most=box.width)
        page.text(box.left, middle - em * 0.42, person.name, size=em * 1.1, bold=True, most=box.width * 0.3)
        page.text(box.left + box.width * 0.33, middle - em * 0.42, person.phone, size=em * 1.2, bold=True,
                  colour=page.colours["accent"], most=box.width * 0.66)  # fmt: skip
    if not alone:
        page.line([(box.left, box.bottom), (box.right, box.bottom)], Pen(page.colours["rule"], 0.5))


def _draw_duties(studio: Studio, page: Page, layout: Layout, lines: list[str]) -> None:
    """List what is done in the grid, in letters as large as the space allows; what does not fit is counted."""
    box = layout.duties
    if not lines:
        return
    head = layout.em * 0.72
    page.text(box.left, box.top - head * 0.8, studio.words.say("What is done here"), size=head, bold=True)
    room = box.height - head * 1.7
    for size in (layout.em * share for share in (0.72, 0.62, 0.54, 0.47)):
        written = [page.wrapped(line, box.width - size * 1.1, size=size) for line in lines]
        if sum(map(len, written)) * size * 1.4 <= room:
            break
    most, y = int(room / (size * 1.4)), box.top - head * 1.7 - size * 0.7
    for line in written:
        if len(line) > most:
            page.text(box.left + size * 1.1, y, "…", size=size)
            return
        page.paint(Outline.circle((box.left + size * 0.3, y), size * 0.17), fill=page.colours["accent"])
        for part in line:
            page.text(box.left + size * 1.1, y, part, size=size, most=box.width - size * 1.1)
            y -= size * 1.4
        most -= len(line)


def qr_text(studio: Studio, wanted: str, *, code: str, name: str, people: list[Person], row: Any) -> str:
    """Return what the poster's code says."""
    x, y, _ = inner_point(row["geometry"])
    lon, lat = to_degrees(studio.facts.crs).transform(x, y)
    first = equals_of(people) if people else []
    holder = " / ".join(one.name for one in first)
    phone = " / ".join(one.phone.replace(" ", "") for one in first)
    if wanted == "geo":
        return f"geo:{lat:.6f},{lon:.6f}"
    if wanted == "text":
        return "\n".join(part for part in (code, name, f"{holder} {phone}".strip()) if part)
    fields = {"code": code, "name": name, "holder": holder, "phone": phone, "lat": f"{lat:.6f}", "lon": f"{lon:.6f}"}
    try:
        return wanted.format(**fields)
    except (KeyError, IndexError, ValueError) as error:
        raise SchemaError(
            "atlas: qr is {found}; its fields are {allowed}", found=wanted, allowed=", ".join(fields)
        ) from error


@lru_cache(maxsize=4)
def to_degrees(crs: pyproj.CRS) -> pyproj.Transformer:
    """Return the way from metres to the degrees of a geo URI (WGS 84; CGCS2000 differs by centimetres)."""
    return pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)


def _draw_code(studio: Studio, page: Page, layout: Layout, words: str) -> None:
    try:
        symbol = segno.make(words, error="m", micro=False)
    except (segno.DataOverflowError, ValueError) as error:
        raise SchemaError("atlas: {text} does not fit into a code ({found})", text=words[:40], found=error) from error
    box = layout.code
    caption = min(6.0, box.height * 0.1)
    side = min(box.width, box.height - caption)
    square = Box(box.left + (box.width - side) / 2, box.bottom + caption, side, side)
    page.box(square, fill="#FFFFFF")
    page.paint(modules(symbol.matrix, square), fill="#000000")
    page.text(box.left + box.width / 2, box.bottom + caption * 0.4, studio.words.say("Scan for the place of the grid"),
              size=caption * 0.7, colour=page.colours["ink_quiet"], align="center", most=box.width)  # fmt: skip


def modules(matrix: Any, box: Box) -> Outline:
    """Return the dark modules of a code as one path, its quiet zone inside the box."""
    grid = np.array([list(line) for line in matrix], dtype=bool)
    step = box.width / (len(grid) + 2 * _QUIET_MODULES)
    points, codes = [], []
    for number, line in enumerate(grid):
        edges = np.flatnonzero(np.diff(line.astype(np.int8), prepend=0, append=0))
        top = box.top - step * (_QUIET_MODULES + number)
        for start, end in edges.reshape(-1, 2):
            left, right = box.left + step * (_QUIET_MODULES + start), box.left + step * (_QUIET_MODULES + end)
            points += [(left, top), (right, top), (right, top - step), (left, top - step), (left, top)]
            codes += [Outline.MOVETO, *[Outline.LINETO] * 3, Outline.CLOSEPOLY]
    return Outline(np.array(points), codes)


def _draw_foot(studio: Studio, page: Page, layout: Layout) -> None:
    """Write where the poster comes from, in one quiet line."""
    box = layout.foot
    words = " · ".join(f"{name} {value}" for name, value in studio.imprint.facts)
    if studio.imprint.approval_number:
        words += f" · {studio.words.say('Approval number')} {studio.imprint.approval_number}"
    page.text(box.left, box.bottom + box.height / 2, words, size=2.9 if page.size == "A3" else 2.4,
              colour=page.colours["ink_quiet"], most=box.width)  # fmt: skip
