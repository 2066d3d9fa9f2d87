"""Stored 3D views of the project: buildings raised to their height, and what lies below the ground.

A view is written as the project file keeps it, since QGIS gives Python no way to store one. The desktop lists the
views under *View > 3D Map Views*; no 3D is drawn until somebody opens one.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsMapLayer,
    QgsProject,
    QgsRasterDemTerrainProvider,
    QgsRasterLayer,
    QgsRectangle,
)
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtXml import QDomDocument, QDomElement

from ..onemap.domain.catalogue import styles_folder
from .layers import LAYER_ID
from .palette import light

ABOVE = ("city3d_building", "grid_street", "grid_district", "emap_road", "emap_water", "emap_green")
BELOW = ("underground_pipe", "underground_space", "city3d_building")
# A window of its own: docked, it would be squeezed below the lists and push QGIS's window beyond the screen.
WINDOW = {"isDocked": 0, "d_x": 120, "d_y": 100, "d_width": 1100, "d_height": 680}
FIRST_VIEW_M = 1500.0  # how much of the district the camera takes in at first: blocks are readable
SUN = {"x": "-1", "y": "-1.6", "z": "-1", "color": "255,255,255,255", "intensity": "1"}


def know_solids() -> None:
    """Let QGIS read and write how layers stand in 3D; the desktop does, a program without windows must ask for it."""
    with suppress(ImportError):  # a QGIS that was built without 3D keeps flat layers
        from qgis._3d import Qgs3D

        Qgs3D.initialize()


def add_scenes(project: QgsProject, tr: Callable[..., str], area: QgsRectangle) -> list[str]:
    """Add the views *3D: above ground* and *3D: below ground* where the map has what they show; return their names."""
    if area.isEmpty():
        return []
    ground = _layer(project, "terrain_dem")
    if isinstance(ground, QgsRasterLayer):
        provider = QgsRasterDemTerrainProvider()
        provider.setLayer(ground)
        project.elevationProperties().setTerrainProvider(provider)
    document = QDomDocument("qgis")
    root = document.createElement("qgis")
    views = document.createElement("mapViewDocks3D")
    document.appendChild(root)
    root.appendChild(views)
    names = []
    for name, wanted, underground in (
        (tr("3D: above ground"), ABOVE, False),
        (tr("3D: below ground"), BELOW, True),
    ):
        layers = [layer for layer in (_layer(project, layer_id) for layer_id in wanted) if layer is not None]
        for layer in layers:
            _raise_up(layer)
        if any(layer.customProperty(LAYER_ID) == wanted[0] for layer in layers):
            _add_view(views, Scene(name, layers, area, project.crs(), None if underground else ground))
            names.append(name)
    manager = project.viewsManager()
    manager.readXml(root, document)
    manager.views3DListChanged.emit()  # reading alone does not tell the menu
    return names


def _layer(project: QgsProject, layer_id: str) -> QgsMapLayer | None:
    return next((layer for layer in project.mapLayers().values() if layer.customProperty(LAYER_ID) == layer_id), None)


def _raise_up(layer: QgsMapLayer) -> None:
    """Give a layer its solid form where the style that came with the map has none."""
    style = styles_folder() / f"{layer.customProperty(LAYER_ID)}.qml"
    if layer.renderer3D() is None and style.is_file():
        layer.loadNamedStyle(str(style), True, QgsMapLayer.StyleCategory.Symbology3D)


@dataclass(frozen=True)
class Scene:
    """What a view shows; without ``ground`` the surface is left out, so that one looks into the earth."""

    name: str
    layers: Sequence[QgsMapLayer]
    area: QgsRectangle
    crs: QgsCoordinateReferenceSystem
    ground: QgsMapLayer | None


def _add(parent: QDomElement, tag: str, **values: object) -> QDomElement:
    """Add an element; underscores in the names of its attributes stand for hyphens."""
    made = parent.ownerDocument().createElement(tag)
    for key, value in values.items():
        made.setAttribute(key if key.startswith("d_") else key.replace("_", "-"), str(value))
    parent.appendChild(made)
    return made


def _add_view(parent: QDomElement, scene: Scene) -> None:
    middle, area = scene.area.center(), scene.area
    view = _add(parent, "view", name=scene.name, isOpen=0, **WINDOW)
    settings = _add(view, "qgis3d")
    _add(settings, "origin", x=middle.x(), y=middle.y(), z=0)
    corners = {"xMin": area.xMinimum(), "yMin": area.yMinimum(), "xMax": area.xMaximum(), "yMax": area.yMaximum()}
    _add(settings, "extent", **corners)
    _add(settings, "camera", field_of_view=45, projection_type=1, camera_navigation_mode="basic-navigation")
    paper = QColor(light("paper"))
    ink = f"{paper.red()},{paper.green()},{paper.blue()},255"
    _add(settings, "color", background=ink, selection="255,212,0,255")
    scene.crs.writeXml(_add(settings, "crs"), settings.ownerDocument())
    _add_terrain(settings, scene)
    _add(_add(settings, "lights"), "directional-light", **SUN)
    pose = {"xMap": middle.x(), "yMap": middle.y(), "zMap": 0.0, "dist": FIRST_VIEW_M, "pitch": 45, "yaw": 0}
    _add(view, "camera", **pose)


def _add_terrain(settings: QDomElement, scene: Scene) -> None:
    shown = {"terrain_rendering_enabled": int(scene.ground is not None), "show_labels": 0, "shading_enabled": 0}
    sharp = {"texture_size": 512, "max_terrain_error": 3, "max_ground_error": 1}
    terrain = _add(settings, "terrain", exaggeration=1, elevation_offset=0, **shown, **sharp)
    listed = _add(terrain, "layers")
    for layer in scene.layers:
        _add(listed, "layer", id=layer.id())
    if scene.ground is None:
        _add(terrain, "generator", type="flat")
    else:
        _add(terrain, "generator", type="dem", layer=scene.ground.id(), resolution=16, skirt_height=10)
