"""Conflicts of responsibility: posts claimed twice, duty grids over one another, cells without one duty (同网同责)."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.domain.duties import ANY, DUTY_GRID
from onemap.errors import some
from onemap.geo.edges import Ints
from onemap.responsibility.gaps import GapOptions, contents_of, find_vacancies, gap_table, interval_text, window_of
from onemap.responsibility.ground import Claims, Ground
from onemap.responsibility.same_duties import Unlike, find_unlike
from onemap.responsibility.survey import Surveyed, Window, ground_of, wide_parts
from onemap.responsibility.time_gaps import hours
from onemap.translation import say

if TYPE_CHECKING:
    from onemap.responsibility.matrix import ResponsibilityMatrix

CLAIMED_TWICE, OUTSIDE, CUT, UNLIKE = "claimed_twice", "outside", "cut", "unlike"
_REASONS: Final = {
    CLAIMED_TWICE: "the duty grids {grids} of {agency} both claim it",
    OUTSIDE: "the duty grid {grids} of {agency} reaches out of the district",
    CUT: "{agency} cuts the cell {cell} into its duty grids {grids}, the smallest share is {share} percent",
}
_CLOSED: Final = "{agency}, by a border of its duty grids that is one with the cells"
_LACKING: Final = "{cells} have no duty of {agency} for {matters}, as {alike} of {peers} cells of their kind have"
_ALONE: Final = "{cells} have a duty of {agency} for {matters}, which {alike} of {peers} cells of their kind have not"
_MADE_ALIKE: Final = "{agency}, by the same duties for all cells of one kind"
_LEAST_TOLD: Final = 0.01
_SLIVER: Final = "less than 0.01"
_DISTRICT: Final = "the district"
Row = dict[str, Any]


def _percent(share: float) -> str:
    """Return a share in percent; a sliver is told as one, no digits of it mean anything."""
    return _SLIVER if 0 < share < _LEAST_TOLD else f"{share:.3g}"


def find_conflicts(matrix: "ResponsibilityMatrix", options: GapOptions) -> gpd.GeoDataFrame:
    """Return all conflicts of a matrix; see `ResponsibilityMatrix.conflicts`."""
    claimed = find_vacancies(matrix, options)[1]
    drawn = find_border_conflicts(matrix, options)
    return gap_table([*claimed.to_dict("records"), *drawn], matrix.crs)


def find_border_conflicts(matrix: "ResponsibilityMatrix", options: GapOptions) -> list[Row]:
    """Return where duty grids overlap, leave the district or cut a cell, and unlike cells, on the first day."""
    window = window_of(matrix, options)
    channels = [name for name in matrix.land.channels if name.startswith(DUTY_GRID)]
    ground = ground_of(matrix, window.start.toordinal())
    surveyed = Surveyed(ground, matrix.crs, contents_of(matrix, options))
    rows = [_unlike(one, surveyed, matrix.levels[-1], window, options) for one in find_unlike(matrix, ground)]
    for channel in channels:
        claims = ground.claims[channel]
        agency = claims.grids[0].agency if claims.grids else ""
        for cause, pieces, values in _found(ground, claims, matrix.levels[-1]):
            shape = wide_parts(ground.union(pieces), options.tolerance_m)
            if not shapely.is_empty(shape):
                facts = {**values, "cause": cause, "agency": agency, "geometry": shape}
                rows.append(_row(facts, surveyed, pieces, window))
    return rows


def _found(ground: Ground, claims: Claims, finest: str) -> Iterator[tuple[str, Ints, dict[str, Any]]]:
    """Yield cause, pieces and values of the conflicts of one agency's grids."""
    count = np.array([len(rows) for rows in claims.several], dtype=np.int64)[claims.of]
    for rows, pieces in _by(claims.of, np.flatnonzero(count > 1), claims.several.__getitem__):
        codes = [claims.grids[row].code for row in rows]
        yield CLAIMED_TWICE, pieces, {"codes": codes}
    away = np.flatnonzero((count > 0) & ~ground.inside)
    for row, pieces in _by(claims.first, away, int):
        yield OUTSIDE, pieces, {"codes": [claims.grids[row].code]}
    yield from _cut(ground, claims, finest)


def _cut(ground: Ground, claims: Claims, finest: str) -> Iterator[tuple[str, Ints, dict[str, Any]]]:
    """Yield the cells that lie in several grids of an agency: the land that is not in the largest of them."""
    cells = ground.claims[finest]
    both = np.flatnonzero((cells.first >= 0) & (claims.first >= 0))
    pairs = pd.DataFrame(
        {"cell": cells.first[both], "grid": claims.first[both], "area": ground.area[both], "piece": both}
    )
    shares = pairs.groupby(["cell", "grid"], sort=True)["area"].sum().reset_index()
    several = shares[shares.duplicated("cell", keep=False)]
    largest = several.sort_values(["cell", "area", "grid"], ascending=[True, False, True]).drop_duplicates("cell")
    total = several.groupby("cell")["area"].sum()
    pieces_of = dict(list(pairs[pairs["cell"].isin(largest["cell"])].groupby("cell")))
    for cell, main in zip(largest["cell"].tolist(), largest["grid"].tolist(), strict=True):
        found = pieces_of[cell]
        mine = several[several["cell"] == cell]
        codes = [claims.grids[row].code for row in mine["grid"]]
        share = 100 * float(mine["area"].min()) / float(total[cell])
        values = {"codes": codes, "cell": cells.grids[cell].code, "share": _percent(share)}
        yield CUT, found["piece"][found["grid"] != main].to_numpy(dtype=np.int64), values


def _by(of: Ints, pieces: Ints, meaning: Callable[[int], Any]) -> Iterator[tuple[Any, Ints]]:
    """Yield the pieces with the same value, and what the value means."""
    if not len(pieces):
        return
    order = pieces[np.argsort(of[pieces], kind="stable")]
    values, starts = np.unique(of[order], return_index=True)
    for value, group in zip(values.tolist(), np.split(order, starts[1:]), strict=True):
        yield meaning(value), group


def _unlike(one: Unlike, ground: Surveyed, level: str, window: Window, options: GapOptions) -> Row:
    """Return cells whose duties are not those of their peers as a row of the table."""
    values = {
        "cells": some(one.codes),
        "agency": one.agency or "-",
        "matters": some(one.matters),
        "alike": one.alike,
        "peers": one.peers,
    }
    more = len(one.codes) - options.together
    shown = ", ".join(one.codes[: options.together])
    facts = {
        "cause": UNLIKE,
        "agency": one.agency,
        "part": one.part,
        "matters": ", ".join(one.matters),
        "scope": level,
        "codes": one.codes,
        "cell": say("{codes} and {count} more", "en", codes=shown, count=more) if more > 0 else shown,
        "reason": say(_LACKING if one.lacking else _ALONE, "en", **values),
        "geometry": ground.ground.union(one.pieces),
    }
    return _row(facts, ground, one.pieces, window)


def _row(facts: dict[str, Any], ground: Surveyed, pieces: Ints, window: Window) -> Row:
    when = ((window.start, window.end),)
    codes, cause, agency = facts["codes"], facts["cause"], facts["agency"]
    return {
        "kind": cause,
        "cause": cause,
        "agency": agency,
        "part": facts.get("part", ""),
        "matters": facts.get("matters", ANY),
        "scope": facts.get("scope", DUTY_GRID),
        "cells": facts.get("cell") or ", ".join(codes),
        "holder": "",
        "from": window.start.isoformat(),
        "to": window.end.isoformat(),
        "hours": hours(when),
        "intervals": interval_text(when),
        "area_m2": ground.area_m2(pieces),
        "buildings": ground.count("buildings", pieces),
        "residents": ground.count("residents", pieces),
        "reason": facts.get("reason") or say(_REASONS[cause], "en", **{**facts, "grids": some(codes)}),
        "who_could_close": say(_MADE_ALIKE if cause == UNLIKE else _CLOSED, "en", agency=agency or _DISTRICT),
        "geometry": facts["geometry"],
    }
