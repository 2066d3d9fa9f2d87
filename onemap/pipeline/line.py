"""One run: every step in its order, published once."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from onemap.basemap import Assembly, assemble, map_path, raster_folder
from onemap.basemap.finding_decisions import LAYER as OF_FINDINGS
from onemap.basemap.finding_decisions import FindingDecisions
from onemap.cases import AssignmentResult
from onemap.cases.decisions import Decisions, read_decisions
from onemap.domain.moments import day_now
from onemap.domain.validity import VALID_TO
from onemap.errors import StoreError
from onemap.gaps import find_gaps
from onemap.geo.dated import day_numbers
from onemap.manifest import Manifest, load_manifest
from onemap.progress import Progress, part, silent
from onemap.responsibility.gaps import DAYS
from onemap.responsibility.map_gaps import matrix_of
from onemap.store.geopackage import publish
from onemap.store.kept_index import keep_index
from onemap.store.lock import writer
from onemap.store.one_map import open_map

from .allowed import Allowing
from .conflicts import conflicts_of
from .division import audit, changes, previous_cells
from .findings import Finest, assign, find_defects, findings_of, finest_of, gaps_of, own
from .result import RunResult, counts_of
from .tables import write_all

LANGUAGES = ("zh", "en")


def run(
    manifest: str | Path | Manifest,
    *,
    out: str | Path | None = None,
    root: str | Path | None = None,
    language: str | None = None,
    as_of: Any = None,
    now: datetime | None = None,
    progress: Progress = silent,
) -> RunResult:
    """Run the whole line: from the sources of a manifest to the published map, its findings and its reports.

    Parameters
    ----------
    manifest
        The manifest, or its path.
    out
        Folder of the results (``onemap.gpkg``, ``onemap.index``, ``rasters``, ``report.zh.html``,
        ``report.en.html``, ``tables``); by default ``out`` beside the manifest. What people decided about cases and
        findings stands in ``onemap.journal.jsonl`` there: it is followed and never touched.
    root
        Folder of the sources; overrides the manifest's.
    language
        Write the report in this language only; by default in both.
    as_of
        Build the map of this day: of layers with places only the rows in force on it (the others are listed as
        ``not_in_force``), and the day is the district's ``as_of``. Duties and appointments keep all their days, since
        they are asked by the moment. By default the map holds the rows of all days.
    now
        The moment written as the build's time (default: the clock). Same input and moment, same bytes.
    progress
        Told the share done; may raise `Cancelled`, which leaves an old map untouched.

    Returns
    -------
    RunResult
        With counts that add up: rows in = rows out + rejected + outside, cases = cases by ``how``.

    Raises
    ------
    OnemapError
        The manifest has problems, a source cannot be worked on, the journal of decisions beside the map is damaged, or
        the map cannot be written.
    """
    checked = (manifest if isinstance(manifest, Manifest) else load_manifest(manifest, root=root)).of_day(as_of)
    path = map_path(checked, out)
    with writer(path):  # to the end, so that tables and reports are those of the map they lie beside
        decisions = read_decisions(path)
        with raster_folder(path) as rasters:
            assembly, finest, assigned = _work(checked, path, rasters, decisions, progress)
            contents = list(assembly.contents())
            publish(path, contents, facts=assembly.district, now=now, held=True, progress=part(progress, 0.65, 0.8))
        _keep(path, assembly.grids.finest, finest, progress)
        tables = write_all(assembly.frames, path.parent / "tables")
        report = _reports(path, [language] if language else LANGUAGES, part(progress, 0.85, 1.0))
    counts = counts_of(
        assembly.frames, assembly.balance, finest=assembly.grids.finest, assigned=assigned.counts if assigned else {}
    )
    return RunResult(path=path, report=report, tables=tables, counts=counts, balance=assembly.balance)


def _work(
    manifest: Manifest, path: Path, rasters: Path, decisions: Decisions, progress: Progress
) -> tuple[Assembly, Finest, AssignmentResult | None]:
    """Return the assembled map with all its findings, its finest level, and the answer for the cases."""
    judged = FindingDecisions.of(decisions)
    assembly = assemble(manifest, rasters, decisions=judged, progress=part(progress, 0.0, 0.35))
    allowing = Allowing(judged, today=manifest.district.as_of or day_now(manifest.district.timezone))
    defects = allowing.mark("defect", find_defects(assembly, progress=part(progress, 0.35, 0.5)))
    assembly.frames |= findings_of(defects)
    finest = finest_of(assembly, path)
    assigned = assign(assembly, finest, decisions=decisions, progress=part(progress, 0.5, 0.55))
    own(assembly, finest, progress=part(progress, 0.55, 0.6))
    progress(0.6, "finding the gaps")
    matrix = matrix_of(assembly) if assembly.has("duty") else None
    found = gaps_of(find_gaps(assembly, window=_window(assembly), matrix=matrix).table)
    found |= conflicts_of(assembly, matrix)
    assembly.frames |= {table: allowing.mark(table, frame) for table, frame in found.items()}
    if judged.outcomes:
        assembly.frames[OF_FINDINGS] = judged.table()
    progress(0.63, "auditing the division")
    last = previous_cells(assembly, manifest.previous.path)
    assembly.frames |= audit(assembly, defects, previous=last) | changes(assembly, last)
    return assembly, finest, assigned


def _window(assembly: Assembly) -> tuple[date, date] | None:
    """Return the hours that a map of one day is looked through for gaps of duty: until its grids are others; else None.

    What begins later is not in such a map, so that land would seem to be in no grid as soon as the old one ends.
    """
    day = assembly.manifest.district.as_of
    if day is None or not assembly.manifest.only_in_force:
        return None
    grids = [assembly.frames[layer_id] for layer_id in (*assembly.levels, "duty_grid") if layer_id in assembly.frames]
    week = (day + timedelta(days=DAYS - 1)).toordinal()
    last = min(day_numbers(frame, VALID_TO, week).min(initial=week) for frame in grids)
    return day, date.fromordinal(int(last) + 1)


def _keep(path: Path, layer_id: str, finest: Finest, progress: Progress) -> None:
    """Keep the index of the finest level beside the map; the map is whole without it, so a full disk is only told."""
    try:
        keep_index(open_map(path, verify=False), layer_id, finest.locator)
    except StoreError as error:
        progress(0.8, str(error))


def _reports(path: Path, languages: Sequence[str], progress: Progress) -> dict[str, Path]:
    from onemap.report.html import write_reports

    return write_reports(open_map(path, verify=False), path.parent, languages=languages, progress=progress)
