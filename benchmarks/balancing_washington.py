"""Washington before and after: the city's commissions beside balanced groups, as a table and a picture."""

from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from benchmarks.balancing_picture import draw
from onemap import assign_cases, balance_cells, own_polygons

TOLERANCE: Final = 0.02


def blocks_of(real: Path) -> gpd.GeoDataFrame:
    """Return the block groups with their service requests, the ward and the commission that hold most of each."""
    folder = real / "washington_dc"
    names = ("census_block_group_2010", "ward_2012", "anc_2013")
    blocks, wards, commissions = (gpd.read_file(folder / "dc_boundaries.gpkg", layer=name) for name in names)
    rows = pd.read_csv(folder / "dc_service_requests_2016.csv.gz", dtype=str)
    where = gpd.points_from_xy(pd.to_numeric(rows["GEOM_LON"]), pd.to_numeric(rows["GEOM_LAT"]))
    table = assign_cases(gpd.GeoDataFrame(rows, geometry=where, crs="EPSG:4326"), blocks, code="GEOID").table
    return blocks.assign(
        cases=blocks["GEOID"].map(table["cell"].value_counts()).fillna(0).astype(int),
        ward=own_polygons(blocks, wards, code="WARD_ID")["cell"],
        commission=own_polygons(blocks, commissions, code="ANC_ID")["cell"],
    )


def measure(real: Path, *, picture: Path) -> str:
    """Return the table of both states as Markdown, and draw the picture of the one with tolerance."""
    blocks = blocks_of(real)
    counts = {ward: rows["commission"].nunique() for ward, rows in blocks.groupby("ward")}
    asked = {"load": "cases", "groups": counts, "within": "ward", "before": "commission", "code": "GEOID"}
    loose, tight = (balance_cells(blocks, **asked, tolerance=one) for one in (TOLERANCE, 0.0))
    draw(blocks.assign(group=loose.groups), picture)
    rows = [
        _row("commissions", loose.table, "before"),
        _row(f"balanced, `tolerance={TOLERANCE}` (the picture)", loose.table, "after"),
        _row("balanced, `tolerance=0`", tight.table, "after"),
    ]
    head = "| | largest deviation from the ward's mean | border between groups | groups in pieces |"
    spreads = tight.table.query("state == 'after' and area != '*'").set_index("area")["spread"].astype(int)
    apart = ", ".join(f"{spread} in ward {ward}" for ward, spread in spreads.items())
    said = f"Without tolerance the heaviest and the lightest group differ by so many cases: {apart}."
    return "\n".join([head, "|---|---:|---:|---:|", *rows, "", said])


def _row(title: str, table: Any, state: str) -> str:
    one = table[(table["state"] == state) & (table["area"] == "*")].iloc[0]
    return f"| {title} | {one['deviation']:.1%} | {one['border_m'] / 1000:,.1f} km | {one['scattered']:.0f} |"
