"""The principle of stability: codes are sound, dated and never used again; a change of land has a date."""

from collections.abc import Iterable
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.domain.codes import profile as profile_named
from onemap.domain.validity import VALID_FROM, VALID_TO
from onemap.geo.cell_codes import unique_codes
from onemap.geo.dated import day_numbers
from onemap.translation import say

from .audit_terms import Audited, Finding, Verdict
from .versions import compare_versions

_NEVER: Final = -1
_NO_CODE: Final = "{cell} has no code"
_TWICE: Final = "{count} cells have the code {cell}"
_UNSOUND: Final = "the code {cell} is not sound: {problem}"
_UNDATED: Final = "{cell} has no first day of validity"
_TURNED: Final = "{cell} ends before it begins"
_BACK: Final = "the code {cell} was withdrawn and is used again"
_REUSED: Final = "the code {cell} names other land than before: {percent} percent were kept, least {limit}"
_SILENT: Final = "{cell} was redrawn, but its first day of validity is the same as before"
_STABLE: Final = "{codes} codes at fault, {dates} cells without sound dates, {history}"
_HISTORY: Final = "{reused} codes used again and {silent} changes without a date since the last version"
_NO_HISTORY: Final = "not compared with a last version"


def stable(
    audited: Audited,
    *,
    previous: gpd.GeoDataFrame | None,
    profile: str | None,
    withdrawn: Iterable[str],
) -> Verdict:
    """9: codes are unique and sound, never used again; validity is dated, and so is every change."""
    codes = _codes(audited, profile, {str(c) for c in withdrawn})
    dates = _dates(audited)
    reused, silent = ([], []) if previous is None else _history(audited, previous)
    history = say(_NO_HISTORY) if previous is None else say(_HISTORY, "en", reused=len(reused), silent=len(silent))
    findings = [*codes, *dates, *reused, *silent]
    said = say(_STABLE, "en", codes=len(codes), dates=len(dates), history=history)
    return Verdict(float(len(findings)), "cells", 0.0, said, findings)


def _found(audited: Audited, at: int, template: str, what: str, **values: Any) -> Finding:
    code = audited.codes[at]
    reason = say(template, "en", cell=code, **values)
    return Finding((code,), 1.0, 0.0, 1.0, reason, audited.shapes[at], what)


def _codes(audited: Audited, profile: str | None, withdrawn: set[str]) -> list[Finding]:
    """Return the codes that are missing, doubled, unsound, or used again."""
    column = audited.source[audited.code].reset_index(drop=True)
    found = [_found(audited, at, _NO_CODE, "code") for at in np.flatnonzero(column.isna()).tolist()]
    text = column.astype(str).where(column.notna(), None)
    for code, rows in text.groupby(text):
        first = int(rows.index[0])
        if len(rows) > 1:
            found.append(_found(audited, first, _TWICE, "code", count=len(rows)))
        if code in withdrawn:
            found.append(_found(audited, first, _BACK, "code"))
        problems = () if profile is None else profile_named(profile).validate(str(code))
        if problems:
            found.append(_found(audited, first, _UNSOUND, "code", problem=problems[0].text("en")))
    return found


def _dates(audited: Audited) -> list[Finding]:
    """Return the cells without a first day, and those that end before they begin."""
    starts = day_numbers(audited.source, VALID_FROM, _NEVER)
    ends = day_numbers(audited.source, VALID_TO, _NEVER)
    undated = np.flatnonzero(starts == _NEVER).tolist()
    turned = np.flatnonzero((ends != _NEVER) & (ends < starts)).tolist()
    found = [_found(audited, at, _UNDATED, "date") for at in undated]
    return [*found, *(_found(audited, at, _TURNED, "date") for at in turned)]


def _history(audited: Audited, previous: gpd.GeoDataFrame) -> tuple[list[Finding], list[Finding]]:
    """Return the codes that name other land than in the last version, and the changes of land without a new date."""
    place = {code: at for at, code in enumerate(audited.codes)}
    column = audited.source[audited.code].reset_index(drop=True)
    named = column.astype(object).where(column.notna(), list(audited.codes)).astype(str)
    now = unique_codes(audited.frame.assign(**{audited.code: named}), audited.code)
    before = unique_codes(previous, audited.code)
    difference = compare_versions(before, now, code=audited.code, tolerance_m=audited.limits.tolerance_m)
    limit = audited.limits.same_land_share
    table = difference.table.set_index("code")
    was, is_ = _first_days(previous, audited.code), _first_days(audited.source, audited.code)
    reused, silent = [], []
    for code, row in table[table["status"] == "redrawn"].iterrows():
        at, kept = place[str(code)], float(row["kept_share"])
        if kept < limit:
            percent = f"{100 * kept:.0f}"
            reused.append(_found(audited, at, _REUSED, "history", percent=percent, limit=f"{100 * limit:.0f}"))
        elif code in was and was.get(str(code)) == is_.get(str(code)):
            silent.append(_found(audited, at, _SILENT, "history"))
    return reused, silent


def _first_days(cells: gpd.GeoDataFrame, code: str) -> dict[str, int]:
    """Return the first day of validity of each code that has one."""
    days = day_numbers(cells, VALID_FROM, _NEVER).tolist()
    return {str(c): day for c, day in zip(cells[code], days, strict=True) if day != _NEVER and not pd.isna(c)}
