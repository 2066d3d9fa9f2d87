"""How the rasters look: relief as a breath of shade, imagery a little paler than it is."""

from collections.abc import Callable

from qgis.core import (
    QgsColorRampShader,
    QgsContrastEnhancement,
    QgsGradientColorRamp,
    QgsGradientStop,
    QgsMultiBandColorRenderer,
    QgsRasterLayer,
    QgsRasterMinMaxOrigin,
    QgsRasterShader,
    QgsSingleBandGrayRenderer,
    QgsSingleBandPseudoColorRenderer,
)
from qgis.PyQt.QtGui import QColor, QPainter

FLAT = 181  # the shade of level ground under a light at 45 degrees: it stays as white as the paper

Dress = Callable[[QgsRasterLayer], None]


def raster_styles() -> dict[str, tuple[int, Dress]]:
    """Return layer id -> number of bands, and what puts the style on a raster."""
    return {"terrain_hillshade": (1, _hillshade), "terrain_dem": (1, _dem), "imagery_ortho": (3, _ortho)}


def _hillshade(layer: QgsRasterLayer) -> None:
    renderer = QgsSingleBandGrayRenderer(layer.dataProvider(), 1)
    stretch = QgsContrastEnhancement(layer.dataProvider().dataType(1))
    stretch.setMinimumValue(70)
    stretch.setMaximumValue(FLAT)
    stretch.setContrastEnhancementAlgorithm(QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum)
    renderer.setContrastEnhancement(stretch)
    renderer.setOpacity(0.30)
    layer.setRenderer(renderer)
    layer.setBlendMode(QPainter.CompositionMode.CompositionMode_Multiply)


def _dem(layer: QgsRasterLayer) -> None:
    """Pale tints over the heights in view: the range follows the map's extent."""
    ramp = QgsGradientColorRamp(QColor("#DCE6D4"), QColor("#F4EFE6"), False, [QgsGradientStop(0.5, QColor("#EFE6D2"))])
    function = QgsColorRampShader(0, 100, ramp, QgsColorRampShader.Type.Interpolated)
    function.classifyColorRamp(5)
    shader = QgsRasterShader(0, 100)
    shader.setRasterShaderFunction(function)
    renderer = QgsSingleBandPseudoColorRenderer(layer.dataProvider(), 1, shader)
    origin = QgsRasterMinMaxOrigin()
    origin.setLimits(QgsRasterMinMaxOrigin.Limits.CumulativeCut)
    origin.setExtent(QgsRasterMinMaxOrigin.Extent.UpdatedCanvas)
    renderer.setMinMaxOrigin(origin)
    layer.setRenderer(renderer)


def _ortho(layer: QgsRasterLayer) -> None:
    layer.setRenderer(QgsMultiBandColorRenderer(layer.dataProvider(), 1, 2, 3))
    layer.hueSaturationFilter().setSaturation(-25)
    layer.brightnessFilter().setBrightness(12)
