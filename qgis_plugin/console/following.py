"""Map and list follow each other: the current row is selected there, a selected feature becomes current."""

from collections.abc import Callable

from qgis.core import QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QObject, QTimer

from ..onemap.domain.judged import NEAR_M
from ..project.fill import layer_in
from ..project.layers import LAYER_ID
from .findings.twins import GAPS, LANDS
from .queue.list_tab import ListTab
from .rows import CASE_TABLES, FINDING_TABLES, Row

SETTLE_MS = 120  # keys that are held down select nothing on their way


class Following(QObject):
    """Keeps the selection of the map's layers and the current rows of the lists the same.

    Parameters
    ----------
    lists
        The lists of findings and of cases.
    bring
        Called with a list that was asked for from the map, to show its tab.
    go
        Called with a row that shall be seen, where the list wants the map to follow.
    """

    def __init__(
        self,
        lists: tuple[ListTab, ListTab],
        bring: Callable[[ListTab], None],
        go: Callable[[Row], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._findings, self._cases = lists
        self._bring, self._go = bring, go
        self._busy = False
        self._row: Row | None = None
        self._tab: ListTab | None = None
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._select)
        self._layers: dict[str, QgsVectorLayer] = {}  # by id; a project read anew has other layers of the same ids

    def attach(self) -> None:
        """Listen to the layers of the map that is shown."""
        present = QgsProject.instance().mapLayers()
        self._layers = {name: layer for name, layer in self._layers.items() if present.get(name) is layer}
        for layer_id, layer in present.items():
            known = layer.customProperty(LAYER_ID) in (*CASE_TABLES, *FINDING_TABLES)
            if known and layer_id not in self._layers and isinstance(layer, QgsVectorLayer):
                layer.selectionChanged.connect(self._selected)
                self._layers[layer_id] = layer

    def show(self, tab: ListTab, row: Row | None) -> None:
        """Select a row's feature on the map a moment later."""
        self._tab, self._row = tab, row
        self._settle.start()

    def close(self) -> None:
        """Listen no longer."""
        self._settle.stop()
        present = QgsProject.instance().mapLayers()
        for layer_id, layer in self._layers.items():
            if present.get(layer_id) is layer:
                layer.selectionChanged.disconnect(self._selected)
        self._layers = {}

    def _select(self) -> None:
        row, project = self._row, QgsProject.instance()
        self._busy = True
        try:
            for table in (*CASE_TABLES, *FINDING_TABLES):
                layer = layer_in(project, table)
                if isinstance(layer, QgsVectorLayer):
                    wanted = [row.fid] if row is not None and row.table == table else []
                    if wanted or layer.selectedFeatureCount():
                        layer.selectByIds(wanted)
        finally:
            self._busy = False
        if row is not None and self._tab is not None and self._tab.follow.isChecked():
            self._go(row)

    def _selected(self, chosen: list[int], *_: object) -> None:
        """Make the first feature that somebody selected on the map the current row."""
        layer = self.sender()
        if self._busy or not chosen or not isinstance(layer, QgsVectorLayer):
            return
        table = str(layer.customProperty(LAYER_ID))
        tab = self._cases if table in CASE_TABLES else self._findings
        follow, busy = tab.follow.isChecked(), self._busy
        tab.follow.blockSignals(True)
        tab.follow.setChecked(False)  # the map is there already
        self._busy = True
        if tab.find(table, chosen[0]) or self._find_twin(layer, table, chosen[0]):
            self._bring(tab)
        self._settle.stop()
        self._busy = busy
        tab.follow.setChecked(follow)
        tab.follow.blockSignals(False)

    def _find_twin(self, layer: QgsVectorLayer, table: str, fid: int) -> bool:
        """Make the gap the current row that stands in the list for land that nobody covers."""
        box = layer.getFeature(fid).geometry().boundingBox() if table == LANDS else None
        if box is None or box.isNull():
            return False
        sides = (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum())
        for row in self._findings.model.shown:
            if row.table != GAPS or not row.about.startswith("gap|") or row.box is None:
                continue
            if all(abs(one - other) < NEAR_M for one, other in zip(row.box, sides, strict=True)):
                return self._findings.find(row.table, row.fid)
        return False
