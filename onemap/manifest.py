"""The manifest (``onemap.toml``): one file that names the district, its levels and every source.

It is read and checked as a whole before any data are touched: all problems come in one message, each with its
place in the file and, for a misspelt name, the name that was probably meant.
"""

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .domain.validity import as_day
from .errors import SchemaError
from .manifest_rules import AUDIT, CASES, COVERAGE, DISTRICT, LEVEL, PREVIOUS, SOURCE, TOP, Problems, is_there

NAMES = ("onemap.toml",)


@dataclass(frozen=True)
class District:
    """The district: its names, the projected CRS (metres) that all work is done in, and its clock.

    ``as_of`` is the day by which a source counts as stale; ``margin_m`` is how far beyond the district's border
    base layers are kept; ``timezone`` is that of times which name none.
    """

    name: str
    crs: str
    name_en: str = ""
    code: str = ""
    code_profile: str = ""
    as_of: dt.date | None = None
    margin_m: float = 200.0
    language: str = "zh"
    gcj02: bool = True
    timezone: str = "Asia/Shanghai"


@dataclass(frozen=True)
class Level:
    """One level of grids. ``dissolve`` names the finer level that it is the union of, where it has no source."""

    layer_id: str
    zh: str = ""
    en: str = ""
    dissolve: str = ""


@dataclass(frozen=True)
class CaseRules:
    """How cases are assigned: see `onemap.assign_cases`."""

    near_m: float = 0.0
    border_m: float = 1.0


@dataclass(frozen=True)
class CoverageRules:
    """How coverage is checked: see `onemap.check_coverage`. ``allowed`` is a file of allowed gaps.

    ``agency_tolerance_m`` is the tolerance for the agencies' own grids, by default that of the levels.
    """

    tolerance_m: float = 0.0
    agency_tolerance_m: float | None = None
    allowed: Path | None = None


@dataclass(frozen=True)
class AuditRules:
    """How the division is audited: see `onemap.audit_division` and its limits. ``exceptions`` is a signed table."""

    exceptions: Path | None = None
    survey_scale: int | None = None
    limits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PreviousRules:
    """The last version that this one is compared with: a published map, or a file of cells."""

    path: Path | None = None
    tolerance_m: float = 0.0


@dataclass(frozen=True)
class Source:
    """One file (or sublayer) that feeds one layer, how it is to be read, and who answers for it.

    ``name`` is the path as written, safe to publish; ``path`` is where it lies on this machine.
    """

    layer: str
    path: Path
    name: str
    sublayer: str | None = None
    crs: str | None = None
    encoding: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    x: str | None = None
    y: str | None = None
    wkt: str | None = None
    coordinates: str | None = None
    rebuild_shx: bool = False
    roster: bool = False
    provider: str = ""
    owner: str = ""
    checker: str = ""
    updater: str = ""
    as_of: dt.date | None = None
    update_cycle_days: int | None = None
    secrecy: str = ""
    number: int = 0  # place among the sources of the manifest, from 1

    @property
    def title(self) -> str:
        """The source's name with its sublayer, as tables and messages show it."""
        return f"{self.name}:{self.sublayer}" if self.sublayer else self.name


@dataclass(frozen=True)
class Manifest:
    """A checked manifest. Levels stand from coarse to fine, sources in the order of the file.

    ``only_in_force`` is true where the map shall hold only what is in force on the district's day: see `of_day`.
    """

    path: Path
    root: Path
    district: District
    levels: tuple[Level, ...]
    cases: CaseRules
    coverage: CoverageRules
    sources: tuple[Source, ...]
    audit: AuditRules = field(default_factory=AuditRules)
    previous: PreviousRules = field(default_factory=PreviousRules)
    only_in_force: bool = False

    def of_day(self, as_of: Any) -> "Manifest":
        """Return the manifest of a map that holds only what is in force on a day, its clock set to it; None: itself."""
        day = as_day(as_of)
        if day is None:
            return self
        return replace(self, district=replace(self.district, as_of=day), only_in_force=True)

    def sources_of(self, layer_id: str) -> tuple[Source, ...]:
        """Return the sources that feed ``layer_id``, in the order of the file."""
        return tuple(source for source in self.sources if source.layer == layer_id)

    @property
    def out(self) -> Path:
        """The folder of the results where the caller names none: ``out`` beside the manifest."""
        return self.path.parent / "out"


def load_manifest(path: str | Path, *, root: str | Path | None = None) -> Manifest:
    r"""Read and check a manifest.

    Parameters
    ----------
    path
        The file, or a folder that holds an ``onemap.toml``.
    root
        Folder of the sources; overrides ``root`` in the file, which is relative to the file.

    Returns
    -------
    Manifest
        With absolute paths of files that exist, layer ids that the catalogue knows, a projected working CRS in
        metres, and levels that have a source or are dissolved from a finer level.

    Raises
    ------
    SchemaError
        With every problem of the file in one message, or with the line of a syntax error.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     written = (Path(folder) / "onemap.toml").write_text(
    ...         '[district]\nname = "A"\ncrs = "EPSG:4548"\n[levels]\ngrid_cell = {}\n'
    ...         '[[source]]\nlayer = "grid_cel"\npath = "cells.gpkg"\n'
    ...     )
    ...     load_manifest(folder)
    Traceback (most recent call last):
    onemap.manifest_rules.ManifestError: onemap.toml has 3 problems:
      source 1: layer 'grid_cel' is not in the catalogue; did you mean 'grid_cell'?
      source 1: file 'cells.gpkg' not found
      levels.grid_cell: no source feeds this level, and it is not dissolved from a finer one
    """
    path = Path(path)
    if is_there(path) and path.is_dir():
        path = path / NAMES[0]
    document = _parse(path)
    problems = Problems(path.name)
    problems.check_keys("", document, TOP)
    if document.get("schema", 1) != 1:
        problems.add("schema is {found!r}; this version reads schema 1", found=document["schema"])

    district = _table(document, "district", problems)
    folder = _root(path, district.pop("root", None), root, problems)
    checked = problems.check_values("district", district, DISTRICT)
    problems.check_district(checked)
    sources = _sources(document, folder, problems)
    for number, source in enumerate(sources, start=1):
        if source.coordinates and not checked.get("gcj02", True):
            problems.add(
                "{place}: coordinates are {found}, but district.gcj02 is false",
                place=f"source {number}",
                found=source.coordinates,
            )
    levels = _levels(document, {source.layer for source in sources}, problems)
    cases = problems.check_values("cases", _table(document, "cases", problems), CASES)
    coverage = problems.check_values("coverage", _table(document, "coverage", problems), COVERAGE)
    if "allowed" in coverage:
        coverage["allowed"] = problems.file("coverage", coverage["allowed"], folder)
    audit, previous = _audit(document, folder, problems), _previous(document, folder, problems)
    problems.raise_if_any()
    return Manifest(
        path=path.absolute(),
        root=folder,
        district=District(**checked),
        levels=tuple(levels),
        cases=CaseRules(**cases),
        coverage=CoverageRules(**coverage),
        sources=tuple(sources),
        audit=audit,
        previous=previous,
    )


def _parse(path: Path) -> dict[str, Any]:
    """Read the TOML text; a byte order mark, as some editors write it, is no problem."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError as error:
        raise SchemaError("{path}: no such manifest", path=path) from error
    except OSError as error:
        raise SchemaError("{path}: cannot be read: {found}", path=path, found=error.strerror) from error
    except UnicodeDecodeError as error:
        raise SchemaError(
            "{path}: a manifest must be UTF-8 text; byte {position} is not", path=path, position=error.start
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SchemaError("{path}: not valid TOML: {found}", path=path.name, found=error) from error


def _table(document: Mapping[str, Any], name: str, problems: Problems) -> dict[str, Any]:
    """Return a copy of one section, empty where it is missing."""
    table = document.get(name, {})
    if isinstance(table, dict):
        return dict(table)
    problems.add("{place}: must be a section [{place}], not {found!r}", place=name, found=table)
    return {}


def _audit(document: Mapping[str, Any], root: Path, problems: Problems) -> AuditRules:
    """Return how the division is audited."""
    values = problems.check_values("audit", _table(document, "audit", problems), AUDIT)
    written = values.pop("exceptions", None)
    least, most = values.get("smallest_m2"), values.get("largest_m2")
    if least is not None and most is not None and least > most:
        problems.add(
            "the smallest size {smallest} m2 is above the largest {largest} m2",
            smallest=f"{least:g}",
            largest=f"{most:g}",
        )
    return AuditRules(
        exceptions=problems.file("audit", written, root) if written else None,
        survey_scale=values.pop("survey_scale", None),
        limits=values,
    )


def _previous(document: Mapping[str, Any], root: Path, problems: Problems) -> PreviousRules:
    """Return the last version, where one is named."""
    if "previous" not in document:
        return PreviousRules()
    values = problems.check_values("previous", _table(document, "previous", problems), PREVIOUS)
    written = values.pop("path", None)
    return PreviousRules(path=problems.file("previous", written, root) if written else None, **values)


def _root(path: Path, written: object, given: str | Path | None, problems: Problems) -> Path:
    """Return the folder of the sources: the caller's, else the manifest's, else where the manifest lies."""
    if given is not None:
        folder = Path(given).absolute()
    elif isinstance(written, str):
        folder = (path.parent / written.replace("\\", "/")).absolute()
    elif written is None:
        folder = path.parent.absolute()
    else:
        problems.add("{place}: must be {needed}, not {found!r}", place="district.root", needed="text", found=written)
        return path.parent.absolute()
    if not (is_there(folder) and folder.is_dir()):
        problems.add("district.root: folder {found!r} not found", found=str(given if given is not None else written))
    return folder


def _levels(document: Mapping[str, Any], fed: set[str], problems: Problems) -> list[Level]:
    """Return the levels, checked against the catalogue, the sources and each other."""
    tables = _table(document, "levels", problems)
    levels = []
    for layer_id, table in tables.items():
        place = f"levels.{layer_id}"
        if not isinstance(table, dict):
            problems.add('{place}: must be a table such as {{ zh = "网格" }}, not {found!r}', place=place, found=table)
            continue
        if problems.layer(place, layer_id):
            levels.append(Level(layer_id=layer_id, **problems.check_values(place, table, LEVEL)))
    if not levels and not tables:
        problems.add("levels: at least one level of grids is needed, such as grid_cell")
    problems.check_levels(levels, fed)
    return levels


def _sources(document: Mapping[str, Any], root: Path, problems: Problems) -> list[Source]:
    """Return the sources whose layer and file are known; the problems of the others are noted."""
    tables = document.get("source", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        problems.add("source: sources are written as [[source]] sections")
        return []
    sources = []
    for number, table in enumerate(tables, start=1):
        place = f"source {number}"
        values = problems.check_values(place, table, SOURCE)
        if "path" not in values or "layer" not in values:
            continue
        if not problems.layer(place, values["layer"]):
            problems.file(place, values["path"], root)
            continue
        problems.check_source(place, values)
        text = values.pop("path").replace("\\", "/")
        found = problems.file(place, text, root)
        # an absolute path says where it lies on one machine: only the file's name is published
        name = Path(text).name if Path(text).is_absolute() else text
        sources.append(Source(path=found or root / text, name=name, number=number, **values))
    return sources
