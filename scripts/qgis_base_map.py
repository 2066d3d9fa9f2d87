"""How the base map looks: it whispers, so that findings are heard. Widths in millimetres."""

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsProperty,
    QgsSymbol,
    QgsSymbolLayer,
)
from qgis_solids import buildings, pipes, spaces
from qgis_style import AROUND, BLOCK, CITY, HORIZONTAL, HOUSE, QUARTER, Style, by_value, one
from qgis_symbols import (
    Shape,
    area,
    by_scale,
    fills,
    labels,
    line,
    lines,
    marker,
    markers,
    only_when,
    text_format,
)


def base() -> dict[str, Style]:
    quiet = text_format(7, ink="ink_quiet")
    blue = text_format(7.5, ink="#4A7C9B")
    # lakes and parks are named by the place names where those are shown, so that nothing is named twice
    flowing = f"if(\"kind\" in ('river', 'canal') or coalesce(@map_scale, 1) > {BLOCK}, \"name\", '')"
    contour = only_when(line("#D8CFBF", 0.2), '"elevation_m" % 25 = 0')
    return {
        "terrain_contour": Style(
            one(lines(line("#E6DFD2", 0.12), contour)),
            labels('if("elevation_m" % 25 = 0, round("elevation_m"), \'\')', text_format(6, ink="#8A7F6C"), HORIZONTAL),
            smallest=QUARTER,
        ),
        "emap_water": Style(
            one(fills(area("water", outline="#BFD6E4"))),
            labels(flowing, blue, HORIZONTAL, smallest=QUARTER, only_inside=True),
        ),
        "emap_waterline": Style(one(lines(line("#BFD6E4", 0.5))), labels('"name"', blue, HORIZONTAL, smallest=BLOCK)),
        "emap_green": Style(
            one(fills(area("green"))),
            labels(
                '"name"', text_format(7, ink="#5E7F56"), HORIZONTAL, smallest=QUARTER, largest=BLOCK, only_inside=True
            ),
            smallest=CITY,
        ),
        "emap_road": Style(_roads(), labels('"name"', quiet, HORIZONTAL, smallest=QUARTER, priority=3), smallest=CITY),
        "emap_poi": Style(
            one(markers(marker(Shape.Circle, 1.4, fill="#9C8F7A", outline="paper", width=0.2))),
            labels('"name"', text_format(6.5, ink="ink_quiet"), AROUND, smallest=HOUSE, priority=1),
            smallest=BLOCK,
        ),
        "place_name": Style(
            one(markers(marker(Shape.Circle, 0.8, fill="ink_quiet"))),
            labels('"name"', text_format(7.5), AROUND, smallest=BLOCK, priority=4),
            smallest=BLOCK,
        ),
        "place_address": Style(
            one(markers(marker(Shape.Square, 0.7, fill="#B5AA99"))),
            labels('"address"', text_format(6, ink="ink_quiet"), AROUND, smallest=HOUSE / 2, priority=0),
            smallest=HOUSE,
        ),
        "city3d_building": Style(
            one(fills(area("building", outline="building_outline", width=0.12))),
            labels(
                "coalesce(\"name\" || '\\n', '') || if(\"floors\" > 0, to_string(\"floors\") || 'F', '')",
                text_format(6, ink="ink_quiet", halo=0.5),
                HORIZONTAL,
                smallest=HOUSE / 2,
                priority=1,
                only_inside=True,
            ),
            smallest=BLOCK,
            renderer3d=buildings(),
        ),
    }


def _roads() -> QgsCategorizedSymbolRenderer:
    """Return roads with casing: all casings first, then all fills, so that crossings are open."""
    widths = {"expressway": 1.9, "arterial": 1.5, "secondary": 1.1, "branch": 0.8, "lane": 0.55}
    major = ("expressway", "arterial", "secondary")
    symbols: dict[str, QgsSymbol] = {}
    for name, width in widths.items():
        limit = QUARTER if name not in major else CITY
        symbols[name] = _cased(width, limit)
    symbols["path"] = lines(
        only_when(line("road_casing", 0.25, dash=[1.0, 0.8]), f"coalesce(@map_scale, 1) <= {BLOCK}")
    )
    made = by_value("emap_road", "class", symbols, _cased(0.55, QUARTER))
    made.setUsingSymbolLevels(True)
    return made


def _cased(width: float, limit: float) -> QgsSymbol:
    shown = f"coalesce(@map_scale, 1) <= {limit}"
    casing = only_when(by_scale(line("road_casing", width + 0.3), width + 0.3), shown)
    fill = only_when(by_scale(line("road_fill", width), width), shown)
    fill.setRenderingPass(1)
    return lines(casing, fill)


# Pipes by the colours of the surveyors' code for underground pipelines (CJJ 61), softened.
_PIPES = {
    "water": "#4A90D9",
    "reclaimed": "#7FB3E0",
    "sewage": "#8C6A4F",
    "storm": "#A9825F",
    "combined": "#7A5C45",
    "gas": "#D46A9F",
    "heat": "#E58A3A",
    "power": "#D64545",
    "lighting": "#E07A7A",
    "signal": "#B85C8E",
    "telecom": "#3C9A5F",
    "gallery": "#5B626B",
}


def underground() -> dict[str, Style]:
    drawn: dict[str, QgsSymbol] = {kind: lines(line(ink, 0.45, dash=[3.0, 1.0])) for kind, ink in _PIPES.items()}
    depth = "coalesce(\"name\" || ' ', '') || '-' || round(\"depth_m\", 1) || ' m'"
    return {
        "underground_pipe": Style(
            by_value("underground_pipe", "kind", drawn, lines(line("#8A8F98", 0.45, dash=[3.0, 1.0]))),
            smallest=BLOCK,
            renderer3d=pipes(_PIPES),
        ),
        "underground_space": Style(
            one(fills(area("#5B4A8A", opacity=0.10, outline="#5B4A8A", width=0.3, dash=[2.0, 1.0]))),
            labels(depth, text_format(6.5, ink="#5B4A8A"), HORIZONTAL, smallest=BLOCK, only_inside=True),
            smallest=QUARTER,
            renderer3d=spaces(),
        ),
    }


def frame() -> dict[str, Style]:
    people = marker(Shape.Circle, 1.6, fill="#1F74A8", opacity=0.35)
    people.setDataDefinedProperty(
        QgsSymbolLayer.Property.Size,
        QgsProperty.fromExpression('0.5 + min(5, sqrt(coalesce("residents", 0)) * 0.22)'),
    )
    names = text_format(6.5, ink="ink_quiet")
    return {
        "frame_boundary": Style(one(fills(area(outline="#B9AFA2", width=0.4)))),
        "frame_parcel": Style(one(fills(area(outline="#D5CCBF", width=0.12, dash=[1.0, 1.0]))), smallest=BLOCK),
        "frame_compound": Style(
            one(fills(area("#E9E4DC", opacity=0.4, outline="#C9C1B6", width=0.25))),
            labels('"name"', names, HORIZONTAL, smallest=BLOCK, only_inside=True),
            smallest=QUARTER,
        ),
        "frame_component": Style(
            one(markers(marker(Shape.Square, 1.3, fill="#5B626B", outline="paper", width=0.2))),
            labels('"name"', text_format(6, ink="ink_quiet"), AROUND, smallest=HOUSE / 2, priority=0),
            smallest=HOUSE,
        ),
        "econ_population": Style(one(markers(people)), smallest=BLOCK),
        "econ_unit": Style(
            one(markers(marker(Shape.Diamond, 1.7, fill="#A6761D", outline="paper", width=0.2))),
            labels('"name"', names, AROUND, smallest=HOUSE, priority=1),
            smallest=BLOCK,
        ),
    }
