"""The written record of a repair, from which it is undone: what each cell was, and a seal on what it became."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.errors import SchemaError, SourceError, some
from onemap.geo.arrangement import Shapes
from onemap.geo.cell_intake import cell_codes

COLUMNS: Final = ("cell", "before", "after_sha256")
_KIND: Final = "onemap repair"


def make_record(codes: Sequence[Any], before: Shapes, after: Shapes) -> pd.DataFrame:
    """Return the record of changed cells: code, geometry before (hexadecimal WKB), SHA-256 of the geometry after."""
    record = pd.DataFrame(
        {
            "cell": pd.Series([str(code) for code in codes], dtype=object),
            "before": pd.Series(shapely.to_wkb(before, hex=True, include_srid=False), dtype=object),
            "after_sha256": pd.Series(_seals(after), dtype=object),
        }
    )
    return record.sort_values(list(COLUMNS), ignore_index=True)


def _seals(shapes: Shapes) -> list[str]:
    """Return a hash of each shape that a file format cannot change: rings turned alike, always of many parts."""
    many = [shapely.multipolygons(shapely.get_parts(s)) if s is not None else None for s in shapely.force_2d(shapes)]
    wkb = shapely.to_wkb(shapely.normalize(np.array(many, dtype=object)))
    return [hashlib.sha256(w or b"").hexdigest() for w in wkb]


def undo_repair(cells: gpd.GeoDataFrame, record: pd.DataFrame, *, code: str = "cell_code") -> gpd.GeoDataFrame:
    """Give repaired cells back the geometry that they had before the repair, to the last bit.

    Parameters
    ----------
    cells
        The repaired cells, in any order of rows; other rows may have come in since.
    record
        What `RepairResult.record` or `read_record` gives.
    code
        Column of the codes. Where it does not hold the codes of the record, the column that does is taken: the repair
        went by that one. The seals still prove each cell.

    Returns
    -------
    geopandas.GeoDataFrame
        The cells with the old geometries; attributes, index and order as given.

    Raises
    ------
    SchemaError
        The record is none or of other cells, or cells are missing or were changed since the repair: then nothing is
        undone.
    """
    if not set(COLUMNS) <= set(record.columns):
        raise SchemaError("this is no record of a repair: it has no columns {columns}", columns=", ".join(COLUMNS))
    recorded = record["cell"].map(str).to_numpy(dtype=object)
    codes = _codes(cells, code, recorded)
    shapes = cells.geometry.to_numpy().copy()
    wanted = np.flatnonzero(np.isin(codes, recorded))
    places: dict[tuple[str, str], list[int]] = {}
    for row, seal in zip(wanted.tolist(), _seals(shapes[wanted]), strict=True):
        places.setdefault((codes[row], seal), []).append(row)
    changed = []
    for cell, before, seal in record[list(COLUMNS)].itertuples(index=False):
        rows = places.get((str(cell), seal))
        if rows:
            shapes[rows.pop(0)] = shapely.from_wkb(before)
        else:
            changed.append(cell)
    if changed:
        raise SchemaError("{cells}: not as the repair left them; nothing is undone", cells=some(changed))
    return cells.set_geometry(gpd.GeoSeries(shapes, index=cells.index, crs=cells.crs, name=cells.geometry.name))


def _codes(cells: gpd.GeoDataFrame, code: str, recorded: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the codes of the cells: of the column named, else of the one that holds all that are recorded.

    Raises
    ------
    SchemaError
        No column holds any of them.
    """
    named = cell_codes(cells, code).map(str).to_numpy(dtype=object)
    known = np.isin(recorded, named)
    if known.all():
        return named
    for column in cells.columns.drop([cells.geometry.name, code], errors="ignore"):
        codes = cell_codes(cells, column).map(str).to_numpy(dtype=object)
        if np.isin(recorded, codes).all():
            return codes
    if not known.any():
        raise SchemaError(
            "{cells}: no column holds these codes of the record; nothing is undone", cells=some(recorded.tolist())
        )
    return named


def write_record(record: pd.DataFrame, path: Path) -> Path:
    """Write a record as JSON; it appears whole or not at all."""
    text = json.dumps({"kind": _KIND, "schema": 1, "rows": record.to_dict("records")}, ensure_ascii=False, indent=1)
    part = path.with_name(path.name + ".part")
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(path)
    return path


def read_record(path: Path) -> pd.DataFrame:
    """Read a record from JSON.

    Raises
    ------
    SourceError
        The file is missing or is no record of a repair.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError("{path}: no record of a repair can be read ({why})", path=path, why=error) from error
    if not isinstance(found, dict) or found.get("kind") != _KIND:
        raise SourceError("{path}: no record of a repair", path=path)
    return pd.DataFrame(found["rows"], columns=list(COLUMNS), dtype=object)
