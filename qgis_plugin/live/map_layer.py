"""The live cases on the map: a layer of the file beside it, drawn again as cases come, but never while it is drawn.

Until it is drawn again each new case has a sign over the map.
"""

import time
from collections.abc import Iterable

from qgis.core import QgsExpressionContextUtils, QgsProject, QgsVectorLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, QTimer

from ..console.highlight import to_map
from ..console.rows import LIVE, Row
from ..onemap.domain.catalogue import load_catalogue, styles_folder
from ..project.fill import layer_in
from ..project.layers import GROUP_ID, LAYER_ID, label_fields, open_table
from ..project.moments import DAY_ENDS
from ..project.one_map_file import OneMapFile
from ..translation import language, tr
from .arrivals import Arrivals
from .live_file import live_file_of

REPAINT_MS, MOST_MS, AGAIN_MS = 750, 2_000, 200


class LiveLayer(QObject):
    """Keeps the layer in the project; it stays there when the project is opened without the plugin."""

    def __init__(self, canvas: QgsMapCanvas, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._one_map: OneMapFile | None = None
        self._is_empty = True
        self._began, self._took_s = 0.0, 0.0
        self.arrivals: Arrivals | None = None  # made for a map, for the canvas may be gone before this is
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._draw)
        canvas.renderStarting.connect(self._begun)
        canvas.mapCanvasRefreshed.connect(self._drawn)
        canvas.layersChanged.connect(self._look)
        canvas.destinationCrsChanged.connect(self._take_away)

    def of_map(self, one_map: OneMapFile | None) -> None:
        """Take the map whose live cases are drawn."""
        self._timer.stop()
        self._one_map, self._is_empty = one_map, True
        if self.arrivals is not None:
            self._canvas.scene().removeItem(self.arrivals)
        self.arrivals = Arrivals(self._canvas) if one_map is not None else None

    def put(self) -> None:
        """Add the layer to the project, where it is not there yet."""
        project = QgsProject.instance()
        if self._one_map is None or layer_in(project, LIVE) is not None:
            return
        layer = open_table(f"{live_file_of(self._one_map.path)}|layername={LIVE}|subset=in_map = 0", tr("Live cases"))
        if not layer.isValid():
            return
        _dress(layer)
        project.addMapLayer(layer, False)
        root = project.layerTreeRoot()
        groups = (group for group in root.findGroups() if group.customProperty(GROUP_ID) == "case")
        (next(groups, None) or root).insertLayer(0, layer).setExpanded(False)

    def came(self, rows: Iterable[Row]) -> None:
        """Show these cases: their signs at once, the layer soon; a drawing that takes long is followed by a rest."""
        layer = layer_in(QgsProject.instance(), LIVE)
        if self.arrivals is not None and layer in self._canvas.layers():
            areas = ((row.sign, to_map(row.box, layer.crs(), self._canvas)) for row in rows if row.box is not None)
            self.arrivals.add((sign, area.center()) for sign, area in areas if area is not None)
        if not self._timer.isActive():
            self._timer.start(min(MOST_MS, max(REPAINT_MS, int(1000 * self._took_s))))

    def _begun(self) -> None:
        self._began = time.monotonic()
        if self.arrivals is not None:
            self.arrivals.began()

    def _drawn(self) -> None:
        self._took_s = time.monotonic() - self._began
        if self.arrivals is not None:
            self.arrivals.drawn()

    def _look(self) -> None:
        """Take the signs away where the layer is not shown any more."""
        if layer_in(QgsProject.instance(), LIVE) not in self._canvas.layers():
            self._take_away()

    def _take_away(self) -> None:
        if self.arrivals is not None:
            self.arrivals.clear()

    def _draw(self) -> None:
        if self._canvas.isDrawing():  # to begin anew before it is finished would mean that none ever is
            self._timer.start(AGAIN_MS)
            return
        layer = layer_in(QgsProject.instance(), LIVE)
        if isinstance(layer, QgsVectorLayer):
            if self._is_empty or layer.extent().isNull():
                layer.dataProvider().reloadData()
                layer.updateExtents()
                self._is_empty = False
            if self.arrivals is not None:
                self.arrivals.asked()
            layer.triggerRepaint()


def _dress(layer: QgsVectorLayer) -> None:
    """Style it as the cases of the map; unlike them it is seen from everywhere, for it is what is new.

    It has no labels: QGIS draws every layer with labels anew when one of them changes, and this one does each second.
    """
    spec = load_catalogue()["case"]
    style = styles_folder() / f"{spec.style}.qml"
    if style.is_file():
        layer.loadNamedStyle(str(style))
    layer.setLabelsEnabled(False)
    layer.setScaleBasedVisibility(False)
    label_fields(layer, spec, language=language())
    layer.setCustomProperty(LAYER_ID, LIVE)
    QgsExpressionContextUtils.setLayerVariable(layer, DAY_ENDS, "")  # they are of now, whatever day the map is of
