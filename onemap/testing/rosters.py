"""Rosters of the sample city as offices keep them: titles, merged cells, two names in a cell, telephones as numbers."""

import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd

from .agencies import COMMAND, SANITATION
from .duties import MANAGEMENT
from .messy import SHEET_PARTS, write_parts
from .names import people

Cell = str | float | None
WORKERS, PATROLS, CLEANERS = "网格员花名册", "执法队员值班表", "保洁责任人"
SHIFTS = ("白班", "夜班", "节假日")
TERM, ENDED, LATER = "2025.1.1-2026.12.31", "2025.1.1-2026.5.31", "2026.9.1-2028.8.31"
VACANT = "空缺"
_DEPUTIES = 20  # in one of so many rows the worker has a deputy in the same cell of the table
_FIRST_PHONE = 10_000_000_000  # of no real network


@dataclass
class RosterSheet:
    """One sheet as a person sees it: rows of cells (numbers stay numbers) and merged ranges, as ``A1:F1``."""

    rows: list[list[Cell]]
    merged: list[str] = field(default_factory=list)

    def write(self, path: Path, name: str) -> None:
        """Write a workbook of this sheet; without a clock in it, so that its bytes repeat."""
        path.parent.mkdir(parents=True, exist_ok=True)
        body = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in self.rows)
        ranges = "".join(f'<mergeCell ref="{one}"/>' for one in self.merged)
        sheet = (
            '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            f'<sheetData>{body}</sheetData><mergeCells count="{len(self.merged)}">{ranges}</mergeCells></worksheet>'
        )
        parts = SHEET_PARTS | {"xl/workbook.xml": SHEET_PARTS["xl/workbook.xml"].replace("名册", name)}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
            write_parts(book, parts | {"xl/worksheets/sheet1.xml": sheet})


def _cell(value: Cell) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value!r}</v></c>"


def make_workers(cells: pd.DataFrame, communities: pd.DataFrame, rng: np.random.Generator) -> tuple[RosterSheet, int]:
    """Return the command centre's roster of grid workers, by community, and the number of its first row of data."""
    names, deputies = people(len(cells), rng), people(len(cells), rng)
    phones = _phones(2 * len(cells), rng)
    assisted = np.arange(len(cells)) % _DEPUTIES == rng.integers(_DEPUTIES)
    title: list[list[Cell]] = [
        ["青禾区专职网格员花名册（2026年6月）"],
        [f"填报单位：{COMMAND}"],
        ["序号", "社区", "网格编码", "网格员", "联系电话", "任期"],
    ]
    sheet = RosterSheet(title, ["A1:F1", "A2:F2"])
    village = dict(zip(communities["community_code"], communities["name"], strict=True))
    first = len(title) + 1
    begun = first
    codes = cells["cell_code"].tolist()
    for number, code in enumerate(codes):
        row = first + number
        new = number == 0 or code[:12] != codes[number - 1][:12]
        if new and row - begun > 1:
            sheet.merged.append(f"B{begun}:B{row - 1}")
        begun = row if new else begun
        name: Cell = names[number]
        phone: Cell = phones[number]
        if assisted[number]:
            name, phone = (
                f"{name}、{deputies[number]}（副）",
                f"{phones[number]:.0f} {phones[len(cells) + number]:.0f}",
            )
        sheet.rows.append([float(number + 1), village[code[:12]] if new else None, code, name, phone, TERM])
    if first + len(codes) - begun > 1:
        sheet.merged.append(f"B{begun}:B{first + len(codes) - 1}")
    sheet.rows += [["合计", None, float(len(codes))], ["注：带（副）的是替班人员。"]]
    return sheet, first


def make_patrols(grids: pd.DataFrame, rng: np.random.Generator) -> tuple[RosterSheet, int]:
    """Return the patrol rota of the urban management: three shifts side by side, headings in two rows."""
    mine = grids[grids["agency"] == MANAGEMENT]
    names, phones = people(3 * len(mine), rng), _phones(3 * len(mine), rng)
    title: list[list[Cell]] = [
        [f"{MANAGEMENT}执法队员值班表"],
        ["责任网格编码", "责任区", "白班", None, "夜班", None, "节假日", None],
        [None, None, *["姓名", "电话"] * 3],
    ]
    first = len(title) + 1
    sheet = RosterSheet(title, ["A1:H1", "A2:A3", "B2:B3", "C2:D2", "E2:F2", "G2:H2"])
    for number, (code, name) in enumerate(zip(mine["duty_code"], mine["name"], strict=True)):
        at = 3 * number
        shifts = [cell for one in range(at, at + 3) for cell in (names[one], phones[one])]
        sheet.rows.append([code, name, *shifts])
    return sheet, first


def make_cleaners(grids: pd.DataFrame, rng: np.random.Generator) -> tuple[RosterSheet, int]:
    """Return the roster of the street cleaning, with the term of each appointment."""
    mine = grids[grids["agency"] == SANITATION]
    names, phones = people(len(mine), rng), _phones(len(mine), rng)
    title: list[list[Cell]] = [[f"{SANITATION}保洁责任人一览表"], ["责任网格编码", "责任区", "责任人", "手机", "任期"]]
    first = len(title) + 1
    sheet = RosterSheet(title, ["A1:E1"])
    for number, (code, name) in enumerate(zip(mine["duty_code"], mine["name"], strict=True)):
        sheet.rows.append([code, name, names[number], phones[number], TERM])
    return sheet, first


def _phones(count: int, rng: np.random.Generator) -> list[float]:
    return [float(_FIRST_PHONE + number) for number in rng.integers(10**8, size=count)]
