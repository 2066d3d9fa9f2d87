#!/usr/bin/python3
# ruff: noqa: E402 - the environment is set before QGIS is imported
"""Make styles/*.qml from styles/palette.toml: one style a layer, the same bytes from the same palette.

usage: /usr/bin/python3 scripts/make_styles.py [FOLDER]

Needs the Python that QGIS was built for. Calm base, loud findings: the base map whispers, grids are quiet lines,
only what needs a decision has a strong colour and a form of its own.
"""

import os
import re
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import canonicalize, fromstring, tostring

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.dont_write_bytecode = True
sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent)]

from osgeo import gdal
from qgis.core import (
    Qgis,
    QgsApplication,
    QgsMapLayer,
    QgsRasterLayer,
    QgsReadWriteContext,
    QgsVectorLayer,
)
from qgis.PyQt.QtXml import QDomDocument
from qgis_rasters import raster_styles
from qgis_renderers import vector_styles
from qgis_symbols import ROOT

from onemap.domain.catalogue import load_catalogue

DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
KEPT = (
    QgsMapLayer.StyleCategory.Symbology
    | QgsMapLayer.StyleCategory.Symbology3D
    | QgsMapLayer.StyleCategory.Labeling
    | QgsMapLayer.StyleCategory.Rendering
)
_GUID = re.compile(r"\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}")
_NAMESPACE = uuid.UUID("6f6e656d-6170-5f73-7479-6c655f69645f")


def raster(folder: Path, bands: int) -> QgsRasterLayer:
    """Return a tiny raster to hang a style on."""
    path = folder / f"{bands}.tif"
    made = gdal.GetDriverByName("GTiff").Create(str(path), 4, 4, bands, gdal.GDT_Byte)
    made.SetGeoTransform((0, 1, 0, 4, 0, -1))
    made.FlushCache()
    return QgsRasterLayer(str(path), "raster", "gdal")


def vector(layer_id: str) -> QgsVectorLayer:
    """Return an empty layer of a definition's geometry and fields."""
    spec = load_catalogue()[layer_id]
    kinds = {"string": "string", "integer": "integer", "real": "double", "boolean": "bool"}
    fields = "&".join(f"field={item.name}:{kinds.get(item.type, 'string')}" for item in spec.fields)
    geometry = spec.geometry if spec.geometry == "Point" else f"Multi{spec.geometry}"
    return QgsVectorLayer(f"{geometry}?crs=EPSG:4548&{fields}", layer_id, "memory")


def apply(layer: QgsVectorLayer, style: Any) -> None:
    """Put the parts of a style on a layer."""
    layer.setRenderer(style.renderer)
    if style.labels is not None:
        layer.setLabeling(style.labels)
        layer.setLabelsEnabled(True)
    if style.renderer3d is not None:
        layer.setRenderer3D(style.renderer3d)
    show_between(layer, style.smallest, style.largest)


def show_between(layer: QgsMapLayer, smallest: float, largest: float = 0.0) -> None:
    """Show a layer only between two scale denominators (0: no limit)."""
    layer.setScaleBasedVisibility(bool(smallest or largest))
    layer.setMinimumScale(smallest)
    layer.setMaximumScale(largest)


def qml(layer: QgsMapLayer, name: str) -> str:
    """Return the layer's style as text: attributes in order, random ids replaced by ones that depend on their place."""
    document = QDomDocument("qgis")
    layer.exportNamedStyle(document, QgsReadWriteContext(), KEPT)
    seen: dict[str, str] = {}

    def stable(found: re.Match[str]) -> str:
        place = f"{name} {len(seen)}"
        return seen.setdefault(found.group(), f"{{{uuid.uuid5(_NAMESPACE, place)}}}")

    style = fromstring(document.toString(1))
    for settings in style.iter("settings"):
        for unused in settings.findall("callout"):
            settings.remove(unused)
    return DOCTYPE + _GUID.sub(stable, canonicalize(tostring(style, encoding="unicode"))) + "\n"


def write_all(target: Path) -> None:
    """Write a style for each layer."""
    with tempfile.TemporaryDirectory() as folder:
        for layer_id, style in vector_styles().items():
            layer = vector(layer_id)
            apply(layer, style)
            (target / f"{layer_id}.qml").write_text(qml(layer, layer_id), encoding="utf-8")
        for layer_id, (bands, dress) in raster_styles().items():
            image = raster(Path(folder), bands)
            dress(image)
            (target / f"{layer_id}.qml").write_text(qml(image, layer_id), encoding="utf-8")


def main() -> int:
    """Start QGIS without a window, write, and leave only when nothing of QGIS is held any more."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "styles"
    target.mkdir(parents=True, exist_ok=True)
    application = QgsApplication([], False)
    application.initQgis()
    write_all(target)
    application.exitQgis()
    print(f"{target}: {len(list(target.glob('*.qml')))} styles (QGIS {Qgis.QGIS_VERSION})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
