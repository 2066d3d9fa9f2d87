"""What people decided about cases: it comes before what the position says, and is never lost when it cannot be kept."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.cases.result import DECIDED, DECISION_COLUMNS, AssignmentResult
from onemap.domain.journal import DECIDE_CASE, REASSIGN_CASE, Entry, Journal, journal_of
from onemap.geo.crs import metric_crs
from onemap.translation import say

Decisions = Mapping[tuple[str, str], Entry]
_VERBS: Final = (DECIDE_CASE, REASSIGN_CASE)


def read_decisions(one_map: Path) -> Decisions:
    """Return what counts in the journal beside a map; nothing where there is none.

    Raises
    ------
    StoreError
        The journal cannot be read, or a line of it is not as it was written.
    """
    return Journal(journal_of(one_map)).in_force()


def decided(
    result: AssignmentResult, cells: gpd.GeoDataFrame, decisions: Decisions, *, code: str, case_code: str
) -> AssignmentResult:
    """Return an assignment in which people's decisions stand; those that cannot be followed are listed with the reason.

    Parameters
    ----------
    result
        What the positions say.
    cells
        The cells in force, with a CRS.
    decisions
        What counts in a journal: entries by verb and case. Of a choice and a giving away of one case the later counts.
    code, case_code
        Columns of the codes of cells and of cases.
    """
    latest = _latest(decisions)
    if not latest:
        return result
    rows_of = _rows_of(result.cases, case_code, wanted={entry.subject for entry in latest})
    place_of = {str(value): place for place, value in enumerate(cells[code])}
    listed, followed = [], _Followed([], [], [])
    for entry in latest:
        mine, place = rows_of.get(entry.subject, []), place_of.get(entry.value, -1)
        why = _obstacle(entry, result.table, mine, place)
        listed.append(_listed(entry, why))
        if not why:
            followed.rows.extend(mine)
            followed.places.extend([place] * len(mine))
            followed.reasons.extend([_reason(entry)] * len(mine))
    table = _with(result, cells, followed, code=code)
    return _counted(result, table, followed.rows, pd.DataFrame(listed, columns=list(DECISION_COLUMNS)))


class _Followed(NamedTuple):
    """Rows of cases, the place of the cell of each, and why."""

    rows: list[int]
    places: list[int]
    reasons: list[str]


def _latest(decisions: Decisions) -> list[Entry]:
    """Return the last entry of each case, in the order of the journal."""
    last: dict[str, Entry] = {}
    for entry in sorted(decisions.values(), key=lambda one: one.number):
        if entry.verb in _VERBS:
            last[entry.subject] = entry
    return sorted(last.values(), key=lambda one: one.number)


def _rows_of(cases: gpd.GeoDataFrame, case_code: str, *, wanted: set[str]) -> dict[str, list[int]]:
    if case_code not in cases.columns:
        return {}
    codes = cases[case_code].astype(str).to_numpy(dtype=object)
    found: dict[str, list[int]] = {}
    for row in np.flatnonzero(pd.Series(codes).isin(wanted).to_numpy()).tolist():
        found.setdefault(codes[row], []).append(row)
    return found


def _obstacle(entry: Entry, table: pd.DataFrame, rows: list[int], place: int) -> str:
    """Return why a decision cannot be followed; empty where it can.

    A choice was one between the cells beside a border: when the cell chosen is none of them any more, the border or
    the case has moved, and a person has to look again. A case given away on purpose needs no cell near it.
    """
    if not rows:
        return say("there is no case {case}", "en", case=entry.subject)
    if place < 0:
        return say("there is no cell {cell} any more", "en", cell=entry.value)
    candidates = {str(one) for row in rows for one in table["candidates"].iloc[row]}
    if entry.verb == DECIDE_CASE and entry.value not in candidates:
        return say("the case does not lie near {cell} any more", "en", cell=entry.value)
    return ""


def _reason(entry: Entry) -> str:
    template = "decided by {who} on {day}: {why}" if entry.why else "decided by {who} on {day}"
    return say(template, "en", who=entry.who, day=entry.at.partition("T")[0], why=entry.why)


def _listed(entry: Entry, why: str) -> dict[str, Any]:
    return {
        "number": entry.number,
        "case_code": entry.subject,
        "verb": entry.verb,
        "cell_code": entry.value,
        "decided_by": entry.who,
        "decided_at": pd.Timestamp(entry.at),
        "decided_why": entry.why,
        "followed": not why,
        "reason": why,
    }


def _with(result: AssignmentResult, cells: gpd.GeoDataFrame, followed: _Followed, *, code: str) -> pd.DataFrame:
    """Return the table, its decided rows with their cell, who said so, and the distance to it."""
    written = result.table.copy()
    if not followed.rows:
        return written
    chosen = cells.iloc[followed.places]
    metric = metric_crs(cells.crs, tuple(cells.total_bounds))
    points = result.cases.geometry.iloc[followed.rows].to_crs(metric).to_numpy()
    metres = shapely.distance(points, chosen.geometry.to_crs(metric).to_numpy())  # missing without a position
    values = {"cell": chosen[code].to_numpy(), "how": DECIDED, "distance_m": metres, "reason": followed.reasons}
    for name, new in values.items():
        column = written[name].array.copy()
        column[followed.rows] = new
        written[name] = column
    return written


def _counted(
    result: AssignmentResult, table: pd.DataFrame, rows: list[int], decisions: pd.DataFrame
) -> AssignmentResult:
    """Return the result with its table, its queues without the decided cases, and counts that add up."""
    counts = dict(result.counts)
    for how, count in result.table["how"].iloc[rows].value_counts().items():
        counts[str(how)] -= int(count)
    near = result.near_border[~result.near_border["row"].isin(rows)]
    failed = result.failed_geocodes[~result.failed_geocodes["row"].isin(rows)]
    counts |= {DECIDED: len(rows), "near_border": len(near), "failed_geocodes": len(failed)}
    return replace(result, table=table, near_border=near, failed_geocodes=failed, counts=counts, decisions=decisions)
