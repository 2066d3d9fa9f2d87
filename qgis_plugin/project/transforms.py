"""Ways between coordinate systems that a project takes: the best one that this computer can go."""

from qgis.core import QgsCoordinateReferenceSystem, QgsDatumTransform, QgsProject

DEGREES = "EPSG:4326"  # QGIS itself asks for it, to tell positions


def settle_transforms(project: QgsProject, crs: QgsCoordinateReferenceSystem) -> None:
    """Choose between the map's system and degrees the most exact way of those that need no file that is missing.

    QGIS takes it anyway where a file of a grid is missing, and warns each time; computers of a hall have no network to
    fetch it from. What the project has chosen already stays.
    """
    degrees = QgsCoordinateReferenceSystem(DEGREES)
    context = project.transformContext()
    if not crs.isValid() or crs == degrees or context.hasTransform(crs, degrees):
        return
    ways = QgsDatumTransform.operations(crs, degrees)
    if not ways or ways[0].isAvailable:
        return
    way = next((way for way in ways if way.isAvailable), None)
    if way is not None and context.addCoordinateOperation(crs, degrees, way.proj, True):
        project.setTransformContext(context)
