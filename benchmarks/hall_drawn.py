"""Time the hall's project of a big city: reading it, the first picture, and panning at four scales.

Run by `benchmarks.hall` with the Python of QGIS: hall_drawn.py PROJECT.qgz OUT.json

Each figure is the time until the whole picture of 1600 x 900 pixels is there, drawn as the desktop draws it: by
QgsMapRendererParallelJob, with labels, of the layers that are switched on. Panning moves by a third of the picture.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    QgsApplication,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize

WIDTH, HEIGHT, STEPS = 1600, 900, 9
SCALES = {"street": 50_000, "community": 20_000, "cell": 7_500, "house": 2_000}


def settings_of(project: QgsProject, scale: float | None, shift: int = 0) -> QgsMapSettings:
    """Return what the canvas would draw: the switched-on layers at a scale (None: the project's first view)."""
    made = QgsMapSettings()
    made.setLayers(project.layerTreeRoot().checkedLayers())
    made.setDestinationCrs(project.crs())
    made.setTransformContext(project.transformContext())
    made.setOutputSize(QSize(WIDTH, HEIGHT))
    made.setBackgroundColor(project.backgroundColor())
    made.setFlag(QgsMapSettings.Flag.UseRenderingOptimization, True)
    area = QgsRectangle(project.viewSettings().defaultViewExtent())
    made.setExtent(area)
    if scale:
        area = made.visibleExtent()
        middle = area.center()
        area.scale(scale / made.scale())
        across = area.width() / 3
        area = QgsRectangle.fromCenterAndSize(middle, area.width(), area.height())
        area = QgsRectangle(
            area.xMinimum() + shift * across, area.yMinimum(), area.xMaximum() + shift * across, area.yMaximum()
        )
        made.setExtent(area)
    context = QgsExpressionContext()
    context.appendScope(QgsExpressionContextUtils.globalScope())
    context.appendScope(QgsExpressionContextUtils.projectScope(project))
    context.appendScope(QgsExpressionContextUtils.mapSettingsScope(made))
    made.setExpressionContext(context)
    return made


def draw(settings: QgsMapSettings, picture: Path | None = None) -> float:
    """Draw a picture; return its seconds."""
    started = time.perf_counter()
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    took = time.perf_counter() - started
    if picture is not None:
        image.save(str(picture))
    return took


def slowest(settings: QgsMapSettings) -> str:
    """Return the three layers that take longest, each drawn alone."""
    spent = {}
    for layer in settings.layers():
        settings.setLayers([layer])
        spent[layer.name()] = draw(settings)
    named = sorted(spent.items(), key=lambda item: -item[1])[:3]
    return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in named)


def main() -> None:
    """Measure, print, and write the figures."""
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    application = QgsApplication([], False)
    application.initQgis()
    project = QgsProject.instance()
    started = time.perf_counter()
    if not project.read(str(source)):
        raise SystemExit(f"{source}: cannot be read")
    read = time.perf_counter() - started
    first = draw(settings_of(project, None), target.with_name("district.png"))
    figures = {
        "read_s": round(read, 2),
        "first_picture_s": round(first, 2),
        "ready_s": round(read + first, 2),
        "rows": {
            layer.name(): layer.featureCount()
            for layer in project.mapLayers().values()
            if isinstance(layer, QgsVectorLayer)
        },
        "pan": {},
    }
    print(json.dumps({key: figures[key] for key in ("read_s", "first_picture_s", "ready_s")}))
    for name, scale in {"district": None, **SCALES}.items():
        taken = []
        for step in range(STEPS if scale else 1):
            picture = target.with_name(f"{name}.png") if step == STEPS // 2 else None
            taken.append(draw(settings_of(project, scale, step - STEPS // 2), picture))
        told = {"scale": scale, "median_s": round(statistics.median(taken), 2), "worst_s": round(max(taken), 2)}
        figures["pan"][name] = told
        print(name, told, slowest(settings_of(project, scale)))
    target.write_text(json.dumps(figures, ensure_ascii=False, indent=1), encoding="utf-8")
    project.clear()
    application.exitQgis()


if __name__ == "__main__":
    main()
