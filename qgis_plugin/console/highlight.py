"""Show a row on the map: go there, and flash the feature three times."""

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeatureRequest,
    QgsGeometry,
    QgsMapLayer,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas

from .envelope import Box
from .tones import on_map

CLOSE_SCALE = 1_500.0  # a point, or a sliver of a few square metres, is shown with the houses around it
ROOM = 1.8
PULSES, PULSE_MS = 3, 300


def to_map(box: Box, crs: QgsCoordinateReferenceSystem, canvas: QgsMapCanvas) -> QgsRectangle | None:
    """Return bounds in the map's coordinates; None where they cannot be transformed."""
    change = QgsCoordinateTransform(crs, canvas.mapSettings().destinationCrs(), QgsProject.instance())
    try:
        return change.transformBoundingBox(QgsRectangle(*box))
    except QgsCsException:
        return None


def geometry_to_map(shape: QgsGeometry, crs: QgsCoordinateReferenceSystem, canvas: QgsMapCanvas) -> QgsGeometry | None:
    """Return a geometry in the map's coordinates; None where it cannot be transformed."""
    change = QgsCoordinateTransform(crs, canvas.mapSettings().destinationCrs(), QgsProject.instance())
    there = QgsGeometry(shape)
    try:
        there.transform(change)
    except QgsCsException:
        return None
    return there


def geometry_to_layer(
    shape: QgsGeometry, crs: QgsCoordinateReferenceSystem, canvas: QgsMapCanvas
) -> QgsGeometry | None:
    """Return a geometry of the map in the coordinates of the one map."""
    change = QgsCoordinateTransform(canvas.mapSettings().destinationCrs(), crs, QgsProject.instance())
    there = QgsGeometry(shape)
    try:
        there.transform(change)
    except QgsCsException:
        return None
    return there


def point_to_layer(spot: QgsPointXY, crs: QgsCoordinateReferenceSystem, canvas: QgsMapCanvas) -> QgsPointXY | None:
    """Return a point of the map in the coordinates of the one map."""
    change = QgsCoordinateTransform(canvas.mapSettings().destinationCrs(), crs, QgsProject.instance())
    try:
        return change.transform(spot)
    except QgsCsException:
        return None


def to_layer(extent: QgsRectangle, crs: QgsCoordinateReferenceSystem, canvas: QgsMapCanvas) -> Box | None:
    """Return the map's extent in the coordinates of the one map."""
    change = QgsCoordinateTransform(canvas.mapSettings().destinationCrs(), crs, QgsProject.instance())
    try:
        found = change.transformBoundingBox(extent)
    except QgsCsException:
        return None
    return found.xMinimum(), found.yMinimum(), found.xMaximum(), found.yMaximum()


def go_to(canvas: QgsMapCanvas, box: Box, crs: QgsCoordinateReferenceSystem) -> None:
    """Centre the map on bounds, as near as they allow and no nearer than a street corner."""
    area = to_map(box, crs, canvas)
    if area is None:
        return
    scale = canvas.scale()
    nearer = min(scale, CLOSE_SCALE) if scale > 0 else CLOSE_SCALE  # not a number before the first picture
    if area.width() > 0 or area.height() > 0:
        area.scale(ROOM)
        canvas.setExtent(area)
        if canvas.scale() < nearer:
            canvas.zoomScale(nearer)
    else:
        canvas.setCenter(area.center())
        canvas.zoomScale(nearer)
    canvas.refresh()


def flash(canvas: QgsMapCanvas, layer: QgsMapLayer | None, fid: int) -> QgsPointXY | None:
    """Flash one feature in the colour of selections; return a spot of the canvas that lies in it."""
    if not isinstance(layer, QgsVectorLayer):
        return None
    request = QgsFeatureRequest(fid).setNoAttributes()
    found = [feature.geometry() for feature in layer.getFeatures(request) if feature.hasGeometry()]
    strong, gone = on_map("selection"), on_map("selection")
    strong.setAlpha(230)
    gone.setAlpha(0)
    if found:
        canvas.flashGeometries(found, layer.crs(), strong, gone, PULSES, PULSE_MS)
    spot = geometry_to_map(found[0].pointOnSurface(), layer.crs(), canvas) if found else None
    return None if spot is None or spot.isEmpty() else spot.asPoint()
