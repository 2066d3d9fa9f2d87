"""How each vector layer looks. Widths in millimetres, scales as denominators."""

from dataclasses import dataclass

from qgis.core import (
    Qgis,
    QgsAbstract3DRenderer,
    QgsAbstractVectorLayerLabeling,
    QgsCategorizedSymbolRenderer,
    QgsFeatureRenderer,
    QgsFontMarkerSymbolLayer,
    QgsPointClusterRenderer,
    QgsProperty,
    QgsRendererCategory,
    QgsSingleSymbolRenderer,
    QgsSymbol,
    QgsSymbolLayer,
)
from qgis.PyQt.QtCore import Qt
from qgis_solids import buildings, pipes, spaces
from qgis_symbols import (
    FAMILIES,
    PALETTE,
    Shape,
    area,
    by_scale,
    colour,
    fills,
    hatch,
    labels,
    line,
    lines,
    marker,
    markers,
    only_when,
    text_format,
    zigzag,
)

from onemap.domain.catalogue import load_catalogue

CITY, QUARTER, BLOCK, HOUSE = 100_000, 25_000, 8_000, 3_000  # the steps of the scale ranges
STRENGTH = {"grid_district": 0.85, "grid_street": 0.75, "grid_community": 0.6, "grid_cell": 0.4}  # opacity of the lines
AUDITED = (
    "statutory_base", "territorial", "geography", "fit_size", "as_managed", "convenient", "balanced_load", "stable",
)  # fmt: skip
Placement = Qgis.LabelPlacement
OVER, HORIZONTAL, AROUND = Placement.OverPoint, Placement.Horizontal, Placement.OrderedPositionsAroundPoint


@dataclass(frozen=True)
class Style:
    """A renderer, its labels, and the scales between which the layer is shown (0: no limit)."""

    renderer: QgsFeatureRenderer
    labels: QgsAbstractVectorLayerLabeling | None = None
    smallest: float = 0.0
    largest: float = 0.0
    renderer3d: QgsAbstract3DRenderer | None = None


def vector_styles() -> dict[str, Style]:
    """Return layer id -> style."""
    return {**_base(), **_underground(), **_frame(), **_grids(), **_cases(), **_findings()}


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


def _base() -> dict[str, Style]:
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


def _underground() -> dict[str, Style]:
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


def _frame() -> dict[str, Style]:
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


def _thin_from_afar(layer_id: str) -> QgsSymbolLayer:
    """Return a solid border, of half its width from afar; the hall's project dashes it where each is drawn once."""
    width = PALETTE["lines"][layer_id]["width_mm"]
    made = line("grid_line", width, opacity=STRENGTH[layer_id])
    made.setPenCapStyle(Qt.PenCapStyle.FlatCap)
    afar = f"coalesce(@map_scale, 1) > {PALETTE['scales']['full_borders']}"
    thin = QgsProperty.fromExpression(f"if({afar}, {width / 2}, {width})")
    made.setDataDefinedProperty(QgsSymbolLayer.Property.StrokeWidth, thin)
    return made


def _grids() -> dict[str, Style]:
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


def _signs() -> dict[str, QgsSymbol]:
    """Return a sign for each state of a case: form first, colour beside it."""
    half = marker(Shape.Circle, 2.8, fill="surface", outline="case_in_hand", width=0.45)
    side = marker(Shape.SemiCircle, 2.8, fill="case_in_hand")
    side.setAngle(90)
    return {
        "new": markers(marker(Shape.Circle, 2.8, fill="case_new", outline="paper", width=0.25)),
        "in_hand": markers(half, side),
        "overdue": markers(marker(Shape.Triangle, 3.4, fill="case_overdue", outline="paper", width=0.25)),
        "settled": markers(marker(Shape.Circle, 2.0, outline="case_settled", width=0.5)),
    }


def _cases() -> dict[str, Style]:
    """Return single signs where they are apart, circles with a count where they crowd.

    Settled cases are switched off: a year of them would bury the few that need somebody. A cluster counts only
    what is switched on.
    """
    other = markers(marker(Shape.Cross2, 2.2, outline="case_settled", width=0.5))  # as the lists sign an unknown state
    single = by_value("case", "state", _signs(), other, quiet=("settled",))
    cluster = QgsPointClusterRenderer()
    cluster.setEmbeddedRenderer(single)
    cluster.setTolerance(4.5)
    cluster.setToleranceUnit(Qgis.RenderUnit.Millimeters)
    circle = marker(Shape.Circle, 4.0, fill="surface", outline="accent", width=0.4, opacity=0.92)
    grown = "3.6 + min(4.4, 1.5 * log10(coalesce(@cluster_size, 1)))"
    circle.setDataDefinedProperty(QgsSymbolLayer.Property.Size, QgsProperty.fromExpression(grown))
    count = QgsFontMarkerSymbolLayer(FAMILIES[0], "9", 1.9, colour("accent"))
    count.setDataDefinedProperty(QgsSymbolLayer.Property.Character, QgsProperty.fromExpression("@cluster_size"))
    count.setDataDefinedProperty(QgsSymbolLayer.Property.Size, QgsProperty.fromExpression(f"0.5 * ({grown})"))
    cluster.setClusterSymbol(markers(circle, count))
    return {
        "case": Style(
            cluster,
            # beyond the ring of a case near a border, and of the one that is looked at
            labels('"matter_name"', text_format(6.5), AROUND, smallest=HOUSE / 2, priority=2, distance_mm=1.6),
            smallest=QUARTER,
        )
    }


def _findings() -> dict[str, Style]:
    def kinds(plain: tuple[str, ...]) -> dict[str, QgsSymbol]:
        made: dict[str, QgsSymbol] = {
            "allowed": fills(*hatch("allowed_gap", "allowed_gap")),
            "gap": fills(*hatch("gap", "gap")),
            "overlap": fills(*hatch("overlap", "overlap")),
            "outside": fills(*hatch("outside", "outside")),
        }
        return made | {kind: fills(area("bad", opacity=0.18, outline="bad", width=0.6)) for kind in plain}

    ring = [
        marker(Shape.Circle, 5.2, outline="near_border", width=0.45),
        marker(Shape.Circle, 3.8, outline="near_border", width=0.45),
    ]
    cross = marker(Shape.Cross2, 2.6, outline="gap", width=0.6)
    frame = marker(Shape.Square, 3.0, fill="surface", outline="gap", width=0.4, opacity=0.85)
    other = fills(area("bad", opacity=0.18, outline="bad", width=0.6))
    # the reason is a sentence: it stands in the list, not on the map
    # as the lists of the plugin write a size
    large = 'format_number("area_m2" / 1000000, if("area_m2" >= 100000000, 0, 2)) || \' km²\''
    small = 'format_number("area_m2", if("area_m2" >= 100, 0, 2)) || \' m²\''
    told = f"represent_value(\"kind\") || coalesce(' ' || if(\"area_m2\" >= 1000000, {large}, {small}), '')"
    what = labels(told, text_format(6.5, ink="ink_quiet"), HORIZONTAL, smallest=HOUSE)
    if_allowed = 'if(coalesce("allowed", false), \'allowed\', "kind")'
    wrong = ("duplicate", "nesting", "orphan", "invalid")
    land = fills(*hatch("gap", "gap"))
    moved = "coalesce(nullif(right(\"from\", 4), ''), '–') || ' → ' || coalesce(nullif(right(\"to\", 4), ''), '–')"
    teeth = zigzag("mismatch", PALETTE["lines"]["mismatch"]["width_mm"], smallest=BLOCK)
    return {
        "defect": Style(by_value("defect", "kind", kinds(wrong), other, expression=if_allowed), what),
        "defect_line": Style(one(lines(*teeth)), smallest=QUARTER),
        "coverage_gap": Style(by_value("coverage_gap", "kind", kinds(()) | {"land": land}, other.clone())),
        "duty_gap": Style(
            by_value(
                "duty_gap",
                "kind",
                {
                    "duty": fills(*hatch("duty_gap", "duty_gap")),
                    "time": fills(area("duty_gap", opacity=0.12, outline="duty_gap", width=0.6)),
                },
                other.clone(),
            )
        ),
        "duty_conflict": Style(one(fills(*hatch("overlap", "overlap")))),
        "audit_finding": Style(
            by_value(
                "audit_finding",
                "kind",
                {
                    "allowed": fills(*hatch("allowed_gap", "allowed_gap")),
                    **{rule: fills(area("bad", opacity=0.18, outline="bad", width=0.5)) for rule in AUDITED},
                },
                None,
                expression='if(coalesce("accepted", false), \'allowed\', "kind")',
            ),
            smallest=CITY,
        ),
        "version_piece": Style(
            one(fills(area("accent", opacity=0.3, outline="accent", width=0.5))),
            labels(moved, text_format(6.5, ink="accent"), HORIZONTAL, smallest=BLOCK),
        ),
        "object_gap": Style(one(markers(frame, cross)), smallest=QUARTER),
        "near_border": Style(one(markers(*ring)), smallest=HOUSE),
    }
