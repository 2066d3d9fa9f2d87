"""How cases look: a sign for each state, a circle with a count where they crowd. Widths in millimetres."""

from qgis.core import (
    Qgis,
    QgsFontMarkerSymbolLayer,
    QgsPointClusterRenderer,
    QgsProperty,
    QgsSymbol,
    QgsSymbolLayer,
)
from qgis_style import AROUND, HOUSE, QUARTER, Style, by_value
from qgis_symbols import (
    FAMILIES,
    Shape,
    colour,
    labels,
    marker,
    markers,
    text_format,
)


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


def _state_now() -> str:
    """Return the state of a case: an open one whose deadline has passed is overdue, whatever was said of it last.

    A project of a map that is of a day says when that day ends; of a map of years ago all would be overdue.
    """
    due, ends = '"due_at"', "coalesce(@onemap_day_ends, '')"
    passed = f"{due} < now() and ({ends} = '' or {due} < to_datetime({ends}))"
    return f"if(\"state\" in ('new', 'in_hand') and {passed}, 'overdue', \"state\")"


def cases() -> dict[str, Style]:
    """Return single signs where they are apart, circles with a count where they crowd.

    Settled cases are switched off: a year of them would bury the few that need somebody. A cluster counts only
    what is switched on.
    """
    other = markers(marker(Shape.Cross2, 2.2, outline="case_settled", width=0.5))  # as the lists sign an unknown state
    single = by_value("case", "state", _signs(), other, quiet=("settled",), expression=_state_now())
    cluster = QgsPointClusterRenderer()
    cluster.setEmbeddedRenderer(single)
    cluster.setTolerance(4.5)
    cluster.setToleranceUnit(Qgis.RenderUnit.Millimeters)
    circle = marker(Shape.Circle, 4.0, fill="surface", outline="accent", width=0.4, opacity=0.92)
    grown = "3.6 + min(4.4, 1.5 * log10(coalesce(@cluster_size, 1)))"
    circle.setDataDefinedProperty(QgsSymbolLayer.Property.Size, QgsProperty.fromExpression(grown))
    count = QgsFontMarkerSymbolLayer(FAMILIES[0], "9", 1.9, colour("accent"))
    count.setDataDefinedProperty(QgsSymbolLayer.Property.Character, QgsProperty.fromExpression("@cluster_size"))
    count.setDataDefinedProperty(QgsSymbolLayer.Property.Size, QgsProperty.fromExpression(f"0.6 * ({grown})"))
    cluster.setClusterSymbol(markers(circle, count))
    return {
        "case": Style(
            cluster,
            # beyond the ring of a case near a border, and of the one that is looked at
            labels('"matter_name"', text_format(6.5), AROUND, smallest=HOUSE / 2, priority=2, distance_mm=1.6),
            smallest=QUARTER,
        )
    }
