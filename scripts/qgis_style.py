"""What every style is made of: its scales, one symbol for all, or a symbol for each value. Scales as denominators."""

from dataclasses import dataclass

from qgis.core import (
    Qgis,
    QgsAbstract3DRenderer,
    QgsAbstractVectorLayerLabeling,
    QgsCategorizedSymbolRenderer,
    QgsFeatureRenderer,
    QgsRendererCategory,
    QgsSingleSymbolRenderer,
    QgsSymbol,
)

from onemap.domain.catalogue import load_catalogue

CITY, QUARTER, BLOCK, HOUSE = 100_000, 25_000, 8_000, 3_000  # the steps of the scale ranges
Placement = Qgis.LabelPlacement
HORIZONTAL, AROUND = Placement.Horizontal, Placement.OrderedPositionsAroundPoint


@dataclass(frozen=True)
class Style:
    """A renderer, its labels, and the scales between which the layer is shown (0: no limit)."""

    renderer: QgsFeatureRenderer
    labels: QgsAbstractVectorLayerLabeling | None = None
    smallest: float = 0.0
    largest: float = 0.0
    renderer3d: QgsAbstract3DRenderer | None = None


def one(symbol: QgsSymbol) -> QgsSingleSymbolRenderer:
    """Return one symbol for all."""
    return QgsSingleSymbolRenderer(symbol)


def by_value(
    layer_id: str,
    field: str,
    symbols: dict[str, QgsSymbol],
    other: QgsSymbol | None,
    *,
    expression: str = "",
    quiet: tuple[str, ...] = (),
) -> QgsCategorizedSymbolRenderer:
    """Return a symbol for each value of a coded field, labelled in Chinese as the definition has it.

    Values in ``quiet`` stand in the legend, switched off.
    """
    known = {**load_catalogue()[layer_id].field(field).values, "allowed": "准许"}
    categories = [
        QgsRendererCategory(value, symbol.clone(), known.get(value, value), value not in quiet)
        for value, symbol in symbols.items()
    ]
    if other is not None:
        categories.append(QgsRendererCategory("", other.clone(), "其他"))
    return QgsCategorizedSymbolRenderer(expression or field, categories)
