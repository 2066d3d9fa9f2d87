"""Inputs that many algorithms ask for in the same words."""

from ..translation import tr
from .inputs import AREAS, ROWS, Column, Day, File, Number, System, Words
from .layers import Layer
from .open_map import FINEST


def cells(option: str = "", layer_option: str = "--layer") -> Layer:
    """Return the cells."""
    return Layer(
        name="CELLS",
        title=tr("Cells"),
        help=tr("The polygons of the grid, each with a code."),
        option=option,
        layer_option=layer_option,
        kinds=AREAS,
        shown=FINEST,
    )


def code(of: str = "CELLS") -> Column:
    """Return the column of the cells' codes."""
    return Column(
        name="CODE",
        title=tr("Code of the cells"),
        help=tr("The column of the cell codes; found by its title when left empty."),
        option="--code",
        of=of,
        codes_of=FINEST,
        optional=True,
    )


def parent() -> Layer:
    """Return the area that the cells shall cover."""
    return Layer(
        name="PARENT",
        title=tr("Area to cover"),
        help=tr(
            "The polygons that the cells shall cover exactly, as the streets or the district; without it only gaps "
            "enclosed by cells are found."
        ),
        option="--parent",
        kinds=AREAS,
        optional=True,
    )


def allowed() -> Layer:
    """Return the gaps that somebody allowed."""
    return Layer(
        name="ALLOWED",
        title=tr("Allowed gaps"),
        help=tr("Lakes, barracks and the like: polygons with a column reason and, where it ends, a column until."),
        option="--allowed",
        kinds=AREAS,
        optional=True,
    )


def day(told: str = "") -> Day:
    """Return the day on which rows must be in force; ``told`` says more of it where more hangs on it."""
    return Day(
        name="AS_OF",
        title=tr("In force on"),
        help=told or tr("Only rows in force on this day count; when left empty, all of them."),
        option="--as-of",
        optional=True,
        advanced=True,
    )


def one_map() -> File:
    """Return the published map."""
    return File(
        name="ONEMAP",
        title=tr("One map"),
        help=tr("The GeoPackage that building or running the whole line has made."),
        filter=tr("GeoPackage (*.gpkg)"),
        is_map=True,
    )


def cases() -> Layer:
    """Return the cases."""
    return Layer(
        name="CASES",
        title=tr("Cases"),
        help=tr("Points, or a table whose columns hold the position."),
        kinds=ROWS,
        layer_option="--layer",
        shown="case",
    )


def system_of_cases() -> System:
    """Return the coordinate system of cases in a table."""
    return System(
        name="CRS",
        title=tr("Coordinate system of the table"),
        help=tr("For a table of cases whose columns hold the position; a layer with points says it by itself."),
        option="--crs",
        optional=True,
        advanced=True,
    )


def near() -> Number:
    """Return the distance within which a case goes to the nearest cell."""
    return Number(
        name="NEAR_WITHIN",
        title=tr("Nearest cell within (m)"),
        help=tr("A case outside all cells goes to the nearest one within this distance; 0: it stays outside."),
        option="--near-m",
        default=0.0,
    )


def tolerance() -> Number:
    """Return the width under which a defect is a mismatch."""
    return Number(
        name="TOLERANCE",
        title=tr("Tolerance (m)"),
        help=tr("Gaps and overlaps narrower than this are called mismatched edges. 0: every one is told."),
        option="--tolerance-m",
        default=0.0,
        advanced=True,
    )


def loads(*, needed: bool) -> Column:
    """Return the columns of the load."""
    return Column(
        name="LOAD",
        title=tr("Load"),
        help=tr("The columns that measure the work of a cell, as households or cases; several add up."),
        option="--load",
        of="CELLS",
        several=True,
        optional=not needed,
    )


def encoding() -> Words:
    """Return the encoding of a text file."""
    return Words(
        name="ENCODING",
        title=tr("Encoding"),
        help=tr("Such as GB18030, where the file does not say it; when left empty it is found out."),
        option="--encoding",
        optional=True,
        advanced=True,
    )
