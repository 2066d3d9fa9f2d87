"""How findings look: a strong colour and a form of their own. Widths in millimetres."""

from qgis.core import (
    QgsSymbol,
)
from qgis_style import BLOCK, CITY, HORIZONTAL, HOUSE, QUARTER, Style, by_value, one
from qgis_symbols import (
    PALETTE,
    Shape,
    area,
    fills,
    hatch,
    labels,
    lines,
    marker,
    markers,
    text_format,
    zigzag,
)

AUDITED = (
    "statutory_base", "territorial", "geography", "fit_size", "as_managed", "convenient", "balanced_load", "stable",
)  # fmt: skip


def findings() -> dict[str, Style]:
    """Return the styles of what needs a decision."""
    return {**_of_grids(), **_of_cover(), **_of_duties(), **_of_division(), **_of_places()}


def _kinds(plain: tuple[str, ...]) -> dict[str, QgsSymbol]:
    made: dict[str, QgsSymbol] = {
        "allowed": fills(*hatch("allowed_gap", "allowed_gap")),
        "gap": fills(*hatch("gap", "gap")),
        "overlap": fills(*hatch("overlap", "overlap")),
        "outside": fills(*hatch("outside", "outside")),
    }
    return made | {kind: _other() for kind in plain}


def _other() -> QgsSymbol:
    return fills(area("bad", opacity=0.18, outline="bad", width=0.6))


def _of_grids() -> dict[str, Style]:
    """Return the styles of what is wrong with the cells, and of borders that do not meet."""
    # the reason is a sentence: it stands in the list, not on the map
    # as the lists of the plugin write a size
    large = 'format_number("area_m2" / 1000000, if("area_m2" >= 100000000, 0, 2)) || \' km²\''
    small = 'format_number("area_m2", if("area_m2" >= 100, 0, 2)) || \' m²\''
    told = f"represent_value(\"kind\") || coalesce(' ' || if(\"area_m2\" >= 1000000, {large}, {small}), '')"
    what = labels(told, text_format(6.5, ink="ink_quiet"), HORIZONTAL, smallest=HOUSE)
    if_allowed = 'if(coalesce("allowed", false), \'allowed\', "kind")'
    wrong = ("duplicate", "nesting", "orphan", "invalid")
    teeth = zigzag("mismatch", PALETTE["lines"]["mismatch"]["width_mm"], smallest=BLOCK)
    return {
        "defect": Style(by_value("defect", "kind", _kinds(wrong), _other(), expression=if_allowed), what),
        "defect_line": Style(one(lines(*teeth)), smallest=QUARTER),
    }


def _of_cover() -> dict[str, Style]:
    """Return the style of land that nothing covers."""
    land = fills(*hatch("gap", "gap"))
    return {
        "coverage_gap": Style(by_value("coverage_gap", "kind", _kinds(()) | {"land": land}, _other())),
    }


def _of_duties() -> dict[str, Style]:
    """Return the styles of places and times for which nobody answers, or too many."""
    return {
        "duty_gap": Style(
            by_value(
                "duty_gap",
                "kind",
                {
                    "duty": fills(*hatch("duty_gap", "duty_gap")),
                    "time": fills(area("duty_gap", opacity=0.12, outline="duty_gap", width=0.6)),
                },
                _other(),
            )
        ),
        "duty_conflict": Style(one(fills(*hatch("overlap", "overlap")))),
    }


def _of_division() -> dict[str, Style]:
    """Return the styles of how a division stands to its rules, and of what differs between two."""
    moved = "coalesce(nullif(right(\"from\", 4), ''), '–') || ' → ' || coalesce(nullif(right(\"to\", 4), ''), '–')"
    return {
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
    }


def _of_places() -> dict[str, Style]:
    """Return the signs of objects that nobody covers, and of cases near a border."""
    ring = [
        marker(Shape.Circle, 5.2, outline="near_border", width=0.45),
        marker(Shape.Circle, 3.8, outline="near_border", width=0.45),
    ]
    cross = marker(Shape.Cross2, 2.6, outline="gap", width=0.6)
    frame = marker(Shape.Square, 3.0, fill="surface", outline="gap", width=0.4, opacity=0.85)
    return {
        "object_gap": Style(one(markers(frame, cross)), smallest=QUARTER),
        "near_border": Style(one(markers(*ring)), smallest=HOUSE),
    }
