"""A division of cells audited by the nine principles, each measured, with its evidence and its signed exceptions."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.domain.validity import as_day
from onemap.geo.dated import in_force
from onemap.progress import Progress, silent
from onemap.store.tables import write_tables
from onemap.translation import say

from .audit_exceptions import ExceptionRow, exceptions_table, read_exceptions
from .audit_land import as_managed, geography, seamless, statutory_base, territorial
from .audit_shape import balanced_load, convenient, fit_size
from .audit_terms import BROKEN, KEPT, RULES, UNKNOWN, Audited, AuditLimits, Finding, Verdict
from .audit_time import stable

__all__ = ["AuditLimits", "AuditReport", "audit_division", "read_exceptions"]

TABLE: Final = (
    "rule", "id", "title_zh", "title_en", "state", "measure", "unit", "threshold", "cells", "findings", "accepted",
    "worst", "evidence", "needs",
)  # fmt: skip
FINDINGS: Final = (
    "rule", "id", "cells", "object", "measure", "threshold", "accepted", "signed_by", "until", "reason",
)  # fmt: skip
_WORST: Final = 5
_ACCEPTED: Final = "accepted by {signed_by} on {signed_on}: {why}"


@dataclass(frozen=True)
class AuditReport:
    """What `audit_division` found.

    Attributes
    ----------
    table
        One row a principle: ``rule id title_zh title_en state measure unit threshold cells findings accepted worst
        evidence needs``. ``state`` is ``kept``, ``broken`` or ``not_measurable`` (``needs`` says what is missing).
        ``cells`` counts cells with open findings, ``worst`` names up to five of them.
    findings
        One row a place where a principle is broken, the worst of each first: ``rule id cells object measure threshold
        accepted signed_by until reason geometry``. A map of them is a map of the audit.
    exceptions
        The exceptions, and what became of each.
    cells
        How many cells were audited.
    """

    table: pd.DataFrame
    findings: gpd.GeoDataFrame
    exceptions: pd.DataFrame
    cells: int

    @property
    def ok(self) -> bool:
        """True where no principle is broken; those that could not be measured do not count."""
        return BROKEN not in set(self.table["state"])

    @property
    def counts(self) -> dict[str, int]:
        """Number of principles of each state."""
        found = self.table["state"].value_counts()
        return {state: int(found.get(state, 0)) for state in (KEPT, BROKEN, UNKNOWN)}

    @property
    def sentence(self) -> str:
        """The result in one English sentence."""
        return say(
            "{cells} cells: {kept} principles kept, {broken} broken, {unknown} not measurable, {open} findings open "
            "and {accepted} accepted",
            "en",
            cells=self.cells,
            kept=self.counts[KEPT],
            broken=self.counts[BROKEN],
            unknown=self.counts[UNKNOWN],
            open=int((~self.findings["accepted"]).sum()),
            accepted=int(self.findings["accepted"].sum()),
        )

    def write(self, path: str | Path) -> Path:
        """Write the table, the findings and the exceptions: ``.gpkg`` or ``.xlsx`` in one file, ``.csv`` side by side.

        Raises
        ------
        StoreError
            The suffix is none of these, an extra is not installed, or the file cannot be written.
        """
        tables = {"audit": self.table, "audit_finding": self.findings, "audit_exception": self.exceptions}
        return write_tables(tables, Path(path))


def audit_division(
    cells: gpd.GeoDataFrame,
    *,
    communities: gpd.GeoDataFrame | None = None,
    buildings: gpd.GeoDataFrame | None = None,
    compounds: gpd.GeoDataFrame | None = None,
    barriers: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
    loads: Any = None,
    previous: gpd.GeoDataFrame | None = None,
    exceptions: Any = None,
    allowed: gpd.GeoDataFrame | None = None,
    seams: gpd.GeoDataFrame | None = None,
    as_of: Any = None,
    today: dt.date | None = None,
    limits: AuditLimits | None = None,
    code: str = "cell_code",
    community: str = "parent_code",
    community_code: str = "community_code",
    profile: str | None = None,
    withdrawn: Iterable[str] = (),
    survey_scale: int | None = None,
    progress: Progress = silent,
) -> AuditReport:
    """Audit a division by the nine principles: what is kept, what is broken where, and what cannot be told.

    Parameters
    ----------
    cells
        Polygons with codes; any index, any CRS. Faults (invalid, doubled, missing) are findings.
    communities
        The legal areas that the cells divide (principles 1, 2, 8).
    buildings, compounds
        Polygons that no border shall cut (3, 5).
    barriers
        Lines or areas that borders shall follow: roads by class, rivers, railways, walls (3).
    roads
        Ways by which cells are reached (6).
    loads
        Columns of the cells, a series or table on their index, or points to be counted (7).
    previous
        The last version of the cells (9).
    exceptions
        A table or file with ``rule cell reason signed_by signed_on until``, see `read_exceptions`.
    allowed
        Allowed gaps, as in `check_coverage` (8).
    seams
        Defects that `check_coverage` has found in these cells already (8); by default it is asked.
    as_of
        The day of the audit: only rows in force on it are taken, and exceptions must hold on it; by default all rows,
        and today for the exceptions.
    today
        The day on which exceptions must hold, where it is not ``as_of``.
    limits
        Thresholds, see `AuditLimits`.
    code, community, community_code
        Columns: codes of the cells, the community that a cell names, codes of the communities.
    profile
        Code profile that the codes must follow (9).
    withdrawn
        Codes that must not come back (9).
    survey_scale
        Denominator of the scale of the survey that the cells were drawn on, for example 2000 (1).
    progress
        Called with the share done and a text.

    Returns
    -------
    AuditReport
        ``.table``, ``.findings``, ``.exceptions``.

    Raises
    ------
    SchemaError
        A column is missing, an exception cannot be read, or a date cannot be.
    CrsError
        A layer has no coordinate system.

    Examples
    --------
    >>> from shapely import box
    >>> cells = gpd.GeoDataFrame(
    ...     {"cell_code": ["a", "b"], "parent_code": "m", "valid_from": "2026-01-01"},
    ...     geometry=[box(0, 0, 100, 100), box(100, 0, 400, 100)],
    ...     crs="EPSG:4548",
    ... )
    >>> report = audit_division(cells, loads=None)
    >>> report.table.set_index("id")["state"].to_dict()["fit_size"]
    'broken'
    >>> report.findings["reason"].tolist()
    ['b has 30,000 m2, more than 20,000']
    """
    day = as_day(as_of)
    today = today or day or dt.date.today()  # noqa: DTZ011 - the day where the auditor sits
    layers = {
        "communities": communities, "buildings": buildings, "compounds": compounds, "barriers": barriers,
        "roads": roads,
    }  # fmt: skip
    dated = {name: None if layer is None else in_force(layer, day) for name, layer in layers.items()}
    audited = Audited.of(in_force(cells, day), code, limits or AuditLimits(), dated)
    if isinstance(loads, pd.DataFrame | pd.Series) and loads.index.equals(cells.index):
        loads = loads[cells.index.isin(audited.source.index)]
    homes = {"home": community, "community_code": community_code}
    steps: tuple[Callable[[], Verdict], ...] = (
        lambda: statutory_base(audited, **homes, survey_scale=survey_scale),
        lambda: territorial(audited, **homes),
        lambda: geography(audited),
        lambda: fit_size(audited),
        lambda: as_managed(audited),
        lambda: convenient(audited),
        lambda: balanced_load(audited, loads),
        lambda: seamless(audited, allowed=allowed, today=today, seams=seams),
        lambda: stable(audited, previous=previous, profile=profile, withdrawn=withdrawn),
    )
    verdicts = []
    for rule, step in zip(RULES, steps, strict=True):
        progress((rule.number - 1) / len(RULES), say("auditing the division"))
        verdicts.append(step())
    signed = [] if exceptions is None else read_exceptions(exceptions)
    return _report(audited, verdicts, signed, today)


def _report(audited: Audited, verdicts: Sequence[Verdict], signed: list[ExceptionRow], today: dt.date) -> AuditReport:
    """Put verdicts and exceptions together."""
    counting = [(at, row) for at, row in enumerate(signed) if not row.fault(today)]
    used = [0] * len(signed)
    rows, listed = [], []
    for rule, verdict in zip(RULES, verdicts, strict=True):
        found = sorted(verdict.findings, key=lambda f: (-f.excess, f.cells, f.object, f.reason))
        open_: list[Finding] = []
        for finding in found:
            by = next((at for at, row in counting if row.covers(rule.number, finding.cells)), None)
            if by is None:
                open_.append(finding)
            else:
                used[by] += 1
            listed.append(_listed(rule.number, rule.id, finding, None if by is None else signed[by]))
        worst = tuple(dict.fromkeys(f.cells[0] for f in open_ if f.cells))
        touched = {c for f in open_ for c in f.cells}
        state = UNKNOWN if not verdict.known else BROKEN if open_ else KEPT
        rows.append(
            (
                rule.number, rule.id, rule.title_zh, rule.title_en, state, verdict.measure, verdict.unit,
                verdict.threshold, len(touched), len(found), len(found) - len(open_), worst[:_WORST],
                verdict.evidence, verdict.needs,
            )
        )  # fmt: skip
    table = pd.DataFrame(rows, columns=list(TABLE))
    return AuditReport(table, _findings(listed, audited), exceptions_table(signed, used, today), len(audited.codes))


def _listed(number: int, name: str, finding: Finding, by: ExceptionRow | None) -> dict[str, Any]:
    reason = finding.reason
    if by is not None:
        note = say(_ACCEPTED, "en", signed_by=by.signed_by, signed_on=by.signed_on, why=by.reason)
        reason = f"{reason}; {note}"
    return {
        "rule": number, "id": name, "cells": finding.cells, "object": finding.object, "measure": finding.measure,
        "threshold": finding.threshold, "accepted": by is not None, "signed_by": "" if by is None else by.signed_by,
        "until": None if by is None else by.until, "reason": reason, "geometry": finding.geometry,
    }  # fmt: skip


def _findings(listed: list[dict[str, Any]], audited: Audited) -> gpd.GeoDataFrame:
    table = pd.DataFrame(listed, columns=[*FINDINGS, "geometry"])
    shapes = np.empty(len(table), dtype=object)
    shapes[:] = table.pop("geometry").tolist()
    kinds = {"rule": "int64", "measure": float, "threshold": float, "accepted": bool, "until": object}
    return gpd.GeoDataFrame(table.astype(kinds), geometry=gpd.GeoSeries(shapes, crs=audited.crs), crs=audited.crs)
