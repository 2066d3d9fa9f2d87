"""How the grids look: quiet lines, and a tint for each responsibility grid. Widths in millimetres."""

from qgis.core import (
    QgsProperty,
    QgsSymbolLayer,
)
from qgis.PyQt.QtCore import Qt
from qgis_style import BLOCK, CITY, HORIZONTAL, HOUSE, QUARTER, Style, one
from qgis_symbols import (
    PALETTE,
    area,
    colour,
    fills,
    labels,
    line,
    text_format,
)

from onemap.domain.catalogue import load_catalogue

STRENGTH = {"grid_district": 0.85, "grid_street": 0.75, "grid_community": 0.6, "grid_cell": 0.4}  # opacity of the lines


def _thin_from_afar(layer_id: str) -> QgsSymbolLayer:
    """Return a solid border, of half its width from afar; the hall's project dashes it where each is drawn once."""
    width = PALETTE["lines"][layer_id]["width_mm"]
    made = line("grid_line", width, opacity=STRENGTH[layer_id])
    made.setPenCapStyle(Qt.PenCapStyle.FlatCap)
    afar = f"coalesce(@map_scale, 1) > {PALETTE['scales']['full_borders']}"
    thin = QgsProperty.fromExpression(f"if({afar}, {width / 2}, {width})")
    made.setDataDefinedProperty(QgsSymbolLayer.Property.StrokeWidth, thin)
    return made


def grids() -> dict[str, Style]:
    def border(layer_id: str) -> QgsSymbolLayer:
        form = PALETTE["lines"][layer_id]
        return line("grid_line", form["width_mm"], dash=form["dash"], opacity=STRENGTH[layer_id])

    def place(layer_id: str) -> str:
        return f'coalesce(nullif("name", \'\'), "{load_catalogue()[layer_id].key}")'

    short = 'if(length("cell_code") > 8, \'…\' || right("cell_code", 4), "cell_code")'
    return {
        "grid_district": Style(one(fills(border("grid_district")))),
        "grid_street": Style(
            one(fills(_thin_from_afar("grid_street"))),
            labels(
                place("grid_street"),
                text_format(10, bold=True),
                HORIZONTAL,
                smallest=5 * CITY,
                largest=BLOCK,
                priority=9,
            ),
        ),
        "grid_community": Style(
            one(fills(_thin_from_afar("grid_community"))),
            labels(
                place("grid_community"), text_format(8), HORIZONTAL, smallest=1.6 * QUARTER, largest=HOUSE, priority=7
            ),
            smallest=CITY,
        ),
        "grid_cell": Style(
            one(fills(border("grid_cell"))),
            labels(short, text_format(6.5, ink="ink_quiet"), HORIZONTAL, smallest=BLOCK, priority=6, only_inside=True),
            smallest=QUARTER,
        ),
        "duty_grid": Style(
            one(fills(_one_of_twelve())),
            labels(
                'coalesce("name", "duty_code")',  # who holds it stands in the roster, where labels cannot look
                text_format(7.5),
                HORIZONTAL,
                smallest=QUARTER,
                only_inside=True,
            ),
            smallest=CITY,
        ),
    }


def _one_of_twelve() -> QgsSymbolLayer:
    """Return a tint for each responsibility grid, from twelve hues in turn."""
    areas = PALETTE["areas"]
    alpha = round(255 * areas["opacity_light"])
    hues = [colour(hue) for hue in areas["hues"]]
    tints = ", ".join(f"'{hue.red()},{hue.green()},{hue.blue()},{alpha}'" for hue in hues)
    rgba = f"array_get(array({tints}), @id % {len(hues)})"
    made = area(areas["hues"][0], opacity=areas["opacity_light"], outline="ink_quiet", width=0.35)
    made.setDataDefinedProperty(QgsSymbolLayer.Property.PropertyFillColor, QgsProperty.fromExpression(rgba))
    return made
