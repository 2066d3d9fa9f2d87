"""The atlas bound: every sheet drawn, kept as a picture and a page, and put in place when all of it is done."""

import datetime as dt
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.backends.backend_pdf import PdfPages

from onemap.errors import SchemaError, StoreError, some
from onemap.geo.dated import in_force
from onemap.progress import Progress
from onemap.report.facts import Facts, Level
from onemap.report.sections.opening import version_of
from onemap.report.wording import Wording

from .agency import agency_sheet
from .furniture import Imprint, facts_of
from .ground import Store
from .options import AtlasOptions
from .page import Page, drawing, pdf_facts, write_png
from .people import People, text
from .poster import poster_sheet
from .sheets import Studio, district_sheet, street_sheet

COLUMNS = ["sheet", "code", "title", "format", "page", "path"]
"""Columns of the table of files."""

_AHEAD = 4  # pictures that wait to be packed
_TITLES = {
    "district": "Map of the grids",
    "streets": "Maps of the streets",
    "agencies": "Maps of the duty grids",
    "posters": "Posters of the grids",
}


@dataclass(frozen=True)
class Order:
    """One sheet to be drawn."""

    family: str
    code: str
    names: tuple[str, ...]
    draw: Callable[[], tuple[Page, str]]
    mark: str = ""
    """What its files have behind their names: the size, where there are several."""


def bind(one_map: Any, folder: Path, options: AtlasOptions, progress: Progress) -> pd.DataFrame:
    """Draw the sheets that are asked for; return the table of the files."""
    studio, moment = open_studio(one_map, options)
    orders = [
        replace(order, mark=f"-{size}" if len(options.size) > 1 else "")
        for size in options.size
        for order in list_orders(studio, options, size)
        if _wanted(order, options.only)
    ]
    if not orders:
        raise SchemaError(
            "atlas: the map has no sheet for {found}",
            found=some(options.only) if options.only else ", ".join(options.sheets),
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".atlas-") as workshop, drawing():
            rows = _Binder(studio, options, Path(workshop), moment).bind(orders, progress)
            for path in dict.fromkeys(row["path"] for row in rows):
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(Path(workshop) / path, target)  # noqa: PTH105 - over an older one, in one step
    except OSError as error:
        raise StoreError("{path}: the atlas cannot be written ({found})", path=folder, found=error) from error
    progress(1.0, "atlas written")
    return pd.DataFrame(rows, columns=COLUMNS).assign(path=[str(folder / row["path"]) for row in rows])


def open_studio(one_map: Any, options: AtlasOptions) -> tuple[Studio, dt.datetime]:
    """Return what every sheet is drawn from, and the time of print."""
    facts, words = _Dated(one_map, options.as_of), Wording(options.language)
    moment = options.moment(facts.timezone)
    day = options.as_of or facts.district.get("as_of") or moment.date()
    maker = options.maker or _owner(facts)
    imprint = Imprint(
        maker=maker,
        facts=facts_of(
            facts.district,
            version=version_of(facts),
            crs=facts.crs,
            maker=maker,
            printed=f"{moment:%Y-%m-%d %H:%M}",
            words=words,
        ),
        watermark=options.watermark,
        classification=options.classification,
        approval_number=options.approval_number,
    )
    return Studio(facts, Store(facts), words, People(facts, words, day=day), imprint), moment


class _Dated(Facts):
    """The map on a day: rows that are not in force then are left out."""

    def __init__(self, one_map: Any, as_of: Any) -> None:
        super().__init__(one_map)
        self._as_of = as_of

    def _read(self, layer_id: str) -> Any:
        return in_force(super()._read(layer_id), self._as_of).reset_index(drop=True)


def _owner(facts: Facts) -> str:
    """Return who owns the cells: the maker of the maps, where none is given."""
    if facts.cells is None or facts.cells.layer_id not in facts.layers.index:
        return ""
    return text(facts.layers.loc[facts.cells.layer_id].get("owner"))


def list_orders(studio: Studio, options: AtlasOptions, size: str) -> Iterator[Order]:
    """Yield every sheet of the families asked for on one size of paper, in the order of their codes."""
    facts = studio.facts
    if "district" in options.sheets and facts.levels:
        code = text(facts.levels[0].frame[facts.levels[0].code].iloc[0])
        yield Order("district", code, (studio.district_name,), partial(district_sheet, studio, size))
    if "streets" in options.sheets and facts.streets is not None and _is_street(facts, facts.streets):
        level = facts.streets
        for row in _sound(level.frame).sort_values(level.code, kind="stable").to_dict("records"):
            draw = partial(street_sheet, studio, size, level, row)
            yield Order("streets", text(row[level.code]), (text(row["name"]),), draw)
    if "agencies" in options.sheets and facts.has_rows("duty_grid"):
        for agency in sorted({text(name) for name in facts.frame("duty_grid")["agency"]} - {""}):
            yield Order("agencies", agency, (), partial(agency_sheet, studio, size, agency))
    if "posters" in options.sheets and facts.cells is not None:
        cells = facts.cells
        for row in _sound(cells.frame).sort_values(cells.code, kind="stable").to_dict("records"):
            draw = partial(poster_sheet, studio, size, options, cells, row)
            yield Order("posters", text(row[cells.code]), (text(row["name"]),), draw)


def _is_street(facts: Facts, level: Level) -> bool:
    """Say whether a level has maps of its own: not the cells of a map without streets, for they have posters."""
    return level.layer_id == "grid_street" or level is not facts.cells


def _sound(frame: Any) -> Any:
    return frame[~(frame.geometry.isna() | frame.geometry.is_empty)]


def _wanted(order: Order, only: tuple[str, ...] | None) -> bool:
    """Say whether a sheet is asked for: by its name, its code, or for posters the beginning of its code."""
    if only is None:
        return True
    if order.code in only or set(order.names) & set(only):
        return True
    return order.family == "posters" and order.code.startswith(tuple(part for part in only if part))


class _Binder:
    """Keeps the sheets: pages of a PDF a family, and a picture each, packed while the next sheet is drawn."""

    def __init__(self, studio: Studio, options: AtlasOptions, workshop: Path, moment: dt.datetime) -> None:
        self.studio, self.options, self.workshop, self.moment = studio, options, workshop, moment
        self.rows: list[dict[str, Any]] = []
        self.books: dict[str, Any] = {}
        self.taken: set[str] = set()
        self.kept: list[Future[None]] = []

    def bind(self, orders: list[Order], progress: Progress) -> list[dict[str, Any]]:
        """Draw and keep every sheet; return a row for each file it is in."""
        with ExitStack() as closing, ThreadPoolExecutor(max_workers=1) as writer:
            for number, order in enumerate(orders):
                progress(number / len(orders), f"atlas: {order.family} {order.code}")
                page, title = order.draw()
                line = {"sheet": order.family, "code": order.code, "title": title}
                if "pdf" in self.options.formats:
                    self._keep_page(page, line, closing, order.mark)
                if "png" in self.options.formats:
                    self._keep_picture(page, line, writer, order.mark)
            for future in self.kept:
                future.result()
        return self.rows

    def _keep_page(self, page: Page, line: dict[str, Any], closing: ExitStack, mark: str) -> None:
        family, name = line["sheet"], f"{line['sheet']}{mark}"
        if name not in self.books:
            heading = f"{self.studio.district_name} · {self.studio.words.say(_TITLES[family])}"
            facts = pdf_facts(heading, self.studio.imprint.maker, self.moment)
            self.books[name] = closing.enter_context(PdfPages(self.workshop / f"{name}.pdf", metadata=facts))
        self.books[name].savefig(page.figure)
        self.rows.append(line | {"format": "pdf", "page": self.books[name].get_pagecount(), "path": f"{name}.pdf"})

    def _keep_picture(self, page: Page, line: dict[str, Any], writer: ThreadPoolExecutor, mark: str) -> None:
        family, dpi = line["sheet"], self.options.dpi
        (self.workshop / family).mkdir(exist_ok=True)
        path = f"{family}/{_file_name(line['code'], self.taken, family, mark)}.png"
        pixels = page.pixels(dpi)
        self.kept.append(writer.submit(write_png, pixels, self.workshop / path, dpi=dpi, title=line["title"]))
        if len(self.kept) > _AHEAD:
            self.kept.pop(0).result()
        self.rows.append(line | {"format": "png", "page": 1, "path": path})


def _file_name(code: str, taken: set[str], family: str, mark: str) -> str:
    """Return a name for a file: the code without what a file system minds; a second one of a code is numbered."""
    name = re.sub(r"[^\w.-]+", "_", code).strip(".") or "sheet"
    number, free = 1, f"{name}{mark}"
    while f"{family}/{free}".casefold() in taken:
        number += 1
        free = f"{name}-{number}{mark}"
    taken.add(f"{family}/{free}".casefold())
    return free
