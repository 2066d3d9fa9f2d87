"""The gaps of responsibility of a map: its tables as a matrix, its houses and people as what lies in the gaps."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.domain.duties import DUTY_GRID, Matter, as_text
from onemap.errors import SchemaError
from onemap.responsibility.from_map import TABLES
from onemap.responsibility.gaps import GapOptions, find_vacancies
from onemap.responsibility.matrix import ResponsibilityMatrix
from onemap.responsibility.options import MatrixOptions
from onemap.responsibility.survey import named_matters

KINDS = ("duty", "time")


class Tables(Protocol):
    """What is needed of a map: it may be open on disk or not yet written."""

    @property
    def levels(self) -> Sequence[str]:
        """Ids of the grid layers, from coarse to fine."""

    def has(self, layer_id: str) -> bool:
        """Tell whether there is such a layer."""

    def read(self, layer_id: str) -> Any:
        """Return the layer."""


def matrix_of(
    one_map: Tables, *, options: MatrixOptions | None = None, without_duties: bool = False
) -> ResponsibilityMatrix:
    """Return the matrix of a map that need not be published yet.

    Parameters
    ----------
    without_duties
        Whether a map that has duty grids and no duties is taken too: its borders can be compared.

    Raises
    ------
    SchemaError
        The map has no layer ``duty``, and no ``duty_grid`` either where that is enough.
    """
    duties = one_map.read("duty") if one_map.has("duty") else None
    if duties is None and not without_duties:
        raise SchemaError("the map has no layer duty, so there are no gaps of duty or of time to be found")
    if duties is None and not one_map.has(DUTY_GRID):
        raise SchemaError("the map has no duties and no duty grids, so nobody can clash with anybody")
    levels = {level: one_map.read(level) for level in one_map.levels}
    tables = {name: one_map.read(layer) for name, layer in TABLES.items() if one_map.has(layer)}
    if "roads" in tables and "road_code" not in tables["roads"].columns:
        del tables["roads"]
    if duties is None:
        duties = pd.DataFrame(columns=["duty_code", "matters"])
    given = options or MatrixOptions()
    clock = given.timezone or getattr(one_map, "district", {}).get("timezone") or ""
    matrix = ResponsibilityMatrix(levels, duties, **tables, options=replace(given, timezone=clock))
    matrix.of_map = one_map
    return matrix


def gap_options(
    matrix: ResponsibilityMatrix, given: Mapping[str, Any], *, reported: bool = True, one_map: Tables | None = None
) -> GapOptions:
    """Return what is looked through: as given, else as the map of a matrix tells.

    Parameters
    ----------
    given
        Attributes of `GapOptions`; those that are None are taken from the map.
    reported
        Whether the matters of the map's cases are asked for too, where no matters are given.
    one_map
        The map; that of the matrix where it is None.
    """
    named = {name: value for name, value in given.items() if value is not None}
    one_map = one_map or matrix.of_map
    if one_map is None:
        return GapOptions(**named)
    facts = getattr(one_map, "district", {})
    width = facts.get("agency_tolerance_m", facts.get("tolerance_m")) or 0.0
    known = {"start": facts.get("as_of"), "tolerance_m": float(width)}
    if "buildings" not in named and one_map.has("city3d_building"):
        known["buildings"] = one_map.read("city3d_building")
    if "population" not in named and one_map.has("econ_population"):
        known["population"] = one_map.read("econ_population")
    if reported and "matters" not in named:
        known["matters"] = _matters(one_map, matrix)
    return GapOptions(**{**known, **named})


def duty_gaps(
    one_map: Tables,
    *,
    kinds: Sequence[str] = KINDS,
    window: tuple[Any, Any] = (None, None),
    tolerance_m: float = 0.0,
    matrix: ResponsibilityMatrix | None = None,
) -> gpd.GeoDataFrame:
    """Return the gaps of duty and of time of a map.

    Parameters
    ----------
    kinds
        ``duty``: no duty, or nobody appointed; ``time``: hours without anybody on shift.
    window
        First moment and end of the hours that are looked through, local time; from today, and for seven days.
    tolerance_m
        Land into which no circle of this diameter fits is left out.
    matrix
        The matrix of this map, where there is one already.

    Returns
    -------
    geopandas.GeoDataFrame
        As `ResponsibilityMatrix.gaps`, duty before time.
    """
    matrix = matrix or matrix_of(one_map)
    named = {"start": window[0], "end": window[1], "tolerance_m": tolerance_m}
    options = gap_options(matrix, named, one_map=one_map)
    table = find_vacancies(matrix, options)[0]
    table = table[table["kind"].isin(kinds)].reset_index(drop=True)
    order = np.argsort(np.where(table["kind"] == "duty", 0, 1), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _matters(one_map: Tables, matrix: ResponsibilityMatrix) -> list[Matter]:
    """Return the matters that duties name, and those that were reported: what nobody thought of is a gap too."""
    matters = named_matters(matrix)
    cases = one_map.read("case") if one_map.has("case") else None
    if cases is not None and "matter_code" in cases:
        reported = {as_text(code) for code in cases["matter_code"].dropna().unique()}
        matters += [matrix.matter(code) for code in sorted(reported) if code.isalnum()]
    return matters
