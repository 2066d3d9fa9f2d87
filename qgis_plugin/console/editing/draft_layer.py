"""The draft on the map: the cells in the colours of their grids, in a layer of memory; the one map is only read."""

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFillSymbol,
    QgsGeometry,
    QgsPalLayerSettings,
    QgsProject,
    QgsRectangle,
    QgsRendererCategory,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtGui import QColor

from ...project.one_map_file import OneMapFile
from ...translation import tr
from ..tones import tone

# Twelve hues that most eyes tell apart (Okabe and Ito, and tints of them); a grid's code is written on its cells too.
HUES = (
    "#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#0072B2",
    "#D55E00", "#999999", "#8FD0C0", "#E7A6C8", "#B5A33A", "#7C9CCB",
)  # fmt: skip
OPACITY = 0.45
NOBODY = "#BBBBBB"


class DraftLayer:
    """The layer, and which feature is which cell."""

    def __init__(self, one_map: OneMapFile, grids: dict[str, str], crs: QgsCoordinateReferenceSystem) -> None:
        self.colours = {grid: HUES[n % len(HUES)] for n, grid in enumerate(sorted({*grids.values()} - {""}))}
        self.layer = QgsVectorLayer(
            f"Polygon?crs={crs.authid()}&field=cell:string(40)&field=grid:string(80)",
            tr("Draft of the grids"),
            "memory",
        )
        if not self.layer.crs().isValid():
            self.layer.setCrs(crs)
        self._fids: dict[str, int] = {}
        shapes = _shapes(one_map)
        self._add({cell: (grid, shapes[cell]) for cell, grid in grids.items() if cell in shapes})
        self._paint()
        self._label()
        QgsProject.instance().addMapLayer(self.layer, False)
        QgsProject.instance().layerTreeRoot().insertLayer(0, self.layer)

    def apply(self, state: dict) -> None:
        """Show what a step changed."""
        provider = self.layer.dataProvider()
        gone = [self._fids.pop(cell) for cell in state["gone"] if cell in self._fids]
        changed = {row["cell"]: (row["grid"], QgsGeometry.fromWkt(row["wkt"])) for row in state["changed"]}
        known = {self._fids[cell]: found for cell, found in changed.items() if cell in self._fids}
        if gone:
            provider.deleteFeatures(gone)
        if known:
            provider.changeGeometryValues({fid: shape for fid, (_, shape) in known.items()})
            provider.changeAttributeValues({fid: {1: grid} for fid, (grid, _) in known.items()})
        self._add({cell: found for cell, found in changed.items() if cell not in self._fids})
        for row in state["grids"]:
            if row["grid"] not in self.colours:
                self.colours[row["grid"]] = HUES[len(self.colours) % len(HUES)]
                self._paint()
        self.layer.updateExtents()
        self.layer.triggerRepaint()

    def chosen(self) -> list[str]:
        """Return the codes of the cells that are selected."""
        return sorted(str(feature["cell"]) for feature in self.layer.selectedFeatures())

    def toggle(self, x: float, y: float) -> str:
        """Select the cell at a spot of the map, or let go of it; return its code, empty where there is none."""
        spot = QgsGeometry.fromWkt(f"POINT({x!r} {y!r})")
        for feature in self.layer.getFeatures(QgsRectangle(x, y, x, y)):
            if feature.geometry().intersects(spot):
                ids = set(self.layer.selectedFeatureIds()) ^ {feature.id()}
                self.layer.selectByIds(list(ids))
                return str(feature["cell"])
        return ""

    def remove(self) -> None:
        """Take the draft off the map."""
        if self.layer.id() in QgsProject.instance().mapLayers():
            QgsProject.instance().removeMapLayer(self.layer.id())

    def _add(self, cells: dict[str, tuple[str, QgsGeometry]]) -> None:
        features = []
        for cell, (grid, shape) in cells.items():
            feature = QgsFeature(self.layer.fields())
            feature.setAttributes([cell, grid])
            feature.setGeometry(shape)
            features.append(feature)
        done, added = self.layer.dataProvider().addFeatures(features)
        if done:
            self._fids |= {str(feature["cell"]): feature.id() for feature in added}

    def _paint(self) -> None:
        line = tone("grid_line").name()
        categories = []
        for grid, colour in [*self.colours.items(), ("", NOBODY)]:
            symbol = QgsFillSymbol.createSimple({"color": colour, "outline_color": line, "outline_width": "0.3"})
            symbol.setOpacity(OPACITY)
            categories.append(QgsRendererCategory(grid, symbol, grid or tr("no grid")))
        self.layer.setRenderer(QgsCategorizedSymbolRenderer("grid", categories))

    def _label(self) -> None:
        text = QgsTextFormat()
        text.setSize(7.5)
        text.setColor(tone("ink"))
        halo = QgsTextBufferSettings()
        halo.setEnabled(True)
        halo.setSize(0.8)
        halo.setColor(QColor(tone("halo")))
        text.setBuffer(halo)
        labels = QgsPalLayerSettings()
        labels.fieldName = '"grid"'
        labels.isExpression = True  # the code of the cell stands in the layer below
        labels.setFormat(text)
        labels.scaleVisibility = True
        labels.minimumScale = 8_000
        self.layer.setLabeling(QgsVectorLayerSimpleLabeling(labels))
        self.layer.setLabelsEnabled(True)


def _shapes(one_map: OneMapFile) -> dict[str, QgsGeometry]:
    """Return the land of each cell; rows with one code are one cell."""
    level = one_map.levels[-1]
    options = QgsVectorLayer.LayerOptions()
    options.forceReadOnly = True
    options.loadDefaultStyle = False
    layer = QgsVectorLayer(f"{one_map.path}|layername={level}", level, "ogr", options)
    code = level.removeprefix("grid_") + "_code"
    found: dict[str, QgsGeometry] = {}
    for feature in layer.getFeatures():
        cell = str(feature[code])
        shape = QgsGeometry(feature.geometry())
        found[cell] = found[cell].combine(shape) if cell in found else shape
    return found
