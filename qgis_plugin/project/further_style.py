"""A style of a layer that it does not wear, made on a copy of it.

Switching a layer that is shown to and fro made QGIS 3.40 end with signal 11 when the project was closed.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from qgis.core import QgsMapLayerStyle, QgsVectorLayer


@contextmanager
def copy_for_style(layer: QgsVectorLayer, name: str) -> Iterator[QgsVectorLayer]:
    """Give a copy of a layer; what it looks like afterwards is the layer's style of that name."""
    copy = layer.clone()
    yield copy
    made = QgsMapLayerStyle()
    made.readFromLayer(copy)
    manager = layer.styleManager()
    manager.removeStyle(name)
    manager.addStyle(name, made)
