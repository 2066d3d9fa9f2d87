"""Draw docs/pictures/repair.png: two places of Washington DC before and after the repair of their coverage.

usage: python scripts/draw_repair.py FOLDER_OF_THE_REAL_DATA
"""

import sys
import tomllib
from pathlib import Path
from typing import Any

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import shapely

import onemap

mpl.use("agg")
from matplotlib import pyplot as plt
from matplotlib.patches import Patch
from matplotlib.ticker import NullLocator

ROOT = Path(__file__).resolve().parent.parent
PALETTE = tomllib.loads((ROOT / "styles" / "palette.toml").read_text(encoding="utf-8"))["light"]
TINTS = ("#E3EEDC", "#D6E6F0", "#F3E9D2", "#E8E0EE", "#E9E4DC")
PLACES = (
    ("voting_precinct_2012", "Voting precincts", (403040, 135395), 75, {"max_width_m": 5.0, "max_change": 0.002}),
    ("zip_code", "Postal codes", (398878, 136855), 38, {"max_width_m": 20.0, "max_change": 0.02}),
)


def draw(axes: Any, cells: Any, codes: Any, defects: Any, window: Any, *, title: str, note: str) -> None:
    """Draw the cells of a window, their borders, and the defects on them."""
    shapes = cells.geometry.to_numpy()
    near = np.flatnonzero(shapely.intersects(shapes, window))
    order = {code: n for n, code in enumerate(sorted({codes[row] for row in near}))}
    for row in near[np.argsort(-shapely.area(shapes[near]))]:
        part = shapely.intersection(shapes[row], window)
        gpd.GeoSeries([part]).plot(ax=axes, color=TINTS[order[codes[row]] % len(TINTS)], edgecolor="none")
    lines = shapely.intersection(shapely.boundary(shapes[near]), window)
    gpd.GeoSeries(lines).plot(ax=axes, color=PALETTE["grid_line"], linewidth=0.9)
    for kind, hatch in (("gap", None), ("overlap", "////")):
        found = defects[defects["kind"] == kind].geometry.intersection(window)
        found = found[~found.is_empty]
        if len(found):
            found.plot(
                ax=axes, color=PALETTE[kind], alpha=0.85, edgecolor=PALETTE["grid_line"], linewidth=0.6, hatch=hatch
            )
    west, south, east, north = window.bounds
    axes.set(xlim=(west, east), ylim=(south, north), facecolor=PALETTE["paper"])
    axes.set_aspect("equal")
    axes.set(xlabel="", ylabel="")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(NullLocator())
        axis.get_offset_text().set_visible(False)
    for spine in axes.spines.values():
        spine.set(color=PALETTE["rule"], linewidth=0.8)
    axes.set_title(title, loc="left", fontsize=11, color=PALETTE["ink"], fontweight="bold", pad=20)
    axes.text(0, 1.015, note, transform=axes.transAxes, fontsize=8.5, color=PALETTE["ink_quiet"], va="bottom")
    length = max(step for step in (5, 10, 20, 50, 100) if step <= (east - west) / 4)
    x, y = east - 0.05 * (east - west) - length, south + 0.05 * (north - south)
    axes.plot([x, x + length], [y, y], color=PALETTE["ink"], linewidth=2, solid_capstyle="butt")
    axes.text(x, y + 0.015 * (north - south), f"{length:.0f} m", fontsize=8, color=PALETTE["ink"])


def main(folder: Path) -> None:
    """Repair, and draw before and after."""
    figure, grid = plt.subplots(2, 2, figsize=(10, 10.6), facecolor=PALETTE["surface"], layout="constrained")
    for row, (layer, name, (x, y), half, options) in zip(grid, PLACES, strict=True):
        cells = gpd.read_file(folder / "washington_dc" / "dc_boundaries.gpkg", layer=layer).to_crs("EPSG:26985")
        code = "NAME" if layer != "zip_code" else "GIS_ID"
        codes = cells[code].to_numpy()
        repair = onemap.repair_coverage(cells, code=code, **options)
        window = shapely.box(x - half, y - half, x + half, y + half)
        before, after = repair.before.counts, repair.after.counts
        said = [f"whole layer: {c['gap']} gaps, {c['overlap']} overlaps" for c in (before, after)]
        said[1] += f", most changed cell {100 * repair.changes['share'].max():.2f} %"
        draw(row[0], cells, codes, repair.before.defects, window, title=f"{name}, before", note=said[0])
        draw(row[1], repair.cells, codes, repair.after.defects, window, title=f"{name}, after", note=said[1])
    figure.legend(
        handles=[
            Patch(facecolor=PALETTE["gap"], label="gap: no cell"),
            Patch(facecolor=PALETTE["overlap"], hatch="////", label="overlap: two cells"),
        ],
        loc="outside lower center",
        ncols=2,
        frameon=False,
        fontsize=9,
    )
    figure.savefig(ROOT / "docs" / "pictures" / "repair.png", dpi=110)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
