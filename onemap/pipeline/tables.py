"""The tables of a run as CSV, for offices that work in a spreadsheet."""

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from onemap.cases.files import write_tables

_WANTED = {
    "case": "cases",
    "near_border": "near_border",
    "defect": "defects",
    "defect_line": "defect_lines",
    "coverage_gap": "gaps",
    "object_gap": "object_gaps",
    "reject": "rejects",
    "repair": "repairs",
    "completeness": "completeness",
}


def write_all(frames: Mapping[str, pd.DataFrame], folder: Path) -> dict[str, Path]:
    """Write the tables of a run as ``NAME.csv`` (UTF-8 with a mark that Excel knows) and return them by name."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for layer_id, name in _WANTED.items():
        frame = frames.get(layer_id)
        if frame is None:
            continue
        table = frame if isinstance(frame, gpd.GeoDataFrame) else gpd.GeoDataFrame(frame, geometry=[None] * len(frame))
        written[name] = write_tables({name: table}, folder / f"{name}.csv")
    return written
