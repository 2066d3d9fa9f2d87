"""What the assignment of cases answers, and how it is written to a file."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from onemap.store.tables import with_answer, write_tables

HOW: Final = ("inside", "border", "near", "outside", "no_position")
"""The answers of the column ``how`` that a position gives."""
DECIDED: Final = "decided"
"""The answer of the column ``how`` where a person chose the cell."""
DECISION_COLUMNS: Final = (
    "number",
    "case_code",
    "verb",
    "cell_code",
    "decided_by",
    "decided_at",
    "decided_why",
    "followed",
    "reason",
)


def _none_decided() -> pd.DataFrame:
    return pd.DataFrame(columns=list(DECISION_COLUMNS))


@dataclass(frozen=True)
class AssignmentResult:
    """What `assign_cases` answers.

    Attributes
    ----------
    table
        Index and order of the cases: ``cell how distance_m candidates reason``.
    near_border
        Cases within ``border_m`` of a cell other than their own: ``row`` (position in the cases), ``cell``,
        ``candidates``, ``distance_m`` (to the nearest other cell), ``how``, ``reason``, ``geometry``; index of the
        cases.
    failed_geocodes
        Cases far outside that share their place with others: ``row``, ``together`` (cases at that place),
        ``distance_m``, ``geometry``; index of the cases.
    counts
        ``rows``, then rows by ``how`` (they add up to ``rows``), ``near_border`` and ``failed_geocodes``.
    decisions
        Every decision about a case that counts: ``number`` in the journal, ``case_code verb cell_code decided_by
        decided_at decided_why``, ``followed``, and the ``reason`` where it could not be.
    notes
        English sentences about the whole: for example that the cases were reprojected.
    cases
        The cases as they came.
    """

    table: pd.DataFrame
    near_border: gpd.GeoDataFrame
    failed_geocodes: gpd.GeoDataFrame
    counts: dict[str, int]
    notes: tuple[str, ...]
    cases: gpd.GeoDataFrame = field(repr=False)
    decisions: pd.DataFrame = field(default_factory=_none_decided)

    def joined(self) -> gpd.GeoDataFrame:
        """Return the cases with their answer; a column of theirs that has an answer's name gets ``_source`` added."""
        return with_answer(self.cases, self.table)

    def write(self, path: str | Path) -> Path:
        """Write the cases with their answer, the near-border queue, and the decisions where there are any.

        Parameters
        ----------
        path
            The suffix decides: ``.csv`` (UTF-8 with BOM; the queue beside it as ``NAME.near_border.csv``), ``.gpkg``
            (layers ``case`` and ``near_border``), ``.parquet`` (the queue beside it), ``.xlsx`` (two sheets).
            Text that a spreadsheet would take for a formula is written as text; codes stay text.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        StoreError
            The suffix is none of these, an extra is not installed, or the file cannot be written.
        """
        decisions = {"decision": self.decisions} if len(self.decisions) else {}
        return write_tables({"case": self.joined(), "near_border": self.near_border, **decisions}, Path(path))
