"""The manifest of the smallest district: one level of cells below it, and what a test puts beside them."""

_HEAD = """
[district]
name = "Town"
crs = "{crs}"
language = "en"
{more}
[levels]
grid_district = {{ en = "City", dissolve = "grid_cell" }}
grid_cell = {{ en = "Cells" }}

[[source]]
layer = "grid_cell"
path = "cells.gpkg"
columns = {{ cell_code = "cell_code" }}
"""


def town_manifest(*sources: str, crs: str = "EPSG:4548", more: str = "") -> str:
    """Return its text: `sources` are the lines of further sources, `more` further lines of the district."""
    return _HEAD.format(crs=crs, more=more) + "".join(f"\n[[source]]\n{lines.strip()}\n" for lines in sources)
