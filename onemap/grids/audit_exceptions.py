"""Exceptions to the principles of division: signed and dated, and only until they expire."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from onemap.domain.catalogue import fold_heading
from onemap.domain.validity import as_day
from onemap.errors import SchemaError
from onemap.sources.reading import read_attributes
from onemap.translation import say

from .audit_terms import RULES

COLUMNS: Final = ("rule", "cell", "reason", "signed_by", "signed_on", "until")
_TITLES: Final = {
    "rule": ("原则", "规则", "原则编号"),
    "cell": ("网格", "网格编码", "单元网格编码", "cell_code"),
    "reason": ("理由", "原因", "说明"),
    "signed_by": ("签署人", "批准人", "审批人"),
    "signed_on": ("签署日期", "批准日期", "审批日期"),
    "until": ("有效期至", "截止日期", "到期日"),
}
_UNSIGNED: Final = "not signed: {missing} is missing"
_EXPIRED: Final = "expired on {until}"
_EARLY: Final = "signed on {day}, after the day of the audit"
_NONE: Final = "nothing to accept"
_ACCEPTED: Final = "accepts {count} findings"


@dataclass(frozen=True)
class ExceptionRow:
    """One exception: of which principle (0 for all), of which cell (``*`` for all), why, signed by whom, until when."""

    rule: int
    cell: str
    reason: str
    signed_by: str
    signed_on: dt.date | None
    until: dt.date | None

    def fault(self, today: dt.date) -> str:
        """Return why the exception does not count on a day, in English; empty where it counts."""
        missing = [name for name in ("reason", "signed_by", "signed_on") if not getattr(self, name)]
        if missing:
            return say(_UNSIGNED, "en", missing=", ".join(missing))
        if self.until is not None and self.until < today:
            return say(_EXPIRED, "en", until=self.until)
        if self.signed_on is not None and self.signed_on > today:
            return say(_EARLY, "en", day=self.signed_on)
        return ""

    def covers(self, rule: int, cells: Sequence[str]) -> bool:
        """Tell whether a finding of a principle on some cells is meant."""
        return self.rule in (0, rule) and (self.cell == "*" or self.cell in cells)


def read_exceptions(source: Any) -> list[ExceptionRow]:
    """Return exceptions from a table or a file of one (CSV, Excel ...), with English or Chinese headings.

    Parameters
    ----------
    source
        A frame or a path. ``rule`` is the number, the id or the title of a principle, or ``*``; ``cell`` a code or
        ``*``; ``until`` the last day, empty for ever.

    Raises
    ------
    SchemaError
        A column is missing, a principle is unknown, or a date cannot be read.

    Examples
    --------
    >>> row = {"rule": "面积适当", "cell": "01", "reason": "park", "signed_by": "Li", "signed_on": "2026-01-05"}
    >>> read_exceptions(pd.DataFrame([row]))[0].rule
    4
    """
    table = source if isinstance(source, pd.DataFrame) else read_attributes(Path(source))
    names = {fold_heading(str(column)): column for column in table.columns}
    found = {}
    for column in COLUMNS:
        known = [fold_heading(title) for title in (column, *_TITLES[column])]
        heading = next((names[title] for title in known if title in names), None)
        if heading is None and column != "until":
            raise SchemaError(
                "the exceptions have no column {column}; they need {needed}", column=column, needed=", ".join(COLUMNS)
            )
        found[column] = [None] * len(table) if heading is None else table[heading].astype(object).tolist()
    return [
        ExceptionRow(
            _number(rule), _text(cell), _text(reason), _text(signed_by), _day(signed_on), _day(until)
        )
        for rule, cell, reason, signed_by, signed_on, until in zip(*(found[c] for c in COLUMNS), strict=True)
    ]  # fmt: skip


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value).strip()


def _day(value: Any) -> dt.date | None:
    return None if value is None or pd.isna(value) else as_day(value)


def _number(value: Any) -> int:
    """Return the number of a principle named by number, id or title; 0 for all."""
    text = _text(value).removesuffix(".0")
    if text == "*":
        return 0
    for rule in RULES:
        if text.casefold() in (str(rule.number), rule.id, rule.title_zh, rule.title_en.casefold()):
            return rule.number
    raise SchemaError("there is no principle {rule}; write 1 to 9, its name, or *", rule=text or "-")


def exceptions_table(rows: Sequence[ExceptionRow], used: Sequence[int], today: dt.date) -> pd.DataFrame:
    """Return exceptions with what became of them: how many findings each accepts, or why it does not count."""
    table = pd.DataFrame([tuple(getattr(row, name) for name in COLUMNS) for row in rows], columns=list(COLUMNS))
    table = table.astype({"signed_on": object, "until": object})
    table["accepted"] = pd.Series(list(used), dtype="int64")
    table["status"] = [
        row.fault(today) or (say(_ACCEPTED, "en", count=count) if count else say(_NONE))
        for row, count in zip(rows, used, strict=True)
    ]
    return table
