"""Gaps of responsibility: land and hours for which nobody answers, with what lies there and who could close them."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.domain.appointments import Post
from onemap.domain.duties import DUTY_GRID, Matter
from onemap.domain.validity import holds
from onemap.errors import some
from onemap.geo.arrangement import inside_points
from onemap.geo.crs import area_m2
from onemap.responsibility.rules import channel_of
from onemap.responsibility.survey import (
    CONTESTED,
    NOBODY,
    TWO_HOLDERS,
    Contents,
    Vacancy,
    Window,
    survey,
    wide_parts,
)
from onemap.responsibility.time_gaps import Interval, hours
from onemap.translation import say

if TYPE_CHECKING:
    from onemap.responsibility.matrix import ResponsibilityMatrix

COLUMNS: Final = (
    "kind",
    "cause",
    "agency",
    "part",
    "matters",
    "scope",
    "cells",
    "holder",
    "from",
    "to",
    "hours",
    "intervals",
    "area_m2",
    "buildings",
    "residents",
    "reason",
    "who_could_close",
)
CONFLICTS: Final = (CONTESTED, TWO_HOLDERS)
DAYS: Final = 7
PEOPLE: Final = ("econ_population", "city3d_building")
"""Layers that may know how many people live where, the better one first."""
_NUMBERS = {"hours": "float64", "area_m2": "float64", "buildings": "Int64", "residents": "Int64"}
_REASONS: Final = {
    NOBODY: "no duty covers {matters} here",
    "hours": "no duty covers {matters} here at these hours",
    "vacant": "nobody was ever appointed to {grids}",
    "expired": "the appointment of {name} to {grids} ended on {day}",
    "not_yet": "the appointment of {name} to {grids} begins only on {day}",
    "off_shift": "whoever holds {grids} is not on shift for {hours} hours, first from {start} to {end}",
    CONTESTED: "{count} posts claim {matters} with equal right: {grids}, held by {people}",
    TWO_HOLDERS: "{people} hold {grids} with equal right",
}
_CLOSED_BY: Final = {
    NOBODY: "the district, by a duty for {matters}",
    "vacant": "{who}, by an appointment to {grids}",
    "off_shift": "{who}, by a shift for these hours",
    CONTESTED: "the district, by another rank for one of the duties {duties}",
    TWO_HOLDERS: "{who}, by naming one of them deputy",
}
_REACH: Final = "{agencies}, by a duty grid that reaches this land: its duty for {matters} has no grid here"
_COMMAND: Final = "the command centre of the district"
_LATER: Final = ("expired", "not_yet")


@dataclass(frozen=True)
class GapOptions:
    """What is looked through.

    Attributes
    ----------
    start, end
        The window of local time, ``end`` not part of it: dates, times or texts; from today, and for seven days.
    matters
        Classes of matters; None for all that duties name.
    tolerance_m
        Land into which no circle of this diameter fits is left out.
    buildings, population
        Layers whose places are counted in each gap; ``residents`` of the population, else of the buildings. What is
        not known is missing (NA) and no 0.
    together
        More posts than this with the very same gap are told as one row.
    """

    start: Any = None
    end: Any = None
    matters: Iterable[Matter | str] | None = None
    tolerance_m: float = 0.0
    buildings: gpd.GeoDataFrame | None = None
    population: gpd.GeoDataFrame | None = None
    together: int = 100


def find_vacancies(matrix: "ResponsibilityMatrix", options: GapOptions) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the gaps of a matrix and its conflicts, as tables; see `ResponsibilityMatrix.gaps` and ``conflicts``."""
    window = window_of(matrix, options)
    found = survey(
        matrix,
        window,
        matters=options.matters,
        contents=contents_of(matrix, options),
        together=options.together,
    )
    shapes: dict[Any, Any] = {}
    gaps: list[dict[str, Any]] = []
    conflicts: list[dict[str, Any]] = []
    for one in found:
        key = id(one.ground), one.pieces.tobytes()
        if key not in shapes:
            shapes[key] = wide_parts(one.ground.ground.union(one.pieces), options.tolerance_m)
        if not shapely.is_empty(shapes[key]):
            row = _row(matrix, one, window, shapes[key], narrow=options.tolerance_m > 0)
            (conflicts if one.cause in CONFLICTS else gaps).append(row)
    return gap_table(gaps, matrix.crs), gap_table(conflicts, matrix.crs)


def window_of(matrix: "ResponsibilityMatrix", options: GapOptions) -> Window:
    """Return the window that is asked for.

    Raises
    ------
    SchemaError
        A side is no time, or they are the wrong way round.
    """
    if options.start is None:
        start = dt.datetime.combine(matrix.moment().local.date(), dt.time())
    else:
        start = matrix.moment(options.start).local
    end = matrix.moment(options.end).local if options.end is not None else start + dt.timedelta(days=DAYS)
    return Window(start, end)


def gap_table(rows: list[dict[str, Any]], crs: Any) -> gpd.GeoDataFrame:
    """Return rows as a table: the longest and largest first, whatever the order in which they were found."""
    table = gpd.GeoDataFrame(rows, columns=[*COLUMNS, "geometry"], geometry="geometry", crs=crs)
    table = table.astype({name: _NUMBERS.get(name, "str") for name in COLUMNS})
    order = ["kind", "hours", "area_m2", "agency", "matters", "cells", "cause", "part", "from"]
    upwards = [name not in ("hours", "area_m2") for name in order]
    return table.sort_values(order, ascending=upwards, kind="stable", ignore_index=True)


def gap_intervals(table: pd.DataFrame) -> pd.DataFrame:
    """Return the intervals of gaps or conflicts: ``gap`` (index of the table), ``from`` and ``to`` in local time.

    Examples
    --------
    >>> table = pd.DataFrame({"intervals": ["2026-06-26T18:00:00/2026-06-27T08:00:00"]})
    >>> gap_intervals(table)["to"].tolist()
    [Timestamp('2026-06-27 08:00:00')]
    """
    found = [
        (label, *span.split("/"))
        for label, text in table["intervals"].items()
        for span in str(text).split()
        if "/" in span
    ]
    frame = pd.DataFrame(found, columns=["gap", "from", "to"])
    return frame.astype({"from": "datetime64[us]", "to": "datetime64[us]"})


def tells_residents(frame: pd.DataFrame | None) -> bool:
    """Tell whether a layer knows how many people live anywhere: a column without any number is no count of 0."""
    return frame is not None and "residents" in frame and bool(frame["residents"].notna().any())


def contents_of(matrix: "ResponsibilityMatrix", options: GapOptions) -> Contents | None:
    """Return the places that are counted, in the system of the cells; None where none are known."""
    if options.buildings is None and options.population is None:
        return None
    places: dict[str, tuple[Any, Any]] = {}
    people = next((frame for frame in (options.population, options.buildings) if tells_residents(frame)), None)
    for name, frame in (("buildings", options.buildings), ("residents", people)):
        if frame is None:
            continue
        here = frame if frame.crs == matrix.crs or matrix.crs is None else frame.to_crs(matrix.crs)
        shapes = here.geometry.to_numpy()
        points = inside_points(shapes)
        weights = (
            np.ones(len(frame), dtype=np.int64)
            if name == "buildings"
            else pd.to_numeric(frame["residents"]).fillna(0).to_numpy(dtype=np.int64)
        )
        there = ~(shapely.is_missing(points) | shapely.is_empty(points))
        places[name] = points[there], weights[there]
    return Contents(places)


def _row(matrix: "ResponsibilityMatrix", one: Vacancy, window: Window, shape: Any, *, narrow: bool) -> dict[str, Any]:
    """Return a gap or conflict as a row of its table."""
    whole = one.when == ((window.start, window.end),)
    area = one.ground.area_m2(one.pieces)
    if narrow:
        series = gpd.GeoSeries([shape], crs=matrix.crs)
        area = float(area_m2(series).iloc[0]) if matrix.crs is not None else shape.area
    values = _values(matrix, one)
    cause = "hours" if one.cause == NOBODY and not whole else one.cause
    lacking = agencies_without_grid(matrix, one) if one.cause == NOBODY else ()
    values["agencies"] = some(lacking) if lacking else ""
    closed = _REACH if lacking else _CLOSED_BY["vacant" if one.cause in _LATER else one.cause]
    return {
        "kind": kind_of(one.cause, whole=whole),
        "cause": one.cause,
        "agency": one.agency,
        "part": one.part,
        "matters": ", ".join(one.matters),
        "scope": ", ".join(sorted({seat.grid.scope for seat in one.seats})),
        "cells": _listed(one),
        "holder": ", ".join(one.people) or one.name,
        "from": one.when[0][0].isoformat(),
        "to": one.when[-1][1].isoformat(),
        "hours": hours(one.when),
        "intervals": interval_text(one.when),
        "area_m2": area,
        "buildings": one.ground.count("buildings", one.pieces),
        "residents": one.ground.count("residents", one.pieces),
        "reason": say(_REASONS[cause], "en", **values),
        "who_could_close": say(closed, "en", **values),
        "geometry": shape,
    }


def kind_of(cause: str, *, whole: bool) -> str:
    """Return the kind of a gap: ``time`` where it is one of hours, ``duty`` where it is one of duty or appointment."""
    if cause in CONFLICTS:
        return cause
    return "time" if cause == "off_shift" or (cause == NOBODY and not whole) else "duty"


def interval_text(when: Iterable[Interval]) -> str:
    """Return intervals as text: ISO 8601, blanks between."""
    return " ".join(f"{start.isoformat()}/{end.isoformat()}" for start, end in when)


def _listed(one: Vacancy) -> str:
    """Return the codes of the grids, of very many the smallest."""
    codes = list(dict.fromkeys(seat.grid.code for seat in one.seats))
    shown = ", ".join(codes)
    more = one.count - len(codes)
    return say("{codes} and {count} more", codes=shown, count=more) if more > 0 and one.count > 1 else shown


def _values(matrix: "ResponsibilityMatrix", one: Vacancy) -> dict[str, Any]:
    """Return what the sentences about a gap may name."""
    grids = list(dict.fromkeys(f"{seat.grid.name} {seat.grid.code}".strip() for seat in one.seats))
    count = len({seat.grid.code for seat in one.seats})
    return {
        "matters": some(one.matters),
        "grids": some(grids[:3])
        if one.count <= len(grids[:3])
        else some([*grids[:3], *[""] * (one.count - 3)], most=3),
        "count": count if one.cause == CONTESTED and count > 1 else len(one.seats),
        "name": one.name,
        "day": one.day,
        "hours": f"{hours(one.when):g}",
        "start": one.when[0][0].isoformat(" ", "minutes"),
        "end": one.when[0][1].isoformat(" ", "minutes"),
        "people": some(tuple(map(matrix.roster.name_of, one.people))) if one.people else "-",
        "duties": some(one.duties),
        "who": one.agency or _above(matrix, one),
    }


def agencies_without_grid(matrix: "ResponsibilityMatrix", one: Vacancy) -> tuple[str, ...]:
    """Return the agencies whose duties for the matters of a gap are tied to their grids, none of which is here."""
    first, last = one.when[0][0].toordinal(), one.when[-1][1].toordinal()
    claims = one.ground.ground.claims
    found = matrix.rules.by_duty_grids(one.matters, first, last)
    return tuple(
        agency
        for agency in sorted(found)
        if (there := claims.get(channel_of(DUTY_GRID, agency))) is not None and (there.first[one.pieces] < 0).all()
    )


def _above(matrix: "ResponsibilityMatrix", one: Vacancy) -> str:
    """Return who holds the grid above the vacant one; the command centre where nobody does."""
    levels = matrix.levels
    scope = one.seats[0].grid.scope if one.seats else ""
    coarser = levels[: levels.index(scope)] if scope in levels else []
    day = one.when[0][0].date()
    for level in reversed(coarser):
        claims = one.ground.ground.claims[level]
        row = int(claims.first[one.pieces[0]])
        if row < 0:
            continue
        grid = claims.grids[row]
        held = [h for h in matrix.roster.appointed(Post(grid.code, level)) if holds(h.valid_from, h.valid_to, day)]
        if held:
            return f"{held[0].name or held[0].holder_code} ({grid.name or grid.code})"
    return say(_COMMAND)
