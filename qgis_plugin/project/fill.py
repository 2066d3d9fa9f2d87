"""Fill a QGIS project from a one map: groups, layers, first view. Used by the desktop and by the headless script."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsLayerTreeGroup,
    QgsMapLayer,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsReferencedRectangle,
)
from qgis.PyQt.QtGui import QColor

from ..onemap.domain.catalogue import CLASSES
from ..translation import speaker
from .layers import GROUP_ID, LAYER_ID, open_layer, spec_of
from .one_map_file import MapLayer, OneMapFile
from .palette import light
from .transforms import settle_transforms

# Drawn from the top: what needs a decision, then who answers, then the base map from names down to terrain.
TOP_DOWN = (
    "finding",
    "case",
    "duty",
    "grid",
    "place",
    "econ",
    "frame",
    "underground",
    "city3d",
    "emap",
    "imagery",
    "terrain",
    "system",
)
_RANK = {"Point": 0, "LineString": 1, "Polygon": 2, "Raster": 3, "None": 4}
# Hidden at first: they answer other questions than "where is what, and what is wrong".
HIDDEN = frozenset(
    {
        "audit_finding",
        "duty_conflict",
        "duty_gap",
        "version_piece",
        "imagery_ortho",
        "terrain_dem",
        "terrain_contour",
        "underground_pipe",
        "underground_space",
        "place_address",
        "frame_parcel",
        "frame_compound",
        "frame_component",
        "econ_population",
        "econ_unit",
        "duty_grid",
    }
)
MARGIN = 0.04
BESIDE = "live_case"  # the one layer that lies in another file than the map


@dataclass
class Filled:
    """What was added to a project, and what could not be opened."""

    layers: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)  # why, by the layer's id
    is_broken: bool = False  # whether a layer is missing that the map was built with

    def told(self) -> str:
        """Return what could not be opened, and why."""
        return ", ".join(self.missing.values())


def fill_project(project: QgsProject, one_map: OneMapFile, *, language: str) -> Filled:
    """Add all layers of a one map to a project, in groups by class, and set its title, CRS and first view.

    Parameters
    ----------
    project
        An empty project, or one whose other layers shall stay; its title, CRS and view then stay too.
    one_map
        The map, as read by `open_one_map`.
    language
        ``"zh"`` or ``"en"``: titles of groups, layers and fields.
    """
    is_new = not project.mapLayers()
    if is_new:
        _set_up(project, one_map, language)
    done = Filled()
    for class_id in TOP_DOWN:
        layers = [layer for layer in one_map.layers if _class_of(layer) == class_id]
        if layers:
            group = _group(project, class_id, language)
            for layer in sorted(layers, key=lambda item: _order(item, one_map.levels)):
                made = open_layer(one_map, layer, language=language)
                if made.isValid():
                    done.layers.append(layer.layer_id)
                    _add(project, group, made, shown=_is_shown(layer, one_map))
                else:
                    done.is_broken |= not _is_unbuilt(layer)
                    done.missing[layer.layer_id] = f"{made.name()} ({_why_not(one_map, layer, speaker(language))})"
    if is_new:
        _set_view(project, one_map)
    return done


def _is_unbuilt(layer: MapLayer) -> bool:
    """Return whether the map was built without a layer that it names."""
    return layer.kind == "raster" and not layer.path


def _why_not(one_map: OneMapFile, layer: MapLayer, tr: Callable[..., str]) -> str:
    """Return why a layer that the map names could not be opened."""
    if _is_unbuilt(layer):
        return tr("the map was built without it")
    if layer.kind != "raster":
        return tr("QGIS cannot read it")
    if not (one_map.path.parent / layer.path).is_file():
        return tr("{path} is not beside the map", path=layer.path)
    return tr("QGIS cannot read {path}", path=layer.path)


def _set_up(project: QgsProject, one_map: OneMapFile, language: str) -> None:
    project.setFilePathStorage(Qgis.FilePathType.Relative)
    project.setTitle(one_map.title(language))
    project.setBackgroundColor(QColor(light("paper")))
    crs = QgsCoordinateReferenceSystem(one_map.facts.get("crs", ""))
    if crs.isValid():
        settle_transforms(project, crs)
        project.setCrs(crs)


def _class_of(layer: MapLayer) -> str:
    return layer.class_id if layer.class_id in TOP_DOWN else "system"


def _order(layer: MapLayer, levels: list[str]) -> tuple[int, int]:
    spec = spec_of(layer.layer_id)
    rank = _RANK.get(spec.geometry if spec else "None", 4)
    return rank, levels.index(layer.layer_id) if layer.layer_id in levels else len(levels)


def _group(project: QgsProject, class_id: str, language: str) -> QgsLayerTreeGroup:
    made = project.layerTreeRoot().addGroup(CLASSES[class_id].title(language))
    made.setCustomProperty(GROUP_ID, class_id)
    made.setExpanded(class_id in ("finding", "case", "grid"))
    return made


def _is_shown(layer: MapLayer, one_map: OneMapFile) -> bool:
    defects = one_map.layer("defect")
    if layer.layer_id == "coverage_gap" and defects is not None and defects.rows:
        return False  # the same holes, drawn already
    return layer.layer_id not in HIDDEN and layer.rows != 0


def _add(project: QgsProject, group: QgsLayerTreeGroup, layer: QgsMapLayer, *, shown: bool) -> None:
    project.addMapLayer(layer, False)
    node = group.addLayer(layer)
    node.setExpanded(False)
    node.setItemVisibilityChecked(shown)
    if isinstance(layer, QgsRasterLayer) and not layer.crs().isValid():
        layer.setCrs(project.crs())


def _set_view(project: QgsProject, one_map: OneMapFile) -> None:
    """Open on the district: its outline, else the finest grid, else everything."""
    for layer_id in one_map.levels:
        found = layer_in(project, layer_id)
        if found is not None and not found.extent().isEmpty():
            area = QgsRectangle(found.extent())
            area.grow(MARGIN * max(area.width(), area.height()))
            view = QgsReferencedRectangle(area, found.crs())
            project.viewSettings().setDefaultViewExtent(view)
            project.viewSettings().setPresetFullExtent(view)
            return


def layer_in(project: QgsProject, layer_id: str) -> QgsMapLayer | None:
    """Return the layer that carries this id; titles may be renamed, the id stays."""
    return next((layer for layer in project.mapLayers().values() if layer.customProperty(LAYER_ID) == layer_id), None)


def map_in(project: QgsProject) -> Path | None:
    """Return the GeoPackage of the one map that a project shows, or None."""
    for layer in project.mapLayers().values():
        its_own = layer.customProperty(LAYER_ID) not in (None, "", BESIDE)
        if its_own and not isinstance(layer, QgsRasterLayer):
            return Path(layer.source().split("|")[0])
    return None
