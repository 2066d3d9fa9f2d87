"""The sources of new cases, and how a project keeps them. Nothing secret is among them: a database is only named."""

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from qgis.core import QgsProject

from ..translation import tr

FOLDER, TABLE, POSTGIS = "folder", "table", "postgis"
_SCOPE = "onemap"
_SOURCES, _PAUSED = "live/sources", "live/paused"


@dataclass(frozen=True)
class Source:
    """Where new cases come from.

    Attributes
    ----------
    kind
        ``"folder"``, ``"table"`` (of a GeoPackage) or ``"postgis"``.
    place
        The folder; the GeoPackage; the name of the connection in QGIS's own settings, where its credentials stay.
    table
        Of the GeoPackage; of the database, as ``schema.table``. Empty for a folder.
    crs
        Of the coordinates that stand in columns: an EPSG code, ``GCJ02`` or ``BD09``.
    """

    kind: str
    place: str
    table: str = ""
    crs: str = "EPSG:4326"

    @property
    def name(self) -> str:
        """The source in one short text, by which its rows are known."""
        return f"{self.place} · {self.table}" if self.table else self.place


def kind_of_source(kind: str) -> str:
    """Return the title of a kind of source."""
    titles = {FOLDER: tr("Folder"), TABLE: tr("GeoPackage table"), POSTGIS: tr("PostGIS table")}
    return titles.get(kind, kind)


def sources_in(project: QgsProject, folder: Path) -> tuple[list[Source], bool]:
    """Return the sources that a project keeps, and whether they are paused; ``folder`` is that of its map."""
    text, _ = project.readEntry(_SCOPE, _SOURCES, "[]")
    paused, _ = project.readBoolEntry(_SCOPE, _PAUSED, False)
    try:
        kept = [Source(**{name: str(value) for name, value in row.items()}) for row in json.loads(text)]
    except (ValueError, TypeError, AttributeError):
        return [], bool(paused)
    found = [s if s.kind == POSTGIS else replace(s, place=os.path.normpath(folder / s.place)) for s in kept]
    return [source for source in found if source.kind in (FOLDER, TABLE, POSTGIS)], bool(paused)


def keep_sources(project: QgsProject, sources: list[Source], folder: Path, *, paused: bool) -> None:
    """Keep the sources in a project: what lies near the map is named as seen from the map, so both can be moved."""
    rows = [asdict(s if s.kind == POSTGIS else replace(s, place=_seen_from(folder, s.place))) for s in sources]
    project.writeEntry(_SCOPE, _SOURCES, json.dumps(rows, ensure_ascii=False))
    project.writeEntryBool(_SCOPE, _PAUSED, paused)
    project.setDirty(True)


def _seen_from(folder: Path, place: str) -> str:
    near = Path(place).is_relative_to(folder.parent)
    return os.path.relpath(place, folder).replace(os.sep, "/") if near else place
