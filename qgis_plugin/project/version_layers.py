"""A saved version of the grids in the project: its cells and grids in the hall's style, and what is another one now."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from qgis.core import (
    QgsExpression,
    QgsFillSymbol,
    QgsLayerTreeGroup,
    QgsMapLayer,
    QgsMapLayerStyle,
    QgsPalLayerSettings,
    QgsProject,
    QgsProperty,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)

from ..translation import speaker
from .fill import layer_in
from .layers import LAYER_ID, dress, open_table
from .one_map_file import OneMapFile, quoted, reading, tables_of
from .palette import light
from .paper import PAPER_ID

VERSION = "onemap/version"
LEVELS = ("grid_district", "grid_street", "grid_community", "grid_cell")  # from coarse to fine
_DUTY, _LINEAGE = "duty_grid", "lineage"


class NotAVersion(Exception):  # noqa: N818 - reads as what it says
    """The file is gone, or is none that the editing of grids saved."""


@dataclass(frozen=True)
class SavedVersion:
    """What a saved version holds: the level of its cells, its first day, and whose grids it divides anew.

    ``above`` is the level whose areas it divides anew, where those are no agency's.
    """

    path: Path
    level: str
    first_day: str
    agency: str
    above: str = ""

    @property
    def code(self) -> str:
        """Column of the cells' codes."""
        return self.level.removeprefix("grid_") + "_code"


def versions_of(one_map: Path) -> list[Path]:
    """Return the versions that were saved beside a map, the latest first."""
    found = one_map.parent.glob(f"{one_map.stem}.grids-*.gpkg")
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)


def read_version(path: Path) -> SavedVersion:
    """Read what a version is.

    Raises
    ------
    NotAVersion
        There is no such file, or it is no version.
    """
    if not path.is_file():
        raise NotAVersion(path.name)
    try:
        with reading(path) as connection:
            tables = tables_of(connection)
            *above, level = [name for name in LEVELS if name in tables] or [""]
            if not level or _LINEAGE not in tables:
                raise NotAVersion(path.name)
            (first_day,) = connection.execute(f"SELECT max(valid_from) FROM {_LINEAGE}").fetchone()  # noqa: S608 # nosec B608
            owner = f"SELECT agency FROM {_DUTY} LIMIT 1"  # noqa: S608 # nosec B608
            (agency,) = connection.execute(owner).fetchone() if _DUTY in tables else ("",)
    except sqlite3.Error as error:
        raise NotAVersion(f"{path.name} ({error})") from error
    return SavedVersion(path, level, str(first_day or ""), str(agency or ""), above[-1] if above else "")


def add_version(project: QgsProject, one_map: OneMapFile, path: Path, *, language: str) -> QgsLayerTreeGroup:
    """Add a version to a project that shows its map, above the map's own layers, which stay; return its group.

    A version that is there already is switched on.

    Raises
    ------
    NotAVersion
        The file is no version.
    """
    tr = speaker(language)
    root = project.layerTreeRoot()
    group = next((group for group in root.findGroups() if group.customProperty(VERSION) == path.name), None)
    if group is not None:
        group.setItemVisibilityChecked(True)
        return group
    version = read_version(path)
    layers = [_changed_cells(version, tr("Cells that are others now"))]
    if version.agency:
        layers.append(_grids(project, version, tr("Grids of {agency}", agency=version.agency), language=language))
    titles = {row.layer_id: one_map.title_of(row, language) for row in one_map.layers}
    if version.above:
        layers.append(_areas(project, version, titles.get(version.above, version.above), language=language))
    named = tr("{layer} from {day}", layer=titles.get(version.level, version.level), day=version.first_day)
    cells = open_table(f"{path}|layername={version.level}", named)
    below = layer_in(project, version.level)
    _dress_as(cells, below, version.level, language=language)
    _number_once(cells, below, version)
    group = root.insertGroup(0, tr("Grids from {day} ({file})", day=version.first_day, file=path.name))
    group.setCustomProperty(VERSION, path.name)
    for layer in (*layers, cells):
        project.addMapLayer(layer, False)
        group.addLayer(layer).setExpanded(False)
    return group


def version_cells(project: QgsProject, level: str) -> QgsVectorLayer | None:
    """Return the cells of the version that is shown above the map; of several, of that on top. None: there is none."""
    groups = (group for group in project.layerTreeRoot().findGroups() if group.customProperty(VERSION))
    shown = (node.layer() for group in groups for node in group.findLayers())
    whole = (layer for layer in shown if isinstance(layer, QgsVectorLayer) and not layer.subsetString())
    return next((layer for layer in whole if layer.source().endswith(f"|layername={level}")), None)


def _changed_cells(version: SavedVersion, title: str) -> QgsVectorLayer:
    """Return the cells that were moved, and those that a split or a merge made."""
    layer = open_table(f"{version.path}|layername={version.level}", title)
    codes = f"SELECT {quoted('cell')} FROM {_LINEAGE} UNION SELECT {quoted('to')} FROM {_LINEAGE} WHERE what <> 'moved'"  # noqa: S608 # nosec B608
    layer.setSubsetString(f"{quoted(version.code)} IN ({codes})")
    line = light("accent")
    symbol = QgsFillSymbol.createSimple(
        {"style": "b_diagonal", "color": line, "outline_color": line, "outline_width": "0.7"}
    )
    layer.setRenderer(QgsSingleSymbolRenderer(symbol))
    return layer


def _number_once(cells: QgsVectorLayer, below: QgsMapLayer | None, version: SavedVersion) -> None:
    """Let a cell be numbered once: by the map below where that is switched on, unless the cell is new."""
    labeling = cells.labeling()
    if below is None or not isinstance(labeling, QgsVectorLayerSimpleLabeling):
        return
    with reading(version.path) as connection:
        made = connection.execute(f"SELECT DISTINCT {quoted('to')} FROM {_LINEAGE} WHERE what <> 'moved'").fetchall()  # noqa: S608 # nosec B608
    new = ", ".join(QgsExpression.quotedValue(code) for (code,) in made if code)
    hidden = f"NOT is_layer_visible({QgsExpression.quotedValue(below.id())})"
    shown = f"{hidden} OR {QgsExpression.quotedColumnRef(version.code)} IN ({new})" if new else hidden
    settings = labeling.settings()
    properties = settings.dataDefinedProperties()
    properties.setProperty(QgsPalLayerSettings.Property.Show, QgsProperty.fromExpression(shown))
    settings.setDataDefinedProperties(properties)
    cells.setLabeling(QgsVectorLayerSimpleLabeling(settings))


def _grids(project: QgsProject, version: SavedVersion, title: str, *, language: str) -> QgsVectorLayer:
    """Return the grids that hold from the version's first day on."""
    layer = open_table(f"{version.path}|layername={_DUTY}", title)
    day = version.first_day.replace("'", "")
    layer.setSubsetString(f"valid_to IS NULL OR valid_to = '' OR valid_to >= '{day}'")
    own = f"\"agency\" = '{version.agency}'"
    of_agency = (
        item
        for item in project.mapLayers().values()
        if item.customProperty(PAPER_ID) == "agency" and item.subsetString() == own
    )
    _dress_as(layer, next(of_agency, None) or layer_in(project, _DUTY), _DUTY, language=language)
    return layer


def _areas(project: QgsProject, version: SavedVersion, title: str, *, language: str) -> QgsVectorLayer:
    """Return the areas of the level above the cells."""
    tr = speaker(language)
    layer = open_table(
        f"{version.path}|layername={version.above}", tr("{layer} from {day}", layer=title, day=version.first_day)
    )
    _dress_as(layer, layer_in(project, version.above), version.above, language=language)
    return layer


def _dress_as(layer: QgsVectorLayer, model: QgsMapLayer | None, layer_id: str, *, language: str) -> None:
    """Style a layer as the hall shows that of the map; it is not the map's, so it does not bear its mark."""
    style = QgsMapLayerStyle()
    if isinstance(model, QgsVectorLayer):
        style.readFromLayer(model)
        style.writeToLayer(layer)
    else:
        dress(layer, layer_id, language=language)
    for mark in (LAYER_ID, PAPER_ID):
        layer.removeCustomProperty(mark)
