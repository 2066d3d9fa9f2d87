"""Which version of the boundaries recorded codes belong to."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from onemap.cases.assignment import assign_cases
from onemap.errors import SchemaError
from onemap.translation import say


@dataclass(frozen=True)
class VersionMatch:
    """How well recorded codes fit each version of the boundaries.

    Attributes
    ----------
    table
        One row a version: ``cases`` (with code and position in some cell), ``agree``, ``share``, ``known`` (cases whose
        code exists in the version).
    best
        The version with the largest share.
    sentence
        What it means, in English (in the translations).
    """

    table: pd.DataFrame
    best: str
    sentence: str


def match_boundary_version(
    cases: gpd.GeoDataFrame, versions: Mapping[str, gpd.GeoDataFrame], *, column: str, code: str = "cell_code"
) -> VersionMatch:
    """Compare the codes recorded in cases with the cells of several versions of the boundaries.

    Parameters
    ----------
    cases
        Points with a column of recorded codes; any CRS, any index.
    versions
        Name of the version -> its cells, all with the column ``code``.
    column
        Column of the recorded codes in ``cases``.
    code
        Column of the codes in the cells.

    Returns
    -------
    VersionMatch
        Agreement a version, the best one, and a sentence.

    Raises
    ------
    SchemaError
        No version is given, or the column is missing.
    CrsError
        A frame has no coordinate system.

    Examples
    --------
    >>> from shapely import Point, box
    >>> old = gpd.GeoDataFrame({"cell_code": ["a", "b"]}, geometry=[box(1, 1, 2, 2), box(2, 1, 4, 2)], crs="EPSG:4548")
    >>> new = gpd.GeoDataFrame({"cell_code": ["a", "b"]}, geometry=[box(1, 1, 3, 2), box(3, 1, 4, 2)], crs="EPSG:4548")
    >>> permits = gpd.GeoDataFrame({"grid": ["a", "b"]}, geometry=[Point(1.5, 1.5), Point(2.5, 1.5)], crs="EPSG:4548")
    >>> match_boundary_version(permits, {"2002": old, "2013": new}, column="grid").best
    '2002'
    """
    if not versions:
        raise SchemaError("no version of the boundaries is given")
    if column not in cases.columns:
        raise SchemaError("the {name} have no column {column}", name="cases", column=column)
    recorded = cases[column].reset_index(drop=True)
    recorded = recorded[recorded.notna()].astype(str).str.strip()
    rows = {}
    for name, cells in versions.items():
        found = assign_cases(cases, cells, code=code, border_m=0.0).table["cell"].reset_index(drop=True)
        both = recorded.index.intersection(found.index[found.notna()])
        agree = int((recorded[both] == found[both].astype(str)).sum())
        known = int(recorded.isin(set(cells[code].astype(str))).sum())
        rows[name] = (len(both), agree, agree / len(both) if len(both) else 0.0, known)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["cases", "agree", "share", "known"])
    table.index.name = "version"
    best = str(table.sort_values(["agree", "share"], ascending=False, kind="stable").index[0])
    return VersionMatch(table, best, _sentence(table, best, column))


def _sentence(table: pd.DataFrame, best: str, column: str) -> str:
    others = table.drop(index=best)
    rest = ", ".join(f"{name} {int(row.agree)}" for name, row in others.iterrows())
    fit = say(
        "the codes of {column} fit {best}: {agree} of {cases} agree",
        column=column,
        best=best,
        agree=int(table.loc[best, "agree"]),
        cases=int(table.loc[best, "cases"]),
    )
    return fit if others.empty else fit + "; " + say("in other versions fewer: {rest}", rest=rest)
