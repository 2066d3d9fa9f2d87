"""How layers stand in 3D: buildings raised to their height, spaces and pipes at their depth."""

from qgis._3d import (
    Qgs3DTypes,
    QgsLine3DSymbol,
    QgsPhongMaterialSettings,
    QgsPolygon3DSymbol,
    QgsRuleBased3DRenderer,
    QgsVectorLayer3DRenderer,
)
from qgis.core import Qgis, QgsAbstract3DRenderer, QgsAbstract3DSymbol, QgsProperty, QgsPropertyCollection
from qgis_symbols import colour

FLOOR_M = 3.0  # where only the number of floors is known
COVER_M = 1.0  # of earth over an underground space
PIPE_DEPTH_M = 1.8  # usual depth: QGIS does not let data set the height of a line
PIPE_WIDTH_M = 1.2  # wider than they are, or they would not be seen between the houses


def material(fill: str, shade: str, *, opacity: float = 1.0) -> QgsPhongMaterialSettings:
    """Return a dull material: walls are seen by their shade, nothing glitters."""
    made = QgsPhongMaterialSettings()
    made.setDiffuse(colour(fill))
    made.setAmbient(colour(shade))
    made.setSpecular(colour("#000000"))
    made.setShininess(0.0)
    made.setOpacity(opacity)
    return made


def buildings() -> QgsAbstract3DRenderer:
    """Return buildings raised to their height, or by their floors where the height is unknown."""
    return QgsVectorLayer3DRenderer(
        _block(
            material("building", "#6E675C"),  # a dark shade: lit and unlit walls differ
            extrusion=f'coalesce("height_m", {FLOOR_M} * "floors", {2 * FLOOR_M})',
        )
    )


def spaces() -> QgsAbstract3DRenderer:
    """Return underground spaces from their floor up to the earth that covers them."""
    return QgsVectorLayer3DRenderer(
        _block(
            material("#A99BD8", "#4A3C72"),
            extrusion=f'max(1, coalesce("depth_m", 5) - {COVER_M})',
            height='-coalesce("depth_m", 5)',
        )
    )


def _block(dress: QgsPhongMaterialSettings, *, extrusion: str, height: str = "") -> QgsPolygon3DSymbol:
    symbol = QgsPolygon3DSymbol()
    symbol.setMaterialSettings(dress)
    symbol.setExtrusionHeight(2 * FLOOR_M)
    symbol.setAltitudeClamping(Qgis.AltitudeClamping.Relative)
    symbol.setAltitudeBinding(Qgis.AltitudeBinding.Centroid)  # a house stands level on a slope
    symbol.setCullingMode(Qgs3DTypes.CullingMode.NoCulling)
    values = QgsPropertyCollection()
    values.setProperty(QgsAbstract3DSymbol.Property.PropertyExtrusionHeight, QgsProperty.fromExpression(extrusion))
    if height:
        values.setProperty(QgsAbstract3DSymbol.Property.PropertyHeight, QgsProperty.fromExpression(height))
    symbol.setDataDefinedProperties(values)
    return symbol


def pipes(inks: dict[str, str]) -> QgsAbstract3DRenderer:
    """Return pipes in the colour of their kind."""
    root = QgsRuleBased3DRenderer.Rule(None)
    for kind, ink in inks.items():
        rule = QgsRuleBased3DRenderer.Rule(_pipe(ink))
        rule.setFilterExpression(f"\"kind\" = '{kind}'")
        rule.setDescription(kind)
        root.appendChild(rule)
    other = QgsRuleBased3DRenderer.Rule(_pipe("#8A8F98"))
    other.setFilterExpression("ELSE")
    root.appendChild(other)
    return QgsRuleBased3DRenderer(root)


def _pipe(ink: str) -> QgsLine3DSymbol:
    symbol = QgsLine3DSymbol()
    symbol.setMaterialSettings(material(ink, ink))
    symbol.setWidth(PIPE_WIDTH_M)
    symbol.setExtrusionHeight(PIPE_WIDTH_M / 2)
    symbol.setOffset(-PIPE_DEPTH_M)
    symbol.setAltitudeClamping(Qgis.AltitudeClamping.Relative)
    return symbol
