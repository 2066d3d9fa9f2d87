"""Tables of the report: what is shown, and where the rest is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pandas as pd
from markupsafe import Markup

from .wording import Wording

MOST_ROWS = 200
_MOST_CODES = 4


@dataclass(frozen=True)
class Cell:
    """One cell: what is read, what it sorts by, where it leads, and a bar behind it (share 0 to 1)."""

    text: str | Markup
    sort: Any = None
    match: str = ""
    link: str = ""  # the anchor it leads to
    narrow: str = ""  # "column=value&column=value": the filter that the link sets on the table there
    bar: float | None = None
    css: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the report. ``total`` counts all rows, ``rows`` holds those that are shown."""

    id: str
    columns: Sequence[tuple[str, str]]  # title, css class ("num" for figures)
    rows: Sequence[Sequence[Cell]]
    total: int
    rest: str = ""  # the sentence that says where all rows are
    matches: Mapping[str, int] = field(default_factory=dict)  # filter key -> column
    folded: bool = False

    @property
    def capped(self) -> bool:
        """Whether rows were left off."""
        return self.total > len(self.rows)


@dataclass(frozen=True)
class Column:
    """How one column of a frame is shown: its heading and what makes a cell of a row."""

    title: str
    cell: Callable[[Any], Cell]
    css: str = ""
    key: str = ""  # links filter by it


def make_table(
    id_: str,
    frame: pd.DataFrame,
    columns: Sequence[Column],
    *,
    rest: str = "",
    most: int = MOST_ROWS,
    folded: bool = False,
) -> Table:
    """Return the table of a frame, its first ``most`` rows shown; ``rest`` says where all of them are."""
    records = frame.head(most).to_dict("records")
    rows = [[column.cell(record) for column in columns] for record in records]
    return Table(
        id=id_,
        columns=[(column.title, column.css) for column in columns],
        rows=rows,
        total=len(frame),
        rest=rest if len(frame) > most else "",
        matches={column.key: place for place, column in enumerate(columns) if column.key},
        folded=folded,
    )


class ColumnMaker:
    """Makes columns of a layer's frame with the catalogue's titles, in one language."""

    def __init__(self, words: Wording, layer_id: str) -> None:
        self.words, self.layer_id = words, layer_id

    def title(self, field_name: str) -> str:
        """Return the heading of a field."""
        return self.words.heading(self.layer_id, field_name)

    def text(self, name: str, *, key: str = "", css: str = "") -> Column:
        """Return a column of plain text."""
        return Column(self.title(name), lambda row: Cell(plain(row[name]), match=plain(row[name])), css, key)

    def codes(self, name: str, *, on_paper: bool = True) -> Column:
        """Return a column of lists of codes, the first few of each; not on paper where the reason names them."""

        def cell(row: Any) -> Cell:
            codes = codes_of(row[name])
            more = len(codes) - _MOST_CODES
            text = ", ".join(codes[:_MOST_CODES])
            return Cell(f"{text} … (+{more})" if more > 0 else text)

        return Column(self.title(name), cell, "code wide" if on_paper else "code wide offpaper")

    def label(self, name: str, *, key: str = "") -> Column:
        """Return a column of allowed values by their labels."""

        def cell(row: Any) -> Cell:
            return Cell(self.words.label(self.layer_id, name, row[name]), match=plain(row[name]))

        return Column(self.title(name), cell, "word", key)

    def number(self, name: str, digits: int = 0) -> Column:
        """Return a column of counts."""
        return Column(
            self.title(name), lambda row: Cell(self.words.number(row[name], digits), sort_of(row[name])), "num"
        )

    def measure(self, name: str) -> Column:
        """Return a column of lengths or areas, its unit in the heading."""
        return Column(self.title(name), lambda row: Cell(self.words.measure(row[name]), sort_of(row[name])), "num")

    def date(self, name: str) -> Column:
        """Return a column of days."""
        return Column(self.title(name), lambda row: Cell(self.words.date(row[name])), "date")

    def layer(self, titles: pd.DataFrame, *, name: str = "layer_id", key: str = "layer") -> Column:
        """Return a column of layers by their titles."""

        def cell(row: Any) -> Cell:
            return Cell(self.words.layer(plain(row[name]), titles), match=plain(row[name]))

        return Column(self.title(name), cell, "word", key)

    def reason(self) -> Column:
        """Return the column of reasons."""
        return Column(self.title("reason"), lambda row: Cell(self.words.told(row)), "reason wide")

    def closer(self) -> Column:
        """Return the column of those who could close a gap, or settle a conflict."""
        name = "who_could_close"
        return Column(self.title(name), lambda row: Cell(self.words.told(row, name)), "closer wide")


def narrowed(**wanted: str) -> str:
    """Return the filter that a link sets on a table, column keys and values.

    Examples
    --------
    >>> narrowed(layer="grid_cell", agency="A&B")
    'layer=grid_cell&agency=A%26B'
    """
    return urlencode(wanted)


def codes_of(value: Any) -> list[str]:
    """Return the codes in a published ``cells`` or ``candidates`` column.

    Examples
    --------
    >>> codes_of("2B01; 2B02"), codes_of(None)
    (['2B01', '2B02'], [])
    """
    if isinstance(value, tuple | list):
        return [str(code) for code in value]
    return [code.strip() for code in plain(value).replace(";", ",").split(",") if code.strip()]


def plain(value: Any) -> str:
    """Return a value as text, empty where there is none.

    Examples
    --------
    >>> plain(None), plain("7"), plain(3.0)
    ('', '7', '3')
    """
    if value is None or (not isinstance(value, str | tuple | list) and pd.isna(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "; ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def sort_of(value: Any) -> float:
    """Return what a figure sorts by; missing ones go last."""
    return float("-inf") if value is None or pd.isna(value) else float(value)
