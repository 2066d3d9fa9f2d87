"""A roster as a source of the manifest: its appointments as rows, and its faults as rejects."""

import geopandas as gpd
import pandas as pd

from onemap.translation import say

from .reading import Reading, ReadRequest
from .rejects import COLUMNS
from .rosters import Roster, read_roster
from .safety import checked_path, content_hash

_FRAME = ("title", "heading", "section", "note", "total")
"""Rows that make a table readable and are no rows of data."""


def read_roster_source(request: ReadRequest) -> Reading:
    r"""Read a roster as `read` reads other sources; each appointment is a row.

    Titles, headings, sections, notes and totals are counted in the notes and are no rejects. Rows in = appointments +
    rows of which there is none.

    Raises
    ------
    SourceError
        As `read_roster`.
    SchemaError
        As `read_roster`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp(), "roster.csv")
    >>> _ = file.write_text("名册\n网格编码,姓名\n110102007012001,张三、李四\n110102007012002,空缺\n", encoding="utf-8")
    >>> reading = read_roster_source(ReadRequest(file, "holder"))
    >>> reading.rows_in, reading.frame["name"].tolist(), reading.rejects["kind"].tolist()
    (3, ['张三', '李四'], ['vacancy'])
    """
    path = checked_path(request.path)
    roster = read_roster(
        path,
        sheet=request.layer,
        encoding=request.encoding,
        columns=request.columns,
        constants=request.constants,
    )
    rejects = _rejects(roster)
    holders = roster.holders.drop(columns=["sheet", "row"])
    holders.index = pd.RangeIndex(1, len(holders) + 1, name="row")
    frame = gpd.GeoDataFrame(holders, geometry=gpd.GeoSeries([None] * len(holders), index=holders.index))
    count = int(roster.rejects["kind"].isin(_FRAME).sum())
    return Reading(
        frame=frame,
        rejects=rejects,
        notes=[*roster.notes, say("{count} rows are titles, headings, notes or totals", count=count)],
        encoding=request.encoding,
        source_crs=None,
        rows_in=len(frame) + int(rejects["removed"].sum()),
        sha256=content_hash([path]),
    )


def _rejects(roster: Roster) -> pd.DataFrame:
    """Return the faults of a roster; a row that is listed several times is taken away once."""
    faults = roster.rejects[~roster.rejects["kind"].isin(_FRAME)].reset_index(drop=True)
    gone = faults[faults["removed"]]
    again = gone.index[gone.duplicated(["sheet", "row"])]
    faults.loc[again, "removed"] = False
    return faults[list(COLUMNS)]
